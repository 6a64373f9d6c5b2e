//! Putting a dump into a database: one thread unpacks and reads it, while the database takes what was read before.

use std::io::{self, BufRead};
use std::path::{Path, PathBuf};

use tokio::sync::mpsc::{Sender, channel};

use super::{Result, blocking, failed};
use crate::gateways::dump;
use crate::model::dump::{Line, Reader};
use crate::store::backups::{Beside, Piece};

/// How many pieces may wait for the database.
const WAITING: usize = 16;

/// How many bytes of rows are sent at once.
const ROWS: usize = 256 << 10;

/// Fills a database that is empty.
pub(super) async fn load(path: PathBuf, into: &Beside) -> Result<()> {
    let (send, pieces) = channel(WAITING);
    let reading = tokio::spawn(blocking(move || read(&path, &send).map_err(failed(&path))));
    let filled = into.fill(pieces).await;
    let read = reading.await.unwrap_or(Ok(()));
    // Where the database refuses a piece, nobody takes the rest, and that is no mistake of the file.
    filled?;
    read
}

fn read(path: &Path, send: &Sender<Piece>) -> io::Result<()> {
    let (mut text, mut reader, mut line) = (dump::open(path)?, Reader::default(), Vec::new());
    let (mut statements, mut rows) = (String::new(), Vec::new());
    let give = |piece: Piece| send.blocking_send(piece).is_ok();
    while text.read_until(b'\n', &mut line)? > 0 {
        let goes_on = match reader.read(&line) {
            Line::Client => true,
            Line::Statement => {
                statements.push_str(utf8(&line)?);
                true
            }
            Line::Table(_) => {
                give(Piece::Statements(std::mem::take(&mut statements)))
                    && give(Piece::Table(utf8(&line)?.trim_end().to_owned()))
            }
            Line::Row => {
                rows.extend_from_slice(&line);
                rows.len() < ROWS || give(Piece::Rows(std::mem::take(&mut rows)))
            }
            Line::End => give(Piece::Rows(std::mem::take(&mut rows))) && give(Piece::End),
        };
        if !goes_on {
            return Ok(());
        }
        line.clear();
    }
    if reader.is_among_rows() {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the dump ends among the rows of a table"));
    }
    give(Piece::Statements(statements));
    Ok(())
}

fn utf8(line: &[u8]) -> io::Result<&str> {
    std::str::from_utf8(line).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}
