//! Removing backups whose time is over, and the documents that no backup lists any more.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::MetadataExt;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::place::Place;
use super::{Result, failed};
use crate::gateways::files::Files;

/// What was removed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Removed {
    /// Names of backups.
    pub backups: Vec<String>,
    /// How many documents no backup lists any more.
    pub files: u64,
    /// Why something stays that would have gone.
    pub stays: Option<String>,
}

/// How many of the newest backups stay, however old they are: a clock that ran ahead, or a machine that was off for long,
/// must not leave one alone.
const NEWEST: usize = 3;

/// How long a document stays that no backup lists: what was just put there may be of one that is yet to come.
const UNLISTED: TimeDelta = TimeDelta::days(1);

/// Removes what is older than `keep_days`, but never the newest that can be read.
pub(super) async fn prune(place: &Place, pool: &Files, keep_days: i64, now: DateTime<Utc>) -> Result<Removed> {
    let mut removed = Removed::default();
    let Some(_removing) = place.removing()? else {
        removed.stays = Some("a backup is being read, so that old ones go the next time".to_owned());
        return Ok(removed);
    };
    let complete = place.all()?.into_iter().filter(|backup| backup.manifest.is_ok());
    let newest: HashSet<_> = complete.take(NEWEST).map(|backup| backup.id).collect();
    let limit = now - TimeDelta::days(keep_days);
    for backup in place.all()?.into_iter().filter(|one| one.at < limit && !newest.contains(&one.id)) {
        // At once out of the list, however long the rest takes.
        let gone = place.dir().join(format!("{}.making", backup.id));
        fs::rename(&backup.path, &gone).map_err(failed(&backup.path))?;
        fs::remove_dir_all(&gone).map_err(failed(&gone))?;
        removed.backups.push(backup.id);
    }
    let mut listed = HashSet::new();
    for backup in place.all()? {
        match backup.list() {
            Ok(addresses) => listed.extend(addresses),
            Err(error) => {
                removed.stays = Some(format!("which documents {} needs is not known: {error}", backup.id));
                return Ok(removed);
            }
        }
    }
    for address in pool.addresses().await?.into_keys().filter(|address| !listed.contains(address)) {
        if is_young(pool, &address, now)? {
            continue;
        }
        pool.delete(&address).await?;
        removed.files += 1;
    }
    Ok(removed)
}

/// Whether a document came, or was changed in any way, within the last [`UNLISTED`].
fn is_young(pool: &Files, address: &str, now: DateTime<Utc>) -> Result<bool> {
    let path = pool.path(address)?;
    let found = path.metadata().map_err(failed(&path))?;
    Ok(found.ctime().max(found.mtime()) > (now - UNLISTED).timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::{Clock, SystemClock};
    use crate::config::load;

    #[tokio::test]
    async fn a_document_that_no_backup_lists_goes_after_a_day() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = load(None).unwrap().config;
        config.backup.dir = folder.path().to_owned();
        let place = Place::of(&config);
        let pool = place.pool().await.unwrap();
        let staged = pool.stage(b"abc".to_vec()).await.unwrap();
        let address = staged.address().to_owned();
        staged.keep().await.unwrap();
        let now = SystemClock.now();
        assert_eq!(prune(&place, &pool, 14, now).await.unwrap().files, 0);
        pool.read(&address).await.unwrap();
        assert_eq!(prune(&place, &pool, 14, now + TimeDelta::days(2)).await.unwrap().files, 1);
    }
}
