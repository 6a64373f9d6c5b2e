//! Decides when a skill whose name is also a plain word counts. "Go" in "Go engineer" is a language, in "go the extra
//! mile" a verb: the words around it tell, and each kind of text asks for its own proof.

use super::{
    Context,
    table::Hit,
    titles::is_tech_head,
    tokens::{Gap, Token},
};

/// What kind of name a hit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sense {
    /// A technical name that means nothing else.
    Technical,
    /// A technical name that is also a plain word.
    Plain,
    /// Any other skill.
    General,
}

/// How far, in tokens, another technical name supports a plain word.
const NEAR: usize = 4;
/// How far in running text, where names stand further apart.
const NEAR_IN_PROSE: usize = 8;

/// Words after which a plain word is a verb or an adverb, never a technology.
const VERBAL_BEFORE: &[&str] = &[
    "to", "can", "will", "could", "would", "should", "may", "might", "let", "lets", "let's", "we", "i", "they", "you",
    "on the", "a", "an", "the", "your", "our", "my", "very", "and to", "who", "that", "zu", "of the", "her", "his",
    "their",
];
/// Words that follow a plain word in running language, never a technology.
const VERBAL_AFTER: &[&str] = &[
    "the",
    "to",
    "at",
    "of",
    "on",
    "a",
    "an",
    "your",
    "our",
    "my",
    "their",
    "through",
    "back",
    "home",
    "up",
    "out",
    "quickly",
    "further",
    "beyond",
    "above",
    "live",
    "getter",
    "to-market",
    "market",
    "line",
    "season",
    "cleaning",
    "belt",
    "delivery",
    "response",
    "action",
    "that",
    "themselves",
    "calmly",
    "well",
    "interest",
];
/// Words before a name that ask for it as a skill.
const CUES_BEFORE: &[&str] = &[
    "knows",
    "know",
    "knowing",
    "knowledge",
    "experience",
    "experienced",
    "with",
    "using",
    "uses",
    "in",
    "programming",
    "written",
    "skills",
    "skill",
    "proficient",
    "expert",
    "language",
    "languages",
    "and",
    "or",
    "oder",
    "und",
    "mit",
    "plus",
    "required",
    "must",
    "learn",
    "learnt",
    "kenntnisse",
    "erfahrung",
    "not",
    "no",
    "kein",
    "keine",
    "without",
    "like",
    "years",
    "years of",
    "yrs",
    "jahre",
    "jahren",
    "advanced",
    "modern",
    "strong",
    "solid",
    "senior",
    "junior",
    "lead",
    "good",
    "ms",
    "than",
    "ohne",
    "nicht",
    "than",
    "as",
    "from",
    "sehr",
    "gute",
    "preferably",
    "ideally",
    "codes",
    "code",
    "coding",
    "con",
    "avec",
    "domina",
    "sabe",
    "maitrise",
];
/// Words after a name that show it to be a technology.
const CUES_AFTER: &[&str] = &[
    "experience",
    "skills",
    "skill",
    "knowledge",
    "programming",
    "required",
    "preferred",
    "kenntnisse",
    "kenntnissen",
    "erfahrung",
    "framework",
    "language",
    "code",
    "codebase",
    "backend",
    "frontend",
    "services",
    "microservices",
    "nice",
    "a",
    "is",
    "macros",
    "spreadsheets",
    "pivot",
    "vlookup",
    "scripts",
    "scripting",
    "stack",
    "expert",
    "guru",
    "wizard",
    "apps",
    "app",
    "application",
    "applications",
    "concurrency",
    "shop",
    "template",
    "templates",
    "ist",
    "wunschenswert",
    "erforderlich",
    "modelling",
    "modeling",
    "models",
    "vba",
    "formulas",
    "avanzado",
    "avance",
];

/// Words before "of" that ask for a skill: "two years of Go".
const OF_CUES: &[&str] = &["years", "year", "yrs", "experience", "knowledge", "command", "jahre", "jahren", "months"];

/// Longest chain of plain words that support each other.
const MOST_ROUNDS: usize = 6;

