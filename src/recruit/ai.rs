//! What a workspace decides of models itself: limits below the configuration's, what may leave the machine, and to stop
//! all of it at once. And what its people think of a proposal.

use chrono::{DateTime, TimeDelta, Utc};

use super::accounts::Actor;
use super::{Error, FieldError, Result};
use crate::context::Context;
use crate::model::bill::CallRow;
use crate::model::ids::{CallId, MemberId};
use crate::model::money::Micros;
use crate::model::permission::Role;
use crate::model::spend::Feature;
use crate::store::ai::settings::{self, Settings};
use crate::store::ai::{calls, report};
use crate::store::listener::{Notice, notify};
use crate::store::{Tx, members};

/// How long what is sent and answered may be kept with the calls, for finding a fault: long enough to see one again, and
/// short enough that it is not forgotten.
pub const CONTENTS_AT_MOST: TimeDelta = TimeDelta::days(14);

/// The highest limit: more than anybody pays is a slip.
const HIGHEST: Micros = Micros::dollars(1_000_000);

/// A limit to be set, or taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLimit {
    /// Whose or what for: `workspace`, `feature:query`, `member:…`.
    pub subject: String,
    /// `day` or `month`.
    pub period: String,
    /// How much; none for none.
    pub limit: Option<Micros>,
}

/// What a workspace lets happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Features that ask no model.
    pub features_off: Vec<Feature>,
    /// Whether names and addresses of people are sent as they are.
    pub sends_identity: bool,
    /// Until when what is sent and answered is kept with the calls; none for not at all.
    pub contents_until: Option<DateTime<Utc>>,
}

/// The workspace's settings, and the name of who stopped it.
pub async fn settings(ctx: &Context, actor: &Actor) -> Result<(Settings, Option<String>)> {
    actor.require(Role::Recruiter)?;
    let settings = settings::get(&mut ctx.store.workspace(actor.member.workspace_id).await?).await?;
    let Some(id) = settings.stopped_by else { return Ok((settings, None)) };
    let member = members::get(&mut ctx.store.system().await?, actor.member.workspace_id, id).await;
    Ok((settings, member.ok().map(|member| member.name)))
}

/// Changes the settings.
pub async fn change(ctx: &Context, actor: &Actor, change: Change) -> Result<()> {
    actor.require(Role::Owner)?;
    let now = ctx.now();
    if change.contents_until.is_some_and(|until| until <= now || until > now + CONTENTS_AT_MOST) {
        let days = CONTENTS_AT_MOST.num_days();
        return Err(Error::field("contents_until", format!("must be in the future, and at most {days} days ahead")));
    }
    let mut tx = ctx.store.workspace(actor.member.workspace_id).await?;
    let Change { features_off, sends_identity, contents_until } = change;
    let features_off = features_off.into_iter().map(|feature| feature.as_str().to_owned()).collect();
    let settings = Settings { features_off, sends_identity, contents_until, ..Settings::default() };
    settings::set(&mut tx, &settings).await?;
    tell(tx, actor).await
}

/// From now on nothing is asked of any model for this workspace; calls under way end.
pub async fn stop(ctx: &Context, actor: &Actor) -> Result<()> {
    set_stopped(ctx, actor, Some(ctx.now())).await
}

/// Models may be asked again.
pub async fn resume(ctx: &Context, actor: &Actor) -> Result<()> {
    set_stopped(ctx, actor, None).await
}

async fn set_stopped(ctx: &Context, actor: &Actor, stopped_at: Option<DateTime<Utc>>) -> Result<()> {
    actor.require(Role::Owner)?;
    let mut tx = ctx.store.workspace(actor.member.workspace_id).await?;
    if !settings::set_stopped(&mut tx, stopped_at, stopped_at.map(|_| actor.member.id)).await? {
        return Ok(());
    }
    tracing::info!(workspace = %actor.member.workspace_id, stopped = stopped_at.is_some(), "AI was stopped or resumed");
    tell(tx, actor).await
}

