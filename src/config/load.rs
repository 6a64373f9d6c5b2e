//! Reads the layers and says of every value where it came from, and of every mistake where it stands.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::{Config, DEFAULT, DEFAULT_PATH, LIVE, check, credentials, environment};

/// What is shown instead of a secret.
const MASK: &str = "********";

/// What there is where the appliance's own Qdrant runs: the program, its unit, and systemd at work.
const LOCAL_QDRANT: [&str; 3] =
    ["/usr/bin/qdrant", "/usr/lib/systemd/system/talentprompt-qdrant.service", "/run/systemd/system"];

/// Where it listens (`packaging/services/qdrant.yaml`).
const LOCAL_QDRANT_URL: &str = "http://127.0.0.1:6334";

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The default that is compiled in.
    Default,
    /// The operator's file, and the line in it.
    File(PathBuf, usize),
    /// An environment variable.
    Environment(String),
    /// A file with a secret.
    Credential(PathBuf),
    /// What is installed on this machine.
    Installed(&'static str),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path, line) => write!(f, "{}:{line}", path.display()),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Credential(path) => write!(f, "credential {}", path.display()),
            Self::Installed(program) => write!(f, "{program} is installed"),
        }
    }
}

/// A mistake in the configuration.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("cannot read {path}: {reason}", path = .0.display(), reason = .1)]
    Unreadable(PathBuf, std::io::Error),
    /// The file is not TOML.
    #[error("{path}:{line}: {reason}", path = .0.display(), line = .1, reason = .2)]
    Syntax(PathBuf, usize, String),
    /// A key that does not exist.
    #[error("{place}: there is no key `{key}`{hint}")]
    UnknownKey {
        /// File and line, or the variable.
        place: String,
        /// The key, with its section.
        key: String,
        /// The nearest key, in words, or nothing.
        hint: String,
    },
    /// A value of the wrong kind.
    #[error("{place}: `{key}` takes {expected}, not `{value}`")]
    WrongType {
        /// File and line, or the variable.
        place: String,
        /// The key, with its section.
        key: String,
        /// What it takes.
        expected: String,
        /// What is there.
        value: String,
    },
    /// A value that the program cannot work with.
    #[error("{place}: `{key}` {reason}")]
    Unusable {
        /// File and line, or the variable.
        place: String,
        /// The key, with its section.
        key: &'static str,
        /// What it takes.
        reason: String,
    },
    /// The whole cannot be read, though each value could.
    #[error("the configuration cannot be used: {0}")]
    Invalid(String),
}

/// The configuration with the origin of each value.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The values.
    pub config: Config,
    table: Table,
    sources: BTreeMap<String, Source>,
}

/// What a second reading of the configuration changes, as `section.key`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// In force from now on.
    pub applied: Vec<String>,
    /// In force after a restart.
    pub waiting: Vec<String>,
}

/// Reads the default, then `file` where given, then the environment, then the credentials.
///
/// # Panics
/// Never: the default file is tested.
pub fn load(file: Option<&Path>) -> Result<Loaded, Error> {
    let mut table: Table = DEFAULT.parse().expect("the default file is tested");
    let mut sources = BTreeMap::new();
    if let Some(path) = file {
        read_file(path, &mut table, &mut sources)?;
    }
    for (section, key, text) in environment::overrides() {
        let name = format!("TALENTPROMPT__{}__{}", section.to_uppercase(), key.to_uppercase());
        set_text(&mut table, &mut sources, (&section, &key), text, Source::Environment(name))?;
    }
    for (section, key, text, path) in credentials::read(file)? {
        set_text(&mut table, &mut sources, (&section, &key), text, Source::Credential(path))?;
    }
    // The owner of the packaged database has no business in another one.
    if sources.contains_key("database.url") && !sources.contains_key("database.admin_url") {
        table["database"]["admin_url"] = Value::String(String::new());
    }
    // The packaged units belong to the packaged file: a demo or a test on the same machine leaves them alone.
    let installed = || LOCAL_QDRANT.iter().all(|path| Path::new(path).exists());
    if file == Some(Path::new(DEFAULT_PATH)) && installed() {
        use_local_qdrant(&mut table, &mut sources);
    }
    Loaded::of(table, sources)
}

/// This machine's own Qdrant, unless the operator said otherwise.
fn use_local_qdrant(table: &mut Table, sources: &mut BTreeMap<String, Source>) {
    let vector = &mut table["vector"];
    if vector["engine"].as_str() == Some("auto") && vector["url"].as_str() == Some("") {
        vector["url"] = Value::String(LOCAL_QDRANT_URL.to_owned());
        sources.insert("vector.url".to_owned(), Source::Installed(LOCAL_QDRANT[0]));
    }
}

