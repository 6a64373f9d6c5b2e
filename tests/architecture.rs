//! Reads the source and fails where the house's rules are broken: floors, doors, sizes, words, file names.
//!
//! The rules and their reasons are in CONTRIBUTING.md. Source is read as tokens, so comments and strings never
//! count. Every checker is fed a planted breach at the end of this file: a rule that cannot fail is no rule.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The floors, lowest first; modules on one line do not know each other.
const FLOORS: [&[&str]; 10] = [
    &["base"],
    &["telemetry", "model"],
    &["config"],
    &["gateways", "store"],
    &["ai"],
    &["context"],
    &["recruit", "ops"],
    &["http", "tasks"],
    &["boot"],
    &["cli"],
];
/// Modules whose sub-modules are rooms of their own: one gateway does not know another.
const DIVIDED: [&str; 1] = ["gateways"];

/// Outside crates that have one door: who may use them.
const DOORS: [(&[&str], &[&str]); 22] = [
    (&["sqlx"], &["store"]),
    (&["axum", "axum_extra", "tower_http", "utoipa_axum", "rust_embed"], &["http"]),
    // The client of OpenAI's protocol takes a service of it.
    (&["tower"], &["http", "gateways::llm"]),
    (&["utoipa"], &["http", "recruit", "model"]),
    (&["clap", "indicatif"], &["cli"]),
    (&["anyhow"], &["cli", "boot"]),
    (&["flate2"], &["gateways::dump"]),
    (&["redis"], &["gateways::cache"]),
    (&["qdrant_client", "tonic"], &["gateways::vectors"]),
    (&["systemd"], &["gateways::systemd"]),
    (&["tokenizers", "gemm", "safetensors"], &["gateways::embed"]),
    (&["landlock", "html2text", "quick_xml"], &["gateways::extract"]),
    (&["tokio_rustls", "rcgen", "instant_acme", "x509_cert"], &["gateways::tls"]),
    (&["rustls"], &["gateways::tls", "base"]),
    (&["async_openai"], &["gateways::llm"]),
    (&["reqwest"], &["gateways::llm", "gateways::mail", "base"]),
    (&["schemars", "minijinja"], &["ai", "gateways::llm", "gateways::mail"]),
    (&["governor"], &["ai"]),
    (&["ipnet"], &["config"]),
    (&["prometheus_client"], &["telemetry"]),
    (&["lettre"], &["gateways::mail"]),
    (&["hickory_resolver"], &["gateways::dns"]),
];
/// Parts of `std::env` that do not read the environment.
const HARMLESS_ENV: [&str; 4] = ["args", "args_os", "consts", "current_exe"];
/// What a pure floor cannot touch.
const IMPURE: [&str; 8] =
    ["std::fs", "std::net", "std::process", "std::thread", "std::env", "tokio", "futures", "tokio_util"];

const MOST_LINES: usize = 400;
const MOST_LINES_MEDIAN: usize = 150;
const MOST_LINES_SVELTE: usize = 250;
const FORBIDDEN_ENDINGS: [&str; 4] = ["_fix", "_v2", "_new", "_old"];
const FORBIDDEN_WORDS: [&str; 2] = ["job", "jobs"];
/// What the root folder may hold, besides dot files.
const ROOT: [&str; 17] = [
    "Cargo.toml",
    "Cargo.lock",
    "src",
    "web",
    "packaging",
    "systemd",
    "ansible",
    "tests",
    "README.md",
    "CONTRIBUTING.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "Makefile",
    "clippy.toml",
    "rustfmt.toml",
    "deny.toml",
    "typos.toml",
];
/// Made by builds and ignored by git.
const ROOT_IGNORED: [&str; 2] = ["target", "dist"];

/// One place where a rule is broken.
#[derive(Debug, PartialEq, Eq)]
struct Breach {
    file: String,
    line: usize,
    rule: &'static str,
    advice: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.file, self.line, self.rule, self.advice)
    }
}

