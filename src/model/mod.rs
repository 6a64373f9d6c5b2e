//! Floor 1: pure data and rules. No I/O, no async; every function gives the same answer for the same input.

pub mod backup;
pub mod candidate;
pub mod dump;
pub mod evidence;
pub mod experience;
pub mod ids;
pub mod lexical;
pub mod mask;
pub mod member;
pub mod money;
pub mod passage;
pub mod permission;
pub mod profile;
pub mod prose;
pub mod query;
pub mod quotation;
pub mod ranking;
pub mod resume;
pub mod service;
pub mod span;
pub mod spend;
pub mod taxonomy;
pub mod token;
pub mod upgrade;
pub mod upload;
pub mod workspace;
