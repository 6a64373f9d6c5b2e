//! Money: what a call is counted under, what may be spent there, and both ends of a reservation.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::NoAnswer;
use crate::base::clock::Clock;
use crate::base::random;
use crate::config::Ai;
use crate::model::ids::{CandidateId, MemberId, WorkspaceId};
use crate::model::money::Micros;
use crate::model::spend::{Feature, Tier, Usage};
use crate::store::ai::answers::{self, Kept, Key};
use crate::store::ai::budget::{self, Counter, NewReservation};
use crate::store::ai::calls::{self, Call, Saved};
use crate::store::ai::settings::{self, Limit, Settings};
use crate::store::{self, Store, candidates};
use crate::telemetry::metrics::{self, AiCall};

/// How long a call is believed to be under way after its process last said so.
pub(super) const LEASE: Duration = Duration::from_secs(30);

/// How often a process says that its calls are under way, and looks for those of processes that are gone: what a crash
/// leaves behind is found within a lease and this.
pub const RENEW_EVERY: Duration = Duration::from_secs(10);

/// How long a call can take; one of which nothing was heard for longer has ended, and its end was not written.
const LONGEST: TimeDelta = TimeDelta::minutes(15);

/// How often the end of a call is written before it is given up; its reservation then counts as spent.
const SETTLE_ATTEMPTS: u32 = 5;

/// Whom a call is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Payer {
    pub(super) workspace: WorkspaceId,
    pub(super) member: Option<MemberId>,
    pub(super) feature: Feature,
    pub(super) tier: Option<Tier>,
}

/// The month of `at` as counters name it.
pub fn month(at: DateTime<Utc>) -> String {
    at.format("%Y-%m").to_string()
}

/// The day of `at` as counters name it.
pub fn day(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d").to_string()
}

/// The counter of the whole appliance.
pub const APPLIANCE: &str = "appliance";

/// The counter of a workspace.
pub fn workspace_key(workspace: WorkspaceId) -> String {
    format!("workspace:{workspace}")
}

/// The counter of a feature of a workspace.
pub fn feature_key(workspace: WorkspaceId, feature: Feature) -> String {
    format!("feature:{workspace}:{}", feature.as_str())
}

/// The counter of a member.
pub fn member_key(member: MemberId) -> String {
    format!("member:{member}")
}

/// The counter of a tier, of the whole appliance.
pub fn tier_key(tier: Tier) -> String {
    format!("tier:{}", tier.as_str())
}

/// What a call of `payer` is counted under, each with what may be spent there.
pub(super) fn counters(ai: &Ai, limits: &[Limit], payer: Payer, now: DateTime<Utc>) -> Vec<Counter> {
    let own = |subject: &str, period: &str| {
        limits.iter().find(|limit| limit.subject == subject && limit.period == period).map(|limit| limit.micros)
    };
    let feature = payer.feature.as_str();
    let mut subjects = vec![
        (workspace_key(payer.workspace), "workspace".to_owned()),
        (feature_key(payer.workspace, payer.feature), format!("feature:{feature}")),
    ];
    if let Some(member) = payer.member {
        subjects.push((member_key(member), format!("member:{member}")));
    }
    let (month, day) = (month(now), day(now));
    let counter = |key: &str, period: &str, limit| Counter { key: key.to_owned(), period: period.to_owned(), limit };
    let mut counters = vec![counter(APPLIANCE, &month, Some(ai.month())), counter(APPLIANCE, &day, Some(ai.day()))];
    for (key, subject) in &subjects {
        counters.push(counter(key, &month, own(subject, "month")));
        counters.push(counter(key, &day, own(subject, "day")));
    }
    counters.extend(payer.tier.map(|tier| counter(&tier_key(tier), &month, None)));
    counters
}

/// A limit's name for people: `the day's limit of the feature query`.
pub(super) fn limit_name(counter: &Counter) -> String {
    let period = if counter.period.len() > 7 { "day" } else { "month" };
    let whose = match counter.key.split(':').collect::<Vec<_>>()[..] {
        ["workspace", _] => "the workspace".to_owned(),
        ["feature", _, feature] => format!("the feature {feature}"),
        ["member", _] => "the member".to_owned(),
        _ => "the appliance".to_owned(),
    };
    format!("the {period}'s limit of {whose}")
}

/// How a call ended.
pub(super) struct End<'a> {
    pub(super) call: Call,
    /// The answer, where it may be used again.
    pub(super) answer: Option<(&'a Key, &'a Kept)>,
    /// Whom it is about, where it is about one person.
    pub(super) about: Option<CandidateId>,
}

impl From<Call> for End<'_> {
    fn from(call: Call) -> Self {
        Self { call, answer: None, about: None }
    }
}

/// Sets money aside and settles.
pub(super) struct Ledger {
    store: Store,
    clock: std::sync::Arc<dyn Clock>,
    holder: Uuid,
}

impl Ledger {
    pub(super) fn new(store: Store, clock: std::sync::Arc<dyn Clock>) -> Self {
        Self { store, clock, holder: Uuid::from_bytes(random::bytes()) }
    }

