//! Conditions on fields: a table of predicates over a few records, and who satisfies each.

use tilework::model::{Arithmetic, Comparison, Entity, Operand, Predicate, TextTest, Value};
use tilework::store::Store;

use super::world::{
    Case, DAY, NOW, Place, account, compare, contact, hold_on_both, is, literal, matching, not, put, text,
};

use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};

/// Two accounts, one of which knows little, and five contacts, one of whom has no account.
fn people(store: &mut Store) {
    let integer = Value::Integer;
    put(
        store,
        Entity::Account,
        "acme",
        &[
            ("name", text("Acme")),
            ("city", text("Chicago")),
            ("employees", integer(100)),
            ("revenue", Value::Number(2.5)),
        ],
    );
    put(
        store,
        Entity::Account,
        "globex",
        &[("name", text("Übermaß")), ("city", text("")), ("employees", integer(0))],
    );
    let choices = |names: &[&str]| Value::Choices(names.iter().map(|name| (*name).to_owned()).collect());
    let rows: [(&str, Vec<(&str, Value)>); 5] = [
        (
            "ada",
            vec![
                ("account_id", text("acme")),
                ("first_name", text("Ada")),
                ("job_title", text("Buyer")),
                ("country", text("UK")),
                ("do_not_email", Value::Boolean(true)),
                ("birthdate", Value::Date("1990-01-15".to_owned())),
                ("visits", integer(3)),
                ("score", Value::Number(0.5)),
                ("seen", Value::Time(NOW - DAY)),
                ("interests", choices(&["golf", "wine"])),
            ],
        ),
        (
            "bob",
            vec![
                ("account_id", text("acme")),
                ("first_name", text("")),
                ("job_title", text("buyer")),
                ("country", text(" uk\u{3000}\n")),
                ("do_not_email", Value::Boolean(false)),
                ("birthdate", Value::Date("1990-01-16".to_owned())),
                ("visits", integer(0)),
                ("score", Value::Number(-4.0)),
                ("seen", Value::Time(NOW)),
                ("interests", choices(&[])),
            ],
        ),
        (
            "cem",
            vec![
                ("account_id", text("globex")),
                ("first_name", text("ÄÖ straße")),
                ("job_title", text("Head of Büying")),
                ("country", text("ΟΔΟΣ")),
                ("visits", integer(3)),
                ("interests", choices(&["wine"])),
            ],
        ),
        (
            "dan",
            vec![("first_name", text("dan_%")), ("job_title", text("100% Bu_er")), ("visits", integer(-1))],
        ),
        (
            "eve",
            vec![("account_id", text("globex")), ("first_name", text(" \t")), ("job_title", text("Zed"))],
        ),
    ];
    for (id, values) in rows {
        put(store, Entity::Contact, id, &values);
    }
}