/// A source file: its path from the repository's root, and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    fn breach(&self, line: usize, rule: &'static str, advice: impl Into<String>) -> Breach {
        Breach { file: self.path.clone(), line, rule, advice: advice.into() }
    }

    /// The module path: `src/store/queue.rs` and `src/store/queue/mod.rs` are `["store", "queue"]`.
    fn module(&self) -> Vec<String> {
        let path = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        let path = path.trim_end_matches("/mod");
        if matches!(path, "lib" | "main") { Vec::new() } else { path.split('/').map(str::to_owned).collect() }
    }

    /// The text as tokens; what does not parse is the compiler's business.
    fn tokens(&self) -> TokenStream {
        self.text.parse().unwrap_or_default()
    }

    /// The line of the unit tests at the end of the file, or one past the last line.
    fn first_test_line(&self) -> usize {
        let lines = self.text.lines().collect::<Vec<_>>();
        let tests = lines.windows(2).rposition(|pair| pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod "));
        tests.unwrap_or(lines.len()) + 1
    }
}

/// A path that the source names, resolved from the crate's root where it can be: `["crate", "store", "queue"]`.
#[derive(Debug, PartialEq, Eq)]
struct Reference {
    segments: Vec<String>,
    line: usize,
}

impl Reference {
    fn path(&self) -> String {
        self.segments.join("::")
    }

    fn is_under(&self, prefix: &str) -> bool {
        let path = self.path();
        path == prefix || path.strip_prefix(prefix).is_some_and(|rest| rest.starts_with("::"))
    }
}

/// Collects every path in the source outside `#[cfg(test)]` items.
fn references(source: &Source) -> Vec<Reference> {
    let mut found = Vec::new();
    walk(source.tokens(), &mut found);
    let module = source.module();
    for reference in &mut found {
        reference.segments = resolved(&reference.segments, &module);
    }
    found
}

/// Turns `self::` and `super::` into a path from `crate`.
fn resolved(segments: &[String], module: &[String]) -> Vec<String> {
    let ups = segments.iter().take_while(|segment| *segment == "super").count();
    let from = match segments.first().map(String::as_str) {
        Some("self") => module,
        Some("super") => &module[..module.len().saturating_sub(ups)],
        _ => return segments.to_vec(),
    };
    let rest = segments.iter().skip(ups.max(1)).cloned();
    std::iter::once("crate".to_owned()).chain(from.iter().cloned()).chain(rest).collect()
}

fn walk(stream: TokenStream, found: &mut Vec<Reference>) {
    let tokens = stream.into_iter().collect::<Vec<_>>();
    let mut at = 0;
    while at < tokens.len() {
        if is_test_attribute(&tokens[at..]) {
            at = after_item(&tokens, at + 2);
            continue;
        }
        match &tokens[at] {
            TokenTree::Ident(word) if *word == "use" => at = use_tree(&tokens, at + 1, &[], true, found),
            TokenTree::Ident(_) if !follows_path_or_dot(&tokens, at) => {
                at = use_tree(&tokens, at, &[], false, found);
            }
            TokenTree::Group(group) => {
                walk(group.stream(), found);
                at += 1;
            }
            _ => at += 1,
        }
    }
}

/// Reads a path or a tree of paths, `a::{b, c::d}`, from `at` on; answers where it ends. A single word is a
/// reference in a `use` alone, elsewhere it is a name like any other.
fn use_tree(tokens: &[TokenTree], mut at: usize, prefix: &[String], in_use: bool, found: &mut Vec<Reference>) -> usize {
    let mut segments = prefix.to_vec();
    let begin = at;
    if is_path_separator(tokens, at) {
        at += 2;
    }
    let mut line = tokens.get(at).map_or(0, |token| token.span().start().line);
    loop {
        match tokens.get(at) {
            Some(TokenTree::Ident(word)) => {
                line = word.span().start().line;
                segments.push(word.to_string());
                at += 1;
            }
            Some(TokenTree::Group(group)) if in_use && group.delimiter() == Delimiter::Brace => {
                let inner = group.stream().into_iter().collect::<Vec<_>>();
                for branch in inner.split(|token| matches!(token, TokenTree::Punct(mark) if mark.as_char() == ',')) {
                    use_tree(branch, 0, &segments, true, found);
                }
                return at + 1;
            }
            _ => break,
        }
        if !is_path_separator(tokens, at) {
            break;
        }
        at += 2;
    }
    if segments.last().is_some_and(|last| last == "self") && segments.len() > 1 {
        segments.pop();
    }
    if segments.len() > 1 || (in_use && segments.len() == 1) {
        found.push(Reference { segments, line });
    }
    at.max(begin + 1)
}

