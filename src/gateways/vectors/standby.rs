//! A vector server with a stand-in: while the server does not answer, the engine in the process searches instead.
//!
//! The floor above fills the stand-in from Postgres and brings the server up to date when it is back. Until then a
//! write reaches the stand-in and is still reported as unavailable: its task stays in the queue, so nothing is called
//! indexed that the server does not have.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tokio::sync::watch;

use super::embedded::EmbeddedIndex;
use super::{Error, Filter, HybridHits, HybridQuery, Point, Ready, VectorIndex};
use crate::model::ids::{CandidateId, ResumeId, WorkspaceId};

/// Who searches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The server.
    Server,
    /// Nobody yet: the server is away and the stand-in is being filled.
    Filling,
    /// The stand-in.
    StandIn,
    /// Still the stand-in, while the server is brought up to date.
    Returning,
}

/// The server and its stand-in.
pub struct Standby {
    server: Arc<dyn VectorIndex>,
    dimensions: usize,
    stand_in: Mutex<EmbeddedIndex>,
    state: watch::Sender<State>,
    missed: AtomicBool,
}

impl Standby {
    /// The server alone, until it is found to be away. Vectors have `dimensions` numbers.
    pub fn new(server: Arc<dyn VectorIndex>, dimensions: usize) -> Self {
        Self {
            server,
            dimensions,
            stand_in: Mutex::new(EmbeddedIndex::new(dimensions)),
            state: watch::Sender::new(State::Server),
            missed: AtomicBool::new(false),
        }
    }

    /// Who searches now.
    pub fn state(&self) -> State {
        *self.state.borrow()
    }

    /// Tells when somebody else searches.
    pub fn changes(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    /// The server itself.
    pub fn server(&self) -> &dyn VectorIndex {
        self.server.as_ref()
    }

    /// The stand-in, to be filled while [`State::Filling`].
    pub fn stand_in(&self) -> EmbeddedIndex {
        self.stand_in.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes the searches from the server: it is away, or lacks something.
    pub fn doubt(&self) {
        self.state.send_if_modified(|state| match state {
            State::Server => {
                *state = State::Filling;
                true
            }
            State::Returning => {
                *state = State::StandIn;
                true
            }
            State::Filling | State::StandIn => false,
        });
    }

    /// Takes the searches from the server, which did not get everything that it was given.
    pub fn miss(&self) {
        self.missed.store(true, Ordering::SeqCst);
        self.doubt();
    }

    /// The stand-in is full.
    pub fn filled(&self) {
        self.change(State::Filling, State::StandIn);
    }

    /// The server is back: from now on it gets every write. Answers whether it missed any.
    pub fn returning(&self) -> bool {
        self.change(State::StandIn, State::Returning);
        self.missed.swap(false, Ordering::SeqCst)
    }

    /// The server has everything again, unless it was lost anew in the meantime.
    pub fn returned(&self) {
        if self.change(State::Returning, State::Server) {
            let empty = EmbeddedIndex::new(self.dimensions);
            *self.stand_in.lock().unwrap_or_else(PoisonError::into_inner) = empty;
        }
    }

    fn change(&self, from: State, to: State) -> bool {
        self.state.send_if_modified(|state| {
            let changes = *state == from;
            if changes {
                *state = to;
            }
            changes
        })
    }

    /// Whether writes go to the stand-in.
    fn mirrors(&self) -> bool {
        self.state() != State::Server
    }

    /// Whether writes go to the server.
    fn reaches_server(&self) -> bool {
        matches!(self.state(), State::Server | State::Returning)
    }

    /// The stand-in where it searches; `None` where the server does.
    fn searcher(&self) -> Result<Option<EmbeddedIndex>, Error> {
        // Taken before the state is read: when the server returns, the state changes first and then the stand-in is
        // emptied, so whoever sees the stand-in's turn holds a full one.
        let stand_in = self.stand_in();
        match self.state() {
            State::Server => Ok(None),
            State::Filling => {
                Err(Error::Unavailable("the server is away, and its stand-in is being filled".to_owned()))
            }
            State::StandIn | State::Returning => Ok(Some(stand_in)),
        }
    }

    /// What the server answered; when it is away, the stand-in takes over.
    fn noted<T>(&self, answer: Result<T, Error>) -> Result<T, Error> {
        if matches!(answer, Err(Error::Unavailable(_))) {
            self.doubt();
        }
        answer
    }

    /// What the server answered to a write, which it may have missed.
    fn written(&self, answer: Result<(), Error>) -> Result<(), Error> {
        if answer.is_err() {
            self.missed.store(true, Ordering::SeqCst);
        }
        self.noted(answer)
    }

    fn away<T>(&self) -> Result<T, Error> {
        self.missed.store(true, Ordering::SeqCst);
        Err(Error::Unavailable("the server is away, and the stand-in alone has been told".to_owned()))
    }
}

#[async_trait]
impl VectorIndex for Standby {
    fn name(&self) -> &'static str {
        self.server.name()
    }

    fn standby(&self) -> Option<&Standby> {
        Some(self)
    }

    async fn upsert(&self, points: Vec<Point>) -> Result<(), Error> {
        if self.mirrors() {
            self.stand_in().upsert(points.clone()).await?;
        }
        if self.reaches_server() { self.written(self.server.upsert(points).await) } else { self.away() }
    }

    async fn delete_candidate(&self, workspace: WorkspaceId, candidate: CandidateId) -> Result<(), Error> {
        if self.mirrors() {
            self.stand_in().delete_candidate(workspace, candidate).await?;
        }
        if !self.reaches_server() {
            return self.away();
        }
        self.written(self.server.delete_candidate(workspace, candidate).await)
    }

    async fn delete_resume(&self, workspace: WorkspaceId, resume: ResumeId) -> Result<(), Error> {
        if self.mirrors() {
            self.stand_in().delete_resume(workspace, resume).await?;
        }
        if self.reaches_server() {
            self.written(self.server.delete_resume(workspace, resume).await)
        } else {
            self.away()
        }
    }

    async fn clear(&self, workspace: WorkspaceId) -> Result<(), Error> {
        if self.mirrors() {
            self.stand_in().clear(workspace).await?;
        }
        if self.reaches_server() { self.written(self.server.clear(workspace).await) } else { self.away() }
    }

    async fn query(&self, query: HybridQuery) -> Result<HybridHits, Error> {
        match self.searcher()? {
            Some(stand_in) => stand_in.query(query).await,
            None => self.noted(self.server.query(query).await),
        }
    }

    async fn query_within(&self, query: HybridQuery, circles: Vec<Filter>) -> Result<Vec<HybridHits>, Error> {
        match self.searcher()? {
            Some(stand_in) => stand_in.query_within(query, circles).await,
            None => self.noted(self.server.query_within(query, circles).await),
        }
    }

    async fn count(&self, workspace: WorkspaceId) -> Result<u64, Error> {
        self.noted(self.server.count(workspace).await)
    }

    async fn set_whole(&self, whole: bool) -> Result<(), Error> {
        self.noted(self.server.set_whole(whole).await)
    }

    /// Ready when somebody can search. A server that lacks something cannot, until it is brought up to date.
    async fn ready(&self) -> Result<Ready, Error> {
        match self.state() {
            State::StandIn | State::Returning => Ok(Ready::Whole),
            // Nobody searches yet, whatever the server has.
            State::Filling => self.noted(self.server.ready().await).map(|_| Ready::Lacking),
            State::Server => {
                let ready = self.noted(self.server.ready().await)?;
                if ready == Ready::Lacking {
                    self.doubt();
                }
                Ok(ready)
            }
        }
    }
}
