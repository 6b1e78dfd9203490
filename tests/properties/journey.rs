//! Random journeys of every tile, with their audiences, accounts and interactions.

use proptest::{prelude::*, sample::select};
use tilework::{
    interactions::ImportKind,
    model::time::{DAY, MINUTE, rfc3339},
};

use crate::{
    scripted::with_scripts,
    support::{
        definitions::USUAL,
        dump::assert_same,
        workspace::{Database, Workspace, without_dates},
        world::{World, at},
    },
};

pub(crate) const START: &str = "2026-03-01 08:00";
const DAYS: i64 = 30;

/// How long a store may be left without a run, in minutes.
pub(crate) const LONGEST: i64 = 36 * 60;

/// Conditions, in the form in which they stand below `when:`.
const CONDITIONS: [&str; 12] = [
    "{ did: OrderPlaced }",
    "{ did: Visited }",
    "{ did: OrderPlaced, at_least: 2 times }",
    "{ did: OrderPlaced, at_least: 2 times, within: 3 days }",
    "{ all: [{ did: OrderPlaced }, { did: Visited, at_most: 1 time }] }",
    "{ did: EmailSent }",
    "{ did: EmailBlocked }",
    "{ all: [{ did: OrderPlaced }, { did: Visited }] }",
    "{ any: [{ did: OrderPlaced, exactly: 2 times }, { did: Visited }] }",
    "{ all: [{ did: Visited }, { did_not: OrderPlaced, within: 2 days }] }",
    "{ all: [{ did: OrderPlaced, within: 1 day }, { did: Visited, within: 1 day }] }",
    "{ all: [{ did: OrderPlaced }, 'contact.role == \"buyer\"'] }",
];

/// A condition of triggers alone, where everybody asked has entered.
const SINCE_ENTRY: &str =
    "{ any: [{ did: Visited, since: entry }, { did: OrderPlaced, at_least: 3 times }] }";

/// Conditions of triggers about what is, beside what is done: segments whose members come and go between two runs,
/// colleagues, the clock.
const STATES: [&str; 14] = [
    "{ segment: ordered-lately }",
    "{ any_contact: { did: OrderPlaced }, at_least: 2 contacts }",
    "{ all: [{ any_contact: { did: Visited } }, 'contact.role == \"buyer\"'] }",
    "{ any: [{ segment: ordered-lately }, { did: Visited, at_least: 3 times }] }",
    "{ all: [{ did: OrderPlaced }, 'now() >= time(\"2026-03-04T11:17:05Z\")'] }",
    "'contact.city == \"Oslo\"'",
    "'account.deal_stage == \"won\"'",
    "{ segment: osloers }",
    "{ segment: winners }",
    "{ any_lead: 'lead.stage == \"sales_accepted\"' }",
    "{ any_contact: 'contact.city == \"Oslo\"', at_least: 2 contacts }",
    "{ all: [{ segment: ordered-lately }, 'contact.city == \"Oslo\"'] }",
    "{ any_activity: 'activity.type == \"task\"' }",
    "{ all: [{ any_activity: 'activity.subject == \"x\"' }, { did: Visited }] }",
];

/// Conditions of triggers about what a run computes, which count from that run.
const COMPUTED: [&str; 2] = ["'contact.score.engagement >= 20'", "'contact.levels.tier == \"High\"'"];

/// What these conditions refer to.
const LATELY: &str = r#"
kind: segment
name: ordered-lately
target: contact
where: { did: OrderPlaced, within: 30 hours }
---
kind: segment
name: osloers
target: contact
where: contact.city == "Oslo"
---
kind: segment
name: winners
target: account
where: account.deal_stage == "won"
---
kind: scoring_model
name: engagement
target: contacts
rules:
  - { name: orders, when: { did: OrderPlaced }, points: 10, per: each }
---
kind: levels
name: tier
of: contact
model: engagement
levels:
  - { name: High, from: 20 }
  - { name: Low }
"#;

/// A condition of branches alone: whoever did nothing satisfies it.
const NEGATIVE: &str = "{ did: Visited, at_most: 1 time }";

