//! Turns: what is done one after the other, by key, within the process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};

use tokio::sync::OwnedMutexGuard;

/// Who is at what. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Turns(Arc<Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>>);

/// A turn, until it is dropped.
#[derive(Debug)]
pub struct Turn(#[expect(dead_code, reason = "held, not read")] Vec<OwnedMutexGuard<()>>);

impl Turns {
    /// Waits for the turn under each of `keys`. Callers must name kinds of keys in one order, or two may wait for each
    /// other.
    pub async fn of(&self, keys: &[&str]) -> Turn {
        let mut held = Vec::with_capacity(keys.len());
        for key in keys {
            let lock = self.lock(key);
            held.push(lock.lock_owned().await);
        }
        Turn(held)
    }

    fn lock(&self, key: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut known = self.0.lock().expect("no holder of this lock panics");
        if let Some(lock) = known.get(key).and_then(Weak::upgrade) {
            return lock;
        }
        known.retain(|_, lock| lock.strong_count() > 0);
        let lock = Arc::default();
        known.insert(key.to_owned(), Arc::downgrade(&lock));
        lock
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn of_one_key_there_is_one_at_a_time_and_nothing_is_kept_of_keys_that_nobody_uses() {
        let (turns, busy) = (Turns::default(), AtomicUsize::new(0));
        let work = |key: &'static str| {
            let (turns, busy) = (turns.clone(), &busy);
            async move {
                let _turn = turns.of(&[key, "all"]).await;
                assert_eq!(busy.fetch_add(1, Ordering::SeqCst), 0);
                tokio::task::yield_now().await;
                busy.fetch_sub(1, Ordering::SeqCst);
            }
        };
        futures::future::join_all(["a", "b", "a", "c", "b"].map(work)).await;
        drop(turns.of(&["d"]).await);
        assert_eq!(turns.0.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn other_keys_need_not_wait() {
        let turns = Turns::default();
        let _first = turns.of(&["a"]).await;
        let _second = turns.of(&["b"]).await;
    }
}
