//! For whoever watches the process: is it alive, can it work.

use axum::extract::State;

use crate::context::Context;
use crate::http::problem::{Answer, Problem};
use crate::recruit::Error;

/// The process answers.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// The process can work: its database and its vector engine answer.
pub async fn ready(State(ctx): State<Context>) -> Answer<&'static str> {
    ctx.store.ready().await.map_err(|error| Problem::from(Error::from(error)))?;
    ctx.vectors.ready().await.map_err(|error| Problem::from(Error::from(error)))?;
    Ok("ready\n")
}
