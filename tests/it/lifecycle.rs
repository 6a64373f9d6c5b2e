//! The real program as systemd runs it, without systemd: sockets are handed over, news are read from `$NOTIFY_SOCKET`,
//! signals are sent, and nobody who asks may notice a restart.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use talentprompt::base::{random, secret};
use talentprompt::store::Store;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::extract::fixtures::zip;
use crate::support;
use crate::support::app::{configuration_file, environment, on_database, resume};
use crate::support::qdrant_server::QdrantServer;

/// How long the program may take for anything on a machine that is busy.
const PATIENCE: Duration = Duration::from_mins(2);

/// Turns its standard input, and its standard output where there is a second one, into the descriptors that systemd would
/// hand over, then itself into the program.
const HAND_OVER: &str = r#"exec 3<&0 4<&1 0</dev/null 1>/dev/null; count=$1 names=$2; shift 2
    LISTEN_PID=$$ LISTEN_FDS=$count LISTEN_FDNAMES=$names WATCHDOG_PID=$$ exec "$@""#;

/// What systemd keeps of a service while its processes come and go.
pub struct Unit {
    pub folder: TempDir,
    config: PathBuf,
    database: String,
    socket: TcpListener,
    /// For https, where it is served.
    secure: Option<TcpListener>,
    news: Mutex<Receiver<String>>,
}

/// One process of the service.
pub struct Process<'a> {
    unit: &'a Unit,
    child: Child,
}

/// Reads news as they come: a process whose news nobody reads waits, and systemd never lets it.
fn listen_to(socket: UnixDatagram) -> Receiver<String> {
    let (give, take) = channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(length) = socket.recv(&mut buffer) {
            if give.send(String::from_utf8_lossy(&buffer[..length]).into_owned()).is_err() {
                return;
            }
        }
    });
    take
}

impl Unit {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = format!("it_{}", secret::hex(&random::bytes::<8>()));
        let admin = on_database(&environment("TALENTPROMPT_TEST_DATABASE_URL"), &database);
        let config = configuration_file(folder.path(), &admin);
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let listen = socket.local_addr().unwrap().to_string();
        let text = fs::read_to_string(&config).unwrap();
        fs::write(&config, format!("{text}[server]\nlisten = {listen:?}\n[log]\nformat = \"json\"\n")).unwrap();
        let news = Mutex::new(listen_to(UnixDatagram::bind(folder.path().join("notify")).unwrap()));
        Self { folder, config, database, socket, secure: None, news }
    }

    /// One that serves https as well, with these settings of `[tls]`.
    pub fn with_https(settings: &str) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let listen = socket.local_addr().unwrap().to_string();
        let unit = Self { secure: Some(socket), ..Self::new() };
        unit.change(|text| format!("{text}[tls]\nlisten = {listen:?}\n{settings}\n"));
        unit
    }

    pub fn address(&self) -> SocketAddr {
        self.socket.local_addr().unwrap()
    }

    /// Where https is served.
    pub fn secure_address(&self) -> SocketAddr {
        self.secure.as_ref().unwrap().local_addr().unwrap()
    }

    pub fn change(&self, change: impl Fn(String) -> String) {
        fs::write(&self.config, change(fs::read_to_string(&self.config).unwrap())).unwrap();
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    pub fn start(&self) -> Process<'_> {
        self.start_as("all")
    }

    fn start_as(&self, role: &str) -> Process<'_> {
        let second = self.secure.as_ref().map(|socket| Stdio::from(OwnedFd::from(socket.try_clone().unwrap())));
        let [count, names] = if second.is_some() { ["2", "http:http"] } else { ["1", "http"] };
        let log = File::options().create(true).append(true).open(self.folder.path().join("log")).unwrap();
        let child = Command::new("/bin/sh")
            .args(["-c", HAND_OVER, "sh", count, names, env!("CARGO_BIN_EXE_talentprompt"), "serve"])
            .args(["--role", role, "--config"])
            .arg(&self.config)
            .env("NOTIFY_SOCKET", self.folder.path().join("notify"))
            .env("WATCHDOG_USEC", "3000000")
            .env("JOURNAL_STREAM", "1:1")
            .stdin(Stdio::from(OwnedFd::from(self.socket.try_clone().unwrap())))
            .stdout(second.unwrap_or_else(Stdio::null))
            .stderr(log)
            .spawn()
            .unwrap();
        Process { unit: self, child }
    }

    /// What a command prints, which ends with this code.
    fn command(&self, arguments: &[&str], code: i32) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_talentprompt"));
        let output = command.args(arguments).arg("--config").arg(&self.config).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(code), "{said}{}", String::from_utf8_lossy(&output.stderr));
        said
    }

    /// What the doctor finds, who finds something on any machine that runs tests.
    pub fn doctor(&self) -> Vec<Value> {
        serde_json::from_str(&self.command(&["doctor", "--json"], 1)).unwrap()
    }

    /// Reads news until some that hold `wanted`, and answers them.
    pub fn told(&self, wanted: &str) -> String {
        let begin = Instant::now();
        let heard = self.news.lock().unwrap();
        loop {
            let news = heard.recv_timeout(PATIENCE).unwrap_or_else(|error| panic!("{error}: {}", self.log()));
            if news.contains(wanted) {
                return news;
            }
            assert!(begin.elapsed() < PATIENCE, "never told {wanted}: {}", self.log());
        }
    }

    pub async fn remove(self) {
        let mut server = PgConnection::connect(&environment("TALENTPROMPT_TEST_DATABASE_URL")).await.unwrap();
        let statement = format!("drop database if exists {} with (force)", self.database);
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut server).await.unwrap();
    }
}

