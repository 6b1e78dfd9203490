//! What an expression may hold.

use crate::diagnostics::{Span, Text};

/// A part of an expression with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    /// What it is.
    pub kind: ExpressionKind,
    /// Where it stands in the file.
    pub span: Span,
}

/// A word with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The word.
    pub text: String,
    /// Where it stands in the file.
    pub span: Span,
}

/// The kinds of expressions.
#[derive(Debug, Clone, PartialEq)]
pub enum ExpressionKind {
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number within ±2^53.
    Integer(i64),
    /// A number within ±2^53.
    Number(f64),
    /// Text in double quotes.
    Text(String),
    /// `[a, b]`
    List(Vec<Expression>),
    /// `a..b` or `a..=b`
    Range {
        /// The first value.
        start: Box<Expression>,
        /// The last value, or the one after it.
        end: Box<Expression>,
        /// Whether the end belongs to it.
        inclusive: bool,
    },
    /// `contact.city`: at least one name.
    Path(Vec<Name>),
    /// `!a`
    Not(Box<Expression>),
    /// `-a`, of anything but a literal.
    Negate(Box<Expression>),
    /// `a && b && …`
    All(Vec<Expression>),
    /// `a || b || …`
    Any(Vec<Expression>),
    /// Two operands with a sign between them.
    Binary {
        /// Left of the sign.
        left: Box<Expression>,
        /// The sign.
        operator: Operator,
        /// Right of the sign.
        right: Box<Expression>,
    },
    /// `a in b`
    In {
        /// What is looked for.
        value: Box<Expression>,
        /// Where: a list or a range, if it is right.
        container: Box<Expression>,
    },
    /// `name(a, b)`, or `a.name(b)`, which means the same.
    Call {
        /// The function.
        name: Name,
        /// Its arguments; of a method, what stands before the point comes first.
        arguments: Vec<Expression>,
    },
}

/// Signs between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

impl Operator {
    const SIGNS: [(Operator, &'static str); 10] = [
        (Operator::Equal, "=="),
        (Operator::NotEqual, "!="),
        (Operator::Less, "<"),
        (Operator::LessOrEqual, "<="),
        (Operator::Greater, ">"),
        (Operator::GreaterOrEqual, ">="),
        (Operator::Add, "+"),
        (Operator::Subtract, "-"),
        (Operator::Multiply, "*"),
        (Operator::Divide, "/"),
    ];

    /// The operator that is written so.
    #[must_use]
    pub fn written(sign: &str) -> Option<Operator> {
        Operator::SIGNS.into_iter().find(|(_, written)| *written == sign).map(|(operator, _)| operator)
    }

    /// How it is written.
    #[must_use]
    pub fn sign(self) -> &'static str {
        Operator::SIGNS.into_iter().find(|(operator, _)| *operator == self).map_or("", |(_, sign)| sign)
    }

    /// Whether it compares, as opposed to calculates.
    #[must_use]
    pub fn is_comparison(self) -> bool {
        !matches!(self, Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide)
    }
}

impl Expression {
    /// Moves all places, which were counted within `text`, to the file that the text stands in.
    pub(super) fn move_into(&mut self, text: &Text) {
        let moved = |span: Span| text.span_at(span.start, span.end);
        self.span = moved(self.span);
        match &mut self.kind {
            ExpressionKind::Boolean(_)
            | ExpressionKind::Integer(_)
            | ExpressionKind::Number(_)
            | ExpressionKind::Text(_) => {}
            ExpressionKind::Path(names) => names.iter_mut().for_each(|name| name.span = moved(name.span)),
            ExpressionKind::List(parts) | ExpressionKind::All(parts) | ExpressionKind::Any(parts) => {
                parts.iter_mut().for_each(|part| part.move_into(text));
            }
            ExpressionKind::Not(inner) | ExpressionKind::Negate(inner) => inner.move_into(text),
            ExpressionKind::Range { start: first, end: second, .. }
            | ExpressionKind::Binary { left: first, right: second, .. }
            | ExpressionKind::In { value: first, container: second } => {
                first.move_into(text);
                second.move_into(text);
            }
            ExpressionKind::Call { name, arguments } => {
                name.span = moved(name.span);
                arguments.iter_mut().for_each(|argument| argument.move_into(text));
            }
        }
    }
}
