//! Databases for the cases, and small makers of rows.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tempfile::TempDir;
use tilework::model::{
    Bound, Catalog, Comparison, Condition, CountTest, Did, Duration, DurationUnit, Entity, Field, FieldType,
    InteractionType, Operand, Predicate, Subject, Value, time,
};
use tilework::store::{
    AccountRange, Claim, Enrolment, IterationRow, JourneyRow, NewInteraction, PublishedStep, StepWakes,
    Store, StoreAddress,
};

use crate::support::postgres::database;

/// The present moment of all cases: 2027-01-15T08:00:00Z.
pub const NOW: i64 = 1_800_000_000_000;
pub const MINUTE: i64 = time::MINUTE;
pub const HOUR: i64 = time::HOUR;
pub const DAY: i64 = time::DAY;

/// A database of one case's own, empty at first.
pub struct Place {
    pub address: StoreAddress,
    /// Holds the SQLite file.
    _folder: Option<TempDir>,
}

impl Place {
    fn sqlite() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let address = StoreAddress::parse("sqlite:test.db", folder.path()).unwrap();
        Place { address, _folder: Some(folder) }
    }

    fn postgres() -> Place {
        let address = StoreAddress::parse(&database(), std::path::Path::new("")).unwrap();
        Place { address, _folder: None }
    }

    pub fn is_postgres(&self) -> bool {
        matches!(self.address, StoreAddress::Postgres(..))
    }

    /// The store with its tables and the columns of [`catalog`].
    pub fn store(&self) -> Store {
        Store::migrate(&self.address).unwrap();
        let mut store = self.again();
        store.declare(&catalog()).unwrap();
        store
    }

    /// One more connection to the store.
    pub fn again(&self) -> Store {
        Store::open_for_writing(&self.address).unwrap()
    }
}

/// A name that says what holds, and the case that shows it.
pub type Case = (&'static str, fn(&Place));

/// Runs each case on a database of its own of each kind, and names those that fail.
pub fn hold_on_both(cases: &[Case]) {
    let mut failed = Vec::new();
    for (name, case) in cases {
        for (database, place) in [("SQLite", Place::sqlite()), ("PostgreSQL", Place::postgres())] {
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| case(&place))) {
                let said = panic.downcast_ref::<String>().cloned();
                let said = said.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
                failed.push(format!("on {database}, {name}: {}", said.unwrap_or_default()));
            }
        }
    }
    assert!(failed.is_empty(), "{} failed\n{}", failed.len(), failed.join("\n\n"));
}

pub fn field(name: &str, kind: FieldType) -> Field {
    Field { name: name.to_owned(), kind, aliases: Vec::new(), description: String::new(), declared: true }
}

pub fn interests() -> FieldType {
    FieldType::Choices(vec!["golf".to_owned(), "wine".to_owned(), "opera".to_owned()])
}

/// The standard catalog with a field of every type and two interaction types that share a name.
pub fn catalog() -> Catalog {
    let mut catalog = Catalog::standard();
    for (name, kind) in [
        ("visits", FieldType::Integer),
        ("score", FieldType::Number),
        ("seen", FieldType::DateTime),
        ("interests", interests()),
    ] {
        catalog.declare(Entity::Contact, field(name, kind));
    }
    for (name, attributes) in [
        ("OrderPlaced", vec![field("product", FieldType::Text), field("amount", FieldType::Number)]),
        ("Refunded", vec![field("amount", FieldType::Text), field("partial", FieldType::Boolean)]),
    ] {
        let kind = InteractionType { name: name.to_owned(), attributes, declared: true };
        catalog.interactions.insert(name.to_owned(), kind);
    }
    catalog
}

pub fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// Writes one record with the given fields.
pub fn put(store: &mut Store, entity: Entity, id: &str, values: &[(&str, Value)]) {
    let catalog = catalog();
    let fields: Vec<Field> =
        values.iter().map(|(name, _)| catalog.field(entity, name).expect("it is declared").clone()).collect();
    let values = values.iter().map(|(_, value)| value.clone()).collect();
    store.upsert_records(entity, &fields, &[(id.to_owned(), values)], 0).unwrap();
}

/// Writes accounts that have nothing but an id.
pub fn accounts(store: &mut Store, ids: &[&str]) {
    ids.iter().for_each(|id| put(store, Entity::Account, id, &[]));
}

/// Writes contacts, each with its account; an empty id of an account is none.
pub fn contacts(store: &mut Store, rows: &[(&str, &str)]) {
    for (id, account) in rows {
        let account = if account.is_empty() { Value::Missing } else { text(account) };
        put(store, Entity::Contact, id, &[("account_id", account)]);
    }
}

pub fn interaction(id: &str, kind: &str, contact: &str, at: i64) -> NewInteraction {
    NewInteraction {
        id: id.to_owned(),
        kind: kind.to_owned(),
        at,
        contact_id: contact.to_owned(),
        account_id: None,
        journey: None,
        iteration: None,
        step: None,
        values: Vec::new(),
    }
}

/// Records that contacts placed orders at some times.
pub fn orders(store: &mut Store, rows: &[(&str, i64)]) {
    let rows: Vec<NewInteraction> = rows
        .iter()
        .map(|(contact, at)| interaction(&format!("{contact}/{at}"), "OrderPlaced", contact, *at))
        .collect();
    store.insert_interactions(&[], &rows).unwrap();
}

