//! Connections and responses. The connection is served by hand, since a router cannot close one without an answer.

use std::future::pending;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, Response, StatusCode, header};
use futures::{StreamExt, stream};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpListener;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::fault::{Protocol, announce, failed};
use super::work::{Outcome, Work};
use super::{Shared, anthropic, batches, control, embeddings, openai};

/// The largest body: OpenAI's limit for a batch's file, bytes.
const LARGEST: usize = 200 << 20;

/// What was written before a connection breaks is on its way after this: hyper sends nothing more once a body fails.
const FLUSHED: Duration = Duration::from_millis(20);

/// In a response's extensions: close the connection instead of sending it.
#[derive(Clone)]
struct HangUp;

/// A response in pieces: one for a document, one for each event of a stream.
pub struct Pieces {
    content_type: &'static str,
    pieces: Vec<String>,
}

impl Pieces {
    /// A JSON document.
    pub fn json(value: &serde_json::Value) -> Self {
        Self { content_type: "application/json", pieces: vec![value.to_string()] }
    }

    /// A stream of server-sent events.
    pub fn events(pieces: Vec<String>) -> Self {
        Self { content_type: "text/event-stream", pieces }
    }

    /// What arrives before the connection breaks: half of it.
    fn halved(&mut self) {
        if let [document] = self.pieces.as_mut_slice() {
            document.truncate(document.floor_char_boundary(document.len() / 2));
        } else {
            self.pieces.truncate(self.pieces.len() / 2);
        }
    }
}

/// All paths.
fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .merge(openai::routes())
        .merge(embeddings::routes())
        .merge(batches::routes())
        .merge(anthropic::routes())
        .merge(control::routes())
        .layer(DefaultBodyLimit::max(LARGEST))
        .with_state(shared)
}

/// Serves connections until it is cancelled, and them with it.
pub async fn accept(listener: TcpListener, shared: Arc<Shared>, stop: CancellationToken) {
    let router = router(shared);
    loop {
        let Ok((socket, _)) = listener.accept().await else { continue };
        let router = router.clone();
        let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            let router = router.clone();
            async move {
                let response = router.oneshot(request.map(Body::new)).await.unwrap_or_else(|never| match never {});
                let is_over = response.extensions().get::<HangUp>().is_some();
                if is_over { Err(io::Error::from(io::ErrorKind::ConnectionReset)) } else { Ok(response) }
            }
        });
        tokio::spawn(stop.clone().run_until_cancelled_owned(async move {
            // A connection that breaks is the client's to notice.
            let _ended = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(socket), service).await;
        }));
    }
}

/// Sends what came of a request, when its time has come: `say` words the outcome in the protocol.
pub async fn deliver(
    shared: &Shared,
    protocol: Protocol,
    work: Work,
    say: impl FnOnce(&Work) -> Pieces,
) -> Response<Body> {
    sleep(work.delay).await;
    if work.silent {
        pending::<()>().await;
    }
    let mut response = match &work.outcome {
        Outcome::Gone => {
            let mut response = Response::new(Body::empty());
            response.extensions_mut().insert(HangUp);
            return response;
        }
        Outcome::Fails(status, body, retry_after_s) => failed(*status, body, *retry_after_s),
        _ => sent(say(&work), work.cut),
    };
    if let Some(left) = work.allowance {
        announce(response.headers_mut(), protocol, left);
    }
    response.headers_mut().insert("x-request-id", HeaderValue::from(work.call));
    shared.ledger().answered(work.call, response.status().as_u16());
    response
}

fn sent(mut pieces: Pieces, cut: bool) -> Response<Body> {
    if cut {
        pieces.halved();
    }
    let is_whole = !cut && pieces.pieces.len() == 1;
    let body = if is_whole {
        Body::from(pieces.pieces.concat())
    } else {
        let pieces = stream::iter(pieces.pieces).map(|piece| Ok(Bytes::from(piece)));
        let breaks = stream::iter(cut.then_some(())).then(|()| async {
            sleep(FLUSHED).await;
            Err(io::Error::from(io::ErrorKind::ConnectionReset))
        });
        Body::from_stream(pieces.chain(breaks))
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::OK;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(pieces.content_type));
    response
}
