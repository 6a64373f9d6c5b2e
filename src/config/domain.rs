//! Writes the name that people open into the operator's file: https, with a certificate that is obtained by itself.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::load::line_of;
use super::{load, tls};

/// Why a name was not written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No certificate can be for it.
    #[error("`{0}` is no name for a certificate; one is such as talent.example.com: no https://, no port, lower case")]
    Name(String),
    /// The operator has spoken of it already.
    #[error("{path}:{line}: the section `[tls]` is there already; change it there", path = .0.display(), line = .1)]
    Taken(PathBuf, usize),
    /// With it, the whole would not be sound.
    #[error("with it the configuration would not be sound: {0}")]
    Unsound(#[from] super::Error),
    /// The file cannot be written.
    #[error("cannot write {path}: {reason}", path = .0.display(), reason = .1)]
    Unwritable(PathBuf, io::Error),
}

/// Whether a certificate can be for the name.
pub fn is_domain(name: &str) -> bool {
    tls::is_name(name)
}

/// Adds to the file at `path` that https is served under `domain`, and that its authority may write to `contact`, an
/// e-mail address. The file is replaced whole, or left as it is.
///
/// # Errors
/// If it has a section `[tls]`, if it would not be sound, or if it cannot be written.
pub fn set_domain(path: &Path, domain: &str, contact: Option<&str>) -> Result<(), Error> {
    if !is_domain(domain) {
        return Err(Error::Name(domain.to_owned()));
    }
    let text = std::fs::read_to_string(path).map_err(|error| super::Error::Unreadable(path.to_owned(), error))?;
    if text.parse::<Table>().is_ok_and(|table| table.contains_key("tls")) {
        return Err(Error::Taken(path.to_owned(), line_of(&text, "tls", "")));
    }
    let contact = contact.map(|contact| format!("contact = {}\n", Value::String(contact.to_owned())));
    let contact = contact.unwrap_or_default();
    let text = format!("{}\n\n[tls]\nmode = \"acme\"\ndomains = [\"{domain}\"]\n{contact}", text.trim_end());
    let unwritable = |error| Error::Unwritable(path.to_owned(), error);
    let beside = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut fresh = tempfile::NamedTempFile::new_in(beside).map_err(unwritable)?;
    let whole = fresh.write_all(text.as_bytes()).and_then(|()| as_it_was(path, fresh.as_file()));
    whole.and_then(|()| fresh.as_file().sync_all()).map_err(unwritable)?;
    load(Some(fresh.path()))?;
    fresh.persist(path).map_err(|error| unwritable(error.error))?;
    Ok(())
}

/// Gives a new file the owner and the mode of the one that it replaces.
fn as_it_was(path: &Path, fresh: &File) -> io::Result<()> {
    let old = std::fs::metadata(path)?;
    fchown(fresh, Some(old.uid()), Some(old.gid()))?;
    fresh.set_permissions(old.permissions())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("talentprompt.toml");
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    #[test]
    fn a_name_is_added_and_everything_else_stays() {
        let (folder, path) = file("# Ours.\n[server]\nlisten = \"[::]:80\" # all\n");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        set_domain(&path, "talent.example.com", Some("\"it\"@example.com")).unwrap();
        let loaded = load(Some(&path)).unwrap();
        assert_eq!(loaded.config.public_url(), "https://talent.example.com");
        assert_eq!(loaded.config.tls.contact, "\"it\"@example.com");
        assert!(std::fs::read_to_string(&path).unwrap().starts_with("# Ours.\n[server]\nlisten = \"[::]:80\" # all\n"));
        assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o640);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_cannot_be_leaves_the_file_as_it_is() {
        for (text, domain, contact, says) in [
            ("", "https://a.example", None, "no port"),
            ("[log]\nlevel = \"warn\"\n\n[tls]\nmode = \"off\"\n", "a.example", None, "talentprompt.toml:4: "),
            ("[server]\nlisten = \"[::]:443\"\n", "a.example", None, "would not be sound"),
            ("", "a.example", Some("nobody"), "takes an e-mail address"),
        ] {
            let (folder, path) = file(text);
            let error = set_domain(&path, domain, contact).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        }
    }
}
