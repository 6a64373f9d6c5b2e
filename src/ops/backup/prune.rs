//! Removing backups whose time is over, and the documents that no backup lists any more.

use std::collections::HashSet;
use std::fs;

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

/// Removes what is older than `keep_days`, but never the newest that can be read.
pub(super) async fn prune(place: &Place, pool: &Files, keep_days: i64, now: DateTime<Utc>) -> Result<Removed> {
    let mut removed = Removed::default();
    let Some(_removing) = place.removing()? else {
        removed.stays = Some("a backup is being read, so that old ones go the next time".to_owned());
        return Ok(removed);
    };
    let newest = place.all()?.into_iter().find(|backup| backup.manifest.is_ok()).map(|backup| backup.id);
    let limit = now - TimeDelta::days(keep_days);
    for backup in place.all()?.into_iter().filter(|one| one.at < limit && Some(&one.id) != newest.as_ref()) {
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
        pool.delete(&address).await?;
        removed.files += 1;
    }
    Ok(removed)
}
