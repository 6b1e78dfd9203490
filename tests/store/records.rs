//! Records and interactions coming in.

use std::collections::BTreeSet;

use tilework::model::{Entity, Field, FieldType, Value};
use tilework::store::{Fields, Incoming, ListFilter, NewInteraction, Recorded, Store, Written};

use super::world::{
    Case, NOW, accounts, catalog, contacts, field, hold_on_both, interaction, interests, put, text,
};

fn get(store: &mut Store, entity: Entity, id: &str, name: &str) -> Value {
    let field = catalog().field(entity, name).expect("it is declared").clone();
    store.record(entity, id, &[field]).unwrap().expect("it is there").remove(name).unwrap()
}

fn order(id: &str, contact: &str, product: &str, amount: Value) -> NewInteraction {
    NewInteraction { values: vec![text(product), amount], ..interaction(id, "OrderPlaced", contact, NOW) }
}

fn of_orders() -> [Field; 2] {
    [field("product", FieldType::Text), field("amount", FieldType::Number)]
}

/// Kinds of what came in.
fn taken(store: &mut Store) -> (bool, bool, bool, BTreeSet<String>) {
    let Incoming { contacts, accounts, leads, interactions, account_interactions: _, activities: _ } =
        store.take_incoming(NOW, &|_| Vec::new()).unwrap();
    let interactions = interactions.into_iter().collect();
    (!contacts.is_empty(), !accounts.is_empty(), !leads.is_empty(), interactions)
}

