//! The tests' provider of models as a process of its own, for benchmarks and browser tests.
//!
//! `cargo run --example provider -- [PORT [SETTINGS.json]]`: listens on loopback, port 0 for any; prints the URL, and
//! serves until it is ended. What it can be told over HTTP is in `tests/it/support/provider/mod.rs`.

#[path = "../it/support/provider/mod.rs"]
#[expect(dead_code, unused_imports, reason = "what a test asks of it in its own process is asked here over HTTP")]
mod provider;

use std::future::pending;
use std::io::Write;
use std::{fs, io};

use anyhow::{Context, Result};

use crate::provider::{Provider, Settings};

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let port =
        arguments.next().map_or(Ok(0), |port| port.parse::<u16>()).context("the port is a number up to 65535")?;
    let settings = match arguments.next() {
        Some(path) => {
            let text = fs::read_to_string(&path).with_context(|| format!("{path} cannot be read"))?;
            serde_json::from_str::<Settings>(&text).with_context(|| format!("{path} does not hold the settings"))?
        }
        None => Settings::default(),
    };
    let provider = Provider::start_at(settings, port).await.with_context(|| format!("port {port} is taken"))?;
    writeln!(io::stdout(), "{}", provider.url())?;
    pending().await
}
