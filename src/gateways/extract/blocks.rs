//! Puts paragraphs, table cells and text boxes of a word processor's document in reading order. Resumes use tables and
//! boxes for layout, so a row whose cells are single lines stays one line and everything else reads downwards.

/// Containers nested deeper than this are read as part of the last one; real documents stay below ten.
const DEPTH: usize = 64;

#[derive(Default)]
struct Flow {
    /// Finished paragraphs, each with its line end.
    text: String,
    /// The paragraph under way.
    paragraph: Option<String>,
    /// Text boxes anchored in that paragraph; they follow it.
    boxes: String,
}

enum Level {
    Flow(Flow),
    Row(Vec<String>),
}

/// Collects text as a document is walked.
pub(super) struct Blocks {
    levels: Vec<Level>,
    /// Containers opened beyond [`DEPTH`] and not yet closed.
    ignored: usize,
}

impl Default for Blocks {
    fn default() -> Self {
        Self { levels: vec![Level::Flow(Flow::default())], ignored: 0 }
    }
}

impl Blocks {
    /// Text within a paragraph; outside one it is layout white space and dropped.
    pub(super) fn push(&mut self, text: &str) {
        if let Some(paragraph) = self.flow().paragraph.as_mut() {
            paragraph.push_str(text);
        }
    }

    /// Whether a paragraph is under way.
    pub(super) fn in_paragraph(&mut self) -> bool {
        self.flow().paragraph.is_some()
    }

    /// The text of the paragraph under way.
    pub(super) fn current(&mut self) -> &str {
        self.flow().paragraph.as_deref().unwrap_or_default()
    }

    /// Starts a paragraph.
    pub(super) fn open_paragraph(&mut self) {
        self.close_paragraph();
        self.flow().paragraph = Some(String::new());
    }

    /// Writes `mark` before a paragraph that has no text yet.
    pub(super) fn mark(&mut self, mark: &str) {
        if let Some(paragraph) = self.flow().paragraph.as_mut()
            && paragraph.is_empty()
        {
            paragraph.push_str(mark);
        }
    }

    /// Ends a paragraph.
    pub(super) fn close_paragraph(&mut self) {
        let flow = self.flow();
        if let Some(paragraph) = flow.paragraph.take() {
            flow.text.push_str(&paragraph);
            flow.text.push('\n');
        }
        let boxes = std::mem::take(&mut flow.boxes);
        flow.text.push_str(&boxes);
    }

    /// Enters a text box or a cell.
    pub(super) fn open_flow(&mut self) {
        self.open(Level::Flow(Flow::default()));
    }

    /// Leaves a text box: its text follows the paragraph it is anchored in.
    pub(super) fn close_box(&mut self) {
        if let Some(text) = self.close_flow() {
            let flow = self.flow();
            flow.boxes.push_str(&text);
            if flow.paragraph.is_none() {
                self.close_paragraph();
            }
        }
    }

    /// Enters a table row.
    pub(super) fn open_row(&mut self) {
        self.close_paragraph();
        self.open(Level::Row(Vec::new()));
    }

    /// Leaves a cell.
    pub(super) fn close_cell(&mut self) {
        let Some(text) = self.close_flow() else { return };
        match self.levels.last_mut() {
            Some(Level::Row(cells)) => cells.push(text),
            _ => self.flow().text.push_str(&text),
        }
    }

    /// Leaves a table row.
    pub(super) fn close_row(&mut self) {
        if self.ignored > 0 {
            self.ignored -= 1;
            return;
        }
        if !matches!(self.levels.last(), Some(Level::Row(_))) {
            return;
        }
        let Some(Level::Row(cells)) = self.levels.pop() else { return };
        let full: Vec<&str> =
            cells.iter().map(|cell| cell.trim_matches('\n')).filter(|cell| !cell.is_empty()).collect();
        let separator = if full.iter().all(|cell| !cell.contains('\n')) { "\t" } else { "\n" };
        let row = full.join(separator);
        let flow = self.flow();
        flow.text.push_str(&row);
        flow.text.push('\n');
    }

    /// The whole text; containers that a damaged document left open are closed.
    pub(super) fn finish(mut self) -> String {
        self.ignored = 0;
        while self.levels.len() > 1 {
            match self.levels.last() {
                Some(Level::Row(_)) => self.close_row(),
                _ => self.close_cell(),
            }
        }
        self.close_paragraph();
        std::mem::take(&mut self.flow().text)
    }

    fn open(&mut self, level: Level) {
        if self.levels.len() >= DEPTH {
            self.ignored += 1;
            return;
        }
        self.levels.push(level);
    }

    fn close_flow(&mut self) -> Option<String> {
        if self.ignored > 0 {
            self.ignored -= 1;
            return None;
        }
        if self.levels.len() < 2 || !matches!(self.levels.last(), Some(Level::Flow(_))) {
            return None;
        }
        self.close_paragraph();
        match self.levels.pop() {
            Some(Level::Flow(flow)) => Some(flow.text),
            _ => None,
        }
    }

    /// The innermost flow. Text directly in a row, which no valid document has, goes to the flow around it.
    fn flow(&mut self) -> &mut Flow {
        self.levels
            .iter_mut()
            .rev()
            .find_map(|level| match level {
                Level::Flow(flow) => Some(flow),
                Level::Row(_) => None,
            })
            .expect("the outermost level is a flow and is never closed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paragraph(blocks: &mut Blocks, text: &str) {
        blocks.open_paragraph();
        blocks.push(text);
        blocks.close_paragraph();
    }

    #[test]
    fn a_row_of_single_lines_stays_one_line() {
        let mut blocks = Blocks::default();
        blocks.open_row();
        for text in ["2019", "Acme"] {
            blocks.open_flow();
            paragraph(&mut blocks, text);
            blocks.close_cell();
        }
        blocks.close_row();
        assert_eq!(blocks.finish(), "2019\tAcme\n");
    }

    #[test]
    fn a_text_box_follows_its_paragraph() {
        let mut blocks = Blocks::default();
        blocks.open_paragraph();
        blocks.push("be");
        blocks.open_flow();
        paragraph(&mut blocks, "box");
        blocks.close_box();
        blocks.push("fore");
        blocks.close_paragraph();
        assert_eq!(blocks.finish(), "before\nbox\n");
    }

    #[test]
    fn wrong_nesting_and_endless_depth_lose_no_text_and_do_not_fail() {
        let mut blocks = Blocks::default();
        blocks.close_row();
        blocks.close_cell();
        for _ in 0..100_000 {
            blocks.open_row();
            blocks.open_flow();
        }
        paragraph(&mut blocks, "deep");
        assert_eq!(blocks.finish().trim(), "deep");
    }
}
