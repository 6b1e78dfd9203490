//! What holds for any journey while records change: random fields, leads, colleagues who move, audiences that people
//! join, and a publication in between.

use std::cell::Cell;

use proptest::{prelude::*, sample::select, test_runner::TestCaseError};
use serde_json::Value;
use tilework::{
    interactions::ImportKind,
    model::time::{DAY, MINUTE},
};

use super::journey::{Case, LONGEST, START, assert_same_but_for_ticks, case, end, rhythm};
use crate::support::{
    dump::assert_same,
    property::holds,
    workspace::{Database, Workspace},
    world::{World, at},
};

/// A change of a record, some minutes after the start. Each field of a record changes once, since a value that was
/// overwritten before a run is lost (semantics 11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    /// A contact moves to Oslo.
    City(usize),
    /// An account's deal is won.
    Won(usize),
    /// A contact's lead is accepted.
    Accepted(usize),
    /// A contact goes to another account.
    Moves(usize),
    /// A contact gets an address.
    Address(usize),
}

const ACCOUNT_IDS: [&str; 3] = ["acme", "globex", "initech"];

impl Change {
    fn happen(self, world: &mut World, now: i64) {
        world.facts_at = Some(now);
        match self {
            Change::City(contact) => world.set(&format!("c{contact}"), "city", "Oslo"),
            Change::Moves(contact) => {
                world.set(&format!("c{contact}"), "account_id", ACCOUNT_IDS[contact % 3])
            }
            Change::Address(contact) => {
                world.set(&format!("c{contact}"), "email", &format!("new{contact}@people.example"));
            }
            Change::Won(account) => {
                let row = format!("id,deal_stage\n{},won\n", ACCOUNT_IDS[account]);
                world.import(ImportKind::Accounts, &row);
            }
            Change::Accepted(contact) => {
                let row = format!("id,topic,contact_id,stage\nlead{contact},x,c{contact},sales_accepted\n");
                world.import(ImportKind::Leads, &row);
            }
        }
    }
}

/// A case whose records change, the changes with their minutes, and the minute of a publication that makes waits
/// shorter or longer.
#[derive(Debug, Clone)]
struct Changing {
    case: Case,
    changes: Vec<(i64, Change)>,
    publication: Option<(i64, i64)>,
}

fn changing() -> impl Strategy<Value = Changing> {
    let change = prop_oneof![
        4 => (0..8_usize).prop_map(Change::City),
        2 => (0..3_usize).prop_map(Change::Won),
        2 => (0..8_usize).prop_map(Change::Accepted),
        2 => (0..8_usize).prop_map(Change::Moves),
        1 => (0..8_usize).prop_map(Change::Address),
    ];
    let changes = prop::collection::vec((0..12 * 24 * 60_i64, change), 3..14);
    let publication = prop::option::of((60..9 * 24 * 60_i64, select(vec![3, 17, 40, 90])));
    (case(), changes, publication, select(vec!["everyone", "osloers", "winners"])).prop_map(
        |(mut case, mut changes, publication, audience)| {
            case.audience = audience;
            let there = case.contacts.len();
            changes.retain(|(_, change)| match change {
                Change::City(of) | Change::Accepted(of) | Change::Moves(of) | Change::Address(of) => {
                    *of < there
                }
                Change::Won(_) => true,
            });
            let mut seen = Vec::new();
            changes.retain(|(_, change)| {
                !seen.contains(change) && {
                    seen.push(*change);
                    true
                }
            });
            changes.sort_by_key(|(minute, _)| *minute);
            Changing { case, changes, publication }
        },
    )
}

impl Changing {
    /// The journey after the publication: each wait for so many hours.
    fn journey_after(&self, hours: i64) -> String {
        let journey = self.case.journey();
        let mut parts = journey.split("{ for: ");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| {
            let rest = part.split_once(' ').map_or("", |(_, rest)| rest);
            match rest.starts_with("hours") {
                true => format!("{text}{{ for: {hours} {rest}"),
                false => format!("{text}{{ for: {part}"),
            }
        })
    }

    /// Lets the changes happen at their times, with runs at these minutes after the start, and more so that no two
    /// lie more than 36 hours apart, but for an outage from one minute to another. What a publication changes, and a
    /// move, is known from a run right before on: what is due when a definition changes is done by the new one, and a
    /// segment of accounts holds a contact from its move on.
    fn run(&self, database: Database, minutes: &[i64], batches: usize, outage: Option<(i64, i64)>) -> World {
        let mut world = self.case.world(database).batches_of(batches);
        world.try_tick(at(START) - MINUTE).unwrap();
        let last = (end() - at(START)) / MINUTE;
        let mut ticks: Vec<i64> = minutes.iter().copied().chain([last]).collect();
        let moves = self.changes.iter().filter(|(_, change)| matches!(change, Change::Moves(_)));
        for minute in self.publication.iter().map(|(minute, _)| minute).chain(moves.map(|(minute, _)| minute))
        {
            ticks.extend([minute - 1, *minute]);
        }
        let is_out = |minute: i64| outage.is_some_and(|(from, to)| (from..to).contains(&minute));
        ticks.retain(|minute| *minute <= last && !is_out(*minute));
        ticks.sort_unstable();
        let mut changes = self.changes.iter().peekable();
        let mut publication = self.publication;
        let mut previous = 0;
        for tick in ticks {
            let longest = usize::try_from(LONGEST).unwrap();
            let between = (previous + LONGEST..tick).step_by(longest).filter(|minute| !is_out(*minute));
            for minute in between.chain([tick]) {
                while let Some((minute, change)) = changes.next_if(|(changed, _)| *changed <= minute) {
                    change.happen(&mut world, at(START) + minute * MINUTE);
                }
                if let Some((_, hours)) = publication.take_if(|(published, _)| *published <= minute) {
                    world.write("journeys/spring.yaml", &self.journey_after(hours));
                }
                world.try_tick(at(START) + minute * MINUTE).unwrap();
            }
            previous = tick;
        }
        world
    }
}

