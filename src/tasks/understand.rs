//! Turns an upload's text into a candidate's resume; afterwards it is found by its words.

use async_trait::async_trait;

use super::runner::{give_up_upload, payload};
use super::{Done, Task};
use crate::context::Context;
use crate::recruit::intake::{self, Step, UploadTask};
use crate::recruit::{Error, Result};
use crate::store::queue::Reserved;

/// The task.
pub(super) struct Understand;

#[async_trait]
impl Task for Understand {
    fn kind(&self) -> &'static str {
        Step::Understand.kind()
    }

    async fn run(&self, ctx: &Context, task: &Reserved) -> Result<Done> {
        let upload: UploadTask = payload(task)?;
        let (tx, candidate) = intake::understand(ctx, upload).await?;
        Ok(Done { tx, refresh: candidate.map(|id| (upload.workspace, id)) })
    }

    async fn give_up(&self, ctx: &Context, task: &Reserved, error: &Error) -> Result<()> {
        give_up_upload(ctx, task, error).await
    }
}
