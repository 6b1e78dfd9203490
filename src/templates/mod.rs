//! Texts with gaps: checked once, filled in for each recipient.
//!
//! In: a handlebars template with its place in a file, and the names that it may use. Out: a template
//! that names what it needs and turns values into text, or all problems with it. Handlebars parses; our
//! own closed tree is what renders, so that every name and type is known beforehand. It doesn't know
//! where values come from, nor what becomes of the text.

mod compile;
mod habits;
mod helpers;
mod partials;
mod paths;
mod render;
mod scan;
mod spaces;
mod template;
mod tree;
mod urls;

pub use render::{TemplateError, Values};
pub use template::{Needs, Root, Template, TemplateFormat, TemplateScope};

#[cfg(test)]
mod tests;
