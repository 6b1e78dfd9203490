//! The command line: arguments in, tables and messages out.
//!
//! In: what was typed, and what the libraries answer. Out: text, JSON and CSV on standard output,
//! messages, logs and progress on standard error, and an exit code. It has no SQL and no rules.

mod arguments;
mod dispatch;
mod face;
mod looking;
mod setting_up;
mod telling;
mod working;
mod workspaces;

pub use dispatch::dispatch;
pub use face::error::CliError;
pub use face::exit::Exit;
pub use face::format::Format;
pub use face::logging::start_logging;
pub use face::output::{Output, Table, TableColumn};
pub use face::progress::ImportProgress;
pub use looking::journey::{journey, retry};
pub use looking::lead::lead;
pub use looking::lists::activity;
pub use looking::outbox::{outbox_changing, outbox_reading};
pub use looking::party_lists::parties;
pub use looking::score::score;
pub use looking::segment::segment;
pub use setting_up::tile::tile;
pub use telling::why::why;
pub use working::import::import;

use std::process::ExitCode;

use arguments::args::{self, Arguments};

/// Reads the command line, carries it out by `dispatch` and turns the end into an exit code. Wrong
/// usage, help and version end here.
pub fn start(dispatch: impl FnOnce(&Arguments, &mut Output) -> Result<Exit, CliError>) -> ExitCode {
    let arguments = match args::parse(std::env::args_os()) {
        Ok(arguments) => arguments,
        Err(error) => {
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            return match error.print() {
                Ok(()) => exit.into(),
                Err(error) => CliError::Output(error).report(&mut std::io::stderr()).into(),
            };
        }
    };
    // The demo is one screen: what a scheduler logs would hide it.
    let quiet = arguments.global.quiet || matches!(arguments.command, args::Command::Demo { .. });
    start_logging(quiet);
    let mut output = Output::standard(arguments.global.format, arguments.global.quiet);
    if arguments.global.raw {
        output.write_raw();
    }
    let end = dispatch(&arguments, &mut output).and_then(|exit| output.finish().map(|()| exit));
    match end {
        Ok(exit) => exit.into(),
        Err(error) => error.report(&mut std::io::stderr()).into(),
    }
}
