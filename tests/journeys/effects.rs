//! Leads, activities and messages: once each, whatever happens.

use super::{EVERYONE, ORDERED, world};
use crate::support::{dump::assert_same, workspace::on_both};

/// Who visited comes to the lead at once, the others after ten days.
const APART: &str = "
  - id: visited
    tile: trigger
    with:
      based_on: contact
      when:
        did: Visited
      timeout: 10 days
  - id: lead
    tile: create_lead
    with: { for_each: account, topic: \"{{account.name}} is interested\" }
  - id: call
    tile: activity
    with: { type: phone_call, for_each: account, assign_to: account_owner, subject: \"Call {{account.name}}\", due: 2 business days }
";

#[test]
fn rule_12_for_each_account_there_is_one_effect_and_colleagues_pass_without() {
    on_both(|database| {
        let mut world = world(database, EVERYONE, APART);
        world.did("bob", "Visited", "2026-03-05 10:00");
        world.play("2026-03-05 12:00");
        assert_eq!(world.leads(), ["lead acme - ACME is interested"]);
        let first = world.tables().rows("SELECT id, created_at FROM lead");
        world.play("2026-03-20 08:00");
        world.ways(&[
            ("ada", "visited.else lead call | finished"),
            ("bob", "visited.then lead call | finished"),
            ("cy", "visited.else lead call | finished"),
        ]);
        assert_eq!(world.leads(), ["lead acme - ACME is interested", "lead globex - GLOBEX is interested"]);
        assert_eq!(
            world.activities(),
            [
                "call acme - Call ACME acme-owner@vendor.example",
                "call globex - Call GLOBEX globex-owner@vendor.example",
            ]
        );
        let acme = world.tables().rows("SELECT id, created_at FROM lead WHERE account_id = 'acme'");
        assert_eq!(acme, first, "bob's stays as it was");
        let due = world.tables().rows(
            "SELECT v.due_at FROM activity v JOIN account a ON a.key = v.account_key WHERE a.id = 'acme'",
        );
        // Thursday at ten; two business days later it is Monday.
        assert_eq!(due[0][0], crate::support::world::at("2026-03-09 10:00").to_string());
    });
}

#[test]
fn rule_12_a_lead_that_exists_is_never_matched() {
    on_both(|database| {
        let mut world = world(database, EVERYONE, APART);
        world.import(
            tilework::interactions::ImportKind::Leads,
            "id,topic,account_id\nold,ACME is interested,acme\n",
        );
        world.play("2026-03-20 08:00");
        assert_eq!(
            world
                .tables()
                .lines("SELECT account_id, COUNT(*) FROM lead GROUP BY account_id ORDER BY account_id"),
            ["acme 2", "globex 1"]
        );
    });
}

#[test]
fn rule_12_two_steps_make_two_effects_and_for_each_contact_means_each() {
    on_both(|database| {
        let steps = "
  - id: first
    tile: create_lead
    with: { for_each: account, topic: one }
  - id: second
    tile: create_lead
    with: { for_each: account, topic: two, last_name: \"{{account.name}} Ltd\", owner: zoe@vendor.example }
  - id: each
    tile: create_lead
    with: { for_each: contact, topic: \"{{contact.first_name}}\" }
";
        let mut world = world(database, EVERYONE, steps);
        world.tick("2026-03-01 08:00");
        assert_eq!(
            world.leads(),
            [
                "each - ada ada",
                "each - bob bob",
                "each - cy cy",
                "each - dan dan",
                "first acme - one",
                "first globex - one",
                "second acme - two",
                "second globex - two"
            ]
        );
        let details = world.tables().lines(
            "SELECT id, last_name, company, email, source, stage, owner FROM lead WHERE topic IN ('two', 'ada') AND COALESCE(account_id, 'acme') = 'acme' ORDER BY topic",
        );
        let details: Vec<&str> =
            details.iter().filter_map(|line| line.split_once(' ')).map(|(_, rest)| rest).collect();
        assert_eq!(
            details,
            [
                " ACME ada@people.example spring/each inquiry marketing@vendor.example",
                "ACME Ltd ACME  spring/second inquiry zoe@vendor.example",
            ]
        );
    });
}

const TWO_MAILS: &str = "
  - id: invite
    tile: email
    with: { email: invite }
  - id: pause
    tile: wait
    with: { for: 1 day }
  - id: reminder
    tile: email
    with: { email: invite }
";

#[test]
fn rule_18_each_effect_has_a_key_of_its_own_and_its_message_one_file() {
    on_both(|database| {
        let mut world = world(database, EVERYONE, TWO_MAILS);
        world.play("2026-03-05 08:00");
        let mails = world.workspace.mails();
        assert_eq!(mails.len(), 8, "two steps, four contacts");
        let ids: std::collections::BTreeSet<&str> = mails
            .iter()
            .filter_map(|(_, mail)| mail.lines().find(|line| line.starts_with("Message-ID:")))
            .collect();
        assert_eq!(ids.len(), 8);
        let keys = world
            .tables()
            .lines("SELECT COUNT(*), COUNT(DISTINCT id) FROM interaction WHERE journey = 'spring'");
        assert_eq!(keys, ["8 8"]);
    });
}

#[test]
fn rule_18_running_again_writes_nothing_again() {
    on_both(|database| {
        let mut world = world(database, EVERYONE, &format!("{TWO_MAILS}{APART}"));
        world.play("2026-03-20 08:00");
        let (before, mails) = (world.state(), world.workspace.mails());
        for _ in 0..3 {
            world.tick("2026-03-20 08:00");
        }
        let mut world = world.close().open();
        world.play("2026-03-20 08:00");
        assert_same("run again", &before, &world.state());
        assert!(mails == world.workspace.mails());
    });
}

#[test]
fn rule_20_what_fails_concerns_its_own_participant() {
    on_both(|database| {
        // The date on which it is due lies behind all that calendars know.
        let steps = format!(
            "{ORDERED}    paths:
      then:
        - id: call
          tile: activity
          with: {{ type: task, for_each: contact, subject: Call, due: 900 years }}
"
        );
        let mut world = world(database, &format!("{EVERYONE}\nstart: 9500-03-01 08:00"), &steps);
        world.did("cy", "OrderPlaced", "9500-03-05 10:00");
        world.play("9500-04-01 08:00");
        world.ways(&[("ada", "ordered.else | finished"), ("dan", "ordered.else | finished")]);
        let way = world.way("cy");
        assert!(way.starts_with("ordered.then call! | stopped: failed: "), "{way}");
        assert_eq!(world.activities(), [] as [&str; 0]);
    });
}
