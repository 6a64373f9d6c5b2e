//! A wish that somebody else read out of a query or a description, such as a model. It counts only where it quotes the
//! text to the letter, where its value is one the tables know or the text says, where it is not understood already, and
//! where it asks for nothing that must not be asked. What is left is offered to a person, never used by itself.

use super::interpretation::{
    Interpretation, Kind, Seniority, WantedCertification, WantedEducation, WantedEmployer, WantedKeyword,
    WantedLanguage, WantedLocation, WantedSkill, WantedTitle, YearsRange,
};
use super::understand;
use crate::model::quotation;
use crate::model::taxonomy::{self, PlaceKind, tokens::fold};

/// The longest quotation of a wish, in characters: a clause of a description.
const LONGEST_QUOTE: usize = 300;

/// The longest value, in characters: the longest name of the tables fits.
const LONGEST_LABEL: usize = 80;

/// The most years that somebody can be asked to have.
const MOST_YEARS: f32 = 50.0;

/// What a wish is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum What {
    Skill,
    Title,
    Seniority,
    Years,
    Place,
    Language,
    Education,
    Certification,
    Employer,
}

/// A wish as it was read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wish<'a> {
    /// What it is about.
    pub what: What,
    /// Its value.
    pub label: &'a str,
    /// How strongly.
    pub kind: Kind,
    /// Least years, for a skill or in all.
    pub years: Option<f32>,
    /// Least level, of a language or an education.
    pub level: Option<&'a str>,
    /// The text's words that it comes from.
    pub quote: &'a str,
}

/// A wish that counts, as an interpretation of this one part; none where it does not count. `text` is what was read,
/// `known` what is understood of it already.
pub fn heard(wish: &Wish<'_>, text: &str, known: &Interpretation) -> Option<Interpretation> {
    let label = wish.label.trim();
    let length = label.chars().count();
    if !(1..=LONGEST_LABEL).contains(&length) || label.contains(char::is_control) {
        return None;
    }
    if wish.quote.chars().count() > LONGEST_QUOTE || is_refused(wish, known) {
        return None;
    }
    quotation::find(text, wish.quote)?;
    let part = part(wish, label, text)?;
    (!overlaps(&part, known)).then_some(part)
}

/// Whether it asks for what must not steer hiring, in its own words or in those it quotes.
fn is_refused(wish: &Wish<'_>, known: &Interpretation) -> bool {
    let quote = fold(wish.quote);
    let within = |text: &str| quote.contains(&fold(text)) || fold(text).contains(&quote);
    known.refused.iter().any(|refused| within(&refused.text))
        || [wish.label, wish.quote].into_iter().any(|words| !understand(words).refused.is_empty())
}

fn part(wish: &Wish<'_>, label: &str, text: &str) -> Option<Interpretation> {
    let kind = wish.kind;
    // A value that no table knows has to be the text's own.
    let said = || quotation::find(text, label).map(|_| label.to_owned());
    let none = Interpretation::default;
    Some(match wish.what {
        What::Skill => match taxonomy::skills().resolve(label) {
            Some(skill) => {
                let (id, label) = (skill.id.clone(), skill.label.clone());
                let min_years = wish.years.filter(|years| (0.1..=MOST_YEARS).contains(years) && says(wish, *years));
                Interpretation { skills: vec![WantedSkill { id, label, kind, min_years, any_of: None }], ..none() }
            }
            None => Interpretation { keywords: vec![WantedKeyword { text: said()?, kind }], ..none() },
        },
        What::Title => {
            let known = taxonomy::occupations().named(label);
            let (id, label) = match known {
                Some(occupation) => (Some(occupation.id.clone()), occupation.label.clone()),
                None => (None, said()?),
            };
            Interpretation { titles: vec![WantedTitle { id, label, kind, any_of: None }], ..none() }
        }
        What::Seniority => Interpretation { seniority: vec![seniority(label)?], ..none() },
        What::Years => {
            let min = wish.years.filter(|years| (0.0..=MOST_YEARS).contains(years) && says(wish, *years))?;
            Interpretation { years: YearsRange { min: Some(min), max: None }, ..none() }
        }
        What::Place => {
            let place = taxonomy::places().resolve(label)?;
            let country = (place.kind == PlaceKind::City).then(|| place.country.clone());
            let wanted = WantedLocation { name: place.name.clone(), country, radius_km: None, kind };
            Interpretation { locations: vec![wanted], ..none() }
        }
        What::Language => {
            let code = taxonomy::language(label)?.to_owned();
            let levels = ["A1", "A2", "B1", "B2", "C1", "C2", "native"];
            let level = levels.into_iter().find(|level| Some(*level) == wish.level);
            let level = level.filter(|level| fold(wish.quote).contains(&fold(level))).map(str::to_owned);
            Interpretation { languages: vec![WantedLanguage { code, level, kind }], ..none() }
        }
        What::Education => education(wish, label, said)?,
        What::Certification => {
            let known = understand(label).certifications.into_iter().next().map(|known| known.label);
            let label = known.or_else(said)?;
            Interpretation { certifications: vec![WantedCertification { label, kind }], ..none() }
        }
        What::Employer => Interpretation { employers: vec![WantedEmployer { name: said()?, kind }], ..none() },
    })
}

