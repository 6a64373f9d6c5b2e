//! Candidates: whose resume it is, what is known of them, and forgetting them for good.

use chrono::NaiveDate;

use super::accounts::Actor;
use super::{Error, Result, erasure};
use crate::base::secret;
use crate::context::Context;
use crate::gateways::extract::MediaType;
use crate::model::candidate::{Candidate, Corrections, Event, names_agree};
use crate::model::ids::{CandidateId, EventId, PassageId, ResumeId};
use crate::model::permission::Role;
use crate::model::profile::{Place, Profile};
use crate::model::span::Span;
use crate::model::upload::Upload;
use crate::model::{experience, lexical, passage, taxonomy};
use crate::store::listener::{Notice, notify};
use crate::store::passages::Passage;
use crate::store::resumes::Resume;
use crate::store::{Tx, candidates, embeddings, passages, resumes, uploads};

/// A resume that was read and understood, not yet anybody's.
#[derive(Debug)]
pub struct ReadResume<'a> {
    /// The upload it came from.
    pub upload: &'a Upload,
    /// What it is.
    pub media_type: String,
    /// Pages, where the format has them.
    pub pages: Option<i32>,
    /// Its text.
    pub text: String,
    /// What was understood.
    pub profile: Profile,
    /// The number of the reader that understood it.
    pub reader: i32,
}

/// Finds whose resume it is, or makes a new candidate, and adds it with its passages. The same e-mail or phone is the
/// same person, unless the names have nothing in common: then both stay, and neither hides the other.
pub async fn attach(ctx: &Context, tx: &mut Tx, read: ReadResume<'_>) -> Result<CandidateId> {
    let now = ctx.now();
    let identifiers = identifiers(&read.profile);
    candidates::lock_identifiers(tx, &identifiers).await?;
    let known = same_person(tx, &read.profile, &identifiers).await?;
    let mut candidate = match known {
        Some(id) => candidates::lock(tx, id).await?,
        None => {
            let new = Candidate {
                id: ctx.id(CandidateId::new),
                name: name_of(&read),
                headline: None,
                location: None,
                current_resume: None,
                corrections: Corrections::default(),
                resumes: 0,
                created_at: now,
                updated_at: now,
            };
            candidates::insert(tx, &new).await?;
            new
        }
    };
    for (kind, value) in &identifiers {
        candidates::add_identifier(tx, candidate.id, kind, value).await?;
    }
    let resume = Resume {
        id: ctx.id(ResumeId::new),
        candidate: candidate.id,
        upload: read.upload.id,
        filename: read.upload.filename.clone(),
        size: read.upload.size,
        content_hash: read.upload.content_hash.clone(),
        created_at: now,
        media_type: read.media_type,
        pages: read.pages,
        text: read.text,
        profile: read.profile,
        reader: read.reader,
    };
    resumes::insert(tx, &resume).await?;
    put_passages(ctx, tx, &resume).await?;
    match known {
        Some(_) => speak(tx, &mut candidate).await?,
        None => apply(&mut candidate, &resume),
    }
    candidate.updated_at = now;
    candidates::update(tx, &candidate).await?;
    let what = if known.is_some() { "a newer version" } else { "the first resume" };
    let event = Event {
        id: ctx.id(EventId::new),
        at: now,
        kind: "resume_added".into(),
        detail: format!("{} was added as {what}", resume.filename),
    };
    candidates::add_event(tx, candidate.id, None, &event).await?;
    Ok(candidate.id)
}

/// What a person is known by: confident e-mails and phones.
fn identifiers(profile: &Profile) -> Vec<(&'static str, String)> {
    let sure = |found: &&crate::model::profile::Found<String>| found.confidence >= 0.5;
    let emails = profile.emails.iter().filter(sure).map(|found| ("email", found.value.to_lowercase()));
    let phones = profile.phones.iter().filter(sure).filter(|found| found.value.starts_with('+'));
    emails.chain(phones.map(|found| ("phone", found.value.clone()))).collect()
}

