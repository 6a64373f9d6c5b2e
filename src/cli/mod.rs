//! Floor 9: the command line, one file per command.

use std::process::ExitCode;

use crate::gateways::extract;

/// Runs the command line and answers its exit code.
pub fn run() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        // The document reader locks itself up before anything else exists in the process.
        (Some(extract::CHILD_COMMAND), Some(request)) => extract::child_main(&request),
        _ => ExitCode::SUCCESS,
    }
}
