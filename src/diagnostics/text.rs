//! Text from a definition that knows where each of its bytes stands in the source.

use super::{FileId, Span};

/// Text with its place. Expressions and templates inside YAML report their own positions through it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The text, unescaped and unfolded.
    pub value: String,
    /// Where the whole stands, quotes included.
    pub span: Span,
    /// For each byte of `value`, and for its end, the byte in the source; empty when the text stands
    /// in the source as it is from `span.start` on.
    offsets: Vec<u32>,
}

impl Text {
    /// Text that stands in the source as it is.
    #[must_use]
    pub fn verbatim(value: impl Into<String>, span: Span) -> Self {
        Text { value: value.into(), span, offsets: Vec::new() }
    }

    /// Text whose bytes stand at the given places; `offsets` holds one more than `value` has bytes.
    #[must_use]
    pub fn mapped(value: impl Into<String>, span: Span, offsets: Vec<u32>) -> Self {
        let value = value.into();
        let offsets = if offsets.len() == value.len() + 1 { offsets } else { Vec::new() };
        Text { value, span, offsets }
    }

    /// The text of a whole file.
    #[must_use]
    pub fn file(file: FileId, value: impl Into<String>) -> Self {
        let value = value.into();
        let span = Span::new(file, 0, value.len());
        Text::verbatim(value, span)
    }

    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.value
    }

    /// Where the bytes `start..end` of the text stand in the source.
    #[must_use]
    pub fn span_at(&self, start: usize, end: usize) -> Span {
        let place = |at: usize| match self.offsets.get(at) {
            Some(offset) => *offset as usize,
            None if self.offsets.is_empty() => (self.span.start + at).min(self.span.end),
            None => self.span.end,
        };
        Span::new(self.span.file, place(start), place(end))
    }
}
