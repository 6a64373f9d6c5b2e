//! Titles: known occupations, a technology before a general one ("Python developer"), and unknown ones that end in a
//! word titles end in ("claims triage specialist"), kept as asked.

use crate::model::taxonomy::{Context, is_tech_head, occupations, seniority_word, skills, tokens::Gap};

use super::{draft::Draft, interpretation::WantedTitle};

/// A title found in the query.
#[derive(Debug, Clone)]
pub(super) struct Title {
    /// Its tokens.
    pub first: usize,
    pub last: usize,
    /// Taxonomy id, where known.
    pub id: Option<String>,
    /// In English where known, else as asked.
    pub label: String,
}

/// Words titles end in, folded.
const HEADS: &[&str] = &[
    "manager",
    "specialist",
    "engineer",
    "officer",
    "technician",
    "operator",
    "worker",
    "clerk",
    "coordinator",
    "analyst",
    "consultant",
    "advisor",
    "adviser",
    "assistant",
    "director",
    "supervisor",
    "agent",
    "representative",
    "designer",
    "trainer",
    "instructor",
    "planner",
    "inspector",
    "driver",
    "helper",
    "teacher",
    "nurse",
    "therapist",
    "scientist",
    "researcher",
    "developer",
    "programmer",
    "architect",
    "administrator",
    "expert",
    "executive",
    "associate",
    "buyer",
    "controller",
    "editor",
    "strategist",
    "evangelist",
    "installer",
    "fitter",
    "mechanic",
    "berater",
    "leiter",
    "techniker",
    "ingenieur",
    "entwickler",
    "mitarbeiter",
    "fachkraft",
    "referent",
    "sachbearbeiter",
    "helfer",
    "kaufmann",
    "kauffrau",
    "monteur",
    "meister",
    "spezialist",
    "experte",
    "lehrer",
    "pfleger",
    "fahrer",
];
/// General titles that take the technology before them into their name, with their usual English word.
const GENERAL: &[(&str, &str)] = &[
    ("developer", "developer"),
    ("developers", "developer"),
    ("engineer", "engineer"),
    ("engineers", "engineer"),
    ("programmer", "programmer"),
    ("programmers", "programmer"),
    ("entwickler", "developer"),
    ("entwicklerin", "developer"),
    ("consultant", "consultant"),
    ("berater", "consultant"),
    ("architect", "architect"),
    ("administrator", "administrator"),
    ("dev", "developer"),
    ("devs", "developer"),
    ("softwareentwickler", "developer"),
    ("specialist", "specialist"),
    ("analyst", "analyst"),
    ("expert", "expert"),
    ("coder", "developer"),
    ("ingenieur", "engineer"),
    ("programmierer", "programmer"),
    ("tester", "tester"),
    ("researcher", "researcher"),
    ("scientist", "scientist"),
    ("trainer", "trainer"),
    ("manager", "manager"),
    ("designer", "designer"),
];
/// Words that are no part of a title before its head.
const STOPS: &[&str] = &[
    "a",
    "an",
    "the",
    "our",
    "for",
    "with",
    "and",
    "or",
    "of",
    "in",
    "to",
    "good",
    "great",
    "strong",
    "experienced",
    "best",
    "new",
    "any",
    "as",
    "who",
    "is",
    "looking",
    "need",
    "we",
    "want",
    "seeking",
    "find",
    "hire",
    "hiring",
    "one",
    "two",
    "three",
    "several",
    "some",
    "me",
    "us",
    "you",
    "part",
    "time",
    "full",
    "freelance",
    "permanent",
    "certified",
    "licensed",
    "motivated",
    "energetic",
    "reliable",
    "from",
    "at",
    "skilled",
    "qualified",
    "dedicated",
    "talented",
    "passionate",
    "wir",
    "suchen",
    "einen",
    "eine",
    "ein",
    "und",
    "oder",
    "mit",
    "als",
    "der",
    "die",
    "das",
    "fur",
    "not",
    "no",
    "only",
    "level",
    "mid",
    "also",
    "dynamic",
    "friendly",
    "hands",
    "on",
    "remote",
    "hybrid",
    "startup",
    "search",
    "bilingual",
    "fluent",
    "independent",
    "temporary",
    "interim",
    "another",
    "kein",
    "keine",
    "has",
    "have",
    "had",
    "by",
    "are",
    "be",
    "work",
    "working",
    "worked",
    "night",
    "shift",
];
/// Single words that are titles only when the query means a person by them.
const LOOSE: &[&str] = &[
    "server",
    "driver",
    "editor",
    "producer",
    "model",
    "pilot",
    "guide",
    "host",
    "trader",
    "illustrator",
    "packer",
    "picker",
    "printer",
    "cutter",
    "quant",
    "agent",
    "sales",
    "founder",
    "engineer",
    "manager",
    "author",
    "judge",
    "coach",
    "partner",
    "director",
    "officer",
    "analyst",
    "consultant",
    "administrator",
    "technician",
    "trainer",
    "interpreter",
    "broker",
    "buyer",
    "scientist",
    "researcher",
    "professor",
    "doctor",
    "controller",
];