fn is_path_separator(tokens: &[TokenTree], at: usize) -> bool {
    let is_colon = |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(mark)) if mark.as_char() == ':');
    is_colon(at) && is_colon(at + 1)
}

fn follows_path_or_dot(tokens: &[TokenTree], at: usize) -> bool {
    let dot = at > 0 && matches!(&tokens[at - 1], TokenTree::Punct(mark) if mark.as_char() == '.');
    // `<T as Trait>::name` continues a path; `::name` at the start of one does not occur in this code.
    dot || (at > 1 && is_path_separator(tokens, at - 2))
}

/// `#` followed by `[cfg(test)]`.
fn is_test_attribute(tokens: &[TokenTree]) -> bool {
    let [TokenTree::Punct(hash), TokenTree::Group(attribute), ..] = tokens else { return false };
    hash.as_char() == '#' && attribute.stream().to_string().replace(' ', "") == "cfg(test)"
}

/// Where the item that begins at `at` ends: after its braces or its semicolon.
fn after_item(tokens: &[TokenTree], mut at: usize) -> usize {
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => break,
            TokenTree::Punct(mark) if mark.as_char() == ';' => break,
            _ => {}
        }
    }
    at
}

/// The room of a module path: `store`, or `gateways::embed` where the floor is divided.
fn room(module: &[String]) -> String {
    let depth = if module.first().is_some_and(|first| DIVIDED.contains(&first.as_str())) { 2 } else { 1 };
    module.iter().take(depth).map(String::as_str).collect::<Vec<_>>().join("::")
}

fn floor(room: &str) -> Option<usize> {
    let module = room.split("::").next()?;
    FLOORS.iter().position(|floor| floor.contains(&module))
}

/// A file uses only its own room and lower floors.
fn check_floors(source: &Source) -> Vec<Breach> {
    let module = source.module();
    let own_room = room(&module);
    if module.is_empty() {
        return Vec::new();
    }
    let Some(own_floor) = floor(&own_room) else {
        return vec![source.breach(
            1,
            "floors",
            format!("`{own_room}` is on no floor; add it to FLOORS in tests/architecture.rs and to src/lib.rs"),
        )];
    };
    let breach = |reference: Reference| {
        let inside = reference.segments.strip_prefix(&["crate".to_owned()][..])?;
        let theirs = room(inside);
        let their_floor = floor(&theirs)?;
        // The head of a divided floor (`gateways/mod.rs`) may name its rooms; a room may name the head's own items.
        let family = theirs == own_room || theirs.starts_with(&format!("{own_room}::"));
        if their_floor < own_floor || family {
            return None;
        }
        let where_it_is = if their_floor > own_floor { "above" } else { "beside" };
        Some(source.breach(reference.line, "floors", format!(
            "`{own_room}` (floor {own_floor}) uses `{}`, which is {where_it_is} it (floor {their_floor}); move the shared part to a lower floor or hand it in as an argument",
            reference.path())))
    };
    references(source).into_iter().filter_map(breach).collect()
}

/// An outside crate is used by its one room alone.
fn check_doors(source: &Source) -> Vec<Breach> {
    let own_room = room(&source.module());
    let breach = |reference: Reference| {
        let root = reference.segments.first()?;
        let (_, rooms) = DOORS.iter().find(|(crates, _)| crates.contains(&root.as_str()))?;
        if rooms.contains(&own_room.as_str()) {
            return None;
        }
        Some(source.breach(
            reference.line,
            "doors",
            format!("`{root}` is for `{}` alone; ask that room for what `{own_room}` needs of it", rooms.join("`, `")),
        ))
    };
    references(source).into_iter().filter_map(breach).collect()
}

