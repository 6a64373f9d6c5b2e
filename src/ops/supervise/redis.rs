//! A private Redis (or Valkey): a cache on a Unix socket that keeps nothing on disk and stops with us.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use super::account::Account;
use super::children::{Child, FIRST_DIRECTORY, Launch, SECOND_DIRECTORY};
use super::directory::{self, Log};
use super::error::Error;
use super::{orphan, programs};

const NAME: &str = "Redis";
const SOCKET: &str = "redis.sock";
const PID_FILE: &str = "redis.pid";
const READY_WITHIN: Duration = Duration::from_secs(20);
const STOP_WITHIN: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(20);

/// A cache: no persistence, a bounded memory, the least used goes first.
const SETTINGS: [[&str; 2]; 7] = [
    ["--port", "0"],
    ["--unixsocketperm", "777"],
    ["--save", ""],
    ["--appendonly", "no"],
    ["--maxmemory", "64mb"],
    ["--maxmemory-policy", "allkeys-lru"],
    ["--dir", SECOND_DIRECTORY],
];

/// A running private Redis. When dropped it is told to stop; [`Redis::stop`] waits for that too.
#[derive(Debug)]
pub struct Redis {
    child: Child,
    socket: PathBuf,
    _locks: [File; 2],
}

impl Redis {
    /// Starts a Redis that works in `data_dir` with its socket in `socket_dir`; what it says goes to the file
    /// `log`. Answers when it takes commands. An orphan of an earlier run is stopped first.
    pub async fn start(data_dir: &Path, socket_dir: &Path, log: &Path) -> Result<Self, Error> {
        let lock = directory::lock(data_dir)?;
        let account = Account::for_directory(data_dir)?;
        let log = Log::open(log)?;
        let data_dir = directory::private(data_dir, &account)?;
        let socket_dir = directory::private(socket_dir, &account)?;
        let socket = directory::fits_an_address(socket_dir.join(SOCKET))?;
        let socket_lock = directory::lock(&socket_dir.join("redis"))?;
        let program = programs::redis()?;
        orphan::stop(&data_dir.join(PID_FILE), &data_dir, Signal::TERM).await?;
        let mut arguments = SETTINGS.concat().into_iter().map(OsString::from).collect::<Vec<_>>();
        arguments.extend(["--unixsocket".into(), format!("{FIRST_DIRECTORY}/{SOCKET}").into()]);
        arguments.extend(["--pidfile".into(), format!("{SECOND_DIRECTORY}/{PID_FILE}").into()]);
        let launch = Launch {
            name: NAME,
            program: program.clone(),
            arguments,
            account: &account,
            directories: [&socket_dir, &data_dir],
            stop_signal: Signal::TERM,
            log: log.for_child()?,
        };
        let child = Child::start(launch).map_err(Error::io("start", &program))?;
        wait_until_ready(&child, &socket, &log).await?;
        Ok(Self { child, socket, _locks: [lock, socket_lock] })
    }

    /// The URL of this Redis.
    pub fn url(&self) -> String {
        format!("redis+unix://{}", directory::in_url(&self.socket))
    }

    /// Waits until the server ends by itself, which it should not; `None` when its end could not be observed.
    pub async fn ended(&mut self) -> Option<ExitStatus> {
        self.child.ended().await
    }

    /// Stops the server; what it held is gone.
    pub async fn stop(self) {
        self.child.stop(STOP_WITHIN).await;
    }
}

async fn wait_until_ready(child: &Child, socket: &Path, log: &Log) -> Result<(), Error> {
    let begin = Instant::now();
    while !answers(socket).await {
        if let Some(status) = child.end() {
            return Err(log.not_started(NAME, status.to_string(), socket));
        }
        if begin.elapsed() > READY_WITHIN {
            return Err(log.not_started(NAME, format!("not ready after {} s", READY_WITHIN.as_secs()), socket));
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}

/// Whether the server behind the socket answers PING (the inline form of the protocol).
async fn answers(socket: &Path) -> bool {
    let conversation = async {
        let mut stream = UnixStream::connect(socket).await?;
        stream.write_all(b"PING\r\n").await?;
        let mut answer = [0; 5];
        stream.read_exact(&mut answer).await?;
        std::io::Result::Ok(answer == *b"+PONG")
    };
    conversation.await.unwrap_or(false)
}
