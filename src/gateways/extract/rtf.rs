//! Rich Text Format, read for its words: control words that stand for characters, code pages by font, Unicode escapes
//! with their fallbacks, links. Groups that hold no text of the document (fonts, styles, pictures) are left out. A
//! broken file gives the text that can be had: RTF has no checksum and readers have always been lenient.

use std::collections::HashMap;

use encoding_rs::{Encoding, WINDOWS_1252};

use super::text;

/// Groups deeper than this are read as part of the last one; Word writes at most a few dozen.
const DEPTH: usize = 1_000;

/// Groups whose content is not the document's text.
const SKIPPED: [&str; 22] = [
    "colortbl",
    "stylesheet",
    "info",
    "pict",
    "object",
    "listtable",
    "listoverridetable",
    "revtbl",
    "rsidtbl",
    "generator",
    "themedata",
    "colorschememapping",
    "latentstyles",
    "datastore",
    "xmlnstbl",
    "filetbl",
    "annotation",
    "sp",
    "nonshppict",
    "bkmkstart",
    "bkmkend",
    "fchars",
];

/// The text of an RTF file.
pub(super) fn read(bytes: &[u8]) -> String {
    let mut reader = Reader {
        bytes,
        at: 0,
        out: String::new(),
        pending: Vec::new(),
        groups: vec![Group::default()],
        overflow: 0,
        fallback: 0,
        high: None,
        page: WINDOWS_1252,
        fonts: HashMap::new(),
        code: String::new(),
        links: Vec::new(),
    };
    reader.run();
    reader.flush();
    reader.out
}

#[derive(Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent properties that a group hands down")]
struct Group {
    skip: bool,
    font_table: bool,
    link_code: bool,
    /// This group is the shown text of a field.
    shown: bool,
    hidden: bool,
    font: i32,
    /// How many fallback characters follow a Unicode escape; 1 unless the file says otherwise.
    fallback: Option<u32>,
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    out: String,
    /// Bytes of the code page not yet decoded: two-byte code pages need them together.
    pending: Vec<u8>,
    groups: Vec<Group>,
    overflow: usize,
    /// Fallback characters still to leave out.
    fallback: u32,
    /// First half of a surrogate pair.
    high: Option<u16>,
    page: &'static Encoding,
    fonts: HashMap<i32, &'static Encoding>,
    code: String,
    /// Target and start of shown text of open fields.
    links: Vec<(String, usize)>,
}

impl Reader<'_> {
    fn run(&mut self) {
        while let Some(byte) = self.next() {
            match byte {
                b'{' => {
                    self.flush();
                    if self.groups.len() < DEPTH {
                        let mut group = self.group().clone();
                        group.shown = false;
                        self.groups.push(group);
                    } else {
                        self.overflow += 1;
                    }
                }
                b'}' => self.close(),
                b'\\' => self.control(),
                b'\r' | b'\n' => {}
                byte => self.byte(byte),
            }
        }
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at).copied();
        self.at += 1;
        byte
    }

    fn group(&mut self) -> &mut Group {
        self.groups.last_mut().expect("the outermost group is never closed")
    }

    fn close(&mut self) {
        self.flush();
        self.fallback = 0;
        if self.overflow > 0 {
            self.overflow -= 1;
            return;
        }
        if self.groups.len() < 2 {
            return;
        }
        let closed = self.groups.pop().expect("there are two or more");
        if closed.shown
            && let Some((target, from)) = self.links.pop()
        {
            let suffix = text::link_suffix(self.out.get(from..).unwrap_or_default(), &target);
            self.out.push_str(&suffix.unwrap_or_default());
        }
        if closed.link_code && !self.group().link_code {
            self.code.clone_from(&self.code.trim().to_owned());
        }
    }

    fn control(&mut self) {
        let Some(byte) = self.next() else { return };
        match byte {
            b'\'' => {
                let digits = self.bytes.get(self.at..self.at + 2).and_then(|pair| std::str::from_utf8(pair).ok());
                if let Some(value) = digits.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
                    self.at += 2;
                    self.byte(value);
                }
            }
            b'\\' | b'{' | b'}' => self.byte(byte),
            b'~' => self.text(" "),
            b'_' => self.text("-"),
            b'\r' | b'\n' => self.text("\n"),
            b'*' => self.destination(),
            byte if byte.is_ascii_alphabetic() => self.word(),
            _ => {}
        }
    }

    /// `\*` marks a group that a reader may skip when it does not know it.
    fn destination(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let known: [&[u8]; 4] = [b"\\shpinst", b"\\fldinst", b"\\shptxt", b"\\hl"];
        if !known.iter().any(|word| rest.trim_ascii_start().starts_with(word)) {
            self.group().skip = true;
        }
    }

    fn word(&mut self) {
        let start = self.at - 1;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_alphabetic) {
            self.at += 1;
        }
        let name = std::str::from_utf8(&self.bytes[start..self.at]).expect("letters are ASCII");
        let number_start = self.at;
        if self.bytes.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        let number =
            std::str::from_utf8(&self.bytes[number_start..self.at]).ok().and_then(|digits| digits.parse().ok());
        if self.bytes.get(self.at) == Some(&b' ') {
            self.at += 1;
        }
        self.command(name, number);
    }

    fn command(&mut self, name: &str, number: Option<i32>) {
        match name {
            "par" | "line" | "sect" | "page" | "row" | "column" => self.text("\n"),
            "tab" | "cell" | "nestcell" => self.text("\t"),
            "bullet" => self.text("•"),
            "emdash" => self.text("—"),
            "endash" => self.text("–"),
            "lquote" => self.text("‘"),
            "rquote" => self.text("’"),
            "ldblquote" => self.text("“"),
            "rdblquote" => self.text("”"),
            "emspace" | "enspace" | "qmspace" => self.text(" "),
            "u" => self.unicode(number.unwrap_or(0)),
            "uc" => self.group().fallback = number.and_then(|number| u32::try_from(number).ok()),
            "bin" => self.at += usize::try_from(number.unwrap_or(0)).unwrap_or(0),
            "v" => self.group().hidden = number != Some(0),
            "plain" => self.group().hidden = false,
            "ansicpg" => self.page = code_page(number.unwrap_or(1252)),
            "mac" => self.page = encoding_rs::MACINTOSH,
            "f" => {
                self.flush();
                self.group().font = number.unwrap_or(0);
            }
            "fcharset" => {
                let font = self.group().font;
                if let (true, Some(page)) = (self.group().font_table, number.and_then(charset)) {
                    self.fonts.insert(font, page);
                }
            }
            "fonttbl" => {
                self.group().font_table = true;
                self.group().skip = true;
            }
            "fldinst" => {
                self.code.clear();
                self.group().link_code = true;
            }
            "fldrslt" => {
                self.flush();
                if let Some(target) = self.code.trim().strip_prefix("HYPERLINK").and_then(|rest| rest.split('"').nth(1))
                {
                    self.links.push((target.to_owned(), self.out.len()));
                    self.group().shown = true;
                }
                self.code.clear();
            }
            name if SKIPPED.contains(&name) => self.group().skip = true,
            _ => {}
        }
    }

    /// A UTF-16 unit as a signed number.
    fn unicode(&mut self, number: i32) {
        self.flush();
        let unit = u16::try_from(number.rem_euclid(0x1_0000)).expect("the remainder has sixteen bits");
        let units: Vec<u16> = self.high.take().into_iter().chain([unit]).collect();
        if (0xd800..0xdc00).contains(&unit) && units.len() == 1 {
            self.high = Some(unit);
        } else {
            let decoded: String = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
            self.text(&decoded);
        }
        self.fallback = self.group().fallback.unwrap_or(1);
    }

    fn byte(&mut self, byte: u8) {
        if self.fallback > 0 {
            self.fallback -= 1;
            return;
        }
        if self.group().link_code {
            self.code.push(char::from(byte));
        } else if !self.group().skip && !self.group().hidden {
            self.pending.push(byte);
        }
    }

    fn text(&mut self, text: &str) {
        self.flush();
        self.fallback = 0;
        if !self.group().skip && !self.group().hidden && !self.group().link_code {
            self.out.push_str(text);
        }
    }

    /// Decodes what is pending in the code page of the font.
    fn flush(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let font = self.group().font;
        let page = self.fonts.get(&font).copied().unwrap_or(self.page);
        let pending = std::mem::take(&mut self.pending);
        self.out.push_str(&page.decode_without_bom_handling(&pending).0);
    }
}

