//! Seniority: "senior", "mid-level", "Teamleiter", "head of", "Praktikant". A grade that is part of another word's
//! meaning ("senior care", "lead generation", "account executive") is none.

use crate::model::taxonomy::tokens::Gap;

use super::{
    draft::Draft,
    interpretation::{Kind, Seniority},
};

const GRADES: &[(Seniority, &[&str])] = &[
    (
        Seniority::Intern,
        &[
            "intern",
            "interns",
            "internship",
            "praktikant",
            "praktikantin",
            "praktikum",
            "werkstudent",
            "werkstudentin",
            "working student",
            "trainee",
            "apprentice",
            "azubi",
            "auszubildender",
            "auszubildende",
            "student assistant",
            "pflichtpraktikum",
        ],
    ),
    (
        Seniority::Junior,
        &[
            "junior",
            "juniors",
            "jr",
            "entry level",
            "graduate",
            "new grad",
            "berufseinsteiger",
            "berufseinsteigerin",
            "berufsanfanger",
            "fresh graduate",
            "absolvent",
            "absolventin",
            "early career",
            "career starter",
            "entry",
            "einsteiger",
        ],
    ),
    (
        Seniority::Mid,
        &[
            "mid",
            "mid level",
            "midlevel",
            "mid senior",
            "medior",
            "intermediate level",
            "mid career",
            "professional level",
            "intermediate",
        ],
    ),
    (Seniority::Senior, &["senior", "seniors", "sr", "seniorin", "highly experienced", "seasoned"]),
    (
        Seniority::Lead,
        &[
            "team lead",
            "tech lead",
            "technical lead",
            "lead",
            "team leader",
            "teamleiter",
            "teamleiterin",
            "teamleitung",
            "crew lead",
            "shift lead",
            "gruppenleiter",
            "gruppenleiterin",
            "abteilungsleiter",
            "abteilungsleiterin",
            "squad lead",
            "leitender",
            "leitende",
            "head chef",
            "head nurse",
            "stationsleitung",
            "leads",
            "schichtleiter",
            "leiter",
            "leiterin",
            "bereichsleiter",
        ],
    ),
    (
        Seniority::Principal,
        &[
            "principal",
            "staff engineer",
            "staff software engineer",
            "staff developer",
            "staff data scientist",
            "distinguished engineer",
            "principals",
        ],
    ),
    (
        Seniority::Executive,
        &[
            "head of",
            "director",
            "director of",
            "vp",
            "vice president",
            "chief",
            "ceo",
            "cto",
            "cfo",
            "coo",
            "cio",
            "cmo",
            "cpo",
            "ciso",
            "chro",
            "managing director",
            "c level",
            "executive level",
            "executive director",
            "geschaftsfuhrer",
            "geschaftsfuhrerin",
            "vorstand",
            "svp",
            "evp",
            "general manager",
            "direktor",
            "direktorin",
            "bereichsvorstand",
            "c suite",
            "executives",
        ],
    ),
];
/// Words after which a grade is not a grade.
const OTHER_AFTER: &[&str] = &[
    "care",
    "size",
    "sized",
    "market",
    "term",
    "citizens",
    "citizen",
    "living",
    "home",
    "homes",
    "center",
    "generation",
    "gen",
    "time",
    "times",
    "schools",
    "school",
    "high",
    "college",
    "tenant",
    "designer school",
    "by",
    "a",
    "the",
    "people",
    "management",
];
/// Words before which a grade is not a grade.
const OTHER_BEFORE: &[&str] = &[
    "art",
    "creative",
    "film",
    "funeral",
    "music",
    "casting",
    "can",
    "will",
    "and to",
    "photography",
    "active",
    "elder",
    "school",
    "sales",
    "stage",
];

/// Who works for the grade before them.
const AIDES: &[&str] = &[
    "assistant",
    "assistants",
    "assistent",
    "assistentin",
    "assistenz",
    "secretary",
    "sekretar",
    "sekretarin",
    "sekretariat",
    "pa",
];

/// Reads the seniority.
pub(super) fn read(draft: &mut Draft) {
    let mut found = Vec::new();
    let mut at = 0;
    while at < draft.tokens.len() {
        let grade = GRADES.iter().filter_map(|(s, names)| draft.any_at(at, names).map(|n| (*s, n))).max_by_key(|g| g.1);
        let Some((seniority, words)) = grade.filter(|g| counts(draft, at, *g)) else {
            at += grade.map_or(1, |g| g.1);
            continue;
        };
        // A refused grade excludes nobody's resume; it is shown as not understood rather than searched for as a word.
        match draft.kinds[at] {
            Kind::Must => found.push(seniority),
            Kind::Not if !draft.claimed[at] => {
                draft.out.unresolved.push(format!("not {}", draft.slice(at, at + words)));
            }
            _ => {}
        }
        draft.claim(at, at + words);
        at += words;
    }
    found.sort_unstable();
    found.dedup();
    // A description speaks of reporting lines too; the grade of its title comes first.
    if draft.description {
        found.truncate(2);
    }
    draft.out.seniority = found;
}

fn counts(draft: &Draft, at: usize, (seniority, words): (Seniority, usize)) -> bool {
    if draft.dropped[at] {
        return false;
    }
    let after = draft.tokens.get(at + words).filter(|t| t.gap != Gap::Break).map_or("", |t| t.text.as_str());
    let word = draft.word(at);
    if OTHER_AFTER.contains(&after) && words == 1 {
        return false;
    }
    if words == 1 && draft.tokens[at].gap != Gap::Break && OTHER_BEFORE.contains(&draft.back(at, 1)) {
        return false;
    }
    match (seniority, word) {
        (Seniority::Junior, "graduate") => draft.word(at + 1) != "degree" && !draft.claimed[at],
        (Seniority::Junior, "entry") | (Seniority::Mid, "mid" | "intermediate") => words > 1 || word == "mid",
        (Seniority::Intern, "intern" | "trainee") => after != "kommunikation",
        (Seniority::Lead, "lead" | "leads") if words == 1 => {
            let skill = draft.claimed[at]
                && !matches!(draft.back(at, 1), "" | "or" | "and" | "team" | "tech")
                && draft.claimed.get(at + 1) == Some(&true);
            !skill
                && !matches!(draft.back(at, 1), "to")
                && !matches!(after, "to" | "teams" | "team" | "people" | "and" | "on")
        }
        (Seniority::Executive, _) if AIDES.contains(&after) => false,
        (Seniority::Executive, _) if draft.back(at, 1) == "to" || draft.back(at, 2) == "to" => false,
        (Seniority::Executive, "director") => !draft.description,
        (Seniority::Executive, "chief") => {
            after == "of"
                || after.ends_with("officer")
                || draft.word(at + 2) == "officer"
                || draft.word(at + 3) == "officer"
        }
        (Seniority::Principal, "principal") => !matches!(draft.back(at, 1), "school") && !matches!(after, "of"),
        _ => true,
    }
}
