//! Conditions on what was done, on an account's contacts, and on segments.

use tilework::model::{
    Bound, Comparison, CountTest, Did, Duration, DurationUnit, Entity, FieldType, Predicate, Records,
    Related, Subject, TextTest, Value,
};
use tilework::store::{Membership, NewInteraction, Store};

use super::world::{
    Case, DAY, NOW, Place, account, accounts, compare, contact, contacts, days_ago, did, field, hold_on_both,
    interaction, is, literal, matching, not, of, ordered, put, text,
};

use CountTest::{All, AtLeast, AtLeastPercent, AtMost, Exactly};

/// Acme has ada, bob and cem; globex has dan; nobody works at initech; eve works nowhere.
fn people(store: &mut Store) {
    accounts(store, &["acme", "globex", "initech"]);
    let rows = [("ada", "acme"), ("bob", "acme"), ("cem", "acme"), ("dan", "globex"), ("eve", "")];
    contacts(store, &rows);
    for id in ["ada", "bob", "eve"] {
        put(store, Entity::Contact, id, &[("role", text("buyer"))]);
    }
    put(store, Entity::Account, "acme", &[("revenue", Value::Number(40.0))]);
    let order = |id: &str, contact: &str, at: i64, product: &str, amount: Value| NewInteraction {
        values: vec![text(product), amount],
        ..interaction(id, "OrderPlaced", contact, at)
    };
    let number = Value::Number;
    let rows = [
        order("o1", "ada", NOW - 30 * DAY, "bike", number(50.0)),
        order("o2", "ada", NOW - 10 * DAY, "bike", number(10.0)),
        order("o3", "ada", NOW, "car", Value::Missing),
        order("o4", "bob", NOW - 30 * DAY - 1, "bike", number(50.0)),
        order("o5", "dan", NOW - 5 * DAY, "car", number(60.0)),
        order("o6", "eve", NOW + 1, "car", number(60.0)),
        order("o7", "eve", NOW - 40 * DAY, "Straße", number(0.0)),
    ];
    let attributes = [field("product", FieldType::Text), field("amount", FieldType::Number)];
    store.insert_interactions(&attributes, &rows).unwrap();
    let refund = NewInteraction {
        journey: Some("spring".to_owned()),
        iteration: Some(2),
        step: Some("invite".to_owned()),
        values: vec![text("all"), Value::Boolean(true)],
        ..interaction("r1", "Refunded", "bob", NOW - DAY)
    };
    let attributes = [field("amount", FieldType::Text), field("partial", FieldType::Boolean)];
    store.insert_interactions(&attributes, &[refund]).unwrap();
}

