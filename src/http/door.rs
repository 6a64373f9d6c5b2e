//! Listening, and leaving without losing a request.
//!
//! A process that is replaced while people work (1) stops accepting, so that whoever comes waits in the backlog of the
//! socket, which systemd keeps for the next process; (2) says `Connection: close` in every answer, so that kept-alive
//! connections are not used again; (3) waits long enough for those answers; (4) only then ends what is idle.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::extract::Request;
use axum::http::{HeaderValue, Version, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::serve::{Listener, ListenerExt};
use axum::{Extension, Router};
use futures::future::select_all;
use futures::{FutureExt, StreamExt};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::front;
use super::problem::Problem;
use super::router::router;
use super::visitor::Encrypted;
use super::web;
use crate::context::Context;
use crate::gateways::tls::{Stream, Tls};
use crate::recruit::Error;

/// How long kept-alive connections have to come once more and hear that they end.
const LINGER: Duration = Duration::from_millis(250);

/// How long shaking hands may take, and how many may do it at once.
const HANDSHAKE: Duration = Duration::from_secs(5);
const MOST_HANDSHAKES: usize = 512;

/// How long a request's head may take, and a connection lie idle before its next one.
const HEADERS: Duration = Duration::from_mins(1);

/// How often whoever speaks HTTP/2 is asked whether they are still there, and how long the answer may take.
const ALIVE: Duration = Duration::from_secs(30);

/// Where people come in.
#[derive(Debug, Default)]
pub struct Doors {
    /// Anybody can listen.
    pub open: Vec<TcpListener>,
    /// Nobody can; the open ones then only lead here.
    pub secure: Option<(Vec<TcpListener>, Arc<Tls>)>,
}

impl From<Vec<TcpListener>> for Doors {
    fn from(open: Vec<TcpListener>) -> Self {
        Self { open, secure: None }
    }
}

/// Serves at `doors` until `stop`; then no request is lost and none begins.
pub async fn serve(doors: Doors, ctx: Context, stop: CancellationToken) -> io::Result<()> {
    let app = router(ctx.clone());
    let Some((listeners, tls)) = doors.secure else { return answer(doors.open, app, stop).await };
    let app = app.layer(from_fn_with_state(Arc::clone(&tls), front::only_trusted));
    let open = front::router(ctx, Arc::clone(&tls));
    tokio::try_join!(answer(doors.open, open, stop.clone()), answer_securely(listeners, tls, app, stop))?;
    Ok(())
}

/// Answers every request at `doors` that `service` is not there yet, until `stop`; and shows the handbook.
pub async fn wait(doors: Doors, service: &'static str, stop: CancellationToken) -> io::Result<()> {
    let away = async move || Problem::from(Error::Unavailable(service)).into_response();
    let app = web::handbook().fallback(away);
    let Some((listeners, tls)) = doors.secure else { return answer(doors.open, app, stop).await };
    let secure = answer_securely(listeners, tls, app.clone(), stop.clone());
    tokio::try_join!(answer(doors.open, app, stop), secure)?;
    Ok(())
}

async fn answer(listeners: Vec<TcpListener>, router: Router, stop: CancellationToken) -> io::Result<()> {
    // Answers are whole when they are written: waiting for more only delays them.
    let door = Door { listeners, stop: stop.clone() }.tap_io(|stream| drop(stream.set_nodelay(true)));
    let lingered = linger(stop.clone());
    answer_through(door, router, stop, lingered).await
}

async fn answer_securely(
    listeners: Vec<TcpListener>,
    tls: Arc<Tls>,
    router: Router,
    stop: CancellationToken,
) -> io::Result<()> {
    let door = Door { listeners, stop: stop.clone() };
    let (shaking, mut hands) = watch::channel(0);
    let door = SecureDoor { door, tls, handshakes: JoinSet::new(), shaking }.tap_io(|_| {});
    let told = stop.clone();
    let lingered = async move {
        told.cancelled().await;
        // Who has come in and is still shaking hands has a request to make.
        drop(tokio::time::timeout(HANDSHAKE, hands.wait_for(|count| *count == 0)).await);
        linger(told).await;
    };
    answer_through(door, router.layer(Extension(Encrypted)), stop, lingered).await
}

async fn linger(stop: CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(LINGER).await;
}

async fn answer_through(
    mut door: impl Listener<Addr = SocketAddr>,
    router: Router,
    stop: CancellationToken,
    lingered: impl Future<Output = ()>,
) -> io::Result<()> {
    let router = router.layer(from_fn(move |request, next| farewell(stop.clone(), request, next)));
    let (connections, builder) = (GracefulShutdown::new(), builder());
    let mut lingered = pin!(lingered);
    loop {
        let (stream, address) = tokio::select! {
            come = door.accept() => come,
            () = &mut lingered => break,
        };
        let service = TowerToHyperService::new(router.clone().map_request(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(address));
            request
        }));
        let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
        // Who breaks off is no news.
        tokio::spawn(connections.watch(connection).map(drop));
    }
    drop(door);
    connections.shutdown().await;
    Ok(())
}

