//! `pg_dump`, and the file that it makes: the database as text, packed by gzip, which any later Postgres can read.
//!
//! The text is read on its way, so that what is said of a dump (how many rows, which documents) is of that very moment.
//! A password never comes to the process list: it goes by the child's environment, which only its own user can read.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use crate::base::secret::hex;
use crate::model::backup::Part;

/// What `pg_dump` writes at the end of a dump that is whole.
const END: &[u8] = b"PostgreSQL database dump complete";

/// How much of a dump's end is looked at: later versions write a line or two after [`END`].
const TAIL: usize = 400;

/// How session variables are set from outside of a session; the schema's policy for backups asks for this one.
const OPTIONS: &str = "-c%20app.backup%3Don";

/// Why there is no dump.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no room for it.
    #[error("no space left for {path}: free some space on its disk, then try again", path = .0.display())]
    Full(PathBuf),
    /// It cannot be written or read.
    #[error("{path}: {source}", path = .0.display(), source = .1)]
    Io(PathBuf, io::Error),
    /// `pg_dump` said no.
    #[error("pg_dump: {0}")]
    Refused(String),
}

/// Writes the database of `url` into the new file `path`, and shows each line of the text to `seen`.
pub fn make(program: &Path, url: &str, path: &Path, mut seen: impl FnMut(&[u8])) -> Result<Part, Error> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::Full(path.to_owned()),
        _ => Error::Io(path.to_owned(), source),
    };
    let file = File::options().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    let (address, password) = without_password(url);
    let mut said = tempfile::tempfile().map_err(failed)?;
    let mut command = Command::new(program);
    command.args(["--no-owner", "--enable-row-security", "--no-password", "--dbname", &address]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(said.try_clone().map_err(failed)?);
    command.env("LC_ALL", "C.UTF-8").envs(password.map(|password| ("PGPASSWORD", password)));
    let mut child = command.spawn().map_err(|source| Error::Io(program.to_owned(), source))?;
    let written = child.stdout.take().map_or(Ok(Part::default()), |text| pack(text, file, &mut seen));
    if written.is_err() {
        // It writes for nobody any more.
        drop(child.kill());
    }
    let ended = child.wait().map_err(|source| Error::Io(program.to_owned(), source))?;
    let part = written.map_err(failed)?;
    if ended.success() {
        return Ok(part);
    }
    let mut text = String::new();
    drop(said.rewind().and_then(|()| said.read_to_string(&mut text)));
    Err(Error::Refused(if text.is_empty() { ended.to_string() } else { text.trim().replace('\n', "; ") }))
}

fn pack(text: impl Read, file: File, seen: &mut impl FnMut(&[u8])) -> io::Result<Part> {
    let mut text = BufReader::with_capacity(1 << 16, text);
    let mut packed = GzEncoder::new(Hashing::new(BufWriter::with_capacity(1 << 16, file)), Compression::default());
    let mut line = Vec::new();
    while text.read_until(b'\n', &mut line)? > 0 {
        seen(&line);
        packed.write_all(&line)?;
        line.clear();
    }
    let hashing = packed.finish()?;
    let part = hashing.part();
    hashing.inner.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    Ok(part)
}

/// The text of a dump, unpacked as it is read.
pub fn open(path: &Path) -> io::Result<impl BufRead + use<>> {
    Ok(BufReader::with_capacity(1 << 16, GzDecoder::new(BufReader::with_capacity(1 << 16, File::open(path)?))))
}

/// Reads a dump to its end: what it is on disk, and what is wrong with it where something is.
pub fn check(path: &Path) -> io::Result<(Part, Option<String>)> {
    let mut packed = GzDecoder::new(BufReader::with_capacity(1 << 16, Hashing::new(File::open(path)?)));
    let (mut buffer, mut tail) = (vec![0; 1 << 16], Vec::new());
    let wrong = loop {
        match packed.read(&mut buffer) {
            Ok(0) => {
                let whole = tail.windows(END.len()).any(|part| part == END);
                break (!whole).then(|| "it is not whole: its end is missing".to_owned());
            }
            Ok(read) => {
                tail.extend_from_slice(&buffer[..read]);
                tail.drain(..tail.len().saturating_sub(TAIL));
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => break Some(format!("it cannot be unpacked: {error}")),
        }
    };
    let mut rest = packed.into_inner();
    io::copy(&mut rest, &mut io::sink())?;
    Ok((rest.into_inner().part(), wrong))
}

/// What passes through is counted and summed up.
struct Hashing<T> {
    inner: T,
    sum: Sha256,
    bytes: u64,
}

impl<T> Hashing<T> {
    fn new(inner: T) -> Self {
        Self { inner, sum: Sha256::new(), bytes: 0 }
    }

    fn pass(&mut self, bytes: &[u8]) {
        self.sum.update(bytes);
        self.bytes += bytes.len() as u64;
    }

    fn part(&self) -> Part {
        Part { bytes: self.bytes, sha256: hex(&self.sum.clone().finalize()) }
    }
}

impl<T: Write> Write for Hashing<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.pass(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<T: Read> Read for Hashing<T> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(bytes)?;
        self.pass(&bytes[..read]);
        Ok(read)
    }
}

