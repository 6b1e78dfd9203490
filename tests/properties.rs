//! What holds for any journey: random audiences, accounts, interactions, and journeys of every tile.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{
    prelude::*,
    sample::select,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use tilework::{
    compile::Plan,
    interactions::ImportKind,
    model::time::{DAY, MINUTE, rfc3339},
};

use crate::support::{
    definitions::USUAL,
    dump::assert_same,
    workspace::{Database, Workspace},
    world::{World, at},
};

pub(crate) const START: &str = "2026-03-01 08:00";
const DAYS: i64 = 30;

/// Conditions, in the form in which they stand below `when:`.
const CONDITIONS: [&str; 12] = [
    "{ did: OrderPlaced }",
    "{ did: Visited }",
    "{ did: OrderPlaced, at_least: 2 times }",
    "{ did: OrderPlaced, at_least: 2 times, within: 3 days }",
    "{ did: Visited, at_most: 1 time }",
    "{ did: EmailSent }",
    "{ did: EmailBlocked }",
    "{ all: [{ did: OrderPlaced }, { did: Visited }] }",
    "{ any: [{ did: OrderPlaced, exactly: 2 times }, { did: Visited }] }",
    "{ all: [{ did: Visited }, { did_not: OrderPlaced, within: 2 days }] }",
    "{ all: [{ did: OrderPlaced, within: 1 day }, { did: Visited, within: 1 day }] }",
    "{ all: [{ did: OrderPlaced }, 'contact.role == \"buyer\"'] }",
];

/// A step, without its id, and what its paths hold.
#[derive(Debug, Clone)]
enum Step {
    Plain(String),
    Trigger { with: String, then: Vec<Step>, otherwise: Vec<Step>, ends: bool, section: bool },
}

fn plain() -> impl Strategy<Value = Step> {
    let unit = || select(vec!["contact", "account"]);
    prop_oneof![
        3 => Just("tile: email, with: { email: invite }".to_owned()),
        3 => (1..150_i64).prop_map(|hours| format!("tile: wait, with: {{ for: {hours} hours }}")),
        1 => (1..6_i64).prop_map(|days| format!("tile: wait, with: {{ for: {days} business days }}")),
        1 => (1..28_i64).prop_map(|day| format!("tile: wait, with: {{ until: 2026-03-{day:02} 10:30 }}")),
        2 => unit().prop_map(|unit| format!("tile: create_lead, with: {{ for_each: {unit}, topic: x }}")),
        2 => unit().prop_map(|unit| format!("tile: activity, with: {{ type: task, for_each: {unit}, subject: x }}")),
    ]
    .prop_map(Step::Plain)
}

fn trigger_parameters() -> impl Strategy<Value = String> {
    let of_account = (
        select(vec!["", ", quorum: 2 contacts", ", quorum: 50%", ", quorum: all"]),
        select(vec!["", ", counts: all_contacts"]),
    );
    let based_on = prop_oneof![
        Just("contact".to_owned()),
        of_account.prop_map(|(quorum, counts)| format!("account{quorum}{counts}")),
    ];
    (based_on, select(CONDITIONS.to_vec()), 1..200_i64, select(vec!["", ", grace: 2 hours"])).prop_map(
        |(based_on, when, hours, grace)| {
            format!("{{ based_on: {based_on}, when: {when}, timeout: {hours} hours{grace} }}")
        },
    )
}

fn steps(depth: u32) -> BoxedStrategy<Vec<Step>> {
    if depth == 0 {
        return prop::collection::vec(plain(), 0..3).boxed();
    }
    let trigger =
        (trigger_parameters(), steps(depth - 1), steps(depth - 1), any::<bool>(), any::<bool>()).prop_map(
            |(with, then, otherwise, ends, section)| Step::Trigger { with, then, otherwise, ends, section },
        );
    prop::collection::vec(prop_oneof![3 => plain(), 2 => trigger], 1..4).boxed()
}

