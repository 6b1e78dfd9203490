//! What a template consists of once it is checked.

use super::Root;
use crate::model::{Comparison, Value};

/// A part of the text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Part {
    /// Text as it is.
    Text(String),
    /// A value, and how it is written.
    Print { value: Expr, escape: Escape },
    /// What a partial consists of.
    Group(Vec<Part>),
    /// One of two texts.
    If { test: Expr, then: Vec<Part>, otherwise: Vec<Part> },
    /// A text for each choice of a field.
    Each { list: Expr, body: Vec<Part>, otherwise: Vec<Part> },
}

/// How a value is written into the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escape {
    /// As it is.
    Not,
    /// In HTML: `<` becomes `&lt;`.
    Html,
    /// As a part of the query of a web address.
    Query,
}

/// A value to print or to test.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expr {
    /// A fixed value.
    Literal(Value),
    /// A field of a record.
    Field { root: Root, name: String },
    /// The present choice of the `each` at this depth, 0 outermost.
    Item(usize),
    /// Its number, from 0.
    Index(usize),
    /// Whether it is the first.
    First(usize),
    /// Whether it is the last.
    Last(usize),
    /// `eq` and its like.
    Compare { operator: Comparison, left: Box<Expr>, right: Box<Expr> },
    /// Whether a value is missing or blank.
    Blank(Box<Expr>),
    /// Whether a value is true; a missing one isn't.
    Truth(Box<Expr>),
    /// `and`
    All(Vec<Expr>),
    /// `or`
    Any(Vec<Expr>),
    /// `not`
    Not(Box<Expr>),
    /// The first that isn't missing or empty.
    Default(Vec<Expr>),
    /// A date or moment by a format.
    Date { value: Box<Expr>, format: String },
    /// A number with so many decimals and commas between thousands.
    Number { value: Box<Expr>, decimals: usize },
}