async fn same_person(
    tx: &mut Tx,
    profile: &Profile,
    identifiers: &[(&'static str, String)],
) -> Result<Option<CandidateId>> {
    let name = profile.name.as_ref().map(|found| found.value.as_str());
    for (kind, value) in identifiers {
        for id in candidates::by_identifier(tx, kind, value).await? {
            let known = candidates::get(tx, id).await?;
            if names_agree(name, Some(&known.name)) {
                return Ok(Some(id));
            }
        }
    }
    Ok(None)
}

fn name_of(read: &ReadResume<'_>) -> String {
    match &read.profile.name {
        Some(found) => found.value.clone(),
        None => {
            read.upload.filename.rsplit_once('.').map_or(read.upload.filename.as_str(), |(stem, _)| stem).to_owned()
        }
    }
}

/// What one resume says, under what was set by hand.
fn apply(candidate: &mut Candidate, resume: &Resume) {
    candidate.current_resume = Some(resume.id);
    let profile = &resume.profile;
    let hand = &candidate.corrections;
    if let Some(name) = hand.name.clone().or_else(|| profile.name.as_ref().map(|found| found.value.clone())) {
        candidate.name = name;
    }
    candidate.headline = hand.headline.clone().or_else(|| profile.headline.as_ref().map(|found| found.value.clone()));
    candidate.location = hand.location.clone().or_else(|| profile.location.as_ref().map(|found| found.value.clone()));
}

/// Cuts a resume into its passages; answers whether it had more before.
async fn put_passages(ctx: &Context, tx: &mut Tx, resume: &Resume) -> Result<bool> {
    let embedder = ctx.embedder.clone();
    let (text, profile) = (resume.text.clone(), resume.profile.clone());
    let cut = tokio::task::spawn_blocking(move || {
        let tokens = embedder.model().max_tokens;
        let passages = passage::cut(&text, &profile, tokens, &|part| embedder.count_tokens(part));
        let end = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        let count = passages.len();
        let mut from = 0;
        let words = passages.into_iter().enumerate().map(|(place, passage)| {
            // What no passage holds, the identity header above all, is found by its words with the passage after it.
            let to = if place + 1 == count { end } else { passage.span.end };
            let words = lexical::document(&Span { start: from, end: to }.slice(&text));
            from = to;
            (passage, words)
        });
        words.collect::<Vec<_>>()
    })
    .await
    .map_err(|error| Error::Internal(format!("the cutter of passages failed: {error}")))?;
    let count = i32::try_from(cut.len()).unwrap_or(i32::MAX);
    for (passage, sparse) in cut {
        let row = Passage {
            id: ctx.id(PassageId::new),
            candidate: resume.candidate,
            resume: resume.id,
            ordinal: i32::try_from(passage.ordinal).unwrap_or(i32::MAX),
            span: passage.span,
            kind: passage.kind.as_str(),
            content_hash: secret::sha256(passage.text.as_bytes()),
            text: passage.text,
            sparse,
        };
        passages::put(tx, &row).await?;
    }
    Ok(passages::delete_beyond(tx, resume.id, count).await? > 0)
}

/// Replaces what was understood of a resume whose candidate is locked, and what follows from it. It stays the same
/// document of the same person: what was set by hand wins as before, and a name that has nothing in common with the
/// known one is not taken over. Answers whether it has fewer passages than before.
pub(super) async fn reread(
    ctx: &Context,
    tx: &mut Tx,
    mut candidate: Candidate,
    new: &Resume,
    old: &Profile,
) -> Result<bool> {
    let texts = passages::contents_of(tx, candidate.id).await?;
    resumes::set_profile(tx, new.id, &new.profile).await?;
    let shrunk = put_passages(ctx, tx, new).await?;
    embeddings::delete_unused(tx, &texts).await?;
    for (kind, value) in identifiers(&new.profile) {
        candidates::add_identifier(tx, candidate.id, kind, &value).await?;
    }
    let name = candidate.name.clone();
    speak(tx, &mut candidate).await?;
    if old.name.is_some() && !names_agree(Some(&name), Some(&candidate.name)) {
        candidate.name = name;
    }
    // Written even where nothing changed: searches then read the person anew.
    candidates::update(tx, &candidate).await?;
    Ok(shrunk)
}

/// Lets the document that says who a candidate is say so: the newest with a name and what they did or learnt. A letter
/// or a certificate of theirs is kept beside it and found as well, but takes nothing away.
async fn speak(tx: &mut Tx, candidate: &mut Candidate) -> Result<()> {
    let documents = resumes::of_candidates(tx, &[candidate.id]).await?;
    let named = || documents.iter().filter(|resume| resume.profile.name.is_some());
    let telling = |resume: &&Resume| !(resume.profile.positions.is_empty() && resume.profile.education.is_empty());
    if let Some(resume) = named().find(telling).or_else(|| named().next()).or(documents.last()) {
        apply(candidate, resume);
    }
    Ok(())
}

/// A candidate with all their resumes and what happened to them.
#[derive(Debug, Clone)]
pub struct Dossier {
    /// The person.
    pub candidate: Candidate,
    /// Years of dated positions until today.
    pub years: Option<f32>,
    /// Their documents, newest first.
    pub resumes: Vec<Resume>,
    /// What happened, newest first.
    pub events: Vec<Event>,
}

/// Everything about one candidate.
pub async fn get(ctx: &Context, actor: &Actor, id: CandidateId) -> Result<Dossier> {
    let mut tx = ctx.store.workspace(actor.member.workspace_id).await?;
    let candidate = candidates::get(&mut tx, id).await?;
    let resumes = resumes::of_candidates(&mut tx, &[id]).await?;
    let events = candidates::events(&mut tx, id).await?;
    Ok(Dossier { years: years(&candidate, &resumes, ctx.now().date_naive()), candidate, resumes, events })
}

/// Where a list goes on: the last row's time of change and id.
pub type After = (chrono::DateTime<chrono::Utc>, CandidateId);

/// A candidate with their years of dated positions until today.
pub type Listed = (Candidate, Option<f32>);

/// Candidates by last change, newest first, and how many there are.
pub async fn list(ctx: &Context, actor: &Actor, after: Option<After>, limit: i64) -> Result<(Vec<Listed>, i64)> {
    let today = ctx.now().date_naive();
    let mut tx = ctx.store.workspace(actor.member.workspace_id).await?;
    let list = candidates::list(&mut tx, after, limit).await?;
    let total = candidates::count(&mut tx).await?;
    let ids: Vec<CandidateId> = list.iter().map(|candidate| candidate.id).collect();
    let profiles = resumes::telling_profiles(&mut tx, &ids).await?;
    let listed = list.into_iter().map(|candidate| {
        let years = profiles.get(&candidate.id).and_then(|profile| experience::years(profile, today));
        (candidate, years)
    });
    Ok((listed.collect(), total))
}

/// The years that a candidate's telling resume, one of `resumes`, comes to `today`.
pub(super) fn years<'a>(
    candidate: &Candidate,
    resumes: impl IntoIterator<Item = &'a Resume>,
    today: NaiveDate,
) -> Option<f32> {
    let telling = resumes.into_iter().find(|resume| Some(resume.id) == candidate.current_resume)?;
    experience::years(&telling.profile, today)
}

/// How many candidates there are, and how many resumes of theirs.
pub async fn counts(ctx: &Context, actor: &Actor) -> Result<(i64, i64)> {
    let mut tx = ctx.store.workspace(actor.member.workspace_id).await?;
    Ok((candidates::count(&mut tx).await?, resumes::count(&mut tx).await?))
}

/// One document of a candidate.
pub async fn resume(ctx: &Context, actor: &Actor, id: CandidateId, resume: ResumeId) -> Result<Resume> {
    let mut tx = ctx.store.workspace(actor.member.workspace_id).await?;
    Ok(resumes::get(&mut tx, id, resume).await?)
}

/// A document with its original bytes.
pub async fn file(ctx: &Context, actor: &Actor, id: CandidateId, rid: ResumeId) -> Result<(Resume, Vec<u8>)> {
    let resume = resume(ctx, actor, id, rid).await?;
    let bytes = ctx.files.read(&secret::hex(&resume.content_hash)).await?;
    Ok((resume, bytes))
}

/// Values set by hand. `None` leaves a value; an empty text takes the resume's again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// The name.
    pub name: Option<String>,
    /// The headline.
    pub headline: Option<String>,
    /// The place of living.
    pub location: Option<String>,
}

