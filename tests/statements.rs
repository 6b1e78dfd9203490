//! How many statements a tick takes of a database server.

use tilework::interactions::ImportKind;

use crate::support::workspace::{Database, Workspace};

const DEFINITIONS: &str = "kind: segment
name: everyone
target: account
where: true
---
kind: email
name: hello
purpose: transactional
subject: Hello
text: Hello {{contact.first_name}} of {{account.name}}
---
kind: interaction
name: Paid
attributes:
  amount: { type: number }
---
kind: segment
name: recent
target: contact
where:
  all:
    - { did: Paid, within: 2 days, sum: amount, at_least: 1 }
    - days_since(contact.created_on) < 400
---
kind: segment
name: busy
target: account
where: { any_contact: { did: Paid, within: 3 days } }
---
kind: scoring_model
name: fit
target: accounts
rules:
  - { name: paid, when: { did: Paid }, points: 10, per: each, half_life: 2 days }
  - { name: busy, when: { segment: busy }, points: 5 }
---
kind: journey
name: all
target: account
start: 2026-03-01 08:00
owner: ann@vendor.example
audience: { include: [everyone] }
steps:
  - { id: hello, tile: email, with: { email: hello } }
  - { id: paid, tile: trigger, with: { based_on: contact, when: { did: Paid }, timeout: 3 hours } }
  - id: kind
    tile: branch
    with: { based_on: contact, cases: { recent: { segment: recent } } }
    paths:
      recent:
        - { id: lead, tile: create_lead, with: { for_each: account, topic: Recent } }
  - { id: pause, tile: wait, with: { for: 2 hours } }
  - { id: call, tile: activity, with: { type: phone_call, for_each: contact, subject: Call } }
";

#[test]
fn a_server_prepares_nothing_anew_when_hours_pass_and_people_come_in() {
    let mut world = Workspace::on(Database::Postgres).file("journeys/all.yaml", DEFINITIONS).open();
    let hour = |hour: usize| {
        world.import(ImportKind::Accounts, &format!("id,name\na{hour},Account {hour}\n"));
        let people = format!("c{hour},a{hour},c{hour}@x.example\nd{hour},a{hour},d{hour}@x.example\n");
        world.import(ImportKind::Contacts, &format!("id,account_id,email\n{people}"));
        let at = format!("2026-03-{:02} {:02}:30", 1 + hour / 24, hour % 24);
        if hour > 9 {
            let paid = format!("p{hour},Paid,{at}:00Z,c{},5\n", hour - 1).replacen(' ', "T", 1);
            world.import(ImportKind::Interactions, &format!("id,type,at,contact_id,amount\n{paid}"));
        }
        world.tick(&at);
        world.store.prepared_statements().map_or(0, |(prepared, _)| prepared)
    };
    let prepared: Vec<u64> = (8..40).map(hour).collect();
    assert!(prepared[0] > 50, "a tick takes more statements: {prepared:?}");
    assert_eq!(prepared.last(), prepared.get(16), "after the first hours nothing is new: {prepared:?}");
    assert!(world.tables().lines("SELECT COUNT(*) FROM activity")[0].parse::<usize>().unwrap() > 40);
}
