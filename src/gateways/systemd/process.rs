//! What systemd is told of this process (`sd_notify(3)`) and hands to it (`sd_listen_fds(3)`). Where systemd did not
//! start it, nobody is told and nothing is handed over.

use std::io;
use std::net::TcpListener;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use systemd::daemon;

/// The work that was started can be asked for.
pub fn ready() {
    tell(&[("READY", "1".to_owned())]);
}

/// The configuration is being read again; [`ready`] ends it.
pub fn reloading() {
    let now = clock_gettime(ClockId::Monotonic);
    let micros = now.tv_sec * 1_000_000 + now.tv_nsec / 1_000;
    tell(&[("RELOADING", "1".to_owned()), ("MONOTONIC_USEC", micros.to_string())]);
}

/// The process is about to end.
pub fn stopping() {
    tell(&[("STOPPING", "1".to_owned()), ("STATUS", "finishing open requests".to_owned())]);
}

/// A line for `systemctl status`.
pub fn status(text: &str) {
    tell(&[("STATUS", text.replace('\n', " "))]);
}

/// The process is well, for the watchdog.
pub fn alive() {
    tell(&[("WATCHDOG", "1".to_owned())]);
}

/// What goes on now takes up to `longer` from now on.
pub fn extend(longer: Duration) {
    tell(&[("EXTEND_TIMEOUT_USEC", longer.as_micros().to_string())]);
}

fn tell(news: &[(&str, String)]) {
    if let Err(error) = daemon::notify(news.iter()) {
        tracing::debug!(%error, "systemd could not be told");
    }
}

/// How often [`alive`] is expected at least; `None` where nobody watches.
pub fn watchdog() -> Option<Duration> {
    daemon::watchdog_enabled().ok().filter(|micros| *micros > 0).map(Duration::from_micros)
}

/// The listening sockets that systemd holds for us under `name`.
pub fn listeners(name: &str) -> io::Result<Vec<TcpListener>> {
    let handed = daemon::listen_fds_with_names()?;
    let mut listeners = Vec::new();
    for fd in handed.iter_named(name)? {
        let listener = daemon::tcp_listener(fd)?;
        listener.set_nonblocking(true)?;
        listeners.push(listener);
    }
    Ok(listeners)
}

/// Whether systemd runs this machine.
pub fn booted() -> bool {
    daemon::booted().unwrap_or(false)
}
