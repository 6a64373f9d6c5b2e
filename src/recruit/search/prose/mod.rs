//! Evidence in prose: a sentence or two about one hit, written by a model from the words that the rules found, when
//! somebody asks for it. A sentence is shown with its quotations, each checked against the resume to the letter; what has
//! none is dropped, and where nothing is left the rules' reasons stand alone.

use std::sync::Arc;

use serde::Serialize;
use serde_json::json;

use super::answer::{Evidence, Reason};
use super::{Asker, library, rank, wanted};
use crate::ai::{self, Question, prompt, said, tier_of};
use crate::context::Context;
use crate::model::evidence::Status;
use crate::model::ids::{CandidateId, ResumeId};
use crate::model::mask::{MASK, mask};
use crate::model::profile::Profile;
use crate::model::prose::{self, Ground};
use crate::model::query::interpretation::Interpretation;
use crate::model::quotation;
use crate::model::span::Span;
use crate::recruit::written::{Note, PATIENCE, Written};
use crate::recruit::{Error, Result};
use crate::store::ai::settings;
use crate::store::resumes;

/// Lines of the resume around the words that the rules found that are sent with them.
const AROUND: usize = 1;

/// The most characters of a resume that are sent: about 1,500 tokens.
const MOST_SENT: usize = 6_000;

/// The most sentences that are shown.
const MOST_SHOWN: usize = 3;

/// The longest quotation, in characters, and the fewest of its letters and digits that must be readable.
const LONGEST_QUOTE: usize = 300;
const LEAST_READABLE: usize = 3;

/// What a model wrote about a hit.
#[derive(Debug, Clone, Default, Serialize, utoipa::ToSchema)]
pub struct Prose {
    /// In the model's order; empty where the rules' reasons stand alone.
    pub statements: Vec<Statement>,
    /// Who wrote them; absent where no model did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written: Option<Written>,
    /// Why there is nothing; absent where there is something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
}

/// A sentence with what proves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Statement {
    /// The requirement it is about, as the reasons have it.
    pub requirement: String,
    /// The sentence.
    pub text: String,
    /// The resume's own words; at least one.
    pub quotes: Vec<Evidence>,
}

/// What a model is given of a resume.
#[derive(Debug, Clone)]
struct Given {
    resume: ResumeId,
    /// The resume's own text.
    text: String,
    /// The requirements, as the reasons have them.
    requirements: Vec<String>,
    /// The requirements as they are sent, a numbered line each.
    asked: String,
    /// What is sent of the text: where it begins, and its words as they are sent.
    passages: Vec<(u32, String)>,
}

/// A sentence or two about `candidate` for what is asked. A model is asked once; the same question is answered from what it
/// said before.
pub async fn prose(
    ctx: &Context,
    asker: Asker,
    query: &str,
    filters: Option<Interpretation>,
    candidate: CandidateId,
) -> Result<Prose> {
    let wanted = wanted(query, filters)?;
    let without = |note| Ok(Prose { note: Some(note), ..Prose::default() });
    let Some(given) = given(ctx, asker, &wanted, candidate).await? else {
        return without(Note::new("no_evidence", "the rules found no words in the resume to write from"));
    };
    let prompt = &*prompt::EVIDENCE;
    let passages: Vec<&str> = given.passages.iter().map(|(_, words)| words.as_str()).collect();
    let sent = passages.join("\n\n");
    let (tier, reason) = tier_of(&sent, 0);
    let user = prompt.fill(&json!({ "requirements": given.asked, "passages": sent }));
    let (workspace, member) = (asker.workspace, asker.member);
    let question =
        Question { workspace, member, prompt, user, about: Some(candidate), tier, reason, patience: PATIENCE };
    let source = given.clone();
    let check = move |said: &said::Prose| {
        let usable = said.statements.is_empty() || !source.proven(said).is_empty();
        if usable { Ok(()) } else { Err("no statement has a quotation of the resume".to_owned()) }
    };
    let answer: ai::Answer<said::Prose> = match ctx.ai.ask(question, check).await {
        Ok(answer) => answer,
        Err(reason) => return without(reason.into()),
    };
    let statements = given.proven(&answer.value);
    let nothing = Note::new("nothing_proven", "the model found nothing in these words that proves a requirement");
    let note = statements.is_empty().then_some(nothing);
    Ok(Prose { statements, written: Some(Written::from(&answer)), note })
}

/// The words that the rules found in the resume that speaks best for somebody; none where they found none.
async fn given(ctx: &Context, asker: Asker, wanted: &Interpretation, candidate: CandidateId) -> Result<Option<Given>> {
    let person = library::load(ctx, asker.workspace, &[candidate]).await?.pop().ok_or(Error::NotFound)?;
    let (today, asked) = (ctx.now().date_naive(), wanted.clone());
    let work = move || {
        let ranked = rank::weigh(&asked, Arc::clone(&person), 0.0, today)?;
        Some((person, ranked.hit(1, &asked, today)))
    };
    let worked = tokio::task::spawn_blocking(work).await;
    let found = worked.map_err(|error| Error::Internal(format!("the reasons failed: {error}")))?;
    // Whom a condition excludes is not written about.
    let Some((person, hit)) = found else { return Ok(None) };
    let mut tx = ctx.store.workspace(asker.workspace).await?;
    let sends_identity = settings::get(&mut tx).await?.sends_identity;
    let resume = resumes::get(&mut tx, candidate, hit.resume_id).await?;
    drop(tx);
    let names = [person.candidate.name.as_str()];
    let given = Given::new((resume.id, resume.text, &resume.profile), &hit.reasons, &names, !sends_identity);
    Ok(Some(given).filter(|given| !given.passages.is_empty()))
}

