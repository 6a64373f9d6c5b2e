//! The points of one workspace, column by column. A point has a slot; deleting marks the slot dead, and when a quarter
//! of them is dead the columns are rewritten without them, so a delete is quick and memory comes back.

use std::collections::HashMap;

use super::dense::{Looked, Rows};
use super::facts::FactTable;
use super::postings::Postings;
use super::rank::Best;
use crate::gateways::vectors::{Error, Filter, Hit, HybridHits, HybridQuery, Point};
use crate::model::ids::{CandidateId, PassageId, ResumeId};

/// Dead slots that are not worth a rewrite however small the workspace is.
const TOLERATED_DEAD: usize = 1024;

/// Who and what a slot is.
#[derive(Debug, Default)]
pub(super) struct Columns {
    /// By slot: the passage.
    pub(super) passages: Vec<PassageId>,
    /// By slot: its document.
    pub(super) resumes: Vec<ResumeId>,
    /// By slot: the candidate's number.
    pub(super) people: Vec<u32>,
    /// By number: the candidate.
    pub(super) candidates: Vec<CandidateId>,
    numbers: HashMap<CandidateId, u32>,
    /// By slot: the payload's number.
    payloads: Vec<u32>,
    /// By slot: neither deleted nor replaced.
    alive: Vec<bool>,
}

/// One workspace's index.
#[derive(Debug)]
pub(super) struct Shelf {
    width: usize,
    rows: Rows,
    postings: Postings,
    facts: FactTable,
    columns: Columns,
    /// The living passages' slots.
    slots: HashMap<PassageId, u32>,
}

impl Shelf {
    /// An empty index of vectors with `width` numbers.
    pub(super) fn new(width: usize) -> Self {
        Self {
            width,
            rows: Rows::new(width),
            postings: Postings::default(),
            facts: FactTable::default(),
            columns: Columns::default(),
            slots: HashMap::new(),
        }
    }

    /// How many passages there are.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Inserts points, replacing those with the same passage id.
    ///
    /// # Errors
    /// When the workspace has more points than slots can be numbered; those before are in.
    pub(super) fn upsert(&mut self, points: &[Point]) -> Result<(), Error> {
        for point in points {
            let slot = u32::try_from(self.columns.passages.len())
                .map_err(|_| Error::Refused("the embedded index of this workspace is full".to_owned()))?;
            if let Some(old) = self.slots.insert(point.id, slot) {
                self.columns.alive[old as usize] = false;
            }
            self.rows.push(point.dense.as_deref());
            self.postings.push(slot, &point.sparse);
            let payload = self.facts.intern(&point.payload);
            self.columns.push(point, payload);
        }
        self.compact_when_due();
        Ok(())
    }

    /// Forgets a candidate's passages.
    pub(super) fn delete_candidate(&mut self, candidate: CandidateId) {
        if let Some(number) = self.columns.numbers.get(&candidate).copied() {
            self.delete(|columns, slot| columns.people[slot] == number);
        }
    }

    /// Forgets a resume's passages.
    pub(super) fn delete_resume(&mut self, resume: ResumeId) {
        self.delete(|columns, slot| columns.resumes[slot] == resume);
    }

    /// Runs both arms of a query in each circle of points; every point is looked at once, however many circles.
    pub(super) fn query(&self, query: &HybridQuery, circles: &[Filter]) -> Vec<HybridHits> {
        let wanted: Vec<Vec<bool>> = circles.iter().map(|circle| self.wanted(circle)).collect();
        std::thread::scope(|scope| {
            let sparse = scope.spawn(|| self.by_words(query, &wanted));
            let dense = self.by_meaning(query, &wanted);
            let sparse = sparse.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            dense.into_iter().zip(sparse).map(|(dense, sparse)| HybridHits { dense, sparse }).collect()
        })
    }

    fn by_meaning(&self, query: &HybridQuery, wanted: &[Vec<bool>]) -> Vec<Vec<Hit>> {
        let Some(vector) = &query.dense else { return vec![Vec::new(); wanted.len()] };
        let looked = Rows::look(vector);
        let rough = self.rows.rough(&looked);
        wanted.iter().map(|wanted| self.nearest(&looked, &rough, wanted, query.limit)).collect()
    }

