//! Reads a resume anew that an earlier version understood.

use async_trait::async_trait;

use super::runner::payload;
use super::{Done, Task};
use crate::context::Context;
use crate::recruit::reading;
use crate::recruit::{Error, Result};
use crate::store::queue::Reserved;

/// The task.
pub(super) struct Reread;

#[async_trait]
impl Task for Reread {
    fn kind(&self) -> &'static str {
        reading::KIND
    }

    async fn run(&self, ctx: &Context, task: &Reserved) -> Result<Done> {
        let tx = reading::step(ctx, payload(task)?).await?;
        Ok(Done { tx, refresh: None })
    }

    /// The resume stays as it was understood before, and is tried again after the next start.
    async fn give_up(&self, ctx: &Context, task: &Reserved, _: &Error) -> Result<()> {
        reading::skip(ctx, payload(task)?).await
    }
}
