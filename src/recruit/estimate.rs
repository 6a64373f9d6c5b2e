//! What a model's work on the whole pool would cost and take, said before anybody begins it.

use serde::Serialize;

use super::accounts::Actor;
use super::written::Note;
use super::{Error, Result};
use crate::ai::estimate::Bulk;
use crate::ai::tier_by;
use crate::context::Context;
use crate::model::money::Micros;
use crate::model::permission::Role;
use crate::model::spend::Feature;
use crate::store::resumes;

/// Tokens of what a second reader of resumes is told, with the schema of its answer, and of its answer. Assumed until
/// answers were measured: a profile of two pages, as `talentprompt parse --json` prints it, has 700 to 1,100.
const INSTRUCTIONS: u32 = 900;
const ANSWER: u32 = 900;

/// What a model's work on the pool would cost and take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct BulkEstimate {
    /// What for.
    pub feature: Feature,
    /// How many resumes it would read.
    pub resumes: u64,
    /// How often a model would be asked; 0 where none may be.
    pub calls: u64,
    /// Tokens sent, of all calls.
    pub input_tokens: u64,
    /// Tokens answered, of all calls.
    pub output_tokens: u64,
    /// What all of it would cost, in millionths of a US dollar.
    pub cost: Micros,
    /// The same where the provider may take a day; absent where it does no such work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_cost: Option<Micros>,
    /// Minutes.
    pub minutes: u64,
    /// The model that would be asked first, as `provider/model`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// After how many resumes a limit would stop it; absent where none would.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stops_after: Option<u64>,
    /// All of it in words.
    pub text: String,
    /// Why no model may be asked; absent where one may.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
}

/// The estimate for `feature` over the workspace's resumes. Of the features only the reading of resumes is done in bulk.
pub async fn estimate(ctx: &Context, actor: &Actor, feature: &str) -> Result<BulkEstimate> {
    actor.require(Role::Recruiter)?;
    let feature: Feature = feature.parse().map_err(|reason: String| Error::field("feature", reason))?;
    if feature != Feature::Resume {
        return Err(Error::field("feature", "must be resume; of everything else one call is made at a time"));
    }
    let workspace = actor.member.workspace_id;
    let (count, characters) = resumes::volume(&mut ctx.store.workspace(workspace).await?).await?;
    let [texts, characters] = [count, characters].map(|number| u64::try_from(number).unwrap_or_default());
    let bulk = Bulk { texts, characters, instructions: INSTRUCTIONS, answer: ANSWER };
    // The tier is that of a resume of middling length.
    let (tier, _) = tier_by(bulk.each(), 0);
    let of_resumes = format!("{} {}", grouped(texts), if texts == 1 { "resume" } else { "resumes" });
    let none = BulkEstimate {
        feature,
        resumes: texts,
        calls: 0,
        input_tokens: 0,
        output_tokens: 0,
        cost: Micros::ZERO,
        batch_cost: None,
        minutes: 0,
        by: None,
        stops_after: None,
        text: of_resumes.clone(),
        note: None,
    };
    let estimate = match ctx.ai.estimate(workspace, Some(actor.member.id), feature, tier, bulk).await {
        Ok(estimate) => estimate,
        Err(reason) => {
            return Ok(BulkEstimate { text: format!("{of_resumes}; {reason}"), note: Some(reason.into()), ..none });
        }
    };
    let mut text = format!("{of_resumes}, {}, {}", about(estimate.cost), time(estimate.minutes));
    if let Some((after, limit)) = &estimate.stop {
        text = format!("{text}; {limit} would stop it after {}", grouped(*after));
    }
    Ok(BulkEstimate {
        calls: estimate.calls,
        input_tokens: u64::from(estimate.usage.input) * estimate.calls,
        output_tokens: u64::from(estimate.usage.output) * estimate.calls,
        cost: estimate.cost,
        batch_cost: estimate.batch_cost,
        minutes: estimate.minutes,
        by: Some(estimate.by),
        stops_after: estimate.stop.map(|(after, _)| after),
        text,
        ..none
    })
}

/// A sum rounded up to the cent: `about $3.10`; `nothing to pay` where it is free.
fn about(cost: Micros) -> String {
    if cost <= Micros::ZERO {
        return "nothing to pay".to_owned();
    }
    let cents = cost.0.unsigned_abs().div_ceil(10_000);
    format!("about ${}.{:02}", grouped(cents / 100), cents % 100)
}

fn time(minutes: u64) -> String {
    match minutes {
        0 | 1 => "a minute".to_owned(),
        2..=119 => format!("{minutes} minutes"),
        _ => format!("{} hours", minutes.div_ceil(60)),
    }
}

/// A number with its thousands apart: `1,240`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| str::from_utf8(group).unwrap_or_default()).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_is_said_as_people_say_it() {
        assert_eq!(
            format!("{} resumes, {}, {}", grouped(1_240), about(Micros(3_094_321)), time(12)),
            "1,240 resumes, about $3.10, 12 minutes"
        );
        assert_eq!((grouped(0), grouped(999), grouped(1_000_000)), ("0".into(), "999".into(), "1,000,000".into()));
        assert_eq!((about(Micros::ZERO), about(Micros(1))), ("nothing to pay".into(), "about $0.01".into()));
        assert_eq!((time(0), time(119), time(121)), ("a minute".into(), "119 minutes".into(), "3 hours".into()));
    }
}
