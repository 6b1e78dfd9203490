//! Workers and the ranges of accounts that they claim.

use std::thread;

use tilework::store::{AccountRange, Passage, Store, StoreError};

use super::world::{
    Case, Journey, MINUTE, NOW, Place, accounts, claim_all, contacts, enrol_all, hold_on_both, journey, step,
};

/// Three accounts with two contacts each, who all stand at `a`.
fn three_accounts(store: &mut Store) -> Journey {
    accounts(store, &["a", "b", "c"]);
    for account in ["a", "b", "c"] {
        contacts(store, &[(&format!("{account}1"), account), (&format!("{account}2"), account)]);
    }
    let spring = journey(store, &[step("a")]);
    enrol_all(store, &spring, "a", 0);
    spring
}

fn due(store: &mut Store, journey: &Journey, batch_size: usize) -> Vec<AccountRange> {
    store.due_ranges(journey.iteration.key, journey.step("a"), NOW, NOW, batch_size, None).unwrap()
}

fn claim(
    store: &mut Store,
    journey: &Journey,
    range: AccountRange,
    at: i64,
) -> Option<tilework::store::Claim> {
    store.claim(journey.iteration.key, journey.step("a"), range, at, at + MINUTE).unwrap()
}

fn passage() -> Passage<'static> {
    Passage { released_when_due: true, next: None, path: None, message: None }
}

/// Waits until the server has noticed that a connection is gone.
fn start_until(store: &mut Store, mut seen: impl FnMut(&mut Store) -> bool) -> bool {
    for _ in 0..200 {
        assert!(store.start_worker(NOW).unwrap());
        if seen(store) {
            return true;
        }
        #[allow(clippy::disallowed_methods, reason = "the server takes real time to notice")]
        thread::sleep(std::time::Duration::from_millis(25));
    }
    false
}

/// A second worker where the database has room for two.
fn second_worker(place: &Place) -> Store {
    let mut store = place.again();
    assert_eq!(store.start_worker(NOW).unwrap(), place.is_postgres());
    store
}

