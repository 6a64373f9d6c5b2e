//! Is there room, can it be written to, and does it belong to the appliance?

use std::io::{Error, ErrorKind};
use std::path::Path;

use rustix::fs::{StatVfs, StatVfsMountFlags, statvfs};

use super::Finding;
use crate::config::Config;

/// What a disk says that the kernel has taken away (`errno(3)`).
const EIO: i32 = rustix::io::Errno::IO.raw_os_error();

/// Less than this is too little for Postgres to go on: it stops rather than lose something.
const LITTLE: u64 = 512 << 20;

pub(super) fn checks(config: &Config) -> Vec<Finding> {
    let data = config.data.dir.as_path();
    let mut findings = vec![folder(data)];
    for (names, path) in [
        (["disk of the data", "inodes of the data", "data can be written"], data),
        (["disk of the system", "inodes of the system", "system can be written"], Path::new("/")),
        (["disk of /tmp", "inodes of /tmp", "/tmp can be written"], Path::new("/tmp")),
    ] {
        if let Ok(found) = statvfs(path) {
            findings.extend([space(names[0], &found), inodes(names[1], &found), writable(names[2], path, &found)]);
        }
    }
    // They may lie on a disk of their own.
    let documents = config.files_dir();
    if let Ok(found) = statvfs(&documents) {
        findings.push(writable("documents can be written", &documents, &found));
    }
    findings
}

fn folder(data: &Path) -> Finding {
    const NAME: &str = "data folder";
    let saw = data.display().to_string();
    if data.is_dir() {
        return Finding::ok(NAME, saw);
    }
    let means = "there is nowhere to keep documents";
    Finding::error(NAME, format!("{saw} is no folder"), means, "systemd-tmpfiles --create, or mend `[data] dir`")
}

fn space(check: &'static str, found: &StatVfs) -> Finding {
    let (free, total) = (found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize);
    judge_space(check, free, total)
}

fn judge_space(check: &'static str, free: u64, total: u64) -> Finding {
    let saw = format!("{} MB free of {} MB", free >> 20, total >> 20);
    let todo = "see what takes the room: du -xh -d2 / | sort -h | tail";
    if free < LITTLE {
        return Finding::error(check, saw, "nothing more can be uploaded, and Postgres stops when it is full", todo);
    }
    Finding::expect(free >= total / 10, check, saw, "it will be full, and then nothing can be uploaded", todo)
}

fn inodes(check: &'static str, found: &StatVfs) -> Finding {
    let (free, total) = (found.f_favail, found.f_files);
    let saw = format!("{free} of {total} files can still be made");
    // Some file systems make them as they need them, and say 0.
    let well = total == 0 || free >= total / 20;
    Finding::expect(well, check, saw, "no new files can be made soon", "remove files that nobody needs")
}

fn writable(check: &'static str, path: &Path, found: &StatVfs) -> Finding {
    // A disk that the kernel has stopped need not say so.
    let stopped = |error: &Error| error.kind() == ErrorKind::ReadOnlyFilesystem || error.raw_os_error() == Some(EIO);
    let read_only =
        found.f_flag.contains(StatVfsMountFlags::RDONLY) || tempfile::tempfile_in(path).is_err_and(|e| stopped(&e));
    if !read_only {
        return Finding::ok(check, "can be written to");
    }
    let means = "the kernel found the disk damaged, or somebody mounted it so";
    Finding::error(check, "can only be read", means, "see why: dmesg | grep -i error; then: mount -o remount,rw /")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::doctor::Level;

    #[test]
    fn a_disk_that_fills_up_is_told_before_it_is_full() {
        let level = |free_mb: u64, total_mb: u64| judge_space("disk", free_mb << 20, total_mb << 20).level;
        assert_eq!(level(20_000, 40_000), Level::Ok);
        assert_eq!(level(3_000, 40_000), Level::Warning);
        assert_eq!(level(100, 40_000), Level::Error);
    }
}
