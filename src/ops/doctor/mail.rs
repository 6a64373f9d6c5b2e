//! Mail: does the server let us in, does the DNS say that it may send in our name, and does what waits get on?

use chrono::TimeDelta;

use super::Finding;
use crate::config::Mail;
use crate::context::Context;
use crate::gateways::dns::Dns;
use crate::gateways::mail;
use crate::model::mail::Priority;
use crate::ops;

/// How long a mail may wait that somebody waits for, in seconds.
const WAITED: f64 = 1_800.0;

const PAGE: &str = "the handbook's page Mail says what to enter";

pub(super) async fn checks(ctx: &Context) -> Vec<Finding> {
    const NAME: &str = "mail";
    let config = ctx.config.get();
    let Some(from) = config.mail.sender().filter(|_| config.mail.is_on()) else {
        let mut findings =
            vec![Finding::ok(NAME, "is off (`[mail] provider`): links are shown to who makes them instead of sent")];
        findings.extend(left(ctx).await);
        return findings;
    };
    let mut findings = vec![provider(&config.mail).await];
    match Dns::system() {
        Ok(dns) => findings.extend(dns_records(&dns, &config.mail, &from.domain()).await),
        Err(reason) => findings.push(unasked("mail DNS", reason)),
    }
    findings.extend([waiting(ctx).await, failures(ctx).await, quota(ctx).await]);
    findings
}

/// Whether the server or the provider would take a mail.
async fn provider(config: &Mail) -> Finding {
    const NAME: &str = "mail";
    let asked = match mail::open(config) {
        Ok(mailer) => mailer.probe().await,
        Err(error) => Err(error),
    };
    match asked {
        Ok(saw) => Finding::ok(NAME, format!("is sent by {}: {saw}", config.provider)),
        Err(error) => Finding::error(
            NAME,
            error.to_string(),
            "no mail is sent; what waits is tried for about 40 hours",
            "see the section `[mail]` and its secrets: talentprompt config show; then: talentprompt mail test ADDRESS",
        ),
    }
}

/// What the domain says of who may send in its name.
async fn dns_records(dns: &Dns, config: &Mail, domain: &str) -> Vec<Finding> {
    vec![spf(dns, config, domain).await, dkim(dns, config, domain).await, dmarc(dns, domain).await]
}

fn unasked(check: &'static str, reason: String) -> Finding {
    let means = "whether receivers believe our mail is not known";
    Finding::warning(check, reason, means, "see which name servers are asked: cat /etc/resolv.conf")
}

/// SPF (RFC 7208). Resend sends under a name of its own below ours, and its servers are named there.
async fn spf(dns: &Dns, config: &Mail, domain: &str) -> Finding {
    const NAME: &str = "mail SPF";
    let (name, includes) = match config.provider.as_str() {
        "brevo" => (domain.to_owned(), &["spf.brevo.com", "spf.sendinblue.com"][..]),
        "resend" => (format!("send.{domain}"), &["amazonses.com"][..]),
        _ => (domain.to_owned(), &[][..]),
    };
    match dns.texts(&name).await {
        Err(reason) => unasked(NAME, reason),
        Ok(texts) => judge_spf(&texts, &name, includes),
    }
}

fn judge_spf(texts: &[String], name: &str, includes: &[&str]) -> Finding {
    const NAME: &str = "mail SPF";
    const MEANS: &str = "receivers take our mail for forged, and put it aside or refuse it";
    let is_spf =
        |text: &&String| text.split_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case("v=spf1"));
    let records = texts.iter().filter(is_spf).collect::<Vec<_>>();
    match records.as_slice() {
        [] => Finding::warning(NAME, format!("{name} has no record that begins with v=spf1"), MEANS, PAGE),
        [record] if includes.is_empty() || includes.iter().any(|server| record.contains(server)) => {
            Finding::ok(NAME, format!("{name} says: {record}"))
        }
        [record] => {
            let saw = format!("{name} does not name {}: {record}", includes.join(" or "));
            Finding::warning(NAME, saw, MEANS, PAGE)
        }
        more => {
            let saw = format!("{name} has {} records that begin with v=spf1, and only one may be", more.len());
            Finding::warning(NAME, saw, MEANS, "put them together into one")
        }
    }
}