fn read_file(path: &Path, table: &mut Table, sources: &mut BTreeMap<String, Source>) -> Result<(), Error> {
    let text = std::fs::read_to_string(path).map_err(|error| Error::Unreadable(path.to_owned(), error))?;
    let over: Table = text.parse().map_err(|error: toml::de::Error| {
        let before = &text[..error.span().map_or(0, |span| span.start.min(text.len()))];
        Error::Syntax(path.to_owned(), before.matches('\n').count() + 1, error.message().to_owned())
    })?;
    for (section, values) in &over {
        let source = |key: &str| Source::File(path.to_owned(), line_of(&text, section, key));
        let Value::Table(values) = values else {
            return Err(unknown(&source(section), section.clone(), &section_names(table)));
        };
        for (key, value) in values {
            set(table, sources, (section, key), value.clone(), source(key))?;
        }
        if values.is_empty() {
            if !table.contains_key(section) {
                return Err(unknown(&source(""), section.clone(), &section_names(table)));
            }
            sources.insert(section.clone(), source(""));
        }
    }
    Ok(())
}

/// Sets a value that was given as text, as in the environment.
fn set_text(
    table: &mut Table,
    sources: &mut BTreeMap<String, Source>,
    (section, key): (&str, &str),
    text: String,
    source: Source,
) -> Result<(), Error> {
    let value = match table.get(section).and_then(|values| values.get(key)) {
        Some(Value::Integer(_)) => text.parse().map_or_else(|_| Value::String(text.clone()), Value::Integer),
        Some(Value::Boolean(_)) => text.parse().map_or_else(|_| Value::String(text.clone()), Value::Boolean),
        Some(Value::Array(_)) => {
            let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
            Value::Array(parts.map(|part| Value::String(part.to_owned())).collect())
        }
        _ => Value::String(text),
    };
    set(table, sources, (section, key), value, source)
}

fn set(
    table: &mut Table,
    sources: &mut BTreeMap<String, Source>,
    (section, key): (&str, &str),
    value: Value,
    source: Source,
) -> Result<(), Error> {
    let names = section_names(table);
    let name = format!("{section}.{key}");
    let Some(Value::Table(values)) = table.get_mut(section) else {
        return Err(unknown(&source, section.to_owned(), &names));
    };
    let Some(current) = values.get(key) else {
        let keys: Vec<String> = values.keys().map(|known| format!("{section}.{known}")).collect();
        return Err(unknown(&source, name, &keys));
    };
    let is_text_throughout = value.as_array().is_none_or(|parts| parts.iter().all(Value::is_str));
    if !current.same_type(&value) || !is_text_throughout {
        let expected = match current {
            Value::Integer(_) => "a whole number",
            Value::Boolean(_) => "true or false",
            Value::Array(_) => "a list of texts in quotes, such as [\"one\", \"another\"]",
            _ => "text in quotes",
        };
        // What stands in a credential is not for the terminal.
        let shown = if matches!(source, Source::Credential(_)) { MASK.to_owned() } else { value.to_string() };
        let expected = expected.to_owned();
        return Err(Error::WrongType { place: source.to_string(), key: name, expected, value: shown });
    }
    values.insert(key.to_owned(), value);
    sources.insert(name, source);
    Ok(())
}

fn section_names(table: &Table) -> Vec<String> {
    table.keys().cloned().collect()
}

fn unknown(source: &Source, key: String, known: &[String]) -> Error {
    let nearest = known.iter().map(|name| (strsim::jaro_winkler(name, &key), name)).max_by(|a, b| a.0.total_cmp(&b.0));
    let hint = match nearest {
        Some((likeness, name)) if likeness > 0.7 => format!("; did you mean `{name}`?"),
        _ => String::new(),
    };
    Error::UnknownKey { place: source.to_string(), key, hint }
}

/// The line of `key` in `[section]`, from 1; the section's own where the key is written in another way.
pub(super) fn line_of(text: &str, section: &str, key: &str) -> usize {
    let mut current = String::new();
    let mut section_line = 1;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[') {
            name.split(']').next().unwrap_or_default().trim().clone_into(&mut current);
            if current == section {
                section_line = number + 1;
            }
        } else if current == section && line.split('=').next().is_some_and(|name| name.trim() == key) {
            return number + 1;
        }
    }
    section_line
}

