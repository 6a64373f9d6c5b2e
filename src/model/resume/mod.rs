//! Reads a resume's text into a [`Profile`](super::profile::Profile) by rules.

mod contacts;
mod dates;
mod page;
mod sections;
mod words;
