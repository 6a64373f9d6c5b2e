//! A real authority, Pebble, on loopback: it looks whose name it is at the ports of the real program, in both ways, issues
//! a certificate that ends within a minute, and issues the next one before that.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use rustls::pki_types::CertificateDer;
use serde_json::{Value, json};
use talentprompt::base::clock::{Clock, SystemClock};

use crate::lifecycle::Unit;
use crate::support;
use crate::support::https::{Asker, Authority, NAME};

/// How long each of its certificates holds, in seconds.
const LIFE: i64 = 45;

/// How long anything may take on a machine that is busy.
const PATIENCE: Duration = Duration::from_mins(2);

/// The authority, and a name server that says that every name is this machine.
struct Pebble {
    folder: tempfile::TempDir,
    processes: Vec<Child>,
    port: u16,
    management: u16,
}

/// A port that nobody has at this moment.
fn port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

fn udp_port() -> u16 {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

impl Pebble {
    fn prepare() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new();
        let own = authority.issue("localhost", 90);
        fs::write(folder.path().join("ca.pem"), authority.pem()).unwrap();
        fs::write(folder.path().join("own.pem"), own.certificate).unwrap();
        fs::write(folder.path().join("own.key"), own.key).unwrap();
        Self { folder, processes: Vec::new(), port: port(), management: port() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What a client must know of it.
    fn settings(&self, challenge: &str) -> String {
        let (directory, root) = (format!("https://localhost:{}/dir", self.port), self.path("ca.pem"));
        let root = root.display();
        format!(
            "mode = \"acme\"\ndomains = [{NAME:?}, \"www.{NAME}\"]\ncontact = \"admin@example.com\"\n\
             directory = {directory:?}\nca_file = \"{root}\"\nchallenge = {challenge:?}\n"
        )
    }

    /// Starts it; it looks at these ports whose name it is.
    fn start(&mut self, open: SocketAddr, secure: SocketAddr) {
        let (names, config) = (format!("127.0.0.1:{}", udp_port()), self.path("pebble.json"));
        let settings = json!({"pebble": {
            "listenAddress": format!("127.0.0.1:{}", self.port),
            "managementListenAddress": format!("127.0.0.1:{}", self.management),
            "certificate": self.path("own.pem"), "privateKey": self.path("own.key"),
            "httpPort": open.port(), "tlsPort": secure.port(), "certificateValidityPeriod": LIFE,
        }});
        fs::write(&config, settings.to_string()).unwrap();
        let mut server = Command::new("pebble-challtestsrv");
        server.args(["-dns01", &names, "-defaultIPv6", "", "-http01", "", "-https01", "", "-tlsalpn01", ""]);
        server.args(["-management", &format!("127.0.0.1:{}", port())]);
        let mut pebble = Command::new("pebble");
        pebble.args(["-strict", "-dnsserver", &names, "-config"]).arg(config);
        // Asked at once, and for each certificate anew.
        pebble.envs([("PEBBLE_VA_NOSLEEP", "1"), ("PEBBLE_AUTHZREUSE", "0")]);
        let log = fs::File::create(self.path("log")).unwrap();
        for mut command in [server, pebble] {
            let (out, err) = (log.try_clone().unwrap(), log.try_clone().unwrap());
            let child = command.stdin(Stdio::null()).stdout(out).stderr(err).spawn();
            self.processes.push(child.unwrap_or_else(|error| {
                let program = command.get_program().display();
                panic!("{program}: {error}; install it with packaging/setup/install test")
            }));
        }
    }

    fn stop(&mut self) {
        for child in &mut self.processes {
            drop(child.kill());
            drop(child.wait());
        }
    }

    /// The root of the certificates that it issues: a new one with each start.
    fn root(&self) -> String {
        let begin = Instant::now();
        loop {
            let url = format!("https://localhost:{}/roots/0", self.management);
            let ca = self.path("ca.pem");
            let told = Command::new("curl").args(["-sS", &url, "--cacert"]).arg(ca).output().unwrap();
            if told.status.success() {
                return String::from_utf8(told.stdout).unwrap();
            }
            assert!(begin.elapsed() < PATIENCE, "{}", fs::read_to_string(self.path("log")).unwrap());
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Pebble {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The certificate, when it is there and another than `before`.
async fn issued(unit: &Unit, asker: &Asker, before: Option<&CertificateDer<'_>>) -> CertificateDer<'static> {
    let begin = Instant::now();
    loop {
        let answer = asker.get("/healthz").await;
        match answer {
            Ok(answer) if Some(&answer.certificate) != before => {
                assert_eq!(answer.body, "ok\n");
                return answer.certificate;
            }
            _ => assert!(begin.elapsed() < PATIENCE, "no certificate was issued: {}", unit.log()),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn is_issued_and_renewed(challenge: &str) {
    let mut pebble = Pebble::prepare();
    let unit = Unit::with_https(&pebble.settings(challenge));
    pebble.start(unit.address(), unit.secure_address());
    let root = pebble.root();
    let process = unit.start();
    tokio::task::block_in_place(|| unit.told("READY=1"));
    let asker = Asker::new(unit.secure_address(), &root);
    let first = issued(&unit, &asker, None).await;
    let begin = SystemClock.now();
    let second = issued(&unit, &asker, Some(&first)).await;
    let took = (SystemClock.now() - begin).num_seconds();
    assert!((LIFE / 3..LIFE).contains(&took), "renewed after {took} s of {LIFE}");
    assert_ne!(first, second);

    let kept = unit.folder.path().join("tls").join(format!("localhost-{}-dir", pebble.port));
    assert_eq!(fs::metadata(&kept).unwrap().mode() & 0o777, 0o700);
    for name in ["account.json", "certificate.pem"] {
        assert_eq!(fs::metadata(kept.join(name)).unwrap().mode() & 0o777, 0o600, "{name}");
    }
    process.signal(Signal::TERM);
    assert!(tokio::task::block_in_place(|| process.ended()).success());
    unit.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_issued_and_renewed_by_a_text_at_the_open_port() {
    is_issued_and_renewed("http-01").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_issued_and_renewed_by_a_certificate_at_the_other() {
    is_issued_and_renewed("tls-alpn-01").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_authority_that_is_away_is_told_and_asked_again() {
    let mut pebble = Pebble::prepare();
    let unit = Unit::with_https(&pebble.settings("auto"));
    let process = unit.start();
    tokio::task::block_in_place(|| unit.told("READY=1"));
    let begin = Instant::now();
    while !unit.log().contains("no certificate was issued") {
        assert!(begin.elapsed() < PATIENCE, "{}", unit.log());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let open = support::get(format!("http://{}/", unit.address())).await.unwrap();
    assert_eq!(open.status(), 503);
    assert_eq!(open.json::<Value>().await.unwrap()["code"], "certificate_pending");
    let findings = tokio::task::block_in_place(|| unit.doctor());
    let told = findings.iter().find(|finding| finding["check"] == "certificate authority").unwrap();
    assert_eq!(told["level"], "error", "{told}");
    assert!(told["todo"].as_str().unwrap().contains("systemctl reload"), "{told}");

    pebble.start(unit.address(), unit.secure_address());
    let asker = Asker::new(unit.secure_address(), &pebble.root());
    process.signal(Signal::HUP);
    issued(&unit, &asker, None).await;
    let findings = tokio::task::block_in_place(|| unit.doctor());
    let told = findings.iter().find(|finding| finding["check"] == "certificate authority").unwrap();
    assert_eq!(told["level"], "ok", "{told}");
    process.signal(Signal::TERM);
    assert!(tokio::task::block_in_place(|| process.ended()).success());
    unit.remove().await;
}
