//! The command line: arguments in, tables and messages out.
//!
//! In: what was typed, and what the libraries answer. Out: text, JSON and CSV on standard output,
//! messages, logs and progress on standard error, and an exit code. It has no SQL and no rules.

pub mod args;
mod args_leads;
mod cells;
mod commands;
mod contact_mail;
mod demo;
mod dispatch;
mod erasure;
mod error;
mod exit;
mod explain;
mod format;
mod import;
mod init;
mod journey;
mod lead;
mod list_arguments;
mod lists;
mod logging;
mod moment;
mod new_folder;
mod outbox;
mod outbox_arguments;
mod output;
mod output_rows;
mod parties;
mod pausing;
mod playing;
mod printable;
mod progress;
mod published;
mod revision;
mod run;
mod schema;
mod score;
mod score_cells;
mod segment;
mod segment_arguments;
mod segment_preview;
mod serve;
mod service;
mod set_back;
mod status;
mod store_error;
mod tile;
mod tile_arguments;
mod why;
mod why_account;
mod why_lead;
mod why_mail;
mod why_segment;
mod workspace;

pub use dispatch::dispatch;
pub use error::CliError;
pub use exit::Exit;
pub use format::Format;
pub use import::import;
pub use journey::{journey, retry};
pub use lead::lead;
pub use lists::activity;
pub use logging::start_logging;
pub use outbox::{outbox_changing, outbox_reading};
pub use output::{Output, Table, TableColumn};
pub use parties::parties;
pub use progress::ImportProgress;
pub use score::score;
pub use segment::segment;
pub use tile::tile;
pub use why::why;

use std::process::ExitCode;

use args::Arguments;

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
