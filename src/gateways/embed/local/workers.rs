//! The threads that run the encoder: queries before passages, and never more at work than were asked for.
//!
//! One thread is for queries alone, so that a query starts at once; while it works, one passage thread less begins
//! something new. Threads of their own, not tokio's pool: they keep their scratch memory, and bulk work of hours
//! cannot take the pool from file access.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

use super::encoder::{Encoder, Scratch};

/// How long passages stand back for queries before one of them goes on all the same: about ten queries' time.
const PATIENCE: Duration = Duration::from_millis(100);

/// A group of texts, as word pieces, and where their vectors go.
struct Work {
    texts: Vec<Vec<u32>>,
    answer: oneshot::Sender<Vec<Vec<f32>>>,
}

/// What waits, and how many are at work.
#[derive(Default)]
struct State {
    queries: VecDeque<Work>,
    passages: VecDeque<Work>,
    running: usize,
    closed: bool,
}

/// What the threads share.
struct Shared {
    encoder: Encoder,
    threads: usize,
    state: Mutex<State>,
    changed: Condvar,
}

/// The threads; they end when this is dropped.
pub(super) struct Workers(Arc<Shared>);

impl Workers {
    /// Starts one thread for queries and `threads` for everything.
    ///
    /// # Errors
    /// If the system gives no more threads.
    pub(super) fn start(encoder: Encoder, threads: usize) -> std::io::Result<Self> {
        let shared =
            Arc::new(Shared { encoder, threads, state: Mutex::new(State::default()), changed: Condvar::new() });
        let workers = Self(Arc::clone(&shared));
        for number in 0..=threads {
            let shared = Arc::clone(&shared);
            let only_queries = number == 0;
            let name = if only_queries { "embed-query".to_owned() } else { format!("embed-{number}") };
            thread::Builder::new().name(name).spawn(move || shared.work(only_queries))?;
        }
        Ok(workers)
    }

    /// Has a query's vector made before any passage that waits.
    pub(super) fn query(&self, pieces: Vec<u32>) -> oneshot::Receiver<Vec<Vec<f32>>> {
        let (answer, vectors) = oneshot::channel();
        self.0.lock().queries.push_back(Work { texts: vec![pieces], answer });
        self.0.changed.notify_all();
        vectors
    }

    /// Has the vectors of groups of passages made, in no particular order.
    pub(super) fn passages(&self, groups: Vec<Vec<Vec<u32>>>) -> Vec<oneshot::Receiver<Vec<Vec<f32>>>> {
        let mut state = self.0.lock();
        let mut push = |texts| {
            let (answer, vectors) = oneshot::channel();
            state.passages.push_back(Work { texts, answer });
            vectors
        };
        let vectors = groups.into_iter().map(&mut push).collect();
        drop(state);
        self.0.changed.notify_all();
        vectors
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.changed.notify_all();
    }
}

impl Shared {
    /// The state; whole even if a thread died holding it, because every change to it is one step.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A thread's life.
    fn work(&self, only_queries: bool) {
        let mut scratch = Scratch::new();
        while let Some(Work { texts, answer }) = self.next(only_queries) {
            let _running = Running(self);
            // Nobody waits any more when the caller was cancelled.
            if answer.is_closed() {
                continue;
            }
            // A text that breaks the encoder must not take the thread from all others: its caller hears that no answer
            // comes, and the half-filled scratch memory is thrown away.
            match catch_unwind(AssertUnwindSafe(|| self.encoder.embed(&texts, &mut scratch))) {
                Ok(vectors) => drop(answer.send(vectors)),
                Err(_) => scratch = Scratch::new(),
            }
        }
    }

    /// Waits for something to do and marks it as running; none when there will be nothing more.
    fn next(&self, only_queries: bool) -> Option<Work> {
        let mut state = self.lock();
        let mut patience_is_over = false;
        loop {
            if state.closed {
                return None;
            }
            let may_take_passage = !only_queries && (state.running < self.threads || patience_is_over);
            let mut work = state.queries.pop_front();
            if work.is_none() && may_take_passage {
                work = state.passages.pop_front();
            }
            if work.is_some() {
                state.running += 1;
                return work;
            }
            if only_queries || state.passages.is_empty() {
                patience_is_over = false;
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            } else {
                let waited = self.changed.wait_timeout(state, PATIENCE).unwrap_or_else(PoisonError::into_inner);
                patience_is_over = waited.1.timed_out();
                state = waited.0;
            }
        }
    }
}

/// One thread at work; when it is done the others may go on.
struct Running<'a>(&'a Shared);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.lock().running -= 1;
        self.0.changed.notify_all();
    }
}
