//! What is around an upgrade: room for the copy of the database, the notice that one failed, and copies that are old.

use std::path::Path;

use chrono::TimeDelta;

use crate::config::Config;
use crate::context::Context;
use crate::model::upgrade::FailedUpgrade;
use crate::store::{self, snapshots};

/// What the package's scripts leave beside the program that they kept, while it serves in place of the one installed.
const NOTICE: &str = "/usr/lib/talentprompt/previous/failed";

/// How long a copy of the database is kept after the upgrade it was made for: who has worked with a version for two
/// weeks does not give two weeks of work up for the one before.
pub const KEPT: TimeDelta = TimeDelta::days(14);

/// The upgrade that failed last, while the version before it serves.
pub fn failed() -> Option<FailedUpgrade> {
    FailedUpgrade::of(&std::fs::read_to_string(NOTICE).ok()?)
}

/// Bytes that are free on the disk of the database, as far as it is known where that is.
pub fn room(config: &Config) -> u64 {
    let (data, postgres) = (config.data.dir.as_path(), config.data.dir.join("postgres"));
    let found = [postgres.as_path(), data, Path::new("/")].into_iter().find_map(|path| rustix::fs::statvfs(path).ok());
    found.map_or(u64::MAX, |disk| disk.f_bavail * disk.f_frsize)
}

/// Removes copies of the database whose time is over; answers how many.
pub async fn tidy(ctx: &Context) -> store::Result<usize> {
    let config = ctx.config.get();
    snapshots::remove_before(config.admin_url(), ctx.now() - KEPT).await
}
