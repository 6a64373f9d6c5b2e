//! XML as a stream of tags and text. Entities are never defined by a document here: one that tries is refused, so
//! neither expansion bombs nor references to other files exist. Nothing is built in memory and nothing recurses.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::plain;

/// A piece of XML.
pub(super) enum Node<'a> {
    /// A start tag, by its name without prefix.
    Open(&'a str, &'a BytesStart<'a>),
    /// An end tag; follows at once for an empty element.
    Close(&'a str),
    /// Character data, entities resolved.
    Text(&'a str),
}

/// Walks `bytes` and hands each piece to `visit`. Returns why the document is no usable XML.
pub(super) fn walk(bytes: &[u8], mut visit: impl FnMut(Node<'_>)) -> Result<(), String> {
    let text = plain::decode(bytes).ok_or("it is no text")?;
    let mut reader = Reader::from_str(&text);
    reader.config_mut().expand_empty_elements = true;
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(tag) => {
                let name = tag.local_name();
                visit(Node::Open(name.as_ref(), &tag));
            }
            Event::End(tag) => visit(Node::Close(tag.local_name().as_ref())),
            Event::Text(text) => visit(Node::Text(&text)),
            Event::CData(text) => visit(Node::Text(&text)),
            Event::GeneralRef(reference) => {
                if let Ok(Some(character)) = reference.resolve_char_ref() {
                    visit(Node::Text(character.encode_utf8(&mut [0; 4])));
                } else if let Some(found) = quick_xml::escape::resolve_predefined_entity(&reference) {
                    visit(Node::Text(found));
                }
            }
            Event::DocType(declaration) if declaration.contains("<!ENTITY") => {
                return Err("it declares XML entities, which no word processor does and attacks do".to_owned());
            }
            Event::Eof => return Ok(()),
            // Empty elements were expanded to a start and an end.
            Event::Empty(_) | Event::DocType(_) | Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
        }
    }
}

/// The value of the attribute with the local name `name`.
pub(super) fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    tag.attributes().with_checks(false).flatten().find(|found| found.key.local_name().as_ref() == name).map(|found| {
        match quick_xml::escape::unescape(&found.value) {
            Ok(value) => value.into_owned(),
            Err(_) => found.value.into_owned(),
        }
    })
}
