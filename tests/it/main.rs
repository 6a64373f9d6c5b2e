//! Integration tests: the product through its public face, one module for each noun.

mod extract;
