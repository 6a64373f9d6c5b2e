//! Skills that a resume shows: every place, the months of the dated positions that show it, and what is denied.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use chrono::NaiveDate;
use regex::Regex;

use super::page::{Bytes, Page};
use super::sections::Part;
use super::words::{entries, words};
use crate::model::experience;
use crate::model::profile::{End, HeldPosition, HeldSkill, SectionKind, YearMonth};
use crate::model::span::Span;
use crate::model::taxonomy::{self, Context};

static NETWORKS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| entries(include_str!("data/networks.txt")).collect());

/// What asks to look a person up, in a line that names a network.
static LOOK_UP: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?-u:\b)(?:connect|follow|find me|visit|profile?|profil|portfolio|account|handle)(?-u:\b)")
        .expect("the pattern is constant and valid")
});

/// Words of a line, other than networks' names, from which on it says something of them.
const SAYS: usize = 2;

/// The skills of a resume, by first appearance; not from `called`, the spans of the person's name and contacts.
pub(super) fn read(
    page: &Page<'_>,
    parts: &[Part],
    (positions, called): (&[HeldPosition], &[Span]),
    today: NaiveDate,
) -> Vec<HeldSkill> {
    let mut order: Vec<&str> = Vec::new();
    let mut shown: HashMap<&str, Shown> = HashMap::new();
    for part in parts {
        let context = if part.kind == SectionKind::Skills { Context::SkillList } else { Context::Prose };
        let text = part.body.of(page.text);
        for mention in taxonomy::skills().mentions(text, context) {
            let bytes = Bytes { start: part.body.start + mention.start, end: part.body.start + mention.end };
            let span = page.span(bytes);
            let employs = |held: &HeldPosition| {
                held.employer.as_ref().is_some_and(|found| found.confidence >= 0.5 && found.span.contains(span))
            };
            if called.iter().any(|own| own.contains(span))
                || positions.iter().any(employs)
                || (NETWORKS.contains(mention.id) && !is_tool(page, part, bytes, (positions, called)))
            {
                continue;
            }
            let entry = shown.entry(mention.id).or_insert_with(|| {
                order.push(mention.id);
                Shown::default()
            });
            entry.denials += usize::from(taxonomy::denied(text, mention.start, mention.end));
            entry.listed |= context == Context::SkillList;
            entry.spans.push(span);
        }
    }
    order
        .into_iter()
        .map(|id| {
            let shown = shown.remove(id).expect("every id in the order was shown");
            held(id, shown, positions, today)
        })
        .collect()
}

/// Whether a network's name stands for a tool of work, and not for where the person or an employer is found.
fn is_tool(page: &Page<'_>, part: &Part, name: Bytes, (positions, called): (&[HeldPosition], &[Span])) -> bool {
    let line = page.lines[page.line_from(name.start + 1).saturating_sub(1)];
    let (whole, span) = (page.span(line), page.span(name));
    if called.iter().any(|own| whole.contains(*own)) {
        return false;
    }
    if part.kind == SectionKind::Skills {
        return true;
    }
    let text = line.of(page.text);
    let before = page.text[line.start.min(name.start)..name.start].trim_end().to_lowercase();
    let employer = [" at", " bei", " chez"].iter().any(|word| before.ends_with(word));
    let label = page.text[name.end..line.end.max(name.end)].trim_start().starts_with([':', '@']);
    let head = |held: &HeldPosition| {
        held.span.contains(span) && !held.description.is_some_and(|description| description.contains(span))
    };
    let said = words(text).filter(|word| word.chars().all(char::is_alphabetic) && !NETWORKS.contains(word.as_str()));
    !employer && !label && !LOOK_UP.is_match(text) && said.count() >= SAYS && !positions.iter().any(head)
}

#[derive(Default)]
struct Shown {
    spans: Vec<Span>,
    denials: usize,
    listed: bool,
}

fn held(id: &str, shown: Shown, positions: &[HeldPosition], today: NaiveDate) -> HeldSkill {
    let dated: Vec<(YearMonth, End)> = positions
        .iter()
        .filter(|position| shown.spans.iter().any(|span| position.span.contains(*span)))
        .filter_map(|position| Some((position.start?, position.end?)))
        .collect();
    let confidence = match (shown.listed, shown.spans.len()) {
        (true, _) => 0.95,
        (false, 1) => 0.8,
        (false, _) => 0.9,
    };
    HeldSkill {
        id: id.to_owned(),
        months: experience::months(dated.iter().copied(), today),
        last_used: dated.iter().map(|(_, end)| experience::last_year(*end, today)).max(),
        // As many denials as mentions, or more: one "no PHP" beside three projects in PHP is about something else.
        denied: shown.denials > 0 && shown.denials * 2 >= shown.spans.len(),
        spans: shown.spans,
        confidence,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shows(text: &str, id: &str) -> bool {
        let today = NaiveDate::from_ymd_opt(2026, 6, 15).expect("a date");
        super::super::read(text, today, None).skills.iter().any(|skill| skill.id == id)
    }

    #[test]
    fn every_network_is_a_skill_of_the_taxonomy() {
        for id in NETWORKS.iter() {
            assert!(taxonomy::skills().get(id).is_some(), "{id}");
        }
    }

    #[test]
    fn a_network_is_a_skill_only_where_it_is_a_tool_of_work() {
        let resume = |head: &str, held: &str, end: &str| {
            format!("Ana Costa\nana@example.org\n{head}\nExperience\n{held}\n• Planned the work of a team\n{end}\n")
        };
        let held = "Marketing Manager, Acme GmbH\n03/2019 – 05/2021";
        for (head, held, end, id) in [
            ("LinkedIn: anacosta", held, "", "linkedin"),
            ("LinkedIn", held, "", "linkedin"),
            ("GitHub | LinkedIn | YouTube", held, "", "github"),
            ("Skype ana.costa, WhatsApp +49 171 2345678", held, "", "whatsapp"),
            ("Follow me on Instagram", held, "", "instagram"),
            ("", "Marketing Manager\nFacebook\n03/2019 – 05/2021", "", "facebook"),
            ("", "Marketing Manager at YouTube\n03/2019 – 05/2021", "", "youtube"),
            ("", "Marketing Manager, Salesforce\n03/2019 – 05/2021", "", "salesforce"),
            ("", held, "Contact\nGitHub anacosta", "github"),
            ("", held, "Skills\nLinkedIn: linkedin.com/in/anacosta", "linkedin"),
        ] {
            assert!(!shows(&resume(head, held, end), id), "{head} / {held} / {end}");
        }
        for (end, id) in [
            ("• Managed Facebook pages of four brands", "facebook"),
            ("• Wrote posts for LinkedIn and Instagram", "instagram"),
            ("Skills\nGitHub, Jenkins", "github"),
            ("Skills\nWhatsApp", "whatsapp"),
        ] {
            assert!(shows(&resume("LinkedIn: anacosta", held, end), id), "{end}");
        }
    }
}
