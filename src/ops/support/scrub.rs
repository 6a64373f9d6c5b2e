//! Takes out of text what nobody outside may see. The second line of defence: what goes into the bundle is chosen so
//! that nothing of it should be there.

use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::Value;

/// What is recognised in any text, and what is put in its place; in this order.
const RULES: [(&str, &str); 8] = [
    // A user and a password in a URL.
    (r"//[^\s/@\x22'`]+@", "//[removed]@"),
    (
        r"(?i)(password|passwd|pwd|secret|token|api[_-]?key|authorization|cookie|csrf|session)(\\?[\x22']?\s*[=:]\s*\\?[\x22']?)(?:bearer\s+|basic\s+)?[^\s&,;\x22'\\]+",
        "${1}${2}[removed]",
    ),
    (r"(?i)\bbearer\s+\S+", "Bearer [removed]"),
    (r"\btp_[A-Za-z0-9_-]+", "[token]"),
    (r"[\p{L}\p{N}._%+'-]+(?:@|%40)[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*", "[e-mail]"),
    // International, then national ways of writing a phone number.
    (r"(^|[^\w-])(?:\+|00)[1-9](?:[ ()./\x{a0}-]*\d){6,14}", "${1}[phone]"),
    (
        r"(^|[^\w-])(?:\(0?\d{2,5}\)[ -]?\d[\d /-]{4,}\d|0\d{1,5}[ /-]\d[\d /-]{4,}\d|\d{3}[-. ]\d{3}[-. ]\d{4}|0\d{8,12})\b",
        "${1}[phone]",
    ),
    // Random text without dashes, unlike an id: a key, a link, the hash of a document.
    (r"\b[A-Za-z0-9_]{32,}\b", "[secret]"),
];

/// What is recognised in a log's line besides.
const LOG_RULES: [(&str, &str); 4] = [
    // The one-time part of a link, and what somebody searched for.
    (r"\?[^\s\x22'`]*=[^\x22'`]*?(\s|$|[\x22'`])", "?[removed]$1"),
    // A document, with the capitalised words before it: resumes are called after people.
    (
        r"(?:\p{Lu}[\p{L}'’.-]*[ _-]+)*[\p{L}\p{N}_()'’.-]+\.(?i:pdf|docx?|odt|rtf|txt|html?|zip|csv|jsonl?|png|jpe?g|tiff?|eml|msg|md)\b",
        "[file]",
    ),
    (r"\b(?:\d{1,3}\.){3}\d{1,3}\b", "[address]"),
    (r"\b(?:[0-9a-fA-F]{1,4}:){3,7}(?::?[0-9a-fA-F]{1,4})+\b", "[address]"),
];

/// Text in quotes, which is where a message shows a value.
const QUOTED: &str = r"\x22[^\x22]*\x22?|`[^`]*`?|“[^”]*”|(?:^|\B)'[^']*'";

/// What may stand in quotes: names of constraints, and of units.
const NAME: &str =
    r"^.(?:[a-z0-9_]+_(?:key|pkey|fkey|check|length|range)|[a-z-]+\.(?:service|socket|target|timer|slice)).$";

fn compiled(rules: &[(&str, &'static str)]) -> Vec<(Regex, &'static str)> {
    rules.iter().map(|(rule, by)| (Regex::new(rule).expect("the rules are tested"), *by)).collect()
}

static ANYWHERE: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| compiled(&RULES));
static IN_LOGS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| compiled(&LOG_RULES));
static QUOTES: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| compiled(&[(QUOTED, ""), (NAME, "")]));

/// Takes out what it recognises, and the secrets it was told.
#[derive(Debug, Default)]
pub struct Scrubber {
    secrets: Vec<String>,
}

impl Scrubber {
    /// Knows these `secrets` by heart. One of a few letters is left to the rules: it would be found in every word.
    pub fn new(secrets: impl IntoIterator<Item = String>) -> Self {
        let mut secrets: Vec<String> = secrets.into_iter().filter(|secret| secret.len() >= 6).collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self { secrets }
    }

