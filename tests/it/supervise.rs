//! Private Postgres and Redis as child processes: start, stop, `kill -9`, and what is left behind.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use talentprompt::ops::supervise::{Error, Postgres, Redis};
use tempfile::TempDir;

/// Names the directory in which [`holds_services_until_it_is_killed`] starts its services.
const HOLDER: &str = "TALENTPROMPT_TEST_SUPERVISE_IN";

/// The directories of one test. Under /tmp whatever TMPDIR says: a socket's path must stay short.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::Builder::new().prefix("tp-supervise-").tempdir_in("/tmp").unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    async fn postgres(&self) -> Result<Postgres, Error> {
        start_postgres(self.0.path()).await
    }

    async fn redis(&self) -> Result<Redis, Error> {
        Redis::start(&self.path("redis"), &self.path("run"), &self.path("redis.log")).await
    }
}

async fn start_postgres(base: &Path) -> Result<Postgres, Error> {
    Postgres::start(&base.join("postgres"), &base.join("run"), &base.join("postgres.log")).await
}

fn psql(postgres: &Postgres, sql: &str) -> String {
    let url = postgres.database_url("postgres");
    let done = Command::new("psql").args(["-X", "-tA", &url, "-c", sql]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

/// The leading processes that work in a directory: each server's own, not its workers.
fn servers_in(directory: &Path) -> Vec<i32> {
    let working = |pid: &i32| fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == directory);
    let all = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    let working = all.filter(working).collect::<Vec<i32>>();
    let parent = |pid: i32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1)?.parse::<i32>().ok())
    };
    working.iter().copied().filter(|pid| parent(*pid).is_none_or(|parent| !working.contains(&parent))).collect()
}

async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < Duration::from_mins(1), "{what}: not after a minute");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn postgres_answers_keeps_its_data_and_starts_again_quickly() {
    let place = Place::new();
    let postgres = place.postgres().await.unwrap();
    psql(&postgres, "CREATE TABLE kept (word text); INSERT INTO kept VALUES ('here')");
    assert_eq!(psql(&postgres, "SHOW listen_addresses"), "");
    assert_eq!(psql(&postgres, "SHOW jit"), "off");
    assert_eq!(psql(&postgres, "SHOW data_checksums"), "on");
    postgres.stop().await;
    assert!(servers_in(&place.path("postgres")).is_empty());

    let begin = Instant::now();
    let postgres = place.postgres().await.unwrap();
    let took = begin.elapsed();
    assert_eq!(psql(&postgres, "SELECT word FROM kept"), "here");
    // Two seconds on an idle machine; a busy one, as during the whole test run, gets five times that.
    assert!(took < Duration::from_secs(10), "the second start took {took:?}");
    postgres.stop().await;
}

#[tokio::test]
async fn redis_answers_and_keeps_nothing() {
    let place = Place::new();
    let redis = place.redis().await.unwrap();
    let url = redis.url();
    let socket = url.strip_prefix("redis+unix://").unwrap().to_owned();
    let said = Command::new("redis-cli").args(["-s", &socket, "SET", "word", "here"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&said.stdout).trim(), "OK");
    redis.stop().await;
    assert!(servers_in(&place.path("redis")).is_empty());

    let redis = place.redis().await.unwrap();
    let said = Command::new("redis-cli").args(["-s", &socket, "DBSIZE"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&said.stdout).trim(), "0");
    redis.stop().await;
}

#[tokio::test]
async fn a_second_start_in_a_directory_in_use_is_refused_and_harms_nothing() {
    let place = Place::new();
    let postgres = place.postgres().await.unwrap();
    let refused = place.postgres().await.unwrap_err();
    assert!(matches!(refused, Error::InUse(_)), "{refused}");
    assert_eq!(psql(&postgres, "SELECT 1"), "1");
    postgres.stop().await;
}

#[tokio::test]
async fn after_kill_dash_nine_no_service_is_left_and_the_data_are_whole() {
    let place = Place::new();
    let mut holder = holder(place.0.path());
    eventually("the holder's services", || place.path("ready").exists()).await;
    let (postgres_dir, redis_dir) = (place.path("postgres"), place.path("redis"));
    assert_eq!((servers_in(&postgres_dir).len(), servers_in(&redis_dir).len()), (1, 1));

    holder.kill().unwrap();
    holder.wait().unwrap();
    eventually("the kernel ends both", || servers_in(&postgres_dir).is_empty() && servers_in(&redis_dir).is_empty())
        .await;

    let postgres = place.postgres().await.unwrap();
    assert_eq!(psql(&postgres, "SELECT word FROM kept"), "here");
    let redis = place.redis().await.unwrap();
    redis.stop().await;
    postgres.stop().await;
}

