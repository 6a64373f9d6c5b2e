//! Embeddings by model and content: a text is embedded once, however often it is indexed.

use super::{Result, Tx, bytes};

/// SHA-256 of an embedded text.
pub type ContentHash = [u8; 32];

/// Keeps vectors; those that are there already stay.
pub async fn insert(tx: &mut Tx, model: &str, vectors: &[(ContentHash, Vec<f32>)]) -> Result<()> {
    let workspace = tx.workspace_id();
    let (hashes, values): (Vec<_>, Vec<_>) =
        vectors.iter().map(|(hash, vector)| (hash.to_vec(), bytes::of_f32(vector))).unzip();
    sqlx::query!(
        r#"insert into embeddings (workspace_id, model, content_hash, vector)
           select $1::uuid, $2::text, * from unnest($3::bytea[], $4::bytea[])
           on conflict do nothing"#,
        workspace.0,
        model,
        &hashes,
        &values
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
