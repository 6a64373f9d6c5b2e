//! Who may do what, asked of every operation the API describes: nothing here has to be kept in step by hand, and an
//! operation without a role, or a path with a new noun, fails.

use std::collections::BTreeMap;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use talentprompt::base::{random, secret};
use talentprompt::http::openapi;

use crate::support::app::{Client, Credentials, Reply, TestApp, id_of, resume};

/// Roles from the least.
const ROLES: [&str; 3] = ["viewer", "recruiter", "owner"];

/// An operation of the API.
struct Operation {
    method: Method,
    path: String,
    role: String,
}

impl Operation {
    fn has_an_id(&self) -> bool {
        self.path.contains('{')
    }

    fn is_public(&self) -> bool {
        self.role == "public"
    }

    /// The role just below the one that is needed.
    fn role_below(&self) -> Option<&'static str> {
        let place = ROLES.iter().position(|role| *role == self.role)?;
        place.checked_sub(1).map(|place| ROLES[place])
    }
}

impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} ({})", self.method, self.path, self.role)
    }
}

/// Everything in the document.
fn operations() -> Vec<Operation> {
    let document = openapi::document();
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let method = method.to_uppercase().parse().unwrap();
            let role = operation["x-role"].as_str().unwrap_or_default().to_owned();
            operations.push(Operation { method, path: path.clone(), role });
        }
    }
    assert!(operations.len() > 30, "only {} operations are described", operations.len());
    operations
}

/// A workspace with one member of each role and one of each noun.
struct Workspace {
    members: BTreeMap<&'static str, Client>,
    /// Ids that exist, by the part of the path before them.
    ids: BTreeMap<&'static str, String>,
}

impl Workspace {
    async fn new(app: &TestApp) -> Self {
        let owner = app.owner().await;
        let recruiter = app.member(&owner, "recruiter").await;
        let viewer = app.member(&owner, "viewer").await;
        let upload = recruiter.upload("ana.txt", resume("Ana Lima", "ana@example.com", "Engineer", &["Java"])).await;
        let upload = recruiter.wait_for(&upload).await;
        let candidate = upload["candidate_id"].as_str().unwrap().to_owned();
        let dossier = owner.get(&format!("/candidates/{candidate}")).await.expect(StatusCode::OK).clone();
        let token = owner.post("/tokens", &json!({"name": "import"})).await.expect(StatusCode::CREATED).clone();
        let ids = BTreeMap::from([
            ("candidates", candidate),
            ("resumes", id_of(&dossier["resumes"][0])),
            ("uploads", id_of(&upload)),
            ("tokens", id_of(&token["token"])),
            ("sessions", id_of(&owner.get("/sessions").await.body["sessions"][0])),
            ("calls", call(app, &owner).await),
            ("members", id_of(&owner.get("/members").await.body["members"][0])),
        ]);
        Self { members: BTreeMap::from([("owner", owner), ("recruiter", recruiter), ("viewer", viewer)]), ids }
    }

    /// The path with ids of this workspace's own things.
    fn path(&self, operation: &Operation) -> String {
        let mut noun = "";
        let parts = operation.path.split('/').map(|part| {
            if !part.starts_with('{') {
                noun = part;
                return part.to_owned();
            }
            // A public link has a token that nobody knows.
            if operation.is_public() {
                return "unknown".to_owned();
            }
            self.ids.get(noun).unwrap_or_else(|| panic!("{operation}: this test has no id of `{noun}`")).clone()
        });
        parts.collect::<Vec<_>>().join("/")
    }

    /// What can be seen of everything that has an id, times of use left out.
    async fn contents(&self) -> Vec<Value> {
        let mut all = Vec::new();
        for noun in ["members", "tokens", "sessions", "uploads", "candidates"] {
            let mut list = self.members["owner"].get(&format!("/{noun}")).await.expect(StatusCode::OK).clone();
            for row in list[noun].as_array_mut().unwrap() {
                row.as_object_mut().unwrap().remove("last_seen_at");
            }
            all.push(list);
        }
        all
    }
}

/// The id of a call of a model in the owner's workspace.
async fn call(app: &TestApp, owner: &Client) -> String {
    let id = "01890a5d-ac96-774b-bcce-".to_owned() + &secret::hex(&random::bytes::<6>());
    let workspace = owner.get("/auth/me").await.body["workspace"]["id"].as_str().unwrap().to_owned();
    let columns = "id, workspace_id, at, feature, reason, prompt, provider, model, outcome, input_hash";
    let values = format!("'{id}', '{workspace}', now(), 'query', '', '', 'openai', 'gpt-5', 'answered', ''");
    app.sql(&format!("insert into ai_calls ({columns}) values ({values})")).await;
    id
}

async fn ask(client: &Client, operation: &Operation, path: &str) -> Reply {
    let request = client.request(operation.method.clone(), path);
    let request = if operation.method == Method::GET { request } else { request.json(&json!({})) };
    client.send(request).await
}

/// Collects what is wrong, so that one run names every operation at fault.
#[derive(Default)]
struct Faults(Vec<String>);

