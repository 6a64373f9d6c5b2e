//! A table of names: many spellings, one meaning. Looked up by whole tokens, longest first, which is exact ("Java" is
//! never inside "JavaScript") and needs no automaton: a resume is a few thousand hash look-ups.

use std::collections::HashMap;

use super::tokens::{Gap, Token, fold, key};

/// Longest name looked for, in tokens.
const LONGEST: usize = 7;

/// From a name's key to the index of what it names.
#[derive(Debug, Default)]
pub(super) struct Table {
    names: HashMap<String, u32>,
    /// Most tokens of any name that begins with this token.
    longest: HashMap<String, u8>,
}

/// A name found among tokens: the tokens `first..last` name the entry `index`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    pub first: usize,
    pub last: usize,
    pub index: u32,
}

impl Table {
    /// Adds a name; the first to claim it keeps it. German umlauts also count when written out ("Koeln").
    pub fn add(&mut self, name: &str, index: usize) {
        let index = u32::try_from(index).expect("a table has far fewer than four billion entries");
        self.insert(key(name), index);
        if name.contains(['ä', 'ö', 'ü', 'Ä', 'Ö', 'Ü']) {
            let spelt = name.to_lowercase().replace('ä', "ae").replace('ö', "oe").replace('ü', "ue");
            self.insert(key(&spelt), index);
        }
    }

    fn insert(&mut self, key: String, index: u32) {
        if key.is_empty() || self.names.contains_key(&key) {
            return;
        }
        let length = u8::try_from(key.split(' ').count().min(LONGEST)).expect("LONGEST is small");
        let first = key.split(' ').next().unwrap_or_default();
        match self.longest.get_mut(first) {
            Some(longest) => *longest = length.max(*longest),
            None => {
                self.longest.insert(first.to_owned(), length);
            }
        }
        self.names.insert(key, index);
    }

    /// What the name with exactly this key names.
    pub fn get(&self, key: &str) -> Option<usize> {
        self.names.get(key).map(|i| *i as usize)
    }

    /// Every key with its entry, in no order.
    pub fn keys(&self) -> impl Iterator<Item = (&str, usize)> {
        self.names.iter().map(|(k, i)| (k.as_str(), *i as usize))
    }

    /// The longest name that begins at token `first`; `widest` is the widest gap a name may bridge.
    pub fn longest_at(&self, tokens: &[Token], first: usize, widest: Gap) -> Option<Hit> {
        let most = usize::from(*self.longest.get(&tokens[first].text)?);
        let mut phrase = tokens[first].text.clone();
        let mut found = None;
        for last in first + 1..=first + most {
            if let Some(index) = self.names.get(&phrase) {
                found = Some(Hit { first, last, index: *index });
            }
            let Some(next) = tokens.get(last).filter(|t| t.gap <= widest) else { break };
            phrase.push(' ');
            phrase.push_str(&next.text);
        }
        found
    }

    /// Names in order, leftmost first, the longest at each place, without overlaps.
    pub fn scan(&self, tokens: &[Token], widest: Gap) -> Vec<Hit> {
        self.scan_with(self, tokens, widest)
    }

    /// The same with the names of another table of the same entries; the longer name wins, then this table's.
    pub fn scan_with(&self, also: &Self, tokens: &[Token], widest: Gap) -> Vec<Hit> {
        let mut out = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            let own = self.longest_at(tokens, at, widest);
            let hit = match also.longest_at(tokens, at, widest) {
                Some(other) if own.is_none_or(|own| other.last > own.last) => Some(other),
                _ => own,
            };
            match hit {
                Some(hit) => {
                    at = hit.last;
                    out.push(hit);
                }
                None => at += 1,
            }
        }
        out
    }
}

/// Up to `limit` of `all` with a name, its label or an alias, that begins with `prefix`; those whose label does first,
/// the shortest of them first.
pub(super) fn suggest<'a, T>(
    all: &'a [T],
    names: impl Fn(&T) -> (&str, &[String]),
    prefix: &str,
    limit: usize,
) -> Vec<&'a T> {
    let wanted = fold(prefix.trim());
    if wanted.is_empty() {
        return Vec::new();
    }
    let begins = |name: &str| fold(name).starts_with(&wanted);
    let rank = |one: &'a T| {
        let (label, aliases) = names(one);
        let first = begins(label);
        let any = first || aliases.iter().any(|alias| begins(alias));
        any.then(|| (!first, label.len(), label.to_owned(), one))
    };
    let mut found: Vec<_> = all.iter().filter_map(rank).collect();
    found.sort_by(|a, b| (a.0, a.1, &a.2).cmp(&(b.0, b.1, &b.2)));
    found.into_iter().take(limit).map(|f| f.3).collect()
}
