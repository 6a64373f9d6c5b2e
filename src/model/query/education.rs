//! Degrees and trainings asked for, with the field: "doctorate in physics", "Bachelor BWL", "abgeschlossene Ausbildung".

use crate::model::taxonomy::tokens::Gap;

use super::{
    draft::Draft,
    interpretation::{Kind, WantedEducation},
};

/// Names of degrees, folded, with their level; those in the second list need a field or the word "degree" beside them.
const DEGREES: &[(&str, &[&str])] = &[
    (
        "doctorate",
        &[
            "phd",
            "ph.d",
            "doctorate",
            "doctoral degree",
            "promotion",
            "promoviert",
            "promovierter",
            "doktortitel",
            "dphil",
            "doktorat",
            "doctoral",
        ],
    ),
    (
        "master",
        &[
            "master's degree",
            "masters degree",
            "master degree",
            "master's",
            "masters",
            "msc",
            "m.sc",
            "ms degree",
            "m.a",
            "mba",
            "masterabschluss",
            "masterstudium",
            "diplom",
            "magister",
            "meng",
            "m.eng",
            "llm degree",
            "postgraduate degree",
            "graduate degree",
            "postgraduate",
            "postgraduate qualification",
            "post graduate degree",
            "post-graduate degree",
            "graduate degree beyond the bachelor",
            "graduate degree beyond a bachelor",
            "graduate degree beyond bachelor",
            "degree beyond the bachelor",
            "degree beyond a bachelor",
            "degree beyond bachelor",
            "degree above bachelor",
            "degree above the bachelor",
            "graduate level degree",
            "graduate school degree",
            "second level degree",
            "master level",
            "maestria",
            "titulo de master",
            "posgrado",
            "postgraduate business degree",
            "graduate business degree",
            "business master's degree",
            "business school degree",
            "advanced business degree",
            "master of business administration",
            "master in business administration",
            "masters in business administration",
            "master's in business administration",
            "master's degree in business administration",
            "advanced degree",
            "master of science",
            "master of arts",
            "staatsexamen",
            "universitatsdiplom",
            "diplomstudium",
        ],
    ),
    (
        "bachelor",
        &[
            "bachelor's degree",
            "bachelors degree",
            "bachelor degree",
            "bachelor's",
            "bachelors",
            "bachelor",
            "bsc",
            "b.sc",
            "b.a",
            "ba degree",
            "bs degree",
            "beng",
            "b.eng",
            "bachelorabschluss",
            "university degree",
            "college degree",
            "hochschulabschluss",
            "hochschulstudium",
            "universitatsabschluss",
            "studienabschluss",
            "abgeschlossenes studium",
            "undergraduate degree",
            "studium",
            "degree",
            "academic degree",
            "bachelor of science",
            "bachelor of arts",
            "btech",
            "b.tech",
            "fachhochschulabschluss",
            "university graduate",
            "fh abschluss",
        ],
    ),
    ("associate", &["associate degree", "associate's degree", "associates degree", "foundation degree"]),
    (
        "vocational",
        &[
            "abgeschlossene ausbildung",
            "abgeschlossene berufsausbildung",
            "berufsausbildung",
            "ausbildung",
            "apprenticeship",
            "vocational training",
            "vocational qualification",
            "completed apprenticeship",
            "gesellenbrief",
            "trade school",
            "vocational degree",
            "kaufmannische ausbildung",
            "handwerkliche ausbildung",
            "technische ausbildung",
            "lehrabschluss",
        ],
    ),
    (
        "school",
        &[
            "high school diploma",
            "high school degree",
            "abitur",
            "a levels",
            "mittlere reife",
            "realschulabschluss",
            "hauptschulabschluss",
            "fachabitur",
            "ged",
            "matura",
            "secondary school diploma",
            "schulabschluss",
        ],
    ),
];
/// Single words that are degrees only before "in", "of" or "degree", or as an item of their own.
const BARE: &[(&str, &str)] = &[
    ("master", "master"),
    ("ma", "master"),
    ("ms", "master"),
    ("ba", "bachelor"),
    ("bs", "bachelor"),
    ("dr", "doctorate"),
];
/// Words between a degree and its field.
const LINKS: &[&str] =
    &["in", "of", "der", "des", "im", "degree", "als", "zum", "zur", "fach", "bereich", "the", "studies"];
