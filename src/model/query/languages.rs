//! Languages asked for, with the level: "German C1", "fluent French", "Muttersprache Deutsch". A language's name also
//! names a people, a market, a cuisine: it counts beside a level, a word of speaking, or as an item of its own.

use crate::model::taxonomy::{language_label, language_mentions, tokens::Gap};

use super::{
    draft::Draft,
    interpretation::{Kind, WantedLanguage},
};

/// Words of level, folded, with the least level they mean in the Common European Framework.
const LEVELS: &[(&str, &str)] = &[
    ("native", "native"),
    ("mother tongue", "native"),
    ("muttersprache", "native"),
    ("muttersprachler", "native"),
    ("muttersprachlich", "native"),
    ("native speaker", "native"),
    ("native level", "native"),
    ("bilingual", "C2"),
    ("muttersprachlerin", "native"),
    ("muttersprachliche", "native"),
    ("fluent", "C1"),
    ("fluently", "C1"),
    ("fluency", "C1"),
    ("fliessend", "C1"),
    ("fliessende", "C1"),
    ("fliessendes", "C1"),
    ("verhandlungssicher", "C1"),
    ("verhandlungssicheres", "C1"),
    ("verhandlungssichere", "C1"),
    ("business fluent", "C1"),
    ("proficient", "C1"),
    ("full professional", "C1"),
    ("advanced", "C1"),
    ("sehr gute", "C1"),
    ("sehr gutes", "C1"),
    ("excellent", "C1"),
    ("very good", "C1"),
    ("perfect", "C2"),
    ("professional", "B2"),
    ("business", "B2"),
    ("good", "B2"),
    ("gute", "B2"),
    ("gutes", "B2"),
    ("working proficiency", "B2"),
    ("upper intermediate", "B2"),
    ("strong", "B2"),
    ("intermediate", "B1"),
    ("conversational", "B1"),
    ("basic", "A2"),
    ("basics", "A2"),
    ("grundkenntnisse", "A2"),
    ("beginner", "A1"),
    ("solid", "B2"),
    ("gut", "B2"),
    ("sehr gut", "C1"),
    ("courant", "C1"),
    ("fluido", "C1"),
    ("avanzado", "C1"),
    ("alto", "B2"),
    ("bilingue", "C2"),
    ("nativo", "native"),
    ("natif", "native"),
];
/// Words that speak of a language.
const CUES: &[&str] = &[
    "speaker",
    "speakers",
    "speaking",
    "speaks",
    "speak",
    "spoken",
    "language",
    "languages",
    "skills",
    "kenntnisse",
    "sprachkenntnisse",
    "sprache",
    "written",
    "sprechend",
    "sprachig",
    "level",
    "niveau",
    "knowledge",
    "required",
    "must",
    "spricht",
    "also",
    "in",
    "with",
    "mit",
    "con",
    "avec",
    "and",
    "or",
    "und",
    "oder",
    "plus",
    "wort",
    "translator",
    "translation",
    "interpreter",
    "ubersetzer",
    "ubersetzerin",
    "dolmetscher",
    "dolmetscherin",
    "proficiency",
    "no",
    "preferred",
    "ideally",
    "preferably",
];
/// Words between a language and its level.
const LEAST: &[&str] =
    &["mindestens", "mind", "minimum", "min", "at", "least", "auf", "ab", "of", "minimal", "wenigstens", "a"];
/// Words after a language's name that make it something else.
const OTHER: &[&str] = &[
    "market",
    "markets",
    "cuisine",
    "gaap",
    "law",
    "teacher",
    "lehrer",
    "food",
    "pastry",
    "company",
    "companies",
    "clients",
    "customers",
    "kitchen",
    "team",
    "tax",
    "literature",
    "accounting",
    "bakery",
    "restaurant",
    "labour",
    "labor",
    "office",
    "history",
    "massage",
    "government",
    "army",
    "banking",
    "subsidiary",
    "studies",
    "citizen",
    "lessons",
    "breakfast",
    "degree",
    "style",
];

