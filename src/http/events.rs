//! Server-sent events: what changed, as it changes, to members of the workspace it belongs to.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use futures::Stream;
use serde::Serialize;
use serde_json::json;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::time::{Instant, interval_at};

use crate::context::Context;
use crate::model::ids::{CandidateId, UploadId, WorkspaceId};
use crate::model::upload::Upload;
use crate::recruit::accounts::{Actor, authenticate};
use crate::store::listener::Notice;
use crate::store::{self, Store, uploads};

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

/// How often it is looked whether whoever listens still may: as often as proxies are kept awake.
const LOOK: Duration = KEEP_ALIVE;

/// What listeners may be behind before they are told that they missed some.
const BEHIND: usize = 4_096;

/// A change, ready to be sent to everybody of a workspace.
#[derive(Debug, Clone)]
struct Told {
    /// Whose; everybody's where nothing is said.
    workspace: Option<WorkspaceId>,
    name: &'static str,
    data: Arc<str>,
}

impl Told {
    fn new<T: Serialize>(workspace: Option<WorkspaceId>, name: &'static str, data: &T) -> Self {
        let data = serde_json::to_string(data).unwrap_or_else(|_| "{}".to_owned()).into();
        Self { workspace, name, data }
    }

    /// Something was missed, so everything may be different.
    fn reload() -> Self {
        Self::new(None, "reload", &json!({}))
    }

    fn event(&self) -> Event {
        Event::default().event(self.name).data(&self.data)
    }
}

/// Where changes are put up, so that each is read once, however many listen.
#[derive(Debug, Clone)]
pub struct Board(broadcast::Sender<Told>);

impl Board {
    /// A board of what this process hears, for as long as it hears something.
    pub fn new(ctx: &Context) -> Self {
        let board = Self(broadcast::channel(BEHIND).0);
        tokio::spawn(put_up(ctx.notices.subscribe(), ctx.store.clone(), board.clone()));
        board
    }
}

async fn put_up(mut notices: broadcast::Receiver<Notice>, store: Store, Board(board): Board) {
    loop {
        let told = match notices.recv().await {
            // Nobody listens, so nothing has to be read.
            Ok(_) if board.receiver_count() == 0 => None,
            Ok(notice) => describe(&store, notice).await,
            Err(RecvError::Lagged(_)) => Some(Told::reload()),
            Err(RecvError::Closed) => return,
        };
        if let Some(told) = told {
            // Whoever listened may have left meanwhile.
            drop(board.send(told));
        }
    }
}

async fn describe(store: &Store, notice: Notice) -> Option<Told> {
    let candidate = |workspace, id: CandidateId, change: &str| {
        Some(Told::new(Some(workspace), "candidate", &json!({ "id": id, "change": change })))
    };
    match notice {
        Notice::Upload { workspace, id } => match upload(store, workspace, id).await {
            Ok(upload) => Some(Told::new(Some(workspace), "upload", &upload)),
            // Gone with its candidate in the meantime.
            Err(store::Error::NotFound) => None,
            Err(_) => Some(Told { workspace: Some(workspace), ..Told::reload() }),
        },
        Notice::Candidate { workspace, id } => candidate(workspace, id, "updated"),
        Notice::CandidateDeleted { workspace, id } => candidate(workspace, id, "deleted"),
        Notice::Ai { workspace } => Some(Told::new(Some(workspace), "ai", &json!({}))),
        Notice::Task | Notice::Mail => None,
        Notice::Missed => Some(Told::reload()),
    }
}

async fn upload(store: &Store, workspace: WorkspaceId, id: UploadId) -> store::Result<Upload> {
    uploads::get(&mut store.workspace(workspace).await?, id).await
}

/// What changes in the actor's workspace, until the actor may no longer come in. Someone too slow to keep up is told
/// `reload`.
pub fn changes(
    ctx: Context,
    Board(board): &Board,
    actor: Actor,
) -> impl Stream<Item = Result<Event, Infallible>> + Send + use<> {
    let look = interval_at(Instant::now() + LOOK, LOOK);
    futures::stream::unfold((ctx, actor, board.subscribe(), look), |(ctx, actor, mut receiver, mut look)| async move {
        let own = actor.member.workspace_id;
        loop {
            let heard = tokio::select! {
                heard = receiver.recv() => heard,
                _ = look.tick() => {
                    if authenticate::still_holds(&ctx, &actor).await {
                        continue;
                    }
                    return None;
                }
            };
            let event = match heard {
                Ok(told) if told.workspace.is_none_or(|workspace| workspace == own) => told.event(),
                Ok(_) => continue,
                Err(RecvError::Lagged(_)) => Told::reload().event(),
                Err(RecvError::Closed) => return None,
            };
            return Some((Ok(event), (ctx, actor, receiver, look)));
        }
    })
}
