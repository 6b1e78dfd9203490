//! Commands that look: lists, numbers, previews.
//!
//! In: arguments, a plan and a store. Out: what is there, printed. They change nothing.

pub(in crate::cli) mod email;
pub(in crate::cli) mod journey;
pub(in crate::cli) mod lead;
pub(in crate::cli) mod lists;
pub(in crate::cli) mod outbox;
pub(in crate::cli) mod party_lists;
pub(in crate::cli) mod score;
pub(in crate::cli) mod score_cells;
pub(in crate::cli) mod segment;
pub(in crate::cli) mod segment_preview;
pub(in crate::cli) mod status;
