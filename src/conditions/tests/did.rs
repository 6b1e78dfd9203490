//! Interactions, segments, groups and an account's contacts.

use std::collections::BTreeSet;

use super::{nowhere, text, told};
use crate::{
    conditions::{Dependencies, dependencies},
    definitions::{
        ConditionNode, Content, CountKey, CountNode, DidNode, DidWord, Located, Node, Quantifier, RelatedNode,
    },
    model::{
        Entity::{Account, Contact, Lead},
        Records,
    },
};

fn expression(source: &str) -> ConditionNode {
    ConditionNode::Expression(text(source))
}

fn plain(interaction: &str) -> DidNode {
    DidNode {
        word: DidWord::Did,
        interaction: text(interaction),
        condition: None,
        it_was: None,
        attributes: Vec::new(),
        within: None,
        since: None,
        until: None,
        step: None,
        measure: None,
        count: None,
        span: nowhere(),
    }
}

fn did(node: DidNode) -> ConditionNode {
    ConditionNode::Did(Box::new(node))
}

fn count(test: CountKey, amount: &str) -> Option<CountNode> {
    Some(CountNode { test, amount: text(amount) })
}

fn key(name: &str, content: Content) -> Vec<(crate::diagnostics::Text, Node)> {
    vec![(text(name), Node { content, span: nowhere() })]
}

fn related(
    quantifier: Quantifier,
    records: Records,
    condition: ConditionNode,
    count: Option<CountNode>,
) -> ConditionNode {
    let quantifier = Located { value: quantifier, span: nowhere() };
    ConditionNode::Related(Box::new(RelatedNode { quantifier, records, condition, count, span: nowhere() }))
}

fn contacts(quantifier: Quantifier, condition: ConditionNode, count: Option<CountNode>) -> ConditionNode {
    related(quantifier, Records::Contacts, condition, count)
}

#[test]
fn interactions_are_asked_for_in_windows_and_counts() {
    let cases = [
        (plain("OrderPlaced"), "the contact did OrderPlaced"),
        (
            DidNode { word: DidWord::DidNot, within: Some(text("180 days")), ..plain("OrderPlaced") },
            "the contact did not do OrderPlaced within 180 days",
        ),
        (
            DidNode {
                condition: Some(expression("interaction.link == \"landing-page\"")),
                attributes: key("email", Content::Text(text("launch"))),
                within: Some(text("30 days")),
                count: count(CountKey::AtLeast, "2 times"),
                ..plain("EmailClicked")
            },
            "the contact did EmailClicked at least 2 times within 30 days where (interaction.link is \"landing-page\" and interaction.email is \"launch\")",
        ),
        (
            DidNode {
                since: Some(text("2026-03-29")),
                until: Some(text("2026-03-29")),
                count: count(CountKey::AtMost, "1"),
                step: Some(text("invite")),
                ..plain("OrderPlaced")
            },
            "the contact did OrderPlaced at most 1 time from 2026-03-28T23:00:00Z until 2026-03-29T21:59:59.999Z caused by step invite",
        ),
        (
            DidNode { attributes: key("amount", Content::Integer(5)), ..plain("OrderPlaced") },
            "the contact did OrderPlaced where interaction.amount is 5",
        ),
        (
            DidNode { attributes: key("amount", Content::Text(text("100_000"))), ..plain("OrderPlaced") },
            "the contact did OrderPlaced where interaction.amount is 100000",
        ),
        (
            DidNode { attributes: key("paid", Content::Boolean(true)), ..plain("OrderPlaced") },
            "the contact did OrderPlaced where interaction.paid is true",
        ),
        (
            DidNode { attributes: key("due", Content::Text(text("2026-01-31"))), ..plain("OrderPlaced") },
            "the contact did OrderPlaced where interaction.due is 2026-01-31",
        ),
        (
            DidNode {
                condition: Some(expression("interaction.amount > 3 && interaction.type == \"OrderPlaced\"")),
                ..plain("OrderPlaced")
            },
            "the contact did OrderPlaced where (interaction.amount is more than 3 and interaction.type is \"OrderPlaced\")",
        ),
    ];
    for (node, expected) in cases {
        assert_eq!(told(Contact, &did(node)), expected);
    }
    assert_eq!(told(Account, &did(plain("EmailClicked"))), "somebody did EmailClicked for the account");
}

