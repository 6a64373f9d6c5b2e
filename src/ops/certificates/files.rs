//! The operator's own files: certificate, key and the authorities of those who may connect. They are looked at by what
//! the file system says of them, so that a change is seen without reading them again and again.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::config::Tls;
use crate::gateways::tls::{Certificate, Error};

/// A file as it was when it was looked at last: device and number, size, and time of change; nothing where it is not.
type Stamp = Option<(u64, u64, u64, i64, i64)>;

/// Those of certificate, key and authorities.
pub(super) type Stamps = [Stamp; 3];

/// The state of all files that the section names. Links are followed: a renewal often moves a link.
pub(super) fn stamps(tls: &Tls) -> Stamps {
    [&tls.certificate_file, &tls.key_file, &tls.client_ca].map(|path| stamp(path))
}

fn stamp(path: &Path) -> Stamp {
    let found = fs::metadata(Tls::file(path)?).ok()?;
    Some((found.dev(), found.ino(), found.size(), found.mtime(), found.mtime_nsec()))
}

/// The certificate with its key.
pub(super) fn certificate(tls: &Tls) -> Result<Certificate, Error> {
    let chain = read(&tls.certificate_file)?;
    let key = if tls.key.is_empty() { read(&tls.key_file)? } else { tls.key.clone().into_bytes() };
    Certificate::read(&chain, &key).map_err(|error| Error::new(format!("{}: {error}", tls.certificate_file.display())))
}

/// The authorities of those who may connect, where not everybody may.
pub(super) fn client_ca(tls: &Tls) -> Result<Option<Vec<u8>>, Error> {
    Tls::file(&tls.client_ca).map(read).transpose()
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|error| Error::new(format!("cannot read {}: {error}", path.display())))
}
