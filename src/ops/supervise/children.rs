//! One child process, from its start to its end.
//!
//! The kernel can end a child with its parent (`PR_SET_PDEATHSIG`), but ties that to the *thread* that started
//! it. So each child has a thread of its own that starts it and then waits for it: the thread lives exactly as
//! long as the child, whatever the async runtime does with its threads. The child leads a process group of its
//! own, so that a terminal's Ctrl-C reaches us alone and we stop things in order.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use tokio::sync::watch;

use super::account::Account;

/// Where the child finds the first directory it was given.
///
/// Directories are handed over as open descriptors: the account that a service runs under often may not walk the
/// path to them (root's home is closed to others), and the path inside a socket's address stays short.
pub(super) const FIRST_DIRECTORY: &str = "/proc/self/fd/8";
/// Where the child finds the second directory it was given.
pub(super) const SECOND_DIRECTORY: &str = "/proc/self/fd/9";
const OPEN_AND_DROP_PRIVILEGES: &str = r#"exec 8<"$1" 9<"$2" && shift 2 && exec setpriv "$@""#;

/// What to start.
pub(super) struct Launch<'a> {
    /// The service's name, for the thread and for messages.
    pub(super) name: &'static str,
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<OsString>,
    pub(super) account: &'a Account,
    /// What the child sees as [`FIRST_DIRECTORY`] and [`SECOND_DIRECTORY`].
    pub(super) directories: [&'a Path; 2],
    /// Ends the child in good order; the kernel sends the same when this process dies.
    pub(super) stop_signal: Signal,
    /// Gets what the child prints.
    pub(super) log: File,
}

/// A running child. When dropped it is told to stop, and not waited for.
#[derive(Debug)]
pub(super) struct Child {
    pid: Pid,
    handle: OwnedFd,
    stop_signal: Signal,
    end: watch::Receiver<Option<ExitStatus>>,
}

impl Child {
    /// Starts a child.
    pub(super) fn start(launch: Launch<'_>) -> io::Result<Self> {
        let (name, stop_signal) = (launch.name, launch.stop_signal);
        let mut command = launch.into_command()?;
        let (report, started) = mpsc::sync_channel(1);
        let (ended, end) = watch::channel(None);
        thread::Builder::new().name(format!("{name} child")).spawn(move || {
            let mut child = match command.spawn() {
                Ok(child) => child,
                Err(error) => return drop(report.send(Err(error))),
            };
            let pid = Pid::from_child(&child);
            // Opened before the child can be reaped, the descriptor never means another process.
            let handle = pidfd_open(pid, PidfdFlags::empty()).map_err(io::Error::from);
            if handle.is_err() {
                drop(child.kill());
            }
            drop(report.send(handle.map(|handle| (pid, handle))));
            if let Ok(status) = child.wait() {
                ended.send_replace(Some(status));
            }
        })?;
        let (pid, handle) = started.recv().map_err(io::Error::other)??;
        Ok(Self { pid, handle, stop_signal, end })
    }

    /// The child's process id.
    pub(super) fn pid(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// How the child ended, if it has.
    pub(super) fn end(&self) -> Option<ExitStatus> {
        *self.end.borrow()
    }

    /// Waits until the child ends by itself; `None` when its end could not be observed.
    pub(super) async fn ended(&mut self) -> Option<ExitStatus> {
        self.end.wait_for(Option::is_some).await.ok().and_then(|status| *status)
    }

    /// Stops the child in good order, and kills it when it has not ended after `grace`.
    pub(super) async fn stop(mut self, grace: Duration) {
        self.signal(self.stop_signal);
        if tokio::time::timeout(grace, self.ended()).await.is_err() {
            tracing::warn!(pid = self.pid(), grace_ms = grace.as_millis(), "service did not stop in time, killing it");
            self.signal(Signal::KILL);
            self.ended().await;
        }
    }

    /// Sends a signal; a child that has ended already does not mind.
    fn signal(&self, signal: Signal) {
        if let Err(error) = pidfd_send_signal(&self.handle, signal)
            && error != rustix::io::Errno::SRCH
        {
            tracing::warn!(pid = self.pid(), %error, "could not signal a service");
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if self.end().is_none() {
            self.signal(self.stop_signal);
        }
    }
}

impl Launch<'_> {
    fn into_command(self) -> io::Result<Command> {
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", OPEN_AND_DROP_PRIVILEGES, self.name])
            .args(self.directories)
            .arg(format!("--pdeathsig={}", name_of(self.stop_signal)))
            .args(self.account.setpriv_options())
            .arg("--")
            .arg(self.program)
            .args(self.arguments)
            // Nothing of ours leaks into the service, and no stray PGPORT of the user's steers it.
            .env_clear()
            .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            .env("LC_ALL", "C.UTF-8")
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(self.log.try_clone()?)
            .stderr(self.log)
            .process_group(0);
        Ok(command)
    }
}

/// The signal's name for `setpriv`, which takes no numbers.
fn name_of(signal: Signal) -> &'static str {
    match signal {
        Signal::INT => "INT",
        Signal::TERM => "TERM",
        _ => "KILL",
    }
}
