//! Accounts: the first owner, signing in and out, invitations, members, API tokens, limits.

use std::net::{IpAddr, Ipv4Addr};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use talentprompt::gateways::domain;
use talentprompt::recruit::accounts::setup;

use crate::support::app::{Client, Credentials, PASSWORD, Plan, Reply, TestApp, id_of};

fn first_owner(link: &str, email: &str) -> Value {
    let token = link.split_once("token=").unwrap().1;
    json!({"token": token, "workspace": "Acme", "name": "Olga", "email": email, "password": PASSWORD})
}

fn credentials(email: &str, password: &str) -> Value {
    json!({"email": email, "password": password})
}

/// The id of the member with the client's e-mail.
async fn member_id(client: &Client) -> String {
    let answer = client.get("/members").await;
    let members = answer.expect(StatusCode::OK)["members"].as_array().unwrap();
    id_of(members.iter().find(|member| member["email"] == client.email.as_str()).unwrap())
}

#[tokio::test]
async fn the_set_up_link_makes_the_first_owner_once() {
    let app = TestApp::start().await;
    let mut stranger = app.stranger();
    assert_eq!(stranger.get("/setup").await.expect(StatusCode::OK), &json!({"needed": true, "takes_domain": false}));
    let replaced = setup::url(&app.ctx, &setup::token(&app.ctx).await.unwrap());
    let link = setup::url(&app.ctx, &setup::token(&app.ctx).await.unwrap());
    let answer = stranger.post("/setup", &first_owner(&replaced, "a@example.com")).await;
    answer.problem(StatusCode::CONFLICT, "link_used");
    let mistaken = json!({"token": "x", "workspace": "", "name": "", "email": "no", "password": "short"});
    let answer = stranger.post("/setup", &mistaken).await;
    let fields: Vec<&Value> = answer.problem(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request")["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|mistake| &mistake["field"])
        .collect();
    assert_eq!(fields, ["workspace", "name", "email", "password"]);

    let answer = stranger.post("/setup", &first_owner(&link, "a@example.com")).await;
    stranger.enter(&answer);
    assert_eq!(answer.body["role"], "owner");
    assert_eq!(stranger.get("/auth/me").await.expect(StatusCode::OK)["workspace"]["name"], "Acme");
    assert_eq!(stranger.get("/setup").await.expect(StatusCode::OK), &json!({"needed": false, "takes_domain": false}));
    let again = app.stranger().post("/setup", &first_owner(&link, "b@example.com")).await;
    again.problem(StatusCode::CONFLICT, "link_used");
    assert!(setup::token(&app.ctx).await.is_err());
    app.finish().await;
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_e_mail_are_refused_alike() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let wrong = app.stranger().post("/auth/login", &credentials(&owner.email, "not my password")).await;
    let unknown = app.stranger().post("/auth/login", &credentials("nobody@example.com", PASSWORD)).await;
    assert_eq!(wrong.problem(StatusCode::UNAUTHORIZED, "invalid_credentials"), &unknown.body);
    let upper = app.stranger().post("/auth/login", &credentials(&owner.email.to_uppercase(), PASSWORD)).await;
    upper.expect(StatusCode::OK);
    app.finish().await;
}

#[tokio::test]
async fn failed_sign_ins_throttle_the_address_and_the_account() {
    let app = TestApp::with(Plan { config: |config| config.security.failed_sign_ins = 3, ..Plan::default() }).await;
    let owner = app.owner().await;
    for _ in 0..3 {
        let answer = app.stranger().post("/auth/login", &credentials(&owner.email, "not my password")).await;
        answer.problem(StatusCode::UNAUTHORIZED, "invalid_credentials");
    }
    let answer = app.stranger().post("/auth/login", &credentials(&owner.email, PASSWORD)).await;
    answer.problem(StatusCode::TOO_MANY_REQUESTS, "too_many_requests");
    let wait: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=900).contains(&wait), "{wait}");

    let elsewhere = app.stranger_from(IpAddr::V4(Ipv4Addr::new(127, 255, 255, 254)));
    let answer = elsewhere.post("/auth/login", &credentials(&owner.email.to_uppercase(), PASSWORD)).await;
    answer.problem(StatusCode::TOO_MANY_REQUESTS, "too_many_requests");
    owner.get("/auth/me").await.expect(StatusCode::OK);
    app.finish().await;
}

