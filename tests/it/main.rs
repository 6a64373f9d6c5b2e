//! Integration tests, one file per noun, in one binary so that the crate is linked once.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as loudly as the tests themselves")]

mod supervise;
