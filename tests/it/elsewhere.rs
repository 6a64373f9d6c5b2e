//! Postgres and Redis on another machine, which are kept by somebody else and speak nothing that is not encrypted.

use std::fs;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use talentprompt::gateways::cache;
use talentprompt::ops::upgrade;
use talentprompt::store::snapshots;
use tempfile::TempDir;

use crate::support::app::configuration_file;
use crate::support::https::Authority;

/// How long a server may take to start.
const PATIENCE: Duration = Duration::from_secs(30);

/// Both servers, with certificates of an authority that nobody else knows.
struct Elsewhere {
    folder: TempDir,
    postgres: u16,
    redis: u16,
    children: Vec<Child>,
}

impl Elsewhere {
    async fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("talentprompt-elsewhere-").tempdir_in("/tmp").unwrap();
        let authority = Authority::new();
        let own = authority.issue("127.0.0.1", 90);
        for (name, text) in [("ca.pem", authority.pem()), ("own.pem", own.certificate), ("own.key", own.key)] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        fs::write(folder.path().join("other.pem"), Authority::new().pem()).unwrap();
        let data = folder.path().join("data");
        fs::create_dir(&data).unwrap();
        // Postgres does not run as root, and takes a key that is its own alone.
        let owner = format!("chmod 600 {0}/own.key; [ $(id -u) != 0 ] || chown -R postgres: {0}", shown(folder.path()));
        assert!(Command::new("sh").args(["-ec", &owner]).status().unwrap().success());
        let mut made = program("initdb");
        made.args(["-U", "talentprompt", "-A", "trust", "--no-sync", "--locale=C.UTF-8", "-D"]);
        assert!(made.arg(&data).stdout(Stdio::null()).status().unwrap().success());
        // Nothing but what is encrypted.
        fs::write(data.join("pg_hba.conf"), "hostssl all all 127.0.0.1/32 trust\n").unwrap();
        let mut elsewhere = Self { folder, postgres: port(), redis: port(), children: Vec::new() };
        elsewhere.serve(&data);
        let begin = Instant::now();
        while PgConnection::connect(&elsewhere.database("postgres", "require")).await.is_err()
            || std::net::TcpStream::connect(("127.0.0.1", elsewhere.redis)).is_err()
        {
            assert!(begin.elapsed() < PATIENCE, "a server does not start");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        elsewhere
    }