#[tokio::test]
async fn the_session_cookie_is_out_of_reach_of_scripts_other_sites_and_plain_http() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let answer = app.stranger().post("/auth/login", &credentials(&owner.email, PASSWORD)).await;
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    let mut parts = cookie.split("; ");
    assert!(parts.next().unwrap().starts_with("__Host-talentprompt="));
    let mut rest: Vec<&str> = parts.collect();
    rest.sort_unstable();
    assert_eq!(rest, ["HttpOnly", "Max-Age=34560000", "Path=/", "SameSite=Lax", "Secure"]);
    assert_eq!(answer.headers["cache-control"], "private, no-store");
    app.finish().await;
}

#[tokio::test]
async fn an_expired_session_no_longer_opens_anything() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    assert_eq!(app.sql("update sessions set expires_at = now() - interval '1 second'").await, 1);
    owner.get("/auth/me").await.problem(StatusCode::UNAUTHORIZED, "session_expired");
    app.finish().await;
}

#[tokio::test]
async fn signing_out_ends_the_session_at_once_and_takes_the_cookie_back() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    owner.get("/auth/me").await.expect(StatusCode::OK);
    let answer = owner.post("/auth/logout", &json!({})).await;
    answer.expect(StatusCode::NO_CONTENT);
    assert!(answer.headers["set-cookie"].to_str().unwrap().starts_with("__Host-talentprompt=; Path=/; Max-Age=0"));
    owner.get("/auth/me").await.problem(StatusCode::UNAUTHORIZED, "session_expired");
    app.finish().await;
}

