//! Text in a PDF that nobody sees: white on white, invisible, smaller than two points, or beside the page. Resumes hide
//! words to please machines, so such words are left out of the text and reported.
//!
//! `pdftohtml` tells colours and what is beside the page. White words on a dark ground are common and seen, and a scan has
//! an invisible layer of text over its picture, so a suspect is looked at in a small picture of its page: it is hidden
//! when nothing is drawn where it stands. Only pages with suspects cost that picture.

use std::ops::Range;
use std::path::Path;

use super::layout::{Piece, Sheet};
use super::pdf;
use super::protocol::finding;
use super::tools::{self, Tool};
use crate::model::profile::Finding;

/// Units of `pdftohtml` in a point.
const ZOOM: f64 = 1.5;
/// Words below this height in points, and below it in width a character, are too small to be read.
const TINY: f64 = 2.0;
/// From this value of its darkest channel on a colour is nearly white.
const PALE: u8 = 232;
/// Longer side of a page's picture in pixels: a letter of body text is three of them high.
const PIXELS: &str = "500";
/// Greys that differ by no more look the same on paper.
const SAME: u8 = 12;
/// Characters of hidden text shown in a finding.
const EXCERPT: usize = 120;
/// Fewer hidden letters on a page than this are a template's leftovers.
const LETTERS: usize = 4;

/// A line of text as `pdftohtml` sees it, in points.
struct Shown {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
    pale: bool,
    text: String,
}

impl Shown {
    fn covers(&self, word: &Piece) -> bool {
        let (x, y) = (f64::midpoint(word.left, word.right), word.middle());
        // Edges are rounded to whole units.
        self.left - 1.0 <= x && x <= self.right + 1.0 && self.top - 1.0 <= y && y <= self.bottom + 1.0
    }

    fn outside(&self, page: &Look) -> bool {
        self.right < 0.0 || self.bottom < 0.0 || self.left > page.width || self.top > page.height
    }
}

/// A page as `pdftohtml` sees it, in points.
#[derive(Default)]
struct Look {
    width: f64,
    height: f64,
    lines: Vec<Shown>,
}

/// Takes the words that nobody sees out of `sheets`, and says on which pages there were any.
pub(super) fn remove(sheets: &mut [Sheet], directory: &Path) -> Vec<Finding> {
    let last = sheets.len().to_string();
    let output = run(Tool::PdfToHtml, &["-xml", "-i", "-q", "-stdout", "-l", &last, pdf::FILE], directory);
    let looks = looks(&String::from_utf8_lossy(&output));
    let suspects: Vec<Vec<bool>> = sheets.iter().zip(&looks).map(|(sheet, look)| suspects(sheet, look)).collect();
    let pictures = Pictures::of(&suspects, directory);
    let mut findings = Vec::new();
    for (index, sheet) in sheets.iter_mut().enumerate() {
        let picture = pictures.page(index);
        let mut doubts = suspects.get(index).into_iter().flatten();
        let mut gone: Vec<&str> = Vec::new();
        let (width, height) = (sheet.width, sheet.height);
        let (kept, hidden): (Vec<Piece>, Vec<Piece>) = std::mem::take(&mut sheet.words).into_iter().partition(|word| {
            let doubted = doubts.next().is_some_and(|doubt| *doubt);
            let blank = || picture.as_ref().is_some_and(|picture| picture.is_blank(word, (width, height)));
            !(is_tiny(word) || (doubted && blank()))
        });
        sheet.words = kept;
        gone.extend(hidden.iter().map(|word| word.text.as_str()));
        if let Some(look) = looks.get(index) {
            gone.extend(look.lines.iter().filter(|line| line.outside(look)).map(|line| line.text.as_str()));
        }
        findings.extend(report(index + 1, &gone.join(" ")));
    }
    findings
}

/// What a program says. A document on which it fails was read without it and stays as it is.
fn run(tool: Tool, arguments: &[&str], directory: &Path) -> Vec<u8> {
    tools::run(tool, arguments, directory).map(|ran| ran.output).unwrap_or_default()
}

/// The finding for the hidden text of a page.
fn report(page: usize, text: &str) -> Option<Finding> {
    if text.chars().filter(|c| c.is_alphanumeric()).count() < LETTERS {
        return None;
    }
    let excerpt = excerpt(text);
    let detail = format!(
        "Page {page} has text that nobody sees, in the colour of the paper, too small to read or beside the page; it was left out: “{excerpt}”."
    );
    Some(finding("hidden_text", detail))
}

/// The beginning of a hidden text, on one line.
pub(super) fn excerpt(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = line.chars().take(EXCERPT).collect();
    if cut.len() < line.len() { format!("{}…", cut.trim_end()) } else { cut }
}

/// Both ways: turned text is as high as it is long, and some fonts tell no height.
fn is_tiny(word: &Piece) -> bool {
    let characters = f64::from(u32::try_from(word.text.chars().count()).unwrap_or(u32::MAX));
    word.bottom - word.top < TINY && word.right - word.left < TINY * characters
}

