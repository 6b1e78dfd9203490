//! What an import hands on.

use crate::model::{Entity, FieldType, Value};

/// Typed rows that can be kept together: no id stands in a batch twice.
#[derive(Debug, Clone, PartialEq)]
pub enum ImportBatch {
    /// Records to insert or update by id.
    Records {
        /// What they are.
        entity: Entity,
        /// The fields that the rows bring, without `id`; every other field is left as it is.
        columns: Vec<Column>,
        /// The rows, in the order of the file.
        rows: Vec<RecordRow>,
    },
    /// Interactions to insert where their id is new; one that is there with the same content changes nothing.
    Interactions {
        /// Names of the attributes that any of the rows brings, besides those that all types have.
        attributes: Vec<String>,
        /// The rows, in the order of the file.
        rows: Vec<InteractionRow>,
        /// Whether one that is there with other content is replaced; else its row is rejected.
        replace: bool,
    },
    /// Who wants mail of which topic, and who doesn't.
    Subscriptions(Vec<SubscriptionRow>),
    /// Addresses that get no mail.
    Suppressions(Vec<SuppressionRow>),
}

impl ImportBatch {
    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            ImportBatch::Records { rows, .. } => rows.len(),
            ImportBatch::Interactions { rows, .. } => rows.len(),
            ImportBatch::Subscriptions(rows) => rows.len(),
            ImportBatch::Suppressions(rows) => rows.len(),
        }
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A field that the rows of a batch bring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The field's name, never an alias.
    pub name: String,
    /// Its type; every value of the column is of it, or missing.
    pub kind: FieldType,
    /// Whether a missing value clears the field; else it is left as it is.
    pub clears: bool,
}

/// One record.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordRow {
    /// The line of the file on which the row starts.
    pub line: u64,
    /// The record's id.
    pub id: String,
    /// One value for each column of the batch.
    pub values: Vec<Value>,
}

/// One interaction.
#[derive(Debug, Clone, PartialEq)]
pub struct InteractionRow {
    /// The line of the file on which the row starts.
    pub line: u64,
    /// The interaction's id.
    pub id: String,
    /// The name of its type, which the catalog has.
    pub interaction: String,
    /// When it happened, UTC milliseconds.
    pub at: i64,
    /// Whom it happened with.
    pub contact_id: String,
    /// The contact's account at that time, where the file says so.
    pub account_id: Option<String>,
    /// The journey that caused it.
    pub journey: Option<String>,
    /// The journey's iteration.
    pub iteration: Option<i64>,
    /// The step that caused it.
    pub step: Option<String>,
    /// One value for each attribute of the batch, of the type that the row's interaction type
    /// declares; missing where it has no such attribute.
    pub values: Vec<Value>,
}

/// Whom a row of subscriptions is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// The contact with this id.
    Contact(String),
    /// Whoever has this address, which is as addresses are compared.
    Address(String),
}

impl Whose {
    /// The address, where it goes by one.
    #[must_use]
    pub fn address(&self) -> Option<&str> {
        match self {
            Whose::Contact(_) => None,
            Whose::Address(address) => Some(address),
        }
    }

    /// The contact's id, where it goes by that.
    #[must_use]
    pub fn contact(&self) -> Option<&str> {
        match self {
            Whose::Contact(id) => Some(id),
            Whose::Address(_) => None,
        }
    }
}

/// A yes or no to the mail of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionRow {
    /// The line of the file on which the row starts.
    pub line: u64,
    /// Who said it.
    pub whose: Whose,
    /// The topic; empty for all commercial mail.
    pub topic: String,
    /// Whether it is wanted.
    pub subscribed: bool,
    /// When it was said, UTC milliseconds.
    pub at: i64,
}

/// An address that gets no mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuppressionRow {
    /// The line of the file on which the row starts.
    pub line: u64,
    /// The address as addresses are compared.
    pub address: String,
    /// Why: `bounced`, `complained`, or what the file says.
    pub reason: String,
    /// Since when, UTC milliseconds; since the import when the file doesn't say it.
    pub since: Option<i64>,
}

/// What became of a batch. Every row of it is counted in one of the five.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BatchOutcome {
    /// Rows that weren't there before.
    pub created: u64,
    /// Rows that were there with other values.
    pub updated: u64,
    /// Rows that were there already.
    pub unchanged: u64,
    /// Rows about contacts that were erased, which are skipped.
    pub erased: u64,
    /// Rows that can't be kept: their place in the batch, and why.
    pub rejected: Vec<(usize, String)>,
}
