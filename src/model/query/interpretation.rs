//! What a query was understood as. The shape is public (`INTERFACES`): it is answered with every search, and an
//! edited one is accepted back as `filters`.

use serde::{Deserialize, Serialize};

/// How strongly something is asked for.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A candidate who lacks it ranks below every candidate who has it.
    #[default]
    Must,
    /// It lifts a candidate.
    Should,
    /// A candidate who shows it is excluded.
    Not,
}

/// Seniority, lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Seniority {
    Intern,
    Junior,
    Mid,
    Senior,
    Lead,
    Principal,
    Executive,
}

impl Seniority {
    /// As written in queries and filters.
    pub fn name(self) -> &'static str {
        match self {
            Self::Intern => "intern",
            Self::Junior => "junior",
            Self::Mid => "mid",
            Self::Senior => "senior",
            Self::Lead => "lead",
            Self::Principal => "principal",
            Self::Executive => "executive",
        }
    }
}

/// A skill asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WantedSkill {
    /// Taxonomy id.
    pub id: String,
    /// The taxonomy's preferred English label.
    pub label: String,
    /// How strongly.
    #[serde(default)]
    pub kind: Kind,
    /// Least years with this skill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_years: Option<f32>,
    /// Alternatives share a number: one of them is enough ("React or Vue").
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub any_of: Option<u32>,
}

/// A title asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WantedTitle {
    /// Taxonomy id of the occupation, where the title is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The title in English where known, else as asked.
    pub label: String,
    /// How strongly.
    #[serde(default)]
    pub kind: Kind,
    /// Alternatives share a number: one of them is enough ("nurse or midwife").
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub any_of: Option<u32>,
}

/// A range of years, inclusive at both ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct YearsRange {
    /// At least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f32>,
    /// At most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f32>,
}

/// A place asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WantedLocation {
    /// English name of the city, region or country.
    pub name: String,
    /// ISO 3166-1 alpha-2 code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Within this many kilometres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub radius_km: Option<u32>,
    /// How strongly.
    #[serde(default)]
    pub kind: Kind,
}

/// A language asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WantedLanguage {
    /// ISO 639-1 code.
    pub code: String,
    /// Least level: `A1` to `C2` or `native`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// How strongly.
    #[serde(default)]
    pub kind: Kind,
}

/// Education asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WantedEducation {
    /// Least level: `school`, `vocational`, `associate`, `bachelor`, `master`, `doctorate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// Field of study.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// How strongly.
    #[serde(default)]
    pub kind: Kind,
}

/// A certification asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WantedCertification {
    /// Its usual name.
    pub label: String,
    /// How strongly.
    #[serde(default)]
    pub kind: Kind,
}

/// An employer asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WantedEmployer {
    /// As asked.
    pub name: String,
    /// How strongly.
    #[serde(default)]
    pub kind: Kind,
}

/// Words to be found as they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WantedKeyword {
    /// A word or a phrase.
    pub text: String,
    /// How strongly.
    #[serde(default)]
    pub kind: Kind,
}

/// A spelling that looks wrong, with what was meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Correction {
    /// As asked.
    pub from: String,
    /// As understood.
    pub to: String,
    /// Whether the search used it.
    pub applied: bool,
}

/// A part of the query that must not steer hiring, and was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Refusal {
    /// As asked.
    pub text: String,
    /// Why, in words for the recruiter.
    pub reason: String,
}

/// A query as understood; each part can be edited and sent back.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Interpretation {
    /// Skills.
    pub skills: Vec<WantedSkill>,
    /// Titles.
    pub titles: Vec<WantedTitle>,
    /// Any of these.
    pub seniority: Vec<Seniority>,
    /// Years of experience in all.
    pub years: YearsRange,
    /// Any of these places.
    pub locations: Vec<WantedLocation>,
    /// Remote work wanted, refused, or not spoken of.
    pub remote: Option<bool>,
    /// Languages.
    pub languages: Vec<WantedLanguage>,
    /// Education.
    pub education: Vec<WantedEducation>,
    /// Certifications.
    pub certifications: Vec<WantedCertification>,
    /// Employers.
    pub employers: Vec<WantedEmployer>,
    /// Words.
    pub keywords: Vec<WantedKeyword>,
    /// Spelling.
    pub corrections: Vec<Correction>,
    /// What was left out, and why.
    pub refused: Vec<Refusal>,
    /// Words that were not understood; they still rank by their meaning.
    pub unresolved: Vec<String>,
}

/// The most parts that an edited query may have: more than a person edits, and each is held against every candidate.
pub const MOST_PARTS: usize = 100;

/// The longest label of a part, in characters.
pub const LONGEST_LABEL: usize = 200;

impl Interpretation {
    /// The field that is larger than an edited query may be, and what it takes. What the query's own words were
    /// `understood` as may always come back.
    pub fn excess(&self, understood: &Self) -> Option<(&'static str, String)> {
        let longest = LONGEST_LABEL.max(understood.longest_label().map_or(0, |(_, length)| length));
        if let Some((field, length)) = self.longest_label()
            && length > longest
        {
            return Some((field, format!("has a part of {length} characters; a search takes {longest}")));
        }
        let most = MOST_PARTS.max(understood.parts());
        if self.parts() > most {
            let (field, parts, _) = self.labels().into_iter().max_by_key(|(_, parts, _)| *parts)?;
            return Some((field, format!("has {parts} parts; a search takes {most} in all")));
        }
        None
    }

    /// How many parts it has in all.
    fn parts(&self) -> usize {
        self.labels().iter().map(|(_, parts, _)| parts).sum()
    }

    /// The field of the longest label, and its length in characters.
    fn longest_label(&self) -> Option<(&'static str, usize)> {
        let labels = self.labels();
        let lengths =
            labels.iter().flat_map(|(field, _, labels)| labels.iter().map(|text| (*field, text.chars().count())));
        lengths.max_by_key(|(_, length)| *length)
    }

    /// What steers the search, by field: how many parts, and their texts. The rest only says how a query was read.
    fn labels(&self) -> [(&'static str, usize, Vec<&str>); 9] {
        fn some(text: Option<&String>) -> &str {
            text.map(String::as_str).unwrap_or_default()
        }
        let skills = self.skills.iter().flat_map(|part| [part.id.as_str(), &part.label]).collect();
        let titles = self.titles.iter().flat_map(|part| [some(part.id.as_ref()), &part.label]).collect();
        let locations =
            self.locations.iter().flat_map(|part| [part.name.as_str(), some(part.country.as_ref())]).collect();
        let languages =
            self.languages.iter().flat_map(|part| [part.code.as_str(), some(part.level.as_ref())]).collect();
        let education =
            self.education.iter().flat_map(|part| [some(part.level.as_ref()), some(part.field.as_ref())]).collect();
        let certifications = self.certifications.iter().map(|part| part.label.as_str()).collect();
        let employers = self.employers.iter().map(|part| part.name.as_str()).collect();
        let keywords = self.keywords.iter().map(|part| part.text.as_str()).collect();
        [
            ("filters.skills", self.skills.len(), skills),
            ("filters.titles", self.titles.len(), titles),
            ("filters.seniority", self.seniority.len(), Vec::new()),
            ("filters.locations", self.locations.len(), locations),
            ("filters.languages", self.languages.len(), languages),
            ("filters.education", self.education.len(), education),
            ("filters.certifications", self.certifications.len(), certifications),
            ("filters.employers", self.employers.len(), employers),
            ("filters.keywords", self.keywords.len(), keywords),
        ]
    }
}
