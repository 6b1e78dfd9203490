//! `any_contact`, `no_lead`, `all_activities` and their like: how many of the records that belong to
//! somebody satisfy a condition.

use super::{
    Scope, check,
    context::{self, Check},
    counts::{whole_number, words},
};
use crate::{
    definitions::{CountKey, CountNode, Quantifier, RelatedNode},
    diagnostics::Code,
    model::{CountTest, Entity, Predicate, Records, Related, Subject},
};

/// The predicate of a question about related records.
pub(super) fn predicate(node: &RelatedNode, scope: Scope<'_>, check: &mut Check<'_>) -> Option<Predicate> {
    let name = RelatedNode::key(node.quantifier.value, node.records);
    context::refuse_inside(name, node.quantifier.span, scope, check)?;
    let of = match (node.records, scope.target) {
        (Records::Leads, Entity::Lead) => {
            return check.refuse(
                Code::ExpressionForm,
                node.quantifier.span,
                format!("`{name}` is asked in a condition about leads"),
                "The condition is about each lead by itself; name its fields, such as `lead.stage`.",
            );
        }
        (Records::Contacts, _) | (_, Entity::Account) => Subject::Account,
        (Records::Leads | Records::Activities, Entity::Contact | Entity::Lead) => Subject::Contact,
    };
    let count = count(node, name, check);
    let inside = match node.records {
        Records::Contacts => scope.about(Entity::Contact),
        Records::Leads => scope.about(Entity::Lead),
        Records::Activities => scope.about_activities(),
    };
    let one_is_enough = matches!(count, Some(CountTest::AtLeast(1)));
    let inside = if one_is_enough { inside } else { inside.joined() };
    let condition = check::whole(&node.condition, inside, check);
    Some(Predicate::Related(Related {
        records: node.records,
        of,
        condition: Box::new(condition?),
        count: count?,
    }))
}

fn count(node: &RelatedNode, name: &str, check: &mut Check<'_>) -> Option<CountTest> {
    match (node.quantifier.value, &node.count) {
        (Quantifier::Any, None) => Some(CountTest::AtLeast(1)),
        (Quantifier::All, None) => Some(CountTest::All),
        (Quantifier::No, None) => Some(CountTest::Exactly(0)),
        (Quantifier::Any, Some(count)) => written(count, node.records, check),
        (_, Some(count)) => {
            let any = RelatedNode::key(Quantifier::Any, node.records);
            check.refuse(
                Code::InvalidValue,
                count.amount.span,
                format!("`{name}` has its own count"),
                &format!("Write `{any}` with `at_least`, `at_most` or `exactly`."),
            )
        }
    }
}

fn written(count: &CountNode, records: Records, check: &mut Check<'_>) -> Option<CountTest> {
    let amount = count.amount.as_str().trim();
    if let Some(percent) = amount.strip_suffix('%') {
        let share = percent.trim().parse::<f64>().ok().filter(|share| *share > 0.0 && *share <= 100.0);
        return match (count.test, share) {
            (CountKey::AtLeast, Some(share)) => Some(CountTest::AtLeastPercent(share)),
            (CountKey::AtLeast, None) => check.refuse(
                Code::InvalidValue,
                count.amount.span,
                format!("`{amount}` is not a share"),
                "Write a share above 0% and up to 100%, such as `50%`.",
            ),
            _ => check.refuse(
                Code::InvalidValue,
                count.amount.span,
                "a share can only be asked with `at_least`",
                "Write `at_least: 50%`.",
            ),
        };
    }
    let units = words(records);
    let number = whole_number(amount, units);
    test(count, number, &format!("Write `2 {}`, `2` or `50%`.", units[1]), check)
}

/// A count test with a number that was read, or the problem that it wasn't one.
pub(super) fn test(
    count: &CountNode,
    number: Option<u64>,
    hint: &str,
    check: &mut Check<'_>,
) -> Option<CountTest> {
    match (count.test, number) {
        (CountKey::AtLeast, Some(0)) => check.refuse(
            Code::InvalidValue,
            count.amount.span,
            "every number is at least 0",
            "Write `at_least: 1`, or leave the condition away.",
        ),
        (CountKey::AtLeast, Some(number)) => Some(CountTest::AtLeast(number)),
        (CountKey::AtMost, Some(number)) => Some(CountTest::AtMost(number)),
        (CountKey::Exactly, Some(number)) => Some(CountTest::Exactly(number)),
        (_, None) => {
            let message = format!("`{}` is not a count", count.amount.as_str());
            check.refuse(Code::InvalidValue, count.amount.span, message, hint)
        }
    }
}
