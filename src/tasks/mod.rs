//! Floor 7: background tasks. Each is a step that can be repeated without harm; its effect and its end are one
//! transaction.

mod embed;
mod erase;
mod extract;
pub mod mail;
mod reread;
pub mod runner;
pub mod schedule;
mod understand;

use async_trait::async_trait;

use crate::context::Context;
use crate::model::ids::{CandidateId, WorkspaceId};
use crate::recruit::{self, Error};
use crate::store::Tx;
use crate::store::queue::Reserved;

/// What a task leaves behind.
struct Done {
    /// The transaction with its effect; the runner ends the task in it.
    tx: Tx,
    /// Who is to be brought into the index after the commit.
    refresh: Option<(WorkspaceId, CandidateId)>,
}

/// One kind of background work.
#[async_trait]
trait Task: Send + Sync {
    /// The kind's name in the queue.
    fn kind(&self) -> &'static str;
    /// Does it, but for the commit.
    async fn run(&self, ctx: &Context, task: &Reserved) -> recruit::Result<Done>;
    /// Told when the last attempt has failed: leaves the truth where people look.
    async fn give_up(&self, ctx: &Context, task: &Reserved, error: &Error) -> recruit::Result<()>;
}

/// Every kind there is.
fn all() -> [&'static dyn Task; 5] {
    [&extract::Extract, &understand::Understand, &embed::Embed, &reread::Reread, &erase::Erase]
}
