//! `support-bundle`: what somebody who helps has to know, without what they must not see.
//!
//! By choice: of the database only numbers, of the configuration what `config show` shows, of the journal what stands in
//! the source and known fields. Besides, every text is scrubbed (`scrub`), with the secrets of this machine by heart.

mod logs;
mod scrub;

use std::fmt::Write as _;
use std::io::{Seek, Write};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

pub use self::logs::FIELDS;
use self::scrub::Scrubber;
use super::supervise;
use crate::config::{Config, Loaded};
use crate::gateways::cache;
use crate::store::{self, Store, server};

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why nothing could be asked.
const MISTAKE: &str = "the configuration has a mistake";

/// What was seen already, by those who can see it.
pub struct Scene<'a> {
    /// The configuration, or the mistake in it.
    pub loaded: Result<&'a Loaded, String>,
    /// The doctor's findings.
    pub findings: Value,
    /// The local services, or why they could not be asked.
    pub services: Result<Value, String>,
    /// The journal with [`FIELDS`], the newest entry first, or why there is none.
    pub journal: Result<String, String>,
    /// The present moment.
    pub now: DateTime<Utc>,
}

/// One file of the bundle.
#[derive(Debug, Clone, Serialize)]
pub struct Part {
    /// Its name.
    pub name: &'static str,
    /// What is in it, in words.
    pub about: &'static str,
    /// Bytes of it.
    pub bytes: usize,
    #[serde(skip)]
    text: String,
}

/// Gathers and scrubs everything; what cannot be asked is said in its place.
pub async fn gather(scene: Scene<'_>) -> Vec<Part> {
    let config = scene.loaded.as_ref().ok().map(|loaded| &loaded.config);
    let scrubber = Scrubber::new(scene.loaded.iter().flat_map(|loaded| loaded.secrets()));
    let (versions, database) = tokio::join!(Box::pin(versions(config)), Box::pin(database(config, scene.now)));
    let document = |value: Value| format!("{:#}\n", scrubber.value(value));
    let log = match &scene.journal {
        Ok(journal) => logs::of(journal, &scrubber),
        Err(reason) => format!("{}\n", scrubber.log(reason)),
    };
    let (configuration, findings) = match &scene.loaded {
        Ok(loaded) => (scrubber.text(&configuration(loaded)), scene.findings),
        // A mistake may show the value that it is about, and the doctor repeats it.
        Err(mistake) => (scrubber.log(mistake), json!({ "not_asked": MISTAKE })),
    };
    let part = |name, about, text: String| Part { name, about, bytes: text.len(), text };
    let services = scene.services.unwrap_or_else(|reason| json!({ "not_asked": reason }));
    let mut parts = vec![
        part("versions.json", "this program, Postgres, the cache, Qdrant, Debian, the kernel", document(versions)),
        part("health.json", "what the doctor finds", document(findings)),
        part("services.json", "the state of the local services", document(services)),
        part("configuration.txt", "the values in force, secrets masked", configuration),
        part("database.json", "migrations, sizes of tables, numbers of tasks", document(database)),
        part("log.txt", "the units' log of the last day, without what people wrote", log),
    ];
    let readme = readme(&parts, scene.now);
    parts.insert(0, part("README.txt", "what this is", readme));
    parts
}

/// Writes the archive.
///
/// # Errors
/// If it cannot be written.
pub fn pack(parts: &[Part], file: impl Write + Seek) -> std::io::Result<()> {
    let mut archive = ZipWriter::new(file);
    for part in parts {
        archive.start_file(part.name, SimpleFileOptions::default().unix_permissions(0o600))?;
        archive.write_all(part.text.as_bytes())?;
    }
    archive.finish()?.flush()
}

fn readme(parts: &[Part], now: DateTime<Utc>) -> String {
    let mut text = format!(
        "What somebody who helps with a TalentPrompt appliance has to know. Made at {}.\n\n",
        now.format("%Y-%m-%d %H:%M:%S UTC")
    );
    for part in parts {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{:<18} {}", part.name, part.about);
    }
    text + "\nSecrets, documents, queries and what is known of people are left out; in the log, e-mail addresses, phone\n\
            numbers, links, names of files and what stands in quotes are replaced by words in brackets. Still: look\n\
            through it before you send it. These are plain texts.\n"
}

fn configuration(loaded: &Loaded) -> String {
    loaded.values().fold(String::new(), |mut text, (key, value, source)| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{key} = {value}  # {source}");
        text
    })
}

async fn versions(config: Option<&Config>) -> Value {
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let system = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME=")).map(|name| name.trim_matches('"'));
    let kernel = rustix::system::uname();
    let mut versions = json!({
        "talentprompt": env!("CARGO_PKG_VERSION"),
        "system": system,
        "kernel": kernel.release().to_string_lossy(),
        "machine": kernel.machine().to_string_lossy(),
    });
    let Some(config) = config else { return versions };
    let known = |answer: Result<String, String>| answer.unwrap_or_else(|reason| format!("not asked: {reason}"));
    let postgres = async { server::probe(&config.database.url).await.map_err(|error| error.to_string()) };
    let postgres = in_time(postgres).await.map(|server| server.map_or("unknown".to_owned(), |server| server.version));
    versions["postgres"] = known(postgres).into();
    versions["cache"] = match config.redis.url.as_str() {
        "" => "none: kept in the process".into(),
        url => known(in_time(cache::probe(url)).await).into(),
    };
    for service in supervise::services(config).into_iter().filter(|service| service.name == "qdrant") {
        let version = in_time(service.probe.ask()).await.map(|facts| facts.version.unwrap_or_default());
        versions["qdrant"] = known(version).into();
    }
    versions
}

/// Numbers, and why there are none where Postgres is away.
async fn database(config: Option<&Config>, now: DateTime<Utc>) -> Value {
    let Some(config) = config else { return json!({ "not_asked": MISTAKE }) };
    let asked = async {
        let store = Store::connect(&config.database.url, 1).await?;
        let (counts, waited) = (store.task_counts().await?, store.task_wait(now).await?);
        Ok::<_, store::Error>(json!({
            "migrations": store.schema().await?.migrations,
            "tables": store.table_sizes().await?,
            "tasks": { "ready": counts.ready, "running": counts.running, "dead": counts.dead, "waited_s": waited },
        }))
    };
    let asked = in_time(Box::pin(async { asked.await.map_err(|error| error.to_string()) }));
    asked.await.unwrap_or_else(|reason| json!({ "not_asked": reason }))
}

async fn in_time<T>(asked: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    tokio::time::timeout(PATIENCE, asked).await.unwrap_or_else(|_| Err("no answer in time".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_configuration_with_a_mistake_makes_a_bundle_that_does_not_show_the_value() {
        let scene = Scene {
            loaded: Err("talentprompt.toml:2: `vector.api_key` takes text in quotes, not `4711`".to_owned()),
            findings: json!(["not `4711`"]),
            services: Err("systemd does not run this machine".to_owned()),
            journal: Err("journalctl cannot be run".to_owned()),
            now: DateTime::UNIX_EPOCH,
        };
        let parts = gather(scene).await;
        let text = |name: &str| parts.iter().find(|part| part.name == name).unwrap().text.clone();
        assert!(text("configuration.txt").starts_with("talentprompt.toml:2: "), "{}", text("configuration.txt"));
        assert!(parts.iter().all(|part| !part.text.contains("4711")));
        assert!(text("database.json").contains("the configuration has a mistake"));
        assert!(parts.iter().all(|part| part.name == "README.txt" || text("README.txt").contains(part.name)));
    }
}
