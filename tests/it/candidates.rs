//! Candidates: shown, corrected by hand, and forgotten for good.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::{Value, json};
use talentprompt::base::clock::{Clock, SystemClock};
use talentprompt::base::secret;

use crate::extract::fixtures::{docx, zip};
use crate::support::app::{Client, Plan, TestApp, id_of, names, resume};

fn ana() -> String {
    resume("Ana Lima", "ana@example.com", "Software Engineer", &["Java", "PostgreSQL"])
}

/// Where something of a candidate is kept.
const TABLES: [&str; 7] =
    ["candidates", "resumes", "passages", "embeddings", "candidate_identifiers", "timeline", "uploads"];

async fn rows(app: &TestApp, table: &str) -> u64 {
    app.sql(&format!("update {table} set workspace_id = workspace_id")).await
}

async fn dossier(client: &Client, id: &str) -> Value {
    client.get(&format!("/candidates/{id}")).await.expect(StatusCode::OK).clone()
}

#[tokio::test]
async fn what_a_resume_says_is_shown_with_where_it_says_so() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let id = owner.add("ana.txt", ana()).await;
    let person = dossier(&owner, &id).await;
    assert_eq!(person["name"], "Ana Lima");
    let resume = id_of(&person["resumes"][0]);
    let text = owner.get(&format!("/candidates/{id}/resumes/{resume}/text")).await;
    let text: Vec<char> = text.expect(StatusCode::OK)["text"].as_str().unwrap().chars().collect();
    let mut spans = 0;
    for list in ["positions", "education", "skills", "languages"] {
        for value in person[list].as_array().unwrap() {
            let Some(span) = value["span"].as_object() else { continue };
            let at = |key: &str| usize::try_from(span[key].as_u64().unwrap()).unwrap();
            assert_eq!(span["resume_id"], resume.as_str());
            let words: String = text[at("start")..at("end")].iter().collect();
            assert!(!words.trim().is_empty(), "{list}: {value}");
            spans += 1;
        }
    }
    assert!(spans >= 4, "{person}");
    app.finish().await;
}

#[tokio::test]
async fn a_correction_wins_over_every_resume_until_it_is_taken_back() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let id = owner.add("ana.txt", ana()).await;
    let path = format!("/candidates/{id}");
    let change = json!({"name": "Ana de Lima", "headline": "Our best Java hire", "location": "Lisbon"});
    let changed = owner.patch(&path, &change).await.expect(StatusCode::OK).clone();
    assert_eq!((&changed["name"], &changed["headline"]), (&json!("Ana de Lima"), &json!("Our best Java hire")));
    assert_eq!(changed["location"], "Lisbon, PT");
    assert!(changed["timeline"][0]["detail"].as_str().unwrap().contains("Olga Owner"), "{}", changed["timeline"]);

    let same = owner.add("ana-2.txt", ana().replace("Northwind", "Contoso")).await;
    assert_eq!(same, id);
    let person = dossier(&owner, &id).await;
    assert_eq!((&person["name"], &person["location"]), (&json!("Ana de Lima"), &json!("Lisbon, PT")));
    assert_eq!(names(&owner.search(&json!({"query": "Java"})).await), ["Ana de Lima"]);

    let back = owner.patch(&path, &json!({"name": "", "headline": "", "location": ""})).await;
    let back = back.expect(StatusCode::OK);
    assert_eq!((&back["name"], &back["location"]), (&json!("Ana Lima"), &json!("Berlin, DE")));
    let long = owner.patch(&path, &json!({"name": "x".repeat(201)})).await;
    assert_eq!(long.problem(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request")["errors"][0]["field"], "name");
    app.finish().await;
}

#[tokio::test]
async fn a_deleted_candidate_is_gone_everywhere_when_the_deletion_is_answered() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let id = owner.add("ana.txt", ana()).await;
    let other = owner.add("bo.txt", resume("Bo Chen", "bo@example.com", "Engineer", &["Java"])).await;
    let resume = id_of(&dossier(&owner, &id).await["resumes"][0]);
    let path = format!("/candidates/{id}");
    let file = format!("{path}/resumes/{resume}/file");
    owner.get(&file).await.expect(StatusCode::OK);
    let found = owner.search(&json!({"query": "Java"})).await;
    assert_eq!(found["total"], 2);
    assert_eq!(owner.search(&json!({"query": "Ana Lima"})).await["hits"][0]["candidate_id"], id.as_str());

    owner.delete(&path).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(names(&owner.search(&json!({"query": "Java"})).await), ["Bo Chen"]);
    let by_name = owner.search(&json!({"query": "Ana Lima"})).await;
    assert_eq!(names(&by_name), ["Bo Chen"], "{by_name}");
    let list = owner.get("/candidates").await.expect(StatusCode::OK).clone();
    assert_eq!((&list["total"], &list["candidates"][0]["id"]), (&json!(1), &json!(other)));
    for gone in [&path, &file, &format!("{path}/resumes/{resume}/text"), &format!("{path}/similar")] {
        owner.get(gone).await.problem(StatusCode::NOT_FOUND, "not_found");
    }
    owner.delete(&path).await.problem(StatusCode::NOT_FOUND, "not_found");
    for table in TABLES {
        assert!(rows(&app, table).await > 0, "{table}: the other candidate's rows are gone too");
    }
    app.finish().await;
}

