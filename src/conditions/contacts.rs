//! `any_contact`, `all_contacts`, `no_contact`: how many of an account's contacts satisfy a condition.

use super::{
    Scope,
    check::{self, Check},
    did::whole_number,
};
use crate::{
    definitions::{ContactsNode, CountKey, CountNode, Quantifier},
    diagnostics::Code,
    model::{CountTest, Entity, Predicate},
};

/// The predicate of a quantifier.
pub(super) fn predicate(node: &ContactsNode, scope: Scope<'_>, check: &mut Check<'_>) -> Option<Predicate> {
    let name = match node.quantifier.value {
        Quantifier::Any => "any_contact",
        Quantifier::All => "all_contacts",
        Quantifier::No => "no_contact",
    };
    check::refuse_inside_did(name, node.quantifier.span, scope, check)?;
    let count = count(node, name, check);
    let condition = check::node_predicate(&node.condition, scope.about(Entity::Contact), check);
    Some(Predicate::Contacts { condition: Box::new(condition?), count: count? })
}

fn count(node: &ContactsNode, name: &str, check: &mut Check<'_>) -> Option<CountTest> {
    match (node.quantifier.value, &node.count) {
        (Quantifier::Any, None) => Some(CountTest::AtLeast(1)),
        (Quantifier::All, None) => Some(CountTest::All),
        (Quantifier::No, None) => Some(CountTest::Exactly(0)),
        (Quantifier::Any, Some(count)) => written(count, check),
        (_, Some(count)) => check.refuse(
            Code::InvalidValue,
            count.amount.span,
            format!("`{name}` has its own count"),
            "Write `any_contact` with `at_least`, `at_most` or `exactly`.",
        ),
    }
}

fn written(count: &CountNode, check: &mut Check<'_>) -> Option<CountTest> {
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
    let number = whole_number(amount, ["contact", "contacts"]);
    test(count, number, "Write `2 contacts`, `2` or `50%`.", check)
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
