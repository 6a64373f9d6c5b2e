//! Integration tests: one binary, a file for each noun, helpers in `support`.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as loudly as the tests themselves")]

mod extract;
mod supervise;
mod support;
mod vectors;
