//! What came in since the last look, whom it concerns, and what is paused.
//!
//! In: changes. Out: keys of those who have to be looked at. It doesn't know what is found out about them.

pub(in crate::store) mod awaited;
pub(in crate::store) mod focus;
pub(in crate::store) mod held;
pub(in crate::store) mod incoming;
pub(in crate::store) mod interventions;
pub(in crate::store) mod pending_changes;
pub(in crate::store) mod versions;
