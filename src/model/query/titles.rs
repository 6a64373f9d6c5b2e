//! Titles: known occupations, a technology before a general one ("Python developer"), and unknown ones that end in a
//! word titles end in ("claims triage specialist"), kept as asked.

use crate::model::taxonomy::{Context, occupations, seniority_word, skills, tokens::Gap};

use super::{
    draft::Draft,
    grammar,
    interpretation::{Kind, WantedKeyword, WantedTitle},
    title_words::{ENDINGS, GENERAL, HEADED, LOOSE, SOFTWARE, is_aside, is_head},
};

/// A title found in the query.
#[derive(Debug, Clone)]
pub(super) struct Title {
    /// Its tokens.
    pub first: usize,
    pub last: usize,
    /// Taxonomy id, where known.
    pub id: Option<String>,
    /// In English where known, else as asked.
    pub label: String,
}

/// Finds the titles among tokens nobody has claimed.
pub(super) fn find(draft: &Draft) -> Vec<Title> {
    let mut out: Vec<Title> = Vec::new();
    for mention in occupations().mentions_in(&draft.tokens) {
        let (first, last) = draft.range(mention.start, mention.end);
        let Some(occupation) = occupations().get(mention.id) else { continue };
        if first >= last
            || draft.is_claimed(first, last)
            || (first..last).all(|i| seniority_word(draft.word(i)))
            || is_a_thing(draft, first, last)
        {
            continue;
        }
        let title = Title { first, last, id: Some(occupation.id.clone()), label: occupation.label.clone() };
        out.push(of_software(draft, without_choice(draft, widen(draft, title))));
    }
    for at in 0..draft.tokens.len() {
        let free = !draft.is_claimed(at, at + 1) && out.iter().all(|t| at < t.first || at >= t.last);
        if free && let Some(last) = headed(draft, at) {
            out.push(Title { first: at, last, id: None, label: draft.slice(at, last).to_owned() });
        } else if free && ends_a_title(draft.word(at)) && !is_a_thing(draft, at, at + 1) {
            let first = begin(draft, at, 2);
            if first < at {
                let title = Title { first, last: at + 1, id: None, label: draft.slice(first, at + 1).to_owned() };
                out.push(widen(draft, title));
            }
        }
    }
    out.sort_by_key(|t| t.first);
    out.dedup_by(|b, a| b.first < a.last);
    out
}

/// Writes the titles down and claims their words.
pub(super) fn read(draft: &mut Draft, titles: &[Title]) {
    let mut before: Option<(usize, usize)> = None;
    for title in titles {
        if draft.is_claimed(title.first, title.last) {
            continue;
        }
        // "not a travel nurse" refuses the whole name, never every nurse.
        let narrowed = title.first > 0
            && draft.tokens[title.first].gap == Gap::Joined
            && !draft.claimed[title.first - 1]
            && !grammar::is_grammar(draft.word(title.first - 1), draft.language);
        if draft.kinds[title.first] == Kind::Not && narrowed && draft.kinds[title.first - 1] == Kind::Not {
            let text = draft.slice(title.first - 1, title.last).to_owned();
            draft.claim(title.first - 1, title.last);
            draft.out.keywords.push(WantedKeyword { text, kind: Kind::Not });
            continue;
        }
        // "assistant to the CEO" asks for an assistant.
        let superior = matches!(draft.back(title.first, 1), "to" | "zum" | "zur") || draft.back(title.first, 2) == "to";
        if superior && !draft.out.titles.is_empty() {
            draft.claim(title.first, title.last);
            continue;
        }
        // A description's own title stands at its beginning; later ones are colleagues.
        let counts = !draft.description || draft.out.titles.is_empty();
        let kind = draft.kind(title.first, title.last);
        draft.claim(title.first, title.last);
        if counts && draft.out.titles.iter().all(|t| t.label != title.label) {
            let any_of = before.filter(|b| chosen(draft, b.1, title.first)).and_then(|b| join(draft, b.0, kind));
            before = Some((draft.out.titles.len(), title.last));
            draft.out.titles.push(WantedTitle { id: title.id.clone(), label: title.label.clone(), kind, any_of });
        }
    }
}

/// Whether only "or", and perhaps an article, stands between two titles.
fn chosen(draft: &Draft, from: usize, to: usize) -> bool {
    const ARTICLES: &[&str] = &["a", "an", "ein", "eine", "einen", "einer"];
    let or = matches!(draft.word(from), "or" | "oder" | "bzw")
        || draft.language.is_some() && matches!(draft.word(from), "o" | "ou");
    if to == from {
        return draft.between(to) == "/";
    }
    or && (to == from + 1 || to == from + 2 && ARTICLES.contains(&draft.word(from + 1)))
}

/// The group of the title at `index`, numbered now where it had none; refused titles are no alternatives.
fn join(draft: &mut Draft, index: usize, kind: Kind) -> Option<u32> {
    let next = draft.out.titles.iter().filter_map(|t| t.any_of).max().unwrap_or(0) + 1;
    let first = draft.out.titles.get_mut(index).filter(|t| t.kind == kind && kind != Kind::Not)?;
    Some(*first.any_of.get_or_insert(next))
}

