//! Upgrades: did the last one fail, is there a way back from it, and is the database's own version the system's?

use super::{Finding, Scene};
use crate::model::upgrade::FailedUpgrade;
use crate::ops::cluster::Clusters;
use crate::ops::{supervise, upgrade};
use crate::store::snapshots::{self, Snapshot};

pub(super) async fn checks(scene: &Scene<'_>) -> Vec<Finding> {
    let mut findings = vec![last(upgrade::failed())];
    let url = scene.config.admin_url();
    if scene.ctx.is_ok()
        && let (Ok(why_not), Ok(kept)) = (snapshots::why_not(url).await, snapshots::known(url).await)
    {
        findings.push(way_back(why_not, kept.last()));
    }
    // Of a database elsewhere, or where we may not look, others know more.
    if supervise::services(scene.config).iter().any(|service| service.name == "postgres")
        && let Ok(found) = Clusters::look(scene.config)
    {
        findings.push(cluster(&found));
    }
    findings
}

fn last(failed: Option<FailedUpgrade>) -> Finding {
    const NAME: &str = "upgrade";
    match failed {
        None => Finding::ok(NAME, "the version that is installed serves"),
        Some(failed) => Finding::error(
            NAME,
            format!("{} could not take over: {}", failed.version, failed.reason),
            "the version before it serves, with its data as it was",
            FailedUpgrade::TODO,
        ),
    }
}

fn way_back(why_not: Option<&str>, kept: Option<&Snapshot>) -> Finding {
    const NAME: &str = "way back";
    let days = upgrade::KEPT.num_days();
    Finding::ok(
        NAME,
        match (why_not, kept.map(|kept| (kept, kept.made_at()))) {
            (_, Some((Snapshot { name, before, bytes, .. }, Some(at)))) => {
                let megabytes = bytes >> 20;
                format!(
                    "the database of before migration {before}, of {at}, is kept for {days} days as {name}: {megabytes} MB"
                )
            }
            (_, Some((Snapshot { name, bytes, .. }, None))) => {
                format!("the database {name} is kept, and nobody removes it: {} MB", bytes >> 20)
            }
            (Some(reason), None) => format!("no copy is made before an upgrade: {reason}"),
            (None, None) => format!("the database is copied before an upgrade changes it, and kept for {days} days"),
        },
    )
}

fn cluster(found: &Clusters) -> Finding {
    const NAME: &str = "postgres version";
    let Some(data) = found.current() else { return Finding::ok(NAME, "there is no data yet") };
    let newest = found.newest_installed().unwrap_or_default();
    if !found.installed.contains(&data) {
        return Finding::error(
            NAME,
            format!("the data is of PostgreSQL {data}, which is not installed"),
            "the database cannot be started",
            format!("apt install postgresql-{data}"),
        );
    }
    if newest > data {
        return Finding::warning(
            NAME,
            format!("the data is of PostgreSQL {data}, and {newest} is installed"),
            "the old one gets no updates from this Debian any more",
            "talentprompt migrate postgres",
        );
    }
    match found.kept() {
        Some(old) => Finding::warning(
            NAME,
            format!("the data is of PostgreSQL {data}; that of {old} from before the move is kept beside it"),
            "it takes room, and is only good for a way back",
            "when all is well: talentprompt migrate postgres --confirm (--back returns to it)",
        ),
        None => Finding::ok(NAME, format!("the data is of PostgreSQL {data}, the newest that is installed")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::doctor::Level;

    fn todo(data: &[u32], installed: &[u32]) -> (Level, String) {
        let found = Clusters { folder: "/data/postgres".into(), data: data.to_vec(), installed: installed.to_vec() };
        let finding = cluster(&found);
        (finding.level, finding.todo.unwrap_or_default())
    }

    #[test]
    fn data_of_an_older_postgres_is_told_with_what_to_do() {
        assert_eq!(todo(&[15], &[15]), (Level::Ok, String::new()));
        assert_eq!(todo(&[15], &[15, 17]), (Level::Warning, "talentprompt migrate postgres".to_owned()));
        assert_eq!(todo(&[15], &[17]), (Level::Error, "apt install postgresql-15".to_owned()));
        assert!(todo(&[15, 17], &[15, 17]).1.contains("--confirm"));
    }

    #[test]
    fn an_upgrade_that_failed_is_told_until_it_is_mended() {
        assert_eq!(last(None).level, Level::Ok);
        let failed = FailedUpgrade { version: "2".to_owned(), serving: "1".to_owned(), reason: "no room".to_owned() };
        let told = last(Some(failed));
        assert_eq!(told.level, Level::Error);
        assert!(told.saw.contains("no room") && told.todo.unwrap().contains("apt install -f"));
    }
}
