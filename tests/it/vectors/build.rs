//! Points, queries and numbers for the cases.

use talentprompt::gateways::vectors::{Filter, Hit, HybridHits, HybridQuery, Payload, Point, VectorIndex};
use talentprompt::model::ids::{CandidateId, PassageId, ResumeId, WorkspaceId};
use talentprompt::model::lexical::SparseVector;
use uuid::Uuid;

/// Numbers in a vector of these tests.
pub const DIMENSIONS: usize = 8;

pub fn workspace(n: u128) -> WorkspaceId {
    WorkspaceId(Uuid::from_u128(0x1000_0000 + n))
}

pub fn candidate(n: u128) -> CandidateId {
    CandidateId(Uuid::from_u128(n))
}

pub fn passage(n: u128) -> PassageId {
    PassageId(Uuid::from_u128(0x2000_0000 + n))
}

pub fn resume(n: u128) -> ResumeId {
    ResumeId(Uuid::from_u128(0x3000_0000 + n))
}

/// A unit vector in the plane of the first two axes, `degrees` away from the first.
pub fn at(degrees: f32) -> Vec<f32> {
    let mut vector = vec![0.0; DIMENSIONS];
    vector[0] = degrees.to_radians().cos();
    vector[1] = degrees.to_radians().sin();
    vector
}

pub fn words(pairs: &[(u32, f32)]) -> SparseVector {
    SparseVector { indices: pairs.iter().map(|pair| pair.0).collect(), values: pairs.iter().map(|pair| pair.1).collect() }
}

/// A passage in the first workspace, on the first axis, with the word 1, in the candidate's only resume.
pub fn point(passage_number: u128, candidate_number: u128) -> Point {
    Point {
        id: passage(passage_number),
        workspace: workspace(1),
        candidate: candidate(candidate_number),
        resume: resume(candidate_number),
        dense: Some(at(0.0)),
        sparse: words(&[(1, 1.0)]),
        payload: Payload::default(),
    }
}

/// Everything in the first workspace.
pub fn everything() -> Filter {
    Filter { workspace: workspace(1), must: Vec::new(), must_not: Vec::new() }
}

/// Both arms: near the first axis, and the word 1.
pub fn both(filter: Filter) -> HybridQuery {
    HybridQuery { filter, dense: Some(at(0.0)), sparse: Some(words(&[(1, 1.0)])), limit: 100 }
}

pub async fn ask(index: &dyn VectorIndex, query: HybridQuery) -> HybridHits {
    index.query(query).await.expect("the engine answers")
}

/// The candidates' numbers, in order.
pub fn people(hits: &[Hit]) -> Vec<u128> {
    hits.iter().map(|hit| hit.candidate.0.as_u128()).collect()
}

pub fn close(a: f32, b: f32) -> bool {
    (a - b).abs() <= 1e-5 * a.abs().max(1.0)
}

/// Repeatable numbers (`SplitMix64`, Steele and others 2014).
pub struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, limit: u16) -> u16 {
        u16::try_from(self.next() % u64::from(limit)).expect("it is below a u16")
    }

    /// From -1 to 1.
    pub fn number(&mut self) -> f32 {
        f32::from(self.below(20_001)) / 10_000.0 - 1.0
    }
}