#[tokio::test]
async fn erasing_the_only_candidate_leaves_no_row_and_no_byte_of_them() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let id = owner.add("ana.txt", ana()).await;
    owner.delete(&format!("/candidates/{id}")).await.expect(StatusCode::NO_CONTENT);
    for table in TABLES {
        assert_eq!(rows(&app, table).await, 0, "{table} keeps something");
    }
    erased(&app, ana().as_bytes()).await;
    let again = owner.add("ana.txt", ana()).await;
    assert_ne!(again, id);
    assert!(is_kept(&app, ana().as_bytes()).await);
    app.finish().await;
}

/// Ids by names, when there are `count` people.
async fn everybody(client: &Client, count: usize) -> HashMap<String, String> {
    for _ in 0..500 {
        let list = client.get("/candidates").await.expect(StatusCode::OK)["candidates"].as_array().unwrap().clone();
        if list.len() == count {
            return list.iter().map(|one| (one["name"].as_str().unwrap().to_owned(), id_of(one))).collect();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("there are never {count} people");
}

async fn is_kept(app: &TestApp, bytes: &[u8]) -> bool {
    app.ctx.files.read(&secret::hex(&secret::sha256(bytes))).await.is_ok()
}

/// Returns when the task has erased `bytes`.
async fn erased(app: &TestApp, bytes: &[u8]) {
    for _ in 0..500 {
        if !is_kept(app, bytes).await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the bytes are still kept");
}

#[tokio::test]
async fn who_came_in_an_archive_is_erased_with_it_and_comes_back_only_by_handing_it_in_again() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let bo = resume("Bo Chen", "bo@example.com", "Engineer", &["Java"]);
    let archive = zip(&[("ana.txt", ana().as_bytes()), ("bo.txt", bo.as_bytes())]);
    let first = owner.wait_for(&owner.upload("team.zip", archive.clone()).await).await;
    assert_eq!(first["status"], "indexed");
    let people = everybody(&owner, 2).await;
    erased(&app, &archive).await;

    let (ana_id, bo_id) = (people["Ana Lima"].clone(), people["Bo Chen"].clone());
    owner.delete(&format!("/candidates/{ana_id}")).await.expect(StatusCode::NO_CONTENT);
    erased(&app, ana().as_bytes()).await;
    let again = owner.upload("team.zip", archive.clone()).await;
    assert_eq!(again["duplicate_of"], first["id"]);
    let people = everybody(&owner, 2).await;
    assert_ne!(people["Ana Lima"], ana_id);
    assert_eq!(people["Bo Chen"], bo_id);
    erased(&app, &archive).await;

    for id in people.values() {
        owner.delete(&format!("/candidates/{id}")).await.expect(StatusCode::NO_CONTENT);
    }
    assert_eq!(rows(&app, "uploads").await, 0, "the archive's name is kept");
    app.finish().await;
}

#[tokio::test]
async fn who_came_in_an_archive_that_failed_is_erased_with_it() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let bo = resume("Bo Chen", "bo@example.com", "Engineer", &["Java"]);
    let bomb = vec![0; 64 << 20];
    let archive = zip(&[("ana.txt", ana().as_bytes()), ("bo.txt", bo.as_bytes()), ("bomb.txt", &bomb)]);
    let failed = owner.wait_for(&owner.upload("team.zip", archive.clone()).await).await;
    assert_eq!(failed["error"]["code"], "archive_bomb");
    let people = everybody(&owner, 2).await;
    erased(&app, &archive).await;
    owner.post(&format!("/uploads/{}/retry", id_of(&failed)), &json!({})).await.expect(StatusCode::ACCEPTED);
    assert_eq!(owner.wait_for(&failed).await["error"]["code"], "no_longer_kept");
    let again = owner.upload("team.zip", archive.clone()).await;
    assert_eq!(again["duplicate_of"], failed["id"]);
    assert_eq!(owner.wait_for(&failed).await["error"]["code"], "archive_bomb");
    erased(&app, &archive).await;

    // As a version left it that did not see that it was one.
    app.ctx.files.stage(archive.clone()).await.unwrap().keep().await.unwrap();
    app.sql("update uploads set media_type = null where status = 'failed'").await;
    for id in people.values() {
        owner.delete(&format!("/candidates/{id}")).await.expect(StatusCode::NO_CONTENT);
    }
    erased(&app, &archive).await;
    assert_eq!(rows(&app, "uploads").await, 0, "the archive's name is kept");
    app.finish().await;
}

#[tokio::test]
async fn nobody_is_deleted_while_the_archive_they_came_in_would_bring_them_back() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    owner.wait_for(&owner.upload("ana.zip", zip(&[("ana.txt", ana().as_bytes())])).await).await;
    let people = everybody(&owner, 1).await;
    let path = format!("/candidates/{}", people["Ana Lima"]);
    app.sql("update uploads set status = 'extracting' where filename = 'ana.zip'").await;
    let problem = owner.delete(&path).await;
    assert!(problem.problem(StatusCode::CONFLICT, "being_unpacked")["detail"].as_str().unwrap().contains("ana.zip"));
    app.sql("update uploads set status = 'indexed' where filename = 'ana.zip'").await;
    owner.delete(&path).await.expect(StatusCode::NO_CONTENT);
    erased(&app, ana().as_bytes()).await;
    assert_eq!(rows(&app, "uploads").await, 0);
    app.finish().await;
}

