//! Floor 6: running the appliance.

pub mod certificates;
pub mod doctor;
pub mod supervise;
pub mod support;
