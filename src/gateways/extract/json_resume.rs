//! JSON Resume (jsonresume.org, schema 1.0.0) written out as a person would write a resume, so that the same rules read
//! it that read every other document.

use serde_json::{Map, Value};

use super::ExtractError;

/// Sections with their headings, in the order of a resume, and the keys that stand on an entry's first line.
const SECTIONS: [(&str, &str, &[&str]); 11] = [
    ("work", "Work Experience", &["position", "name", "company"]),
    ("volunteer", "Volunteering", &["position", "organization"]),
    ("education", "Education", &["studyType", "area", "institution"]),
    ("skills", "Skills", &["name", "level"]),
    ("languages", "Languages", &["language", "fluency"]),
    ("certificates", "Certifications", &["name", "issuer"]),
    ("projects", "Projects", &["name", "entity"]),
    ("publications", "Publications", &["name", "publisher"]),
    ("awards", "Awards", &["title", "awarder"]),
    ("interests", "Interests", &["name"]),
    ("references", "References", &["name"]),
];

/// Whether JSON text is a resume.
pub(super) fn recognise(text: &str) -> bool {
    serde_json::from_str::<Map<String, Value>>(text).is_ok_and(|root| {
        root.get("basics").is_some_and(Value::is_object)
            || SECTIONS.iter().filter(|(key, ..)| root.get(*key).is_some_and(Value::is_array)).count() >= 2
    })
}

/// The resume as text.
pub(super) fn read(text: &str) -> Result<String, ExtractError> {
    let text = text.trim_start_matches('\u{feff}');
    let root: Map<String, Value> =
        serde_json::from_str(text).map_err(|why| ExtractError::damaged("JSON Resume", why))?;
    let mut out = String::new();
    if let Some(Value::Object(basics)) = root.get("basics") {
        write_basics(basics, &mut out);
    }
    for (key, heading, title) in SECTIONS {
        let Some(Value::Array(entries)) = root.get(key) else { continue };
        if entries.is_empty() {
            continue;
        }
        out.extend(["\n", heading, "\n\n"]);
        for entry in entries {
            write_entry(key, entry, title, &mut out);
        }
    }
    Ok(out)
}

fn string<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
}

fn line(out: &mut String, text: &str) {
    if !text.is_empty() {
        out.push_str(text);
        out.push('\n');
    }
}

fn write_basics(basics: &Map<String, Value>, out: &mut String) {
    for key in ["name", "label", "email", "phone", "url", "website"] {
        line(out, string(basics, key).unwrap_or_default());
    }
    if let Some(Value::Object(place)) = basics.get("location") {
        let parts = ["address", "postalCode", "city", "region", "countryCode"];
        let place: Vec<&str> = parts.iter().filter_map(|key| string(place, key)).collect();
        line(out, &place.join(", "));
    }
    for profile in basics.get("profiles").and_then(Value::as_array).into_iter().flatten() {
        let Some(profile) = profile.as_object() else { continue };
        let network = string(profile, "network").unwrap_or("Profile");
        if let Some(link) = string(profile, "url").or_else(|| string(profile, "username")) {
            line(out, &format!("{network}: {link}"));
        }
    }
    if let Some(summary) = string(basics, "summary") {
        out.extend(["\nSummary\n\n", summary, "\n"]);
    }
}

fn write_entry(section: &str, entry: &Value, title: &[&str], out: &mut String) {
    let Some(entry) = entry.as_object() else {
        line(out, entry.as_str().unwrap_or_default());
        return;
    };
    let keywords = list(entry, "keywords").join(", ");
    let mut head: Vec<&str> = title.iter().filter_map(|key| string(entry, key)).collect();
    head.dedup();
    if matches!(section, "skills" | "languages" | "interests") {
        let name = if section == "skills" || section == "languages" {
            match head.as_slice() {
                [name, level] => format!("{name} ({level})"),
                _ => head.join(", "),
            }
        } else {
            head.join(", ")
        };
        line(out, &if keywords.is_empty() { name } else { format!("{name}: {keywords}") });
        return;
    }
    line(out, &head.join(", "));
    line(out, &dates(entry));
    line(out, string(entry, "location").unwrap_or_default());
    line(out, string(entry, "url").or_else(|| string(entry, "website")).unwrap_or_default());
    for key in ["description", "summary", "reference", "score", "gpa"] {
        line(out, string(entry, key).unwrap_or_default());
    }
    for key in ["highlights", "courses", "roles"] {
        for item in list(entry, key) {
            line(out, &format!("• {item}"));
        }
    }
    line(out, &keywords);
    out.push('\n');
}

fn list<'a>(entry: &'a Map<String, Value>, key: &str) -> Vec<&'a str> {
    entry.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::trim).collect()
}

fn dates(entry: &Map<String, Value>) -> String {
    match (string(entry, "startDate"), string(entry, "endDate")) {
        (Some(start), Some(end)) => format!("{} – {}", month(start), month(end)),
        (Some(start), None) => format!("{} – present", month(start)),
        (None, Some(end)) => month(end).to_owned(),
        (None, None) => {
            ["date", "releaseDate"].iter().find_map(|key| string(entry, key)).unwrap_or_default().to_owned()
        }
    }
}

/// The schema's dates may have a day; resumes are written by the month.
fn month(date: &str) -> &str {
    match date.get(..7) {
        Some(month) if date.len() == 10 && date.is_ascii() => month,
        _ => date,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resume_reads_as_a_person_would_write_it() {
        let json = r#"{"basics":{"name":"Ana Lima","email":"ana@example.org","location":{"city":"Porto"}},
            "work":[{"name":"Acme","position":"Engineer","startDate":"2020-01-05","highlights":["Built it"]}],
            "skills":[{"name":"Web","level":"Master","keywords":["HTML","CSS"]}]}"#;
        assert!(recognise(json));
        assert_eq!(
            read(json).unwrap(),
            "Ana Lima\nana@example.org\nPorto\n\nWork Experience\n\nEngineer, Acme\n2020-01 – present\n• Built it\n\n\nSkills\n\nWeb (Master): HTML, CSS\n"
        );
    }

    #[test]
    fn other_json_and_wrong_types_are_no_failure() {
        assert!(!recognise(r#"{"a":1}"#));
        assert!(!recognise("[1,2]"));
        assert!(read(r#"{"basics":{"name":7,"profiles":[3]},"work":[null,{"position":[]}]}"#).is_ok());
    }
}