/// Sets limits, or takes them away. All of them, or none where one is wrong.
pub async fn set_limits(ctx: &Context, actor: &Actor, limits: Vec<NewLimit>) -> Result<()> {
    actor.require(Role::Owner)?;
    let workspace = actor.member.workspace_id;
    let known = members::list(&mut ctx.store.system().await?, workspace).await?;
    let mistakes: Vec<FieldError> = limits
        .iter()
        .filter_map(|limit| mistake(limit, |id| known.iter().any(|member| member.id == id)))
        .map(|message| FieldError { field: "limits", message })
        .collect();
    if !mistakes.is_empty() {
        return Err(Error::Invalid(mistakes));
    }
    let mut tx = ctx.store.workspace(workspace).await?;
    for NewLimit { subject, period, limit } in limits {
        settings::set_limit(&mut tx, &subject, &period, limit).await?;
    }
    tell(tx, actor).await
}

/// What is wrong with a limit.
fn mistake(limit: &NewLimit, is_member: impl Fn(MemberId) -> bool) -> Option<String> {
    let NewLimit { subject, period, limit } = limit;
    let problem = match subject.split_once(':') {
        None if subject == "workspace" => None,
        Some(("feature", name)) => name.parse::<Feature>().err(),
        Some(("member", id)) if id.parse().is_ok_and(is_member) => None,
        Some(("member", _)) => Some("nobody in this workspace has that id".to_owned()),
        _ => Some("takes workspace, feature:NAME or member:ID".to_owned()),
    };
    let problem = problem.or_else(|| {
        (!matches!(period.as_str(), "day" | "month")).then(|| format!("the period is day or month, not `{period}`"))
    });
    let outside = limit.is_some_and(|limit| !(Micros::ZERO..=HIGHEST).contains(&limit));
    let problem = problem.or_else(|| outside.then(|| format!("a limit is 0 to {} micro-dollars", HIGHEST.0)));
    problem.map(|problem| format!("`{subject}`: {problem}"))
}

/// The last calls, newest first, without what was said in them; those before the call `before` where one is given.
pub async fn calls(ctx: &Context, actor: &Actor, before: Option<CallId>, limit: i64) -> Result<Vec<CallRow>> {
    actor.require(Role::Recruiter)?;
    Ok(report::recent(&mut ctx.store.workspace(actor.member.workspace_id).await?, before, limit).await?)
}

/// Notes whether somebody took what a call proposed.
pub async fn accept(ctx: &Context, actor: &Actor, call: CallId, accepted: bool) -> Result<()> {
    actor.require(Role::Recruiter)?;
    let mut tx = ctx.store.workspace(actor.member.workspace_id).await?;
    if !calls::accept(&mut tx, call, accepted).await? {
        return Err(Error::NotFound);
    }
    Ok(tx.commit().await?)
}

/// Makes a change last, and tells whoever looks at it.
async fn tell(mut tx: Tx, actor: &Actor) -> Result<()> {
    notify(&mut tx, &Notice::Ai { workspace: actor.member.workspace_id }).await?;
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_cannot_be_says_why() {
        let of = |subject: &str, period: &str, micros: i64| {
            let limit = Some(Micros(micros));
            mistake(&NewLimit { subject: subject.to_owned(), period: period.to_owned(), limit }, |_| true)
        };
        let member = "member:01890a5d-ac96-774b-bcce-b302099a8057";
        for subject in ["workspace", "feature:query", member] {
            assert_eq!(of(subject, "day", 0), None, "{subject}");
        }
        for (wrong, said) in [
            (of("appliance", "day", 1), "takes workspace"),
            (of("feature:resumes", "day", 1), "there are query"),
            (of("member:x", "day", 1), "nobody"),
            (of("workspace", "week", 1), "day or month, not `week`"),
            (of("workspace", "day", -1), "a limit is 0 to"),
        ] {
            assert!(wrong.as_ref().is_some_and(|text| text.contains(said)), "{wrong:?}");
        }
    }
}
