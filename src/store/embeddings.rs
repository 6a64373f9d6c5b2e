//! Embeddings by model and content: a text is embedded once, however often it is indexed.

use super::{Result, Tx, bytes};

/// SHA-256 of an embedded text.
pub type ContentHash = [u8; 32];

/// Keeps a vector; one that is there already stays.
pub async fn insert(tx: &mut Tx, model: &str, hash: &ContentHash, vector: &[f32]) -> Result<()> {
    let workspace = tx.workspace_id();
    sqlx::query!(
        r#"insert into embeddings (workspace_id, model, content_hash, vector) values ($1, $2, $3, $4)
           on conflict do nothing"#,
        workspace.0,
        model,
        hash.as_slice(),
        bytes::of_f32(vector)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Forgets vectors of `hashes` that no passage uses any more: a vector says much of its text.
pub async fn delete_unused(tx: &mut Tx, hashes: &[Vec<u8>]) -> Result<()> {
    sqlx::query!(
        r#"delete from embeddings e where e.content_hash = any($1)
           and not exists (select from passages p where p.content_hash = e.content_hash)"#,
        hashes
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