/// Peoples whose language has another name, folded.
const PEOPLES: &[(&str, &str)] = &[
    ("latin american", "es"),
    ("latin americans", "es"),
    ("hispanic", "es"),
    ("hispanics", "es"),
    ("latino", "es"),
    ("latina", "es"),
    ("latinx", "es"),
    ("mexican", "es"),
    ("argentine", "es"),
    ("argentinian", "es"),
    ("colombian", "es"),
    ("chilean", "es"),
    ("brazilian", "pt"),
    ("austrian", "de"),
    ("quebecois", "fr"),
    ("francophone", "fr"),
    ("egyptian", "ar"),
    ("arab", "ar"),
    ("syrian", "ar"),
    ("taiwanese", "zh"),
    ("iranian", "fa"),
    ("lateinamerikanische", "es"),
    ("lateinamerikanischen", "es"),
    ("brasilianische", "pt"),
    ("brasilianischen", "pt"),
];
/// Whom one speaks with.
const SERVED: &[&str] = &[
    "customers",
    "clients",
    "guests",
    "patients",
    "families",
    "residents",
    "visitors",
    "callers",
    "students",
    "buyers",
    "suppliers",
    "partners",
    "communities",
    "community",
    "people",
    "markets",
    "kunden",
    "kundschaft",
    "patienten",
    "gaste",
    "speakers",
];
/// How a query says that it means the language of those it named.
const THEIR_OWN: &[&str] = &[
    "in their own language",
    "in their native language",
    "in their own tongue",
    "in their native tongue",
    "in their language",
    "in their mother tongue",
    "in ihrer sprache",
    "in ihrer muttersprache",
    "in their first language",
];

/// "Latin American customers in their own language", "Hispanic clients in Spanish": customers ask for a language only
/// where it is said that it is theirs; they are no requirement themselves.
fn served(draft: &mut Draft) {
    for at in 0..draft.tokens.len() {
        let named = PEOPLES.iter().find_map(|(name, code)| draft.phrase_at(at, name).map(|n| (n, *code)));
        let tongue = || {
            let found = language_mentions(draft.slice(at, at + 1));
            found.first().map(|mention| (1, mention.id))
        };
        let Some((words, code)) = named.or_else(tongue) else { continue };
        let whom = at + words;
        if !SERVED.contains(&draft.word(whom)) || draft.is_claimed(at, whom + 1) {
            continue;
        }
        let own = draft.any_at(whom + 1, THEIR_OWN);
        let (_, to) = draft.clause(at);
        let rest = draft.slice(whom + 1, to).to_owned();
        let same = language_mentions(&rest).iter().any(|mention| mention.id == code);
        if own.is_some() && draft.out.languages.iter().all(|l| l.code != code) && language_label(code).is_some() {
            let kind = draft.kind(at, whom + 1);
            draft.out.languages.push(WantedLanguage { code: code.to_owned(), level: None, kind });
        }
        if own.is_some() || same {
            draft.claim(at, whom + 1 + own.unwrap_or(0));
        }
    }
    // Without a language beside it the word only repeats that two are spoken.
    if !draft.out.languages.is_empty() {
        for at in (0..draft.tokens.len()).filter(|at| draft.word(*at) == "bilingual").collect::<Vec<_>>() {
            draft.claim(at, at + 1);
        }
    }
}

