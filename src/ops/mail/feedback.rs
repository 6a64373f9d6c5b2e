//! What a provider tells of mail that it took: that it came back, was called spam, or that somebody wants no more of it.
//! Each can be told twice without harm. Who tells it proves it: Brevo by a token, Resend by a signature.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::base::secret;
use crate::context::Context;
use crate::model::mail::{Reason, State, is_email};
use crate::store::{self, outbox, suppressions};

/// How far the time of a signature may be from ours, as Svix, which signs for Resend, recommends.
const TOLERANCE: Duration = Duration::from_mins(5);

/// What opens a signing secret.
const SIGNING: &str = "whsec_";

/// The headers of a signature.
#[derive(Debug, Clone, Copy)]
pub struct Signature<'a> {
    /// `svix-id`: which message this is.
    pub id: &'a str,
    /// `svix-timestamp`: when it was signed, in seconds.
    pub timestamp: &'a str,
    /// `svix-signature`: one or more, each as `v1,…`.
    pub signatures: &'a str,
}

/// Something a provider tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The provider's id of the mail.
    pub id: String,
    /// Whom it was for.
    pub address: String,
    /// What happened.
    pub reason: Reason,
    /// In the provider's words.
    pub detail: String,
}

/// Whether Brevo proves itself by the token it was given.
pub fn is_brevo(webhook_secret: &str, bearer: &str) -> bool {
    !webhook_secret.is_empty() && secret::same(webhook_secret.as_bytes(), bearer.as_bytes())
}

/// Whether Resend proves itself: by the HMAC-SHA-256 of the id, the time and the body, made at most five minutes from
/// `now`, in seconds.
pub fn is_resend(webhook_secret: &str, signature: Signature<'_>, body: &[u8], now: i64) -> bool {
    let key = STANDARD.decode(webhook_secret.strip_prefix(SIGNING).unwrap_or(webhook_secret)).unwrap_or_default();
    let fresh = signature.timestamp.parse::<i64>().is_ok_and(|at| now.abs_diff(at) <= TOLERANCE.as_secs());
    if key.is_empty() || !fresh {
        return false;
    }
    let signed = [signature.id.as_bytes(), signature.timestamp.as_bytes(), body].join(&b'.');
    let expected = STANDARD.encode(secret::hmac_sha256(&key, &signed));
    let mut given = signature.signatures.split_whitespace().filter_map(|one| one.strip_prefix("v1,"));
    given.any(|given| secret::same(given.as_bytes(), expected.as_bytes()))
}

/// What Brevo tells, where it is one of the things to be heard; a mail that comes back for now is not.
pub fn of_brevo(body: &Value) -> Option<Event> {
    let text = |key: &str| body[key].as_str().unwrap_or_default();
    let reason = match text("event") {
        "hard_bounce" | "invalid_email" | "blocked" => Reason::Bounce,
        "spam" => Reason::Complaint,
        "unsubscribed" => Reason::Unsubscribe,
        _ => return None,
    };
    let detail = format!("Brevo: {} {}", text("event"), text("reason"));
    event(text("message-id").trim_matches(['<', '>']), text("email"), reason, &detail)
}

/// What Resend tells, where it is one of the things to be heard.
pub fn of_resend(body: &Value) -> Option<Event> {
    let data = &body["data"];
    let bounce = |key: &str| data["bounce"][key].as_str().unwrap_or_default();
    let reason = match body["type"].as_str()? {
        "email.bounced" if bounce("type") != "Transient" => Reason::Bounce,
        "email.complained" => Reason::Complaint,
        _ => return None,
    };
    let address = data["to"][0].as_str().or(data["to"].as_str()).unwrap_or_default();
    let detail = format!("Resend: {} {}", body["type"].as_str().unwrap_or_default(), bounce("message"));
    event(data["email_id"].as_str().unwrap_or_default(), address, reason, &detail)
}

fn event(id: &str, address: &str, reason: Reason, detail: &str) -> Option<Event> {
    let address = address.rsplit_once('<').map_or(address, |(_, address)| address.trim_end_matches('>'));
    let detail = detail.trim().chars().filter(|c| !c.is_control()).take(500).collect();
    is_email(address).then(|| Event { id: id.to_owned(), address: address.to_lowercase(), reason, detail })
}