/// A condition that is one of these or the further one.
fn condition(further: &'static str) -> impl Strategy<Value = &'static str> {
    select(CONDITIONS.into_iter().chain([further]).collect::<Vec<_>>())
}

/// The shortest timeout in hours that is longer than all windows of a condition.
fn shortest_timeout(condition: &str) -> i64 {
    let windows = [("within: 3 days", 73), ("within: 2 days", 49), ("within: 1 day", 25)];
    windows.iter().find(|(window, _)| condition.contains(window)).map_or(1, |(_, hours)| *hours)
}

/// A step, without its id, and what its paths hold.
#[derive(Debug, Clone)]
enum Step {
    Plain(String),
    /// A step with two paths: the first may end, the other may be a section.
    Fork {
        tile: &'static str,
        with: String,
        path: &'static str,
        then: Vec<Step>,
        otherwise: Vec<Step>,
        ends: bool,
        section: bool,
    },
    /// Steps that are done again so many times.
    Loop {
        steps: Vec<Step>,
        at_most: u32,
    },
}

fn plain() -> impl Strategy<Value = Step> {
    let unit = || select(vec!["contact", "account"]);
    prop_oneof![
        3 => Just("tile: email, with: { email: invite }".to_owned()),
        3 => (1..150_i64).prop_map(|hours| format!("tile: wait, with: {{ for: {hours} hours }}")),
        1 => (1..6_i64).prop_map(|days| format!("tile: wait, with: {{ for: {days} business days }}")),
        1 => (select(vec!["mon, tue, wed, thu, fri", "sat", "tue, thu, sun"]), 0..24_i64, 0..24_i64, waiting()).prop_map(
            |(days, from, length, more)| {
                let to = (from + length) % 24;
                format!("tile: wait, with: {{ {more}window: {{ weekdays: [{days}], from: '{from:02}:00', to: '{to:02}:30' }} }}")
            }
        ),
        1 => (0..24_i64, select(vec!["", ", weekdays: [wed, fri]", ", timezone: contact"])).prop_map(
            |(hour, more)| format!("tile: wait, with: {{ until: '{hour:02}:15'{more} }}")
        ),
        1 => (1..28_i64).prop_map(|day| format!("tile: wait, with: {{ until: 2026-03-{day:02} 10:30 }}")),
        2 => unit().prop_map(|unit| format!("tile: create_lead, with: {{ for_each: {unit}, topic: x }}")),
        3 => unit().prop_map(|unit| format!("tile: meet, with: {{ for_each: {unit} }}")),
        2 => unit().prop_map(|unit| format!("tile: launch_workflow, with: {{ for_each: {unit}, workflow: tell }}")),
        2 => unit().prop_map(|unit| format!("tile: activity, with: {{ type: task, for_each: {unit}, subject: x }}")),
    ]
    .prop_map(Step::Plain)
}

/// What a wait with a window may wait for besides.
fn waiting() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("timezone: contact, ".to_owned()),
        (1..60_i64).prop_map(|hours| format!("for: {hours} hours, ")),
    ]
}

/// The parameters of a branch or a split with a path `a`.
fn division() -> impl Strategy<Value = (&'static str, String)> {
    let unit = || select(vec!["contact", "account"]);
    prop_oneof![
        (unit(), condition(NEGATIVE)).prop_map(|(unit, condition)| {
            // Of an account it is asked whether any of its contacts satisfies it.
            let condition = match unit {
                "account" => format!("{{ any_contact: {condition} }}"),
                _ => condition.to_owned(),
            };
            ("branch", format!("{{ based_on: {unit}, cases: {{ a: {condition} }} }}"))
        }),
        (unit(), 20..80_u32)
            .prop_map(|(unit, share)| ("split", format!("{{ by: {unit}, shares: {{ a: {share}% }} }}"))),
        (unit(), 0..4_u32)
            .prop_map(|(unit, count)| ("split", format!("{{ by: {unit}, counts: {{ a: {count} }} }}"))),
    ]
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
    let when = prop_oneof![
        9 => condition(SINCE_ENTRY),
        4 => select(STATES.to_vec()),
        1 => select(COMPUTED.to_vec())
    ];
    (based_on, when, 1..200_i64, select(vec!["", ", grace: 2 hours"])).prop_map(
        |(based_on, when, hours, grace)| {
            let hours = hours.max(shortest_timeout(when));
            let outsiders = based_on.contains("all_contacts");
            let when = if outsiders && when == SINCE_ENTRY { CONDITIONS[0] } else { when };
            format!("{{ based_on: {based_on}, when: {when}, timeout: {hours} hours{grace} }}")
        },
    )
}

