//! Calls under way, by what they ask: who asks the same meanwhile gets the same answer, and one call is made. The call
//! goes on when those who asked have left, so that what it costs is known.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};

type Flight<T> = Shared<BoxFuture<'static, Option<T>>>;

/// What is under way. Clones share it.
pub(super) struct Flights<T>(Arc<Mutex<HashMap<Vec<u8>, Flight<T>>>>);

impl<T> Clone for Flights<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Clone + Send + Sync + 'static> Flights<T> {
    pub(super) fn new() -> Self {
        Self(Arc::default())
    }

    /// The outcome of `work`, or of the one that is under way for `key`, and whether it was that one. None if the work
    /// broke down.
    pub(super) async fn join<F>(&self, key: Vec<u8>, work: impl FnOnce() -> F) -> (Option<T>, bool)
    where
        F: Future<Output = T> + Send + 'static,
    {
        let (flight, shared) = {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match known.get(&key) {
                Some(flight) => (flight.clone(), true),
                None => {
                    let (flights, own, work) = (self.clone(), key.clone(), work());
                    let handle = tokio::spawn(async move {
                        let landed = Landed { flights, key: own };
                        let outcome = work.await;
                        drop(landed);
                        outcome
                    });
                    let flight = handle.map(Result::ok).boxed().shared();
                    known.insert(key, flight.clone());
                    (flight, false)
                }
            }
        };
        (flight.await, shared)
    }
}

/// Takes a flight from the list when it is over, also when it broke down.
struct Landed<T: Clone + Send + Sync + 'static> {
    flights: Flights<T>,
    key: Vec<u8>,
}

impl<T: Clone + Send + Sync + 'static> Drop for Landed<T> {
    fn drop(&mut self) {
        self.flights.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn who_asks_the_same_meanwhile_gets_the_same_answer() {
        let (flights, made) = (Flights::<usize>::new(), Arc::new(AtomicUsize::new(0)));
        let ask = || {
            let (flights, made) = (flights.clone(), Arc::clone(&made));
            async move {
                flights
                    .join(b"a".to_vec(), || async move {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                        made.fetch_add(1, Ordering::SeqCst)
                    })
                    .await
            }
        };
        let answers = futures::future::join_all((0..100).map(|_| ask())).await;
        assert_eq!(made.load(Ordering::SeqCst), 1);
        assert!(answers.iter().all(|(answer, _)| *answer == Some(0)));
        assert_eq!(answers.iter().filter(|(_, shared)| !shared).count(), 1);
        assert_eq!(ask().await, (Some(1), false), "what is over is asked anew");
    }

    #[tokio::test]
    async fn work_goes_on_when_nobody_waits_for_it_and_one_that_breaks_down_is_over() {
        let (flights, done) = (Flights::<()>::new(), Arc::new(AtomicUsize::new(0)));
        let inner = Arc::clone(&done);
        let asked = flights.join(b"a".to_vec(), || async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            inner.fetch_add(1, Ordering::SeqCst);
        });
        assert!(tokio::time::timeout(Duration::from_millis(5), asked).await.is_err());
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(done.load(Ordering::SeqCst), 1);
        assert_eq!(flights.join(b"b".to_vec(), || async { panic!("broken") }).await, (None, false));
        assert!(flights.0.lock().unwrap().is_empty());
    }
}
