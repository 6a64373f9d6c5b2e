//! Embeddings by model and content: a text is embedded once, however often it is indexed.

use std::collections::HashMap;

use super::{Result, Store, Tx, bytes_of_f32, f32_of_bytes};

/// SHA-256 of an embedded text.
pub type ContentHash = [u8; 32];

impl Store {
    /// The vectors that are known among `hashes`.
    pub async fn embeddings(&self, model: &str, hashes: &[ContentHash]) -> Result<HashMap<ContentHash, Vec<f32>>> {
        let keys: Vec<Vec<u8>> = hashes.iter().map(|hash| hash.to_vec()).collect();
        let rows = sqlx::query!(
            "select content_hash, vector from embeddings where model = $1 and content_hash = any($2)",
            model,
            &keys
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| Some((row.content_hash.try_into().ok()?, f32_of_bytes(&row.vector))))
            .collect())
    }
}

/// Keeps a vector; one that is there already stays.
pub async fn insert(tx: &mut Tx, model: &str, hash: &ContentHash, vector: &[f32]) -> Result<()> {
    sqlx::query!(
        "insert into embeddings (model, content_hash, vector) values ($1, $2, $3) on conflict do nothing",
        model,
        hash.as_slice(),
        bytes_of_f32(vector)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Forgets vectors of `hashes` that no passage of this workspace uses any more: a vector says much of its text.
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