/// A run right after every change.
fn closely(changing: &Changing) -> Vec<i64> {
    changing.changes.iter().map(|(minute, _)| *minute).collect()
}

/// Runs at a rhythm.
fn at_rhythm(rhythm: &[i64]) -> Vec<i64> {
    let mut minutes = 0;
    let days = (end() - at(START)) / DAY;
    rhythm
        .iter()
        .cycle()
        .map(|more| {
            minutes += more;
            minutes
        })
        .take_while(|minutes| *minutes < days * 24 * 60)
        .collect()
}

#[test]
fn rule_14_any_tick_times_give_the_same_end_while_records_change() {
    holds(16, &(changing(), rhythm()), |(changing, rhythm)| {
        let journey = changing.case.journey();
        if journey.contains("did: Email") || changing.case.asks_for_scores() {
            return Err(TestCaseError::reject(
                "mails are dated when they leave, scores when they are computed",
            ));
        }
        let mut close = changing.run(Database::Sqlite, &closely(&changing), 5_000, None);
        let mut ticked = changing.run(Database::Sqlite, &at_rhythm(&rhythm), 3, None);
        assert_same_but_for_ticks(&format!("{journey}\n{changing:?}\n{rhythm:?}"), &mut close, &mut ticked);
        Ok(())
    });
}

/// The first moment at which what a trigger waits for was so, for a contact that arrived at a moment: known for
/// conditions that ask for one fact about it.
fn cause(changing: &Changing, contact: usize, when: &str, arrived_at: i64) -> Option<i64> {
    let changed = |wanted: Change| {
        let found = changing.changes.iter().find(|(_, change)| *change == wanted);
        found.map(|(minute, _)| (at(START) + minute * MINUTE).max(arrived_at))
    };
    match when {
        "'contact.city == \"Oslo\"'" | "{ segment: osloers }" => changed(Change::City(contact)),
        "{ any_lead: 'lead.stage == \"sales_accepted\"' }" => changed(Change::Accepted(contact)),
        "{ did: OrderPlaced }" | "{ did: Visited }" => {
            let mut done = changing.case.interactions_of(contact, when.contains("Order"));
            done.retain(|done| *done >= arrived_at);
            done.into_iter().min()
        }
        _ => None,
    }
}

fn parse_moment(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

/// Asserts of `why contact` that nothing stands before what it comes from, and without an outage that triggers were
/// decided at the moment of their known cause; gives how many these were.
fn assert_causes_first(changing: &Changing, workspace: &Workspace, outage: bool) -> usize {
    let moment = |value: &Value| parse_moment(value.as_str().unwrap());
    let mut decided = 0;
    for contact in 0..changing.case.contacts.len() {
        let story: Value = serde_json::from_str(
            &workspace.program(&["--format", "json", "why", "contact", &format!("c{contact}")]).done(),
        )
        .unwrap();
        for journey in story["journeys"].as_array().unwrap() {
            let mut last = moment(&journey["entered_at"]);
            for step in journey["steps"].as_array().unwrap() {
                let arrived_at = moment(&step["arrived_at"]);
                assert!(arrived_at >= last, "{step:#}\n{}", changing.case.journey());
                for made in step["made"].as_array().unwrap() {
                    let after = made["once_for_account"] == true || moment(&made["created_at"]) >= arrived_at;
                    assert!(after, "{step:#}\n{}", changing.case.journey());
                }
                last = step["left_at"].as_str().map_or(arrived_at, parse_moment);
                assert!(last >= arrived_at, "{step:#}\n{}", changing.case.journey());
                let when = changing.case.contact_trigger(step["step"].as_str().unwrap());
                if step["path"] == "then"
                    && let Some(cause) = when.and_then(|when| cause(changing, contact, &when, arrived_at))
                {
                    let right = last == cause || outage && last > cause;
                    assert!(right, "{cause}: {step:#}\n{changing:?}\n{}", changing.case.journey());
                    decided += 1;
                }
            }
        }
    }
    decided
}

#[test]
fn rule_11_why_shows_nothing_before_what_it_comes_from() {
    let decided = Cell::new(0);
    holds(24, &(changing(), rhythm()), |(changing, rhythm)| {
        let database = Database::BOTH[rhythm.len() % 2];
        let world = changing.run(database, &at_rhythm(&rhythm), 3, None);
        decided.set(decided.get() + assert_causes_first(&changing, &world.close(), false));
        Ok(())
    });
    assert!(decided.get() > 2, "{} triggers with a known cause", decided.get());
}

#[test]
fn rule_14_after_an_outage_nobody_is_lost_and_why_shows_nothing_before_what_it_comes_from() {
    let outage = (0..10 * 24 * 60_i64, 2 * 24 * 60..9 * 24 * 60_i64);
    holds(10, &(changing(), rhythm(), outage), |(changing, rhythm, (from, length))| {
        let outage = Some((from, from + length));
        let mut on_sqlite = changing.run(Database::Sqlite, &at_rhythm(&rhythm), 3, outage);
        let mut on_postgres = changing.run(Database::Postgres, &at_rhythm(&rhythm), 5_000, outage);
        let what = format!("{}\n{changing:?}\n{rhythm:?}\n{outage:?}", changing.case.journey());
        assert_same(&what, &on_sqlite.state(), &on_postgres.state());
        assert_causes_first(&changing, &on_sqlite.close(), true);
        Ok(())
    });
}
