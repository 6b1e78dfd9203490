//! The files of a workspace.
//!
//! In: a folder, or a snapshot of one. Out: texts with their paths. It doesn't know what stands in them.

pub(in crate::definitions) mod files;
pub(in crate::definitions) mod folder;
pub(in crate::definitions) mod place;
