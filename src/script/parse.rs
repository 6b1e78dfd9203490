//! From Rhai's syntax tree, which is volatile between its versions, to our own.

use std::sync::LazyLock;

use rhai::{ASTFlags, BinaryExpr, Engine, Expr, FnCallExpr, OptimizationLevel, Stmt, Token};

use super::places::Places;
use super::syntax;
use super::{Expression, ExpressionKind, Name, Operator};
use crate::{
    diagnostics::{Code, FileId, Problem, Problems, Span, Text},
    model::{both_ways, foreign_number},
};

/// Longest expression, in bytes: Rhai's places are of 16 bits.
const MAX_LENGTH: usize = 60_000;
/// Deepest nesting.
const MAX_DEPTH: usize = 64;
/// Largest whole number that a double holds exactly.
const MAX_WHOLE: u64 = 1 << 53;
/// The same as a number.
const MAX_NUMBER: f64 = 9_007_199_254_740_992.0;

/// Functions that may be written as methods: `contact.job_title.contains("x")`.
const METHODS: [&str; 11] = [
    "contains",
    "starts_with",
    "ends_with",
    "contains_ignoring_case",
    "starts_with_ignoring_case",
    "ends_with_ignoring_case",
    "matches",
    "is_blank",
    "same",
    "contains_any",
    "contains_all",
];

/// Without optimisation, so that nothing is folded and every part keeps its place.
static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let mut engine = Engine::new_raw();
    engine.set_optimization_level(OptimizationLevel::None);
    engine.set_max_expr_depths(MAX_DEPTH, 1);
    engine.set_max_string_size(MAX_LENGTH);
    engine
});

/// Reads an expression. Every problem is reported; with an error there is no expression.
pub fn parse_expression(text: &Text, problems: &mut Problems) -> Option<Expression> {
    let source = text.as_str();
    if problems.has_error_at(text.span) {
        // YAML made something else of it, which was reported.
        return None;
    }
    if source.len() > MAX_LENGTH {
        let message = format!("the expression is longer than {MAX_LENGTH} bytes");
        problems.push(
            Problem::error(Code::ExpressionForm, text.span, message)
                .hint(
                    "Split it up with `all`, `any` and `none`, or put a long list of values into a table of `tables/` and \
                     ask `lookup(…)`.",
                ),
        );
        return None;
    }
    let places = Places::new(source);
    let tree = match ENGINE.compile_expression(source) {
        Ok(tree) => tree,
        Err(error) => {
            if let Some((start, end, hint)) = foreign_number(source) {
                let message = format!("`{}` can't be read as a number", &source[start..end]);
                let problem = Problem::error(Code::ExpressionSyntax, text.span_at(start, end), message);
                problems.push(problem.hint(hint));
                return None;
            }
            let position = error.position();
            let at = match (position.line(), position.position()) {
                (Some(line), column) => places.byte(line, column.unwrap_or(1)),
                (None, _) => source.len(),
            };
            // What is missing at the end is missing before the line break that closes a block.
            let at = if places.after(at).trim().is_empty() { source.trim_end().len() } else { at };
            problems.push(syntax::problem(text, &places, error.err_type(), at));
            return None;
        }
    };
    let mut walk = Walk { text, places, problems };
    let mut expression = match tree.statements() {
        [Stmt::Expr(expression)] => walk.expression(expression, 0)?,
        _ => {
            walk.problems.push(syntax::statement(text, 0, source.split_whitespace().next().unwrap_or("")));
            return None;
        }
    };
    expression.move_into(text);
    Some(expression)
}

struct Walk<'a> {
    text: &'a Text,
    places: Places<'a>,
    problems: &'a mut Problems,
}

/// Spans count within the text until all is read.
fn within(start: usize, end: usize) -> Span {
    Span::new(FileId(0), start, end)
}

fn around(kind: ExpressionKind, first: Span, last: Span) -> Expression {
    Expression { kind, span: within(first.start.min(last.start), first.end.max(last.end)) }
}

