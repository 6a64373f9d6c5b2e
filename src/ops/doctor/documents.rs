//! Can documents be read, and is their reader locked up?

use async_trait::async_trait;

use super::{Check, Finding};
use crate::context::Context;

pub(super) struct Documents;

#[async_trait]
impl Check for Documents {
    async fn run(&self, ctx: &Context) -> Finding {
        const NAME: &str = "documents";
        let test = match ctx.extractor.sandbox_self_test().await {
            Ok(test) => test,
            Err(error) => return Finding::error(NAME, error.to_string(), error.hint()),
        };
        if let Some((program, package)) = test.missing_tools.first() {
            return Finding::error(NAME, format!("`{program}` is not installed"), format!("apt install {package}"));
        }
        if !test.holds() {
            return Finding::warning(
                NAME,
                "the reader of documents is not fully locked up on this machine",
                "allow user namespaces and Landlock to this program (a newer kernel, or the shipped unit)",
            );
        }
        Finding::ok(NAME, "can be read; the reader has no network and no files but its own")
    }
}
