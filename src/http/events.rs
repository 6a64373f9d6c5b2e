//! Server-sent events: what changed, as it changes, to members of the workspace it belongs to.

use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use futures::Stream;
use serde::Serialize;
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;

use crate::context::Context;
use crate::recruit::accounts::Actor;
use crate::recruit::intake;
use crate::store::listener::Notice;

/// A comment is sent this often, so that proxies keep the connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// A stream of events that ends when the client goes.
pub type Events<S> = Sse<axum::response::sse::KeepAliveStream<S>>;

/// Turns a stream into an answer that stays open.
pub fn open<S: Stream<Item = Result<Event, Infallible>> + Send + 'static>(stream: S) -> Events<S> {
    Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

/// An event with JSON in it.
pub fn event<T: Serialize>(name: &str, data: &T) -> Event {
    let data = serde_json::to_string(data).unwrap_or_else(|_| "{}".to_owned());
    Event::default().event(name).data(data)
}

/// What changes in the actor's workspace. Someone too slow to keep up is told `reload`.
pub fn changes(ctx: Context, actor: Actor) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    let receiver = ctx.notices.subscribe();
    futures::stream::unfold((ctx, actor, receiver), |(ctx, actor, mut receiver)| async move {
        loop {
            let event = match receiver.recv().await {
                Ok(notice) => match describe(&ctx, &actor, notice).await {
                    Some(event) => event,
                    None => continue,
                },
                Err(RecvError::Lagged(_)) => event("reload", &json!({})),
                Err(RecvError::Closed) => return None,
            };
            return Some((Ok(event), (ctx, actor, receiver)));
        }
    })
}

async fn describe(ctx: &Context, actor: &Actor, notice: Notice) -> Option<Event> {
    let own = actor.member.workspace_id;
    match notice {
        Notice::Upload { workspace, id } if workspace == own => {
            let upload = intake::get(ctx, actor, id).await.ok()?;
            Some(event("upload", &upload))
        }
        Notice::Candidate { workspace, id } if workspace == own => {
            Some(event("candidate", &json!({ "id": id, "change": "updated" })))
        }
        Notice::CandidateDeleted { workspace, id } if workspace == own => {
            Some(event("candidate", &json!({ "id": id, "change": "deleted" })))
        }
        _ => None,
    }
}
