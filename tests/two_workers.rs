//! Two workers on one Postgres store, at the same moments: nobody is lost, nobody is moved twice, each
//! effect is made once, and the end is that of one worker alone.

use std::{
    cell::Cell,
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use tilework::{
    engine::Phase,
    interactions::ImportKind,
    model::time::{MINUTE, rfc3339},
    store::{AccountRange, Store},
};

use crate::support::{
    definitions::USUAL,
    dump::assert_same,
    workspace::{Database, Workspace, on_both},
    world::{at, compiled, import_into},
};

const DEFINITIONS: &str = r#"
kind: journey
name: spring
target: account
owner: marketing@vendor.example
start: 2026-03-01 08:00
end: 2026-03-20 08:00
audience: { include: [everyone] }
steps:
  - id: invite
    tile: email
    with: { email: invite }
  - id: ordered
    tile: trigger
    with:
      based_on: account
      when:
        did: OrderPlaced
      timeout: 10 days
    paths:
      then:
        - id: lead
          tile: create_lead
          with: { for_each: account, topic: "{{account.name}}" }
        - id: call
          tile: activity
          with: { type: phone_call, for_each: contact, subject: "{{contact.first_name}}" }
  - id: visited
    tile: trigger
    with:
      based_on: contact
      when:
        did: Visited
      timeout: 2 days
  - id: pause
    tile: wait
    with: { until: 2026-03-20 08:00 }
  - id: last-lead
    tile: create_lead
    with: { for_each: account, topic: "last of {{account.name}}" }
  - id: last-call
    tile: activity
    with: { type: task, for_each: contact, subject: "last of {{contact.first_name}}" }
"#;

const ACCOUNTS: usize = 24;

/// Chance that is the same on every machine.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Accounts of one to four contacts.
fn prepared(chance: &mut Chance) -> (Workspace, Vec<String>) {
    let workspace = Workspace::on(Database::Postgres)
        .file("journeys/usual.yaml", USUAL)
        .file("journeys/definitions.yaml", DEFINITIONS);
    let mut world = workspace.open();
    let accounts: Vec<String> = (0..ACCOUNTS).map(|number| format!("account-{number:02}")).collect();
    world.accounts(&accounts.iter().map(String::as_str).collect::<Vec<&str>>());
    let mut contacts = Vec::new();
    for account in &accounts {
        for number in 0..=chance.below(4) {
            contacts.push((format!("{account}-{number}"), account.clone()));
        }
    }
    contacts.push(("alone".to_owned(), String::new()));
    let rows: Vec<(&str, &str)> =
        contacts.iter().map(|(contact, account)| (contact.as_str(), account.as_str())).collect();
    world.contacts(&rows);
    (world.close(), contacts.into_iter().map(|(contact, _)| contact).collect())
}

/// Interactions between two moments, one row each: of each contact at most one.
fn interactions(chance: &mut Chance, contacts: &[String], kind: &str, from: i64, to: i64) -> Vec<String> {
    let mut rows = Vec::new();
    for contact in contacts {
        if chance.below(3) == 0 {
            let span = u64::try_from((to - from) / MINUTE).unwrap();
            let when = from + i64::try_from(chance.below(span)).unwrap() * MINUTE;
            rows.push(format!("{kind}/{contact},{kind},{},{contact}", rfc3339(when)));
        }
    }
    rows
}

fn csv(rows: &[String]) -> String {
    format!("id,type,at,contact_id\n{}\n", rows.join("\n"))
}

/// Two workers that run at each of the moments, both before any goes on to the next. `meanwhile` is
/// done at their side while they are at a moment.
fn at_once(workspace: &Workspace, moments: &[i64], meanwhile: &(dyn Fn(i64) + Sync)) {
    let barrier = Barrier::new(3);
    thread::scope(|scope| {
        for size in [2, 3] {
            let (workspace, barrier) = (workspace.clone(), &barrier);
            scope.spawn(move || {
                let mut world = workspace.open().batches_of(size);
                for now in moments {
                    barrier.wait();
                    // Again and again, so that whatever comes in meanwhile meets one at work.
                    for _ in 0..3 {
                        world.try_tick(*now).unwrap();
                    }
                    barrier.wait();
                }
            });
        }
        for now in moments {
            barrier.wait();
            meanwhile(*now);
            barrier.wait();
        }
    });
}

#[test]
fn two_workers_come_to_what_one_comes_to() {
    for seed in 1..=2 {
        let mut chance = Chance(seed);
        let (workspace, contacts) = prepared(&mut chance);
        let mut world = workspace.open();
        for (kind, from, to) in [
            ("OrderPlaced", "2026-03-02 00:00", "2026-03-12 00:00"),
            ("Visited", "2026-03-02 00:00", "2026-03-15 00:00"),
        ] {
            world.import(
                ImportKind::Interactions,
                &csv(&interactions(&mut chance, &contacts, kind, at(from), at(to))),
            );
        }
        let prepared = world.close();

        let mut moments = vec![at("2026-03-01 08:00")];
        moments.extend((2..=19).map(|day| at(&format!("2026-03-{day:02} 09:00"))));
        moments.extend([at("2026-03-20 08:00"), at("2026-03-21 09:00")]);
        let mut alone = prepared.copy().open();
        moments.iter().for_each(|now| alone.try_tick(*now).unwrap());
        let together = prepared.copy();
        at_once(&together, &moments, &|_| {});
        let what = format!("seed {seed}");
        assert_same(&what, &alone.state(), &together.tables().state());
        assert!(alone.workspace.mails() == together.mails(), "{what}: other mails");
        let held = together
            .tables()
            .lines("SELECT COUNT(*) FROM claim UNION ALL SELECT COUNT(*) FROM outbox WHERE state < 3");
        assert_eq!(held, ["0", "0"], "{what}");
    }
}

#[test]
fn rule_13_two_workers_give_places_by_arrival_as_one_does() {
    let journey = r#"
---
kind: journey
name: spring
target: account
start: 2026-03-01 08:00
audience: { include: [everyone] }
steps:
  - id: visited
    tile: trigger
    with:
      based_on: contact
      when:
        did: Visited
      timeout: 20 days
  - id: gifts
    tile: split
    with: { by: contact, counts: { gift: 9, card: 6 } }
  - id: guests
    tile: split
    with: { by: account, counts: { first: 5, second: 4 } }
"#;
    let mut chance = Chance(31);
    let (workspace, contacts) = prepared(&mut chance);
    workspace.write("journeys/definitions.yaml", journey);
    let mut world = workspace.open();
    let (from, to) = (at("2026-03-01 09:00"), at("2026-03-04 09:00"));
    world.import(ImportKind::Interactions, &csv(&interactions(&mut chance, &contacts, "Visited", from, to)));
    let prepared = world.close();
    let moments =
        ["2026-03-01 08:00", "2026-03-02 12:00", "2026-03-03 12:00", "2026-03-04 12:00", "2026-03-21 08:00"];
    let moments = moments.map(at);
    let mut alone = prepared.copy().open();
    moments.iter().for_each(|now| alone.try_tick(*now).unwrap());
    let together = prepared.copy();
    at_once(&together, &moments, &|_| {});
    assert_same("places", &alone.state(), &together.tables().state());
    let taken = together.tables().lines(
        "SELECT s.id || '.' || l.path || ' ' || COUNT(*) FROM allotment l JOIN step s ON s.key = l.step_key
         WHERE l.path IS NOT NULL GROUP BY s.id, l.path ORDER BY 1",
    );
    assert_eq!(taken, ["gifts.card 6", "gifts.gift 9", "guests.first 5", "guests.second 4"]);
}

#[test]
fn nobody_sleeps_over_what_comes_in_while_two_are_at_work() {
    for seed in 11..=12 {
        let mut chance = Chance(seed);
        let (prepared, contacts) = prepared(&mut chance);
        let (first, now) = (at("2026-03-01 08:00"), at("2026-03-05 12:00"));
        let mut orders = interactions(&mut chance, &contacts, "OrderPlaced", at("2026-03-04 12:00"), now);
        // An account's decision isn't reopened by an earlier order that is heard of later: of each
        // account one contact orders.
        orders.dedup_by_key(|row| {
            row.split_once("/account-").map_or(String::new(), |(_, rest)| rest[..2].to_owned())
        });
        let visits = interactions(&mut chance, &contacts, "Visited", now - 30 * MINUTE, now);

        let mut alone = prepared.copy().open();
        alone.try_tick(first).unwrap();
        alone.import(ImportKind::Interactions, &csv(&orders));
        alone.import(ImportKind::Interactions, &csv(&visits));
        alone.try_tick(now).unwrap();

        let together = prepared.copy();
        let import = |moment: i64| {
            if moment == now {
                let (plan, mut third) =
                    (compiled(&together), Store::open_for_writing(&together.address()).unwrap());
                for rows in orders.chunks(2).chain(visits.chunks(2)) {
                    let (_, rejects) =
                        import_into(&mut third, &plan, ImportKind::Interactions, csv(rows).as_bytes(), 0);
                    assert!(rejects.is_empty(), "{rejects:?}");
                }
            }
        };
        at_once(&together, &[first, now], &import);
        together.open().try_tick(now).unwrap();
        let what = format!("seed {seed}");
        assert_same(&what, &alone.tables().state_without_ticks(), &together.tables().state_without_ticks());
    }
}

/// The narrowest place: an order comes in, and another worker takes it off the queue, after a batch was
/// decided without it and before that is committed.
#[test]
fn an_order_that_comes_between_a_decision_and_its_commit_is_not_slept_over() {
    on_both(|database| {
        let workspace = Workspace::on(database)
            .file("journeys/usual.yaml", USUAL)
            .file("journeys/definitions.yaml", DEFINITIONS);
        let mut prepared = workspace.open();
        prepared.accounts(&["acme", "globex"]);
        prepared.contacts(&[("ada", "acme"), ("bob", "acme"), ("cy", "globex")]);
        let workspace = prepared.close();
        let (plan, address) = (compiled(&workspace), workspace.address());
        let (decided, now) = (Cell::new(0), at("2026-03-01 08:00"));
        let meanwhile = move |phase: Phase| {
            if phase == Phase::Decided {
                decided.set(decided.get() + 1);
            }
            // The first batch is that of the mail, the second that of the trigger.
            if (phase, decided.get()) == (Phase::Decided, 2) {
                let mut other = Store::open_for_writing(&address).unwrap();
                let order = csv(&[format!("order,OrderPlaced,{},bob", rfc3339(now))]);
                import_into(&mut other, &plan, ImportKind::Interactions, order.as_bytes(), 0);
                other.take_incoming(now, &|_| Vec::new()).unwrap();
                assert!(!other.has_incoming().unwrap());
            }
        };
        let mut world = workspace.open().observed(meanwhile);
        world.tick("2026-03-01 08:00");
        world.ways(&[
            ("ada", "invite ordered.then lead call | at visited"),
            ("bob", "invite ordered.then lead call | at visited"),
            ("cy", "invite | at ordered"),
        ]);
    });
}

/// Somebody else claims the accounts of a step, and is gone a little later without a word.
#[test]
#[allow(clippy::disallowed_methods, reason = "it is real time after which the other one is gone")]
fn playing_does_not_run_ahead_of_another_worker() {
    let (prepared, _) = prepared(&mut Chance(21));
    let mut alone = prepared.copy().open();
    let (enter, until) = (at("2026-03-01 08:00"), at("2026-03-21 08:00"));
    alone.try_tick(enter).unwrap();
    let held = alone.workspace.clone();
    drop(alone);
    let mut undisturbed = held.copy().open();
    undisturbed.try_play(until, &mut |_| {}).unwrap();

    let mut other = Store::open_for_writing(&held.address()).unwrap();
    assert!(other.start_worker(tilework::runtime::real_now()).unwrap());
    let spring = other.journey_row("spring").unwrap().unwrap();
    let iteration = other.iterations(spring.key).unwrap().remove(0);
    let all = AccountRange { from: i64::MIN, to: i64::MAX };
    let now = tilework::runtime::real_now();
    other.claim(iteration.key, spring.steps["ordered"], all, now, now + 10 * MINUTE).unwrap().unwrap();

    let gone = AtomicBool::new(false);
    let mut world = held.open();
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(500));
            gone.store(true, Ordering::SeqCst);
            drop(other);
        });
        world.try_play(until, &mut |_| {}).unwrap();
    });
    assert!(gone.load(Ordering::SeqCst), "it waited for the other one");
    assert_same("played", &undisturbed.tables().state_without_ticks(), &world.tables().state_without_ticks());
}
