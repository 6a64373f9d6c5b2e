//! Floor 6: running the appliance.

pub mod ai;
pub mod backup;
pub mod certificates;
pub mod cluster;
pub mod doctor;
pub mod mail;
pub mod supervise;
pub mod support;
pub mod upgrade;
