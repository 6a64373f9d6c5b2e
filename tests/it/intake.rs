//! Intake: files of every kind come in, become people, and are found; what is broken says so and harms nothing else.

use reqwest::StatusCode;
use reqwest::multipart::Form;
use serde_json::{Value, json};

use crate::extract::fixtures::{docx, zip};
use crate::support::app::{Client, Plan, TestApp, id_of, names, resume};

fn ana() -> String {
    resume("Ana Lima", "ana@example.com", "Software Engineer", &["Java", "PostgreSQL"])
}

/// A Word document with a paragraph for each line.
fn word(text: &str) -> Vec<u8> {
    let lines = text.lines().map(|line| format!("<w:p><w:r><w:t>{line}</w:t></w:r></w:p>"));
    docx(&lines.collect::<String>())
}

async fn people(client: &Client) -> Value {
    client.get("/candidates").await.expect(StatusCode::OK).clone()
}

#[tokio::test]
async fn a_text_becomes_a_candidate_who_is_found() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let upload = owner.upload("ana.txt", ana()).await;
    assert_eq!((&upload["status"], &upload["filename"]), (&json!("queued"), &json!("ana.txt")));
    let upload = owner.wait_for(&upload).await;
    assert_eq!((&upload["status"], &upload["media_type"]), (&json!("indexed"), &json!("text/plain")), "{upload}");
    let candidate = owner.get(&format!("/candidates/{}", upload["candidate_id"].as_str().unwrap())).await;
    let candidate = candidate.expect(StatusCode::OK);
    assert_eq!(candidate["name"], "Ana Lima");
    assert_eq!(candidate["emails"][0], "ana@example.com");
    let skills = candidate["skills"].as_array().unwrap();
    assert!(skills.iter().any(|skill| skill["label"] == "Java"), "{skills:?}");
    assert_eq!(names(&owner.search(&json!({"query": "Java"})).await), ["Ana Lima"]);
    let counts = &owner.get("/uploads").await.body["counts"];
    assert_eq!((&counts["indexed"], &counts["queued"], &counts["failed"]), (&json!(1), &json!(0), &json!(0)));
    app.finish().await;
}

#[tokio::test]
async fn a_word_document_becomes_a_candidate_who_is_found() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let id = owner.add("bea.docx", word(&resume("Bea Berg", "bea@example.com", "Engineer", &["Kubernetes"]))).await;
    let answer = owner.search(&json!({"query": "Kubernetes"})).await;
    assert_eq!(answer["hits"][0]["candidate_id"], id);
    app.finish().await;
}

#[tokio::test]
async fn the_same_bytes_again_are_the_same_upload() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let first = owner.upload("ana.txt", ana()).await;
    owner.wait_for(&first).await;
    let second = owner.upload("ana, once more.txt", ana()).await;
    assert_eq!(second["id"], first["id"]);
    assert_eq!(second["duplicate_of"], first["id"]);
    assert_eq!(owner.get("/uploads").await.body["uploads"].as_array().unwrap().len(), 1);
    assert_eq!(people(&owner).await["total"], 1);

    let elsewhere = app.owner().await;
    let theirs = elsewhere.upload("ana.txt", ana()).await;
    assert!(theirs.get("duplicate_of").is_none_or(Value::is_null), "{theirs}");
    assert_eq!(elsewhere.wait_for(&theirs).await["status"], "indexed");
    app.finish().await;
}

#[tokio::test]
async fn a_second_resume_of_the_same_person_is_a_newer_version() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let first = owner.add("ana-2023.txt", ana()).await;
    let second = owner.add("ana-2024.txt", ana().replace("Software Engineer", "Engineering Manager")).await;
    assert_eq!(first, second);
    let candidate = owner.get(&format!("/candidates/{first}")).await.expect(StatusCode::OK).clone();
    let resumes = candidate["resumes"].as_array().unwrap();
    let shown: Vec<_> = resumes.iter().map(|resume| (&resume["filename"], &resume["current"])).collect();
    assert_eq!(shown, [(&json!("ana-2024.txt"), &json!(true)), (&json!("ana-2023.txt"), &json!(false))]);
    assert!(candidate["positions"][0]["title"].as_str().unwrap().contains("Manager"), "{}", candidate["positions"]);
    assert_eq!(candidate["timeline"].as_array().unwrap().len(), 2);
    assert_eq!(people(&owner).await["total"], 1);
    app.finish().await;
}

#[tokio::test]
async fn a_later_upload_never_hides_an_earlier_person() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let agency = "talents@agency.example";
    let ana = owner.add("ana.txt", resume("Ana Lima", agency, "Engineer", &["Java"])).await;
    let bo = owner.add("bo.txt", resume("Bo Chen", agency, "Engineer", &["Java"])).await;
    assert_ne!(ana, bo);
    let mut found = names(&owner.search(&json!({"query": "Java"})).await);
    found.sort();
    assert_eq!(found, ["Ana Lima", "Bo Chen"]);
    let newer = owner.add("ana-2.txt", resume("Ana Lima", agency, "Architect", &["Java"])).await;
    assert_eq!(newer, ana);
    app.finish().await;
}

