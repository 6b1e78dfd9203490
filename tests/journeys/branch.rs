//! Branches: the first case that holds, for each contact or for the account as one.

use super::{EVERYONE, whatever_the_batch, workspace, world};
use crate::support::{
    workspace::{Database, on_both},
    world::World,
};
use tilework::interactions::ImportKind;

/// A branch by the size of the account.
const SIZE: &str = "
  - id: size
    tile: branch
    with:
      based_on: account
      cases:
        large: account.employees >= 1000
        medium: account.employees >= 100
    paths:
      large:
        - id: call
          tile: activity
          with: { type: phone_call, for_each: account, subject: \"Call {{account.name}}\" }
";

/// Accounts of three sizes.
fn sized(database: Database, keys: &str, steps: &str, batch: usize) -> World {
    let mut world = world(database, keys, steps).batches_of(batch);
    world.import(ImportKind::Accounts, "id,employees\nacme,1500\nglobex,250\n");
    world
}

#[test]
fn the_first_case_that_holds_is_the_accounts_path() {
    whatever_the_batch(|database, batch| {
        let mut world = sized(database, EVERYONE, SIZE, batch);
        world.tick("2026-03-01 08:00");
        world.ways(&[
            ("ada", "size.large call | finished"),
            ("bob", "size.large call | finished"),
            ("cy", "size.medium | finished"),
            ("dan", "size.else | finished"),
        ]);
        assert_eq!(world.activities(), ["call acme - Call ACME marketing@vendor.example"]);
        assert_eq!(
            world.because("bob", "size"),
            "account.employees is at least 1000 (account.employees 1500)"
        );
        assert_eq!(world.because("cy", "size"), "account.employees is at least 100 (account.employees 250)");
        assert_eq!(world.because("dan", "size"), "no case holds (account.employees is missing)");
    });
}

#[test]
fn rule_10_who_arrives_later_follows_the_accounts_decision() {
    whatever_the_batch(|database, batch| {
        let mut world = sized(database, EVERYONE, SIZE, batch);
        world.tick("2026-03-01 08:00");
        world.import(ImportKind::Accounts, "id,employees\nacme,10\nglobex,5000\n");
        world.contacts(&[("eve", "acme"), ("fay", "globex"), ("gus", "")]);
        world.tick("2026-03-05 08:00");
        world.ways(&[
            ("eve", "size.large call | finished"),
            ("fay", "size.medium | finished"),
            ("gus", "size.else | finished"),
        ]);
        assert_eq!(world.left("eve", "size"), "2026-03-05T08:00:00Z");
        assert_eq!(world.activities().len(), 1, "the call is made once");
    });
}

#[test]
fn rule_7_a_contact_without_account_is_an_account_of_its_own_in_a_branch() {
    let steps = "
  - id: engaged
    tile: branch
    with:
      based_on: account
      cases:
        many: { any_contact: { did: Visited }, at_least: 2 contacts }
        one: { any_contact: { did: Visited } }
        ordered: { did: OrderPlaced }
";
    whatever_the_batch(|database, batch| {
        let mut world = world(database, EVERYONE, steps).batches_of(batch);
        world.contacts(&[("eve", ""), ("fay", "")]);
        for contact in ["ada", "bob", "eve"] {
            world.did(contact, "Visited", "2026-02-20 10:00");
        }
        world.did("fay", "OrderPlaced", "2026-02-20 10:00");
        world.tick("2026-03-01 08:00");
        world.ways(&[
            ("ada", "engaged.many | finished"),
            ("bob", "engaged.many | finished"),
            ("cy", "engaged.else | finished"),
            ("dan", "engaged.else | finished"),
            ("eve", "engaged.one | finished"),
            ("fay", "engaged.ordered | finished"),
        ]);
    });
}

#[test]
fn a_condition_about_a_contact_sees_the_account_that_it_entered_with() {
    let steps = "
  - id: pause
    tile: wait
    with: { for: 2 days }
  - id: who
    tile: branch
    with:
      based_on: contact
      cases:
        boss: { all: ['contact.role == \"boss\"', account.employees >= 1000] }
        large: account.employees >= 1000
        free: is_blank(account.name)
";
    on_both(|database| {
        let mut world = sized(database, EVERYONE, steps, 1);
        world.set("ada", "role", "boss");
        world.set("cy", "role", "boss");
        world.tick("2026-03-01 08:00");
        world.set("bob", "account_id", "globex");
        world.play("2026-03-04 08:00");
        world.ways(&[
            ("ada", "pause who.boss | finished"),
            ("bob", "pause who.large | finished"),
            ("cy", "pause who.else | finished"),
            ("dan", "pause who.free | finished"),
        ]);
        assert_eq!(
            world.because("ada", "who"),
            "contact.role is \"boss\" and account.employees is at least 1000 (contact.role \"boss\", account.employees 1500)"
        );
    });
}

#[test]
fn rule_14_what_happened_after_the_arrival_does_not_decide_however_late_the_tick() {
    let steps = "
  - id: pause
    tile: wait
    with: { for: 1 day }
  - id: keen
    tile: branch
    with:
      based_on: UNIT
      cases:
        lately: { did: Visited, within: 6 hours }
        twice: { did: Visited, at_least: 2 times }
        never: { did_not: Visited }
";
    whatever_the_batch(|database, batch| {
        for unit in ["contact", "account"] {
            let mut world = world(database, EVERYONE, &steps.replace("UNIT", unit)).batches_of(batch);
            world.tick("2026-03-01 08:00");
            world.did("ada", "Visited", "2026-03-02 02:00");
            world.did("cy", "Visited", "2026-03-02 01:59");
            world.did("cy", "Visited", "2026-03-02 08:01");
            world.did("dan", "Visited", "2026-03-02 08:01");
            world.tick("2026-03-02 19:00");
            let bob = if unit == "account" { "lately" } else { "never" };
            world.ways(&[
                ("ada", "pause keen.lately | finished"),
                ("bob", &format!("pause keen.{bob} | finished")),
                ("cy", "pause keen.else | finished"),
                ("dan", "pause keen.never | finished"),
            ]);
        }
    });
}

#[test]
fn a_branch_behind_a_mail_knows_whether_it_was_sent() {
    let steps = "
  - id: mail
    tile: email
    with: { email: invite }
  - id: sent
    tile: branch
    with:
      based_on: contact
      cases:
        written: { did: EmailSent, step: mail }
        blocked: { did: EmailBlocked }
";
    on_both(|database| {
        let mut world = world(database, EVERYONE, steps);
        world.set("bob", "email", "");
        world.tick("2026-03-01 08:00");
        world.ways(&[("ada", "mail sent.written | finished"), ("bob", "mail sent.blocked | finished")]);
    });
}

#[test]
fn a_branch_of_a_contact_journey_needs_no_unit() {
    let steps = "
  - id: who
    tile: branch
    with:
      cases: { buyers: { segment: buyers } }
    paths:
      buyers:
        - id: mail
          tile: email
          with: { email: invite }
      else:
        - { id: out, tile: end, with: { result: no-buyer } }
";
    on_both(|database| {
        let mut world = workspace(database, &format!("target: contact\n{EVERYONE}"), steps).open();
        world.contacts(&[("ada", ""), ("bob", "")]);
        world.set("ada", "role", "buyer");
        world.tick("2026-03-01 08:00");
        world.ways(&[("ada", "who.buyers mail | finished"), ("bob", "who.else out.no-buyer | finished")]);
    });
}
