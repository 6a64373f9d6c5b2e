//! The whole application for one test: a database of its own, Redis, the router on a port of its own, the workers.
//!
//! Each application is spoken to from an own loopback address, so that what is counted by address in the shared Redis
//! never meets another test. Most tests embed with [`HashEmbedder`]; those about meaning ask for the real model.

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{COOKIE, HeaderMap};
use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use talentprompt::ai::Door;
use talentprompt::base::clock::{Clock, SystemClock};
use talentprompt::base::turns::Turns;
use talentprompt::base::{random, secret};
use talentprompt::boot::lifecycle::{self, Role};
use talentprompt::config::{self, Config, Live};
use talentprompt::context::Context;
use talentprompt::gateways::cache::Cache;
use talentprompt::gateways::embed::local::LocalEmbedder;
use talentprompt::gateways::embed::{Embedder, Error as EmbedError, ModelInfo};
use talentprompt::gateways::extract::{ExtractLimits, Extractor};
use talentprompt::gateways::files::Files;
use talentprompt::gateways::vectors::embedded::EmbeddedIndex;
use talentprompt::model::ids::WorkspaceId;
use talentprompt::recruit::accounts::setup::{self, NewOwner};
use talentprompt::store::Store;
use talentprompt::store::queue::Counts;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::OnceCell;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The password of everybody in the tests.
pub const PASSWORD: &str = "correct horse battery";

/// How long a file may take from upload to its last status on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(90);

/// What is special about a test's application.
pub struct Plan {
    /// Whether background workers run.
    pub workers: bool,
    /// Whether texts are embedded by the real model.
    pub model: bool,
    /// Changes the configuration.
    pub config: fn(&mut Config),
    /// Replaces parts of the application.
    pub context: fn(&mut Context),
}

impl Default for Plan {
    fn default() -> Self {
        Self { workers: true, model: false, config: |_| {}, context: |_| {} }
    }
}

/// A running application.
pub struct TestApp {
    /// Its surroundings, as its own handlers have them.
    pub ctx: Context,
    base: String,
    from: IpAddr,
    database: String,
    stop: CancellationToken,
    serving: JoinHandle<anyhow::Result<()>>,
    data: TempDir,
}

impl TestApp {
    /// An application as it is installed.
    pub async fn start() -> Self {
        Self::with(Plan::default()).await
    }

    /// An application of its own kind.
    pub async fn with(plan: Plan) -> Self {
        Self::prepared(plan, |_| {}).await
    }

    /// As [`Self::with`], and a part replaced by one that the test made.
    pub async fn prepared(plan: Plan, replace: impl FnOnce(&mut Context)) -> Self {
        let server = environment("TALENTPROMPT_TEST_DATABASE_URL");
        let database = format!("it_{}", secret::hex(&random::bytes::<8>()));
        Store::create_database(&server, &database).await.unwrap();
        Self::found(plan, replace, database, tempfile::tempdir().unwrap()).await
    }

    /// An application on a database and a folder that are there already.
    pub async fn found(plan: Plan, replace: impl FnOnce(&mut Context), database: String, data: TempDir) -> Self {
        let server = environment("TALENTPROMPT_TEST_DATABASE_URL");
        let mut config = configuration(data.path(), &on_database(&server, &database));
        (plan.config)(&mut config);
        talentprompt::boot::migrate(&config).await.unwrap();
        let mut ctx = context(config, plan.model).await;
        (plan.context)(&mut ctx);
        replace(&mut ctx);

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let serving = if plan.workers {
            tokio::spawn(lifecycle::run(ctx.clone(), Role::All, vec![listener].into(), stop.clone()))
        } else {
            let service = talentprompt::http::router(ctx.clone());
            let service = service.into_make_service_with_connect_info::<std::net::SocketAddr>();
            let stopped = stop.clone().cancelled_owned();
            tokio::spawn(async move { Ok(axum::serve(listener, service).with_graceful_shutdown(stopped).await?) })
        };
        let [a, b, c] = random::bytes();
        let from = IpAddr::V4(Ipv4Addr::new(127, a, b, c.clamp(2, 254)));
        Self { ctx, base, from, database, stop, serving, data }
    }

    /// Nobody yet.
    pub fn stranger(&self) -> Client {
        self.stranger_from(self.from)
    }

    /// Nobody yet, at another loopback address.
    pub fn stranger_from(&self, from: IpAddr) -> Client {
        let http = reqwest::Client::builder().local_address(from).build().unwrap();
        Client { http, base: self.base.clone(), credentials: Credentials::None, email: String::new() }
    }

