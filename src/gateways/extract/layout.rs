//! Words with boxes to text in reading order. Poppler's own order is right for one column and for dates beside their
//! positions, but it hops between a sidebar and the text beside it when their lines are not level. So its order is kept
//! unless a clear gutter parts two columns that are no table; then each column is read down before the next.

use quick_xml::events::BytesStart;

use super::xml::{self, Node, attribute};

/// Width of the empty strip between columns, in points; the space between words of body text is about 3.
const GUTTER: f64 = 8.0;
/// A gap between words wider than so many line heights parts two columns that poppler took for one line.
const WORD_GAP: f64 = 1.5;
/// A gap narrower than so many line heights, with a change of size, is no space: small capitals ("PROFILE" in two sizes).
const NO_GAP: f64 = 0.08;
/// Lines a column has at least; fewer are a header's two ends or a caption.
const COLUMN_LINES: usize = 6;
/// Lines are level when their middles differ by less than this part of a line's height.
const LEVEL: f64 = 0.2;
/// Share of the sparser column's lines that are level with a line of the other above which both are rows of a table:
/// dates or labels beside their text.
const TABLE_SHARE: f64 = 0.65;
/// Characters of an average line below which a column can be labels or dates.
const LABEL_CHARS: usize = 24;
/// White space above a line of more than this many line heights starts a paragraph.
const PARAGRAPH: f64 = 0.6;
/// Pages with more pieces than this keep poppler's order; real pages have a few hundred.
const PIECES: usize = 2_000;

/// A word, later the part of a line that belongs to one column; places in points from the page's upper left corner.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
    pub text: String,
    /// Poppler's line, by which pieces are joined again.
    line: usize,
    /// Whether a blank line goes before it.
    apart: bool,
}

impl Piece {
    pub(super) fn middle(&self) -> f64 {
        f64::midpoint(self.top, self.bottom)
    }

    fn height(&self) -> f64 {
        (self.bottom - self.top).max(1.0)
    }
}

/// A page with its words, in poppler's order.
#[derive(Debug)]
pub(super) struct Sheet {
    pub width: f64,
    pub height: f64,
    pub words: Vec<Piece>,
}

/// The pages of `pdftotext -bbox-layout` output.
pub(super) fn sheets(output: &[u8]) -> Result<Vec<Sheet>, String> {
    let mut reader = Reader::default();
    xml::walk(output, |node| reader.visit(&node))?;
    Ok(reader.sheets)
}

/// The text of a page in reading order.
pub(super) fn text(sheet: Sheet) -> String {
    write(&arrange(joined(sheet.words)))
}

#[derive(Default)]
struct Reader {
    sheets: Vec<Sheet>,
    line: usize,
    /// The next word starts a flow.
    apart: bool,
    word: Option<Piece>,
}

impl Reader {
    fn visit(&mut self, node: &Node<'_>) {
        match node {
            Node::Open("page", tag) => {
                let (width, height) = (number(tag, "width"), number(tag, "height"));
                self.sheets.push(Sheet { width, height, words: Vec::new() });
            }
            Node::Open("flow", _) => self.apart = true,
            Node::Open("line", _) => self.line += 1,
            Node::Open("word", tag) => {
                self.word = Some(self.start(tag));
                self.apart = false;
            }
            Node::Text(text) => {
                if let Some(word) = self.word.as_mut() {
                    word.text.push_str(text);
                }
            }
            Node::Close("word") => {
                if let (Some(word), Some(sheet)) = (self.word.take(), self.sheets.last_mut()) {
                    sheet.words.push(word);
                }
            }
            _ => {}
        }
    }

    fn start(&self, tag: &BytesStart<'_>) -> Piece {
        Piece {
            left: number(tag, "xMin"),
            right: number(tag, "xMax"),
            top: number(tag, "yMin"),
            bottom: number(tag, "yMax"),
            text: String::new(),
            line: self.line,
            apart: self.apart,
        }
    }
}

fn number(tag: &BytesStart<'_>, name: &str) -> f64 {
    attribute(tag, name).and_then(|value| value.parse().ok()).unwrap_or(0.0)
}

