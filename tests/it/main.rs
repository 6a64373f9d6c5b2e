//! Integration tests: one binary, a file for each noun, helpers in `support`.

mod extract;
mod support;
mod vectors;
