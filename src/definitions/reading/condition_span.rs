//! Where a condition was written.

use crate::definitions::ConditionNode;
use crate::diagnostics::Span;

impl ConditionNode {
    /// Where it was written; of a mapping the word that tells what it is.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            ConditionNode::Constant(value) => value.span,
            ConditionNode::Expression(text)
            | ConditionNode::Segment(text)
            | ConditionNode::Subscribed(text) => text.span,
            ConditionNode::Group { span, .. } => *span,
            ConditionNode::Did(did) => did.interaction.span,
            ConditionNode::Related(related) => related.quantifier.span,
        }
    }
}
