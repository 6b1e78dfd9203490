//! Who enters a journey, and as part of which account.

use super::{EVERYONE, ORDERED, world};
use crate::support::workspace::on_both;

const LEAD_AND_CALL: &str = "
  - id: pause
    tile: wait
    with: { for: 1 day }
  - id: lead
    tile: create_lead
    with: { for_each: account, topic: \"{{account.name}}\" }
  - id: call
    tile: activity
    with: { type: phone_call, for_each: contact, assign_to: account_owner, subject: \"{{account.name}}\" }
";

#[test]
fn rule_6_the_account_is_the_one_a_contact_entered_with_but_as_it_is_now() {
    on_both(|database| {
        let mut world = world(database, EVERYONE, LEAD_AND_CALL);
        world.tick("2026-03-01 08:00");
        world.contacts(&[("ada", "globex"), ("bob", "globex"), ("dan", "globex")]);
        world.import(
            tilework::interactions::ImportKind::Accounts,
            "id,name,owner\nacme,Acme Holding,zoe@vendor.example\n",
        );
        world.tick("2026-03-02 08:00");
        assert_eq!(world.leads(), ["lead acme - Acme Holding", "lead globex - GLOBEX"]);
        assert_eq!(
            world.activities(),
            [
                "call - dan  marketing@vendor.example",
                "call acme ada Acme Holding zoe@vendor.example",
                "call acme bob Acme Holding zoe@vendor.example",
                "call globex cy GLOBEX globex-owner@vendor.example",
            ]
        );
    });
}

#[test]
fn rule_6_suppression_looks_at_the_account_that_a_contact_has_now() {
    on_both(|database| {
        let keys = format!("{EVERYONE}\nsuppress: [competitors]");
        let mut world = world(database, &keys, LEAD_AND_CALL);
        world.tick("2026-03-01 08:00");
        world.import(tilework::interactions::ImportKind::Accounts, "id,status\nglobex,competitor\n");
        world.contacts(&[("ada", "globex"), ("cy", "acme")]);
        world.tick("2026-03-01 12:00");
        world.ways(&[
            ("ada", "pause! | stopped: suppressed"),
            ("bob", "| at pause"),
            ("cy", "| at pause"),
            ("dan", "| at pause"),
        ]);
        world.tick("2026-03-02 08:00");
        assert_eq!(world.leads(), ["lead acme - ACME", "lead globex - GLOBEX"], "cy still stands for globex");
    });
}

#[test]
fn rule_7_a_contact_without_account_is_an_account_of_its_own_for_triggers() {
    on_both(|database| {
        let steps = ORDERED.replace("timeout:", "quorum: all\n      timeout:");
        let mut world = world(database, EVERYONE, &steps);
        world.contacts(&[("eve", "")]);
        world.tick("2026-03-01 08:00");
        world.did("dan", "OrderPlaced", "2026-03-05 10:00");
        world.did("ada", "OrderPlaced", "2026-03-05 10:00");
        world.tick("2026-03-31 08:00");
        world.ways(&[
            ("dan", "ordered.then | finished"),
            ("eve", "ordered.else | finished"),
            ("ada", "ordered.else | finished"),
        ]);
        assert_eq!(world.left("dan", "ordered"), "2026-03-31T08:00:00Z", "processed 26 days late");
    });
}

#[test]
fn rule_7_an_effect_for_each_account_is_skipped_for_who_has_none_and_it_travels_on() {
    on_both(|database| {
        let steps = format!(
            "{LEAD_AND_CALL}
  - id: pause-2
    tile: wait
    with: {{ for: 1 day }}
"
        );
        let mut world = world(database, EVERYONE, &steps);
        world.tick("2026-03-01 08:00");
        world.tick("2026-03-02 08:00");
        world.ways(&[("dan", "pause lead call | at pause-2"), ("cy", "pause lead call | at pause-2")]);
        let reasons = world.tables().lines(
            "SELECT c.id, s.id, h.reason FROM history h JOIN contact c ON c.key = h.contact_key
             JOIN step s ON s.key = h.step_key WHERE h.reason IS NOT NULL",
        );
        assert_eq!(reasons, ["dan lead no_account"]);
        assert_eq!(world.leads(), ["lead acme - ACME", "lead globex - GLOBEX"]);
    });
}

#[test]
fn rule_8_who_is_in_several_segments_enters_once_and_leaving_them_removes_nobody() {
    on_both(|database| {
        let mut world = world(database, "audience: { include: [buyers, everyone] }", LEAD_AND_CALL);
        world.set("ada", "role", "buyer");
        world.tick("2026-03-01 08:00");
        assert_eq!(world.tables().lines("SELECT COUNT(*) FROM participant"), ["4"]);

        world
            .write("journeys/spring.yaml", &super::journey("audience: { include: [buyers] }", LEAD_AND_CALL));
        world.set("ada", "role", "user");
        world.tick("2026-03-01 09:00");
        world.ways(&[("ada", "| at pause"), ("bob", "| at pause")]);

        world.set("ada", "role", "buyer");
        world.tick("2026-03-01 10:00");
        assert_eq!(world.tables().lines("SELECT COUNT(*) FROM participant"), ["4"], "nobody enters again");
    });
}

#[test]
fn rule_8_who_joins_the_audience_later_enters_then() {
    on_both(|database| {
        let mut world =
            world(database, "audience: { include: [everyone], exclude: [buyers] }", LEAD_AND_CALL);
        world.set("ada", "role", "buyer");
        world.tick("2026-03-01 08:00");
        world.ways(&[("ada", "never entered"), ("bob", "| at pause")]);
        world.set("ada", "role", "user");
        world.contacts(&[("eve", "globex")]);
        world.tick("2026-03-01 20:00");
        world.tick("2026-03-02 08:00");
        world.ways(&[("ada", "| at pause"), ("bob", "pause lead call | finished"), ("eve", "| at pause")]);
        world.tick("2026-03-02 20:00");
        assert_eq!(world.left("ada", "pause"), "2026-03-02T20:00:00Z");
    });
}

#[test]
fn rule_8_an_audience_may_ask_for_all_its_segments_and_for_accounts() {
    on_both(|database| {
        let keys = "audience: { include: [buyers, competitors], match: all }";
        let mut world = world(database, keys, LEAD_AND_CALL);
        world.import(tilework::interactions::ImportKind::Accounts, "id,status\nacme,competitor\n");
        world.set("ada", "role", "buyer");
        world.set("cy", "role", "buyer");
        world.set("dan", "role", "buyer");
        world.tick("2026-03-01 08:00");
        assert_eq!(
            world.tables().lines("SELECT c.id FROM participant p JOIN contact c ON c.key = p.contact_key"),
            ["ada"]
        );
    });
}

#[test]
fn in_a_contacts_condition_any_contact_asks_the_people_of_its_account() {
    on_both(|database| {
        let mut world = world(database, "audience: { include: [beside-a-buyer] }", LEAD_AND_CALL);
        world.set("ada", "role", "buyer");
        world.set("dan", "role", "buyer");
        world.tick("2026-03-01 08:00");
        world.ways(&[
            ("ada", "| at pause"),
            ("bob", "| at pause"),
            ("cy", "never entered"),
            ("dan", "never entered"),
        ]);
    });
}
