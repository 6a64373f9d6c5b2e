//! What is kept of an authority, in a folder of its own under `tls` in the data directory: the account, the certificate
//! with its key in one file (so that both are always of one make), and the last failure, which `doctor` tells.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::gateways::tls::Error;

const ACCOUNT: &str = "account.json";
const CERTIFICATE: &str = "certificate.pem";
const TROUBLE: &str = "trouble.json";

/// What went wrong, and when it is tried again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// How often in a row.
    pub attempts: u32,
    /// When last.
    pub at: DateTime<Utc>,
    /// When again.
    pub again: DateTime<Utc>,
    /// What the authority or the network said.
    pub reason: String,
}

/// The folder of one authority.
#[derive(Debug, Clone)]
pub struct Kept(PathBuf);

impl Kept {
    /// Of the authority in the configuration: another one begins anew.
    pub fn of(config: &Config) -> Self {
        let directory = config.tls.directory.trim_start_matches("https://");
        let plain = |letter: char| if letter.is_ascii_alphanumeric() || letter == '.' { letter } else { '-' };
        Self(config.tls_dir().join(directory.trim_matches('/').chars().map(plain).collect::<String>()))
    }

    /// The certificate's file.
    pub fn certificate_file(&self) -> PathBuf {
        self.0.join(CERTIFICATE)
    }

    /// The certificate with its key, if there is one.
    pub fn certificate(&self) -> Result<Option<Vec<u8>>, Error> {
        read(&self.certificate_file())
    }

    /// The last failure, if the last attempt was one.
    pub fn trouble(&self) -> Option<Trouble> {
        serde_json::from_slice(&read(&self.0.join(TROUBLE)).ok()??).ok()
    }

    /// What opens the account at the authority, if there is one.
    pub(super) fn account(&self) -> Result<Option<String>, Error> {
        let bytes = read(&self.0.join(ACCOUNT))?;
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    pub(super) fn keep_account(&self, account: &str) -> Result<(), Error> {
        self.write(ACCOUNT, account.as_bytes())
    }

    pub(super) fn forget_account(&self) -> Result<(), Error> {
        self.remove(ACCOUNT)
    }

    pub(super) fn keep_certificate(&self, pem: &str) -> Result<(), Error> {
        self.write(CERTIFICATE, pem.as_bytes())
    }

    pub(super) fn keep_trouble(&self, trouble: &Trouble) -> Result<(), Error> {
        let text = serde_json::to_string_pretty(trouble).map_err(|error| Error::new(error.to_string()))?;
        self.write(TROUBLE, text.as_bytes())
    }

    pub(super) fn forget_trouble(&self) -> Result<(), Error> {
        self.remove(TROUBLE)
    }

    /// Whole or not at all, and for nobody else to read.
    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let (path, part) = (self.0.join(name), self.0.join(format!("{name}.part")));
        let written = || {
            DirBuilder::new().recursive(true).mode(0o700).create(&self.0)?;
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&part, &path)
        };
        written().map_err(|error| Error::new(format!("cannot write {}: {error}", path.display())))
    }

    fn remove(&self, name: &str) -> Result<(), Error> {
        let path = self.0.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(Error::new(format!("cannot remove {}: {error}", path.display())))
            }
            _ => Ok(()),
        }
    }
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::new(format!("cannot read {}: {error}", path.display()))),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;
    use crate::config::load;

    #[test]
    fn each_authority_has_a_folder_that_nobody_else_can_read() {
        let data = tempfile::tempdir().unwrap();
        let mut config = load(None).unwrap().config;
        config.data.dir = data.path().to_owned();
        let kept = Kept::of(&config);
        assert_eq!(kept.certificate().unwrap(), None);
        kept.keep_certificate("pem").unwrap();
        let file = data.path().join("tls/acme-v02.api.letsencrypt.org-directory/certificate.pem");
        assert_eq!(kept.certificate_file(), file);
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(data.path().join("tls")).unwrap().mode() & 0o777, 0o700);
        config.tls.directory = "https://acme.example:14000/dir".to_owned();
        assert_eq!(Kept::of(&config).certificate().unwrap(), None);
    }

    #[test]
    fn a_failure_is_kept_until_it_is_forgotten() {
        let data = tempfile::tempdir().unwrap();
        let kept = Kept(data.path().join("authority"));
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let trouble = Trouble { attempts: 2, at: now, again: now, reason: "no such name".to_owned() };
        assert_eq!(kept.trouble(), None);
        kept.keep_trouble(&trouble).unwrap();
        assert_eq!(kept.trouble(), Some(trouble));
        kept.forget_trouble().unwrap();
        kept.forget_trouble().unwrap();
        assert_eq!(kept.trouble(), None);
    }
}
