//! Names the reader of resumes by what it is made of: the rules and tables of `src/model`. A change of them is noticed
//! without anybody having to raise a number; one that changes nothing but words costs a quiet second reading, no more.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

const MODEL: &str = "src/model";

/// What only a search asks, a backup, the mail, the bill or a language model's work, not a resume.
const OTHERS: [&str; 18] = [
    "query",
    "evidence",
    "evidence.rs",
    "ranking.rs",
    "backup.rs",
    "dump.rs",
    "bill.rs",
    "comparison.rs",
    "interval.rs",
    "mail.rs",
    "mask.rs",
    "money.rs",
    "projection.rs",
    "prose.rs",
    "quotation.rs",
    "running_cost.rs",
    "running_cost.tsv",
    "spend.rs",
];

fn main() {
    let mut files = Vec::new();
    collect(Path::new(MODEL), &mut files);
    files.retain(|file| !OTHERS.iter().any(|other| file.starts_with(Path::new(MODEL).join(other))));
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in &files {
        file.hash(&mut hasher);
        fs::read(file).expect("a file that was listed can be read").hash(&mut hasher);
    }
    println!("cargo::rerun-if-changed={MODEL}");
    println!("cargo::rustc-env=TALENTPROMPT_READER={:016x}", hasher.finish());
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the source is a folder") {
        let path = entry.expect("the source can be listed").path();
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}