#[test]
fn what_is_wrong_with_a_did_is_said() {
    let cases = [
        (
            plain("OrderPlacd"),
            "unknown-interaction: there is no interaction type `OrderPlacd` | Did you mean `OrderPlaced`?",
        ),
        (
            DidNode { attributes: key("emial", Content::Text(text("x"))), ..plain("EmailClicked") },
            "unknown-field: `EmailClicked` has no attribute `emial` | Did you mean `email`?",
        ),
        (
            DidNode { attributes: key("witin", Content::Text(text("30 days"))), ..plain("EmailClicked") },
            "unknown-field: `EmailClicked` has no attribute `witin` | Did you mean `within`?",
        ),
        (
            DidNode { attributes: key("more_than", Content::Integer(5)), ..plain("OrderPlaced") },
            "unknown-field: `OrderPlaced` has no attribute `more_than` | There is: `where`, `it_was`, `within`, `since`, `until`, `step`, `at_least`, `at_most`, `exactly`, `sum`, `avg`, `min`, `max`, `product`, `amount`, `paid`, `due`.",
        ),
        (
            DidNode { attributes: key("amount", Content::Text(text("much"))), ..plain("OrderPlaced") },
            "wrong-type: the attribute `amount` is of type `number`, and this is text | A key asks for equality; write `where:` with `interaction.amount` for more.",
        ),
        (
            DidNode { attributes: key("product", Content::Integer(5)), ..plain("OrderPlaced") },
            "wrong-type: the attribute `product` is of type `text`, and this is a number | Write the value in quotes.",
        ),
        (
            DidNode { attributes: key("product", Content::List(Vec::new())), ..plain("OrderPlaced") },
            "wrong-type: the attribute `product` is of type `text`, and this is a list | Write `where: interaction.product in [\"a\", \"b\"]`.",
        ),
        (
            DidNode { condition: Some(expression("interaction.lnk == \"x\"")), ..plain("EmailClicked") },
            "unknown-field: `EmailClicked` has no attribute `lnk` | Did you mean `link`?",
        ),
        (
            DidNode { condition: Some(did(plain("EmailClicked"))), ..plain("EmailClicked") },
            "expression-form: `did` can't stand in the `where` of a `did` | The `where` of a `did` is about one interaction; write the rest beside the `did`, under `all`.",
        ),
        (
            DidNode { within: Some(text("30 fortnights")), ..plain("EmailClicked") },
            "invalid-duration: `30 fortnights` is not a length of time | Write a whole number and a unit: `90 seconds`, `10 minutes`, `4 hours`, `30 days`, `2 weeks`, `3 months`, `1 year` or `5 business days`.",
        ),
        (
            DidNode { since: Some(text("30 days")), ..plain("EmailClicked") },
            "invalid-time: `30 days` is not a date and time | Write `within: 30 days` for a length of time.",
        ),
        (
            DidNode {
                since: Some(text("2026-01-02")),
                until: Some(text("2026-01-01")),
                ..plain("EmailClicked")
            },
            "invalid-time: `until` is earlier than `since` | Write the later of the two under `until`.",
        ),
        (
            DidNode {
                since: Some(text("2026-01-02")),
                within: Some(text("3 days")),
                ..plain("EmailClicked")
            },
            "invalid-value: `within` and `since` both say when the window starts | Keep one of them.",
        ),
        (
            DidNode { step: Some(text("invit")), ..plain("EmailClicked") },
            "unknown-step: the journey has no step `invit` | Did you mean `invite`?",
        ),
        (
            DidNode { count: count(CountKey::AtLeast, "2 contacts"), ..plain("EmailClicked") },
            "invalid-value: `2 contacts` is not a count | Write `2 times` or `2`.",
        ),
        (
            DidNode { count: count(CountKey::AtLeast, "0 times"), ..plain("EmailClicked") },
            "invalid-value: every number is at least 0 | Write `at_least: 1`, or leave the condition away.",
        ),
        (
            DidNode {
                word: DidWord::DidNot,
                count: count(CountKey::AtLeast, "2 times"),
                ..plain("EmailClicked")
            },
            "invalid-value: `did_not` has no count: it means never | Write `did` with `at_most`, `at_least` or `exactly`.",
        ),
    ];
    for (node, expected) in cases {
        assert_eq!(told(Contact, &did(node)), expected);
    }
}

#[test]
fn a_step_is_known_only_in_a_trigger() {
    let zone = crate::calendar::Zone::utc();
    let mut problems = crate::diagnostics::Problems::default();
    let node = did(DidNode { step: Some(text("invite")), ..plain("EmailClicked") });
    let scope = super::Scope::new(Contact, &zone);
    assert_eq!(super::check(&node, &scope, &super::catalog(), &mut problems), None);
    assert_eq!(problems.sorted()[0].message, "`step` is known only in a trigger or a branch of a journey");
}

#[test]
fn segments_are_asked_of_whom_they_hold_or_of_their_account() {
    let cases = [
        (Contact, "readers", "the contact is in segment readers"),
        (Contact, "customers", "the account is in segment customers"),
        (Account, "customers", "the account is in segment customers"),
        (Lead, "hot-leads", "the lead is in segment hot-leads"),
        (Lead, "readers", "the contact is in segment readers"),
        (Contact, "reader", "unknown-segment: there is no segment `reader` | Did you mean `readers`?"),
        (
            Account,
            "readers",
            "segment-target: the segment `readers` holds contacts, and this condition is about accounts | Write `any_contact:` with `segment: readers` to ask for an account's contacts.",
        ),
        (
            Contact,
            "hot-leads",
            "segment-target: the segment `hot-leads` holds leads, and this condition is about contacts | Use a segment of contacts, or of what they belong to.",
        ),
    ];
    for (target, name, expected) in cases {
        assert_eq!(told(target, &ConditionNode::Segment(text(name))), expected);
    }
}

