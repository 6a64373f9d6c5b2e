//! Secrets, one file each, named by their key (`vector.api_key`): the folder that systemd hands over by
//! `LoadCredential=`, or, on the command line, the folder `credentials` beside the configuration file.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::{Error, environment};

/// What systemd puts before the names of a folder that is handed over whole: `LoadCredential=config:/etc/…`.
const PREFIX: &str = "config_";

/// Section, key, value and path of each secret, by path. Files whose name has no dot are somebody else's.
pub(super) fn read(config_file: Option<&Path>) -> Result<Vec<(String, String, String, PathBuf)>, Error> {
    let beside = || Some(config_file?.parent()?.join("credentials"));
    let Some(folder) = environment::credentials_dir().or_else(beside) else { return Ok(Vec::new()) };
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        // An ordinary user may not see the secrets, and gets on without where none is needed.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(Error::Unreadable(folder, error)),
    };
    let mut secrets = Vec::new();
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = name.strip_prefix(PREFIX).unwrap_or(&name);
        let Some((section, key)) = name.split_once('.').filter(|(section, _)| !section.is_empty()) else { continue };
        let text = std::fs::read_to_string(&path).map_err(|error| Error::Unreadable(path.clone(), error))?;
        let value = text.trim_end_matches(['\n', '\r']).to_owned();
        secrets.push((section.to_owned(), key.to_owned(), value, path.clone()));
    }
    secrets.sort_by(|a, b| a.3.cmp(&b.3));
    Ok(secrets)
}
