//! Parts of a query that must not steer hiring: age, gender, origin, religion, family, health. They are left out and
//! the recruiter is told why.

use std::sync::OnceLock;

use crate::model::taxonomy::{is_ordinary, language};

use super::{draft::Draft, interpretation::Refusal};

const AGE: &str = "Age must not decide who is shown; ask for years of experience instead.";
const GENDER: &str = "Gender must not decide who is shown.";
const ORIGIN: &str =
    "Ethnic origin and nationality must not decide who is shown; ask for a language or a work permit instead.";
const RELIGION: &str = "Religion must not decide who is shown.";
const FAMILY: &str = "Marital status and family must not decide who is shown.";
const HEALTH: &str = "Health and disability must not decide who is shown; ask for what the work needs.";
const ORIENTATION: &str = "Sexual orientation must not decide who is shown.";
const LOOKS: &str = "Appearance must not decide who is shown.";
const MEMBERSHIP: &str = "Political opinion and union membership must not decide who is shown.";

/// Phrases that stand for themselves, folded: `reason=phrase|phrase`.
const PHRASES: &str = include_str!("refused.txt");

/// The phrases with the reason each is refused for, read on first use.
fn phrases() -> &'static [(&'static str, Vec<&'static str>)] {
    static TABLE: OnceLock<Vec<(&'static str, Vec<&'static str>)>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let reason = |name: &str| match name {
            "age" => AGE,
            "gender" => GENDER,
            "origin" => ORIGIN,
            "religion" => RELIGION,
            "family" => FAMILY,
            "health" => HEALTH,
            "orientation" => ORIENTATION,
            "looks" => LOOKS,
            _ => MEMBERSHIP,
        };
        let lines = PHRASES.lines().filter_map(|l| l.split_once('='));
        lines.map(|(name, list)| (reason(name), list.split('|').collect())).collect()
    })
}

/// Words after which a people, not a language, is meant.
const PEOPLE: &[&str] = &[
    "candidates",
    "candidate",
    "people",
    "person",
    "persons",
    "applicants",
    "applicant",
    "nationals",
    "national",
    "citizens",
    "citizen",
    "origin",
    "descent",
    "heritage",
    "workers",
    "born",
    "passport",
    "men",
    "women",
    "bewerber",
    "nationality",
    "blood",
    "roots",
    "ethnicity",
    "background",
    "guy",
    "guys",
    "girl",
];
/// Words that make a refused word harmless when they follow it.
const HARMLESS_AFTER: &[&str] = &[
    "tongue",
    "health",
    "wear",
    "clothing",
    "fashion",
    "care",
    "shelter",
    "hour",
    "hours",
    "power",
    "made",
    "day",
    "page",
    "page design",
    "cosmetics",
    "studies",
    "education teacher",
    "professionals",
    "people",
    "offenders",
    "children",
    "patients",
    "adults",
    "market",
    "markets",
    "cuisine",
    "kitchen",
    "food",
    "chef",
    "restaurant",
    "studies",
    "condition",
    "conditions",
    "ventures",
    "companies",
    "learners",
    "customers",
    "clients",
    "families",
    "team",
    "journalism",
    "music",
    "literature",
    "protection",
    "ward",
    "unit",
    "hospital",
    "management",
    "s",
];
/// Where people are clearly the work, not the applicants.
const WORK_BEFORE: &[&str] =
    &["for", "with", "caring", "teaching", "treating", "serving", "of", "helping", "support", "mit", "fur"];

/// Finds and leaves out what must not be asked.
pub(super) fn read(draft: &mut Draft) {
    let mut at = 0;
    while at < draft.tokens.len() {
        match refusal(draft, at) {
            Some((words, reason)) if !draft.is_claimed(at, at + words) || denied_phrase(draft, at) => {
                refuse(draft, at, at + words, reason);
                at += words;
            }
            _ => at += 1,
        }
    }
}

/// "no kids": the denial has claimed "no" before.
fn denied_phrase(draft: &Draft, at: usize) -> bool {
    !draft.dropped[at]
}

fn refuse(draft: &mut Draft, first: usize, last: usize, reason: &str) {
    let last =
        if matches!(draft.word(last), "only" | "candidates" | "applicants" | "bewerber") { last + 1 } else { last };
    let text = draft.slice(first, last.min(draft.tokens.len())).to_owned();
    draft.claim(first, last);
    let last = last.min(draft.tokens.len());
    draft.dropped[first..last].fill(true);
    draft.out.refused.push(Refusal { text, reason: reason.to_owned() });
}

