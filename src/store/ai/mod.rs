//! What models cost and answered: reservations of money, the log of calls, kept answers, a workspace's own limits.

pub mod answers;
pub mod batches;
pub mod budget;
pub mod calls;
pub mod report;
pub mod settings;
