//! From conditions as written to predicates.

use super::{
    Scope,
    context::{Check, refuse_inside},
    did, expression, lints, operand, related,
};
use crate::{
    definitions::ConditionNode,
    diagnostics::{Code, Problem, Problems, Span, Text, did_you_mean},
    model::{Catalog, Entity, FieldType, Operand, Part, Predicate, Subject},
    script::parse_expression,
};

/// Checks a condition. All problems are reported; with an error there is no predicate.
pub fn check(
    node: &ConditionNode,
    scope: &Scope<'_>,
    catalog: &Catalog,
    problems: &mut Problems,
) -> Option<Predicate> {
    whole(node, *scope, &mut Check { catalog, problems })
}

/// Checks a condition that isn't a clause of another.
pub(super) fn whole(node: &ConditionNode, scope: Scope<'_>, check: &mut Check<'_>) -> Option<Predicate> {
    let predicate = node_predicate(node, scope, check)?;
    // Groups look at their own clauses.
    if let (ConditionNode::Expression(text), Predicate::Any(_)) = (node, &predicate) {
        lints::warn(&[(text.span, &predicate)], &[], &[], check);
    }
    let mut clauses = 0;
    Part::Predicate(&predicate).each(&mut |part| clauses += usize::from(matches!(part, Part::Predicate(_))));
    if clauses > MOST_CLAUSES {
        let message =
            format!("the condition has {clauses} clauses, and databases take no more than {MOST_CLAUSES}");
        let hint = "Write alternatives on one field as a list, `x in [\"a\", \"b\"]`, or put them into a table of \
                    `tables/` and ask `lookup(…)`.";
        return check.refuse(Code::ExpressionForm, node.span(), message, hint);
    }
    Some(predicate)
}

/// The most clauses that a condition may have.
const MOST_CLAUSES: usize = 5_000;

/// Checks a calculation that has to come to a number, as the points of a scoring rule do. All problems
/// are reported; with an error there is no operand.
pub fn check_number(
    text: &Text,
    scope: &Scope<'_>,
    catalog: &Catalog,
    problems: &mut Problems,
) -> Option<Operand> {
    let parsed = parse_expression(text, problems)?;
    let mut check = Check { catalog, problems };
    let value = operand::operand_as(&parsed, &FieldType::Number, *scope, &mut check)?;
    if value.kind.is_numeric() {
        return Some(value.operand);
    }
    let message = format!("{} stands where a number is needed", value.described());
    check.refuse(Code::IncompatibleTypes, value.span, message, "Write a calculation with number fields.")
}

/// Checks one node and all below it.
pub(super) fn node_predicate(
    node: &ConditionNode,
    scope: Scope<'_>,
    check: &mut Check<'_>,
) -> Option<Predicate> {
    match node {
        ConditionNode::Constant(value) => Some(Predicate::Constant(value.value)),
        ConditionNode::Expression(text) => {
            let parsed = parse_expression(text, check.problems)?;
            let predicate = expression::predicate(&parsed, scope, check)?;
            if let Predicate::All(parts) = &predicate {
                let parts: Vec<_> = parts.iter().map(|part| (text.span, part)).collect();
                lints::warn(&parts, &[], &[], check);
            }
            Some(predicate)
        }
        ConditionNode::Group { all, any, none, .. } => {
            let each = |nodes: &Option<Vec<ConditionNode>>, alone: bool, check: &mut Check<'_>| {
                let scope = if alone { scope } else { scope.joined() };
                nodes.as_deref().map(|nodes| each(nodes, scope, check))
            };
            let lone = all.as_ref().is_some_and(|nodes| nodes.len() == 1) && any.is_none() && none.is_none();
            let all_of = each(all, lone, check);
            let any_of = each(any, all.is_none() && none.is_none(), check);
            let none_of = each(none, false, check);
            let mut together = all_of.unwrap_or_else(|| Some(Vec::new()))?;
            let (any_of, none_of) = match (any_of, none_of) {
                (Some(None), _) | (_, Some(None)) => return None,
                (any_of, none_of) => (any_of.flatten(), none_of.flatten()),
            };
            let nothing = Vec::new();
            lints::warn(
                &placed(all, &together),
                &placed(any, any_of.as_ref().unwrap_or(&nothing)),
                &placed(none, none_of.as_ref().unwrap_or(&nothing)),
                check,
            );
            together.extend(any_of.map(Predicate::Any));
            together.extend(none_of.map(|none| Predicate::Not(Box::new(Predicate::Any(none)))));
            Some(match together.len() {
                1 => together.remove(0),
                _ => Predicate::All(together),
            })
        }
        ConditionNode::Segment(name) => segment(name, scope, check),
        ConditionNode::Did(did) => did::predicate(did, scope, check),
        ConditionNode::Subscribed(topic) => subscribed(topic, scope, check),
        ConditionNode::Related(node) => related::predicate(node, scope, check),
    }
}