impl Process<'_> {
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub fn ended(mut self) -> ExitStatus {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(begin.elapsed() < PATIENCE, "the process does not end: {}", self.unit.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Process<'_> {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A connection that is used until the server ends it, as browsers do; or a new one for each request.
struct Asker {
    address: SocketAddr,
    keep: bool,
    stream: Option<TcpStream>,
}

impl Asks for Asker {
    async fn ask(&mut self) -> std::io::Result<()> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => TcpStream::connect(self.address).await?,
        };
        let again = ask_once(&mut stream).await?;
        self.stream = (again && self.keep).then_some(stream);
        Ok(())
    }
}

/// Asks once on a connection of HTTP/1.1, and has to be answered with success; says whether it may be used again.
pub async fn ask_once(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> std::io::Result<bool> {
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await?;
    let (mut answer, mut buffer) = (Vec::new(), [0; 4096]);
    while !answer.ends_with(b"\r\n\r\nok\n") {
        match stream.read(&mut buffer).await? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            length => answer.extend_from_slice(&buffer[..length]),
        }
    }
    let head = String::from_utf8_lossy(&answer).to_lowercase();
    assert!(head.starts_with("http/1.1 200"), "{head}");
    Ok(!head.contains("connection: close"))
}

/// Somebody who asks in a way of their own.
pub trait Asks: Send + 'static {
    /// Asks once, and has to be answered with success.
    fn ask(&mut self) -> impl Future<Output = std::io::Result<()>> + Send;
}

