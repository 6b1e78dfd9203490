//! The tables, what their columns and keys are called, and opening a store that has them.
//!
//! In: the address of a store. Out: an open [`Store`](crate::store::Store). It doesn't know what the rows mean.

pub(in crate::store) mod columns;
pub(in crate::store) mod database_clock;
pub(in crate::store) mod fields;
pub(in crate::store) mod membership;
pub(in crate::store) mod migrations;
pub(in crate::store) mod open;
pub(in crate::store) mod own_tables;
pub(in crate::store) mod real_runs;
