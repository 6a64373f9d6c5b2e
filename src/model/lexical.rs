//! Words for exact matching: one tokeniser for resumes and queries, so that `C++` meets `C++` and nothing else.
//!
//! A text becomes terms: stems of its words (Snowball, English or German), names with signs in them whole (`c++`,
//! `node.js`, `ci/cd`), and `skill:<id>` for every skill it names, so that aliases meet. A term's id is its 64-bit
//! FNV-1a hash, folded to 32 bits by exclusive or: stable over versions and machines, written out below.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

use rust_stemmers::{Algorithm, Stemmer};
use serde::{Deserialize, Serialize};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

use super::taxonomy::{self, Context, tokens::Token};

/// A sparse vector: term ids, ascending and unique, each with a weight.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SparseVector {
    /// Term ids, ascending, unique.
    pub indices: Vec<u32>,
    /// A weight for each id.
    pub values: Vec<f32>,
}

/// Saturation of a term's count (Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework", section 3.4.1).
const K1: f32 = 1.2;

/// How much a document's length matters; same source.
const B: f32 = 0.75;

/// Terms of an average resume, skill terms included; the mean of 2,930 English resumes, rounded. It only scales the
/// weights of all documents alike, so it is fixed, and an index never changes because of another document.
const AVERAGE_LENGTH: f32 = 600.0;

/// The longest word that is a term, in bytes; longer ones are keys, hashes and broken text.
const LONGEST: usize = 64;

/// Names that are made of words with a sign between them, and are one term.
const WHOLE: [&str; 16] = [
    "ci/cd",
    "t-sql",
    "pl/sql",
    "objective-c",
    "objective-c++",
    "a/b",
    "tcp/ip",
    "u-sql",
    "x-ray",
    "e-commerce",
    "r&d",
    "m&a",
    "f&b",
    "p&l",
    "pl/i",
    "hp-ux",
];

static ENGLISH: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::English));
static GERMAN: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::German));
static STOP_EN: LazyLock<HashSet<u64, Ready>> = LazyLock::new(|| stop_words(include_str!("lexical/stop.en.txt")));
static STOP_DE: LazyLock<HashSet<u64, Ready>> = LazyLock::new(|| stop_words(include_str!("lexical/stop.de.txt")));

/// Hashes of the words, folded as tokens are, so that "für" is met.
fn stop_words(list: &'static str) -> HashSet<u64, Ready> {
    let words = list.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace);
    words.map(|word| long_hash(&[&taxonomy::tokens::fold(word)])).collect()
}

/// Takes keys that are hashes already, and hashes strings by FNV-1a.
#[derive(Default)]
struct Identity(u64);

type Ready = BuildHasherDefault<Identity>;

impl Hasher for Identity {
    fn write(&mut self, bytes: &[u8]) {
        // A string is written as its bytes and then an end mark.
        let state = if self.0 == 0 { BASIS } else { self.0 };
        self.0 = long_hash_of(state, bytes.iter().copied());
    }

