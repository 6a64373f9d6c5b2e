//! Understands what a recruiter asks: plain language, a pasted description or a boolean string becomes an
//! [`Interpretation`], which is shown as chips and can be edited and sent back.

pub mod interpretation;
