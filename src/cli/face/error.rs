//! What went wrong, said on standard error in the same form whatever the command.

use std::io::{self, Write};

use super::{logging, printable::printable};
use crate::calendar::CalendarError;
use crate::cli::Exit;
use crate::interactions::InputError;

/// Why a command didn't do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// A failure in words, with its exit code.
    #[error("{message}")]
    Failed {
        /// The exit code.
        exit: Exit,
        /// What went wrong: lower case, no full stop. Empty when it was said already.
        message: String,
        /// How to fix it: full sentences.
        hint: Option<String>,
    },
    /// Standard output can't be written to. A reader that went away, as `head` does, is no failure.
    #[error("the output could not be written: {0}")]
    Output(#[from] io::Error),
}

impl CliError {
    /// A failure in words.
    #[must_use]
    pub fn new(exit: Exit, message: impl Into<String>) -> CliError {
        CliError::Failed { exit, message: message.into(), hint: None }
    }

    /// The command line asks for something that isn't there or can't be.
    #[must_use]
    pub fn usage(message: impl Into<String>) -> CliError {
        CliError::new(Exit::Usage, message)
    }

    /// The definitions are invalid, and their problems have been reported.
    #[must_use]
    pub fn definitions() -> CliError {
        CliError::new(Exit::Definitions, "")
    }

    /// The store can't be used.
    #[must_use]
    pub fn store(message: impl Into<String>) -> CliError {
        CliError::new(Exit::Store, message)
    }

    /// Adds how to fix it, where that is known.
    #[must_use]
    pub fn hint(mut self, sentence: impl Into<Option<String>>) -> CliError {
        if let CliError::Failed { hint, .. } = &mut self {
            *hint = sentence.into();
        }
        self
    }

    /// The exit code.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            CliError::Failed { exit, .. } => *exit,
            CliError::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
            CliError::Output(_) => Exit::Store,
        }
    }

    /// Says what went wrong and how to fix it, and gives the exit code.
    pub fn report(&self, stderr: &mut dyn Write) -> Exit {
        let exit = self.exit();
        if exit != Exit::Done && !self.to_string().is_empty() {
            // Where standard error is closed there is nobody to tell.
            let _ = writeln!(stderr, "{}", self.told());
        }
        exit
    }

    /// What went wrong and how to fix it, as it is said on standard error.
    #[must_use]
    pub fn told(&self) -> String {
        let printable = |text: &str| printable(&logging::without_secrets(text)).into_owned();
        let error = format!("error: {}", printable(&self.to_string()));
        match self {
            CliError::Failed { hint: Some(hint), .. } => format!("{error}\nhint: {}", printable(hint)),
            _ => error,
        }
    }
}

impl From<InputError> for CliError {
    fn from(error: InputError) -> CliError {
        let exit = if matches!(error, InputError::Rejects(_)) { Exit::Store } else { Exit::Usage };
        CliError::new(exit, error.to_string()).hint(error.hint())
    }
}

impl From<CalendarError> for CliError {
    fn from(error: CalendarError) -> CliError {
        CliError::usage(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(error: &CliError) -> (String, Exit) {
        let mut stderr = Vec::new();
        let exit = error.report(&mut stderr);
        (String::from_utf8(stderr).unwrap(), exit)
    }

    #[test]
    fn a_failure_is_said_with_its_hint() {
        let error = CliError::usage("there is no segment `vips`").hint("Did you mean `vip`?".to_owned());
        let expected = "error: there is no segment `vips`\nhint: Did you mean `vip`?\n";
        assert_eq!(said(&error), (expected.to_owned(), Exit::Usage));
        let missing = InputError::MissingColumns { columns: vec!["id".to_owned()] };
        let (text, exit) = said(&missing.into());
        assert!(text.starts_with("error: the file has no column `id`\nhint: "), "{text}");
        assert_eq!(exit, Exit::Usage);
    }

    #[test]
    fn a_name_out_of_a_file_cannot_do_anything_to_a_terminal() {
        let error = CliError::usage("unknown column `\u{1b}[31mred`");
        assert_eq!(said(&error).0, "error: unknown column `␛[31mred`\n");
    }

    #[test]
    fn what_was_said_already_is_not_said_again() {
        assert_eq!(said(&CliError::definitions()), (String::new(), Exit::Definitions));
    }

    #[test]
    fn a_reader_that_went_away_is_no_failure() {
        let pipe = CliError::Output(io::ErrorKind::BrokenPipe.into());
        assert_eq!(said(&pipe), (String::new(), Exit::Done));
        let disk = CliError::Output(io::ErrorKind::StorageFull.into());
        assert_eq!(said(&disk).1, Exit::Store);
    }
}
