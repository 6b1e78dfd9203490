//! Conditions and values as text of statements.
//!
//! In: predicates and operands. Out: SQL with its parameters. It carries out none of it.

pub(in crate::store) mod as_of;
pub(in crate::store) mod calls;
pub(in crate::store) mod earlier;
pub(in crate::store) mod interactions_sql;
pub(in crate::store) mod listing;
pub(in crate::store) mod operand;
pub(in crate::store) mod pattern;
pub(in crate::store) mod predicate;
pub(in crate::store) mod related;
pub(in crate::store) mod selection;
