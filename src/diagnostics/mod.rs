//! Problems in definitions: what, where, what was expected, how to fix it.
//!
//! In: source texts and the problems that the other folders find in them. Out: reports for people
//! (the source line with a caret), for programs (JSON) and for GitHub (annotations). It doesn't know
//! what the texts mean.

mod code;
mod explain;
mod problem;
mod render;
mod source;
mod suggest;
mod text;

pub use code::Code;
pub use explain::explanation;
pub use problem::{Problem, Problems, Severity};
pub use render::{render_github, render_human, render_json};
pub use source::{FileId, Position, SourceFile, Sources, Span};
pub use suggest::{did_you_mean, suggest};
pub use text::Text;
