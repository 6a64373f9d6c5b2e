//! What is known of a resume or a candidate after reading: each value with its source span and a confidence.

use serde::{Deserialize, Serialize};

use super::span::Span;

/// A value read from a resume, with where it stands and how sure the reader is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Found<T> {
    /// The value, normalised.
    pub value: T,
    /// Where the resume says it.
    pub span: Span,
    /// Confidence, 0 to 1. Below 0.5 the value is a question to the recruiter, not a fact.
    pub confidence: f32,
}

/// A month of a year, or only a year. Ordered by time; a year alone sorts before its months.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub struct YearMonth {
    /// The year, Gregorian.
    pub year: i32,
    /// The month, 1 to 12, where it is stated.
    pub month: Option<u8>,
}

/// Where a position ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// It goes on today.
    Present,
    /// It ended in this month.
    At(YearMonth),
}

/// One position held: a title at an employer for a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HeldPosition {
    /// The title as written.
    pub title: Option<Found<String>>,
    /// Taxonomy id of the occupation the title resolves to.
    pub title_id: Option<String>,
    /// The employer as written.
    pub employer: Option<Found<String>>,
    /// Where it was, as written.
    pub location: Option<String>,
    /// When it began.
    pub start: Option<YearMonth>,
    /// When it ended.
    pub end: Option<End>,
    /// What was done there: the span of the description.
    pub description: Option<Span>,
    /// The whole entry.
    pub span: Span,
    /// Confidence in the entry as a whole, 0 to 1.
    pub confidence: f32,
}

/// Level of education, lowest first (after the European Qualifications Framework's bands).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EducationLevel {
    /// School leaving certificate.
    School,
    /// Apprenticeship or other vocational training.
    Vocational,
    /// Associate's degree or other short cycle.
    Associate,
    /// Bachelor's degree.
    Bachelor,
    /// Master's degree, German Diplom.
    Master,
    /// Doctorate.
    Doctorate,
}

/// One entry of education.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Education {
    /// School or university as written.
    pub institution: Option<Found<String>>,
    /// Degree as written.
    pub degree: Option<Found<String>>,
    /// Its level.
    pub level: Option<EducationLevel>,
    /// Field of study as written.
    pub field: Option<String>,
    /// When it began.
    pub start: Option<YearMonth>,
    /// When it ended.
    pub end: Option<End>,
    /// The whole entry.
    pub span: Span,
    /// Confidence, 0 to 1.
    pub confidence: f32,
}

/// A skill a resume shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HeldSkill {
    /// Taxonomy id.
    pub id: String,
    /// Every place where the resume shows it, in order.
    pub spans: Vec<Span>,
    /// Months of dated positions that show it, overlaps counted once; none where no date allows it.
    pub months: Option<u32>,
    /// The last year it was used, where dated.
    pub last_used: Option<i32>,
    /// Whether the resume says that the person does *not* do this (any more): "no longer C#".
    pub denied: bool,
    /// Confidence, 0 to 1.
    pub confidence: f32,
}

/// A language a person speaks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HeldLanguage {
    /// ISO 639-1 code.
    pub code: String,
    /// `A1` to `C2` or `native`, where stated.
    pub level: Option<String>,
    /// Where the resume says it.
    pub span: Span,
    /// Confidence, 0 to 1.
    pub confidence: f32,
}

/// A place a person lives in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Place {
    /// City or region, by the gazetteer's English name where known, else as written.
    pub name: String,
    /// ISO 3166-1 alpha-2 code, where known.
    pub country: Option<String>,
    /// Latitude in degrees, where known.
    pub latitude: Option<f64>,
    /// Longitude in degrees, where known.
    pub longitude: Option<f64>,
}

impl Place {
    /// As people write it: the name, and the country's code where it is known.
    pub fn label(&self) -> String {
        match &self.country {
            Some(country) => format!("{}, {country}", self.name),
            None => self.name.clone(),
        }
    }
}

/// What a section of a resume is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SectionKind {
    /// Name, contacts and whatever stands before the first heading.
    Header,
    /// Summary, profile, objective.
    Summary,
    /// Positions held.
    Experience,
    /// Schools and degrees.
    Education,
    /// Skills.
    Skills,
    /// Languages.
    Languages,
    /// Certifications and licences.
    Certifications,
    /// Projects.
    Projects,
    /// Publications.
    Publications,
    /// Awards.
    Awards,
    /// Volunteering.
    Volunteering,
    /// Interests and hobbies.
    Interests,
    /// References.
    References,
    /// Anything else with a heading.
    Other,
}

impl SectionKind {
    /// The name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Summary => "summary",
            Self::Experience => "experience",
            Self::Education => "education",
            Self::Skills => "skills",
            Self::Languages => "languages",
            Self::Certifications => "certifications",
            Self::Projects => "projects",
            Self::Publications => "publications",
            Self::Awards => "awards",
            Self::Volunteering => "volunteering",
            Self::Interests => "interests",
            Self::References => "references",
            Self::Other => "other",
        }
    }
}

/// A section of a resume.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Section {
    /// What it is about.
    pub kind: SectionKind,
    /// The heading with the body.
    pub span: Span,
    /// The body alone.
    pub body: Span,
}

/// Something a recruiter should know about a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Finding {
    /// A stable code, such as `unreadable_page` or `not_a_resume`.
    pub kind: String,
    /// What was seen, in words.
    pub detail: String,
}

/// A resume as understood by the rules.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Profile {
    /// ISO 639-1 code of the resume's main language.
    pub language: Option<String>,
    /// The person's name.
    pub name: Option<Found<String>>,
    /// E-mail addresses, lower-cased, best first.
    pub emails: Vec<Found<String>>,
    /// Phone numbers in E.164 where the country is known, else digits as written.
    pub phones: Vec<Found<String>>,
    /// Profile links, with scheme.
    pub links: Vec<Found<String>>,
    /// Where the person lives.
    pub location: Option<Found<Place>>,
    /// The line a person puts under their name, or the current title.
    pub headline: Option<Found<String>>,
    /// The summary section's text.
    pub summary: Option<Found<String>>,
    /// Positions, newest first.
    pub positions: Vec<HeldPosition>,
    /// Education, newest first.
    pub education: Vec<Education>,
    /// Skills, by first appearance.
    pub skills: Vec<HeldSkill>,
    /// Languages.
    pub languages: Vec<HeldLanguage>,
    /// Certifications as written.
    pub certifications: Vec<Found<String>>,
    /// Sections in the text's order.
    pub sections: Vec<Section>,
    /// Whether the person asks for or has remote work.
    pub remote: bool,
    /// What the recruiter should know.
    pub findings: Vec<Finding>,
}