    fn write_u32(&mut self, key: u32) {
        // The map takes its buckets from the low bits and its tags from the high ones.
        self.0 = u64::from(key) | (u64::from(key) << 32);
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Which stems a text gets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stems {
    English,
    German,
    /// Both: a query is too short to tell, and meets documents of either language.
    Both,
}

/// The weights of a document: BM25's term frequency part. The engine multiplies by the inverse document frequency.
pub fn document(text: &str) -> SparseVector {
    let text = normal(text);
    let tokens = taxonomy::tokens::tokens(&text);
    let hashes = hashes(&tokens);
    let german = hashes.iter().filter(|word| STOP_DE.contains(*word)).count();
    let english = hashes.iter().filter(|word| STOP_EN.contains(*word)).count();
    let stems = if german > english { Stems::German } else { Stems::English };
    let counts = counts(&text, &tokens, &hashes, stems, Context::Prose);
    let length: f32 = counts.values().sum();
    let norm = K1 * (1.0 - B + B * length / AVERAGE_LENGTH);
    vector(counts, |count| count * (K1 + 1.0) / (count + norm))
}

/// The weights of a query: 1 for each of its terms.
pub fn query(text: &str) -> SparseVector {
    let text = normal(text);
    let tokens = taxonomy::tokens::tokens(&text);
    vector(counts(&text, &tokens, &hashes(&tokens), Stems::Both, Context::Query), |_| 1.0)
}

/// The text in Unicode's compatibility form: "ﬁ" is "fi", a full-width letter the plain one.
fn normal(text: &str) -> std::borrow::Cow<'_, str> {
    match is_nfkc_quick(text.chars()) {
        IsNormalized::Yes => text.into(),
        _ => text.nfkc().collect::<String>().into(),
    }
}

fn hashes(tokens: &[Token]) -> Vec<u64> {
    tokens.iter().map(|token| long_hash(&[&token.text])).collect()
}

type Counts = HashMap<u32, f32, Ready>;

fn counts(text: &str, tokens: &[Token], hashes: &[u64], stems: Stems, context: Context) -> Counts {
    let mut out = Counts::with_capacity_and_hasher(tokens.len(), Ready::default());
    let mut at = 0;
    while at < tokens.len() {
        if let Some(name) = whole(text, tokens, at) {
            *out.entry(hash(name)).or_default() += 1.0;
            at += 2;
            continue;
        }
        let (word, key) = (tokens[at].text.as_str(), hashes[at]);
        at += 1;
        if is_stop(key, stems) || word.len() > LONGEST {
            continue;
        }
        let (first, second) = terms(word, stems);
        *out.entry(first).or_default() += 1.0;
        if let Some(second) = second {
            *out.entry(second).or_default() += 1.0;
        }
    }
    for mention in taxonomy::skills().mentions_in(tokens, context) {
        *out.entry(hash_parts(&["skill:", mention.id])).or_default() += 1.0;
    }
    out
}

/// The name of [`WHOLE`] that this token and the next make, if they do.
fn whole(text: &str, tokens: &[Token], at: usize) -> Option<&'static str> {
    let (first, second) = (&tokens[at], tokens.get(at + 1)?);
    let joined = second.start - first.end == 1 && matches!(text.as_bytes()[first.end], b'/' | b'-' | b'&');
    if !joined {
        return None;
    }
    let written = text.get(first.start..second.end)?;
    WHOLE.into_iter().find(|name| name.len() == written.len() && name.eq_ignore_ascii_case(written))
}

fn is_stop(word: u64, stems: Stems) -> bool {
    match stems {
        Stems::English => STOP_EN.contains(&word),
        Stems::German => STOP_DE.contains(&word),
        Stems::Both => STOP_EN.contains(&word) || STOP_DE.contains(&word),
    }
}

/// Stems remembered by each thread before it forgets them all: the vocabulary of a few hundred resumes, 2 MB.
const REMEMBERED: usize = 1 << 15;

thread_local! {
    /// Stems of words, English and German apart. Stemming is half of the work, and a few thousand words are most of
    /// the text; what is remembered never changes an answer.
    static STEMMED: [RefCell<HashMap<String, u32, Ready>>; 2] = const {
        [RefCell::new(HashMap::with_hasher(Ready::new())), RefCell::new(HashMap::with_hasher(Ready::new()))]
    };
}

/// The id of a word's stem.
fn stem(word: &str, german: bool) -> u32 {
    STEMMED.with(|both| {
        let mut known = both[usize::from(german)].borrow_mut();
        if let Some(id) = known.get(word) {
            return *id;
        }
        if known.len() >= REMEMBERED {
            known.clear();
        }
        let id = hash(&if german { &GERMAN } else { &ENGLISH }.stem(word));
        known.insert(word.to_owned(), id);
        id
    })
}

