//! Skills: what a person can do or has worked with, each with its names. Identity is exact; related skills are known
//! apart and never count as a match.

use std::{collections::HashMap, sync::OnceLock};

use super::{
    Context, Mention, ambiguity,
    table::{Hit, Table, suggest},
    tokens::{Gap, Token, fold, key, tokens},
    words::is_ordinary,
};

/// Written for this project: `Label=alias|alias`, with `!w` where a name is also a plain word.
const CORE: &str = include_str!("data/skills.txt");
/// Generated from ESCO: label, aliases.
const ESCO: &str = include_str!("data/skills_esco.tsv");
/// Written for this project: one cluster of related labels a line.
const RELATED: &str = include_str!("data/related.txt");
/// Written for this project: kinds of tools, `Label=alias|alias: member|member`.
const CLASSES: &str = include_str!("data/classes.txt");

/// Words that say of a name before them that a tool is meant, whichever it is.
const TOOL_WORDS: &[&str] = &[
    "software",
    "system",
    "systems",
    "platform",
    "platforms",
    "tool",
    "tools",
    "package",
    "packages",
    "suite",
    "suites",
    "application",
    "applications",
    "engine",
    "engines",
    "solution",
    "solutions",
    "product",
    "products",
    "technology",
    "technologies",
];
/// The same, but also said of what is no tool ("training programs").
const LOOSE_TOOL_WORDS: &[&str] = &["program", "programs", "app", "apps"];

/// Whether `word` (folded) only says that the name before it is a tool.
pub fn is_tool_word(word: &str) -> bool {
    TOOL_WORDS.contains(&word) || LOOSE_TOOL_WORDS.contains(&word)
}

/// A skill.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Skill {
    /// Stable slug, e.g. `kubernetes`, `c-plus-plus`.
    pub id: String,
    /// The usual English name.
    pub label: String,
    /// Other names, English and German.
    pub aliases: Vec<String>,
    /// Ids of skills that are close, but not the same.
    pub related: Vec<String>,
    /// Ids of the skills it is a name for all of: whoever has one of them has it, and never the other way round.
    pub includes: Vec<String>,
    /// Whether it is a technology, product or method with a proper name, which counts inside a title too.
    pub technical: bool,
    /// Whether some of its names are also plain words.
    pub ambiguous: bool,
}

/// All skills.
#[derive(Debug)]
pub struct Skills {
    all: Vec<Skill>,
    ids: HashMap<String, usize>,
    table: Table,
    /// Names of kinds of tools that hold another skill's name ("payroll systems"). They count in a query alone: in a
    /// resume they would hide the skill.
    asked: Table,
}

/// All skills, read on first use.
pub fn skills() -> &'static Skills {
    static SKILLS: OnceLock<Skills> = OnceLock::new();
    SKILLS.get_or_init(Skills::read)
}

impl Skills {
    /// The skill with this id.
    pub fn get(&self, id: &str) -> Option<&Skill> {
        self.ids.get(id).map(|i| &self.all[*i])
    }

    /// The skill that has exactly this name, whatever its case, hyphens or diacritics.
    pub fn resolve(&self, phrase: &str) -> Option<&Skill> {
        if phrase.len() > 200 {
            return None;
        }
        let key = key(phrase);
        self.table.get(&key).or_else(|| self.asked.get(&key)).map(|i| &self.all[i])
    }

    /// The ids of `id` and of everything it includes, in turn too.
    pub fn including(&self, id: &str) -> Vec<String> {
        let mut out = vec![id.to_owned()];
        let mut at = 0;
        while let Some(skill) = out.get(at).map(|id| self.get(id)) {
            for part in skill.into_iter().flat_map(|skill| &skill.includes) {
                if !out.contains(part) {
                    out.push(part.clone());
                }
            }
            at += 1;
        }
        out
    }