#[tokio::test]
async fn an_orphan_of_an_earlier_run_is_stopped_before_the_next_start() {
    let place = Place::new();
    let postgres = place.postgres().await.unwrap();
    let data_dir = place.path("postgres");
    let program = fs::read_link(format!("/proc/{}/exe", servers_in(&data_dir)[0])).unwrap();
    postgres.stop().await;
    let mut orphan = unsupervised(&program, &data_dir);
    eventually("the orphan's start", || {
        fs::read_to_string(data_dir.join("postmaster.pid")).is_ok_and(|status| status.contains("ready"))
    })
    .await;

    let postgres = place.postgres().await.unwrap();
    assert!(orphan.try_wait().unwrap().is_some(), "the orphan still runs");
    assert_eq!(servers_in(&data_dir).len(), 1);
    assert_eq!(psql(&postgres, "SELECT 1"), "1");
    postgres.stop().await;
}

#[tokio::test]
async fn a_cluster_whose_making_was_interrupted_is_made_anew() {
    let place = Place::new();
    fs::create_dir(place.path("postgres.new")).unwrap();
    fs::write(place.path("postgres.new/PG_VERSION"), "half").unwrap();
    let postgres = place.postgres().await.unwrap();
    assert_eq!(psql(&postgres, "SELECT 1"), "1");
    postgres.stop().await;
}

#[tokio::test]
async fn a_directory_with_other_files_is_refused_untouched() {
    let place = Place::new();
    fs::create_dir(place.path("postgres")).unwrap();
    fs::write(place.path("postgres/letter.txt"), "mine").unwrap();
    let refused = place.postgres().await.unwrap_err();
    assert!(matches!(refused, Error::NotOurs(_)), "{refused}");
    assert_eq!(fs::read_to_string(place.path("postgres/letter.txt")).unwrap(), "mine");
}

#[tokio::test]
async fn a_server_that_cannot_start_says_why_in_its_own_words() {
    let place = Place::new();
    place.postgres().await.unwrap().stop().await;
    fs::write(place.path("postgres/postgresql.conf"), "no_such_setting = 1\n").unwrap();
    let message = place.postgres().await.unwrap_err().to_string();
    assert!(message.contains("no_such_setting") && message.contains("postgres.log"), "{message}");
}

#[tokio::test]
async fn a_socket_path_that_is_too_long_is_refused_before_anything_is_made() {
    let place = Place::new();
    let long = place.path(&"x".repeat(100));
    let refused = Postgres::start(&place.path("postgres"), &long, &place.path("log")).await.unwrap_err();
    assert!(matches!(refused, Error::SocketPathTooLong { .. }), "{refused}");
    assert!(!place.path("postgres").exists());
}

/// Starts this test binary again as a process of its own that holds services until it is killed.
fn holder(base: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "supervise::holds_services_until_it_is_killed"])
        .env(HOLDER, base)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test]
#[ignore = "not a test: the process that another test starts and kills"]
async fn holds_services_until_it_is_killed() {
    let Some(base) = std::env::var_os(HOLDER).map(PathBuf::from) else { return };
    let postgres = start_postgres(&base).await.unwrap();
    psql(&postgres, "CREATE TABLE kept (word text); INSERT INTO kept VALUES ('here')");
    let _redis = Redis::start(&base.join("redis"), &base.join("run"), &base.join("redis.log")).await.unwrap();
    fs::write(base.join("ready"), "").unwrap();
    tokio::time::sleep(Duration::from_mins(2)).await;
}

/// Starts a server on the data directory as its owner, with nothing that would end it with us.
fn unsupervised(program: &Path, data_dir: &Path) -> Child {
    let owner = fs::metadata(data_dir).unwrap();
    let mut command = Command::new("setpriv");
    if fs::metadata("/proc/self").unwrap().uid() != owner.uid() {
        let ids = [format!("--reuid={}", owner.uid()), format!("--regid={}", owner.gid()), "--clear-groups".to_owned()];
        command.args(ids);
    }
    // The test's directory is closed to others; the owner of the data has to walk through it.
    fs::set_permissions(data_dir.parent().unwrap(), fs::Permissions::from_mode(0o711)).unwrap();
    command.arg("--").arg(program).arg("-D").arg(data_dir).arg("-k").arg(data_dir.with_file_name("run"));
    command.args(["-c", "listen_addresses="]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}
