//! Word documents: the body with its tables and text boxes, headers before it, footers and notes after it. Deleted
//! text is left out, and so is text that nobody sees: formatted as hidden, tiny, or white where nothing dark can be
//! behind it. The latter is reported, because resumes hide words to please machines.

use std::collections::HashMap;

use super::blocks::Blocks;
use super::child::Raw;
use super::package::Package;
use super::protocol::finding;
use super::xml::{self, Node, attribute};
use super::{ExtractError, text};

const KIND: &str = "Word document";
/// What says that a page has a picture, a shape or a colour behind its text.
const BACKDROPS: [&[u8]; 2] = [b"behindDoc=\"1\"", b":background "];
/// Table styles that paint no cell.
const PLAIN_TABLES: [&str; 2] = ["TableGrid", "TableNormal"];
/// Sizes below this are too small to be read, in half points.
const TINY: u32 = 4;

/// Reads a DOCX file.
pub(super) fn read(bytes: &[u8]) -> Result<Raw, ExtractError> {
    let mut package = Package::open(bytes, KIND)?;
    let main = package.names("word/document").into_iter().next();
    let main = main.ok_or_else(|| ExtractError::damaged(KIND, "its main part is missing"))?;
    let mut parts = package.names("word/header");
    parts.push(main);
    for prefix in ["word/footnotes", "word/endnotes", "word/footer"] {
        parts.extend(package.names(prefix));
    }
    let mut texts: Vec<String> = Vec::new();
    let mut hidden = String::new();
    let mut backdrop = false;
    for name in parts {
        let file = name.rsplit('/').next().unwrap_or_default();
        let links = package.part(&format!("word/_rels/{file}.rels"))?.map_or_else(HashMap::new, |part| targets(&part));
        let Some(part) = package.part(&name)? else { continue };
        backdrop |= BACKDROPS.iter().any(|sign| contains(&part, sign));
        let mut walker = Walker { links, grounds: vec![backdrop], ..Walker::default() };
        xml::walk(&part, |node| walker.visit(&node)).map_err(|why| ExtractError::damaged(KIND, why))?;
        hidden.push_str(&walker.hidden);
        let text = walker.blocks.finish();
        // First, even and default headers usually say the same.
        if !text.trim().is_empty() && !texts.contains(&text) {
            texts.push(text);
        }
    }
    let mut raw = Raw::from(texts.join("\n"));
    if hidden.chars().any(char::is_alphanumeric) {
        let excerpt = super::hidden::excerpt(&hidden);
        let detail = format!(
            "The document has text that nobody sees, formatted as hidden, in the colour of the paper or too small to read; it was left out: “{excerpt}”."
        );
        raw.findings.push(finding("hidden_text", detail));
    }
    Ok(raw)
}

fn contains(part: &[u8], sign: &[u8]) -> bool {
    part.windows(sign.len()).any(|window| window == sign)
}

/// The targets of hyperlinks by their id. A damaged list of links costs the links, not the text.
fn targets(part: &[u8]) -> HashMap<String, String> {
    let mut found = HashMap::new();
    let walked = xml::walk(part, |node| {
        if let Node::Open("Relationship", tag) = node
            && attribute(tag, "Type").is_some_and(|kind| kind.ends_with("/hyperlink"))
            && let (Some(id), Some(target)) = (attribute(tag, "Id"), attribute(tag, "Target"))
        {
            found.insert(id, target);
        }
    });
    if let Err(why) = walked {
        tracing::debug!(why, "the list of links of a document is damaged");
    }
    found
}

#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each says which element the stream is in; they vary freely")]
struct Walker {
    blocks: Blocks,
    links: HashMap<String, String>,
    /// Elements whose content is left out and that are open.
    skipped: u32,
    /// Inside a text element, where character data counts.
    in_text: bool,
    /// Inside a field's code, such as `HYPERLINK "https://…"`.
    in_code: bool,
    code: String,
    /// The run under way is formatted as hidden, or too small to be read.
    vanish: bool,
    /// The run under way is nearly white.
    pale: bool,
    in_run: bool,
    in_run_properties: bool,
    /// Whether there may be something dark behind the run, the paragraph, and the text of each open container.
    run_ground: bool,
    paragraph_ground: bool,
    grounds: Vec<bool>,
    /// Target of the link under way, and the length of the paragraph before its text.
    link: Option<(String, usize)>,
    hidden: String,
}

impl Walker {
    fn visit(&mut self, node: &Node<'_>) {
        match node {
            Node::Open(name, tag) => self.open(name, tag),
            Node::Close(name) => self.close(name),
            Node::Text(_) if self.skipped > 0 => {}
            Node::Text(text) if self.in_code => self.code.push_str(text),
            Node::Text(text) if self.in_text && self.is_hidden() => self.hidden.extend([text, " "]),
            Node::Text(text) if self.in_text => self.blocks.push(text),
            Node::Text(_) => {}
        }
    }

