//! The support bundle holds what helps, and none of the canaries that are planted wherever something could come from.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::app::{TestApp, environment, resume};

const NAME: &str = "Zelda Quartzmann";
const EMAIL: &str = "zelda@canary.example";
const PHONE: &str = "+49 170 5550123";
const QUERY: &str = "Zebrafish whisperer";
const API_KEY: &str = "canary-key-4711";
const PASSWORD: &str = "canary-password";
const LINK: &str = "canaryLink_0815";

/// Answers for `journalctl`: one entry a line, the newest first.
fn plant_journal(folder: &Path, token: &str) {
    let entry = |who: &str, unit: &str, transport: &str, message: &str| {
        json!({
            "__REALTIME_TIMESTAMP": "1764174148123456", "PRIORITY": "4", "SYSLOG_IDENTIFIER": who,
            "_SYSTEMD_UNIT": unit, "_TRANSPORT": transport, "MESSAGE": message,
        })
    };
    let app = |transport, message: &str| entry("talentprompt", "talentprompt.service", transport, message);
    let postgres = |message: &str| entry("postgres", "talentprompt-postgres.service", "stdout", message);
    let mut own = app("journal", &format!("a task failed error=no room for {EMAIL} file={NAME}.pdf"));
    own["TP_TASK"] = json!("019ac0f4-7b3c-7e21-9d55-0a1b2c3d4e5f");
    own["TP_ERROR"] = json!(format!("{EMAIL} cannot be reached at {PHONE}"));
    own["TP_FILE"] = json!(format!("{NAME}.pdf"));
    let entries = [
        own,
        app("stdout", &format!("thread panicked at src/x.rs:1: no `{NAME}`, key {API_KEY}, token {token}")),
        app("stdout", &format!("GET /search?q={}", QUERY.replace(' ', "+"))),
        app("stdout", &format!("owner: https://talent.example.com/setup?token={LINK}")),
        app("stdout", &json!({ "message": "cannot search", "query": QUERY, "error": PHONE }).to_string()),
        postgres(
            "talentprompt_app@talentprompt ERROR:  duplicate key value violates unique constraint \"users_email_key\"",
        ),
        postgres(&format!("talentprompt_app@talentprompt DETAIL:  Key (name)=({NAME}) already exists.")),
        postgres(&format!("talentprompt_app@talentprompt STATEMENT:  select '{QUERY}'")),
        postgres(&format!("\tfrom people where name = {NAME}")),
        entry("redis", "talentprompt-redis.service", "stdout", &format!("AUTH failed for redis://app:{PASSWORD}@host")),
    ];
    fs::write(folder.join("journal"), entries.map(|entry| entry.to_string()).join("\n")).unwrap();
    let program = folder.join("journalctl");
    fs::write(&program, "#!/bin/sh\nexec cat \"${0%ctl}\"\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Runs the command with what was planted in `folder`.
fn bundle(folder: &Path, config: &Path, out: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_talentprompt"));
    command.args(["support-bundle", "--json", "--config"]).arg(config).arg("--out").arg(out);
    command.env("PATH", format!("{}:{}", folder.display(), environment("PATH")));
    // Nobody answers there.
    command.env("TALENTPROMPT__REDIS__URL", format!("redis://app:{PASSWORD}@127.0.0.1:1"));
    command.output().unwrap()
}

/// Each file of the archive with its text.
fn files(archive: &Path) -> Vec<(String, String)> {
    let mut archive = zip::ZipArchive::new(File::open(archive).unwrap()).unwrap();
    (0..archive.len())
        .map(|at| {
            let mut file = archive.by_index(at).unwrap();
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            (file.name().unwrap().into_owned(), text)
        })
        .collect()
}

fn text<'a>(files: &'a [(String, String)], name: &str) -> &'a str {
    &files.iter().find(|(known, _)| known == name).unwrap().1
}