/// Words that end a field.
const ENDS: &[&str] = &[
    "or",
    "oder",
    "and",
    "with",
    "mit",
    "required",
    "preferred",
    "from",
    "plus",
    "is",
    "ist",
    "who",
    "erforderlich",
    "nice",
    "bevorzugt",
    "years",
    "sowie",
    "experience",
    "as",
    "at",
];
/// German fields with their English names.
const FIELDS: &[(&str, &str)] = &[
    ("informatik", "computer science"),
    ("cs", "computer science"),
    ("wirtschaftsinformatik", "business informatics"),
    ("maschinenbau", "mechanical engineering"),
    ("elektrotechnik", "electrical engineering"),
    ("bwl", "business administration"),
    ("betriebswirtschaft", "business administration"),
    ("betriebswirtschaftslehre", "business administration"),
    ("vwl", "economics"),
    ("mathematik", "mathematics"),
    ("physik", "physics"),
    ("chemie", "chemistry"),
    ("biologie", "biology"),
    ("jura", "law"),
    ("rechtswissenschaften", "law"),
    ("medizin", "medicine"),
    ("psychologie", "psychology"),
    ("architektur", "architecture"),
    ("bauingenieurwesen", "civil engineering"),
    ("wirtschaftsingenieurwesen", "industrial engineering"),
    ("maths", "mathematics"),
    ("germanistik", "german studies"),
    ("pharmazie", "pharmacy"),
];
/// Longest field, in words.
const LONGEST_FIELD: usize = 4;

/// Reads what education is asked for.
pub(super) fn read(draft: &mut Draft) {
    let mut at = 0;
    while at < draft.tokens.len() {
        match degree(draft, at) {
            Some((level, words)) if !draft.is_claimed(at, at + words) => at = take(draft, at, at + words, level),
            _ => at += 1,
        }
    }
}

fn degree(draft: &Draft, at: usize) -> Option<(&'static str, usize)> {
    let named =
        DEGREES.iter().filter_map(|(level, names)| draft.any_at(at, names).map(|n| (*level, n))).max_by_key(|d| d.1);
    if let Some((level, words)) = named {
        let other = matches!(
            draft.word(at + words),
            "manager" | "developer" | "officer" | "coordinator" | "programme" | "thesis" | "student" | "data"
        ) || words == 1 && draft.word(at) == "promotion" && !matches!(draft.word(at + 1), "in" | "")
            || draft.word(at) == "masters" && draft.word(at + 1) == "program";
        return (!other).then_some((level, words));
    }
    if is_master_of_laws(draft, at) {
        return Some(("master", 1));
    }
    let (_, level) = BARE.iter().find(|b| b.0 == draft.word(at))?;
    let joined = draft.tokens.get(at + 1).is_some_and(|t| t.gap == Gap::Joined);
    let alone = draft.clause(at) == (at, at + 1) && draft.word(at) == "master";
    let linked = joined
        && match draft.word(at + 1) {
            // "Springfield, MA or Hartford": a degree's alternative is another.
            "or" | "oder" => {
                BARE.iter().any(|b| b.0 == draft.word(at + 2))
                    || DEGREES.iter().any(|(_, names)| draft.any_at(at + 2, names).is_some())
            }
            next => matches!(next, "in" | "of" | "degree" | "informatik"),
        }
        && (draft.word(at) == "master" || draft.slice(at, at + 1).chars().any(char::is_uppercase));
    let blocked = matches!(draft.back(at, 1), "scrum" | "web" | "head" | "station" | "post" | "ms");
    ((alone || linked) && !blocked && draft.word(at + 2) != "ceremonies").then_some((*level, 1))
}

