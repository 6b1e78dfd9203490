//! Looking only at those whom a change can concern comes to the same as looking at everybody.

use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use tilework::{
    compile::Members,
    interactions::ImportKind,
    model::time::{DAY, HOUR, rfc3339},
    store::{Member, Membership},
};

use crate::support::{
    evaluated::evaluate,
    workspace::{Database, Workspace},
    world::{World, at},
};

/// Two days before clocks go forward in London and at the end of a month.
pub(super) const START: &str = "2026-03-27 08:00";

pub(super) const DEFINITIONS: &str = r#"
kind: fields
of: contact
fields:
  seen: { type: datetime }
---
kind: interaction
name: OrderPlaced
attributes:
  amount: { type: number }
---
kind: interaction
name: Visited
---
kind: segment
name: buyers
target: contact
where: contact.role == "buyer"
---
kind: segment
name: finance
target: account
where: account.industry == "Finance"
---
kind: segment
name: finance-people
target: contact
where:
  all:
    - segment: finance
  none:
    - contact.city == "Oslo"
---
kind: segment
name: industry-or-buyer
target: contact
where:
  any:
    - account.industry != "Energy"
    - segment: buyers
---
kind: segment
name: ordered-lately
target: contact
where:
  did: OrderPlaced
  within: 30 days
---
kind: segment
name: ordered-this-month-or-so
target: contact
timezone: Europe/London
where:
  did: OrderPlaced
  within: 1 month
  at_least: 2 times
---
kind: segment
name: quiet-since-business-days
target: contact
timezone: America/New_York
where:
  did_not: Visited
  within: 5 business days
---
kind: segment
name: only-small-orders
target: contact
where:
  did_not: OrderPlaced
  where: interaction.amount >= 10
---
kind: segment
name: accounts-that-visit
target: account
where:
  all:
    - did: Visited
      within: 3 days
  none:
    - did: OrderPlaced
      within: 36 hours
---
kind: segment
name: accounts-of-buyers
target: account
where:
  any_contact:
    all:
      - contact.role == "buyer"
      - did: OrderPlaced
        within: 1 week
  at_least: 2 contacts
---
kind: segment
name: accounts-without-visitors
target: account
where:
  no_contact:
    did: Visited
    within: 2 days
---
kind: segment
name: half-are-buyers
target: account
where:
  any_contact:
    segment: buyers
  at_least: 50%
---
kind: segment
name: colleagues-of-visitors
target: contact
where:
  all:
    - segment: accounts-that-visit
    - segment: half-are-buyers
---
kind: segment
name: seen-lately
target: contact
where: days_since(contact.seen) < 2
---
kind: segment
name: born-today-or-later
target: contact
timezone: Europe/London
where: contact.birthdate >= today()
---
kind: segment
name: nobody
target: contact
active: false
where: true
---
kind: segment
name: accounts-with-hot-leads
target: account
where:
  any_lead:
    all:
      - lead.stage == "sales_accepted"
      - lead.contact.role == "buyer"
---
kind: segment
name: buyers-with-hot-leads
target: contact
where:
  any_lead: lead.stage == "sales_accepted"
---
kind: segment
name: leads-of-finance
target: lead
where:
  any:
    - lead.account.industry == "Finance"
    - lead.contact.city == "Oslo"
---
kind: segment
name: leads-of-visitors
target: lead
where:
  did: Visited
  within: 4 days
---
kind: segment
name: primary-buyers
target: account
where: account.primary_contact.role == "buyer"
---
kind: segment
name: ordered-for-much
target: contact
where:
  did: OrderPlaced
  within: 10 days
  sum: amount
  at_least: 15
---
kind: segment
name: subscribers
target: contact
where:
  subscribed: product-news
---
kind: topic
name: product-news
label: Product news
---
kind: segment
name: listed
target: contact
members: [c1, c3, c9]
---
kind: segment
name: all-but-listed
target: contact
where:
  none:
    - segment: listed
    - segment: ordered-lately
---
kind: segment
name: ranked
target: contact
where:
  all:
    - rank(contact, account) >= 2
  none:
    - did: Visited
      within: 3 days
---
kind: segment
name: in-norway
target: contact
where: lookup("cities", contact.city, "country") == "Norway"
---
kind: segment
name: accounts-of-the-ranked
target: account
where:
  any_contact: rank(contact, account) >= 2
