//! Expressions that are true or false.

use super::{
    Scope, calls, compare,
    context::{Check, not_a_value},
    functions, lists,
    operand::{operand_as, term},
};
use crate::{
    diagnostics::Code,
    model::{Comparison, FieldType, Operand, Predicate, Value},
    script::{Expression, ExpressionKind, Operator},
};

/// The predicate that an expression stands for.
pub(super) fn predicate(
    expression: &Expression,
    scope: Scope<'_>,
    check: &mut Check<'_>,
) -> Option<Predicate> {
    match &expression.kind {
        ExpressionKind::Boolean(value) => Some(Predicate::Constant(*value)),
        ExpressionKind::All(parts) => each(parts, scope, check).map(Predicate::All),
        ExpressionKind::Any(parts) => each(parts, scope, check).map(Predicate::Any),
        ExpressionKind::Not(inner) => {
            predicate(inner, scope, check).map(|inner| Predicate::Not(Box::new(inner)))
        }
        ExpressionKind::Binary { left, operator, right } => match comparison(*operator) {
            Some(operator) => {
                if is_condition(left) || is_condition(right) {
                    return not_a_value(expression.span, check);
                }
                let left = term(left, scope, check);
                let right = term(right, scope, check);
                compare::terms(&left?, operator, &right?, scope, check)
            }
            None => alone(expression, scope, check),
        },
        ExpressionKind::In { value, container } => lists::member(value, container, scope, check),
        ExpressionKind::Call { name, arguments }
            if functions::is_condition(&name.text) && !calls::is_call(&name.text, check) =>
        {
            functions::condition(name, arguments, expression.span, scope, check)
        }
        _ => alone(expression, scope, check),
    }
}

fn each(parts: &[Expression], scope: Scope<'_>, check: &mut Check<'_>) -> Option<Vec<Predicate>> {
    let checked: Vec<_> = parts.iter().map(|part| predicate(part, scope, check)).collect();
    checked.into_iter().collect()
}

fn is_condition(expression: &Expression) -> bool {
    matches!(&expression.kind, ExpressionKind::Call { name, .. } if functions::is_condition(&name.text))
}

fn comparison(operator: Operator) -> Option<Comparison> {
    Some(match operator {
        Operator::Equal => Comparison::Equal,
        Operator::NotEqual => Comparison::NotEqual,
        Operator::Less => Comparison::Less,
        Operator::LessOrEqual => Comparison::LessOrEqual,
        Operator::Greater => Comparison::Greater,
        Operator::GreaterOrEqual => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

/// A value alone must be true or false.
fn alone(expression: &Expression, scope: Scope<'_>, check: &mut Check<'_>) -> Option<Predicate> {
    if let ExpressionKind::Call { name, .. } = &expression.kind
        && matches!(name.text.as_str(), "days_since" | "days_until")
    {
        return check.refuse(
            Code::IncompatibleTypes,
            expression.span,
            format!("`{}` gives a number of days, and a condition is needed", name.text),
            &format!("Compare it with a number, as in `{}(…) < 30`.", name.text),
        );
    }
    let value = operand_as(expression, &FieldType::Boolean, scope, check)?;
    if value.kind == FieldType::Boolean {
        return Some(Predicate::IsTrue(value.operand));
    }
    let hint = match (&value.operand, &value.kind) {
        (Operand::Literal(Value::Text(_)), _) => "Compare it with a field, or leave it away.".to_owned(),
        (_, kind) if kind.is_textual() => {
            format!("Write `{0} == \"…\"` or `not(is_blank({0}))`.", value.written)
        }
        (_, kind) if kind.is_numeric() => format!("Write `{} > 0`, say.", value.written),
        (_, FieldType::Choices(_)) => format!("Write `contains_any({}, [\"…\"])`.", value.written),
        _ => format!("Write `days_since({}) < 30`, say.", value.written),
    };
    let message = format!("{} stands where a condition is needed", value.described());
    check.refuse(Code::IncompatibleTypes, value.span, message, &hint)
}
