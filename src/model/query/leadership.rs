//! Deeds of a leader: "has led a team of five", "mentors juniors". Read before the titles, so that whom somebody led is
//! not who is wanted.

use super::{draft::Draft, skills::push};

/// Deeds of a leader, folded: a verb, then whom.
const LEADS: &[&str] = &[
    "managed",
    "manages",
    "manage",
    "managing",
    "led",
    "leads",
    "leading",
    "lead",
    "supervised",
    "supervising",
    "supervises",
    "headed",
    "run",
    "ran",
    "built",
    "scaled",
    "grew",
    "growing",
    "fuhrung",
    "gefuhrt",
    "geleitet",
    "leitung",
    "mentor",
    "mentors",
    "mentored",
    "mentoring",
    "coach",
    "coaches",
    "betreut",
    "anleiten",
];
const LED: &[&str] = &[
    "people",
    "team",
    "teams",
    "employees",
    "staff",
    "reports",
    "engineers",
    "developers",
    "mitarbeiter",
    "mitarbeitern",
    "mitarbeitenden",
    "nurses",
    "persons",
    "salespeople",
    "colleagues",
    "team members",
    "groups",
    "workers",
    "technicians",
    "juniors",
    "graduates",
    "trainees",
    "apprentices",
    "interns",
    "azubis",
    "auszubildende",
    "kollegen",
];
/// Words between the verb and whom.
const BETWEEN: &[&str] = &[
    "a",
    "an",
    "the",
    "of",
    "at",
    "least",
    "up",
    "to",
    "small",
    "large",
    "direct",
    "own",
    "big",
    "teams",
    "team",
    "over",
    "than",
    "more",
    "von",
    "eines",
    "ein",
    "sales",
    "software",
    "engineering",
    "global",
    "remote",
    "cross",
    "functional",
    "his",
    "her",
    "their",
    "multiple",
    "several",
    "and",
    "grown",
    "or",
    "about",
    "junior",
    "younger",
    "new",
    "two",
    "three",
    "four",
    "five",
    "some",
    "other",
];

/// Reads deeds of leadership; before titles, so that "led developers" does not ask for a developer.
pub(super) fn read(draft: &mut Draft) {
    let mut at = 0;
    while at < draft.tokens.len() {
        let end = LEADS.contains(&draft.word(at)).then(|| led(draft, at)).flatten();
        let Some(end) = end.filter(|e| !draft.is_claimed(at, *e)) else {
            at += 1;
            continue;
        };
        let kind = draft.kind(at, end);
        push(draft, "leadership", kind, None);
        // The grade of who is led asks for nobody of that grade.
        draft.dropped[at..end].fill(true);
        let from = at.saturating_sub(usize::from(matches!(draft.back(at, 1), "has" | "have" | "who" | "experience")));
        draft.claim(from, end);
        at = end;
    }
}

fn led(draft: &Draft, verb: usize) -> Option<usize> {
    // "team lead, team …" is a title before an item, and German puts the verb last.
    let (from, to) = draft.clause(verb);
    let mut at = verb + 1;
    let mut whom = None;
    while at < to && at - verb <= 6 {
        let word = draft.word(at);
        if LED.contains(&word) {
            whom = Some(at + 1);
        } else if !BETWEEN.contains(&word) && !word.starts_with(|c: char| c.is_ascii_digit()) {
            break;
        }
        at += 1;
    }
    let counted = whom.map(|w| {
        if draft.word(w) == "of" && draft.word(w + 1).starts_with(|c: char| c.is_ascii_digit()) { w + 2 } else { w }
    });
    let noun = matches!(draft.word(verb), "lead" | "leads" | "built" | "run")
        && matches!(draft.back(verb, 1), "team" | "tech" | "crew" | "sales" | "technical")
        || draft.word(verb) == "coach" && !matches!(draft.back(verb, 1), "" | "can" | "to" | "will" | "and" | "who");
    let german = matches!(draft.word(verb), "gefuhrt" | "geleitet" | "betreut" | "anleiten")
        && (from..verb).any(|i| LED.contains(&draft.word(i)));
    if german { Some(verb + 1) } else { counted.filter(|_| !noun) }
}