#[tokio::test]
async fn another_of_ones_own_sessions_can_be_ended_from_afar() {
    let app = TestApp::start().await;
    let here = app.owner().await;
    let lost = app.sign_in(&here.email).await;
    lost.get("/auth/me").await.expect(StatusCode::OK);
    let answer = here.get("/sessions").await;
    let sessions = answer.expect(StatusCode::OK)["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 2);
    let other = sessions.iter().find(|session| session["current"] == false).unwrap();
    here.delete(&format!("/sessions/{}", id_of(other))).await.expect(StatusCode::NO_CONTENT);
    lost.get("/auth/me").await.problem(StatusCode::UNAUTHORIZED, "session_expired");
    here.get("/auth/me").await.expect(StatusCode::OK);
    app.finish().await;
}

#[tokio::test]
async fn an_invited_person_sets_a_password_with_a_link_that_works_once() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let new = json!({"email": "rita@example.com", "name": "Rita", "role": "recruiter"});
    let answer = owner.post("/members", &new).await;
    let invited = answer.expect(StatusCode::CREATED);
    assert_eq!(invited["member"]["status"], "invited");
    let token = invited["invitation_url"].as_str().unwrap().split_once("/invitation?token=").unwrap().1;
    let early = app.stranger().post("/auth/login", &credentials("rita@example.com", PASSWORD)).await;
    early.problem(StatusCode::UNAUTHORIZED, "invalid_credentials");
    let mut rita = app.stranger();
    let short = rita.post("/invitations/accept", &json!({"token": token, "password": "short"})).await;
    short.problem(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request");
    let acceptance = json!({"token": token, "name": "Rita R.", "password": PASSWORD});
    let answer = rita.post("/invitations/accept", &acceptance).await;
    rita.enter(&answer);
    assert_eq!((&answer.body["role"], &answer.body["user"]["name"]), (&json!("recruiter"), &json!("Rita R.")));
    rita.get("/candidates").await.expect(StatusCode::OK);
    let again = app.stranger().post("/invitations/accept", &acceptance).await;
    again.problem(StatusCode::CONFLICT, "link_used");
    let twice = owner.post("/members", &new).await;
    assert_eq!(twice.problem(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request")["errors"][0]["field"], "email");
    app.finish().await;
}

#[tokio::test]
async fn a_changed_role_and_a_disabled_account_count_at_once() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let member = app.member(&owner, "viewer").await;
    member.post("/members", &json!({})).await.problem(StatusCode::FORBIDDEN, "forbidden");
    let path = format!("/members/{}", member_id(&member).await);
    owner.patch(&path, &json!({"role": "owner"})).await.expect(StatusCode::OK);
    assert_eq!(member.get("/auth/me").await.expect(StatusCode::OK)["role"], "owner");
    owner.patch(&path, &json!({"disabled": true})).await.expect(StatusCode::OK);
    member.get("/auth/me").await.problem(StatusCode::UNAUTHORIZED, "session_expired");
    let answer = app.stranger().post("/auth/login", &credentials(&member.email, PASSWORD)).await;
    answer.problem(StatusCode::UNAUTHORIZED, "invalid_credentials");
    app.finish().await;
}

#[tokio::test]
async fn the_last_owner_cannot_leave() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let path = format!("/members/{}", member_id(&owner).await);
    owner.patch(&path, &json!({"role": "viewer"})).await.problem(StatusCode::CONFLICT, "last_owner");
    owner.patch(&path, &json!({"disabled": true})).await.problem(StatusCode::CONFLICT, "last_owner");
    owner.delete(&path).await.problem(StatusCode::CONFLICT, "last_owner");
    let second = app.member(&owner, "owner").await;
    second.delete(&path).await.expect(StatusCode::NO_CONTENT);
    owner.get("/auth/me").await.problem(StatusCode::UNAUTHORIZED, "session_expired");
    app.finish().await;
}

#[tokio::test]
async fn an_api_token_needs_no_csrf_token_and_a_revoked_one_is_refused_at_once() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let answer = owner.post("/tokens", &json!({"name": "import", "expires_in_days": 30})).await;
    let created = answer.expect(StatusCode::CREATED);
    let secret = created["secret"].as_str().unwrap();
    assert!(secret.starts_with(created["token"]["prefix"].as_str().unwrap()));
    let program = owner.with_token(secret);
    program.post("/interpret", &json!({"query": "Java"})).await.expect(StatusCode::OK);
    assert!(program.get("/auth/me").await.expect(StatusCode::OK).get("csrf_token").is_none());
    let listed = owner.get("/tokens").await;
    assert!(!String::from_utf8_lossy(&listed.bytes).contains(secret));
    owner.delete(&format!("/tokens/{}", id_of(&created["token"]))).await.expect(StatusCode::NO_CONTENT);
    program.get("/auth/me").await.problem(StatusCode::UNAUTHORIZED, "invalid_token");
    owner.with_token("tp_nonsense").get("/auth/me").await.problem(StatusCode::UNAUTHORIZED, "invalid_token");
    app.finish().await;
}