#[test]
fn an_accounts_contacts_are_counted() {
    let decides = || expression("contact.role == \"decision_maker\"");
    let cases = [
        (
            Account,
            contacts(Quantifier::Any, decides(), None),
            "at least one contact of the account: contact.role is \"decision_maker\"",
        ),
        (
            Contact,
            contacts(Quantifier::All, decides(), None),
            "every contact of the account: contact.role is \"decision_maker\"",
        ),
        (
            Account,
            contacts(Quantifier::No, did(plain("OrderPlaced")), None),
            "no contact of the account: the contact did OrderPlaced",
        ),
        (
            Account,
            contacts(Quantifier::Any, decides(), count(CountKey::AtLeast, "2 contacts")),
            "at least 2 contacts of the account: contact.role is \"decision_maker\"",
        ),
        (
            Account,
            contacts(Quantifier::Any, decides(), count(CountKey::AtLeast, "50%")),
            "at least 50% of the contacts of the account: contact.role is \"decision_maker\"",
        ),
        (
            Account,
            contacts(Quantifier::Any, decides(), count(CountKey::Exactly, "50%")),
            "invalid-value: a share can only be asked with `at_least` | Write `at_least: 50%`.",
        ),
        (
            Account,
            contacts(Quantifier::Any, decides(), count(CountKey::AtLeast, "150%")),
            "invalid-value: `150%` is not a share | Write a share above 0% and up to 100%, such as `50%`.",
        ),
        (
            Account,
            contacts(Quantifier::Any, decides(), count(CountKey::AtLeast, "two")),
            "invalid-value: `two` is not a count | Write `2 contacts`, `2` or `50%`.",
        ),
        (
            Account,
            contacts(Quantifier::No, decides(), count(CountKey::AtLeast, "2")),
            "invalid-value: `no_contact` has its own count | Write `any_contact` with `at_least`, `at_most` or `exactly`.",
        ),
    ];
    for (target, node, expected) in cases {
        assert_eq!(told(target, &node), expected);
    }
}

#[test]
fn groups_stand_together() {
    let part = |letter: &str| expression(&format!("account.city == \"{letter}\""));
    let node = ConditionNode::Group {
        all: Some(vec![part("a"), part("b")]),
        any: Some(vec![part("c"), part("d")]),
        none: Some(vec![part("e"), part("f")]),
        span: nowhere(),
    };
    assert_eq!(
        told(Account, &node),
        "account.city is \"a\" and account.city is \"b\" and (account.city is \"c\" or account.city is \"d\") \
         and none of: account.city is \"e\"; account.city is \"f\""
    );
    let broken = ConditionNode::Group {
        all: Some(vec![expression("x")]),
        any: None,
        none: Some(vec![expression("yes")]),
        span: nowhere(),
    };
    assert_eq!(told(Account, &broken).lines().count(), 2, "both problems are reported");
}

#[test]
fn a_predicate_says_what_it_depends_on() {
    let node = ConditionNode::Group {
        all: Some(vec![
            expression("account.revenue > 3"),
            ConditionNode::Segment(text("readers")),
            did(DidNode { within: Some(text("30 days")), ..plain("OrderPlaced") }),
        ]),
        any: None,
        none: Some(vec![did(plain("EmailClicked"))]),
        span: nowhere(),
    };
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    let predicate = super::checked(Contact, &node).unwrap();
    assert_eq!(
        dependencies(&predicate),
        Dependencies {
            interactions: ["EmailClicked".to_owned(), "OrderPlaced".to_owned()].into(),
            account_interactions: names(&[]),
            contact_fields: names(&[]),
            account_fields: names(&["revenue"]),
            scores: names(&[]),
            lead_fields: names(&[]),
            activities: false,
            segments: ["readers".to_owned()].into(),
            clock: false,
            windows: true,
            across: false,
            primary_contacts: false,
            followed: BTreeSet::new(),
        }
    );
    let still = super::checked(Account, &contacts(Quantifier::No, expression("contact.city == \"x\""), None));
    let still = dependencies(&still.unwrap());
    assert_eq!(still.contact_fields, names(&["account_id", "city", "id"]));
    assert!(still.account_fields.is_empty() && !still.clock);
    let primary = dependencies(&super::predicate(Account, "account.primary_contact.role == \"x\""));
    assert_eq!(primary.account_fields, names(&["id", "primary_contact_id"]));
    assert_eq!(primary.contact_fields, names(&["id", "role"]));
    let parent =
        dependencies(&super::predicate(Contact, "account.parent_account.primary_contact.role == \"x\""));
    assert_eq!(parent.contact_fields, names(&["id", "role"]));
    assert_eq!(parent.account_fields, names(&["id", "parent_account_id", "primary_contact_id"]));
    let link = |field: &str, to| (Account, field.to_owned(), to);
    assert_eq!(
        parent.followed,
        [link("parent_account_id", Account), link("primary_contact_id", Contact)].into()
    );
    let today = super::predicate(Contact, "days_since(contact.created_on) < 3");
    assert!(dependencies(&today).clock);
}