    /// Sets `worst` aside for a call that begins, or says why it may not be made. Answers the workspace's settings as they
    /// were then. What costs nothing is not set aside, but may be switched off as well.
    pub(super) async fn reserve(
        &self,
        ai: &Ai,
        workspace: WorkspaceId,
        call: &Call,
        worst: Micros,
    ) -> Result<Settings, NoAnswer> {
        let now = self.clock.now();
        let mut tx = self.store.workspace(workspace).await?;
        let settings = settings::get(&mut tx).await?;
        if settings.stopped_at.is_some() {
            return Err(NoAnswer::Stopped);
        }
        if settings.features_off.iter().any(|off| off == call.feature.as_str()) {
            return Err(NoAnswer::FeatureOff(call.feature));
        }
        if worst > Micros::ZERO {
            let limits = settings::limits(&mut tx).await?;
            let payer = Payer { workspace, member: call.member, feature: call.feature, tier: call.tier };
            let counters = counters(ai, &limits, payer, now);
            let new = NewReservation {
                id: call.id,
                workspace,
                counters: &counters,
                worst,
                call: &serde_json::to_value(call).unwrap_or_default(),
                holder: self.holder,
                lease_until: now + LEASE,
            };
            if let Some(place) = budget::reserve(&mut tx, &new, now).await? {
                return Err(NoAnswer::Spent(limit_name(&counters[place])));
            }
            tx.commit().await?;
        }
        Ok(settings)
    }

    /// Writes the end of a call: what it cost, for the log, and its answer where it may be used again. Tries for a while
    /// where the database is away; what the database will not keep is left out, since money must not depend on it. Answers
    /// whether the answer was kept: not if whom it is about is not there any more.
    pub(super) async fn settle(&self, workspace: WorkspaceId, end: End<'_>) -> bool {
        let mut end = end;
        for attempt in 1..=SETTLE_ATTEMPTS {
            let call = end.call.id;
            match self.try_settle(workspace, &end).await {
                Ok(kept) => {
                    count(&end.call);
                    return kept;
                }
                Err(error) if attempt == SETTLE_ATTEMPTS => {
                    tracing::error!(%error, %call, "the end of a call was not written; the worst it could cost counts as spent");
                }
                Err(error @ store::Error::Unavailable(_)) => {
                    tracing::warn!(%error, %call, attempt, "the end of a call was not written, trying again");
                    tokio::time::sleep(Duration::from_millis(200) * 4_u32.pow(attempt)).await;
                }
                Err(error) => {
                    tracing::warn!(%error, %call, "what was said in a call cannot be kept");
                    end.call.contents = None;
                    end.answer = None;
                }
            }
        }
        false
    }

    async fn try_settle(&self, workspace: WorkspaceId, end: &End<'_>) -> store::Result<bool> {
        let mut tx = self.store.workspace(workspace).await?;
        // Held until the answer is written, so that whoever erases this person finds it, or comes first.
        let is_there = match end.about {
            Some(candidate) => candidates::hold(&mut tx, candidate).await?,
            None => true,
        };
        budget::settle(&mut tx, end.call.id, end.call.cost).await?;
        if is_there {
            calls::insert(&mut tx, &end.call).await?;
        } else {
            calls::insert(&mut tx, &Call { contents: None, ..end.call.clone() }).await?;
        }
        let answer = end.answer.filter(|_| is_there);
        if let Some((key, kept)) = answer {
            answers::put(&mut tx, key, end.call.feature, kept, self.clock.now()).await?;
        }
        tx.commit().await?;
        Ok(answer.is_some())
    }

    /// Says that this process's calls are under way, and counts as spent what nobody says that of any more.
    pub(super) async fn renew(&self) -> store::Result<()> {
        let now = self.clock.now();
        self.store.renew_reservations(self.holder, now - LONGEST, now + LEASE).await?;
        let stranded = budget::stranded(&mut self.store.system().await?, now).await?;
        for (id, workspace) in stranded {
            let mut tx = self.store.workspace(workspace).await?;
            let Some((worst, call)) = budget::give_up(&mut tx, id, now).await? else { continue };
            tracing::warn!(call = %id, micros = worst.0, "a call's end was not heard of; the worst it could cost counts as spent");
            if let Ok(call) = serde_json::from_value::<Call>(call) {
                let call = Call { outcome: "lost".to_owned(), cost: worst, ..call };
                calls::insert(&mut tx, &call).await?;
                count(&call);
            }
            tx.commit().await?;
        }
        Ok(())
    }
}

/// Counts the end of a call for whoever watches the appliance.
fn count(call: &Call) {
    let Saved { cache, batch, prefix, tier } = call.saved;
    let again = matches!(call.outcome.as_str(), "cached" | "shared");
    let Usage { input, cached, output } = if again { Usage::default() } else { call.usage };
    metrics::ai_call(&AiCall {
        provider: &call.provider,
        model: &call.model,
        tier: call.tier.map_or("", Tier::as_str),
        feature: call.feature.as_str(),
        outcome: &call.outcome,
        cost: call.cost.0,
        tokens: [input, cached, output],
        saved: [cache, batch, prefix, tier].map(|saved| saved.0),
        took: (!again && call.latency_ms > 0).then(|| Duration::from_millis(call.latency_ms.unsigned_abs().into())),
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::load;

    #[test]
    fn a_call_is_counted_under_all_it_falls_under() {
        let ai = load(None).unwrap().config.ai;
        let now = "2026-11-27T23:59:59Z".parse().unwrap();
        let id = Uuid::nil();
        let payer =
            Payer { workspace: id.into(), member: Some(id.into()), feature: Feature::Query, tier: Some(Tier::Simple) };
        let limits = [Limit { subject: "feature:query".to_owned(), period: "day".to_owned(), micros: Micros(5) }];
        let counters = counters(&ai, &limits, payer, now);
        assert_eq!(counters.len(), 9);
        let named: Vec<String> = counters.iter().filter(|c| c.limit == Some(Micros(5))).map(limit_name).collect();
        assert_eq!(named, ["the day's limit of the feature query"]);
        assert_eq!(counters[0].period, "2026-11");
        assert_eq!(counters[1].limit, Some(Micros::dollars(20)));
        assert_eq!(limit_name(&counters[0]), "the month's limit of the appliance");
    }
}
