//! Floor 2: the configuration, and the only reader of the environment.
//!
//! Layers, lowest first: the default file that is compiled in (and shipped), the operator's file, the environment, the
//! secrets. Every value knows where it came from.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use serde::Deserialize;

pub mod ai;
mod check;
mod credentials;
pub mod domain;
pub mod environment;
mod load;
pub mod mail;
pub mod proxies;
mod tls;

pub use ai::{Ai, LOCAL, PROVIDERS, Provider};
pub use load::{Changes, Error, Loaded, Source, load};
pub use mail::Mail;
pub use tls::Tls;

/// The default file: the documented default is the real default.
pub const DEFAULT: &str = include_str!("../../packaging/talentprompt.toml");

/// Where the operator's file is, unless `--config` names another.
pub const DEFAULT_PATH: &str = "/etc/talentprompt/talentprompt.toml";

/// The keys that are read at each use, so that a change is in force as soon as the file is read again. The others are
/// read when something is opened or started.
pub const LIVE: [&str; 50] = [
    "server.public_url",
    "intake.max_file_mb",
    "intake.max_files",
    "intake.default_country",
    "security.session_days",
    "security.requests_per_minute",
    "security.anonymous_requests_per_minute",
    "security.failed_sign_ins",
    "log.level",
    "backup.dir",
    "backup.keep_days",
    "ai.simple",
    "ai.medium",
    "ai.complex",
    "ai.month_usd",
    "ai.day_usd",
    "ai.warn_percent",
    "ai.simple_percent",
    "ai.medium_percent",
    "ai.complex_percent",
    "ai.prices",
    "ai.compare",
    "ai.compare_percent",
    "ai.cache_days",
    "openai.api_key",
    "openai.url",
    "openai.requests_per_minute",
    "openai.tokens_per_minute",
    "openai.timeout_s",
    "claude.api_key",
    "claude.url",
    "claude.requests_per_minute",
    "claude.tokens_per_minute",
    "claude.timeout_s",
    "compatible.api_key",
    "compatible.url",
    "compatible.requests_per_minute",
    "compatible.tokens_per_minute",
    "compatible.timeout_s",
    "mail.provider",
    "mail.from",
    "mail.reply_to",
    "mail.url",
    "mail.password",
    "mail.ca_file",
    "mail.api_key",
    "mail.api_url",
    "mail.daily_limit",
    "mail.webhook_secret",
    "mail.dkim_selector",
];

/// The configuration that is in force: the same for everyone who holds it, also after it was read again.
#[derive(Debug, Clone)]
pub struct Live(Arc<RwLock<Arc<Config>>>);

impl Live {
    /// The values at this moment.
    pub fn get(&self) -> Arc<Config> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on these.
    pub fn set(&self, config: Config) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
    }
}

impl From<Config> for Live {
    fn from(config: Config) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(config))))
    }
}

/// Everything that can be configured.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The web server.
    pub server: Server,
    /// Its certificates.
    pub tls: Tls,
    /// Where data is kept.
    pub data: Data,
    /// Postgres.
    pub database: Database,
    /// Redis.
    pub redis: Redis,
    /// The vector engine.
    pub vector: Vector,
    /// The embedding model.
    pub embedding: Embedding,
    /// What is accepted.
    pub intake: Intake,
    /// Models that write and read, and what they may cost.
    pub ai: Ai,
    /// OpenAI.
    pub openai: Provider,
    /// Claude.
    pub claude: Provider,
    /// Any other server of OpenAI's protocol.
    pub compatible: Provider,
    /// Background work.
    pub tasks: Tasks,
    /// Sessions and limits.
    pub security: Security,
    /// Backups.
    pub backup: Backup,
    /// How mail is sent.
    pub mail: Mail,
    /// The log.
    pub log: Log,
    /// What a monitoring system reads.
    pub metrics: Metrics,
}

/// The web server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Address and port.
    pub listen: String,
    /// How people reach it; empty for the address, or the first domain.
    pub public_url: String,
    /// Whom it is believed who their visitor is; see [`proxies::Proxies`].
    pub trusted_proxies: Vec<String>,
}

/// Where data is kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// The root of it.
    pub dir: PathBuf,
}

/// Postgres.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// For everything but migrations.
    pub url: String,
    /// For migrations; empty for the same.
    pub admin_url: String,
    /// Connections held at most.
    pub max_connections: u32,
}

/// Redis.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redis {
    /// Empty for none.
    pub url: String,
}

