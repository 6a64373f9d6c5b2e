//! Mail: to whom it goes, how urgent it is, what becomes of it, and whom nothing is sent to any more.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ids::MailId;

/// How often a mail is tried before it is given up: with the pauses of [`pause`], for about 40 hours. RFC 5321, section
/// 4.5.4.1, asks for four to five days of a server in between; whoever waits for a link does not wait that long.
pub const ATTEMPTS: i32 = 18;

/// The first pause, and the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(30);
const LONGEST_PAUSE: Duration = Duration::from_hours(4);

/// The longest wait that a server may ask for.
const LONGEST_ASKED: Duration = Duration::from_hours(24);

/// Somebody's e-mail, with or without their name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The name that is shown.
    pub name: Option<String>,
    /// The e-mail.
    pub email: String,
}

impl Address {
    /// Of somebody called `name`, without the signs in it that a header gives a meaning.
    pub fn named(name: &str, email: &str) -> Self {
        let name: String = name.chars().filter(|c| !c.is_control() && !matches!(c, '<' | '>' | '"' | '\\')).collect();
        let name = name.trim();
        Self { name: (!name.is_empty()).then(|| name.to_owned()), email: email.to_owned() }
    }

    /// What stands behind the at sign, lower case.
    pub fn domain(&self) -> String {
        self.email.rsplit_once('@').map(|(_, domain)| domain.to_lowercase()).unwrap_or_default()
    }
}

/// Whether it looks like an e-mail: something, an at sign, something with a dot inside, no spaces or signs that a header
/// gives a meaning, at most 254 bytes (RFC 5321, section 4.5.3.1.3).
pub fn is_email(text: &str) -> bool {
    text.len() <= 254
        && !text.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ',' | ';' | '"'))
        && text.split_once('@').is_some_and(|(local, domain)| {
            let sound = !domain.contains('@') && !domain.starts_with('.') && !domain.ends_with('.');
            !local.is_empty() && domain.contains('.') && sound
        })
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let (name, email) = match text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
            Some((name, email)) => (name.trim().trim_matches('"').trim(), email.trim()),
            None => ("", text),
        };
        let printable = !name.contains(|c: char| c.is_control() || matches!(c, '<' | '>' | '"' | '\\'));
        if !is_email(email) || !printable || name.chars().count() > 200 {
            return Err("takes an e-mail address, such as \"Talent <talent@example.com>\"".to_owned());
        }
        Ok(Self { name: (!name.is_empty()).then(|| name.to_owned()), email: email.to_owned() })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            // What has a meaning in a header is quoted (RFC 5322, section 3.2.3).
            Some(name) if name.contains(|c: char| ",;:@.()[]".contains(c)) => write!(f, "\"{name}\" <{}>", self.email),
            Some(name) => write!(f, "{name} <{}>", self.email),
            None => f.write_str(&self.email),
        }
    }
}

/// How urgent a mail is. Ordered: a later one goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// To many, and not waited for: digests, outreach. It can be unsubscribed from.
    Bulk,
    /// Everything else.
    Normal,
    /// Somebody waits for it: links to sign in, alerts.
    Urgent,
}

impl Priority {
    /// All, the most urgent first.
    pub const ALL: [Self; 3] = [Self::Urgent, Self::Normal, Self::Bulk];

    /// The number in the database.
    pub fn number(self) -> i16 {
        match self {
            Self::Bulk => 0,
            Self::Normal => 1,
            Self::Urgent => 2,
        }
    }

    /// The priority of a number in the database.
    pub fn of(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|priority| priority.number() == number)
    }

    /// How many of a day's `limit` mails may be used up after one of this priority: a fifth is out of reach for bulk, and
    /// half of that for normal mail, so that a digest never keeps a link from whoever waits for it.
    pub fn share(self, limit: u32) -> u32 {
        match self {
            Self::Bulk => limit - limit.div_ceil(5),
            Self::Normal => limit - limit.div_ceil(10),
            Self::Urgent => limit,
        }
    }

    /// As [`Self::share`], where a limit of 0 is none.
    pub fn most(self, limit: u32) -> Option<u32> {
        (limit > 0).then(|| self.share(limit))
    }

    /// The least urgent that may still be sent on a day of which `used` mails are used up; none when all are. A limit of 0
    /// is none.
    pub fn lowest_open(limit: u32, used: u32) -> Option<Self> {
        Self::ALL.into_iter().rev().find(|priority| limit == 0 || used < priority.share(limit))
    }
}

/// What has become of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = MailState)]
pub enum State {
    /// It waits.
    Queued,
    /// It is being sent.
    Sending,
    /// The server or the provider took it.
    Sent,
    /// It was refused, given up or came back.
    Failed,
    /// Nothing is sent to this address.
    Suppressed,
}

impl State {
    /// The name on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Suppressed => "suppressed",
        }
    }
}

impl FromStr for State {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        [Self::Queued, Self::Sending, Self::Sent, Self::Failed, Self::Suppressed]
            .into_iter()
            .find(|state| state.as_str() == name)
            .ok_or_else(|| format!("`{name}` is no state of a mail"))
    }
}

