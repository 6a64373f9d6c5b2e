//! `tokens`: API tokens, from the machine itself.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use serde_json::json;

use super::{output, session};
use crate::boot::Need;
use crate::context::Context;
use crate::model::ids::TokenId;
use crate::recruit::accounts::{Actor, Via, tokens};

/// Create, list and revoke API tokens of a person
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Create a token; its secret is printed this once
    Create {
        /// Whose: e-mail
        email: String,
        /// What it is for
        #[arg(long)]
        name: String,
        /// Ends after so many days
        #[arg(long, value_name = "N")]
        days: Option<u16>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List a person's tokens
    List {
        /// Whose: e-mail
        email: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Revoke a token at once
    Revoke {
        /// Whose: e-mail
        email: String,
        /// The token's id, as listed
        id: TokenId,
    },
}

/// Runs the command.
pub async fn run(file: Option<&Path>, command: Command) -> Result<ExitCode> {
    let ctx = session::context(file, Need::NoIndex).await?;
    match command {
        Command::Create { email, name, days, json } => {
            let (token, secret) = tokens::create(&ctx, &actor(&ctx, &email).await?, &name, days).await?;
            if json {
                output::json(&json!({ "token": token, "secret": secret }))?;
            } else {
                output::line(&secret)?;
            }
        }
        Command::List { email, json } => {
            let known = tokens::list(&ctx, &actor(&ctx, &email).await?).await?;
            if json {
                output::json(&known)?;
            } else {
                for token in known {
                    let ends = token.expires_at.map_or("never ends".to_owned(), |at| format!("ends {at}"));
                    output::line(&format!("{}  {}…  {}  ({ends})", token.id, token.prefix, token.name))?;
                }
            }
        }
        Command::Revoke { email, id } => {
            tokens::revoke(&ctx, &actor(&ctx, &email).await?, id).await?;
            output::say("the token is revoked");
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn actor(ctx: &Context, email: &str) -> Result<Actor> {
    Ok(Actor { member: session::member(ctx, email).await?, via: Via::Operator })
}
