//! A private Postgres: made on the first start, on a Unix socket only, stopped with us.
//!
//! Access is guarded by the directory: only its owner (and root) can reach the socket, so there is no password
//! to keep. The cluster is made beside its place and moved there when complete: a first start that was killed
//! half-way leaves nothing that a second one could mistake for data.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::account::Account;
use super::children::{Child, FIRST_DIRECTORY, Launch, SECOND_DIRECTORY};
use super::directory::{self, Log};
use super::error::Error;
use super::orphan;
use super::programs::{self, PostgresPrograms};

const NAME: &str = "Postgres";
/// The superuser of the cluster.
const SUPERUSER: &str = "talentprompt";
/// Part of the socket's name; with no TCP listener it can never be taken.
const SOCKET: &str = ".s.PGSQL.5432";
/// Long enough for the recovery after a crash in the middle of a large import.
const READY_WITHIN: Duration = Duration::from_mins(2);
const STOP_WITHIN: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(20);
/// SIGINT is Postgres's fast shutdown; SIGTERM would wait for the clients to leave.
const FAST_SHUTDOWN: Signal = Signal::INT;

/// Settings for a box of 4 GB that the search engine and its model share; durability is untouched.
/// No replication means the least write-ahead log. JIT costs more than it gives on small queries, and fails
/// under a write-xor-execute sandbox.
const SETTINGS: [(&str, &str); 14] = [
    ("listen_addresses", ""),
    ("unix_socket_permissions", "0777"),
    ("max_connections", "60"),
    ("shared_buffers", "128MB"),
    ("work_mem", "8MB"),
    ("maintenance_work_mem", "64MB"),
    ("effective_cache_size", "1GB"),
    ("max_wal_size", "512MB"),
    ("wal_level", "minimal"),
    ("max_wal_senders", "0"),
    ("jit", "off"),
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
    ("logging_collector", "off"),
];

/// A running private Postgres. When dropped it is told to stop; [`Postgres::stop`] waits for that too.
#[derive(Debug)]
pub struct Postgres {
    child: Child,
    socket_dir: PathBuf,
    _locks: [File; 2],
}

impl Postgres {
    /// Starts the cluster in `data_dir`, making it first when there is none, with its socket in `socket_dir`;
    /// what it says goes to the file `log`. Answers when it takes connections.
    ///
    /// An orphan of an earlier run in the same directory is stopped first. While this one runs, another start in
    /// one of its directories gets [`Error::InUse`].
    pub async fn start(data_dir: &Path, socket_dir: &Path, log: &Path) -> Result<Self, Error> {
        let lock = directory::lock(data_dir)?;
        let account = Account::for_directory(data_dir)?;
        let log = Log::open(log)?;
        let socket_dir = directory::private(socket_dir, &account)?;
        let socket = directory::fits_an_address(socket_dir.join(SOCKET))?;
        let socket_lock = directory::lock(&socket_dir.join("postgres"))?;
        let programs = programs::postgres(data_dir)?;
        if !data_dir.join("PG_VERSION").exists() {
            create_cluster(&programs, data_dir, &account, &log).await?;
        }
        let data_dir = directory::private(data_dir, &account)?;
        orphan::stop(&data_dir.join("postmaster.pid"), &data_dir, FAST_SHUTDOWN).await?;
        orphan::stop(&directory::beside(&socket, "lock"), &data_dir, FAST_SHUTDOWN).await?;
        let child = launch(&programs, &data_dir, &socket_dir, &account, &log)?;
        wait_until_ready(&child, &data_dir, &log).await?;
        Ok(Self { child, socket_dir, _locks: [lock, socket_lock] })
    }

    /// The URL of a database of this cluster, as its superuser.
    pub fn database_url(&self, database: &str) -> String {
        format!("postgresql:///{database}?host={}&user={SUPERUSER}", directory::in_url(&self.socket_dir))
    }

    /// Waits until the server ends by itself, which it should not; `None` when its end could not be observed.
    pub async fn ended(&mut self) -> Option<ExitStatus> {
        self.child.ended().await
    }

