//! Segments: evaluated, previewed, listed.
//!
//! In: conditions. Out: who belongs, who joined and left. It doesn't know journeys.

pub(in crate::store) mod as_written;
pub(in crate::store) mod evaluation;
pub(in crate::store) mod failing;
pub(in crate::store) mod members;
pub(in crate::store) mod preview;