    fn serve(&mut self, data: &Path) {
        let file = |name: &str| shown(&self.folder.path().join(name));
        let (certificate, key) = (file("own.pem"), file("own.key"));
        let mut postgres = program("postgres");
        postgres.arg("-D").arg(data).args(["-k", "", "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]);
        postgres.arg("-c").arg(format!("port={}", self.postgres)).args(["-c", "ssl=on"]);
        postgres.arg("-c").arg(format!("ssl_cert_file={certificate}"));
        postgres.arg("-c").arg(format!("ssl_key_file={key}"));
        let mut redis = dying("redis-server");
        redis.args(["--port", "0", "--bind", "127.0.0.1", "--save", "", "--tls-auth-clients", "no"]);
        redis.args(["--tls-port", &self.redis.to_string(), "--tls-ca-cert-file", &file("ca.pem")]);
        redis.args(["--tls-cert-file", &certificate, "--tls-key-file", &key]);
        for mut server in [postgres, redis] {
            server.current_dir(self.folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
            self.children.push(server.spawn().unwrap());
        }
    }

    /// The address of a database, encrypted as far as `mode` says.
    fn database(&self, name: &str, mode: &str) -> String {
        format!("postgresql:///{name}?host=127.0.0.1&port={}&user=talentprompt&sslmode={mode}", self.postgres)
    }

    /// A folder of an appliance that uses both.
    fn appliance(&self) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        let file = configuration_file(folder.path(), &self.database("talent", "require"));
        let text = fs::read_to_string(&file).unwrap();
        let (before, rest) = text.split_once("[redis]\nurl = ").unwrap();
        let after = rest.split_once('\n').unwrap().1;
        let text = format!("{before}[redis]\nurl = \"rediss://127.0.0.1:{}\"\n{after}", self.redis);
        fs::write(&file, text).unwrap();
        folder
    }

    /// Runs a command of the program, which knows the authority; answers its exit code and what it printed.
    fn run(&self, folder: &Path, arguments: &[&str], authority: &str) -> (Option<i32>, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_talentprompt"));
        command.args(arguments).arg("--config").arg(folder.join("talentprompt.toml")).stdin(Stdio::null());
        command.env("SSL_CERT_FILE", self.folder.path().join(authority)).env_remove("SSL_CERT_DIR");
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        (output.status.code(), if said.is_empty() { String::from_utf8(output.stderr).unwrap() } else { said })
    }

    /// What the doctor finds of `check`.
    fn doctor(&self, folder: &Path, check: &str, authority: &str) -> Value {
        let (_, said) = self.run(folder, &["doctor", "--json"], authority);
        let findings: Vec<Value> = serde_json::from_str(&said).unwrap_or_else(|_| panic!("{said}"));
        findings.into_iter().find(|one| one["check"] == check).unwrap_or_else(|| panic!("no {check}: {said}"))
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        for child in &mut self.children {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// A port that is free now.
fn port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A program that ends with this process.
fn dying(program: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--", program]);
    command
}

/// A program of the newest Postgres, as a user that it runs as.
fn program(name: &str) -> Command {
    let versions = fs::read_dir("/usr/lib/postgresql").unwrap().map(|entry| entry.unwrap().path());
    let number = |path: &PathBuf| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
    let newest = versions.max_by_key(number).unwrap().join("bin").join(name);
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]);
    if rustix::process::geteuid().is_root() {
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
    }
    command.arg("--").arg(newest).env("LC_ALL", "C.UTF-8").process_group(0);
    command
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_and_a_cache_that_demand_encryption_are_used_encrypted() {
    let elsewhere = Elsewhere::start().await;
    let encrypted = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
    for mode in ["require", "prefer"] {
        let mut connection = PgConnection::connect(&elsewhere.database("postgres", mode)).await.unwrap();
        assert!(sqlx::query_scalar::<_, bool>(encrypted).fetch_one(&mut connection).await.unwrap(), "{mode}");
    }
    PgConnection::connect(&elsewhere.database("postgres", "disable")).await.unwrap_err();
    let known = |root: &str| {
        let root = shown(&elsewhere.folder.path().join(root));
        format!("{}&sslrootcert={root}", elsewhere.database("postgres", "verify-full"))
    };
    PgConnection::connect(&known("ca.pem")).await.unwrap();
    PgConnection::connect(&known("other.pem")).await.unwrap_err();
    let stranger = cache::probe(&format!("rediss://127.0.0.1:{}", elsewhere.redis)).await.unwrap_err();
    assert!(stranger.contains("certificate"), "{stranger}");

    let mut server = PgConnection::connect(&elsewhere.database("postgres", "require")).await.unwrap();
    sqlx::query("create database talent").execute(&mut server).await.unwrap();
    let folder = elsewhere.appliance();
    for arguments in [&["migrate", "up"][..], &["backup", "create"], &["backup", "verify"]] {
        let (code, said) = elsewhere.run(folder.path(), arguments, "ca.pem");
        assert_eq!(code, Some(0), "{arguments:?}: {said}");
    }
    assert_eq!(elsewhere.doctor(folder.path(), "cache", "ca.pem")["level"], "ok");
    assert_eq!(elsewhere.doctor(folder.path(), "cache", "other.pem")["level"], "warning");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_restoring_keeps_on_a_server_elsewhere_is_told_and_removed_in_time() {
    let elsewhere = Elsewhere::start().await;
    let mut server = PgConnection::connect(&elsewhere.database("postgres", "require")).await.unwrap();
    sqlx::query("create database talent").execute(&mut server).await.unwrap();
    // Somebody's, whatever it is called.
    sqlx::query("create database talent_before_1").execute(&mut server).await.unwrap();
    let folder = elsewhere.appliance();
    let (code, said) = elsewhere.run(folder.path(), &["migrate", "up"], "ca.pem");
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = elsewhere.run(folder.path(), &["backup", "create", "--json"], "ca.pem");
    assert_eq!(code, Some(0), "{said}");
    let made: Value = serde_json::from_str(&said).unwrap();
    let restore = ["backup", "restore", made["id"].as_str().unwrap(), "--confirm", "--json"];
    let (code, said) = elsewhere.run(folder.path(), &restore, "ca.pem");
    assert_eq!(code, Some(0), "{said}");
    let restored: Value = serde_json::from_str(&said).unwrap();
    let (kept, undo) = (restored["restored"]["before"].as_str().unwrap(), &restored["undo"]);
    assert_eq!(undo, &json!(null), "the way back does not reach that far");

    let told = elsewhere.doctor(folder.path(), "way back", "ca.pem")["saw"].as_str().unwrap().to_owned();
    assert!(told.contains(kept) && told.contains("14 days"), "{told}");
    let url = elsewhere.database("talent", "require");
    let copies = snapshots::known(&url).await.unwrap();
    let at = copies.iter().find(|copy| copy.name == kept).unwrap().at.unwrap();
    assert_eq!(snapshots::remove_before(&url, at).await.unwrap(), 0);
    assert_eq!(snapshots::remove_before(&url, at + upgrade::KEPT).await.unwrap(), 1);
    let left: Vec<String> = snapshots::known(&url).await.unwrap().into_iter().map(|copy| copy.name).collect();
    assert_eq!(left, ["talent_before_1"]);
}
