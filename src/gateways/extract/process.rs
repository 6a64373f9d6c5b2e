//! One run of the child, seen from the parent: start it in a process group of its own with an empty environment, feed
//! it, read its frames within bounds, and kill the whole group whatever happens, also when the caller is cancelled.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use std::os::unix::process::ExitStatusExt;

use nix::libc;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc::Sender;

use super::protocol::{Frame, Request};
use super::{CHILD_COMMAND, ErrorCode, ExtractError, Member, Source, tools};

/// A frame's line at most, bytes: 400,000 characters of four bytes each, escaped, with room for findings.
const LINE_BYTES: u64 = 16 << 20;
/// Kept of what the child complains about, bytes.
const STDERR_BYTES: u64 = 4096;

/// The child's process group; dropping it kills whatever is left of it.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(pid) = self.0 {
            // The group is usually gone already, which is what is wanted.
            let _gone = kill_process_group(pid, Signal::KILL);
        }
    }
}

/// Runs `executable` on `source`, at most for `timeout`. Answers its last frame; an archive's files go to `members`.
pub(super) async fn run(
    executable: &Path,
    request: &Request,
    source: &Source,
    timeout: Duration,
    members: Option<Sender<Member>>,
) -> Result<Frame, ExtractError> {
    let input = match source {
        Source::Bytes(_) => Stdio::piped(),
        Source::Path(path) => Stdio::from(open(path.clone()).await?),
    };
    let argument = serde_json::to_string(request).expect("a request is plain data");
    let mut child = Command::new(executable)
        .arg(CHILD_COMMAND)
        .arg(argument)
        .current_dir(&request.directory)
        .env_clear()
        .envs([("PATH", "/usr/bin:/bin"), ("LC_ALL", "C.UTF-8"), ("OMP_THREAD_LIMIT", "1")])
        .env("HOME", &request.directory)
        .env("TMPDIR", &request.directory)
        .stdin(input)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| {
            let path = executable.display();
            ExtractError::new(ErrorCode::Crashed, format!("The document reader {path} could not be started: {error}."))
        })?;
    let pid = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    let group = Group(pid);
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take().expect("standard output was asked to be piped"));
    let stderr = child.stderr.take().expect("standard error was asked to be piped");
    let work = async {
        let mut complaints = Vec::new();
        let mut stderr = stderr.take(STDERR_BYTES);
        let (answer, (), _) =
            tokio::join!(receive(stdout, request, members), feed(stdin, source), stderr.read_to_end(&mut complaints));
        (answer, child.wait().await, String::from_utf8_lossy(&complaints).into_owned())
    };
    let Ok((answer, status, complaints)) = tokio::time::timeout(timeout, work).await else {
        drop(group);
        let seconds = timeout.as_secs();
        return Err(ExtractError::new(ErrorCode::TimedOut, format!("Reading took longer than {seconds} seconds.")));
    };
    drop(group);
    if !complaints.is_empty() {
        tracing::debug!(complaints, "the document reader wrote to standard error");
    }
    match answer? {
        Some(answer) => Ok(answer),
        None => Err(fallen(status.ok(), &complaints)),
    }
}

async fn open(path: PathBuf) -> Result<std::fs::File, ExtractError> {
    let shown = path.display().to_string();
    let opened = tokio::task::spawn_blocking(move || std::fs::File::open(path)).await;
    opened
        .map_err(std::io::Error::other)
        .flatten()
        .map_err(|error| ExtractError::new(ErrorCode::FileUnreadable, format!("{shown} cannot be opened: {error}.")))
}

/// A child that ends early closes the pipe; what it said is more telling than the broken pipe.
async fn feed(stdin: Option<ChildStdin>, source: &Source) {
    if let (Some(mut stdin), Source::Bytes(bytes)) = (stdin, source)
        && let Err(error) = stdin.write_all(bytes).await
    {
        tracing::debug!(%error, "the document reader did not take all of the document");
    }
}

/// Reads frames until the last one; None when the child stopped in the middle.
async fn receive(
    stdout: ChildStdout,
    request: &Request,
    members: Option<Sender<Member>>,
) -> Result<Option<Frame>, ExtractError> {
    let mut reader = BufReader::new(stdout);
    let mut count = 0;
    let mut left = request.limits.archive_total_bytes;
    loop {
        let mut line = Vec::new();
        let read = (&mut reader).take(LINE_BYTES).read_until(b'\n', &mut line).await;
        if read.is_err() || line.last() != Some(&b'\n') {
            return Ok(None);
        }
        let Ok(frame) = serde_json::from_slice::<Frame>(&line) else { return Ok(None) };
        let Frame::Member { name, size } = frame else { return Ok(Some(frame)) };
        if size > left || count >= request.limits.archive_entries {
            return Err(ExtractError::new(ErrorCode::ArchiveBomb, "The archive unpacks to more than is allowed."));
        }
        left -= size;
        count += 1;
        let mut bytes = Vec::new();
        match (&mut reader).take(size).read_to_end(&mut bytes).await {
            Ok(read) if read as u64 == size => {}
            _ => return Ok(None),
        }
        let Some(members) = &members else { return Ok(None) };
        if members.send(Member { name, bytes }).await.is_err() {
            let detail = "Nobody takes the archive's files any more.";
            return Err(ExtractError::new(ErrorCode::Crashed, detail));
        }
    }
}

/// Why a child ended without an answer.
fn fallen(status: Option<ExitStatus>, complaints: &str) -> ExtractError {
    if tools::out_of_memory(complaints) {
        let detail = "Reading the document needs more memory than is allowed.";
        return ExtractError::new(ErrorCode::OutOfMemory, detail);
    }
    let signal = status.and_then(|status| status.signal());
    if matches!(signal, Some(libc::SIGXCPU | libc::SIGKILL)) {
        return ExtractError::new(ErrorCode::TimedOut, "Reading the document took too much processor time.");
    }
    tracing::warn!(?status, complaints, "the document reader ended without an answer");
    let how = match (signal, status.and_then(|status| status.code())) {
        (Some(signal), _) => format!("signal {signal}"),
        (None, Some(code)) => format!("exit code {code}"),
        (None, None) => "an unknown cause".to_owned(),
    };
    ExtractError::new(ErrorCode::Crashed, format!("The document reader crashed on this file ({how})."))
}
