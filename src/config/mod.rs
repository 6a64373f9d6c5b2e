//! Floor 2: configuration.