#[tokio::test]
async fn a_new_password_ends_all_other_sessions() {
    let app = TestApp::start().await;
    let here = app.owner().await;
    let there = app.sign_in(&here.email).await;
    there.get("/auth/me").await.expect(StatusCode::OK);
    let wrong = here.patch("/auth/me", &json!({"current_password": "?", "new_password": "another long one"})).await;
    let mistake = &wrong.problem(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request")["errors"][0];
    assert_eq!(mistake["field"], "current_password");
    there.get("/auth/me").await.expect(StatusCode::OK);

    let change = json!({"current_password": PASSWORD, "new_password": "another long one"});
    here.patch("/auth/me", &change).await.expect(StatusCode::OK);
    here.get("/auth/me").await.expect(StatusCode::OK);
    there.get("/auth/me").await.problem(StatusCode::UNAUTHORIZED, "session_expired");
    let old = app.stranger().post("/auth/login", &credentials(&here.email, PASSWORD)).await;
    old.problem(StatusCode::UNAUTHORIZED, "invalid_credentials");
    let new = app.stranger().post("/auth/login", &credentials(&here.email, "another long one")).await;
    new.expect(StatusCode::OK);
    app.finish().await;
}

#[tokio::test]
async fn too_many_requests_a_minute_are_told_when_to_come_back() {
    let app = TestApp::with(Plan {
        config: |config| {
            config.security.requests_per_minute = 5;
            config.security.anonymous_requests_per_minute = 4;
        },
        ..Plan::default()
    })
    .await;
    let owner = app.owner().await;
    for _ in 0..5 {
        owner.get("/auth/me").await.expect(StatusCode::OK);
    }
    let stranger = app.stranger();
    for _ in 0..3 {
        stranger.get("/setup").await.expect(StatusCode::OK);
    }
    for client in [&owner, &stranger] {
        let answer = client.get(if client.email.is_empty() { "/setup" } else { "/auth/me" }).await;
        answer.problem(StatusCode::TOO_MANY_REQUESTS, "too_many_requests");
        let wait: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=60).contains(&wait), "{wait}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_change_with_the_csrf_token_of_another_session_is_refused() {
    let app = TestApp::start().await;
    let here = app.owner().await;
    let there = app.sign_in(&here.email).await;
    let (Credentials::Session { cookie, .. }, Credentials::Session { csrf, .. }) =
        (&here.credentials, &there.credentials)
    else {
        panic!("both signed in");
    };
    let mixed = here.with(Credentials::Session { cookie: cookie.clone(), csrf: csrf.clone() });
    let answer = mixed.send(mixed.request(Method::PATCH, "/auth/me").json(&json!({"name": "Eve"}))).await;
    answer.problem(StatusCode::FORBIDDEN, "csrf_token_wrong");
    assert_eq!(here.get("/auth/me").await.body["user"]["name"], "Olga Owner");
    app.finish().await;
}

#[tokio::test]
async fn an_owner_gets_no_link_to_an_account_of_another_workspace() {
    let app = TestApp::start().await;
    let (mallory, victim) = (app.owner().await, app.owner().await);
    let new = json!({"email": victim.email, "name": "Victim", "role": "viewer"});
    mallory.post("/members", &new).await.problem(StatusCode::CONFLICT, "account_elsewhere");
    assert_eq!(mallory.get("/members").await.expect(StatusCode::OK)["members"].as_array().unwrap().len(), 1);

    let member = "insert into members (id, workspace_id, user_id, role, created_at)
        select gen_random_uuid(), m.workspace_id, u.id, 'viewer', now() from users u, members m
        join users o on o.id = m.user_id where u.email = ";
    app.sql(&format!("{member} '{}' and o.email = '{}'", victim.email, mallory.email)).await;
    let members = mallory.get("/members").await.expect(StatusCode::OK)["members"].as_array().unwrap().clone();
    let shared = members.iter().find(|member| member["email"] == victim.email.as_str()).unwrap();
    let answer = mallory.post(&format!("/members/{}/link", id_of(shared)), &json!({})).await;
    answer.problem(StatusCode::CONFLICT, "account_elsewhere");
    app.finish().await;
}

#[tokio::test]
async fn a_nul_character_is_a_mistake_of_its_field_and_never_our_fault() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let refused = async |client: &Client, method: Method, path: &str, body: Value, field: &str| {
        let answer = client.send(client.request(method, path).json(&body)).await;
        let problem = answer.problem(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request");
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains("NUL"), "{problem}");
    };
    refused(&app.stranger(), Method::POST, "/auth/login", credentials("a\0@example.com", "x"), "email").await;
    refused(&owner, Method::PATCH, "/auth/me", json!({"name": "Ol\0ga"}), "name").await;
    refused(&owner, Method::POST, "/tokens", json!({"name": "\0"}), "name").await;
    refused(&owner, Method::POST, "/search", json!({"query": "Java\0"}), "query").await;
    let filters = json!({"query": "", "filters": {"keywords": [{"text": "a"}, {"text": "\0"}]}});
    refused(&owner, Method::POST, "/search", filters, "filters.keywords.1.text").await;
    let answer = owner.get("/search/stream?query=Java%00").await;
    let problem = answer.problem(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request");
    assert_eq!(problem["errors"][0]["field"], "query");
    // A backslash before the same letters is no NUL.
    owner.patch("/auth/me", &json!({"name": "Olga \\u0000"})).await.expect(StatusCode::OK);
    app.finish().await;
}

#[tokio::test]
async fn a_text_that_the_database_does_not_keep_is_the_requests_mistake() {
    let app = TestApp::start().await;
    let mut tx = app.ctx.store.system().await.unwrap();
    let error = talentprompt::store::members::by_email(&mut tx, "a\0@example.com").await.unwrap_err();
    let error = talentprompt::recruit::Error::from(error);
    assert!(matches!(error, talentprompt::recruit::Error::Invalid(_)), "{error:?}");
    drop(tx);
    app.finish().await;
}

#[tokio::test]
async fn credentials_that_do_not_hold_count_against_the_address_once_each() {
    let limited = |config: &mut talentprompt::config::Config| config.security.anonymous_requests_per_minute = 4;
    let app = TestApp::with(Plan { config: limited, ..Plan::default() }).await;
    let stranger = app.stranger();
    let session = Credentials::Session { cookie: "__Host-talentprompt=guess".to_owned(), csrf: String::new() };
    stranger.with(session).get("/auth/me").await.problem(StatusCode::UNAUTHORIZED, "session_expired");
    let program = stranger.with_token("tp_guess");
    let keyed = program.request(Method::POST, "/interpret").header("Idempotency-Key", "k").json(&json!({"query": ""}));
    program.send(keyed).await.problem(StatusCode::UNAUTHORIZED, "invalid_token");
    for _ in 0..2 {
        program.get("/auth/me").await.problem(StatusCode::UNAUTHORIZED, "invalid_token");
    }
    program.get("/auth/me").await.problem(StatusCode::TOO_MANY_REQUESTS, "too_many_requests");
    app.finish().await;
}

#[tokio::test]
async fn sign_ins_at_the_same_time_are_throttled_as_those_in_a_row_are() {
    let app = TestApp::with(Plan { config: |config| config.security.failed_sign_ins = 3, ..Plan::default() }).await;
    let owner = app.owner().await;
    let wrong = credentials(&owner.email, "not my password");
    let stranger = app.stranger();
    let answers = futures::future::join_all((0..12).map(|_| stranger.post("/auth/login", &wrong))).await;
    let tried = answers.iter().filter(|answer| answer.status == StatusCode::UNAUTHORIZED).count();
    let refused = answers.iter().filter(|answer| answer.status == StatusCode::TOO_MANY_REQUESTS).count();
    assert_eq!((tried, refused), (3, 9));
    app.finish().await;
}

#[tokio::test]
async fn sign_ins_at_the_same_time_that_succeed_are_in_nobodys_way() {
    let app = TestApp::with(Plan { config: |config| config.security.failed_sign_ins = 3, ..Plan::default() }).await;
    let owner = app.owner().await;
    let (right, stranger) = (credentials(&owner.email, PASSWORD), app.stranger());
    let answers = futures::future::join_all((0..8).map(|_| stranger.post("/auth/login", &right))).await;
    for answer in answers {
        answer.expect(StatusCode::OK);
    }
    app.finish().await;
}

#[tokio::test]
async fn sign_ins_that_succeed_use_nothing_up_and_a_wrong_current_password_is_throttled() {
    let app = TestApp::with(Plan { config: |config| config.security.failed_sign_ins = 3, ..Plan::default() }).await;
    let owner = app.owner().await;
    for _ in 0..5 {
        app.sign_in(&owner.email).await;
    }
    let change = |current: &str| json!({"current_password": current, "new_password": "another long one"});
    for _ in 0..3 {
        let answer = owner.patch("/auth/me", &change("not my password")).await;
        answer.problem(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request");
    }
    let answer = owner.patch("/auth/me", &change(PASSWORD)).await;
    answer.problem(StatusCode::TOO_MANY_REQUESTS, "too_many_requests");
    app.sign_in(&owner.email).await;
    app.finish().await;
}

#[tokio::test]
async fn an_api_token_ends_at_its_time_though_it_was_used_just_before() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let answer = owner.post("/tokens", &json!({"name": "import", "expires_in_days": 1})).await;
    let program = owner.with_token(answer.expect(StatusCode::CREATED)["secret"].as_str().unwrap());
    assert_eq!(app.sql("update api_tokens set expires_at = now() + interval '3 seconds'").await, 1);
    program.get("/auth/me").await.expect(StatusCode::OK);
    tokio::time::sleep(std::time::Duration::from_millis(3100)).await;
    program.get("/auth/me").await.problem(StatusCode::UNAUTHORIZED, "invalid_token");
    app.finish().await;
}

#[tokio::test]
async fn a_database_that_cannot_be_asked_ends_nobodys_session() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    app.sql("alter table workspaces rename to away").await;
    owner.get("/auth/me").await.problem(StatusCode::INTERNAL_SERVER_ERROR, "internal");
    app.sql("alter table away rename to workspaces").await;
    owner.get("/auth/me").await.expect(StatusCode::OK);
    app.finish().await;
}

