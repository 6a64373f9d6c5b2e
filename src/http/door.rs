//! Listening, and leaving without losing a request.
//!
//! A process that is replaced while people work (1) stops accepting, so that whoever comes waits in the backlog of the
//! socket, which systemd keeps for the next process; (2) says `Connection: close` in every answer, so that kept-alive
//! connections are not used again; (3) waits long enough for those answers; (4) only then ends what is idle.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::extract::connect_info::Connected;
use axum::http::{HeaderValue, Version, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::serve::{IncomingStream, Listener, ListenerExt};
use axum::{Extension, Router};
use futures::StreamExt;
use futures::future::select_all;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

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

async fn answer_through<L>(
    door: L,
    router: Router,
    stop: CancellationToken,
    lingered: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()>
where
    L: Listener<Addr = SocketAddr>,
    SocketAddr: for<'a> Connected<IncomingStream<'a, L>>,
{
    let router = router.layer(from_fn(move |request, next| farewell(stop.clone(), request, next)));
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
