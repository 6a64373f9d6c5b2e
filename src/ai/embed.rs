//! A provider's embedding model: the same to the rest as the local one, with every text paid through the ledger and none
//! paid twice. Passages are kept in Postgres by whoever asks; queries are kept here.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::targets::Target;
use super::{Door, NoAnswer};
use crate::base::secret;
use crate::config::ai;
use crate::gateways::embed::{Embedder, Error, ModelInfo};
use crate::gateways::llm::{self, Billed};
use crate::model::ids::WorkspaceId;
use crate::model::money::Micros;
use crate::model::spend::{Feature, Usage, likely_tokens, most_tokens};
use crate::store::ai::answers::{self, Kept, Key};
use crate::store::ai::calls::{Call, Saved};

/// The most texts of one request, and the most tokens of all of them (<https://platform.openai.com/docs/api-reference/embeddings>);
/// a text is counted by its bytes, which is more than its tokens.
const MOST_TEXTS: usize = 2_048;
const MOST_BYTES: usize = 250_000;

/// Word pieces of a passage: as the local model's, so that a resume is cut alike whoever embeds it.
const PASSAGE_TOKENS: usize = 256;

/// How long a search waits for its meaning before it goes by words alone.
const QUERY_PATIENCE: Duration = Duration::from_secs(3);

/// How long a resume's passages may take.
const PASSAGES_PATIENCE: Duration = Duration::from_mins(1);

/// A provider's embedding model. Clones share it.
#[derive(Clone)]
pub struct Metered {
    door: Door,
    name: String,
    model: ModelInfo,
}

impl Metered {
    /// The model that the configuration names as `provider/model` and, where it is not known, its dimensions.
    ///
    /// # Errors
    /// If its provider is not set up or its price not known.
    pub fn new(door: Door, configured: &str) -> Result<Self, NoAnswer> {
        let (name, dimensions) = ai::embedding(configured).ok_or(NoAnswer::Off)?;
        door.target(name)?;
        let model = ModelInfo { name: format!("{name}@{dimensions}"), dimensions, max_tokens: PASSAGE_TOKENS };
        Ok(Self { door, name: name.to_owned(), model })
    }

    async fn embed(
        &self,
        workspace: WorkspaceId,
        texts: &[String],
        patience: Duration,
    ) -> Result<Vec<Vec<f32>>, Error> {
        let target = self.door.target(&self.name).map_err(unavailable)?;
        let mut vectors = Vec::with_capacity(texts.len());
        for part in parts(texts) {
            // What is paid goes on when whoever asked has left.
            let (own, target, part) = (self.clone(), target.clone(), part.to_vec());
            let asked = tokio::spawn(async move { own.part(&target, workspace, &part, patience).await });
            let made = asked.await.unwrap_or_else(|_| Err(NoAnswer::Away("the call broke down".to_owned())));
            vectors.extend(made.map_err(unavailable)?);
        }
        Ok(vectors)
    }

    async fn part(
        &self,
        target: &Target,
        workspace: WorkspaceId,
        texts: &[String],
        patience: Duration,
    ) -> Result<Vec<Vec<f32>>, NoAnswer> {
        let (door, started) = (&self.door, Instant::now());
        let away = |why: &str| NoAnswer::Away(format!("{}: {why}", target.name));
        if !target.reached.admits(&target.model) {
            return Err(away("it rests after failures"));
        }
        let likely: u32 = texts.iter().map(|text| likely_tokens(text)).sum();
        if !target.reached.turn(likely, patience).await {
            return Err(away("it is at what its terms allow"));
        }
        let most = Usage { input: texts.iter().map(|text| most_tokens(text)).sum(), cached: 0, output: 0 };
        let mut call = self.call(target, texts);
        let config = door.0.providers.config();
        door.0.ledger.reserve(&config.ai, workspace, &call, target.cost(most)).await?;
        let timeout = patience.min(target.reached.timeout());
        let outcome = target.reached.client().embed(&target.model, self.model.dimensions, texts, timeout).await;
        call.latency_ms = i32::try_from(started.elapsed().as_millis()).unwrap_or(i32::MAX);
        let (usage, outcome) = match outcome {
            Ok(vectors) => (vectors.usage.unwrap_or(most), Ok(vectors.vectors)),
            Err((error, usage)) => {
                let perhaps = if error.billed() == Billed::Perhaps { most } else { Usage::default() };
                (usage.unwrap_or(perhaps), Err(error))
            }
        };
        (call.usage, call.cost) = (usage, target.cost(usage));
        outcome.as_ref().map_or_else(llm::Error::name, |_| "answered").clone_into(&mut call.outcome);
        door.0.ledger.settle(workspace, call.into()).await;
        match outcome {
            Ok(vectors) => {
                target.reached.succeeded(&target.model);
                Ok(vectors.into_iter().map(unit).collect())
            }
            Err(error) => {
                target.reached.failed(&target.model, false, None);
                Err(away(&error.to_string()))
            }
        }
    }

