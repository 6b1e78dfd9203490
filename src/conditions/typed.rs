//! Values of a condition with their types and places.

use crate::{
    diagnostics::Span,
    model::{FieldType, Operand, Value},
};

/// A value with its type, its place and its name for messages.
#[derive(Debug, Clone)]
pub(super) struct Typed {
    pub operand: Operand,
    pub kind: FieldType,
    pub span: Span,
    /// What was written, roughly: `contact.city`, `"Chicago"`, `today()`.
    pub written: String,
}

impl Typed {
    pub fn literal(value: Value, kind: FieldType, span: Span, written: impl Into<String>) -> Self {
        Typed { operand: Operand::Literal(value), kind, span, written: written.into() }
    }

    /// The text, where it is a text literal.
    pub fn literal_text(&self) -> Option<&str> {
        match &self.operand {
            Operand::Literal(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The type and what was written, for messages.
    pub fn described(&self) -> String {
        format!("{} `{}`", self.kind, self.written)
    }
}

/// `days_since(of)` or `days_until(of)`.
#[derive(Debug, Clone)]
pub(super) struct Days {
    pub of: Typed,
    pub since: bool,
    pub span: Span,
}
