//! States in triggers: a field, a segment, a lead, a score, a day count from when they came to be, whatever the
//! rhythm of runs (semantics 11).

use tilework::{
    interactions::ImportKind,
    model::time::{DAY, HOUR, MINUTE, rfc3339},
};

use super::{EVERYONE, workspace};
use crate::support::{
    workspace::{Database, on_both},
    world::{World, at},
};

/// Segments, a model, levels and an attribute that the conditions ask for.
const MORE: &str = r#"
kind: segment
name: hot
target: contact
where: { did: OrderPlaced, within: 4 hours }
---
kind: segment
name: hot-in-oslo
target: contact
where:
  all:
    - segment: hot
    - contact.city == "Oslo"
---
kind: segment
name: renewing
target: account
where: days_until(account.renewal) <= 30
---
kind: segment
name: picked
target: contact
members: [ada]
---
kind: fields
of: account
fields:
  renewal: { type: date }
  called: { type: datetime }
---
kind: topic
name: news
---
kind: scoring_model
name: engagement
target: contacts
rules:
  - { name: orders, when: { did: OrderPlaced }, points: 10, per: each }
---
kind: levels
name: tier
of: contact
model: engagement
levels:
  - { name: High, from: 20 }
  - { name: Low }
"#;

/// Something that the store hears of at a moment.
enum Fact {
    /// A field of a record gets a value.
    Set(ImportKind, &'static str, &'static str, &'static str),
    /// A contact does something, with attributes.
    Did(&'static str, &'static str, &'static str),
}

use Fact::{Did, Set};

/// What it is about, a condition, the facts with their moments, and how it ends.
type StateCase = (&'static str, &'static str, Vec<(&'static str, Fact)>, &'static str);

fn prepared(database: Database, when: &str, based_on: &str) -> World {
    let steps = format!(
        "
  - id: state
    tile: trigger
    with:
      based_on: {based_on}
      when: {when}
      timeout: 8 days
"
    );
    let workspace = workspace(database, EVERYONE, &steps).file("journeys/more.yaml", MORE);
    let mut world = workspace.open();
    world.facts_at = Some(at("2026-02-01 00:00"));
    world.accounts(&["acme", "globex"]);
    world.contacts(&[("ada", "acme"), ("bob", "acme"), ("cy", "globex")]);
    world.import(ImportKind::Accounts, "id,renewal\nacme,2026-04-05\n");
    world.import(ImportKind::Leads, "id,topic,contact_id,stage\nl1,x,ada,inquiry\n");
    world
}

fn happen(world: &mut World, when: &str, fact: &Fact) {
    world.facts_at = Some(at(when));
    match fact {
        Set(kind, id, field, value) => world.import(*kind, &format!("id,{field}\n{id},{value}\n")),
        Did(contact, kind, attributes) => {
            let (names, values) = attributes.split_once('=').unwrap_or(("product", ""));
            let row = format!("{contact}/{kind}/{when},{kind},{},{contact},{values}", rfc3339(at(when)));
            world.import(ImportKind::Interactions, &format!("id,type,at,contact_id,{names}\n{row}\n"));
        }
    }
}

/// The moment at which ada goes on, and by which path, with runs every so many milliseconds and as facts come
/// in between them.
fn goes_on(database: Database, when: &str, based_on: &str, facts: &[(&str, Fact)], every: i64) -> String {
    let mut world = prepared(database, when, based_on);
    let (start, end) = (at("2026-03-01 08:00"), at("2026-03-10 08:00"));
    let mut facts = facts.iter().peekable();
    let mut now = start;
    while now < end {
        while let Some((moment, fact)) = facts.next_if(|(moment, _)| at(moment) <= now) {
            happen(&mut world, moment, fact);
        }
        world.try_tick(now).unwrap();
        now += every;
    }
    world.try_tick(end).unwrap();
    format!("{} {}", world.way("ada"), world.left("ada", "state"))
}

#[test]
fn rule_11_a_state_counts_from_when_it_came_to_be_whatever_the_rhythm_of_runs() {
    let contact = |field, value| Set(ImportKind::Contacts, "ada", field, value);
    let account = |field, value| Set(ImportKind::Accounts, "acme", field, value);
    let lead = |field, value| Set(ImportKind::Leads, "l1", field, value);
    let order = || Did("ada", "OrderPlaced", "");
    let cases: Vec<StateCase> = vec![
        (
            "a field of the contact",
            "'contact.city == \"Oslo\"'",
            vec![("2026-03-03 11:17", contact("city", "Oslo"))],
            "then 2026-03-03T11:17:00Z",
        ),
        (
            "a field that had its value before",
            "'contact.first_name == \"ada\"'",
            vec![],
            "then 2026-03-01T08:00:00Z",
        ),
        (
            "a field of the account",
            "'account.deal_stage == \"won\"'",
            vec![("2026-03-02 16:00", account("deal_stage", "won"))],
            "then 2026-03-02T16:00:00Z",
        ),
        (
            "the last of two fields",
            "{ all: ['contact.city == \"Oslo\"', 'account.deal_stage == \"won\"'] }",
            vec![
                ("2026-03-02 10:30", contact("city", "Oslo")),
                ("2026-03-04 09:30", account("deal_stage", "won")),
            ],
            "then 2026-03-04T09:30:00Z",
        ),
        (
            "a field after what was done",
            "{ all: [{ did: OrderPlaced }, 'contact.city == \"Oslo\"'] }",
            vec![("2026-03-02 10:30", order()), ("2026-03-04 09:30", contact("city", "Oslo"))],
            "then 2026-03-04T09:30:00Z",
        ),
        (
            "a negated field",
            "{ none: ['contact.city == \"Rome\"', 'contact.status == \"inactive\"'] }",
            vec![],
            "then 2026-03-01T08:00:00Z",
        ),
        (
            "a field that is another than a value since it changed",
            "'account.name != \"ACME\"'",
            vec![("2026-03-05 05:05", account("name", "Acme"))],
            "then 2026-03-05T05:05:00Z",
        ),
        (
            "a state that is true only after the deadline",
            "'contact.city == \"Oslo\"'",
            vec![("2026-03-09 09:00", contact("city", "Oslo"))],
            "else 2026-03-09T08:00:00Z",
        ),
        (
            "a membership of four hours",
            "{ segment: hot }",
            vec![("2026-03-02 12:02", order())],
            "then 2026-03-02T12:02:00Z",
        ),
        (
            "a segment of another segment and a field",
            "{ segment: hot-in-oslo }",
            vec![
                ("2026-03-02 12:02", order()),
                ("2026-03-03 11:00", contact("city", "Oslo")),
                ("2026-03-04 12:02", order()),
            ],
            "then 2026-03-04T12:02:00Z",
        ),
        ("a list", "{ segment: picked }", vec![], "then 2026-03-01T08:00:00Z"),
        (
            "the stage of a lead",
            "{ any_lead: 'lead.stage == \"sales_accepted\"' }",
            vec![("2026-03-04 14:44", lead("stage", "sales_accepted"))],
            "then 2026-03-04T14:44:00Z",
        ),
        (
            "a lead that comes later",
            "{ any_lead: 'lead.topic == \"renewal\"' }",
            vec![("2026-03-06 10:00", Set(ImportKind::Leads, "l2", "topic,contact_id", "renewal,ada"))],
            "then 2026-03-06T10:00:00Z",
        ),
        (
            "that there is a lead no more in a stage",
            "{ all: [{ any_lead: 'lead.topic == \"x\"' }, { no_lead: 'lead.stage == \"inquiry\"' }] }",
            vec![("2026-03-04 14:44", lead("stage", "disqualified"))],
            "then 2026-03-04T14:44:00Z",
        ),
        (
            "a colleague's order",
            "{ any_contact: { did: OrderPlaced } }",
            vec![("2026-03-02 10:10", Did("bob", "OrderPlaced", ""))],
            "then 2026-03-02T10:10:00Z",
        ),
        (
            "two of the account",
            "{ any_contact: { did: OrderPlaced }, at_least: 2 contacts }",
            vec![
                ("2026-03-02 10:10", Did("bob", "OrderPlaced", "")),
                ("2026-03-03 11:11", Did("cy", "OrderPlaced", "")),
                ("2026-03-05 12:12", order()),
            ],
            "then 2026-03-05T12:12:00Z",
        ),
        (
            "a colleague's field",
            "{ any_contact: 'contact.role == \"boss\"' }",
            vec![("2026-03-03 10:10", Set(ImportKind::Contacts, "bob", "role", "boss"))],
            "then 2026-03-03T10:10:00Z",
        ),
        (
            "that a colleague left",
            "{ no_contact: 'contact.first_name == \"bob\"' }",
            vec![("2026-03-03 10:10", Set(ImportKind::Contacts, "bob", "account_id", "globex"))],
            "then 2026-03-03T10:10:00Z",
        ),
        (
            "a subscription",
            "{ subscribed: news }",
            vec![("2026-03-04 07:07", Did("ada", "Subscribed", "topic=news"))],
            "then 2026-03-04T07:07:00Z",
        ),
        ("a day that comes", "'days_until(account.renewal) <= 30'", vec![], "then 2026-03-06T00:00:00Z"),
        (
            "a day that comes, asked by way of a segment of accounts",
            "{ segment: renewing }",
            vec![],
            "then 2026-03-06T00:00:00Z",
        ),
        (
            "a moment that comes",
            "'days_since(account.called) >= 2'",
            vec![("2026-03-03 09:30", account("called", "2026-03-03T09:21:03Z"))],
            "then 2026-03-05T09:21:03Z",
        ),
    ];
    for (what, when, facts, expected) in &cases {
        on_both(|database| {
            for based_on in ["contact", "account"] {
                let often = (database == Database::Sqlite).then_some(3 * HOUR + 7 * MINUTE);
                for every in often.into_iter().chain([27 * HOUR]) {
                    let (path, moment) = expected.split_once(' ').unwrap();
                    let expected = format!("state.{path} | finished {moment}");
                    let found = goes_on(database, when, based_on, facts, every);
                    assert_eq!(found, expected, "{what}, based on {based_on}, runs each {every} ms");
                }
            }
        });
    }
}

#[test]
fn rule_11_a_score_and_a_level_count_from_the_run_that_computed_them() {
    let orders = || {
        vec![
            ("2026-03-02 09:30", Did("ada", "OrderPlaced", "")),
            ("2026-03-03 09:30", Did("ada", "OrderPlaced", "")),
        ]
    };
    for when in ["'contact.score.engagement >= 20'", "'contact.levels.tier == \"High\"'"] {
        on_both(|database| {
            for based_on in ["contact", "account"] {
                let found = goes_on(database, when, based_on, &orders(), HOUR);
                assert_eq!(found, "state.then | finished 2026-03-03T10:00:00Z", "{when} {based_on}");
            }
        });
    }
}

/// What was done is known of any moment, so that it doesn't matter when the store heard of it.
#[test]
fn rule_11_the_same_facts_decide_the_same_whenever_they_were_imported() {
    let facts = || {
        vec![
            ("2026-03-02 12:02", Did("bob", "OrderPlaced", "")),
            ("2026-03-03 06:00", Did("ada", "Subscribed", "topic=news")),
            ("2026-03-05 17:17", Did("ada", "OrderPlaced", "")),
        ]
    };
    let cases = [
        ("{ segment: hot }", "contact", "2026-03-05T17:17:00Z"),
        ("{ segment: hot }", "account", "2026-03-02T12:02:00Z"),
        ("{ subscribed: news }", "account", "2026-03-03T06:00:00Z"),
        ("{ any_contact: { did: OrderPlaced } }", "contact", "2026-03-02T12:02:00Z"),
        ("{ any_contact: { did: OrderPlaced }, at_least: 2 contacts }", "account", "2026-03-05T17:17:00Z"),
    ];
    for (when, based_on, expected) in cases {
        on_both(|database| {
            let when_it_was = at(expected);
            let expected = format!("state.then | finished {expected}");
            let mut ahead = prepared(database, when, based_on);
            facts().iter().for_each(|(moment, fact)| happen(&mut ahead, moment, fact));
            ahead.play("2026-03-10 08:00");
            let found = format!("{} {}", ahead.way("ada"), ahead.left("ada", "state"));
            assert_eq!(found, expected, "{when} based on {based_on}, imported ahead");

            let mut late = prepared(database, when, based_on);
            for day in 0..5 {
                late.try_tick(at("2026-03-01 08:00") + day * DAY).unwrap();
            }
            facts().iter().for_each(|(moment, fact)| happen(&mut late, moment, fact));
            late.tick("2026-03-06 08:00");
            let found = format!("{} {}", late.way("ada"), late.left("ada", "state"));
            // What lies more than 36 hours back counts from the run (semantics 14).
            let expected = match when_it_was < at("2026-03-04 20:00") {
                true => "state.then | finished 2026-03-06T08:00:00Z".to_owned(),
                false => expected,
            };
            assert_eq!(found, expected, "{when} based on {based_on}, imported late");
        });
    }
}

/// What comes after a state counts from it: the call isn't due in the past, the wait isn't swallowed, the mail
/// hasn't expired.
#[test]
fn rule_14_what_follows_a_state_counts_from_it() {
    let steps = "
  - id: won
    tile: trigger
    with: { based_on: account, when: 'account.deal_stage == \"won\"', timeout: 10 days }
    paths:
      then:
        - { id: soon, tile: email, with: { email: notice, expires: 12 hours } }
        - id: call
          tile: activity
          with: { type: phone_call, for_each: account, assign_to: account_owner, subject: x, due: 4 hours }
        - { id: pause, tile: wait, with: { for: 1 day } }
        - { id: later, tile: email, with: { email: notice } }
";
    on_both(|database| {
        let mut world = super::populated(&workspace(database, EVERYONE, steps));
        world.tick("2026-03-01 08:00");
        world.tick("2026-03-02 15:00");
        world.set_at(ImportKind::Accounts, "acme", "deal_stage", "won", "2026-03-02 15:30");
        world.tick("2026-03-02 16:00");
        world.tick("2026-03-02 23:00");
        world.set_at(ImportKind::Accounts, "globex", "deal_stage", "won", "2026-03-03 00:00");
        world.tick("2026-03-03 00:00");
        world.ways(&[("ada", "won.then soon call | at pause"), ("cy", "won.then soon call | at pause")]);
        world.tick("2026-03-04 00:00");
        assert_eq!(world.left("ada", "won"), "2026-03-02T15:30:00Z");
        assert_eq!(world.left("ada", "pause"), "2026-03-03T15:30:00Z");
        assert_eq!(world.left("cy", "pause"), "2026-03-04T00:00:00Z");
        let due: Vec<String> = world.tables().lines("SELECT due_at FROM activity ORDER BY due_at");
        let due: Vec<String> = due.iter().map(|at| rfc3339(at.parse().unwrap())).collect();
        assert_eq!(due, ["2026-03-02T19:30:00Z", "2026-03-03T04:00:00Z"]);
        let delivered = world.messages().iter().filter(|message| message.ends_with("delivered")).count();
        assert_eq!(delivered, 6, "{:?}", world.messages());
    });
}
