//! https as the real program serves it: with certificates from files, for everybody or for those who show one of their
//! own, renewed while it runs, and over a restart that nobody may notice.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use hyper::Version;
use reqwest::redirect::Policy;
use rustix::process::Signal;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::lifecycle::{Asks, Unit, ask_once, restart_unnoticed};
use crate::support;
use crate::support::https::{Answer, Asker, Authority, Issued, NAME};

/// How long a change may take to be seen.
const NOTICED: Duration = Duration::from_secs(30);

/// Files of a certificate, in a folder that outlives the unit.
struct Files(tempfile::TempDir);

impl Files {
    fn new(issued: &Issued) -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        files.write(issued);
        files
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, issued: &Issued) {
        fs::write(self.path("certificate.pem"), &issued.certificate).unwrap();
        fs::write(self.path("key.pem"), &issued.key).unwrap();
    }

    fn settings(&self) -> String {
        let (certificate, key) = (self.path("certificate.pem"), self.path("key.pem"));
        let (certificate, key) = (certificate.display(), key.display());
        format!("mode = \"files\"\ndomains = [{NAME:?}]\ncertificate_file = \"{certificate}\"\nkey_file = \"{key}\"\n")
    }
}

/// Asks until the answer is as it should be.
async fn until(asker: &Asker, path: &str, right: impl Fn(&Answer) -> bool) -> Answer {
    let begin = Instant::now();
    loop {
        let answer = asker.get(path).await;
        match answer {
            Ok(answer) if right(&answer) => return answer,
            other => assert!(begin.elapsed() < NOTICED, "{other:?}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn level(findings: &[Value], check: &str) -> String {
    let found = findings.iter().find(|finding| finding["check"] == check);
    found.unwrap_or_else(|| panic!("no {check}: {findings:#?}"))["level"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn https_is_served_and_the_open_port_only_leads_there() {
    let authority = Authority::new();
    let files = Files::new(&authority.issue(NAME, 90));
    let unit = Unit::with_https(&files.settings());
    let process = unit.start();
    tokio::task::block_in_place(|| unit.told("READY=1"));
    let asker = Asker::new(unit.secure_address(), &authority.pem());
    let answer = asker.get("/").await.unwrap();
    assert_eq!((answer.version, answer.status.as_u16()), (Version::HTTP_2, 200));
    assert_eq!(answer.headers["strict-transport-security"], "max-age=31536000");
    let stream = asker.connect(&["http/1.1"]).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));

    talentprompt::base::outbound::prepare();
    let open = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
    let ask = async |path: &str| open.get(format!("http://{}{path}", unit.address())).send().await.unwrap();
    let led = open.post(format!("http://{}/api/v1/auth/login?next=%2F", unit.address()));
    let led = led.header("host", "evil.example").send().await.unwrap();
    assert_eq!(led.status(), 308);
    let port = unit.secure_address().port();
    assert_eq!(led.headers()["location"], format!("https://{NAME}:{port}/api/v1/auth/login?next=%2F"));
    assert!(!led.headers().contains_key("strict-transport-security"));
    assert_eq!(ask("/healthz").await.text().await.unwrap(), "ok\n");
    assert_eq!(ask("/.well-known/acme-challenge/unknown").await.status(), 404);

    let findings = tokio::task::block_in_place(|| unit.doctor());
    for check in ["https", "https port", "certificate", "certificate names", "port"] {
        assert_eq!(level(&findings, check), "ok", "{check}: {findings:#?}");
    }
    process.signal(Signal::TERM);
    assert!(tokio::task::block_in_place(|| process.ended()).success());
    unit.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_changes_is_shown_and_half_of_a_change_is_not() {
    let authority = Authority::new();
    let (first, second) = (authority.issue(NAME, 90), authority.issue(NAME, 60));
    let files = Files::new(&first);
    let unit = Unit::with_https(&files.settings());
    let process = unit.start();
    tokio::task::block_in_place(|| unit.told("READY=1"));
    let asker = Asker::new(unit.secure_address(), &authority.pem());
    let shown = asker.get("/healthz").await.unwrap().certificate;

    fs::write(files.path("certificate.pem"), &second.certificate).unwrap();
    process.signal(Signal::HUP);
    tokio::task::block_in_place(|| unit.told("RELOADING=1"));
    let begin = Instant::now();
    while !unit.log().contains("cannot be used together") {
        assert!(begin.elapsed() < NOTICED, "{}", unit.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(asker.get("/healthz").await.unwrap().certificate, shown);
    fs::write(files.path("key.pem"), &second.key).unwrap();
    // By itself.
    until(&asker, "/healthz", |answer| answer.certificate != shown).await;

    // One that has ended is still shown, and told.
    files.write(&authority.issue(NAME, -1));
    process.signal(Signal::HUP);
    let begin = Instant::now();
    while asker.connect(&[]).await.is_ok() {
        assert!(begin.elapsed() < NOTICED, "the new certificate is not shown");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(unit.log().contains("the certificate has ended, and is still shown"), "{}", unit.log());
    let findings = tokio::task::block_in_place(|| unit.doctor());
    assert_eq!(level(&findings, "certificate"), "error");
    process.signal(Signal::TERM);
    assert!(tokio::task::block_in_place(|| process.ended()).success());
    unit.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_files_it_starts_and_says_so_until_they_are_there() {
    let authority = Authority::new();
    let issued = authority.issue(NAME, 90);
    let files = Files::new(&issued);
    fs::remove_file(files.path("key.pem")).unwrap();
    let unit = Unit::with_https(&files.settings());
    let process = unit.start();
    tokio::task::block_in_place(|| unit.told("READY=1"));
    let open = support::get(format!("http://{}/api/v1/auth/me", unit.address())).await.unwrap();
    assert_eq!(open.status(), 503);
    assert_eq!(open.headers()["content-type"], "application/problem+json");
    let asker = Asker::new(unit.secure_address(), &authority.pem());
    assert!(asker.get("/healthz").await.is_err(), "a certificate that nobody issued is trusted");
    files.write(&issued);
    let answer = until(&asker, "/api/v1/auth/me", |answer| answer.status == 401).await;
    assert_eq!(answer.headers["cache-control"], "private, no-store");
    process.signal(Signal::TERM);
    assert!(tokio::task::block_in_place(|| process.ended()).success());
    unit.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_those_with_a_certificate_of_the_named_authority_are_let_in() {
    let (authority, edge, stranger) = (Authority::new(), Authority::new(), Authority::new());
    let files = Files::new(&authority.issue(NAME, 90));
    let client_ca = files.path("edge.pem");
    fs::write(&client_ca, edge.pem()).unwrap();
    let unit = Unit::with_https(&format!("{}client_ca = {client_ca:?}\n", files.settings()));
    let process = unit.start();
    tokio::task::block_in_place(|| unit.told("READY=1"));
    let (address, roots) = (unit.secure_address(), authority.pem());
    let with = |issued: &Issued| Asker::with_certificate(address, &roots, issued);
    assert_eq!(with(&edge.issue("edge.example", 90)).get("/healthz").await.unwrap().body, "ok\n");
    assert!(Asker::new(address, &roots).get("/healthz").await.is_err(), "somebody without a certificate is let in");
    assert!(with(&stranger.issue("edge.example", 90)).get("/healthz").await.is_err(), "a stranger is let in");
    process.signal(Signal::TERM);
    assert!(tokio::task::block_in_place(|| process.ended()).success());
    unit.remove().await;
}

/// Somebody who asks by https: by HTTP/2, or by HTTP/1.1 on a connection that is kept, or on a new one each time.
struct Visitor {
    asker: Asker,
    by_http_2: bool,
    keep: bool,
    stream: Option<TlsStream<TcpStream>>,
}

impl Asks for Visitor {
    async fn ask(&mut self) -> std::io::Result<()> {
        if self.by_http_2 {
            assert_eq!(self.asker.get("/healthz").await?.version, Version::HTTP_2);
            return Ok(());
        }
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => self.asker.connect(&["http/1.1"]).await?,
        };
        let again = ask_once(&mut stream).await?;
        self.stream = (again && self.keep).then_some(stream);
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_under_load_loses_no_request_by_https() {
    let authority = Authority::new();
    let files = Files::new(&authority.issue(NAME, 90));
    let unit = Unit::with_https(&files.settings());
    let asker = Asker::new(unit.secure_address(), &authority.pem());
    let visitor = |(by_http_2, keep)| Visitor { asker: asker.clone(), by_http_2, keep, stream: None };
    let visitors = [(false, true), (false, true), (false, false), (false, false), (true, false)].map(visitor);
    restart_unnoticed(&unit, visitors.into()).await;
    unit.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_shakes_hands_slowly_keeps_nobody_waiting() {
    let authority = Authority::new();
    let files = Files::new(&authority.issue(NAME, 90));
    let unit = Unit::with_https(&files.settings());
    let process = unit.start();
    tokio::task::block_in_place(|| unit.told("READY=1"));
    let mut slow = Vec::new();
    for _ in 0..50 {
        slow.push(TcpStream::connect(unit.secure_address()).await.unwrap());
    }
    let begin = Instant::now();
    let asker = Asker::new(unit.secure_address(), &authority.pem());
    assert_eq!(asker.get("/healthz").await.unwrap().body, "ok\n");
    assert!(begin.elapsed() < Duration::from_secs(4), "{:?}", begin.elapsed());
    drop(slow);
    process.signal(Signal::TERM);
    assert!(tokio::task::block_in_place(|| process.ended()).success());
    unit.remove().await;
}

#[test]
fn the_key_may_be_a_secret_beside_the_configuration() {
    let issued = Authority::new().issue(NAME, 90);
    let files = Files::new(&issued);
    let settings = files.settings();
    let settings: String = settings.lines().filter(|line| !line.starts_with("key_file")).collect::<Vec<_>>().join("\n");
    let folder = files.0.path();
    let file = folder.join("talentprompt.toml");
    fs::write(&file, format!("[tls]\n{settings}\n")).unwrap();
    let said = |path: &Path| talentprompt::config::load(Some(path)).map(|loaded| loaded.config.tls.key);
    assert!(said(&file).unwrap_err().to_string().contains("`tls.key_file` names none"));
    fs::create_dir(folder.join("credentials")).unwrap();
    fs::write(folder.join("credentials/tls.key"), &issued.key).unwrap();
    assert_eq!(said(&file).unwrap().trim(), issued.key.trim());
}