/// Finds the titles among tokens nobody has claimed.
pub(super) fn find(draft: &Draft) -> Vec<Title> {
    let mut out: Vec<Title> = Vec::new();
    for mention in occupations().mentions_in(&draft.tokens) {
        let (first, last) = draft.range(mention.start, mention.end);
        let Some(occupation) = occupations().get(mention.id) else { continue };
        if first >= last
            || draft.is_claimed(first, last)
            || (first..last).all(|i| seniority_word(draft.word(i)))
            || is_a_thing(draft, first, last)
        {
            continue;
        }
        let title = Title { first, last, id: Some(occupation.id.clone()), label: occupation.label.clone() };
        out.push(widen(draft, title));
    }
    for at in 0..draft.tokens.len() {
        let free = !draft.is_claimed(at, at + 1) && out.iter().all(|t| at < t.first || at >= t.last);
        if free && HEADS.contains(&singular(draft.word(at))) {
            let first = begin(draft, at, 2);
            if first < at {
                let title = Title { first, last: at + 1, id: None, label: draft.slice(first, at + 1).to_owned() };
                out.push(widen(draft, title));
            }
        }
    }
    out.sort_by_key(|t| t.first);
    out.dedup_by(|b, a| b.first < a.last);
    out
}

/// Writes the titles down and claims their words.
pub(super) fn read(draft: &mut Draft, titles: &[Title]) {
    for title in titles {
        if draft.is_claimed(title.first, title.last) {
            continue;
        }
        // A description's own title stands at its beginning; later ones are colleagues.
        let counts = !draft.description || draft.out.titles.is_empty();
        let kind = draft.kind(title.first, title.last);
        draft.claim(title.first, title.last);
        if counts && draft.out.titles.iter().all(|t| t.label != title.label) {
            draft.out.titles.push(WantedTitle { id: title.id.clone(), label: title.label.clone(), kind });
        }
    }
}

fn singular(word: &str) -> &str {
    word.strip_suffix('s').filter(|w| HEADS.contains(w)).unwrap_or(word)
}

/// "SQL Server", "device driver", "after sales": a word that may be a title stands inside something else.
fn is_a_thing(draft: &Draft, first: usize, last: usize) -> bool {
    let inside = skills()
        .mentions_in(&draft.tokens[first.saturating_sub(2)..(last + 2).min(draft.tokens.len())], Context::Query);
    let covered = inside.iter().any(|m| {
        let (a, b) = draft.range(m.start, m.end);
        a <= first && b >= last && b - a > last - first
    });
    if covered {
        return true;
    }
    let follows = draft.tokens.get(last).filter(|t| t.gap == Gap::Joined).map_or("", |t| t.text.as_str());
    let noun = matches!(
        follows,
        "project"
            | "projects"
            | "software"
            | "system"
            | "systems"
            | "platform"
            | "tools"
            | "tool"
            | "skills"
            | "experience"
            | "teams"
            | "licence"
            | "license"
            | "s"
    );
    last - first == 1 && LOOSE.contains(&draft.word(first)) && noun
}

/// Where a title whose head stands at `head` begins: at most `most` words before it, none of them an aside.
fn begin(draft: &Draft, head: usize, most: usize) -> usize {
    let mut first = head;
    while first > 0 && head - first < most {
        let before = first - 1;
        let word = draft.word(before);
        let joined = draft.tokens[first].gap == Gap::Joined;
        if !joined
            || draft.is_claimed(before, first)
            || STOPS.contains(&word)
            || seniority_word(word)
            || word.chars().any(|c| c.is_ascii_digit())
            || draft.kinds[before] != draft.kinds[head]
        {
            break;
        }
        first = before;
    }
    first
}

/// Takes what stands before a general title into it: "Python developer", "validation engineer".
fn widen(draft: &Draft, mut title: Title) -> Title {
    let head = title.last - 1;
    let Some((_, word)) = GENERAL
        .iter()
        .find(|g| g.0 == draft.word(head))
        .filter(|_| title.last - title.first == 1 || title.id.is_none())
    else {
        return title;
    };
    let start = if title.id.is_none() { title.first } else { begin(draft, head, 3) };
    let technology = (start..head).find_map(|i| {
        let skill = skills().resolve(draft.slice(i, head)).filter(|s| s.technical)?;
        Some((i, skill.label.clone()))
    });
    if let Some((first, label)) = technology {
        let known = occupations()
            .resolve(&format!("{label} {word}"))
            .filter(|o| !matches!(o.id.as_str(), "software-developer" | "engineer"));
        let base = title.id.take().or_else(|| occupations().resolve(word).map(|o| o.id.clone()));
        return Title {
            first,
            last: title.last,
            id: known.map(|o| o.id.clone()).or(base),
            label: known.map_or_else(|| format!("{label} {word}"), |o| o.label.clone()),
        };
    }
    let first = begin(draft, head, 2);
    if first < title.first && is_tech_head(draft.word(head)) || title.id.is_none() {
        let first = first.min(title.first);
        return Title { first, label: draft.slice(first, title.last).to_owned(), ..title };
    }
    title
}