/// Writes steps as YAML, each with an id of its own.
struct Writer {
    ids: usize,
    sections: String,
}

impl Writer {
    fn id(&mut self) -> usize {
        self.ids += 1;
        self.ids
    }

    fn list(&mut self, steps: &[Step], ends: bool) -> String {
        let mut items: Vec<String> = steps.iter().map(|step| self.step(step)).collect();
        if ends {
            items.push(format!("{{ id: s{}, tile: end, with: {{ result: ended }} }}", self.id()));
        }
        format!("[{}]", items.join(", "))
    }

    fn step(&mut self, step: &Step) -> String {
        let id = self.id();
        match step {
            Step::Plain(tile) => format!("{{ id: s{id}, {tile} }}"),
            Step::Trigger { with, then, otherwise, ends, section } => {
                let then = self.list(then, *ends);
                let otherwise = match (section, otherwise.is_empty()) {
                    (true, false) => {
                        let list = self.list(otherwise, false);
                        self.sections.push_str(&format!("  part-{id}: {list}\n"));
                        format!("part-{id}")
                    }
                    _ => self.list(otherwise, false),
                };
                format!(
                    "{{ id: s{id}, tile: trigger, with: {with}, paths: {{ then: {then}, else: {otherwise} }} }}"
                )
            }
        }
    }
}

/// A whole case.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    steps: Vec<Step>,
    end_after_days: Option<i64>,
    /// The account of each contact; none for those past the last account.
    pub(crate) contacts: Vec<usize>,
    /// Contact, kind, minutes after the start.
    interactions: Vec<(usize, bool, i64)>,
}

const ACCOUNTS: usize = 3;

pub(crate) fn case() -> impl Strategy<Value = Case> {
    (
        steps(2),
        prop::option::of(3..DAYS),
        prop::collection::vec(0..=ACCOUNTS, 1..8),
        prop::collection::vec((0..8_usize, any::<bool>(), 0..12 * 24 * 60_i64), 0..16),
    )
        .prop_map(|(steps, end_after_days, contacts, interactions)| Case {
            steps,
            end_after_days,
            contacts,
            interactions,
        })
}

impl Case {
    pub(crate) fn journey(&self) -> String {
        let mut writer = Writer { ids: 0, sections: String::new() };
        let steps = writer.list(&self.steps, false);
        let sections = match writer.sections.as_str() {
            "" => String::new(),
            sections => format!("sections:\n{sections}"),
        };
        let end = self.end_after_days.map(|days| format!("end: {}\n", rfc3339(at(START) + days * DAY)));
        format!(
            "kind: journey\nname: spring\ntarget: account\nstart: {START}\n{}audience: {{ include: [everyone] }}\nsteps: {steps}\n{sections}",
            end.unwrap_or_default()
        )
    }

    /// The workspace with all data, not yet run.
    pub(crate) fn world(&self, database: Database) -> World {
        let workspace = Workspace::on(database)
            .file("journeys/definitions.yaml", USUAL)
            .file("journeys/spring.yaml", &self.journey());
        let mut world = workspace.open();
        world.accounts(&["acme", "globex", "initech"]);
        let account = |number: usize| ["acme", "globex", "initech", ""][number.min(ACCOUNTS)];
        let mut contacts = String::from("id,first_name,account_id,email,role\n");
        for (number, of) in self.contacts.iter().enumerate() {
            let role = if number % 2 == 0 { "buyer" } else { "user" };
            // Every third has no address, so that mails are blocked, too.
            let email = if number % 3 == 2 { String::new() } else { format!("c{number}@people.example") };
            contacts.push_str(&format!("c{number},C{number},{},{email},{role}\n", account(*of)));
        }
        world.import(ImportKind::Contacts, &contacts);
        let mut rows = String::from("id,type,at,contact_id\n");
        for (place, (contact, order, minutes)) in self.interactions.iter().enumerate() {
            let kind = if *order { "OrderPlaced" } else { "Visited" };
            let when = rfc3339(at(START) + minutes * MINUTE);
            rows.push_str(&format!("i{place},{kind},{when},c{}\n", contact % self.contacts.len()));
        }
        world.import(ImportKind::Interactions, &rows);
        world
    }
}

