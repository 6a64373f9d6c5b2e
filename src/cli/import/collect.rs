//! Which files an import looks at. What cannot be one is refused with a reason, and the rest goes on: a pool of years has
//! dangling links and folders of somebody else's.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Failure;

/// Endings of files that hold many people, which would be read as one person's resume.
const OF_MANY: [&str; 4] = ["csv", "tsv", "jsonl", "ndjson"];

/// What was found under the paths of an import.
#[derive(Debug, Default)]
pub(super) struct Collected {
    /// Files to take in, in order.
    pub(super) files: Vec<PathBuf>,
    /// What cannot be taken in, and why.
    pub(super) refused: Vec<Failure>,
    /// Folders that were looked at, by device and number: a link may lead back into one.
    seen: HashSet<(u64, u64)>,
}

impl Collected {
    /// Adds the files under `path`, in order; hidden ones and the samples' own manifest are left out.
    pub(super) fn add(&mut self, path: &Path) {
        match fs::metadata(path) {
            Ok(meta) if meta.is_file() && is_of_many(path) => self.refused.push(Failure::new(
                path,
                "unsupported_type",
                "is a list of people, which is not supported yet.".to_owned(),
                "Convert it to one file for each person, such as JSON Resume, and import their folder.",
            )),
            Ok(meta) if meta.is_file() => self.files.push(path.to_owned()),
            Ok(meta) if meta.is_dir() => self.add_folder(path, &meta),
            // Reading a pipe would wait for somebody to write.
            Ok(_) => self.refused.push(Failure::new(
                path,
                "not_a_file",
                "is a pipe, a socket or a device.".to_owned(),
                "Save what it gives as a file.",
            )),
            Err(error) => self.refuse(path, &error),
        }
    }

    fn add_folder(&mut self, path: &Path, meta: &Metadata) {
        if !self.seen.insert((meta.dev(), meta.ino())) {
            return;
        }
        let entries = fs::read_dir(path).and_then(|entries| {
            let paths: io::Result<Vec<PathBuf>> = entries.map(|entry| Ok(entry?.path())).collect();
            paths
        });
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => return self.refuse(path, &error),
        };
        entries.sort();
        for entry in entries {
            let name = entry.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let is_left_out = name.starts_with('.') || name == "manifest.json" && is_of_samples(&entry);
            if !is_left_out {
                self.add(&entry);
            }
        }
    }

    fn refuse(&mut self, path: &Path, error: &io::Error) {
        let hint = "Check that it is there and may be read.";
        self.refused.push(Failure::new(path, "unreadable", format!("cannot be opened: {error}."), hint));
    }
}

fn is_of_many(path: &Path) -> bool {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    ending.is_some_and(|ending| OF_MANY.contains(&ending.as_str()))
}

/// Whether it is the list that `generate.py` writes beside its resumes, and nobody's own file of that name.
fn is_of_samples(path: &Path) -> bool {
    let is_file = fs::metadata(path).is_ok_and(|meta| meta.is_file());
    let Some(bytes) = is_file.then(|| fs::read(path).ok()).flatten() else { return false };
    let parts = serde_json::from_slice::<BTreeMap<String, Value>>(&bytes);
    parts.is_ok_and(|parts| parts.keys().eq(["as_of", "count", "resumes", "seed"]))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;

    fn collected(path: &Path) -> Collected {
        let mut found = Collected::default();
        found.add(path);
        found
    }

    fn names(found: &Collected) -> Vec<String> {
        let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
        found.files.iter().map(name).collect()
    }

    fn refused(found: &Collected) -> Vec<&str> {
        found.refused.iter().map(|failure| failure.code.as_str()).collect()
    }

    #[test]
    fn what_cannot_be_opened_is_refused_and_the_rest_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("b.txt"), "Bo").unwrap();
        fs::write(at(".hidden"), "x").unwrap();
        fs::create_dir(at("more")).unwrap();
        fs::write(at("more/a.txt"), "Ana").unwrap();
        symlink("nowhere", at("a-dangling")).unwrap();
        symlink(folder.path(), at("more/up")).unwrap();
        let _socket = UnixListener::bind(at("c-socket")).unwrap();
        let found = collected(folder.path());
        assert_eq!(names(&found), ["b.txt", "a.txt"]);
        assert_eq!(refused(&found), ["unreadable", "not_a_file"]);
        assert!(found.refused[0].file.ends_with("a-dangling"), "{}", found.refused[0].file);
        assert_eq!(refused(&collected(Path::new("/dev/zero"))), ["not_a_file"]);
        assert_eq!(refused(&collected(&at("nobody"))), ["unreadable"]);
    }

    #[test]
    fn a_list_of_people_is_refused_and_not_read_as_one() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["all.CSV", "all.jsonl", "ana.json"] {
            fs::write(folder.path().join(name), "Ana,Lima").unwrap();
        }
        let found = collected(folder.path());
        assert_eq!((names(&found), refused(&found)), (vec!["ana.json".to_owned()], vec!["unsupported_type"; 2]));
        assert!(found.refused[0].detail.contains("not supported yet"));
    }

    #[test]
    fn a_manifest_is_left_out_only_where_it_is_of_the_samples() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = folder.path().join("manifest.json");
        fs::write(&manifest, r#"{"as_of": "2026-06", "seed": 7, "count": 0, "resumes": []}"#).unwrap();
        assert_eq!(names(&collected(folder.path())), [""; 0]);
        fs::write(&manifest, r#"{"basics": {"name": "Ana Lima"}}"#).unwrap();
        assert_eq!(names(&collected(folder.path())), ["manifest.json"]);
    }
}
