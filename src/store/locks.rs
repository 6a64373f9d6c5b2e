//! Advisory locks: what one process says to the others by holding a connection. The database frees a lock with its
//! process, however that ends.

use std::time::Duration;

use sqlx::{Connection, PgConnection};

use super::{Result, Store};

/// The number of the advisory lock that every process with workers holds, shared ("lent" in ASCII).
const WORKER_LOCK: i64 = 0x6c65_6e74;

/// The number of the advisory lock of whoever fills the vector server ("fill" in ASCII).
const FILLING_LOCK: i64 = 0x6669_6c6c;

/// The turn to fill the vector server.
#[derive(Debug)]
pub struct FillingTurn {
    _connection: PgConnection,
}

/// Held while a process runs workers; freed by the database when the process ends, however it ends.
#[derive(Debug)]
pub struct WorkerLock {
    connection: PgConnection,
}

impl WorkerLock {
    /// Returns when the lock is lost, because the database ended the connection; looks every `pause`.
    pub async fn lost(mut self, pause: Duration) {
        while self.connection.ping().await.is_ok() {
            tokio::time::sleep(pause).await;
        }
    }
}

impl Store {
    /// Makes tasks ready again whose process is dead, at once and not when their leases expire: those that are held
    /// while no process says that it runs workers. Answers how many. A process that only lost its connection loses its
    /// leases too, and cannot finish what another has taken over: see [`super::queue::finish`].
    pub async fn take_over_tasks(&self) -> Result<u64> {
        let mut connection = self.pool.acquire().await?;
        let alone = sqlx::query_scalar!(r#"select pg_try_advisory_lock($1) as "alone!""#, WORKER_LOCK)
            .fetch_one(&mut *connection)
            .await?;
        if !alone {
            return Ok(0);
        }
        // A kill says little about the task it hit, so it uses none of its attempts up; but a task that ends its process
        // every time must not do so for ever.
        let freed = sqlx::query!(
            r#"update tasks set state = 'ready', lease = null, lease_until = null,
                   max_attempts = greatest(max_attempts, least(max_attempts + 1, 40))
               where state = 'running'"#
        )
        .execute(&mut *connection)
        .await;
        sqlx::query!("select pg_advisory_unlock($1)", WORKER_LOCK).fetch_one(&mut *connection).await?;
        Ok(freed?.rows_affected())
    }

    /// Says to other processes that this one runs workers.
    pub async fn worker_lock(&self) -> Result<WorkerLock> {
        let mut connection = self.pool.acquire().await?.detach();
        sqlx::query!("select pg_advisory_lock_shared($1)", WORKER_LOCK).fetch_one(&mut connection).await?;
        Ok(WorkerLock { connection })
    }

    /// The turn to fill the vector server, which one process has at a time; freed when it is dropped, or the process ends.
    pub async fn filling_turn(&self) -> Result<Option<FillingTurn>> {
        let mut connection = self.pool.acquire().await?.detach();
        let free = sqlx::query_scalar!(r#"select pg_try_advisory_lock($1) as "alone!""#, FILLING_LOCK)
            .fetch_one(&mut connection)
            .await?;
        Ok(free.then_some(FillingTurn { _connection: connection }))
    }

    /// Whether some process runs workers.
    pub async fn workers_alive(&self) -> Result<bool> {
        let high = i32::try_from(WORKER_LOCK >> 32).unwrap_or_default();
        let low = i32::try_from(WORKER_LOCK & 0x7fff_ffff).unwrap_or_default();
        Ok(sqlx::query_scalar!(
            r#"select exists (select from pg_locks where locktype = 'advisory' and classid::bigint = $1::int::bigint
               and objid::bigint = ($2::int::bigint & 4294967295)
               and database = (select oid from pg_database where datname = current_database())) as "alive!""#,
            high,
            low
        )
        .fetch_one(&self.pool)
        .await?)
    }
}
