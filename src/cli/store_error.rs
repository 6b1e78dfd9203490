//! Failures of the store, with what to do about them.

use super::{CliError, Exit};
use crate::store::StoreError;

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> CliError {
        let exit = match error {
            StoreError::Address(_) | StoreError::ClockBackwards { .. } => Exit::Usage,
            StoreError::FieldType { .. } => Exit::Definitions,
            _ => Exit::Store,
        };
        let hint = hint(&error);
        CliError::new(exit, error.to_string()).hint(hint)
    }
}

fn hint(error: &StoreError) -> Option<String> {
    let text = match error {
        StoreError::Unreachable { url, .. } if url.starts_with("sqlite:") => {
            "`tilework import` and `tilework run` make the file when the folder is there and may be written \
             to; the path in `store` is relative to the workspace."
        }
        StoreError::Unreachable { .. } => {
            "Is the server running, and is the address in `store` or in TILEWORK_STORE right?"
        }
        StoreError::Address(_) => "Set `store` in tilework.yaml, or TILEWORK_STORE, which goes before it.",
        StoreError::NeedsMigration { .. } => {
            "Run `tilework migrate`. A SQLite file is also brought up to date by `tilework run` and \
             `tilework import`."
        }
        StoreError::TooNew { .. } => "Use the Tilework that made the tables, or a newer one.",
        StoreError::ClockBackwards { .. } => {
            "Leave out `--now`, or name a later time. A store that was played forward can't be run in the \
             present until that time has come: use another store for playing."
        }
        StoreError::FieldType { .. } => {
            "Declare a field of another name, or give the field its former type back."
        }
        StoreError::ClaimLost => "Nothing was lost: what it did not finish is due again. Run it again.",
        StoreError::Full(_) => {
            "Make room on the disk and run it again: what was committed is safe, the rest is done then."
        }
        StoreError::Conflict(_) => "Others are at work on the store. Run it again.",
        StoreError::Inconsistent(_) => {
            "Restore a backup if the store was changed by hand; else this is a mistake of Tilework, please \
             report it."
        }
        StoreError::Statement { .. } => "This is a mistake of Tilework unless the store was changed by hand.",
    };
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_of_the_store_says_what_to_do() {
        let unreachable =
            |url: &str| StoreError::Unreachable { url: url.to_owned(), reason: "no".to_owned() };
        let backwards = StoreError::ClockBackwards { latest: "b".to_owned(), asked: "a".to_owned() };
        let cases = [
            (unreachable("sqlite:x.db"), Exit::Store, "relative to the workspace"),
            (unreachable("postgres://x"), Exit::Store, "Is the server running"),
            (StoreError::NeedsMigration { found: 0, needed: 1 }, Exit::Store, "`tilework migrate`"),
            (StoreError::TooNew { found: 2, known: 1 }, Exit::Store, "newer"),
            (StoreError::Full("full".to_owned()), Exit::Store, "Make room"),
            (StoreError::Address("mysql:x".to_owned()), Exit::Usage, "TILEWORK_STORE"),
            (backwards, Exit::Usage, "`--now`"),
        ];
        for (error, exit, expected) in cases {
            let error = CliError::from(error);
            let mut said = Vec::new();
            assert_eq!(error.report(&mut said), exit);
            let said = String::from_utf8(said).unwrap();
            assert!(said.contains("hint: ") && said.contains(expected), "{said}");
        }
    }
}
