//! The ways of participants through a journey, and whether they are what the journey says.

use std::collections::{BTreeMap, BTreeSet};

use tilework::compile::Plan;

use crate::{
    properties::journey::{ACCOUNTS, Case, START},
    scripted::{assert_scripted, is_scripted},
    support::world::{World, at},
};

/// A step that a participant left.
#[derive(Debug, Clone)]
struct Left {
    step: String,
    visit: u32,
    path: Option<String>,
    arrived_at: i64,
    left_at: i64,
    stopped: bool,
}

/// One participant: what became of it, the steps that it left, and where it stands.
#[derive(Debug, Default)]
pub(crate) struct Chain {
    state: i64,
    left: Vec<Left>,
    standing: Vec<(String, u32, i64)>,
}

pub(crate) fn chains(world: &mut World) -> BTreeMap<String, Chain> {
    let mut chains: BTreeMap<String, Chain> = BTreeMap::new();
    let of = "FROM participant p JOIN contact c ON c.key = p.contact_key";
    for row in world.tables().rows(&format!("SELECT c.id, p.state {of}")) {
        chains.insert(row[0].clone(), Chain { state: row[1].parse().unwrap(), ..Chain::default() });
    }
    let history = format!(
        "SELECT c.id, s.id, COALESCE(h.path, ''), h.arrived_at, h.left_at, h.stopped, h.visit {of}
         JOIN history h ON h.contact_key = p.contact_key AND h.iteration_key = p.iteration_key
         JOIN step s ON s.key = h.step_key"
    );
    for row in world.tables().rows(&history) {
        chains.get_mut(&row[0]).unwrap().left.push(Left {
            step: row[1].clone(),
            visit: row[6].parse().unwrap(),
            path: Some(row[2].clone()).filter(|path| !path.is_empty()),
            arrived_at: row[3].parse().unwrap(),
            left_at: row[4].parse().unwrap(),
            stopped: row[5] == "1",
        });
    }
    let positions = format!(
        "SELECT c.id, s.id, o.arrived_at, o.visit {of}
         JOIN position o ON o.contact_key = p.contact_key AND o.iteration_key = p.iteration_key
         JOIN step s ON s.key = o.step_key"
    );
    for row in world.tables().rows(&positions) {
        let standing = (row[1].clone(), row[3].parse().unwrap(), row[2].parse().unwrap());
        chains.get_mut(&row[0]).unwrap().standing.push(standing);
    }
    chains
}

/// Each participant went from the first step, step by step and visit by visit as the plan leads, to where
/// it is.
pub(crate) fn assert_chain(plan: &Plan, contact: &str, chain: &Chain) {
    let steps = &plan.journeys[0].steps;
    let mut left = chain.left.clone();
    let mut visits: BTreeMap<&str, u32> = BTreeMap::new();
    let mut next = steps.first();
    let mut moment = at(START);
    while let Some(step) = next {
        let visit = visits.entry(&step.id).and_modify(|visit| *visit += 1).or_insert(1);
        let Some(place) = left.iter().position(|row| row.step == step.id && row.visit == *visit) else {
            break;
        };
        let row = left.remove(place);
        assert_eq!(row.arrived_at, moment, "{contact} arrives when it left the step before: {chain:?}");
        assert!(row.left_at >= row.arrived_at, "{contact}: {chain:?}");
        moment = row.left_at;
        if row.stopped {
            assert_eq!((chain.state, chain.standing.len(), left.len()), (3, 0, 0), "{contact}: {chain:?}");
            return;
        }
        next = step.leads_to(row.path.as_deref()).map(|to| &steps[to]);
    }
    assert!(left.is_empty(), "{contact} was where nothing led it: {chain:?}");
    match (chain.state, next) {
        (1, Some(step)) => {
            assert_eq!(
                chain.standing,
                [(step.id.clone(), visits[step.id.as_str()], moment)],
                "{contact}: {chain:?}"
            );
        }
        (2, None) => assert!(chain.standing.is_empty(), "{contact}: {chain:?}"),
        _ => panic!("{contact} is nowhere: {chain:?}"),
    }
}

/// As many messages, leads and activities as the ways of the participants ask for. Tells how many visits of
/// scripts are over.
pub(crate) fn assert_effects(world: &mut World, chains: &BTreeMap<String, Chain>, case: &Case) -> usize {
    let mut expected: BTreeSet<(String, String, String)> = BTreeSet::new();
    let mut scripted = Vec::new();
    let content = case.journey();
    let for_account = |step: &str| {
        let start = content.find(&format!("id: {step},")).unwrap();
        content[start..].split('}').next().unwrap().contains("for_each: account")
    };
    for (contact, chain) in chains {
        let of = case.contacts[contact[1..].parse::<usize>().unwrap()];
        for row in &chain.left {
            let tile = &world.plan.journeys[0].step(&row.step).unwrap().tile_name;
            let by_script = is_scripted(world, &row.step);
            let has_effect = by_script || ["email", "create_lead", "activity"].contains(&tile.as_str());
            if row.stopped || !has_effect {
                continue;
            }
            let subject = match (tile != "email" && for_account(&row.step), of < ACCOUNTS) {
                (true, true) => ["acme", "globex", "initech"][of].to_owned(),
                (true, false) => continue,
                (false, _) => contact.clone(),
            };
            let key = (row.step.clone(), subject, row.visit.to_string());
            match by_script {
                true => scripted.push(key),
                false => drop(expected.insert(key)),
            }
        }
    }
    let mut found = Vec::new();
    for (table, contact) in
        [("lead", "subject_contact_key"), ("activity", "subject_contact_key"), ("outbox", "contact_key")]
    {
        let account = if table == "outbox" { "account_key" } else { "subject_account_key" };
        found.extend(world.tables().rows(&format!(
            "SELECT s.id, COALESCE(c.id, a.id), e.visit FROM {table} e JOIN step s ON s.key = e.step_key
             LEFT JOIN contact c ON c.key = e.{contact} LEFT JOIN account a ON a.key = e.{account}"
        )));
    }
    let mut found: Vec<(String, String, String)> =
        found.into_iter().map(|row| (row[0].clone(), row[1].clone(), row[2].clone())).collect();
    found.retain(|(step, ..)| !is_scripted(world, step));
    found.sort();
    assert_scripted(world, &scripted);
    assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
    scripted.len()
}