/// Joins a word to the one before it when both are of one line and near.
fn joined(words: Vec<Piece>) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut last = 0.0;
    for word in words {
        if let Some(before) = pieces.last_mut()
            && before.line == word.line
            && (word.left - before.right).abs() < WORD_GAP * word.height()
        {
            let resized = (word.height() - last).abs() > NO_GAP * last;
            if !(resized && word.left - before.right < NO_GAP * last) {
                before.text.push(' ');
            }
            last = word.height();
            before.right = before.right.max(word.right);
            before.top = before.top.min(word.top);
            before.bottom = before.bottom.max(word.bottom);
            before.text.push_str(&word.text);
        } else {
            last = word.height();
            pieces.push(word);
        }
    }
    pieces
}

/// Puts columns one after the other, again within what is above, below and in them.
fn arrange(pieces: Vec<Piece>) -> Vec<Piece> {
    if pieces.len() < 2 * COLUMN_LINES || pieces.len() > PIECES {
        return pieces;
    }
    let Some(cut) = best_cut(&pieces) else { return pieces };
    let mut parts: [Vec<Piece>; 4] = Default::default();
    for piece in pieces {
        parts[cut.part(&piece)].push(piece);
    }
    let [above, left, right, below] = parts;
    [arrange(above), column(left), column(right), arrange(below)].concat()
}

/// One column, downwards; poppler's order within it still reckons with the other.
fn column(mut pieces: Vec<Piece>) -> Vec<Piece> {
    if pieces.len() >= 2 * COLUMN_LINES && best_cut(&pieces).is_some() {
        return arrange(pieces);
    }
    pieces.sort_by(|a, b| a.middle().total_cmp(&b.middle()));
    let mut bottom = f64::NEG_INFINITY;
    for row in pieces.chunk_by_mut(|a, b| b.middle() - a.middle() < LEVEL * a.height()) {
        row.sort_by(|a, b| a.left.total_cmp(&b.left));
        for (index, piece) in row.iter_mut().enumerate() {
            piece.apart = index == 0 && piece.top - bottom > PARAGRAPH * piece.height();
        }
        bottom = row.iter().map(|piece| piece.bottom).fold(bottom, f64::max);
    }
    pieces
}

/// A gutter at `at`, between `top` and `bottom` of the page.
struct Cut {
    at: f64,
    top: f64,
    bottom: f64,
}

impl Cut {
    /// Above 0, left 1, right 2, below 3.
    fn part(&self, piece: &Piece) -> usize {
        match piece.middle() {
            y if y < self.top => 0,
            y if y > self.bottom => 3,
            _ => 1 + usize::from(piece.left >= self.at),
        }
    }
}

/// The cut with the most lines in its columns.
fn best_cut(pieces: &[Piece]) -> Option<Cut> {
    let mut starts: Vec<f64> = pieces.iter().map(|piece| piece.left.floor()).collect();
    starts.sort_by(f64::total_cmp);
    starts.dedup();
    let mut by_height: Vec<&Piece> = pieces.iter().collect();
    by_height.sort_by(|a, b| a.middle().total_cmp(&b.middle()));
    let cuts = starts.into_iter().flat_map(|at| bands(&by_height, at).into_iter().map(move |band| (at, band)));
    let scored = cuts.filter_map(|(at, band)| Some((columns(band, at)?, at, band)));
    let (_, at, band) = scored.max_by_key(|(score, ..)| *score)?;
    Some(Cut { at, top: band.first()?.middle(), bottom: band.last()?.middle() })
}

/// The stretches of the page in which no piece crosses the strip left of `at`.
fn bands<'a, 'p>(by_height: &'a [&'p Piece], at: f64) -> Vec<&'a [&'p Piece]> {
    by_height.split(|piece| piece.left < at && piece.right > at - GUTTER).collect()
}

/// How many lines the two columns of `band` have; None when they are no columns.
fn columns(band: &[&Piece], at: f64) -> Option<usize> {
    if band.len() < 2 * COLUMN_LINES {
        return None;
    }
    let (left, right): (Vec<&Piece>, Vec<&Piece>) = band.iter().partition(|piece| piece.left < at);
    if left.len() < COLUMN_LINES || right.len() < COLUMN_LINES {
        return None;
    }
    let extent = |side: &[&Piece]| Some((side.first()?.middle(), side.last()?.middle()));
    let ((left_top, left_bottom), (right_top, right_bottom)) = (extent(&left)?, extent(&right)?);
    let shared = left_bottom.min(right_bottom) - left_top.max(right_top);
    let shorter = (left_bottom - left_top).min(right_bottom - right_top);
    if shared < shorter / 2.0 || is_table(&left, &right) {
        return None;
    }
    Some(band.len())
}

