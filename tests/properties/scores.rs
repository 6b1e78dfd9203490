//! Scores are kept up to date by looking at those whom a change or the passing of time can concern: that
//! comes to what computing all of them comes to, and what `why` tells of a score adds up to it.

use std::{cell::Cell, collections::BTreeMap};

use proptest::{prelude::*, sample::select};
use tilework::{
    audience::gives_scores,
    insights::score_stories,
    interactions::ImportKind,
    model::{
        Entity,
        time::{DAY, HOUR, SECOND, rfc3339},
    },
};

use crate::support::{
    property::holds,
    workspace::{Database, Workspace},
    world::{World, at},
};

const START: &str = "2026-03-27 08:10";

const DEFINITIONS: &str = r#"
kind: interaction
name: OrderPlaced
attributes:
  amount: { type: number }
---
kind: interaction
name: Visited
---
kind: fields
of: contact
fields:
  seen: { type: datetime }
---
kind: segment
name: visitors
target: contact
where: { did: Visited, within: 2 days }
---
kind: segment
name: ordering-accounts
target: account
where: { did: OrderPlaced, within: 3 days }
---
kind: journey
name: calls
target: contact
owner: sales@vendor.example
start: 2026-03-27 08:00
audience: { include: [visitors] }
reentry: after 2 days
steps:
  - id: call
    tile: activity
    with: { type: phone_call, for_each: contact, assign_to: journey_owner, subject: Call }
  - id: lead
    tile: create_lead
    with: { for_each: contact, topic: Visited }
---
kind: scoring_model
name: of-contacts
target: contacts
rules:
  - { name: visits, when: { did: Visited }, points: 3.7, per: each, half_life: 6 hours }
  - { name: bad orders, when: { did: OrderPlaced, where: interaction.amount < 8 }, points: -2.9, per: each, half_life: 30 hours, at_least: -5 }
  - { name: latest, when: { did: OrderPlaced, at_least: 2 times, within: 5 days }, points: 9, half_life: 1 day }
  - { name: sum, when: { did: OrderPlaced, within: 3 days, sum: amount, at_least: 15 }, points: 11 }
  - { name: amount, when: true, points: account.employees / 30, at_most: 20 }
  - { name: member, when: { segment: visitors }, points: 1.5 }
  - { name: account, when: { segment: ordering-accounts }, points: 2 }
  - { name: seen, when: days_since(contact.seen) < 2, points: 4 }
  - { name: soon, when: contact.seen > now(), points: 40 }
  - { name: birthday, when: anniversary(contact.birthdate) == today(), points: 5 }
  - { name: born, when: contact.birthdate < today(), points: 1 }
  - { name: primary, when: account.primary_contact.role == "buyer", points: 6 }
  - { name: leads, when: { any_lead: lead.stage == "inquiry", at_least: 2 leads }, points: 7 }
  - { name: calls, when: { any_activity: activity.type == "phone_call" }, points: 8 }
  - { name: news, when: { subscribed: product-news }, points: 12 }
  - name: colleagues
    when: { any_contact: { did: Visited, within: 1 day }, at_least: 50% }
    points: 13
  - { name: no buyers, when: { no_contact: contact.role == "buyer" }, points: 14 }
  - { name: colleagues with leads, when: { any_contact: { any_lead: lead.stage == "inquiry" } }, points: 17 }
  - { name: leads for finance, when: { any_lead: lead.account.industry == "Finance" }, points: 18 }
  - { name: leads for buyers, when: { any_lead: lead.account.primary_contact.role == "buyer" }, points: 19 }
  - { name: below the first, when: account.parent_account_id == "a1", points: 21 }
---
kind: topic
name: product-news
label: Product news
---
kind: scoring_model
name: of-leads
target: contact_leads
consent: marketing
rules:
  - { name: orders, when: { did: OrderPlaced, within: 4 days }, points: 10, per: each, at_most: 30 }
  - { name: visits, when: { did: Visited, within: 3 days }, points: -4.4, per: each, half_life: 10 hours }
  - { name: quiet, when: { did_not: OrderPlaced, within: 2 days }, points: -5 }
  - { name: young, when: days_since(lead.created_on) < 2, points: 3 }
  - { name: stage, when: lead.stage == "sales_accepted", points: 5 }
  - { name: industry, when: account.industry == "Finance", points: 15 }
  - { name: all ordered, when: { all_contacts: { did: OrderPlaced } }, points: 16 }
  - { name: other leads, when: { any_lead: lead.stage == "inquiry", at_least: 2 leads }, points: 22 }
