//! Exit codes, which scripts and schedulers rely on.

use std::process::ExitCode;

/// How a command ended. The numbers never change their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All is done, which includes: nothing was due, another run is at work, mail bounced.
    Done = 0,
    /// A test failed, `check --strict` found warnings, `plan --exit-code` found changes.
    Found = 1,
    /// The command line makes no sense, or names a file, a segment or a journey that isn't there.
    Usage = 2,
    /// The definitions are invalid, or a plan is refused.
    Definitions = 3,
    /// The store can't be reached, is full, or was made by a newer Tilework; a result can't be written.
    Store = 4,
    /// Rows of an import were rejected, or effects failed for good.
    Rejects = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}
