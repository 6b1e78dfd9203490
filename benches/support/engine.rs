//! The engine's side: the same library calls as `tilework run`.

use std::{collections::BTreeMap, path::Path};

use sha2::{Digest, Sha256};
use tilework::{
    model::{Entity, Field, FieldType, Value},
    store::{NewInteraction, Store, StoreAddress},
};

use super::{
    database::Database,
    workspace::{open, plan, tick},
    world::{self, START, World},
};

/// Fills a store, and runs it once before the journey starts: segments are evaluated, the journey is
/// published.
pub fn prepare(folder: &Path, address: &StoreAddress, world: &World) {
    let plan = plan(folder);
    if let StoreAddress::Postgres(..) = address {
        Store::migrate(address).expect("tables");
    }
    let mut store = open(address);
    store.declare(&plan.catalog).expect("columns");
    let fields = |entity, names: &[&str]| -> Vec<Field> {
        names.iter().map(|name| plan.catalog.field(entity, name).expect("a field").clone()).collect()
    };
    let text = |text: String| Value::Text(text);
    let accounts: Vec<(String, Vec<Value>)> = (0..world.accounts)
        .map(|at| {
            (format!("acc-{at:06}"), vec![text(format!("Account {at}")), text(format!("owner-{}", at % 20))])
        })
        .collect();
    for rows in accounts.chunks(5_000) {
        store
            .upsert_records(Entity::Account, &fields(Entity::Account, &["name", "owner"]), rows, 0)
            .expect("accounts");
    }
    let columns = fields(Entity::Contact, &["first_name", "email", "account_id", "status", "consent"]);
    for from in (0..world.contacts).step_by(5_000) {
        let rows: Vec<(String, Vec<Value>)> = (from..(from + 5_000).min(world.contacts))
            .map(|at| {
                let values = vec![
                    text(format!("First{at}")),
                    text(format!("c{at}@a.example")),
                    text(format!("acc-{:06}", at % world.accounts)),
                    text("active".to_owned()),
                    text("marketing".to_owned()),
                ];
                (format!("con-{at:07}"), values)
            })
            .collect();
        store.upsert_records(Entity::Contact, &columns, &rows, 0).expect("contacts");
    }
    let amount = Field {
        name: "amount".to_owned(),
        kind: FieldType::Number,
        aliases: Vec::new(),
        description: String::new(),
        declared: true,
    };
    for from in (0..world.interactions).step_by(5_000) {
        let rows: Vec<NewInteraction> = (from..(from + 5_000).min(world.interactions))
            .map(|at| {
                let (contact, moment) = world::interaction(world, at);
                NewInteraction {
                    id: format!("ord-{at:08}"),
                    kind: "OrderPlaced".to_owned(),
                    at: moment,
                    contact_id: format!("con-{contact:07}"),
                    account_id: None,
                    journey: None,
                    iteration: None,
                    step: None,
                    values: vec![Value::Number(10.0)],
                }
            })
            .collect();
        store.insert_interactions(std::slice::from_ref(&amount), &rows).expect("interactions");
    }
    store.analyze().expect("statistics");
    tick(folder, &plan, &mut store, START - 1);
    store.checkpoint().expect("one file");
}

/// Plays the journey, tick by tick.
pub fn play(folder: &Path, address: &StoreAddress) {
    let plan = plan(folder);
    let mut store = open(address);
    for now in world::ticks() {
        tick(folder, &plan, &mut store, now);
    }
}

/// The ids that the engine gives to the records of each account, which SQL can't work out: the yardstick
/// gets them ready made.
pub fn record_ids(database: &mut Database) -> BTreeMap<i64, (String, String)> {
    let hash = |key: String| -> String {
        Sha256::digest(key.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    };
    database
        .rows("SELECT CAST(key AS TEXT), id FROM account", 2)
        .into_iter()
        .map(|row| {
            let (key, id) = (row[0].clone().expect("a key"), row[1].clone().expect("an id"));
            let record =
                |step: &str, kind: &str| format!("{kind}-{}", hash(format!("bench/1/{step}/1/{id}/0")));
            (key.parse().expect("a key"), (record("call", "activity"), record("lead", "lead")))
        })
        .collect()
}
