//! The journal as a log for the bundle. Of the program's own lines: what stands in the source, and the fields that are
//! known to be harmless; of the others: the line, scrubbed, and of Postgres nothing that shows a statement or a value.

use std::fmt::Write;
use std::sync::LazyLock;

use chrono::DateTime;
use regex::Regex;
use serde_json::Value;

use super::scrub::Scrubber;

/// What is asked of the journal.
pub const FIELDS: [&str; 29] = [
    "MESSAGE",
    "PRIORITY",
    "SYSLOG_IDENTIFIER",
    "_SYSTEMD_UNIT",
    "_TRANSPORT",
    // Numbers, ids and words of the program's own.
    "TP_REQUEST_ID",
    "TP_STATUS",
    "TP_DURATION_MS",
    "TP_TASK",
    "TP_KIND",
    "TP_ATTEMPT",
    "TP_LAST",
    "TP_WORKSPACE",
    "TP_UNIT",
    "TP_ACT",
    "TP_STATE",
    "TP_PASSAGES",
    "TP_GIVEN",
    "TP_INDEXED",
    "TP_TAKEN_OVER",
    "TP_SESSIONS",
    "TP_LINKS",
    "TP_TASKS",
    "TP_SEARCHES",
    // Why something failed: scrubbed as the line of a log.
    "TP_ERROR",
    "TP_SECOND",
    "TP_REASON",
    "TP_DETAIL",
    "TP_FAULT",
];

/// Bytes of the log that are kept, the newest.
const MOST: usize = 4 << 20;

/// Bytes of one line.
const LINE: usize = 4 << 10;

/// Where the fields begin that a line of ours repeats for people: the text before stands in the source.
static FIRST_FIELD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\s[a-z_]+=").expect("it is tested"));

/// Lines of Postgres that show a row or a statement, and their continuations.
static SHOWS_DATA: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\t|\b(?:DETAIL|STATEMENT|CONTEXT|QUERY):\s").expect("it is tested"));

/// A statement within a line of Postgres.
static STATEMENT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?s)\b(?:statement|execute|parse|bind)\b[^:]*:.*").expect("it is tested"));

/// The log of `journal`, which has the newest entry first; the oldest is first here.
pub(super) fn of(journal: &str, scrubber: &Scrubber) -> String {
    let (mut lines, mut bytes) = (Vec::new(), 0);
    for line in journal.lines().filter_map(|entry| line(&serde_json::from_str(entry).ok()?, scrubber)) {
        bytes += line.len() + 1;
        if bytes > MOST {
            lines.push("(what is older was left out)".to_owned());
            break;
        }
        lines.push(line);
    }
    lines.reverse();
    lines.join("\n") + "\n"
}

/// An entry as a line; nothing where it could only show data.
fn line(entry: &Value, scrubber: &Scrubber) -> Option<String> {
    let field = |name: &str| entry[name].as_str().unwrap_or_default();
    let micros = field("__REALTIME_TIMESTAMP").parse().ok()?;
    let time = DateTime::from_timestamp_micros(micros)?.format("%Y-%m-%dT%H:%M:%S%.3fZ");
    let (who, unit) = (field("SYSLOG_IDENTIFIER"), field("_SYSTEMD_UNIT"));
    let said = if who == "talentprompt" { own(entry, scrubber) } else { other(field("MESSAGE"), unit, scrubber)? };
    let mut line = format!("{time} <{}> {}: {said}", field("PRIORITY"), scrubber.log(who));
    line.retain(|letter| !letter.is_control());
    line.truncate(line.floor_char_boundary(LINE));
    Some(line)
}

/// A line of the program: by its fields where it came with them or is an object, else as anybody's.
fn own(entry: &Value, scrubber: &Scrubber) -> String {
    let message = entry["MESSAGE"].as_str().unwrap_or_default();
    if let Ok(Value::Object(object)) = serde_json::from_str(message) {
        let text = object.get("message").and_then(Value::as_str).unwrap_or_default();
        let within = |name: &str| object.get(name).or_else(|| object.get("span")?.get(name));
        return with_fields(text, |name| within(&name.trim_start_matches("TP_").to_lowercase()), scrubber);
    }
    if entry["_TRANSPORT"] == "journal" {
        let text = FIRST_FIELD.find(message).map_or(message, |found| &message[..found.start()]);
        return with_fields(text, |name| entry.get(name), scrubber);
    }
    scrubber.log(message)
}