/// Whether a title may end in `word`, in the singular or the plural.
pub(super) fn ends_a_title(word: &str) -> bool {
    let one = singular(word);
    is_head(one) || ENDINGS.iter().any(|ending| one.len() > ending.len() + 2 && one.ends_with(ending))
}

/// "head of computing services": where a title of that form ends.
fn headed(draft: &Draft, at: usize) -> Option<usize> {
    let start = at + draft.any_at(at, HEADED)?;
    let fits = |i: &usize| {
        *i < draft.tokens.len()
            && draft.tokens[*i].gap == Gap::Joined
            && !draft.is_claimed(*i, *i + 1)
            && !is_aside(draft.word(*i))
            && !grammar::is_grammar(draft.word(*i), draft.language)
    };
    (start..start + 3).take_while(fits).last().map(|last| last + 1)
}

fn singular(word: &str) -> &str {
    word.strip_suffix('s').filter(|w| is_head(w)).unwrap_or(word)
}

/// "SQL Server", "device driver", "after sales": a word that may be a title stands inside something else.
fn is_a_thing(draft: &Draft, first: usize, last: usize) -> bool {
    let inside = skills()
        .mentions_in(&draft.tokens[first.saturating_sub(2)..(last + 2).min(draft.tokens.len())], Context::Query);
    let covered = inside.iter().any(|m| {
        let (a, b) = draft.range(m.start, m.end);
        let longer = b - a > last - first;
        // "Illustrator" beside "Photoshop" is the program.
        let program = last - first == 1
            && draft.tokens.len() > 2
            && skills().get(m.id).is_some_and(|s| s.technical && s.ambiguous);
        a <= first && b >= last && (longer || program)
    });
    if covered {
        return true;
    }
    let follows = draft.tokens.get(last).filter(|t| t.gap == Gap::Joined).map_or("", |t| t.text.as_str());
    let noun = matches!(
        follows,
        "project"
            | "projects"
            | "software"
            | "system"
            | "systems"
            | "platform"
            | "tools"
            | "tool"
            | "skills"
            | "experience"
            | "teams"
            | "licence"
            | "license"
            | "s"
    );
    // "a server with experience" waits at tables; beside anything else it is a machine.
    if matches!(draft.word(first), "server" | "servers") && last - first == 1 {
        let before = draft.tokens[first].gap == Gap::Break
            || matches!(
                draft.back(first, 1),
                "a" | "experienced" | "hire" | "need" | "seasoned" | "as" | "the" | "former"
            );
        return !before
            || !matches!(follows, "" | "with" | "who" | "having" | "needed" | "wanted" | "for" | "background");
    }
    if last - first == 1 && is_said_of_more(draft, first, follows) {
        return true;
    }
    // "QA with Cypress" means a person, "QA in manufacturing" the work.
    if draft.word(first) == "qa" && last - first == 1 {
        return !matches!(follows, "with" | "who" | "mit");
    }
    last - first == 1 && LOOSE.contains(&draft.word(first)) && noun
}

/// "Orderly warehouse", "gestión comercial", "serveur Linux", "story teller": the title's word says more of a neighbour.
fn is_said_of_more(draft: &Draft, at: usize, follows: &str) -> bool {
    let before = if draft.tokens[at].gap == Gap::Joined { draft.back(at, 1) } else { "" };
    let technical = |i: usize| skills().resolve(draft.slice(i, i + 1)).is_some_and(|skill| skill.technical);
    let grammar = |word: &str| grammar::is_grammar(word, Some("es"));
    match draft.word(at) {
        "orderly" if follows == "and" => occupations().named(draft.slice(at + 2, at + 3)).is_none(),
        "orderly" => !follows.is_empty() && !grammar(follows),
        "serveur" | "serveurs" => {
            matches!(before, "administrateur" | "administratrice" | "sur") || !follows.is_empty() && technical(at + 1)
        }
        "teller" => matches!(before, "story" | "fortune"),
        "comercial" | "administrativa" | "administrativo" => {
            matches!(before, "experiencia" | "empresa" | "perfil")
                || !before.is_empty() && !grammar(before) && !seniority_word(before)
        }
        _ => false,
    }
}

/// Where a title whose head stands at `head` begins: at most `most` words before it, none of them an aside.
fn begin(draft: &Draft, head: usize, most: usize) -> usize {
    let mut first = head;
    while first > 0 && head - first < most {
        let before = first - 1;
        let word = draft.word(before);
        let joined = draft.tokens[first].gap == Gap::Joined;
        if !joined
            || draft.between(first).contains('/')
            || draft.is_claimed(before, first)
            || is_aside(word)
            || seniority_word(word)
            || word.chars().any(|c| c.is_ascii_digit())
            || draft.kinds[before] != draft.kinds[head]
        {
            break;
        }
        first = before;
    }
    first
}

