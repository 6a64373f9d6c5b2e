//! Finds the services' programs: on the PATH, and where Debian keeps the Postgres server, which is not on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::Error;

/// Debian keeps each major version's programs in `<version>/bin` under here.
const DEBIAN_POSTGRES: &str = "/usr/lib/postgresql";

/// An installed Postgres server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PostgresPrograms {
    /// The major version, for example 17.
    pub(super) version: u32,
    directory: PathBuf,
}

impl PostgresPrograms {
    /// The path of one of its programs.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

/// The installed Postgres for a data directory: the version that made it, else the newest there is.
pub(super) fn postgres(data_dir: &Path) -> Result<PostgresPrograms, Error> {
    let installed = installed_postgres();
    let Ok(made_by) = fs::read_to_string(data_dir.join("PG_VERSION")) else {
        let newest = installed.into_iter().max_by_key(|programs| programs.version);
        return newest.ok_or(Error::MissingProgram { program: "the Postgres server", package: "postgresql" });
    };
    let made_by = made_by.trim();
    let versions = installed.iter().map(|programs| programs.version.to_string()).collect::<Vec<_>>().join(", ");
    installed.into_iter().find(|programs| programs.version.to_string() == made_by).ok_or_else(|| Error::OtherVersion {
        directory: data_dir.to_owned(),
        made_by: made_by.to_owned(),
        installed: if versions.is_empty() { "none".to_owned() } else { versions },
    })
}

/// `redis-server`, or `valkey-server` where that took its place.
pub(super) fn redis() -> Result<PathBuf, Error> {
    on_path("redis-server")
        .or_else(|| on_path("valkey-server"))
        .ok_or(Error::MissingProgram { program: "redis-server (or valkey-server)", package: "redis-server" })
}

fn installed_postgres() -> Vec<PostgresPrograms> {
    let debian = fs::read_dir(DEBIAN_POSTGRES).into_iter().flatten().flatten().filter_map(|entry| {
        let version = entry.file_name().to_str()?.parse().ok()?;
        Some(PostgresPrograms { version, directory: entry.path().join("bin") })
    });
    let elsewhere = on_path("postgres").and_then(|program| {
        let said = Command::new(&program).arg("--version").output().ok()?;
        let version = major_version(&String::from_utf8_lossy(&said.stdout))?;
        Some(PostgresPrograms { version, directory: program.parent()?.to_owned() })
    });
    debian.chain(elsewhere).filter(|programs| programs.program("initdb").exists()).collect()
}

/// Where the shell finds a program: asking it keeps the reading of the environment out of here.
fn on_path(name: &str) -> Option<PathBuf> {
    let found = Command::new("/bin/sh").args(["-c", "command -v \"$0\"", name]).output().ok()?;
    let path = PathBuf::from(String::from_utf8(found.stdout).ok()?.trim());
    path.is_absolute().then_some(path)
}

/// The major version in what `postgres --version` prints, for example `postgres (PostgreSQL) 17.2 (Debian …)`.
fn major_version(said: &str) -> Option<u32> {
    let number = said.split_whitespace().find(|word| word.starts_with(|first: char| first.is_ascii_digit()))?;
    number.split(|other: char| !other.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_any_build() {
        assert_eq!(major_version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), Some(15));
        assert_eq!(major_version("postgres (PostgreSQL) 19devel"), Some(19));
        assert_eq!(major_version("sh: not found"), None);
    }

    #[test]
    fn a_program_that_is_not_there_is_not_found() {
        assert_eq!(on_path("no-such-program-anywhere"), None);
        assert!(on_path("sh").is_some());
    }

    #[test]
    fn data_of_a_version_that_is_not_installed_says_which_to_install() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("PG_VERSION"), "9\n").unwrap();
        let message = postgres(directory.path()).unwrap_err().to_string();
        assert!(message.contains("Postgres 9") && message.contains("apt install postgresql-9"), "{message}");
    }
}
