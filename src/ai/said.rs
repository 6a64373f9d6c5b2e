//! What models are asked to say, prompt by prompt: the shapes that an answer is held to first. What an answer means, and
//! whether its words stand in the source, is judged by whoever asked.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::model::query::interpretation::Kind;
use crate::model::query::wish::{What, Wish};

/// What a requirement is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "a described value is none that the strict mode of providers takes")]
pub enum About {
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

/// How strongly it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "a described value is none that the strict mode of providers takes")]
pub enum Strength {
    Must,
    Should,
    Not,
}

/// A requirement.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// What it is about.
    pub about: About,
    /// Its usual English name in a few words: "Kubernetes", "Registered nurse", "senior", "Berlin", "German".
    pub label: String,
    /// How strongly the text asks for it.
    pub strength: Strength,
    /// The least years that the text asks for, else null.
    pub years: Option<f32>,
    /// The least level that the text asks for: A1 to C2 or native for a language; school, vocational, associate, bachelor,
    /// master or doctorate for an education; else null.
    pub level: Option<String>,
    /// The text's own words that it comes from, letter for letter.
    pub quote: String,
}

/// The answer to the prompts `query` and `requirements`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Requirements {
    /// Each once; empty where there is nothing to add.
    pub requirements: Vec<Requirement>,
}

/// A sentence about a candidate.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// The number of the requirement it is about.
    pub requirement: u32,
    /// One plain sentence.
    pub text: String,
    /// The passages' own words that prove it, letter for letter.
    pub quotes: Vec<String>,
}

/// The answer to the prompt `evidence`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Prose {
    /// At most two sentences, each with what proves it.
    pub statements: Vec<Statement>,
}

impl Requirement {
    /// The same as the rules take it.
    pub fn wish(&self) -> Wish<'_> {
        let what = match self.about {
            About::Skill => What::Skill,
            About::Title => What::Title,
            About::Seniority => What::Seniority,
            About::Years => What::Years,
            About::Place => What::Place,
            About::Language => What::Language,
            About::Education => What::Education,
            About::Certification => What::Certification,
            About::Employer => What::Employer,
        };
        let kind = match self.strength {
            Strength::Must => Kind::Must,
            Strength::Should => Kind::Should,
            Strength::Not => Kind::Not,
        };
        let (label, quote, level) = (self.label.as_str(), self.quote.as_str(), self.level.as_deref());
        Wish { what, label, kind, years: self.years, level, quote }
    }
}
