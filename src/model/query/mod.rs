//! Understands what a recruiter asks: plain language, a pasted description or a boolean string becomes an
//! [`Interpretation`], which is shown as chips and can be edited and sent back.
//!
//! Each concern reads the same draft in turn and claims the words it understood; what nobody claims is said to be
//! unresolved. Rules and tables only: the same query is always understood in the same way.

pub mod certifications;
mod draft;
mod education;
mod employers;
mod grammar;
pub mod interpretation;
mod languages;
mod leadership;
mod leftovers;
mod places;
mod refused;
mod sections;
mod seniority;
mod skills;
mod spelling;
mod strength;
mod strength_words;
mod title_words;
mod titles;
pub mod wish;
mod years;

#[cfg(test)]
mod tests;

use draft::Draft;
use interpretation::Interpretation;

/// Most characters of a query; a pasted job description fits, a book does not.
pub const LIMIT: usize = 20_000;

/// Why a query cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// It is longer than [`LIMIT`].
    #[error(
        "the query has {length} characters; at most {LIMIT} can be read: shorten it, or paste only the requirements"
    )]
    TooLong {
        /// Its length in characters.
        length: usize,
    },
}

/// What `query` asks for.
///
/// # Errors
/// When it is longer than [`LIMIT`] characters.
pub fn check(query: &str) -> Result<Interpretation, QueryError> {
    match query.chars().count() {
        length if length > LIMIT => Err(QueryError::TooLong { length }),
        _ => Ok(understand(query)),
    }
}

/// Whether `query` reads as a pasted description of a position.
pub fn is_description(query: &str) -> bool {
    draft::is_description(query)
}

/// What `query` asks for; only its first [`LIMIT`] characters are read.
pub fn understand(query: &str) -> Interpretation {
    let end = query.char_indices().nth(LIMIT).map_or(query.len(), |c| c.0);
    let query = &query[..end];
    let first = read(query);
    match spelling::corrected(query, &first) {
        Some((text, corrections)) => {
            let mut second = read(&text).out;
            second.corrections = corrections;
            second
        }
        None => first.out,
    }
}

/// One reading, concern by concern; the order says who wins a word that two could claim.
fn read(query: &str) -> Draft {
    let mut draft = Draft::new(query);
    sections::read(&mut draft);
    strength::read(&mut draft);
    refused::read(&mut draft);
    certifications::read(&mut draft);
    education::read(&mut draft);
    let years = years::read(&mut draft);
    languages::read(&mut draft);
    leadership::read(&mut draft);
    let titles = titles::find(&draft);
    places::read(&mut draft, &titles);
    employers::read(&mut draft, &titles);
    titles::read(&mut draft, &titles);
    skills::read(&mut draft, &years);
    seniority::read(&mut draft);
    leftovers::read(&mut draft);
    draft
}
