//! `demo`: the whole thing with private child services and no configuration.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio_util::sync::CancellationToken;

use super::{import, output};
use crate::base::{random, secret};
use crate::boot::lifecycle::{self, Role};
use crate::boot::listen::Sockets;
use crate::boot::{self, Need};
use crate::config::{self, Config};
use crate::context::Context;
use crate::ops::supervise::{Postgres, Redis};
use crate::recruit::accounts::setup::{self, NewOwner};
use crate::store::Store;
use crate::telemetry::{self, Target};

/// Try the whole product: private Postgres and Redis, sample resumes, no configuration
///
/// Everything is kept in one directory and runs until Ctrl-C; a second start is up in seconds. The sign-in is printed
/// and kept in DIR/sign-in. Other commands work on the demo with --config DIR/talentprompt.toml.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Where everything is kept
    #[arg(long, value_name = "DIR", default_value = ".demo")]
    data: PathBuf,
    /// The port of the web page
    #[arg(long, value_name = "N", default_value_t = 8080)]
    port: u16,
    /// Do not import the sample resumes in DIR/samples
    #[arg(long)]
    no_sample: bool,
    /// The folder of the embedding model [default: DIR/models/all-minilm-l6-v2]
    #[arg(long, value_name = "DIR")]
    model_dir: Option<PathBuf>,
}

const DATABASE: &str = "talentprompt";
const EMAIL: &str = "demo@example.com";

/// The workspace with the samples.
const WORKSPACE: &str = "Demo";

/// Longest path of a socket's directory that leaves room for the socket's name (`unix(7)`: 107 bytes in all).
const SOCKET_DIR_BYTES: usize = 80;

/// How long a service that ended is left alone: its own children need a moment to notice.
const AGAIN: Duration = Duration::from_secs(1);

/// Runs the command.
pub async fn run(arguments: Arguments) -> Result<ExitCode> {
    telemetry::start("warn", Target::Text);
    let listen = format!("127.0.0.1:{}", arguments.port);
    let sockets = Sockets::take(&listen, None).await?;
    std::fs::create_dir_all(&arguments.data)
        .with_context(|| format!("cannot make {}; choose another place with --data", arguments.data.display()))?;
    let data = arguments.data.canonicalize()?;
    let stop = lifecycle::stop_on_signals()?;

    output::say("starting Postgres and Redis");
    let services = Services::start(&data).await?;
    let admin = services.postgres.database_url(DATABASE);
    Store::create_database(&services.postgres.database_url("postgres"), DATABASE).await?;
    let settings =
        Settings { listen, data: &data, admin: &admin, redis: &services.redis.url(), model: &arguments.model_dir };
    let config = configuration(&settings)?;
    boot::migrate(&config).await?;
    output::say("loading the embedding model and the index");
    let ctx = boot::context(config, Need::IndexSoon).await?;
    let password = account(&ctx, &data).await?;

    let serving = tokio::spawn(lifecycle::run(ctx.clone(), Role::All, sockets.open()?, stop.clone()));
    if !arguments.no_sample {
        samples(&ctx, &data.join("samples"), &stop).await?;
    }
    if !stop.is_cancelled() {
        welcome(&ctx, &data, &password);
    }
    let services = services.keep(&stop, &data).await;
    stop.cancel();
    output::say("stopping");
    serving.await??;
    services?.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// The private services of a data directory.
struct Services {
    postgres: Postgres,
    redis: Redis,
}

impl Services {
    async fn start(data: &Path) -> Result<Self> {
        Ok(Self { postgres: start_postgres(data).await?, redis: start_redis(data).await? })
    }

    /// Starts a service again that ended by itself, until `stop`; fails when it does not start any more.
    async fn keep(self, stop: &CancellationToken, data: &Path) -> Result<Self> {
        let Self { mut postgres, mut redis } = self;
        loop {
            let lost = tokio::select! {
                () = stop.cancelled() => return Ok(Self { postgres, redis }),
                _ = postgres.ended() => "Postgres",
                _ = redis.ended() => "Redis",
            };
            output::say(&format!("{lost} ended by itself and is started again; its log is in {}", data.display()));
            tokio::time::sleep(AGAIN).await;
            // What ended still holds the locks of its directory.
            if lost == "Postgres" {
                drop(postgres);
                postgres = start_postgres(data).await?;
            } else {
                drop(redis);
                redis = start_redis(data).await?;
            }
        }
    }

    async fn stop(self) {
        self.redis.stop().await;
        self.postgres.stop().await;
    }
}

async fn start_postgres(data: &Path) -> Result<Postgres> {
    Ok(Postgres::start(&data.join("postgres"), &socket_dir(data), &data.join("postgres.log")).await?)
}

async fn start_redis(data: &Path) -> Result<Redis> {
    Ok(Redis::start(&data.join("redis"), &socket_dir(data), &data.join("redis.log")).await?)
}

/// The services' sockets: beside the data, or in a short place where that path is too long for a socket.
fn socket_dir(data: &Path) -> PathBuf {
    let beside = data.join("run");
    if beside.as_os_str().len() <= SOCKET_DIR_BYTES {
        return beside;
    }
    let name = secret::hex(&secret::sha256(data.as_os_str().as_encoded_bytes())[..6]);
    PathBuf::from("/tmp").join(format!("talentprompt-{name}"))
}

struct Settings<'a> {
    listen: String,
    data: &'a Path,
    admin: &'a str,
    redis: &'a str,
    model: &'a Option<PathBuf>,
}

