//! What to do about failures of the store and of a run.

use crate::cli::{CliError, Exit};
use crate::{
    runtime::{ClockDoubt, PublishError, RuntimeError},
    store::StoreError,
};

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> CliError {
        if let StoreError::FieldType(change) = &error {
            return CliError::new(Exit::Definitions, change.to_string()).hint(Some(change.hint()));
        }
        let (exit, hint) = match &error {
            StoreError::Unreachable { url, .. } if url.starts_with("sqlite:") => (
                Exit::Store,
                "`tilework import` and `tilework run` make the file, where its folder is there and may be written to.",
            ),
            StoreError::Unreachable { .. } => (
                Exit::Store,
                "Look at `store:` in `tilework.yaml`, at TILEWORK_STORE, and whether the server runs.",
            ),
            StoreError::Replaced { .. } => (
                Exit::Store,
                "Stop what runs, put the file back or decide for the new one, and start again: a store that lacks what was sent sends it once more.",
            ),
            StoreError::HashKey { .. } => (
                Exit::Store,
                "Copy the file from where the first contact was erased, or from a backup. Without it nobody can tell who was erased, so that no contact is imported or erased.",
            ),
            StoreError::Address(_) => {
                (Exit::Usage, "Look at `store:` in `tilework.yaml` and at the variable TILEWORK_STORE.")
            }
            StoreError::Credentials => (
                Exit::Usage,
                "In user, password and options write `%40` for `@`, `%2F` for `/`, `%3F` for `?` and `%23` for `#`.",
            ),
            StoreError::NeedsMigration { .. } => (
                Exit::Store,
                "Run `tilework migrate`. A SQLite file is also brought up to date by `tilework import` and `tilework run`.",
            ),
            StoreError::TooNew { .. } => {
                (Exit::Store, "Use the version of Tilework that made it, or a newer one.")
            }
            StoreError::ClockBackwards { .. } => (
                Exit::Usage,
                "Give a later time. If the store was run by a wrong clock, `tilework set-back` takes it back to the present and sends nothing again.",
            ),
            StoreError::Full(_) => {
                (Exit::Store, "Make room; what was committed is safe, and a new run goes on from there.")
            }
            StoreError::ReadOnly(_) => (
                Exit::Store,
                "Name the primary server in TILEWORK_STORE, not a replica; what only reads works on either.",
            ),
            StoreError::Damaged(_) => (
                Exit::Store,
                "Restore it from a backup. What is left of it may be saved by `sqlite3 FILE .recover`.",
            ),
            StoreError::Conflict(_) | StoreError::ClaimLost => {
                (Exit::Store, "Run it again: nothing was lost.")
            }
            StoreError::Inconsistent(_) | StoreError::Statement { .. } | StoreError::FieldType(_) => {
                (Exit::Store, "")
            }
        };
        CliError::new(exit, error.to_string()).hint((!hint.is_empty()).then(|| hint.to_owned()))
    }
}

impl From<PublishError> for CliError {
    fn from(error: PublishError) -> CliError {
        let hint = match &error {
            PublishError::Store(_) => None,
            PublishError::StepRemoved { step, .. } => Some(format!(
                "Say in the journey what becomes of them: `removed: {{ {step}: exit }}` or another step's id; or, if the step was renamed, `was: {step}` in the step."
            )),
            PublishError::JourneyRemoved { journey, .. } => Some(format!(
                "Say in `tilework.yaml` that they leave: `removed: {{ journeys: {{ {journey}: exit }} }}`; or put it back with an `end:` until everybody has left; or, if it was renamed, write `was: {journey}` in the journey."
            )),
            PublishError::FieldRemoved { field, .. } => Some(format!(
                "Put it back; or, if it was renamed, write `was: {}` in the field; or say in `tilework.yaml` that its values go: `removed: {{ fields: {{ {field}: clear }} }}`.",
                field.split('.').next_back().unwrap_or(field)
            )),
            PublishError::JourneyNameTaken { .. } => {
                Some("Choose another name for the new journey.".to_owned())
            }
            PublishError::StepIdTaken { .. } => Some("Choose another id for the new step.".to_owned()),
        };
        match error {
            PublishError::Store(error) => error.into(),
            error => CliError::new(Exit::Definitions, error.to_string()).hint(hint),
        }
    }
}

impl From<RuntimeError> for CliError {
    fn from(error: RuntimeError) -> CliError {
        use crate::{channels::DeliveryError, engine::EngineError};
        match error {
            RuntimeError::Store(error)
            | RuntimeError::Engine(EngineError::Store(error))
            | RuntimeError::Delivery(DeliveryError::Store(error)) => error.into(),
            RuntimeError::Publish(error) => error.into(),
            RuntimeError::WrongClock(doubt) => {
                let hint = match doubt {
                    ClockDoubt::LongAgo { .. } => {
                        "If the clock is right, and nothing ran meanwhile, type once: tilework run --clock-is-right"
                    }
                    ClockDoubt::Apart { .. } => {
                        "Set the clock that is wrong. If this machine's is right, type: tilework run --clock-is-right"
                    }
                };
                CliError::usage(doubt.to_string()).hint(hint.to_owned())
            }
            error @ (RuntimeError::Engine(_) | RuntimeError::Delivery(_) | RuntimeError::Restless(_)) => {
                CliError::store(error.to_string())
            }
        }
    }
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
            (unreachable("sqlite:x.db"), Exit::Store, "make the file"),
            (unreachable("postgres://x"), Exit::Store, "whether the server runs"),
            (StoreError::NeedsMigration { found: 0, needed: 1 }, Exit::Store, "`tilework migrate`"),
            (StoreError::TooNew { found: 2, known: 1 }, Exit::Store, "newer"),
            (StoreError::Full("full".to_owned()), Exit::Store, "Make room"),
            (StoreError::ReadOnly("read-only".to_owned()), Exit::Store, "primary server"),
            (StoreError::Damaged("file is not a database".to_owned()), Exit::Store, "from a backup"),
            (StoreError::Address("mysql:…".to_owned()), Exit::Usage, "TILEWORK_STORE"),
            (StoreError::Credentials, Exit::Usage, "`%40`"),
            (backwards, Exit::Usage, "later time"),
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
