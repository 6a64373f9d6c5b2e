//! Employers asked for or refused: "worked at Siemens or Bosch", "not from Accenture", "ex-Google". A common noun in that
//! place ("from agencies") is a word to look for, not an employer.

use crate::model::taxonomy::{is_ordinary, skills, tokens::Gap};

use super::{
    draft::Draft,
    interpretation::{Kind, WantedEmployer, WantedKeyword},
    titles::Title,
};

/// Before an employer.
const CUES: &[&str] = &[
    "worked at",
    "worked for",
    "working at",
    "working for",
    "works at",
    "works for",
    "work at",
    "employed at",
    "employed by",
    "experience at",
    "experience from",
    "background at",
    "previously at",
    "formerly at",
    "currently at",
    "came from",
    "coming from",
    "come from",
    "from",
    "ex",
    "former",
    "hired from",
    "arbeitet bei",
    "gearbeitet bei",
    "tatig bei",
    "bei",
    "von",
    "company",
    "employer",
    "arbeitgeber",
    "firma",
    "time at",
    "years at",
    "worked with clients at",
    "alumni of",
    "poached from",
    "gearbeitet fur",
    "worked in companies like",
    "companies like",
    "firms like",
    "such as",
    "stationen bei",
    "erfahrung bei",
];
/// Weak cues, which also stand before places and things: the name must be capitalised.
const WEAK: &[&str] = &[
    "from",
    "ex",
    "former",
    "bei",
    "von",
    "company",
    "firma",
    "such as",
    "companies like",
    "firms like",
    "employer",
    "work at",
    "working for",
];
/// Words no employer's name begins with.
const STOPS: &[&str] = &[
    "a",
    "an",
    "the",
    "our",
    "your",
    "my",
    "other",
    "any",
    "large",
    "small",
    "big",
    "home",
    "scratch",
    "anywhere",
    "abroad",
    "remote",
    "now",
    "einem",
    "einer",
    "einen",
    "der",
    "die",
    "den",
    "dem",
    "us",
    "least",
    "years",
    "competitor",
    "competitors",
    "immediately",
    "zero",
    "start",
    "university",
    "college",
    "within",
    "different",
    "international",
    "at",
    "for",
];
/// Well-known employers, folded: they count in lower case after any cue.
const KNOWN: &[&str] = &[
    "google",
    "amazon",
    "microsoft",
    "apple",
    "meta",
    "facebook",
    "netflix",
    "siemens",
    "bosch",
    "bmw",
    "daimler",
    "mercedes",
    "volkswagen",
    "audi",
    "porsche",
    "sap",
    "accenture",
    "deloitte",
    "kpmg",
    "ey",
    "pwc",
    "mckinsey",
    "bain",
    "bcg",
    "ibm",
    "oracle",
    "intel",
    "nvidia",
    "tesla",
    "allianz",
    "basf",
    "bayer",
    "continental",
    "zalando",
    "uber",
    "airbnb",
    "spotify",
    "infosys",
    "tcs",
    "wipro",
    "capgemini",
    "cognizant",
    "goldman sachs",
    "jp morgan",
    "morgan stanley",
    "deutsche bank",
    "commerzbank",
    "unicredit",
    "ubs",
    "hsbc",
    "barclays",
    "dhl",
    "lufthansa",
    "aldi",
    "lidl",
    "rewe",
    "edeka",
    "ikea",
    "walmart",
    "target",
    "nike",
    "adidas",
    "nestle",
    "unilever",
    "procter & gamble",
    "pfizer",
    "novartis",
    "roche",
    "airbus",
    "boeing",
    "thyssenkrupp",
    "zf",
    "ericsson",
    "nokia",
    "vodafone",
    "telekom",
    "marriott",
    "hilton",
    "charite",
];

/// Reads the employers.
pub(super) fn read(draft: &mut Draft, titles: &[Title]) {
    for at in 0..draft.tokens.len() {
        let Some(words) = draft.any_at(at, CUES) else { continue };
        let weak = WEAK.contains(&draft.slice(at, at + words).to_lowercase().replace('-', " ").as_str());
        let mut next = at + words;
        let mut any = false;
        while let Some(end) = name(draft, next, titles, weak || any) {
            take(draft, next, end);
            any = true;
            let joined = matches!(draft.word(end), "or" | "and" | "oder" | "und");
            let comma = end < draft.tokens.len() && draft.between(end).trim() == ",";
            next = match (joined, comma) {
                (true, _) => end + 1,
                (_, true) => end,
                _ => break,
            };
        }
        if any {
            draft.claim(at, at + words);
        }
    }
    alumni(draft);
    named(draft, titles);
}