#[tokio::test]
async fn broken_files_say_what_to_do_and_the_rest_of_the_batch_is_unharmed() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let mut cut = word(&ana());
    cut.truncate(cut.len() / 2);
    let files = vec![
        ("cut.docx", cut),
        ("nothing.txt", Vec::new()),
        ("ana.txt", ana().into_bytes()),
        ("secret.pdf", include_bytes!("../fixtures/documents/encrypted.pdf").to_vec()),
        ("setup.exe", b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00".to_vec()),
    ];
    let answer = owner.hand_in(files).await;
    let uploads = answer.expect(StatusCode::ACCEPTED)["uploads"].as_array().unwrap().clone();
    assert_eq!(uploads.len(), 5);
    for (upload, code) in uploads.iter().zip(["damaged", "empty_file", "", "encrypted", "unsupported_type"]) {
        let upload = owner.wait_for(upload).await;
        if code.is_empty() {
            assert_eq!(upload["status"], "indexed", "{upload}");
            continue;
        }
        assert_eq!((&upload["status"], &upload["error"]["code"]), (&json!("failed"), &json!(code)), "{upload}");
        for part in ["detail", "hint"] {
            assert!(upload["error"][part].as_str().is_some_and(|text| text.len() > 10), "{upload}");
        }
    }
    assert_eq!(people(&owner).await["total"], 1);
    let failed = owner.get("/uploads?status=failed").await;
    assert_eq!(failed.expect(StatusCode::OK)["uploads"].as_array().unwrap().len(), 4);
    app.finish().await;
}

#[tokio::test]
async fn each_document_of_an_archive_is_an_upload_of_its_own() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let bea = resume("Bea Berg", "bea@example.com", "Engineer", &["Rust"]);
    let archive = zip(&[
        ("team/ana.txt", ana().as_bytes()),
        ("team/bea.docx", &word(&bea)),
        ("broken.pdf", b"%PDF-1.7\nno more than this"),
    ]);
    let upload = owner.upload("team.zip", archive).await;
    let archive = owner.wait_for(&upload).await;
    assert_eq!(archive["status"], "indexed", "{archive}");
    let list = owner.get("/uploads").await.expect(StatusCode::OK)["uploads"].as_array().unwrap().clone();
    let children: Vec<&Value> = list.iter().filter(|upload| upload["parent_id"] == archive["id"]).collect();
    let mut outcomes = Vec::new();
    for child in children {
        let child = owner.wait_for(child).await;
        outcomes.push(format!("{} {}", child["filename"].as_str().unwrap(), child["status"].as_str().unwrap()));
    }
    outcomes.sort();
    assert_eq!(outcomes, ["ana.txt indexed", "bea.docx indexed", "broken.pdf failed"]);
    assert_eq!(people(&owner).await["total"], 2);
    // The archive is no resume.
    let state = owner.get("/status").await;
    assert_eq!(state.expect(StatusCode::OK)["counts"]["resumes"], 2, "{}", state.body);
    app.finish().await;
}

#[tokio::test]
async fn names_of_files_are_kept_as_people_read_them() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let long = format!("{}.txt", "é".repeat(296));
    let cases = [
        (long.as_str(), "é".repeat(255)),
        ("履歴書 山田太郎.txt", "履歴書 山田太郎.txt".to_owned()),
        ("سيرة ذاتية.txt", "سيرة ذاتية.txt".to_owned()),
        ("../../etc/passwd", "passwd".to_owned()),
        ("C:\\CVs\\ana.txt", "ana.txt".to_owned()),
    ];
    for (number, (name, kept)) in cases.into_iter().enumerate() {
        let text = resume("Ana Lima", "ana@example.com", "Engineer", &["Java"]) + &"\n.".repeat(number);
        let upload = owner.upload(name, text).await;
        assert_eq!(upload["filename"], kept.as_str());
        assert_eq!(owner.wait_for(&upload).await["status"], "indexed");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_resume_without_a_name_is_called_by_its_file() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let id = owner.add("kandidat-17.txt", "java, postgresql, kubernetes\n\n2019 - 2024\n").await;
    assert_eq!(owner.get(&format!("/candidates/{id}")).await.expect(StatusCode::OK)["name"], "kandidat-17");
    app.finish().await;
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused_with_the_limit_and_the_others_are_taken() {
    let app = TestApp::with(Plan { config: |config| config.intake.max_file_mb = 1, ..Plan::default() }).await;
    let owner = app.owner().await;
    let large = vec![b'a'; (1 << 20) + 1];
    let answer = owner.hand_in(vec![("large.txt", large.clone())]).await;
    let problem = answer.problem(StatusCode::PAYLOAD_TOO_LARGE, "file_too_large");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("large.txt") && detail.contains("1 MB"), "{detail}");

    let answer = owner.hand_in(vec![("large.txt", large), ("ana.txt", ana().into_bytes())]).await;
    let taken = answer.expect(StatusCode::ACCEPTED);
    assert_eq!(
        (&taken["rejected"][0]["filename"], &taken["rejected"][0]["code"]),
        (&json!("large.txt"), &json!("file_too_large"))
    );
    assert_eq!(owner.wait_for(&taken["uploads"][0]).await["status"], "indexed");
    app.finish().await;
}

