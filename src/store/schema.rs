//! The database's schema: how it and this program stand to each other, and bringing it up to date.
//!
//! All that is pending is one transaction, so that a migration that fails leaves everything as it was. Before it begins,
//! a database that holds something is copied (`snapshots`): a program that turns out not to work with what it has changed
//! can be undone as well. A later program's database is refused, with the way back.

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};

use super::snapshots::{self, Kept};
use super::{Error, Result, Store, create_database, options};

static MIGRATIONS: Migrator = sqlx::migrate!("src/store/migrations");

/// The number of the advisory lock of whoever changes the schema ("chng" in ASCII).
const CHANGE_LOCK: i64 = 0x6368_6e67;

/// The version of this program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A migration that this program has.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Migration {
    /// Its number.
    pub version: i64,
    /// What it does.
    pub name: String,
    /// Whether the database has it.
    pub applied: bool,
}

/// How a database and this program stand to each other.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Schema {
    /// The number of the database's newest migration; 0 where it has none.
    pub schema: i64,
    /// That of this program's.
    pub program: i64,
    /// The version of the program that made the database's newest, where it is known.
    pub release: Option<String>,
    /// This program's migrations.
    pub migrations: Vec<Migration>,
}

/// What was done to bring a database up to date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrated {
    /// The schema it had.
    pub from: i64,
    /// The schema it has.
    pub to: i64,
    /// The copy from before.
    pub kept: Kept,
}

impl Schema {
    /// Asks a database; one that is empty has nothing.
    pub(super) async fn of(connection: &mut PgConnection) -> Result<Self> {
        let there = sqlx::query!(
            r#"select to_regclass('_sqlx_migrations') is not null as "migrations!",
                      to_regclass('releases') is not null as "releases!""#
        )
        .fetch_one(&mut *connection)
        .await?;
        let applied = if there.migrations {
            sqlx::query_scalar!("select version from _sqlx_migrations where success order by version")
                .fetch_all(&mut *connection)
                .await?
        } else {
            Vec::new()
        };
        let release = if there.releases {
            sqlx::query_scalar!("select version from releases order by schema desc limit 1")
                .fetch_optional(&mut *connection)
                .await?
        } else {
            None
        };
        let migrations = MIGRATIONS.iter().map(|migration| Migration {
            version: migration.version,
            name: migration.description.to_string(),
            applied: applied.contains(&migration.version),
        });
        Ok(Self {
            schema: applied.last().copied().unwrap_or_default(),
            program: newest(),
            release,
            migrations: migrations.collect(),
        })
    }

    /// Whether a later program has changed the database.
    pub fn is_newer(&self) -> bool {
        self.schema > self.program
    }

    /// The first migration that the database does not have.
    pub fn pending(&self) -> Option<i64> {
        self.migrations.iter().find(|migration| !migration.applied).map(|migration| migration.version)
    }
}

impl Store {
    /// How the database and this program stand to each other.
    pub async fn schema(&self) -> Result<Schema> {
        Schema::of(&mut *self.pool.acquire().await?).await
    }

    /// Brings the schema up to this version's, and makes the database first where there is none. `url` names a role that
    /// owns the tables; `free` is how many bytes the database's disk has left.
    pub async fn migrate(url: &str, free: u64) -> Result<Migrated> {
        let options = options(url)?;
        let schema = look(&options).await?;
        let migrated = |kept| Migrated { from: schema.schema, to: schema.schema.max(schema.program), kept };
        if schema.is_newer() {
            return Err(newer(&options, &schema).await);
        }
        let Some(first) = schema.pending() else { return Ok(migrated(Kept::NothingToKeep)) };
        let kept =
            if schema.schema == 0 { Kept::NothingToKeep } else { snapshots::keep(&options, first, free).await? };
        let applied = apply(&options).await;
        if let (Err(_), Kept::As(name)) = (&applied, &kept) {
            // Nothing was changed, and what is left is found and replaced by the next attempt.
            drop(snapshots::remove(&options, name).await);
        }
        applied.map(|()| migrated(kept))
    }
}

/// The number of this program's newest migration.
pub(super) fn newest() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// Asks the database of `options`, which is made first where there is none.
async fn look(options: &PgConnectOptions) -> Result<Schema> {
    let mut connection = match PgConnection::connect_with(options).await {
        // invalid_catalog_name (PostgreSQL, appendix A)
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("3D000") => {
            let name = options.get_database().unwrap_or_default();
            create_database(options.clone().database("postgres"), name).await?;
            PgConnection::connect_with(options).await?
        }
        other => other?,
    };
    let schema = Schema::of(&mut connection).await?;
    connection.close().await?;
    Ok(schema)
}

/// Applies all that is pending, or nothing.
pub(super) async fn apply(options: &PgConnectOptions) -> Result<()> {
    let mut connection = PgConnection::connect_with(options).await?;
    let mut tx = connection.begin().await?;
    sqlx::query!("select pg_advisory_xact_lock($1)", CHANGE_LOCK).fetch_one(&mut *tx).await?;
    MIGRATIONS.run(&mut *tx).await?;
    sqlx::query!("insert into releases (schema, version) values ($1, $2) on conflict do nothing", newest(), VERSION)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(connection.close().await?)
}

/// Why a later program's database is refused, and what leads back.
async fn newer(options: &PgConnectOptions, schema: &Schema) -> Error {
    let kept = snapshots::list(options).await.unwrap_or_default();
    let way = match kept.iter().rev().find(|snapshot| snapshot.before <= schema.program + 1) {
        Some(snapshot) => format!(
            "`talentprompt migrate roll-back`, after `systemctl stop talentprompt.socket talentprompt.service`, which puts \
             back the copy{} from before the upgrade: what was written since is lost",
            snapshot.made_at().map(|at| format!(" of {at}")).unwrap_or_default()
        ),
        None => "restore a backup from before the upgrade, as there is no copy of the database from then".to_owned(),
    };
    let theirs = schema.release.clone().unwrap_or_else(|| "a later version".to_owned());
    Error::Newer { theirs, schema: schema.schema, program: schema.program, way }
}

impl From<MigrateError> for Error {
    fn from(error: MigrateError) -> Self {
        let said = error.to_string();
        match error {
            MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _) => match Self::from(cause) {
                away @ (Self::Unavailable(_) | Self::Full(_)) => away,
                _ => Self::Schema(said),
            },
            _ => Self::Schema(said),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_migration_can_be_part_of_one_transaction() {
        let outside: Vec<_> = MIGRATIONS.iter().filter(|migration| migration.no_tx).map(|one| one.version).collect();
        assert_eq!(outside, Vec::<i64>::new(), "a migration outside of the transaction could be left half done");
    }
}