    fn open(&mut self, name: &str, tag: &quick_xml::events::BytesStart<'_>) {
        // Fallback repeats the choice before it for older programs.
        if self.skipped > 0 || matches!(name, "Fallback" | "del" | "moveFrom") {
            self.skipped += u32::from(matches!(name, "Fallback" | "del" | "moveFrom"));
            return;
        }
        let value = || attribute(tag, "val");
        self.open_ground(name, tag);
        match name {
            "p" => {
                self.paragraph_ground = false;
                self.blocks.open_paragraph();
            }
            "t" => self.in_text = true,
            "instrText" => self.in_code = true,
            "tab" if !self.in_run_properties => self.blocks.push("\t"),
            "br" | "cr" => self.blocks.push("\n"),
            "noBreakHyphen" => self.blocks.push("-"),
            "tr" => self.blocks.open_row(),
            "tc" | "txbxContent" => self.blocks.open_flow(),
            "r" => {
                (self.in_run, self.vanish, self.pale, self.run_ground) = (true, false, false, false);
            }
            "rPr" | "pPr" | "tabs" => self.in_run_properties = true,
            "vanish" => self.vanish = value().is_none_or(|value| !matches!(value.as_str(), "0" | "false" | "off")),
            "sz" => self.vanish |= value().and_then(|size| size.parse().ok()).is_some_and(|size: u32| size < TINY),
            "color" => self.pale = value().is_some_and(|colour| super::hidden::is_pale(&colour)),
            "numPr" => self.blocks.mark("• "),
            "pStyle" if value().is_some_and(|style| style.starts_with("ListBullet")) => self.blocks.mark("• "),
            "pStyle" if value().is_some_and(|style| style.starts_with("Heading") || style == "Title") => {
                self.blocks.mark("\n");
            }
            "hyperlink" => {
                let target = attribute(tag, "id").and_then(|id| self.links.get(&id).cloned());
                self.link = target.map(|target| (target, self.blocks.current().len()));
            }
            "fldChar" => self.field(attribute(tag, "fldCharType").as_deref()),
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        if matches!(name, "Fallback" | "del" | "moveFrom") {
            self.skipped = self.skipped.saturating_sub(1);
            return;
        }
        if self.skipped > 0 {
            return;
        }
        if matches!(name, "tbl" | "tc" | "txbxContent") && self.grounds.len() > 1 {
            self.grounds.pop();
        }
        match name {
            "p" => self.blocks.close_paragraph(),
            "t" => self.in_text = false,
            "instrText" => self.in_code = false,
            "tc" => self.blocks.close_cell(),
            "tr" => self.blocks.close_row(),
            "txbxContent" => self.blocks.close_box(),
            "r" => self.in_run = false,
            "rPr" | "pPr" | "tabs" => self.in_run_properties = false,
            "hyperlink" => self.end_link(),
            _ => {}
        }
    }

    fn is_hidden(&self) -> bool {
        let ground = self.run_ground || self.paragraph_ground || self.grounds.last().is_some_and(|ground| *ground);
        self.vanish || (self.pale && !ground)
    }

    /// Notes what may be dark behind the text: boxes, styled tables, shading and highlighting.
    fn open_ground(&mut self, name: &str, tag: &quick_xml::events::BytesStart<'_>) {
        let within = self.grounds.last().is_some_and(|ground| *ground);
        let paints = match name {
            "tbl" | "tc" | "txbxContent" => {
                self.grounds.push(within || name == "txbxContent");
                return;
            }
            "tblStyle" => attribute(tag, "val").is_some_and(|style| !PLAIN_TABLES.contains(&style.as_str())),
            "shd" => attribute(tag, "fill").is_some_and(|fill| fill != "auto" && !super::hidden::is_pale(&fill)),
            "highlight" => true,
            _ => return,
        };
        if self.in_run {
            self.run_ground |= paints;
        } else if self.blocks.in_paragraph() {
            self.paragraph_ground |= paints;
        } else if let Some(ground) = self.grounds.last_mut() {
            *ground |= paints;
        }
    }

    /// Old links are fields: code, separator, shown text, end.
    fn field(&mut self, kind: Option<&str>) {
        match kind {
            Some("begin") => self.code.clear(),
            Some("separate") => {
                let target = self.code.trim().strip_prefix("HYPERLINK").and_then(|rest| rest.split('"').nth(1));
                if let Some(target) = target.filter(|target| target.contains(':')) {
                    self.link = Some((target.to_owned(), self.blocks.current().len()));
                }
            }
            Some("end") => self.end_link(),
            _ => {}
        }
    }

    fn end_link(&mut self) {
        let Some((target, from)) = self.link.take() else { return };
        let shown = self.blocks.current().get(from..).unwrap_or_default();
        if let Some(suffix) = text::link_suffix(shown, &target) {
            self.blocks.push(&suffix);
        }
    }
}
