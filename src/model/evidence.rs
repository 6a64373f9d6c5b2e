//! Judges a resume against what was asked: each requirement is met, partial, missing or contradicted, with the resume's
//! own words. No model is asked; what the profile does not know is missing, never guessed.

mod areas;
mod facts;
mod people;
mod quote;
mod skills;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::profile::Profile;
use super::query::interpretation::{Interpretation, Kind, Seniority};
use quote::Source;

pub use areas::{Area, areas};
pub use quote::Quote;

/// How a resume stands to one requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ReasonStatus)]
pub enum Status {
    /// The resume shows it; for a "must not", that nothing shows it.
    Met,
    /// Something close, or less of it than asked.
    Partial,
    /// Nothing in the resume shows it.
    Missing,
    /// The resume says the opposite, or shows what must not be.
    Contradicted,
}

/// One requirement, judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Reason {
    /// The requirement in words, with a remark where it is met in part.
    pub requirement: String,
    /// How strongly it is asked for.
    pub kind: Kind,
    /// How the resume stands to it.
    pub status: Status,
    /// The resume's words that show it, at most three stretches.
    pub evidence: Vec<Quote>,
}

/// What the reasons come to, for ordering candidates.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Verdict {
    /// Something shows what must not be.
    pub excluded: bool,
    /// Requirements that must be met.
    pub musts: u32,
    /// Of these, those met in full.
    pub musts_met: u32,
    /// Of these, those met in part.
    pub musts_partial: u32,
    /// Of these, those missing or contradicted.
    pub musts_missing: u32,
    /// Requirements that lift a candidate.
    pub shoulds: u32,
    /// Of these, those met in full.
    pub shoulds_met: u32,
    /// Of these, those met in part.
    pub shoulds_partial: u32,
    /// How long the wanted titles were held, 0 to 1: 1 for as long as was asked.
    pub depth: f32,
}

impl Verdict {
    /// The share of all requirements that is met, 0 to 1; one met in part counts half, and nothing asked is nothing met.
    #[expect(clippy::cast_precision_loss, reason = "a query has a few dozen requirements")]
    pub fn share(&self) -> f32 {
        let met = (self.musts_met + self.shoulds_met) as f32;
        let partial = (self.musts_partial + self.shoulds_partial) as f32;
        (met + partial / 2.0) / (self.musts + self.shoulds).max(1) as f32
    }
}

/// The reasons for and against a candidate, in the interpretation's order.
///
/// `text` is the text that `profile` was read from; every quote is exactly its characters.
pub fn judge(wanted: &Interpretation, profile: &Profile, text: &str, today: NaiveDate) -> Vec<Reason> {
    Case { wanted, profile, source: Source::new(text), today }.reasons()
}

/// What the reasons come to, without a word quoted: for ordering many people of whom few are shown.
pub fn weigh(wanted: &Interpretation, profile: &Profile, text: &str, today: NaiveDate) -> Verdict {
    let case = Case { wanted, profile, source: Source::unquoted(text), today };
    Verdict { depth: people::depth(&case), ..verdict(&case.reasons()) }
}

/// How senior a profile's newest titles say a person is, where they say it.
pub fn seniority(profile: &Profile) -> Option<Seniority> {
    people::told(profile).map(|(grade, _)| grade)
}

/// Counts the reasons.
fn verdict(reasons: &[Reason]) -> Verdict {
    let mut out = Verdict::default();
    for reason in reasons {
        match (reason.kind, reason.status) {
            (Kind::Not, Status::Contradicted) => out.excluded = true,
            (Kind::Not, _) => {}
            (Kind::Must, status) => {
                out.musts += 1;
                match status {
                    Status::Met => out.musts_met += 1,
                    Status::Partial => out.musts_partial += 1,
                    Status::Missing | Status::Contradicted => out.musts_missing += 1,
                }
            }
            (Kind::Should, status) => {
                out.shoulds += 1;
                out.shoulds_met += u32::from(status == Status::Met);
                out.shoulds_partial += u32::from(status == Status::Partial);
            }
        }
    }
    out
}

/// What is judged.
struct Case<'a> {
    wanted: &'a Interpretation,
    profile: &'a Profile,
    source: Source<'a>,
    today: NaiveDate,
}