grades: [{ name: Hot, from: 20 }, { name: Cold }]
sales_ready: 30
---
kind: scoring_model
name: of-account-leads
target: account_leads
consent: profiling
rules:
  - { name: orders, when: { did: OrderPlaced, within: 4 days }, points: 2, per: each }
  - { name: sum, when: { did: OrderPlaced, sum: amount, at_least: 20 }, points: 7 }
  - name: breadth
    when: { any_contact: { did: OrderPlaced, within: 6 days }, at_least: 2 contacts }
    points: 5
  - { name: ordering, when: { segment: ordering-accounts }, points: 9 }
---
kind: scoring_model
name: of-what-accounts-did
target: accounts
consent: profiling
rules:
  - { name: orders, when: { did: OrderPlaced, within: 4 days }, points: 2, per: each }
  - { name: visits, when: { did: Visited }, points: 5, per: each, half_life: 1 day }
  - { name: industry, when: account.industry == "Finance", points: 3 }
---
kind: scoring_model
name: of-accounts
target: accounts
consent: marketing
start: 2026-03-28 00:00
end: 2026-04-12 00:00
rules:
  - { name: visits, when: { did: Visited, within: 9 days }, points: 2.2, per: each, half_life: 1 day, at_most: 12 }
  - { name: large, when: { did: OrderPlaced, within: 5 days, max: amount, at_least: 12 }, points: 4 }
  - { name: leads, when: { any_lead: { all: [lead.stage == "inquiry", lead.contact.role == "buyer"] } }, points: 6 }
  - { name: primary, when: account.primary_contact.role == "buyer", points: 3 }
  - { name: calls, when: { any_activity: true, at_least: 2 activities }, points: 1 }
---
kind: levels
name: tier
of: account
model: of-accounts
primary: true
levels: [{ name: Low }, { name: High, from: 8 }]
"#;

