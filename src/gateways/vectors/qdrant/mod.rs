//! The vector engine as a Qdrant server over gRPC, local or in the cloud. One collection belongs to one embedding
//! model; workspaces share it, kept apart by a tenant key that every request names.
//!
//! The collection is made at the first use and not at connecting, so the appliance starts while the server is away and
//! goes on by itself when it comes back.

mod collection;
mod convert;
mod grouping;

use std::future::Future;
use std::time::Duration;

use async_trait::async_trait;
use qdrant_client::qdrant::{
    CountPointsBuilder, DeletePointsBuilder, Filter as ServerFilter, PointStruct, QueryBatchPointsBuilder, QueryPoints,
    UpsertPointsBuilder,
};
use qdrant_client::{Qdrant, QdrantError};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::OnceCell;
use tonic::Code;

use self::grouping::Arm;
use super::{Error, HybridHits, HybridQuery, Point, Ready, VectorIndex, shape};
use crate::model::ids::{CandidateId, ResumeId, WorkspaceId};

/// Points in one upsert: about 700 kB at 384 numbers and 120 words each, far below the server's limit of 64 MB.
const BATCH: usize = 256;

/// A server that does not shake hands in this time is away.
const CONNECT_LIMIT: Duration = Duration::from_secs(3);

/// A search that takes longer has lost the person who asked; the caller goes on without the engine.
const QUERY_LIMIT: Duration = Duration::from_secs(5);

/// Writes wait for the server's disk and may meet its optimiser.
const WRITE_LIMIT: Duration = Duration::from_secs(30);

/// Where the server is and what the index in it is for.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The gRPC address: `http://127.0.0.1:6334`, or an `https` one of Qdrant Cloud.
    pub url: String,
    /// The server's API key, when it asks for one.
    pub api_key: Option<SecretString>,
    /// First part of the collection's name; several installations can share a server.
    pub collection_prefix: String,
    /// The embedding model whose vectors are kept, for the collection's name.
    pub model: String,
    /// Numbers in a vector of that model.
    pub dimensions: usize,
    /// Keep original vectors and payload on disk and search int8 copies in memory: a quarter of the memory, rescored
    /// with the originals. Decided when the collection is made.
    pub frugal: bool,
}

/// A collection on a Qdrant server.
pub struct QdrantIndex {
    client: Qdrant,
    collection: String,
    dimensions: usize,
    frugal: bool,
    /// Set once the collection was seen to be there and to fit.
    prepared: OnceCell<()>,
}

impl QdrantIndex {
    /// Sets up the connection; it is opened by the first request, so a server that is away is no error yet.
    ///
    /// # Errors
    /// [`Error::Refused`] when the URL is not one.
    pub fn connect(settings: &Settings) -> Result<Self, Error> {
        let client = Qdrant::from_url(&settings.url)
            .api_key(settings.api_key.as_ref().map(|key| key.expose_secret().to_owned()))
            .connect_timeout(CONNECT_LIMIT)
            .timeout(WRITE_LIMIT)
            // The check blocks the thread and prints to standard output.
            .skip_compatibility_check()
            .build()
            .map_err(|error| Error::Refused(format!("{} is no Qdrant address: {error}", settings.url)))?;
        Ok(Self {
            client,
            collection: collection::name(&settings.collection_prefix, &settings.model, settings.dimensions),
            dimensions: settings.dimensions,
            frugal: settings.frugal,
            prepared: OnceCell::new(),
        })
    }

    /// The collection's name on the server: `<prefix>_<model>_<dimensions>`.
    pub fn collection(&self) -> &str {
        &self.collection
    }

    async fn prepared(&self) -> Result<(), Error> {
        self.prepared.get_or_try_init(async || self.ensure_collection().await).await.copied()
    }

    async fn ensure_collection(&self) -> Result<(), Error> {
        // Boxed, or each method would carry the room for the requests that make a collection.
        let work = Box::pin(collection::ensure(&self.client, &self.collection, self.dimensions, self.frugal));
        within(WRITE_LIMIT, work).await?
    }

    async fn delete(&self, doomed: ServerFilter) -> Result<(), Error> {
        self.prepared().await?;
        let request = DeletePointsBuilder::new(&self.collection).points(doomed).wait(true);
        answer(within(WRITE_LIMIT, self.client.delete_points(request)).await?)?;
        Ok(())
    }