/// Only `config` reads the environment.
fn check_environment(source: &Source) -> Vec<Breach> {
    if room(&source.module()) == "config" {
        return Vec::new();
    }
    let reads = |reference: &Reference| {
        reference.is_under("std::env")
            && !reference.segments.get(2).is_some_and(|name| HARMLESS_ENV.contains(&name.as_str()))
    };
    let advice =
        "only `config` reads the environment; take the value as an argument (name `std::env::current_exe` in full)";
    references(source).into_iter().filter(reads).map(|at| source.breach(at.line, "environment", advice)).collect()
}

/// `model` is pure data and rules.
fn check_purity(source: &Source) -> Vec<Breach> {
    if room(&source.module()) != "model" {
        return Vec::new();
    }
    let impure = references(source).into_iter().filter(|reference| IMPURE.iter().any(|path| reference.is_under(path)));
    let advice = |reference: &Reference| {
        format!("`model` does no I/O and waits for nothing, so `{}` belongs on a higher floor", reference.path())
    };
    let mut breaches =
        impure.map(|reference| source.breach(reference.line, "purity", advice(&reference))).collect::<Vec<_>>();
    each_word(source.tokens(), &mut |word, line| {
        if word == "async" {
            breaches.push(source.breach(line, "purity", "`model` waits for nothing; make it a plain function"));
        }
    });
    breaches
}

/// A lint is expected with a reason, never silently allowed.
fn check_allows(source: &Source) -> Vec<Breach> {
    let mut breaches = Vec::new();
    each_attribute(source.tokens(), &mut |attribute, line| {
        let text = attribute.to_string().replace(' ', "");
        if text.starts_with("allow(") || (text.starts_with("cfg_attr(") && text.contains(",allow(")) {
            breaches.push(source.breach(
                line,
                "allow",
                "write `#[expect(the_lint, reason = \"why it cannot be avoided\")]`, or mend it",
            ));
        }
    });
    breaches
}

/// Background work is a task, a vacancy is a position: the word that means both means nothing.
fn check_words(source: &Source) -> Vec<Breach> {
    let mut breaches = Vec::new();
    each_word(source.tokens(), &mut |word, line| {
        if words_of(word).iter().any(|part| FORBIDDEN_WORDS.contains(&part.as_str())) {
            breaches.push(source.breach(
                line,
                "words",
                format!("`{word}`: background work is a `task`, a vacancy a `position`"),
            ));
        }
    });
    breaches
}

/// Each file says what it is for.
fn check_opening(source: &Source) -> Option<Breach> {
    let opens = source.text.starts_with("//! ");
    (!opens).then(|| {
        source.breach(1, "opening", "open the file with `//!`: what it is for and why this way, in two to six lines")
    })
}

/// A file is short enough to be read at one sitting.
fn check_length(source: &Source) -> Option<Breach> {
    let lines = source.first_test_line() - 1;
    (lines > MOST_LINES).then(|| {
        source.breach(
            lines,
            "length",
            format!("{lines} lines outside tests, at most {MOST_LINES}: split it by what it does"),
        )
    })
}

fn check_median(sources: &[Source]) -> Option<Breach> {
    let mut lengths = sources.iter().map(|source| source.first_test_line() - 1).collect::<Vec<_>>();
    lengths.sort_unstable();
    let median = *lengths.get(lengths.len() / 2)?;
    (median > MOST_LINES_MEDIAN).then(|| Breach {
        file: "src".to_owned(),
        line: 0,
        rule: "median",
        advice: format!(
            "half of the files have {median} lines or more, at most {MOST_LINES_MEDIAN}: split the longest"
        ),
    })
}

fn check_svelte(source: &Source) -> Option<Breach> {
    let lines = source.text.lines().count();
    (lines > MOST_LINES_SVELTE).then(|| {
        source.breach(
            lines,
            "length",
            format!("{lines} lines, at most {MOST_LINES_SVELTE} in a component: take a part out into one of its own"),
        )
    })
}

/// A mend lands in the file that was wrong, not in a new one beside it.
fn check_name(path: &str) -> Option<Breach> {
    let stem = Path::new(path).file_stem()?.to_str()?.to_lowercase();
    FORBIDDEN_ENDINGS.iter().find(|ending| stem.ends_with(*ending)).map(|ending| Breach {
        file: path.to_owned(),
        line: 0,
        rule: "names",
        advice: format!("a name must not end in `{ending}`: change the file it replaces"),
    })
}

