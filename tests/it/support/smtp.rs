//! A real SMTP server on loopback, of which the test says nothing but whom it knows: see `tests/support/smtp.py`.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::https::Authority;

/// The server; ended when it is dropped.
pub struct Smtp {
    child: Child,
    folder: tempfile::TempDir,
    port: u16,
}

/// What is special about a server.
#[derive(Default)]
pub struct Kind {
    /// Who may sign in, with which password; anybody sends where there is none.
    pub user: Option<(&'static str, &'static str)>,
    /// Whether it is encrypted: by STARTTLS, or from the start.
    pub tls: Option<Tls>,
}

/// How a connection is encrypted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    Start,
    Wrapped,
}

impl Smtp {
    pub fn start() -> Self {
        Self::with(&Kind::default())
    }

    pub fn with(kind: &Kind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/smtp.py");
        let mut command = Command::new(script);
        command.arg(folder.path());
        if let Some((user, password)) = kind.user {
            command.args(["--user", user, "--password", password]);
        }
        if let Some(tls) = kind.tls {
            let authority = Authority::new();
            let issued = authority.issue("localhost", 90);
            let files = [("ca.pem", authority.pem()), ("own.pem", issued.certificate), ("own.key", issued.key)];
            for (name, pem) in files {
                std::fs::write(folder.path().join(name), pem).unwrap();
            }
            command.arg("--tls").arg(folder.path().join("own.pem")).arg(folder.path().join("own.key"));
            if tls == Tls::Wrapped {
                command.arg("--wrapped");
            }
        }
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().parse().expect("it needs Debian's python3-aiosmtpd: run packaging/setup/install test");
        Self { child, folder, port }
    }

    /// `host:port`.
    pub fn place(&self) -> String {
        format!("localhost:{}", self.port)
    }

    /// The certificate of the authority that its own is of.
    pub fn authority(&self) -> std::path::PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// What it took, in order.
    pub fn taken(&self) -> Vec<Value> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|kind| kind == "json")).collect();
        files.sort();
        files.iter().map(|file| serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()).collect()
    }
}

impl Drop for Smtp {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
