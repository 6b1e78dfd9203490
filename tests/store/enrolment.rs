//! Entering an iteration.

use tilework::model::{Block, Entity, Predicate};
use tilework::store::{AudienceCounts, Enrolment, PublishedStep, Removed, Store};

use super::world::{
    Case, DAY, HOUR, Journey, MINUTE, NOW, accounts, awaiting, claim_all, contact, contacts, due_at,
    enrol_all, hold_on_both, is, journey, put, step, text,
};

fn enrolment<'a>(
    journey: &Journey,
    audience: &'a Predicate,
    blocks: &'a [Block],
    account_steps: &'a [i64],
) -> Enrolment<'a> {
    Enrolment {
        before: None,
        iteration_key: journey.iteration.key,
        first_step_key: journey.step("a"),
        first_look_after: 0,
        first_look_at: 0,
        audience,
        blocks,
        reentry: None,
        since: NOW,
        account_steps,
        timezone: "UTC",
    }
}

fn inactive() -> Block {
    Block::holds("inactive", is(contact("status"), text("inactive")))
}

const CASES: &[Case] = &[
    ("rule 8: everybody enters once", |place| {
        let mut store = place.store();
        accounts(&mut store, &["acme"]);
        contacts(&mut store, &[("ada", "acme"), ("eve", "")]);
        let spring = journey(&mut store, &[step("a")]);
        assert_eq!(enrol_all(&mut store, &spring, "a", 0), 2);
        contacts(&mut store, &[("bob", "acme")]);
        assert_eq!(enrol_all(&mut store, &spring, "a", 0), 1);
        assert_eq!(enrol_all(&mut store, &spring, "a", 0), 0);
        assert_eq!(due_at(&mut store, &spring, "a", NOW), ["ada", "bob", "eve"]);
        let numbers = store.journey_numbers(spring.row.key, None, None).unwrap();
        assert_eq!((numbers.entered, numbers.active), (3, 3));
        assert_eq!(store.iterations(spring.row.key).unwrap()[0].enrolled_at, Some(NOW));
    }),
    ("rule 6: the account is frozen at entry", |place| {
        let mut store = place.store();
        accounts(&mut store, &["acme", "globex"]);
        contacts(&mut store, &[("ada", "acme"), ("eve", "")]);
        let spring = journey(&mut store, &[step("a")]);
        enrol_all(&mut store, &spring, "a", 0);
        contacts(&mut store, &[("ada", "globex"), ("eve", "globex")]);
        let account_of = |store: &mut tilework::store::Store, id: &str| {
            store.participations(id).unwrap().remove(0).account_id
        };
        assert_eq!(account_of(&mut store, "ada").as_deref(), Some("acme"));
        assert_eq!(account_of(&mut store, "eve"), None);
        let eve = store.participations("eve").unwrap().remove(0);
        assert!(eve.account_key < 0, "a contact without account is an account of its own");
    }),
    ("rule 9: who is blocked stays outside, and the result is visible", |place| {
        let mut store = place.store();
        contacts(&mut store, &[("ada", ""), ("cem", "")]);
        put(&mut store, Entity::Contact, "bob", &[("status", text("inactive")), ("role", text("rival"))]);
        put(&mut store, Entity::Contact, "dan", &[("role", text("rival"))]);
        let spring = journey(&mut store, &[step("a")]);
        let blocks = [inactive(), Block::holds("suppressed", is(contact("role"), text("rival")))];
        let audience = Predicate::Not(Box::new(is(contact("id"), text("cem"))));
        let entered = store.enrol(&enrolment(&spring, &audience, &blocks, &[]), NOW).unwrap();
        assert_eq!(entered, 1);
        assert_eq!(due_at(&mut store, &spring, "a", NOW), ["ada"]);
        let counts = store.audience_counts(&audience, &blocks, None, "UTC", NOW).unwrap();
        let kept_out = vec![("inactive".to_owned(), 1), ("suppressed".to_owned(), 1)];
        assert_eq!(counts, AudienceCounts { all: 3, entered: 0, kept_out: kept_out.clone() });
        assert_eq!(store.kept_out_in_all(spring.row.key, None).unwrap(), kept_out, "it is kept");
        let all = Predicate::Constant(true);
        let everybody = [Block::holds("suppressed", all)];
        let counts =
            store.audience_counts(&audience, &everybody, Some(spring.iteration.key), "UTC", NOW).unwrap();
        let expected = AudienceCounts { all: 3, entered: 1, kept_out: vec![("suppressed".to_owned(), 2)] };
        assert_eq!(counts, expected, "who entered isn't kept out");
        let counts = store.audience_counts(&audience, &[], None, "UTC", NOW).unwrap();
        assert_eq!((counts.all, counts.not_yet()), (3, 3));
    }),
    ("audience and blocks may look at the account", |place| {
        let mut store = place.store();
        put(&mut store, Entity::Account, "acme", &[("city", text("Chicago"))]);
        contacts(&mut store, &[("ada", "acme"), ("eve", "")]);
        let chicago = is(super::world::account("city"), text("Chicago"));
        let spring = journey(&mut store, &[step("a")]);
        let blocks = [Block::holds("far", Predicate::Not(Box::new(chicago.clone())))];
        let everyone = Predicate::Constant(true);
        assert_eq!(store.enrol(&enrolment(&spring, &everyone, &blocks, &[]), NOW).unwrap(), 1);
        assert_eq!(store.enrol(&enrolment(&spring, &chicago, &[], &[]), NOW).unwrap(), 0, "she is in");
    }),
    ("the first step looks at newcomers when it says", |place| {
        let mut store = place.store();
        contacts(&mut store, &[("ada", "")]);
        let spring = journey(&mut store, &[step("a")]);
        enrol_all(&mut store, &spring, "a", HOUR);
        assert_eq!(due_at(&mut store, &spring, "a", NOW + HOUR - 1), [""; 0]);
        assert_eq!(due_at(&mut store, &spring, "a", NOW + HOUR), ["ada"]);
        assert_eq!(store.next_due(NOW).unwrap(), Some(NOW + HOUR));
    }),
    ("a newcomer has the waiting colleagues looked at again", |place| {
        let mut store = place.store();
        accounts(&mut store, &["acme", "globex"]);
        contacts(&mut store, &[("ada", "acme"), ("dan", "globex")]);
        let spring = journey(&mut store, &[step("a"), awaiting("t", true)]);
        enrol_all(&mut store, &spring, "t", 30 * DAY);
        contacts(&mut store, &[("bob", "acme")]);
        let everyone = Predicate::Constant(true);
        let steps = [spring.step("t")];
        store.enrol(&enrolment(&spring, &everyone, &[], &steps), NOW).unwrap();
        assert_eq!(due_at(&mut store, &spring, "t", NOW), ["ada"]);
    }),
    ("who is blocked later stops where they stand", |place| {
        let mut store = place.store();
        contacts(&mut store, &[("ada", ""), ("bob", "")]);
        let spring = journey(&mut store, &[step("a")]);
        enrol_all(&mut store, &spring, "a", DAY);
        put(&mut store, Entity::Contact, "bob", &[("status", text("inactive"))]);
        let blocks = [inactive()];
        assert_eq!(store.stop_blocked(spring.iteration.key, &blocks, "UTC", NOW + HOUR).unwrap(), 1);
        assert_eq!(store.stop_blocked(spring.iteration.key, &blocks, "UTC", NOW + HOUR).unwrap(), 0);
        let numbers = store.journey_numbers(spring.row.key, None, None).unwrap();
        assert_eq!((numbers.entered, numbers.active, numbers.stopped), (2, 1, 1));
        assert_eq!(numbers.stop_reasons["inactive"], 1);
        let a = &numbers.steps[0];
        assert_eq!((a.waiting, a.processed, a.stopped), (1, 0, 1));
        let bob = store.participations("bob").unwrap().remove(0);
        assert_eq!((bob.state, bob.ended_at, bob.reason.as_deref()), (3, Some(NOW + HOUR), Some("inactive")));
    }),
    ("rule 16: the end of an iteration stops everybody, unless they may finish", |place| {
        let mut store = place.store();
        contacts(&mut store, &[("ada", "")]);
        let spring = journey(&mut store, &[step("a")]);
        enrol_all(&mut store, &spring, "a", DAY);
        assert!(store.end_iteration(spring.iteration.key, NOW + 1, None, NOW).unwrap());
        assert!(store.anybody_in(spring.iteration.key).unwrap());
        assert!(store.end_iteration(spring.iteration.key, NOW + 2, Some("journey_ended"), NOW).unwrap());
        assert!(!store.anybody_in(spring.iteration.key).unwrap());
        let numbers = store.journey_numbers(spring.row.key, None, None).unwrap();
        assert_eq!(numbers.stop_reasons["journey_ended"], 1);
        let iteration = store.iterations(spring.row.key).unwrap().remove(0);
        assert_eq!(iteration.ended_at, Some(NOW + 1), "it ended when it first did");
    }),
    ("an iteration doesn't end while something is due in it, or claimed", |place| {
        let mut store = place.store();
        contacts(&mut store, &[("ada", "")]);
        let spring = journey(&mut store, &[step("a")]);
        enrol_all(&mut store, &spring, "a", DAY);
        let end = |store: &mut Store, moment, real_now| {
            store.end_iteration(spring.iteration.key, moment, Some("journey_ended"), real_now).unwrap()
        };
        assert!(!end(&mut store, NOW + DAY, NOW), "something is due");
        let claim = claim_all(&mut store, &spring, "a");
        assert!(!end(&mut store, NOW + 1, NOW), "somebody is at work");
        assert!(store.anybody_in(spring.iteration.key).unwrap());
        store.release(&claim).unwrap();
        claim_all(&mut store, &spring, "a");
        assert!(end(&mut store, NOW + 1, NOW + MINUTE + 1), "the lease ran out");
        assert!(!store.anybody_in(spring.iteration.key).unwrap());
    }),
    ("rule 26: those who stand on a removed step leave, or go to another", |place| {
        let mut store = place.store();
        contacts(&mut store, &[("ada", "")]);
        let spring = journey(&mut store, &[step("a"), step("b")]);
        enrol_all(&mut store, &spring, "b", DAY);
        assert_eq!(store.standing("spring").unwrap()["b"], 1);
        let to_a = [("b".to_owned(), Removed::To("a".to_owned()))];
        store.publish_journey("spring", "account", &[step("a")], &to_a, NOW + HOUR).unwrap();
        assert_eq!(due_at(&mut store, &spring, "a", NOW + HOUR), ["ada"]);
        let out = [("a".to_owned(), Removed::Exit)];
        store.publish_journey("spring", "account", &[step("c")], &out, NOW + HOUR).unwrap();
        let numbers = store.journey_numbers(spring.row.key, None, None).unwrap();
        assert_eq!(numbers.stop_reasons["removed"], 1);
        let ids: Vec<&str> = numbers.steps.iter().map(|step| &*step.id).collect();
        assert_eq!(ids, ["c", "a", "b"], "removed steps come last");
    }),
    ("rule 27: a renamed step keeps those who stand on it", |place| {
        let mut store = place.store();
        contacts(&mut store, &[("ada", "")]);
        let spring = journey(&mut store, &[step("a")]);
        enrol_all(&mut store, &spring, "a", 0);
        let renamed = PublishedStep { was: Some("a".to_owned()), ..step("b") };
        let row = store.publish_journey("spring", "account", &[renamed], &[], NOW).unwrap();
        assert_eq!(row.steps["b"], spring.step("a"));
        assert_eq!(store.standing("spring").unwrap()["b"], 1);
    }),
    ("an iteration is started once", |place| {
        let mut store = place.store();
        let spring = journey(&mut store, &[step("a")]);
        store.start_iteration(spring.row.key, 1, NOW + DAY).unwrap();
        store.start_iteration(spring.row.key, 2, NOW + DAY).unwrap();
        let starts: Vec<(i64, i64)> = store
            .iterations(spring.row.key)
            .unwrap()
            .into_iter()
            .map(|iteration| (iteration.number, iteration.starts_at))
            .collect();
        assert_eq!(starts, [(1, NOW), (2, NOW + DAY)]);
    }),
];

#[test]
fn people_enter_the_same_on_both_databases() {
    hold_on_both(CASES);
}
