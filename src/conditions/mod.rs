//! Conditions: as they were written, into checked predicates; predicates in words; what they depend on.
//!
//! In: a condition of a definition, what it is about, and the names that exist. Out: a predicate in
//! which every name and type is right, or all problems with it. It doesn't know how predicates are
//! answered.

mod check;
mod compare;
mod contacts;
mod days;
mod did;
mod explain;
mod expression;
mod functions;
mod interests;
mod lists;
mod mentions;
mod never;
mod operand;
mod scope;
mod scripts;

pub use check::{check, check_number};
pub use explain::explain;
pub use functions::functions;
pub use interests::{Interests, interests};
pub use mentions::mentions;
pub use never::never_holds;
pub use scope::Scope;

#[cfg(test)]
mod tests;
