//! What is published: definitions, their steps and columns, and names that change.
//!
//! In: definitions as text and lists. Out: rows for them. It doesn't know what definitions say.

pub(in crate::store) mod declare;
pub(in crate::store) mod publications;
pub(in crate::store) mod redaction;
pub(in crate::store) mod renames;
pub(in crate::store) mod snapshots;
