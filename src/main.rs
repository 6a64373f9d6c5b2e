//! The `talentprompt` binary: parse the command line, run it, exit with its code.

use std::process::ExitCode;

fn main() -> ExitCode {
    talentprompt::cli::run()
}