impl Loaded {
    fn of(table: Table, sources: BTreeMap<String, Source>) -> Result<Self, Error> {
        let mut config: Config =
            table.clone().try_into().map_err(|error: toml::de::Error| Error::Invalid(error.message().to_owned()))?;
        config.tls.is_set = sources.iter().any(|(name, source)| {
            name == "tls.mode" || (name.split('.').next() == Some("tls") && matches!(source, Source::File(..)))
        });
        if let Some((key, reason)) = check::first_mistake(&config) {
            let place = sources.get(key).unwrap_or(&Source::Default).to_string();
            return Err(Error::Unusable { place, key, reason });
        }
        Ok(Self { config, table, sources })
    }

    /// Every value as `section.key`, as text and with where it came from, in order; secrets masked.
    pub fn values(&self) -> impl Iterator<Item = (String, String, &Source)> {
        let sections = self.table.iter().filter_map(|(section, values)| Some((section, values.as_table()?)));
        sections.flat_map(|(section, values)| values.iter().map(move |(key, value)| (section, key, value))).map(
            |(section, key, value)| {
                let name = format!("{section}.{key}");
                let source = self.sources.get(&name).unwrap_or(&Source::Default);
                let secret = is_secret(&name, value) || matches!(source, Source::Credential(_));
                (name, if secret { MASK.to_owned() } else { value.to_string() }, source)
            },
        )
    }

    /// The secrets themselves, and the passwords within URLs: what must not be seen in anything that leaves the machine.
    pub fn secrets(&self) -> Vec<String> {
        let mut secrets = Vec::new();
        for (name, shown, _) in self.values().filter(|(_, shown, _)| shown == MASK) {
            let (section, key) = name.split_once('.').unwrap_or((&name, &shown));
            let text = self.table[section][key].as_str().unwrap_or_default();
            let user = text.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@')).map(|(user, _)| user);
            let password = text.split_once("password=").map(|(_, rest)| rest.split('&').next().unwrap_or_default());
            let within = [user.and_then(|user| Some(user.split_once(':')?.1)), password];
            secrets.extend(within.into_iter().flatten().chain([text]).map(str::to_owned));
        }
        secrets
    }

    /// The file's own values, secrets masked by their keys; comments are dropped, as they may hold anything.
    ///
    /// # Errors
    /// If it is not TOML.
    pub fn masked(text: &str) -> Result<String, toml::de::Error> {
        let mut table: Table = text.parse()?;
        for (section, values) in &mut table {
            for (key, value) in values.as_table_mut().into_iter().flatten() {
                if is_secret(&format!("{section}.{key}"), value) {
                    *value = Value::String(MASK.to_owned());
                }
            }
        }
        Ok(table.to_string())
    }

    /// This configuration with what `fresh` changes, as far as it can be in force without a restart.
    ///
    /// # Errors
    /// If the mixture of both cannot be used.
    pub fn renewed(&self, fresh: &Self) -> Result<(Self, Changes), Error> {
        let mut changes = Changes::default();
        let (mut table, mut sources) = (self.table.clone(), self.sources.clone());
        for (section, values) in &mut table {
            for (key, value) in values.as_table_mut().into_iter().flatten() {
                let name = format!("{section}.{key}");
                let Some(wanted) = fresh.table.get(section).and_then(|values| values.get(key)) else { continue };
                if value == wanted {
                    continue;
                }
                if !LIVE.contains(&name.as_str()) {
                    changes.waiting.push(name);
                    continue;
                }
                value.clone_from(wanted);
                match fresh.sources.get(&name) {
                    Some(source) => sources.insert(name.clone(), source.clone()),
                    None => sources.remove(&name),
                };
                changes.applied.push(name);
            }
        }
        Ok((Self::of(table, sources)?, changes))
    }
}

