//! Tells systemd's watchdog that the process is well, after proving it: the runtime turns, a query came back through the
//! pool, and the workers get on. A database that is away is no fault of the process, which stays and says so; a pool or
//! workers that hang while the database is well are one, and only a restart helps.

use std::time::Duration;

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::config::environment;
use crate::context::Context;
use crate::gateways::systemd::process;
use crate::store::{Error, server};
use crate::tasks::runner::Pulse;

/// How often it is looked where no watchdog says how often.
const OFTEN: Duration = Duration::from_secs(20);

/// How long a query may take.
const ANSWER: Duration = Duration::from_secs(5);

/// How long a worker may not be heard of. It is heard of every few seconds.
const SILENCE: Duration = Duration::from_mins(1);

/// How the process gets on with its database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Database {
    /// It answers through the pool.
    Answers,
    /// It answers others, but not through the pool.
    Cut,
    /// It does not answer.
    Away,
}

/// Looks after the process until `stop`, where systemd started it. `pulse` is its workers', where it has any.
pub async fn run(ctx: Context, pulse: Option<Pulse>, stop: CancellationToken) {
    if !environment::is_notified() {
        return;
    }
    let pause = process::watchdog().map_or(OFTEN, |limit| limit / 3);
    let mut said = "";
    while !stop.is_cancelled() {
        let database = look(&ctx).await;
        let silence = pulse.as_ref().map_or(Duration::ZERO, Pulse::age);
        let status = match verdict(database, silence) {
            Ok(()) => {
                process::alive();
                if database == Database::Away { "the database does not answer" } else { "running" }
            }
            Err(fault) => {
                tracing::error!(fault, "the process is not well; the watchdog restarts it unless this passes");
                fault
            }
        };
        if status != said && !stop.is_cancelled() {
            process::status(status);
            said = status;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => {}
        }
    }
}

async fn look(ctx: &Context) -> Database {
    match timeout(ANSWER, ctx.store.ready()).await {
        Err(_) | Ok(Err(Error::Unavailable(_))) => {}
        Ok(_) => return Database::Answers,
    }
    let url = ctx.config.get().database.url.clone();
    match timeout(ANSWER, server::probe(&url)).await {
        Err(_) | Ok(Err(Error::Unavailable(_))) => Database::Away,
        Ok(_) => Database::Cut,
    }
}

/// Whether the process is well.
fn verdict(database: Database, silence: Duration) -> Result<(), &'static str> {
    match database {
        Database::Cut => Err("the database answers, but not through this process's connections"),
        Database::Answers if silence > SILENCE => Err("the workers do not get on"),
        Database::Answers | Database::Away => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_is_away_never_ends_the_process_and_a_process_that_hangs_is_ended() {
        let (short, long) = (Duration::from_secs(2), Duration::from_secs(90));
        assert_eq!(verdict(Database::Answers, short), Ok(()));
        assert_eq!(verdict(Database::Away, long), Ok(()));
        assert!(verdict(Database::Cut, short).is_err());
        assert!(verdict(Database::Answers, long).is_err());
    }
}