/// "LLM" beside the law is a degree, elsewhere a language model.
fn is_master_of_laws(draft: &Draft, at: usize) -> bool {
    const LAW: &[&str] = &[
        "law",
        "lawyer",
        "legal",
        "attorney",
        "solicitor",
        "counsel",
        "barrister",
        "rechtsanw",
        "jurist",
        "abogad",
        "avocat",
    ];
    let of_law = |word: &str| LAW.iter().any(|stem| word.starts_with(stem));
    draft.word(at) == "llm" && draft.tokens.iter().any(|t| of_law(&t.text))
}

/// Writes the degree down with its field; returns where reading goes on.
fn take(draft: &mut Draft, first: usize, last: usize, level: &str) -> usize {
    let (from, to) = draft.clause(first);
    let mut at = last;
    let linked = LINKS.contains(&draft.word(at)) && at < to;
    while at < to && LINKS.contains(&draft.word(at)) {
        at += 1;
    }
    let german = draft.word(first).starts_with("studium")
        || matches!(draft.word(first), "bachelor" | "master" | "diplom" | "ausbildung");
    let mut end = at;
    if linked || german {
        while end < to && end - at < LONGEST_FIELD && !ENDS.contains(&draft.word(end)) && degree_free(draft, end) {
            end += 1;
        }
    }
    let named = end;
    // "in physics or mathematics": the second subject widens the same demand.
    while end > at && matches!(draft.word(end), "or" | "oder") && end + 1 < to && subject(draft, end + 1, end + 2) {
        end += 2;
    }
    let mut begin = first;
    let mut field = (end > at).then(|| draft.slice(at, named).to_lowercase());
    if field.is_none()
        && matches!(draft.word(last - 1), "degree" | "studium" | "abschluss" | "ausbildung" | "apprenticeship")
        || field.is_none() && last - first == 1
    {
        let start = (from.max(first.saturating_sub(2))..first).find(|i| subject(draft, *i, first));
        if let Some(start) = start {
            field = Some(draft.slice(start, first).to_lowercase());
            begin = start;
        }
    }
    let field = field.map(|f| FIELDS.iter().find(|n| n.0 == f).map_or(f, |n| n.1.to_owned()));
    let kind = draft.kind(first, last);
    draft.claim(begin, end.max(last));
    let business = (first..last).any(|i| matches!(draft.word(i), "business" | "mba"));
    let field = if business { Some("business administration".to_owned()) } else { field };
    let field = if draft.word(first) == "llm" {
        draft.dropped[first] = true;
        Some("law".to_owned())
    } else {
        field
    };
    add(draft, level, field, kind);
    end.max(last)
}

fn degree_free(draft: &Draft, at: usize) -> bool {
    !draft.claimed[at] && DEGREES.iter().all(|d| draft.any_at(at, d.1).is_none())
}

/// Whether the words `start..end` name a subject of study.
fn subject(draft: &Draft, start: usize, end: usize) -> bool {
    use crate::model::taxonomy::skills;
    let words = draft.slice(start, end);
    (start..end).all(|i| !draft.claimed[i])
        && (skills().resolve(words).is_some_and(|s| !s.technical)
            || FIELDS.iter().any(|f| f.0 == words.to_lowercase() || f.1 == words.to_lowercase()))
}

/// "Bachelor or Master in economics" is one demand: the lower level, the field of either.
fn add(draft: &mut Draft, level: &str, field: Option<String>, kind: Kind) {
    if let Some(same) = draft
        .out
        .education
        .last_mut()
        .filter(|e| e.kind == kind && (e.field == field || e.field.is_none() || field.is_none()))
    {
        let order = |l: &str| {
            ["school", "vocational", "associate", "bachelor", "master", "doctorate"].iter().position(|x| *x == l)
        };
        if same.level.as_deref().map(order) > Some(order(level)) {
            same.level = Some(level.to_owned());
        }
        same.field = same.field.take().or(field);
        return;
    }
    draft.out.education.push(WantedEducation { level: Some(level.to_owned()), field, kind });
}