/// Lets one process of `unit` follow another while `askers` ask without a pause: none may be left without an answer.
pub async fn restart_unnoticed<A: Asks>(unit: &Unit, askers: Vec<A>) {
    let first = unit.start();
    tokio::task::block_in_place(|| unit.told("READY=1"));
    let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let begin = |(number, mut asker): (usize, A)| {
        let (stop, answered) = (Arc::clone(&stop), Arc::clone(&answered));
        tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let outcome = asker.ask().await;
                outcome.unwrap_or_else(|error| panic!("a request of asker {number} was not answered: {error}"));
                answered.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
    };
    let askers: Vec<_> = askers.into_iter().enumerate().map(begin).collect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = answered.load(Ordering::Relaxed);
    first.signal(Signal::TERM);
    assert!(tokio::task::block_in_place(|| first.ended()).success());
    let second = unit.start();
    tokio::task::block_in_place(|| unit.told("READY=1"));
    tokio::time::sleep(Duration::from_secs(1)).await;
    stop.store(true, Ordering::Relaxed);
    for asker in askers {
        asker.await.unwrap();
    }
    assert!(before > 0 && answered.load(Ordering::Relaxed) > before, "nothing was asked on both sides of the restart");
    second.signal(Signal::TERM);
    assert!(tokio::task::block_in_place(|| second.ended()).success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_takes_its_socket_makes_its_database_and_reads_its_configuration_again() {
    let unit = Unit::new();
    let process = unit.start();
    unit.told("EXTEND_TIMEOUT_USEC=");
    unit.told("READY=1");
    unit.told("WATCHDOG=1");
    let asked = support::get(format!("http://{}/api/v1/suggest?q=Wilhelmina", unit.address())).await.unwrap();
    assert_eq!(asked.status(), 401);
    let id = asked.headers()["x-request-id"].to_str().unwrap().to_owned();
    let log = unit.log();
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("{line}")));
    let line = lines.into_iter().find(|line| line["span"]["request_id"] == id.as_str()).unwrap();
    assert_eq!((&line["level"], &line["status"]), (&Value::from("INFO"), &Value::from(401)));
    assert!(!log.contains("Wilhelmina"), "a query is in the log: {log}");

    let link = unit.command(&["owner-link"], 0);
    assert!(link.contains("/setup?token=") && !log.contains(link.split_once('=').unwrap().1.trim()), "{link}");
    assert_eq!(unit.command(&["owner-link"], 0), link, "the link that was printed before stopped working");
    assert_eq!(fs::metadata(unit.folder.path().join("owner-link")).unwrap().mode() & 0o777, 0o600);

    let findings = unit.doctor();
    let level = |check: &str| findings.iter().find(|finding| finding["check"] == check).map(|one| &one["level"]);
    for check in ["port", "schema", "database role", "workers", "tasks", "queue", "cache", "embedding model"] {
        assert_eq!(level(check), Some(&Value::from("ok")), "{check}: {findings:#?}");
    }
    assert_eq!(level("owner"), Some(&Value::from("warning")));
    assert!(findings.len() >= 40, "{} checks", findings.len());
    let helpful =
        |finding: &Value| finding["level"] == "ok" || (finding["means"].is_string() && finding["todo"].is_string());
    assert!(findings.iter().all(helpful), "{findings:#?}");

    let create = ["users", "create", "o@example.com", "--name", "O", "--role", "owner", "--workspace", "Example"];
    unit.command(&create, 0);
    unit.command(&["owner-link"], 1);
    assert!(!unit.folder.path().join("owner-link").exists(), "a link that nobody needs is kept");

    unit.change(|text| format!("{}\nlevel = \"debug\"\n[tasks]\nworkers = 3\n", text.trim_end()));
    process.signal(Signal::HUP);
    assert!(unit.told("RELOADING=1").contains("MONOTONIC_USEC="));
    assert!(unit.told("STATUS=").contains("in force now: log.level; needs a restart: tasks.workers"));
    unit.told("READY=1");
    unit.change(|text| text.replace("workers", "wokers"));
    process.signal(Signal::HUP);
    unit.told("RELOADING=1");
    assert!(unit.told("STATUS=").contains("did you mean `tasks.workers`?"));
    unit.told("READY=1");

    process.signal(Signal::TERM);
    unit.told("STOPPING=1");
    assert!(process.ended().success());
    unit.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_under_load_loses_no_request_on_kept_and_on_fresh_connections() {
    let unit = Unit::new();
    let asker = |keep| Asker { address: unit.address(), keep, stream: None };
    restart_unnoticed(&unit, [true, true, false, false].map(asker).into()).await;
    unit.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_serves_or_works_as_its_role_says() {
    let unit = Unit::new();
    unit.command(&["serve", "--role", "worker"], 1);
    let server = QdrantServer::start("let-me-in").await;
    let vector = format!("[vector]\nurl = {:?}\napi_key = \"let-me-in\"\n", server.url());
    unit.change(|text| format!("{text}{vector}"));
    let works = || {
        let findings = unit.doctor();
        findings.iter().any(|finding| finding["check"] == "workers" && finding["level"] == "ok")
    };
    let worker = unit.start_as("worker");
    unit.told("READY=1");
    unit.told("WATCHDOG=1");
    assert!(tokio::task::block_in_place(works));
    let mut asker = Asker { address: unit.address(), keep: false, stream: None };
    let answer = tokio::time::timeout(Duration::from_millis(500), asker.ask()).await;
    assert!(answer.is_err(), "a worker answers requests");
    worker.signal(Signal::TERM);
    assert!(tokio::task::block_in_place(|| worker.ended()).success());

    let api = unit.start_as("api");
    unit.told("READY=1");
    unit.told("WATCHDOG=1");
    asker.ask().await.unwrap();
    assert!(!tokio::task::block_in_place(works));
    api.signal(Signal::TERM);
    assert!(tokio::task::block_in_place(|| api.ended()).success());
    unit.remove().await;
    drop(server);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_goes_on_when_the_workers_it_waited_for_stop_and_gives_up_what_was_deleted() {
    let unit = Unit::new();
    let json = |arguments: &[&str]| -> Value {
        serde_json::from_str(&unit.command(&[arguments, &["--json"]].concat(), 0)).unwrap()
    };
    assert_eq!(json(&["migrate", "up"])["schema"], "up to date");
    let create = ["users", "create", "o@example.com", "--name", "O", "--role", "owner", "--workspace", "Example"];
    assert!(json(&create)["password"].is_string());
    assert!(json(&["users", "create", "m@example.com", "--name", "M"])["invitation_url"].is_string());
    assert_eq!(json(&["tokens", "create", "o@example.com", "--name", "scripts"])["token"]["name"], "scripts");
    let folder = unit.folder.path().join("resumes");
    fs::create_dir(&folder).unwrap();
    for name in ["Ana Lima", "Bo Chen"] {
        fs::write(
            folder.join(format!("{name}.txt")),
            resume(name, &format!("{}@example.com", &name[..2]), "Nurse", &[]),
        )
        .unwrap();
    }
    let admin = on_database(&environment("TALENTPROMPT_TEST_DATABASE_URL"), &unit.database);
    let mut database = PgConnection::connect(&admin).await.unwrap();
    // The lock that says "somebody works here", held by somebody who does not.
    let lock = i64::from(i32::from_be_bytes(*b"lent"));
    sqlx::query("select pg_advisory_lock_shared($1)").bind(lock).execute(&mut database).await.unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_talentprompt"));
    command.args(["import", "--json", "--config"]).arg(&unit.config).arg(&folder).stdout(Stdio::piped());
    let importing = command.spawn().unwrap();
    let begin = Instant::now();
    let delete = "delete from uploads where filename = 'Bo Chen.txt'";
    while sqlx::query(delete).execute(&mut database).await.unwrap().rows_affected() == 0 {
        assert!(begin.elapsed() < PATIENCE, "nothing is taken in");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    database.close().await.unwrap();
    let output = tokio::task::block_in_place(|| importing.wait_with_output()).unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &report["indexed"]), (Some(1), &Value::from(1)), "{report}");
    assert_eq!(report["failed"][0]["code"], "deleted", "{report}");

    let archive =
        zip(&[("cy.txt", resume("Cy Dee", "cy@example.com", "Nurse", &[]).as_bytes()), ("bomb", &vec![0; 64 << 20])]);
    let path = folder.join("cy.zip");
    fs::write(&path, archive).unwrap();
    let import = ["import", "--json", path.to_str().unwrap()];
    let report: Value = serde_json::from_str(&unit.command(&import, 1)).unwrap();
    assert_eq!((&report["indexed"], &report["failed"][0]["code"]), (&json!(1), &json!("archive_bomb")), "{report}");

    let create = ["users", "create", "p@example.com", "--name", "P", "--role", "owner", "--workspace", "Other"];
    unit.command(&create, 0);
    assert_eq!(unit.command(&import, 1), "", "a workspace was guessed");
    let report: Value =
        serde_json::from_str(&unit.command(&[&import[..], &["--workspace", "Other"]].concat(), 1)).unwrap();
    assert_eq!(report["indexed"], 1, "{report}");
    unit.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_without_a_database_stays_and_says_so() {
    let unit = Unit::new();
    unit.change(|text| text.replace("host=", "host=/nonexistent"));
    let process = unit.start();
    assert!(unit.told("STATUS=").contains("waiting for the database"));
    let answer = support::get(format!("http://{}/api/v1/status", unit.address())).await.unwrap();
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    assert!(answer.headers().contains_key("retry-after"));
    let findings = tokio::task::block_in_place(|| unit.doctor());
    let appliance = findings.iter().find(|finding| finding["check"] == "appliance").unwrap();
    assert!(appliance["saw"].as_str().unwrap().contains("cannot connect to Postgres"), "{appliance}");
    assert!(findings.iter().any(|finding| finding["check"] == "memory" || finding["check"] == "kernel"));
    process.signal(Signal::TERM);
    assert!(tokio::task::block_in_place(|| process.ended()).success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upgrade_that_fails_is_told_and_not_tried_again_and_again() {
    let unit = Unit::new();
    let server = environment("TALENTPROMPT_TEST_DATABASE_URL");
    Store::create_database(&server, &unit.database).await.unwrap();
    let url = on_database(&server, &unit.database);
    Store::migrate(&url, 0).await.unwrap();
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let earlier = "drop table releases; delete from _sqlx_migrations where version > 2;
                   create table releases (schema bigint, version text)";
    sqlx::raw_sql(earlier).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();

    let process = unit.start();
    let told = tokio::task::block_in_place(|| unit.told("STATUS=the upgrade failed: "));
    assert!(told.contains("migration 3") && told.contains("releases"), "{told}");
    let answer = support::get(format!("http://{}/api/v1/status", unit.address())).await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers().contains_key("retry-after")), (503, true));
    assert_eq!(unit.log().matches("the upgrade failed").count(), 1, "{}", unit.log());
    let status: Value = serde_json::from_str(&unit.command(&["migrate", "status", "--json"], 0)).unwrap();
    assert_eq!((&status["schema"], &status["snapshots"]), (&Value::from(2), &Value::Array(Vec::new())));
    process.signal(Signal::TERM);
    assert!(tokio::task::block_in_place(|| process.ended()).success());
    unit.remove().await;
}
