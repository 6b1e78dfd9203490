//! Facts with everything that databases may see differently, and stores filled with them.

use std::collections::BTreeMap;

use proptest::{prelude::*, sample::select};
use tempfile::TempDir;
use tilework::{
    calendar::{Zone, parse_moment},
    conditions::{Facts, InteractionFact, RecordFact},
    model::{Catalog, Entity, Field, FieldType, InteractionType, Value},
    store::{Membership, NewInteraction, Store, StoreAddress},
};

use crate::support::{dump::Tables, postgres::database};

pub const ACCOUNTS: [&str; 4] = ["acme", "globex", "initech", "Ümlaut"];
pub const CONTACTS: [&str; 8] = ["ada", "bob", "cem", "dan", "eve", "fay", "gus", "hal"];
pub const LEADS: [&str; 6] = ["l1", "l2", "l3", "l4", "l5", "l6"];
pub const TOPICS: [&str; 2] = ["news", "Übersicht"];
/// Segments with members, for others to refer to.
pub const SEGMENTS: [(&str, Entity); 3] =
    [("readers", Entity::Contact), ("customers", Entity::Account), ("hot", Entity::Lead)];

pub fn choices() -> Vec<String> {
    ["golf", "wine", "Öl"].map(str::to_owned).to_vec()
}

fn field(name: &str, kind: FieldType) -> Field {
    Field { name: name.to_owned(), kind, aliases: Vec::new(), description: String::new(), declared: true }
}

/// The fields of every entity that the random data fill: one of each type at least.
pub fn fields(entity: Entity) -> Vec<Field> {
    match entity {
        Entity::Contact => vec![
            field("city", FieldType::Text),
            field("role", FieldType::Text),
            field("visits", FieldType::Integer),
            field("score", FieldType::Number),
            field("do_not_email", FieldType::Boolean),
            field("is_child", FieldType::Boolean),
            field("birthdate", FieldType::Date),
            field("created_on", FieldType::DateTime),
            field("interests", FieldType::Choices(choices())),
        ],
        Entity::Account => vec![
            field("city", FieldType::Text),
            field("employees", FieldType::Integer),
            field("revenue", FieldType::Number),
            field("renewal", FieldType::Date),
            field("created_on", FieldType::DateTime),
        ],
        Entity::Lead => vec![
            field("stage", FieldType::Text),
            field("worth", FieldType::Number),
            field("sales_ready", FieldType::Boolean),
            field("created_on", FieldType::DateTime),
        ],
    }
}

pub fn order_attributes() -> Vec<Field> {
    vec![
        field("product", FieldType::Text),
        field("amount", FieldType::Number),
        field("pieces", FieldType::Integer),
        field("due", FieldType::Date),
        field("paid", FieldType::Boolean),
    ]
}

pub fn catalog() -> Catalog {
    let mut catalog = Catalog::standard();
    for entity in Entity::ALL {
        for field in fields(entity) {
            if catalog.field(entity, &field.name).is_none() {
                catalog.declare(entity, field);
            }
        }
    }
    let order =
        InteractionType { name: "OrderPlaced".to_owned(), attributes: order_attributes(), declared: true };
    catalog.interactions.insert("OrderPlaced".to_owned(), order);
    for (name, holds) in SEGMENTS {
        catalog.segments.insert(name.to_owned(), holds);
    }
    catalog
}

pub fn texts() -> impl Strategy<Value = String> + Clone {
    select(vec![
        "",
        " ",
        "\t\u{3000}",
        "Chicago",
        "chicago",
        " CHICAGO ",
        "Straße",
        "STRASSE",
        "İstanbul",
        "istanbul",
        "ΟΔΟΣ",
        "οδος",
        "日本語",
        "é",
        "e\u{301}",
        "a\"b",
        "a'b",
        "100%",
        "a_b",
        "\\",
        "$1",
        "null",
        "z",
        "Z",
        "ö",
        "\u{1F600}",
    ])
    .prop_map(str::to_owned)
}

pub fn integers() -> impl Strategy<Value = i64> + Clone {
    prop_oneof![
        4 => -3..5_i64,
        1 => select(vec![100, 365, 1 << 53, -(1 << 53), (1 << 53) - 1, 1_000_000]),
    ]
}