/// Clauses with their places.
fn placed<'p>(nodes: &Option<Vec<ConditionNode>>, predicates: &'p [Predicate]) -> Vec<(Span, &'p Predicate)> {
    let nodes = nodes.as_deref().unwrap_or_default();
    nodes.iter().map(ConditionNode::span).zip(predicates).collect()
}

fn each(nodes: &[ConditionNode], scope: Scope<'_>, check: &mut Check<'_>) -> Option<Vec<Predicate>> {
    let checked: Vec<_> = nodes.iter().map(|node| node_predicate(node, scope, check)).collect();
    checked.into_iter().collect()
}

fn subscribed(topic: &Text, scope: Scope<'_>, check: &mut Check<'_>) -> Option<Predicate> {
    refuse_inside("subscribed", topic.span, scope, check)?;
    if scope.target == Entity::Account {
        return check.refuse(
            Code::ContactInAccount,
            topic.span,
            "`subscribed` is asked in a condition about accounts, and contacts subscribe",
            &format!(
                "Write `any_contact:` with `subscribed: {}` to ask for at least one of them.",
                topic.as_str()
            ),
        );
    }
    let wanted = topic.as_str();
    if !check.catalog.topics.contains(wanted) {
        let known = check.catalog.topics.iter().map(String::as_str);
        let define = format!("Define it: `kind: topic`, and below it `name: {wanted}`.");
        let hint = did_you_mean(wanted, known).unwrap_or(define);
        return check.refuse(Code::UnknownTopic, topic.span, format!("there is no topic `{wanted}`"), &hint);
    }
    Some(Predicate::Subscribed { topic: topic.value.clone() })
}

fn segment(name: &Text, scope: Scope<'_>, check: &mut Check<'_>) -> Option<Predicate> {
    refuse_inside("segment", name.span, scope, check)?;
    let wanted = name.as_str();
    let Some(holds) = check.catalog.segments.get(wanted).copied() else {
        let known = check.catalog.segments.keys().map(String::as_str);
        let problem =
            Problem::error(Code::UnknownSegment, name.span, format!("there is no segment `{wanted}`"));
        let problem = problem.hint_if(did_you_mean(wanted, known));
        check.report(problem);
        return None;
    };
    let of = match (scope.target, holds) {
        (Entity::Contact | Entity::Lead, Entity::Account) => Subject::Account,
        (Entity::Lead, Entity::Contact) => Subject::Contact,
        (target, holds) if target == holds => scope.subject(),
        (target, holds) => {
            let hint = if target == Entity::Account && holds == Entity::Contact {
                format!("Write `any_contact:` with `segment: {wanted}` to ask for an account's contacts.")
            } else {
                format!("Use a segment of {}, or of what they belong to.", target.plural())
            };
            return check.refuse(
                Code::SegmentTarget,
                name.span,
                format!(
                    "the segment `{wanted}` holds {}, and this condition is about {}",
                    holds.plural(),
                    target.plural()
                ),
                &hint,
            );
        }
    };
    Some(Predicate::InSegment { segment: wanted.to_owned(), holds, of })
}
