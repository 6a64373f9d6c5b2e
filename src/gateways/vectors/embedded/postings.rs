//! The inverted index of one workspace: for each term the slots that carry it, with weights. Terms of a query are
//! added up in ascending order, so a point's score does not depend on when it or others came in.

use std::collections::HashMap;

use crate::model::lexical::SparseVector;

/// A point that carries a term.
#[derive(Debug, Clone, Copy)]
struct Posting {
    slot: u32,
    weight: f32,
}

/// Terms and the slots that carry them.
#[derive(Debug, Default)]
pub(super) struct Postings {
    lists: HashMap<u32, Vec<Posting>>,
    /// Whether the slot has any term.
    worded: Vec<bool>,
}

impl Postings {
    /// Adds the words of the point at the next slot.
    pub(super) fn push(&mut self, slot: u32, words: &SparseVector) {
        for (term, weight) in words.indices.iter().zip(&words.values) {
            let list = self.lists.entry(*term).or_default();
            if list.len() == list.capacity() {
                // Grows by a quarter: doubling would leave a third of the index empty.
                list.reserve_exact(list.len() / 4 + 2);
            }
            list.push(Posting { slot, weight: *weight });
        }
        self.worded.push(!words.indices.is_empty());
    }

    /// Each slot's score; minus infinity where it shares no term with the query. Rarity is counted over `alive`, a
    /// flag for each slot.
    pub(super) fn scores(&self, query: &SparseVector, alive: &[bool]) -> Vec<f32> {
        let points = alive.iter().zip(&self.worded).filter(|(alive, worded)| **alive && **worded).count();
        let mut scores = vec![f32::NEG_INFINITY; alive.len()];
        for (term, weight) in query.indices.iter().zip(&query.values) {
            let Some(list) = self.lists.get(term) else { continue };
            let carriers = list.iter().filter(|posting| alive[posting.slot as usize]).count();
            let factor = weight * inverse_document_frequency(points, carriers);
            for posting in list {
                let score = &mut scores[posting.slot as usize];
                let before = if score.is_infinite() { 0.0 } else { *score };
                *score = before + factor * posting.weight;
            }
        }
        scores
    }

    /// Keeps the postings of slots that `moved` gives a new number, and forgets terms that nobody carries any more.
    pub(super) fn retain(&mut self, moved: &[Option<u32>]) {
        self.lists.retain(|_, list| {
            list.retain_mut(|posting| {
                let slot = moved[posting.slot as usize];
                posting.slot = slot.unwrap_or_default();
                slot.is_some()
            });
            if list.len() < list.capacity() / 2 {
                list.shrink_to_fit();
            }
            !list.is_empty()
        });
        let mut kept = moved.iter();
        self.worded.retain(|_| kept.next().is_some_and(Option::is_some));
    }
}

/// Rarity of a term that `carriers` of `points` carry, exactly as a Qdrant server computes it for a sparse vector with
/// the IDF modifier (`fancy_idf` in `lib/segment/src/data_types/query_context.rs`), in single precision as there.
/// `points` are those with a sparse vector at all.
#[expect(clippy::cast_precision_loss, reason = "single precision like the server; exact up to 16 million points")]
fn inverse_document_frequency(points: usize, carriers: usize) -> f32 {
    let (points, carriers) = (points as f32, carriers as f32);
    ((points - carriers + 0.5) / (carriers + 0.5) + 1.0).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(pairs: &[(u32, f32)]) -> SparseVector {
        SparseVector {
            indices: pairs.iter().map(|pair| pair.0).collect(),
            values: pairs.iter().map(|pair| pair.1).collect(),
        }
    }

    #[test]
    fn a_rare_word_weighs_more_than_a_common_one() {
        assert!((inverse_document_frequency(10, 1) - 1.992_430_2).abs() < 1e-6);
        assert!((inverse_document_frequency(10, 10) - 0.046_520_016).abs() < 1e-6);
        assert!(inverse_document_frequency(0, 0) > 0.0);
    }

    #[test]
    fn rarity_counts_only_points_that_are_alive_and_have_words() {
        let mut postings = Postings::default();
        postings.push(0, &words(&[(7, 1.0)]));
        postings.push(1, &words(&[(7, 2.0)]));
        postings.push(2, &words(&[]));
        postings.push(3, &words(&[(8, 1.0)]));
        let alive = [true, false, true, true];
        let scores = postings.scores(&words(&[(7, 1.0)]), &alive);
        assert!((scores[0] - inverse_document_frequency(2, 1)).abs() < 1e-6);
        assert!(scores[2..].iter().all(|score| score.is_infinite()));
    }

    #[test]
    fn retaining_renumbers_slots_and_forgets_empty_terms() {
        let mut postings = Postings::default();
        postings.push(0, &words(&[(7, 1.0), (9, 1.0)]));
        postings.push(1, &words(&[(7, 2.0)]));
        postings.retain(&[None, Some(0)]);
        assert_eq!(postings.lists.len(), 1);
        let scores = postings.scores(&words(&[(7, 1.0), (9, 1.0)]), &[true]);
        assert!((scores[0] - inverse_document_frequency(1, 1) * 2.0).abs() < 1e-6);
    }
}
