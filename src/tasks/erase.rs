//! Erases bytes that nobody needs any more.

use async_trait::async_trait;

use super::runner::payload;
use super::{Done, Task};
use crate::context::Context;
use crate::recruit::erasure;
use crate::recruit::{Error, Result};
use crate::store::queue::Reserved;

/// The task.
pub(super) struct Erase;

#[async_trait]
impl Task for Erase {
    fn kind(&self) -> &'static str {
        erasure::KIND
    }

    async fn run(&self, ctx: &Context, task: &Reserved) -> Result<Done> {
        Ok(Done { tx: erasure::erase(ctx, payload(task)?).await?, refresh: None })
    }

    /// The task stays and is shown as given up.
    async fn give_up(&self, _ctx: &Context, task: &Reserved, error: &Error) -> Result<()> {
        tracing::error!(%error, task = %task.id, "bytes that nobody needs could not be erased");
        Ok(())
    }
}