impl Given {
    fn new(
        (id, text, profile): (ResumeId, String, &Profile),
        reasons: &[Reason],
        names: &[&str],
        masked: bool,
    ) -> Self {
        let hide = |text: &str, profile: &Profile| if masked { mask(text, profile, names) } else { text.to_owned() };
        let asked: Vec<String> = reasons.iter().zip(1..).map(|(reason, number)| line(reason, number)).collect();
        let sent: Vec<char> = hide(&text, profile).chars().collect();
        let found = reasons.iter().flat_map(|reason| &reason.evidence).map(|quote| (quote.start, quote.end));
        let passages = passages(&text, &found.collect::<Vec<_>>());
        Self {
            resume: id,
            requirements: reasons.iter().map(|reason| reason.requirement.clone()).collect(),
            // The profile's places are those of the resume: in the requirements names and addresses are hidden.
            asked: hide(&asked.join("\n"), &Profile::default()),
            passages: passages
                .into_iter()
                .map(|span| (span.start, sent[span.start as usize..span.end as usize].iter().collect()))
                .collect(),
            text,
        }
    }

    /// The statements that may be shown, with what proves each.
    fn proven(&self, said: &said::Prose) -> Vec<Statement> {
        let sent: Vec<&str> = self.passages.iter().map(|(_, words)| words.as_str()).collect();
        let given = format!("{}\n{}", self.asked, sent.join("\n"));
        let statements = said.statements.iter().filter_map(|statement| {
            let place = usize::try_from(statement.requirement).ok()?.checked_sub(1)?;
            let requirement = self.requirements.get(place)?.clone();
            let (quotes, words): (Vec<Evidence>, Vec<&str>) =
                statement.quotes.iter().filter_map(|quote| Some((self.quoted(quote)?, quote.as_str()))).unzip();
            let quoted = words.join("\n");
            let ground = Ground { given: &given, requirement: &requirement, quoted: &quoted };
            if let Some(problem) = prose::problem(statement.text.trim(), ground) {
                tracing::debug!(problem, "a sentence is not shown");
                return None;
            }
            let text = statement.text.trim().to_owned();
            (!quotes.is_empty()).then_some(Statement { requirement, text, quotes })
        });
        statements.take(MOST_SHOWN).collect()
    }

    /// The resume's words that `quote` is, to the letter.
    fn quoted(&self, quote: &str) -> Option<Evidence> {
        let readable = quote.chars().filter(|letter| letter.is_alphanumeric()).count();
        let hidden = quote.chars().filter(|letter| *letter == MASK).count();
        if readable < LEAST_READABLE.max(hidden) || quote.chars().count() > LONGEST_QUOTE || prose::is_order(quote) {
            return None;
        }
        let found = self.passages.iter().find_map(|(start, words)| Some((start, quotation::find(words, quote)?)));
        let (start, span) = found?;
        let span = Span { start: start + span.start, end: start + span.end };
        Some(Evidence { resume_id: self.resume, text: span.slice(&self.text), start: span.start, end: span.end })
    }
}

/// A requirement as it is sent.
fn line(reason: &Reason, number: usize) -> String {
    let status = match reason.status {
        Status::Met => "shown",
        Status::Partial => "shown in part",
        Status::Missing => "not shown",
        Status::Contradicted => "contradicted",
    };
    format!("{number}. {} ({status})", reason.requirement)
}

/// The lines that hold what was found, with those around them, joined where they touch. Lines that speak to a machine are
/// left out, with the line that goes on after them.
fn passages(text: &str, found: &[(u32, u32)]) -> Vec<Span> {
    let mut lines: Vec<(u32, u32, &str)> = Vec::new();
    let mut start = 0;
    for words in text.split_inclusive('\n') {
        let end = start + u32::try_from(words.chars().count()).unwrap_or(u32::MAX);
        lines.push((start, end, words));
        start = end;
    }
    let alone: Vec<bool> = lines.iter().map(|(.., words)| prose::is_order(words)).collect();
    // An order may go on in the next line.
    let broken = |at: usize| {
        let Some((.., next)) = lines.get(at + 1).filter(|_| !alone[at + 1]) else { return false };
        prose::is_order(&format!("{} {}", lines[at].2.trim(), next.trim()))
    };
    let mut kept = vec![false; lines.len()];
    for (start, end) in found {
        let first = lines.partition_point(|(_, line_end, _)| line_end <= start);
        let last = lines.partition_point(|(line_start, ..)| line_start < end);
        let from = first.saturating_sub(AROUND);
        let to = (last + AROUND).min(lines.len());
        if from < to {
            kept[from..to].fill(true);
        }
    }
    for at in 0..lines.len() {
        if alone[at] || broken(at) {
            kept[at] = false;
            if let Some(next) = kept.get_mut(at + 1) {
                *next = false;
            }
        }
    }
    let mut out: Vec<Span> = Vec::new();
    let mut sent = 0;
    for ((start, end, words), _) in lines.iter().zip(&kept).filter(|(_, kept)| **kept) {
        sent += words.chars().count();
        if sent > MOST_SENT {
            break;
        }
        match out.last_mut() {
            Some(last) if last.end == *start => last.end = *end,
            _ => out.push(Span { start: *start, end: *end }),
        }
    }
    out
}

#[cfg(test)]
mod tests;
