//! Floor 1: logging set-up.