const CASES: &[Case] = &[
    ("a record is made, then updated; absent columns stay and missing values clear", |place| {
        let mut store = place.store();
        let [name, city] = [field("name", FieldType::Text), field("city", FieldType::Text)];
        let written = store
            .upsert_records(
                Entity::Account,
                &[name.clone(), city],
                &[("acme".to_owned(), vec![text("Acme"), text("Chicago")])],
                0,
            )
            .unwrap();
        assert_eq!(written, Written { created: 1, updated: 0, unchanged: 0, refused: Vec::new(), erased: 0 });
        let written = store
            .upsert_records(
                Entity::Account,
                &[name],
                &[("acme".to_owned(), vec![Value::Missing]), ("globex".to_owned(), vec![text("Globex")])],
                0,
            )
            .unwrap();
        assert_eq!(written, Written { created: 1, updated: 1, unchanged: 0, refused: Vec::new(), erased: 0 });
        assert_eq!(get(&mut store, Entity::Account, "acme", "name"), Value::Missing);
        assert_eq!(get(&mut store, Entity::Account, "acme", "city"), text("Chicago"));
        let city = [field("city", FieldType::Text)];
        assert_eq!(store.record(Entity::Account, "acme ", &city).unwrap(), None, "ids are exact");
    }),
    ("only what is other than before is queued, with the fields that are", |place| {
        let mut store = place.store();
        let fields = [
            field("first_name", FieldType::Text),
            field("city", FieldType::Text),
            field("score", FieldType::Number),
            field("do_not_email", FieldType::Boolean),
        ];
        let row = |id: &str, city: Value, score: Value| {
            (id.to_owned(), vec![text("Ada"), city, score, Value::Boolean(true)])
        };
        let mut write = |rows: &[(String, Vec<Value>)]| {
            let written = store.upsert_records(Entity::Contact, &fields, rows, 0).unwrap();
            let incoming = store.take_incoming(NOW, &|_| Vec::new()).unwrap();
            (written, incoming.contacts)
        };
        let (oslo, half) = (|| text("Oslo"), Value::Number(0.5));
        let both = [row("a", oslo(), half.clone()), row("b", Value::Missing, Value::Missing)];
        assert_eq!(
            write(&both),
            (Written { created: 2, updated: 0, unchanged: 0, refused: Vec::new(), erased: 0 }, Fields::ALL)
        );
        assert_eq!(
            write(&both),
            (
                Written { created: 0, updated: 0, unchanged: 2, refused: Vec::new(), erased: 0 },
                Fields::default()
            )
        );
        let moved = [row("a", text("oslo"), half.clone()), row("b", Value::Missing, Value::Missing)];
        assert_eq!(
            write(&moved),
            (
                Written { created: 0, updated: 1, unchanged: 1, refused: Vec::new(), erased: 0 },
                Fields::of(["city"])
            )
        );
        let cleared = [row("a", Value::Missing, Value::Missing), row("b", oslo(), Value::Missing)];
        let both_fields = Fields::of(["city", "score"]);
        assert_eq!(
            write(&cleared),
            (Written { created: 0, updated: 2, unchanged: 0, refused: Vec::new(), erased: 0 }, both_fields)
        );
        let one_new = [row("b", oslo(), Value::Missing), row("c", oslo(), half)];
        assert_eq!(
            write(&one_new),
            (Written { created: 1, updated: 0, unchanged: 1, refused: Vec::new(), erased: 0 }, Fields::ALL)
        );
    }),
    ("values of every type come back as they went in", |place| {
        let mut store = place.store();
        let values = [
            ("visits", Value::Integer(9_007_199_254_740_992)),
            ("visits", Value::Integer(-9_007_199_254_740_992)),
            ("score", Value::Number(0.1)),
            ("score", Value::Number(1.0)),
            ("score", Value::Number(-1_234_567.890_123)),
            ("score", Value::Number(1e300)),
            ("score", Value::Number(5e-324)),
            ("score", Value::Number(0.000_001)),
            ("score", Value::Number(123_456_789_012_345.67)),
            // A no isn't taken back by a bare value (semantics 32), so it comes second.
            ("do_not_email", Value::Boolean(false)),
            ("do_not_email", Value::Boolean(true)),
            ("birthdate", Value::Date("1990-02-28".to_owned())),
            ("seen", Value::Time(NOW)),
            ("seen", Value::Time(-1)),
            ("interests", Value::Choices(vec!["wine".to_owned(), "say \"golf\"".to_owned()])),
            ("interests", Value::Choices(Vec::new())),
            ("first_name", text("")),
            ("first_name", text("007")),
            ("first_name", text("1e3")),
            ("first_name", text("true")),
            ("first_name", text("[1]")),
            ("first_name", text("say \"hi\"\\\n\t$1 ?1 'x' é 中 🎉 \u{1}")),
            ("first_name", Value::Missing),
        ];
        for (name, value) in values {
            put(&mut store, Entity::Contact, "ada", &[(name, value.clone())]);
            assert_eq!(get(&mut store, Entity::Contact, "ada", name), value, "{name}");
        }
        assert_eq!(catalog().field(Entity::Contact, "interests").unwrap().kind, interests());
    }),
    ("numbers come back to the last bit", |place| {
        let mut store = place.store();
        // Numbers of all sizes from one seed: the bits of a multiplicative sequence.
        let mut bits: u64 = 0x9E37_79B9_7F4A_7C15;
        let numbers: Vec<f64> = (0..2_000)
            .map(|_| {
                bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                f64::from_bits(bits)
            })
            .filter(|number| number.is_finite())
            .collect();
        let rows: Vec<(String, Vec<Value>)> = numbers
            .iter()
            .enumerate()
            .map(|(at, number)| (format!("c{at:04}"), vec![Value::Number(*number)]))
            .collect();
        store.upsert_records(Entity::Contact, &[field("score", FieldType::Number)], &rows, 0).unwrap();
        for (id, values) in &rows {
            assert_eq!(&get(&mut store, Entity::Contact, id, "score"), &values[0]);
        }
    }),
    ("a contact whose account comes later is linked when it does", |place| {
        let mut store = place.store();
        contacts(&mut store, &[("ada", "acme")]);
        assert_eq!(in_account(&mut store, "acme"), [""; 0], "the account isn't there yet");
        taken(&mut store);
        accounts(&mut store, &["acme"]);
        assert_eq!(in_account(&mut store, "acme"), ["ada"]);
        let (of_contacts, of_accounts, ..) = taken(&mut store);
        assert!(of_contacts && of_accounts, "the contact has changed, too");
    }),
    ("contacts and accounts that are imported at the same time find each other", |place| {
        let mut store = place.store();
        let ids: Vec<String> = (0..60).map(|at| format!("n{at}")).collect();
        let start = std::sync::Barrier::new(2);
        std::thread::scope(|scope| {
            for entity in [Entity::Contact, Entity::Account] {
                let (mut store, ids, start) = (place.again(), &ids, &start);
                scope.spawn(move || {
                    for id in ids {
                        start.wait();
                        let (name, value) = match entity {
                            Entity::Contact => ("account_id", text(id)),
                            _ => ("name", text("Acme")),
                        };
                        let kind = catalog().field(entity, name).unwrap().clone();
                        store.upsert_records(entity, &[kind], &[(id.clone(), vec![value])], 0).unwrap();
                    }
                });
            }
        });
        let alone: Vec<&String> =
            ids.iter().filter(|id| in_account(&mut store, id) != [id.as_str()]).collect();
        assert!(alone.is_empty(), "{alone:?} aren't in their accounts");
    }),
    ("a contact that changes its account leaves the old one", |place| {
        let mut store = place.store();
        accounts(&mut store, &["acme", "globex"]);
        contacts(&mut store, &[("ada", "acme"), ("ada", "globex")]);
        assert_eq!(in_account(&mut store, "globex"), ["ada"]);
        contacts(&mut store, &[("ada", "")]);
        assert_eq!(in_account(&mut store, "globex"), [""; 0]);
    }),
    ("an interaction id seen before changes nothing, and is told where the content differs", |place| {
        let mut store = place.store();
        contacts(&mut store, &[("ada", ""), ("bob", "")]);
        let one = [order("o1", "ada", "bike", Value::Number(9.5))];
        let first = store.insert_interactions(&of_orders(), &one).unwrap();
        assert_eq!(first, Recorded { created: 1, ..Recorded::default() });
        taken(&mut store);
        let again = [order("o1", "bob", "car", Value::Missing), order("o2", "bob", "car", Value::Missing)];
        let second = store.insert_interactions(&of_orders(), &again).unwrap();
        let changed = vec![(0, vec!["contact_id".to_owned(), "product".to_owned()])];
        assert_eq!(second, Recorded { created: 1, changed, ..Recorded::default() });
        let same = store.insert_interactions(&of_orders(), &one).unwrap();
        assert_eq!(same, Recorded { known: 1, ..Recorded::default() });
        let of = |store: &mut Store, contact: &str| -> Vec<String> {
            store.interactions_of(contact, NOW).unwrap().into_iter().map(|row| row.id).collect()
        };
        assert_eq!(of(&mut store, "ada"), ["o1"]);
        assert_eq!(of(&mut store, "bob"), ["o2"]);
    }),
    ("a server prepares a statement once, and keeps so many", |place| {
        let mut store = place.store();
        contacts(&mut store, &[("ada", "")]);
        let work = |store: &mut Store, at: usize| {
            contacts(store, &[("ada", ""), (&format!("c{at}"), "")]);
            store
                .insert_interactions(&of_orders(), &[order(&format!("o{at}"), "ada", "bike", Value::Missing)])
                .unwrap();
            taken(store);
        };
        work(&mut store, 0);
        let Some((before, _)) = store.prepared_statements() else { return };
        (1..20).for_each(|at| work(&mut store, at));
        assert_eq!(store.prepared_statements().unwrap().0, before, "the same work needs no new statements");
        let fields: Vec<Field> = (0..700).map(|at| field(&format!("f{at}"), FieldType::Text)).collect();
        for field in &fields {
            // Each names a column that isn't there, or is another text.
            let _ = store.record(Entity::Contact, "ada", std::slice::from_ref(field));
        }
        for count in 1..700 {
            let standard = tilework::model::standard_fields(Entity::Contact);
            let some: Vec<Field> = standard.iter().cycle().take(count).cloned().collect();
            store.record(Entity::Contact, "ada", &some).unwrap();
        }
        let (prepared, kept) = store.prepared_statements().unwrap();
        assert!(prepared > 600 && kept <= 500, "{prepared} prepared, {kept} kept");
    }),
    ("what was seen before isn't queued again", |place| {
        let mut store = place.store();
        contacts(&mut store, &[("ada", "")]);
        let rows = [order("o1", "ada", "bike", Value::Missing)];
        store.insert_interactions(&of_orders(), &rows).unwrap();
        let (_, _, _, kinds) = taken(&mut store);
        assert_eq!(kinds, BTreeSet::from(["OrderPlaced".to_owned()]));
        store.insert_interactions(&of_orders(), &rows).unwrap();
        assert_eq!(taken(&mut store), (false, false, false, BTreeSet::new()));
    }),
    ("interactions of unknown contacts are told by their place and aren't written", |place| {
        let mut store = place.store();
        contacts(&mut store, &[("ada", "")]);
        let rows = [
            interaction("i0", "OrderPlaced", "nobody", NOW),
            interaction("i1", "OrderPlaced", "ada", NOW),
            interaction("i2", "OrderPlaced", "someone", NOW),
        ];
        let recorded = store.insert_interactions(&[], &rows).unwrap();
        assert_eq!(recorded, Recorded { created: 1, without_contact: vec![0, 2], ..Recorded::default() });
    }),
    ("two interaction types give one name meanings of their own", |place| {
        let mut store = place.store();
        contacts(&mut store, &[("ada", "")]);
        let orders = [order("o1", "ada", "bike", Value::Number(10.0))];
        store.insert_interactions(&of_orders(), &orders).unwrap();
        let refund = NewInteraction {
            values: vec![text("ten"), Value::Boolean(true)],
            ..interaction("r1", "Refunded", "ada", NOW)
        };
        let attributes = [field("amount", FieldType::Text), field("partial", FieldType::Boolean)];
        let recorded = store.insert_interactions(&attributes, &[refund]).unwrap();
        assert_eq!(recorded.created, 1);
        assert_eq!(store.interactions_of("ada", NOW).unwrap().len(), 2);
    }),
    ("rule 5: an interaction later than now doesn't exist yet", |place| {
        let mut store = place.store();
        contacts(&mut store, &[("ada", "")]);
        store.insert_interactions(&[], &[interaction("i1", "OrderPlaced", "ada", NOW + 1)]).unwrap();
        assert!(store.interactions_of("ada", NOW).unwrap().is_empty());
        assert_eq!(store.interactions_of("ada", NOW + 1).unwrap().len(), 1);
    }),
    ("a lead is linked to parents that come before and after it", |place| {
        let mut store = place.store();
        accounts(&mut store, &["acme"]);
        let parents = [("contact_id", text("ada")), ("account_id", text("acme")), ("topic", text("bikes"))];
        put(&mut store, Entity::Lead, "lead-1", &parents);
        contacts(&mut store, &[("ada", "acme")]);
        let mut leads = Vec::new();
        store
            .leads(false, None, &ListFilter::default(), &[], &mut |lead| {
                leads.push((lead.id, lead.contact_id, lead.account_id, lead.topic));
                Ok(())
            })
            .unwrap();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(leads, [("lead-1".to_owned(), some("ada"), some("acme"), some("bikes"))]);
    }),
    ("unknown ids are told", |place| {
        let mut store = place.store();
        accounts(&mut store, &["acme"]);
        let ids = ["acme", "globex", "Acme"].map(str::to_owned);
        let mut unknown = store.unknown_ids(Entity::Account, &ids).unwrap();
        unknown.sort();
        assert_eq!(unknown, ["Acme", "globex"]);
    }),
    ("people are found by id, else by address whatever its case", |place| {
        let mut store = place.store();
        put(&mut store, Entity::Contact, "b-1", &[("email", text("Ada@Äcme.example"))]);
        put(&mut store, Entity::Contact, "B-2", &[("email", text("ada@äcme.example"))]);
        put(&mut store, Entity::Contact, "ada@äcme.example", &[]);
        assert_eq!(store.find_contacts("b-1").unwrap(), ["b-1"]);
        assert_eq!(
            store.find_contacts("ada@äcme.example").unwrap(),
            ["ada@äcme.example"],
            "an id comes first"
        );
        assert_eq!(store.find_contacts("ADA@ÄCME.example").unwrap(), ["B-2", "b-1"]);
        assert_eq!(store.find_contacts("nobody").unwrap(), [""; 0]);
    }),
];

fn in_account(store: &mut Store, account_id: &str) -> Vec<String> {
    use super::world::{account, is, matching};
    matching(store, Entity::Contact, &is(account("id"), text(account_id)))
}

#[test]
fn facts_come_in_the_same_on_both_databases() {
    hold_on_both(CASES);
}