#[tokio::test]
async fn the_record_of_people_like_somebody_says_who_and_not_what_their_resume_says() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let id = owner.add("ana.txt", ana()).await;
    owner.add("bo.txt", resume("Bo Chen", "bo@example.com", "Engineer", &["Java"])).await;
    owner.get(&format!("/candidates/{id}/similar")).await.expect(StatusCode::OK);
    let recorded = format!("update searches set total = total where query = 'like {id}'");
    let begin = Instant::now();
    while app.sql(&recorded).await == 0 {
        assert!(begin.elapsed() < Duration::from_secs(10), "the search is not recorded");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(app.sql("update searches set total = total where query ilike '%northwind%'").await, 0);
    app.finish().await;
}

#[tokio::test]
async fn a_letter_that_comes_later_takes_nothing_away_from_the_resume() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let id = owner.add("ana.txt", ana()).await;
    let before = dossier(&owner, &id).await;
    let letter = "Ana Lima\nana@example.com\n\nDear Ms Berg,\n\nI would like to join your team, since I have always \
                  admired what you build. I look forward to hearing from you.\n\nKind regards\nAna Lima\n";
    assert_eq!(owner.add("letter.txt", letter).await, id);
    let after = dossier(&owner, &id).await;
    for field in ["name", "headline", "location", "years_experience", "positions", "skills"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    assert_eq!(after["resumes"].as_array().unwrap().len(), 2);
    assert_eq!(names(&owner.search(&json!({"query": "Java, at least 5 years"})).await), ["Ana Lima"]);
    app.finish().await;
}

/// The machine's clock, some days ahead.
struct Ahead(Arc<AtomicI64>);

impl Clock for Ahead {
    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        SystemClock.now() + chrono::TimeDelta::days(self.0.load(Ordering::SeqCst))
    }
}

#[tokio::test]
async fn years_go_on_after_the_resume_was_read_and_are_the_same_everywhere() {
    let days = Arc::new(AtomicI64::new(0));
    let ahead = Arc::new(Ahead(Arc::clone(&days)));
    let app = TestApp::prepared(Plan::default(), |ctx| ctx.clock = ahead).await;
    let owner = app.owner().await;
    let id = owner.add("ana.txt", ana().replace("December 2024", "present")).await;
    let letter = "Ana Lima\nana@example.com\n\nDear Ms Berg,\n\nJava is what I like best.\n\nKind regards\nAna Lima\n";
    owner.add("letter.txt", letter).await;
    let shown = async |client: &Client| {
        let listed = client.get("/candidates").await.expect(StatusCode::OK)["candidates"][0].clone();
        let hit = client.search(&json!({"query": "Java"})).await["hits"][0].clone();
        let years = [dossier(client, &id).await, listed, hit].map(|one| one["years_experience"].as_f64().unwrap());
        assert!(years.iter().all(|one| one.total_cmp(&years[0]).is_eq()), "{years:?}");
        years[0]
    };
    let before = shown(&owner).await;
    days.store(200, Ordering::SeqCst);
    let grown = shown(&app.sign_in(&owner.email).await).await - before;
    assert!((0.4..0.7).contains(&grown), "{grown}");
    app.finish().await;
}

