//! From a configuration to the context: each part is opened once, here, and its failure says what to do.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::sync::{broadcast, watch};

use crate::ai::{Door, Metered};
use crate::base::clock::{Clock, SystemClock};
use crate::base::turns::Turns;
use crate::config::{Config, LOCAL, Live, environment};
use crate::context::Context;
use crate::gateways::cache::Cache;
use crate::gateways::embed::local::LocalEmbedder;
use crate::gateways::embed::{Embedder, ModelInfo};
use crate::gateways::extract::{ExtractLimits, Extractor, Ocr};
use crate::gateways::files::Files;
use crate::gateways::vectors::VectorIndex;
use crate::gateways::vectors::embedded::{EmbeddedIndex, Filling};
use crate::gateways::vectors::qdrant::{QdrantIndex, Settings};
use crate::gateways::vectors::standby::Standby;
use crate::ops::upgrade;
use crate::recruit::{self, indexing, standby};
use crate::store::Store;
use crate::store::schema::Migrated;
use crate::store::snapshots::Kept;

/// Notices that a slow listener may be behind before it is told that it missed some.
const NOTICES: usize = 4_096;

/// What a command needs of the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It searches: the index in the process is filled from Postgres first.
    Index,
    /// It serves: the index in the process is filled while other requests are answered already; searches wait for it.
    IndexSoon,
    /// It does not search.
    NoIndex,
}

/// Opens everything the configuration names.
pub async fn context(config: Config, need: Need) -> Result<Context> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = Store::connect(&config.database.url, config.database.max_connections)
        .await
        .context("cannot connect to Postgres as `[database] url` says")?;
    store.check_role().await?;
    let cache = Cache::open(&config.redis.url, Arc::clone(&clock)).map_err(anyhow::Error::msg)?;
    let files = Files::open(config.files_dir()).await?;
    let extractor = extractor(&config, Ocr::Auto)?;
    let live: Live = config.clone().into();
    let ai = Door::new(live.clone(), store.clone(), cache.clone(), Arc::clone(&clock));
    let embedder = embedder(&config, &ai).await?;
    let (vectors, local) = vectors(&config, embedder.model())?;
    let ctx = Context {
        ai,
        extractor,
        config: live,
        store,
        clock,
        files,
        cache,
        turns: Turns::default(),
        embedder,
        vectors,
        notices: broadcast::channel(NOTICES).0,
        services: watch::channel(None).0,
    };
    match (need, local) {
        (Need::NoIndex, _) => {}
        (Need::Index, Some(_)) => fill(&ctx).await?,
        (Need::IndexSoon, Some(index)) => drop(tokio::spawn(fill_at_last(ctx.clone(), index.filling()))),
        (Need::Index | Need::IndexSoon, None) => standby::prepare(&ctx).await?,
    }
    Ok(ctx)
}

/// Fills the index in the process from Postgres.
async fn fill(ctx: &Context) -> recruit::Result<()> {
    let started = std::time::Instant::now();
    let passages = indexing::rebuild(ctx, ctx.vectors.as_ref(), false, |_| {}).await?;
    let duration_ms = started.elapsed().as_millis();
    tracing::info!(passages, duration_ms, "the index in the process is filled");
    Ok(())
}

/// Fills the index however often Postgres is away, then lets the searches go that waited for it.
async fn fill_at_last(ctx: Context, filling: Filling) {
    while let Err(error) = fill(&ctx).await {
        tracing::warn!(%error, "cannot fill the index in the process, trying again");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    filling.done();
}

/// The embedding model: the local one is loaded only where it is wanted, since it takes most of the process's memory.
async fn embedder(config: &Config, ai: &Door) -> Result<Arc<dyn Embedder>> {
    if config.ai.embed != LOCAL {
        let metered = Metered::new(ai.clone(), &config.ai.embed);
        return Ok(Arc::new(metered.context("the embedding model that `[ai] embed` names cannot be used")?));
    }
    let (model_dir, threads) = (config.model_dir(), threads(config));
    Ok(Arc::new(tokio::task::spawn_blocking(move || LocalEmbedder::load(&model_dir, threads)).await??))
}

fn threads(config: &Config) -> usize {
    match config.embedding.threads {
        0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        some => some,
    }
}

/// The vector engine, and the same once more where it is the one in the process.
fn vectors(config: &Config, model: &ModelInfo) -> Result<(Arc<dyn VectorIndex>, Option<EmbeddedIndex>)> {
    if config.vector.url.is_empty() {
        let index = EmbeddedIndex::new(model.dimensions);
        return Ok((Arc::new(index.clone()), Some(index)));
    }
    let key = config.vector.api_key.clone();
    let settings = Settings {
        url: config.vector.url.clone(),
        api_key: (!key.is_empty()).then(|| key.into()),
        collection_prefix: config.vector.prefix.clone(),
        model: model.name.clone(),
        dimensions: model.dimensions,
        frugal: true,
    };
    let server = Arc::new(QdrantIndex::connect(&settings)?);
    Ok((Arc::new(Standby::new(server, model.dimensions)), None))
}

/// The reader of documents, within the configured limits: it takes every file that is accepted, and as many at once as
/// there are workers who ask.
pub fn extractor(config: &Config, ocr: Ocr) -> Result<Extractor> {
    let (usual, accepted) = (ExtractLimits::default(), config.intake.max_file_mb << 20);
    let limits = ExtractLimits {
        parallel: config.tasks.workers,
        document_bytes: usual.document_bytes.max(accepted),
        archive_bytes: usual.archive_bytes.max(accepted),
        pages: config.intake.max_pages,
        ocr,
        ..usual
    };
    let executable = environment::executable().context("cannot find this program's own file")?;
    Ok(Extractor::new(limits, executable))
}

/// Brings the database's schema up to date, after it was copied where that is ours to do.
pub async fn migrate(config: &Config) -> Result<Migrated> {
    let migrated = Store::migrate(config.admin_url(), upgrade::room(config)).await;
    let migrated = migrated.context("cannot bring the database's schema up to date")?;
    let Migrated { from, to, kept } = &migrated;
    match kept {
        _ if from == to => {}
        Kept::NothingToKeep => tracing::info!(from, to, "the schema is up to date"),
        Kept::As(copy) => tracing::info!(from, to, copy, "the schema is up to date, and there is a copy from before"),
        Kept::NotOurs(reason) => {
            tracing::warn!(from, to, reason, "the schema is up to date, and no copy was made before");
        }
    }
    Ok(migrated)
}

#[cfg(test)]
mod tests {
    use super::{Ocr, extractor};
    use crate::config;

    #[test]
    fn whatever_is_accepted_is_read_by_as_many_as_work() {
        let mut config = config::load(None).unwrap().config;
        config.intake.max_file_mb = 300;
        config.tasks.workers = 6;
        let limits = extractor(&config, Ocr::Never).unwrap().limits().clone();
        assert_eq!((limits.parallel, limits.document_bytes, limits.archive_bytes), (6, 300 << 20, 300 << 20));
        config.intake.max_file_mb = 25;
        assert_eq!(extractor(&config, Ocr::Never).unwrap().limits().document_bytes, 50 << 20);
    }
}
