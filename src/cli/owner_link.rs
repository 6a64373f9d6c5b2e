//! `owner-link`: the one-time link with which the first owner makes their account, the same until it is used.
//!
//! The database knows the token's hash alone, so the token is kept in a file that only root and the appliance can read.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, chown};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use serde_json::json;

use super::{output, session};
use crate::boot::Need;
use crate::context::Context;
use crate::recruit::accounts::setup;

/// The file under the data directory.
const FILE: &str = "owner-link";

/// Print the one-time link for the owner's account
///
/// The same link until it is used, or a week old. Fails when somebody has an account already.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub async fn run(file: Option<&Path>, arguments: Arguments) -> Result<ExitCode> {
    let ctx = session::context(file, Need::NoIndex).await?;
    let link = kept(&ctx).await?;
    if arguments.json {
        output::json(&json!({ "owner_link": link }))?;
    } else {
        output::line(&link)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The link that was printed before and still works, or a new one.
pub async fn kept(ctx: &Context) -> Result<String> {
    let path = ctx.config.get().data.dir.join(FILE);
    if let Ok(token) = fs::read_to_string(&path)
        && setup::is_open(ctx, &token).await?
    {
        return Ok(setup::url(ctx, &token));
    }
    let token = match setup::token(ctx).await {
        Ok(token) => token,
        Err(error) => {
            // Nobody needs it any more.
            drop(fs::remove_file(&path));
            return Err(error.into());
        }
    };
    keep(&path, &token).with_context(|| format!("cannot keep the link in {}", path.display()))?;
    Ok(setup::url(ctx, &token))
}

/// Writes the token whole or not at all, for the owner of the folder, also where root does it.
fn keep(path: &Path, token: &str) -> std::io::Result<()> {
    let fresh = path.with_extension("part");
    // What an interrupted attempt left may be another's.
    drop(fs::remove_file(&fresh));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
    file.write_all(token.as_bytes())?;
    if rustix::process::geteuid().is_root()
        && let Some(folder) = path.parent()
    {
        let folder = fs::metadata(folder)?;
        chown(&fresh, Some(folder.uid()), Some(folder.gid()))?;
    }
    fs::rename(fresh, path)
}