---
kind: segment
name: accounts-without-suiting-leads
target: account
where:
  no_lead: suits(lead, contact)
---
kind: segment
name: suiting-leads
target: lead
where: suits(lead, contact) || rank(contact, account) > 1
---
kind: segment
name: beside-a-primary-buyer
target: contact
where: is_buyer(account.primary_contact)
"#;

pub(super) const SCRIPT: &str = "
fn is_buyer(contact) { contact.role == \"buyer\" }
fn rank(contact, account) {
    let rank = 0;
    if is_buyer(contact) { rank += 1; }
    if account.industry == \"Finance\" { rank += 1; }
    if account.industry == \"Energy\" { throw \"no rank\"; }
    rank
}
fn suits(lead, contact) { lead.stage == \"sales_accepted\" && contact.city != \"Oslo\" }
";

pub(super) const TABLE: &str = "city,country\nOslo,Norway\nRome,Italy\n";

#[derive(Debug, Clone)]
enum Change {
    Contact { id: u8, column: &'static str, value: String },
    Account { id: u8, column: &'static str, value: &'static str },
    Interaction { contact: u8, kind: &'static str, offset: i64, amount: u8 },
    Lead { id: u8, column: &'static str, value: &'static str },
    Word { contact: u8, kind: &'static str, offset: i64 },
    Time { milliseconds: i64 },
}

pub(super) const ACCOUNT_CELLS: [(&str, &str); 5] = [
    ("industry", "Finance"),
    ("industry", "Energy"),
    ("industry", ""),
    ("primary_contact_id", "c1"),
    ("primary_contact_id", "c4"),
];

pub(super) const LEAD_CELLS: [(&str, &str); 7] = [
    ("stage", "sales_accepted"),
    ("stage", "disqualified"),
    ("contact_id", "c1"),
    ("contact_id", "c4"),
    ("contact_id", ""),
    ("account_id", "a1"),
    ("account_id", "a3"),
];

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let offset = prop_oneof![
        (-40 * DAY..3 * DAY),
        (-40..3_i64).prop_map(|days| days * DAY),
        Just(-30 * DAY),
        Just(0),
        Just(HOUR)
    ];
    let text =
        |values: &'static [&'static str]| proptest::sample::select(values).prop_map(str::to_owned).boxed();
    let cell = prop_oneof![
        text(&["buyer", "user", ""]).prop_map(|value| ("role", value)),
        text(&["a1", "a2", "a3", "a4", ""]).prop_map(|value| ("account_id", value)),
        text(&["Oslo", "Rome", ""]).prop_map(|value| ("city", value)),
        text(&["2026-03-28", "2026-03-29", "2026-03-31", ""]).prop_map(|value| ("birthdate", value)),
        (-3 * DAY..3 * DAY).prop_map(|offset| ("seen", rfc3339(at(START) + offset))),
    ];
    let change = prop_oneof![
        4 => (0..12_u8, cell).prop_map(|(id, (column, value))| Change::Contact { id, column, value }),
        3 => (1..5_u8, proptest::sample::select(&ACCOUNT_CELLS[..]))
            .prop_map(|(id, (column, value))| Change::Account { id, column, value }),
        3 => (1..5_u8, proptest::sample::select(&LEAD_CELLS[..]))
            .prop_map(|(id, (column, value))| Change::Lead { id, column, value }),
        1 => (0..6_u8, proptest::sample::select(&["Subscribed", "Unsubscribed"][..]), -2 * DAY..DAY)
            .prop_map(|(contact, kind, offset)| Change::Word { contact, kind, offset }),
        5 => (0..12_u8, proptest::sample::select(&["OrderPlaced", "Visited"][..]), offset, 5..15_u8)
            .prop_map(|(contact, kind, offset, amount)| Change::Interaction { contact, kind, offset, amount }),
        4 => prop_oneof![
            1 => Just(0_i64), 1 => Just(1_i64), 3 => 1..4 * DAY, 2 => (1..50_i64).prop_map(|hours| hours * HOUR)
        ]
        .prop_map(|milliseconds| Change::Time { milliseconds }),
    ];
    proptest::collection::vec(change, 8..30)
}

fn members(world: &mut World, name: &str, target: tilework::model::Entity) -> Vec<String> {
    let mut ids = Vec::new();
    let mut each = |member: Member| {
        ids.push(member.id);
        Ok(())
    };
    world.store.segment_members(name, target, &mut each).unwrap();
    ids
}

/// Evaluates each segment's condition over everybody, and compares.
pub(super) fn holds(world: &mut World, now: i64, happened: &str) -> Result<(), TestCaseError> {
    let segments = world.plan.segments.clone();
    for segment in &segments {
        let everybody = match (&segment.members, segment.active) {
            (_, false) => Membership::Static(Vec::new()),
            (Members::Where(condition), _) => Membership::Where(condition.clone()),
            (Members::Static(ids), _) => Membership::Static(ids.clone()),
        };
        let full = format!("all of {}", segment.name);
        world.store.declare_segment(&full, segment.target, "", true, 0).unwrap();
        let library = world.plan.library.clone();
        evaluate(&mut world.store, &full, &everybody, segment.target, now, &*library).unwrap();
        let expected = members(world, &full, segment.target);
        let found = members(world, &segment.name, segment.target);
        prop_assert_eq!(found, expected, "{} at {}, after {}", segment.name, rfc3339(now), happened);
        let states = world.store.segment_states().unwrap();
        let state = states.iter().find(|state| state.name == segment.name).unwrap();
        let count = members(world, &segment.name, segment.target).len();
        prop_assert_eq!(state.count, i64::try_from(count).unwrap(), "the size of {}", segment.name);
    }
    Ok(())
}

fn come_to_the_same(database: Database, cases: u32) {
    let empty = Workspace::on(database)
        .file("journeys/all.yaml", DEFINITIONS)
        .file("scripts/rank.rhai", SCRIPT)
        .file("tables/cities.csv", TABLE);
    empty.open().close();
    let config = Config { cases, max_shrink_iters: 200, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let looked_at_some = std::cell::Cell::new(0);
    let result = runner.run(&changes(), |changes| {
        let mut world = empty.copy().open();
        let mut now = at(START);
        world.contacts(&[("c0", "a1"), ("c1", "a1"), ("c2", "a2"), ("c3", "")]);
        world.accounts(&["a1", "a2", "a3"]);
        world.try_tick(now).unwrap();
        for (at, change) in changes.iter().enumerate() {
            match change {
                Change::Contact { id, column, value } => {
                    world.import(ImportKind::Contacts, &format!("id,{column}\nc{id},{value}\n"));
                }
                Change::Account { id, column, value } => {
                    world.import(ImportKind::Accounts, &format!("id,{column}\na{id},{value}\n"));
                }
                Change::Lead { id, column, value } => {
                    world.import(ImportKind::Leads, &format!("id,{column}\nl{id},{value}\n"));
                }
                Change::Word { contact, kind, offset } => {
                    let when = rfc3339(now + offset);
                    let row =
                        format!("id,type,at,contact_id,topic\nw{at},{kind},{when},c{contact},product-news\n");
                    world.try_import(ImportKind::Interactions, row.as_bytes());
                }
                Change::Interaction { contact, kind, offset, amount } => {
                    let when = rfc3339(now + offset);
                    let row = format!(
                        "id,type,at,contact_id,amount\ni{at},{kind},{when},c{contact},{}\n",
                        if *kind == "OrderPlaced" { amount.to_string() } else { String::new() }
                    );
                    world.try_import(ImportKind::Interactions, row.as_bytes());
                }
                Change::Time { milliseconds } => {
                    now += milliseconds;
                    world.try_tick(now).unwrap();
                    holds(&mut world, now, &format!("{change:?}, the change {at}"))?;
                }
            }
        }
        now += DAY;
        world.try_tick(now).unwrap();
        let states = world.store.segment_states().unwrap();
        let some = states.iter().filter(|state| state.looked_at.is_some()).count();
        looked_at_some.set(looked_at_some.get() + some);
        holds(&mut world, now, "all")
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    assert!(looked_at_some.get() > 0, "at times not everybody was looked at");
}

#[test]
fn the_incremental_refresh_equals_the_full_one_after_any_changes_on_sqlite() {
    come_to_the_same(Database::Sqlite, 24);
}

#[test]
fn the_incremental_refresh_equals_the_full_one_after_any_changes_on_postgres() {
    come_to_the_same(Database::Postgres, 5);
}
