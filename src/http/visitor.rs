//! Who asks, from where, and whether nobody can listen: the address that limits and sessions go by, and the word to
//! browsers that they shall come by https from now on. What a proxy says counts only where it is trusted.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::config::proxies::{Proxies, Said, Visitor};
use crate::context::Context;

const CONNECTING_IP: HeaderName = HeaderName::from_static("cf-connecting-ip");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// A year, and this host alone: what else is under the domain is not ours (RFC 6797).
const ONLY_HTTPS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Marks a request that came by TLS, up to this process.
#[derive(Debug, Clone, Copy)]
pub struct Encrypted;

/// The proxies that are trusted.
pub fn proxies(ctx: &Context) -> Arc<Proxies> {
    // What cannot be read was refused with the configuration; if not, nobody is trusted.
    Arc::new(Proxies::parse(&ctx.config.get().server.trusted_proxies).unwrap_or_default())
}

/// Notes who asks.
pub async fn identify(State(proxies): State<Arc<Proxies>>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    let visitor = peer.map(|peer| visitor(&proxies, peer, request.headers()));
    let encrypted = request.extensions().get::<Encrypted>().is_some();
    let https = visitor.and_then(|visitor| visitor.https).unwrap_or(encrypted);
    if let Some(visitor) = visitor {
        request.extensions_mut().insert(visitor);
    }
    let mut response = next.run(request).await;
    if https {
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, ONLY_HTTPS);
    }
    response
}

/// The address of who asks.
pub fn address(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<Visitor>().map(|visitor| visitor.address)
}

fn visitor(proxies: &Proxies, peer: IpAddr, headers: &HeaderMap) -> Visitor {
    let texts = |name| headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect::<Vec<_>>();
    let (connecting_ip, forwarded_for, proto) = (texts(CONNECTING_IP), texts(FORWARDED_FOR), texts(FORWARDED_PROTO));
    let said = Said {
        connecting_ip: connecting_ip.last().copied(),
        forwarded_for: &forwarded_for,
        forwarded_proto: proto.last().copied(),
    };
    proxies.visitor(peer, said)
}
