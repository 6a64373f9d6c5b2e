//! Computes the vectors of a resume; afterwards it is found by its meaning.

use async_trait::async_trait;

use super::runner::{give_up_upload, payload};
use super::{Done, Task};
use crate::context::Context;
use crate::recruit::intake::{self, Step};
use crate::recruit::{Error, Result};
use crate::store::queue::Reserved;

/// The task.
pub(super) struct Embed;

#[async_trait]
impl Task for Embed {
    fn kind(&self) -> &'static str {
        Step::Embed.kind()
    }

    async fn run(&self, ctx: &Context, task: &Reserved) -> Result<Done> {
        let tx = intake::embed(ctx, payload(task)?).await?;
        Ok(Done { tx, refresh: None })
    }

    async fn give_up(&self, ctx: &Context, task: &Reserved, error: &Error) -> Result<()> {
        give_up_upload(ctx, task, error).await
    }
}