/// Which hits count.
pub(super) fn settle(tokens: &[Token], hits: &[Hit], context: Context, sense: impl Fn(&Hit) -> Sense) -> Vec<bool> {
    let senses: Vec<Sense> = hits.iter().map(sense).collect();
    let mut keep: Vec<bool> = senses.iter().map(|s| *s != Sense::Plain).collect();
    if context == Context::SkillList {
        for (i, hit) in hits.iter().enumerate() {
            keep[i] |= whole_item(tokens, hit);
        }
        return keep;
    }
    // A plain word that was accepted supports its neighbour ("Scala and Spark data engineer").
    for _ in 0..MOST_ROUNDS {
        let technical: Vec<&Hit> = hits
            .iter()
            .zip(&keep)
            .zip(&senses)
            .filter(|((_, k), s)| **k && **s != Sense::General)
            .map(|((h, _), _)| h)
            .collect();
        let newly: Vec<usize> =
            (0..hits.len()).filter(|i| !keep[*i] && supported(tokens, &hits[*i], &technical, context)).collect();
        if newly.is_empty() {
            break;
        }
        for i in newly {
            keep[i] = true;
        }
    }
    keep
}

fn supported(tokens: &[Token], hit: &Hit, technical: &[&Hit], context: Context) -> bool {
    let token = &tokens[hit.first];
    let before = hit.first.checked_sub(1).map(|i| &tokens[i]).filter(|_| token.gap != Gap::Break);
    let after = tokens.get(hit.last).filter(|t| t.gap != Gap::Break);
    // "less than three years" compares, whatever stands beside it.
    if after.is_some_and(|t| t.text == "than") && token.text == "less" {
        return false;
    }
    let hyphened = token.hyphen || after.is_some_and(|t| t.hyphen);
    let verbal = before.is_some_and(|t| VERBAL_BEFORE.contains(&t.text.as_str()))
        || after.is_some_and(|t| VERBAL_AFTER.contains(&t.text.as_str()));
    if context == Context::Prose && !token.capital {
        return false;
    }
    if !token.capital && verbal {
        return false;
    }
    let role_after = (hit.last..tokens.len())
        .take(3)
        .take_while(|i| tokens[*i].gap != Gap::Break)
        .any(|i| is_tech_head(&tokens[i].text));
    let role_before = before.is_some_and(|t| is_tech_head(&t.text));
    if role_after || role_before && !verbal {
        return true;
    }
    if hyphened && !token.capital {
        return false;
    }
    let reach = if context == Context::Prose { NEAR_IN_PROSE } else { NEAR };
    // The hits are in order: only the nearest on each side can be near enough.
    let at = technical.partition_point(|t| t.first < hit.first);
    let nearest = [at.checked_sub(1).and_then(|i| technical.get(i)), technical.get(at)];
    let neighbour = nearest.into_iter().flatten().any(|t| {
        let distance = if t.first >= hit.last { t.first - hit.last } else { hit.first.saturating_sub(t.last) };
        distance <= reach
    });
    if neighbour && (token.capital || !verbal) {
        return !(verbal && context == Context::Prose && after.is_some_and(|t| t.text == "to" || t.text == "at"));
    }
    if context == Context::Prose {
        return after.is_some_and(|t| CUES_AFTER.contains(&t.text.as_str()) && t.text != "is" && t.text != "a");
    }
    let cue = after.is_some_and(|t| CUES_AFTER.contains(&t.text.as_str()))
        || before.is_some_and(|t| {
            CUES_BEFORE.contains(&t.text.as_str()) && after.is_none_or(|n| CUES_BEFORE.contains(&n.text.as_str()))
        });
    let counted = before.is_some_and(|t| t.text == "of")
        && hit.first >= 2
        && OF_CUES.contains(&tokens[hit.first - 2].text.as_str());
    let alone = before.is_none() && after.is_none() && (token.capital || tokens.len() <= 2);
    (cue || counted || alone) && !verbal
}

fn whole_item(tokens: &[Token], hit: &Hit) -> bool {
    let open = tokens[hit.first].gap != Gap::Joined
        || tokens[hit.first - 1].text == "and"
        || tokens[hit.first - 1].text == "und";
    let closed =
        tokens.get(hit.last).is_none_or(|t| t.gap != Gap::Joined || matches!(t.text.as_str(), "and" | "und" | "or"));
    open && closed
}