/// An address as `pg_dump` takes it, and the password that was in it. Settings are named as our own client and as
/// Postgres's name them; here they get Postgres's names, and what only ours knows is left out.
fn without_password(url: &str) -> (String, Option<String>) {
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let (scheme, rest) = address.split_once("://").unwrap_or(("postgresql", address));
    let authority = rest.split('/').next().unwrap_or_default();
    let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
    let (user, mut password) = match user.map(|user| user.split_once(':').unwrap_or((user, ""))) {
        Some((user, password)) => (format!("{user}@"), (!password.is_empty()).then(|| decoded(password))),
        None => (String::new(), None),
    };
    let (mut kept, mut options) = (Vec::new(), OPTIONS.to_owned());
    for (key, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        let key = match key {
            "password" => {
                password = Some(decoded(value));
                continue;
            }
            "options" => {
                options = format!("{value}%20{options}");
                continue;
            }
            "statement-cache-capacity" => continue,
            "ssl-mode" => "sslmode",
            "ssl-root-cert" | "ssl-ca" => "sslrootcert",
            "ssl-cert" => "sslcert",
            "ssl-key" => "sslkey",
            known => known,
        };
        kept.push(format!("{key}={value}"));
    }
    kept.push(format!("options={options}"));
    let path = &rest[authority.len()..];
    (format!("{scheme}://{user}{host}{path}?{}", kept.join("&")), password)
}

/// Text of an address without its `%41`.
fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| *first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A program that does what the script says, instead of `pg_dump`.
    fn program(folder: &Path, script: &str) -> PathBuf {
        let path = folder.join("pg_dump");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    #[test]
    fn a_password_leaves_the_address_and_every_other_part_stays() {
        let cases = [
            (
                "postgresql:///t?host=/run/x&user=u",
                "postgresql:///t?host=/run/x&user=u&options=-c%20app.backup%3Don",
                None,
            ),
            (
                "postgres://u:p%40ss@db.example:5433/t?ssl-mode=require&statement-cache-capacity=9",
                "postgres://u@db.example:5433/t?sslmode=require&options=-c%20app.backup%3Don",
                Some("p@ss"),
            ),
            (
                "postgresql://u@db/t?password=a%25b&options=-c%20a.b%3D1",
                "postgresql://u@db/t?options=-c%20a.b%3D1%20-c%20app.backup%3Don",
                Some("a%b"),
            ),
        ];
        for (url, address, password) in cases {
            assert_eq!(without_password(url), (address.to_owned(), password.map(str::to_owned)), "{url}");
        }
    }

    #[test]
    fn a_dump_is_seen_line_by_line_and_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("database.sql.gz");
        let pg_dump =
            program(folder.path(), "echo one; echo \"-- $PGPASSWORD\"; echo 'PostgreSQL database dump complete'");
        let mut lines = Vec::new();
        let part = make(&pg_dump, "postgresql://u:secret@h/t", &path, |line| lines.push(line.to_vec())).unwrap();
        assert_eq!(lines[..2], [b"one\n".to_vec(), b"-- secret\n".to_vec()]);
        assert_eq!(check(&path).unwrap(), (part.clone(), None));
        assert_eq!(part.bytes, path.metadata().unwrap().len());

        let mut bytes = std::fs::read(&path).unwrap();
        bytes.truncate(bytes.len() - 9);
        std::fs::write(&path, &bytes).unwrap();
        let (cut, wrong) = check(&path).unwrap();
        assert_ne!(cut, part);
        assert!(wrong.unwrap().contains("cannot be unpacked"));
    }

    #[test]
    fn what_pg_dump_says_is_passed_on() {
        let folder = tempfile::tempdir().unwrap();
        let pg_dump = program(folder.path(), "echo half; echo 'no way in' >&2; exit 1");
        let error = make(&pg_dump, "postgresql:///t", &folder.path().join("dump"), |_| {}).unwrap_err();
        assert_eq!(error.to_string(), "pg_dump: no way in");
        let error = make(&pg_dump, "postgresql:///t", &folder.path().join("no/dump"), |_| {}).unwrap_err();
        assert!(matches!(error, Error::Io(..)), "{error}");
    }
}
