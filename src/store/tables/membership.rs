//! What segments are made from.

use std::collections::BTreeMap;

use crate::model::{Condition, Entity};

/// What a segment is made from.
#[derive(Debug, Clone, PartialEq)]
pub enum Membership {
    /// Whoever satisfies a condition.
    Where(Condition),
    /// The records with these ids; ids of no record are passed over.
    Static(Vec<String>),
}

/// Segments by name, each with what it holds and what it is made from.
pub type WrittenSegments = BTreeMap<String, (Entity, Membership)>;
