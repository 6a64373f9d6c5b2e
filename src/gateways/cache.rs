//! A cache that may be lost at any moment: Redis where there is one, the process's own memory otherwise and whenever
//! Redis does not answer. Nothing fails because of it; things only get slower, or limits count for one process.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};

use crate::base::clock::Clock;

/// How long Redis may take before the process's memory answers instead.
const TIMEOUT: Duration = Duration::from_millis(150);

/// How long Redis is left alone after it did not answer, in milliseconds.
const PAUSE_MS: i64 = 2_000;

/// Entries kept in the process's memory; when there are more, those that have expired and then all are dropped.
const LOCAL_ENTRIES: usize = 20_000;

/// Values and counters that expire.
#[derive(Clone)]
pub struct Cache {
    redis: Option<ConnectionManager>,
    paused_until: Arc<AtomicI64>,
    local: Arc<Mutex<HashMap<String, Entry>>>,
    clock: Arc<dyn Clock>,
}

#[derive(Debug, Clone)]
struct Entry {
    value: Vec<u8>,
    expires_ms: i64,
}

impl Entry {
    /// Whether the window that it counts in is open at `now`, and no longer than `window`.
    fn is_open(&self, now: i64, window: Duration) -> bool {
        (1..=millis(window)).contains(&(self.expires_ms - now))
    }
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache").field("redis", &self.redis.is_some()).finish_non_exhaustive()
    }
}

impl Cache {
    /// A cache in Redis at `url`, or in memory alone where `url` is empty. Does not wait for Redis.
    ///
    /// # Errors
    /// If `url` is not a Redis URL; the message does not repeat it.
    pub fn open(url: &str, clock: Arc<dyn Clock>) -> Result<Self, String> {
        let redis = if url.is_empty() { None } else { Some(manager(url)?) };
        Ok(Self { redis, paused_until: Arc::default(), local: Arc::default(), clock })
    }

    /// Whether Redis is configured and answers.
    pub async fn ready(&self) -> Option<bool> {
        let mut redis = self.redis.clone()?;
        let answer = tokio::time::timeout(TIMEOUT, redis::cmd("PING").query_async::<String>(&mut redis)).await;
        Some(matches!(answer, Ok(Ok(_))))
    }

    /// The value of `key`, unless it has expired or was lost.
    pub async fn get(&self, key: &str) -> Option<Vec<u8>> {
        let mut command = redis::cmd("GET");
        command.arg(key);
        if let Some(value) = self.ask::<Option<Vec<u8>>>(&command).await {
            return value;
        }
        let now = self.now_ms();
        self.lock().get(key).filter(|entry| entry.expires_ms > now).map(|entry| entry.value.clone())
    }

    /// Keeps `value` for `lifetime`.
    pub async fn put(&self, key: &str, value: &[u8], lifetime: Duration) {
        let mut command = redis::cmd("SET");
        command.arg(key).arg(value).arg("PX").arg(millis(lifetime));
        if self.ask::<()>(&command).await.is_none() {
            let now = self.now_ms();
            insert(&mut self.lock(), now, key, Entry { value: value.to_vec(), expires_ms: now + millis(lifetime) });
        }
    }

    /// Forgets `key`.
    pub async fn forget(&self, key: &str) {
        let mut command = redis::cmd("DEL");
        command.arg(key);
        self.ask::<()>(&command).await;
        self.lock().remove(key);
    }

    /// Counts one more under `key` in a window that starts with the first; answers the count and the time left. A window
    /// that would be open for longer than `window` began by a clock that was ahead, and ends in time.
    pub async fn count(&self, key: &str, window: Duration) -> (u64, Duration) {
        let script = "local n = redis.call('INCR', KEYS[1]) \
                      if n == 1 or redis.call('PTTL', KEYS[1]) > tonumber(ARGV[1]) then \
                      redis.call('PEXPIRE', KEYS[1], ARGV[1]) end \
                      return {n, redis.call('PTTL', KEYS[1])}";
        let mut command = redis::cmd("EVAL");
        command.arg(script).arg(1).arg(key).arg(millis(window));
        if let Some((count, left)) = self.ask::<(u64, i64)>(&command).await {
            return (count, Duration::from_millis(u64::try_from(left).unwrap_or_default()));
        }
        let now = self.now_ms();
        // One lock for reading and writing: of two who count at once, each counts.
        let mut local = self.lock();
        let mut entry = local
            .get(key)
            .filter(|entry| entry.is_open(now, window))
            .cloned()
            .unwrap_or(Entry { value: 0_u64.to_le_bytes().to_vec(), expires_ms: now + millis(window) });
        let count = u64::from_le_bytes(entry.value.as_slice().try_into().unwrap_or_default()) + 1;
        entry.value = count.to_le_bytes().to_vec();
        let left = Duration::from_millis(u64::try_from(entry.expires_ms - now).unwrap_or_default());
        insert(&mut local, now, key, entry);
        (count, left)
    }

    /// How many were counted under `key` in the `window` that is open, and the time left of it.
    pub async fn counted(&self, key: &str, window: Duration) -> (u64, Duration) {
        let script = "if redis.call('PTTL', KEYS[1]) > tonumber(ARGV[1]) then \
                      redis.call('PEXPIRE', KEYS[1], ARGV[1]) end \
                      return {tonumber(redis.call('GET', KEYS[1]) or '0'), redis.call('PTTL', KEYS[1])}";
        let mut command = redis::cmd("EVAL");
        command.arg(script).arg(1).arg(key).arg(millis(window));
        if let Some((count, left)) = self.ask::<(u64, i64)>(&command).await {
            return (count, Duration::from_millis(u64::try_from(left).unwrap_or_default()));
        }
        let now = self.now_ms();
        self.lock().get(key).filter(|entry| entry.is_open(now, window)).map_or_else(Default::default, |entry| {
            let left = Duration::from_millis(u64::try_from(entry.expires_ms - now).unwrap_or_default());
            (u64::from_le_bytes(entry.value.as_slice().try_into().unwrap_or_default()), left)
        })
    }