    /// Stops the server: open transactions are rolled back, everything committed is on disk.
    pub async fn stop(self) {
        self.child.stop(STOP_WITHIN).await;
    }
}

async fn create_cluster(
    programs: &PostgresPrograms,
    data_dir: &Path,
    account: &Account,
    log: &Log,
) -> Result<(), Error> {
    if data_dir.exists() && !directory::is_empty(data_dir)? {
        return Err(Error::NotOurs(data_dir.to_owned()));
    }
    let unfinished = directory::beside(data_dir, "new");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).map_err(Error::io("remove", &unfinished))?;
    }
    let unfinished = directory::private(&unfinished, account)?;
    let arguments = [
        "--username",
        SUPERUSER,
        "--auth",
        "trust",
        "--encoding",
        "UTF8",
        "--locale",
        "C.UTF-8",
        "--data-checksums",
        "--no-instructions",
        "--pgdata",
        SECOND_DIRECTORY,
    ];
    let launch = Launch {
        name: "initdb",
        program: programs.program("initdb"),
        arguments: arguments.map(OsString::from).to_vec(),
        account,
        directories: [&unfinished; 2],
        stop_signal: Signal::TERM,
        log: log.for_child()?,
    };
    let end = Child::start(launch).map_err(Error::io("start", &programs.program("initdb")))?.ended().await;
    if !end.is_some_and(|status| status.success()) {
        return Err(log.not_started("initdb, which prepares Postgres's data directory,", how(end), data_dir));
    }
    fs::rename(&unfinished, data_dir).map_err(Error::io("move the new cluster to", data_dir))
}

fn launch(
    programs: &PostgresPrograms,
    data_dir: &Path,
    socket_dir: &Path,
    account: &Account,
    log: &Log,
) -> Result<Child, Error> {
    let mut arguments = ["-D", SECOND_DIRECTORY, "-k", FIRST_DIRECTORY].map(OsString::from).to_vec();
    for (key, value) in SETTINGS {
        arguments.extend(["-c".into(), format!("{key}={value}").into()]);
    }
    let launch = Launch {
        name: NAME,
        program: programs.program("postgres"),
        arguments,
        account,
        directories: [socket_dir, data_dir],
        stop_signal: FAST_SHUTDOWN,
        log: log.for_child()?,
    };
    Child::start(launch).map_err(Error::io("start", &programs.program("postgres")))
}

/// Waits for the line in which the server says that it takes connections (the one that `pg_ctl -w` waits for).
async fn wait_until_ready(child: &Child, data_dir: &Path, log: &Log) -> Result<(), Error> {
    let begin = Instant::now();
    loop {
        if let Some(status) = child.end() {
            return Err(log.not_started(NAME, how(Some(status)), data_dir));
        }
        let status = fs::read_to_string(data_dir.join("postmaster.pid")).unwrap_or_default();
        if is_ready(&status, child.pid()) {
            return Ok(());
        }
        if begin.elapsed() > READY_WITHIN {
            return Err(log.not_started(NAME, format!("not ready after {} s", READY_WITHIN.as_secs()), data_dir));
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Reads `postmaster.pid`: line 1 is the process id, line 8 the status (`miscadmin.h`, `LOCK_FILE_LINE_PM_STATUS`).
fn is_ready(status: &str, pid: i32) -> bool {
    let mut lines = status.lines().map(str::trim);
    lines.next() == Some(pid.to_string().as_str()) && lines.nth(6) == Some("ready")
}

fn how(end: Option<ExitStatus>) -> String {
    end.map_or_else(|| "its end could not be observed".to_owned(), |status| status.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_server_that_says_ready_is_ready() {
        let file = |pid: &str, status: &str| format!("{pid}\n/data\n1\n5432\n/run\n\n  10 43\n{status}\n");
        assert!(is_ready(&file("77", "ready   "), 77));
        assert!(!is_ready(&file("77", "starting"), 77));
        assert!(!is_ready(&file("76", "ready   "), 77));
        assert!(!is_ready("77\n/data\n", 77));
    }
}
