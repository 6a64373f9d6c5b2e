//! The services the appliance works with: in production units of systemd, which are watched and restarted (`watch`,
//! `local`, `probe`); in `demo` and in tests private child processes, a Postgres and a Redis of our own.
//!
//! The children listen on Unix sockets only, run as an unprivileged user when we are root, and end with us: the kernel
//! ends them when this process is killed, and what survives even that is found by its directory and stopped
//! before the next start. Nothing else on the machine is touched: a process is only ever signalled after it was
//! seen to work inside our own directory.

mod account;
mod children;
mod directory;
mod error;
mod local;
mod orphan;
mod postgres;
mod probe;
mod programs;
mod redis;
pub mod watch;

pub use self::error::Error;
pub(super) use self::local::is_loopback;
pub use self::local::{Service, services};
pub use self::postgres::Postgres;
pub use self::redis::Redis;