pub fn of(subject: Subject, name: &str) -> Operand {
    let catalog = catalog();
    let field = match subject {
        Subject::Contact | Subject::PrimaryContact => catalog.field(Entity::Contact, name).cloned(),
        Subject::Activity => tilework::model::activity_fields().into_iter().find(|field| field.name == name),
        Subject::Account => catalog.field(Entity::Account, name).cloned(),
        Subject::Lead => catalog.field(Entity::Lead, name).cloned(),
        Subject::Interaction => {
            catalog.interactions.values().filter(|kind| kind.declared).find_map(|kind| kind.attribute(name))
        }
    };
    let kind = field.unwrap_or_else(|| panic!("`{name}` is declared")).kind;
    Operand::Field { subject, name: name.to_owned(), kind }
}

/// A field of the contact in scope.
pub fn contact(name: &str) -> Operand {
    of(Subject::Contact, name)
}

/// A field of the account in scope.
pub fn account(name: &str) -> Operand {
    of(Subject::Account, name)
}

pub fn literal(value: Value) -> Operand {
    Operand::Literal(value)
}

pub fn compare(left: Operand, operator: Comparison, right: Operand) -> Predicate {
    Predicate::Compare { left, operator, right }
}

pub fn is(left: Operand, right: Value) -> Predicate {
    compare(left, Comparison::Equal, literal(right))
}

pub fn not(predicate: Predicate) -> Predicate {
    Predicate::Not(Box::new(predicate))
}

pub fn did(of: Subject, interaction: &str, count: CountTest) -> Did {
    Did {
        of,
        interaction: interaction.to_owned(),
        condition: Box::new(Predicate::Constant(true)),
        since: None,
        until: None,
        step: None,
        count,
    }
}

/// The contact placed an order at least once.
pub fn ordered() -> Predicate {
    Predicate::Did(did(Subject::Contact, "OrderPlaced", CountTest::AtLeast(1)))
}

pub fn days_ago(amount: i64) -> Bound {
    Bound::Ago(Duration { amount, unit: DurationUnit::Days })
}

/// The ids of the records that satisfy a predicate, in order.
pub fn matching(store: &mut Store, target: Entity, predicate: &Predicate) -> Vec<String> {
    use tilework::store::Membership;
    let condition = Condition { target, predicate: predicate.clone(), timezone: "UTC".to_owned() };
    let counted = store.count_matching(&condition, NOW, &()).unwrap();
    let name = format!("asked of {target}");
    store.declare_segment(&name, target, "", true, 0).unwrap();
    store.evaluate_segment(&name, &Membership::Where(condition), target, NOW, None, &[]).unwrap();
    let members = members(store, &name, target);
    assert_eq!(counted, i64::try_from(members.len()).unwrap(), "counted as many as there are members");
    members
}

/// The ids of a segment's members, in order.
pub fn members(store: &mut Store, name: &str, target: Entity) -> Vec<String> {
    let mut ids = Vec::new();
    let mut each = |member: tilework::store::Member| {
        ids.push(member.id);
        Ok(())
    };
    store.segment_members(name, target, &mut each).unwrap();
    ids
}

/// A journey with its first iteration.
pub struct Journey {
    pub row: JourneyRow,
    pub iteration: IterationRow,
}

impl Journey {
    pub fn step(&self, id: &str) -> i64 {
        self.row.steps[id]
    }
}

pub fn step(id: &str) -> PublishedStep {
    PublishedStep { id: id.to_owned(), was: None, tile: "wait".to_owned(), look_after: 0, look_at: 0 }
}

/// A step that waits for orders.
pub fn awaiting(id: &str, whole_account: bool) -> PublishedStep {
    PublishedStep { tile: if whole_account { "account_trigger" } else { "trigger" }.to_owned(), ..step(id) }
}

/// Publishes the journey `spring` and starts its first iteration now.
pub fn journey(store: &mut Store, steps: &[PublishedStep]) -> Journey {
    let row = store.publish_journey("spring", "account", steps, &[], NOW).unwrap();
    let wakes = steps.iter().filter(|step| step.tile.ends_with("trigger")).map(|step| {
        let wakes = StepWakes {
            interactions: ["OrderPlaced".to_owned()].into(),
            whole_account: step.tile == "account_trigger",
            ..StepWakes::default()
        };
        (row.steps[&step.id], wakes)
    });
    store.declare_wakes(row.key, &wakes.collect::<Vec<_>>(), NOW).unwrap();
    store.start_iteration(row.key, 1, NOW).unwrap();
    let iteration = store.iterations(row.key).unwrap().remove(0);
    Journey { row, iteration }
}

/// Lets everyone into a journey at its step `first`, which looks at them after so long.
pub fn enrol_all(store: &mut Store, journey: &Journey, first: &str, look_after: i64) -> u64 {
    let everyone = Predicate::Constant(true);
    store
        .enrol(
            &Enrolment {
                before: None,
                iteration_key: journey.iteration.key,
                first_step_key: journey.step(first),
                first_look_after: look_after,
                first_look_at: 0,
                audience: &everyone,
                blocks: &[],
                reentry: None,
                since: NOW,
                account_steps: &[],
                timezone: "UTC",
            },
            NOW,
        )
        .unwrap()
}

/// Claims all accounts at a step.
pub fn claim_all(store: &mut Store, journey: &Journey, step: &str) -> Claim {
    let all = AccountRange { from: i64::MIN, to: i64::MAX };
    store
        .claim(journey.iteration.key, journey.step(step), all, NOW, NOW + MINUTE)
        .unwrap()
        .expect("it is free")
}

/// Who stands at a step and is due, by id.
pub fn due_at(store: &mut Store, journey: &Journey, step: &str, now: i64) -> Vec<String> {
    let claim = claim_all(store, journey, step);
    let batch = store.load_batch(&claim, now, &[], &[], false, None).unwrap();
    store.release(&claim).unwrap();
    let mut ids: Vec<String> = batch.into_iter().map(|standing| standing.contact_id).collect();
    ids.sort();
    ids
}