fn refusal(draft: &Draft, at: usize) -> Option<(usize, &'static str)> {
    if draft.dropped[at] {
        return None;
    }
    if let Some(words) = age(draft, at) {
        return Some((words, AGE));
    }
    if let Some(words) = people(draft, at) {
        return Some((words, ORIGIN));
    }
    let (words, reason) = phrases()
        .iter()
        .filter_map(|(reason, phrases)| draft.any_at(at, phrases).map(|n| (n, *reason)))
        .max_by_key(|f| f.0)?;
    let after = draft.word(at + words);
    let joined = draft.tokens.get(at + words).is_some_and(|t| t.gap != crate::model::taxonomy::tokens::Gap::Break);
    if words == 1
        && joined
        && HARMLESS_AFTER.contains(&after)
        && !matches!(reason, r if r == ORIGIN && after == "people")
    {
        return None;
    }
    let hyphened =
        draft.tokens[at].hyphen || draft.tokens.get(at + words).is_some_and(|t| t.hyphen && !is_ordinary(&t.text));
    let work = WORK_BEFORE.contains(&draft.back(at, 1)) && words == 1 && !draft.description && reason != RELIGION;
    // A job description speaks of people in general far more often than it excludes some.
    let loose = draft.description && words == 1 && !demanded(draft, at);
    (!hyphened && !work && !loose).then_some((words, reason))
}

fn demanded(draft: &Draft, at: usize) -> bool {
    ["only", "must", "nur", "be", "no"].iter().any(|w| (1..=2).any(|n| draft.back(at, n) == *w))
        || draft.word(at + 1) == "only"
}

/// "under 30", "aged 25 to 35", "max 40 years old", "unter 30 Jahre alt".
fn age(draft: &Draft, at: usize) -> Option<usize> {
    let number = |i: usize| draft.word(i).trim_end_matches('s').parse::<u32>().ok().filter(|n| (15..=80).contains(n));
    let old = |i: usize| {
        let unit = usize::from(matches!(draft.word(i), "years" | "year" | "yrs" | "jahre" | "jahren"));
        match draft.word(i + unit) {
            "old" | "alt" => Some(unit + 1),
            "of" if unit == 1 && draft.word(i + 2) == "age" => Some(3),
            _ => None,
        }
    };
    match draft.word(at) {
        "aged" | "age" | "ages" | "alter" => {
            let last = (at + 1..at + 6).rfind(|i| number(*i).is_some())?;
            Some(last + 1 - at)
        }
        "under" | "below" | "over" | "above" | "unter" | "uber" | "younger" | "older" | "jünger" | "junger"
        | "alter than" | "max" | "maximum" | "between" => {
            let skip = usize::from(matches!(draft.word(at + 1), "than" | "als")) + 1;
            number(at + skip)?;
            let after = (at + skip + 1..at + skip + 4).find_map(|i| old(i).map(|n| i + n));
            let second =
                usize::from(matches!(draft.word(at + skip + 1), "and" | "to") && number(at + skip + 2).is_some()) * 2;
            let end = at + skip + 1 + second;
            let bare = matches!(
                draft.word(at),
                "under" | "below" | "over" | "unter" | "uber" | "younger" | "older" | "junger"
            ) && second == 0;
            let closes = draft.clause(at).1 == end
                || matches!(draft.word(end), "only" | "for" | "please" | "preferred" | "with" | "in")
                || matches!(draft.back(at, 1), "candidates" | "applicants" | "people" | "someone" | "anyone" | "be");
            after.or((bare && closes).then_some(end)).map(|e| e - at)
        }
        _ => {
            number(at)?;
            old(at + 1).map(|n| n + 1).or_else(|| {
                let second = matches!(draft.word(at + 1), "to" | "bis" | "and")
                    || draft.tokens.get(at + 1).is_some_and(|t| t.hyphen);
                let skip = 1 + usize::from(matches!(draft.word(at + 1), "to" | "bis" | "and"));
                (second && number(at + skip).is_some()).then(|| old(at + skip + 1).map(|n| skip + 1 + n)).flatten()
            })
        }
    }
}

/// "Indian candidates", "Germans only", "nur Deutsche".
fn people(draft: &Draft, at: usize) -> Option<usize> {
    const PEOPLES: &[&str] = &[
        "american",
        "indian",
        "african",
        "european",
        "british",
        "pakistani",
        "mexican",
        "brazilian",
        "syrian",
        "afghan",
        "israeli",
        "western",
        "eastern european",
        "austrian",
        "swiss",
        "americans",
        "indians",
        "africans",
        "europeans",
        "germans",
        "turks",
        "poles",
        "russians",
        "deutscher",
        "deutsche",
        "deutschen",
        "ukrainians",
        "syrians",
        "turken",
        "polen",
    ];
    let word = draft.word(at);
    let named = PEOPLES.contains(&word) || language(word).is_some();
    if !named {
        return None;
    }
    let after = draft.word(at + 1);
    if PEOPLE.contains(&after)
        && !(after == "background"
            && language(word).is_some()
            && draft.word(at + 2).is_empty()
            && draft.back(at, 1) == "a")
    {
        return Some(2);
    }
    let plural = word.ends_with('s') && PEOPLES.contains(&word) && word != "swiss"
        || matches!(word, "deutsche" | "deutschen" | "turken");
    let only = after == "only" || matches!(draft.back(at, 1), "only" | "nur" | "no" | "keine");
    (plural && only).then_some(1)
}
