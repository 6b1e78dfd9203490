//! `branch`: sends each contact, or the account as one, down the path of the first case that holds.

use super::{
    Batch, CompileContext, DecidingTile, Decision, Look, NeededCondition, Needs, Outcome, Outcomes,
    Parameter, Participant, Tile, TileError, TileKind, TileSpec, Unit, Wakes, Work,
    context::unit,
    shared::{Asks, ELSE, path_name},
};
use crate::{
    conditions::{self, Scope, explain},
    definitions::{Reader, StepDefinition, read_condition},
    diagnostics::{Code, Problem},
    model::{Entity, Predicate, Value, time::moment_of},
};

pub(super) struct Branch;

static SPEC: TileSpec = TileSpec {
    name: "branch",
    summary: "Sends contacts or whole accounts down the path of the first case whose condition holds",
    parameters: &[
        Parameter::optional(
            "based_on",
            "contact or account",
            "Whether each contact decides for itself, or the account as one; required in account journeys",
        ),
        Parameter::required(
            "cases",
            "names, each with a condition",
            "The paths and what must hold for each, the first that holds counts; conditions are about a contact, or about the account when the branch is based on it",
        ),
    ],
    paths: &[ELSE],
    example: "- id: size\n  tile: branch\n  with:\n    based_on: account\n    cases:\n      large: account.employees >= 1000\n      medium: account.employees >= 100\n  paths:\n    large:\n      - id: call\n        tile: activity\n        with: { type: phone_call, for_each: account, subject: \"Call {{account.name}}\" }\n    medium:\n      - id: invite\n        tile: email\n        with: { email: spring-invite }\n",
};

impl TileKind for Branch {
    fn spec(&self) -> &'static TileSpec {
        &SPEC
    }

    fn path_parameters(&self) -> &'static [&'static str] {
        &["cases"]
    }

    fn compile(&self, step: &StepDefinition, context: &mut CompileContext<'_>) -> Option<Tile> {
        let mut reader = Reader::of_step(step, context.problems);
        let based_on = unit("based_on", context.target, &mut reader);
        let has_cases = reader.has("cases");
        if !has_cases {
            let hint = "Write `NAME: CONDITION` for each case, such as `large: account.employees >= 1000`.";
            reader.missing("cases", hint.to_owned());
        }
        let entries = match has_cases {
            true => reader
                .mapping_or("cases", "Write `NAME: CONDITION` for each case, the first that holds counts.")
                .map(<[_]>::to_vec),
            false => None,
        };
        reader.finish();
        let entries = entries?;
        if entries.is_empty() {
            context.problems.push(
                Problem::error(Code::InvalidValue, step.tile.span, "the branch has no cases")
                    .hint("Write at least one below `cases:`, such as `large: account.employees >= 1000`."),
            );
        }
        let about = match based_on {
            Some(Unit::Account) => Entity::Account,
            // Without a unit, which is reported, nobody can say what the conditions are about.
            None => return None,
            Some(Unit::Contact) => Entity::Contact,
        };
        let scope = Scope::new(about, context.zone).in_trigger(context.steps);
        let mut cases = Vec::new();
        for (name, node) in &entries {
            path_name(name, "case", context.problems);
            let condition = read_condition(node, context.problems);
            let predicate = condition.and_then(|condition| {
                conditions::check(&condition, &scope, context.catalog, context.problems)
            });
            cases.extend(predicate.map(|predicate| (name.value.clone(), predicate)));
        }
        if context.problems.has_errors() {
            return None;
        }
        let mut asks = Asks::default();
        let mut interactions = std::collections::BTreeSet::new();
        for (_, predicate) in &cases {
            for (entity, field) in conditions::mentions(predicate) {
                asks.add(entity, [field.as_str()], context.catalog);
            }
            interactions.extend(conditions::interests(predicate).interactions);
        }
        let of = based_on?;
        let paths = cases.iter().map(|(name, _)| name.clone()).chain([ELSE.to_owned()]).collect();
        let tile = CompiledBranch { cases, asks, of };
        Some(Tile {
            look: Look::ON_ARRIVAL,
            paths,
            work: Work::Each(of, Box::new(tile)),
            // Nobody waits here, unless a mail that a case asks for is still on its way.
            wakes: Wakes { interactions: interactions.into_iter().collect(), ..Wakes::default() },
        })
    }
}

