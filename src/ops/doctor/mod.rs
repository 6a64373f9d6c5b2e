//! `doctor`: a list of checks, each a small file with what it looks at and what to do about a finding.

mod cache;
mod database;
mod documents;
mod index;
mod tasks;

use async_trait::async_trait;
use serde::Serialize;

use crate::context::Context;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Nothing is wrong.
    Ok,
    /// It works, but somebody should know.
    Warning,
    /// Something does not work.
    Error,
}

/// What a check saw.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// Which check.
    pub check: &'static str,
    /// How bad.
    pub level: Level,
    /// What was seen.
    pub saw: String,
    /// What to do, where something should be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub todo: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, saw: impl Into<String>) -> Self {
        Self { check, level: Level::Ok, saw: saw.into(), todo: None }
    }

    fn warning(check: &'static str, saw: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { check, level: Level::Warning, saw: saw.into(), todo: Some(todo.into()) }
    }

    fn error(check: &'static str, saw: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { check, level: Level::Error, saw: saw.into(), todo: Some(todo.into()) }
    }
}

/// One thing that is looked at.
#[async_trait]
trait Check: Send + Sync {
    async fn run(&self, ctx: &Context) -> Finding;
}

/// Runs every check, in order.
pub async fn run(ctx: &Context) -> Vec<Finding> {
    let checks: [&dyn Check; 5] =
        [&database::Database, &cache::Cache, &index::Index, &documents::Documents, &tasks::Tasks];
    let mut findings = Vec::new();
    for check in checks {
        findings.push(check.run(ctx).await);
    }
    findings
}
