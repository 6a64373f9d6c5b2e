//! One file per noun.

pub mod ai;
pub mod auth;
pub mod candidates;
pub mod estimate;
pub mod events;
pub mod health;
pub mod invitations;
pub mod mail;
pub mod members;
pub mod requirements;
pub mod resumes;
pub mod search;
pub mod sessions;
pub mod setup;
pub mod status;
pub mod tokens;
pub mod uploads;

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use crate::recruit::accounts::{profile, setup, sign_in};

    /// Two ways to be this, for what can be printed, and one for everything else: which one is meant is then unclear, and
    /// the test below does not compile.
    trait Unprinted<Way> {
        const HOLDS: bool = true;
    }

    impl<T> Unprinted<()> for T {}
    impl<T: Debug> Unprinted<u8> for T {}

    #[test]
    fn nothing_that_holds_a_password_or_a_token_can_be_printed() {
        let holds = [
            <super::auth::Login as Unprinted<_>>::HOLDS,
            <super::auth::Change as Unprinted<_>>::HOLDS,
            <super::auth::Me as Unprinted<_>>::HOLDS,
            <super::setup::FirstOwner as Unprinted<_>>::HOLDS,
            <super::invitations::Acceptance as Unprinted<_>>::HOLDS,
            <super::members::Invited as Unprinted<_>>::HOLDS,
            <super::members::Link as Unprinted<_>>::HOLDS,
            <super::tokens::CreatedToken as Unprinted<_>>::HOLDS,
            <setup::NewOwner as Unprinted<_>>::HOLDS,
            <profile::Change as Unprinted<_>>::HOLDS,
            <sign_in::SignedIn as Unprinted<_>>::HOLDS,
        ];
        assert!(holds.into_iter().all(|holds| holds));
    }
}
