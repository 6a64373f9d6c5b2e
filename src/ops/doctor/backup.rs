//! Backups: is there a recent one, did the last attempt fail, and was one restored lately to see that it can be?

use chrono::{DateTime, TimeDelta, Utc};

use super::Finding;
use crate::base::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::model::backup::{Attempt, Drill, told};
use crate::ops::backup::Place;

/// The timer makes one each day; a day late is a machine that was off.
const OLD: TimeDelta = TimeDelta::days(2);

/// The timer tries one each month.
const UNTRIED: TimeDelta = TimeDelta::days(45);

const CREATE: &str =
    "talentprompt backup create; systemctl status talentprompt-backup.timer talentprompt-backup.service";
const DRILL: &str = "talentprompt backup drill";

pub(super) fn checks(config: &Config) -> Vec<Finding> {
    let (place, now) = (Place::of(config), SystemClock.now());
    let newest = match place.all() {
        Ok(all) => all.into_iter().find(|backup| backup.manifest.is_ok()),
        Err(error) => {
            let means = "whether there are backups is not known";
            return vec![Finding::warning("backup", error.to_string(), means, "look again as root")];
        }
    };
    let newest = newest.map(|backup| (backup.at, backup.verified.is_some_and(|verified| !verified.damage.is_empty())));
    let mut findings = vec![made(newest, place.attempt(), place.is_busy(), now)];
    if newest.is_some() {
        findings.push(tried(place.drill(), now));
    }
    findings
}

/// Judges the newest backup, and whether it was found damaged, by the last attempt to make one.
fn made(newest: Option<(DateTime<Utc>, bool)>, attempt: Option<Attempt>, busy: bool, now: DateTime<Utc>) -> Finding {
    const NAME: &str = "backup";
    let failed = attempt.and_then(|attempt| match (attempt.error, attempt.ended) {
        (Some(reason), _) => Some(format!("the last attempt, of {}, failed: {reason}", told(attempt.begun))),
        (None, None) if !busy => Some(format!("the last attempt, of {}, was interrupted", told(attempt.begun))),
        _ => None,
    });
    let lost = "what is lost now is lost since the last backup";
    match (newest, failed) {
        (_, Some(failed)) => Finding::error(NAME, failed, lost, format!("mend that, then: {CREATE}")),
        (None, None) => Finding::warning(NAME, "there is none yet", "what is lost now is lost for good", CREATE),
        (Some((at, _)), None) if now - at > OLD => {
            Finding::error(NAME, format!("the newest is of {}", told(at)), lost, CREATE)
        }
        (Some((at, true)), None) => {
            let means = "what is damaged in it is not restored";
            let todo = "talentprompt backup verify, which says what; then: talentprompt backup create";
            Finding::error(NAME, format!("the newest, of {}, is damaged", told(at)), means, todo)
        }
        (Some((at, false)), None) => Finding::ok(NAME, format!("the newest is of {}", told(at))),
    }
}

/// Judges the last drill.
fn tried(drill: Option<Drill>, now: DateTime<Utc>) -> Finding {
    const NAME: &str = "backup drill";
    let means = "whether a backup can be restored is not known";
    match drill {
        None => Finding::warning(NAME, "no backup was tried yet", means, DRILL),
        Some(drill) if !drill.differed.is_empty() => Finding::warning(
            NAME,
            format!("that of {} failed: {}", told(drill.at), drill.differed.join("; ")),
            "a backup could not be restored as it should be",
            format!("talentprompt backup verify {}; then: {CREATE}; then: {DRILL}", drill.backup),
        ),
        Some(drill) if now - drill.at > UNTRIED => {
            let todo = format!("{DRILL}; systemctl status talentprompt-backup-drill.timer");
            Finding::warning(NAME, format!("the last was {}", told(drill.at)), means, todo)
        }
        Some(drill) => {
            let people = drill.people;
            Finding::ok(NAME, format!("{} was restored on {}: {people} people", drill.backup, told(drill.at)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::backup::begun;
    use crate::ops::doctor::Level;

    fn now() -> DateTime<Utc> {
        begun("20261127T003351Z").unwrap()
    }

    fn attempt(ended: bool, error: Option<&str>) -> Attempt {
        Attempt { begun: now(), ended: ended.then(now), error: error.map(str::to_owned) }
    }

    #[test]
    fn a_backup_that_is_missing_old_damaged_or_failed_is_told() {
        let level = |days: Option<i64>, damaged, attempt, busy| {
            let newest = days.map(|days| (now() - TimeDelta::days(days), damaged));
            made(newest, attempt, busy, now()).level
        };
        assert_eq!(level(None, false, None, false), Level::Warning);
        assert_eq!(level(Some(1), false, Some(attempt(true, None)), false), Level::Ok);
        assert_eq!(level(Some(3), false, None, false), Level::Error);
        assert_eq!(level(Some(1), true, None, false), Level::Error);
        assert_eq!(level(Some(1), false, Some(attempt(true, Some("no room"))), false), Level::Error);
        assert_eq!(level(Some(1), false, Some(attempt(false, None)), false), Level::Error);
        assert_eq!(level(Some(1), false, Some(attempt(false, None)), true), Level::Ok);
    }

    #[test]
    fn a_drill_that_is_missing_old_or_failed_is_told() {
        let drill = |days, differed: &[&str]| Drill {
            at: now() - TimeDelta::days(days),
            backup: "20261127T003351Z".to_owned(),
            took_ms: 1,
            people: 2,
            files: 2,
            differed: differed.iter().map(|text| (*text).to_owned()).collect(),
        };
        assert_eq!(tried(None, now()).level, Level::Warning);
        assert_eq!(tried(Some(drill(30, &[])), now()).level, Level::Ok);
        assert_eq!(tried(Some(drill(46, &[])), now()).level, Level::Warning);
        let told = tried(Some(drill(1, &["candidates: 1 rows instead of 2"])), now());
        assert_eq!(told.level, Level::Warning);
        assert!(told.saw.contains("1 rows instead of 2"));
    }
}