impl Case<'_> {
    /// The reasons, in the interpretation's order.
    fn reasons(&self) -> Vec<Reason> {
        let mut out = skills::judge(self);
        out.extend(people::titles(self));
        out.extend(people::seniority(self));
        out.extend(people::years(self));
        out.extend(facts::places(self));
        out.extend(facts::languages(self));
        out.extend(facts::education(self));
        out.extend(facts::certifications(self));
        out.extend(facts::employers(self));
        out.extend(facts::keywords(self));
        out
    }
}

/// What was found for a requirement, before its kind is looked at.
struct Finding {
    status: Status,
    evidence: Vec<Quote>,
}

/// Requirements, those that are alternatives of each other together, in the order of the first of each.
fn together<T>(wanted: &[T], group: impl Fn(&T) -> Option<u32>) -> Vec<Vec<&T>> {
    let mut out: Vec<Vec<&T>> = Vec::new();
    for one in wanted {
        let known = out.iter_mut().find(|members| group(one).is_some() && group(members[0]) == group(one));
        match known {
            Some(members) => members.push(one),
            None => out.push(vec![one]),
        }
    }
    out
}

/// The reason for alternatives, each with its name, kind, finding and remark: they are met by the best of them; of what
/// must not be, any one is too much.
fn any_of(members: Vec<(String, Kind, Finding, String)>) -> Option<Reason> {
    let kind = members.iter().map(|(_, kind, ..)| *kind).min()?;
    let names: Vec<String> = members.iter().map(|(name, ..)| name.clone()).collect();
    let (_, _, best, remark) = members.into_iter().min_by_key(|(_, _, finding, _)| finding.status as u8)?;
    Some(best.reason(format!("{}{remark}", names.join(" or ")), kind))
}

impl Finding {
    fn missing() -> Self {
        Self { status: Status::Missing, evidence: Vec::new() }
    }