fn assert_clean(files: &[(String, String)], canaries: &[&str]) {
    for (name, text) in files {
        let text = text.to_lowercase();
        for canary in canaries {
            assert!(!text.contains(&canary.to_lowercase()), "`{canary}` is in {name}: {text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bundle_helps_and_gives_nobody_away() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let token = owner.post("/tokens", &json!({ "name": "canary" })).await.expect(StatusCode::CREATED)["secret"].clone();
    let token = token.as_str().unwrap();
    owner.add(&format!("{NAME}.txt"), resume(NAME, EMAIL, "Engineer", &["Java"])).await;
    owner.search(&json!({ "query": QUERY })).await;
    let folder = tempfile::tempdir().unwrap();
    plant_journal(folder.path(), token);
    let config = app.ctx.config.get().data.dir.join("talentprompt.toml");
    let settings = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("{settings}[vector]\napi_key = \"{API_KEY}\"\n")).unwrap();

    let out = folder.path().join("bundle.zip");
    let made = tokio::task::block_in_place(|| bundle(folder.path(), &config, &out));
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let said: Value = serde_json::from_slice(&made.stdout).unwrap();
    assert_eq!(said["file"], out.to_str().unwrap());
    assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);

    let files = files(&out);
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(said["parts"].as_array().unwrap().iter().map(|part| &part["name"]).collect::<Vec<_>>(), names);
    let canaries = [
        "Zelda",
        "Quartzmann",
        "canary.example",
        "555012",
        "Zebrafish",
        "whisperer",
        API_KEY,
        PASSWORD,
        LINK,
        token,
        "Olga",
        &owner.email,
    ];
    assert_clean(&files, &canaries);

    let versions: Value = serde_json::from_str(text(&files, "versions.json")).unwrap();
    assert_eq!(versions["talentprompt"], env!("CARGO_PKG_VERSION"));
    assert!(versions["postgres"].as_str().unwrap().starts_with(|first: char| first.is_ascii_digit()), "{versions}");
    assert!(versions["cache"].as_str().unwrap().starts_with("not asked: "), "{versions}");
    let database: Value = serde_json::from_str(text(&files, "database.json")).unwrap();
    assert_eq!((&database["migrations"][0]["applied"], &database["tasks"]["dead"]), (&json!(true), &json!(0)));
    let sized = |table: &Value| table["name"] == "candidates" && table["bytes"].as_i64().unwrap() > 0;
    assert!(database["tables"].as_array().unwrap().iter().any(sized), "{database}");
    let health: Value = serde_json::from_str(text(&files, "health.json")).unwrap();
    assert!(health.as_array().unwrap().iter().any(|finding| finding["check"] == "schema" && finding["level"] == "ok"));
    assert!(text(&files, "configuration.txt").contains("vector.api_key = "));
    let log = text(&files, "log.txt");
    for kept in
        ["a task failed task=019ac0f4-7b3c-7e21-9d55-0a1b2c3d4e5f", "\"users_email_key\"", "panicked at src/x.rs:1"]
    {
        assert!(log.contains(kept), "{log}");
    }

    let again = tokio::task::block_in_place(|| bundle(folder.path(), &config, &out));
    assert_eq!(again.status.code(), Some(1), "a bundle was overwritten");
    app.finish().await;
}

#[test]
fn without_postgres_a_bundle_says_what_could_not_be_asked() {
    let folder = tempfile::tempdir().unwrap();
    plant_journal(folder.path(), "tp_canary-token");
    let config = folder.path().join("talentprompt.toml");
    let url = format!("postgresql:///none?host={}&user=app&password={PASSWORD}", folder.path().display());
    fs::write(&config, format!("[database]\nurl = {url:?}\n[vector]\napi_key = {API_KEY:?}\n")).unwrap();
    let out = folder.path().join("bundle.zip");
    let made = bundle(folder.path(), &config, &out);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let files = files(&out);
    assert_clean(&files, &["Quartzmann", "canary", "555012", "Zebrafish"]);
    let database: Value = serde_json::from_str(text(&files, "database.json")).unwrap();
    assert!(database["not_asked"].as_str().is_some_and(|reason| !reason.is_empty()), "{database}");
    assert!(text(&files, "versions.json").contains("not asked: "));
    assert!(text(&files, "log.txt").contains("a task failed"));
}
