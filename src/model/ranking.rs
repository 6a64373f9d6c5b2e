//! Measures of a ranking against graded relevance: nDCG, recall, MRR, MAP.
//!
//! Documents that were not judged (grade -1) are taken out of a ranking before it is scored (condensed lists: Sakai
//! 2007), so that nobody is punished for finding what nobody looked at.

use std::collections::HashMap;
use std::hash::BuildHasher;

use serde::Serialize;

/// The measures of one ranking, or their means; each is 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Scores {
    /// nDCG of the first 10: gain 2^grade − 1, discount log2(rank + 1) (Järvelin and Kekäläinen 2002; Burges 2005).
    #[serde(rename = "ndcg@10")]
    pub ndcg: f64,
    /// Relevant among the first 50, of those there are or 50.
    #[serde(rename = "recall@50")]
    pub recall: f64,
    /// 1 / rank of the first relevant among the first 10.
    pub mrr: f64,
    /// Mean of the precision at each relevant among the first 100.
    #[serde(rename = "map@100")]
    pub map: f64,
}

impl Scores {
    /// The means of several; zeros of none.
    pub fn mean<'a>(all: impl Iterator<Item = &'a Self>) -> Self {
        let mut sum = Self::default();
        let mut count = 0.0;
        for one in all {
            sum.ndcg += one.ndcg;
            sum.recall += one.recall;
            sum.mrr += one.mrr;
            sum.map += one.map;
            count += 1.0;
        }
        let of = |value: f64| if count > 0.0 { value / count } else { 0.0 };
        Self { ndcg: of(sum.ndcg), recall: of(sum.recall), mrr: of(sum.mrr), map: of(sum.map) }
    }
}

/// A grade from which on a document counts as relevant for recall, MRR and MAP.
const RELEVANT: i32 = 2;

/// Scores `ranking` (best first) against `grades`; a document without a grade is not relevant.
#[expect(clippy::cast_precision_loss, reason = "ranks are small")]
pub fn score<S: BuildHasher>(ranking: &[String], grades: &HashMap<String, i32, S>) -> Scores {
    let grade = |id: &String| grades.get(id).copied().unwrap_or(0);
    let condensed: Vec<i32> = ranking.iter().map(grade).filter(|grade| *grade != -1).collect();
    let mut ideal: Vec<i32> = grades.values().copied().filter(|grade| *grade > 0).collect();
    ideal.sort_unstable_by(|a, b| b.cmp(a));
    let relevant = grades.values().filter(|grade| **grade >= RELEVANT).count();
    let best = dcg(&ideal);
    let good = |grades: &[i32]| grades.iter().filter(|grade| **grade >= RELEVANT).count();
    let first = condensed.iter().take(10).position(|grade| *grade >= RELEVANT);
    let mut hits = 0;
    let mut precisions = 0.0;
    for (place, _) in condensed.iter().take(100).enumerate().filter(|(_, grade)| **grade >= RELEVANT) {
        hits += 1;
        precisions += f64::from(hits) / (place + 1) as f64;
    }
    let share = |part: f64, whole: usize| if whole == 0 { 0.0 } else { part / whole as f64 };
    Scores {
        ndcg: if best > 0.0 { dcg(&condensed) / best } else { 0.0 },
        recall: share(good(&condensed[..condensed.len().min(50)]) as f64, relevant.min(50)),
        mrr: first.map_or(0.0, |place| 1.0 / (place + 1) as f64),
        map: share(precisions, relevant.min(100)),
    }
}

#[expect(clippy::cast_precision_loss, reason = "ranks are small")]
fn dcg(grades: &[i32]) -> f64 {
    let gains = grades.iter().take(10).enumerate();
    gains.map(|(place, grade)| (f64::from((*grade).max(0)).exp2() - 1.0) / ((place + 2) as f64).log2()).sum()
}

/// The nearest-rank percentile of `sorted`, ascending; 0 of nothing.
pub fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grades(of: &[(&str, i32)]) -> HashMap<String, i32> {
        of.iter().map(|(id, grade)| ((*id).to_owned(), *grade)).collect()
    }

    fn list(of: &[&str]) -> Vec<String> {
        of.iter().map(|id| (*id).to_owned()).collect()
    }

    #[test]
    fn the_ideal_ranking_scores_one() {
        let scores = score(&list(&["a", "b", "c"]), &grades(&[("a", 2), ("b", 2), ("c", 1)]));
        assert_eq!(scores, Scores { ndcg: 1.0, recall: 1.0, mrr: 1.0, map: 1.0 });
    }

    #[test]
    fn what_nobody_judged_is_taken_out_first() {
        let judged = grades(&[("a", 2), ("x", -1)]);
        assert_eq!(score(&list(&["x", "a"]), &judged), score(&list(&["a"]), &judged));
    }

    #[test]
    fn a_relevant_document_at_the_second_place_halves_the_reciprocal_rank() {
        let scores = score(&list(&["b", "a"]), &grades(&[("a", 2)]));
        assert!((scores.mrr - 0.5).abs() < 1e-12);
        assert!((scores.ndcg - 1.0 / 3.0_f64.log2()).abs() < 1e-12);
    }

    #[test]
    fn percentiles_are_values_that_occurred() {
        assert!((percentile(&[1.0, 2.0, 3.0, 4.0], 50) - 2.0).abs() < 1e-12);
        assert!((percentile(&[], 95)).abs() < 1e-12);
    }
}
