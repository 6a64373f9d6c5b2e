//! Integration tests: one binary, a file for each noun, helpers in `support`.

mod support;
mod vectors;
