//! Exit codes, which scripts and schedulers rely on.

use std::process::ExitCode;

/// How a command ended. The numbers never change their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All is done, which includes: nothing was due, another run is at work, mail bounced.
    Done = 0,
    /// A test failed, `check --strict` found warnings, `plan --exit-code` found changes, `status` found
    /// something that somebody should look at.
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

impl Exit {
    /// All of them, each with what it means to whoever called.
    pub const ALL: [(Exit, &'static str); 6] = [
        (Exit::Done, "done; also: nothing was due, another run is at work, mail bounced"),
        (Exit::Found, "`check --strict` found warnings, or `status` something to look at"),
        (Exit::Usage, "wrong usage, or a file, segment or journey that isn't there"),
        (Exit::Definitions, "the definitions are invalid, or a change of them is refused"),
        (Exit::Store, "the store can't be reached, is full, or was made by a newer Tilework"),
        (
            Exit::Rejects,
            "rows of an import were rejected, a message or a script failed for good, a segment, scoring model or journey failed, or a run stopped at its limit of messages",
        ),
    ];
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}