#[tokio::test]
async fn a_request_of_several_megabytes_below_the_limit_is_taken() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let upload = owner.upload("scan.bin", vec![0; 5 << 20]).await;
    assert_eq!(owner.wait_for(&upload).await["size"], 5 << 20);
    app.finish().await;
}

#[tokio::test]
async fn more_files_than_a_request_may_have_are_named_and_left_out() {
    let app = TestApp::with(Plan { config: |config| config.intake.max_files = 1, ..Plan::default() }).await;
    let owner = app.owner().await;
    let answer = owner.hand_in(vec![("ana.txt", ana().into_bytes()), ("bea.txt", b"Bea Berg".to_vec())]).await;
    let taken = answer.expect(StatusCode::ACCEPTED);
    assert_eq!(
        (&taken["rejected"][0]["filename"], &taken["rejected"][0]["code"]),
        (&json!("bea.txt"), &json!("too_many_files"))
    );
    owner.wait_for(&taken["uploads"][0]).await;
    app.finish().await;
}

#[tokio::test]
async fn a_request_without_files_is_a_mistake_of_the_field() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let empty = owner.request(reqwest::Method::POST, "/resumes").multipart(Form::new().text("note", "no file"));
    let answer = owner.send(empty).await;
    assert_eq!(answer.problem(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request")["errors"][0]["field"], "file");
    owner.post("/resumes", &json!({})).await.problem(StatusCode::BAD_REQUEST, "malformed_request");
    app.finish().await;
}

#[tokio::test]
async fn a_failed_upload_can_be_tried_again_and_no_other() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let broken = owner.upload("broken.pdf", b"%PDF-1.7\nno more than this".to_vec()).await;
    assert_eq!(owner.wait_for(&broken).await["status"], "failed");
    let again = owner.post(&format!("/uploads/{}/retry", id_of(&broken)), &json!({})).await;
    assert_eq!(again.expect(StatusCode::ACCEPTED)["status"], "queued");
    assert_eq!(owner.wait_for(&broken).await["status"], "failed");
    let handed_in_again = owner.upload("broken.pdf", b"%PDF-1.7\nno more than this".to_vec()).await;
    assert_eq!((&handed_in_again["id"], &handed_in_again["status"]), (&broken["id"], &json!("queued")));
    owner.wait_for(&broken).await;

    let fine = owner.upload("ana.txt", ana()).await;
    owner.wait_for(&fine).await;
    let answer = owner.post(&format!("/uploads/{}/retry", id_of(&fine)), &json!({})).await;
    answer.problem(StatusCode::CONFLICT, "not_failed");
    app.finish().await;
}

#[tokio::test]
async fn a_full_disk_under_the_database_is_told_and_passes() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    app.sql(
        "create function full_disk() returns trigger language plpgsql \
         as 'begin raise exception using errcode = ''disk_full''; end'",
    )
    .await;
    app.sql("create trigger full_disk before insert on uploads execute function full_disk()").await;
    let answer = owner.hand_in(vec![("ana.txt", ana().into())]).await;
    answer.problem(StatusCode::INSUFFICIENT_STORAGE, "disk_full");
    app.sql("drop trigger full_disk on uploads").await;
    owner.add("ana.txt", ana()).await;
    app.finish().await;
}

#[tokio::test]
async fn a_text_with_nul_bytes_is_read() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let id = owner.add("ana.txt", ana().replace("Java", "\0Java\0")).await;
    let answer = owner.search(&json!({"query": "Java"})).await;
    assert_eq!(answer["hits"][0]["candidate_id"], id);
    app.finish().await;
}

#[tokio::test]
async fn uploads_are_listed_newest_first_page_by_page() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let mut ids = Vec::new();
    for number in 0..5 {
        let upload = owner.upload("ana.txt", format!("{}\n{number}", ana())).await;
        ids.insert(0, id_of(&owner.wait_for(&upload).await));
    }
    let (mut seen, mut path) = (Vec::new(), "/uploads?limit=2".to_owned());
    loop {
        let page = owner.get(&path).await.expect(StatusCode::OK).clone();
        seen.extend(page["uploads"].as_array().unwrap().iter().map(id_of));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/uploads?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, ids);
    app.finish().await;
}