fn steps(depth: u32) -> BoxedStrategy<Vec<Step>> {
    if depth == 0 {
        return prop::collection::vec(plain(), 0..3).boxed();
    }
    let fork = prop_oneof![
        trigger_parameters().prop_map(|with| ("trigger", "then", with)),
        division().prop_map(|(tile, with)| (tile, "a", with)),
    ];
    let fork = (fork, steps(depth - 1), steps(depth - 1), any::<bool>(), any::<bool>()).prop_map(
        |((tile, path, with), then, otherwise, ends, section)| Step::Fork {
            tile,
            with,
            path,
            then,
            otherwise,
            ends,
            section,
        },
    );
    let again = (steps(depth - 1), 1..3_u32).prop_map(|(steps, at_most)| Step::Loop { steps, at_most });
    prop::collection::vec(prop_oneof![4 => plain(), 4 => fork, 2 => again], 1..4).boxed()
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
        if let Step::Loop { steps, at_most } = step {
            let first = self.ids + 1;
            let items: Vec<String> = steps.iter().map(|step| self.step(step)).collect();
            if items.is_empty() {
                return self.step(&Step::Plain("tile: wait, with: { for: 1 hour }".to_owned()));
            }
            let id = self.id();
            let goto = format!("{{ id: s{id}, tile: goto, with: {{ step: s{first}, at_most: {at_most} }} }}");
            return format!("{}, {goto}", items.join(", "));
        }
        let id = self.id();
        match step {
            Step::Plain(tile) => format!("{{ id: s{id}, {tile} }}"),
            Step::Loop { .. } => unreachable!("it was written above"),
            Step::Fork { tile, with, path, then, otherwise, ends, section } => {
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
                    "{{ id: s{id}, tile: {tile}, with: {with}, paths: {{ {path}: {then}, else: {otherwise} }} }}"
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
    pub(crate) again: &'static str,
    /// The segment that enters.
    pub(crate) audience: &'static str,
}

pub(crate) const ACCOUNTS: usize = 3;

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
            again: "",
            audience: "everyone",
        })
}

pub(crate) fn case_again(again: &'static [&'static str]) -> impl Strategy<Value = Case> {
    (case(), select(again)).prop_map(|(case, again)| Case { again, ..case })
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
            "kind: journey\nname: spring\ntarget: account\nstart: {START}\n{}{}audience: {{ include: [{}] }}\nsteps: {steps}\n{sections}",
            self.again,
            end.unwrap_or_default(),
            self.audience
        )
    }

    /// Whether a condition asks for what a run computes, and counts from that run.
    pub(crate) fn asks_for_scores(&self) -> bool {
        let journey = self.journey();
        COMPUTED.iter().any(|condition| journey.contains(condition))
    }

    /// When a contact placed its orders, or visited.
    pub(crate) fn interactions_of(&self, contact: usize, orders: bool) -> Vec<i64> {
        let there = self.contacts.len();
        let own = self.interactions.iter().filter(|(of, order, _)| of % there == contact && *order == orders);
        own.map(|(_, _, minutes)| at(START) + minutes * MINUTE).collect()
    }

    /// What a trigger of contacts waits for, by the id of its step.
    pub(crate) fn contact_trigger(&self, step: &str) -> Option<String> {
        let journey = self.journey();
        let marker = format!("id: {step}, tile: trigger, with: {{ based_on: contact, when: ");
        let (_, rest) = journey.split_once(&marker)?;
        rest.split_once(", timeout: ").map(|(when, _)| when.to_owned())
    }

    /// The workspace with all data, not yet run.
    pub(crate) fn world(&self, database: Database) -> World {
        let workspace = with_scripts(Workspace::on(database))
            .file("journeys/definitions.yaml", USUAL)
            .file("journeys/lately.yaml", LATELY)
            .file("journeys/spring.yaml", &self.journey());
        let mut world = workspace.open();
        world.accounts(&["acme", "globex", "initech"]);
        let account = |number: usize| ["acme", "globex", "initech", ""][number.min(ACCOUNTS)];
        let mut contacts = String::from("id,first_name,account_id,email,role,timezone\n");
        for (number, of) in self.contacts.iter().enumerate() {
            let role = if number % 2 == 0 { "buyer" } else { "user" };
            let zone = ["America/New_York", "", "Nowhere/Else", "Asia/Tokyo"][number % 4];
            // Every third has no address, so that mails are blocked, too.
            let email = if number % 3 == 2 { String::new() } else { format!("c{number}@people.example") };
            contacts.push_str(&format!("c{number},C{number},{},{email},{role},{zone}\n", account(*of)));
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

/// Minutes between ticks, at most 36 hours, up to which the times of ticks change nothing (semantics 14).
pub(crate) fn rhythm() -> impl Strategy<Value = Vec<i64>> {
    prop::collection::vec(1..=LONGEST, 24..60)
}

/// Asserts that two worlds came to the same by other ticks. A mail is dated when it leaves, which ticks change; what
/// misses its window is held for the next one, and later mails keep their distance, so that some wait at the end.
pub(crate) fn assert_same_but_for_ticks(what: &str, expected: &mut World, found: &mut World) {
    const HELD: &str = "SELECT state FROM outbox WHERE state = 1 AND reason LIKE 'held%'";
    let held = what.contains("window: ") || !found.tables().rows(HELD).is_empty();
    let state = |world: &mut World| match held {
        true => world.tables().state_without_handing_over(),
        false => world.tables().state_without_ticks(),
    };
    assert_same(what, &state(expected), &state(found));
    let mails = |world: &World| without_dates(world.workspace.mails()).1;
    assert!(held || mails(expected) == mails(found), "other mails: {what}");
}
