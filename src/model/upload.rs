//! An upload: a file somebody handed in, on its way to being a resume that can be found.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::ids::{CandidateId, UploadId};

/// How far an upload has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = UploadStatus)]
pub enum Status {
    /// Its bytes are kept; nothing has been read yet.
    Queued,
    /// Its text is being taken out.
    Extracting,
    /// Its text is being understood.
    Parsing,
    /// It can be found by its words; its meaning is being computed.
    Embedding,
    /// It can be found. The end.
    Indexed,
    /// It cannot be read, and the error says why. The bytes are kept, unless it is an archive, and it can be tried again.
    Failed,
}

impl Status {
    /// All of them, in order.
    pub const ALL: [Self; 6] =
        [Self::Queued, Self::Extracting, Self::Parsing, Self::Embedding, Self::Indexed, Self::Failed];

    /// The name on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Extracting => "extracting",
            Self::Parsing => "parsing",
            Self::Embedding => "embedding",
            Self::Indexed => "indexed",
            Self::Failed => "failed",
        }
    }

    /// Whether nothing more will happen by itself.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Indexed | Self::Failed)
    }
}

impl std::str::FromStr for Status {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == name)
            .ok_or_else(|| format!("`{name}` is no upload status"))
    }
}

/// Why an upload failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UploadError {
    /// A stable code, such as `encrypted`.
    pub code: String,
    /// What is wrong, in words.
    pub detail: String,
    /// What to do about it.
    pub hint: String,
}

/// A file that was handed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Upload {
    /// Its id.
    pub id: UploadId,
    /// The archive it came in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<UploadId>,
    /// Its name as given, at most 255 characters.
    pub filename: String,
    /// Bytes.
    pub size: i64,
    /// SHA-256 of the bytes.
    #[serde(skip)]
    pub content_hash: Vec<u8>,
    /// What it turned out to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// How far it has come.
    pub status: Status,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<UploadError>,
    /// The earlier upload with the same bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<UploadId>,
    /// Whose resume it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidate_id: Option<CandidateId>,
    /// When it was handed in.
    pub created_at: DateTime<Utc>,
    /// When its status last changed.
    pub updated_at: DateTime<Utc>,
}

impl Upload {
    /// Whether it was seen to be an archive; its files are uploads of their own.
    pub fn is_archive(&self) -> bool {
        self.media_type.as_deref() == Some("application/zip")
    }
}
