//! Reads a resume's text into a [`Profile`] by rules.
//!
//! Each fact has a file of its own and reads the same page: lines, sections and dates are found once. Two wrong guesses
//! are worse than one blank: what is uncertain keeps a confidence below 0.5 and is a question to the recruiter.

mod contacts;
mod dates;
mod degrees;
mod education;
pub mod json_resume;
mod languages;
mod name;
mod page;
mod pieces;
mod place;
mod positions;
mod remarks;
mod sections;
mod skills;
mod titles;
mod words;

use chrono::NaiveDate;

use super::profile::Profile;
use page::Page;

/// Reads a resume.
///
/// `today` ends what goes on; `default_country` (ISO 3166-1 alpha-2) is the country of phone numbers without a prefix
/// when the resume itself does not say where the person lives.
pub fn read(text: &str, today: NaiveDate, default_country: Option<&str>) -> Profile {
    let page = Page::new(text);
    let parts = sections::parts(&page, languages::names_one);
    let periods = dates::periods(text, today);
    let mut profile = Profile {
        language: remarks::language(text),
        emails: contacts::emails(&page, &parts),
        links: contacts::links(&page, &parts),
        positions: positions::read(&page, &parts, &periods),
        education: education::read(&page, &parts, &periods),
        languages: languages::read(&page, &parts),
        certifications: remarks::certifications(&page, &parts),
        summary: remarks::summary(&page, &parts),
        remote: remarks::remote_at(text).is_some(),
        sections: parts.iter().filter(|part| !part.whole.is_empty()).map(|part| part.section(&page)).collect(),
        ..Profile::default()
    };
    profile.name = name::read(&page, &parts, &profile.emails);
    profile.location = place::read(&page, &parts, profile.name.as_ref());
    let country =
        profile.location.as_ref().filter(|place| place.confidence >= 0.5).and_then(|place| place.value.country.clone());
    profile.phones = contacts::phones(&page, &parts, country.as_deref().or(default_country));
    // "Carl Jenkins", "franz.kafka@example.org": who a person is called says nothing of what they can do.
    let called = [profile.name.as_slice(), &profile.emails, &profile.phones, &profile.links];
    let called: Vec<_> = called.into_iter().flatten().map(|found| found.span).collect();
    profile.skills = skills::read(&page, &parts, (&profile.positions, &called), today);
    profile.headline = remarks::headline(&page, &parts, &profile);
    profile.findings = remarks::findings(&page, &parts, &profile);
    profile
}

/// Where the text speaks of remote work: the byte range of the first mention.
pub(in crate::model) fn remote_at(text: &str) -> Option<(usize, usize)> {
    remarks::remote_at(text)
}

