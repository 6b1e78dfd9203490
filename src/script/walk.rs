//! What a script calls and reads, found without running it.

use std::collections::BTreeSet;

use rhai::{AST, ASTNode, Dynamic, Expr, FnCallExpr, FnPtr, Position, Stmt};

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
        if is_of_closure(call, position) {
            return true;
        }
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

/// The built-in functions that call a closure, each with the place of it among the arguments of the method.
const CALLING: [(&str, usize); 18] = [
    ("all", 0),
    ("dedup", 0),
    ("drain", 0),
    ("filter", 0),
    ("find", 0),
    ("find_map", 0),
    ("for_each", 0),
    ("index_of", 0),
    ("map", 0),
    ("order", 0),
    ("order_by", 0),
    ("reduce", 0),
    ("reduce_rev", 0),
    ("retain", 0),
    ("some", 0),
    ("sort", 0),
    ("sort_by", 0),
    ("zip", 1),
];

/// Where closures stand that aren't called by the built-in function that they are handed to. A closure that is
/// kept may hold itself, or one closure the other, without end.
pub(super) fn kept_closures(ast: &AST, text: &Text) -> Vec<Span> {
    let places = Places::new(text.as_str());
    let mut found = Vec::new();
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        let [before @ .., last] = path else { return true };
        let mut keep = |position: Position| {
            let start = places.byte(position.line().unwrap_or(1), position.position().unwrap_or(1));
            found.push(text.span_at(start, start + places.token(start).len()));
        };
        let closure = match last {
            ASTNode::Expr(closure) if is_closure(closure) => closure,
            // At the end of a function, which gives it back.
            ASTNode::Stmt(Stmt::FnCall(call, position)) if is_of_closure(call, *position) => {
                if !matches!(before.last(), Some(ASTNode::Expr(Expr::Stmt(_)))) {
                    keep(*position);
                }
                return true;
            }
            _ => return true,
        };
        let called = |call: &FnCallExpr, before: usize| {
            let place = call.args.iter().position(|argument| std::ptr::eq(argument, *closure));
            place.is_some_and(|place| CALLING.contains(&(call.name.as_str(), place.wrapping_sub(before))))
        };
        let fine = match before.last() {
            Some(ASTNode::Expr(Expr::MethodCall(call, _))) => called(call, 0),
            Some(
                ASTNode::Expr(Expr::FnCall(call, position)) | ASTNode::Stmt(Stmt::FnCall(call, position)),
            ) => is_of_closure(call, *position) || called(call, 1),
            _ => false,
        };
        if !fine {
            keep(closure.start_position());
        }
        true
    });
    found
}

/// Where `this` stands, which is what a function may change of its caller, unseen by those who measure.
pub(super) fn of_this(ast: &AST, text: &Text) -> Vec<Span> {
    let places = Places::new(text.as_str());
    let mut found = Vec::new();
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        if let Some(ASTNode::Expr(Expr::ThisPtr(position))) = path.last()
            && let Some(line) = position.line()
        {
            let start = places.byte(line, position.position().unwrap_or(1));
            found.push(text.span_at(start, places.word_end(start)));
        }
        true
    });
    found
}

/// Whether an expression is a closure; with variables around it, it is a block that shares them with it.
fn is_closure(expr: &Expr) -> bool {
    let anonymous = |value: &Dynamic| value.read_lock::<FnPtr>().is_some_and(|known| known.is_anonymous());
    match expr {
        Expr::DynamicConstant(value, _) => match value.as_array_ref() {
            Ok(items) => items.iter().any(anonymous),
            Err(_) => anonymous(value),
        },
        Expr::Stmt(block) => match block.statements().last() {
            Some(Stmt::FnCall(call, position)) => is_of_closure(call, *position),
            Some(Stmt::Expr(last)) => match &**last {
                Expr::FnCall(call, position) => is_of_closure(call, *position),
                _ => false,
            },
            _ => false,
        },
        _ => false,
    }
}

/// Whether a call is how Rhai hands a closure the variables around it: it stands where the closure stands.
fn is_of_closure(call: &FnCallExpr, position: Position) -> bool {
    call.name == "curry" && call.args.first().is_some_and(|first| first.position() == position)
}

/// What a function does with one of its parameters, when that is nothing else.
#[derive(Default)]
pub(super) struct Reads {
    /// The fields that it reads of it, as in `contact.role`.
    pub(super) fields: BTreeSet<String>,
    /// The functions that it hands it on to, each with the place of the argument.
    pub(super) handed_on: Vec<(String, usize)>,
}

/// What a function does with one of its parameters; nothing when it does anything else than reading fields
/// and handing it on, so that any field may matter. The function stands between two places.
pub(super) fn reads(ast: &AST, parameter: &str, from: Place, to: Option<Place>) -> Option<Reads> {
    let order = |place: Place| (place.line, place.column);
    let is_parameter = |expr: &Expr| {
        let at = order(expr.position().into());
        let within = order(from) < at && to.is_none_or(|to| at < order(to));
        within && matches!(expr, Expr::Variable(variable, ..) if variable.1 == parameter)
    };
    let (mut reads, mut uses, mut known) = (Reads::default(), 0, 0);
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        match path.last() {
            Some(ASTNode::Expr(expr @ Expr::Variable(..))) => uses += usize::from(is_parameter(expr)),
            Some(ASTNode::Expr(Expr::Dot(parts, ..))) => {
                if is_parameter(&parts.lhs)
                    && let Some(field) = first_property(&parts.rhs)
                {
                    reads.fields.insert(field);
                    known += 1;
                }
            }
            Some(ASTNode::Expr(Expr::FnCall(call, _)) | ASTNode::Stmt(Stmt::FnCall(call, _)))
                if !call.is_operator_call() =>
            {
                for (place, _) in call.args.iter().enumerate().filter(|(_, argument)| is_parameter(argument))
                {
                    reads.handed_on.push((call.name.to_string(), place));
                    known += 1;
                }
            }
            _ => {}
        }
        true
    });
    (uses == known).then_some(reads)
}

fn first_property(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Property(property, _) => Some(property.2.to_string()),
        Expr::Dot(parts, ..) | Expr::Index(parts, ..) => first_property(&parts.lhs),
        _ => None,
    }
}