    /// The skills named in `text`, leftmost first, the longest name at each place, whole words only.
    pub fn mentions(&self, text: &str, context: Context) -> Vec<Mention<'_>> {
        self.mentions_in(&tokens(text), context)
    }

    /// The same over tokens already cut; a caller that also looks for titles cuts only once.
    pub fn mentions_in(&self, tokens: &[Token], context: Context) -> Vec<Mention<'_>> {
        let widest = if context == Context::SkillList { Gap::Joined } else { Gap::Line };
        let also = if context == Context::Query { &self.asked } else { &self.table };
        let hits = self.table.scan_with(also, tokens, widest);
        let kept = ambiguity::settle(tokens, &hits, context, |hit| self.sense(tokens, hit));
        let whole = |hit: &Hit| Mention {
            id: &self.all[hit.index as usize].id,
            start: tokens[hit.first].start,
            end: tokens[hit.last - 1].end,
        };
        hits.iter().zip(kept).filter(|(_, keep)| *keep).map(|(hit, _)| whole(hit)).collect()
    }

    /// Skills that are close to this one; never a match for it.
    pub fn related(&self, id: &str) -> impl Iterator<Item = &Skill> {
        self.get(id).into_iter().flat_map(|s| s.related.iter()).filter_map(|id| self.get(id))
    }

    /// Whether either does where the other is asked for as one of a choice: close, and of one kind of tools.
    pub fn interchangeable(&self, a: &str, b: &str) -> bool {
        // A wide kind mixes: "Web platform development" holds PHP and Laravel, which are no choice.
        let holds = |kind: &&Skill, id: &str| kind.includes.iter().any(|part| part == id);
        let narrowest =
            |id: &str| self.all.iter().filter(|kind| holds(kind, id)).min_by_key(|kind| kind.includes.len());
        self.related(a).any(|s| s.id == b)
            && [(a, b), (b, a)].iter().all(|(one, other)| narrowest(one).is_some_and(|kind| holds(&kind, other)))
    }

    /// Up to `limit` skills with a name that begins with `prefix`, those whose label does first.
    pub fn suggest(&self, prefix: &str, limit: usize) -> Vec<&Skill> {
        suggest(&self.all, |skill| (&skill.label, &skill.aliases), prefix, limit)
    }

    /// Every skill, hand-written ones first.
    pub fn all(&self) -> &[Skill] {
        &self.all
    }

    fn sense(&self, tokens: &[Token], hit: &Hit) -> ambiguity::Sense {
        let skill = &self.all[hit.index as usize];
        if !skill.technical {
            return ambiguity::Sense::General;
        }
        let token = &tokens[hit.first];
        let single = hit.last - hit.first == 1;
        let plain = skill.ambiguous
            && single
            && (token.text.len() <= 2 || fold(&skill.label) == token.text || is_ordinary(&token.text));
        if plain && token.text.chars().all(char::is_alphabetic) {
            ambiguity::Sense::Plain
        } else {
            ambiguity::Sense::Technical
        }
    }

    fn read() -> Self {
        let mut skills = Self {
            all: Vec::with_capacity(3300),
            ids: HashMap::new(),
            table: Table::default(),
            asked: Table::default(),
        };
        let mut technical = false;
        for line in CORE.lines() {
            if let Some(section) = line.strip_prefix('[') {
                technical = section.starts_with("tech");
                continue;
            }
            let ambiguous = line.ends_with("!w");
            let (label, aliases) =
                line.trim_end_matches("!w").split_once('=').unwrap_or((line.trim_end_matches("!w"), ""));
            skills.push(label, aliases, technical, ambiguous);
        }
        let classes: Vec<(&str, &str)> = CLASSES.lines().filter_map(|line| line.rsplit_once(": ")).collect();
        for (names, _) in &classes {
            skills.name_kind(names);
        }
        for line in ESCO.lines() {
            let (label, aliases) = line.split_once('\t').unwrap_or((line, ""));
            if skills.resolve(label).is_none() {
                skills.push(label, aliases, false, false);
            }
        }
        for (names, members) in classes {
            skills.fill_kind(names, members);
        }
        skills.relate();
        skills
    }

    /// Adds a kind of tools with its names. `~` stands for any word of tools, `~+` for the loose ones too.
    fn name_kind(&mut self, names: &str) {
        let (label, aliases) = names.split_once('=').unwrap_or((names, ""));
        self.push(label, "", false, false);
        let Some(index) = self.ids.get(&slug(label)).copied() else { return };
        for alias in aliases.split('|') {
            let (stem, words): (&str, &[&[&str]]) = match alias.split_once(" ~") {
                Some((stem, "+")) => (stem, &[TOOL_WORDS, LOOSE_TOOL_WORDS]),
                Some((stem, _)) => (stem, &[TOOL_WORDS]),
                None => (alias, &[]),
            };
            let mut names: Vec<String> = words.concat().iter().map(|word| format!("{stem} {word}")).collect();
            if names.is_empty() {
                names.push(alias.to_owned());
            }
            let hides = self.table.scan(&tokens(stem), Gap::Joined).iter().any(|hit| hit.index as usize != index);
            let table = if hides { &mut self.asked } else { &mut self.table };
            for name in &names {
                table.add(name, index);
            }
            self.all[index].aliases.extend(names.into_iter().take(1));
        }
    }

    fn fill_kind(&mut self, names: &str, members: &str) {
        let label = names.split_once('=').map_or(names, |n| n.0);
        let Some(index) = self.ids.get(&slug(label)).copied() else { return };
        let members = members.split('|').map(slug).filter(|id| self.ids.contains_key(id));
        self.all[index].includes = members.collect();
    }

    fn push(&mut self, label: &str, aliases: &str, technical: bool, ambiguous: bool) {
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
        self.all.push(Skill {
            id,
            label: label.to_owned(),
            aliases,
            related: Vec::new(),
            includes: Vec::new(),
            technical,
            ambiguous,
        });
    }

    fn relate(&mut self) {
        for line in RELATED.lines() {
            let cluster: Vec<usize> = line.split('|').filter_map(|l| self.ids.get(&slug(l)).copied()).collect();
            for one in &cluster {
                let others = cluster.iter().filter(|o| *o != one).map(|o| self.all[*o].id.clone()).collect::<Vec<_>>();
                self.all[*one].related.extend(others);
            }
        }
    }
}

