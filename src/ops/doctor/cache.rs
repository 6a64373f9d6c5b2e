//! Does Redis answer?

use async_trait::async_trait;

use super::{Check, Finding};
use crate::context::Context;

pub(super) struct Cache;

#[async_trait]
impl Check for Cache {
    async fn run(&self, ctx: &Context) -> Finding {
        const NAME: &str = "redis";
        match ctx.cache.ready().await {
            Some(true) => Finding::ok(NAME, "answers"),
            Some(false) => Finding::warning(
                NAME,
                "does not answer; sessions and limits are kept in the process meanwhile",
                "check `[redis] url` and that Redis runs",
            ),
            None => Finding::ok(NAME, "not configured; sessions and limits are kept in the process"),
        }
    }
}
