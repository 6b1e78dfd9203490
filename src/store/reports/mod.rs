//! What people ask of a store, and what operators do with it.
//!
//! In: names and ids. Out: numbers and stories as rows. Nothing uses this folder but what is outside the store.

pub(in crate::store) mod account;
pub(in crate::store) mod choices;
pub(in crate::store) mod contact;
pub(in crate::store) mod dangling;
pub(in crate::store) mod erasure;
pub(in crate::store) mod journey;
pub(in crate::store) mod known_values;
pub(in crate::store) mod mail;
pub(in crate::store) mod retry;
pub(in crate::store) mod runs;
pub(in crate::store) mod set_back;
pub(in crate::store) mod status;
