//! `users`: accounts, from the machine itself.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use serde::Serialize;

use super::{output, session};
use crate::base::random;
use crate::boot::Need;
use crate::context::Context;
use crate::model::member::Member;
use crate::model::permission::Role;
use crate::recruit::accounts::setup::{self, NewOwner};
use crate::recruit::accounts::{Actor, members};
use crate::store;

/// Create, list and change accounts
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Create an account; prints a one-time link with which the person sets their password
    ///
    /// With a --workspace that does not exist yet, makes it with this person as its owner and prints the password.
    Create {
        /// E-mail
        email: String,
        /// Full name
        #[arg(long)]
        name: String,
        /// owner, recruiter or viewer
        #[arg(long, default_value = "recruiter")]
        role: Role,
        /// The workspace [default: the only one]
        #[arg(long, value_name = "NAME")]
        workspace: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List accounts
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Shut a person out at once
    Disable {
        /// E-mail
        email: String,
    },
    /// Print a one-time link with which the person sets a new password
    ResetPassword {
        /// E-mail
        email: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Give a person another role
    Grant {
        /// E-mail
        email: String,
        /// owner, recruiter or viewer
        role: Role,
    },
}

/// Runs the command.
pub async fn run(file: Option<&Path>, command: Command) -> Result<ExitCode> {
    let ctx = session::context(file, Need::NoIndex).await?;
    match command {
        Command::Create { email, name, role, workspace, json } => {
            let made = create(&ctx, email, name, role, workspace).await?;
            print(&made, json)?;
        }
        Command::List { json } => list(&ctx, json).await?,
        Command::Disable { email } => {
            let (actor, member) = find(&ctx, &email).await?;
            members::update(&ctx, &actor, member.id, None, Some(true)).await?;
            output::say(&format!("{email} is shut out"));
        }
        Command::ResetPassword { email, json } => {
            let (actor, member) = find(&ctx, &email).await?;
            let link = members::new_link(&ctx, &actor, member.id).await?;
            print(&Access::Link { email, invitation_url: link.url, mailed: link.mailed }, json)?;
        }
        Command::Grant { email, role } => {
            let (actor, member) = find(&ctx, &email).await?;
            members::update(&ctx, &actor, member.id, Some(role), None).await?;
            output::say(&format!("{email} is {} now", role.as_str()));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// How a person gets in.
#[derive(Serialize)]
#[serde(untagged)]
enum Access {
    /// By a one-time link, with which they set their password.
    Link { email: String, invitation_url: String, mailed: bool },
    /// By a password that was made for them.
    Password { email: String, workspace: String, password: String },
}

fn print(access: &Access, json: bool) -> Result<()> {
    match access {
        _ if json => output::json(access),
        Access::Link { email, invitation_url, mailed } => {
            if *mailed {
                output::say(&format!("the link is on its way to {email} by mail as well"));
            }
            output::line(invitation_url)
        }
        Access::Password { password, .. } => {
            output::say("the workspace was made with this person as its owner; the password is:");
            output::line(password)
        }
    }
}

async fn create(ctx: &Context, email: String, name: String, role: Role, workspace: Option<String>) -> Result<Access> {
    let mut tx = ctx.store.system().await?;
    let known = store::accounts::workspaces(&mut tx).await?;
    tx.commit().await?;
    let exists = workspace.as_ref().is_none_or(|wanted| known.iter().any(|(_, name)| name == wanted));
    if let Some(workspace) = workspace.clone().filter(|_| !exists) {
        let password = random::token()[..20].to_owned();
        let owner = NewOwner { workspace: workspace.clone(), name, email: email.clone(), password: password.clone() };
        setup::create(ctx, owner).await?;
        return Ok(Access::Password { email, workspace, password });
    }
    let operator = session::operator(ctx, workspace.as_deref()).await?;
    let (_, link) = members::invite(ctx, &operator, &email, &name, role).await?;
    Ok(Access::Link { email, invitation_url: link.url, mailed: link.mailed })
}

async fn list(ctx: &Context, json: bool) -> Result<()> {
    let mut tx = ctx.store.system().await?;
    let everyone = store::members::list_all(&mut tx).await?;
    if json {
        return output::json(&everyone);
    }
    for member in everyone {
        let (standing, role) = (member.standing.as_str(), member.role.as_str());
        output::line(&format!(
            "{:<32} {role:<10} {standing:<9} {}  ({})",
            member.email, member.name, member.workspace_name
        ))?;
    }
    Ok(())
}

async fn find(ctx: &Context, email: &str) -> Result<(Actor, Member)> {
    let member = session::member(ctx, email).await?;
    Ok((session::operator(ctx, Some(&member.workspace_name)).await?, member))
}
