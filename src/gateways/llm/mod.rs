//! Providers of language models over HTTP: one trait, so that OpenAI, Claude and any server of OpenAI's protocol are the
//! same to the rest. A call is made exactly once here; whether it is made again, and by whom, is the floor `ai`'s.

mod claude;
mod openai;
mod wire;

use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

pub use claude::Claude;
pub use openai::OpenAi;

use crate::model::spend::{Tier, Usage};

/// A question.
#[derive(Debug, Clone)]
pub struct Chat {
    /// Which model.
    pub model: String,
    /// What it is to do; the same for every call of a prompt, so that the provider knows it again.
    pub system: String,
    /// What it is to do it with.
    pub user: String,
    /// The name and the JSON schema of the answer.
    pub schema: (String, Value),
    /// The most tokens it may answer.
    pub max_output: u32,
    /// How hard it should think, where it can be told.
    pub tier: Tier,
    /// After which it is given up.
    pub timeout: Duration,
}

/// An answer: JSON as text, not yet held to the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// What was said.
    pub text: String,
    /// Tokens as the provider counts them; none where it does not say.
    pub usage: Option<Usage>,
}

/// Vectors of texts.
#[derive(Debug, Clone, PartialEq)]
pub struct Vectors {
    /// One a text, in order.
    pub vectors: Vec<Vec<f32>>,
    /// Tokens as the provider counts them; none where it does not say.
    pub usage: Option<Usage>,
}

/// How far a batch is.
#[derive(Debug, Clone, PartialEq)]
pub enum Batch {
    /// The provider is at it.
    Working,
    /// It is done; what became of each question, by the id it was given.
    Done(Vec<(String, Outcome<Reply>)>),
    /// The provider has given it up, for this reason. Nothing of it is billed.
    Failed(String),
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The key is wrong, or may not do this.
    #[error("the provider does not take the key: {0}")]
    Key(String),
    /// There is no such model, or the key may not use it.
    #[error("the provider has no such model: {0}")]
    Model(String),
    /// The account has no money left, or its limit is reached.
    #[error("the account at the provider is out of quota: {0}")]
    Quota(String),
    /// Too often; how long to wait, where it was said.
    #[error("the provider is asked too often")]
    TooOften(Option<Duration>),
    /// What was sent does not fit.
    #[error("what was sent is too long for the model: {0}")]
    TooLong(String),
    /// The model will not answer this.
    #[error("the model refuses to answer")]
    Refused,
    /// It answered nothing.
    #[error("the answer is empty")]
    Empty,
    /// It had more to say than it may.
    #[error("the answer was cut off at {0} tokens")]
    CutOff(u32),
    /// Nobody was reached: nothing was sent.
    #[error("the provider cannot be reached: {0}")]
    Unreachable(String),
    /// No answer in time.
    #[error("the provider did not answer in time")]
    Timeout,
    /// The connection ended within the answer.
    #[error("the connection ended before the answer did: {0}")]
    Broken(String),
    /// The provider itself failed.
    #[error("the provider failed with status {0}")]
    Failed(u16, Option<Duration>),
    /// The provider does not take the request, for another reason.
    #[error("the provider does not take the request: {0}")]
    Rejected(String),
    /// What it answered is not its own protocol.
    #[error("the answer is not what the provider's protocol says: {0}")]
    Garbled(String),
    /// It cannot do this.
    #[error("this provider cannot do that")]
    Unsupported,
}

/// What an error says of the bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Billed {
    /// Nothing: it was refused before the model saw it.
    Nothing,
    /// Perhaps everything.
    Perhaps,
}

impl Error {
    /// What it says of the bill. Where the model may have worked, it may be billed, whatever became of the answer.
    pub fn billed(&self) -> Billed {
        match self {
            // A gateway's time was over, perhaps not the model's.
            Self::Failed(408 | 504 | 524, _) => Billed::Perhaps,
            Self::Key(_)
            | Self::Model(_)
            | Self::Quota(_)
            | Self::TooOften(_)
            | Self::TooLong(_)
            | Self::Unreachable(_)
            | Self::Failed(..)
            | Self::Rejected(_)
            | Self::Unsupported => Billed::Nothing,
            Self::Refused | Self::Empty | Self::CutOff(_) | Self::Timeout | Self::Broken(_) | Self::Garbled(_) => {
                Billed::Perhaps
            }
        }
    }

    /// One word for the log, the bill and the metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Key(_) => "wrong_key",
            Self::Model(_) => "unknown_model",
            Self::Quota(_) => "out_of_quota",
            Self::TooOften(_) => "too_often",
            Self::TooLong(_) => "too_long",
            Self::Refused => "refused",
            Self::Empty => "empty",
            Self::CutOff(_) => "cut_off",
            Self::Unreachable(_) => "unreachable",
            Self::Timeout => "timeout",
            Self::Broken(_) => "broken",
            Self::Failed(..) => "failed",
            Self::Rejected(_) => "rejected",
            Self::Garbled(_) => "garbled",
            Self::Unsupported => "unsupported",
        }
    }
}

/// What came of a call: the answer or why there is none, and the tokens where the provider said them either way.
pub type Outcome<T> = Result<T, (Error, Option<Usage>)>;

/// A provider.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Asks a model.
    async fn chat(&self, chat: &Chat) -> Outcome<Reply>;
    /// Turns texts to vectors of `dimensions` numbers.
    async fn embed(&self, model: &str, dimensions: usize, texts: &[String], timeout: Duration) -> Outcome<Vectors>;
    /// The models that the key may use.
    async fn models(&self) -> Result<Vec<String>, Error>;
    /// Hands questions over, each with an id, to be answered within a day; the provider's name of the whole.
    async fn send_batch(&self, chats: &[(String, Chat)]) -> Result<String, Error>;
    /// How far a batch is.
    async fn batch(&self, id: &str) -> Result<Batch, Error>;
}