/// "C++ or C# developer", "React/Vue developer" ask for a developer, and leave the choice of technologies to the skills.
fn without_choice(draft: &Draft, title: Title) -> Title {
    let head = title.last - 1;
    let technology = |first: usize, last: usize| skills().resolve(draft.slice(first, last)).filter(|s| s.technical);
    let or = title.first > 0 && matches!(draft.word(title.first - 1), "or" | "oder" | "bzw");
    let slash = title.first > 0 && draft.between(title.first) == "/";
    let end = title.first - usize::from(or);
    let before = (1..=3).find_map(|n| technology(end.checked_sub(n)?, end));
    let own = technology(title.first, head).filter(|_| head > title.first && (or || slash));
    let chosen = own.zip(before).is_some_and(|(a, b)| or || skills().interchangeable(&a.id, &b.id));
    let general = GENERAL.iter().find(|g| chosen && g.0 == draft.word(head));
    let Some(occupation) = general.and_then(|g| occupations().resolve(g.1)) else { return title };
    Title { first: head, last: title.last, id: Some(occupation.id.clone()), label: occupation.label.clone() }
}

/// "Java-Architekt", "architect with AWS" design software, not buildings.
fn of_software(draft: &Draft, title: Title) -> Title {
    if title.id.as_deref() != Some("architect") {
        return title;
    }
    let kinds: Vec<String> = SOFTWARE.iter().flat_map(|kind| skills().including(kind)).collect();
    let named = skills().mentions_in(&draft.tokens, Context::Query);
    let software =
        occupations().get("software-architect").filter(|_| named.iter().any(|m| kinds.iter().any(|k| k == m.id)));
    let Some(software) = software else { return title };
    let label = if title.last - title.first > 1 { title.label } else { software.label.clone() };
    Title { id: Some(software.id.clone()), label, ..title }
}

/// Takes what stands before a general title into it: "Python developer", "validation engineer".
fn widen(draft: &Draft, mut title: Title) -> Title {
    let head = title.last - 1;
    let Some((_, word)) = GENERAL
        .iter()
        .find(|g| g.0 == draft.word(head))
        .filter(|_| title.last - title.first == 1 || title.id.is_none())
    else {
        return title;
    };
    // A technology's own words count even where they are small ones: "Ruby on Rails developer".
    let start = (1..=4)
        .take_while(|n| {
            head.checked_sub(*n).is_some_and(|i| draft.tokens[i + 1].gap == Gap::Joined && !draft.is_claimed(i, i + 1))
        })
        .last()
        .map_or(head, |n| head - n);
    let technology = (start..head).find_map(|i| {
        let skill = skills().resolve(draft.slice(i, head)).filter(|s| s.technical)?;
        Some((i, skill.label.clone()))
    });
    if let Some((first, label)) = technology {
        let known = occupations()
            .named(&format!("{label} {word}"))
            .filter(|o| !matches!(o.id.as_str(), "software-developer" | "engineer"));
        // Whoever administers a technology is no office clerk.
        let base = title.id.take().filter(|_| *word != "administrator").or_else(|| {
            let word = if *word == "administrator" { "system administrator" } else { *word };
            occupations().resolve(word).map(|o| o.id.clone())
        });
        return Title {
            first,
            last: title.last,
            id: known.map(|o| o.id.clone()).or(base),
            label: known.map_or_else(|| format!("{label} {word}"), |o| o.label.clone()),
        };
    }
    let first = begin(draft, head, 2).min(title.first);
    if first == title.first && title.id.is_some() {
        return title;
    }
    // Of a narrower title only what a programmer does is known: an unknown kind of analyst is not every analyst.
    let known = title.id.filter(|_| *word == "developer" || *word == "programmer");
    Title { first, last: title.last, id: known, label: draft.slice(first, title.last).to_owned() }
}

#[cfg(test)]
mod tests {
    use crate::model::query::understand;

    #[test]
    fn a_choice_of_technologies_is_no_part_of_the_title() {
        for (query, skills) in
            [("C++ or C# developer", ["C++", "C#"]), ("Java or Kotlin developer", ["Java", "Kotlin"])]
        {
            let read = understand(query);
            let found: Vec<_> = read.skills.iter().map(|s| (s.label.as_str(), s.any_of)).collect();
            assert_eq!(found, skills.map(|s| (s, Some(1))), "{query}");
            let titles: Vec<_> = read.titles.iter().filter_map(|t| t.id.as_deref()).collect();
            assert_eq!(titles, ["software-developer"], "{query}");
        }
    }

    #[test]
    fn titles_joined_by_or_are_alternatives() {
        for query in
            ["nurse or midwife", "Krankenschwester oder Altenpflegerin", "plumber or an electrician", "nurse/midwife"]
        {
            let groups: Vec<_> = understand(query).titles.iter().map(|t| t.any_of).collect();
            assert_eq!(groups, [Some(1), Some(1)], "{query}");
        }
        assert!(understand("barista and bartender").titles.iter().all(|t| t.any_of.is_none()));
    }
}