const CASES: &[Case] = &[
    ("ranges hold about a batch each and never split an account", |place| {
        let mut store = place.store();
        let spring = three_accounts(&mut store);
        let sizes: Vec<usize> =
            [1, 2, 3, 4, 5, 6, 100].map(|size| due(&mut store, &spring, size).len()).to_vec();
        assert_eq!(sizes, [3, 3, 3, 2, 2, 1, 1]);
        let ranges = due(&mut store, &spring, 1);
        assert!(ranges.iter().all(|range| range.from == range.to));
        assert!(ranges.windows(2).all(|pair| pair[0].to < pair[1].from));
    }),
    ("nothing is due before its time", |place| {
        let mut store = place.store();
        let spring = three_accounts(&mut store);
        let before =
            store.due_ranges(spring.iteration.key, spring.step("a"), NOW - 1, NOW, 10, None).unwrap();
        assert!(before.is_empty());
    }),
    ("what is claimed isn't offered, and can't be claimed again", |place| {
        let mut store = place.store();
        store.start_worker(NOW).unwrap();
        let spring = three_accounts(&mut store);
        let ranges = due(&mut store, &spring, 2);
        let first = claim(&mut store, &spring, ranges[1], NOW).expect("it is free");
        assert_eq!(due(&mut store, &spring, 2), [ranges[0], ranges[2]]);
        let overlapping = AccountRange { from: ranges[0].from, to: ranges[2].to };
        assert_eq!(claim(&mut store, &spring, overlapping, NOW), None);
        assert_eq!(claim(&mut store, &spring, ranges[1], NOW), None);
        store.release(&first).unwrap();
        assert_eq!(due(&mut store, &spring, 2), ranges);
        assert!(claim(&mut store, &spring, overlapping, NOW).is_some());
    }),
    ("a lease that ran out counts no more, and its batch can't be committed", |place| {
        let mut store = place.store();
        store.start_worker(NOW).unwrap();
        let spring = three_accounts(&mut store);
        let range = due(&mut store, &spring, 100)[0];
        let old = claim(&mut store, &spring, range, NOW).expect("it is free");
        assert_eq!(
            claim(&mut store, &spring, range, NOW + MINUTE),
            None,
            "the deadline belongs to the lease"
        );
        let offered = |store: &mut Store, real_now| {
            store.due_ranges(spring.iteration.key, spring.step("a"), NOW, real_now, 100, None).unwrap()
        };
        assert_eq!(offered(&mut store, NOW + MINUTE), []);
        assert_eq!(offered(&mut store, NOW + MINUTE + 1), [range]);
        let new = claim(&mut store, &spring, range, NOW + MINUTE + 1).expect("the lease ran out");
        let lost = store.commit_passage(&old, &passage(), &[], "UTC", NOW).unwrap_err();
        assert!(matches!(lost, StoreError::ClaimLost), "{lost:?}");
        assert_eq!(store.journey_numbers(spring.row.key, None, None).unwrap().active, 6, "nothing happened");
        store.commit_passage(&new, &passage(), &[], "UTC", NOW).unwrap();
        assert_eq!(store.journey_numbers(spring.row.key, None, None).unwrap().finished, 6);
    }),
    ("two workers at once never get the same account", |place| {
        let mut store = place.store();
        let spring = three_accounts(&mut store);
        let ranges = due(&mut store, &spring, 2);
        let claimed: Vec<AccountRange> = thread::scope(|scope| {
            let workers: Vec<_> = (0..2)
                .map(|_| {
                    let mut store = place.again();
                    let (spring, ranges) = (&spring, &ranges);
                    scope.spawn(move || {
                        let got = ranges.iter().filter_map(|range| claim(&mut store, spring, *range, NOW));
                        got.map(|claim| claim.range).collect::<Vec<_>>()
                    })
                })
                .collect();
            workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
        });
        let mut starts: Vec<i64> = claimed.iter().map(|range| range.from).collect();
        starts.sort_unstable();
        assert_eq!(starts, ranges.iter().map(|range| range.from).collect::<Vec<_>>());
    }),
    ("SQLite has one worker at a time, Postgres many", |place| {
        let mut store = place.store();
        assert!(store.start_worker(NOW).unwrap());
        let second = second_worker(place);
        drop((store, second));
        assert!(place.again().start_worker(NOW).unwrap());
    }),
    ("another's claim can't be committed", |place| {
        let mut store = place.store();
        store.start_worker(NOW).unwrap();
        let spring = three_accounts(&mut store);
        let claim = claim_all(&mut store, &spring, "a");
        let mut second = second_worker(place);
        let lost = second.commit_passage(&claim, &passage(), &[], "UTC", NOW).unwrap_err();
        assert!(matches!(lost, StoreError::ClaimLost), "{lost:?}");
        assert_eq!(store.journey_numbers(spring.row.key, None, None).unwrap().active, 6);
    }),
    ("a worker that starts frees what a dead one held, and leaves the living alone", |place| {
        let mut dead = place.store();
        dead.start_worker(NOW).unwrap();
        let spring = three_accounts(&mut dead);
        let ranges = due(&mut dead, &spring, 2);
        claim(&mut dead, &spring, ranges[0], NOW).expect("it is free");
        let mut alive = None;
        if place.is_postgres() {
            let mut other = second_worker(place);
            claim(&mut other, &spring, ranges[1], NOW).expect("it is free");
            alive = Some(other);
        }
        drop(dead);
        let mut store = place.again();
        let freed = start_until(&mut store, |store| due(store, &spring, 2).contains(&ranges[0]));
        assert!(freed, "the dead worker's range is due again");
        assert_eq!(due(&mut store, &spring, 2).contains(&ranges[1]), alive.is_none());
    }),
];

#[test]
fn workers_share_the_work_on_both_databases() {
    hold_on_both(CASES);
}
