//! Workspaces and users: who can sign in at all.

use chrono::{DateTime, Utc};

use super::{Result, Tx};
use crate::model::ids::{UserId, WorkspaceId};

/// Adds a workspace.
pub async fn insert_workspace(tx: &mut Tx, id: WorkspaceId, name: &str, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!("insert into workspaces (id, name, created_at) values ($1, $2, $3)", id.0, name, now)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// All workspaces, oldest first.
pub async fn workspaces(tx: &mut Tx) -> Result<Vec<(WorkspaceId, String)>> {
    let rows = sqlx::query!("select id, name from workspaces order by id").fetch_all(tx.conn()).await?;
    Ok(rows.into_iter().map(|row| (row.id.into(), row.name)).collect())
}

/// When the oldest workspace was made; nothing where there is none.
pub async fn first_workspace_at(tx: &mut Tx) -> Result<Option<DateTime<Utc>>> {
    Ok(sqlx::query_scalar!("select min(created_at) from workspaces").fetch_one(tx.conn()).await?)
}

/// Removes a workspace with everything in it.
pub async fn delete_workspace(tx: &mut Tx, id: WorkspaceId) -> Result<()> {
    sqlx::query!("delete from workspaces where id = $1", id.0).execute(tx.conn()).await?;
    Ok(())
}

/// Adds a user; the e-mail is unique without regard to case (`users_email_key`).
pub async fn insert_user(
    tx: &mut Tx,
    id: UserId,
    email: &str,
    name: &str,
    password_hash: Option<&str>,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "insert into users (id, email, name, password_hash, created_at) values ($1, $2, $3, $4, $5)",
        id.0,
        email,
        name,
        password_hash,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The user with this e-mail.
pub async fn user_by_email(tx: &mut Tx, email: &str) -> Result<Option<UserId>> {
    let id = sqlx::query_scalar!("select id from users where lower(email) = lower($1)", email)
        .fetch_optional(tx.conn())
        .await?;
    Ok(id.map(UserId::from))
}

/// A user's password hash, if they have set a password.
pub async fn password_hash(tx: &mut Tx, user: UserId) -> Result<Option<String>> {
    Ok(sqlx::query_scalar!("select password_hash from users where id = $1", user.0).fetch_one(tx.conn()).await?)
}

/// Sets a user's name.
pub async fn set_name(tx: &mut Tx, user: UserId, name: &str) -> Result<()> {
    sqlx::query!("update users set name = $2 where id = $1", user.0, name).execute(tx.conn()).await?;
    Ok(())
}

/// Sets a user's password hash.
pub async fn set_password_hash(tx: &mut Tx, user: UserId, hash: &str) -> Result<()> {
    sqlx::query!("update users set password_hash = $2 where id = $1", user.0, hash).execute(tx.conn()).await?;
    Ok(())
}