/// Sets values by hand; they win over what resumes say, now and later.
pub async fn update(ctx: &Context, actor: &Actor, id: CandidateId, change: Change) -> Result<Dossier> {
    actor.require(Role::Recruiter)?;
    for (field, value) in [("name", &change.name), ("headline", &change.headline), ("location", &change.location)] {
        if value.as_ref().is_some_and(|text| text.chars().count() > 200) {
            return Err(Error::field(field, "must have at most 200 characters"));
        }
    }
    if change == Change::default() {
        return get(ctx, actor, id).await;
    }
    let now = ctx.now();
    let mut tx = ctx.store.workspace(actor.member.workspace_id).await?;
    let mut candidate = candidates::lock(&mut tx, id).await?;
    let set = |text: String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let mut named = Vec::new();
    if let Some(name) = change.name {
        candidate.corrections.name = set(name);
        named.push("name");
    }
    if let Some(headline) = change.headline {
        candidate.corrections.headline = set(headline);
        named.push("headline");
    }
    if let Some(location) = change.location {
        candidate.corrections.location = set(location).map(|text| place(&text));
        named.push("location");
    }
    speak(&mut tx, &mut candidate).await?;
    candidate.updated_at = now;
    candidates::update(&mut tx, &candidate).await?;
    let detail = format!("{} set by {}", named.join(", "), actor.member.name);
    let event = Event { id: ctx.id(EventId::new), at: now, kind: "corrected".into(), detail };
    candidates::add_event(&mut tx, id, Some(actor.member.id), &event).await?;
    notify(&mut tx, &Notice::Candidate { workspace: actor.member.workspace_id, id }).await?;
    tx.commit().await?;
    // The change is kept; a vector server that is away missed it and gets it when it is brought up to date.
    if let Err(error) = super::indexing::refresh(ctx, actor.member.workspace_id, &[id]).await {
        tracing::warn!(%error, candidate = %id, "the vector engine does not know a candidate's change yet");
    }
    get(ctx, actor, id).await
}