type Row = (&'static str, Predicate, &'static [&'static str]);

fn check(place: &Place, target: Entity, table: Vec<Row>) {
    let mut store = place.store();
    people(&mut store);
    let mut wrong = Vec::new();
    for (says, predicate, expected) in table {
        let found = matching(&mut store, target, &predicate);
        if found != expected {
            wrong.push(format!("`{says}` held for {found:?}, expected {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn orders(count: CountTest) -> Did {
    did(Subject::Contact, "OrderPlaced", count)
}

fn where_(did: Did, condition: Predicate) -> Predicate {
    Predicate::Did(Did { condition: Box::new(condition), ..did })
}

fn attribute(name: &str) -> tilework::model::Operand {
    of(Subject::Interaction, name)
}

fn of_contacts() -> Vec<Row> {
    let counted = |count| Predicate::Did(orders(count));
    let within = |since: Bound, count| Predicate::Did(Did { since: Some(since), ..orders(count) });
    let until = |until: Bound| Predicate::Did(Did { until: Some(until), ..orders(AtLeast(1)) });
    let hours = |amount| Bound::Ago(Duration { amount, unit: DurationUnit::Hours });
    vec![
        ("did", ordered(), &["ada", "bob", "dan", "eve"]),
        ("did_not", counted(Exactly(0)), &["cem"]),
        ("not(did)", not(ordered()), &["cem"]),
        ("at least 0", counted(AtLeast(0)), &["ada", "bob", "cem", "dan", "eve"]),
        ("at least 2", counted(AtLeast(2)), &["ada"]),
        ("at most 0", counted(AtMost(0)), &["cem"]),
        ("at most 1", counted(AtMost(1)), &["bob", "cem", "dan", "eve"]),
        ("not(at most 1)", not(counted(AtMost(1))), &["ada"]),
        ("exactly 1", counted(Exactly(1)), &["bob", "dan", "eve"]),
        ("exactly 3", counted(Exactly(3)), &["ada"]),
        ("rule 4: a window includes its edge", within(days_ago(30), AtLeast(3)), &["ada"]),
        ("a millisecond before the edge is outside", within(days_ago(30), AtLeast(1)), &["ada", "dan"]),
        ("did_not within 30 days", within(days_ago(30), Exactly(0)), &["bob", "cem", "eve"]),
        ("within 0 hours is now", within(hours(0), AtLeast(1)), &["ada"]),
        ("since a moment includes it", within(Bound::At(NOW), AtLeast(1)), &["ada"]),
        ("until a moment includes it", until(Bound::At(NOW - 30 * DAY)), &["ada", "bob", "eve"]),
        ("until 30 days ago", until(days_ago(30)), &["ada", "bob", "eve"]),
        ("until a millisecond less", until(Bound::At(NOW - 30 * DAY - 1)), &["bob", "eve"]),
        ("rule 5: the future doesn't exist yet", within(Bound::At(NOW + 1), AtLeast(1)), &[]),
        ("until later means now", until(Bound::At(NOW + DAY)), &["ada", "bob", "dan", "eve"]),
        (
            "a window that ends before it starts",
            Predicate::Did(Did { since: Some(days_ago(1)), until: Some(days_ago(2)), ..orders(AtLeast(1)) }),
            &[],
        ),
        ("a type that nobody knows", Predicate::Did(did(Subject::Contact, "Flown", AtLeast(1))), &[]),
    ]
}

fn with_conditions() -> Vec<Row> {
    let product = |name: &str| is(attribute("product"), text(name));
    let refund = |condition| where_(did(Subject::Contact, "Refunded", AtLeast(1)), condition);
    let text_of_refund = || tilework::model::Operand::Field {
        subject: Subject::Interaction,
        name: "amount".into(),
        kind: FieldType::Text,
    };
    let above = |operand| compare(attribute("amount"), Comparison::Greater, operand);
    vec![
        ("product == \"bike\"", where_(orders(AtLeast(1)), product("bike")), &["ada", "bob"]),
        ("two bikes", where_(orders(AtLeast(2)), product("bike")), &["ada"]),
        ("no bike", where_(orders(Exactly(0)), product("bike")), &["cem", "dan", "eve"]),
        ("not a bike", where_(orders(AtLeast(1)), not(product("bike"))), &["ada", "dan", "eve"]),
        ("a missing amount", where_(orders(AtLeast(1)), Predicate::IsBlank(attribute("amount"))), &["ada"]),
        (
            "amount > 20, product contains \"i\"",
            where_(
                orders(AtLeast(1)),
                Predicate::All(vec![
                    above(literal(Value::Integer(20))),
                    Predicate::TextTest {
                        operand: attribute("product"),
                        test: TextTest::Contains,
                        needle: literal(text("i")),
                    },
                ]),
            ),
            &["ada", "bob"],
        ),
        (
            "same(product, …)",
            where_(
                orders(AtLeast(1)),
                Predicate::Same { left: attribute("product"), right: literal(text("STRAßE")) },
            ),
            &["eve"],
        ),
        ("amount > account.revenue", where_(orders(AtLeast(1)), above(account("revenue"))), &["ada", "bob"]),
        (
            "an attribute of another type with the same name",
            refund(is(text_of_refund(), text("all"))),
            &["bob"],
        ),
        ("a boolean attribute", refund(Predicate::IsTrue(attribute("partial"))), &["bob"]),
        ("the journey that caused it", refund(is(attribute("journey"), text("spring"))), &["bob"]),
        ("another journey", refund(is(attribute("journey"), text("autumn"))), &[]),
        (
            "the step and iteration",
            refund(Predicate::All(vec![
                is(attribute("step"), text("invite")),
                is(attribute("iteration"), Value::Integer(2)),
            ])),
            &["bob"],
        ),
        ("its type", refund(is(attribute("type"), text("Refunded"))), &["bob"]),
        ("its id", refund(is(attribute("id"), text("r1"))), &["bob"]),
        ("its contact", refund(is(attribute("contact_id"), text("bob"))), &["bob"]),
        ("its account", refund(is(attribute("account_id"), text("acme"))), &["bob"]),
        ("its time", refund(compare(attribute("at"), Comparison::Less, literal(Value::Time(NOW)))), &["bob"]),
    ]
}

fn of_accounts() -> Vec<Row> {
    let by_account = |count| Predicate::Did(did(Subject::Account, "OrderPlaced", count));
    vec![
        ("did", by_account(AtLeast(1)), &["acme", "globex"]),
        ("4 times by all contacts together", by_account(AtLeast(4)), &["acme"]),
        ("exactly 1", by_account(Exactly(1)), &["globex"]),
        ("at most 3", by_account(AtMost(3)), &["globex", "initech"]),
        ("did_not", by_account(Exactly(0)), &["initech"]),
        (
            "within 30 days",
            Predicate::Did(Did {
                since: Some(days_ago(30)),
                ..did(Subject::Account, "OrderPlaced", AtLeast(3))
            }),
            &["acme"],
        ),
    ]
}

fn contacts_of(condition: Predicate, count: CountTest) -> Predicate {
    Predicate::Related(Related {
        records: Records::Contacts,
        of: Subject::Account,
        condition: Box::new(condition),
        count,
    })
}

fn quantified() -> Vec<Row> {
    let buyers = |count| contacts_of(is(contact("role"), text("buyer")), count);
    let customers = |count| contacts_of(ordered(), count);
    vec![
        ("any_contact", buyers(AtLeast(1)), &["acme"]),
        ("at least 2 contacts", buyers(AtLeast(2)), &["acme"]),
        ("at least 3 contacts", buyers(AtLeast(3)), &[]),
        ("at least 0 contacts", buyers(AtLeast(0)), &["acme", "globex", "initech"]),
        ("exactly 2 contacts", buyers(Exactly(2)), &["acme"]),
        ("at most 1 contact", buyers(AtMost(1)), &["globex", "initech"]),
        ("no_contact", buyers(Exactly(0)), &["globex", "initech"]),
        ("at most 0 contacts", buyers(AtMost(0)), &["globex", "initech"]),
        ("all_contacts, also of none", customers(All), &["globex", "initech"]),
        ("not(all_contacts)", not(customers(All)), &["acme"]),
        ("all_contacts true", contacts_of(Predicate::Constant(true), All), &["acme", "globex", "initech"]),
        ("66%", customers(AtLeastPercent(66.0)), &["acme", "globex"]),
        ("two of three are 66.66%", customers(AtLeastPercent(66.66)), &["acme", "globex"]),
        ("two of three aren't 66.67%", customers(AtLeastPercent(66.67)), &["globex"]),
        ("100%", customers(AtLeastPercent(100.0)), &["globex"]),
        ("of none nobody's share is enough", customers(AtLeastPercent(0.0)), &["acme", "globex"]),
        ("any_contact did", contacts_of(Predicate::Did(orders(AtLeast(3))), AtLeast(1)), &["acme"]),
        (
            "no_contact within",
            contacts_of(Predicate::Did(Did { since: Some(days_ago(30)), ..orders(AtLeast(1)) }), Exactly(0)),
            &["initech"],
        ),
        (
            "any_contact and its account",
            contacts_of(
                compare(account("revenue"), Comparison::Greater, literal(Value::Integer(1))),
                AtLeast(1),
            ),
            &["acme"],
        ),
    ]
}

fn asked_of_contacts() -> Vec<Row> {
    let by_account = |count| Predicate::Did(did(Subject::Account, "OrderPlaced", count));
    let colleagues = |count| contacts_of(is(contact("role"), text("buyer")), count);
    vec![
        ("the account did", by_account(AtLeast(2)), &["ada", "bob", "cem"]),
        ("no account did nothing", by_account(Exactly(0)), &["eve"]),
        ("any colleague", colleagues(AtLeast(1)), &["ada", "bob", "cem"]),
        ("no colleague", colleagues(Exactly(0)), &["dan", "eve"]),
        ("half of the colleagues", colleagues(AtLeastPercent(50.0)), &["ada", "bob", "cem"]),
    ]
}

/// Segments of each kind, then a table of questions.
fn with_segments(place: &Place) {
    let mut store = place.store();
    people(&mut store);
    let ids = |ids: &[&str]| Membership::Static(ids.iter().map(|id| (*id).to_owned()).collect());
    for (name, target, members) in [
        ("vips", Entity::Contact, ids(&["ada", "eve", "nobody"])),
        ("rivals", Entity::Account, ids(&["acme"])),
        ("empty", Entity::Contact, ids(&[])),
    ] {
        store.declare_segment(name, target, "", true, 0).unwrap();
        store.evaluate_segment(name, &members, target, NOW, None, &[]).unwrap();
    }
    let in_segment =
        |segment: &str, holds, of| Predicate::InSegment { segment: segment.to_owned(), holds, of };
    let vip = || in_segment("vips", Entity::Contact, Subject::Contact);
    let rival = || in_segment("rivals", Entity::Account, Subject::Contact);
    let table: Vec<Row> = vec![
        ("segment", vip(), &["ada", "eve"]),
        ("not(segment)", not(vip()), &["bob", "cem", "dan"]),
        ("a segment of accounts means the contact's", rival(), &["ada", "bob", "cem"]),
        ("no account is in no segment", not(rival()), &["dan", "eve"]),
        ("an empty segment", in_segment("empty", Entity::Contact, Subject::Contact), &[]),
        ("one never evaluated", in_segment("later", Entity::Contact, Subject::Contact), &[]),
    ];
    for (says, predicate, expected) in table {
        assert_eq!(matching(&mut store, Entity::Contact, &predicate), expected, "{says}");
    }
    let table: Vec<Row> = vec![
        ("segment", in_segment("rivals", Entity::Account, Subject::Account), &["acme"]),
        ("any_contact in a segment", contacts_of(vip(), AtLeast(1)), &["acme"]),
        ("no_contact in a segment", contacts_of(vip(), Exactly(0)), &["globex", "initech"]),
    ];
    for (says, predicate, expected) in table {
        assert_eq!(matching(&mut store, Entity::Account, &predicate), expected, "of accounts: {says}");
    }
}

const CASES: &[Case] = &[
    ("what a contact did", |place| check(place, Entity::Contact, of_contacts())),
    ("what a contact did, and how", |place| check(place, Entity::Contact, with_conditions())),
    ("what an account did", |place| check(place, Entity::Account, of_accounts())),
    ("an account's contacts", |place| check(place, Entity::Account, quantified())),
    ("a contact's account and colleagues", |place| check(place, Entity::Contact, asked_of_contacts())),
    ("segments in conditions", with_segments),
];

#[test]
fn what_was_done_counts_the_same_on_both_databases() {
    hold_on_both(CASES);
}
