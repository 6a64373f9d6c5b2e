//! Floor 1: logging set-up; knows no domain.
//!
//! To the journal with fields when systemd started us, else to standard error for people.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::prelude::*;

/// Starts the log. `filter` is a level or a filter such as `info,talentprompt=debug`; a wrong one becomes `info`.
pub fn start(filter: &str, to_journal: bool) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let registry = tracing_subscriber::registry().with(filter);
    if to_journal && let Ok(journal) = tracing_journald::layer() {
        registry.with(journal).init();
        return;
    }
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
    registry.with(layer).init();
}
