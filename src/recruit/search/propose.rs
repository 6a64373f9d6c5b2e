//! Hard queries: where the rules left a good part of the words open, a model may propose what they mean. A proposal is
//! offered with the query's words behind it; it steers nothing until a person takes it.

use serde::Serialize;
use serde_json::json;

use super::{Asker, wanted};
use crate::ai::said::{Requirement, Requirements};
use crate::ai::{Question, prompt, tier_of};
use crate::context::Context;
use crate::model::mask::mask;
use crate::model::profile::Profile;
use crate::model::prose::disarm;
use crate::model::query::interpretation::Interpretation;
use crate::model::query::{self, wish};
use crate::recruit::Result;
use crate::recruit::written::{Note, PATIENCE, Written};

/// Words left open from which a query is hard. Of the 294 queries that the rules are tested with, 12 are (4 %).
const HARD: usize = 3;

/// The most proposals that are offered: more is no help.
const MOST: usize = 8;

/// What a person is offered.
#[derive(Debug, Clone, Default, Serialize, utoipa::ToSchema)]
pub struct Proposals {
    /// In the model's order; empty where there is nothing to add.
    pub proposals: Vec<Proposal>,
    /// Who proposed them; absent where no model did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written: Option<Written>,
    /// Why no model did; absent where one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
}

/// One part of a query that the rules left open.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Proposal {
    /// The words of the query it comes from, letter for letter.
    pub quote: String,
    /// What it would add to the filters: an interpretation that holds this part alone.
    pub adds: Interpretation,
}

/// How many words the rules left open.
fn open_words(understood: &Interpretation) -> usize {
    understood.unresolved.iter().map(|phrase| phrase.split_whitespace().count()).sum()
}

/// Whether so much was left open that a model is asked without anybody having to wish it.
fn is_hard(understood: &Interpretation) -> bool {
    open_words(understood) >= HARD
}

/// What a model proposes for what the rules left open in `query`. A clear query asks no model; one with a word or two left
/// open, or a pasted description, only where somebody wishes it (`insist`).
pub async fn propose(
    ctx: &Context,
    asker: Asker,
    query: &str,
    filters: Option<Interpretation>,
    insist: bool,
) -> Result<Proposals> {
    let understood = super::interpret(query)?;
    let known = wanted(query, filters)?;
    let without = |note| Ok(Proposals { note: Some(note), ..Proposals::default() });
    let may = !understood.unresolved.is_empty() || query::is_description(query);
    if !may {
        return without(Note::new("nothing_open", "the rules understood all of this, so no model was asked"));
    }
    if !insist && !is_hard(&understood) {
        return without(Note::new("query_clear", "the rules understood nearly all of this, so no model was asked"));
    }
    let prompt = &*prompt::QUERY;
    let hidden = |text: &str| mask(&disarm(text), &Profile::default(), &[]);
    let sent = hidden(query);
    let data = json!({
        "query": sent,
        "understood": hidden(&summary(&understood)),
        "unresolved": hidden(&understood.unresolved.join("\n")),
    });
    let (tier, reason) = tier_of(&sent, understood.unresolved.len());
    let user = prompt.fill(&data);
    let (workspace, member) = (asker.workspace, asker.member);
    let question = Question { workspace, member, prompt, user, about: None, tier, reason, patience: PATIENCE };
    let (text, read) = (query.to_owned(), understood.clone());
    let check = move |said: &Requirements| usable(said, &text, &read);
    match ctx.ai.ask(question, check).await {
        Ok(answer) => {
            let both = [&understood, &known];
            let proposals = held(&answer.value.requirements, query, &both).into_iter().take(MOST).collect();
            Ok(Proposals { proposals, written: Some(Written::from(&answer)), note: None })
        }
        Err(reason) => without(reason.into()),
    }
}

/// Whether an answer can be used: where it proposes anything, something of it has to count, or whoever said it did not
/// read the query. What is understood already may be said again; it is not offered.
pub(in crate::recruit) fn usable(
    said: &Requirements,
    text: &str,
    known: &Interpretation,
) -> std::result::Result<(), String> {
    let refused = Interpretation { refused: known.refused.clone(), ..Interpretation::default() };
    if said.requirements.is_empty() || !held(&said.requirements, text, &[&refused]).is_empty() {
        return Ok(());
    }
    Err("nothing that it says stands in the text".to_owned())
}

/// The requirements that count, each once, none of which is part of `known`; what `text` says to a machine is no part of it.
pub(in crate::recruit) fn held(said: &[Requirement], text: &str, known: &[&Interpretation]) -> Vec<Proposal> {
    let mut out: Vec<Proposal> = Vec::new();
    let text = &disarm(text);
    for requirement in said {
        let read = requirement.wish();
        let heard: Option<Vec<Interpretation>> = known.iter().map(|known| wish::heard(&read, text, known)).collect();
        let Some(adds) = heard.and_then(|parts| parts.into_iter().next()) else { continue };
        if out.iter().all(|other| other.adds != adds) {
            let words: Vec<&str> = requirement.quote.split_whitespace().collect();
            out.push(Proposal { quote: words.join(" "), adds });
        }
    }
    out
}

/// What is understood already, in words: what a model need not say again.
fn summary(understood: &Interpretation) -> String {
    let skills = understood.skills.iter().map(|one| one.label.clone());
    let titles = understood.titles.iter().map(|one| one.label.clone());
    let places = understood.locations.iter().map(|one| one.name.clone());
    let languages = understood.languages.iter().map(|one| one.code.clone());
    let certifications = understood.certifications.iter().map(|one| one.label.clone());
    let employers = understood.employers.iter().map(|one| one.name.clone());
    let keywords = understood.keywords.iter().map(|one| one.text.clone());
    let seniority = understood.seniority.iter().map(|level| level.name().to_owned());
    let education = understood.education.iter().flat_map(|one| [one.level.clone(), one.field.clone()]).flatten();
    let years = [
        understood.years.min.map(|min| format!("at least {min} years")),
        understood.years.max.map(|max| format!("at most {max} years")),
    ];
    let all = skills.chain(titles).chain(seniority).chain(places).chain(languages).chain(education);
    let all: Vec<String> =
        all.chain(certifications).chain(employers).chain(keywords).chain(years.into_iter().flatten()).collect();
    if all.is_empty() { "nothing".to_owned() } else { all.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::query::understand;

    /// The queries that the rules are tested with.
    fn queries() -> impl Iterator<Item = &'static str> {
        let table = include_str!("../../model/query/tests.tsv");
        table.lines().filter_map(|line| line.split_once('\t')).map(|(query, _)| query)
    }

    #[test]
    fn at_least_nineteen_of_twenty_queries_ask_no_model() {
        let (all, hard) = (queries().count(), queries().filter(|query| is_hard(&understand(query))).count());
        assert!(all > 250 && hard > 0, "{hard} of {all}");
        assert!(hard * 20 <= all, "{hard} of {all} queries would ask a model");
    }
}