fn with_fields<'a>(text: &str, value: impl Fn(&str) -> Option<&'a Value>, scrubber: &Scrubber) -> String {
    let mut line = scrubber.log(text);
    for name in FIELDS.iter().filter(|name| name.starts_with("TP_")) {
        let Some(value) = value(name) else { continue };
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        // Writing to a String cannot fail.
        let _ = write!(line, " {}={}", name.trim_start_matches("TP_").to_lowercase(), scrubber.log(&value));
    }
    line
}

fn other(message: &str, unit: &str, scrubber: &Scrubber) -> Option<String> {
    if unit != "talentprompt-postgres.service" {
        return Some(scrubber.log(message));
    }
    let shown = !SHOWS_DATA.is_match(message);
    shown.then(|| scrubber.log(&STATEMENT.replace(message, "[statement]")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(entry: &Value) -> Option<String> {
        let mut entry = entry.clone();
        entry["__REALTIME_TIMESTAMP"] = json!("1764174148123456");
        entry["PRIORITY"] = json!("4");
        line(&entry, &Scrubber::default())
    }

    #[test]
    fn of_a_line_of_ours_the_text_and_the_known_fields_are_kept() {
        let entry = json!({
            "SYSLOG_IDENTIFIER": "talentprompt", "_TRANSPORT": "journal", "TP_TASK": "7", "TP_FILE": "Jane Doe",
            "TP_ERROR": "no space for jane@example.com", "MESSAGE": "a task failed error=no space file=Jane Doe",
        });
        let wanted = "2025-11-26T16:22:28.123Z <4> talentprompt: a task failed task=7 error=no space for [e-mail]";
        assert_eq!(said(&entry).unwrap(), wanted);
        let message = json!({ "message": "a task failed", "file": "Jane Doe", "span": { "task": 7, "name": "task" } });
        let entry = json!({ "SYSLOG_IDENTIFIER": "talentprompt", "MESSAGE": message.to_string() });
        assert!(said(&entry).unwrap().ends_with("talentprompt: a task failed task=7"));
    }

    #[test]
    fn of_postgres_nothing_is_kept_that_shows_a_row() {
        let of = |message: &str| {
            said(&json!({ "SYSLOG_IDENTIFIER": "postgres", "_SYSTEMD_UNIT": "talentprompt-postgres.service",
                "MESSAGE": message }))
        };
        assert_eq!(of("a@b STATEMENT:  insert into candidates values ('Jane Doe')"), None);
        assert_eq!(of("a@b DETAIL:  Key (name)=(Jane Doe) already exists."), None);
        assert_eq!(of("\tvalues (Jane Doe)"), None);
        let slow = of("LOG:  duration: 900.1 ms  execute <unnamed>: select Jane Doe").unwrap();
        assert!(slow.ends_with("LOG:  duration: 900.1 ms  [statement]"), "{slow}");
    }

    #[test]
    fn the_newest_lines_are_kept_and_the_oldest_comes_first() {
        let entry = |at: u64, text: &str| {
            json!({ "__REALTIME_TIMESTAMP": at.to_string(), "SYSLOG_IDENTIFIER": "redis", "MESSAGE": text }).to_string()
        };
        let journal = format!("{}\nnot JSON\n{}\n", entry(2_000_000, "second"), entry(1_000_000, "first"));
        let log = of(&journal, &Scrubber::default());
        assert!(log.find("first") < log.find("second"), "{log}");
        let long = "word ".repeat(600);
        let many: Vec<String> = (0..2_000).map(|at| entry(1_000_000 * (3_000 - at), &long)).collect();
        let log = of(&many.join("\n"), &Scrubber::default());
        assert!(log.len() < MOST + 100 && log.starts_with("(what is older was left out)"));
    }
}
