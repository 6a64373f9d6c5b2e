//! Reads a resume's text into a [`Profile`](super::profile::Profile) by rules.
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

use super::experience;
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
    profile.skills = skills::read(&page, &parts, &profile.positions, today);
    let dated = profile.positions.iter().filter_map(|held| Some((held.start?, held.end?)));
    profile.experience_months = experience::months(dated, today);
    profile.headline = remarks::headline(&page, &parts, &profile);
    profile.findings = remarks::findings(&page, &parts, &profile);
    profile
}

/// Where the text speaks of remote work: the byte range of the first mention.
pub(in crate::model) fn remote_at(text: &str) -> Option<(usize, usize)> {
    remarks::remote_at(text)
}
