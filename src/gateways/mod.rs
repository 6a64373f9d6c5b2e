//! Floor 3: other programs, one room each; a trait where there are several real implementations.

pub mod cache;
pub mod dns;
pub mod domain;
pub mod dump;
pub mod embed;
pub mod extract;
pub mod files;
pub mod llm;
pub mod mail;
pub mod systemd;
pub mod tls;
pub mod vectors;
