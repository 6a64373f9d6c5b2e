//! Does the vector engine answer?

use async_trait::async_trait;

use super::{Check, Finding};
use crate::context::Context;

pub(super) struct Index;

#[async_trait]
impl Check for Index {
    async fn run(&self, ctx: &Context) -> Finding {
        const NAME: &str = "vectors";
        let model = ctx.embedder.model();
        match ctx.vectors.ready().await {
            Ok(_) => Finding::ok(
                NAME,
                format!(
                    "the engine `{}` answers; model {}, {} numbers",
                    ctx.vectors.name(),
                    model.name,
                    model.dimensions
                ),
            ),
            Err(error) => Finding::error(NAME, error.to_string(), "check `[vector] url` and that Qdrant runs"),
        }
    }
}
