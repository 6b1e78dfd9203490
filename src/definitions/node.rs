//! What a node is called in messages, and its parts.

use super::{Content, Node};

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