#[cfg(test)]
mod tests {
    use super::super::experience;
    use super::super::profile::{EducationLevel, End};
    use super::*;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 6, 15).expect("a date")
    }

    const LEBENSLAUF: &str = "Lebenslauf\nJürgen Groß\nWohnort: Köln\nTel.: 0171 2345678\njuergen.gross@example.de\n\n\
        Berufserfahrung\n03/2019 – heute\nSoftwareentwickler, Beispiel GmbH\n• Entwicklung mit Java und Kubernetes\n\n\
        2016 – 2019\nWerkstudent, Muster AG\n• Tests\n\nAusbildung\n2013 – 2018 Bachelor of Science in Informatik, Universität Bonn\n\n\
        Sprachen\nDeutsch (Muttersprache), Englisch verhandlungssicher\n\nKenntnisse\nJava, Kubernetes, PostgreSQL\n";

    #[test]
    fn a_german_resume_is_read_whole() {
        let profile = read(LEBENSLAUF, today(), None);
        assert_eq!(profile.name.as_ref().map(|name| name.value.as_str()), Some("Jürgen Groß"));
        assert_eq!(profile.phones[0].value, "+491712345678");
        assert_eq!(profile.location.as_ref().and_then(|place| place.value.country.as_deref()), Some("DE"));
        let held = &profile.positions[0];
        assert_eq!(held.title.as_ref().map(|title| title.value.as_str()), Some("Softwareentwickler"));
        assert_eq!(held.employer.as_ref().map(|employer| employer.value.as_str()), Some("Beispiel GmbH"));
        assert_eq!(held.end, Some(End::Present));
        assert_eq!(profile.positions.len(), 2);
        assert_eq!(profile.education[0].level, Some(EducationLevel::Bachelor));
        let levels: Vec<_> = profile.languages.iter().map(|held| (held.code.as_str(), held.level.as_deref())).collect();
        assert_eq!(levels, [("de", Some("native")), ("en", Some("C1"))]);
        let java = profile.skills.iter().find(|skill| skill.id == "java").expect("Java is shown");
        assert_eq!((java.months, java.last_used), (Some(88), Some(2026)));
        assert!(profile.findings.is_empty());
    }

    #[test]
    fn every_span_holds_the_words_it_claims() {
        let profile = read(LEBENSLAUF, today(), None);
        let found = profile
            .name
            .iter()
            .chain(&profile.emails)
            .chain(profile.positions.iter().filter_map(|held| held.title.as_ref()));
        for one in found {
            assert_eq!(one.span.slice(LEBENSLAUF), one.value);
        }
    }

    #[test]
    fn a_persons_own_name_is_no_skill() {
        for (name, id) in [("Carl Jenkins", "jenkins"), ("Franz Kafka", "apache-kafka")] {
            let head = format!(
                "{name}\n{}@example.org\n\nExperience\n2019 - 2021\nNurse, Acme Hospital\n",
                name.to_lowercase().replace(' ', ".")
            );
            let shows = |text: &str| read(text, today(), None).skills.iter().any(|skill| skill.id == id);
            assert!(!shows(&head), "{name}");
            assert!(shows(&format!("{head}\nSkills\n{}\n", &name[name.find(' ').map_or(0, |at| at + 1)..])), "{name}");
        }
    }

    #[test]
    fn what_is_no_resume_says_so() {
        let kinds = |text: &str| read(text, today(), None).findings.into_iter().map(|f| f.kind).collect::<Vec<_>>();
        assert_eq!(kinds(" \n"), ["no_text"]);
        assert_eq!(
            kinds("Dear customer, your invoice for the delivery of forty chairs is attached. Please pay soon."),
            ["not_a_resume"]
        );
    }

    #[test]
    fn the_ways_to_order_a_position_come_to_the_same() {
        for head in [
            "Senior Engineer, Acme GmbH\n03/2019 – 05/2021",
            "Senior Engineer | Acme GmbH | 03/2019 – 05/2021",
            "Acme GmbH — Senior Engineer\nMar 2019 to May 2021",
            "03/2019 – 05/2021   Senior Engineer\nAcme GmbH",
            "Acme GmbH, Berlin\nSenior Engineer        03/2019 – 05/2021",
            "2019-03 – 2021-05\nSenior Engineer at Acme GmbH",
            "Acme GmbH\nSenior Engineer\n03/2019 – 05/2021 (2 yrs 3 mos)",
            "March 2019 –\nMay 2021\nSenior Engineer\nAcme GmbH",
        ] {
            let text = format!("Ana Costa\nana@example.org\nExperience\n{head}\n• Built things\n");
            let profile = read(&text, today(), None);
            assert_eq!(profile.positions.len(), 1, "{head}");
            let held = &profile.positions[0];
            assert_eq!(held.title.as_ref().map(|title| title.value.as_str()), Some("Senior Engineer"), "{head}");
            assert_eq!(held.employer.as_ref().map(|employer| employer.value.as_str()), Some("Acme GmbH"), "{head}");
            assert_eq!(experience::held(&profile, today()), Some(27), "{head}");
        }
    }

    #[test]
    fn an_employer_is_known_by_its_place_and_a_sentence_is_none() {
        for (line, employer) in [
            ("Rosemary Lane, Munich, Germany", Some("Rosemary Lane")),
            ("Rosemary Lane, Austin, TX", Some("Rosemary Lane")),
            ("Fast growing bakery with nice bread", None),
        ] {
            let text = format!("Ana Costa\nExperience\nBaker\nMar 2019 – May 2021\n{line}\n• Baked bread\n");
            let profile = read(&text, today(), None);
            let held = &profile.positions[0];
            let found = held.employer.as_ref().filter(|found| found.confidence >= 0.5);
            assert_eq!(held.title.as_ref().map(|title| title.value.as_str()), Some("Baker"), "{line}");
            assert_eq!(found.map(|found| found.value.as_str()), employer, "{line}");
        }
    }

    #[test]
    fn a_school_without_a_name_is_a_question() {
        let school = |line: &str| {
            let profile = read(&format!("Ana Costa\nEducation\n{line}, 2012 – 2015\n"), today(), None);
            profile.education[0].institution.as_ref().map(|school| (school.value.clone(), school.confidence >= 0.5))
        };
        assert_eq!(school("Bachelor of Arts, University of Bath"), Some(("University of Bath".to_owned(), true)));
        assert_eq!(school("Secondary School"), Some(("School".to_owned(), false)));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "([A-Za-zÄßé漢@./+|,:–•\u{e00a} \n\t0-9-]|Experience|2019 - 2021|Engineer|University|Languages: English|Name: ){0,120}") {
            let profile = read(&text, today(), Some("DE"));
            let length = u32::try_from(text.chars().count()).expect("short");
            let spans = profile.positions.iter().map(|held| held.span).chain(profile.sections.iter().map(|section| section.span));
            for span in spans {
                proptest::prop_assert!(span.start <= span.end && span.end <= length);
            }
        }
    }
}