    /// The owner of a new workspace.
    pub async fn owner(&self) -> Client {
        let email = format!("owner-{}@example.com", secret::hex(&random::bytes::<6>()));
        let owner = NewOwner {
            workspace: "Acme".to_owned(),
            name: "Olga Owner".to_owned(),
            email: email.clone(),
            password: PASSWORD.to_owned(),
        };
        setup::create(&self.ctx, owner).await.unwrap();
        self.sign_in(&email).await
    }

    /// A new member of the owner's workspace who came by invitation: `owner`, `recruiter` or `viewer`.
    pub async fn member(&self, owner: &Client, role: &str) -> Client {
        let email = format!("{role}-{}@example.com", secret::hex(&random::bytes::<6>()));
        let invited = owner.post("/members", &json!({"email": email, "name": "Mia Member", "role": role})).await;
        let url = invited.expect(StatusCode::CREATED)["invitation_url"].as_str().unwrap().to_owned();
        let token = url.split_once("token=").unwrap().1;
        let mut client = self.stranger();
        let accepted = client.post("/invitations/accept", &json!({"token": token, "password": PASSWORD})).await;
        client.enter(&accepted);
        client
    }

    /// Somebody who signs in with [`PASSWORD`].
    pub async fn sign_in(&self, email: &str) -> Client {
        let mut client = self.stranger();
        let answer = client.post("/auth/login", &json!({"email": email, "password": PASSWORD})).await;
        client.enter(&answer);
        client
    }

    /// A connection to the application's database as its owner, whom row-level security does not bind.
    pub async fn superuser(&self) -> PgConnection {
        PgConnection::connect(&self.ctx.config.get().database.admin_url).await.unwrap()
    }

    /// A connection as the role the application has.
    pub async fn application_role(&self) -> PgConnection {
        PgConnection::connect(&self.ctx.config.get().database.url).await.unwrap()
    }

    /// Runs a statement of the test's own as the superuser; answers how many rows it changed.
    pub async fn sql(&self, statement: &str) -> u64 {
        let mut connection = self.superuser().await;
        sqlx::query(AssertSqlSafe(statement.to_owned())).execute(&mut connection).await.unwrap().rows_affected()
    }

    /// Ends the application as an operator stops it; answers its database and its folder, for [`Self::found`].
    pub async fn stop(self) -> (String, TempDir) {
        self.stop.cancel();
        self.serving.await.unwrap().unwrap();
        drop(self.ctx);
        let mut server = PgConnection::connect(&environment("TALENTPROMPT_TEST_DATABASE_URL")).await.unwrap();
        let used = "select count(*) from pg_stat_activity where datname = $1";
        while sqlx::query_scalar::<_, i64>(used).bind(&self.database).fetch_one(&mut server).await.unwrap() > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        (self.database, self.data)
    }

    /// Where its data and its configuration file are.
    pub fn folder(&self) -> &Path {
        self.data.path()
    }

    /// Ends the application. No task may be left, neither waiting nor given up.
    pub async fn finish(self) {
        self.finish_with(Counts::default()).await;
    }

    /// Ends the application, which left these tasks.
    pub async fn finish_with(self, left: Counts) {
        let mut counts = self.ctx.store.task_counts().await.unwrap();
        // What was erased last is being erased.
        for _ in 0..100 {
            if counts == left {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            counts = self.ctx.store.task_counts().await.unwrap();
        }
        assert_eq!(counts, left, "tasks are left");
        self.stop.cancel();
        self.serving.await.unwrap().unwrap();
        drop(self.ctx);
        let mut server = PgConnection::connect(&environment("TALENTPROMPT_TEST_DATABASE_URL")).await.unwrap();
        // With the copy from before an upgrade, where there was one.
        let names =
            "select datname::text from pg_database where datname = $1 or starts_with(datname, $1 || '_before_')";
        let names: Vec<String> = sqlx::query_scalar(names).bind(&self.database).fetch_all(&mut server).await.unwrap();
        for name in names {
            let statement = format!("drop database {name} with (force)");
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut server).await.unwrap();
        }
    }
}

/// What `with-services` tells the tests.
#[expect(clippy::disallowed_methods, reason = "tests may read the environment")]
pub fn environment(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set; run the tests under tests/support/with-services"))
}

/// The same server's `database`.
pub fn on_database(server: &str, database: &str) -> String {
    server.replace(":///postgres?", &format!(":///{database}?"))
}

/// A configuration file as an operator writes it.
pub fn configuration_file(data: &Path, admin: &str) -> PathBuf {
    let app = admin.replace("user=talentprompt", "user=talentprompt_app");
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/models/data/all-minilm-l6-v2");
    let (folder, model) = (data.to_string_lossy(), model.to_string_lossy());
    let text = format!(
        "[data]\ndir = {folder:?}\n[database]\nurl = {app:?}\nadmin_url = {admin:?}\nmax_connections = 8\n\
         [redis]\nurl = {:?}\n[embedding]\nmodel_dir = {model:?}\n\
         [security]\nrequests_per_minute = 1000000\nanonymous_requests_per_minute = 1000\n",
        environment("TALENTPROMPT_TEST_REDIS_URL")
    );
    let file = data.join("talentprompt.toml");
    std::fs::write(&file, text).unwrap();
    file
}