    fn call(&self, target: &Target, texts: &[String]) -> Call {
        Call {
            id: self.door.id(),
            member: None,
            at: self.door.0.clock.now(),
            feature: Feature::Embedding,
            tier: None,
            reason: format!("{} texts without a vector", texts.len()),
            prompt: String::new(),
            provider: target.provider.clone(),
            model: target.model.clone(),
            outcome: String::new(),
            input_hash: secret::sha256(texts.join("\0").as_bytes()).to_vec(),
            usage: Usage::default(),
            cost: Micros::ZERO,
            price_from: Some(target.listed.price.from),
            saved: Saved::default(),
            latency_ms: 0,
            compared_with: None,
            contents: None,
        }
    }

    /// The vector of a query that was asked before.
    async fn kept(&self, workspace: WorkspaceId, key: &Key) -> Option<Vec<f32>> {
        let mut tx = self.door.0.store.workspace(workspace).await.ok()?;
        let models = std::slice::from_ref(&self.model.name);
        let kept = answers::get(&mut tx, key, models, chrono::DateTime::UNIX_EPOCH).await.ok()??;
        let bytes = STANDARD.decode(kept.answer.as_str()?).ok()?;
        let numbers = bytes.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]));
        Some(numbers.collect::<Vec<f32>>()).filter(|vector| vector.len() == self.model.dimensions)
    }

    async fn keep(&self, workspace: WorkspaceId, key: &Key, vector: &[f32]) {
        let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
        let answer = Value::String(STANDARD.encode(bytes));
        let kept = Kept { model: self.model.name.clone(), answer, usage: Usage::default(), cost: Micros::ZERO };
        let door = &self.door.0;
        let keeping = async {
            let mut tx = door.store.workspace(workspace).await?;
            answers::put(&mut tx, key, Feature::Embedding, &kept, door.clock.now()).await?;
            tx.commit().await
        };
        if let Err(error) = keeping.await {
            tracing::warn!(%error, "a query's vector was not kept and may be paid for again");
        }
    }
}

#[async_trait]
impl Embedder for Metered {
    fn model(&self) -> &ModelInfo {
        &self.model
    }

    fn count_tokens(&self, text: &str) -> usize {
        likely_tokens(text) as usize
    }

    async fn embed_passages(&self, workspace: WorkspaceId, texts: Vec<String>) -> Result<Vec<Vec<f32>>, Error> {
        self.embed(workspace, &texts, PASSAGES_PATIENCE).await
    }

    async fn embed_query(&self, workspace: WorkspaceId, text: &str) -> Result<Vec<f32>, Error> {
        let key = secret::sha256(format!("embedding\0{}\0{text}", self.model.name).as_bytes());
        if let Some(vector) = self.kept(workspace, &key).await {
            return Ok(vector);
        }
        let vectors = self.embed(workspace, &[text.to_owned()], QUERY_PATIENCE).await?;
        let vector = vectors.into_iter().next().ok_or_else(|| Error::Unavailable("no vector came".to_owned()))?;
        self.keep(workspace, &key, &vector).await;
        Ok(vector)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is given to map_err")]
fn unavailable(why: NoAnswer) -> Error {
    Error::Unavailable(why.to_string())
}

/// Texts in portions that one request takes.
fn parts(texts: &[String]) -> Vec<&[String]> {
    let (mut parts, mut start, mut bytes) = (Vec::new(), 0, 0);
    for (place, text) in texts.iter().enumerate() {
        if place > start && (place - start >= MOST_TEXTS || bytes + text.len() > MOST_BYTES) {
            parts.push(&texts[start..place]);
            (start, bytes) = (place, 0);
        }
        bytes += text.len();
    }
    if start < texts.len() {
        parts.push(&texts[start..]);
    }
    parts
}

/// The vector at length 1, which shortened ones are not.
fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt();
    if length > 0.0 {
        for number in &mut vector {
            *number /= length;
        }
    }
    vector
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_sent_in_portions_and_none_is_left_out() {
        let texts: Vec<String> = (0..5_000).map(|n| "x".repeat(n % 200)).collect();
        let parts = parts(&texts);
        assert_eq!(parts.concat(), texts);
        for part in &parts {
            assert!(part.len() <= MOST_TEXTS && part.iter().map(String::len).sum::<usize>() <= MOST_BYTES);
        }
        assert!(super::parts(&[]).is_empty());
    }

    #[test]
    fn a_vector_has_length_one() {
        assert_eq!(unit(vec![3.0, 4.0]), [0.6, 0.8]);
        assert_eq!(unit(vec![0.0]), [0.0]);
    }
}