fn code_page(number: i32) -> &'static Encoding {
    let label = match number {
        65001 => "utf-8".to_owned(),
        932 => "shift_jis".to_owned(),
        936 => "gbk".to_owned(),
        949 => "euc-kr".to_owned(),
        950 => "big5".to_owned(),
        10000 => "macintosh".to_owned(),
        number => format!("windows-{number}"),
    };
    Encoding::for_label(label.as_bytes()).unwrap_or(WINDOWS_1252)
}

/// The code page of a font's character set (RTF specification 1.9.1, "fcharset").
fn charset(number: i32) -> Option<&'static Encoding> {
    let page = match number {
        77 => 10000,
        128 => 932,
        129 => 949,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 => 1255,
        178 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        _ => return None,
    };
    Some(code_page(page))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_escapes_become_text_and_tables_are_left_out() {
        let rtf = br"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\colortbl;\red0;}{\*\generator X;}Zo\'eb \b M\u252?ller\b0\par
{\pict ffd8}C\u8217'x\tab 50\%\u-10179?\u-8704?\line end}";
        assert_eq!(read(rtf), "Zoë Müller\nC’x\t50😀\nend");
    }

    #[test]
    fn fonts_bring_their_code_page() {
        let rtf = br"{\rtf1{\fonttbl{\f1\fcharset204 Arial;}}\f1 \'cc\'ee\'f1\'ea\'e2\'e0}";
        assert_eq!(read(rtf), "Москва");
    }

    #[test]
    fn a_link_keeps_its_target_and_hidden_text_is_left_out() {
        let rtf = br#"{\rtf1{\field{\*\fldinst HYPERLINK "https://example.org/a"}{\fldrslt Page}}{\v secret} end}"#;
        assert_eq!(read(rtf), "Page (https://example.org/a) end");
    }

    #[test]
    fn broken_files_give_what_can_be_had() {
        for rtf in [
            b"{\\rtf1 a\\".as_slice(),
            b"{\\rtf1 a}}}}",
            b"{\\rtf1 a\\'z",
            b"{\\rtf1 a\\bin999999999 x",
            b"{\\rtf1 a\\u",
        ] {
            assert!(read(rtf).starts_with('a'), "{}", rtf.escape_ascii());
        }
        let deep = [b"{\\rtf1 ".as_slice(), &b"{".repeat(200_000), b"x", &b"}".repeat(200_000), b"y}"].concat();
        assert_eq!(read(&deep), "xy");
    }
}