/// Reads the languages.
pub(super) fn read(draft: &mut Draft) {
    served(draft);
    let found = language_mentions(&draft.text);
    let mut last_taken: Option<usize> = None;
    let mut seen: Vec<(usize, usize, &'static str)> = Vec::new();
    for mention in &found {
        let (first, last) = draft.range(mention.start, mention.end);
        if first < last && !draft.is_claimed(first, last) {
            seen.push((first, last, mention.id));
        }
    }
    for (first, last, code) in seen.clone() {
        if OTHER.contains(&draft.word(last)) && draft.tokens[last].gap != Gap::Break {
            continue;
        }
        let (from, to) = draft.clause(first);
        let before = level_before(draft, first, from);
        let after = level_after(draft, last, to);
        let next_language = |at: usize| seen.iter().any(|s| s.0 == at);
        let listed = last_taken.is_some_and(|l| first - l <= 2)
            || matches!(draft.word(last), "and" | "or" | "und" | "oder" | "to" | "into" | "y" | "et")
                && next_language(last + 1);
        let listed = listed || next_language(last) || seen.iter().any(|s| s.1 == first);
        let kind = draft.kind(first, last);
        let cue = kind != Kind::Must
            || CUES.contains(&draft.word(last))
            || CUES.contains(&draft.back(first, 1))
            || draft.back(first, 1) == "speaking";
        let compound = draft.word(first).ends_with("kenntnisse") || draft.word(first).ends_with("sprachig");
        let item = to - from == last - first && !draft.description;
        if is_deed(draft, first, last, next_language(last + 1)) && before.is_none() && after.is_none() {
            continue;
        }
        if before.is_none() && after.is_none() && !listed && !cue && !compound && !item {
            continue;
        }
        last_taken = Some(last);
        let level = after.as_ref().or(before.as_ref()).map(|l| l.2.clone());
        let begin = before.as_ref().map_or(first, |b| b.0);
        let mut end = after.as_ref().map_or(last, |a| a.1);
        while matches!(
            draft.word(end),
            "speaker"
                | "speakers"
                | "speaking"
                | "skills"
                | "kenntnisse"
                | "level"
                | "niveau"
                | "language"
                | "sprachkenntnisse"
                | "proficiency"
        ) {
            end += 1;
        }
        let spoken = matches!(draft.back(begin, 1), "con" | "avec");
        draft.claim(begin - usize::from(spoken), end);
        if draft.out.languages.iter().all(|l| l.code != code) && language_label(code).is_some() {
            draft.out.languages.push(WantedLanguage { code: code.to_owned(), level, kind });
        }
    }
}

/// Words beside "polish" that make it a verb.
const DEEDS: &[&str] = &["grind", "sand", "buff", "weld", "cut", "deburr", "trim", "wax", "clean", "can", "to", "will"];

/// "Can polish and grind metal": the one language that is also a verb, in lower case, before "and" and another deed.
fn is_deed(draft: &Draft, first: usize, last: usize, listed: bool) -> bool {
    let joins = matches!(draft.word(last), "and" | "or") && !listed;
    let behind = draft.back(first, 1 + usize::from(draft.back(first, 1) == "and"));
    let can = DEEDS.contains(&behind) || DEEDS.contains(&draft.word(last));
    let spoken = CUES.contains(&draft.word(last)) && !matches!(draft.word(last), "and" | "or" | "in" | "with" | "");
    draft.word(first) == "polish" && !draft.tokens[first].capital && (joins || can && !spoken)
}

fn framework(word: &str) -> Option<String> {
    let word = word.trim_end_matches('+');
    matches!(word, "a1" | "a2" | "b1" | "b2" | "c1" | "c2").then(|| word.to_uppercase())
}

/// A level right behind the language: range and level.
fn level_after(draft: &Draft, last: usize, to: usize) -> Option<(usize, usize, String)> {
    // A parenthesis or a dash may stand between: "German (C1)".
    let bound = (last + 4).min(draft.tokens.len());
    for at in last..bound {
        let shortened = matches!(draft.back(at, 1), "mind" | "min") && draft.between(at).trim() == ".";
        let bridged = at < to
            || shortened
            || draft.between(at).trim().chars().all(|c| matches!(c, '(' | ':' | '-' | '–')) && at - last <= 1;
        if !bridged {
            return None;
        }
        if let Some(level) = framework(draft.word(at)) {
            return Some((last, at + 1, level));
        }
        if let Some((name, level)) = LEVELS.iter().find(|l| draft.phrase_at(at, l.0).is_some()) {
            let end =
                (at + 1..draft.tokens.len().min(at + 3)).take_while(|i| draft.tokens[*i].gap != Gap::Break).count();
            let owner = language_mentions(draft.slice(at + 1, at + 1 + end)).is_empty();
            return owner.then(|| (last, at + name.split(' ').count(), (*level).to_owned()));
        }
        if LEAST.contains(&draft.word(at)) {
            continue;
        }
        if !CUES.contains(&draft.word(at)) || matches!(draft.word(at), "and" | "or" | "und" | "oder") {
            return None;
        }
    }
    None
}

/// A level before the language: range and level.
fn level_before(draft: &Draft, first: usize, from: usize) -> Option<(usize, usize, String)> {
    for steps in 1..=3 {
        let at = first.checked_sub(steps).filter(|i| *i >= from)?;
        if let Some(level) = framework(draft.word(at)) {
            return (steps == 1 || steps == 2 && draft.word(at + 1) == "in").then_some((at, first, level));
        }
        let found = LEVELS
            .iter()
            .filter(|l| draft.phrase_at(at, l.0).is_some_and(|n| n + at <= first))
            .max_by_key(|l| l.0.len());
        if let Some((_, level)) = found {
            return Some((at, first, (*level).to_owned()));
        }
        if !matches!(
            draft.word(at),
            "in" | "of"
                | "and"
                | "speaker"
                | "speaks"
                | "level"
                | "written"
                | "spoken"
                | "tongue"
                | "speaking"
                | "kenntnisse"
        ) {
            return None;
        }
    }
    None
}