/// How connections are spoken on: nobody holds one for ever by saying nothing, or a letter now and then.
fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(ALIVE).keep_alive_timeout(ALIVE);
    builder
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

/// The same behind TLS: who comes in shakes hands beside the others, so that a slow one keeps nobody waiting.
struct SecureDoor {
    door: Door,
    tls: Arc<Tls>,
    handshakes: JoinSet<Option<(Stream, SocketAddr)>>,
    /// How many have not been let in yet.
    shaking: watch::Sender<usize>,
}

impl Listener for SecureDoor {
    type Io = Stream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Stream, SocketAddr) {
        loop {
            tokio::select! {
                Some(done) = self.handshakes.join_next() => {
                    self.shaking.send_replace(self.handshakes.len());
                    // Who breaks off, or speaks no TLS, is no news: half of the internet's noise is that.
                    if let Ok(Some(come)) = done {
                        return come;
                    }
                }
                (stream, address) = self.door.accept(), if self.handshakes.len() < MOST_HANDSHAKES => {
                    self.handshakes.spawn(shake_hands(Arc::clone(&self.tls), stream, address));
                    self.shaking.send_replace(self.handshakes.len());
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.door.local_addr()
    }
}

async fn shake_hands(tls: Arc<Tls>, stream: TcpStream, address: SocketAddr) -> Option<(Stream, SocketAddr)> {
    drop(stream.set_nodelay(true));
    let shaken = tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await.ok()?;
    shaken
        .inspect_err(|error| tracing::debug!(%error, "somebody did not shake hands"))
        .ok()?
        .map(|stream| (stream, address))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use hyper::service::service_fn;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
    use tokio::time::Instant;

    use super::*;

    /// What is said to `says`, and how long the connection lasts.
    async fn held(says: &[u8]) -> (String, Duration) {
        let (mut client, server): (DuplexStream, DuplexStream) = tokio::io::duplex(4_096);
        let answer = service_fn(async |_: Request<Incoming>| Ok::<_, Infallible>(Response::new(Body::from("hello"))));
        let connection = builder().serve_connection(TokioIo::new(server), answer).into_owned();
        let (begin, serving) = (Instant::now(), tokio::spawn(connection));
        client.write_all(says).await.unwrap();
        let mut heard = String::new();
        client.read_to_string(&mut heard).await.unwrap();
        drop(serving.await.unwrap());
        (heard, begin.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_finish_a_request_is_let_go() {
        let (heard, lasted) = held(b"GET / HTTP/1.1\r\nHost: ").await;
        assert_eq!((heard.as_str(), lasted.as_secs()), ("", HEADERS.as_secs()));
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_nothing_more_is_let_go() {
        let (heard, lasted) = held(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert!(heard.starts_with("HTTP/1.1 200 OK") && heard.ends_with("hello"), "{heard}");
        assert_eq!(lasted.as_secs(), HEADERS.as_secs());
    }
}
