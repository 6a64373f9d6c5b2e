//! Integration tests: one binary, a file for each noun, helpers in `support`.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as loudly as the tests themselves")]

mod accounts;
mod acme;
mod ai;
mod backup;
mod bill;
mod candidates;
mod edge;
mod elsewhere;
mod extract;
mod failures;
mod handbook;
mod housekeeping;
mod intake;
mod lifecycle;
mod mail;
mod policy;
mod provider;
mod queue;
mod reading;
mod search;
mod supervise;
mod support;
mod support_bundle;
mod tenancy;
mod tls;
mod upgrade;
mod vectors;
mod written;
