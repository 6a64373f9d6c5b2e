//! A pasted job description is read by its sections: what is required, what would be nice, what the work is, and what
//! only praises the employer, which asks for nothing.

use super::{draft::Draft, interpretation::Kind};

/// What the lines of a section ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Required,
    Nice,
    Duties,
    Praise,
}

/// Words of a heading, folded.
const HEADINGS: &[(Section, &[&str])] = &[
    (
        Section::Nice,
        &[
            "nice to have",
            "preferred",
            "bonus",
            "plus",
            "desirable",
            "optional",
            "wunschenswert",
            "von vorteil",
            "good to have",
            "advantage",
        ],
    ),
    (
        Section::Praise,
        &[
            "about us",
            "who we are",
            "benefits",
            "we offer",
            "what we offer",
            "wir bieten",
            "uber uns",
            "perks",
            "our company",
            "das bieten wir",
            "why join",
            "why us",
            "about the company",
            "equal opportunity",
            "how to apply",
            "unser angebot",
            "was wir bieten",
            "contact",
            "kontakt",
            "compensation",
            "salary",
            "about the team",
            "bewerbung",
        ],
    ),
    (
        Section::Duties,
        &[
            "responsibilities",
            "what you will do",
            "what you'll do",
            "duties",
            "your role",
            "the role",
            "aufgaben",
            "tasks",
            "your tasks",
            "deine aufgaben",
            "ihre aufgaben",
            "job description",
            "about the role",
            "your mission",
            "day to day",
            "the job",
            "key activities",
        ],
    ),
    (
        Section::Required,
        &[
            "requirements",
            "qualifications",
            "what you bring",
            "your profile",
            "dein profil",
            "ihr profil",
            "profil",
            "anforderungen",
            "must have",
            "must haves",
            "skills",
            "who you are",
            "we are looking for",
            "we expect",
            "what we expect",
            "das bringst du mit",
            "das bringen sie mit",
            "you have",
            "about you",
            "experience",
            "essential",
            "qualifikation",
            "qualifikationen",
            "voraussetzungen",
            "minimum qualifications",
        ],
    ),
];
/// A heading is a short line.
const LONGEST_HEADING: usize = 7;
/// Sentences with these words promise equal treatment; they ask for nobody.
const EQUALITY: &[&str] = &[
    "regardless",
    "equal opportunity",
    "without regard",
    "irrespective",
    "unabhangig",
    "discriminat",
    "ungeachtet",
    "diversity",
    "vielfalt",
];

/// Marks what each section asks for.
pub(super) fn read(draft: &mut Draft) {
    let mut section = Section::Required;
    let mut at = 0;
    let text = draft.text.clone();
    for line in text.split_inclusive('\n') {
        let (first, last) = draft.range(at, at + line.len());
        at += line.len();
        if first == last {
            continue;
        }
        let folded: Vec<&str> = (first..last).map(|i| draft.word(i)).collect();
        let folded = format!(" {} ", folded.join(" "));
        if EQUALITY.iter().any(|w| folded.contains(w)) {
            drop_sentences(draft, first, last);
            continue;
        }
        if !draft.description {
            continue;
        }
        if let Some(next) = heading(line, &folded, last - first) {
            section = next;
            draft.dropped[first..last].fill(true);
            continue;
        }
        match section {
            Section::Required => {}
            Section::Nice | Section::Duties => draft.kinds[first..last].fill(Kind::Should),
            Section::Praise => draft.dropped[first..last].fill(true),
        }
    }
}

fn heading(line: &str, folded: &str, words: usize) -> Option<Section> {
    let line = line.trim();
    let marked = line.ends_with(':')
        || line.starts_with('#')
        || line.starts_with("**")
        || !line.starts_with(['-', '*', '•']) && !line.contains([',', '.']);
    if words > LONGEST_HEADING || !marked {
        return None;
    }
    HEADINGS.iter().find(|(_, names)| names.iter().any(|n| folded.contains(&format!(" {n} ")))).map(|h| h.0)
}

/// Only the sentence that promises equality is dropped; a query of one line may ask for more.
fn drop_sentences(draft: &mut Draft, first: usize, last: usize) {
    let mut begin = first;
    for end in first + 1..=last {
        let ends = end == last || draft.between(end).contains(['.', '!', '?']);
        if ends {
            let words: Vec<&str> = (begin..end).map(|i| draft.word(i)).collect();
            let words = words.join(" ");
            if EQUALITY.iter().any(|w| words.contains(w)) {
                draft.dropped[begin..end].fill(true);
            }
            begin = end;
        }
    }
}
