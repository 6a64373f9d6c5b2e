//! Reads the layers and says of every value where it came from, and of every mistake where it stands.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::{Config, DEFAULT, environment};

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The default that is compiled in.
    Default,
    /// The operator's file.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => path.display().fmt(f),
            Self::Environment(name) => write!(f, "environment {name}"),
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
    #[error("{path}: {reason}", path = .0.display(), reason = .1)]
    Syntax(PathBuf, String),
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
    #[error("the configuration cannot be used: {0}")]
    Invalid(String),
}

/// The configuration with the origin of each value.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The values.
    pub config: Config,
    /// `section.key` → value as text and where it came from, in order.
    pub values: BTreeMap<String, (String, Source)>,
}

/// Reads the default, then `file` where given, then the environment.
///
/// # Panics
/// Never: the default file is tested.
pub fn load(file: Option<&Path>) -> Result<Loaded, Error> {
    let mut table: Table = DEFAULT.parse().expect("the default file is tested");
    let mut sources = BTreeMap::new();
    if let Some(path) = file {
        let text = std::fs::read_to_string(path).map_err(|error| Error::Unreadable(path.to_owned(), error))?;
        let over: Table = text.parse().map_err(|error| Error::Syntax(path.to_owned(), format!("{error}")))?;
        for (section, values) in &over {
            let place = |key: &str| format!("{}:{}", path.display(), line_of(&text, section, key));
            let Value::Table(values) = values else {
                return Err(unknown(place(section), section.clone(), &section_names(&table)));
            };
            for (key, value) in values {
                set(&mut table, section, key, value.clone(), place(key))?;
                sources.insert(format!("{section}.{key}"), Source::File(path.to_owned()));
            }
        }
    }
    for (section, key, text) in environment::overrides() {
        let name = format!("TALENTPROMPT__{}__{}", section.to_uppercase(), key.to_uppercase());
        let value = match table.get(&section).and_then(|values| values.get(&key)) {
            Some(Value::Integer(_)) => text.parse().map_or_else(|_| Value::String(text.clone()), Value::Integer),
            Some(Value::Boolean(_)) => text.parse().map_or_else(|_| Value::String(text.clone()), Value::Boolean),
            _ => Value::String(text),
        };
        set(&mut table, &section, &key, value, name.clone())?;
        sources.insert(format!("{section}.{key}"), Source::Environment(name));
    }
    // The default owner of the tables belongs to the default database: a database of one's own is not migrated as it.
    if sources.contains_key("database.url") && !sources.contains_key("database.admin_url") {
        set(&mut table, "database", "admin_url", Value::String(String::new()), String::new())?;
    }
    let values = flatten(&table, &sources);
    let config = table.try_into().map_err(|error: toml::de::Error| Error::Invalid(error.message().to_owned()))?;
    Ok(Loaded { config, values })
}

fn set(table: &mut Table, section: &str, key: &str, value: Value, place: String) -> Result<(), Error> {
    let names = section_names(table);
    let Some(Value::Table(values)) = table.get_mut(section) else {
        return Err(unknown(place, section.to_owned(), &names));
    };
    let Some(current) = values.get(key) else {
        let keys: Vec<String> = values.keys().map(|name| format!("{section}.{name}")).collect();
        return Err(unknown(place, format!("{section}.{key}"), &keys));
    };
    if !current.same_type(&value) {
        let expected = match current {
            Value::Integer(_) => "a whole number",
            Value::Boolean(_) => "true or false",
            _ => "text in quotes",
        };
        return Err(Error::WrongType {
            place,
            key: format!("{section}.{key}"),
            expected: expected.to_owned(),
            value: value.to_string(),
        });
    }
    values.insert(key.to_owned(), value);
    Ok(())
}

fn section_names(table: &Table) -> Vec<String> {
    table.keys().cloned().collect()
}

fn unknown(place: String, key: String, known: &[String]) -> Error {
    let nearest = known.iter().map(|name| (strsim::jaro_winkler(name, &key), name)).max_by(|a, b| a.0.total_cmp(&b.0));
    let hint = match nearest {
        Some((likeness, name)) if likeness > 0.7 => format!("; did you mean `{name}`?"),
        _ => String::new(),
    };
    Error::UnknownKey { place, key, hint }
}

/// The line of `key` in `[section]`, from 1; the section's own where the key is written in another way.
fn line_of(text: &str, section: &str, key: &str) -> usize {
    let mut current = String::new();
    let mut section_line = 1;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[') {
            name.trim_end_matches(']').trim().clone_into(&mut current);
            if current == section {
                section_line = number + 1;
            }
        } else if current == section && line.split('=').next().is_some_and(|name| name.trim() == key) {
            return number + 1;
        }
    }
    section_line
}

fn flatten(table: &Table, sources: &BTreeMap<String, Source>) -> BTreeMap<String, (String, Source)> {
    let mut out = BTreeMap::new();
    for (section, values) in table {
        for (key, value) in values.as_table().into_iter().flatten() {
            let name = format!("{section}.{key}");
            let source = sources.get(&name).cloned().unwrap_or(Source::Default);
            let text = if is_secret(&name, value) { "********".to_owned() } else { value.to_string() };
            out.insert(name, (text, source));
        }
    }
    out
}

/// Keys whose value is never shown: keys themselves, and URLs that may carry a password.
fn is_secret(name: &str, value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    !text.is_empty() && (name.ends_with("api_key") || (name.ends_with("url") && text.contains('@')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load_text(text: &str) -> Result<Loaded, Error> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        load(Some(file.path()))
    }

    #[test]
    fn the_default_file_is_a_whole_configuration() {
        let loaded = load(None).unwrap();
        assert_eq!(loaded.config.server.listen, "127.0.0.1:8080");
        assert_eq!(loaded.values["server.listen"].1, Source::Default);
    }

    #[test]
    fn a_file_overrides_and_is_named_as_the_source() {
        let loaded = load_text("[server]\nlisten = \"0.0.0.0:80\"\n").unwrap();
        assert_eq!(loaded.config.server.listen, "0.0.0.0:80");
        assert!(matches!(loaded.values["server.listen"].1, Source::File(_)));
    }

    #[test]
    fn a_database_of_ones_own_is_not_migrated_at_the_default_place() {
        let local = load(None).unwrap().config;
        assert!(local.admin_url().ends_with("&user=talentprompt"));
        let own = load_text("[database]\nurl = \"postgresql://db.example/x\"\n").unwrap().config;
        assert_eq!(own.admin_url(), "postgresql://db.example/x");
    }

    #[test]
    fn a_misspelt_key_is_named_with_its_line_and_the_nearest_key() {
        let error = load_text("[server]\n\nlissten = \"x\"\n").unwrap_err().to_string();
        assert!(error.contains(":3: there is no key `server.lissten`; did you mean `server.listen`?"), "{error}");
    }

    #[test]
    fn a_value_of_the_wrong_kind_says_what_is_taken() {
        let error = load_text("[tasks]\nworkers = \"two\"\n").unwrap_err().to_string();
        assert!(error.contains(":2: `tasks.workers` takes a whole number, not `\"two\"`"), "{error}");
    }

    #[test]
    fn a_password_in_a_url_is_not_shown() {
        let loaded = load_text("[database]\nurl = \"postgresql://a:secret@host/db\"\n").unwrap();
        assert_eq!(loaded.values["database.url"].0, "********");
    }
}