#[tokio::test]
async fn a_file_another_workspace_has_too_outlives_the_deletion_here() {
    let app = TestApp::start().await;
    let (here, there) = (app.owner().await, app.owner().await);
    let (ours, theirs) = (here.add("ana.txt", ana()).await, there.add("ana.txt", ana()).await);
    here.delete(&format!("/candidates/{ours}")).await.expect(StatusCode::NO_CONTENT);
    let resume = id_of(&dossier(&there, &theirs).await["resumes"][0]);
    let file = there.get(&format!("/candidates/{theirs}/resumes/{resume}/file")).await;
    file.expect(StatusCode::OK);
    assert_eq!(file.bytes, ana().as_bytes());
    app.finish().await;
}

#[tokio::test]
async fn the_original_comes_back_byte_for_byte_and_cannot_run_in_the_page() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let text = ana().into_bytes();
    let word = docx("<w:p><w:r><w:t>Bo Chen</w:t></w:r></w:p><w:p><w:r><w:t>bo@example.com</w:t></w:r></w:p>");
    let page =
        b"<html><body><h1>Cy Dee</h1><p>cy@example.com, Engineer</p><script>alert(1)</script></body></html>".to_vec();
    let cases =
        [("ana \"x\" \u{5c65}.txt", text, "inline"), ("bo.docx", word, "attachment"), ("cy.html", page, "attachment")];
    for (name, bytes, way) in cases {
        let id = owner.add(name, bytes.clone()).await;
        let resume = id_of(&dossier(&owner, &id).await["resumes"][0]);
        let file = owner.get(&format!("/candidates/{id}/resumes/{resume}/file")).await;
        file.expect(StatusCode::OK);
        assert_eq!(file.bytes, bytes, "{name}");
        let disposition = file.headers["content-disposition"].to_str().unwrap();
        assert!(disposition.starts_with(&format!("{way}; filename*=UTF-8''")), "{disposition}");
        assert_eq!(file.headers["x-content-type-options"], "nosniff");
        assert_eq!(file.headers["content-security-policy"], "default-src 'none'; sandbox");
    }
    app.finish().await;
}

#[tokio::test]
async fn candidates_are_listed_last_changed_first_page_by_page() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let mut ids = Vec::new();
    for number in 0..5 {
        let text = resume(&format!("Ana Nr{number}"), &format!("ana{number}@example.com"), "Engineer", &["Java"]);
        ids.push(owner.add("ana.txt", text).await);
    }
    owner.patch(&format!("/candidates/{}", ids[2]), &json!({"headline": "Engineer"})).await.expect(StatusCode::OK);
    let expected = [&ids[2], &ids[4], &ids[3], &ids[1], &ids[0]];
    let (mut seen, mut path) = (Vec::new(), "/candidates?limit=2".to_owned());
    loop {
        let page = owner.get(&path).await.expect(StatusCode::OK).clone();
        assert_eq!(page["total"], 5);
        seen.extend(page["candidates"].as_array().unwrap().iter().map(id_of));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/candidates?limit=2&cursor={cursor}");
    }
    assert_eq!(seen.iter().collect::<Vec<_>>(), expected);
    let answer = owner.get("/candidates?cursor=nonsense").await;
    assert_eq!(answer.problem(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request")["errors"][0]["field"], "cursor");
    app.finish().await;
}

#[tokio::test]
async fn a_correction_of_nothing_changes_nothing_and_one_of_an_unknown_field_is_refused() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let id = owner.add("ana.txt", ana()).await;
    let before = dossier(&owner, &id).await;
    let path = format!("/candidates/{id}");
    assert_eq!(owner.patch(&path, &json!({})).await.expect(StatusCode::OK), &before);
    let answer = owner.patch(&path, &json!({"nmae": "Ana"})).await;
    let problem = answer.problem(StatusCode::BAD_REQUEST, "malformed_request");
    assert!(problem["detail"].as_str().unwrap().contains("nmae"), "{problem}");
    assert_eq!(dossier(&owner, &id).await, before);
    app.finish().await;
}