/// Holds the address back from now on, and says of the mail what became of it.
pub async fn hear(ctx: &Context, event: &Event) -> store::Result<()> {
    let mut tx = ctx.store.system().await?;
    suppressions::add(&mut tx, &event.address, event.reason, &event.detail, ctx.now()).await?;
    tx.commit().await?;
    if let Some((id, workspace)) = ctx.store.mail_by_provider(&event.id).await? {
        let mut tx = ctx.store.of_mail(workspace).await?;
        let state = if event.reason == Reason::Bounce { State::Failed } else { State::Sent };
        outbox::came_back(&mut tx, id, state, &event.detail).await?;
        tx.commit().await?;
    }
    tracing::info!(reason = event.reason.as_str(), "an address is held back, as the provider of mail told");
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_signature_holds_for_its_body_and_its_time_alone() {
        let key = format!("{SIGNING}{}", STANDARD.encode(b"0123456789abcdef01234567"));
        let sign = |id: &str, at: &str, body: &str| {
            let signed = format!("{id}.{at}.{body}");
            format!("v1,{}", STANDARD.encode(secret::hmac_sha256(b"0123456789abcdef01234567", signed.as_bytes())))
        };
        let good = format!("v1,bm9wZQ== {}", sign("msg_1", "1700000000", "{}"));
        let holds = |key: &str, id: &str, timestamp: &str, body: &str, now: i64| {
            is_resend(key, Signature { id, timestamp, signatures: &good }, body.as_bytes(), now)
        };
        assert!(holds(&key, "msg_1", "1700000000", "{}", 1_700_000_299));
        assert!(!holds(&key, "msg_1", "1700000000", "{}", 1_700_000_301));
        assert!(!holds(&key, "msg_1", "1700000000", "{}", 1_699_999_699));
        assert!(!holds(&key, "msg_1", "1700000000", "{ }", 1_700_000_000));
        assert!(!holds(&key, "msg_2", "1700000000", "{}", 1_700_000_000));
        assert!(!holds(&key, "msg_1", "1700000001", "{}", 1_700_000_000));
        assert!(!holds(&key, "msg_1", "soon", "{}", 1_700_000_000));
        assert!(!holds("whsec_b3RoZXI=", "msg_1", "1700000000", "{}", 1_700_000_000));
        assert!(!holds("", "msg_1", "1700000000", "{}", 1_700_000_000));
        assert!(is_brevo("a-token", "a-token") && !is_brevo("a-token", "another") && !is_brevo("", ""));
    }

    #[test]
    fn what_came_back_for_good_or_was_called_spam_is_heard_and_nothing_else() {
        let brevo = |event: &str| {
            of_brevo(
                &json!({"event": event, "email": "Ana@example.com", "message-id": "<1@relay>", "reason": "550 no"}),
            )
        };
        let heard = brevo("hard_bounce").unwrap();
        assert_eq!(
            (heard.id.as_str(), heard.address.as_str(), heard.reason),
            ("1@relay", "ana@example.com", Reason::Bounce)
        );
        assert!(heard.detail.contains("550 no"));
        assert_eq!(brevo("spam").unwrap().reason, Reason::Complaint);
        assert_eq!(brevo("unsubscribed").unwrap().reason, Reason::Unsubscribe);
        assert!(["soft_bounce", "delivered", "opened"].iter().all(|event| brevo(event).is_none()));

        let resend = |kind: &str, bounce: &str| {
            let bounce = json!({"type": bounce, "message": "no such mailbox"});
            of_resend(&json!({"type": kind, "data": {"email_id": "e1", "to": ["ana@example.com"], "bounce": bounce}}))
        };
        assert_eq!(resend("email.bounced", "Permanent").unwrap().reason, Reason::Bounce);
        assert_eq!(resend("email.complained", "").unwrap().reason, Reason::Complaint);
        assert_eq!(resend("email.bounced", "Transient"), None);
        assert_eq!(resend("email.delivered", ""), None);
        assert_eq!(of_resend(&json!({"type": "email.complained", "data": {"to": ["nobody"]}})), None);
    }
}
