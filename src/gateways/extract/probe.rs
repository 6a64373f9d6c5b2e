//! Tries to break out of the sandbox from inside, so that `doctor` and the tests report what holds on this machine
//! instead of what was meant to hold.

use std::fs;
use std::io::ErrorKind;
use std::net::{TcpStream, UdpSocket};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::tools::Tool;

/// What a process in the sandbox could and could not do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is the result of an attempt of its own")]
pub struct SelfTest {
    /// The layers that held and those that could not be had.
    pub sandbox: Vec<String>,
    /// Neither a TCP connection nor a UDP socket could be had.
    pub network_closed: bool,
    /// A world-readable file outside could not be read.
    pub files_unreadable: bool,
    /// No file could be made outside the temporary directory.
    pub files_unwritable: bool,
    /// A program of the system could be started, as the readers need.
    pub programs_run: bool,
    /// Programs that read documents and are not installed, with their Debian package.
    pub missing_tools: Vec<(String, String)>,
}

impl SelfTest {
    /// Whether a hostile document is shut in: without this, resumes should not be read.
    pub fn holds(&self) -> bool {
        self.network_closed && self.files_unwritable && self.files_unreadable
    }
}

/// Runs the attempts; `directory` is the process's own.
pub(super) fn attempt(directory: &Path, sandbox: Vec<String>) -> SelfTest {
    // Nothing listens on the discard port: "refused" is the answer of a reachable network.
    let connected = match TcpStream::connect("127.0.0.1:9") {
        Ok(_) => true,
        Err(error) => error.kind() == ErrorKind::ConnectionRefused,
    };
    let outside = directory.parent().unwrap_or(Path::new("/")).join(format!("outside-{}", std::process::id()));
    let written = fs::write(&outside, b"x").is_ok();
    if written {
        // Best effort: the finding that it could be written is what counts.
        drop(fs::remove_file(&outside));
    }
    SelfTest {
        sandbox,
        network_closed: !connected && UdpSocket::bind("127.0.0.1:0").is_err(),
        files_unreadable: fs::read("/etc/passwd").is_err(),
        files_unwritable: !written,
        programs_run: std::process::Command::new("/bin/true").status().is_ok_and(|status| status.success()),
        missing_tools: Tool::ALL
            .into_iter()
            .filter(|tool| tool.path().is_none())
            .map(|tool| (tool.name().to_owned(), tool.package().to_owned()))
            .collect(),
    }
}