pub fn numbers() -> impl Strategy<Value = f64> + Clone {
    prop_oneof![
        3 => select(vec![0.0, -0.0, 1.0, -1.0, 0.1, 0.2, 0.3, 2.5, 3.0, 19.99, 1.0 / 3.0, 0.000_000_5, 1e-7]),
        2 => select(vec![
            1e15, 123_456_789.123_456, 9_007_199_254_740_993.0, 1e24, 1.5e24, 1e150, 1.1e150, 1e-150, 1e-151,
            f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, 1e-300, 4.35, 2.675, 1e22, 1e23,
        ]),
        2 => -1e6..1e6_f64,
        1 => any::<f64>().prop_filter("a number", |number| number.is_finite()),
    ]
}

pub fn dates() -> impl Strategy<Value = String> + Clone {
    select(vec![
        "0000-01-01",
        "0001-02-28",
        "1900-02-28",
        "1900-03-01",
        "1970-01-01",
        "2000-02-29",
        "2023-02-28",
        "2023-12-31",
        "2024-02-28",
        "2024-02-29",
        "2024-03-01",
        "2024-03-31",
        "2025-01-31",
        "2026-03-28",
        "2026-03-29",
        "2026-03-30",
        "2026-09-30",
        "2026-10-01",
        "2026-10-24",
        "2026-10-25",
        "2026-12-28",
        "2026-12-31",
        "2027-01-01",
        "2027-01-04",
        "9999-12-31",
    ])
    .prop_map(str::to_owned)
}

pub fn at(text: &str) -> i64 {
    parse_moment(text, &Zone::utc()).unwrap()
}

pub fn nows() -> Vec<i64> {
    [
        "2024-02-29T23:30:00Z",
        "2026-03-29T00:59:59.999Z",
        "2026-03-29T01:00:00Z",
        "2026-10-25T00:30:00Z",
        "2026-12-31T23:59:59.999Z",
        "2027-01-04T05:00:00Z",
    ]
    .map(at)
    .to_vec()
}

pub fn zones() -> Vec<&'static str> {
    vec!["UTC", "Europe/London", "America/New_York", "Pacific/Apia", "Asia/Kathmandu"]
}

/// Moments at and around those at which something turns.
pub fn moments() -> impl Strategy<Value = i64> + Clone {
    let day = 86_400_000;
    let near: Vec<i64> = nows()
        .into_iter()
        .flat_map(|now| [0, 1, 2, 7, 28, 29, 30, 31, 90, 365].map(|days| now - days * day))
        .collect();
    prop_oneof![
        4 => (select(near), select(vec![-1, 0, 1, 3_600_000, -3_600_000])).prop_map(|(at, more)| at + more),
        1 => select(vec![0, -1, at("1900-01-01T00:00:00Z"), at("2099-12-31T23:59:59Z"), at("2150-07-01T23:30:00Z"),
            -62_135_510_400_000, -62_135_510_400_001, 253_402_214_399_999, 253_402_214_400_000]),
    ]
}

fn value(kind: &FieldType) -> BoxedStrategy<Value> {
    let present: BoxedStrategy<Value> = match kind {
        FieldType::Integer => integers().prop_map(Value::Integer).boxed(),
        FieldType::Number => numbers().prop_map(Value::Number).boxed(),
        FieldType::Boolean => any::<bool>().prop_map(Value::Boolean).boxed(),
        FieldType::Date => dates().prop_map(Value::Date).boxed(),
        FieldType::DateTime => moments().prop_map(Value::Time).boxed(),
        FieldType::Choices(known) => {
            let known = known.clone();
            prop::sample::subsequence(known, 0..=3).prop_map(Value::Choices).boxed()
        }
        _ => texts().prop_map(Value::Text).boxed(),
    };
    prop_oneof![1 => Just(Value::Missing), 4 => present].boxed()
}

