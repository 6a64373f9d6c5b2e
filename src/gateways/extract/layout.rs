//! Words with boxes to text in reading order.

use super::xml::{self, Node};

/// The text of each page of `pdftotext -bbox-layout` output.
pub(super) fn pages(output: &[u8]) -> Result<Vec<String>, String> {
    let mut pages: Vec<String> = Vec::new();
    let mut in_word = false;
    xml::walk(output, |node| match node {
        Node::Open("page", _) => pages.push(String::new()),
        Node::Open("word", _) => in_word = true,
        Node::Close("word") => {
            in_word = false;
            pages.iter_mut().next_back().into_iter().for_each(|page| page.push(' '));
        }
        Node::Close("line" | "flow") => pages.iter_mut().next_back().into_iter().for_each(|page| page.push('\n')),
        Node::Text(text) if in_word => pages.iter_mut().next_back().into_iter().for_each(|page| page.push_str(text)),
        _ => {}
    })?;
    Ok(pages)
}