/// The words of a page that no line covers, or only pale ones. Where the two programs do not agree on the page, none.
fn suspects(sheet: &Sheet, look: &Look) -> Vec<bool> {
    let same = (sheet.width - look.width).abs() < 2.0 && (sheet.height - look.height).abs() < 2.0;
    let suspect = |word: &Piece| !look.lines.iter().any(|line| !line.pale && line.covers(word));
    sheet.words.iter().map(|word| same && suspect(word)).collect()
}

/// Reads the output of `pdftohtml -xml`, a line an element; its tags are not always closed in order.
fn looks(output: &str) -> Vec<Look> {
    let mut pages: Vec<Look> = Vec::new();
    let mut pale: Vec<bool> = Vec::new();
    for line in output.lines().map(str::trim_start) {
        let number = |name| attribute(line, name).and_then(|value| value.parse::<f64>().ok()).unwrap_or(0.0) / ZOOM;
        if line.starts_with("<page ") {
            pages.push(Look { width: number("width"), height: number("height"), lines: Vec::new() });
        } else if line.starts_with("<fontspec ") {
            pale.push(attribute(line, "color").and_then(|colour| colour.strip_prefix('#')).is_some_and(is_pale));
        } else if let (true, Some(page)) = (line.starts_with("<text "), pages.last_mut()) {
            let (left, top) = (number("left"), number("top"));
            let font = attribute(line, "font").and_then(|font| font.parse::<usize>().ok());
            page.lines.push(Shown {
                left,
                top,
                right: left + number("width"),
                bottom: top + number("height"),
                pale: font.and_then(|font| pale.get(font).copied()).unwrap_or(false),
                text: without_tags(line),
            });
        }
    }
    pages
}

fn attribute<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let after = &line[line.find(&format!(" {name}=\""))? + name.len() + 3..];
    after.split_once('"').map(|(value, _)| value)
}

/// Whether "rrggbb" is nearly white.
pub(super) fn is_pale(colour: &str) -> bool {
    let channel = |at: usize| colour.get(at..at + 2).and_then(|hex| u8::from_str_radix(hex, 16).ok()).unwrap_or(0);
    [0, 2, 4].into_iter().all(|at| channel(at) >= PALE)
}

fn without_tags(line: &str) -> String {
    let text: String = line.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text).collect();
    quick_xml::escape::unescape(&text).map_or_else(|_| text.clone(), std::borrow::Cow::into_owned)
}

/// Pictures of the pages from the first with a suspect to the last.
struct Pictures {
    first: usize,
    /// Binary PGM, one after the other.
    bytes: Vec<u8>,
}

impl Pictures {
    fn of(suspects: &[Vec<bool>], directory: &Path) -> Self {
        let any = |page: &Vec<bool>| page.contains(&true);
        let (Some(first), Some(last)) = (suspects.iter().position(any), suspects.iter().rposition(any)) else {
            return Self { first: 0, bytes: Vec::new() };
        };
        let (from, to) = ((first + 1).to_string(), (last + 1).to_string());
        let arguments = ["-q", "-gray", "-f", &from, "-l", &to, "-scale-to", PIXELS, pdf::FILE];
        Self { first, bytes: run(Tool::PdfToPpm, &arguments, directory) }
    }

    fn page(&self, index: usize) -> Option<Picture<'_>> {
        let mut rest = &self.bytes[..];
        for _ in self.first..index {
            rest = Picture::first(rest)?.1;
        }
        (index >= self.first).then(|| Picture::first(rest)).flatten().map(|(picture, _)| picture)
    }
}

/// A page's picture: a byte a pixel, 0 is black.
struct Picture<'a> {
    width: usize,
    height: usize,
    pixels: &'a [u8],
}

impl<'a> Picture<'a> {
    /// The first picture, and what follows it.
    fn first(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let rest = bytes.strip_prefix(b"P5\n")?;
        let mut lines = rest.splitn(3, |byte| *byte == b'\n');
        let size = std::str::from_utf8(lines.next()?).ok()?;
        let (_, pixels) = (lines.next()?, lines.next()?);
        let (width, height) = size.split_once(' ')?;
        let (width, height): (usize, usize) = (width.parse().ok()?, height.parse().ok()?);
        let (pixels, rest) = pixels.split_at_checked(width.checked_mul(height)?)?;
        Some((Self { width, height, pixels }, rest))
    }

    /// Whether nothing is drawn where a word of a page of this size stands.
    fn is_blank(&self, word: &Piece, (width, height): (f64, f64)) -> bool {
        let columns = pixels(word.left / width, word.right / width, self.width);
        let rows = pixels(word.top / height, word.bottom / height, self.height);
        let mut greys: Vec<u8> =
            rows.flat_map(|row| &self.pixels[row * self.width..][columns.clone()]).copied().collect();
        greys.sort_unstable();
        let Some(ground) = greys.get(greys.len() / 2).copied() else { return false };
        let like = greys.iter().filter(|grey| grey.abs_diff(ground) <= SAME).count();
        like * 10 >= greys.len() * 9 && ground >= PALE - SAME
    }
}

/// The pixels of a side of `count` between two places given as shares of it.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share between 0 and 1 of at most 500 pixels"
)]
fn pixels(from: f64, to: f64, count: usize) -> Range<usize> {
    let at = |share: f64| (share.clamp(0.0, 1.0) * count as f64) as usize;
    let start = at(from).min(count);
    start..(at(to) + 1).clamp(start, count)
}