/// A place by its name: the gazetteer's where it knows it.
fn place(text: &str) -> Place {
    let known = taxonomy::places();
    let city = text.split(',').next().unwrap_or(text);
    match known.resolve(text).or_else(|| known.resolve(city.trim())) {
        Some(known) => Place {
            name: known.name.clone(),
            country: Some(known.country.clone()),
            latitude: Some(f64::from(known.latitude)),
            longitude: Some(f64::from(known.longitude)),
        },
        None => Place { name: text.to_owned(), country: None, latitude: None, longitude: None },
    }
}

/// Forgets a candidate for good: rows, vectors, files. When this answers, no search finds them any more; a task erases
/// the bytes of their documents.
pub async fn delete(ctx: &Context, actor: &Actor, id: CandidateId) -> Result<()> {
    actor.require(Role::Recruiter)?;
    let workspace = actor.member.workspace_id;
    let mut tx = ctx.store.workspace(workspace).await?;
    // First, as everybody who writes about a candidate does: what is added now belongs to a new one.
    candidates::lock(&mut tx, id).await?;
    let uploads = uploads::of_candidate(&mut tx, id).await?;
    let archives = uploads.iter().filter(|upload| upload.candidate_id != Some(id)).collect::<Vec<_>>();
    if let Some(archive) = archives.iter().find(|archive| !archive.status.is_final()) {
        // It would bring them back.
        let detail =
            format!("`{}`, which they came in, is being unpacked; try again when that is done", archive.filename);
        return Err(Error::Conflict("being_unpacked", detail));
    }
    let archives = archives.into_iter().map(|archive| archive.id).collect::<Vec<_>>();
    for archive in &archives {
        // A version before did not say so of those that failed.
        uploads::set_media_type(&mut tx, *archive, MediaType::Zip.mime()).await?;
    }
    let contents = uploads.into_iter().map(|upload| upload.content_hash).collect::<Vec<_>>();
    let texts = passages::contents_of(&mut tx, id).await?;
    candidates::delete(&mut tx, id).await?;
    uploads::delete_emptied(&mut tx, &archives).await?;
    embeddings::delete_unused(&mut tx, &texts).await?;
    erasure::push(ctx, &mut tx, &contents).await?;
    erasure::forget_said(&mut tx).await?;
    notify(&mut tx, &Notice::CandidateDeleted { workspace, id }).await?;
    tx.commit().await?;
    // The row is gone, and searches drop whom the database does not know; so an engine that is away hides nothing.
    if let Err(error) = ctx.vectors.delete_candidate(workspace, id).await {
        tracing::warn!(%error, candidate = %id, "the vector engine keeps points of a deleted candidate until a reindex");
    }
    Ok(())
}
