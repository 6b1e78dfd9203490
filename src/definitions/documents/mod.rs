//! Each kind of definition.
//!
//! In: a node. Out: what the document says. It doesn't know whether a name refers to anything.

pub(in crate::definitions) mod email;
pub(in crate::definitions) mod fields;
pub(in crate::definitions) mod interaction;
pub(in crate::definitions) mod journey;
pub(in crate::definitions) mod journey_types;
pub(in crate::definitions) mod repetition;
pub(in crate::definitions) mod scoring_model;
pub(in crate::definitions) mod scoring_types;
pub(in crate::definitions) mod segment;
pub(in crate::definitions) mod segment_names;
pub(in crate::definitions) mod topic;
pub(in crate::definitions) mod workflow;
