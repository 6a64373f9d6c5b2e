//! Identifiers: `UUIDv7` newtypes made by one macro, so that ids sort by time and cannot be mixed up.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = Uuid)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id: milliseconds of `now`, then 74 random bits (RFC 9562, version 7).
            pub fn new(now: DateTime<Utc>, random: [u8; 10]) -> Self {
                let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
                Self(Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+};
}

ids! {
    /// A tenant.
    WorkspaceId,
    /// A person who can sign in.
    UserId,
    /// A user's membership in one workspace.
    MemberId,
    /// A signed-in browser.
    SessionId,
    /// An API token.
    TokenId,
    /// A file somebody handed in.
    UploadId,
    /// A person in the pool.
    CandidateId,
    /// One document of a candidate.
    ResumeId,
    /// A stretch of a resume that is embedded and indexed.
    PassageId,
    /// Something that happened to a candidate.
    EventId,
    /// A unit of background work.
    TaskId,
    /// One search that was asked.
    QueryId,
    /// One call of a model, and the money reserved for it.
    CallId,
    /// One mail, to one person.
    MailId,
}
