//! Floor 6: running the appliance.

pub mod supervise;