/// DKIM (RFC 6376): the key is where the selector says.
async fn dkim(dns: &Dns, config: &Mail, domain: &str) -> Finding {
    const NAME: &str = "mail DKIM";
    let selectors = match (config.dkim_selector.as_str(), config.provider.as_str()) {
        ("", "brevo") => vec!["brevo1", "brevo2", "mail"],
        ("", "resend") => vec!["resend"],
        ("", _) => {
            let saw = "not looked for: the name of the key is not known; say it in `[mail] dkim_selector`";
            return Finding::ok(NAME, saw);
        }
        (selector, _) => vec![selector],
    };
    for selector in &selectors {
        match dns.texts(&format!("{selector}._domainkey.{domain}")).await {
            Err(reason) => return unasked(NAME, reason),
            Ok(texts) if texts.iter().any(|text| is_key(text)) => {
                return Finding::ok(NAME, format!("there is a key at {selector}._domainkey.{domain}"));
            }
            Ok(_) => {}
        }
    }
    let saw = format!("there is no key at {}._domainkey.{domain}", selectors.join(" or "));
    Finding::warning(NAME, saw, "receivers cannot see that our mail is ours, and may put it aside", PAGE)
}

/// Whether it is a key that is in force: one with nothing in `p` was taken back.
fn is_key(text: &str) -> bool {
    let mut tags = text.split(';').filter_map(|tag| tag.trim().split_once('='));
    tags.any(|(tag, value)| tag.trim() == "p" && !value.trim().is_empty())
}

/// DMARC (RFC 7489), of the domain or of one above it.
async fn dmarc(dns: &Dns, domain: &str) -> Finding {
    const NAME: &str = "mail DMARC";
    let above = std::iter::successors(Some(domain), |name| name.split_once('.').map(|(_, above)| above));
    for name in above.filter(|name| name.contains('.')) {
        match dns.texts(&format!("_dmarc.{name}")).await {
            Err(reason) => return unasked(NAME, reason),
            Ok(texts) => {
                if let Some(record) = texts.iter().find(|text| text.to_lowercase().starts_with("v=dmarc1")) {
                    return Finding::ok(NAME, format!("_dmarc.{name} says: {record}"));
                }
            }
        }
    }
    let means = "large receivers, Google and Yahoo among them, ask for it of whoever sends in bulk";
    Finding::warning(NAME, format!("there is no record at _dmarc.{domain}"), means, PAGE)
}

/// What still waits although mail is off.
async fn left(ctx: &Context) -> Option<Finding> {
    const NAME: &str = "mail queue";
    let counts = ops::mail::counts(ctx, ctx.now()).await.ok().filter(|counts| counts.queued > 0)?;
    let saw = format!("{} mails wait from when mail was on", counts.queued);
    let means = "whoever was to get them does not";
    Some(Finding::warning(NAME, saw, means, "set `[mail] provider` again: talentprompt config show"))
}

async fn waiting(ctx: &Context) -> Finding {
    const NAME: &str = "mail queue";
    match ctx.store.mail_wait(Priority::Normal, ctx.now()).await {
        Ok(seconds) if seconds < WAITED => Finding::ok(NAME, format!("the oldest mail has waited for {seconds:.0} s")),
        Ok(seconds) => Finding::warning(
            NAME,
            format!("the oldest mail has waited for {:.0} minutes", seconds / 60.0),
            "the server does not take it, or the day's limit is used up",
            "talentprompt mail list, which says why",
        ),
        Err(error) => {
            Finding::error(NAME, error.to_string(), "no mail is sent", "talentprompt services status postgres")
        }
    }
}

async fn failures(ctx: &Context) -> Finding {
    const NAME: &str = "mail failures";
    match ops::mail::counts(ctx, ctx.now() - TimeDelta::days(1)).await {
        Ok(counts) if counts.failed == 0 => Finding::ok(NAME, "none in the last 24 hours"),
        Ok(counts) => Finding::warning(
            NAME,
            format!("{} mails were not sent in the last 24 hours", counts.failed),
            "whoever was to get them does not",
            "talentprompt mail list, which says why",
        ),
        Err(error) => {
            Finding::error(NAME, error.to_string(), "no mail is sent", "talentprompt services status postgres")
        }
    }
}

