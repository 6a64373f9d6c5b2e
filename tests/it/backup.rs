//! Backups by the command line: what was there is there again, what is damaged is found, what is half made is not there.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use talentprompt::base::{random, secret};
use talentprompt::model::backup::id;
use talentprompt::recruit::erasure;
use talentprompt::store::Store;

use crate::support::app::{Client, Plan, TestApp, configuration_file, environment, id_of, on_database, resume};

/// What a command did.
struct Done {
    code: Option<i32>,
    said: String,
    told: String,
}

impl Done {
    /// The JSON of a command that must end with this code.
    #[track_caller]
    fn json(&self, code: i32) -> Value {
        assert_eq!(self.code, Some(code), "{}{}", self.said, self.told);
        serde_json::from_str(&self.said).unwrap_or_else(|_| panic!("{}{}", self.said, self.told))
    }

    /// What a command said to people that must have failed.
    #[track_caller]
    fn refused(&self, because: &str) {
        assert_eq!(self.code, Some(1), "{}{}", self.said, self.told);
        assert!(self.told.contains(because), "{because}: {}", self.told);
    }
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_talentprompt"));
    command.args(arguments).arg("--config").arg(folder.join("talentprompt.toml"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a command of the program with the configuration in `folder`.
async fn run(folder: &Path, arguments: &[&str]) -> Done {
    let mut command = command(folder, arguments);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Done { code: output.status.code(), said: text(output.stdout), told: text(output.stderr) }
}

async fn create(folder: &Path) -> Value {
    run(folder, &["backup", "create", "--json"]).await.json(0)
}

fn folder_of(made: &Value) -> PathBuf {
    made["path"].as_str().unwrap().into()
}

/// Changes a backup's manifest.
fn lie(made: &Value, change: impl FnOnce(&mut Value)) {
    let path = folder_of(made).join("manifest.json");
    let mut manifest = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut manifest);
    fs::write(path, manifest.to_string()).unwrap();
}

/// The documents in a folder of them, by their addresses.
fn documents(folder: &Path) -> Vec<PathBuf> {
    let below = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = below(folder.to_owned()).flat_map(below).flat_map(below).collect();
    found.sort();
    found
}

/// Waits until as many documents are kept.
async fn wait_for_documents(app: &TestApp, count: usize) {
    let folder = app.folder().join("files");
    while documents(&folder).len() != count {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A person with a resume, their dossier, and the bytes of the document.
async fn person(client: &Client, id: &str) -> (Value, Vec<u8>) {
    let dossier = client.get(&format!("/candidates/{id}")).await.expect(StatusCode::OK).clone();
    let file = format!("/candidates/{id}/resumes/{}/file", id_of(&dossier["resumes"][0]));
    let bytes = client.get(&file).await;
    bytes.expect(StatusCode::OK);
    (dossier, bytes.bytes)
}

async fn restart(stopped: (String, tempfile::TempDir)) -> TestApp {
    TestApp::found(Plan::default(), |_| {}, stopped.0, stopped.1).await
}

fn ana() -> String {
    resume("Ana Lima", "ana@example.com", "Rust Developer", &["Rust"])
}

fn ben() -> String {
    resume("Ben Okoro", "ben@example.com", "Data Engineer", &["Python"])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_backup_brings_everything_back_and_can_be_undone() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let (one, two) = (owner.add("ana.txt", ana()).await, owner.add("ben.txt", ben()).await);
    let before = [person(&owner, &one).await, person(&owner, &two).await];
    let made = create(app.folder()).await;
    let name = made["id"].as_str().unwrap().to_owned();
    assert_eq!((&made["people"], &made["files"], &made["new_files"]), (&json!(2), &json!(2), &json!(2)));
    assert_eq!((&made["copied_files"], &made["missing"]), (&json!(0), &json!([])));

    owner.delete(&format!("/candidates/{one}")).await.expect(StatusCode::NO_CONTENT);
    owner.patch(&format!("/candidates/{two}"), &json!({"name": "Somebody Else"})).await.expect(StatusCode::OK);
    owner.add("carla.txt", resume("Carla Novak", "carla@example.com", "Nurse", &["Care"])).await;
    wait_for_documents(&app, 2).await;
    run(app.folder(), &["backup", "restore", &name]).await.refused("systemctl stop talentprompt.socket");
    run(app.folder(), &["backup", "restore", &name, "--confirm"]).await.refused("the appliance serves");

    let (email, stopped) = (owner.email.clone(), app.stop().await);
    let folder = stopped.1.path().to_owned();
    run(&folder, &["backup", "restore", &name]).await.refused("--confirm");
    let restored = run(&folder, &["backup", "restore", &name, "--confirm", "--json"]).await.json(0);
    assert_eq!((&restored["restored"]["people"], &restored["restored"]["files_put_back"]), (&json!(2), &json!(1)));
    assert_eq!((&restored["reindex"], &restored["undo"]), (&json!(false), &json!("talentprompt migrate roll-back")));

    let app = restart(stopped).await;
    let owner = app.sign_in(&email).await;
    assert_eq!([person(&owner, &one).await, person(&owner, &two).await], before);
    let people = owner.get("/candidates").await.expect(StatusCode::OK)["candidates"].as_array().unwrap().len();
    assert_eq!(people, 2);

    // Carla's document is named by the database that is kept alone; it is old, and still there when that comes back.
    let carlas = documents(&folder.join("files"));
    assert_eq!(carlas.len(), 3);
    app.sql("update workspaces set created_at = created_at - interval '90 days'").await;
    for path in &carlas {
        let at = app.ctx.now() - chrono::TimeDelta::days(30);
        fs::File::options().write(true).open(path).unwrap().set_modified(at.into()).unwrap();
    }
    assert_eq!(erasure::sweep(&app.ctx).await.unwrap(), 0);
    let stopped = app.stop().await;
    assert_eq!(run(&folder, &["migrate", "roll-back", "--yes", "--json"]).await.code, Some(0));
    let app = restart(stopped).await;
    let owner = app.sign_in(&email).await;
    owner.get(&format!("/candidates/{one}")).await.expect(StatusCode::NOT_FOUND);
    assert_eq!(person(&owner, &two).await.0["name"], "Somebody Else");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_damaged_is_named_and_is_not_restored() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    owner.add("ana.txt", ana()).await;
    run(app.folder(), &["backup", "verify"]).await.refused("there is no backup");
    let made = create(app.folder()).await;
    let name = made["id"].as_str().unwrap();
    assert_eq!(run(app.folder(), &["backup", "verify", "--json"]).await.json(0)["sound"], true);

    let dump = folder_of(&made).join("database.sql.gz");
    let whole = fs::read(&dump).unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    fs::write(&dump, flipped).unwrap();
    let document = documents(&app.folder().join("backups/files")).pop().unwrap();
    fs::remove_file(&document).unwrap();
    fs::write(&document, "something else").unwrap();
    let verified = run(app.folder(), &["backup", "verify", name, "--json"]).await.json(1);
    let files: Vec<_> = verified["damage"].as_array().unwrap().iter().map(|one| one["file"].clone()).collect();
    let relative = document.strip_prefix(app.folder().join("backups")).unwrap().to_string_lossy();
    assert_eq!(files, [json!(format!("{name}/database.sql.gz")), json!(relative)], "{verified}");
    assert_eq!(verified["lost"], json!([]), "the store still has it");
    let listed = run(app.folder(), &["backup", "list", "--json"]).await.json(0);
    assert_eq!(listed[0]["verified"]["damage"].as_array().unwrap().len(), 2);
    run(app.folder(), &["backup", "drill"]).await.code.filter(|code| *code == 1).expect("a damaged dump is drilled");

    let stopped = app.stop().await;
    let folder = stopped.1.path().to_owned();
    run(&folder, &["backup", "restore", name, "--confirm"]).await.refused("is damaged (1 of its files)");
    fs::write(&dump, whole).unwrap();
    let app = restart(stopped).await;
    // The store still has the document, so that the next backup mends the pool.
    let bytes = fs::metadata(documents(&folder.join("files")).pop().unwrap()).unwrap().len();
    fs::write(&document, vec![b'x'; usize::try_from(bytes).unwrap()]).unwrap();
    create(&folder).await;
    assert_eq!(run(&folder, &["backup", "verify", name, "--json"]).await.json(0)["sound"], true);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_document_is_left_out_and_named_and_everything_else_is_restored() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    owner.add("ana.txt", ana()).await;
    owner.add("ben.txt", ben()).await;
    let made = create(app.folder()).await;
    let name = made["id"].as_str().unwrap();
    let (pool, kept) = (app.folder().join("backups/files"), documents(&app.folder().join("files")));
    // The backup's is the same file, so that both are damaged; the other one is gone here and whole there.
    fs::write(&kept[0], "something else").unwrap();
    fs::remove_file(&kept[1]).unwrap();
    let address = kept[0].file_name().unwrap().to_str().unwrap();
    assert_eq!(run(app.folder(), &["backup", "verify", "--json"]).await.json(1)["lost"], json!([address]));
    run(app.folder(), &["backup", "verify"]).await.refused("hand them in again");

    let stopped = app.stop().await;
    let folder = stopped.1.path().to_owned();
    let restored = run(&folder, &["backup", "restore", name, "--confirm", "--json"]).await.json(1);
    let restored = &restored["restored"];
    assert_eq!((&restored["people"], &restored["files_put_back"]), (&json!(2), &json!(1)));
    let left_out = restored["files_left_out"].as_array().unwrap();
    assert!(left_out.len() == 1 && left_out[0]["file"].as_str().unwrap().ends_with(address), "{restored}");
    assert!(kept[1].exists());

    let app = restart(stopped).await;
    let again = create(&folder).await;
    assert_eq!((&again["files"], &again["missing"]), (&json!(1), &json!([address])));
    assert_eq!(documents(&pool).len(), 2);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_keeps_the_documents_of_the_database_alone_and_never_in_the_store_itself() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    owner.add("ana.txt", ana()).await;
    let stray = app.folder().join("files/ab/cd").join("abcd".repeat(16));
    fs::create_dir_all(stray.parent().unwrap()).unwrap();
    fs::write(&stray, "of nobody").unwrap();
    assert_eq!(create(app.folder()).await["files"], 1);
    let pool = app.folder().join("backups/files");
    assert_eq!(documents(&pool).len(), 1);
    fs::remove_dir_all(&pool).unwrap();
    std::os::unix::fs::symlink("../files", &pool).unwrap();
    run(app.folder(), &["backup", "create"]).await.refused("`[backup] dir`");
    assert_eq!(documents(&app.folder().join("files")).len(), 2);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_that_is_killed_is_never_listed_and_a_second_one_waits_for_its_turn() {
    let app = TestApp::with(Plan { workers: false, ..Plan::default() }).await;
    let backups = app.folder().join("backups");
    let mut holder = app.superuser().await;
    sqlx::raw_sql("begin; lock table candidates in access exclusive mode").execute(&mut holder).await.unwrap();
    let mut child = command(app.folder(), &["backup", "create"]).spawn().unwrap();
    let halves = || {
        let names = fs::read_dir(&backups).into_iter().flatten().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.to_string_lossy().ends_with(".making")).count()
    };
    while halves() == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    run(app.folder(), &["backup", "create"]).await.refused("another backup is being made");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(run(app.folder(), &["backup", "list", "--json"]).await.json(0), json!([]));
    let last: Value = serde_json::from_slice(&fs::read(backups.join("last.json")).unwrap()).unwrap();
    assert_eq!((&last["ended"], &last["error"]), (&Value::Null, &Value::Null));

    sqlx::raw_sql("rollback").execute(&mut holder).await.unwrap();
    holder.close().await.unwrap();
    create(app.folder()).await;
    assert_eq!(halves(), 0);
    assert_eq!(run(app.folder(), &["backup", "list", "--json"]).await.json(0).as_array().unwrap().len(), 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_backups_go_but_for_the_newest_and_documents_that_came_just_now() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let (one, _) = (owner.add("ana.txt", ana()).await, owner.add("ben.txt", ben()).await);
    let first = create(app.folder()).await;
    owner.delete(&format!("/candidates/{one}")).await.expect(StatusCode::NO_CONTENT);
    wait_for_documents(&app, 1).await;
    let second = create(app.folder()).await;
    let pool = app.folder().join("backups/files");
    assert_eq!((&second["new_files"], documents(&pool).len()), (&json!(0), 2));

    let old = id(app.ctx.now() - chrono::TimeDelta::days(15));
    fs::rename(folder_of(&first), app.folder().join("backups").join(&old)).unwrap();
    let third = create(app.folder()).await;
    assert_eq!(third["removed"], json!({"backups": [], "files": 0, "stays": null}), "the newest three stay");
    let fourth = create(app.folder()).await;
    assert_eq!(fourth["removed"], json!({"backups": [old], "files": 0, "stays": null}));
    assert_eq!(documents(&pool).len(), 2, "what nobody lists stays for a day");
    let listed = run(app.folder(), &["backup", "list", "--json"]).await.json(0);
    let names: Vec<_> = listed.as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
    assert_eq!(names, [fourth["id"].clone(), third["id"].clone(), second["id"].clone()]);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drill_restores_the_newest_and_finds_a_manifest_that_lies() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    owner.add("ana.txt", ana()).await;
    let made = create(app.folder()).await;
    let drill = run(app.folder(), &["backup", "drill", "--json"]).await.json(0);
    assert_eq!((&drill["people"], &drill["files"], &drill["differed"]), (&json!(1), &json!(1), &json!([])));
    let kept: Value = serde_json::from_slice(&fs::read(app.folder().join("backups/drill.json")).unwrap()).unwrap();
    assert_eq!(kept, drill);

    lie(&made, |manifest| manifest["counts"]["candidates"] = json!(2));
    let drill = run(app.folder(), &["backup", "drill", "--json"]).await.json(1);
    assert_eq!(drill["differed"], json!(["candidates: 1 rows instead of 2"]));
    let left: i64 =
        sqlx::query_scalar("select count(*) from pg_database where datname = current_database() || '_drill'")
            .fetch_one(&mut app.superuser().await)
            .await
            .unwrap();
    assert_eq!(left, 0, "the scratch database stays");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_a_later_version_schema_or_postgres_is_refused_with_what_to_do() {
    let app = TestApp::with(Plan { workers: false, ..Plan::default() }).await;
    let made = create(app.folder()).await;
    let stopped = app.stop().await;
    let (folder, name) = (stopped.1.path().to_owned(), made["id"].as_str().unwrap());
    let manifest = fs::read(folder_of(&made).join("manifest.json")).unwrap();
    for (key, value, because) in [
        ("schema", json!(99), "schema 99"),
        ("version", json!("99.0.0"), "apt install talentprompt=99.0.0"),
        ("postgres", json!(99), "talentprompt migrate postgres"),
    ] {
        lie(&made, |manifest| manifest[key] = value);
        run(&folder, &["backup", "restore", name, "--confirm"]).await.refused(because);
        fs::write(folder_of(&made).join("manifest.json"), &manifest).unwrap();
    }
    run(&folder, &["backup", "restore", "20000101T000000Z", "--confirm"]).await.refused("talentprompt backup list");
    assert_eq!(run(&folder, &["backup", "restore", name, "--confirm"]).await.code, Some(0));
    restart(stopped).await.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_restore_keeps_is_lost_to_the_next_one_only_if_it_may_be() {
    let app = TestApp::with(Plan { workers: false, ..Plan::default() }).await;
    let made = create(app.folder()).await;
    let owner = app.owner().await;
    let (email, stopped) = (owner.email.clone(), app.stop().await);
    let (folder, name) = (stopped.1.path().to_owned(), made["id"].as_str().unwrap());
    assert_eq!(run(&folder, &["backup", "restore", name, "--confirm"]).await.code, Some(0));
    for arguments in [&["backup", "restore", name][..], &["backup", "restore", name, "--confirm"]] {
        let done = run(&folder, arguments).await;
        done.refused(&format!("{}_before_", stopped.0));
        done.refused("talentprompt migrate roll-back");
        done.refused("--replace-kept");
    }
    assert_eq!(run(&folder, &["migrate", "roll-back", "--yes", "--json"]).await.code, Some(0));
    let app = restart(stopped).await;
    app.sign_in(&email).await;

    let stopped = app.stop().await;
    for arguments in [&["--confirm"][..], &["--confirm", "--replace-kept"]] {
        let done = run(&folder, &[&["backup", "restore", name], arguments].concat()).await;
        assert_eq!(done.code, Some(0), "{}{}", done.said, done.told);
    }
    restart(stopped).await.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_that_is_killed_changes_nothing_and_is_begun_again() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    owner.add("ana.txt", ana()).await;
    let made = create(app.folder()).await;
    let ben = owner.add("ben.txt", ben()).await;
    let (email, stopped) = (owner.email.clone(), app.stop().await);
    let (folder, name) = (stopped.1.path().to_owned(), made["id"].as_str().unwrap());

    let mut server = PgConnection::connect(&environment("TALENTPROMPT_TEST_DATABASE_URL")).await.unwrap();
    let mut child = command(&folder, &["backup", "restore", name, "--confirm"]).spawn().unwrap();
    let begun = "select exists (select from pg_database where datname = $1 || '_restoring')";
    while !sqlx::query_scalar::<_, bool>(begun).bind(&stopped.0).fetch_one(&mut server).await.unwrap() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let app = restart(stopped).await;
    let owner = app.sign_in(&email).await;
    person(&owner, &ben).await;

    let stopped = app.stop().await;
    assert_eq!(
        run(&folder, &["backup", "restore", name, "--confirm", "--json"]).await.json(0)["restored"]["people"],
        1
    );
    let left: bool = sqlx::query_scalar(begun).bind(&stopped.0).fetch_one(&mut server).await.unwrap();
    assert!(!left, "the database that was not complete stays");
    let app = restart(stopped).await;
    app.sign_in(&email).await.get(&format!("/candidates/{ben}")).await.expect(StatusCode::NOT_FOUND);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_root_backs_up_belongs_to_the_owner_of_the_data() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let app = TestApp::start().await;
    let owner = app.owner().await;
    owner.add("ana.txt", ana()).await;
    // Another user than root, who is let in to the database.
    let server = environment("TALENTPROMPT_TEST_DATABASE_URL");
    let socket = server.split_once("host=").unwrap().1.split('&').next().unwrap();
    let user = fs::metadata(socket).unwrap().uid();
    let mut places = vec![app.folder().to_owned()];
    while let Some(place) = places.pop() {
        chown(&place, Some(user), None).unwrap();
        places.extend(fs::read_dir(&place).into_iter().flatten().map(|entry| entry.unwrap().path()));
    }
    create(app.folder()).await;
    assert_eq!(run(app.folder(), &["backup", "verify", "--json"]).await.json(0)["sound"], true);
    let (mut places, mut seen) = (vec![app.folder().join("backups")], 0);
    while let Some(place) = places.pop() {
        let found = place.metadata().unwrap();
        assert_eq!((found.uid(), found.mode() & 0o077), (user, 0), "{}", place.display());
        seen += 1;
        places.extend(fs::read_dir(&place).into_iter().flatten().map(|entry| entry.unwrap().path()));
    }
    assert!(user != 0 && seen > 10, "{seen} files and folders of user {user}");
    app.finish().await;
}

/// As the package has it: the role that owns the tables is no superuser, and row-level security binds it as well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_who_is_no_superuser_backs_up_and_restores_every_workspace() {
    // Makes the application's role, where this is the first test of the server.
    let other = TestApp::with(Plan { workers: false, ..Plan::default() }).await;
    let server = environment("TALENTPROMPT_TEST_DATABASE_URL");
    let name = format!("it_{}", secret::hex(&random::bytes::<8>()));
    let mut superuser = PgConnection::connect(&server).await.unwrap();
    let mut statement = async |text: String| {
        sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut superuser).await.unwrap();
    };
    statement(format!("create role {name} login createdb")).await;
    statement(format!("create database {name} owner {name}")).await;
    let url = on_database(&server, &name).replace("user=talentprompt", &format!("user={name}"));
    Store::migrate(&url, 1 << 40).await.unwrap();
    let mut database = PgConnection::connect(&on_database(&server, &name)).await.unwrap();
    let people = "insert into workspaces select gen_random_uuid(), 'Acme', now() from generate_series(1, 2);
        insert into candidates (id, workspace_id, name, created_at, updated_at)
        select gen_random_uuid(), id, 'Ana', now(), now() from workspaces, generate_series(1, 3)";
    sqlx::raw_sql(people).execute(&mut database).await.unwrap();

    let folder = tempfile::tempdir().unwrap();
    configuration_file(folder.path(), &url);
    let made = create(folder.path()).await;
    assert_eq!(made["people"], 6);
    assert_eq!(run(folder.path(), &["backup", "drill", "--json"]).await.json(0)["people"], 6);
    sqlx::raw_sql("delete from workspaces; drop policy backup on candidates").execute(&mut database).await.unwrap();
    run(folder.path(), &["backup", "create"]).await.refused("cannot read every row of: candidates");
    database.close().await.unwrap();
    let restored =
        run(folder.path(), &["backup", "restore", made["id"].as_str().unwrap(), "--confirm", "--json"]).await;
    assert_eq!(restored.json(0)["restored"]["people"], 6);
    assert_eq!(create(folder.path()).await["people"], 6);

    let kept = restored.json(0)["restored"]["before"].as_str().unwrap().to_owned();
    for text in [format!("drop database {name}"), format!("drop database {kept}"), format!("drop role {name}")] {
        statement(text).await;
    }
    other.finish().await;
}