/// Writes the demo's configuration file and reads it back, as any other command will.
fn configuration(settings: &Settings<'_>) -> Result<Config> {
    let model = match settings.model {
        Some(dir) => dir.canonicalize().with_context(|| format!("there is no model in {}", dir.display()))?,
        None => PathBuf::new(),
    };
    let app = settings.admin.replace("user=talentprompt", "user=talentprompt_app");
    let text = format!(
        "# Written at each start of `talentprompt demo`; use it with --config.\n\
         [server]\nlisten = {:?}\n\n[data]\ndir = {:?}\n\n[database]\nurl = {app:?}\nadmin_url = {:?}\n\n\
         [redis]\nurl = {:?}\n\n[embedding]\nmodel_dir = {:?}\n",
        settings.listen,
        settings.data.to_string_lossy(),
        settings.admin,
        settings.redis,
        model.to_string_lossy()
    );
    let path = settings.data.join("talentprompt.toml");
    std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(config::load(Some(&path))?.config)
}

/// The demo's account: made once, its password kept in a file only we can read.
async fn account(ctx: &Context, data: &Path) -> Result<String> {
    let path = data.join("sign-in");
    if !setup::is_needed(ctx).await? {
        let known = std::fs::read_to_string(&path).unwrap_or_default();
        return Ok(known.lines().nth(1).unwrap_or("(see the file sign-in)").to_owned());
    }
    let password = random::token()[..16].to_owned();
    write_private(&path, &format!("{EMAIL}\n{password}\n"))?;
    let owner = NewOwner {
        workspace: WORKSPACE.to_owned(),
        name: "Demo Owner".to_owned(),
        email: EMAIL.to_owned(),
        password: password.clone(),
    };
    setup::create(ctx, owner).await?;
    Ok(password)
}

fn write_private(path: &Path, text: &str) -> Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("cannot write {}", path.display()))
}

async fn samples(ctx: &Context, dir: &Path, stop: &CancellationToken) -> Result<()> {
    if !dir.is_dir() {
        output::say("there are no sample resumes; `make samples` writes them");
        return Ok(());
    }
    let actor = super::session::operator(ctx, Some(WORKSPACE)).await?;
    let folder = [dir.to_owned()];
    let mut workers = import::Workers::new(ctx);
    let report = tokio::select! {
        report = import::import(ctx, &actor, &folder, &mut workers) => Some(report),
        () = stop.cancelled() => None,
    };
    workers.end().await?;
    if let Some(report) = report {
        report?.say();
    }
    Ok(())
}

fn welcome(ctx: &Context, data: &Path, password: &str) {
    output::say(&format!(
        "\n  TalentPrompt is ready:  {}\n  sign in with            {EMAIL}\n  password                {password}\n\n  \
         on the command line     talentprompt --config {}/talentprompt.toml search \"senior Java developer in Berlin\"\n  \
         stop with Ctrl-C\n",
        ctx.config.get().public_url(),
        data.display()
    ));
}
