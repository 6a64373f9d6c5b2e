//! The vector engine in process: an exact scan over dense vectors in memory and an inverted index over words.
//! Exact means full recall and the same answer, whatever the order points came in; at the sizes of one
//! small server a scan costs a few milliseconds and needs no graph, no build and no second program. Nothing is kept on
//! disk: Postgres has the vectors, and the index is filled from there at start.
//!
//! Each workspace is a shelf of its own behind its own lock; work runs on blocking threads, never across an await.

mod dense;
mod facts;
mod postings;
mod rank;
mod shelf;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;

use self::shelf::Shelf;
use super::{Error, Filter, HybridHits, HybridQuery, Point, Ready, VectorIndex, shape};
use crate::model::ids::{CandidateId, ResumeId, WorkspaceId};

/// How long a query waits for the index to be filled: a few times what 10,000 resumes take.
const PATIENCE: Duration = Duration::from_secs(10);

type Shelves = HashMap<WorkspaceId, Arc<RwLock<Shelf>>>;

/// The in-process engine; clones share one index.
#[derive(Debug, Clone)]
pub struct EmbeddedIndex {
    dimensions: usize,
    shelves: Arc<RwLock<Shelves>>,
    /// Whether queries may look: not while the index is filled at the program's start.
    filled: Arc<watch::Sender<bool>>,
}

/// Holds back queries until it is done.
#[derive(Debug)]
pub struct Filling(Arc<watch::Sender<bool>>);

impl Filling {
    /// The index is full: queries may look.
    pub fn done(self) {
        self.0.send_replace(true);
    }
}

impl EmbeddedIndex {
    /// An empty index of vectors with `dimensions` numbers, at least one.
    pub fn new(dimensions: usize) -> Self {
        Self { dimensions, shelves: Arc::default(), filled: Arc::new(watch::Sender::new(true)) }
    }

    /// From now on queries wait, for some seconds at most, until the answer is told that the index is full.
    pub fn filling(&self) -> Filling {
        self.filled.send_replace(false);
        Filling(Arc::clone(&self.filled))
    }

    fn shelf(&self, workspace: WorkspaceId) -> Option<Arc<RwLock<Shelf>>> {
        // The map is only ever changed by single inserts and removals, so a panic cannot leave it half done.
        self.shelves.read().unwrap_or_else(PoisonError::into_inner).get(&workspace).cloned()
    }

    fn shelf_or_new(&self, workspace: WorkspaceId) -> Arc<RwLock<Shelf>> {
        let mut shelves = self.shelves.write().unwrap_or_else(PoisonError::into_inner);
        let empty = || Arc::new(RwLock::new(Shelf::new(self.dimensions)));
        Arc::clone(shelves.entry(workspace).or_insert_with(empty))
    }

    fn upsert_now(&self, points: Vec<Point>) -> Result<(), Error> {
        shape::check_points(&points, self.dimensions)?;
        let mut by_workspace: HashMap<WorkspaceId, Vec<Point>> = HashMap::new();
        for point in points {
            by_workspace.entry(point.workspace).or_default().push(point);
        }
        for (workspace, points) in by_workspace {
            self.shelf_or_new(workspace).write().map_err(|_| broken(workspace))?.upsert(&points)?;
        }
        Ok(())
    }

    /// Changes a workspace's shelf on a blocking thread; a workspace without one has nothing to change.
    async fn change(
        &self,
        workspace: WorkspaceId,
        change: impl FnOnce(&mut Shelf) + Send + 'static,
    ) -> Result<(), Error> {
        let Some(held) = self.shelf(workspace) else { return Ok(()) };
        blocking(move || {
            change(&mut *held.write().map_err(|_| broken(workspace))?);
            Ok(())
        })
        .await
    }
}

#[async_trait]
impl VectorIndex for EmbeddedIndex {
    fn name(&self) -> &'static str {
        "embedded"
    }

    fn is_filling(&self) -> bool {
        !*self.filled.borrow()
    }

    async fn upsert(&self, points: Vec<Point>) -> Result<(), Error> {
        let index = self.clone();
        blocking(move || index.upsert_now(points)).await
    }

    async fn delete_candidate(&self, workspace: WorkspaceId, candidate: CandidateId) -> Result<(), Error> {
        self.change(workspace, move |shelf| shelf.delete_candidate(candidate)).await
    }

    async fn delete_resume(&self, workspace: WorkspaceId, resume: ResumeId) -> Result<(), Error> {
        self.change(workspace, move |shelf| shelf.delete_resume(resume)).await
    }

    async fn clear(&self, workspace: WorkspaceId) -> Result<(), Error> {
        self.shelves.write().unwrap_or_else(PoisonError::into_inner).remove(&workspace);
        Ok(())
    }

    async fn query(&self, query: HybridQuery) -> Result<HybridHits, Error> {
        let circle = query.filter.clone();
        let hits = self.query_within(query, vec![circle]).await?;
        Ok(hits.into_iter().next().unwrap_or_default())
    }

    async fn query_within(&self, query: HybridQuery, circles: Vec<Filter>) -> Result<Vec<HybridHits>, Error> {
        shape::check_query(&query, self.dimensions)?;
        circles.iter().try_for_each(shape::check_filter)?;
        let mut filled = self.filled.subscribe();
        let full = async { filled.wait_for(|full| *full).await.is_ok() };
        if !tokio::time::timeout(PATIENCE, full).await.unwrap_or(false) {
            return Err(Error::Unavailable("the embedded index is still being filled".to_owned()));
        }
        let workspace = query.filter.workspace;
        if circles.iter().any(|circle| circle.workspace != workspace) {
            return Err(Error::Refused("query: its circles are of several workspaces".to_owned()));
        }
        let Some(held) = self.shelf(workspace) else { return Ok(vec![HybridHits::default(); circles.len()]) };
        blocking(move || Ok(held.read().map_err(|_| broken(workspace))?.query(&query, &circles))).await
    }

    async fn count(&self, workspace: WorkspaceId) -> Result<u64, Error> {
        let Some(held) = self.shelf(workspace) else { return Ok(0) };
        let count = held.read().map_err(|_| broken(workspace))?.len();
        Ok(count as u64)
    }

    async fn ready(&self) -> Result<Ready, Error> {
        Ok(Ready::Whole)
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|failure| Err(Error::Unavailable(format!("the embedded engine stopped: {failure}"))))
}

/// A writer panicked with the shelf half changed: what is in it cannot be trusted until it is cleared and filled anew.
fn broken(workspace: WorkspaceId) -> Error {
    Error::Unavailable(format!("the embedded index of workspace {workspace} is damaged; rebuild it with `reindex`"))
}
