//! Asking who satisfies a trigger's condition, and when it came true.

use std::collections::BTreeMap;

use tilework::model::{Asked, Block, Bound, CountTest, Did, Entity, Predicate, Subject};
use tilework::store::{Answer, NewInteraction, Question, Store};

use super::world::{
    Case, DAY, HOUR, Journey, NOW, accounts, awaiting, claim_all, contact, contacts, days_ago, did,
    enrol_all, hold_on_both, interaction, is, journey, not, ordered, orders, put, text,
};

/// Ada and bob of acme, and eve of no account, at the trigger `t`.
fn waiting(store: &mut Store) -> Journey {
    store.start_worker(NOW).unwrap();
    accounts(store, &["acme"]);
    contacts(store, &[("ada", "acme"), ("bob", "acme"), ("eve", "")]);
    let spring = journey(store, &[super::world::step("invite"), awaiting("t", true)]);
    enrol_all(store, &spring, "t", 0);
    spring
}

/// What is found about each contact, by id: when it came true and what comes next.
fn ask(
    store: &mut Store,
    journey: &Journey,
    predicate: &Predicate,
    of: Asked,
    now: i64,
) -> Vec<(String, Option<i64>, Option<i64>)> {
    let claim = claim_all(store, journey, "t");
    let batch = store.load_batch(&claim, NOW, &[], &[], false, None).unwrap();
    let mut subjects: Vec<tilework::store::Subject> = Vec::new();
    for row in &batch {
        let contact_key = (of == Asked::Contact).then_some(row.contact_key);
        if subjects.iter().any(|known| contact_key.is_none() && known.account_key == row.account_key) {
            continue;
        }
        subjects.push(tilework::store::Subject {
            account_key: row.account_key,
            contact_key,
            visit: row.visit,
            since: row.arrived_at,
            until: NOW + 30 * DAY,
        });
    }
    let steps = journey.row.steps.clone();
    let step_key = move |id: &str| steps.get(id).copied().unwrap_or(-1);
    let question = Question {
        journey: "spring",
        iteration: 1,
        predicate,
        timezone: "UTC",
        of,
        step_key: &step_key,
        answers: &(),
        segments: &BTreeMap::new(),
    };
    let answers: Vec<Answer> = store.ask(&claim, &question, &subjects, now).unwrap();
    store.release(&claim).unwrap();
    let name = |key: i64| match batch.iter().find(|row| row.contact_key == key) {
        Some(row) => row.contact_id.clone(),
        None => "another".to_owned(),
    };
    let mut rows: Vec<_> = answers
        .into_iter()
        .map(|answer| (name(answer.contact_key), answer.answer.satisfied_at, answer.answer.next_at))
        .collect();
    rows.sort();
    rows
}

fn satisfied(store: &mut Store, journey: &Journey, predicate: &Predicate) -> Vec<(String, i64)> {
    let answers = ask(store, journey, predicate, Asked::Contact, NOW + 30 * DAY);
    answers.into_iter().filter_map(|(id, at, _)| at.map(|at| (id, at))).collect()
}

fn at_least(count: u64) -> Did {
    did(Subject::Contact, "OrderPlaced", CountTest::AtLeast(count))
}

