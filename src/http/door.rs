//! Listening, and leaving without losing a request.
//!
//! A process that is replaced while people work (1) stops accepting, so that whoever comes waits in the backlog of the
//! socket, which systemd keeps for the next process; (2) says `Connection: close` in every answer, so that kept-alive
//! connections are not used again; (3) waits long enough for those answers; (4) only then ends what is idle.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Version, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::serve::{Listener, ListenerExt};
use futures::StreamExt;
use futures::future::select_all;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::problem::Problem;
use super::router::router;
use super::web;
use crate::context::Context;
use crate::recruit::Error;

/// How long kept-alive connections have to come once more and hear that they end.
const LINGER: Duration = Duration::from_millis(250);

/// Serves on `listeners` until `stop`; then no request is lost and none begins.
pub async fn serve(listeners: Vec<TcpListener>, ctx: Context, stop: CancellationToken) -> io::Result<()> {
    answer(listeners, router(ctx), stop).await
}

/// Answers every request on `listeners` that `service` is not there yet, until `stop`; and shows the handbook.
pub async fn wait(listeners: Vec<TcpListener>, service: &'static str, stop: CancellationToken) -> io::Result<()> {
    let away = async move || Problem::from(Error::Unavailable(service)).into_response();
    answer(listeners, web::handbook().fallback(away), stop).await
}

async fn answer(listeners: Vec<TcpListener>, router: Router, stop: CancellationToken) -> io::Result<()> {
    let leaving = stop.clone();
    let router = router.layer(from_fn(move |request, next| farewell(leaving.clone(), request, next)));
    // Answers are whole when they are written: waiting for more only delays them.
    let door = Door { listeners, stop: stop.clone() }.tap_io(|stream| drop(stream.set_nodelay(true)));
    let lingered = async move {
        stop.cancelled().await;
        tokio::time::sleep(LINGER).await;
    };
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(door, service).with_graceful_shutdown(lingered).await
}

/// Ends the connection with its answer when the process is about to leave.
async fn farewell(stop: CancellationToken, request: Request, next: Next) -> Response {
    let version = request.version();
    // The one answer that never ends by itself. Whoever listens to it comes again.
    let endless = request.uri().path() == "/api/v1/events";
    let mut response = next.run(request).await;
    if endless {
        let ended = stop.clone().cancelled_owned();
        response = response.map(|body| Body::from_stream(body.into_data_stream().take_until(ended)));
    }
    if stop.is_cancelled() && version <= Version::HTTP_11 {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// All listening sockets as one, which nobody comes through after `stop`.
struct Door {
    listeners: Vec<TcpListener>,
    stop: CancellationToken,
}

impl Listener for Door {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        if self.stop.is_cancelled() {
            return std::future::pending().await;
        }
        let next = select_all(self.listeners.iter_mut().map(|listener| Box::pin(Listener::accept(listener))));
        tokio::select! {
            biased;
            () = self.stop.cancelled() => std::future::pending().await,
            (accepted, _, _) = next => accepted,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listeners.first().map_or_else(|| Err(io::ErrorKind::NotConnected.into()), TcpListener::local_addr)
    }
}
