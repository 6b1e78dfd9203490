//! Calls of functions of scripts and of tables: what they have to give, and where they can't stand.

use super::{predicate, told};
use crate::{
    definitions::ConditionNode,
    model::{
        Entity::{Account, Contact, Lead},
        FieldType, Operand, Part,
    },
};

#[test]
fn what_a_call_has_to_give_is_told_by_what_stands_beside_it() {
    let cases = [
        ("region_of(contact)", FieldType::Boolean),
        ("!region_of(contact)", FieldType::Boolean),
        ("region_of(contact) == true", FieldType::Boolean),
        ("region_of(contact) == \"EMEA\"", FieldType::Text),
        ("region_of(contact) == account.size", FieldType::Text),
        ("contact.id != region_of(contact)", FieldType::Text),
        ("region_of(contact) in [\"EMEA\", \"APAC\"]", FieldType::Text),
        ("contains(region_of(contact), \"M\")", FieldType::Text),
        ("same(region_of(contact), \"emea\")", FieldType::Text),
        ("region_of(contact) > 1", FieldType::Number),
        ("region_of(contact) * 2 >= 10", FieldType::Number),
        ("-region_of(contact) < account.employees", FieldType::Number),
        ("region_of(contact) in 1..=5", FieldType::Number),
        ("region_of(contact) > date(\"2026-01-01\")", FieldType::Date),
        ("days_since(region_of(contact)) < 30", FieldType::Date),
        ("month(region_of(contact)) == 3", FieldType::Date),
        ("region_of(contact) > contact.created_on", FieldType::DateTime),
        ("lookup(\"territories\", contact.country, \"team\") == \"ann\"", FieldType::Text),
        ("is_blank(lookup(\"territories\", contact.country, \"team\"))", FieldType::Text),
        ("lookup(\"territories\", contact.country, \"share\") < 1", FieldType::Number),
    ];
    for (source, gives) in cases {
        let predicate = predicate(Contact, source);
        let mut found = Vec::new();
        Part::Predicate(&predicate).each(&mut |part| {
            if let Part::Operand(Operand::Call(call)) = part {
                found.push(call.gives.clone());
            }
        });
        found.dedup();
        assert_eq!(found, [gives], "{source}");
    }
}

#[test]
fn a_call_takes_records_in_scope_fields_and_values() {
    let cases = [
        (Contact, "fit(account, 3) > 1", "fit(account, 3) is more than 1"),
        (Contact, "fit(contact.account, today())", "fit(contact.account, today) is true"),
        (
            Contact,
            "fit(account.primary_contact, contact.role)",
            "fit(account.primary_contact, contact.role) is true",
        ),
        (Lead, "fit(lead, lead.contact)", "fit(lead, contact) is true"),
        (
            Account,
            "lookup(\"territories\", account.country, \"team\") == \"ann\"",
            "lookup(\"territories\", account.country, \"team\") is \"ann\"",
        ),
        (
            Contact,
            "region_of(lead)",
            "unknown-field: `lead` isn't known in a condition about contacts | Write `any_lead:` above it to ask for at least one of them.",
        ),
        (
            Contact,
            "region_of(now())",
            "expression-form: a function of `scripts/` takes a record, a field or a value | Write `contact`, `account`, a field such as `contact.role`, `today()`, or a text or number.",
        ),
        (
            Contact,
            "lookup(\"territories\", account.revenue, \"team\") == \"ann\"",
            "incompatible-types: `lookup` takes text or a whole number as its key, and this is number | Name a field that is a key of the table.",
        ),
        (
            Contact,
            "lookup(\"territories\", contact.country, \"team\") > 3",
            "incompatible-types: a number is needed, and the column `team` of `tables/territories.csv` has `ann` | Compare it with text in double quotes, or fix the table.",
        ),
        (
            Contact,
            "days_since(contact.created_on) < region_of(contact)",
            "expression-form: a number of days can only be compared with a number | Write `days_since(contact.created_on) < 30`, or count the days in the script.",
        ),
    ];
    for (target, source, expected) in cases {
        assert_eq!(told(target, &ConditionNode::Expression(super::text(source))), expected, "{source}");
    }
}
