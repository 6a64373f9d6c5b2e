//! What commands share: the configuration, the context, and acting as the operator of a workspace.

use std::path::Path;

use anyhow::{Result, bail};

use crate::boot::{self, Need};
use crate::config::{self, Config, Loaded, environment};
use crate::context::Context;
use crate::model::member::Member;
use crate::model::permission::Role;
use crate::model::workspace::is_scratch;
use crate::recruit::accounts::{Actor, Via};
use crate::store::{accounts, members};
use crate::telemetry::{self, Log, Target};

/// Reads the configuration and starts the log.
pub fn configuration(file: Option<&Path>) -> Result<(Loaded, Log)> {
    let loaded = config::load(config::file(file).as_deref())?;
    let target = match loaded.config.log.format.as_str() {
        "json" => Target::Json,
        _ if environment::logs_to_journal() => Target::Journal,
        _ => Target::Text,
    };
    let log = telemetry::start(&loaded.config.log.level, target);
    Ok((loaded, log))
}

/// Reads the configuration for a command that talks itself, so that the log only speaks of what goes wrong.
pub fn quiet_configuration(file: Option<&Path>) -> Result<Config> {
    Ok(quiet(file)?.config)
}

/// As [`quiet_configuration`], with where each value came from.
pub fn quiet(file: Option<&Path>) -> Result<Loaded> {
    let loaded = config::load(config::file(file).as_deref())?;
    telemetry::start("warn", Target::Text);
    Ok(loaded)
}

/// The context of a command.
pub async fn context(file: Option<&Path>, need: Need) -> Result<Context> {
    boot::context(quiet_configuration(file)?, need).await
}

/// Who has the e-mail.
pub async fn member(ctx: &Context, email: &str) -> Result<Member> {
    let mut tx = ctx.store.system().await?;
    let Some(member) = members::by_email(&mut tx, email).await?.into_iter().next() else {
        bail!("nobody has the e-mail {email}; see `talentprompt users list`");
    };
    Ok(member)
}

/// Acts as the first owner of the workspace called `name`, or of the only one that is no evaluation's.
pub async fn operator(ctx: &Context, name: Option<&str>) -> Result<Actor> {
    let mut tx = ctx.store.system().await?;
    let known = accounts::workspaces(&mut tx).await?;
    let names: Vec<&str> = known.iter().map(|(_, name)| name.as_str()).collect();
    let (workspace, _) = match name {
        Some(name) => match known.iter().find(|(_, known)| known == name) {
            Some(chosen) => chosen,
            None => bail!("there is no workspace called `{name}`; there are: {}", names.join(", ")),
        },
        None => match known.iter().filter(|(_, name)| !is_scratch(name)).collect::<Vec<_>>()[..] {
            [only] => only,
            [] => bail!("there is no workspace yet; make one with `talentprompt users create --workspace NAME …`"),
            _ => bail!(
                "there are several workspaces: say which with `--workspace NAME`; there are: {}",
                names.join(", ")
            ),
        },
    };
    let members = members::list(&mut tx, *workspace).await?;
    let Some(owner) = members.into_iter().find(|member| member.role == Role::Owner) else {
        bail!("the workspace has no owner; make one with `talentprompt users grant`");
    };
    Ok(Actor { member: owner, via: Via::Operator })
}