const CASES: &[Case] = &[
    ("rule 11: an interaction counts from arrival to deadline, ends included", |place| {
        let mut store = place.store();
        let spring = waiting(&mut store);
        let until = NOW + 30 * DAY;
        orders(&mut store, &[("ada", NOW - 1), ("bob", NOW), ("eve", until + 1)]);
        assert_eq!(satisfied(&mut store, &spring, &ordered()), [("bob".to_owned(), NOW)]);
        orders(&mut store, &[("ada", until), ("ada", NOW + DAY)]);
        let expected = [("ada".to_owned(), NOW + DAY), ("bob".to_owned(), NOW)];
        assert_eq!(satisfied(&mut store, &spring, &ordered()), expected, "the first one counts");
    }),
    ("rule 5: what lies in the future is told as what comes next", |place| {
        let mut store = place.store();
        let spring = waiting(&mut store);
        orders(&mut store, &[("ada", NOW + HOUR), ("ada", NOW + DAY), ("bob", NOW + 31 * DAY)]);
        let answers = ask(&mut store, &spring, &ordered(), Asked::Contact, NOW);
        assert_eq!(answers, [("ada".to_owned(), None, Some(NOW + HOUR))]);
        let answers = ask(&mut store, &spring, &ordered(), Asked::Contact, NOW + HOUR);
        assert_eq!(answers, [("ada".to_owned(), Some(NOW + HOUR), Some(NOW + DAY))]);
    }),
    ("a count comes true with the interaction that completes it", |place| {
        let mut store = place.store();
        let spring = waiting(&mut store);
        orders(
            &mut store,
            &[("ada", NOW + 1), ("ada", NOW + 9 * DAY), ("ada", NOW + 10 * DAY), ("bob", NOW)],
        );
        let three = Predicate::Did(at_least(3));
        assert_eq!(satisfied(&mut store, &spring, &three), [("ada".to_owned(), NOW + 10 * DAY)]);
        let within = |days| Predicate::Did(Did { since: Some(days_ago(days)), ..at_least(2) });
        assert_eq!(satisfied(&mut store, &spring, &within(1)), [("ada".to_owned(), NOW + 10 * DAY)]);
        assert_eq!(satisfied(&mut store, &spring, &within(9)), [("ada".to_owned(), NOW + 9 * DAY)]);
        let since = Predicate::Did(Did { since: Some(Bound::At(NOW + 2)), ..at_least(1) });
        assert_eq!(satisfied(&mut store, &spring, &since), [("ada".to_owned(), NOW + 9 * DAY)]);
        let until = Predicate::Did(Did { until: Some(Bound::At(NOW)), ..at_least(1) });
        assert_eq!(satisfied(&mut store, &spring, &until), [("bob".to_owned(), NOW)]);
    }),
    ("several conditions come true with the last, or with the first", |place| {
        let mut store = place.store();
        let spring = waiting(&mut store);
        orders(&mut store, &[("ada", NOW + DAY), ("bob", NOW + 3 * DAY)]);
        let refunds =
            [("ada", 2), ("eve", 5)].map(|(id, days)| interaction(id, "Refunded", id, NOW + days * DAY));
        store.insert_interactions(&[], &refunds).unwrap();
        let refunded = || Predicate::Did(did(Subject::Contact, "Refunded", CountTest::AtLeast(1)));
        let both = Predicate::All(vec![ordered(), refunded()]);
        assert_eq!(satisfied(&mut store, &spring, &both), [("ada".to_owned(), NOW + 2 * DAY)]);
        let either = Predicate::Any(vec![ordered(), refunded()]);
        let row = |id: &str, days| (id.to_owned(), NOW + days * DAY);
        assert_eq!(satisfied(&mut store, &spring, &either), [row("ada", 1), row("bob", 3), row("eve", 5)]);
        let no_refund = Predicate::All(vec![ordered(), not(refunded())]);
        assert_eq!(
            satisfied(&mut store, &spring, &no_refund),
            [row("ada", 1), row("bob", 3)],
            "rule 14: at once"
        );
    }),
    ("what has no event holds from the start of the window", |place| {
        let mut store = place.store();
        let spring = waiting(&mut store);
        put(&mut store, Entity::Contact, "ada", &[("role", text("buyer"))]);
        let buyer = is(contact("role"), text("buyer"));
        assert_eq!(satisfied(&mut store, &spring, &buyer), [("ada".to_owned(), NOW)]);
        let acme = is(super::world::account("id"), text("acme"));
        assert_eq!(satisfied(&mut store, &spring, &acme), [("ada".to_owned(), NOW), ("bob".to_owned(), NOW)]);
    }),
    ("rule 11: a step may limit an interaction to what it caused", |place| {
        let mut store = place.store();
        let spring = waiting(&mut store);
        let caused = |id: &str, step: &str, iteration| NewInteraction {
            journey: Some("spring".to_owned()),
            iteration,
            step: Some(step.to_owned()),
            ..interaction(&format!("{id} {step}"), "EmailClicked", id, NOW + HOUR)
        };
        let rows = [
            caused("ada", "invite", Some(1)),
            caused("bob", "invite", Some(2)),
            caused("eve", "reminder", Some(1)),
        ];
        store.insert_interactions(&[], &rows).unwrap();
        let clicked = |step: Option<&str>| {
            let step = step.map(str::to_owned);
            Predicate::Did(Did { step, ..did(Subject::Contact, "EmailClicked", CountTest::AtLeast(1)) })
        };
        assert_eq!(
            satisfied(&mut store, &spring, &clicked(Some("invite"))),
            [("ada".to_owned(), NOW + HOUR)]
        );
        assert_eq!(satisfied(&mut store, &spring, &clicked(None)).len(), 3);
    }),
    ("rule 10: an account asks its participants, or all its contacts", |place| {
        let mut store = place.store();
        let spring = waiting(&mut store);
        contacts(&mut store, &[("cem", "acme")]);
        orders(&mut store, &[("bob", NOW + HOUR), ("cem", NOW + DAY), ("eve", NOW + 2 * DAY)]);
        let now = NOW + 10 * DAY;
        let participants = ask(&mut store, &spring, &ordered(), Asked::Participants, now);
        let row = |id: &str, at| (id.to_owned(), Some(at), None);
        assert_eq!(participants, [row("bob", NOW + HOUR), row("eve", NOW + 2 * DAY)]);
        let everyone = ask(&mut store, &spring, &ordered(), Asked::AllContacts, now);
        assert_eq!(everyone, [row("another", NOW + DAY), row("bob", NOW + HOUR), row("eve", NOW + 2 * DAY)]);
        let claim = claim_all(&mut store, &spring, "t");
        let counted = |store: &mut Store, of| -> Vec<u64> {
            let mut counts: Vec<u64> =
                store.count_asked(&claim, of).unwrap().into_values().map(|count| count.asked).collect();
            counts.sort_unstable();
            counts
        };
        assert_eq!(counted(&mut store, Asked::Participants), [1, 2]);
        assert_eq!(counted(&mut store, Asked::AllContacts), [1, 3]);
    }),
    ("rule 10: one who was stopped doesn't count", |place| {
        let mut store = place.store();
        let spring = waiting(&mut store);
        orders(&mut store, &[("bob", NOW + HOUR)]);
        let blocks = [Block::holds("unsubscribed", is(contact("id"), text("bob")))];
        store.stop_blocked(spring.iteration.key, &blocks, "UTC", NOW).unwrap();
        let answers = ask(&mut store, &spring, &ordered(), Asked::Participants, NOW + DAY);
        assert_eq!(answers, []);
    }),
];

#[test]
fn triggers_are_asked_the_same_on_both_databases() {
    hold_on_both(CASES);
}