fn check_root(names: &BTreeSet<String>) -> Vec<Breach> {
    let stray = |name: &&String| {
        let known = ROOT.contains(&name.as_str()) || ROOT_IGNORED.contains(&name.as_str());
        !known && !name.starts_with('.') && Path::new(name).extension().is_none_or(|kind| kind != "log")
    };
    let advice = "does not belong in the root folder: move it to the part of the project it serves";
    names
        .iter()
        .filter(stray)
        .map(|name| Breach { file: name.clone(), line: 0, rule: "root", advice: advice.to_owned() })
        .collect()
}

/// Calls `visit` for every identifier, with its line.
fn each_word(stream: TokenStream, visit: &mut impl FnMut(&str, usize)) {
    for token in stream {
        match token {
            TokenTree::Ident(word) => visit(&word.to_string(), word.span().start().line),
            TokenTree::Group(group) => each_word(group.stream(), visit),
            _ => {}
        }
    }
}

/// Calls `visit` for the inside of every attribute, with its line.
fn each_attribute(stream: TokenStream, visit: &mut impl FnMut(&TokenStream, usize)) {
    let mut after_hash = false;
    for token in stream {
        match token {
            TokenTree::Punct(mark) => after_hash = mark.as_char() == '#' || (after_hash && mark.as_char() == '!'),
            TokenTree::Group(group) => {
                if after_hash && group.delimiter() == Delimiter::Bracket {
                    visit(&group.stream(), group.span_open().start().line);
                }
                each_attribute(group.stream(), visit);
                after_hash = false;
            }
            _ => after_hash = false,
        }
    }
}

/// The words of an identifier, lower case: `parse_HTTPJobId` is parse, http, job, id.
fn words_of(identifier: &str) -> Vec<String> {
    let letters = identifier.trim_start_matches("r#").chars().collect::<Vec<_>>();
    let mut words = vec![String::new()];
    for (at, letter) in letters.iter().enumerate() {
        let after_lower = at > 0 && !letters[at - 1].is_uppercase();
        let before_lower = letters.get(at + 1).is_some_and(|next| next.is_lowercase());
        let begins = *letter == '_' || (letter.is_uppercase() && (after_lower || before_lower));
        if begins {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| *letter != '_') {
            word.extend(letter.to_lowercase());
        }
    }
    words
}

