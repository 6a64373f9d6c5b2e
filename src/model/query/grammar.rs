//! Words that carry a query's grammar, not its meaning, and by them the language it is asked in. What is grammar in one
//! language may be a town or a name in another ("como"), so another language's words count only where it is spoken.

use std::{
    collections::{HashMap, HashSet},
    sync::OnceLock,
};

use crate::model::taxonomy::tokens::Token;

/// Written for this project: `[language]`, then its words, folded; English and German come first, without a name.
const WORDS: &str = include_str!("grammar.txt");
/// Fewer words of a language than this are names in a query of another ("chef de partie").
const ENOUGH: usize = 2;

fn tables() -> &'static HashMap<&'static str, HashSet<&'static str>> {
    static TABLES: OnceLock<HashMap<&'static str, HashSet<&'static str>>> = OnceLock::new();
    TABLES.get_or_init(|| {
        let mut tables: HashMap<&str, HashSet<&str>> = HashMap::new();
        let mut language = "";
        for line in WORDS.lines() {
            match line.strip_prefix('[') {
                Some(name) => language = name.trim_end_matches(']'),
                None => tables.entry(language).or_default().extend(line.split(' ')),
            }
        }
        tables
    })
}

/// Whether `word` (folded) only carries the grammar of a query in English, in German or in `language`.
pub(super) fn is_grammar(word: &str, language: Option<&str>) -> bool {
    ["", language.unwrap_or_default()].iter().any(|name| is_of(word, name))
}

/// Whether `word` is grammar in `language`.
pub(super) fn is_of(word: &str, language: &str) -> bool {
    tables().get(language).is_some_and(|words| words.contains(word))
}

/// Whether `word` is grammar in any language known: no word to correct.
pub(super) fn is_grammar_anywhere(word: &str) -> bool {
    tables().values().any(|words| words.contains(word))
}

/// The language of a query that is neither English nor German: whose grammar it holds most of, and more than of these.
pub(super) fn language(tokens: &[Token]) -> Option<&'static str> {
    let (own, other): (Vec<&Token>, Vec<&Token>) = tokens.iter().partition(|token| is_of(&token.text, ""));
    let ours = own.len();
    let count = |name: &str| other.iter().filter(|token| is_of(&token.text, name)).count();
    let foreign = tables().keys().filter(|name| !name.is_empty()).map(|name| (count(name), *name));
    let (most, language) = foreign.max()?;
    (most >= ENOUGH && most > ours).then_some(language)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::taxonomy::tokens::tokens;

    #[test]
    fn a_query_tells_its_language_by_small_words() {
        for (query, want) in [
            ("camarera con experiencia en banquetes", Some("es")),
            ("infirmière avec trois ans d'expérience", Some("fr")),
            ("chef de partie in Berlin", None),
            ("Krankenpfleger mit Erfahrung in der Notaufnahme", None),
            ("nurse with experience in the emergency room", None),
        ] {
            assert_eq!(language(&tokens(query)), want, "{query}");
        }
        assert!(is_grammar("como", Some("es")) && !is_grammar("como", None));
    }
}
