//! Accounts, contacts, leads, interactions, and what people said about mail: written and found.
//!
//! In: rows of facts. Out: what was written, and what is queued for others. It doesn't know segments or journeys.

pub(in crate::store) mod addresses;
pub(in crate::store) mod erased;
pub(in crate::store) mod interactions;
pub(in crate::store) mod leads;
pub(in crate::store) mod party_lists;
pub(in crate::store) mod preferences;
pub(in crate::store) mod record_context;
pub(in crate::store) mod refusals;
pub(in crate::store) mod removals;
pub(in crate::store) mod retyping;
pub(in crate::store) mod written;