fn files(folder: &str, kind: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join(folder)];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() && path.file_name().is_none_or(|name| name != "node_modules") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == kind) {
                let text = fs::read_to_string(&path).unwrap();
                found.push(Source { path: path.strip_prefix(root).unwrap().to_str().unwrap().to_owned(), text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

#[track_caller]
fn assert_none(breaches: impl IntoIterator<Item = Breach>) {
    let said = breaches.into_iter().map(|breach| breach.to_string()).collect::<Vec<_>>();
    assert!(said.is_empty(), "{} broken:\n{}\n", said.len(), said.join("\n"));
}

#[test]
fn files_use_lower_floors_only() {
    assert_none(files("src", "rs").iter().flat_map(check_floors));
}

#[test]
fn outside_crates_come_in_by_one_door() {
    assert_none(files("src", "rs").iter().flat_map(check_doors));
}

#[test]
fn only_config_reads_the_environment() {
    assert_none(files("src", "rs").iter().flat_map(check_environment));
}

#[test]
fn the_model_is_pure() {
    assert_none(files("src", "rs").iter().flat_map(check_purity));
}

#[test]
fn lints_are_expected_with_a_reason_never_allowed() {
    assert_none(files("src", "rs").iter().chain(&files("tests", "rs")).flat_map(check_allows));
}

#[test]
fn one_word_means_one_thing() {
    assert_none(files("src", "rs").iter().chain(&files("tests", "rs")).flat_map(check_words));
}

#[test]
fn every_file_says_what_it_is_for() {
    assert_none(files("src", "rs").iter().chain(&files("tests", "rs")).filter_map(check_opening));
}

#[test]
fn files_are_short() {
    let sources = files("src", "rs");
    assert_none(sources.iter().filter_map(check_length).chain(check_median(&sources)));
    assert_none(files("web/src", "svelte").iter().filter_map(check_svelte));
}

#[test]
fn no_file_is_named_after_the_one_it_should_have_changed() {
    let all = ["rs", "svelte", "ts", "py", "sql", "mjs"]
        .map(|kind| ["src", "tests", "web/src", "packaging"].map(|folder| files(folder, kind)));
    assert_none(all.iter().flatten().flatten().filter_map(|source| check_name(&source.path)));
}

#[test]
fn the_root_folder_holds_what_belongs_there() {
    let entries = fs::read_dir(env!("CARGO_MANIFEST_DIR")).unwrap();
    assert_none(check_root(&entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()));
}

fn source(path: &str, text: &str) -> Source {
    Source { path: path.to_owned(), text: text.to_owned() }
}

/// The lines on which a check finds breaches in a file.
fn lines(check: impl Fn(&Source) -> Vec<Breach>, path: &str, text: &str) -> Vec<usize> {
    check(&source(path, text)).into_iter().map(|breach| breach.line).collect()
}

#[test]
fn a_planted_use_of_a_higher_floor_is_found() {
    let text = "//! x\nuse crate::recruit::search;\nfn f() { crate::http::router::new() }\nuse crate::{base::clock, ops::doctor};\n";
    assert_eq!(lines(check_floors, "src/store/candidates.rs", text), [2, 3, 4]);
    assert_eq!(lines(check_floors, "src/store/candidates.rs", "use super::super::recruit::search;"), [1]);
    assert_eq!(lines(check_floors, "src/store/mod.rs", "use super::tasks;"), [1]);
    assert_eq!(lines(check_floors, "src/model/query/rank.rs", "#[derive(Debug, crate::http::Shape)]\nstruct A;"), [1]);
}

#[test]
fn a_planted_use_of_a_sibling_is_found() {
    assert_eq!(lines(check_floors, "src/gateways/embed/local.rs", "use crate::gateways::vectors::Point;"), [1]);
    assert_eq!(lines(check_floors, "src/gateways/embed/local.rs", "use crate::gateways::{\n vectors::Point};"), [2]);
    assert_eq!(lines(check_floors, "src/gateways/embed/mod.rs", "use super::vectors::Point;"), [1]);
    assert_eq!(lines(check_floors, "src/gateways/embed/mod.rs", "use crate::store::Pool;"), [1]);
    assert_eq!(lines(check_floors, "src/recruit/search.rs", "use crate::ops::doctor;"), [1]);
    assert_eq!(lines(check_floors, "src/tasks/embed.rs", "use crate::http::events;"), [1]);
    assert_eq!(lines(check_floors, "src/telemetry/mod.rs", "use crate::model::ids;"), [1]);
}

#[test]
fn a_module_without_a_floor_is_found() {
    assert_eq!(lines(check_floors, "src/helpers/mod.rs", "//! x"), [1]);
}

#[test]
fn what_is_allowed_is_not_reported() {
    let text = "use crate::store::queue;\nuse crate::gateways::{embed::Embedder, vectors};\nuse super::sort;\n\
                // crate::http\nconst A: &str = \"crate::http::x\";\npub(crate) fn f() {}\n\
                #[cfg(test)]\nmod tests { use crate::http::router; }\n#[cfg(test)]\nuse crate::cli;\n";
    assert_eq!(lines(check_floors, "src/recruit/search/mod.rs", text), Vec::<usize>::new());
    assert_eq!(
        lines(check_floors, "src/gateways/mod.rs", "pub use crate::gateways::embed::Embedder;"),
        Vec::<usize>::new()
    );
    assert_eq!(lines(check_floors, "src/gateways/embed/local.rs", "use super::Embedder;"), Vec::<usize>::new());
}

#[test]
fn a_planted_crate_at_the_wrong_door_is_found() {
    assert_eq!(lines(check_doors, "src/recruit/search.rs", "use sqlx::PgPool;"), [1]);
    assert_eq!(lines(check_doors, "src/recruit/search.rs", "\nfn f() { sqlx::query(\"\") }"), [2]);
    assert_eq!(lines(check_doors, "src/boot/mod.rs", "use axum::{Router, routing::get};"), [1, 1]);
    assert_eq!(lines(check_doors, "src/gateways/vectors/server.rs", "use redis::Client;"), [1]);
    assert_eq!(lines(check_doors, "src/store/mod.rs", "#[derive(clap::Args)]\nstruct A;"), [1]);
    assert_eq!(lines(check_doors, "src/store/mod.rs", "use sqlx::PgPool;"), Vec::<usize>::new());
    assert_eq!(
        lines(check_doors, "src/ops/supervise/mod.rs", "pub use self::redis::Redis;\nuse super::redis::Redis;"),
        Vec::<usize>::new()
    );
}

#[test]
fn a_planted_reading_of_the_environment_is_found() {
    assert_eq!(lines(check_environment, "src/boot/mod.rs", "use std::env;"), [1]);
    assert_eq!(lines(check_environment, "src/boot/mod.rs", "use std::{fs, env::var_os};"), [1]);
    assert_eq!(
        lines(check_environment, "src/boot/mod.rs", "fn f() { std::env::temp_dir(); std::env::current_exe(); }"),
        [1]
    );
    assert_eq!(lines(check_environment, "src/config/load.rs", "use std::env;"), Vec::<usize>::new());
}

#[test]
fn planted_input_output_in_the_model_is_found() {
    assert_eq!(
        lines(check_purity, "src/model/query/mod.rs", "use std::fs;\nuse tokio::sync::Mutex;\nasync fn f() {}"),
        [1, 2, 3]
    );
    assert_eq!(lines(check_purity, "src/store/mod.rs", "use std::fs;\nasync fn f() {}"), Vec::<usize>::new());
}

#[test]
fn a_planted_allow_is_found() {
    let text = "#![allow(dead_code)]\n#[expect(dead_code, reason = \"allow(x)\")]\nfn f() {}\n#[cfg_attr(test, allow(unused))]\nfn allow(x: u8) {}";
    assert_eq!(lines(check_allows, "src/base/mod.rs", text), [1, 4]);
}

#[test]
fn a_planted_ambiguous_word_is_found() {
    let text = "struct JobQueue;\n// job\nfn f(job_id: u8) { \"job\"; jobs(); jobless() }\n";
    assert_eq!(lines(check_words, "src/store/queue.rs", text), [1, 3, 3]);
}

#[test]
fn a_planted_long_file_is_found_and_its_tests_are_not_counted() {
    let long = "//! x\n".repeat(MOST_LINES + 1);
    assert!(check_length(&source("src/a.rs", &long)).is_some());
    let tested =
        format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", "//! x\n".repeat(MOST_LINES), "// y\n".repeat(MOST_LINES));
    assert_eq!(check_length(&source("src/a.rs", &tested)), None);
    let middling = ["a", "b", "c"].map(|name| source(name, &"//! x\n".repeat(MOST_LINES_MEDIAN + 1)));
    assert!(check_median(&middling).is_some());
    assert!(check_svelte(&source("web/src/a.svelte", &"<p>\n".repeat(MOST_LINES_SVELTE + 1))).is_some());
}

#[test]
fn a_planted_file_name_opening_or_stray_is_found() {
    assert!(check_name("src/store/queue_v2.rs").is_some() && check_name("src/store/queue.rs").is_none());
    assert!(check_opening(&source("src/a.rs", "use std::fs;\n")).is_some());
    let names = BTreeSet::from(["notes.md", "src", ".ci", "target", "build.log"].map(str::to_owned));
    assert_eq!(check_root(&names).into_iter().map(|breach| breach.file).collect::<Vec<_>>(), ["notes.md"]);
}

#[test]
fn a_breach_says_where_which_rule_and_what_to_do() {
    let said = check_floors(&source("src/store/mod.rs", "\nuse crate::http::router;"))[0].to_string();
    assert!(said.starts_with("src/store/mod.rs:2: floors: `store` (floor 3) uses `crate::http::router`"), "{said}");
    assert!(said.contains("move the shared part to a lower floor"), "{said}");
}
