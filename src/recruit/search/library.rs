//! The people a search looks at, with their resumes. A resume never changes once it is there, so the ones that were
//! read lately are kept in memory; whether a candidate still exists is asked of Postgres every time.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, LazyLock, Mutex};

use lru::LruCache;

use crate::context::Context;
use crate::model::candidate::Candidate;
use crate::model::ids::{CandidateId, ResumeId, WorkspaceId};
use crate::recruit::Result;
use crate::store::resumes::Resume;
use crate::store::{candidates, resumes};

/// Resumes kept in memory: about 20 kB each, so at most about 40 MB.
const KEPT: NonZeroUsize = NonZeroUsize::new(2_000).expect("it is not zero");

/// Resumes that were read lately.
static LATELY: LazyLock<Mutex<LruCache<ResumeId, Arc<Resume>>>> = LazyLock::new(|| Mutex::new(LruCache::new(KEPT)));

/// A candidate with all their resumes, newest first.
#[derive(Debug, Clone)]
pub struct Person {
    /// Who.
    pub candidate: Candidate,
    /// Their documents; at least one.
    pub resumes: Vec<Arc<Resume>>,
}

/// Loads candidates; those who are gone, or without a resume, are left out.
pub async fn load(ctx: &Context, workspace: WorkspaceId, ids: &[CandidateId]) -> Result<Vec<Person>> {
    let mut tx = ctx.store.workspace(workspace).await?;
    let people = candidates::some(&mut tx, ids).await?;
    let owned = resumes::ids_of_candidates(&mut tx, ids).await?;
    let missing: Vec<ResumeId> = {
        let mut lately = LATELY.lock().expect("no holder of this lock panics");
        owned.iter().map(|(id, _)| *id).filter(|id| lately.get(id).is_none()).collect()
    };
    let read = if missing.is_empty() { Vec::new() } else { resumes::some(&mut tx, &missing).await? };
    drop(tx);
    let fresh: HashMap<ResumeId, Arc<Resume>> = read.into_iter().map(|resume| (resume.id, Arc::new(resume))).collect();
    let mut by_candidate: HashMap<CandidateId, Vec<Arc<Resume>>> = HashMap::new();
    let mut lately = LATELY.lock().expect("no holder of this lock panics");
    for (id, candidate) in owned {
        let Some(resume) = fresh.get(&id).or_else(|| lately.peek(&id)).cloned() else { continue };
        by_candidate.entry(candidate).or_default().push(resume);
    }
    for (id, resume) in fresh {
        lately.put(id, resume);
    }
    Ok(people
        .into_iter()
        .filter_map(|candidate| {
            let resumes = by_candidate.remove(&candidate.id)?;
            Some(Person { candidate, resumes })
        })
        .collect())
}
