//! Passwords: Argon2id on a blocking thread, two at a time, so that a flood of sign-ins cannot take the machine.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use crate::recruit::{Error, Result};

/// Each hash takes 19 MiB and one core for about 20 ms (Argon2id v1.3, m=19 MiB, t=2, p=1: OWASP's first choice).
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// A hash of a password nobody has, so that an unknown account takes as long as a wrong password.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$R0pY1Qw9c7cYhY4GmYdVXcC3oG0l8Yp1J1v9n0lq2bM";

/// The hash to keep of a password.
pub async fn hash(password: String) -> Result<String> {
    run(move || {
        Argon2::default()
            .hash_password(password.as_bytes())
            .map(|hash| hash.to_string())
            .map_err(|error| Error::Internal(format!("cannot hash a password: {error}")))
    })
    .await?
}

/// Whether `password` is the one that `hash` was made of; takes as long where there is no hash.
pub async fn verify(password: String, hash: Option<String>) -> Result<bool> {
    run(move || {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
        let Ok(parsed) = PasswordHash::new(&hash) else { return false };
        Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok() && known
    })
    .await
}

async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let permit = AT_ONCE.acquire().await.expect("this semaphore is never closed");
    // Whoever asked may leave; the work goes on, and counts until it is done.
    let work = move || {
        let _permit = permit;
        work()
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::Internal(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_opens_its_own_hash_alone() {
        let hash = hash("correct horse battery".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(verify("correct horse battery".into(), Some(hash.clone())).await.unwrap());
        assert!(!verify("correct horse".into(), Some(hash)).await.unwrap());
        assert!(!verify("anything".into(), None).await.unwrap());
        assert!(PasswordHash::new(NOBODY).is_ok());
    }
}
