//! Sends mail in the background, beside the other tasks: it has a queue of its own, as what may be sent in a day is little
//! and what waits must not hold up what reads resumes.

use tokio_util::sync::CancellationToken;

use crate::context::Context;
use crate::ops::mail::delivery;

/// Sends what is in the outbox until `stop`.
pub async fn run(ctx: Context, stop: CancellationToken) {
    delivery::run(ctx, stop).await;
}
