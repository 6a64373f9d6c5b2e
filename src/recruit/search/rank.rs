//! Second part: in which order. Everyone who was found is held to what was asked; a must that is not met ranks below
//! every candidate who meets it, and what was excluded is left out.

use std::sync::Arc;

use chrono::NaiveDate;

use super::answer::{Evidence, Hit, Reason};
use super::library::{Document, Person};
use super::retrieve::Found;
use crate::model::evidence::{self, Verdict};
use crate::model::ids::ResumeId;
use crate::model::profile::Place;
use crate::model::query::interpretation::Interpretation;
use crate::recruit::candidates;

/// Share of the meaning in the score, the rest being the words': the best of a few shares on small retrieval tests,
/// where either alone was worse.
const MEANING: f32 = 0.7;

/// What all the wishes together can add to a score that is otherwise 0 to 1.
const WISHES: f32 = 0.3;

/// What time in the wanted titles can add to it.
const DEPTH: f32 = 0.6;

/// From so many people on a second thread pays.
const MANY: usize = 64;

/// A candidate in their place.
#[derive(Debug, Clone)]
pub struct Ranked {
    /// Who.
    pub person: Arc<Person>,
    /// Which of their resumes speaks best for them.
    best: usize,
    score: f32,
    verdict: Verdict,
}

impl Ranked {
    /// The resume that speaks best for them.
    pub fn document(&self) -> &Document {
        &self.person.resumes[self.best]
    }

    /// Years in all, until `today`: what went on when the resume was read goes on since.
    pub fn years(&self, today: NaiveDate) -> Option<f32> {
        candidates::years(&self.person.candidate, self.person.resumes.iter().map(|one| &one.resume), today)
    }

    /// As shown at place `rank`, with the words of the resume that prove it.
    pub fn hit(&self, rank: usize, interpretation: &Interpretation, today: NaiveDate) -> Hit {
        let (candidate, resume) = (&self.person.candidate, &self.document().resume);
        let reasons = evidence::judge(interpretation, &resume.profile, &resume.text, today);
        Hit {
            candidate_id: candidate.id,
            resume_id: resume.id,
            name: candidate.name.clone(),
            headline: candidate.headline.clone(),
            location: candidate.location.as_ref().map(Place::label),
            years_experience: self.years(today),
            score: self.score,
            rank,
            reasons: reasons.into_iter().map(|reason| shown(reason, resume.id)).collect(),
        }
    }
}

/// Puts people in order: fewest unmet musts first, then by score, then by id.
pub fn rank(interpretation: &Interpretation, found: &Found, people: Vec<Arc<Person>>, today: NaiveDate) -> Vec<Ranked> {
    let dense = normalise(people.iter().map(|p| found.dense.get(&p.candidate.id).map(|(score, _)| *score)));
    let sparse = normalise(people.iter().map(|p| found.sparse.get(&p.candidate.id).map(|(score, _)| *score)));
    let meaning = if found.dense.is_empty() { 0.0 } else { MEANING };
    let scores = dense.iter().zip(&sparse).map(|(dense, sparse)| meaning * dense + (1.0 - meaning) * sparse);
    let scored: Vec<(Arc<Person>, f32)> = people.into_iter().zip(scores).collect();
    let mut ranked = weigh_all(interpretation, &scored, today);
    ranked.sort_by(|a, b| {
        let unmet = unmet(&a.verdict).cmp(&unmet(&b.verdict));
        unmet.then(b.score.total_cmp(&a.score)).then(a.person.candidate.id.cmp(&b.person.candidate.id))
    });
    ranked
}

/// Weighs everyone, on two threads where there are many.
fn weigh_all(interpretation: &Interpretation, scored: &[(Arc<Person>, f32)], today: NaiveDate) -> Vec<Ranked> {
    let weigh_some = |some: &[(Arc<Person>, f32)]| -> Vec<Ranked> {
        some.iter().filter_map(|(person, score)| weigh(interpretation, Arc::clone(person), *score, today)).collect()
    };
    if scored.len() < MANY {
        return weigh_some(scored);
    }
    let (first, second) = scored.split_at(scored.len() / 2);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| weigh_some(second));
        let mut all = weigh_some(first);
        all.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        all
    })
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
pub(super) fn weigh(
    interpretation: &Interpretation,
    person: Arc<Person>,
    score: f32,
    today: NaiveDate,
) -> Option<Ranked> {
    let mut best: Option<(usize, Verdict)> = None;
    for (place, Document { resume, .. }) in person.resumes.iter().enumerate() {
        let verdict = evidence::weigh(interpretation, &resume.profile, &resume.text, today);
        if verdict.excluded {
            return None;
        }
        if best.as_ref().is_none_or(|(_, known)| unmet(&verdict) < unmet(known)) {
            best = Some((place, verdict));
        }
    }
    let (best, verdict) = best?;
    Some(Ranked { best, score: score + WISHES * verdict.share() + DEPTH * verdict.depth, verdict, person })
}

fn shown(reason: evidence::Reason, resume_id: ResumeId) -> Reason {
    let evidence = reason.evidence.into_iter().map(|quote| Evidence {
        resume_id,
        text: quote.text,
        start: quote.start,
        end: quote.end,
    });
    Reason { requirement: reason.requirement, kind: reason.kind, status: reason.status, evidence: evidence.collect() }
}
