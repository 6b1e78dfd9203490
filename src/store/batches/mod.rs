//! A batch of participants at a step: claimed, read, committed.
//!
//! In: a claim, and what tiles decided. Out: participants with what tiles ask about them. It doesn't know tiles.

pub(in crate::store) mod allotments;
pub(in crate::store) mod batch;
pub(in crate::store) mod claims;
pub(in crate::store) mod counts;
pub(in crate::store) mod facts;
pub(in crate::store) mod outcome_table;
pub(in crate::store) mod outcomes;
pub(in crate::store) mod stops;
pub(in crate::store) mod tile_state;
pub(in crate::store) mod trigger;