impl Faults {
    fn check(&mut self, operation: &Operation, who: &str, reply: &Reply, status: StatusCode, code: Option<&str>) {
        let right = reply.status == status && code.is_none_or(|code| reply.body["code"] == code);
        if !right {
            let said = String::from_utf8_lossy(&reply.bytes);
            self.0.push(format!("{operation}: {who} was answered {} {said:.200}", reply.status));
        }
    }

    #[track_caller]
    fn none(self) {
        assert!(self.0.is_empty(), "{}", self.0.join("\n"));
    }
}

#[test]
fn every_operation_says_who_may_use_it() {
    let known = |role: &str| role == "public" || ROLES.contains(&role);
    let unsaid: Vec<String> = operations().iter().filter(|op| !known(&op.role)).map(ToString::to_string).collect();
    assert!(unsaid.is_empty(), "without a role in x-role: {unsaid:?}");
}

#[tokio::test]
async fn every_operation_refuses_strangers_and_lower_roles() {
    let app = TestApp::start().await;
    let workspace = Workspace::new(&app).await;
    let before = workspace.contents().await;
    let stranger = app.stranger();
    let mut faults = Faults::default();
    for operation in operations().iter().filter(|operation| !operation.is_public()) {
        let path = workspace.path(operation);
        let reply = ask(&stranger, operation, &path).await;
        faults.check(operation, "a stranger", &reply, StatusCode::UNAUTHORIZED, Some("session_expired"));
        if let Some(role) = operation.role_below() {
            let reply = ask(&workspace.members[role], operation, &path).await;
            faults.check(operation, role, &reply, StatusCode::FORBIDDEN, Some("forbidden"));
        }
    }
    faults.none();
    assert_eq!(workspace.contents().await, before);
    app.finish().await;
}

#[tokio::test]
async fn nothing_of_a_workspace_is_there_for_the_members_of_another() {
    let app = TestApp::start().await;
    let (ours, theirs) = (Workspace::new(&app).await, Workspace::new(&app).await);
    let before = ours.contents().await;
    let mut faults = Faults::default();
    let of_a_workspace = |operation: &&Operation| operation.has_an_id() && !operation.is_public();
    for operation in operations().iter().filter(of_a_workspace) {
        let reply = ask(&theirs.members[operation.role.as_str()], operation, &ours.path(operation)).await;
        faults.check(operation, "another workspace", &reply, StatusCode::NOT_FOUND, Some("not_found"));
    }
    faults.none();
    assert_eq!(ours.contents().await, before);
    app.finish().await;
}

#[tokio::test]
async fn every_change_from_a_browser_needs_the_sessions_csrf_token() {
    let app = TestApp::start().await;
    let workspace = Workspace::new(&app).await;
    let before = workspace.contents().await;
    let owner = &workspace.members["owner"];
    let Credentials::Session { cookie, .. } = &owner.credentials else { panic!("the owner has a session") };
    let mut faults = Faults::default();
    let changes = operations().into_iter().filter(|operation| operation.method != Method::GET);
    for operation in changes.filter(|operation| !operation.is_public()) {
        for csrf in ["", "0000"] {
            let forged = owner.with(Credentials::Session { cookie: cookie.clone(), csrf: csrf.to_owned() });
            let reply = ask(&forged, &operation, &workspace.path(&operation)).await;
            faults.check(&operation, "a forged page", &reply, StatusCode::FORBIDDEN, Some("csrf_token_wrong"));
        }
    }
    faults.none();
    assert_eq!(workspace.contents().await, before);
    app.finish().await;
}

#[tokio::test]
async fn a_viewer_may_read_whatever_says_so() {
    let app = TestApp::start().await;
    let workspace = Workspace::new(&app).await;
    let viewer = &workspace.members["viewer"];
    let mut faults = Faults::default();
    let says_so = |op: &&Operation| {
        op.method == Method::GET && !op.path.ends_with("/events") && (op.role == "viewer" || op.is_public())
    };
    for operation in operations().iter().filter(says_so) {
        let query = match operation.path.as_str() {
            "/api/v1/suggest" => "?q=ja&kind=skill",
            "/api/v1/search/stream" => "?query=java",
            _ => "",
        };
        let reply = ask(viewer, operation, &(workspace.path(operation) + query)).await;
        faults.check(operation, "a viewer", &reply, StatusCode::OK, None);
    }
    faults.none();
    app.finish().await;
}

#[tokio::test]
async fn what_does_not_exist_and_what_cannot_be_read_are_problem_documents() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    owner.get("/no-such-thing").await.problem(StatusCode::NOT_FOUND, "not_found");
    owner.get("/candidates/not-an-id").await.problem(StatusCode::BAD_REQUEST, "malformed_request");
    owner.get("/uploads?limit=many").await.problem(StatusCode::BAD_REQUEST, "malformed_request");
    let unknown = "/candidates/01890a5d-ac96-774b-bcce-b302099a8057";
    owner.get(unknown).await.problem(StatusCode::NOT_FOUND, "not_found");
    app.finish().await;
}
