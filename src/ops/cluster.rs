//! The appliance's own Postgres clusters on disk, and the versions of Postgres that are installed: a new Debian brings a
//! new one, and the data stays of the old one until it is moved.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::config::Config;

/// Where Debian keeps the programs of each major version.
const PROGRAMS: &str = "/usr/lib/postgresql";

/// What there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clusters {
    /// The folder of the clusters.
    pub folder: PathBuf,
    /// Major versions of the data, ascending. The newest one is in use.
    pub data: Vec<u32>,
    /// Major versions that are installed, ascending.
    pub installed: Vec<u32>,
}

impl Clusters {
    /// Looks at the machine.
    ///
    /// # Errors
    /// Where the folder of the clusters may not be looked into.
    pub fn look(config: &Config) -> io::Result<Self> {
        Self::within(&config.data.dir.join("postgres"), Path::new(PROGRAMS))
    }

    fn within(folder: &Path, programs: &Path) -> io::Result<Self> {
        let data = majors(folder, "PG_VERSION")?;
        // Without any Postgres there is no such folder either.
        let installed = majors(programs, "bin/postgres").unwrap_or_default();
        Ok(Self { folder: folder.to_owned(), data, installed })
    }

    /// The version of the data in use.
    pub fn current(&self) -> Option<u32> {
        self.data.last().copied()
    }

    /// The version of the data that was kept when it was moved to a newer one.
    pub fn kept(&self) -> Option<u32> {
        self.data.iter().rev().nth(1).copied()
    }

    /// The newest version that is installed.
    pub fn newest_installed(&self) -> Option<u32> {
        self.installed.last().copied()
    }
}

/// A client's program, such as `pg_dump`, that a server of the major version `least` lets in: of the same version or the
/// next one that is installed.
pub fn client(program: &str, least: u32) -> Option<PathBuf> {
    let inside = format!("bin/{program}");
    let installed = majors(Path::new(PROGRAMS), &inside).unwrap_or_default();
    let fitting = installed.into_iter().find(|major| *major >= least)?;
    Some(Path::new(PROGRAMS).join(fitting.to_string()).join(inside))
}

/// The folders named by a number that hold a file `proof`.
fn majors(folder: &Path, proof: &str) -> io::Result<Vec<u32>> {
    let number = |name: &OsStr| name.to_str()?.parse::<u32>().ok();
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        found.extend(number(&entry.file_name()).filter(|_| entry.path().join(proof).exists()));
    }
    found.sort_unstable();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_data_is_in_use_and_what_is_half_moved_does_not_count() {
        let root = tempfile::tempdir().unwrap();
        let (folder, programs) = (root.path().join("postgres"), root.path().join("programs"));
        for (name, proof) in [("15", true), ("17", true), ("18.moving", true), ("moving", false), ("19", false)] {
            fs::create_dir_all(folder.join(name)).unwrap();
            if proof {
                fs::write(folder.join(name).join("PG_VERSION"), "x").unwrap();
            }
        }
        let found = Clusters::within(&folder, &programs).unwrap();
        assert_eq!((found.current(), found.kept(), found.newest_installed()), (Some(17), Some(15), None));
        fs::create_dir_all(programs.join("9/bin")).unwrap();
        fs::create_dir_all(programs.join("17/bin")).unwrap();
        fs::write(programs.join("17/bin/postgres"), "x").unwrap();
        assert_eq!(Clusters::within(&folder, &programs).unwrap().installed, [17]);
    }
}
