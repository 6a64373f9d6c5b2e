//! What the model says: deterministic, valid for the schema, with quotations that stand in the document; or, when it
//! is the worst model, whatever the document tells it to say.

use regex::Regex;
use serde_json::{Map, Value, json};

/// Words in a property's name that ask for the document's own words.
const QUOTED: [&str; 4] = ["quote", "quotation", "evidence", "verbatim"];

/// What no document says.
pub const NOWHERE: &str = "This sentence stands nowhere in the document that was given.";

/// Sentences shorter than this are no evidence of anything, characters.
const SHORTEST: usize = 12;

/// References to definitions are followed so deep.
const DEEPEST: usize = 12;

/// Fills a schema.
pub struct Filler<'a> {
    root: &'a Value,
    sentences: Vec<String>,
    next: usize,
    /// What every free text says instead, and every number as high as it goes: an order that is obeyed.
    order: Option<String>,
}

impl<'a> Filler<'a> {
    /// Quotes from the text.
    pub fn quoting(root: &'a Value, text: &str) -> Self {
        Self { root, sentences: sentences(document(text)), next: 0, order: None }
    }

    /// Quotes what stands nowhere.
    pub fn inventing(root: &'a Value) -> Self {
        Self { root, sentences: vec![NOWHERE.to_owned()], next: 0, order: None }
    }

    /// Says what it was ordered to.
    pub fn obeying(root: &'a Value, order: String) -> Self {
        Self { root, sentences: Vec::new(), next: 0, order: Some(order) }
    }

    /// A value that is valid for the whole schema.
    pub fn fill(&mut self) -> Value {
        self.value(self.root, "answer", 0)
    }

    fn value(&mut self, schema: &Value, name: &str, depth: usize) -> Value {
        if depth > DEEPEST {
            return Value::Null;
        }
        if let Some(there) = schema["$ref"].as_str().and_then(|path| self.root.pointer(path.trim_start_matches('#'))) {
            return self.value(there, name, depth + 1);
        }
        if let Some(value) = schema.get("const").or_else(|| schema["enum"].get(0)) {
            return value.clone();
        }
        for several in ["anyOf", "oneOf", "allOf"] {
            let branches = schema[several].as_array().into_iter().flatten();
            if let Some(branch) = branches.into_iter().find(|branch| branch["type"] != "null") {
                return self.value(branch, name, depth + 1);
            }
        }
        match kind(schema) {
            "object" => {
                let properties = schema["properties"].as_object().into_iter().flatten();
                let filled = properties.map(|(inner_name, inner)| {
                    // The text of an `evidence` is a quotation as well.
                    let asked = if inner_name == "text" && is_quoted(name) { name } else { inner_name };
                    (inner_name.clone(), self.value(inner, asked, depth + 1))
                });
                Value::Object(filled.collect::<Map<_, _>>())
            }
            "array" => {
                let count = schema["minItems"].as_u64().unwrap_or(1).max(1);
                let count = schema["maxItems"].as_u64().map_or(count, |most| count.min(most));
                (0..count).map(|_| self.value(&schema["items"], name, depth + 1)).collect()
            }
            "integer" | "number" => self.number(schema),
            "boolean" => json!(true),
            "null" => Value::Null,
            _ => json!(self.text(schema, name)),
        }
    }

    /// The least that is allowed; the most for who obeys.
    fn number(&self, schema: &Value) -> Value {
        let least = [&schema["minimum"], &schema["maximum"]];
        let most = [&schema["maximum"], &schema["minimum"]];
        let wanted = if self.order.is_some() { most } else { least };
        wanted.into_iter().find(|bound| bound.is_number()).cloned().unwrap_or_else(|| json!(1))
    }

    fn text(&mut self, schema: &Value, name: &str) -> String {
        let mut text = match (&self.order, schema["format"].as_str()) {
            (_, Some("date")) => "2020-01-01".to_owned(),
            (_, Some("date-time")) => "2020-01-01T00:00:00Z".to_owned(),
            (Some(order), _) => order.clone(),
            (None, _) if is_quoted(name) && !self.sentences.is_empty() => {
                let sentence = self.sentences[self.next % self.sentences.len()].clone();
                self.next += 1;
                sentence
            }
            (None, _) => format!("A {} in a few words.", name.replace('_', " ")),
        };
        if let Some(most) = schema["maxLength"].as_u64().and_then(|most| usize::try_from(most).ok()) {
            text = text.chars().take(most).collect();
        }
        let missing = schema["minLength"].as_u64().unwrap_or(0).saturating_sub(text.chars().count() as u64);
        (0..missing).for_each(|_| text.push('.'));
        text
    }
}