/// Keys whose value is never shown: keys themselves, and URLs that may carry a password.
fn is_secret(name: &str, value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    let holds_secret = ["api_key", ".key", "password", "secret", "token"].iter().any(|ending| name.ends_with(ending));
    let opens = text.contains('@') || text.contains("password=");
    !text.is_empty() && (holds_secret || (name.ends_with("url") && opens))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_shown_without_its_secrets_and_comments() {
        let text = "[database]\n# old: postgresql://a:older@host/db\nurl = \"postgresql://a:p%40ss@host/db\"\n\
                    [backup]\nkeep_days = 7 # weekly\n";
        let masked = Loaded::masked(text).unwrap();
        assert_eq!(masked.parse::<Table>().unwrap()["database"]["url"].as_str(), Some(MASK));
        assert!(masked.contains("keep_days = 7") && !masked.contains("older") && !masked.contains('#'), "{masked}");
    }

    fn load_text(text: &str) -> Result<Loaded, Error> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("talentprompt.toml");
        std::fs::write(&file, text).unwrap();
        load(Some(&file))
    }

    fn shown(loaded: &Loaded, key: &str) -> (String, Source) {
        let found = loaded.values().find(|(name, ..)| name == key).unwrap();
        (found.1, found.2.clone())
    }

    #[test]
    fn the_default_file_is_a_whole_configuration() {
        let loaded = load(None).unwrap();
        assert_eq!(loaded.config.server.listen, "127.0.0.1:8080");
        assert_eq!(shown(&loaded, "server.listen").1, Source::Default);
    }

    #[test]
    fn what_can_be_changed_without_a_restart_are_keys_that_exist() {
        let loaded = load(None).unwrap();
        let known: Vec<String> = loaded.values().map(|(name, ..)| name).collect();
        assert!(LIVE.iter().all(|key| known.contains(&(*key).to_owned())));
    }

    #[test]
    fn a_file_overrides_and_is_named_as_the_source_with_the_line() {
        let loaded = load_text("[server]\nlisten = \"0.0.0.0:80\"\n").unwrap();
        assert_eq!(loaded.config.server.listen, "0.0.0.0:80");
        assert!(matches!(shown(&loaded, "server.listen").1, Source::File(_, 2)));
    }

    #[test]
    fn a_misspelt_key_is_named_with_its_line_and_the_nearest_key() {
        let error = load_text("[server]\n\nlissten = \"x\"\n").unwrap_err().to_string();
        assert!(error.contains(":3: there is no key `server.lissten`; did you mean `server.listen`?"), "{error}");
        let error = load_text("\n[sever]\n").unwrap_err().to_string();
        assert!(error.contains(":2: there is no key `sever`; did you mean `server`?"), "{error}");
    }

    #[test]
    fn a_value_of_the_wrong_kind_says_what_is_taken() {
        let error = load_text("[tasks]\nworkers = \"two\"\n").unwrap_err().to_string();
        assert!(error.contains(":2: `tasks.workers` takes a whole number, not `\"two\"`"), "{error}");
    }

    #[test]
    fn a_list_takes_texts_and_nothing_else() {
        let loaded = load_text("[server]\ntrusted_proxies = [\"10.0.0.0/8\", \"cloudflare\"]\n").unwrap();
        assert_eq!(loaded.config.server.trusted_proxies, ["10.0.0.0/8", "cloudflare"]);
        for wrong in ["\"cloudflare\"", "[1]"] {
            let error = load_text(&format!("[server]\ntrusted_proxies = {wrong}\n")).unwrap_err().to_string();
            assert!(error.contains(":2: `server.trusted_proxies` takes a list of texts in quotes"), "{error}");
        }
        let error = load_text("[server]\ntrusted_proxies = [\"10.0.0.0/33\"]\n").unwrap_err().to_string();
        assert!(error.contains(":2: `server.trusted_proxies` takes networks"), "{error}");
    }

    #[test]
    fn a_list_from_the_environment_is_parted_by_commas() {
        let mut table: Table = DEFAULT.parse().unwrap();
        let source = Source::Environment("TALENTPROMPT__TLS__DOMAINS".to_owned());
        set_text(&mut table, &mut BTreeMap::new(), ("tls", "domains"), "a.example, b.example".to_owned(), source)
            .unwrap();
        assert_eq!(table["tls"]["domains"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn whoever_has_written_a_section_for_https_has_spoken_of_it() {
        for (text, is_set) in [
            ("", false),
            ("[server]\nlisten = \"[::]:80\"\n#[tls]\n", false),
            ("[tls]\nmode = \"off\"\n", true),
            ("[tls]\n", true),
        ] {
            let loaded = load_text(text).unwrap();
            assert_eq!(loaded.config.tls.is_set, is_set, "{text}");
            assert_eq!(loaded.renewed(&load_text("").unwrap()).unwrap().0.config.tls.is_set, is_set, "{text}");
        }
    }

    #[test]
    fn the_key_of_the_certificate_is_a_secret() {
        let loaded = load_text("[tls]\nkey = \"-----BEGIN\"\n").unwrap();
        assert_eq!(shown(&loaded, "tls.key").0, "********");
    }

    #[test]
    fn a_half_written_file_is_named_with_the_line() {
        let error = load_text("[server]\nlisten = \"127.0.0.1:80\n").unwrap_err().to_string();
        assert!(error.contains("talentprompt.toml:2: "), "{error}");
    }

    #[test]
    fn a_value_that_cannot_work_is_named_with_the_line() {
        let error = load_text("[log]\nformat = \"xml\"\n").unwrap_err().to_string();
        assert!(error.contains(":2: `log.format` takes \"text\" or \"json\""), "{error}");
        let error = load_text("[server]\nlisten = \"8080\"\n").unwrap_err().to_string();
        assert!(error.contains(":2: `server.listen` takes an address and a port"), "{error}");
    }

    #[test]
    fn another_database_is_migrated_by_its_own_role() {
        let loaded = load_text("[database]\nurl = \"postgresql://app@db.example.com/talent\"\n").unwrap();
        assert_eq!(loaded.config.admin_url(), "postgresql://app@db.example.com/talent");
    }

    #[test]
    fn a_password_in_a_url_is_not_shown() {
        let loaded = load_text("[database]\nurl = \"postgresql://a:secret@host/db\"\n").unwrap();
        assert_eq!(shown(&loaded, "database.url").0, "********");
        assert_eq!(loaded.secrets(), ["secret", "postgresql://a:secret@host/db"]);
        let loaded = load_text("[database]\nurl = \"postgresql:///db?password=secret&host=h\"\n").unwrap();
        assert_eq!(shown(&loaded, "database.url").0, "********");
        assert_eq!(loaded.secrets()[0], "secret");
    }

    #[test]
    fn a_credential_beside_the_file_goes_before_everything_and_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("talentprompt.toml");
        std::fs::write(&file, "[vector]\napi_key = \"old\"\n").unwrap();
        std::fs::create_dir(folder.path().join("credentials")).unwrap();
        std::fs::write(folder.path().join("credentials/vector.api_key"), "let-me-in\n").unwrap();
        std::fs::write(folder.path().join("credentials/README"), "secrets\n").unwrap();
        let loaded = load(Some(&file)).unwrap();
        assert_eq!(loaded.config.vector.api_key, "let-me-in");
        let (text, source) = shown(&loaded, "vector.api_key");
        assert_eq!(text, "********");
        assert_eq!(source, Source::Credential(folder.path().join("credentials/vector.api_key")));

        std::fs::write(folder.path().join("credentials/vector.apikey"), "x").unwrap();
        let error = load(Some(&file)).unwrap_err().to_string();
        assert!(
            error.contains("vector.apikey: there is no key `vector.apikey`; did you mean `vector.api_key`?"),
            "{error}"
        );
    }

    #[test]
    fn the_qdrant_of_this_machine_is_used_unless_the_operator_says_otherwise() {
        let with_qdrant = |text: &str| {
            let Loaded { mut table, mut sources, .. } = load_text(text).unwrap();
            use_local_qdrant(&mut table, &mut sources);
            Loaded::of(table, sources).unwrap()
        };
        let loaded = with_qdrant("");
        assert_eq!(loaded.config.vector.url, "http://127.0.0.1:6334");
        let (_, source) = shown(&loaded, "vector.url");
        assert_eq!(source.to_string(), "/usr/bin/qdrant is installed");
        assert_eq!(with_qdrant("[vector]\nengine = \"embedded\"\n").config.vector.url, "");
        let elsewhere = "[vector]\nurl = \"https://qdrant.example.com\"\n";
        assert_eq!(with_qdrant(elsewhere).config.vector.url, "https://qdrant.example.com");
        let listens = include_str!("../../packaging/services/qdrant.yaml");
        assert!(listens.contains("grpc_port: 6334") && listens.contains("host: 127.0.0.1"));

        let both = load_text(&format!("{elsewhere}engine = \"embedded\"\n")).unwrap_err().to_string();
        assert!(both.contains(":2: `vector.url` names a server, but `vector.engine` is \"embedded\""), "{both}");
        let error = load_text("[vector]\nengine = \"faiss\"\n").unwrap_err().to_string();
        assert!(error.contains(":2: `vector.engine` takes \"auto\" or \"embedded\""), "{error}");
    }

    #[test]
    fn a_renewed_configuration_says_what_is_in_force_and_what_waits() {
        let old = load_text("[log]\nlevel = \"info\"\n").unwrap();
        let new = load_text("[log]\nlevel = \"debug\"\n[tasks]\nworkers = 7\n[security]\nsession_days = 3\n").unwrap();
        let (renewed, changes) = old.renewed(&new).unwrap();
        assert_eq!(changes.applied, ["log.level", "security.session_days"]);
        assert_eq!(changes.waiting, ["tasks.workers"]);
        assert_eq!((renewed.config.log.level.as_str(), renewed.config.tasks.workers), ("debug", 2));
        assert_eq!(renewed.config.security.session_days, 3);
        assert!(matches!(shown(&renewed, "log.level").1, Source::File(_, 2)));
    }
}
