//! Opening, migrating and declaring.

use tilework::model::{Catalog, Entity, FieldType, Value};
use tilework::store::{Store, StoreAddress, StoreError};

use super::world::{Case, NOW, Place, catalog, field, hold_on_both, put, text};

/// Says that a newer program made the tables.
fn set_version(place: &Place, version: &str) {
    let sql = format!("UPDATE setting SET value = '{version}' WHERE name = 'version'");
    match &place.address {
        StoreAddress::Sqlite(path) => {
            rusqlite::Connection::open(path).unwrap().execute_batch(&sql).unwrap();
        }
        StoreAddress::Postgres(url, _) => {
            postgres::Client::connect(url, postgres::NoTls).unwrap().batch_execute(&sql).unwrap();
        }
    }
}

fn with(name: &str, kind: FieldType) -> Catalog {
    let mut catalog = Catalog::standard();
    catalog.declare(Entity::Contact, field(name, kind));
    catalog
}

const CASES: &[Case] = &[
    ("a store is migrated once and opened again with what it holds", |place| {
        assert_eq!(Store::migrate(&place.address).unwrap(), (0, 1));
        assert_eq!(Store::migrate(&place.address).unwrap(), (1, 1));
        let mut store = place.again();
        put(&mut store, Entity::Account, "acme", &[("name", text("Acme"))]);
        drop(store);
        let mut store = Store::open(&place.address).unwrap();
        assert_eq!(store.count_records(Entity::Account).unwrap(), 1);
    }),
    ("a store that isn't there can't be read from", |place| {
        let error = Store::open(&place.address).map(|_| ()).unwrap_err();
        match (place.is_postgres(), error) {
            (true, StoreError::NeedsMigration { found: 0, needed: 1 }) => {}
            (false, StoreError::Unreachable { .. }) => {}
            (_, error) => panic!("{error:?}"),
        }
    }),
    ("only a SQLite file is brought up to date without being asked", |place| {
        let opened = Store::open_for_writing(&place.address).map(|_| ());
        match (place.is_postgres(), opened) {
            (true, Err(StoreError::NeedsMigration { found: 0, needed: 1 })) | (false, Ok(())) => {}
            (_, opened) => panic!("{opened:?}"),
        }
    }),
    ("tables of a newer program are refused, whatever is asked", |place| {
        drop(place.store());
        set_version(place, "2");
        let attempts = [
            Store::open(&place.address).map(|_| ()),
            Store::open_for_writing(&place.address).map(|_| ()),
            Store::migrate(&place.address).map(|_| ()),
        ];
        for attempt in attempts {
            assert!(matches!(attempt, Err(StoreError::TooNew { found: 2, known: 1 })), "{attempt:?}");
        }
    }),
    ("declaring the same again changes nothing", |place| {
        let mut store = place.store();
        put(&mut store, Entity::Contact, "ada", &[("visits", Value::Integer(3))]);
        store.declare(&catalog()).unwrap();
        let mut again = place.again();
        again.declare(&catalog()).unwrap();
        let fields = [field("visits", FieldType::Integer)];
        let record = again.record(Entity::Contact, "ada", &fields).unwrap().unwrap();
        assert_eq!(record["visits"], Value::Integer(3));
    }),
    ("two who declare at once both find everything declared", |place| {
        drop(place.store());
        let mut catalog = with("rank", FieldType::Integer);
        (0..30)
            .for_each(|at| catalog.declare(Entity::Contact, field(&format!("more_{at}"), FieldType::Text)));
        let stores = [place.again(), place.again(), place.again()];
        std::thread::scope(|scope| {
            for mut store in stores {
                let catalog = &catalog;
                scope.spawn(move || store.declare(catalog).unwrap());
            }
        });
        put_rank(&mut place.again(), Value::Integer(1), FieldType::Integer).unwrap();
    }),
    ("a field changes its type where every value allows it", |place| {
        let mut store = place.store();
        store.declare(&with("rank", FieldType::Text)).unwrap();
        put_rank(&mut store, text("7"), FieldType::Text).unwrap();
        assert_eq!(store.type_changes(&with("rank", FieldType::Integer)).unwrap(), []);
        let rank = |store: &mut Store, kind: FieldType| {
            store.declare(&with("rank", kind.clone())).unwrap();
            let record = store.record(Entity::Contact, "ada", &[field("rank", kind)]).unwrap().unwrap();
            record["rank"].clone()
        };
        assert_eq!(rank(&mut store, FieldType::Integer), Value::Integer(7));
        assert_eq!(rank(&mut place.again(), FieldType::Number), Value::Number(7.0));
        assert_eq!(rank(&mut place.again(), FieldType::Text), text("7"));
        let choices = FieldType::Choice(vec!["7".to_owned()]);
        assert_eq!(rank(&mut place.again(), choices), text("7"));
        assert_eq!(rank(&mut place.again(), FieldType::Integer), Value::Integer(7));
        let mut store = place.again();
        let boolean = with("rank", FieldType::Boolean);
        let change = store.type_changes(&boolean).unwrap().remove(0);
        assert_eq!(
            change.to_string(),
            "contact.rank was `type: integer` and is `type: boolean` now; 1 value doesn't fit, such as `7` of `ada`"
        );
        match store.declare(&boolean).unwrap_err() {
            StoreError::FieldType(told) => assert_eq!(*told, change),
            error => panic!("{error:?}"),
        }
        assert_eq!(rank(&mut store, FieldType::Integer), Value::Integer(7), "the value is still there");
    }),
    ("a declared field may have any name that the language allows", |place| {
        let mut store = place.store();
        let names =
            ["key", "account_key", "contact_key", "order", "select", "value", "created_at", "visit", "at"];
        let mut catalog = Catalog::standard();
        for entity in Entity::ALL {
            for name in names {
                catalog.declare(entity, field(name, FieldType::Text));
            }
        }
        store.declare(&catalog).unwrap();
        for entity in Entity::ALL {
            for name in names {
                let fields = [field(name, FieldType::Text)];
                store.upsert_records(entity, &fields, &[("one".to_owned(), vec![text(name)])], 0).unwrap();
                let record = store.record(entity, "one", &fields).unwrap().unwrap();
                assert_eq!(record[name], text(name), "{entity}");
            }
        }
    }),
    ("rule 28: a store's clock never goes back", |place| {
        let mut store = place.store();
        assert_eq!(store.clock().unwrap(), None);
        assert_eq!(store.advance_clock(NOW, 0).unwrap(), NOW);
        assert_eq!(store.advance_clock(NOW, 0).unwrap(), NOW);
        assert_eq!(
            store.advance_clock(NOW - 1, 1).unwrap(),
            NOW,
            "another machine's clock is a little ahead"
        );
        let error = store.advance_clock(NOW - 1, 0).unwrap_err();
        match error {
            StoreError::ClockBackwards { latest, asked } => {
                assert_eq!(latest, "2027-01-15T08:00:00Z");
                assert_eq!(asked, "2027-01-15T07:59:59.999Z");
            }
            error => panic!("{error:?}"),
        }
        assert_eq!(place.again().clock().unwrap(), Some(NOW));
    }),
];

fn put_rank(store: &mut Store, value: Value, kind: FieldType) -> Result<(), StoreError> {
    store
        .upsert_records(Entity::Contact, &[field("rank", kind)], &[("ada".to_owned(), vec![value])], 0)
        .map(|_| ())
}

#[test]
fn stores_are_opened_the_same_on_both_databases() {
    hold_on_both(CASES);
}

#[test]
fn a_server_that_does_not_answer_is_named_without_its_password() {
    let address = StoreAddress::parse(
        "postgres://ann:secret@localhost:1/crm?connect_timeout=1",
        std::path::Path::new(""),
    )
    .unwrap();
    let error = Store::open(&address).map(|_| ()).unwrap_err();
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error:?}");
    assert!(!error.to_string().contains("secret"), "{error}");
}