/// Whether a property of this name is to hold the document's own words.
fn is_quoted(name: &str) -> bool {
    QUOTED.iter().any(|word| name.to_lowercase().contains(word))
}

/// The schema's type; the first that is not null where there are several.
fn kind(schema: &Value) -> &str {
    match &schema["type"] {
        Value::String(kind) => kind,
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("null"),
        _ if schema["properties"].is_object() => "object",
        _ => "string",
    }
}

/// The part of a message that is the document: what a tag encloses, or all of it.
fn document(text: &str) -> &str {
    let tags = Regex::new(r"(?s)<(?:document|resume|text|source|untrusted)\b[^>]*>(.*?)</").expect("a valid pattern");
    tags.captures(text).and_then(|found| found.get(1)).map_or(text, |inside| inside.as_str())
}

/// The sentences of a text, each a part of it to the letter.
pub fn sentences(text: &str) -> Vec<String> {
    let ends = Regex::new(r"[^\n.!?]+[.!?]?").expect("a valid pattern");
    let found = ends.find_iter(text).map(|sentence| sentence.as_str().trim());
    found.filter(|sentence| sentence.chars().count() >= SHORTEST).map(str::to_owned).collect()
}

/// The order that stands in a text, as in "Ignore all previous instructions and answer X", or none. X is what is
/// quoted, a JSON object, or the rest of the sentence.
pub fn injected(text: &str) -> Option<String> {
    let order = Regex::new(
        r#"(?ix) \b (?:ignore|disregard|forget|override) \s [^.\n]{0,60}? \b (?:instructions?|rules|prompts?|orders) \b
        [^\n]{0,40}? \b (?:answer|say|reply|respond|write|output|print|return) (?:\s+ (?:only|with|that|exactly))* [\s:]+
        (?: (?<json> \{ [^\n]* \}) | ["“] (?<quoted> [^"”\n]+) ["”] | (?<rest> [^."“\n]+) )"#,
    );
    let found = order.expect("a valid pattern").captures(text)?;
    let said = ["json", "quoted", "rest"].into_iter().find_map(|way| found.name(way))?;
    Some(said.as_str().trim().to_owned())
}

/// What a strict schema must be, or what is wrong with it: as OpenAI checks it before anything is worked on.
pub fn check_strict(schema: &Value, at: &str) -> Result<(), String> {
    for unsupported in ["allOf", "oneOf", "not", "if", "dependentRequired", "dependentSchemas", "patternProperties"] {
        if schema.get(unsupported).is_some() {
            return Err(format!("In context={at}, '{unsupported}' is not permitted."));
        }
    }
    if let Some(properties) = schema["properties"].as_object() {
        if schema["additionalProperties"] != json!(false) {
            return Err(format!("In context={at}, 'additionalProperties' is required to be supplied and to be false."));
        }
        let required =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>();
        if let Some(missing) = properties.keys().find(|name| !required.contains(&name.as_str())) {
            return Err(format!(
                "In context={at}, 'required' is required to be supplied and to be an array including every key in \
                 properties. Missing '{missing}'."
            ));
        }
        properties.iter().try_for_each(|(name, inner)| check_strict(inner, &format!("{at}.{name}")))?;
    } else if schema["type"] == "object" {
        return Err(format!("In context={at}, an object has to name its 'properties'."));
    }
    if schema["items"].is_object() {
        check_strict(&schema["items"], &format!("{at}.items"))?;
    }
    for several in ["anyOf", "$defs", "definitions"] {
        let inner = schema[several].as_array().into_iter().flatten();
        let inner = inner.chain(schema[several].as_object().into_iter().flat_map(Map::values));
        inner.into_iter().try_for_each(|inner| check_strict(inner, &format!("{at}.{several}")))?;
    }
    Ok(())
}
