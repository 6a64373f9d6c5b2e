//! A candidate: a person in the pool, however many resumes they have.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::ids::{CandidateId, EventId, ResumeId};
use super::profile::Place;

/// Values set by hand; they win over whatever a resume says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Corrections {
    /// The name.
    pub name: Option<String>,
    /// The headline.
    pub headline: Option<String>,
    /// The place of living.
    pub location: Option<Place>,
}

/// A person in the pool.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Their id.
    pub id: CandidateId,
    /// Their name; a file's name where no resume says one.
    pub name: String,
    /// What they do, in a line.
    pub headline: Option<String>,
    /// Where they live.
    pub location: Option<Place>,
    /// The newest resume.
    pub current_resume: Option<ResumeId>,
    /// What was set by hand.
    pub corrections: Corrections,
    /// How many resumes they have.
    pub resumes: i64,
    /// Since when they are known.
    pub created_at: DateTime<Utc>,
    /// When they last changed.
    pub updated_at: DateTime<Utc>,
}

/// Something that happened to a candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Event {
    /// Its id.
    #[serde(skip_serializing)]
    #[schema(ignore)]
    pub id: EventId,
    /// When.
    pub at: DateTime<Utc>,
    /// A stable word, such as `resume_added`.
    pub kind: String,
    /// What, in words.
    pub detail: String,
}

/// Whether two written names can be the same person's: they share a word of at least two letters, whatever the case.
/// A name that is not known agrees with every name.
pub fn names_agree(a: Option<&str>, b: Option<&str>) -> bool {
    let (Some(a), Some(b)) = (a, b) else { return true };
    let words = |name: &str| -> Vec<String> {
        name.split(|c: char| !c.is_alphanumeric())
            .filter(|word| word.chars().count() >= 2)
            .map(str::to_lowercase)
            .collect()
    };
    let other = words(b);
    words(a).iter().any(|word| other.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_share_a_word_agree() {
        assert!(names_agree(Some("Ana Example"), Some("EXAMPLE, Ana M.")));
        assert!(names_agree(None, Some("Ana Example")));
        assert!(!names_agree(Some("Ana Example"), Some("Bo Sample")));
    }
}