/// A configuration read from a file, as the program reads its own.
fn configuration(data: &Path, admin: &str) -> Config {
    config::load(Some(&configuration_file(data, admin))).unwrap().config
}

async fn context(config: Config, model: bool) -> Context {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = Store::connect(&config.database.url, config.database.max_connections).await.unwrap();
    store.check_role().await.unwrap();
    let embedder: Arc<dyn Embedder> = if model { real_model(&config).await } else { Arc::new(HashEmbedder::new()) };
    let executable = PathBuf::from(env!("CARGO_BIN_EXE_talentprompt"));
    let cache = Cache::open(&config.redis.url, Arc::clone(&clock)).unwrap();
    let files = Files::open(config.files_dir()).await.unwrap();
    let config: Live = config.into();
    Context {
        ai: Door::new(config.clone(), store.clone(), cache.clone(), Arc::clone(&clock)),
        cache,
        turns: Turns::default(),
        files,
        vectors: Arc::new(EmbeddedIndex::new(embedder.model().dimensions)),
        extractor: Extractor::new(ExtractLimits::default(), executable),
        notices: broadcast::channel(4_096).0,
        services: tokio::sync::watch::channel(None).0,
        config,
        store,
        clock,
        embedder,
    }
}

/// The real model, loaded once in a process.
async fn real_model(config: &Config) -> Arc<dyn Embedder> {
    static MODEL: OnceCell<Arc<LocalEmbedder>> = OnceCell::const_new();
    let folder = config.model_dir();
    let load = async || {
        let model = tokio::task::spawn_blocking(move || LocalEmbedder::load(&folder, 2)).await.unwrap();
        Arc::new(model.unwrap_or_else(|error| panic!("{error}; run packaging/models/fetch.py")))
    };
    let model: Arc<dyn Embedder> = MODEL.get_or_init(load).await.clone();
    model
}

/// Vectors that are alike where words are: each word counts in the dimension of its hash.
pub struct HashEmbedder(ModelInfo);

impl HashEmbedder {
    fn new() -> Self {
        Self(ModelInfo { name: "hashed-words".to_owned(), dimensions: 384, max_tokens: 200 })
    }

    fn vector(&self, text: &str) -> Vec<f32> {
        let mut vector = vec![0.0_f32; self.0.dimensions];
        vector[0] = 0.01;
        for word in text.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
            let hash = secret::sha256(word.as_bytes());
            vector[usize::from(u16::from_le_bytes([hash[0], hash[1]])) % self.0.dimensions] += 1.0;
        }
        let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt();
        vector.iter().map(|number| number / length).collect()
    }
}

#[async_trait]
impl Embedder for HashEmbedder {
    fn model(&self) -> &ModelInfo {
        &self.0
    }

    fn count_tokens(&self, text: &str) -> usize {
        text.split_whitespace().count()
    }

    async fn embed_passages(&self, _: WorkspaceId, texts: Vec<String>) -> Result<Vec<Vec<f32>>, EmbedError> {
        Ok(texts.iter().map(|text| self.vector(text)).collect())
    }

    async fn embed_query(&self, _: WorkspaceId, text: &str) -> Result<Vec<f32>, EmbedError> {
        Ok(self.vector(text))
    }
}

/// How a client proves who it is.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// Not at all.
    None,
    /// As a browser.
    Session {
        /// `name=value` of the session's cookie.
        cookie: String,
        /// The CSRF token.
        csrf: String,
    },
    /// As a program.
    Token(String),
}

/// Somebody who sends requests. The cookie is kept by hand: it is `Secure`, and the tests speak plain HTTP.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    /// Who this is.
    pub credentials: Credentials,
    /// With which e-mail they signed in.
    pub email: String,
}

impl Client {
    /// Takes over the session that an answer opened.
    pub fn enter(&mut self, answer: &Reply) {
        let me = answer.expect(StatusCode::OK);
        let cookie = answer.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let csrf = me["csrf_token"].as_str().unwrap().to_owned();
        me["user"]["email"].as_str().unwrap().clone_into(&mut self.email);
        self.credentials = Credentials::Session { cookie, csrf };
    }

    /// The same machine with an API token instead.
    pub fn with_token(&self, secret: &str) -> Self {
        self.with(Credentials::Token(secret.to_owned()))
    }

    /// The same machine with other credentials.
    pub fn with(&self, credentials: Credentials) -> Self {
        Self { credentials, ..self.clone() }
    }

