//! Models: what they cost, what they may do, and to stop them. Owners decide; recruiters see what it costs.

pub mod budget;
pub mod calls;
pub mod settings;
pub mod test;
pub mod usage;
