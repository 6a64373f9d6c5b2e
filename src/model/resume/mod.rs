//! Reads a resume's text into a [`Profile`](super::profile::Profile) by rules.