    /// The reason for a requirement of this kind: what must not be turns the finding round.
    fn reason(self, requirement: String, kind: Kind) -> Reason {
        if kind != Kind::Not {
            return Reason { requirement, kind, status: self.status, evidence: self.evidence };
        }
        let requirement = format!("not {requirement}");
        match self.status {
            Status::Met => Reason { requirement, kind, status: Status::Contradicted, evidence: self.evidence },
            _ => Reason { requirement, kind, status: Status::Met, evidence: Vec::new() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::query::interpretation::{
        WantedKeyword, WantedLanguage, WantedLocation, WantedSkill, WantedTitle, YearsRange,
    };
    use super::super::resume;
    use super::*;

    const RESUME: &str = "Jana Berg\nBerlin, Germany\njana@example.org\n\nExperience\n\
        Senior Software Engineer, Acme GmbH\n03/2018 – 02/2024\n• Wrote services in Java and PostgreSQL.\n• No longer C#.\n\n\
        Skills\nJava, PostgreSQL, Angular\n\nLanguages\nGerman (native), English (B2)\n";

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 6, 1).unwrap()
    }

    fn reasons(wanted: &Interpretation) -> Vec<Reason> {
        let profile = resume::read(RESUME, today(), None);
        let all = judge(wanted, &profile, RESUME, today());
        for quote in all.iter().flat_map(|reason| &reason.evidence) {
            let span = crate::model::span::Span { start: quote.start, end: quote.end };
            assert_eq!(span.slice(RESUME), quote.text);
        }
        all
    }

    fn skill(id: &str, kind: Kind, min_years: Option<f32>, any_of: Option<u32>) -> Interpretation {
        let label = id.to_owned();
        let skills = vec![WantedSkill { id: id.to_owned(), label, kind, min_years, any_of }];
        Interpretation { skills, ..Interpretation::default() }
    }

    fn one(wanted: &Interpretation) -> Reason {
        let mut all = reasons(wanted);
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    #[test]
    fn a_skill_is_met_with_the_resumes_own_sentence() {
        let reason = one(&skill("java", Kind::Must, None, None));
        assert_eq!(reason.status, Status::Met);
        assert_eq!(reason.evidence[0].text, "Wrote services in Java and PostgreSQL.");
        assert_eq!(one(&skill("javascript", Kind::Must, None, None)).status, Status::Missing);
    }

    #[test]
    fn a_tool_meets_its_kind_and_the_kind_never_meets_the_tool() {
        let kind = |kind, years| one(&skill("database-management-systems", kind, years, None));
        let met = kind(Kind::Must, Some(5.0));
        assert_eq!(
            (met.status, met.evidence[0].text.as_str()),
            (Status::Met, "Wrote services in Java and PostgreSQL.")
        );
        assert!(met.requirement.ends_with("(PostgreSQL is one)"), "{}", met.requirement);
        assert_eq!(kind(Kind::Must, Some(9.0)).status, Status::Partial);
        assert!(verdict(&[kind(Kind::Not, None)]).excluded);
        let text = "Skills\nDatabase management systems\n";
        let held = resume::read(text, today(), None);
        assert!(
            !judge(&skill("mysql", Kind::Must, None, None), &held, text, today())
                .iter()
                .any(|r| r.status == Status::Met)
        );
    }

    #[test]
    fn credentials_are_met_by_their_other_names() {
        use super::super::query::understand;
        let text = "Education\nMBA, Example School, 2015\n\nCertifications\nSix Sigma Green Belt\nCardiopulmonary resuscitation\n";
        let profile = resume::read(text, today(), None);
        for query in ["CPR certified", "trained in a defect-reduction methodology", "a postgraduate business degree"] {
            let all = judge(&understand(query), &profile, text, today());
            assert!(all.len() == 1 && all[0].status == Status::Met, "{query}: {all:?}");
        }
        let nurse = judge(&understand("nursing license"), &profile, text, today());
        assert_eq!(nurse[0].status, Status::Missing);
    }

    #[test]
    fn years_of_a_skill_come_from_dated_positions() {
        assert_eq!(one(&skill("java", Kind::Must, Some(6.0), None)).status, Status::Met);
        let less = one(&skill("java", Kind::Must, Some(8.0), None));
        assert_eq!(less.status, Status::Partial);
        assert!(less.requirement.contains("6 years"), "{}", less.requirement);
        assert_eq!(one(&skill("angular", Kind::Must, Some(1.0), None)).status, Status::Partial);
    }

    #[test]
    fn what_must_not_be_contradicts_where_it_is_shown_and_excludes() {
        let shown = reasons(&skill("angular", Kind::Not, None, None));
        assert_eq!(shown[0].status, Status::Contradicted);
        assert!(verdict(&shown).excluded);
        let absent = reasons(&skill("php", Kind::Not, None, None));
        assert_eq!(absent[0].status, Status::Met);
        assert!(!verdict(&absent).excluded);
    }

    #[test]
    fn a_denied_skill_contradicts_a_must_and_satisfies_a_must_not() {
        let must = one(&skill("c-sharp", Kind::Must, None, None));
        assert_eq!((must.status, must.evidence[0].text.as_str()), (Status::Contradicted, "No longer C#."));
        assert_eq!(one(&skill("c-sharp", Kind::Not, None, None)).status, Status::Met);
    }

    #[test]
    fn one_of_several_alternatives_is_enough() {
        let mut wanted = skill("php", Kind::Must, None, Some(1));
        wanted.skills.extend(skill("java", Kind::Must, None, Some(1)).skills);
        let reason = one(&wanted);
        assert_eq!((reason.requirement.as_str(), reason.status), ("php or java", Status::Met));
    }

    #[test]
    fn one_of_several_titles_is_enough_and_says_under_which_name_it_was_held() {
        let title = |id: &str, label: &str| WantedTitle {
            id: Some(id.into()),
            label: label.into(),
            kind: Kind::Must,
            any_of: Some(1),
        };
        let titles =
            vec![title("registered-nurse", "Registered nurse"), title("software-engineer", "Platform engineer")];
        let wanted = Interpretation { titles, ..Interpretation::default() };
        let reason = one(&wanted);
        assert_eq!(reason.status, Status::Met);
        assert!(reason.requirement.starts_with("Registered nurse or Platform engineer (as "), "{}", reason.requirement);
        let profile = resume::read(RESUME, today(), None);
        assert!(weigh(&wanted, &profile, RESUME, today()).depth > 0.9);
    }

    #[test]
    fn weighing_comes_to_what_the_reasons_come_to() {
        let wanted = skill("java", Kind::Must, Some(8.0), None);
        let profile = resume::read(RESUME, today(), None);
        let verdict = weigh(&wanted, &profile, RESUME, today());
        assert_eq!((verdict.musts, verdict.musts_partial, verdict.musts_met), (1, 1, 0));
        assert!((verdict.share() - 0.5).abs() < 1e-6);
    }

    #[test]
    fn years_in_all_are_a_range_and_unknown_is_missing() {
        let range = |min, max| Interpretation { years: YearsRange { min, max }, ..Interpretation::default() };
        assert_eq!(one(&range(Some(5.0), Some(8.0))).status, Status::Met);
        assert_eq!(one(&range(Some(1.0), Some(3.0))).status, Status::Missing);
        assert_eq!(one(&range(Some(6.4), None)).status, Status::Partial);
        let empty = judge(&range(Some(1.0), None), &Profile::default(), "", today());
        assert_eq!(empty[0].status, Status::Missing);
    }

    #[test]
    fn a_namesake_in_another_country_is_not_the_place() {
        let place = |country: &str| {
            let country = Some(country.to_owned());
            let wanted = WantedLocation { name: "Berlin".into(), country, radius_km: None, kind: Kind::Must };
            one(&Interpretation { locations: vec![wanted], ..Interpretation::default() }).status
        };
        assert_eq!((place("DE"), place("US")), (Status::Met, Status::Missing));
    }

    #[test]
    fn a_place_that_must_be_is_countries_or_a_circle_around_a_name() {
        let place = |name: &str, country: Option<&str>, radius_km| {
            let country = country.map(str::to_owned);
            let wanted = WantedLocation { name: name.into(), country, radius_km, kind: Kind::Must };
            Interpretation { locations: vec![wanted], ..Interpretation::default() }
        };
        let around = |wanted: &Interpretation| match areas(wanted).remove(0) {
            Area::Around { name, centre, radius_km } => (name, centre.is_some(), radius_km),
            Area::Countries(codes) => panic!("{codes:?}"),
        };
        assert_eq!(around(&place("Potsdam", Some("DE"), None)), ("potsdam".into(), true, 50.0));
        assert_eq!(around(&place("Potsdam", Some("DE"), Some(20))), ("potsdam".into(), true, 20.0));
        assert_eq!(around(&place("Bavaria", None, None)), ("bavaria".into(), true, 150.0));
        assert_eq!(around(&place("Nowhereville", None, None)), ("nowhereville".into(), false, 50.0));
        assert_eq!(areas(&place("Germany", None, None)), [Area::Countries(vec!["DE".into()])]);
        assert_eq!(
            areas(&place("DACH", None, None)),
            [Area::Countries(["DE", "AT", "CH"].map(str::to_owned).to_vec())]
        );
        let mut nice = place("Berlin", None, None);
        nice.locations[0].kind = Kind::Should;
        assert_eq!(areas(&nice), []);
    }

    #[test]
    fn a_place_of_several_countries_is_met_in_each_of_them() {
        let status = |name: &str| {
            let place = WantedLocation { name: name.into(), country: None, radius_km: None, kind: Kind::Must };
            one(&Interpretation { locations: vec![place], ..Interpretation::default() }).status
        };
        assert_eq!(["DACH", "European Union", "EMEA"].map(status), [Status::Met; 3]);
        assert_eq!(["Benelux", "APAC"].map(status), [Status::Missing; 2]);
    }

    #[test]
    fn places_languages_titles_and_words_are_judged_by_what_is_written() {
        use Status::{Met, Missing, Partial};
        let wanted = Interpretation {
            titles: vec![WantedTitle { id: None, label: "Software Engineer".into(), kind: Kind::Must, any_of: None }],
            locations: vec![
                WantedLocation {
                    name: "Potsdam".into(),
                    country: Some("DE".into()),
                    radius_km: Some(50),
                    kind: Kind::Must,
                },
                WantedLocation { name: "Munich".into(), country: None, radius_km: None, kind: Kind::Should },
            ],
            languages: vec![
                WantedLanguage { code: "de".into(), level: Some("C1".into()), kind: Kind::Must },
                WantedLanguage { code: "en".into(), level: Some("C1".into()), kind: Kind::Should },
            ],
            keywords: vec![WantedKeyword { text: "services".into(), kind: Kind::Must }],
            ..Interpretation::default()
        };
        let all = reasons(&wanted);
        let status: Vec<Status> = all.iter().map(|reason| reason.status).collect();
        assert_eq!(status, [Met, Met, Missing, Met, Partial, Met], "{all:?}");
        let verdict = verdict(&all);
        assert_eq!((verdict.musts, verdict.musts_met, verdict.shoulds_met, verdict.shoulds_partial), (4, 4, 0, 1));
    }
}
