//! Facts coming in: accounts, contacts, leads, interactions, subscriptions and suppressions out of CSV and
//! NDJSON.
//!
//! In: a stream of bytes, the catalog of fields and interaction types, the workspace's time zone. Out:
//! batches of typed rows, handed to whoever keeps them, and a reject with its reason for every row
//! that can't be used. It doesn't know how rows are kept, and never holds more than one batch of them.

mod batch;
mod cells;
mod csv_reader;
mod error;
mod import;
mod lines;
mod ndjson_reader;
mod notes;
mod record;
mod rejected;
mod request;
mod row;
mod schema;
mod sink;
mod source;
mod window;
mod words;

pub use batch::{
    BatchOutcome, Column, ImportBatch, InteractionRow, RecordRow, SubscriptionRow, SuppressionRow, Whose,
};
pub use error::{ImportError, InputError};
pub use import::{ImportSummary, Reject, import};
pub use notes::{Example, Notes};
pub use rejected::{RejectedFile, rejected_path};
pub use request::{EmptyCells, ImportFormat, ImportKind, ImportRequest};
pub use sink::write;
pub use words::unsubscribe;