    /// `text` that the program wrote itself.
    pub fn text(&self, text: &str) -> String {
        let known = self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "[removed]"));
        replaced(known, &ANYWHERE)
    }

    /// `text` of a log, which may quote anything.
    pub fn log(&self, text: &str) -> String {
        let [(quoted, _), (name, _)] = QUOTES.as_slice() else { return String::new() };
        let text = self.text(text);
        let kept = |found: &Captures<'_>| {
            let found = &found[0];
            if name.is_match(found) { found.to_owned() } else { "[quoted]".to_owned() }
        };
        replaced(quoted.replace_all(&text, kept).into_owned(), &IN_LOGS)
    }

    /// Every text in `value`.
    pub fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(values) => values.into_iter().map(|value| self.value(value)).collect(),
            Value::Object(values) => values.into_iter().map(|(key, value)| (key, self.value(value))).collect(),
            other => other,
        }
    }
}

fn replaced(text: String, rules: &[(Regex, &str)]) -> String {
    rules.iter().fold(text, |text, (rule, by)| rule.replace_all(&text, *by).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_personal_data_are_taken_out_and_the_rest_stays() {
        let scrubber = Scrubber::new(["hunter2-hunter2".to_owned(), "ab".to_owned()]);
        for (text, wanted) in [
            ("postgresql://app:s3cret@db/talent", "postgresql://[removed]@db/talent"),
            ("host=/run/x&password=s3cret&user=a", "host=/run/x&password=[removed]&user=a"),
            (r#"{"api_key": "s3cret"}"#, r#"{"api_key": "[removed]"}"#),
            ("Authorization: Bearer abc.def", "Authorization: [removed]"),
            ("token tp_AbC-123_x was refused", "token [token] was refused"),
            ("mail to jane.doe+x@example.co.uk bounced", "mail to [e-mail] bounced"),
            ("call +49 (0)170 123-45 67, please", "call [phone], please"),
            ("call 030/1234567 or 415-555-0132 or 01701234567", "call [phone] or [phone] or [phone]"),
            ("it said hunter2-hunter2 about", "it said [removed] about"),
            ("key 0123456789abcdef0123456789abcdef", "key [secret]"),
        ] {
            assert_eq!(scrubber.text(text), wanted);
        }
        for harmless in [
            "019ac0f4-7b3c-7e21-9d55-0a1b2c3d4e5f took 120 ms",
            "2026-11-26 16:22:28.123 UTC [12345] LOG:  checkpoint complete: wrote 1024 buffers",
            "/run/talentprompt-postgres has mode 700",
            "PostgreSQL 17.2, kernel 6.12.57+deb13-amd64",
        ] {
            assert_eq!(scrubber.text(harmless), harmless);
        }
    }

    #[test]
    fn what_a_log_quotes_is_taken_out_unless_it_is_a_name_of_ours() {
        let scrubber = Scrubber::default();
        for (text, wanted) in [
            (r#"violates "users_email_key" of "Jane Doe""#, r#"violates "users_email_key" of [quoted]"#),
            ("GET /invitation?token=abc HTTP/1.1", "GET /invitation?[removed] HTTP/1.1"),
            ("cannot read Jane Doe CV.pdf: broken", "cannot read [file]: broken"),
            ("from 203.0.113.7 and 2001:db8:0:1::7", "from [address] and [address]"),
            ("it didn't start 'talentprompt-redis.service'", "it didn't start 'talentprompt-redis.service'"),
            ("unclosed \"Jane Doe", "unclosed [quoted]"),
        ] {
            assert_eq!(scrubber.log(text), wanted);
        }
    }

    #[test]
    fn a_document_is_scrubbed_in_every_depth() {
        let value = serde_json::json!({ "a": ["x@example.com", 7], "b": { "c": "tp_secret" } });
        let wanted = serde_json::json!({ "a": ["[e-mail]", 7], "b": { "c": "[token]" } });
        assert_eq!(Scrubber::default().value(value), wanted);
    }
}