/// Whether the sparser side holds labels or dates for lines of the other side.
fn is_table(left: &[&Piece], right: &[&Piece]) -> bool {
    let (labels, texts) = if left.len() <= right.len() { (left, right) } else { (right, left) };
    let characters: usize = labels.iter().map(|piece| piece.text.chars().count()).sum();
    if characters > LABEL_CHARS * labels.len() {
        return false;
    }
    let level = |label: &&&Piece| {
        texts.iter().any(|text| (text.middle() - label.middle()).abs() < LEVEL * label.height().max(text.height()))
    };
    let count = labels.iter().filter(level).count();
    // Both counts are at most a page's pieces.
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
        > TABLE_SHARE * f64::from(u32::try_from(labels.len()).unwrap_or(u32::MAX))
}

fn write(pieces: &[Piece]) -> String {
    let mut out = String::new();
    for (index, piece) in pieces.iter().enumerate() {
        if let Some(before) = index.checked_sub(1).map(|index| &pieces[index]) {
            out.push_str(match () {
                () if before.line == piece.line => " ",
                () if piece.apart => "\n\n",
                () => "\n",
            });
        }
        out.push_str(&piece.text);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of ten points' height: left edge, top, text; five points a character.
    fn page(lines: &[(u16, u16, &str)]) -> Vec<Piece> {
        let piece = |(line, (left, top, text)): (usize, &(u16, u16, &str))| {
            let (left, top) = (f64::from(*left), f64::from(*top));
            let width = 5.0 * f64::from(u16::try_from(text.len()).unwrap());
            Piece { left, right: left + width, top, bottom: top + 10.0, text: (*text).to_owned(), line, apart: false }
        };
        lines.iter().enumerate().map(piece).collect()
    }

    fn texts(pieces: Vec<Piece>) -> String {
        arrange(pieces).into_iter().map(|piece| piece.text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn small_capitals_are_one_word_and_a_space_between_sizes_stays() {
        let word = |left: f64, right: f64, top: f64, text: &str| Piece {
            left,
            right,
            top,
            bottom: 22.0,
            text: text.to_owned(),
            line: 1,
            apart: false,
        };
        let words = vec![
            word(50.0, 58.0, 10.0, "W"),
            word(58.1, 80.0, 12.4, "ORK"),
            word(83.0, 90.0, 10.0, "E"),
            word(90.0, 140.0, 12.4, "XPERIENCE"),
            word(142.5, 160.0, 12.4, "2019"),
        ];
        assert_eq!(joined(words)[0].text, "WORK EXPERIENCE 2019");
    }

    #[test]
    fn columns_are_read_one_after_the_other_below_a_full_headline() {
        let mut lines = vec![(50, 20, "a headline across both of the columns of this page, as long as it gets")];
        for row in 0..8 {
            lines.push((50, 50 + row * 14, "left text"));
            lines.push((300, 57 + row * 14, "right text"));
        }
        let expected = format!("{} {}", ["left text"; 8].join(" "), ["right text"; 8].join(" "));
        assert!(texts(page(&lines)).ends_with(&expected));
    }

    #[test]
    fn dates_beside_their_positions_stay_beside_them() {
        let mut lines = Vec::new();
        for row in 0..8 {
            lines.push((50, 50 + row * 28, "2019"));
            lines.push((120, 50 + row * 28, "position"));
            lines.push((120, 64 + row * 28, "what was done there"));
        }
        assert!(texts(page(&lines)).starts_with("2019 position what was done there 2019 position"));
    }

    #[test]
    fn a_date_at_the_right_edge_does_not_make_a_column() {
        let mut lines = Vec::new();
        for row in 0..8 {
            lines.push((50, 50 + row * 28, "position"));
            lines.push((500, 50 + row * 28, "2019"));
            lines.push((
                50,
                64 + row * 28,
                "a description that runs across the whole width of the page, up to its end, twice",
            ));
        }
        assert!(texts(page(&lines)).starts_with("position 2019 a description"));
    }
}
