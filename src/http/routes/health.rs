//! For whoever watches the process: is it alive, can it work.

use axum::extract::State;

use crate::context::Context;
use crate::gateways::vectors::Ready;
use crate::http::problem::{Answer, Problem};
use crate::recruit::Error;

/// The process answers.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// Requests are answered: the database answers, and searches have a whole index, the server's or its stand-in. An index
/// in the process that is being filled at the start is ready: searches wait for it, up to ten seconds, and everything
/// else is answered at once. Were it not, a restart would look like an outage to whoever watches or sends requests here.
pub async fn ready(State(ctx): State<Context>) -> Answer<&'static str> {
    ctx.store.ready().await.map_err(|error| Problem::from(Error::from(error)))?;
    match ctx.vectors.ready().await.map_err(|error| Problem::from(Error::from(error)))? {
        Ready::Whole => Ok("ready\n"),
        Ready::Lacking => Err(Error::Unavailable("the index, which is being filled,").into()),
    }
}
