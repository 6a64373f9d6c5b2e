//! What an earlier run may have left: a service that outlived it, and its pid file.
//!
//! A process id in a file proves nothing, ids are used again. A process is taken for ours only when it works in
//! our own data directory (`/proc/<pid>/cwd`; both services change into theirs), which this process holds the
//! lock of: then nobody else can have started it.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::error::Error;

/// How long an orphan may take to stop in good order, and again after it was killed.
const GRACE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(20);

/// Stops the process that `pid_file` names if it works in `directory`, then removes the file.
pub(super) async fn stop(pid_file: &Path, directory: &Path, stop_signal: Signal) -> Result<(), Error> {
    let Ok(written) = fs::read_to_string(pid_file) else { return Ok(()) };
    let pid = written.lines().next().and_then(|line| line.trim().parse::<i32>().ok());
    if let Some(pid) = pid.filter(|pid| works_in(*pid, directory)) {
        tracing::info!(pid, directory = %directory.display(), "stopping a service that an earlier run left behind");
        if !(ends(pid, directory, stop_signal).await || ends(pid, directory, Signal::KILL).await) {
            return Err(Error::OrphanStays { pid, directory: directory.to_owned() });
        }
    }
    // Postgres refuses to start while its file names any living process, even a stranger that got the same id.
    match fs::remove_file(pid_file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io("remove", pid_file)(error)),
        _ => Ok(()),
    }
}

/// Whether a live process works in `directory`; one that has ended and was not yet collected does not.
fn works_in(pid: i32, directory: &Path) -> bool {
    fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|place| place == directory)
}

/// Signals a process that works in `directory`; answers whether it ended in time.
async fn ends(pid: i32, directory: &Path, signal: Signal) -> bool {
    let handle = Pid::from_raw(pid).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
    // Asked again with the descriptor in hand: now it cannot become another process.
    if let Some(handle) = handle.filter(|_| works_in(pid, directory)) {
        // It may have ended just now, which the loop below finds.
        pidfd_send_signal(handle, signal).ok();
    }
    let begin = Instant::now();
    while works_in(pid, directory) {
        if begin.elapsed() > GRACE {
            return false;
        }
        tokio::time::sleep(POLL).await;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Child, Command};

    fn sleeper(directory: &Path) -> Child {
        Command::new("sleep").arg("60").current_dir(directory).spawn().unwrap()
    }

    #[tokio::test]
    async fn a_process_in_our_directory_is_stopped_and_its_file_removed() {
        let ours = tempfile::tempdir().unwrap();
        let mut left = sleeper(ours.path());
        let file = ours.path().join("pid");
        fs::write(&file, format!("{}\n/somewhere\n", left.id())).unwrap();
        stop(&file, ours.path(), Signal::TERM).await.unwrap();
        assert!(left.try_wait().unwrap().is_some());
        assert!(!file.exists());
    }

    #[tokio::test]
    async fn a_stranger_with_the_same_id_is_left_alone() {
        let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut stranger = sleeper(theirs.path());
        let file = ours.path().join("pid");
        fs::write(&file, stranger.id().to_string()).unwrap();
        stop(&file, ours.path(), Signal::TERM).await.unwrap();
        assert!(stranger.try_wait().unwrap().is_none());
        assert!(!file.exists());
        stranger.kill().unwrap();
        stranger.wait().unwrap();
    }

    #[tokio::test]
    async fn a_pid_file_of_nonsense_is_cleared_away() {
        let ours = tempfile::tempdir().unwrap();
        let file = ours.path().join("pid");
        fs::write(&file, "-1\n").unwrap();
        stop(&file, ours.path(), Signal::TERM).await.unwrap();
        assert!(!file.exists());
    }
}