/// "not KPMG", or an employer's name as an item of its own.
fn named(draft: &mut Draft, titles: &[Title]) {
    for at in 0..draft.tokens.len() {
        let known = KNOWN.contains(&draft.word(at)) && !draft.is_claimed(at, at + 1);
        let free =
            known && skills().resolve(draft.word(at)).is_none() && titles.iter().all(|t| at < t.first || t.last <= at);
        let item = draft.tokens[at].gap == Gap::Break && draft.tokens.get(at + 1).is_none_or(|t| t.gap == Gap::Break);
        if free && (draft.kinds[at] == Kind::Not || item && draft.tokens[at].capital && !draft.description) {
            take(draft, at, at + 1);
        }
    }
}

/// "Google alumni", "Edeka or Rewe experience".
fn alumni(draft: &mut Draft) {
    for at in 1..draft.tokens.len() {
        let after = matches!(
            draft.word(at),
            "alumni" | "alumnus" | "background" | "veteran" | "experience" | "erfahrung" | "hintergrund"
        );
        let employs = |i: usize| {
            KNOWN.contains(&draft.word(i)) && !draft.is_claimed(i, i + 1) && skills().resolve(draft.word(i)).is_none()
        };
        if !after || !employs(at - 1) {
            continue;
        }
        let joined = at >= 3 && matches!(draft.word(at - 2), "or" | "and" | "oder" | "und") && employs(at - 3);
        if joined {
            take(draft, at - 3, at - 2);
        }
        take(draft, at - 1, at);
        draft.claim(at, at + 1);
    }
}

/// Where a name that begins at `first` ends; nothing where none does.
fn name(draft: &Draft, first: usize, titles: &[Title], capitals: bool) -> Option<usize> {
    let token = draft.tokens.get(first)?;
    let known = KNOWN.contains(&draft.word(first));
    if draft.is_claimed(first, first + 1)
        || STOPS.contains(&draft.word(first))
        || token.text.chars().all(|c| c.is_ascii_digit())
    {
        return None;
    }
    let (_, clause) = draft.clause(first);
    if titles.iter().any(|t| t.first <= first && first < t.last) {
        return None;
    }
    if !token.capital {
        let refused = draft.kinds[first] == Kind::Not;
        let named = known || refused || !capitals && skills().resolve(draft.word(first)).is_none();
        let goes_on = |i: &usize| {
            refused
                && *i < clause
                && !draft.claimed[*i]
                && draft.tokens[*i].gap == Gap::Joined
                && !matches!(draft.word(*i), "or" | "and" | "oder" | "und")
        };
        return named.then(|| (first + 1..first + 3).take_while(goes_on).last().map_or(first + 1, |i| i + 1));
    }
    if !known && skills().resolve(draft.slice(first, first + 1)).is_some() && capitals {
        return None;
    }
    if !known && draft.back(first, 1) == "bei" && compound(draft.word(first)) {
        return None;
    }
    let mut end = first + 1;
    while end < clause
        && end - first < 4
        && draft.tokens[end].capital
        && draft.tokens[end].gap == Gap::Joined
        && !draft.claimed[end]
        && !titles.iter().any(|t| t.first == end)
    {
        end += 1;
    }
    Some(end)
}

/// Whether `word` is a German noun made of two: "bei Bauprojekten" is no employer, although it has a capital.
fn compound(word: &str) -> bool {
    const SHORTEST: usize = 3;
    let ordinary =
        |part: &str| ["", "n", "en", "e", "s"].iter().any(|end| part.strip_suffix(end).is_some_and(is_ordinary));
    let cuts = word.char_indices().map(|c| c.0).filter(|at| *at >= SHORTEST && *at + SHORTEST <= word.len());
    ordinary(word) || cuts.map(|at| word.split_at(at)).any(|(first, last)| ordinary(first) && ordinary(last))
}

fn take(draft: &mut Draft, first: usize, last: usize) {
    let kind = draft.kind(first, last);
    let text = draft.slice(first, last).to_owned();
    let employer = draft.tokens[first].capital || KNOWN.contains(&draft.word(first));
    draft.claim(first, last);
    if employer {
        draft.out.employers.push(WantedEmployer { name: text, kind });
    } else {
        draft.out.keywords.push(WantedKeyword { text, kind });
    }
}
