//! Segments: evaluation, and who joined and left.

use tilework::model::{Condition, Entity, Predicate, Value};
use tilework::store::{Difference, Incoming, Membership, Store, StoreError};

use super::world::{Case, DAY, HOUR, NOW, contact, contacts, hold_on_both, is, members, orders, put, text};

fn buyers() -> Membership {
    Membership::Where(Condition {
        target: Entity::Contact,
        predicate: is(contact("role"), text("buyer")),
        timezone: "UTC".to_owned(),
    })
}

fn evaluate(store: &mut Store, now: i64) -> Difference {
    store.evaluate_segment("buyers", &buyers(), Entity::Contact, now, None, &[]).unwrap()
}

fn declared(store: &mut Store) {
    store.declare_segment("buyers", Entity::Contact, "1", true, 0).unwrap();
}

fn buy(store: &mut Store, id: &str, role: Value) {
    put(store, Entity::Contact, id, &[("role", role)]);
}

fn is_stale(store: &mut Store) -> bool {
    store.segment_states().unwrap()[0].stale
}

const CASES: &[Case] = &[
    ("an evaluation tells who joined and who left, and when", |place| {
        let mut store = place.store();
        declared(&mut store);
        buy(&mut store, "ada", text("buyer"));
        buy(&mut store, "bob", text("buyer"));
        assert_eq!(evaluate(&mut store, NOW), Difference { count: 2, joined: 2, left: 0 });
        assert_eq!(evaluate(&mut store, NOW + HOUR), Difference { count: 2, joined: 0, left: 0 });
        buy(&mut store, "bob", Value::Missing);
        buy(&mut store, "cem", text("buyer"));
        assert_eq!(evaluate(&mut store, NOW + 2 * HOUR), Difference { count: 2, joined: 1, left: 1 });
        assert_eq!(members(&mut store, "buyers", Entity::Contact), ["ada", "cem"]);
        let history: Vec<(i64, bool)> =
            store.membership_history("bob").unwrap().into_iter().map(|row| (row.at, row.joined)).collect();
        assert_eq!(history, [(NOW, true), (NOW + 2 * HOUR, false)]);
        assert_eq!(store.segment_trend("buyers", NOW - 1).unwrap(), (3, 1));
        assert_eq!(store.segment_trend("buyers", NOW).unwrap(), (1, 1));
        assert_eq!(store.segment_trend("buyers", NOW + 2 * HOUR).unwrap(), (0, 0));
    }),
    ("who leaves and comes back in one moment is a member", |place| {
        let mut store = place.store();
        declared(&mut store);
        buy(&mut store, "ada", text("buyer"));
        evaluate(&mut store, NOW);
        buy(&mut store, "ada", text("user"));
        evaluate(&mut store, NOW);
        buy(&mut store, "ada", text("buyer"));
        assert_eq!(evaluate(&mut store, NOW).count, 1);
        assert_eq!(members(&mut store, "buyers", Entity::Contact), ["ada"]);
    }),
    ("a list of ids holds those that there are", |place| {
        let mut store = place.store();
        declared(&mut store);
        contacts(&mut store, &[("b", "globex"), ("A", "acme"), ("ä", "")]);
        let list = Membership::Static(["ä", "b", "nobody", "A", "A"].map(str::to_owned).to_vec());
        let difference = store.evaluate_segment("buyers", &list, Entity::Contact, NOW, None, &[]).unwrap();
        assert_eq!(difference, Difference { count: 3, joined: 3, left: 0 });
        let mut rows = Vec::new();
        let mut each = |member: tilework::store::Member| -> Result<(), StoreError> {
            rows.push((member.id, member.account_id, member.joined_at));
            Ok(())
        };
        store.segment_members("buyers", Entity::Contact, &mut each).unwrap();
        let row = |id: &str, account: Option<&str>| (id.to_owned(), account.map(str::to_owned), NOW);
        assert_eq!(rows, [row("A", Some("acme")), row("b", Some("globex")), row("ä", None)]);
    }),
    ("a segment is evaluated when its definition changed, not when it is declared again", |place| {
        let mut store = place.store();
        declared(&mut store);
        assert!(is_stale(&mut store));
        evaluate(&mut store, NOW);
        let state = store.segment_states().unwrap().remove(0);
        assert_eq!((state.stale, state.evaluated_at, state.count), (false, Some(NOW), 0));
        declared(&mut store);
        assert!(!is_stale(&mut store));
        store.declare_segment("buyers", Entity::Contact, "2", true, 0).unwrap();
        assert!(is_stale(&mut store));
    }),
    ("what comes in makes the segments stale that it may change", |place| {
        let mut store = place.store();
        declared(&mut store);
        evaluate(&mut store, NOW);
        contacts(&mut store, &[("ada", "")]);
        orders(&mut store, &[("ada", NOW)]);
        let affected = |incoming: &Incoming| -> Vec<String> {
            // Asked of all together, and of each kind alone.
            assert!(!incoming.contacts.is_empty() || incoming.interactions == ["OrderPlaced"]);
            vec!["buyers".to_owned()]
        };
        store.take_incoming(NOW, &affected).unwrap();
        assert!(is_stale(&mut store));
    }),
    ("two who evaluate at once come to the same", |place| {
        let mut store = place.store();
        declared(&mut store);
        for at in 0..50 {
            buy(&mut store, &format!("c{at}"), text("buyer"));
        }
        std::thread::scope(|scope| {
            for _ in 0..2 {
                let mut store = place.again();
                scope.spawn(move || evaluate(&mut store, NOW));
            }
        });
        assert_eq!(members(&mut store, "buyers", Entity::Contact).len(), 50);
        assert_eq!(store.segment_trend("buyers", 0).unwrap(), (50, 0));
    }),
    ("segments that refer to one become stale when it changes, and only then", |place| {
        let mut store = place.store();
        declared(&mut store);
        buy(&mut store, "ada", text("buyer"));
        let nobody = Membership::Static(Vec::new());
        store.declare_segment("all", Entity::Contact, "1", true, 0).unwrap();
        let stale = |store: &mut Store| store.segment_states().unwrap()[0].stale;
        let dependents = ["all".to_owned()];
        for (now, expected) in [(NOW, true), (NOW + 1, false)] {
            store.evaluate_segment("all", &nobody, Entity::Contact, now, None, &[]).unwrap();
            assert!(!stale(&mut store));
            let version = store.audience_version().unwrap();
            store.evaluate_segment("buyers", &buyers(), Entity::Contact, now, None, &dependents).unwrap();
            assert_eq!(stale(&mut store), expected);
            assert_eq!(store.audience_version().unwrap() > version, expected);
        }
    }),
    ("the next time that something happens", |place| {
        let mut store = place.store();
        contacts(&mut store, &[("ada", "")]);
        orders(&mut store, &[("ada", NOW - DAY), ("ada", NOW + HOUR)]);
        assert_eq!(store.next_interaction("OrderPlaced", NOW - DAY - 1).unwrap(), Some(NOW - DAY));
        assert_eq!(store.next_interaction("OrderPlaced", NOW - DAY).unwrap(), Some(NOW + HOUR));
        assert_eq!(store.next_interaction("OrderPlaced", NOW + HOUR).unwrap(), None);
        assert_eq!(store.next_interaction("Flown", 0).unwrap(), None);
    }),
    ("counting changes nothing", |place| {
        let mut store = place.store();
        contacts(&mut store, &[("ada", ""), ("bob", "")]);
        let condition = Condition {
            target: Entity::Contact,
            predicate: Predicate::Constant(true),
            timezone: "UTC".to_owned(),
        };
        assert_eq!(store.count_matching(&condition, NOW, &()).unwrap(), 2);
        assert!(store.segment_states().unwrap().is_empty());
        let error = store
            .count_matching(&Condition { timezone: "Mars/North".to_owned(), ..condition }, NOW, &())
            .unwrap_err();
        assert!(error.to_string().contains("Mars/North"), "{error}");
    }),
];

#[test]
fn segments_are_evaluated_the_same_on_both_databases() {
    hold_on_both(CASES);
}