/// The ids of a word's stems. A word with a sign or a digit in it is a name and stays as it is.
fn terms(word: &str, stems: Stems) -> (u32, Option<u32>) {
    if !word.chars().all(char::is_alphabetic) || word.len() < 3 {
        return (hash(word), None);
    }
    match stems {
        Stems::English => (stem(word, false), None),
        Stems::German => (stem(word, true), None),
        Stems::Both => {
            let (english, german) = (stem(word, false), stem(word, true));
            (english, (english != german).then_some(german))
        }
    }
}

fn vector(counts: Counts, weight: impl Fn(f32) -> f32) -> SparseVector {
    let mut terms: Vec<(u32, f32)> = counts.into_iter().collect();
    terms.sort_unstable_by_key(|(id, _)| *id);
    SparseVector {
        indices: terms.iter().map(|(id, _)| *id).collect(),
        values: terms.iter().map(|(_, count)| weight(*count)).collect(),
    }
}

fn hash(term: &str) -> u32 {
    hash_parts(&[term])
}

/// FNV-1a (Fowler, Noll, Vo; RFC 9923) of 64 bits, folded to 32 by exclusive or of its halves.
fn hash_parts(parts: &[&str]) -> u32 {
    let hash = long_hash(parts);
    u32::try_from((hash >> 32) ^ (hash & 0xffff_ffff)).expect("both halves fit into 32 bits")
}

/// FNV's offset basis of 64 bits.
const BASIS: u64 = 0xcbf2_9ce4_8422_2325;

fn long_hash(parts: &[&str]) -> u64 {
    long_hash_of(BASIS, parts.iter().flat_map(|part| part.bytes()))
}

fn long_hash_of(state: u64, bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(state, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meets(query_text: &str, document_text: &str) -> usize {
        let document: HashSet<u32> = document(document_text).indices.into_iter().collect();
        query(query_text).indices.iter().filter(|id| document.contains(id)).count()
    }

    #[test]
    fn names_with_signs_meet_themselves_and_nothing_else() {
        for name in ["C++", "C#", "F#", ".NET", "Node.js", "CI/CD", "T-SQL", "Objective-C", "ASP.NET"] {
            assert!(meets(name, &format!("We used {name} daily")) > 0, "{name}");
        }
        for (query, document) in [
            ("C", "We used C++"),
            ("Java", "We used JavaScript"),
            ("SQL", "We used T-SQL"),
            ("C", "We used Objective-C"),
        ] {
            let plain = hash(&query.to_lowercase());
            assert!(!super::document(document).indices.contains(&plain), "{query} in {document}");
        }
    }

    #[test]
    fn aliases_meet_through_the_skill() {
        assert!(meets("k8s", "Ran Kubernetes clusters in production") > 0);
        assert!(meets("Postgres", "Tuned PostgreSQL") > 0);
    }

    #[test]
    fn forms_of_a_word_meet_in_both_languages() {
        assert!(meets("managing", "She managed teams and managers") > 0);
        assert!(meets("Entwicklung", "Ich habe die Entwicklungen und die Planung für den Kunden geleitet") > 0);
        assert!(meets("Koln", "Köln") > 0);
    }

    #[test]
    fn ids_are_ascending_and_stable() {
        let vector = document("Rust, Rust and Python in Berlin");
        assert!(vector.indices.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(vector.indices.len(), vector.values.len());
        assert_eq!(hash("rust"), 0xd098_1838);
    }

    #[test]
    fn more_of_a_word_weighs_more_but_less_and_less() {
        let weight = |text: &str| {
            let vector = document(text);
            let at = vector.indices.iter().position(|id| *id == hash("zebra")).unwrap();
            vector.values[at]
        };
        let (one, two, three) = (weight("zebra"), weight("zebra zebra"), weight("zebra zebra zebra"));
        assert!(one < two && two < three && three - two < two - one);
        assert!(query("").indices.is_empty() && document(" \n").indices.is_empty());
    }
}
