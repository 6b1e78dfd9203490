//! What went wrong while a script ran.

use std::fmt;

/// What went wrong while a script ran, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptError {
    /// The script's path.
    pub script: String,
    /// Line, from 1; 0 when no line of the script is to blame.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// What went wrong: lower case, no full stop.
    pub message: String,
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.script, self.message),
            line => write!(f, "{}:{line}:{}: {}", self.script, self.column, self.message),
        }
    }
}

impl std::error::Error for ScriptError {}
