//! Conditions: as they were written, into checked predicates; predicates in words; what they depend on;
//! their answers over plain facts.
//!
//! In: a condition of a definition, what it is about, and the names that exist; facts as plain data. Out:
//! a predicate in which every name and type is right, or all problems with it; whether it holds, and
//! why. It doesn't know SQL or where facts are kept.

mod calls;
mod check;
mod compare;
mod context;
mod contradictions;
mod counts;
mod days;
mod dependencies;
mod did;
mod evaluate;
mod explain;
mod expression;
mod facts;
mod functions;
mod lints;
mod lists;
mod literals;
mod measure;
mod mentions;
mod on_arrival;
mod operand;
mod periods;
mod record;
mod related;
mod scope;
mod texts;
mod typed;
mod value;
mod window;

pub use check::{check, check_number};
pub use contradictions::never_holds;
pub use dependencies::{Dependencies, dependencies};
pub use evaluate::{Clause, evaluate, holds};
pub use explain::{called as call_in_words, explain};
pub use facts::{Facts, InteractionFact, RecordFact};
pub use functions::functions;
pub use mentions::mentions;
pub use on_arrival::holds_on_arrival;
pub(crate) use record::no_relation;
pub use scope::{KnownStep, Scope, Wait};

#[cfg(test)]
mod tests;