#[derive(Debug, Clone)]
enum Change {
    Record { kind: ImportKind, id: String, column: &'static str, value: String },
    Link { lead: u8, contact: &'static str, account: &'static str },
    Interaction { contact: u8, account: &'static str, kind: &'static str, offset: i64, amount: u8 },
    Erase { contact: u8 },
    Word { contact: u8, kind: &'static str },
    Time { milliseconds: i64 },
}

/// A field and a value for it.
type Written = (&'static str, &'static str);

const CONTACT: [Written; 15] = [
    ("role", "buyer"),
    ("role", ""),
    ("account_id", "a1"),
    ("account_id", "a3"),
    ("account_id", "a5"),
    ("account_id", "a9"),
    ("account_id", ""),
    ("consent", "none"),
    ("consent", "marketing"),
    ("consent", "profiling"),
    ("is_child", "true"),
    ("is_child", "false"),
    ("birthdate", "1990-03-29"),
    ("birthdate", "2026-03-30"),
    ("birthdate", ""),
];

const ACCOUNT: [Written; 9] = [
    ("industry", "Finance"),
    ("industry", ""),
    ("employees", "500"),
    ("employees", ""),
    ("primary_contact_id", "c1"),
    ("primary_contact_id", "c4"),
    ("primary_contact_id", "c9"),
    ("parent_account_id", "a1"),
    ("parent_account_id", ""),
];

const LEAD: [Written; 10] = [
    ("stage", "sales_accepted"),
    ("stage", "inquiry"),
    ("contact_id", "c1"),
    ("contact_id", "c4"),
    ("contact_id", "c9"),
    ("contact_id", ""),
    ("account_id", "a1"),
    ("account_id", "a5"),
    ("account_id", "a3"),
    ("account_id", ""),
];

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let record = |kind: ImportKind, letter: &'static str, cells: &'static [Written]| {
        (1..10_u8, select(cells)).prop_map(move |(id, (column, value))| Change::Record {
            kind,
            id: format!("{letter}{id}"),
            column,
            value: value.to_owned(),
        })
    };
    let seen = (1..8_u8, -3 * DAY..3 * DAY).prop_map(|(id, offset)| Change::Record {
        kind: ImportKind::Contacts,
        id: format!("c{id}"),
        column: "seen",
        value: rfc3339(at(START) + offset),
    });
    let offset = prop_oneof![-10 * DAY..2 * DAY, (-9..2_i64).prop_map(|days| days * DAY), Just(0)];
    let accounts = &["", "", "", "a1", "a3", "a5"][..];
    let interaction = (1..8_u8, select(accounts), select(&["OrderPlaced", "Visited"][..]), offset, 5..15_u8)
        .prop_map(|(contact, account, kind, offset, amount)| Change::Interaction {
            contact,
            account,
            kind,
            offset,
            amount,
        });
    let change = prop_oneof![
        5 => record(ImportKind::Contacts, "c", &CONTACT),
        1 => seen,
        2 => record(ImportKind::Accounts, "a", &ACCOUNT),
        2 => record(ImportKind::Leads, "l", &LEAD),
        1 => (1..8_u8, select(&["Subscribed", "Unsubscribed"][..]))
            .prop_map(|(contact, kind)| Change::Word { contact, kind }),
        1 => (1..8_u8, select(&["", "c1", "c4", "c9"][..]), select(&["", "a1", "a3"][..]))
            .prop_map(|(lead, contact, account)| Change::Link { lead, contact, account }),
        1 => (1..8_u8).prop_map(|contact| Change::Erase { contact }),
        6 => interaction,
        5 => prop_oneof![
            1 => Just(1_i64), 3 => 1..3 * DAY, 3 => (1..30_i64).prop_map(|hours| hours * HOUR), 2 => 1..HOUR
        ]
        .prop_map(|milliseconds| Change::Time { milliseconds }),
    ];
    proptest::collection::vec(change, 8..28)
}

fn happen(world: &mut World, place: usize, now: i64, change: &Change) {
    world.facts_at = Some(now);
    match change {
        Change::Record { kind, id, column: "consent", value } => {
            // Each with later evidence than the one before, so that none is refused.
            let since = rfc3339(now + i64::try_from(place).unwrap() * SECOND);
            world.import(*kind, &format!("id,consent,consent_since\n{id},{value},{since}\n"));
        }
        Change::Record { kind, id, column, value } => {
            world.import(*kind, &format!("id,{column}\n{id},{value}\n"));
        }
        Change::Link { lead, contact, account } => {
            // Refused where there is no such lead or parent, which changes nothing.
            world.link(&format!("l{lead}"), contact, account, now).ok();
        }
        Change::Interaction { contact, account, kind, offset, amount } => {
            let (column, value) = match *kind {
                "OrderPlaced" => (",amount", format!(",{amount}")),
                _ => ("", String::new()),
            };
            let at = rfc3339(now + offset);
            let row = format!(
                "id,type,at,contact_id,account_id{column}\ne{place},{kind},{at},c{contact},{account}{value}\n"
            );
            world.try_import(ImportKind::Interactions, row.as_bytes());
        }
        Change::Word { contact, kind } => {
            let at = rfc3339(now);
            let row = format!("id,type,at,contact_id,topic\ne{place},{kind},{at},c{contact},product-news\n");
            world.try_import(ImportKind::Interactions, row.as_bytes());
        }
        Change::Erase { contact } => {
            world.store.forget_contact(&format!("c{contact}"), "key", now).unwrap();
        }
        Change::Time { .. } => {}
    }
}

/// Computes everything anew, without writing it, and compares.
fn equals_everything(world: &mut World, now: i64, happened: &str) -> Result<(), TestCaseError> {
    for plan in world.plan.models.clone().iter().filter(|plan| gives_scores(plan, now)) {
        let mut differing = Vec::new();
        let mut each = |differs| {
            differing.push(differs);
            Ok(())
        };
        world.store.preview_scores(&plan.model, now, &*world.plan.library, &mut each).unwrap();
        prop_assert!(
            differing.is_empty(),
            "{} at {}, after {happened}: {differing:?}",
            plan.model.name,
            rfc3339(now)
        );
    }
    Ok(())
}

/// The rules' points add up to every score that is kept, by what `why` tells. Tells how many there are.
fn lines_add_up(world: &mut World, now: i64) -> Result<usize, TestCaseError> {
    let mut told = 0;
    for (entity, letter) in [(Entity::Lead, "l"), (Entity::Contact, "c"), (Entity::Account, "a")] {
        let mut kept: BTreeMap<i64, _> = world.store.scores(entity).unwrap();
        for id in (1..8).map(|id| format!("{letter}{id}")) {
            let Some(key) = world.store.key_of(entity, &id).unwrap() else { continue };
            let kept: BTreeMap<String, i64> =
                kept.remove(&key).unwrap_or_default().into_iter().map(|row| (row.model, row.score)).collect();
            let stories = score_stories(&mut world.store, &world.plan, entity, &id, now).unwrap();
            let mut found = BTreeMap::new();
            for story in stories {
                let sum: i64 = story.rules.iter().map(|rule| rule.points).sum();
                prop_assert_eq!(sum, story.points, "{} of {}", &story.model, &id);
                prop_assert_eq!(
                    story.score,
                    (!story.rules.is_empty()).then(|| tilework::model::scoring::rounded(sum))
                );
                found.extend(story.score.map(|score| (story.model, score)));
            }
            told += found.len();
            prop_assert_eq!(found, kept, "{} at {}", id, rfc3339(now));
        }
    }
    Ok(told)
}

/// Seven people of three accounts, with leads.
fn populated(workspace: &Workspace) -> World {
    let mut world = workspace.open();
    let contacts: Vec<String> =
        (1..8).map(|id| format!("c{id},a{},{}", id % 4, ["profiling", "marketing"][id % 2])).collect();
    world.import(ImportKind::Accounts, "id,employees\na1,300\na2,\na3,90\n");
    world.import(ImportKind::Contacts, &format!("id,account_id,consent\n{}\n", contacts.join("\n")));
    world.import(
        ImportKind::Leads,
        "id,contact_id,account_id,created_on\nl1,c1,,2026-03-27T08:00:00Z\nl2,c1,a1,2026-03-26T08:00:00Z\n\
         l3,c2,,\nl4,,a1,\nl5,,a2,\nl6,,,\n",
    );
    world
}

#[test]
fn each_field_that_a_score_depends_on_has_it_computed_again() {
    for database in Database::BOTH {
        let mut world = populated(&Workspace::on(database).file("journeys/all.yaml", DEFINITIONS));
        let mut now = at(START);
        for contact in 1..8 {
            for (place, kind) in ["OrderPlaced", "Visited"].into_iter().enumerate() {
                let change = Change::Interaction { contact, account: "", kind, offset: -DAY, amount: 12 };
                happen(&mut world, usize::from(contact) * 2 + place, now, &change);
            }
        }
        world.try_tick(now).unwrap();
        let cells = [
            (ImportKind::Contacts, "c", &CONTACT[..]),
            (ImportKind::Accounts, "a", &ACCOUNT[..]),
            (ImportKind::Leads, "l", &LEAD[..]),
        ];
        for (kind, letter, cells) in cells {
            for (id, (column, value)) in (1..4).flat_map(|id| cells.iter().map(move |cell| (id, cell))) {
                // No hour turns and no day, so that nothing but this field has anything computed.
                now += 1_000;
                let (id, value) = (format!("{letter}{id}"), (*value).to_owned());
                let change = Change::Record { kind, id, column, value };
                happen(&mut world, 0, now, &change);
                world.try_tick(now).unwrap();
                equals_everything(&mut world, now, &format!("{change:?}")).unwrap();
            }
        }
    }
}

fn come_to_the_same(database: Database, cases: u32) {
    let empty = Workspace::on(database).file("journeys/all.yaml", DEFINITIONS);
    empty.open().close();
    let told = Cell::new(0);
    holds(cases, &changes(), |changes| {
        let mut world = populated(&empty.copy());
        let mut now = at(START);
        world.try_tick(now).unwrap();
        for (place, change) in changes.iter().enumerate() {
            if let Change::Time { milliseconds } = change {
                now += milliseconds;
            }
            happen(&mut world, place, now, change);
            world.try_tick(now).unwrap();
            equals_everything(&mut world, now, &format!("{:?}", &changes[..=place]))?;
        }
        told.set(told.get() + lines_add_up(&mut world, now)?);
        Ok(())
    });
    assert!(told.get() > 10 * cases as usize, "only {} scores were told", told.get());
}

#[test]
fn scores_kept_up_to_date_equal_those_computed_anew_and_add_up_on_sqlite() {
    come_to_the_same(Database::Sqlite, 16);
}

#[test]
fn scores_kept_up_to_date_equal_those_computed_anew_and_add_up_on_postgres() {
    come_to_the_same(Database::Postgres, 4);
}
