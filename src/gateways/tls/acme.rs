//! An authority that issues certificates over the network (ACME, RFC 8555): the account there, and an order for names,
//! for each of which it is shown that it is ours.

use std::path::Path;
use std::time::Duration;

use instant_acme::{
    Account, AccountBuilder, AccountCredentials, AuthorizationStatus, ChallengeType, Identifier, NewAccount, NewOrder,
    Order, OrderStatus, Problem, RetryPolicy,
};
use rcgen::{CertificateParams, DistinguishedName, KeyPair};

use super::{Challenges, Error, Kind};

/// How long an authority may take to look, and to issue.
const PATIENCE: Duration = Duration::from_mins(1);

/// The longest an order may take altogether.
const LIMIT: Duration = Duration::from_mins(4);

impl From<instant_acme::Error> for Error {
    fn from(error: instant_acme::Error) -> Self {
        Self::new(with_causes(&error))
    }
}

/// Where, and as whom, certificates are ordered.
#[derive(Debug, Clone, Copy)]
pub struct Authority<'a> {
    /// The URL of its directory.
    pub directory: &'a str,
    /// The root of its own certificate, where the machine does not know it.
    pub root: Option<&'a Path>,
    /// Where it may write to; empty for nowhere.
    pub contact: &'a str,
}

impl Authority<'_> {
    /// Makes an account; answers what opens it again.
    ///
    /// # Errors
    /// What the authority or the network says.
    pub async fn register(&self) -> Result<String, Error> {
        let contact = format!("mailto:{}", self.contact);
        let contacts = if self.contact.is_empty() { &[][..] } else { &[contact.as_str()][..] };
        let wanted = NewAccount { contact: contacts, terms_of_service_agreed: true, only_return_existing: false };
        let made = self.builder()?.create(&wanted, self.directory.to_owned(), None);
        let (_, credentials) = in_time(async { Ok(made.await?) }).await?;
        serde_json::to_string(&credentials).map_err(|error| Error::new(error.to_string()))
    }

    /// Orders a certificate for `names`, which is shown to be ours in the way of `kind`; answers its key and itself with
    /// those that lead to its root, as PEM.
    ///
    /// # Errors
    /// What the authority or the network says.
    pub async fn order(
        &self,
        account: &str,
        names: &[String],
        kind: Kind,
        challenges: &Challenges,
    ) -> Result<String, Error> {
        let credentials: AccountCredentials = serde_json::from_str(account)
            .map_err(|error| Error::new(format!("the account at the authority cannot be read: {error}")))?;
        let ordered = in_time(async {
            let account = self.builder()?.from_credentials(credentials).await?;
            perform(&account, names, kind, challenges).await
        });
        let outcome = ordered.await;
        challenges.withdraw();
        outcome
    }

    fn builder(&self) -> Result<AccountBuilder, Error> {
        Ok(match self.root {
            Some(path) => Account::builder_with_root(path)?,
            None => Account::builder()?,
        })
    }
}

/// Whether the authority does not know the account that was kept: it must be made anew.
pub fn is_unknown_account(error: &Error) -> bool {
    error.to_string().contains("urn:ietf:params:acme:error:accountDoesNotExist")
}

async fn in_time<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let late = |_| Err(Error::new("the authority does not answer in time"));
    tokio::time::timeout(LIMIT, work).await.unwrap_or_else(late)
}

async fn perform(account: &Account, names: &[String], kind: Kind, challenges: &Challenges) -> Result<String, Error> {
    let wanted: Vec<_> = names.iter().cloned().map(Identifier::Dns).collect();
    let mut order = account.new_order(&NewOrder::new(&wanted)).await?;
    show(&mut order, kind, challenges).await?;
    let policy = RetryPolicy::new().timeout(PATIENCE);
    match order.poll_ready(&policy).await {
        Ok(OrderStatus::Ready) => {}
        outcome => {
            let otherwise = outcome.map_or_else(Error::from, |status| Error::new(format!("the order is {status:?}")));
            return Err(refusal(&mut order).await.unwrap_or(otherwise));
        }
    }
    let key = KeyPair::generate()?;
    let mut request = CertificateParams::new(names.to_vec())?;
    request.distinguished_name = DistinguishedName::new();
    order.finalize_csr(request.serialize_request(&key)?.der()).await?;
    let chain = order.poll_certificate(&policy).await?;
    Ok(format!("{}{chain}", key.serialize_pem()))
}

/// Has the answers ready for each name, and says so.
async fn show(order: &mut Order, kind: Kind, challenges: &Challenges) -> Result<(), Error> {
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        if authorization.status == AuthorizationStatus::Valid {
            continue;
        }
        let name = authorization.identifier().to_string();
        let wanted = match kind {
            Kind::Http => ChallengeType::Http01,
            Kind::TlsAlpn => ChallengeType::TlsAlpn01,
        };
        let unknown = || Error::new(format!("the authority does not take {kind:?} as a proof for {name}"));
        let mut challenge = authorization.challenge(wanted).ok_or_else(unknown)?;
        let answer = challenge.key_authorization();
        match kind {
            Kind::Http => challenges.offer_text(&challenge.token, answer.as_str()),
            Kind::TlsAlpn => challenges.offer_certificate(&name, answer.digest().as_ref())?,
        }
        challenge.set_ready().await?;
    }
    Ok(())
}

/// What the authority saw when it looked, where it says so.
async fn refusal(order: &mut Order) -> Option<Error> {
    let mut authorizations = order.authorizations();
    while let Some(Ok(mut authorization)) = authorizations.next().await {
        let name = authorization.identifier().to_string();
        let state = authorization.refresh().await.ok()?;
        let seen: Vec<_> = state.challenges.iter().filter_map(|challenge| challenge.error.as_ref()).collect();
        if let Some(problem) = seen.first() {
            return Some(Error::new(format!("{name}: {}", describe(problem))));
        }
    }
    None
}

fn describe(problem: &Problem) -> String {
    let kind = problem.r#type.as_deref().unwrap_or("unknown");
    format!("{} ({kind})", problem.detail.as_deref().unwrap_or("the authority does not say why"))
}

/// The whole story: the library says the last of it.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let text = next.to_string();
        if !said.contains(&text) {
            said = format!("{said}: {text}");
        }
        cause = next.source();
    }
    said
}
