//! Since when a condition has held, and when it can change.
//!
//! In: predicates. Out: SQL that gives moments. It doesn't know who asks.

pub(in crate::store) mod field_since;
pub(in crate::store) mod former_accounts;
pub(in crate::store) mod known;
pub(in crate::store) mod membership_since;
pub(in crate::store) mod satisfaction;
pub(in crate::store) mod turning_points;
