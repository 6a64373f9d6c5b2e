//! What stands between people and the appliance: proxies that are believed or not, and what caches and browsers are told.

use reqwest::StatusCode;
use reqwest::header::{CACHE_CONTROL, SET_COOKIE, STRICT_TRANSPORT_SECURITY};
use serde_json::{Value, json};
use talentprompt::config::Config;

use crate::support::app::{Client, PASSWORD, Plan, Reply, TestApp};

/// An application that only serves.
fn plan(config: fn(&mut Config)) -> Plan {
    Plan { workers: false, config, ..Plan::default() }
}

/// One that believes whoever connects from this machine, as every client of the tests does.
fn behind_a_proxy(config: &mut Config) {
    config.server.trusted_proxies = vec!["127.0.0.0/8".to_owned()];
}

/// Asks for the page at `path`, with these headers.
async fn page(client: &Client, path: &str, headers: &[(&str, &str)]) -> Reply {
    let mut request = client.page(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    client.send(request).await
}

/// The address that the session of somebody who signs in with these headers has.
async fn session_address(app: &TestApp, headers: &[(&str, &str)]) -> String {
    let owner = app.owner().await;
    let mut client = app.stranger();
    let mut request = client.request(reqwest::Method::POST, "/auth/login");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let reply = client.send(request.json(&json!({"email": owner.email, "password": PASSWORD}))).await;
    client.enter(&reply);
    let sessions = client.get("/sessions").await.expect(StatusCode::OK)["sessions"].clone();
    let current = sessions.as_array().unwrap().iter().find(|session| session["current"] == true).unwrap();
    current["address"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn who_claims_to_be_a_proxy_is_not_believed() {
    let app = TestApp::with(plan(|config| config.server.trusted_proxies = vec!["cloudflare".to_owned()])).await;
    let forged = [("x-forwarded-for", "203.0.113.7"), ("cf-connecting-ip", "203.0.113.7")];
    assert!(session_address(&app, &forged).await.starts_with("127."));
    let answer = page(&app.stranger(), "/", &[("x-forwarded-proto", "https")]).await;
    assert!(!answer.headers.contains_key(STRICT_TRANSPORT_SECURITY));
    app.finish().await;
}

#[tokio::test]
async fn a_trusted_proxy_is_believed_who_its_visitor_is_and_how_he_came() {
    let app = TestApp::with(plan(behind_a_proxy)).await;
    let said = [("x-forwarded-for", "9.9.9.9, 203.0.113.7"), ("cf-connecting-ip", "8.8.8.8")];
    assert_eq!(session_address(&app, &said).await, "203.0.113.7");
    let client = app.stranger();
    for (proto, expected) in [("https", Some("max-age=31536000")), ("http", None)] {
        let answer = page(&client, "/", &[("x-forwarded-proto", proto)]).await;
        let found = answer.headers.get(STRICT_TRANSPORT_SECURITY).map(|value| value.to_str().unwrap());
        assert_eq!(found, expected, "{proto}");
    }
    app.finish().await;
}

#[tokio::test]
async fn limits_count_visitors_and_not_the_proxy() {
    fn strict(config: &mut Config) {
        behind_a_proxy(config);
        config.security.anonymous_requests_per_minute = 3;
    }
    let app = TestApp::with(plan(strict)).await;
    let client = app.stranger();
    let ask = async |visitor: String| {
        let request = client.request(reqwest::Method::GET, "/setup").header("x-forwarded-for", visitor);
        client.send(request).await.status
    };
    let [a, b] = talentprompt::base::random::bytes();
    let (one, another) = (format!("198.18.{a}.{b}"), format!("198.19.{a}.{b}"));
    for _ in 0..3 {
        assert_eq!(ask(one.clone()).await, StatusCode::OK);
    }
    assert_eq!(ask(one.clone()).await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(ask(format!("{another}, {one}")).await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(ask(another).await, StatusCode::OK);
    app.finish().await;
}

#[tokio::test]
async fn pages_are_the_same_for_everyone_and_a_cache_in_front_may_keep_them_for_a_minute() {
    let app = TestApp::with(plan(|_| {})).await;
    let (owner, stranger) = (app.owner().await, app.stranger());
    for path in ["/", "/sign-in", "/candidates"] {
        let (ours, theirs) = (page(&owner, path, &[]).await, page(&stranger, path, &[]).await);
        assert_eq!(ours.bytes, theirs.bytes, "{path}");
        for answer in [ours, theirs] {
            assert_eq!(answer.headers[CACHE_CONTROL], "public, max-age=0, s-maxage=60, stale-while-revalidate=60");
            assert!(!answer.headers.contains_key(SET_COOKIE), "{path}");
            let policy = answer.headers["content-security-policy"].to_str().unwrap();
            assert!(policy.starts_with("default-src 'none'; script-src 'self'; ") && !policy.contains("unsafe"));
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn hashed_files_are_kept_for_ever_and_data_by_nobody() {
    let app = TestApp::with(plan(|_| {})).await;
    let owner = app.owner().await;
    let html = String::from_utf8(page(&owner, "/", &[]).await.bytes.clone()).unwrap();
    let hashed = html.split('"').find(|part| part.contains("/immutable/")).unwrap().trim_start_matches('.');
    let cache = async |path: &str| page(&owner, path, &[]).await.headers[CACHE_CONTROL].to_str().unwrap().to_owned();
    assert_eq!(cache(hashed).await, "public, max-age=31536000, immutable");
    for path in ["/api/v1/auth/me", "/api/v1/candidates", "/api/v1/no-such-thing", "/healthz", "/readyz", "/gone.js"] {
        assert_eq!(cache(path).await, "private, no-store", "{path}");
    }
    let me: Value = owner.get("/auth/me").await.expect(StatusCode::OK).clone();
    assert_eq!(me["role"], "owner");
    app.finish().await;
}
