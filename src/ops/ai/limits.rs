//! Every limit that a call may fall under, with what is gone of it today and this month.

use std::collections::HashMap;

use crate::ai::ledger::{APPLIANCE, day, feature_key, member_key, month, workspace_key};
use crate::context::Context;
use crate::model::bill::Limit;
use crate::model::ids::WorkspaceId;
use crate::model::money::Micros;
use crate::model::spend::Feature;
use crate::store::ai::budget::{self, Counter};
use crate::store::ai::settings;
use crate::store::{self, members};

/// The limits of the appliance, which the configuration sets, then those of the workspace, of each feature and of each
/// member, whether one is set or not; a month's before a day's.
pub async fn limits(ctx: &Context, workspace: WorkspaceId) -> store::Result<Vec<Limit>> {
    let set = settings::limits(&mut ctx.store.workspace(workspace).await?).await?;
    let set: HashMap<(&str, &str), Micros> =
        set.iter().map(|limit| ((limit.subject.as_str(), limit.period.as_str()), limit.micros)).collect();
    let mut system = ctx.store.system().await?;
    let everyone = members::list(&mut system, workspace).await?;
    let mut subjects = vec![
        (APPLIANCE.to_owned(), APPLIANCE.to_owned(), String::new()),
        (workspace_key(workspace), "workspace".to_owned(), String::new()),
    ];
    let feature = |feature: Feature| {
        let subject = format!("feature:{}", feature.as_str());
        (feature_key(workspace, feature), subject, feature.as_str().to_owned())
    };
    subjects.extend(Feature::ALL.map(feature));
    subjects.extend(
        everyone.into_iter().map(|member| (member_key(member.id), format!("member:{}", member.id), member.name)),
    );

    let (config, now) = (ctx.config.get(), ctx.now());
    let (mut limits, mut counters) = (Vec::new(), Vec::new());
    for (key, subject, name) in subjects {
        for (period, at) in [("month", month(now)), ("day", day(now))] {
            let fixed = subject == APPLIANCE;
            let limit = match (fixed, period) {
                (true, "month") => Some(config.ai.month()),
                (true, _) => Some(config.ai.day()),
                _ => set.get(&(subject.as_str(), period)).copied(),
            };
            counters.push(Counter { key: key.clone(), period: at, limit: None });
            let (subject, name, period) = (subject.clone(), name.clone(), period.to_owned());
            limits.push(Limit { subject, name, period, limit, spent: Micros::ZERO, reserved: Micros::ZERO, fixed });
        }
    }
    let counted = budget::counted(&mut system, &counters).await?;
    for (limit, counted) in limits.iter_mut().zip(counted) {
        (limit.spent, limit.reserved) = (counted.spent, counted.reserved);
    }
    Ok(limits)
}
