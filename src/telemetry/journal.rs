//! Writes to the journal in its own protocol (systemd's "Journal Native Protocol"): the message for people, and each
//! field, of the event and of the spans around it, as `TP_<NAME>` for `journalctl TP_REQUEST_ID=…`.
//!
//! Written here and not taken from a crate because `journalctl` shows the message alone: an error in a field would be
//! invisible, so the event's own fields are repeated in it.

use std::fmt::{Debug, Write};
use std::io;
use std::os::unix::net::UnixDatagram;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

const SOCKET: &str = "/run/systemd/journal/socket";

/// Bytes of a value that are kept: a datagram holds about 200 kB.
const VALUE_BYTES: usize = 16 << 10;

/// Fields, by their names in the source.
#[derive(Debug, Default)]
struct Fields(Vec<(&'static str, String)>);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.push((field.name(), value.to_owned()));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.push((field.name(), format!("{value:?}")));
    }
}

/// The layer that writes.
#[derive(Debug)]
pub(super) struct Journal(UnixDatagram);

impl Journal {
    pub(super) fn open() -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.connect(SOCKET)?;
        Ok(Self(socket))
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Journal {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut own = Fields::default();
        event.record(&mut own);
        let mut entry = entry(*event.metadata().level(), &own);
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(fields) = span.extensions().get::<Fields>() {
                fields.0.iter().for_each(|(name, value)| append(&mut entry, &journal_name(name), value));
            }
        }
        // A journal that is away cannot be told so.
        drop(self.0.send(&entry));
    }
}

/// An event without what is around it.
fn entry(level: Level, own: &Fields) -> Vec<u8> {
    let mut message = String::new();
    for (_, text) in own.0.iter().filter(|(name, _)| *name == "message") {
        message.push_str(text);
    }
    let mut entry = Vec::new();
    for (name, value) in own.0.iter().filter(|(name, _)| *name != "message") {
        // Writing to a String cannot fail.
        let _ = write!(message, " {name}={value}");
        append(&mut entry, &journal_name(name), value);
    }
    append(&mut entry, "MESSAGE", &message);
    append(&mut entry, "PRIORITY", priority(level));
    append(&mut entry, "SYSLOG_IDENTIFIER", "talentprompt");
    entry
}

/// Syslog's number (RFC 5424, 6.2.1).
fn priority(level: Level) -> &'static str {
    match level {
        Level::ERROR => "3",
        Level::WARN => "4",
        Level::INFO => "6",
        Level::DEBUG | Level::TRACE => "7",
    }
}

fn journal_name(name: &str) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' };
    format!("TP_{}", name.chars().map(plain).collect::<String>())
}

/// A field with its length before the value, which may then hold anything.
fn append(entry: &mut Vec<u8>, name: &str, value: &str) {
    let value = &value.as_bytes()[..value.len().min(VALUE_BYTES)];
    entry.extend_from_slice(name.as_bytes());
    entry.push(b'\n');
    entry.extend_from_slice(&(value.len() as u64).to_le_bytes());
    entry.extend_from_slice(value);
    entry.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing_subscriber::prelude::*;

    /// The fields of an entry, as journald reads them.
    fn read(mut entry: &[u8]) -> Vec<(String, String)> {
        let mut fields = Vec::new();
        while let Some(end) = entry.iter().position(|byte| *byte == b'\n') {
            let name = String::from_utf8(entry[..end].to_vec()).unwrap();
            let length = usize::try_from(u64::from_le_bytes(entry[end + 1..end + 9].try_into().unwrap())).unwrap();
            let value = String::from_utf8(entry[end + 9..end + 9 + length].to_vec()).unwrap();
            fields.push((name, value));
            entry = &entry[end + 10 + length..];
        }
        fields
    }

    #[test]
    fn an_event_is_readable_and_carries_its_fields_and_those_of_the_spans_around_it() {
        let (ours, theirs) = UnixDatagram::pair().unwrap();
        let subscriber = tracing_subscriber::registry().with(Journal(ours));
        tracing::subscriber::with_default(subscriber, || {
            let request = tracing::info_span!("request", request_id = 7, workspace = tracing::field::Empty);
            let _inside = request.enter();
            request.record("workspace", "w1");
            tracing::warn!(error = "two\nlines", "it failed");
        });
        let mut buffer = vec![0; 4096];
        let length = theirs.recv(&mut buffer).unwrap();
        let fields = read(&buffer[..length]);
        let value = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        assert_eq!(value("MESSAGE"), Some("it failed error=two\nlines"));
        assert_eq!(value("PRIORITY"), Some("4"));
        assert_eq!(value("TP_ERROR"), Some("two\nlines"));
        assert_eq!(value("TP_REQUEST_ID"), Some("7"));
        assert_eq!(value("TP_WORKSPACE"), Some("w1"));
    }
}
