//! Is background work given up?

use async_trait::async_trait;

use super::{Check, Finding};
use crate::context::Context;

pub(super) struct Tasks;

#[async_trait]
impl Check for Tasks {
    async fn run(&self, ctx: &Context) -> Finding {
        const NAME: &str = "tasks";
        match ctx.store.task_counts().await {
            Ok(counts) if counts.dead == 0 => {
                Finding::ok(NAME, format!("{} waiting, {} running, none given up", counts.ready, counts.running))
            }
            Ok(counts) => Finding::warning(
                NAME,
                format!("{} tasks were given up", counts.dead),
                "see the failed uploads, and try them again there",
            ),
            Err(error) => Finding::error(NAME, error.to_string(), "check that Postgres runs"),
        }
    }
}
