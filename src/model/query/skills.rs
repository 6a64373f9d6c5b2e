//! Skills asked for: by name, inside a title where the name is a technology, and as deeds ("has led a team"). Also which
//! of them are alternatives, and for how many years each is wanted.

use crate::model::taxonomy::{Context, is_tool_word, skills as all_skills, tokens::Gap};

use super::{
    certifications,
    draft::Draft,
    interpretation::{Kind, WantedSkill},
    years::Span,
};

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
    "mentored",
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
];

/// Reads deeds of leadership; before titles, so that "led developers" does not ask for a developer.
pub(super) fn leadership(draft: &mut Draft) {
    let mut at = 0;
    while at < draft.tokens.len() {
        let end = LEADS.contains(&draft.word(at)).then(|| led(draft, at)).flatten();
        let Some(end) = end.filter(|e| !draft.is_claimed(at, *e)) else {
            at += 1;
            continue;
        };
        let kind = draft.kind(at, end);
        push(draft, "leadership", kind, None);
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
        && matches!(draft.back(verb, 1), "team" | "tech" | "crew" | "sales" | "technical");
    let german =
        matches!(draft.word(verb), "gefuhrt" | "geleitet") && (from..verb).any(|i| LED.contains(&draft.word(i)));
    if german { Some(verb + 1) } else { counted.filter(|_| !noun) }
}

/// Reads the skills named.
pub(super) fn read(draft: &mut Draft, years: &[Span]) {
    let mut found: Vec<(usize, usize, String)> = Vec::new();
    for mention in all_skills().mentions_in(&draft.tokens, Context::Query) {
        let (first, last) = draft.range(mention.start, mention.end);
        let Some(skill) = all_skills().get(mention.id) else { continue };
        let dropped = (first..last).any(|i| draft.dropped[i]);
        let inside_title = (first..last).all(|i| draft.claimed[i]) && in_title(draft, first, last);
        let claimed = draft.is_claimed(first, last);
        if dropped || claimed && !(skill.technical && inside_title) || vague(draft, skill.technical, first, last) {
            continue;
        }
        found.push((first, last, skill.id.clone()));
        // "SAP SD/MM" names two modules.
        let module = all_skills().resolve(&format!("sap {}", draft.word(last))).filter(|s| s.id != skill.id);
        if let Some(module) = module.filter(|_| skill.id.starts_with("sap-") && draft.between(last) == "/") {
            found.push((last, last + 1, module.id.clone()));
        }
    }
    clinical(draft, &mut found);
    // "data integration / ETL" names one thing twice.
    found.dedup_by(|b, a| {
        let twice = b.0 == a.1 && draft.between(b.0).trim() == "/" && all_skills().including(&a.2).contains(&b.2);
        a.1 = if twice { b.1 } else { a.1 };
        twice
    });
    let groups = alternatives(draft, &found);
    for ((first, last, id), group) in found.iter().zip(groups) {
        let kind = draft.kind(*first, *last);
        let index = push(draft, id, kind, group);
        draft.claim(*first, *last);
        // "SAP software", "reporting tools": the word behind says nothing more.
        if is_tool_word(draft.word(*last)) && draft.tokens[*last].gap == Gap::Joined {
            draft.claim(*last, *last + 1);
        }
        if let Some(index) = index {
            draft.out.skills[index].min_years = wanted_years(draft, years, &found, (*first, *last));
        }
    }
}

/// "GCP" beside trials is good clinical practice, not a cloud.
fn clinical(draft: &Draft, found: &mut [(usize, usize, String)]) {
    let trials = draft.tokens.iter().any(|t| {
        matches!(
            t.text.as_str(),
            "clinical" | "trial" | "trials" | "pharma" | "gmp" | "glp" | "klinische" | "cra" | "studien"
        )
    });
    for (first, _, id) in found.iter_mut().filter(|f| trials && f.2 == "google-cloud-platform") {
        if draft.word(*first) == "gcp" {
            "gcp-clinical".clone_into(id);
        }
    }
}

/// Whether the claimed range is part of a title: its words stand in one of the titles' labels or beside a head.
fn in_title(draft: &Draft, first: usize, last: usize) -> bool {
    let next = (last..draft.tokens.len())
        .take(3)
        .take_while(|i| draft.tokens[*i].gap == Gap::Joined && draft.claimed[*i])
        .count();
    let own = draft
        .out
        .certifications
        .iter()
        .flat_map(|c| certifications::names(&c.label))
        .any(|name| name.to_lowercase().contains(&draft.slice(first, last).to_lowercase()));
    let taught = draft
        .out
        .education
        .iter()
        .any(|e| e.field.as_ref().is_some_and(|f| f.contains(&draft.slice(first, last).to_lowercase())));
    let employer = draft.out.employers.iter().any(|e| e.name.contains(draft.slice(first, last)));
    let place = draft.out.locations.iter().any(|l| l.name == draft.slice(first, last));
    (next > 0
        || first > 0 && draft.claimed[first - 1] && draft.tokens[first].gap == Gap::Joined
        || draft.clause(first) == (first, last))
        && !own
        && !taught
        && !employer
        && !place
}

/// Words that name a skill but here only carry the sentence ("experience in …", "lessons learned").
fn vague(draft: &Draft, technical: bool, first: usize, last: usize) -> bool {
    let word = draft.word(first);
    let after = draft.word(last);
    !technical
        && last - first == 1
        && matches!(
            word,
            "startups"
                | "consulting"
                | "history"
                | "training"
                | "reception"
                | "filing"
                | "packing"
                | "trading"
                | "drilling"
                | "tax"
                | "law"
                | "retail"
                | "automotive"
        )
        && matches!(after, "environment" | "industry" | "company" | "sector" | "firm" | "background" | "of")
}

/// Adds a skill once; a later, harder demand wins. Returns where it stands.
fn push(draft: &mut Draft, id: &str, kind: Kind, any_of: Option<u32>) -> Option<usize> {
    if let Some(at) = draft.out.skills.iter().position(|s| s.id == id) {
        let have = &mut draft.out.skills[at];
        have.any_of = have.any_of.or(any_of);
        have.kind = if have.kind == Kind::Not || kind == Kind::Not { Kind::Not } else { have.kind.min(kind) };
        return Some(at);
    }
    let skill = all_skills().get(id)?;
    draft.out.skills.push(WantedSkill {
        id: skill.id.clone(),
        label: skill.label.clone(),
        kind,
        min_years: None,
        any_of,
    });
    Some(draft.out.skills.len() - 1)
}

/// Numbers the groups of alternatives: "React or Vue", "Java, Kotlin oder Scala".
fn alternatives(draft: &Draft, found: &[(usize, usize, String)]) -> Vec<Option<u32>> {
    let mut groups: Vec<Option<u32>> = vec![None; found.len()];
    let mut next = 1;
    for i in 1..found.len() {
        let (before, here) = (&found[i - 1], &found[i]);
        let between: Vec<&str> = (before.1..here.0).map(|t| draft.word(t)).collect();
        let or = matches!(between[..], ["or" | "oder" | "bzw" | "alternatively"])
            || between.is_empty() && draft.between(here.0).trim() == "|";
        let same =
            draft.kind(before.0, before.1) == draft.kind(here.0, here.1) && draft.kind(here.0, here.1) != Kind::Not;
        if !or || !same {
            continue;
        }
        let group = groups[i - 1].unwrap_or_else(|| {
            next += 1;
            next - 1
        });
        groups[i] = Some(group);
        groups[i - 1] = Some(group);
        // Commas before the "or" belong to the same choice, unless a parenthesis or another item stands between.
        for j in (1..i).rev() {
            // "Python, AWS or GCP" leaves Python a demand of its own: only what is related belongs to the choice.
            let close = all_skills().related(&found[j].2).any(|s| s.id == found[j - 1].2);
            let gap = close && found[j].0 == found[j - 1].1 && draft.between(found[j].0).trim() == ",";
            if !gap
                || groups[j - 1].is_some()
                || draft.kind(found[j - 1].0, found[j - 1].1) != draft.kind(here.0, here.1)
            {
                break;
            }
            groups[j - 1] = Some(group);
        }
    }
    groups
}

/// The years said right before or behind a skill.
fn wanted_years(
    draft: &Draft,
    years: &[Span],
    found: &[(usize, usize, String)],
    (first, last): (usize, usize),
) -> Option<f32> {
    let own = |span: &&Span| {
        if span.overall || span.last + 6 < first || last + 6 < span.first {
            return false;
        }
        let before = span.last <= first
            && first - span.last <= 6
            && (span.last..first).all(|i| {
                draft.claimed[i]
                    || matches!(
                        draft.word(i),
                        "in" | "with" | "of" | "mit" | "experience" | "using" | "and" | "erfahrung"
                    )
            });
        let same = before && draft.clause(span.first).1 >= last;
        let behind = span.first >= last
            && span.first - last <= 2
            && !found.iter().any(|f| f.0 >= span.last && f.0 < draft.clause(span.first).1)
            && (last..span.first).all(|i| {
                matches!(draft.word(i), "for" | "since" | "experience" | "at" | "least" | "mind" | "mindestens")
            });
        let bracket = behind
            && (span.first == draft.tokens.len()
                || draft.tokens[span.first].gap == Gap::Joined
                || draft.between(span.first).trim() == "(");
        same || bracket
    };
    years.iter().filter(own).filter_map(|s| s.range.min).reduce(f32::max)
}
