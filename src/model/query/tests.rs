//! Queries and the understanding they should get. The table is in `tests.tsv`: a query, a tab, and what it should be
//! understood as in the short notation of [`summary`].

use std::fmt::Write;

use proptest::prelude::*;

use super::{interpretation::Kind, *};

/// An interpretation in one line: `?` is should, `!` is must not, `#1` numbers alternatives.
fn summary(read: &Interpretation) -> String {
    let mark = |kind: Kind| match kind {
        Kind::Must => "",
        Kind::Should => "?",
        Kind::Not => "!",
    };
    let mut parts: Vec<String> = Vec::new();
    let mut list = |name: &str, items: Vec<String>| {
        if !items.is_empty() {
            parts.push(format!("{name}={}", items.join(", ")));
        }
    };
    list(
        "skills",
        read.skills
            .iter()
            .map(|s| format!("{}{}{}", mark(s.kind), s.label, s.any_of.map_or(String::new(), |g| format!("#{g}"))))
            .collect(),
    );
    list("titles", read.titles.iter().map(|t| format!("{}{}", mark(t.kind), t.label)).collect());
    list(
        "places",
        read.locations
            .iter()
            .map(|l| format!("{}{}{}", mark(l.kind), l.name, l.radius_km.map_or(String::new(), |r| format!("/{r}"))))
            .collect(),
    );
    list(
        "languages",
        read.languages
            .iter()
            .map(|l| {
                format!("{}{}{}", mark(l.kind), l.code, l.level.as_ref().map_or(String::new(), |v| format!("/{v}")))
            })
            .collect(),
    );
    list(
        "education",
        read.education
            .iter()
            .map(|e| {
                format!(
                    "{}{}{}",
                    mark(e.kind),
                    e.level.as_deref().unwrap_or_default(),
                    e.field.as_ref().map_or(String::new(), |f| format!("/{f}"))
                )
            })
            .collect(),
    );
    list("certifications", read.certifications.iter().map(|c| format!("{}{}", mark(c.kind), c.label)).collect());
    list("employers", read.employers.iter().map(|e| format!("{}{}", mark(e.kind), e.name)).collect());
    list("keywords", read.keywords.iter().map(|k| format!("{}{}", mark(k.kind), k.text)).collect());
    list("seniority", read.seniority.iter().map(|s| format!("{s:?}").to_lowercase()).collect());
    let mut years = String::new();
    if read.years.min.is_some() || read.years.max.is_some() {
        let end = |v: Option<f32>| v.map_or(String::new(), |v| v.to_string());
        write!(years, "{}-{}", end(read.years.min), end(read.years.max)).unwrap();
    }
    list("years", if years.is_empty() { Vec::new() } else { vec![years] });
    list("remote", read.remote.map(|r| r.to_string()).into_iter().collect());
    list("corrections", read.corrections.iter().map(|c| format!("{}>{}", c.from, c.to)).collect());
    list("refused", read.refused.iter().map(|r| r.text.clone()).collect());
    list("unresolved", read.unresolved.clone());
    parts.join("; ")
}

#[test]
fn queries_of_many_trades_are_understood() {
    let mut wrong = String::new();
    for line in include_str!("tests.tsv").lines() {
        let (query, want) = line.split_once('\t').unwrap();
        let got = summary(&understand(query));
        if got != want {
            writeln!(wrong, "{query}\n  want {want}\n  got  {got}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn an_empty_query_asks_for_nothing() {
    assert_eq!(understand(""), Interpretation::default());
    assert_eq!(understand("???"), Interpretation::default());
}

#[test]
fn a_query_that_is_too_long_is_refused_with_the_limit() {
    let error = check(&"a ".repeat(LIMIT)).unwrap_err();
    assert_eq!(error, QueryError::TooLong { length: 2 * LIMIT });
    assert!(error.to_string().contains("20000"));
    assert!(check(&"a".repeat(LIMIT)).is_ok());
}

#[test]
fn a_description_is_read_by_its_sections() {
    let read = understand(
        "Senior Backend Engineer (m/w/d) - Berlin\n\nAbout us\nWe use React and have offices in Paris.\n\nYour role\n- Build microservices in Kotlin\n\n\
         Requirements:\n- 5+ years of experience with Go or Java\n- PostgreSQL\n- Fluent English, German B1 is a plus\n- Bachelor's degree in computer science\n\n\
         Nice to have:\n- Terraform, AWS\n\nBenefits:\n- Python meetups\n\nWe hire regardless of race, religion or gender.",
    );
    assert_eq!(
        summary(&read),
        "skills=?Microservices, ?Kotlin, Go#1, Java#1, PostgreSQL, ?Terraform, ?Amazon Web Services; titles=Backend developer; places=Berlin; \
         languages=en/C1, ?de/B1; education=bachelor/computer science; seniority=senior; years=5-"
    );
}

#[test]
fn years_belong_to_the_skill_they_stand_beside() {
    for query in [
        "5 years Python, 2 years AWS",
        "5 years Java and 2 years Kotlin",
        "5 Jahre Java und 2 Jahre Kotlin",
        "Java 5 years and Kotlin 2 years",
        "Java (5 years) and Kotlin (2 years)",
    ] {
        let years: Vec<_> = understand(query).skills.iter().map(|s| s.min_years).collect();
        assert_eq!(years, [Some(5.0), Some(2.0)], "{query}");
    }
}

#[test]
fn odd_texts_do_not_panic() {
    for text in [
        "\0",
        "🦀🦀 rust 👩‍💻 dev",
        "مطور بايثون في برلين",
        "not",
        "-",
        "\"",
        "\"\"\"",
        "((((",
        "no no no no",
        "ß",
        "İstanbul",
        "-django",
        "e\u{301}",
        "1-2",
        "+49",
    ] {
        understand(text);
    }
    for unit in [
        "go ",
        "no ",
        "nice ",
        "1 year java ",
        "ideally ",
        "a",
        "🦀",
        "\u{200f}א ",
        "developer ",
        "or ",
        "(",
        "\n",
        "React\n",
        "from X ",
    ] {
        understand(&unit.repeat(100_000 / unit.len()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_text_is_read_and_read_again_the_same(text in "\\PC{0,120}") {
        prop_assert_eq!(understand(&text), understand(&text));
    }

    #[test]
    fn any_words_of_queries_are_read(words in proptest::collection::vec("(not|no|-|or|AND|\"|\\(|java|C#|years|5|under|30|Berlin|German|C1|senior|developer|nice to have|,|\\.|\\n|from|Siemens|ä)", 0..40)) {
        let text = words.join(" ");
        let read = understand(&text);
        prop_assert!(read.unresolved.iter().all(|u| !u.is_empty()));
        understand(&words.concat());
    }
}