async fn quota(ctx: &Context) -> Finding {
    const NAME: &str = "mail limit";
    let limit = ctx.config.get().mail.daily_limit;
    match ctx.store.mails_on(ctx.now().date_naive()).await {
        Ok(used) if limit == 0 => Finding::ok(NAME, format!("{used} mails today, without a limit")),
        Ok(used) => Finding::expect(
            used < Priority::Normal.share(limit),
            NAME,
            format!("{used} of {limit} mails today"),
            "what is not urgent waits for tomorrow (UTC)",
            "raise `[mail] daily_limit`, if the provider's plan allows it",
        ),
        Err(error) => {
            Finding::error(NAME, error.to_string(), "no mail is sent", "talentprompt services status postgres")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::net::SocketAddr;

    use hickory_resolver::proto::op::{Message, ResponseCode};
    use hickory_resolver::proto::rr::rdata::TXT;
    use hickory_resolver::proto::rr::{RData, Record};
    use tokio::net::UdpSocket;

    use super::*;
    use crate::config;
    use crate::ops::doctor::Level;

    /// A name server that knows these texts and says of every other name that it does not exist.
    async fn name_server(records: &[(&str, &str)]) -> SocketAddr {
        let records: BTreeMap<String, String> =
            records.iter().map(|(name, text)| (format!("{name}."), (*text).to_owned())).collect();
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        tokio::spawn(async move {
            let mut buffer = [0; 1500];
            while let Ok((length, peer)) = socket.recv_from(&mut buffer).await {
                let query = Message::from_vec(&buffer[..length]).unwrap();
                let question = query.queries[0].clone();
                let mut answer = Message::response(query.metadata.id, query.metadata.op_code);
                match records.get(&question.name().to_string().to_lowercase()) {
                    // In pieces, as a long key is.
                    Some(text) => {
                        let (a, b) = text.split_at(text.len() / 2);
                        let text = RData::TXT(TXT::new(vec![a.to_owned(), b.to_owned()]));
                        answer.add_answer(Record::from_rdata(question.name().clone(), 60, text));
                    }
                    None => answer.metadata.response_code = ResponseCode::NXDomain,
                }
                answer.add_query(question);
                drop(socket.send_to(&answer.to_vec().unwrap(), peer).await);
            }
        });
        address
    }

    async fn levels(provider: &str, selector: &str, records: &[(&str, &str)]) -> Vec<Level> {
        let dns = Dns::at(name_server(records).await).unwrap();
        let mut config = config::load(None).unwrap().config.mail;
        (config.provider, config.dkim_selector) = (provider.to_owned(), selector.to_owned());
        let findings = dns_records(&dns, &config, "mail.example.com").await;
        findings.iter().map(|finding| finding.level).collect()
    }

    #[tokio::test]
    async fn records_that_are_right_are_found_also_in_pieces_and_above_the_domain() {
        const KEY: &str = "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQ";
        let smtp = [
            ("mail.example.com", "v=spf1 mx -all"),
            ("s1._domainkey.mail.example.com", KEY),
            ("_dmarc.example.com", "v=DMARC1; p=reject"),
        ];
        assert_eq!(levels("smtp", "s1", &smtp).await, [Level::Ok, Level::Ok, Level::Ok]);
        let brevo = [
            ("mail.example.com", "v=spf1 include:spf.brevo.com ~all"),
            ("brevo2._domainkey.mail.example.com", KEY),
            ("_dmarc.mail.example.com", "v=DMARC1; p=none"),
        ];
        assert_eq!(levels("brevo", "", &brevo).await, [Level::Ok, Level::Ok, Level::Ok]);
        let resend = [
            ("send.mail.example.com", "v=spf1 include:amazonses.com ~all"),
            ("resend._domainkey.mail.example.com", KEY),
            ("_dmarc.example.com", "v=DMARC1; p=none"),
        ];
        assert_eq!(levels("resend", "", &resend).await, [Level::Ok, Level::Ok, Level::Ok]);
    }

    #[tokio::test]
    async fn records_that_are_missing_or_name_somebody_else_are_told() {
        assert_eq!(levels("brevo", "", &[]).await, [Level::Warning, Level::Warning, Level::Warning]);
        assert_eq!(levels("smtp", "", &[]).await, [Level::Warning, Level::Ok, Level::Warning]);
        let wrong = [
            ("mail.example.com", "v=spf1 include:_spf.google.com ~all"),
            ("brevo1._domainkey.mail.example.com", "v=DKIM1; p="),
            ("_dmarc.mail.example.com", "something else"),
        ];
        assert_eq!(levels("brevo", "", &wrong).await, [Level::Warning, Level::Warning, Level::Warning]);
        let twice = ["v=spf1 mx -all", "v=spf1 a -all", "v=spf10"].map(str::to_owned);
        assert!(judge_spf(&twice, "example.com", &[]).saw.contains("2 records"));
    }

    #[tokio::test]
    async fn a_name_server_that_does_not_answer_is_no_missing_record() {
        let nobody = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let dns = Dns::at(nobody.local_addr().unwrap()).unwrap();
        let found = dmarc(&dns, "example.com").await;
        assert_eq!(found.level, Level::Warning);
        assert!(found.saw.contains("cannot be asked"), "{}", found.saw);
    }
}
