//! Web pages, read for their words: blocks become lines, links keep their targets, scripts and styles vanish. A flat
//! scan without a tree, so no nesting is too deep and no page too broken.

use super::text;

/// Elements whose content is not text of the page.
const DROPPED: [&str; 8] = ["script", "style", "noscript", "template", "svg", "head", "iframe", "object"];
/// Elements that start and end a line.
const BLOCKS: [&str; 33] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "br",
    "dd",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "form",
    "header",
    "hr",
    "html",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "details",
    "table",
    "tbody",
    "thead",
    "tfoot",
    "tr",
    "ul",
    "caption",
];

/// The text of a web page.
pub(super) fn read(page: &str) -> String {
    let mut reader = Reader { out: String::new(), link: None };
    let mut rest = page;
    while let Some(open) = rest.find('<') {
        reader.words(&rest[..open]);
        rest = reader.markup(&rest[open..]);
    }
    reader.words(rest);
    reader.out
}

struct Reader {
    out: String,
    link: Option<(String, usize)>,
}

impl Reader {
    /// Character data: white space is one space, entities are characters.
    fn words(&mut self, raw: &str) {
        let mut parts = raw.split_ascii_whitespace().peekable();
        if raw.starts_with(|c: char| c.is_ascii_whitespace()) {
            self.space();
        }
        while let Some(part) = parts.next() {
            self.out.push_str(&entities(part));
            if parts.peek().is_some() || raw.ends_with(|c: char| c.is_ascii_whitespace()) {
                self.out.push(' ');
            }
        }
    }

    fn space(&mut self) {
        if !self.out.ends_with([' ', '\n', '\t']) && !self.out.is_empty() {
            self.out.push(' ');
        }
    }

    fn line(&mut self) {
        while self.out.ends_with(' ') {
            self.out.pop();
        }
        if !self.out.ends_with('\n') && !self.out.is_empty() {
            self.out.push('\n');
        }
    }

    /// Handles what starts with `<` and returns what follows it.
    fn markup<'a>(&mut self, from: &'a str) -> &'a str {
        if let Some(comment) = from.strip_prefix("<!--") {
            return comment.split_once("-->").map_or("", |(_, rest)| rest);
        }
        if from.starts_with("<!") || from.starts_with("<?") {
            return from.split_once('>').map_or("", |(_, rest)| rest);
        }
        let closing = from.starts_with("</");
        let inner = &from[if closing { 2 } else { 1 }..];
        if !inner.starts_with(|c: char| c.is_ascii_alphabetic()) {
            self.out.push('<');
            return &from[1..];
        }
        let end = tag_end(inner);
        let (tag, rest) = (&inner[..end], inner.get(end + 1..).unwrap_or(""));
        let name_end = tag.find(|c: char| c.is_ascii_whitespace() || c == '/').unwrap_or(tag.len());
        let name = tag[..name_end].to_ascii_lowercase();
        if !closing && !tag.ends_with('/') && DROPPED.contains(&name.as_str()) {
            return after_close(rest, &name);
        }
        self.tag(&name, closing, &tag[name_end..]);
        rest
    }

    fn tag(&mut self, name: &str, closing: bool, attributes: &str) {
        match name {
            "td" | "th" if !closing && !self.out.ends_with('\n') && !self.out.is_empty() => self.out.push('\t'),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.line();
                if !closing {
                    self.out.push('\n');
                }
            }
            "br" => self.out.push('\n'),
            "a" if closing => {
                let Some((target, from)) = self.link.take() else { return };
                let shown = self.out.get(from..).unwrap_or_default();
                if let Some(suffix) = text::link_suffix(shown, &target) {
                    self.out.push_str(&suffix);
                }
            }
            "a" => self.link = attribute(attributes, "href").map(|target| (target, self.out.len())),
            "img" => {
                if let Some(alternative) = attribute(attributes, "alt") {
                    self.words(&alternative);
                }
            }
            name if BLOCKS.contains(&name) => {
                self.line();
                if name == "li" && !closing {
                    self.out.push_str("• ");
                }
            }
            _ => {}
        }
    }
}

