//! Occupations: what a person is, with the titles used for it in English and German, grouped by ISCO-08 unit group so
//! that close ones are known to be close.

use std::{collections::HashMap, sync::OnceLock};

use super::{
    Mention,
    skills::{skills, slug},
    table::{Table, suggest},
    titles::{bare, compact, forms, head, seniority_word},
    tokens::{Gap, Token, tokens},
};

/// Written for this project: `[group]`, then `Label=alias|alias`.
const CORE: &str = include_str!("data/occupations.txt");
/// Written for this project: titles in other languages, `Label=title|title`, masculine and feminine.
const ABROAD: [&str; 2] = [include_str!("data/occupations_es.txt"), include_str!("data/occupations_fr.txt")];
/// Generated from ESCO: group, label, aliases.
const ESCO: &str = include_str!("data/occupations_esco.tsv");

/// How alike two occupations of one ISCO-08 unit group are: near, but another occupation.
const SAME_GROUP: f32 = 0.6;

/// An occupation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Occupation {
    /// Stable slug, e.g. `registered-nurse`.
    pub id: String,
    /// The usual English title.
    pub label: String,
    /// Other titles, English and German.
    pub aliases: Vec<String>,
    /// ISCO-08 unit group, four digits; empty where unknown.
    pub group: String,
}

/// All occupations.
#[derive(Debug)]
pub struct Occupations {
    all: Vec<Occupation>,
    ids: HashMap<String, usize>,
    table: Table,
    /// By title without spaces, for "front end" and "frontend".
    compact: HashMap<String, usize>,
}

/// All occupations, read on first use.
pub fn occupations() -> &'static Occupations {
    static OCCUPATIONS: OnceLock<Occupations> = OnceLock::new();
    OCCUPATIONS.get_or_init(Occupations::read)
}

impl Occupations {
    /// The occupation with this id.
    pub fn get(&self, id: &str) -> Option<&Occupation> {
        self.ids.get(id).map(|i| &self.all[*i])
    }

    /// The occupation a title names. Seniority, gender markers, plural, hyphens and the feminine form do not matter; a
    /// technology before the title ("Java developer") or a place after it does not either.
    pub fn resolve(&self, title: &str) -> Option<&Occupation> {
        if title.len() > 300 {
            return None;
        }
        let all = bare(title);
        self.find(&all).or_else(|| self.find(&bare(head(title)))).map(|i| &self.all[i])
    }

    /// The occupation with exactly this title, in some form of its last word; nothing is taken off.
    pub fn named(&self, title: &str) -> Option<&Occupation> {
        self.exact(&bare(title)).map(|i| &self.all[i])
    }