/// Why nothing is sent to an address any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Mail to it came back for good.
    Bounce,
    /// Whoever has it called a mail of ours spam.
    Complaint,
    /// Whoever has it wants no bulk mail.
    Unsubscribe,
    /// The operator said so.
    ByHand,
}

impl Reason {
    /// The name on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bounce => "bounce",
            Self::Complaint => "complaint",
            Self::Unsubscribe => "unsubscribe",
            Self::ByHand => "by_hand",
        }
    }

    /// Whether it holds mail of this priority back: who wants no digests still gets the link to sign in.
    pub fn covers(self, priority: Priority) -> bool {
        self != Self::Unsubscribe || priority == Priority::Bulk
    }
}

impl FromStr for Reason {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        [Self::Bounce, Self::Complaint, Self::Unsubscribe, Self::ByHand]
            .into_iter()
            .find(|reason| reason.as_str() == name)
            .ok_or_else(|| format!("`{name}` is no reason of a suppression"))
    }
}

/// A mail as it is handed to a server or a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Its id: the same at each attempt, so that a server can see that it has it already.
    pub id: MailId,
    /// To whom.
    pub to: Address,
    /// The subject, one line.
    pub subject: String,
    /// The text for those who read plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
    /// More headers: name and value.
    pub headers: Vec<(String, String)>,
}

/// How long to wait after the attempt of this number, from 1, has failed: twice as long each time, a fifth more or less by
/// `chance`, so that mails that failed together do not come back together. At least what the server `asked` for.
pub fn pause(attempt: i32, chance: u8, asked: Option<Duration>) -> Duration {
    let doublings = u32::try_from(attempt.clamp(1, 30) - 1).unwrap_or_default();
    let plain = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(doublings)).min(LONGEST_PAUSE);
    let pause = plain.mul_f64(0.8 + 0.4 * f64::from(chance) / 255.0);
    pause.max(asked.unwrap_or_default().min(LONGEST_ASKED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_with_and_without_a_name_and_written_the_same() {
        for text in ["ana@example.com", "Ana Lima <ana@example.com>", "\"Lima, A.\" <ana@example.com>"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        assert_eq!("<Ana@Example.com>".parse::<Address>().unwrap().domain(), "example.com");
        let wrong =
            ["", "ana", "ana@localhost", "a b@example.com", "a@b@example.com", "<ana@example.com", "a@.example.com"];
        for text in wrong.into_iter().chain(["ana@example.com\r\nBcc: eve@example.com", "A\u{7}na <ana@example.com>"]) {
            assert!(text.parse::<Address>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn whatever_somebody_is_called_can_be_written_and_read() {
        for name in ["Ana <b>Lima</b>", "Lima, \"Ana\"\r\nBcc: eve", "\\", "Zoë 你好"] {
            let address = Address::named(name, "ana@example.com");
            assert_eq!(address.to_string().parse::<Address>().unwrap(), address, "{name:?}");
        }
    }

    #[test]
    fn of_a_days_limit_a_fifth_is_out_of_reach_for_bulk_and_all_of_it_in_reach_for_what_is_urgent() {
        assert_eq!(Priority::ALL.map(|priority| priority.share(300)), [300, 270, 240]);
        assert_eq!(Priority::ALL.map(|priority| priority.share(1)), [1, 0, 0]);
        let lowest = [0, 239, 240, 269, 270, 299, 300].map(|used| Priority::lowest_open(300, used));
        let (bulk, normal, urgent) = (Some(Priority::Bulk), Some(Priority::Normal), Some(Priority::Urgent));
        assert_eq!(lowest, [bulk, bulk, normal, normal, urgent, urgent, None]);
        assert_eq!(Priority::lowest_open(0, 1_000_000), bulk);
    }

    #[test]
    fn pauses_grow_to_four_hours_and_are_never_shorter_than_what_the_server_asked_for() {
        let pauses = (1..=ATTEMPTS).map(|attempt| pause(attempt, 128, None)).collect::<Vec<_>>();
        assert!(pauses.is_sorted());
        let hours = pauses.iter().take(pauses.len() - 1).sum::<Duration>().as_secs() / 3600;
        assert!((36..48).contains(&hours), "{hours}");
        assert_eq!(pause(1, 0, None), Duration::from_secs(24));
        assert_eq!(pause(1, 255, None), Duration::from_secs(36));
        assert_eq!(pause(1, 128, Some(Duration::from_mins(10))), Duration::from_mins(10));
        assert_eq!(pause(1, 128, Some(Duration::from_hours(1000))), Duration::from_hours(24));
    }

    #[test]
    fn who_wants_no_digests_still_gets_the_link_to_sign_in() {
        assert!(Reason::Unsubscribe.covers(Priority::Bulk) && !Reason::Unsubscribe.covers(Priority::Urgent));
        for reason in [Reason::Bounce, Reason::Complaint, Reason::ByHand] {
            assert!(Priority::ALL.into_iter().all(|priority| reason.covers(priority)));
        }
    }
}
