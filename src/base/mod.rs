//! Floor 0: small things every floor may use and that know nothing of the project.

pub mod clock;
pub mod outbound;
pub mod random;
pub mod secret;
pub mod turns;