type Row = (&'static str, Predicate, &'static [&'static str]);

fn check(store: &mut Store, target: Entity, table: Vec<Row>) {
    let mut wrong = Vec::new();
    for (says, predicate, expected) in table {
        let found = matching(store, target, &predicate);
        if found != expected {
            wrong.push(format!("`{says}` held for {found:?}, expected {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn missing() -> Operand {
    literal(Value::Missing)
}

fn number(number: i64) -> Operand {
    literal(Value::Integer(number))
}

fn words(text: &str) -> Operand {
    literal(super::world::text(text))
}

fn date(text: &str) -> Operand {
    literal(Value::Date(text.to_owned()))
}

fn comparisons() -> Vec<Row> {
    let visits = || contact("visits");
    let title = || contact("job_title");
    vec![
        ("true", Predicate::Constant(true), &["ada", "bob", "cem", "dan", "eve"]),
        ("false", Predicate::Constant(false), &[]),
        ("visits == 3", compare(visits(), Equal, number(3)), &["ada", "cem"]),
        ("visits == 3.0", is(visits(), Value::Number(3.0)), &["ada", "cem"]),
        ("visits != 3", compare(visits(), NotEqual, number(3)), &["bob", "dan", "eve"]),
        ("not(visits == 3)", not(compare(visits(), Equal, number(3))), &["bob", "dan", "eve"]),
        ("not(visits != 3)", not(compare(visits(), NotEqual, number(3))), &["ada", "cem"]),
        ("visits < 3", compare(visits(), Less, number(3)), &["bob", "dan"]),
        ("not(visits < 3)", not(compare(visits(), Less, number(3))), &["ada", "cem", "eve"]),
        ("visits >= 0", compare(visits(), GreaterOrEqual, number(0)), &["ada", "bob", "cem"]),
        ("3 <= visits", compare(number(3), LessOrEqual, visits()), &["ada", "cem"]),
        ("visits > -0.5", compare(visits(), Greater, literal(Value::Number(-0.5))), &["ada", "bob", "cem"]),
        ("visits > score", compare(visits(), Greater, contact("score")), &["ada", "bob"]),
        ("missing == missing", compare(missing(), Equal, missing()), &[]),
        ("missing != missing", compare(missing(), NotEqual, missing()), &[]),
        ("birthdate == missing", compare(contact("birthdate"), Equal, missing()), &[]),
        ("birthdate != missing", compare(contact("birthdate"), NotEqual, missing()), &["ada", "bob"]),
        (
            "country != department, which is missing",
            compare(contact("country"), NotEqual, contact("department")),
            &["ada", "bob", "cem"],
        ),
        ("title == \"Buyer\", exact", compare(title(), Equal, words("Buyer")), &["ada"]),
        ("title >= \"a\", by bytes", compare(title(), GreaterOrEqual, words("a")), &["bob"]),
        ("title < \"Head\", by bytes", compare(title(), Less, words("Head")), &["ada", "dan"]),
        ("first_name == \"\"", compare(contact("first_name"), Equal, words("")), &["bob"]),
        (
            "first_name > \"Z\", by bytes",
            compare(contact("first_name"), Greater, words("Z")),
            &["cem", "dan"],
        ),
        ("birthdate < date", compare(contact("birthdate"), Less, date("1990-01-16")), &["ada"]),
        (
            "birthdate <= date",
            compare(contact("birthdate"), LessOrEqual, date("1990-01-16")),
            &["ada", "bob"],
        ),
        (
            "birthdate < today() - 13513 days",
            compare(contact("birthdate"), Less, Operand::Today { plus: -13_513 }),
            &["ada"],
        ),
        ("seen < now()", compare(contact("seen"), Less, Operand::Now { plus: 0 }), &["ada"]),
        ("seen <= now()", compare(contact("seen"), LessOrEqual, Operand::Now { plus: 0 }), &["ada", "bob"]),
        ("seen == now() - 1 day", compare(contact("seen"), Equal, Operand::Now { plus: -DAY }), &["ada"]),
        ("do_not_email", Predicate::IsTrue(contact("do_not_email")), &["ada"]),
        ("not(do_not_email)", not(Predicate::IsTrue(contact("do_not_email"))), &["bob", "cem", "dan", "eve"]),
        ("do_not_email == false", is(contact("do_not_email"), Value::Boolean(false)), &["bob"]),
        (
            "do_not_email != true",
            compare(contact("do_not_email"), NotEqual, literal(Value::Boolean(true))),
            &["bob", "cem", "dan", "eve"],
        ),
        ("id == \"dan\"", compare(contact("id"), Equal, words("dan")), &["dan"]),
        ("account_id == \"acme\"", compare(contact("account_id"), Equal, words("acme")), &["ada", "bob"]),
    ]
}

fn combinations() -> Vec<Row> {
    let three = || compare(contact("visits"), Equal, number(3));
    let buyer = || compare(contact("job_title"), Equal, words("Buyer"));
    let dark = || compare(contact("birthdate"), Less, missing());
    let one_of = |values: Vec<Value>| Predicate::OneOf { operand: contact("visits"), values };
    vec![
        ("all of none", Predicate::All(vec![]), &["ada", "bob", "cem", "dan", "eve"]),
        ("any of none", Predicate::Any(vec![]), &[]),
        ("none of none", not(Predicate::Any(vec![])), &["ada", "bob", "cem", "dan", "eve"]),
        ("all", Predicate::All(vec![three(), buyer()]), &["ada"]),
        ("any", Predicate::Any(vec![three(), buyer(), dark()]), &["ada", "cem"]),
        ("none", not(Predicate::Any(vec![three(), dark()])), &["bob", "dan", "eve"]),
        ("not(all)", not(Predicate::All(vec![three(), dark()])), &["ada", "bob", "cem", "dan", "eve"]),
        ("not(not(…))", not(not(three())), &["ada", "cem"]),
        ("visits in [3, 0.0]", one_of(vec![Value::Integer(3), Value::Number(0.0)]), &["ada", "bob", "cem"]),
        ("visits in []", one_of(vec![]), &[]),
        ("not(visits in [3])", not(one_of(vec![Value::Integer(3)])), &["bob", "dan", "eve"]),
        (
            "job_title in [\"Buyer\", \"Zed\"]",
            Predicate::OneOf { operand: contact("job_title"), values: vec![text("Buyer"), text("Zed")] },
            &["ada", "eve"],
        ),
        (
            "visits in 0..=3",
            Predicate::All(vec![
                compare(contact("visits"), GreaterOrEqual, number(0)),
                compare(contact("visits"), LessOrEqual, number(3)),
            ]),
            &["ada", "bob", "cem"],
        ),
    ]
}

fn texts() -> Vec<Row> {
    let test = |test, needle: &str| Predicate::TextTest {
        operand: contact("job_title"),
        test,
        needle: words(needle),
    };
    let first = |test, needle: Operand| Predicate::TextTest { operand: contact("first_name"), test, needle };
    let same = |left, right: &str| Predicate::Same { left, right: words(right) };
    let blank = |name| Predicate::IsBlank(contact(name));
    use TextTest::{Contains, EndsWith, StartsWith};
    vec![
        ("contains, exact case", test(Contains, "uy"), &["ada", "bob"]),
        ("contains beyond ASCII", test(Contains, "üy"), &["cem"]),
        ("contains signs that SQL knows", test(Contains, "% Bu_"), &["dan"]),
        ("an underscore is no wildcard", first(Contains, words("_")), &["dan"]),
        ("contains nothing at all", first(Contains, words("")), &["ada", "bob", "cem", "dan", "eve"]),
        ("contains what is missing", first(Contains, missing()), &[]),
        (
            "a missing text contains nothing",
            Predicate::TextTest { operand: contact("country"), test: Contains, needle: words("") },
            &["ada", "bob", "cem"],
        ),
        ("not(contains)", not(test(Contains, "uy")), &["cem", "dan", "eve"]),
        ("starts with", test(StartsWith, "Bu"), &["ada"]),
        ("starts with beyond ASCII", first(StartsWith, words("ÄÖ s")), &["cem"]),
        ("starts with nothing at all", test(StartsWith, ""), &["ada", "bob", "cem", "dan", "eve"]),
        ("starts with more than there is", first(StartsWith, words("Ada Lovelace")), &[]),
        ("ends with", test(EndsWith, "er"), &["ada", "bob", "dan"]),
        ("ends with beyond ASCII", first(EndsWith, words("aße")), &["cem"]),
        ("ends with nothing at all", test(EndsWith, ""), &["ada", "bob", "cem", "dan", "eve"]),
        ("ends with more than there is", first(EndsWith, words("My Ada")), &[]),
        (
            "starts with another field",
            first(StartsWith, contact("first_name")),
            &["ada", "bob", "cem", "dan", "eve"],
        ),
        ("same(country, \"uk\")", same(contact("country"), "uk"), &["ada", "bob"]),
        (
            "same(\" UK \", country)",
            Predicate::Same { left: words(" UK\t"), right: contact("country") },
            &["ada", "bob"],
        ),
        ("same(first_name, \"äö STRAßE\")", same(contact("first_name"), " äö STRAßE "), &["cem"]),
        ("ß is ss in other case", same(contact("first_name"), "äö strasse"), &["cem"]),
        ("a final sigma", same(contact("country"), "οδος"), &["cem"]),
        ("same with what is missing", Predicate::Same { left: contact("department"), right: missing() }, &[]),
        ("not(same)", not(same(contact("country"), "uk")), &["cem", "dan", "eve"]),
        ("same as nothing", same(contact("first_name"), ""), &["bob", "eve"]),
        ("a blank text", blank("first_name"), &["bob", "eve"]),
        ("a missing text is blank", blank("country"), &["dan", "eve"]),
        ("a missing number is blank", blank("visits"), &["eve"]),
        ("a missing date is blank", blank("birthdate"), &["cem", "dan", "eve"]),
        ("missing or empty choices are blank", blank("interests"), &["bob", "dan", "eve"]),
        ("not(blank)", not(blank("country")), &["ada", "bob", "cem"]),
        (
            "a blank number",
            Predicate::IsBlank(sum(contact("score"), Arithmetic::Add, number(1))),
            &["cem", "dan", "eve"],
        ),
    ]
}

fn choices() -> Vec<Row> {
    let has = |choices: &[&str], all| Predicate::HasChoices {
        operand: contact("interests"),
        choices: choices.iter().map(|choice| (*choice).to_owned()).collect(),
        all,
    };
    vec![
        ("any of wine, opera", has(&["wine", "opera"], false), &["ada", "cem"]),
        ("all of wine, golf", has(&["wine", "golf"], true), &["ada"]),
        ("all of wine", has(&["wine"], true), &["ada", "cem"]),
        ("any of none", has(&[], false), &[]),
        ("all of none", has(&[], true), &["ada", "bob", "cem", "dan", "eve"]),
        ("not(any of wine)", not(has(&["wine"], false)), &["bob", "dan", "eve"]),
        ("a part of a choice is none", has(&["win"], false), &[]),
    ]
}

fn sum(left: Operand, operator: Arithmetic, right: Operand) -> Operand {
    Operand::Arithmetic { left: Box::new(left), operator, right: Box::new(right) }
}

fn calculations() -> Vec<Row> {
    use Arithmetic::{Add, Divide, Multiply, Subtract};
    let visits = || contact("visits");
    let score = || contact("score");
    vec![
        ("visits + 1 == 4", compare(sum(visits(), Add, number(1)), Equal, number(4)), &["ada", "cem"]),
        (
            "visits - score > 2",
            compare(sum(visits(), Subtract, score()), Greater, number(2)),
            &["ada", "bob"],
        ),
        ("visits * score == 1.5", is(sum(visits(), Multiply, score()), Value::Number(1.5)), &["ada"]),
        ("division is real", is(sum(visits(), Divide, number(2)), Value::Number(1.5)), &["ada", "cem"]),
        ("6 / visits > 0", compare(sum(number(6), Divide, visits()), Greater, number(0)), &["ada", "cem"]),
        (
            "1 / visits != missing",
            compare(sum(number(1), Divide, visits()), NotEqual, missing()),
            &["ada", "cem", "dan"],
        ),
        (
            "6 / 0 == 6 / 0",
            compare(sum(number(6), Divide, number(0)), Equal, sum(number(6), Divide, number(0))),
            &[],
        ),
        (
            "not(1 / visits > 0)",
            not(compare(sum(number(1), Divide, visits()), Greater, number(0))),
            &["bob", "dan", "eve"],
        ),
        (
            "visits + missing != 1",
            compare(sum(visits(), Add, missing()), NotEqual, number(1)),
            &["ada", "bob", "cem", "dan", "eve"],
        ),
    ]
}

fn through_the_account() -> Vec<Row> {
    let city = |name: &str| is(account("city"), text(name));
    vec![
        ("account.city == \"Chicago\"", city("Chicago"), &["ada", "bob"]),
        (
            "account.city != \"Chicago\"",
            compare(account("city"), NotEqual, words("Chicago")),
            &["cem", "dan", "eve"],
        ),
        ("not(account.city == \"\")", not(city("")), &["ada", "bob", "dan"]),
        (
            "account.employees in 0..",
            compare(account("employees"), GreaterOrEqual, number(0)),
            &["ada", "bob", "cem", "eve"],
        ),
        ("is_blank(account.name)", Predicate::IsBlank(account("name")), &["dan"]),
        ("is_blank(account.city)", Predicate::IsBlank(account("city")), &["cem", "dan", "eve"]),
        ("account.revenue missing", compare(account("revenue"), NotEqual, missing()), &["ada", "bob"]),
        (
            "any(account…, contact…)",
            Predicate::Any(vec![city("Chicago"), is(contact("id"), text("dan"))]),
            &["ada", "bob", "dan"],
        ),
        (
            "same(account.name, …)",
            Predicate::Same { left: account("name"), right: words("ÜBERMASS") },
            &["cem", "eve"],
        ),
    ]
}

const CASES: &[Case] = &[
    ("rule 1: comparisons", |place| over(place, comparisons())),
    ("rule 1: combinations", |place| over(place, combinations())),
    ("texts", |place| over(place, texts())),
    ("choices", |place| over(place, choices())),
    ("calculations", |place| over(place, calculations())),
    ("fields of a contact's account", |place| over(place, through_the_account())),
    ("fields of accounts", |place| {
        let mut store = place.store();
        people(&mut store);
        let table: Vec<Row> = vec![
            ("employees > 0", compare(account("employees"), Greater, number(0)), &["acme"]),
            (
                "revenue != 2.5",
                compare(account("revenue"), NotEqual, literal(Value::Number(2.5))),
                &["globex"],
            ),
            ("is_blank(city)", Predicate::IsBlank(account("city")), &["globex"]),
            ("same(name)", Predicate::Same { left: account("name"), right: words("übermaß") }, &["globex"]),
        ];
        check(&mut store, Entity::Account, table);
    }),
    ("a predicate that is deep and wide", |place| {
        let mut store = place.store();
        people(&mut store);
        let mut deep = is(contact("visits"), Value::Integer(3));
        for _ in 0..40 {
            deep = not(not(deep));
        }
        let wide = (0..500).map(Value::Integer).collect();
        let table: Vec<Row> = vec![
            ("not(not(…))", deep, &["ada", "cem"]),
            (
                "visits in [0, 1, …]",
                Predicate::OneOf { operand: contact("visits"), values: wide },
                &["ada", "bob", "cem"],
            ),
        ];
        check(&mut store, Entity::Contact, table);
    }),
];

fn over(place: &Place, table: Vec<Row>) {
    let mut store = place.store();
    people(&mut store);
    check(&mut store, Entity::Contact, table);
}

#[test]
fn rule_2_fields_are_compared_the_same_on_both_databases() {
    hold_on_both(CASES);
}
