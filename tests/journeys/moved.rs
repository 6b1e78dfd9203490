//! A participant leaves the account that it entered with.

use tilework::interactions::ImportKind;

use super::{EVERYONE, workspace, world};
use crate::support::{
    workspace::{Database, on_both},
    world::World,
};

const PAUSE: &str = "
  - id: pause
    tile: wait
    with: { for: 1 day }
";

/// The world of a journey that begins with a day's wait, in which bob changes from acme to globex.
fn moved(database: Database, steps: &str) -> World {
    let mut world = world(database, EVERYONE, &format!("{PAUSE}{steps}"));
    world.tick("2026-03-01 08:00");
    world.set_at(ImportKind::Contacts, "bob", "account_id", "globex", "2026-03-01 12:00");
    world
}

#[test]
fn rule_6_a_branch_tells_who_is_still_at_the_account() {
    on_both(|database| {
        let steps = "
  - id: still
    tile: branch
    with:
      based_on: contact
      cases:
        there: contact.account_id == account.id
";
        let mut world = moved(database, steps);
        world.tick("2026-03-02 08:00");
        world.ways(&[
            ("ada", "pause still.there | finished"),
            ("bob", "pause still.else | finished"),
            ("cy", "pause still.there | finished"),
            ("dan", "pause still.else | finished"),
        ]);
        assert_eq!(
            world.because("ada", "still"),
            "contact.account_id is account.id (contact.account_id \"acme\", account.id \"acme\")"
        );
    });
}

#[test]
fn rule_6_a_trigger_can_wait_for_somebody_to_leave() {
    on_both(|database| {
        let steps = "
  - id: gone
    tile: trigger
    with: { based_on: contact, when: contact.account_id != account.id, timeout: 3 days }
    paths:
      then:
        - id: notice
          tile: email
          with: { email: notice }
";
        let mut world = world(database, EVERYONE, steps);
        world.contacts(&[("dan", "globex")]);
        world.tick("2026-03-01 08:00");
        world.set_at(ImportKind::Contacts, "bob", "account_id", "globex", "2026-03-02 12:00");
        world.set_at(ImportKind::Contacts, "cy", "account_id", "", "2026-03-02 12:00");
        world.tick("2026-03-02 12:00");
        world.tick("2026-03-05 08:00");
        world.ways(&[
            ("ada", "gone.else | finished"),
            ("bob", "gone.then notice | finished"),
            ("cy", "gone.then notice | finished"),
            ("dan", "gone.else | finished"),
        ]);
    });
}

#[test]
fn rule_6_a_mail_tells_who_is_still_at_the_account_and_stands_in_the_history_of_the_frozen_one() {
    on_both(|database| {
        let news = "kind: email
name: news
purpose: transactional
subject: News
text: \"{{#if (eq contact.account_id account.id)}}at{{else}}once at{{/if}} {{account.name}}\"
---
{ kind: segment, name: written-to, target: account, where: { did: EmailSent, at_least: 2 times } }
";
        let steps = format!("{PAUSE}  - id: news\n    tile: email\n    with: {{ email: news }}\n");
        let mut world =
            super::populated(&workspace(database, EVERYONE, &steps).file("journeys/news.yaml", news));
        world.tick("2026-03-01 08:00");
        world.set_at(ImportKind::Contacts, "bob", "account_id", "globex", "2026-03-01 12:00");
        world.tick("2026-03-02 08:00");
        let sent = world.tables().lines(
            "SELECT c.id, COALESCE(a.id, '-') FROM interaction i JOIN contact c ON c.key = i.contact_key
             LEFT JOIN account a ON a.key = i.account_key ORDER BY c.id",
        );
        assert_eq!(sent, ["ada acme", "bob acme", "cy globex", "dan -"]);
        let mut texts = Vec::new();
        for entry in std::fs::read_dir(world.workspace.root().join("mail")).unwrap() {
            let mail = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            let mail = mail.replace("\r\n", "\n");
            let to = mail.lines().find(|line| line.starts_with("To: ")).unwrap().to_owned();
            texts.push(format!("{to}: {}", mail.split("\n\n").nth(1).unwrap().trim()));
        }
        texts.sort();
        assert_eq!(
            texts,
            [
                "To: ada <ada@people.example>: at ACME",
                "To: bob <bob@people.example>: once at ACME",
                "To: cy <cy@people.example>: at GLOBEX",
                "To: dan <dan@people.example>: once at",
            ]
        );
        world.tick("2026-03-03 08:00");
        let members = world.tables().lines(
            "SELECT a.id FROM membership m JOIN segment s ON s.key = m.segment_key JOIN account a ON a.key = m.subject_key
             WHERE s.name = 'written-to'",
        );
        assert_eq!(members, ["acme"]);
    });
}

#[test]
fn rule_6_a_branch_of_accounts_asks_the_history_of_the_frozen_account() {
    on_both(|database| {
        let steps = "
  - id: active
    tile: branch
    with:
      based_on: account
      cases:
        twice: { did: OrderPlaced, at_least: 2 times }
        once: { did: OrderPlaced }
";
        let mut world = moved(database, steps);
        // Of bob's orders one is acme's, and one is what he did at globex; dan is an account of his own.
        world.did("bob", "OrderPlaced", "2026-03-01 11:00");
        world.did("bob", "OrderPlaced", "2026-03-01 13:00");
        world.did("cy", "OrderPlaced", "2026-03-01 13:00");
        world.did("dan", "OrderPlaced", "2026-03-01 13:00");
        world.tick("2026-03-02 08:00");
        world.ways(&[
            ("ada", "pause active.once | finished"),
            ("bob", "pause active.once | finished"),
            ("cy", "pause active.twice | finished"),
            ("dan", "pause active.once | finished"),
        ]);
    });
}

#[test]
fn rule_6_a_custom_tile_of_accounts_counts_what_was_done_for_the_account() {
    on_both(|database| {
        let tile = "kind: tile
name: count
summary: Counts
for: account
needs:
  did:
    orders: { did: OrderPlaced }
paths: [done]
";
        let script = r#"fn run(item, params) {
    let orders = 0;
    for contact in item.contacts { orders += contact.did.orders; }
    take("done").note(`${orders} orders`)
}
"#;
        let steps = format!("{PAUSE}  - id: count\n    tile: count\n");
        let workspace = workspace(database, EVERYONE, &steps)
            .file("plugins/count/tile.yaml", tile)
            .file("plugins/count/tile.rhai", script);
        let mut world = super::populated(&workspace);
        world.tick("2026-03-01 08:00");
        world.set_at(ImportKind::Contacts, "bob", "account_id", "globex", "2026-03-01 12:00");
        world.did("bob", "OrderPlaced", "2026-03-01 11:00");
        world.did("bob", "OrderPlaced", "2026-03-01 13:00");
        world.did("dan", "OrderPlaced", "2026-03-01 13:00");
        world.tick("2026-03-02 08:00");
        assert_eq!(
            ["ada", "cy", "dan"].map(|contact| world.because(contact, "count")),
            ["1 orders", "0 orders", "1 orders"]
        );
    });
}
