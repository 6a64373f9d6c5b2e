//! What words mean in hiring: skills, occupations, places and languages, with the names people give them.
//! The tables are data files compiled in (see `data/README.md` for origins and licences) and read once, on first
//! use. Both sides of a search, the query and the resume, resolve their words here, so that they agree.

mod ambiguity;
mod denial;
mod languages;
mod occupations;
mod places;
mod skills;
mod table;
mod titles;
pub mod tokens;
mod words;

pub use denial::{denied, denies};
pub use languages::{
    label as language_label, mentions as language_mentions, resolve as language, suggest as suggest_languages,
};
pub use occupations::{Occupation, Occupations, occupations};
pub use places::{Place, PlaceKind, Places, places, state};
pub use skills::{Skill, Skills, is_tool_word, skills};
pub use titles::{is_tech_head, seniority_word};
pub use words::is_ordinary;

/// A name found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mention<'a> {
    /// Id of what is named.
    pub id: &'a str,
    /// Byte offset of its first character.
    pub start: usize,
    /// Byte offset after its last character.
    pub end: usize,
}

/// What kind of text is read; it decides when a word that is also a plain word ("Go", "Excel") counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// A recruiter's query: counts beside a cue ("R programmer") or another technical name.
    Query,
    /// A list of skills: counts as a whole item.
    SkillList,
    /// Running text: counts when capitalised and near another technical name or cue.
    Prose,
}
