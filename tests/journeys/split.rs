//! Splits: by a chance that never changes, or by number in the order of arrival.

use std::collections::BTreeMap;

use super::{EVERYONE, journey, whatever_the_batch, workspace};
use crate::support::world::World;

fn shares(by: &str) -> String {
    format!(
        "
  - id: versions
    tile: split
    with:
      by: {by}
      shares: {{ a: 40%, b: 40% }}
"
    )
}

fn counts(by: &str, counts: &str) -> String {
    format!(
        "
  - id: gifts
    tile: split
    with:
      by: {by}
      counts: {counts}
"
    )
}

/// Forty contacts of ten accounts, and ten without.
fn many(mut world: World) -> World {
    let accounts: Vec<String> = (0..10).map(|number| format!("account-{number}")).collect();
    world.accounts(&accounts.iter().map(String::as_str).collect::<Vec<&str>>());
    let rows: Vec<(String, String)> = (0..50)
        .map(|number| (format!("c{number:02}"), accounts.get(number / 4).cloned().unwrap_or_default()))
        .collect();
    world.contacts(&rows.iter().map(|(id, account)| (id.as_str(), account.as_str())).collect::<Vec<_>>());
    world
}

/// Each contact's path at the first step, by number.
fn paths(world: &mut World) -> Vec<String> {
    (0..50)
        .map(|number| {
            let way = world.way(&format!("c{number:02}"));
            way.split([' ', '.']).nth(1).unwrap().to_owned()
        })
        .collect()
}

#[test]
fn rule_13_a_share_is_drawn_the_same_on_every_machine_and_keeps_colleagues_together() {
    for by in ["contact", "account"] {
        let drawn = std::cell::RefCell::new(None);
        whatever_the_batch(|database, batch| {
            let mut world = many(workspace(database, EVERYONE, &shares(by)).open()).batches_of(batch);
            world.tick("2026-03-01 08:00");
            let found = paths(&mut world);
            let mut drawn = drawn.borrow_mut();
            assert_eq!(&found, drawn.get_or_insert_with(|| found.clone()), "{database:?}, {batch}");
        });
        let drawn = drawn.into_inner().unwrap();
        let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
        drawn.iter().for_each(|path| *sizes.entry(path).or_default() += 1);
        assert!(sizes.values().all(|size| (3..32).contains(size)) && sizes.len() == 3, "{sizes:?}");
        let together =
            drawn[..40].chunks(4).all(|colleagues| colleagues.iter().all(|path| *path == colleagues[0]));
        assert_eq!(together, by == "account");
    }
}

#[test]
fn rule_13_a_renamed_journey_and_step_draw_what_they_drew() {
    whatever_the_batch(|database, batch| {
        let steps = format!("  - {{ id: pause, tile: wait, with: {{ for: 1 day }} }}{}", shares("contact"));
        let expected = {
            let mut world = many(workspace(database, EVERYONE, &steps).open()).batches_of(batch);
            world.play("2026-03-03 08:00");
            (0..50).map(|n| world.way(&format!("c{n:02}"))).collect::<Vec<_>>()
        };
        let mut world = many(workspace(database, EVERYONE, &steps).open()).batches_of(batch);
        world.tick("2026-03-01 08:00");
        let renamed = journey(EVERYONE, &steps)
            .replace("name: spring\n", "name: summer\nwas: spring\n")
            .replace("id: versions\n", "id: letters\n    was: versions\n");
        world.write("journeys/spring.yaml", &renamed);
        world.play("2026-03-03 08:00");
        let found: Vec<String> =
            (0..50).map(|n| world.way(&format!("c{n:02}")).replace("letters", "versions")).collect();
        assert_eq!(found, expected);
    });
}

#[test]
fn rule_13_counts_fill_in_the_order_of_arrival_then_of_ids() {
    // Who waits for how long is told by the order of arrival, which isn't that of accounts or ids.
    let steps = format!(
        "
  - id: ready
    tile: trigger
    with:
      based_on: contact
      when:
        did: Visited
      timeout: 3 days
{}",
        counts("contact", "{ gift: 2, card: 1 }")
    );
    whatever_the_batch(|database, batch| {
        let mut world = workspace(database, EVERYONE, &steps).open().batches_of(batch);
        world.accounts(&["acme", "globex"]);
        world.contacts(&[("ada", "acme"), ("bob", "globex"), ("cy", "acme"), ("dan", ""), ("eve", "acme")]);
        world.tick("2026-03-01 08:00");
        world.did("eve", "Visited", "2026-03-02 09:00");
        world.did("dan", "Visited", "2026-03-02 10:00");
        world.did("cy", "Visited", "2026-03-02 10:00");
        world.did("bob", "Visited", "2026-03-02 11:00");
        world.tick("2026-03-02 20:00");
        world.play("2026-03-05 08:00");
        world.ways(&[
            ("eve", "ready.then gifts.gift | finished"),
            ("cy", "ready.then gifts.gift | finished"),
            ("dan", "ready.then gifts.card | finished"),
            ("bob", "ready.then gifts.else | finished"),
            ("ada", "ready.else gifts.else | finished"),
        ]);
        assert_eq!(world.because("eve", "gifts"), "got one of the 2 places");
        assert_eq!(world.because("ada", "gifts"), "all places were taken");
    });
}

#[test]
fn rule_13_an_account_takes_one_place_and_its_later_contacts_share_it() {
    whatever_the_batch(|database, batch| {
        let mut world =
            workspace(database, EVERYONE, &counts("account", "{ gift: 2 }")).open().batches_of(batch);
        world.accounts(&["acme", "globex", "initech"]);
        world.contacts(&[("ada", "globex"), ("bob", "globex"), ("cy", "acme"), ("dan", "initech")]);
        world.tick("2026-03-01 08:00");
        world.contacts(&[("eve", "acme"), ("fay", "initech"), ("aaa", "")]);
        world.tick("2026-03-02 08:00");
        world.ways(&[
            ("ada", "gifts.gift | finished"),
            ("bob", "gifts.gift | finished"),
            ("cy", "gifts.gift | finished"),
            ("dan", "gifts.else | finished"),
            ("eve", "gifts.gift | finished"),
            ("fay", "gifts.else | finished"),
            ("aaa", "gifts.else | finished"),
        ]);
    });
}

#[test]
fn more_places_are_for_those_who_come_then() {
    whatever_the_batch(|database, batch| {
        let mut world =
            workspace(database, EVERYONE, &counts("contact", "{ gift: 1 }")).open().batches_of(batch);
        world.contacts(&[("ada", ""), ("bob", "")]);
        world.tick("2026-03-01 08:00");
        world.write("journeys/spring.yaml", &journey(EVERYONE, &counts("contact", "{ gift: 2 }")));
        world.contacts(&[("cy", ""), ("dan", "")]);
        world.tick("2026-03-02 08:00");
        world.ways(&[
            ("ada", "gifts.gift | finished"),
            ("bob", "gifts.else | finished"),
            ("cy", "gifts.gift | finished"),
            ("dan", "gifts.else | finished"),
        ]);
    });
}
