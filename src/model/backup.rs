//! A backup as it lies on disk: its name, its manifest, and what is known of how well it and the last attempts are.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};

/// How a backup is named: the moment it was begun, UTC, so that names sort as the backups were made.
const NAME: &str = "%Y%m%dT%H%M%SZ";

/// The name of the backup that was begun at `moment`.
pub fn id(moment: DateTime<Utc>) -> String {
    moment.format(NAME).to_string()
}

/// When the backup of that name was begun; nothing where it is no backup's name.
pub fn begun(id: &str) -> Option<DateTime<Utc>> {
    NaiveDateTime::parse_from_str(id, NAME).ok().map(|at| at.and_utc()).filter(|at| self::id(*at) == id)
}

/// A moment for people.
pub fn told(moment: DateTime<Utc>) -> String {
    moment.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// What is in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of the program that made it.
    pub version: String,
    /// The number of the database's newest migration.
    pub schema: i64,
    /// When it was begun.
    pub at: DateTime<Utc>,
    /// The major version of the Postgres that it is of.
    pub postgres: u32,
    /// Bytes of the database on its disk.
    pub database_bytes: u64,
    /// Rows in the dump, by table.
    pub counts: BTreeMap<String, u64>,
    /// The dump.
    pub dump: Part,
    /// The list of the documents' addresses, one a line.
    pub list: Part,
    /// How many documents there are.
    pub files: u64,
    /// Bytes of the documents.
    pub files_bytes: u64,
    /// Addresses of documents that the database names and that were not there: erased meanwhile, or lost before.
    pub missing: Vec<String>,
}

impl Manifest {
    /// How many people are in it.
    pub fn people(&self) -> u64 {
        self.counts.get("candidates").copied().unwrap_or_default()
    }
}

/// A file of a backup.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256 in lower-case hexadecimal.
    pub sha256: String,
}

/// Something that is not as the manifest says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Damage {
    /// Which file of the backup, from the folder of backups.
    pub file: String,
    /// What is wrong with it.
    pub problem: String,
}

impl Damage {
    /// The address of the document that it is of; nothing where it is of another file.
    pub fn address(&self) -> Option<&str> {
        self.file.strip_prefix("files/")?.rsplit('/').next()
    }
}

/// When a backup was last read as a whole, and what was wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// When.
    pub at: DateTime<Utc>,
    /// What is damaged or missing; empty where it is sound.
    pub damage: Vec<Damage>,
}

/// How the last attempt to make a backup went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it began.
    pub begun: DateTime<Utc>,
    /// When it ended; nothing while it goes on, or where it was killed.
    pub ended: Option<DateTime<Utc>>,
    /// Why it failed; nothing where it did not.
    pub error: Option<String>,
}

/// How the last drill went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drill {
    /// When.
    pub at: DateTime<Utc>,
    /// Which backup was restored.
    pub backup: String,
    /// Milliseconds that it took.
    pub took_ms: u64,
    /// How many people were restored.
    pub people: u64,
    /// How many documents were opened.
    pub files: u64,
    /// What differed from the manifest, or kept it from being restored; empty where all is well.
    pub differed: Vec<String>,
}

/// Whether the version `theirs` is later than `ours`, by the numbers in both.
pub fn is_later(theirs: &str, ours: &str) -> bool {
    let numbers = |version: &str| -> Vec<u64> {
        version.split(|other: char| !other.is_ascii_digit()).filter_map(|number| number.parse().ok()).take(3).collect()
    };
    numbers(theirs) > numbers(ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_moment_and_nothing_else_is_a_name() {
        let at = begun("20261127T003351Z").unwrap();
        assert_eq!((id(at).as_str(), told(at).as_str()), ("20261127T003351Z", "2026-11-27 00:33 UTC"));
        for other in ["", "files", "20261127T003351Z.making", "20261327T003351Z", "../20261127T003351Z"] {
            assert_eq!(begun(other), None, "{other}");
        }
    }

    #[test]
    fn versions_are_compared_by_their_numbers() {
        assert!(is_later("0.10.0", "0.9.9") && is_later("1.0.0", "0.99.0"));
        assert!(!is_later("0.2.0", "0.2.0") && !is_later("0.2.0", "0.2.1"));
    }
}
