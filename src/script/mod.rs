//! The one place that knows Rhai: text into expressions.
//!
//! In: the text of an expression with its place in a file. Out: a closed tree of what conditions may
//! hold, each part with its place, and problems with what can't be read or isn't allowed. It doesn't
//! know fields, functions or types, and nothing runs in Rhai: the tree is all that leaves.

mod expression;
mod parse;
mod places;
mod syntax;

pub use expression::{Expression, ExpressionKind, Name, Operator};
pub use parse::parse_expression;
