//! Readers of resumes, numbered in the order in which this database met them.

use super::{Result, Tx};

/// The number of the reader called `name`, which gets the next one when it is new.
pub async fn number(tx: &mut Tx, name: &str) -> Result<i32> {
    let known =
        sqlx::query_scalar!("select number from readers where name = $1", name).fetch_optional(tx.conn()).await?;
    if let Some(number) = known {
        return Ok(number);
    }
    // Another process may add it at the same moment; then both get the number that was first.
    sqlx::query!("insert into readers (name) values ($1) on conflict on constraint readers_name_key do nothing", name)
        .execute(tx.conn())
        .await?;
    Ok(sqlx::query_scalar!("select number from readers where name = $1", name).fetch_one(tx.conn()).await?)
}
