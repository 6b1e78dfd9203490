//! Random conditions over random facts hold for the same records, whoever answers.

use proptest::{prelude::*, sample::select, test_runner::TestCaseError};
use tilework::{
    calendar::Zone,
    conditions::{Facts, explain, holds},
    model::{Condition, Entity, Predicate},
    script::Library,
    store::{Membership, Store},
};

use crate::{
    conditions::{
        calls::library,
        facts::{Filled, facts, nows, zones},
        predicates::{Scope, predicate},
    },
    support::{evaluated::evaluate, property},
};

/// Sets of facts; each takes a database of each kind.
const CASES: u32 = 8;

/// Conditions asked of one set of facts.
const ASKED: usize = 60;

type Question = (Entity, Predicate);

fn questions() -> impl Strategy<Value = Vec<Question>> {
    let about = |target: Entity| (Just(target), predicate(Scope::about(target), 2));
    let one = prop_oneof![
        2 => about(Entity::Contact),
        2 => about(Entity::Account),
        1 => about(Entity::Lead),
    ];
    prop::collection::vec(one, ASKED)
}

fn in_memory(question: &Question, facts: &Facts, now: i64, zone: &Zone) -> Vec<String> {
    let (target, predicate) = question;
    let ids = facts.records(*target).keys();
    ids.filter(|id| holds(predicate, *target, id, facts, now, zone)).cloned().collect()
}

fn in_store(
    store: &mut Store,
    question: &Question,
    now: i64,
    zone: &str,
    answers: &Library,
) -> Result<Vec<String>, String> {
    let (target, predicate) = question.clone();
    let condition = Condition { target, predicate, timezone: zone.to_owned() };
    let name = format!("asked of {target}");
    store.declare_segment(&name, target, "", true, 0).map_err(|error| error.to_string())?;
    evaluate(store, &name, &Membership::Where(condition), target, now, answers)
        .map_err(|error| error.to_string())?;
    let mut ids = Vec::new();
    store
        .segment_members(&name, target, &mut |member| {
            ids.push(member.id);
            Ok(())
        })
        .map_err(|error| error.to_string())?;
    Ok(ids)
}

#[test]
fn rule_2_memory_and_both_databases_come_to_the_same_members() {
    let case = (facts(), questions(), select(nows()), select(zones()));
    let library = library();
    property::holds(CASES, &case, |(facts, questions, now, zone)| {
        let zone = Zone::named(zone).unwrap();
        let facts = Facts { answers: Some(library.clone()), ..facts };
        let mut stores = [("SQLite", Filled::sqlite(&facts)), ("PostgreSQL", Filled::postgres(&facts))];
        for question in &questions {
            let expected = in_memory(question, &facts, now, &zone);
            for (database, filled) in &mut stores {
                let found = in_store(&mut filled.store, question, now, zone.name(), &library);
                if found.as_ref() != Ok(&expected) {
                    return Err(TestCaseError::fail(format!(
                        "{database} found {found:?}, memory {expected:?}: {} {}\n{:?}",
                        question.0,
                        explain(&question.1),
                        question.1
                    )));
                }
            }
        }
        Ok(())
    });
}
