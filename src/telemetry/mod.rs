//! Floor 1: logging set-up and metric families; knows no domain.
//!
//! To the journal with fields when systemd started us, as JSON for collectors, else to standard error for people.

mod journal;
pub mod metrics;

use tracing_subscriber::filter::ParseError;
use tracing_subscriber::prelude::*;
use tracing_subscriber::{EnvFilter, Registry, fmt, reload};

/// Where the log goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The journal, with fields.
    Journal,
    /// Standard error, a JSON object a line.
    Json,
    /// Standard error, for people.
    Text,
}

/// The running log.
#[derive(Debug, Clone)]
pub struct Log(reload::Handle<EnvFilter, Registry>);

/// Starts the log. `filter` is a level or a filter such as `info,talentprompt=debug`; a wrong one becomes `info`.
pub fn start(filter: &str, target: Target) -> Log {
    let filter = parse(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let (filter, handle) = reload::Layer::new(filter);
    let registry = tracing_subscriber::registry().with(filter);
    let lines = fmt::layer().with_writer(std::io::stderr).with_target(false);
    match target {
        Target::Journal => match journal::Journal::open() {
            Ok(journal) => registry.with(journal).init(),
            Err(_) => registry.with(lines).init(),
        },
        Target::Json => {
            let lines = fmt::layer().json().flatten_event(true).with_span_list(false).with_writer(std::io::stderr);
            registry.with(lines).init();
        }
        Target::Text => registry.with(lines).init(),
    }
    Log(handle)
}

/// The client of OpenAI's protocol logs what was answered, which may say much of a person.
fn parse(filter: &str) -> Result<EnvFilter, ParseError> {
    EnvFilter::try_new(format!("{filter},async_openai=off"))
}

/// Whether `text` is a level or a filter.
pub fn is_filter(text: &str) -> bool {
    parse(text).is_ok()
}

impl Log {
    /// From now on this filter; a wrong one changes nothing.
    pub fn filter(&self, filter: &str) {
        if let Ok(filter) = parse(filter) {
            // The log lives as long as the process.
            drop(self.0.reload(filter));
        }
    }
}