struct CompiledBranch {
    cases: Vec<(String, Predicate)>,
    /// The fields that the cases compare, for telling what decided.
    asks: Asks,
    of: Unit,
}

impl CompiledBranch {
    fn needed(&self) -> Needs {
        let condition = |(_, predicate): &(String, Predicate)| NeededCondition {
            predicate: predicate.clone(),
            of: self.of,
        };
        Needs {
            contact: self.asks.contact.clone(),
            account: self.asks.account.clone(),
            conditions: self.cases.iter().map(condition).collect(),
            decision: self.of == Unit::Account,
            ..Needs::default()
        }
    }

    /// The path of the first case that holds, and what decided it.
    fn decide(&self, holds: &[bool], participant: Option<&Participant>) -> (String, String) {
        let found = self.cases.iter().zip(holds).find(|(_, holds)| **holds).map(|(case, _)| case);
        let (path, why, decided_by) = match found {
            Some((name, predicate)) => (name.clone(), explain(predicate), conditions::mentions(predicate)),
            None => {
                let mut all = Vec::new();
                for field in self.cases.iter().flat_map(|(_, predicate)| conditions::mentions(predicate)) {
                    if !all.contains(&field) {
                        all.push(field);
                    }
                }
                (ELSE.to_owned(), "no case holds".to_owned(), all)
            }
        };
        let values = participant.map(|participant| self.values(&decided_by, participant)).unwrap_or_default();
        let values = if values.is_empty() { values } else { format!(" ({values})") };
        (path, format!("{why}{values}"))
    }

    /// What the fields that decided hold: `account.employees 1500, account.city is missing`.
    fn values(&self, fields: &[(Entity, String)], participant: &Participant) -> String {
        let (contact, account) = self.asks.values(participant);
        let told = fields.iter().filter_map(|(entity, name)| {
            let (subject, values) = match entity {
                Entity::Account => ("account", &account),
                Entity::Contact | Entity::Lead => ("contact", &contact),
            };
            Some(match values.get(name)? {
                Value::Missing => format!("{subject}.{name} is missing"),
                Value::Text(text) => format!("{subject}.{name} \"{}\"", shortened(text)),
                value => format!("{subject}.{name} {}", shortened(&value.to_string())),
            })
        });
        told.collect::<Vec<_>>().join(", ")
    }
}

/// Long texts are cut off: the note stands in every row of the history.
fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

impl CompiledBranch {
    fn each_contact(&self, batch: &Batch, out: &mut Outcomes) {
        for (place, participant) in batch.participants.iter().enumerate() {
            let (path, why) = self.decide(&participant.holds, Some(participant));
            let moment = moment_of(participant.arrived_at, batch.now);
            out.noted(place, Outcome::Go { path: Some(path), moment }, Some(why));
        }
    }

    fn each_account(&self, batch: &Batch, out: &mut Outcomes) {
        for (place, account) in batch.accounts.iter().enumerate() {
            let (path, at) = account.decided.clone().unwrap_or_else(|| {
                let first = batch.participants.get(account.members.start);
                let (path, because) = self.decide(&account.holds, first);
                let decision = Decision { path, at: account.opened_at, because };
                out.decide(place, decision.clone());
                (decision.path, decision.at)
            });
            for member in account.members.clone() {
                let moment = moment_of(batch.participants[member].arrived_at.max(at), batch.now);
                out.participant(member, Outcome::Go { path: Some(path.clone()), moment });
            }
        }
    }
}

impl DecidingTile for CompiledBranch {
    fn needs(&self) -> Needs {
        self.needed()
    }

    fn run(&self, batch: &Batch, out: &mut Outcomes) -> Result<(), TileError> {
        match self.of {
            Unit::Contact => self.each_contact(batch, out),
            Unit::Account => self.each_account(batch, out),
        }
        Ok(())
    }
}