/// The vector engine.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vector {
    /// `auto`, or `embedded` for the one in the process whatever is installed.
    pub engine: String,
    /// A Qdrant server; empty for the engine in the process. Where the packages are installed, `auto` fills it in.
    pub url: String,
    /// The server's key.
    pub api_key: String,
    /// Collections' names begin with this.
    pub prefix: String,
}

/// The embedding model.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Embedding {
    /// The model's files; empty for the place under the data directory.
    pub model_dir: PathBuf,
    /// Cores for bulk work; 0 for all.
    pub threads: usize,
}

/// What is accepted.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intake {
    /// Megabytes a file.
    pub max_file_mb: u64,
    /// Files a request.
    pub max_files: usize,
    /// Pages a document.
    pub max_pages: u32,
    /// Country of phone numbers that do not say one.
    pub default_country: String,
}

/// Background work.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tasks {
    /// Tasks at once.
    pub workers: usize,
}

/// Sessions and limits.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Security {
    /// Days without use until a session ends.
    pub session_days: i64,
    /// Requests a minute, signed in.
    pub requests_per_minute: u32,
    /// Requests a minute, not signed in.
    pub anonymous_requests_per_minute: u32,
    /// Failed sign-ins a quarter of an hour.
    pub failed_sign_ins: u32,
}

/// Backups.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backup {
    /// Where they are kept; empty for the place under the data directory.
    pub dir: PathBuf,
    /// Days after which they are removed.
    pub keep_days: i64,
}

/// The log.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// Level or filter.
    pub level: String,
    /// `text` or `json`.
    pub format: String,
}

/// What a monitoring system reads.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Address and port; empty for none.
    pub listen: String,
}

impl Config {
    /// How people reach the server, without a slash at the end.
    pub fn public_url(&self) -> String {
        if !self.server.public_url.is_empty() {
            return self.server.public_url.trim_end_matches('/').to_owned();
        }
        if let Some(url) = self.tls.url() {
            return url;
        }
        let listen = self.server.listen.as_str();
        let (host, port) = listen.rsplit_once(':').unwrap_or((listen, "80"));
        // Nobody can open "every address of this machine".
        let host = if matches!(host, "[::]" | "0.0.0.0" | "") { environment::host_name() } else { host.to_owned() };
        if port == "80" { format!("http://{host}") } else { format!("http://{host}:{port}") }
    }

    /// The URL for migrations.
    pub fn admin_url(&self) -> &str {
        if self.database.admin_url.is_empty() { &self.database.url } else { &self.database.admin_url }
    }

    /// Where the local model's files are.
    pub fn model_dir(&self) -> PathBuf {
        if self.embedding.model_dir.as_os_str().is_empty() {
            self.data.dir.join("models").join("all-minilm-l6-v2")
        } else {
            self.embedding.model_dir.clone()
        }
    }

    /// Where certificates that were obtained are, and the accounts at their authorities.
    pub fn tls_dir(&self) -> PathBuf {
        self.data.dir.join("tls")
    }

    /// Where the appliance itself keeps things, under the data directory; backups must not lie there.
    pub fn own_dirs(&self) -> [PathBuf; 6] {
        ["files", "postgres", "qdrant", "redis", "tls", "models"].map(|name| self.data.dir.join(name))
    }

    /// Where backups are.
    pub fn backup_dir(&self) -> PathBuf {
        if self.backup.dir.as_os_str().is_empty() { self.data.dir.join("backups") } else { self.backup.dir.clone() }
    }

    /// Where the bytes of documents are.
    pub fn files_dir(&self) -> PathBuf {
        self.data.dir.join("files")
    }
}

/// The file to read: the one that was named, or the default one where it exists.
pub fn file(named: Option<&Path>) -> Option<PathBuf> {
    match named {
        Some(path) => Some(path.to_owned()),
        None => Some(PathBuf::from(DEFAULT_PATH)).filter(|path| path.exists()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_sent_to_a_name_that_can_be_opened() {
        let mut config = load(None).unwrap().config;
        assert_eq!(config.public_url(), "http://127.0.0.1:8080");
        config.server.listen = "[::]:80".to_owned();
        assert_eq!(config.public_url(), format!("http://{}", environment::host_name()));
        (config.tls.mode, config.tls.domains) = ("acme".to_owned(), vec!["talent.example.com".to_owned()]);
        assert_eq!(config.public_url(), "https://talent.example.com");
        config.tls.listen = "[::]:8443".to_owned();
        assert_eq!(config.public_url(), "https://talent.example.com:8443");
        config.server.public_url = "https://people.example.com/".to_owned();
        assert_eq!(config.public_url(), "https://people.example.com");
    }
}