/// Where a tag ends: the first `>` outside quotes, or the end of the page.
fn tag_end(tag: &str) -> usize {
    let mut quote: Option<u8> = None;
    let mut after_equals = false;
    for (index, byte) in tag.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return index,
            (None, b'"' | b'\'') if after_equals => quote = Some(byte),
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
        if !byte.is_ascii_whitespace() {
            after_equals = byte == b'=';
        }
    }
    // A quote that is never closed would swallow the page.
    tag.find('>').unwrap_or(tag.len())
}

/// What follows the end tag of `name`.
fn after_close<'a>(from: &'a str, name: &str) -> &'a str {
    let mut rest = from;
    while let Some(at) = rest.find("</") {
        let candidate = &rest[at + 2..];
        if candidate.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name)) {
            return candidate.find('>').map_or("", |end| &candidate[end + 1..]);
        }
        rest = candidate;
    }
    // Never closed: dropping the rest would drop the resume of a page that forgot `</head>`.
    if name == "head" { from } else { "" }
}

/// The value of an attribute, entities resolved.
fn attribute(attributes: &str, wanted: &str) -> Option<String> {
    let mut rest = attributes.trim_start_matches(['/', ' ', '\t', '\r', '\n']);
    while !rest.is_empty() {
        let name_end = rest.find(|c: char| c == '=' || c.is_ascii_whitespace()).unwrap_or(rest.len());
        let name = &rest[..name_end];
        rest = rest[name_end..].trim_start();
        if let Some(after) = rest.strip_prefix('=') {
            let after = after.trim_start();
            let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
            let (value, remaining) = match quote {
                Some(quote) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
                None => after.split_at(after.find(|c: char| c.is_ascii_whitespace()).unwrap_or(after.len())),
            };
            if name.eq_ignore_ascii_case(wanted) {
                return Some(entities(value));
            }
            rest = remaining.trim_start();
        } else if name.is_empty() {
            return None;
        }
    }
    None
}

/// Longest entity name of HTML, `CounterClockwiseContourIntegral`, in bytes.
const ENTITY: usize = 31;

fn entities(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(ENTITY + 2).position(|byte| byte == b';');
        let Some((found, end)) = end.and_then(|end| Some((entity(&rest[1..end])?, end))) else {
            out.push('&');
            rest = &rest[1..];
            continue;
        };
        out.push_str(&found);
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    out
}

fn entity(name: &str) -> Option<String> {
    let Some(number) = name.strip_prefix('#') else {
        return quick_xml::escape::resolve_html5_entity(name).map(str::to_owned);
    };
    let code = match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16).ok()?,
        None => number.parse().ok()?,
    };
    Some(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_lines_and_scripts_vanish() {
        let page = "<!doctype html><html><head><title>t</title></head><body><h1>Ana&nbsp;B&uuml;k</h1><script>if (a<b) x()</script>\
                    <p>one\n two<br>three</p><ul><li>x</li><li>y</li></ul><!-- no --><table><tr><td>a<td>b</tr></table>";
        assert_eq!(read(page).trim(), "Ana\u{a0}Bük\none two\nthree\n• x\n• y\na\tb");
    }

    #[test]
    fn links_keep_their_targets() {
        assert_eq!(
            read(r#"<a class=x href="https://example.org/?a=1&amp;b=2">me</a>"#),
            "me (https://example.org/?a=1&b=2)"
        );
        assert_eq!(read(r"<a href='mailto:a@b.org'>a@b.org</a>"), "a@b.org");
        assert_eq!(read(r##"<a href="#top">top</a><a href="javascript:alert(1)">x</a>"##), "topx");
    }

    #[test]
    fn broken_pages_lose_nothing_after_the_break() {
        assert_eq!(read("a < b <p title=\"x>y\">c</p> &bogus; &#x41;"), "a < b\nc\n&bogus; A");
        assert!(read("<p title=\"never closed>text</p> more").contains("text"));
        assert_eq!(read(&("<div>".repeat(200_000) + "deep")), "deep");
    }
}
