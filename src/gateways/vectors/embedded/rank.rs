//! From points to people: the best passage of each candidate, best candidates first. Equal scores are ordered by id,
//! so the same index gives the same list whatever the order points came in.

use std::cmp::Ordering;

use super::shelf::Columns;
use crate::gateways::vectors::Hit;

/// The best passage of each candidate seen so far.
pub(super) struct Best<'a> {
    columns: &'a Columns,
    /// Score and slot, by the candidate's number.
    by_person: Vec<Option<(f32, usize)>>,
}

impl<'a> Best<'a> {
    /// Nobody yet.
    pub(super) fn new(columns: &'a Columns) -> Self {
        Self { columns, by_person: vec![None; columns.candidates.len()] }
    }

    /// Takes a passage into account.
    pub(super) fn offer(&mut self, slot: usize, score: f32) {
        let passages = &self.columns.passages;
        let best = &mut self.by_person[self.columns.people[slot] as usize];
        let better = best.is_none_or(|(best_score, best_slot)| {
            score.total_cmp(&best_score).then_with(|| passages[best_slot].cmp(&passages[slot])).is_gt()
        });
        if better {
            *best = Some((score, slot));
        }
    }

    /// The score of the last of the best `limit` candidates; minus infinity where there are fewer.
    pub(super) fn last_of(&self, limit: usize) -> f32 {
        let mut scores: Vec<f32> = self.by_person.iter().flatten().map(|(score, _)| *score).collect();
        match limit.checked_sub(1) {
            Some(last) if last < scores.len() => *scores.select_nth_unstable_by(last, |a, b| b.total_cmp(a)).1,
            _ => f32::NEG_INFINITY,
        }
    }

    /// The best `limit` candidates, best first, ties by candidate id.
    pub(super) fn top(self, limit: usize) -> Vec<Hit> {
        let columns = self.columns;
        let mut hits: Vec<Hit> = (self.by_person.into_iter().flatten())
            .map(|(score, slot)| Hit {
                candidate: columns.candidates[columns.people[slot] as usize],
                passage: columns.passages[slot],
                resume: columns.resumes[slot],
                score,
            })
            .collect();
        if limit == 0 {
            return Vec::new();
        }
        if limit < hits.len() {
            hits.select_nth_unstable_by(limit - 1, best_first);
            hits.truncate(limit);
        }
        hits.sort_unstable_by(best_first);
        hits
    }
}

fn best_first(a: &Hit, b: &Hit) -> Ordering {
    b.score.total_cmp(&a.score).then_with(|| a.candidate.cmp(&b.candidate))
}