fn record(entity: Entity, references: Vec<(&'static str, Vec<&'static str>)>) -> BoxedStrategy<RecordFact> {
    let own: Vec<_> = fields(entity)
        .into_iter()
        .map(|field| {
            value(&field.kind).prop_map(move |value| match (field.name.as_str(), value) {
                // A lead that is imported without a stage is an inquiry.
                ("stage", Value::Missing) => (field.name.clone(), Value::Text("inquiry".to_owned())),
                (_, value) => (field.name.clone(), value),
            })
        })
        .collect();
    let references: Vec<_> = references
        .into_iter()
        .map(|(name, ids)| {
            let mut ids: Vec<Value> = ids.iter().map(|id| Value::Text((*id).to_owned())).collect();
            ids.extend([Value::Missing, Value::Text("nobody".to_owned())]);
            select(ids).prop_map(move |value| (name.to_owned(), value))
        })
        .collect();
    (own, references).prop_map(|(own, references)| own.into_iter().chain(references).collect()).boxed()
}

fn interaction() -> impl Strategy<Value = InteractionFact> {
    let order: Vec<_> = order_attributes()
        .into_iter()
        .map(|field| value(&field.kind).prop_map(move |value| (field.name.clone(), value)))
        .collect();
    let topic = select(TOPICS.to_vec()).prop_map(|topic| Value::Text(topic.to_owned()));
    let said = (select(vec!["Subscribed", "Unsubscribed"]), topic)
        .prop_map(|(kind, topic)| (kind, BTreeMap::from([("topic".to_owned(), topic)])));
    let what = prop_oneof![
        3 => order.prop_map(|values| ("OrderPlaced", values.into_iter().collect::<BTreeMap<_, _>>())),
        1 => said,
    ];
    let account = prop_oneof![2 => Just(None), 1 => select(ACCOUNTS.to_vec()).prop_map(Some)];
    (what, select(CONTACTS.to_vec()), account, moments()).prop_map(
        |((kind, values), contact, account, at)| InteractionFact {
            kind: kind.to_owned(),
            at,
            contact_id: contact.to_owned(),
            account_id: account.map(str::to_owned),
            values,
        },
    )
}

fn activity() -> impl Strategy<Value = RecordFact> {
    let kinds = select(vec!["task", "phone_call"]).prop_map(|kind| Value::Text(kind.to_owned()));
    let maybe = |ids: &[&str]| {
        let mut ids: Vec<Value> = ids.iter().map(|id| Value::Text((*id).to_owned())).collect();
        ids.push(Value::Missing);
        select(ids)
    };
    (kinds, texts(), value(&FieldType::DateTime), maybe(&CONTACTS), maybe(&ACCOUNTS)).prop_map(
        |(kind, subject, due, contact, account)| {
            RecordFact::from([
                ("type".to_owned(), kind),
                ("subject".to_owned(), Value::Text(subject)),
                ("due_on".to_owned(), due),
                ("contact_id".to_owned(), contact),
                ("account_id".to_owned(), account),
            ])
        },
    )
}

/// Random facts.
pub fn facts() -> impl Strategy<Value = Facts> {
    let contacts =
        prop::collection::vec(record(Entity::Contact, vec![("account_id", ACCOUNTS[..3].to_vec())]), 8);
    let accounts =
        prop::collection::vec(record(Entity::Account, vec![("primary_contact_id", CONTACTS.to_vec())]), 4);
    let leads = prop::collection::vec(
        record(Entity::Lead, vec![("contact_id", CONTACTS.to_vec()), ("account_id", ACCOUNTS.to_vec())]),
        6,
    );
    let interactions = prop::collection::vec(interaction(), 0..40);
    let activities = prop::collection::vec(activity(), 0..8);
    let members = (
        prop::sample::subsequence(CONTACTS.to_vec(), 0..=8),
        prop::sample::subsequence(ACCOUNTS.to_vec(), 0..=4),
        prop::sample::subsequence(LEADS.to_vec(), 0..=6),
    );
    (contacts, accounts, leads, interactions, activities, members).prop_map(
        |(contacts, accounts, leads, interactions, activities, members)| {
            let mut facts = Facts::default();
            let of = [
                (Entity::Account, &ACCOUNTS[..], accounts),
                (Entity::Contact, &CONTACTS[..], contacts),
                (Entity::Lead, &LEADS[..], leads),
            ];
            for (entity, ids, records) in of {
                ids.iter().zip(records).for_each(|(id, record)| facts.add(entity, id, record));
            }
            facts.interactions = interactions;
            // What names no account belongs to the contact's.
            for interaction in &mut facts.interactions {
                let account = match facts.contacts[&interaction.contact_id].get("account_id") {
                    Some(Value::Text(id)) if facts.accounts.contains_key(id) => Some(id.clone()),
                    _ => None,
                };
                interaction.account_id = interaction.account_id.take().or(account);
            }
            facts.activities = activities;
            for (place, activity) in facts.activities.iter_mut().enumerate() {
                activity.insert("id".to_owned(), Value::Text(format!("a{place}")));
            }
            let ids = [members.0, members.1, members.2];
            for ((name, _), ids) in SEGMENTS.iter().zip(ids) {
                facts.members.insert((*name).to_owned(), ids.into_iter().map(str::to_owned).collect());
            }
            facts
        },
    )
}