    fn by_words(&self, query: &HybridQuery, wanted: &[Vec<bool>]) -> Vec<Vec<Hit>> {
        let Some(words) = &query.sparse else { return vec![Vec::new(); wanted.len()] };
        let scores = self.postings.scores(words, &self.columns.alive);
        wanted.iter().map(|wanted| self.best(&scores, wanted).top(query.limit)).collect()
    }

    /// The best of the wanted slots that have a score.
    fn best(&self, scores: &[f32], wanted: &[bool]) -> Best<'_> {
        let mut best = Best::new(&self.columns);
        for (slot, score) in scores.iter().enumerate().filter(|(slot, _)| wanted[*slot]) {
            if *score > f32::NEG_INFINITY {
                best.offer(slot, *score);
            }
        }
        best
    }

    /// The nearest by exact scores. Nobody among them has a rough score further below the last one's than the errors
    /// of both allow, so only who has not is scored exactly.
    fn nearest(&self, looked: &Looked<'_>, rough: &[f32], wanted: &[bool], limit: usize) -> Vec<Hit> {
        let least = self.best(rough, wanted).last_of(limit) - 2.0 * self.rows.error(looked);
        let mut best = Best::new(&self.columns);
        for (slot, score) in rough.iter().enumerate().filter(|(slot, _)| wanted[*slot]) {
            if *score >= least && *score > f32::NEG_INFINITY {
                best.offer(slot, self.rows.exact(slot, looked));
            }
        }
        best.top(limit)
    }

    fn delete(&mut self, doomed: impl Fn(&Columns, usize) -> bool) {
        for slot in 0..self.columns.alive.len() {
            if self.columns.alive[slot] && doomed(&self.columns, slot) {
                self.columns.alive[slot] = false;
                self.slots.remove(&self.columns.passages[slot]);
            }
        }
        self.compact_when_due();
    }

    /// For each slot, whether it is alive and passes the filter.
    fn wanted(&self, filter: &Filter) -> Vec<bool> {
        let columns = &self.columns;
        let facts = self.facts.allowed(&filter.must, &filter.must_not);
        columns.alive.iter().zip(&columns.payloads).map(|(alive, payload)| *alive && facts[*payload as usize]).collect()
    }

    fn compact_when_due(&mut self) {
        if self.slots.is_empty() {
            *self = Self::new(self.width);
            return;
        }
        let dead = self.columns.alive.len() - self.slots.len();
        if dead > TOLERATED_DEAD && dead > self.columns.alive.len() / 4 {
            self.compact();
        }
    }

    fn compact(&mut self) {
        let mut next = 0;
        let moved: Vec<Option<u32>> = (self.columns.alive.iter())
            .map(|alive| {
                let slot = alive.then_some(next);
                next += u32::from(*alive);
                slot
            })
            .collect();
        self.rows.retain(&self.columns.alive);
        self.postings.retain(&moved);
        self.columns.compact();
        self.facts.retain(&mut self.columns.payloads);
        self.slots = self.columns.passages.iter().copied().zip(0..).collect();
    }
}

impl Columns {
    fn push(&mut self, point: &Point, payload: u32) {
        self.passages.push(point.id);
        self.resumes.push(point.resume);
        self.payloads.push(payload);
        self.alive.push(true);
        let person = self.number(point.candidate);
        self.people.push(person);
    }

    fn number(&mut self, candidate: CandidateId) -> u32 {
        let next =
            u32::try_from(self.candidates.len()).expect("candidates are at most as many as slots, which are u32");
        *self.numbers.entry(candidate).or_insert_with(|| {
            self.candidates.push(candidate);
            next
        })
    }

    /// Rewrites the columns without the dead slots, and forgets candidates who have none left.
    fn compact(&mut self) {
        let alive = std::mem::take(&mut self.alive);
        self.passages = kept(&self.passages, &alive);
        self.resumes = kept(&self.resumes, &alive);
        self.payloads = kept(&self.payloads, &alive);
        let people = kept(&self.people, &alive);
        let candidates = std::mem::take(&mut self.candidates);
        self.numbers = HashMap::new();
        self.people = people.into_iter().map(|old| self.number(candidates[old as usize])).collect();
        self.alive = vec![true; self.passages.len()];
    }
}

fn kept<T: Copy>(column: &[T], keep: &[bool]) -> Vec<T> {
    column.iter().zip(keep).filter(|(_, keep)| **keep).map(|(value, _)| *value).collect()
}
