//! Skills asked for: by name, and inside a title where the name is a technology. Also which of them are alternatives,
//! and for how many years each is wanted.

use crate::model::taxonomy::{Context, denies as is_denial, is_tool_word, skills as all_skills, tokens::Gap};

use super::{
    certifications,
    draft::Draft,
    grammar,
    interpretation::{Kind, WantedKeyword, WantedSkill},
    years::{self, Span},
};

/// Words between the modules of a list.
const LINKS: &[&str] = &["and", "or", "und", "oder", "but", "aber"];

/// Reads the skills named.
pub(super) fn read(draft: &mut Draft, years: &[Span]) {
    let mut found: Vec<(usize, usize, String)> = Vec::new();
    for mention in all_skills().mentions_in(&draft.tokens, Context::Query) {
        let (first, mut last) = draft.range(mention.start, mention.end);
        // "Python 3-5 years" speaks of years, not of Python 3.
        let digits = |word: &str| word.bytes().all(|b| b.is_ascii_digit());
        if last > first + 1 && draft.claimed[last - 1] && !draft.claimed[first] && digits(draft.word(last - 1)) {
            last -= 1;
        }
        let Some(skill) = all_skills().get(mention.id) else { continue };
        let dropped = (first..last).any(|i| draft.dropped[i]);
        let inside_title = (first..last).all(|i| draft.claimed[i]) && in_title(draft, first, last);
        let claimed = draft.is_claimed(first, last);
        if dropped || claimed && !(skill.technical && inside_title) || vague(draft, skill.technical, first, last) {
            continue;
        }
        found.push((first, last, skill.id.clone()));
    }
    modules(draft, &mut found);
    clinical(draft, &mut found);
    // "data integration / ETL" names one thing twice.
    found.dedup_by(|b, a| {
        let twice = b.0 == a.1 && draft.between(b.0).trim() == "/" && all_skills().including(&a.2).contains(&b.2);
        a.1 = if twice { b.1 } else { a.1 };
        twice
    });
    let groups = alternatives(draft, &found);
    count_unasked(draft, &found);
    for ((first, last, id), group) in found.iter().zip(groups) {
        let kind = draft.kind(*first, *last);
        if kind == Kind::Not && refuse_more(draft, id, *first, *last) {
            continue;
        }
        let index = push(draft, id, kind, group);
        draft.claim(*first, *last);
        // Small words of another language join two skills even in a query too short to tell its language.
        if matches!(draft.word(*last), "o" | "ou" | "y" | "et") && found.iter().any(|f| f.0 == last + 1) {
            draft.claim(*last, *last + 1);
        }
        // "SAP software", "reporting tools": the word behind says nothing more.
        if is_tool_word(draft.word(*last)) && draft.tokens[*last].gap == Gap::Joined {
            draft.claim(*last, *last + 1);
        }
        let Some(index) = index else { continue };
        let span = wanted_years(draft, years, &found, (*first, *last));
        draft.out.skills[index].min_years = span.and_then(|s| s.range.min);
        if let Some(span) = span.filter(|_| all_skills().get(id).is_some_and(|skill| skill.technical)) {
            years::limit_skill(draft, span);
        }
    }
}

/// "SAP SD/MM", "SAP FI, MM", "SAP MM, not SD": a module named by its letters alone, in a list that begins with another.
fn modules(draft: &Draft, found: &mut Vec<(usize, usize, String)>) {
    let mut at = 0;
    while let Some((_, end, id)) = found.get(at).cloned() {
        at += 1;
        let next = (end..draft.tokens.len()).find(|i| !is_denial(draft.word(*i)) && !LINKS.contains(&draft.word(*i)));
        let Some(next) = next.filter(|_| id.starts_with("sap-")) else { continue };
        let listed = (end..=next).all(|i| matches!(draft.between(i).trim(), "" | "," | "/"))
            && (next > end || draft.between(next).trim() != "");
        let letters = draft.slice(next, next + 1);
        let short = letters.len() <= 3 && letters.chars().all(|c| c.is_ascii_uppercase());
        let same = draft.kind(next, next + 1) == draft.kind(end - 1, end);
        let module = all_skills().resolve(&format!("sap {letters}")).filter(|s| s.id != id || same);
        if let Some(module) = module.filter(|_| listed && short && !found.iter().any(|f| f.0 == next)) {
            found.insert(at, (next, next + 1, module.id.clone()));
        }
    }
}

/// "Swift developer, not SWIFT payments" refuses the whole name, never the skill that is wanted elsewhere.
fn refuse_more(draft: &mut Draft, id: &str, first: usize, last: usize) -> bool {
    let more = |i: usize| {
        draft.tokens.get(i).is_some_and(|t| t.gap == Gap::Joined)
            && draft.kinds[i] == Kind::Not
            && !draft.is_claimed(i, i + 1)
            && !grammar::is_grammar(draft.word(i), draft.language)
            && !is_tool_word(draft.word(i))
    };
    let wanted = draft.out.skills.iter().any(|s| s.id == id && s.kind != Kind::Not);
    if !wanted || !more(last) {
        return false;
    }
    let text = draft.slice(first, last + 1).to_owned();
    draft.claim(first, last + 1);
    draft.out.keywords.push(WantedKeyword { text, kind: Kind::Not });
    true
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
    let person = draft.out.keywords.iter().any(|k| k.text.contains(draft.slice(first, last)));
    (next > 0
        || first > 0 && draft.claimed[first - 1] && draft.tokens[first].gap == Gap::Joined
        || draft.clause(first) == (first, last))
        && !own
        && !taught
        && !employer
        && !place
        && !person
}

