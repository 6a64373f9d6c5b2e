//! Second part: in which order. Everyone who was found is held to what was asked; a must that is not met ranks below
//! every candidate who meets it, and what was excluded is left out.

use std::sync::Arc;

use chrono::NaiveDate;

use super::answer::{Evidence, Hit, Reason};
use super::library::Person;
use super::retrieve::Found;
use crate::model::candidate::Candidate;
use crate::model::evidence::{self, Status, Verdict};
use crate::model::profile::Place;
use crate::model::query::interpretation::{Interpretation, Seniority};
use crate::recruit::{Error, Result};
use crate::store::resumes::Resume;

/// Share of the meaning in the score, the rest being the words': the best of a few shares on small retrieval tests,
/// where either alone was worse.
const MEANING: f32 = 0.7;

/// What all the wishes together can add to a score that is otherwise 0 to 1.
const WISHES: f32 = 0.3;

/// A candidate in their place.
#[derive(Debug, Clone)]
pub struct Ranked {
    /// Who.
    pub candidate: Candidate,
    /// The resume that speaks best for them.
    pub resume: Arc<Resume>,
    /// Years in all.
    pub years: Option<f32>,
    /// How senior their last title is.
    pub seniority: Option<Seniority>,
    score: f32,
    verdict: Verdict,
    reasons: Vec<Reason>,
}

impl Ranked {
    /// As shown at place `rank`.
    pub fn hit(&self, rank: usize) -> Hit {
        Hit {
            candidate_id: self.candidate.id,
            resume_id: self.resume.id,
            name: self.candidate.name.clone(),
            headline: self.candidate.headline.clone(),
            location: self.candidate.location.as_ref().map(Place::label),
            years_experience: self.years,
            score: self.score,
            rank,
            reasons: self.reasons.clone(),
        }
    }
}

/// Puts people in order: fewest unmet musts first, then by score, then by id.
pub async fn rank(
    interpretation: &Interpretation,
    found: &Found,
    people: Vec<Person>,
    today: NaiveDate,
) -> Result<Vec<Ranked>> {
    let scores: Vec<f32> = {
        let dense = normalise(people.iter().map(|p| found.dense.get(&p.candidate.id).map(|(score, _)| *score)));
        let sparse = normalise(people.iter().map(|p| found.sparse.get(&p.candidate.id).map(|(score, _)| *score)));
        let meaning = if found.dense.is_empty() { 0.0 } else { MEANING };
        dense.iter().zip(&sparse).map(|(dense, sparse)| meaning * dense + (1.0 - meaning) * sparse).collect()
    };
    let interpretation = interpretation.clone();
    let judged = tokio::task::spawn_blocking(move || {
        let mut ranked: Vec<Ranked> = people
            .into_iter()
            .zip(scores)
            .filter_map(|(person, score)| judge(&interpretation, person, score, today))
            .collect();
        ranked.sort_by(|a, b| {
            let unmet = unmet(&a.verdict).cmp(&unmet(&b.verdict));
            unmet.then(b.score.total_cmp(&a.score)).then(a.candidate.id.cmp(&b.candidate.id))
        });
        ranked
    });
    judged.await.map_err(|error| Error::Internal(format!("ranking failed: {error}")))
}

/// How far a candidate is from meeting every must: those missing, then those met in part.
fn unmet(verdict: &Verdict) -> (u32, u32) {
    (verdict.musts_missing, verdict.musts_partial)
}

/// Scores to 0..1 by the least and the greatest; who is missing gets 0.
fn normalise(scores: impl Iterator<Item = Option<f32>>) -> Vec<f32> {
    let scores: Vec<Option<f32>> = scores.collect();
    let known = || scores.iter().flatten().copied();
    let (low, high) = (known().fold(f32::INFINITY, f32::min), known().fold(f32::NEG_INFINITY, f32::max));
    let range = (high - low).max(f32::EPSILON);
    scores.iter().map(|score| score.map_or(0.0, |score| 0.05 + 0.95 * (score - low) / range)).collect()
}

/// Holds a person to what was asked, by the resume that speaks best for them; `None` when they are excluded.
fn judge(interpretation: &Interpretation, person: Person, score: f32, today: NaiveDate) -> Option<Ranked> {
    let mut best: Option<(Verdict, Vec<evidence::Reason>, Arc<Resume>)> = None;
    for resume in &person.resumes {
        let reasons = evidence::judge(interpretation, &resume.profile, &resume.text, today);
        let verdict = evidence::verdict(&reasons);
        if verdict.excluded {
            return None;
        }
        if best.as_ref().is_none_or(|(known, ..)| unmet(&verdict) < unmet(known)) {
            best = Some((verdict, reasons, Arc::clone(resume)));
        }
    }
    let (verdict, reasons, resume) = best?;
    let wishes = reasons.len().max(1);
    let met: f32 = reasons.iter().map(|reason| worth(reason.status)).sum();
    #[expect(clippy::cast_precision_loss, reason = "a query has a few dozen requirements")]
    let score = score + WISHES * met / wishes as f32;
    Some(Ranked {
        years: person.candidate.experience_months.map(crate::recruit::indexing::years),
        seniority: evidence::seniority(&resume.profile),
        candidate: person.candidate,
        score,
        verdict,
        reasons: reasons.into_iter().map(|reason| shown(reason, &resume)).collect(),
        resume,
    })
}

fn worth(status: Status) -> f32 {
    match status {
        Status::Met => 1.0,
        Status::Partial => 0.5,
        Status::Missing | Status::Contradicted => 0.0,
    }
}

fn shown(reason: evidence::Reason, resume: &Resume) -> Reason {
    let evidence = reason.evidence.into_iter().map(|quote| Evidence {
        resume_id: resume.id,
        text: quote.text,
        start: quote.start,
        end: quote.end,
    });
    Reason { requirement: reason.requirement, kind: reason.kind, status: reason.status, evidence: evidence.collect() }
}
