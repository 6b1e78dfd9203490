//! The `tilework` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    tilework::cli::start(tilework::cli::dispatch)
}