/// Words that name a skill but here only carry the sentence ("experience in …", "lessons learned").
fn vague(draft: &Draft, technical: bool, first: usize, last: usize) -> bool {
    let word = draft.word(first);
    let after = draft.word(last);
    // "Capture one new customer": what ends in a number counts what follows.
    let counts = draft.word(last - 1) == "one" && last - first > 1 && !draft.tokens[first].capital;
    if counts && draft.tokens.get(last).is_some_and(|t| t.gap == Gap::Joined) {
        return !LINKS.contains(&after) && !matches!(after, "with" | "mit" | "in" | "experience" | "skills");
    }
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
pub(super) fn push(draft: &mut Draft, id: &str, kind: Kind, any_of: Option<u32>) -> Option<usize> {
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
    for i in 0..found.len() {
        if let Some((_, end)) = some_of(draft, found, i).filter(|_| groups[i].is_none()) {
            groups[i..end].fill(Some(next));
            next += 1;
        }
    }
    for i in 1..found.len() {
        let (before, here) = (&found[i - 1], &found[i]);
        let between: Vec<&str> = (before.1..here.0).map(|t| draft.word(t)).collect();
        // "AWS/Azure" offers a choice, "HTML/CSS", "PHP/Laravel" and "SAP SD/MM" name two things that go together.
        let or = matches!(
            between[..],
            ["or" | "oder" | "bzw" | "alternatively" | "o" | "ou"] | ["and" | "und", "or" | "oder"]
        ) || between.is_empty()
            && match draft.between(here.0).trim() {
                "|" => true,
                "/" if here.2.starts_with("sap-") => false,
                "/" if groups[i - 1].is_some() => all_skills().related(&before.2).any(|s| s.id == here.2),
                "/" => all_skills().interchangeable(&before.2, &here.2),
                _ => false,
            };
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

/// "At least 2 of: Java, Kotlin, Scala": where that is said of the list that begins with the skill at `index`, and where
/// the list ends.
fn some_of(draft: &Draft, found: &[(usize, usize, String)], index: usize) -> Option<(usize, usize)> {
    const SOME: &[&str] =
        &["any", "some", "either", "one", "two", "three", "1", "2", "3", "eine", "einer", "eines", "zwei", "drei"];
    const THESE: &[&str] =
        &["the", "these", "following", "folgenden", "languages", "sprachen", "tools", "technologies"];
    let first = found[index].0;
    let of = (0..first).rev().find(|i| !THESE.contains(&draft.word(*i)))?;
    if !matches!(draft.word(of), "of" | "von" | "aus" | "der") || !SOME.contains(&draft.back(of, 1)) {
        return None;
    }
    let goes_on = |pair: &[(usize, usize, String)]| {
        let (end, next) = (pair[0].1, pair[1].0);
        (end..next).all(|i| matches!(draft.word(i), "or" | "oder" | "and" | "und"))
            && (end..=next).all(|i| matches!(draft.between(i).trim(), "" | "," | "/"))
    };
    let more = found[index..].windows(2).take_while(|pair| goes_on(pair)).count();
    (more > 0).then(|| (of - 1, index + 1 + more))
}

/// One of a choice is enough for the search; that two were wanted is named as not understood.
fn count_unasked(draft: &mut Draft, found: &[(usize, usize, String)]) {
    for index in 0..found.len() {
        let Some((said, _)) = some_of(draft, found, index) else { continue };
        if matches!(draft.word(said), "two" | "three" | "2" | "3" | "zwei" | "drei") {
            draft.out.unresolved.push(draft.slice(said, said + 2).to_owned());
        }
        draft.claim(said, found[index].0);
    }
}

/// The years said right before or behind a skill.
fn wanted_years<'a>(
    draft: &Draft,
    years: &'a [Span],
    found: &[(usize, usize, String)],
    (first, last): (usize, usize),
) -> Option<&'a Span> {
    let own = |span: &Span| !span.overall && span.last + 6 >= first && last + 6 >= span.first;
    let before = |span: &Span| {
        span.last <= first
            && first - span.last <= 6
            && draft.clause(span.first).1 >= last
            // "5 years Java and 2 years Kotlin": the nearer years are the skill's.
            && !years.iter().any(|other| span.last <= other.first && other.last <= first)
            && (span.last..first).all(|i| {
                draft.claimed[i]
                    || matches!(
                        draft.word(i),
                        "in" | "with" | "of" | "mit" | "experience" | "using" | "and" | "erfahrung"
                    )
            })
    };
    let behind = |span: &Span| {
        let end = draft.clause(span.first).1;
        // Where a skill follows the clause's last years, years stand before their skills.
        let closing = years.iter().filter(|y| y.first < end).map(|y| y.last).max().unwrap_or(span.last);
        span.first >= last
            && span.first - last <= 2
            && !found.iter().any(|f| f.0 >= closing && f.0 < end)
            && (last..span.first).all(|i| {
                matches!(draft.word(i), "for" | "since" | "experience" | "at" | "least" | "mind" | "mindestens")
            })
            && (span.first == draft.tokens.len()
                || draft.tokens[span.first].gap == Gap::Joined
                || draft.between(span.first).trim() == "(")
    };
    years.iter().find(|s| own(s) && behind(s)).or_else(|| years.iter().find(|s| own(s) && before(s)))
}