/// A stable id: lower case, symbols that carry meaning spelt out, everything else a hyphen.
pub(super) fn slug(label: &str) -> String {
    let mut out = String::with_capacity(label.len());
    let spelt =
        fold(label).replace("++", " plus plus").replace('#', " sharp").replace(".net", " dotnet").replace('&', " and ");
    for word in spelt.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()) {
        if !out.is_empty() {
            out.push('-');
        }
        out.push_str(word);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, context: Context) -> Vec<String> {
        skills().mentions(text, context).into_iter().map(|m| skills().get(m.id).unwrap().label.clone()).collect()
    }

    #[test]
    fn every_label_and_alias_finds_some_skill_and_ids_are_unique() {
        assert!(skills().all().len() >= 2000, "{}", skills().all().len());
        for skill in skills().all() {
            assert_eq!(skills().resolve(&skill.label).map(|s| &s.id), Some(&skill.id), "{}", skill.label);
            assert!(skill.aliases.iter().all(|a| skills().resolve(a).is_some()), "{skill:?}");
        }
    }

    #[test]
    fn identity_is_exact() {
        for (text, want) in [
            ("JavaScript and TypeScript", vec!["JavaScript", "TypeScript"]),
            ("Django, Flask and PostgreSQL", vec!["Django", "Flask", "PostgreSQL"]),
            ("C, C++, C# and F#", vec!["C", "C++", "C#", "F#"]),
            ("React Native, not web", vec!["React Native"]),
            ("T-SQL, PL/SQL, VB.NET, ASP.NET", vec!["T-SQL", "PL/SQL", "VB.NET", "ASP.NET"]),
            ("SAP FI/CO and CI/CD", vec!["SAP FICO", "CI/CD"]),
            ("Objective-C", vec!["Objective-C"]),
            ("k8s, Postgres, Amazon Web Services", vec!["Kubernetes", "PostgreSQL", "Amazon Web Services"]),
        ] {
            assert_eq!(found(text, Context::Query), want, "{text}");
        }
    }

    #[test]
    fn plain_words_are_not_skills() {
        for text in [
            "someone who can go the extra mile",
            "swift delivery driver",
            "rust belt",
            "spring cleaning",
            "docket clerk",
            "scala opera singer",
            "assembly line worker",
            "excel at communication",
            "dock worker",
            "reactor operator",
            "react to customers",
            "the rest of the team",
            "express your interest",
            "quick to go home",
        ] {
            let names = found(text, Context::Query);
            let technical = names.iter().filter(|n| skills().resolve(n).unwrap().technical).collect::<Vec<_>>();
            assert!(technical.is_empty(), "{text}: {technical:?}");
            let prose = found(&format!("We {text} every day."), Context::Prose);
            assert!(prose.iter().all(|n| !skills().resolve(n).unwrap().technical), "{text}: {prose:?}");
        }
    }

    #[test]
    fn a_list_item_counts_as_a_whole() {
        assert_eq!(
            found("Go\nR\nSwift, Excel; Spring", Context::SkillList),
            ["Go", "R", "Swift", "Microsoft Excel", "Spring"]
        );
        assert_eq!(found("Built services in Go and Python. Then I go home.", Context::Prose), ["Go", "Python"]);
    }

    #[test]
    fn every_member_of_a_kind_of_tools_is_a_skill_and_no_kind_includes_itself() {
        for (names, members) in CLASSES.lines().map(|line| line.rsplit_once(": ").unwrap()) {
            let kind = skills().get(&slug(names.split_once('=').unwrap().0)).unwrap();
            assert_eq!(kind.includes.len(), members.split('|').count(), "{names}: {:?}", kind.includes);
            assert!(!kind.includes.iter().any(|part| skills().including(part).contains(&kind.id)), "{names}");
        }
    }

    #[test]
    fn a_kind_of_tools_is_asked_for_by_many_names_and_reaches_its_members() {
        for (text, want, member) in [
            ("slide deck tools", "Presentation software", "microsoft-powerpoint"),
            ("payroll systems", "Payroll software", "adp"),
            ("a hypervisor", "Server virtualization", "vmware"),
            ("database management software", "Database management systems", "mongodb"),
        ] {
            assert_eq!(found(text, Context::Query), [want], "{text}");
            let id = &skills().resolve(want).unwrap().id;
            assert!(skills().including(id).iter().any(|part| part == member), "{want}: {member}");
        }
        assert_eq!(found("Ran payroll systems", Context::Prose), ["Payroll"]);
        assert_eq!(skills().including("java"), ["java"]);
    }

    #[test]
    fn related_is_known_and_suggestions_begin_with_the_prefix() {
        assert!(skills().related("react").any(|s| s.id == "vue-js"));
        assert_eq!(skills().suggest("kuber", 3)[0].id, "kubernetes");
        assert!(skills().suggest("", 3).is_empty());
    }
}
