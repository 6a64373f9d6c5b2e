//! What mails say: a template of plain text and one of HTML for each, compiled in. What they say of people is escaped in
//! the HTML, and cannot begin another line of the subject.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use minijinja::{Environment, UndefinedBehavior, Value};

/// A kind of mail, and what is filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Template {
    /// That mail works.
    Test {
        /// Who asked for it.
        asked_by: String,
    },
    /// A member's first link.
    Invitation(Link),
    /// A link for a new password.
    Password(Link),
    /// Something to be told: an alert, a digest.
    Notice {
        /// What it is about, one line.
        subject: String,
        /// What there is to say.
        paragraphs: Vec<String>,
        /// Where to look, and what that is called.
        link: Option<Place>,
    },
}

/// A link that lets a member in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The member's name.
    pub name: String,
    /// Who made it.
    pub invited_by: String,
    /// The workspace's name.
    pub workspace: String,
    /// The link.
    pub url: String,
    /// For how many days it works.
    pub days: u64,
}

/// Where to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// What it is called.
    pub label: String,
    /// Where it is.
    pub url: String,
}

/// What a mail says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// What it is about, one line.
    pub subject: String,
    /// As plain text.
    pub text: String,
    /// As HTML.
    pub html: String,
}

impl Template {
    /// The name: that of its files.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Test { .. } => "test",
            Self::Invitation(_) => "invitation",
            Self::Password(_) => "password",
            Self::Notice { .. } => "notice",
        }
    }

    fn subject(&self) -> String {
        let subject = match self {
            Self::Test { .. } => "A test from TalentPrompt".to_owned(),
            Self::Invitation(link) => format!("{} invites you to {}", link.invited_by, link.workspace),
            Self::Password(link) => format!("Your new password for {}", link.workspace),
            Self::Notice { subject, .. } => subject.clone(),
        };
        subject.split(|c: char| c.is_control()).collect::<Vec<_>>().join(" ")
    }

    /// What the mail says. `place` is where the appliance is; `unsubscribe_url` is for mail that can be unsubscribed from.
    ///
    /// # Errors
    /// If the template asks for what is not there: a mistake in the program.
    pub fn render(&self, place: &str, unsubscribe_url: Option<&str>) -> Result<Rendered, minijinja::Error> {
        let subject = self.subject();
        let mut values = self.values();
        values.insert("subject", subject.clone().into());
        values.insert("place", place.into());
        values.insert("unsubscribe_url", unsubscribe_url.into());
        let values = Value::from_pairs(values);
        let part = |kind: &str| {
            let template = TEMPLATES.get_template(&format!("{}.{kind}", self.name()))?;
            template.render(values.clone()).map(|said| said + "\n")
        };
        Ok(Rendered { text: part("txt")?, html: part("html")?, subject })
    }

    /// What is filled in, by the names that the files have for it.
    fn values(&self) -> BTreeMap<&'static str, Value> {
        match self {
            Self::Test { asked_by } => BTreeMap::from([("asked_by", asked_by.as_str().into())]),
            Self::Invitation(link) | Self::Password(link) => BTreeMap::from([
                ("name", link.name.as_str().into()),
                ("invited_by", link.invited_by.as_str().into()),
                ("workspace", link.workspace.as_str().into()),
                ("url", link.url.as_str().into()),
                ("days", link.days.into()),
            ]),
            Self::Notice { paragraphs, link, .. } => BTreeMap::from([
                ("paragraphs", paragraphs.iter().map(String::as_str).collect()),
                ("label", link.as_ref().map(|place| place.label.as_str()).into()),
                ("url", link.as_ref().map(|place| place.url.as_str()).into()),
            ]),
        }
    }
}

/// Every file, by its name, which decides whether what is filled in is escaped.
const FILES: [(&str, &str); 11] = [
    ("layout.html", include_str!("templates/layout.html")),
    ("button.html", include_str!("templates/button.html")),
    ("footer.txt", include_str!("templates/footer.txt")),
    ("test.txt", include_str!("templates/test.txt")),
    ("test.html", include_str!("templates/test.html")),
    ("invitation.txt", include_str!("templates/invitation.txt")),
    ("invitation.html", include_str!("templates/invitation.html")),
    ("password.txt", include_str!("templates/password.txt")),
    ("password.html", include_str!("templates/password.html")),
    ("notice.txt", include_str!("templates/notice.txt")),
    ("notice.html", include_str!("templates/notice.html")),
];

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    // What may be missing is asked for by `if`; anything else that is missing is a mistake.
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    for (name, text) in FILES {
        environment.add_template(name, text).expect("the templates are tested");
    }
    environment
});

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn link() -> Link {
        Link {
            name: "Ana <b>Lima</b>".to_owned(),
            invited_by: "Olga Owner".to_owned(),
            workspace: "Acme & Sons".to_owned(),
            url: "https://talent.example.com/invitation?token=abc_DEF-123".to_owned(),
            days: 7,
        }
    }

    fn examples() -> [(Template, Option<&'static str>); 4] {
        let digest = Template::Notice {
            subject: "Three candidates\r\nBcc: eve@example.com".to_owned(),
            paragraphs: vec!["Three new candidates fit <Backend Engineer>.".to_owned(), "Have a look.".to_owned()],
            link: Some(Place { label: "See them".to_owned(), url: "https://talent.example.com/candidates".to_owned() }),
        };
        [
            (Template::Test { asked_by: "Olga Owner".to_owned() }, None),
            (Template::Invitation(link()), None),
            (Template::Password(link()), None),
            (digest, Some("https://talent.example.com/api/v1/mail/unsubscribe/abc")),
        ]
    }

    /// What is written differs from what a person has looked at: look at it, then copy it there.
    #[test]
    fn every_mail_reads_as_the_one_that_was_looked_at() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let (kept, made) = (root.join("tests/fixtures/mail"), root.join("target/mail"));
        fs::create_dir_all(&made).unwrap();
        let mut differ = Vec::new();
        for (template, unsubscribe) in examples() {
            let mail = template.render("https://talent.example.com", unsubscribe).unwrap();
            for (kind, said) in [("txt", format!("Subject: {}\n\n{}", mail.subject, mail.text)), ("html", mail.html)] {
                let file = format!("{}.{kind}", template.name());
                if fs::read_to_string(kept.join(&file)).unwrap_or_default() != said {
                    fs::write(made.join(&file), said).unwrap();
                    differ.push(file);
                }
            }
        }
        assert!(differ.is_empty(), "{differ:?} differ; see {}, then cp them to {}", made.display(), kept.display());
    }

    #[test]
    fn what_people_are_called_is_escaped_and_begins_no_header() {
        for (template, unsubscribe) in examples() {
            let mail = template.render("https://talent.example.com", unsubscribe).unwrap();
            assert!(!mail.html.contains("<b>") && !mail.html.contains("<Backend"), "{}", mail.html);
            assert!(!mail.subject.contains(['\r', '\n']), "{:?}", mail.subject);
        }
    }
}
