//! Which command does what.

use super::{
    CliError, Exit, Output,
    args::{Arguments, Command},
    explain, workspace,
};

/// Carries out a command.
///
/// # Errors
/// What went wrong, for people, with the exit code.
pub fn dispatch(arguments: &Arguments, output: &mut Output) -> Result<Exit, CliError> {
    let global = &arguments.global;
    match &arguments.command {
        Command::Check { strict } => workspace::check(global, *strict, output),
        Command::Explain { code } => explain::explain(code, output),
        _ => Err(CliError::usage("this command isn't there yet")),
    }
}
