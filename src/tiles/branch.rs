//! `branch`: sends each contact, or the account as one, down the path of the first case that holds.

use super::{
    Batch, CompileContext, Deciding, Look, NeededCondition, Needs, Outcomes, Participant, Tile, TileError,
    TileKind, TileSpec, Unit, Wakes,
    context::unit,
    shared::{Asks, ELSE, path_name},
};
use crate::model::{ConditionAnswer, Decision, Outcome};
use crate::{
    conditions::{self, Scope, explain},
    definitions::{Form, Key, StepDefinition, read_condition},
    diagnostics::{Code, Problem},
    model::{Entity, Predicate, Value, time::moment_of},
};

pub(super) struct Branch;

const PARAMETERS: &[Key] = &[
    Key::optional(
        "based_on",
        Form::Choice(&["contact", "account"]),
        "Whether each contact decides for itself, or the account as one; required in account journeys",
    ),
    Key::required(
        "cases",
        Form::Map(&Form::Condition),
        "The paths and what must hold for each, the first that holds counts; conditions are about a contact, or about the account when the branch is based on it",
    ),
];

static SPEC: TileSpec = TileSpec {
    name: "branch",
    summary: "Sends contacts or whole accounts down the path of the first case whose condition holds",
    parameters: PARAMETERS,
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
        let mut reader = step.parameters(&[PARAMETERS], context.problems);
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
        let scope = Scope::new(about, context.zone).in_journey(context.steps);
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
            interactions.extend(conditions::dependencies(predicate).interactions);
        }
        let of = based_on?;
        let paths = cases.iter().map(|(name, _)| name.clone()).chain([ELSE.to_owned()]).collect();
        let tile = CompiledBranch { cases, asks, of };
        Some(Tile {
            look: Look::ON_ARRIVAL,
            paths,
            work: Deciding::new(of, tile.needs(), move |batch, out| tile.run(batch, out)).into(),
            // Nobody waits here, unless a mail that a case asks for is still on its way.
            wakes: Wakes { interactions, ..Wakes::default() },
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
    fn needs(&self) -> Needs {
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
    fn decide(&self, held: &[ConditionAnswer], participant: Option<&Participant>) -> (String, String) {
        let found = self.cases.iter().zip(held).position(|(_, held)| held.holds);
        let (path, why, asked) = match found.and_then(|place| self.cases.get(place).zip(found)) {
            Some(((name, predicate), place)) => (name.clone(), explain(predicate), place..place + 1),
            None => (ELSE.to_owned(), "no case holds".to_owned(), 0..self.cases.len()),
        };
        let asked = self.cases.iter().zip(held).skip(asked.start).take(asked.len());
        let (mut fields, mut told) = (Vec::new(), Vec::new());
        for ((_, predicate), held) in asked {
            for field in conditions::mentions(predicate) {
                if !fields.contains(&field) {
                    fields.push(field);
                }
            }
            for (call, value) in predicate.own_calls().into_iter().zip(&held.given) {
                let line = told_value(&conditions::call_in_words(call), value);
                if !told.contains(&line) {
                    told.push(line);
                }
            }
        }
        told.extend(participant.into_iter().flat_map(|participant| self.values(&fields, participant)));
        let values = if told.is_empty() { String::new() } else { format!(" ({})", told.join(", ")) };
        (path, format!("{why}{values}"))
    }

    /// What the fields that decided hold: `account.employees 1500`, `account.city is missing`.
    fn values(&self, fields: &[(Entity, String)], participant: &Participant) -> Vec<String> {
        let (contact, account) = self.asks.values(participant);
        let told = fields.iter().filter_map(|(entity, name)| {
            let (subject, values) = match entity {
                Entity::Account => ("account", &account),
                Entity::Contact | Entity::Lead => ("contact", &contact),
            };
            Some(told_value(&format!("{subject}.{name}"), values.get(name)?))
        });
        told.collect()
    }
}

fn told_value(what: &str, value: &Value) -> String {
    match value {
        Value::Missing => format!("{what} is missing"),
        Value::Text(text) => format!("{what} \"{}\"", shortened(text)),
        value => format!("{what} {}", shortened(&value.to_string())),
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

impl CompiledBranch {
    fn run(&self, batch: &Batch, out: &mut Outcomes) -> Result<(), TileError> {
        match self.of {
            Unit::Contact => self.each_contact(batch, out),
            Unit::Account => self.each_account(batch, out),
        }
        Ok(())
    }
}
