//! `OpenDocument` texts, as `LibreOffice` and Google Docs write them: the body, page headers before it and footers
//! after it. Comments and tracked deletions are left out.

use super::blocks::Blocks;
use super::child::Raw;
use super::package::Package;
use super::xml::{self, Node, attribute};
use super::{ErrorCode, ExtractError, text};

const KIND: &str = "OpenDocument text";
/// Repeated spaces written as a count; more than a line's worth is layout.
const SPACES: usize = 100;

/// Reads an ODT file.
pub(super) fn read(bytes: &[u8]) -> Result<Raw, ExtractError> {
    let mut package = Package::open(bytes, KIND)?;
    let manifest = package.part("META-INF/manifest.xml")?.unwrap_or_default();
    let mut encrypted = false;
    let damaged = |why| ExtractError::damaged(KIND, why);
    xml::walk(&manifest, |node| encrypted |= matches!(node, Node::Open("encryption-data", _))).map_err(damaged)?;
    if encrypted {
        return Err(ExtractError::new(ErrorCode::Encrypted, "This OpenDocument text is protected by a password."));
    }
    let content =
        package.part("content.xml")?.ok_or_else(|| ExtractError::damaged(KIND, "its main part is missing"))?;
    let styles = package.part("styles.xml")?.unwrap_or_default();
    let [header, footer] = ["header", "footer"].map(|place| part_text(&styles, place));
    let body = part_text(&content, "text").map_err(damaged)?;
    Ok(Raw::from([header.map_err(damaged)?, body, footer.map_err(damaged)?].join("\n")))
}

/// The text inside the elements called `place`.
fn part_text(part: &[u8], place: &str) -> Result<String, String> {
    let mut walker = Walker { blocks: Blocks::default(), place: place.to_owned(), inside: 0, skipped: 0, link: None };
    xml::walk(part, |node| walker.visit(&node))?;
    Ok(walker.blocks.finish())
}

struct Walker {
    blocks: Blocks,
    place: String,
    inside: u32,
    skipped: u32,
    link: Option<(String, usize)>,
}

impl Walker {
    fn visit(&mut self, node: &Node<'_>) {
        match node {
            Node::Open(name, tag) => self.open(name, tag),
            Node::Close(name) => self.close(name),
            // Line ends of the XML are white space; those of the text are elements.
            Node::Text(text) if self.inside > 0 && self.skipped == 0 => {
                self.blocks.push(&text.replace(['\n', '\r'], " "));
            }
            Node::Text(_) => {}
        }
    }

    fn open(&mut self, name: &str, tag: &quick_xml::events::BytesStart<'_>) {
        if name == self.place {
            self.inside += 1;
        }
        if matches!(name, "annotation" | "tracked-changes" | "sequence-decls") {
            self.skipped += 1;
        }
        if self.inside == 0 || self.skipped > 0 {
            return;
        }
        match name {
            "p" => self.blocks.open_paragraph(),
            "h" => {
                self.blocks.open_paragraph();
                self.blocks.mark("\n");
            }
            "s" => {
                let count = attribute(tag, "c").and_then(|count| count.parse().ok()).unwrap_or(1);
                self.blocks.push(&" ".repeat(SPACES.min(count)));
            }
            "tab" => self.blocks.push("\t"),
            "line-break" => self.blocks.push("\n"),
            "table-row" => self.blocks.open_row(),
            "table-cell" | "text-box" => self.blocks.open_flow(),
            "a" => self.link = attribute(tag, "href").map(|target| (target, self.blocks.current().len())),
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        if matches!(name, "annotation" | "tracked-changes" | "sequence-decls") {
            self.skipped = self.skipped.saturating_sub(1);
        }
        if name == self.place {
            self.inside = self.inside.saturating_sub(1);
        }
        if self.inside == 0 || self.skipped > 0 {
            return;
        }
        match name {
            "p" | "h" => self.blocks.close_paragraph(),
            "table-cell" => self.blocks.close_cell(),
            "table-row" => self.blocks.close_row(),
            "text-box" => self.blocks.close_box(),
            "a" => {
                let Some((target, from)) = self.link.take() else { return };
                let shown = self.blocks.current().get(from..).unwrap_or_default();
                if let Some(suffix) = text::link_suffix(shown, &target) {
                    self.blocks.push(&suffix);
                }
            }
            _ => {}
        }
    }
}
