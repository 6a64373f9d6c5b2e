//! The operator's handbook, asked for by strangers: the pages that the binary serves, also while its database is away.

use std::collections::{BTreeSet, VecDeque};

use regex::Regex;
use reqwest::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};
use talentprompt::http;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A server that still waits for its database.
struct Waiting {
    base: Url,
    stop: CancellationToken,
    serving: JoinHandle<std::io::Result<()>>,
}

impl Waiting {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let stop = CancellationToken::new();
        let serving = tokio::spawn(http::wait(vec![listener].into(), "the database", stop.clone()));
        Self { base, stop, serving }
    }

    async fn get(&self, path: &str) -> Response {
        talentprompt::base::outbound::prepare();
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        client.get(self.base.join(path).unwrap()).send().await.unwrap()
    }

    async fn end(self) {
        self.stop.cancel();
        self.serving.await.unwrap().unwrap();
    }
}

fn header(response: &Response, name: reqwest::header::HeaderName) -> String {
    response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

#[tokio::test]
async fn the_handbook_is_read_by_strangers_while_the_database_is_away() {
    let server = Waiting::start().await;
    assert_eq!(server.get("/api/v1/status").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    let moved = server.get("/help/operator").await;
    assert_eq!(
        (moved.status(), header(&moved, LOCATION)),
        (StatusCode::PERMANENT_REDIRECT, "/help/operator/".to_owned())
    );
    let page = server.get("/help/operator/troubleshoot.html").await;
    assert_eq!(page.status(), StatusCode::OK, "the web build has no handbook; run `make build`");
    assert_eq!(header(&page, CONTENT_TYPE), "text/html");
    assert_eq!(header(&page, CACHE_CONTROL), "public, max-age=0, s-maxage=60, stale-while-revalidate=60");
    assert!(header(&page, CONTENT_SECURITY_POLICY).contains("script-src 'self'; style-src 'self'"));
    assert!(page.text().await.unwrap().contains("The disk is full"));
    server.end().await;
}

#[tokio::test]
async fn everything_that_the_handbooks_pages_refer_to_is_there_without_anything_inline() {
    let server = Waiting::start().await;
    let reference = Regex::new(r##"(?:href|src|data-index)="([^"#]+)""##).unwrap();
    let inline = Regex::new(r"<style|<script>|\sstyle=|\son\w+=").unwrap();
    let mut next = VecDeque::from(["/help/operator/".to_owned()]);
    let mut seen = BTreeSet::new();
    while let Some(path) = next.pop_front() {
        // The product itself is not there yet, and other servers are none of ours.
        let url = server.base.join(&path).unwrap();
        if url.path() == "/" || url.host() != server.base.host() || !seen.insert(url.path().to_owned()) {
            continue;
        }
        let answer = server.get(url.path()).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let kept_for_ever = header(&answer, CACHE_CONTROL).ends_with("immutable");
        assert_eq!(kept_for_ever, path.contains("/immutable/"), "{path}");
        if header(&answer, CONTENT_TYPE) == "text/html" {
            let text = answer.text().await.unwrap();
            assert!(!inline.is_match(&text), "{path} has something inline");
            next.extend(reference.captures_iter(&text).map(|found| url.join(&found[1]).unwrap().path().to_owned()));
        }
    }
    assert!(seen.len() > 15, "{seen:?}");
    server.end().await;
}
