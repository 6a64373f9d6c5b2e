//! Judges a resume against what was asked: each requirement is met, partial, missing or contradicted, with the resume's
//! own words. No model is asked; what the profile does not know is missing, never guessed.

mod facts;
mod people;
mod quote;
mod skills;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::profile::Profile;
use super::query::interpretation::{Interpretation, Kind};
use quote::Source;

pub use quote::Quote;

/// How a resume stands to one requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The resume shows it; for a "must not", that nothing shows it.
    Met,
    /// Something close, or less of it than asked.
    Partial,
    /// Nothing in the resume shows it.
    Missing,
    /// The resume says the opposite, or shows what must not be.
    Contradicted,
}

/// One requirement, judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Reason {
    /// The requirement in words, with a remark where it is met in part.
    pub requirement: String,
    /// How strongly it is asked for.
    pub kind: Kind,
    /// How the resume stands to it.
    pub status: Status,
    /// The resume's words that show it, at most three stretches.
    pub evidence: Vec<Quote>,
}

/// What the reasons come to, for ordering candidates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Something shows what must not be.
    pub excluded: bool,
    /// Requirements that must be met.
    pub musts: u32,
    /// Of these, those met in full.
    pub musts_met: u32,
    /// Of these, those met in part.
    pub musts_partial: u32,
    /// Of these, those missing or contradicted.
    pub musts_missing: u32,
    /// Requirements that lift a candidate.
    pub shoulds: u32,
    /// Of these, those met in full.
    pub shoulds_met: u32,
    /// Of these, those met in part.
    pub shoulds_partial: u32,
}

/// The reasons for and against a candidate, in the interpretation's order.
///
/// `text` is the text that `profile` was read from; every quote is exactly its characters.
pub fn judge(wanted: &Interpretation, profile: &Profile, text: &str, today: NaiveDate) -> Vec<Reason> {
    let case = Case { wanted, profile, source: Source::new(text), today };
    let mut out = skills::judge(&case);
    out.extend(people::titles(&case));
    out.extend(people::seniority(&case));
    out.extend(people::years(&case));
    out.extend(facts::places(&case));
    out.extend(facts::languages(&case));
    out.extend(facts::education(&case));
    out.extend(facts::certifications(&case));
    out.extend(facts::employers(&case));
    out.extend(facts::keywords(&case));
    out
}

/// Counts the reasons.
pub fn verdict(reasons: &[Reason]) -> Verdict {
    let mut out = Verdict::default();
    for reason in reasons {
        match (reason.kind, reason.status) {
            (Kind::Not, Status::Contradicted) => out.excluded = true,
            (Kind::Not, _) => {}
            (Kind::Must, status) => {
                out.musts += 1;
                match status {
                    Status::Met => out.musts_met += 1,
                    Status::Partial => out.musts_partial += 1,
                    Status::Missing | Status::Contradicted => out.musts_missing += 1,
                }
            }
            (Kind::Should, status) => {
                out.shoulds += 1;
                out.shoulds_met += u32::from(status == Status::Met);
                out.shoulds_partial += u32::from(status == Status::Partial);
            }
        }
    }
    out
}

/// What is judged.
struct Case<'a> {
    wanted: &'a Interpretation,
    profile: &'a Profile,
    source: Source<'a>,
    today: NaiveDate,
}

/// What was found for a requirement, before its kind is looked at.
struct Finding {
    status: Status,
    evidence: Vec<Quote>,
}

impl Finding {
    fn missing() -> Self {
        Self { status: Status::Missing, evidence: Vec::new() }
    }

    /// The reason for a requirement of this kind: what must not be turns the finding round.
    fn reason(self, requirement: String, kind: Kind) -> Reason {
        if kind != Kind::Not {
            return Reason { requirement, kind, status: self.status, evidence: self.evidence };
        }
        let requirement = format!("not {requirement}");
        match self.status {
            Status::Met => Reason { requirement, kind, status: Status::Contradicted, evidence: self.evidence },
            _ => Reason { requirement, kind, status: Status::Met, evidence: Vec::new() },
        }
    }
}