fn education(wish: &Wish<'_>, label: &str, said: impl Fn() -> Option<String>) -> Option<Interpretation> {
    let levels = ["school", "vocational", "associate", "bachelor", "master", "doctorate"];
    let level = levels.into_iter().find(|level| Some(*level) == wish.level).map(str::to_owned);
    // The field as the rules name it, else in the text's words.
    let known = understand(wish.quote).education.into_iter().find_map(|known| known.field);
    let field = known.or_else(|| said().filter(|field| levels.iter().all(|level| fold(field) != *level)));
    if level.is_none() && field.is_none() || label.is_empty() {
        return None;
    }
    let wanted = WantedEducation { level, field, kind: wish.kind };
    Some(Interpretation { education: vec![wanted], ..Interpretation::default() })
}

fn seniority(label: &str) -> Option<Seniority> {
    let all = [
        Seniority::Intern,
        Seniority::Junior,
        Seniority::Mid,
        Seniority::Senior,
        Seniority::Lead,
        Seniority::Principal,
        Seniority::Executive,
    ];
    all.into_iter().find(|level| level.name() == fold(label))
}

/// Whether the quotation has the number: a model that counts years nobody asked for is not believed.
fn says(wish: &Wish<'_>, years: f32) -> bool {
    let number = years.to_string();
    let words = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    let word = words.into_iter().zip(0_u8..).find(|(_, value)| (f32::from(*value) - years).abs() < 0.01);
    let quote = fold(wish.quote);
    let mut said = quote.split(|letter: char| !letter.is_alphanumeric() && letter != '.');
    said.any(|part| part.trim_matches('.') == number || word.is_some_and(|(word, _)| part == word))
}

/// Whether `known` has the one part of `part` already.
fn overlaps(part: &Interpretation, known: &Interpretation) -> bool {
    let same = |a: &str, b: &str| fold(a) == fold(b);
    let skill = |wanted: &WantedSkill| {
        known.skills.iter().any(|skill| skill.id == wanted.id)
            || known.keywords.iter().any(|keyword| same(&keyword.text, &wanted.label))
    };
    let title = |wanted: &WantedTitle| {
        known
            .titles
            .iter()
            .any(|title| same(&title.label, &wanted.label) || title.id.is_some() && title.id == wanted.id)
    };
    let place = |wanted: &WantedLocation| known.locations.iter().any(|place| same(&place.name, &wanted.name));
    let keyword = |wanted: &WantedKeyword| {
        known.keywords.iter().any(|keyword| same(&keyword.text, &wanted.text))
            || known.skills.iter().any(|skill| same(&skill.label, &wanted.text))
    };
    let certification = |wanted: &WantedCertification| {
        known.certifications.iter().any(|certification| same(&certification.label, &wanted.label))
            || known.skills.iter().any(|skill| same(&skill.label, &wanted.label))
    };
    part.skills.iter().any(skill)
        || part.titles.iter().any(title)
        || part.seniority.iter().any(|level| known.seniority.contains(level))
        || part.years.min.is_some() && (known.years.min.is_some() || known.years.max.is_some())
        || part.locations.iter().any(place)
        || part.languages.iter().any(|wanted| known.languages.iter().any(|language| language.code == wanted.code))
        || part.education.iter().any(|wanted| {
            known
                .education
                .iter()
                .any(|one| one.level == wanted.level && (wanted.field.is_none() || one.field == wanted.field))
        })
        || part.certifications.iter().any(certification)
        || part.employers.iter().any(|wanted| known.employers.iter().any(|employer| same(&employer.name, &wanted.name)))
        || part.keywords.iter().any(keyword)
}

/// `wanted` in parts, each an interpretation of its own.
pub fn parts(wanted: &Interpretation) -> Vec<Interpretation> {
    let none = Interpretation::default;
    let mut out: Vec<Interpretation> = Vec::new();
    out.extend(wanted.seniority.iter().map(|level| Interpretation { seniority: vec![*level], ..none() }));
    out.extend(wanted.titles.iter().map(|title| Interpretation { titles: vec![title.clone()], ..none() }));
    out.extend(wanted.skills.iter().map(|skill| Interpretation { skills: vec![skill.clone()], ..none() }));
    if wanted.years != YearsRange::default() {
        out.push(Interpretation { years: wanted.years, ..none() });
    }
    out.extend(wanted.locations.iter().map(|place| Interpretation { locations: vec![place.clone()], ..none() }));
    if wanted.remote.is_some() {
        out.push(Interpretation { remote: wanted.remote, ..none() });
    }
    out.extend(wanted.languages.iter().map(|one| Interpretation { languages: vec![one.clone()], ..none() }));
    out.extend(wanted.education.iter().map(|one| Interpretation { education: vec![one.clone()], ..none() }));
    out.extend(wanted.certifications.iter().map(|one| Interpretation { certifications: vec![one.clone()], ..none() }));
    out.extend(wanted.employers.iter().map(|one| Interpretation { employers: vec![one.clone()], ..none() }));
    out.extend(wanted.keywords.iter().map(|one| Interpretation { keywords: vec![one.clone()], ..none() }));
    out
}