pub(crate) fn end() -> i64 {
    at(START) + DAYS * DAY
}

/// Runs a property on cases that are the same on every machine.
pub(crate) fn holds<T: std::fmt::Debug>(
    cases: u32,
    strategy: &impl Strategy<Value = T>,
    property: impl Fn(T),
) {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 60, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let outcome = TestRunner::new_with_rng(config, rng).run(strategy, |value| {
        property(value);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

/// One participant: what became of it, the steps that it left, and where it stands.
type Chain = (i64, Vec<(String, Option<String>, i64, i64, bool)>, Vec<(String, i64)>);

fn chains(world: &mut World) -> BTreeMap<String, Chain> {
    let mut chains: BTreeMap<String, Chain> = BTreeMap::new();
    let of = "FROM participant p JOIN contact c ON c.key = p.contact_key";
    for row in world.tables().rows(&format!("SELECT c.id, p.state {of}")) {
        chains.insert(row[0].clone(), (row[1].parse().unwrap(), Vec::new(), Vec::new()));
    }
    let history = format!(
        "SELECT c.id, s.id, COALESCE(h.path, ''), h.arrived_at, h.left_at, h.stopped {of}
         JOIN history h ON h.contact_key = p.contact_key AND h.iteration_key = p.iteration_key
         JOIN step s ON s.key = h.step_key ORDER BY h.left_at, h.arrived_at, s.place"
    );
    for row in world.tables().rows(&history) {
        let path = Some(row[2].clone()).filter(|path| !path.is_empty());
        let (arrived, left) = (row[3].parse().unwrap(), row[4].parse().unwrap());
        chains.get_mut(&row[0]).unwrap().1.push((row[1].clone(), path, arrived, left, row[5] == "1"));
    }
    let positions = format!(
        "SELECT c.id, s.id, o.arrived_at {of}
         JOIN position o ON o.contact_key = p.contact_key AND o.iteration_key = p.iteration_key
         JOIN step s ON s.key = o.step_key"
    );
    for row in world.tables().rows(&positions) {
        chains.get_mut(&row[0]).unwrap().2.push((row[1].clone(), row[2].parse().unwrap()));
    }
    chains
}

/// Each participant went from the first step, step by step as the plan leads, to where it is.
fn assert_chain(plan: &Plan, contact: &str, chain: &Chain) {
    let (state, left, standing) = chain;
    let steps = &plan.journeys[0].steps;
    let mut next = steps.first();
    let mut moment = at(START);
    for (id, path, arrived_at, left_at, stopped) in left {
        let step = next.unwrap_or_else(|| panic!("{contact} went on to {id} after the end: {chain:?}"));
        assert_eq!(&step.id, id, "{contact}: {chain:?}");
        assert_eq!(*arrived_at, moment, "{contact} arrives when it left the step before: {chain:?}");
        assert!(left_at >= arrived_at, "{contact}: {chain:?}");
        moment = *left_at;
        if *stopped {
            assert_eq!((*state, standing.len()), (3, 0), "{contact}: {chain:?}");
            return;
        }
        next = step.leads_to(path.as_deref()).map(|to| &steps[to]);
    }
    match (*state, next) {
        (1, Some(step)) => assert_eq!(standing, &[(step.id.clone(), moment)], "{contact}: {chain:?}"),
        (2, None) => assert!(standing.is_empty(), "{contact}: {chain:?}"),
        _ => panic!("{contact} is nowhere: {chain:?}"),
    }
}

/// As many messages, leads and activities as the ways of the participants ask for.
fn assert_effects(world: &mut World, chains: &BTreeMap<String, Chain>, case: &Case) {
    let mut expected: BTreeSet<(String, String)> = BTreeSet::new();
    let content = case.journey();
    let for_account = |step: &str| {
        let start = content.find(&format!("id: {step},")).unwrap();
        content[start..].split('}').next().unwrap().contains("for_each: account")
    };
    for (contact, (_, left, _)) in chains {
        let of = case.contacts[contact[1..].parse::<usize>().unwrap()];
        for (step, _, _, _, stopped) in left {
            let tile = &world.plan.journeys[0].step(step).unwrap().tile_name;
            if *stopped || !["email", "create_lead", "activity"].contains(&tile.as_str()) {
                continue;
            }
            match (tile != "email" && for_account(step), of < ACCOUNTS) {
                (true, true) => expected.insert((step.clone(), ["acme", "globex", "initech"][of].to_owned())),
                (true, false) => false,
                (false, _) => expected.insert((step.clone(), contact.clone())),
            };
        }
    }
    let mut found = Vec::new();
    for (table, contact) in
        [("lead", "subject_contact_key"), ("activity", "subject_contact_key"), ("outbox", "contact_key")]
    {
        let account = if table == "outbox" { "account_key" } else { "subject_account_key" };
        found.extend(world.tables().rows(&format!(
            "SELECT s.id, COALESCE(c.id, a.id) FROM {table} e JOIN step s ON s.key = e.step_key
             LEFT JOIN contact c ON c.key = e.{contact} LEFT JOIN account a ON a.key = e.{account}"
        )));
    }
    let mut found: Vec<(String, String)> =
        found.into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    found.sort();
    assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
}

#[test]
fn everybody_is_somewhere_and_came_there_as_the_journey_leads() {
    holds(12, &case(), |case| {
        let mut world = case.world(Database::Sqlite).batches_of(2);
        for now in [at(START), at(START) + 5 * DAY, end()] {
            world.try_play(now, &mut |_| {}).unwrap();
            let chains = chains(&mut world);
            assert_eq!(chains.len(), case.contacts.len(), "everybody entered");
            for (contact, chain) in &chains {
                assert_chain(&world.plan, contact, chain);
            }
            assert_effects(&mut world, &chains, &case);
        }
    });
}

#[test]
fn neither_batch_size_nor_database_changes_anything() {
    holds(10, &case(), |case| {
        let mut expected = None;
        for (database, size) in [
            (Database::Sqlite, 5_000),
            (Database::Sqlite, 1),
            (Database::Postgres, 3),
            (Database::Postgres, 5_000),
        ] {
            let mut world = case.world(database).batches_of(size);
            world.try_play(end(), &mut |_| {}).unwrap();
            let state = world.state();
            let expected = expected.get_or_insert_with(|| state.clone());
            assert_same(&format!("{database:?}, batches of {size}\n{}", case.journey()), expected, &state);
        }
    });
}

/// Hours between ticks, at most thirty, so that nothing lags behind too far.
fn rhythm() -> impl Strategy<Value = Vec<i64>> {
    prop::collection::vec(1..30 * 60_i64, 24..60)
}

#[test]
fn rule_14_any_tick_times_give_the_same_end() {
    holds(24, &(case(), rhythm()), |(case, rhythm)| {
        let mut played = case.world(Database::Sqlite);
        played.try_play(end(), &mut |_| {}).unwrap();
        let mut ticked = case.world(Database::Sqlite).batches_of(3);
        let mut now = at(START) + rhythm[0] * MINUTE;
        for minutes in rhythm.iter().cycle() {
            ticked.try_tick(now.min(end())).unwrap();
            if now >= end() {
                break;
            }
            now += minutes.min(&(30 * 60)) * MINUTE;
        }
        assert_same(
            &format!("{}\n{:?}", case.journey(), case),
            &played.tables().state_without_ticks(),
            &ticked.tables().state_without_ticks(),
        );
        assert!(played.workspace.mails() == ticked.workspace.mails());
    });
}