    /// Redis's answer; `None` when there is no Redis, or it is away.
    async fn ask<T: redis::FromRedisValue>(&self, command: &redis::Cmd) -> Option<T> {
        let mut redis = self.redis.clone()?;
        // A pause that would be longer was set by a clock that was ahead.
        if (1..=PAUSE_MS).contains(&(self.paused_until.load(Ordering::Relaxed) - self.now_ms())) {
            return None;
        }
        match tokio::time::timeout(TIMEOUT, command.query_async::<T>(&mut redis)).await {
            Ok(Ok(answer)) => Some(answer),
            Ok(Err(error)) => self.pause(&error.to_string()),
            Err(_) => self.pause("no answer in time"),
        }
    }

    fn pause<T>(&self, reason: &str) -> Option<T> {
        self.paused_until.store(self.now_ms() + PAUSE_MS, Ordering::Relaxed);
        tracing::warn!(reason, "redis does not answer, going on without it");
        None
    }

    fn now_ms(&self) -> i64 {
        self.clock.now().timestamp_millis()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.local.lock().expect("no holder of this lock panics")
    }
}

/// Proves by a query on a connection of its own that the server at `url` works; answers its name and version.
///
/// # Errors
/// If it does not answer, or not as Redis does.
pub async fn probe(url: &str) -> Result<String, String> {
    let client = redis::Client::open(url).map_err(|_| "`[redis] url` is not a Redis URL".to_owned())?;
    let asked = async {
        let mut connection = client.get_multiplexed_async_connection().await?;
        redis::cmd("INFO").arg("server").query_async::<String>(&mut connection).await
    };
    match asked.await {
        Ok(text) => Ok(version(&text)),
        // A server that loads its file works, and says so until it has.
        Err(error) if error.kind() == redis::ErrorKind::Server(redis::ServerErrorKind::BusyLoading) => {
            Ok(String::new())
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Name and version in the answer to `INFO server`. Valkey says the version of Redis that it is like, too.
fn version(info: &str) -> String {
    let value = |key: &str| info.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':')).map(str::trim);
    let (name, version) = match value("valkey_version") {
        Some(version) => ("Valkey", Some(version)),
        None => ("Redis", value("redis_version")),
    };
    format!("{name} {}", version.unwrap_or("of unknown version"))
}

fn insert(local: &mut HashMap<String, Entry>, now: i64, key: &str, entry: Entry) {
    if local.len() >= LOCAL_ENTRIES {
        local.retain(|_, entry| entry.expires_ms > now);
    }
    if local.len() >= LOCAL_ENTRIES {
        local.clear();
    }
    local.insert(key.to_owned(), entry);
}

fn manager(url: &str) -> Result<ConnectionManager, String> {
    let client = redis::Client::open(url).map_err(|_| "`[redis] url` is not a Redis URL".to_owned())?;
    let config = ConnectionManagerConfig::new()
        .set_response_timeout(Some(TIMEOUT))
        .set_connection_timeout(Some(TIMEOUT))
        .set_number_of_retries(1);
    ConnectionManager::new_lazy_with_config(client, config).map_err(|_| "`[redis] url` is not a Redis URL".to_owned())
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Cache;
    use crate::base::clock::SystemClock;

    #[test]
    fn a_server_is_called_what_it_is() {
        assert_eq!(super::version("# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\n"), "Redis 7.0.15");
        let valkey = "redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.1\r\n";
        assert_eq!(super::version(valkey), "Valkey 8.1.1");
    }

    /// A clock that is put where it is wanted, in minutes.
    struct Put(std::sync::atomic::AtomicI64);

    impl crate::base::clock::Clock for Put {
        fn now(&self) -> chrono::DateTime<chrono::Utc> {
            chrono::DateTime::UNIX_EPOCH + chrono::TimeDelta::minutes(self.0.load(super::Ordering::Relaxed))
        }
    }

    #[tokio::test]
    async fn what_was_counted_by_a_clock_that_was_ahead_holds_nobody_up() {
        let clock = std::sync::Arc::new(Put(1_440.into()));
        let cache = Cache::open("", clock.clone()).expect("no URL is none to be wrong");
        let window = Duration::from_mins(15);
        for _ in 0..5 {
            cache.count("key", window).await;
        }
        assert_eq!(cache.counted("key", window).await.0, 5);
        clock.0.store(0, super::Ordering::Relaxed);
        assert_eq!(cache.counted("key", window).await, (0, Duration::ZERO));
        assert_eq!(cache.count("key", window).await, (1, window));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn without_redis_nobody_who_counts_at_the_same_time_is_missed() {
        let cache = Cache::open("", std::sync::Arc::new(SystemClock)).expect("no URL is none to be wrong");
        let counting = (0..4).map(|_| {
            let cache = cache.clone();
            tokio::spawn(async move {
                for _ in 0..2_000 {
                    cache.count("key", Duration::from_mins(1)).await;
                }
            })
        });
        for counted in counting.collect::<Vec<_>>() {
            counted.await.expect("counting does not panic");
        }
        assert_eq!(cache.count("key", Duration::from_mins(1)).await.0, 8_001);
        assert_eq!(cache.counted("key", Duration::from_mins(1)).await.0, 8_001);
        assert_eq!(cache.counted("unknown", Duration::from_mins(1)).await, (0, Duration::ZERO));
    }
}
