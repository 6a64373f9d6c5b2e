//! The text of a dump, as `pg_dump` writes it, read line by line: statements, and between them the rows of a table each.
//!
//! Read here and not by `psql`, whose own commands (`\!` starts a program) a dump that somebody changed could hold.

/// What a line of a dump is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A part of a statement, a comment, or nothing.
    Statement,
    /// A command to `psql`, which says nothing to the database.
    Client,
    /// The rows of this table follow; the line is the statement that takes them.
    Table(Table),
    /// A row.
    Row,
    /// The table's rows are over.
    End,
}

/// A table whose rows follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name, without its schema.
    pub name: String,
    /// Its columns, in the order of the fields of a row.
    pub columns: Vec<String>,
}

/// Reads the lines of one dump in their order.
#[derive(Debug, Default)]
pub struct Reader {
    among_rows: bool,
}

impl Reader {
    /// What the next line is.
    pub fn read(&mut self, line: &[u8]) -> Line {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        if self.among_rows {
            self.among_rows = line != b"\\.";
            return if self.among_rows { Line::Row } else { Line::End };
        }
        if line.first() == Some(&b'\\') {
            return Line::Client;
        }
        let Some(table) = table(line) else { return Line::Statement };
        self.among_rows = true;
        Line::Table(table)
    }

    /// Whether the dump cannot end here.
    pub fn is_among_rows(&self) -> bool {
        self.among_rows
    }
}

/// The table of `COPY public.name (one, two) FROM stdin;`.
fn table(line: &[u8]) -> Option<Table> {
    let line = std::str::from_utf8(line).ok()?.strip_prefix("COPY ")?.strip_suffix(" FROM stdin;")?;
    let (name, columns) = line.split_once(" (")?;
    let plain = |name: &str| name.trim_matches('"').to_owned();
    let name = name.rsplit_once('.').map_or(name, |(_, name)| name);
    let columns = columns.strip_suffix(')')?.split(", ").map(plain).collect();
    Some(Table { name: plain(name), columns })
}

/// The bytes of a field of a row, where the column is of bytes: `\\xaf01`, in hexadecimal as it stands there.
pub fn hexadecimal(row: &[u8], column: usize) -> Option<&str> {
    let field = row.strip_suffix(b"\n").unwrap_or(row).split(|byte| *byte == b'\t').nth(column)?;
    std::str::from_utf8(field.strip_prefix(b"\\\\x")?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_rows_and_commands_are_told_apart() {
        let dump = "\\restrict abc\n-- a comment\nCREATE TABLE public.t (a text);\nCOPY public.t (id, \"order\") FROM stdin;\n\
                    1\t\\\\xaf\nCOPY public.t (a) FROM stdin;\n\\N\n\\.\n\nSELECT 1;\n";
        let mut reader = Reader::default();
        let read: Vec<Line> = dump.split_inclusive('\n').map(|line| reader.read(line.as_bytes())).collect();
        let table = Table { name: "t".to_owned(), columns: vec!["id".to_owned(), "order".to_owned()] };
        let expected = [
            Line::Client,
            Line::Statement,
            Line::Statement,
            Line::Table(table),
            Line::Row,
            Line::Row,
            Line::Row,
            Line::End,
            Line::Statement,
            Line::Statement,
        ];
        assert_eq!(read, expected);
        assert!(!reader.is_among_rows());
    }

    #[test]
    fn bytes_are_read_in_hexadecimal() {
        assert_eq!(hexadecimal(b"1\t\\\\xaf01\n", 1), Some("af01"));
        assert_eq!(hexadecimal(b"1\t\\N\n", 1), None);
        assert_eq!(hexadecimal(b"1\n", 1), None);
    }
}