    /// Runs the arms that still lack hits in one request.
    async fn advance(&self, arms: &mut [Arm<'_>]) -> Result<(), Error> {
        let whole = collection::whole(&self.collection);
        let requests: Vec<QueryPoints> =
            arms.iter().filter(|arm| !arm.done()).map(|arm| arm.request(&whole, self.frugal)).collect();
        let request = QueryBatchPointsBuilder::new(&whole, requests).timeout(QUERY_LIMIT.as_secs());
        let response = match self.client.query_batch(request).await {
            Err(QdrantError::ResponseError { status }) if status.code() == Code::NotFound => {
                return Err(Error::Unavailable(format!("the collection {} lacks something", self.collection)));
            }
            other => answer(other)?,
        };
        for (arm, batch) in arms.iter_mut().filter(|arm| !arm.done()).zip(response.result) {
            arm.take(&batch.result)?;
        }
        Ok(())
    }
}

#[async_trait]
impl VectorIndex for QdrantIndex {
    fn name(&self) -> &'static str {
        "qdrant"
    }

    async fn upsert(&self, points: Vec<Point>) -> Result<(), Error> {
        shape::check_points(&points, self.dimensions)?;
        self.prepared().await?;
        for batch in points.chunks(BATCH) {
            let structs: Vec<PointStruct> = batch.iter().map(convert::point).collect();
            let request = UpsertPointsBuilder::new(&self.collection, structs).wait(true);
            answer(within(WRITE_LIMIT, self.client.upsert_points(request)).await?)?;
        }
        Ok(())
    }

    async fn delete_candidate(&self, workspace: WorkspaceId, candidate: CandidateId) -> Result<(), Error> {
        self.delete(convert::of_candidate(workspace, candidate)).await
    }

    async fn delete_resume(&self, workspace: WorkspaceId, resume: ResumeId) -> Result<(), Error> {
        self.delete(convert::of_resume(workspace, resume)).await
    }

    async fn clear(&self, workspace: WorkspaceId) -> Result<(), Error> {
        self.delete(convert::of_workspace(workspace)).await
    }

    async fn query(&self, query: HybridQuery) -> Result<HybridHits, Error> {
        shape::check_query(&query, self.dimensions)?;
        let work = async {
            let mut arms = [Arm::dense(&query), Arm::sparse(&query)];
            while arms.iter().any(|arm| !arm.done()) {
                self.advance(&mut arms).await?;
            }
            let [dense, sparse] = arms.map(Arm::into_hits);
            Ok(HybridHits { dense, sparse })
        };
        within(QUERY_LIMIT, work).await?
    }

    async fn count(&self, workspace: WorkspaceId) -> Result<u64, Error> {
        self.prepared().await?;
        let request = CountPointsBuilder::new(&self.collection).filter(convert::of_workspace(workspace)).exact(true);
        let response = answer(within(QUERY_LIMIT, self.client.count(request)).await?)?;
        Ok(response.result.map_or(0, |result| result.count))
    }

    async fn set_whole(&self, whole: bool) -> Result<(), Error> {
        self.prepared().await?;
        within(WRITE_LIMIT, collection::set_whole(&self.client, &self.collection, whole)).await?
    }

    /// Also makes the collection again if the server lost it, so that it can be filled.
    async fn ready(&self) -> Result<Ready, Error> {
        let work = async {
            self.ensure_collection().await?;
            let whole = collection::is_whole(&self.client, &self.collection).await?;
            Ok(if whole { Ready::Whole } else { Ready::Lacking })
        };
        within(QUERY_LIMIT, work).await?
    }
}

/// Proves by a query that the server at `url` works; answers its version.
///
/// # Errors
/// [`Error::Refused`] when the URL is not one, [`Error::Unavailable`] when nobody answers.
pub async fn probe(url: &str, api_key: &str) -> Result<String, Error> {
    let client = Qdrant::from_url(url)
        .api_key((!api_key.is_empty()).then_some(api_key))
        .connect_timeout(CONNECT_LIMIT)
        .skip_compatibility_check()
        .build()
        .map_err(|error| Error::Refused(format!("{url} is no Qdrant address: {error}")))?;
    Ok(answer(within(QUERY_LIMIT, client.health_check()).await?)?.version)
}

async fn within<T>(limit: Duration, work: impl Future<Output = T> + Send) -> Result<T, Error> {
    let seconds = limit.as_secs();
    let timed = tokio::time::timeout(limit, work).await;
    timed.map_err(|_| Error::Unavailable(format!("Qdrant did not answer within {seconds} s")))
}

/// Sorts the server's errors into those that pass and those that do not.
fn answer<T>(result: Result<T, QdrantError>) -> Result<T, Error> {
    result.map_err(|error| match &error {
        QdrantError::ResponseError { status } => {
            let message = format!("Qdrant answered {:?}: {}", status.code(), status.message());
            match status.code() {
                Code::InvalidArgument
                | Code::NotFound
                | Code::AlreadyExists
                | Code::FailedPrecondition
                | Code::OutOfRange
                | Code::Unimplemented
                | Code::PermissionDenied
                | Code::Unauthenticated => Error::Refused(message),
                _ => Error::Unavailable(message),
            }
        }
        QdrantError::ResourceExhaustedError { .. } | QdrantError::Io(_) => Error::Unavailable(error.to_string()),
        _ => Error::Refused(error.to_string()),
    })
}