/// A store on one of the databases, filled with facts.
pub struct Filled {
    pub store: Store,
    _folder: Option<TempDir>,
}

impl Filled {
    pub fn sqlite(facts: &Facts) -> Filled {
        let folder = tempfile::tempdir().unwrap();
        let address = StoreAddress::parse("sqlite:test.db", folder.path()).unwrap();
        Filled { store: fill(&address, facts), _folder: Some(folder) }
    }

    pub fn postgres(facts: &Facts) -> Filled {
        let address = StoreAddress::parse(&database(), std::path::Path::new("")).unwrap();
        Filled { store: fill(&address, facts), _folder: None }
    }
}

fn fill(address: &StoreAddress, facts: &Facts) -> Store {
    Store::migrate(address).unwrap();
    let mut store = Store::open_for_writing(address).unwrap();
    let catalog = catalog();
    store.declare(&catalog).unwrap();
    for entity in [Entity::Account, Entity::Contact, Entity::Lead] {
        for (id, record) in facts.records(entity) {
            let fields: Vec<Field> =
                record.keys().map(|name| catalog.field(entity, name).unwrap().clone()).collect();
            let (fields, values) = fields
                .into_iter()
                .zip(record.values().cloned())
                .filter(|(field, _)| field.name != "id")
                .unzip::<Field, Value, Vec<_>, Vec<_>>();
            store.upsert_records(entity, &fields, &[(id.clone(), values)], 0).unwrap();
        }
    }
    for (place, interaction) in facts.interactions.iter().enumerate() {
        let kind = &catalog.interactions[&interaction.kind];
        let row = NewInteraction {
            id: format!("i{place}"),
            kind: interaction.kind.clone(),
            at: interaction.at,
            contact_id: interaction.contact_id.clone(),
            account_id: interaction.account_id.clone(),
            journey: None,
            iteration: None,
            step: None,
            values: kind
                .attributes
                .iter()
                .map(|field| interaction.values.get(&field.name).cloned().unwrap_or_default())
                .collect(),
        };
        store.insert_interactions(&kind.attributes, &[row]).unwrap();
    }
    let mut tables = Tables::of(address);
    for (place, activity) in facts.activities.iter().enumerate() {
        let key = |name: &str, table: &str| match &activity[name] {
            Value::Text(id) => format!("(SELECT key FROM {table} WHERE id = {})", quoted(id)),
            _ => "NULL".to_owned(),
        };
        let text = |name: &str| quoted(&activity[name].to_string());
        let due = match activity["due_on"] {
            Value::Time(at) => at.to_string(),
            _ => "NULL".to_owned(),
        };
        tables.rows(&format!(
            "INSERT INTO activity (id, kind, subject, due_at, created_at, contact_key, account_key)
             VALUES ('a{place}', {}, {}, {due}, 0, {}, {})",
            text("type"),
            text("subject"),
            key("contact_id", "contact"),
            key("account_id", "account")
        ));
    }
    for (name, target) in SEGMENTS {
        let ids = facts.members.get(name).into_iter().flatten().cloned().collect();
        store.declare_segment(name, target, "", true, 0).unwrap();
        store.evaluate_segment(name, &Membership::Static(ids), target, 0, None, &[]).unwrap();
    }
    store
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