#[tokio::test]
async fn whoever_listens_hears_of_uploads_until_they_are_shut_out() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let member = app.member(&owner, "viewer").await;
    let stranger = app.owner().await;
    let listen = async |client: &Client| client.request(Method::GET, "/events").send().await.unwrap();
    let (ours, alike, theirs) = (listen(&member).await, listen(&member).await, listen(&stranger).await);
    owner.add("ana.txt", "Ana Lima\nana@example.com\n").await;
    for client in [&member, &stranger] {
        let keeper = if client.email == member.email { &owner } else { client };
        let second = if client.email == member.email { None } else { Some(app.member(keeper, "owner").await) };
        let path = format!("/members/{}", member_id(client).await);
        second.as_ref().unwrap_or(keeper).delete(&path).await.expect(StatusCode::NO_CONTENT);
    }
    for (events, heard) in [(ours, true), (alike, true), (theirs, false)] {
        let text = tokio::time::timeout(std::time::Duration::from_secs(30), events.text()).await;
        let text = text.expect("a stream goes on after its member was removed").unwrap();
        assert_eq!(text.contains("event: upload") && text.contains("indexed"), heard, "{text}");
    }
    app.finish().await;
}

#[tokio::test]
async fn an_evaluation_before_the_set_up_does_not_shut_the_owner_out() {
    let app = TestApp::start().await;
    let owner = setup::NewOwner {
        workspace: "eval 0123456789abcdef".to_owned(),
        name: "Evaluation".to_owned(),
        email: "eval-0123456789abcdef@example.invalid.local".to_owned(),
        password: PASSWORD.to_owned(),
    };
    setup::create(&app.ctx, owner).await.unwrap();
    let mut stranger = app.stranger();
    assert_eq!(stranger.get("/setup").await.expect(StatusCode::OK), &json!({"needed": true, "takes_domain": false}));
    let token = setup::token(&app.ctx).await.unwrap();
    assert!(setup::is_open(&app.ctx, &token).await.unwrap());
    let link = setup::url(&app.ctx, &token);
    let mut scratch = first_owner(&link, "a@example.com");
    scratch["workspace"] = json!("eval 0123456789abcdef");
    let answer = stranger.post("/setup", &scratch).await;
    assert_eq!(answer.expect(StatusCode::UNPROCESSABLE_ENTITY)["errors"][0]["field"], "workspace");
    let answer = stranger.post("/setup", &first_owner(&link, "a@example.com")).await;
    stranger.enter(&answer);
    assert_eq!(stranger.get("/setup").await.expect(StatusCode::OK), &json!({"needed": false, "takes_domain": false}));
    app.finish().await;
}

