//! What a workspace sets itself: limits below the configuration's, what may leave the machine, whether all is stopped.

use chrono::{DateTime, Utc};

use super::super::{Result, Tx};
use crate::model::ids::MemberId;
use crate::model::money::Micros;

/// A workspace's settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Since when nothing is asked of any model.
    pub stopped_at: Option<DateTime<Utc>>,
    /// Who stopped it.
    pub stopped_by: Option<MemberId>,
    /// Features that ask no model.
    pub features_off: Vec<String>,
    /// Whether names and addresses of people are sent as they are.
    pub sends_identity: bool,
    /// Until when what is sent and answered is kept with the calls.
    pub contents_until: Option<DateTime<Utc>>,
}

/// A limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// Whose or what for: `workspace`, `feature:query`, `member:…`.
    pub subject: String,
    /// `day` or `month`.
    pub period: String,
    /// How much.
    pub micros: Micros,
}

/// The workspace's settings; where nothing was set, the defaults.
pub async fn get(tx: &mut Tx) -> Result<Settings> {
    let row =
        sqlx::query!(r#"select stopped_at, stopped_by, features_off, sends_identity, contents_until from ai_settings"#)
            .fetch_optional(tx.conn())
            .await?;
    Ok(row.map_or_else(Settings::default, |row| Settings {
        stopped_at: row.stopped_at,
        stopped_by: row.stopped_by.map(MemberId::from),
        features_off: row.features_off,
        sends_identity: row.sends_identity,
        contents_until: row.contents_until,
    }))
}

/// Sets what may leave the machine and what is kept of it; whether all is stopped is [`set_stopped`]'s, so that neither
/// undoes the other.
pub async fn set(tx: &mut Tx, settings: &Settings) -> Result<()> {
    let workspace = tx.workspace_id();
    sqlx::query!(
        r#"insert into ai_settings (workspace_id, features_off, sends_identity, contents_until) values ($1, $2, $3, $4)
           on conflict (workspace_id) do update set features_off = excluded.features_off,
             sends_identity = excluded.sends_identity, contents_until = excluded.contents_until"#,
        workspace.0,
        &settings.features_off,
        settings.sends_identity,
        settings.contents_until
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Stops all models for the workspace since `at`, by `by`; or lets them be asked again. Answers whether that is a change.
pub async fn set_stopped(tx: &mut Tx, at: Option<DateTime<Utc>>, by: Option<MemberId>) -> Result<bool> {
    let workspace = tx.workspace_id();
    let done = sqlx::query!(
        r#"insert into ai_settings (workspace_id, stopped_at, stopped_by) values ($1, $2, $3)
           on conflict (workspace_id) do update set stopped_at = excluded.stopped_at, stopped_by = excluded.stopped_by
             where (ai_settings.stopped_at is null) <> (excluded.stopped_at is null)"#,
        workspace.0,
        at,
        by.map(|id| id.0)
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// The workspace's limits, by subject and period.
pub async fn limits(tx: &mut Tx) -> Result<Vec<Limit>> {
    let rows = sqlx::query!("select subject, period, micros from ai_limits order by subject, period")
        .fetch_all(tx.conn())
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| Limit { subject: row.subject, period: row.period, micros: Micros(row.micros) })
        .collect())
}

/// Sets a limit, or takes it away.
pub async fn set_limit(tx: &mut Tx, subject: &str, period: &str, micros: Option<Micros>) -> Result<()> {
    let workspace = tx.workspace_id();
    match micros {
        Some(micros) => {
            sqlx::query!(
                r#"insert into ai_limits (workspace_id, subject, period, micros) values ($1, $2, $3, $4)
                   on conflict (workspace_id, subject, period) do update set micros = excluded.micros"#,
                workspace.0,
                subject,
                period,
                micros.0
            )
            .execute(tx.conn())
            .await?
        }
        None => {
            sqlx::query!("delete from ai_limits where subject = $1 and period = $2", subject, period)
                .execute(tx.conn())
                .await?
        }
    };
    Ok(())
}