    /// The occupations named in `text`, leftmost first, the longest title at each place.
    pub fn mentions(&self, text: &str) -> Vec<Mention<'_>> {
        self.mentions_in(&tokens(text))
    }

    /// The same over tokens already cut.
    pub fn mentions_in(&self, tokens: &[Token]) -> Vec<Mention<'_>> {
        let mut out = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            let Some((last, index)) = self.longest_at(tokens, at) else {
                at += 1;
                continue;
            };
            out.push(Mention { id: &self.all[index].id, start: tokens[at].start, end: tokens[last - 1].end });
            at = last;
        }
        out
    }

    /// How alike two occupations are: 1 the same, 0.6 the same group, 0 otherwise or unknown.
    pub fn similarity(&self, a: &str, b: &str) -> f32 {
        if a == b {
            return 1.0;
        }
        match (self.get(a), self.get(b)) {
            (Some(a), Some(b)) if !a.group.is_empty() && a.group == b.group => SAME_GROUP,
            _ => 0.0,
        }
    }

    /// Up to `limit` occupations with a title that begins with `prefix`, those whose label does first.
    pub fn suggest(&self, prefix: &str, limit: usize) -> Vec<&Occupation> {
        suggest(&self.all, |occupation| (&occupation.label, &occupation.aliases), prefix, limit)
    }

    /// Every occupation, hand-written ones first.
    pub fn all(&self) -> &[Occupation] {
        &self.all
    }

    fn find(&self, words: &[String]) -> Option<usize> {
        let graded: Vec<String> = words.iter().filter(|w| !seniority_word(w)).cloned().collect();
        self.exact(words).or_else(|| self.exact(&graded)).or_else(|| self.without_technology(&graded))
    }

    fn exact(&self, words: &[String]) -> Option<usize> {
        let (last, rest) = words.split_last()?;
        let before = rest.join(" ");
        let spaced = |w: &str| if before.is_empty() { w.to_owned() } else { format!("{before} {w}") };
        let tight = compact(rest);
        let known = |w: &str| {
            let joined = format!("{tight}{w}");
            self.table
                .get(&spaced(w))
                .or_else(|| self.table.get(&joined))
                .or_else(|| self.compact.get(&joined).copied())
        };
        known(last).or_else(|| forms(last).iter().find_map(|f| known(f)))
    }

    /// Drops leading words that are skills: "java developer", "sap fi berater".
    fn without_technology(&self, words: &[String]) -> Option<usize> {
        (1..words.len()).find_map(|n| {
            let technology = skills().resolve(&words[..n].join(" ")).is_some_and(|s| s.technical);
            (technology || n > 1 && words[..n].iter().all(|w| skills().resolve(w).is_some_and(|s| s.technical)))
                .then(|| self.exact(&words[n..]))
                .flatten()
        })
    }

    fn longest_at(&self, tokens: &[Token], first: usize) -> Option<(usize, usize)> {
        let exact = self.table.longest_at(tokens, first, Gap::Line).map(|h| (h.last, h.index as usize));
        let width = (1..=5)
            .take_while(|n| *n == 1 || tokens.get(first + n - 1).is_some_and(|t| t.gap <= Gap::Line))
            .last()
            .unwrap_or(1);
        let floor = exact.map_or(0, |e| e.0 - first);
        // Other forms of the last word may reach further than the exact title did.
        let inflected = (floor + 1..=width).rev().find_map(|n| {
            let (last, rest) = tokens[first..first + n].split_last()?;
            if n == 1 && last.text.chars().count() < 5 {
                return None;
            }
            let before: Vec<&str> = rest.iter().map(|t| t.text.as_str()).collect();
            let form = |f: &String| [&before[..], &[f.as_str()]].concat().join(" ");
            forms(&last.text).iter().find_map(|f| self.table.get(&form(f))).map(|i| (first + n, i))
        });
        inflected.or(exact)
    }

    fn read() -> Self {
        let mut out = Self {
            all: Vec::with_capacity(3000),
            ids: HashMap::new(),
            table: Table::default(),
            compact: HashMap::new(),
        };
        let mut group = "";
        for line in CORE.lines() {
            if let Some(code) = line.strip_prefix('[') {
                group = code.trim_end_matches(']');
                continue;
            }
            let (label, aliases) = line.split_once('=').unwrap_or((line, ""));
            out.push(group, label, aliases);
        }
        let written = out.all.len();
        for line in ABROAD.iter().flat_map(|file| file.lines()) {
            let Some((label, titles)) = line.split_once('=') else { continue };
            let Some(index) = out.ids.get(&slug(label)).copied() else { continue };
            for title in titles.split('|') {
                out.table.add(title, index);
            }
        }
        for line in ESCO.lines() {
            let mut fields = line.split('\t');
            let (Some(group), Some(label)) = (fields.next(), fields.next()) else { continue };
            out.push(group, label, fields.next().unwrap_or_default());
        }
        let compact = out
            .table
            .keys()
            .filter(|(k, i)| *i < written && k.contains(' '))
            .map(|(k, i)| (k.replace(' ', ""), i))
            .collect();
        out.compact = compact;
        out
    }

    fn push(&mut self, group: &str, label: &str, aliases: &str) {
        let id = slug(label);
        if label.is_empty() || self.ids.contains_key(&id) {
            return;
        }
        let index = self.all.len();
        let aliases: Vec<String> = aliases.split('|').filter(|a| !a.is_empty()).map(str::to_owned).collect();
        self.table.add(label, index);
        for alias in &aliases {
            self.table.add(alias, index);
        }
        self.ids.insert(id.clone(), index);
        self.all.push(Occupation { id, label: label.to_owned(), aliases, group: group.to_owned() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_read_tolerantly() {
        for (title, want) in [
            ("Senior Java Developer", "Software developer"),
            ("Software-Entwicklerin (m/w/d)", "Software developer"),
            ("Entwickler:in", "Software developer"),
            ("Registered Nurses", "Registered nurse"),
            ("Krankenschwester", "Registered nurse"),
            ("Front-End Engineer", "Frontend developer"),
            ("Front End Developers", "Frontend developer"),
            ("Buchhalterin", "Bookkeeper"),
            ("Project Manager - Payments", "Project manager"),
            ("Projektleiter, Siemens", "Project manager"),
            ("Verkäuferinnen", "Sales assistant"),
            ("Krankenpflegerin", "Registered nurse"),
            ("Lead Data Scientist", "Data scientist"),
            ("Köchin", "Cook"),
        ] {
            assert_eq!(occupations().resolve(title).map_or("", |o| o.label.as_str()), want, "{title}");
        }
    }

    #[test]
    fn there_are_many_and_labels_resolve() {
        assert!(occupations().all().len() >= 2800, "{}", occupations().all().len());
        assert!(occupations().all().iter().all(|o| occupations().resolve(&o.label).is_some()));
    }

    #[test]
    fn a_title_of_the_written_files_names_one_occupation_alone() {
        let mut owners: HashMap<String, &str> = HashMap::new();
        let lines =
            CORE.lines().chain(ABROAD.iter().flat_map(|file| file.lines())).filter(|line| !line.starts_with('['));
        for line in lines {
            let (label, titles) = line.split_once('=').unwrap_or((line, ""));
            assert!(occupations().get(&slug(label)).is_some(), "{label}");
            for title in titles.split('|').chain([label]).filter(|title| !title.is_empty()) {
                let owner = *owners.entry(super::super::tokens::key(title)).or_insert(label);
                assert_eq!(owner, label, "{title}");
            }
        }
    }

    #[test]
    fn titles_are_known_as_recruiters_say_them_in_four_languages() {
        for (title, want) in [
            ("crossword designer", None),
            ("night watchman", Some("Security guard")),
            ("banquet server", Some("Waiter")),
            ("talent sourcer", Some("Recruiter")),
            ("Küchenleiterin", Some("Head chef")),
            ("camarera de sala", Some("Waiter")),
            ("trabajadora social", Some("Social worker")),
            ("conductrice de travaux", Some("Construction manager")),
            ("Développeuse", Some("Software developer")),
        ] {
            assert_eq!(occupations().named(title).map(|o| o.label.as_str()), want, "{title}");
        }
        assert!(occupations().similarity("administrative-assistant", "secretary") > 0.5);
    }

    #[test]
    fn one_group_is_similar_but_not_the_same() {
        let close = occupations().similarity("backend-developer", "software-engineer");
        assert!((close - SAME_GROUP).abs() < f32::EPSILON);
        assert!(occupations().similarity("cook", "lawyer").abs() < f32::EPSILON);
        assert!((occupations().similarity("cook", "cook") - 1.0).abs() < f32::EPSILON);
    }

    #[test]
    fn titles_are_found_in_text() {
        let text = "We hire registered nurses and two Krankenpflegerinnen, no developers.";
        let found: Vec<&str> = occupations().mentions(text).iter().map(|m| &text[m.start..m.end]).collect();
        assert_eq!(found, ["registered nurses", "Krankenpflegerinnen", "developers"]);
    }
}
