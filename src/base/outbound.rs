//! The client for everything that is asked over HTTP elsewhere: one place for what all of it shares. It verifies
//! certificates as the machine does, follows no redirect (a key must not travel on), and honours `HTTPS_PROXY`.

use std::sync::Once;
use std::time::Duration;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);

/// How long an idle connection is kept for the next request; below the minute that most servers keep theirs.
const IDLE: Duration = Duration::from_secs(45);

static PROVIDER: Once = Once::new();

/// Chooses who does the cryptography of TLS, once for the process: whoever builds a client without [`client`] calls it
/// before.
pub fn prepare() {
    PROVIDER.call_once(|| {
        // Somebody else's choice in this process is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// A client whose requests are given up after `timeout`.
///
/// # Panics
/// If TLS cannot be set up, which would be so from the first start on.
pub fn client(timeout: Duration) -> reqwest::Client {
    prepare();
    reqwest::Client::builder()
        .timeout(timeout)
        .connect_timeout(CONNECT.min(timeout))
        .pool_idle_timeout(IDLE)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("talentprompt/", env!("CARGO_PKG_VERSION")))
        .build()
        .expect("TLS is set up above")
}

/// Seconds of a `Retry-After` header (RFC 9110, 10.2.3); a date there is not looked at, as no provider sends one.
pub fn retry_after(headers: &reqwest::header::HeaderMap) -> Option<Duration> {
    let text = headers.get(reqwest::header::RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse::<f64>().ok().filter(|seconds| (0.0..=86_400.0).contains(seconds)).map(Duration::from_secs_f64)
}
