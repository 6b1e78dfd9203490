//! What a node is called in messages, and its parts.

use crate::diagnostics::{Span, Text};

/// A value together with where it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where.
    pub span: Span,
}

/// Any YAML value with its place: parameters of tiles, and conditions before they are read.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value.
    pub content: Content,
    /// Where; of a mapping or list, its first line is enough.
    pub span: Span,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Nothing, `null` or `~`.
    Null,
    /// `true` or `false`; other words are text.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Another number.
    Number(f64),
    /// Text, plain, quoted or in a block.
    Text(Text),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order of the file, keys unique.
    Mapping(Vec<(Text, Node)>),
}

impl Node {
    /// What the node is, for "expected text, found …".
    #[must_use]
    pub fn found(&self) -> &'static str {
        match self.content {
            Content::Null => "nothing",
            Content::Boolean(_) => "a boolean",
            Content::Integer(_) | Content::Number(_) => "a number",
            Content::Text(_) => "text",
            Content::List(_) => "a list",
            Content::Mapping(_) => "a mapping",
        }
    }
}