    /// A request to `path` under `/api/v1`, or at the root where it begins with `/api` already or is the watches'.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let prefix = if path.starts_with("/api/") || path == "/readyz" { "" } else { "/api/v1" };
        self.at(method, &format!("{prefix}{path}"))
    }

    /// A request for the page or the file at `path`.
    pub fn page(&self, path: &str) -> RequestBuilder {
        self.at(Method::GET, path)
    }

    fn at(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base)).timeout(PATIENCE);
        match &self.credentials {
            Credentials::None => request,
            Credentials::Session { cookie, csrf } => request.header(COOKIE, cookie).header("X-CSRF-Token", csrf),
            Credentials::Token(token) => request.bearer_auth(token),
        }
    }

    /// Sends a request and reads the whole answer.
    pub async fn send(&self, request: RequestBuilder) -> Reply {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.bytes().await.unwrap().to_vec();
        Reply { status, headers, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null), bytes }
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(self.request(Method::GET, path)).await
    }

    /// POST of JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// PATCH of JSON.
    pub async fn patch(&self, path: &str, body: &Value) -> Reply {
        self.send(self.request(Method::PATCH, path).json(body)).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Reply {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// A search.
    pub async fn search(&self, body: &Value) -> Value {
        self.post("/search", body).await.expect(StatusCode::OK).clone()
    }

    /// Hands files in together.
    pub async fn hand_in(&self, files: Vec<(&str, Vec<u8>)>) -> Reply {
        let form = files
            .into_iter()
            .fold(Form::new(), |form, (name, bytes)| form.part("file", Part::bytes(bytes).file_name(name.to_owned())));
        self.send(self.request(Method::POST, "/resumes").multipart(form)).await
    }

    /// Hands one file in; answers the upload.
    pub async fn upload(&self, name: &str, bytes: impl Into<Vec<u8>>) -> Value {
        self.hand_in(vec![(name, bytes.into())]).await.expect(StatusCode::ACCEPTED)["uploads"][0].clone()
    }

    /// The upload when it is done, well or not.
    pub async fn wait_for(&self, upload: &Value) -> Value {
        let path = format!("/uploads/{}", id_of(upload));
        let done = async {
            loop {
                let upload = self.get(&path).await.expect(StatusCode::OK).clone();
                if matches!(upload["status"].as_str(), Some("indexed" | "failed")) {
                    return upload;
                }
                tokio::time::sleep(Duration::from_millis(40)).await;
            }
        };
        tokio::time::timeout(PATIENCE, done).await.unwrap_or_else(|_| panic!("{path} was not done in time"))
    }

    /// Hands a resume in and waits until it is found; answers its candidate's id.
    pub async fn add(&self, name: &str, bytes: impl Into<Vec<u8>>) -> String {
        let upload = self.upload(name, bytes).await;
        let upload = self.wait_for(&upload).await;
        assert_eq!(upload["status"], "indexed", "{upload}");
        upload["candidate_id"].as_str().unwrap().to_owned()
    }
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The JSON, or null.
    pub body: Value,
    /// The bytes as they came.
    pub bytes: Vec<u8>,
}

impl Reply {
    /// The JSON of an answer that must have this status.
    #[track_caller]
    pub fn expect(&self, status: StatusCode) -> &Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.bytes));
        &self.body
    }

    /// The problem document of an answer that must have this status and code.
    #[track_caller]
    pub fn problem(&self, status: StatusCode, code: &str) -> &Value {
        self.expect(status);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert_eq!(self.body["code"], code, "{}", self.body);
        assert_eq!(self.body["status"], status.as_u16());
        for member in ["type", "title", "detail"] {
            assert!(self.body[member].as_str().is_some_and(|text| !text.is_empty()), "{member} in {}", self.body);
        }
        &self.body
    }
}

/// The `id` of an object.
#[track_caller]
pub fn id_of(object: &Value) -> String {
    object["id"].as_str().unwrap_or_else(|| panic!("no id in {object}")).to_owned()
}

/// Names of the hits of a search, best first.
pub fn names(answer: &Value) -> Vec<String> {
    let hits = answer["hits"].as_array().unwrap();
    hits.iter().map(|hit| hit["name"].as_str().unwrap().to_owned()).collect()
}

/// A plain resume.
pub fn resume(name: &str, email: &str, title: &str, skills: &[&str]) -> String {
    let work = skills.iter().map(|skill| format!("- Built and ran services with {skill}\n"));
    let work = work.collect::<Vec<_>>().concat();
    format!(
        "{name}\n{title}\n{email}\nBerlin, Germany\n\nExperience\n\n{title}, Northwind GmbH\nJanuary 2018 - December 2024\n\
         {work}\nEducation\n\nMSc Computer Science, TU Berlin, 2012 - 2017\n\nSkills\n\n{}\n\nLanguages\n\nEnglish (C1)\n",
        skills.join(", ")
    )
}
