//! The text of a file into nodes that know their places.
//!
//! In: YAML. Out: nodes, and what is wrong with a text that isn't YAML. It doesn't know what a key means.

pub(in crate::definitions) mod align;
pub(in crate::definitions) mod names;
pub(in crate::definitions) mod node;
pub(in crate::definitions) mod raw;
pub(in crate::definitions) mod scalars;
pub(in crate::definitions) mod syntax;
pub(in crate::definitions) mod traps;
pub(in crate::definitions) mod yaml;