#[tokio::test]
async fn whoever_is_shut_out_of_one_workspace_stays_signed_in_in_another() {
    let app = TestApp::start().await;
    let (here, there) = (app.owner().await, app.owner().await);
    let shared = app.member(&here, "viewer").await;
    let member = "insert into members (id, workspace_id, user_id, role, created_at)
        select gen_random_uuid(), m.workspace_id, u.id, 'viewer', now() from users u, members m
        join users o on o.id = m.user_id where u.email = ";
    app.sql(&format!("{member} '{}' and o.email = '{}'", shared.email, there.email)).await;
    let members = there.get("/members").await.expect(StatusCode::OK)["members"].as_array().unwrap().clone();
    let id = id_of(members.iter().find(|member| member["email"] == shared.email.as_str()).unwrap());
    there.patch(&format!("/members/{id}"), &json!({"disabled": true})).await.expect(StatusCode::OK);
    shared.get("/auth/me").await.expect(StatusCode::OK);
    there.delete(&format!("/members/{id}")).await.expect(StatusCode::NO_CONTENT);
    shared.get("/auth/me").await.expect(StatusCode::OK);
    app.finish().await;
}

#[tokio::test]
async fn the_name_that_people_open_is_asked_for_where_somebody_can_grant_it_and_must_lead_here() {
    let app = TestApp::start().await;
    let stranger = app.stranger();
    let token = setup::token(&app.ctx).await.unwrap();
    let state = async || stranger.get("/setup").await.expect(StatusCode::OK).clone();
    let set = async |token: &str, domain: &str, contact: &str| {
        stranger.post("/setup/domain", &json!({"token": token, "domain": domain, "contact": contact})).await
    };
    let refused = |answer: &Reply, field: &str, says: &str| {
        let mistake = &answer.problem(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request")["errors"][0];
        assert_eq!(mistake["field"], field, "{mistake}");
        assert!(mistake["message"].as_str().unwrap().contains(says), "{mistake}");
    };
    assert_eq!(state().await, json!({"needed": true, "takes_domain": false}));
    refused(&set(&token, "talent.example.com", "").await, "domain", "talentprompt config domain");

    let wanted = app.ctx.config.get().data.dir.join("wanted");
    std::fs::create_dir(&wanted).unwrap();
    assert_eq!(state().await, json!({"needed": true, "takes_domain": true}));
    set("another", "talent.example.com", "").await.problem(StatusCode::CONFLICT, "link_used");
    refused(&set(&token, "https://talent.example.com", "").await, "domain", "no https://");
    refused(&set(&token, "talent.example.com", "nobody").await, "contact", "e-mail");
    refused(&set(&token, "nowhere.invalid", "it@example.com").await, "domain", "no such name");
    assert_eq!(std::fs::read_dir(&wanted).unwrap().count(), 0);
    assert_eq!(stranger.get("/setup/here").await.bytes, domain::process().as_bytes());
    stranger.post("/setup", &first_owner(&setup::url(&app.ctx, &token), "a@example.com")).await.expect(StatusCode::OK);
    set(&token, "talent.example.com", "").await.problem(StatusCode::CONFLICT, "link_used");
    app.finish().await;
}
