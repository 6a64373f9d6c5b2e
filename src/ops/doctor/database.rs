//! Does the database answer, with a role that cannot see every tenant, and with this version's schema?

use async_trait::async_trait;

use super::{Check, Finding};
use crate::context::Context;

pub(super) struct Database;

#[async_trait]
impl Check for Database {
    async fn run(&self, ctx: &Context) -> Finding {
        const NAME: &str = "database";
        if let Err(error) = ctx.store.check_role().await {
            return Finding::error(NAME, error.to_string(), "check `[database] url` and that Postgres runs");
        }
        match ctx.store.migrations().await {
            Ok(known) if known.iter().all(|(_, _, applied)| *applied) => {
                Finding::ok(NAME, format!("answers; {} migrations applied", known.len()))
            }
            Ok(_) => Finding::error(NAME, "the schema is older than this program", "run `talentprompt migrate up`"),
            Err(error) => Finding::error(NAME, error.to_string(), "check that Postgres runs"),
        }
    }
}
