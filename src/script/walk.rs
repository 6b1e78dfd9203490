//! What a script calls and reads, found without running it.

use std::collections::BTreeSet;

use rhai::{AST, ASTNode, Expr, Stmt};

use super::{Place, places::Places};
use crate::diagnostics::{Span, Text};

/// A call of a function by its name.
pub(super) struct Call {
    pub(super) name: String,
    /// Arguments in brackets; what stands before the point of a method isn't among them.
    pub(super) arguments: usize,
    pub(super) method: bool,
    pub(super) span: Span,
    /// The arguments that are text, each with its place.
    pub(super) texts: Vec<(usize, String, Span)>,
    /// The arguments that are a property of a variable, as in `params.channel`.
    pub(super) properties: Vec<(usize, String, String)>,
}

/// All calls of a script.
pub(super) fn calls(ast: &AST, text: &Text) -> Vec<Call> {
    let places = Places::new(text.as_str());
    let byte = |position: rhai::Position| match position.line() {
        Some(line) => places.byte(line, position.position().unwrap_or(1)),
        None => 0,
    };
    let mut found = Vec::new();
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        let (call, method, position) = match path.last() {
            Some(ASTNode::Expr(Expr::FnCall(call, position))) if !call.is_operator_call() => {
                (call, false, *position)
            }
            // A call that stands alone, such as the last one of a function.
            Some(ASTNode::Stmt(Stmt::FnCall(call, position))) if !call.is_operator_call() => {
                (call, false, *position)
            }
            Some(ASTNode::Expr(Expr::MethodCall(call, position))) => (call, true, *position),
            _ => return true,
        };
        let start = byte(position);
        let texts = call.args.iter().enumerate().filter_map(|(at, argument)| match argument {
            Expr::StringConstant(value, position) => {
                let start = byte(*position);
                Some((at, value.to_string(), text.span_at(start, places.quoted_end(start))))
            }
            _ => None,
        });
        let properties = call.args.iter().enumerate().filter_map(|(at, argument)| match argument {
            Expr::Dot(parts, ..) => match (&parts.lhs, &parts.rhs) {
                (Expr::Variable(variable, ..), Expr::Property(property, _)) => {
                    Some((at, variable.1.to_string(), property.2.to_string()))
                }
                _ => None,
            },
            _ => None,
        });
        found.push(Call {
            name: call.name.to_string(),
            arguments: call.args.len(),
            method,
            span: text.span_at(start, places.word_end(start)),
            texts: texts.collect(),
            properties: properties.collect(),
        });
        true
    });
    found
}

/// The fields that a function reads of one of its parameters, as in `contact.role`; nothing when it does
/// anything else with it, so that any field may matter. The function stands between two places.
pub(super) fn fields_read(
    ast: &AST,
    parameter: &str,
    from: Place,
    to: Option<Place>,
) -> Option<BTreeSet<String>> {
    let order = |place: Place| (place.line, place.column);
    let within = |expr: &Expr| {
        let at = order(expr.position().into());
        order(from) < at && to.is_none_or(|to| at < order(to))
    };
    let (mut fields, mut uses, mut known) = (BTreeSet::new(), 0, 0);
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        match path.last() {
            Some(ASTNode::Expr(expr @ Expr::Variable(variable, ..))) => {
                uses += usize::from(variable.1 == parameter && within(expr));
            }
            Some(ASTNode::Expr(Expr::Dot(parts, ..))) => {
                if let Expr::Variable(variable, ..) = &parts.lhs
                    && variable.1 == parameter
                    && within(&parts.lhs)
                    && let Some(field) = first_property(&parts.rhs)
                {
                    fields.insert(field);
                    known += 1;
                }
            }
            _ => {}
        }
        true
    });
    (uses == known).then_some(fields)
}

fn first_property(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Property(property, _) => Some(property.2.to_string()),
        Expr::Dot(parts, ..) | Expr::Index(parts, ..) => first_property(&parts.lhs),
        _ => None,
    }
}
