//! TalentPrompt: a recruiting team's own talent search engine on one small server.
//!
//! The map, lowest floor first. A file may use only floors below its own, and modules on one floor do not
//! know each other; `tests/architecture.rs` reads the source and fails when this is broken.

/// Floor 4: the one metered door to every model: tiers, prompts, budget, cache, fallback, validation.
pub mod ai;
/// Floor 0: clock, randomness, bounded text, secrets; knows nothing of the project.
pub mod base;
/// Floor 8: composition and life cycle.
pub mod boot;
/// Floor 9: the command line, one file per command.
pub mod cli;
/// Floor 2: the configuration file and the only reader of the environment.
pub mod config;
/// Floor 5: what recruit, ops and tasks are given.
pub mod context;
/// Floor 3: other programs: embedding model, vector engine, document readers, files, cache.
pub mod gateways;
/// Floor 7: the HTTP API and the embedded web frontend.
pub mod http;
/// Floor 1: pure data and rules (candidates, resumes, skills, queries, evidence); no I/O, no async.
pub mod model;
/// Floor 6: running the appliance.
pub mod ops;
/// Floor 6: what the product does, one file per noun or deed.
pub mod recruit;
/// Floor 3: Postgres; the only SQL.
pub mod store;
/// Floor 7: background tasks.
pub mod tasks;
/// Floor 1: metric families and logging set-up; knows no domain.
pub mod telemetry;