impl Walk<'_> {
    fn byte(&self, position: rhai::Position) -> usize {
        match (position.line(), position.position()) {
            (Some(line), column) => self.places.byte(line, column.unwrap_or(1)),
            (None, _) => 0,
        }
    }

    fn refuse(&mut self, problem: Problem) -> Option<Expression> {
        self.problems.push(problem);
        None
    }

    fn expression(&mut self, expr: &Expr, depth: usize) -> Option<Expression> {
        let at = self.byte(expr.position());
        if depth > MAX_DEPTH {
            let problem = syntax::form(self.text, at, at + 1, "the expression is nested too deeply");
            return self.refuse(problem.hint("Split it up with `all`, `any` and `none`."));
        }
        let depth = depth + 1;
        let leaf = |kind, end| Some(Expression { kind, span: within(at, end) });
        match expr {
            Expr::BoolConstant(value, _) => leaf(ExpressionKind::Boolean(*value), self.places.word_end(at)),
            Expr::IntegerConstant(value, _) => self.number(at, ExpressionKind::Integer(*value)),
            Expr::FloatConstant(value, _) => self.number(at, ExpressionKind::Number(**value)),
            Expr::StringConstant(value, _) if self.places.after(at).starts_with('"') => {
                leaf(ExpressionKind::Text(value.to_string()), self.places.quoted_end(at))
            }
            Expr::StringConstant(..) | Expr::InterpolatedString(..) => {
                let end = self.places.quoted_end(at);
                self.refuse(syntax::quotes(self.text, at, end, ""))
            }
            Expr::CharConstant(value, _) => {
                let end = self.places.quoted_end(at);
                self.refuse(syntax::quotes(self.text, at, end, &value.to_string()))
            }
            Expr::Array(items, _) => {
                let items = self.each(items.iter(), depth)?;
                leaf(ExpressionKind::List(items), self.places.bracket_end(at))
            }
            Expr::Variable(variable, _, _) if variable.2.is_empty() => {
                let end = self.places.word_end(at);
                let name = Name { text: variable.1.to_string(), span: within(at, end) };
                leaf(ExpressionKind::Path(vec![name]), end)
            }
            Expr::And(parts, _) => self.joined(parts.iter(), depth, ExpressionKind::All),
            Expr::Or(parts, _) => self.joined(parts.iter(), depth, ExpressionKind::Any),
            Expr::Dot(parts, flags, _) => self.dot(parts, *flags, depth),
            Expr::FnCall(call, _) => self.call(call, at, depth),
            _ => self.refused(expr, at),
        }
    }

    /// What Rhai knows and conditions don't.
    fn refused(&mut self, expr: &Expr, at: usize) -> Option<Expression> {
        let word = self.places.token(at);
        let problem = match expr {
            Expr::Stmt(_) => syntax::statement(self.text, at, word),
            Expr::Map(..) => syntax::statement(self.text, at, "#{"),
            Expr::Index(..) => syntax::form(self.text, at, at + 1, "`[…]` can't pick a part in a condition"),
            Expr::Coalesce(..) => syntax::form(self.text, at, at + 2, "`??` can't stand in a condition")
                .hint("Write `is_blank(…)` to ask for a missing value."),
            Expr::DynamicConstant(..) => {
                syntax::form(self.text, at, at + word.len(), "a function can't be written in a condition")
            }
            _ => syntax::form(self.text, at, at + word.len(), format!("`{word}` can't stand in a condition")),
        };
        self.refuse(problem)
    }

    fn each<'e>(&mut self, parts: impl Iterator<Item = &'e Expr>, depth: usize) -> Option<Vec<Expression>> {
        let read: Vec<Option<Expression>> = parts.map(|part| self.expression(part, depth)).collect();
        read.into_iter().collect()
    }

    fn joined<'e>(
        &mut self,
        parts: impl Iterator<Item = &'e Expr>,
        depth: usize,
        kind: fn(Vec<Expression>) -> ExpressionKind,
    ) -> Option<Expression> {
        let parts = self.each(parts, depth)?;
        let (first, last) = (parts.first()?.span, parts.last()?.span);
        Some(around(kind(parts), first, last))
    }

    fn number(&mut self, at: usize, kind: ExpressionKind) -> Option<Expression> {
        let (digits, end) = self.places.number(at);
        let written = self.places.slice(digits, end);
        let too_large = match kind {
            ExpressionKind::Integer(value) => value.unsigned_abs() > MAX_WHOLE,
            ExpressionKind::Number(value) => value.is_nan() || value.abs() > MAX_NUMBER,
            _ => false,
        };
        if too_large {
            let message = format!("the number `{written}` is too large");
            let problem = syntax::form(self.text, digits, end, message);
            return self.refuse(problem.hint("Numbers lie within ±9_007_199_254_740_992."));
        }
        if let Some(hint) = both_ways(written) {
            let message = format!("`{written}` is a number with three decimals");
            let span = self.text.span_at(digits, end);
            self.problems.push(Problem::warning(Code::AmbiguousNumber, span, message).hint(hint));
        }
        Some(Expression { kind, span: within(at.min(digits), end) })
    }

    /// `contact.city`, or a method call at the end of such a path.
    fn dot(&mut self, parts: &BinaryExpr, flags: ASTFlags, depth: usize) -> Option<Expression> {
        let base = self.expression(&parts.lhs, depth)?;
        self.chain(base, &parts.rhs, flags, depth)
    }

    fn chain(&mut self, base: Expression, rest: &Expr, flags: ASTFlags, depth: usize) -> Option<Expression> {
        let at = self.byte(rest.start_position());
        if flags.contains(ASTFlags::NEGATED) {
            let problem = syntax::form(self.text, base.span.end, at, "`?.` can't stand in a condition");
            return self.refuse(
                problem.hint("Write `.`: a comparison with a missing value is false, and never fails."),
            );
        }
        match rest {
            Expr::Dot(parts, inner, _) => {
                let base = self.chain(base, &parts.lhs, flags, depth + 1)?;
                self.chain(base, &parts.rhs, *inner, depth + 1)
            }
            Expr::Property(property, position) => {
                let at = self.byte(*position);
                let end = self.places.word_end(at);
                let ExpressionKind::Path(mut names) = base.kind else {
                    let message = format!("`{}` is asked of something that has no fields", property.2);
                    return self.refuse(syntax::form(self.text, at, end, message));
                };
                names.push(Name { text: property.2.to_string(), span: within(at, end) });
                Some(Expression { kind: ExpressionKind::Path(names), span: within(base.span.start, end) })
            }
            Expr::MethodCall(call, position) => {
                let at = self.byte(*position);
                let end = self.places.word_end(at);
                if !METHODS.contains(&call.name.as_str()) {
                    let message = format!("`{}` can't be called on a field", call.name);
                    let problem = syntax::form(self.text, at, end, message);
                    return self.refuse(
                        problem.hint(
                            "Functions stand before their arguments, such as `is_blank(contact.email)`.",
                        ),
                    );
                }
                let mut arguments = vec![base];
                arguments.extend(self.each(call.args.iter(), depth)?);
                let span = within(arguments[0].span.start, self.places.bracket_end(end));
                let name = Name { text: call.name.to_string(), span: within(at, end) };
                Some(Expression { kind: ExpressionKind::Call { name, arguments }, span })
            }
            _ => {
                let at = self.byte(rest.position());
                self.refused(rest, at)
            }
        }
    }

    fn call(&mut self, call: &FnCallExpr, at: usize, depth: usize) -> Option<Expression> {
        let name = call.name.as_str();
        let written_in = name == "contains"
            && call.args.len() == 2
            && (call.op_token == Some(Token::NotIn) || !self.places.after(at).starts_with("contains"));
        if written_in {
            let container = self.expression(&call.args[0], depth);
            let value = self.expression(&call.args[1], depth);
            let (value, container) = (value?, container?);
            let (first, last) = (value.span, container.span);
            let kind = ExpressionKind::In { value: Box::new(value), container: Box::new(container) };
            return Some(around(kind, first, last));
        }
        if call.op_token.is_some() {
            return match call.args.as_slice() {
                [inner] => self.prefix(name, inner, at, depth),
                [left, right] => self.binary(name, left, right, at, depth),
                _ => None,
            };
        }
        if call.is_qualified() {
            let problem = syntax::form(self.text, at, at + name.len(), "`::` can't stand in a condition");
            return self.refuse(problem);
        }
        let end = self.places.word_end(at);
        let arguments = self.each(call.args.iter(), depth)?;
        let function = Name { text: name.to_owned(), span: within(at, end) };
        let kind = ExpressionKind::Call { name: function, arguments };
        Some(Expression { kind, span: within(at, self.places.bracket_end(end)) })
    }

    fn prefix(&mut self, sign: &str, inner: &Expr, at: usize, depth: usize) -> Option<Expression> {
        let inner = self.expression(inner, depth)?;
        let span = inner.span;
        match sign {
            "!" => Some(around(ExpressionKind::Not(Box::new(inner)), within(at, at + 1), span)),
            "-" => Some(around(ExpressionKind::Negate(Box::new(inner)), within(at, at + 1), span)),
            _ => Some(inner),
        }
    }

    fn binary(
        &mut self,
        sign: &str,
        left: &Expr,
        right: &Expr,
        at: usize,
        depth: usize,
    ) -> Option<Expression> {
        let left = self.expression(left, depth);
        let right = self.expression(right, depth);
        let (left, right) = (left?, right?);
        let (first, last) = (left.span, right.span);
        if sign == ".." || sign == "..=" {
            let (start, end) = (Box::new(left), Box::new(right));
            let kind = ExpressionKind::Range { start, end, inclusive: sign == "..=" };
            return Some(around(kind, first, last));
        }
        let Some(operator) = Operator::written(sign) else {
            let hint = match sign {
                "&" => "Write `&&` for “and”.",
                "|" => "Write `||` for “or”.",
                _ => "Conditions know `== != < <= > >= && || ! + - * / in`.",
            };
            let message = format!("`{sign}` can't stand in a condition");
            return self.refuse(syntax::form(self.text, at, at + sign.len(), message).hint(hint));
        };
        if operator.is_comparison()
            && let Some(problem) = self.chained(&left, operator, &right, at)
        {
            return self.refuse(problem);
        }
        let kind = ExpressionKind::Binary { left: Box::new(left), operator, right: Box::new(right) };
        Some(around(kind, first, last))
    }

    /// `1 < x < 5`, which would compare the answer of the first comparison.
    fn chained(
        &self,
        left: &Expression,
        operator: Operator,
        right: &Expression,
        at: usize,
    ) -> Option<Problem> {
        let sign = operator.sign();
        let problem =
            |message: &str| syntax::form(self.text, at, at + sign.len(), format!("`{sign}` {message}"));
        let written = |part: &Expression| self.places.slice(part.span.start, part.span.end).trim();
        if let ExpressionKind::Binary { left: low, operator: first, right: middle } = &left.kind
            && first.is_comparison()
        {
            let (low, middle, high) = (written(low), written(middle), written(right));
            let spelled = format!("Write `{low} {} {middle} && {middle} {sign} {high}`", first.sign());
            let rises = |operator| matches!(operator, Operator::Less | Operator::LessOrEqual);
            let hint = if rises(*first) && rises(operator) {
                format!("{spelled}, or `{middle} in {low}..={high}`, where both ends belong to it.")
            } else {
                format!("{spelled}.")
            };
            return Some(problem("follows another comparison").hint(hint));
        }
        let is_comparison = |part: &Expression| match &part.kind {
            ExpressionKind::Binary { operator, .. } => operator.is_comparison(),
            ExpressionKind::All(_)
            | ExpressionKind::Any(_)
            | ExpressionKind::Not(_)
            | ExpressionKind::In { .. } => true,
            _ => false,
        };
        (is_comparison(left) || is_comparison(right)).then(|| {
            problem("compares the answer of another condition")
                .hint("Combine conditions with `&&`, `||` and `not(…)`.")
        })
    }
}

#[cfg(test)]
mod tests;
