//! One file per noun.

pub mod auth;
pub mod candidates;
pub mod events;
pub mod health;
pub mod invitations;
pub mod members;
pub mod resumes;
pub mod search;
pub mod sessions;
pub mod setup;
pub mod status;
pub mod tokens;
pub mod uploads;
