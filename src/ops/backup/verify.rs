//! Reading a backup as a whole: is everything there that its manifest says, byte for byte?

use std::io;

use super::place::{Backup, DUMP, LIST, MANIFEST, Place};
use super::{Error, Progress, Result, Tell, blocking};
use crate::base::clock::Clock;
use crate::base::secret::{hex, sha256};
use crate::config::Config;
use crate::gateways::dump;
use crate::gateways::files::Error as FileError;
use crate::model::backup::{Damage, Manifest, Verified};

/// Reads the backup of that name, or the newest; what is wrong with it is written down with it.
pub async fn verify(
    config: &Config,
    id: Option<&str>,
    clock: &dyn Clock,
    tell: Tell<'_>,
) -> Result<(Backup, Verified)> {
    let place = Place::of(config);
    place.find(id)?;
    let _reading = place.reading().await?;
    let backup = place.find(id)?;
    let damage = damage(&place, &backup, tell).await?;
    let verified = Verified { at: clock.now(), damage };
    backup.note(&verified)?;
    Ok((backup, verified))
}

/// What is damaged or missing.
pub(super) async fn damage(place: &Place, backup: &Backup, tell: Tell<'_>) -> Result<Vec<Damage>> {
    let of = |name: &str, problem: String| Damage { file: format!("{}/{name}", backup.id), problem };
    let manifest = match &backup.manifest {
        Ok(manifest) => manifest,
        Err(reason) => return Ok(vec![of(MANIFEST, reason.clone())]),
    };
    tell(Progress::Phase("reading the dump"));
    let mut damage: Vec<Damage> =
        dump_problem(backup, manifest).await?.into_iter().map(|problem| of(DUMP, problem)).collect();
    let list = match backup.list() {
        Ok(list) => list,
        Err(error) => {
            damage.push(of(LIST, error.to_string()));
            return Ok(damage);
        }
    };
    let text: String = list.iter().flat_map(|address| [address.as_str(), "\n"]).collect();
    if hex(&sha256(text.as_bytes())) != manifest.list.sha256 {
        damage.push(of(LIST, "it is not what was written".to_owned()));
    }
    tell(Progress::Phase("reading the documents"));
    let pool = place.pool().await?;
    for (done, address) in list.iter().enumerate() {
        tell(Progress::Files(done, list.len()));
        if let Err(error) = pool.read(address).await {
            let file = match pool.path(address) {
                Ok(path) => path.strip_prefix(place.dir()).unwrap_or(&path).display().to_string(),
                Err(_) => address.clone(),
            };
            damage.push(Damage { file, problem: problem(&error) });
        }
    }
    Ok(damage)
}

/// What is wrong with the dump, where something is.
pub(super) async fn dump_problem(backup: &Backup, manifest: &Manifest) -> Result<Option<String>> {
    let (path, expected) = (backup.path.join(DUMP), manifest.dump.clone());
    blocking(move || match dump::check(&path) {
        Ok((part, wrong)) if part == expected => Ok(wrong),
        Ok((_, wrong)) => {
            let more = wrong.map(|wrong| format!("; {wrong}")).unwrap_or_default();
            Ok(Some(format!("it is not what was written{more}")))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Some("it is missing".to_owned())),
        Err(source) => Err(Error::Io { path, source }),
    })
    .await
}

/// What is wrong with a document of the pool.
pub(super) fn problem(error: &FileError) -> String {
    match error {
        FileError::Missing { .. } => "it is missing".to_owned(),
        FileError::Damaged { .. } => "its content is not that of its name".to_owned(),
        other => other.to_string(),
    }
}
