//! The requirements of a position, out of its description: what the rules understand stays as it is, and what a model
//! finds beyond that is proposed, each with the description's own words.

use serde::Serialize;
use serde_json::json;

use super::accounts::Actor;
use super::search::{Asker, held, interpret, usable};
use super::written::{Note, PATIENCE, Written};
use super::{Error, Result};
use crate::ai::said::Requirements as Said;
use crate::ai::{Question, prompt, tier_of};
use crate::context::Context;
use crate::model::mask::mask;
use crate::model::permission::Role;
use crate::model::profile::Profile;
use crate::model::prose::disarm;
use crate::model::query::interpretation::{Interpretation, Kind};
use crate::model::query::wish;
use crate::model::taxonomy::{self, Context as Reading};

/// The most requirements that a model may add.
const MOST: usize = 40;

/// The longest quotation behind a requirement of the rules, in characters.
const LONGEST_QUOTE: usize = 240;

/// What a description demands.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Requirements {
    /// What the rules understood, as a search takes it as `filters`.
    pub interpretation: Interpretation,
    /// The rules' requirements in the order of the interpretation, then what a model proposes.
    pub requirements: Vec<Requirement>,
    /// Who proposed; absent where no model did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written: Option<Written>,
    /// Why no model did; absent where one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
}

/// One requirement.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Requirement {
    /// Whether a model proposes it; such a one counts only when somebody takes it.
    pub proposed: bool,
    /// How strongly it is asked for; absent where that makes no sense, as of years.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// The description's words that it comes from; absent where the rules drew it from more than one place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// The requirement, as an interpretation that holds it alone.
    pub adds: Interpretation,
}

/// The requirements of `description`.
pub async fn read(ctx: &Context, actor: &Actor, description: &str) -> Result<Requirements> {
    actor.require(Role::Recruiter)?;
    if description.trim().is_empty() {
        return Err(Error::field("description", "is empty; paste the text of the position"));
    }
    let understood = interpret(description).map_err(renamed)?;
    let own = wish::parts(&understood).into_iter().map(|adds| {
        let quote = quote(description, &adds);
        Requirement { proposed: false, kind: wish::kind(&adds), quote, adds }
    });
    let mut out =
        Requirements { requirements: own.collect(), interpretation: understood.clone(), written: None, note: None };

    let prompt = &*prompt::REQUIREMENTS;
    let sent = mask(&disarm(description), &Profile::default(), &[]);
    let (tier, reason) = tier_of(&sent, understood.unresolved.len());
    let user = prompt.fill(&json!({ "description": sent }));
    let Asker { workspace, member } = Asker::from(actor);
    let question = Question { workspace, member, prompt, user, about: None, tier, reason, patience: PATIENCE };
    let (text, known) = (description.to_owned(), understood.clone());
    match ctx.ai.ask(question, move |said: &Said| usable(said, &text, &known)).await {
        Ok(answer) => {
            let found = held(&answer.value.requirements, description, &[&understood]);
            out.requirements.extend(found.into_iter().take(MOST).map(|found| Requirement {
                proposed: true,
                kind: wish::kind(&found.adds),
                quote: Some(found.quote),
                adds: found.adds,
            }));
            out.written = Some(Written::from(&answer));
        }
        Err(reason) => out.note = Some(reason.into()),
    }
    Ok(out)
}

/// The same mistake, at this request's own field.
fn renamed(error: Error) -> Error {
    match error {
        Error::Invalid(mut mistakes) => {
            for mistake in &mut mistakes {
                mistake.field = "description";
            }
            Error::Invalid(mistakes)
        }
        other => other,
    }
}

/// The line of `text` that a requirement of the rules stands in: where its value is mentioned first.
fn quote(text: &str, part: &Interpretation) -> Option<String> {
    let skill = part.skills.first().map(|wanted| {
        let all = taxonomy::skills().mentions(text, Reading::Query);
        all.into_iter().find(|mention| mention.id == wanted.id).map(|mention| mention.start)
    });
    let title = part.titles.first().map(|wanted| {
        let all = taxonomy::occupations().mentions(text);
        all.into_iter().find(|mention| Some(mention.id) == wanted.id.as_deref()).map(|mention| mention.start)
    });
    let language = part.languages.first().map(|wanted| {
        let all = taxonomy::language_mentions(text);
        all.into_iter().find(|mention| mention.id == wanted.code).map(|mention| mention.start)
    });
    let place = part.locations.first().map(|place| text.find(&place.name));
    let certification = part.certifications.first().map(|wanted| text.find(&wanted.label));
    let employer = part.employers.first().map(|wanted| text.find(&wanted.name));
    let keyword = part.keywords.first().map(|wanted| text.find(&wanted.text));
    let all = [skill, title, language, place, certification, employer, keyword];
    let at = all.into_iter().flatten().flatten().next()?;
    let from = text[..at].rfind('\n').map_or(0, |line| line + 1);
    let to = text[at..].find('\n').map_or(text.len(), |end| at + end);
    let line =
        text[from..to].trim_matches(|sign: char| sign.is_whitespace() || matches!(sign, '•' | '*' | '-' | '–' | '·'));
    (line.chars().count() <= LONGEST_QUOTE).then(|| line.to_owned())
}
