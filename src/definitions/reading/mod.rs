//! What all documents share: the table of keys, the reader that goes by it, conditions.
//!
//! In: nodes. Out: values with their places, and problems of form. It knows no kind.

pub(in crate::definitions) mod condition;
pub(in crate::definitions) mod condition_span;
pub(in crate::definitions) mod condition_types;
pub(in crate::definitions) mod header;
pub(in crate::definitions) mod hints;
pub(in crate::definitions) mod keys;
pub(in crate::definitions) mod kinds;
pub(in crate::definitions) mod needs;
pub(in crate::definitions) mod reader;
pub(in crate::definitions) mod settings_keys;
