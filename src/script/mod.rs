//! The one place that knows Rhai: expressions, and scripts in a sandbox.
//!
//! In: the text of an expression with its place in a file; scripts, tables, and values to call functions
//! with. Out: a closed tree of what conditions may hold, each part with its place; of a call, a value or
//! an action; and problems with what can't be read or isn't allowed. It doesn't know fields, tiles or
//! journeys. Expressions never run in Rhai: our own tree is all that leaves. Scripts run without files,
//! network, clock, chance or printing, within limits that count work and not time.

mod action;
mod answers;
mod error;
mod expression;
mod functions;
mod library;
mod limits;
mod lists;
mod memory;
mod parse;
mod places;
mod program;
mod syntax;
#[cfg(test)]
mod tests;
mod value;
mod walk;
mod weight;
mod work;
#[cfg(test)]
mod worst;

pub use action::{Action, ActionKind, Place, ScriptEffect};
pub use error::ScriptError;
pub use expression::{Expression, ExpressionKind, Name, Operator};
pub use library::{Library, ScriptFunction};
pub use parse::parse_expression;
pub use program::{HandedOn, Literal, Program, Returned};
pub use value::ScriptValue;
