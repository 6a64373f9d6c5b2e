//! Floor 6: what the product does, one file per noun or deed. It opens the transactions that write; besides it only the
//! runner of tasks does, for what became of a task.

use std::time::Duration;

use crate::context::mail;
use crate::gateways::{embed, files, vectors};
use crate::store;

pub mod accounts;
pub mod ai;
pub mod candidates;
pub mod erasure;
pub mod estimate;
pub mod housekeeping;
pub mod indexing;
pub mod intake;
pub mod reading;
pub mod requirements;
pub mod search;
pub mod standby;
pub mod written;

/// A mistake in one field of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name in the request.
    pub field: &'static str,
    /// What is wrong and what would be right.
    pub message: String,
}

/// Why something could not be done, in the product's words.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not there, or another workspace's.
    #[error("not found")]
    NotFound,
    /// The session or the credentials do not hold.
    #[error("{1}")]
    Unauthenticated(&'static str, &'static str),
    /// The role does not allow it.
    #[error("{0}")]
    Forbidden(String),
    /// Fields are wrong.
    #[error("{}", .0.iter().map(|mistake| format!("`{}` {}", mistake.field, mistake.message)).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<FieldError>),
    /// It contradicts what is there: a stable code and what it means.
    #[error("{1}")]
    Conflict(&'static str, String),
    /// Too much: a stable code and the limit in words.
    #[error("{1}")]
    TooLarge(&'static str, String),
    /// Too often.
    #[error("too many requests; try again in {} s", .0.as_secs().max(1))]
    TooMany(Duration),
    /// A service is away.
    #[error("{0} does not answer")]
    Unavailable(&'static str),
    /// The disk with the files or the database is full.
    #[error("the server's disk is full, so nothing more was taken; free some space on it, then try again")]
    DiskFull,
    /// The disk with the files can only be read.
    #[error("the server's disk can only be read, so nothing was taken; `talentprompt doctor` on the server says more")]
    DiskReadOnly,
    /// Something that should not happen; the text is for the log.
    #[error("{0}")]
    Internal(String),
}

/// What a task works on, as the queue keeps it.
fn payload(of: &impl serde::Serialize) -> Result<serde_json::Value> {
    serde_json::to_value(of).map_err(|error| Error::Internal(error.to_string()))
}

/// The result of a deed.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// One field is wrong.
    pub fn field(field: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError { field, message: message.into() }])
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::NotFound => Self::NotFound,
            store::Error::Unavailable(reason) => {
                tracing::warn!(reason, "the database does not answer");
                Self::Unavailable("the database")
            }
            store::Error::Unkeepable(reason) => {
                tracing::warn!(reason, "a text was refused by the database");
                Self::field("request", "has a text with a character that cannot be kept, such as NUL; take it out")
            }
            full @ store::Error::Full(_) => {
                tracing::error!(error = %full, "nothing was stored");
                Self::DiskFull
            }
            other => Self::Internal(other.to_string()),
        }
    }
}

impl From<mail::Error> for Error {
    fn from(error: mail::Error) -> Self {
        match error {
            mail::Error::Store(error) => error.into(),
            mail::Error::Template(reason) => Self::Internal(reason),
        }
    }
}

impl From<files::Error> for Error {
    fn from(error: files::Error) -> Self {
        match error {
            files::Error::Full { .. } => {
                tracing::error!(%error, "a file was not kept");
                Self::DiskFull
            }
            files::Error::ReadOnly { .. } => {
                tracing::error!(%error, "a file was not kept");
                Self::DiskReadOnly
            }
            other => Self::Internal(other.to_string()),
        }
    }
}

impl From<embed::Error> for Error {
    fn from(error: embed::Error) -> Self {
        match error {
            embed::Error::Model(reason) => Self::Internal(reason),
            embed::Error::Unavailable(reason) => {
                tracing::warn!(reason, "the embedding model does not answer");
                Self::Unavailable("the embedding model")
            }
        }
    }
}

impl From<vectors::Error> for Error {
    fn from(error: vectors::Error) -> Self {
        match error {
            vectors::Error::Unavailable(reason) => {
                tracing::warn!(reason, "the vector engine does not answer");
                Self::Unavailable("the vector engine")
            }
            refused @ vectors::Error::Refused(_) => Self::Internal(refused.to_string()),
        }
    }
}
