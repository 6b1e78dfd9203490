//! A whole workspace: its settings, all documents, tiles of its own, scripts and tables.
//!
//! In: files. Out: definitions.

pub(in crate::definitions) mod definitions;
pub(in crate::definitions) mod plugin;
pub(in crate::definitions) mod scripts;
pub(in crate::definitions) mod workspace;
pub(in crate::definitions) mod written;
