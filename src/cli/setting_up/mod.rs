//! Commands that need no store of a workspace: new folders, schemas, explanations, custom tiles, the demo.
//!
//! In: arguments. Out: files, or text.

pub(in crate::cli) mod demo;
pub(in crate::cli) mod explain;
pub(in crate::cli) mod init;
pub(in crate::cli) mod new_folder;
pub(in crate::cli) mod schema;
pub(in crate::cli) mod tile;
