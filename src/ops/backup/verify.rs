//! Reading a backup as a whole: is everything there that its manifest says, byte for byte?

use std::io;

use super::place::{Backup, DUMP, LIST, MANIFEST, Place};
use super::{Error, Progress, Result, Tell, blocking};
use crate::base::clock::Clock;
use crate::base::secret::{hex, sha256};
use crate::config::Config;
use crate::gateways::dump;
use crate::gateways::files::{Error as FileError, Files};
use crate::model::backup::{Damage, Manifest, Verified};

/// A backup that was read as a whole.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The backup.
    pub backup: Backup,
    /// How it was found.
    pub verified: Verified,
    /// Documents that are damaged or missing in the store of the appliance as well, by their addresses.
    pub lost: Vec<String>,
}

/// Reads the backup of that name, or the newest; what is wrong with it is written down with it.
pub async fn verify(config: &Config, id: Option<&str>, clock: &dyn Clock, tell: Tell<'_>) -> Result<Seen> {
    let place = Place::of(config);
    place.find(id)?;
    let _reading = place.reading().await?;
    let backup = place.find(id)?;
    let mut damage = damage(&backup, tell).await?;
    if let (Ok(_), Ok(list)) = (&backup.manifest, backup.list()) {
        damage.extend(damaged_documents(&place, &list, tell).await?);
    }
    let (store, mut lost) = (Files::open(config.files_dir()).await?, Vec::new());
    for address in damage.iter().filter_map(Damage::address) {
        if store.read(address).await.is_err() {
            lost.push(address.to_owned());
        }
    }
    let verified = Verified { at: clock.now(), damage };
    backup.note(&verified)?;
    Ok(Seen { backup, verified, lost })
}

/// What is damaged or missing without which nothing can be restored: the manifest, the dump and the list of documents.
pub(super) async fn damage(backup: &Backup, tell: Tell<'_>) -> Result<Vec<Damage>> {
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
    Ok(damage)
}

/// Which documents of a list are damaged or missing.
pub(super) async fn damaged_documents(place: &Place, list: &[String], tell: Tell<'_>) -> Result<Vec<Damage>> {
    tell(Progress::Phase("reading the documents"));
    let (pool, mut damage) = (place.pool().await?, Vec::new());
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
