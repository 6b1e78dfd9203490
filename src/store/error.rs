//! Why the store couldn't do what it was asked to.

/// Why the store couldn't do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database can't be opened or reached.
    #[error("the store `{url}` can't be opened: {reason}")]
    Unreachable {
        /// The store, without a password.
        url: String,
        /// What the database or the system said.
        reason: String,
    },
    /// The file isn't the one any more that was opened.
    #[error(
        "the store's file `{path}` was deleted or replaced while it was in use; nothing more is handed over"
    )]
    Replaced {
        /// The file.
        path: String,
    },
    /// The text isn't the address of a store; its beginning alone, since it may hold a password.
    #[error("`{0}` is not a store; expected `sqlite:PATH` or `postgres://…`")]
    Address(String),
    /// Nobody can tell where the password of a server's address ends.
    #[error(
        "nobody can tell where the password of the store's address ends: an `@`, `/`, `?` or `#` stands in it"
    )]
    Credentials,
    /// The tables aren't there, or are older than the program.
    #[error("the store's tables are of version {found}, the program needs {needed}")]
    NeedsMigration {
        /// The version found; 0 is an empty database.
        found: i64,
        /// The version needed.
        needed: i64,
    },
    /// The tables were made by a newer program.
    #[error("the store's tables are of version {found}, this program knows none later than {known}")]
    TooNew {
        /// The version found.
        found: i64,
        /// The latest version known.
        known: i64,
    },
    /// The store has been run at a later time.
    #[error("the store was run at {latest} already and can't go back to {asked}")]
    ClockBackwards {
        /// The latest time, RFC 3339.
        latest: String,
        /// The time asked for, RFC 3339.
        asked: String,
    },
    /// A declared field changed its type while the column holds values.
    #[error("{0}")]
    FieldType(Box<TypeChange>),
    /// A claim is no longer this worker's: its lease ran out, or another start-up freed it.
    #[error("the claim on a batch was lost to another worker")]
    ClaimLost,
    /// The database holds something that the program didn't write.
    #[error("the store holds something unexpected: {0}")]
    Inconsistent(String),
    /// The database can be read and not written to: a replica, or one that is set so.
    #[error("the store can only be read here: {0}")]
    ReadOnly(String),
    /// The file of the store can't be read as a database.
    #[error("the file of the store is damaged, or is no SQLite database: {0}")]
    Damaged(String),
    /// The key by which the erased are known isn't there.
    #[error("the key by which erased contacts are known should be in `{path}`: {reason}")]
    HashKey {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The disk is full.
    #[error("the store is full: {0}")]
    Full(String),
    /// Two transactions were in each other's way; the transaction is tried again.
    #[error("the transaction met another: {0}")]
    Conflict(String),
    /// The database refused a statement.
    #[error("the store refused a statement: {reason}\n  in: {statement}")]
    Statement {
        /// What the database said.
        reason: String,
        /// The statement, shortened.
        statement: String,
    },
}

impl StoreError {
    /// Whether it is about one statement, which others needn't have to do with, and not about the store.
    #[must_use]
    pub fn is_about_a_statement(&self) -> bool {
        matches!(self, StoreError::Statement { .. })
    }

    pub(super) fn statement(reason: impl ToString, statement: &str) -> Self {
        let words: Vec<&str> = statement.split_whitespace().collect();
        let mut short: String = words.join(" ");
        if let Some((at, _)) = short.char_indices().nth(400) {
            short.truncate(at);
            short.push('…');
        }
        StoreError::Statement { reason: reason.to_string(), statement: short }
    }
}

/// A field whose declared type changed, and values that don't fit the new one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{entity}.{field} was `type: {found}` and is `type: {wanted}` now; {count} {} fit, such as `{value}` of `{id}`",
    if *count == 1 { "value doesn't" } else { "values don't" }
)]
pub struct TypeChange {
    /// `contact`, `account` or `lead`.
    pub entity: &'static str,
    /// The field.
    pub field: String,
    /// The word for the type whose values the store holds.
    pub found: String,
    /// The word for the type now declared.
    pub wanted: String,
    /// How many values don't fit.
    pub count: u64,
    /// The first record with such a value.
    pub id: String,
    /// That value.
    pub value: String,
}

impl TypeChange {
    /// The ways out, as full sentences.
    #[must_use]
    pub fn hint(&self) -> String {
        let TypeChange { entity, field, found, .. } = self;
        format!(
            "Write `type: {found}` again; or import values that fit first; or declare a field with another name and say \
             in `tilework.yaml` that the values of this one go: `removed: {{ fields: {{ {entity}.{field}: clear }} }}`."
        )
    }
}
