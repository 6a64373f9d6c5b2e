//! The bill of models and what is left of each limit, as the page, the command line and the doctor show them. Nothing is
//! asked of a model here.

mod bill;
mod csv;
mod limits;

pub use bill::{bill, parts};
pub use csv::csv;
pub use limits::limits;
