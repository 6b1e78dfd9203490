//! Messages on their way out.

use tilework::model::{FieldType, Value};
use tilework::store::{DueMessage, ListFilter, Message, OutboxState, Passage, Settled, Store};

use super::world::{
    Case, HOUR, Journey, NOW, claim_all, contacts, enrol_all, field, hold_on_both, journey, put, step, text,
};
use tilework::model::Entity;

/// Ada and bob finish a journey of one step that writes to them.
fn mailed(store: &mut Store) -> Journey {
    store.start_worker(NOW).unwrap();
    put(store, Entity::Account, "acme", &[("name", text("Acme"))]);
    contacts(store, &[("ada", "acme"), ("bob", "")]);
    put(store, Entity::Contact, "ada", &[("email", text("ada@acme.example"))]);
    let spring = journey(store, &[step("invite")]);
    enrol_all(store, &spring, "invite", 0);
    let claim = claim_all(store, &spring, "invite");
    let message =
        Message { channel: "email", content: r#"{"email":"hello"}"#, hold: HOUR, expires_after: None };
    let passage = Passage { released_when_due: true, next: None, path: None, message: Some(message) };
    store.commit_passage(&claim, &passage, &[], "UTC", NOW).unwrap();
    spring
}

fn take(store: &mut Store, limit: i64) -> Vec<DueMessage> {
    let email = [field("email", FieldType::Text)];
    let name = [field("name", FieldType::Text)];
    store.take_messages("email", NOW + HOUR, NOW, limit, &email, &name).unwrap()
}

fn delivered() -> Settled {
    let interaction = Some(("EmailSent", NOW + HOUR, "hello".to_owned()));
    Settled { interaction, ..Settled::to(OutboxState::Delivered, None) }
}

fn states(store: &mut Store, only: Option<OutboxState>) -> Vec<(String, &'static str, Option<String>)> {
    let mut rows = Vec::new();
    let mut each = |row: tilework::store::MessageRow| {
        rows.push((row.key, row.state.name(), row.reason));
        Ok(())
    };
    store.messages(only, &ListFilter::default(), &mut each).unwrap();
    rows
}

const CASES: &[Case] = &[
    ("a message is taken once, when its hold is over, with the values asked for", |place| {
        let mut store = place.store();
        mailed(&mut store);
        assert!(store.take_messages("email", NOW + HOUR - 1, NOW, 10, &[], &[]).unwrap().is_empty());
        assert!(store.take_messages("letter", NOW + HOUR, NOW, 10, &[], &[]).unwrap().is_empty());
        let mut messages = take(&mut store, 10);
        messages.sort_by(|a, b| a.key.cmp(&b.key));
        let keys: Vec<&str> = messages.iter().map(|message| &*message.key).collect();
        assert_eq!(keys, ["spring/1/invite/1/ada/0", "spring/1/invite/1/bob/0"]);
        assert_eq!(messages[0].contact, [text("ada@acme.example")]);
        assert_eq!(messages[0].account, [text("Acme")]);
        assert_eq!(messages[1].contact, [Value::Missing]);
        assert_eq!(messages[1].account, [Value::Missing]);
        assert_eq!(
            (&*messages[0].journey, messages[0].iteration, &*messages[0].step),
            ("spring", 1, "invite")
        );
        assert_eq!(messages[0].content, r#"{"email":"hello"}"#);
        assert_eq!(messages[0].stopped, None);
    }),
    ("no more are taken than asked for", |place| {
        let mut store = place.store();
        mailed(&mut store);
        let first = take(&mut store, 1);
        assert_eq!(first.len(), 1);
        store.settle_messages(&[(&first[0], delivered())], NOW + HOUR).unwrap();
        let second = take(&mut store, 1);
        assert_eq!(second.len(), 1);
        assert_ne!(first[0].key, second[0].key);
    }),
    ("how messages fared is kept, and what follows from it recorded once", |place| {
        let mut store = place.store();
        mailed(&mut store);
        let messages = take(&mut store, 10);
        let bob = messages.iter().find(|message| message.contact_id.as_deref() == Some("bob")).unwrap();
        let ada = messages.iter().find(|message| message.contact_id.as_deref() == Some("ada")).unwrap();
        let blocked = Settled {
            interaction: Some(("EmailBlocked", NOW + HOUR, "hello".to_owned())),
            ..Settled::to(OutboxState::Blocked, Some("no address".to_owned()))
        };
        for _ in 0..2 {
            store.settle_messages(&[(ada, delivered()), (bob, blocked.clone())], NOW + HOUR).unwrap();
        }
        let row = |id: &str, state, reason: Option<&str>| {
            (format!("spring/1/invite/1/{id}/0"), state, reason.map(str::to_owned))
        };
        let expected = [row("ada", "delivered", None), row("bob", "blocked", Some("no address"))];
        assert_eq!(states(&mut store, None), expected);
        assert_eq!(states(&mut store, Some(OutboxState::Blocked)), expected[1..]);
        assert!(states(&mut store, Some(OutboxState::Failed)).is_empty());
        let sent = store.interactions_of("ada", NOW + HOUR).unwrap();
        assert_eq!(sent.len(), 1);
        assert_eq!((&*sent[0].kind, sent[0].at), ("EmailSent", NOW + HOUR));
        assert_eq!(sent[0].caused_by, Some(("spring".to_owned(), "invite".to_owned())));
        assert_eq!(store.interactions_of("bob", NOW + HOUR).unwrap()[0].kind, "EmailBlocked");
        let incoming = store.take_incoming(NOW + HOUR, &|_| Vec::new()).unwrap();
        assert!(incoming.interactions.contains(&"EmailSent".to_owned()), "it is queued for who waits for it");
    }),
    ("rule 9: a message may stop its contact, and one who was stopped is told apart", |place| {
        let mut store = place.store();
        store.start_worker(NOW).unwrap();
        contacts(&mut store, &[("ada", "")]);
        let spring = journey(&mut store, &[step("invite"), step("b")]);
        enrol_all(&mut store, &spring, "invite", 0);
        let claim = claim_all(&mut store, &spring, "invite");
        let message = Message { channel: "email", content: "{}", hold: 0, expires_after: None };
        let next = tilework::store::NextStep { step_key: spring.step("b"), look_after: HOUR, look_at: 0 };
        let passage =
            Passage { released_when_due: true, next: Some(next), path: None, message: Some(message) };
        store.commit_passage(&claim, &passage, &[], "UTC", NOW).unwrap();
        let taken = take(&mut store, 10);
        let dropped = Settled {
            stop: Some("unsubscribed".to_owned()),
            ..Settled::to(OutboxState::Dropped, Some("unsubscribed".to_owned()))
        };
        store.settle_messages(&[(&taken[0], dropped)], NOW + 1).unwrap();
        let numbers = store.journey_numbers(spring.row.key, None, None).unwrap();
        assert_eq!((numbers.active, numbers.stop_reasons["unsubscribed"]), (0, 1));
        assert_eq!(states(&mut store, None)[0].1, "dropped");
    }),
    ("what a dead worker was handing over waits again", |place| {
        let mut store = place.store();
        mailed(&mut store);
        assert_eq!(take(&mut store, 10).len(), 2);
        assert_eq!(states(&mut store, Some(OutboxState::Sending)).len(), 2);
        drop(store);
        let mut store = place.again();
        let mut waiting = 0;
        for _ in 0..200 {
            store.start_worker(NOW).unwrap();
            waiting = states(&mut store, Some(OutboxState::Waiting)).len();
            if waiting == 2 {
                break;
            }
            #[allow(clippy::disallowed_methods, reason = "the server takes real time to notice")]
            std::thread::sleep(std::time::Duration::from_millis(25));
        }
        assert_eq!(waiting, 2);
    }),
    ("two workers never take the same message", |place| {
        let mut store = place.store();
        mailed(&mut store);
        if !place.is_postgres() {
            return;
        }
        let mut second = place.again();
        second.start_worker(NOW).unwrap();
        let first = take(&mut store, 1);
        let rest = take(&mut second, 10);
        assert_eq!((first.len(), rest.len()), (1, 1));
        assert_ne!(first[0].key, rest[0].key);
    }),
];

#[test]
fn messages_leave_the_same_on_both_databases() {
    hold_on_both(CASES);
}