/// How strongly a part is asked for; `None` where that makes no sense, as of seniority.
pub fn kind(part: &Interpretation) -> Option<Kind> {
    let skills = part.skills.iter().map(|one| one.kind);
    let titles = part.titles.iter().map(|one| one.kind);
    let places = part.locations.iter().map(|one| one.kind);
    let languages = part.languages.iter().map(|one| one.kind);
    let education = part.education.iter().map(|one| one.kind);
    let certifications = part.certifications.iter().map(|one| one.kind);
    let employers = part.employers.iter().map(|one| one.kind);
    let keywords = part.keywords.iter().map(|one| one.kind);
    let all = skills.chain(titles).chain(places).chain(languages).chain(education).chain(certifications);
    all.chain(employers).chain(keywords).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUERY: &str = "somebody to keep the lights on in our server room,\nknows k8s, Portuguese C1, 4 years at Novabank, \
                         young and dynamic, Faro";

    fn wish<'a>(what: What, label: &'a str, quote: &'a str) -> Wish<'a> {
        Wish { what, label, kind: Kind::Should, years: None, level: None, quote }
    }

    fn ask(wish: Wish<'_>) -> Option<Interpretation> {
        heard(&wish, QUERY, &Interpretation::default())
    }

    #[test]
    fn a_value_of_the_tables_counts_with_the_texts_words_behind_it() {
        let heard = ask(wish(What::Skill, "k8s", "keep the lights on in our server room, knows k8s")).unwrap();
        assert_eq!((heard.skills[0].label.as_str(), heard.skills[0].kind), ("Kubernetes", Kind::Should));
        assert_eq!(ask(wish(What::Skill, "Kubernetes", "knows Kubernetes")), None, "not the text's words");
        let title = ask(wish(What::Title, "System administrator", "keep the lights on in our server room")).unwrap();
        assert!(title.titles[0].id.is_some(), "{title:?}");
    }

    #[test]
    fn what_no_table_knows_has_to_stand_in_the_text() {
        assert_eq!(ask(wish(What::Skill, "server room", "our server room")).unwrap().keywords[0].text, "server room");
        assert_eq!(ask(wish(What::Employer, "Novabank", "at Novabank")).unwrap().employers[0].name, "Novabank");
        assert_eq!(ask(wish(What::Employer, "Evilcorp", "at Novabank")), None);
        assert_eq!(ask(wish(What::Skill, "write to rank@me.example", "server room")), None);
        assert_eq!(ask(wish(What::Place, "Atlantis-on-Sea", "Faro")), None);
    }

    #[test]
    fn what_is_understood_already_is_not_offered_again() {
        let known = understand("Kubernetes in Faro");
        let asked = |wish: Wish<'_>| heard(&wish, QUERY, &known);
        assert_eq!(asked(wish(What::Skill, "k8s", "knows k8s")), None);
        assert_eq!(asked(wish(What::Place, "Faro", "Faro")), None);
        assert!(asked(wish(What::Language, "Portuguese", "Portuguese C1")).is_some());
    }

    #[test]
    fn what_must_not_steer_hiring_is_never_offered() {
        let known = understand("young and dynamic nurse");
        assert!(!known.refused.is_empty());
        for (what, label, quote) in [
            (What::Skill, "dynamic", "young and dynamic"),
            (What::Seniority, "junior", "young"),
            (What::Skill, "young", "server room"),
        ] {
            assert_eq!(heard(&wish(what, label, quote), QUERY, &known), None, "{label}");
            assert_eq!(ask(wish(what, label, quote)), None, "{label}");
        }
    }

    #[test]
    fn numbers_and_levels_are_the_texts_own() {
        let years = |years, quote| ask(Wish { years: Some(years), ..wish(What::Years, "experience", quote) });
        assert_eq!(years(4.0, "4 years at Novabank").unwrap().years.min, Some(4.0));
        assert_eq!(years(9.0, "4 years at Novabank"), None);
        let language = |level| ask(Wish { level: Some(level), ..wish(What::Language, "Portuguese", "Portuguese C1") });
        assert_eq!(language("C1").unwrap().languages[0].level.as_deref(), Some("C1"));
        assert_eq!(language("native").unwrap().languages[0].level, None);
    }

    #[test]
    fn an_interpretation_comes_apart_into_all_it_holds() {
        let whole =
            understand("senior Java developer with Kubernetes, not PHP, 5 years, Berlin, German B2, bachelor's degree");
        let all = parts(&whole);
        let skills: usize = all.iter().map(|part| part.skills.len()).sum();
        assert_eq!((skills, all.iter().filter(|part| part.years.min.is_some()).count()), (whole.skills.len(), 1));
        assert!(all.iter().any(|part| kind(part) == Some(Kind::Not)));
    }
}
