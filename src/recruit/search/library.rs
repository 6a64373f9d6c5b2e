//! The people a search looks at, with their resumes, kept in memory. Whether a candidate still exists, and whether
//! they changed, is asked of Postgres every time; only who is not known yet, or changed, is read again.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use lru::LruCache;

use crate::context::Context;
use crate::model::candidate::Candidate;
use crate::model::evidence;
use crate::model::ids::{CandidateId, WorkspaceId};
use crate::model::profile::{Found, Profile};
use crate::model::query::interpretation::Seniority;
use crate::model::span::Span;
use crate::recruit::Result;
use crate::store::candidates::{self, Version};
use crate::store::resumes::{self, Resume};

/// Memory for people, in bytes as [`Person::size`] reckons: 10,000 resumes of two pages.
const ROOM: usize = 128 << 20;

/// Places where a resume shows a skill that are kept: quotations are chosen from these.
const PLACES: usize = 24;

static SHELF: LazyLock<Mutex<Shelf>> = LazyLock::new(|| Mutex::new(Shelf::empty()));

/// A candidate with all their resumes, newest first.
#[derive(Debug)]
pub struct Person {
    /// Who.
    pub candidate: Candidate,
    /// Their documents; at least one.
    pub resumes: Vec<Document>,
}

/// A resume, with what every search asks of it.
#[derive(Debug)]
pub struct Document {
    /// The resume, its profile without what a search does not look at.
    pub resume: Resume,
    /// How senior its last titles are.
    pub seniority: Option<Seniority>,
}

struct Shelf {
    people: LruCache<CandidateId, (Version, Arc<Person>)>,
    size: usize,
}

/// Loads candidates; those who are gone, or without a resume, are left out.
pub async fn load(ctx: &Context, workspace: WorkspaceId, ids: &[CandidateId]) -> Result<Vec<Arc<Person>>> {
    let mut tx = ctx.store.workspace(workspace).await?;
    let versions = candidates::versions(&mut tx, ids).await?;
    let (mut people, mut missing) = (Vec::with_capacity(versions.len()), Vec::new());
    let known: HashMap<CandidateId, Version> = versions.iter().copied().collect();
    {
        let mut shelf = shelf();
        ids.iter().filter(|id| !known.contains_key(id)).for_each(|id| shelf.remove(*id));
        for (id, version) in &versions {
            match shelf.people.get(id) {
                Some((known, person)) if known == version => people.push(Arc::clone(person)),
                _ => missing.push(*id),
            }
        }
    }
    if missing.is_empty() {
        return Ok(people);
    }
    // The rows may be newer than their versions; they are then read once more by the next search.
    let rows = candidates::some(&mut tx, &missing).await?;
    let mut documents: HashMap<CandidateId, Vec<Resume>> = HashMap::new();
    for resume in resumes::of_candidates(&mut tx, &missing).await? {
        documents.entry(resume.candidate).or_default().push(resume);
    }
    drop(tx);
    let mut shelf = shelf();
    for candidate in rows {
        let Some(resumes) = documents.remove(&candidate.id) else { continue };
        let person = Arc::new(Person::new(candidate, resumes));
        if let Some(version) = known.get(&person.candidate.id) {
            shelf.put(*version, Arc::clone(&person));
        }
        people.push(person);
    }
    Ok(people)
}

/// Forgets a candidate who was deleted; the row is gone already, this takes what was kept of them out of memory.
pub fn forget(id: CandidateId) {
    shelf().remove(id);
}

/// Forgets everybody: somebody may have been deleted and nobody told.
pub fn forget_all() {
    *shelf() = Shelf::empty();
}

/// The shelf; whole even if a thread died holding it, because at worst its size is reckoned too high.
fn shelf() -> MutexGuard<'static, Shelf> {
    SHELF.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shelf {
    fn empty() -> Self {
        Self { people: LruCache::unbounded(), size: 0 }
    }

    fn remove(&mut self, id: CandidateId) {
        if let Some((_, person)) = self.people.pop(&id) {
            self.size -= person.size();
        }
    }

    fn put(&mut self, version: Version, person: Arc<Person>) {
        self.size += person.size();
        if let Some((_, old)) = self.people.put(person.candidate.id, (version, person)) {
            self.size -= old.size();
        }
        while self.size > ROOM
            && let Some((_, (_, oldest))) = self.people.pop_lru()
        {
            self.size -= oldest.size();
        }
    }
}

impl Person {
    /// What was set by hand wins over what a resume says; no words of the resume prove it.
    fn new(candidate: Candidate, resumes: Vec<Resume>) -> Self {
        let by_hand = candidate.corrections.location.as_ref();
        let resumes = resumes.into_iter().map(|mut resume| {
            if let Some(place) = by_hand {
                let span = Span { start: 0, end: 0 };
                resume.profile.location = Some(Found { value: place.clone(), span, confidence: 1.0 });
            }
            Document::from(resume)
        });
        Self { resumes: resumes.collect(), candidate }
    }

    /// About how many bytes they take: texts, and measured averages for the parts of a profile.
    fn size(&self) -> usize {
        let document = |document: &Document| {
            let profile = &document.resume.profile;
            let places: usize = profile.skills.iter().map(|skill| skill.spans.len() * 8).sum();
            let entries = profile.positions.len() + profile.education.len() + profile.certifications.len();
            document.resume.text.len() + profile.skills.len() * 128 + places + entries * 320 + 1_000
        };
        500 + self.resumes.iter().map(document).sum::<usize>()
    }
}

impl From<Resume> for Document {
    fn from(mut resume: Resume) -> Self {
        let seniority = evidence::seniority(&resume.profile);
        lighten(&mut resume.profile);
        resume.text.shrink_to_fit();
        Self { resume, seniority }
    }
}

/// Drops what no requirement is held against, and room that lists reserved in vain.
fn lighten(profile: &mut Profile) {
    let Profile { emails, phones, links, sections, findings, .. } = profile;
    (*emails, *phones, *links) = (Vec::new(), Vec::new(), Vec::new());
    (*sections, *findings) = (Vec::new(), Vec::new());
    profile.summary = None;
    for skill in &mut profile.skills {
        skill.spans.truncate(PLACES);
        skill.spans.shrink_to_fit();
        skill.id.shrink_to_fit();
    }
    profile.skills.shrink_to_fit();
    profile.positions.shrink_to_fit();
}
