//! `activity`: gives a salesperson something to do, for each contact or once for each account.

use super::{
    Batch, CompileContext, Deciding, Look, Needs, Outcomes, Participant, Tile, TileError, TileKind, TileSpec,
    Unit, Wakes,
    context::unit,
    shared::{Asks, Shown, for_each, template},
};
use crate::model::Effect;
use crate::{
    calendar::{self, Zone},
    definitions::{Form, Key, StepDefinition},
    diagnostics::{Code, Problem},
    model::{Duration, Entity},
    templates::Template,
};

pub(super) struct Activity;

const PARAMETERS: &[Key] = &[
    Key::required("type", Form::Choice(&["task", "phone_call", "appointment"]), "What is to be done"),
    Key::optional(
        "for_each",
        Form::Choice(&["contact", "account"]),
        "Whether it is made for each contact, or once for the account; required in account journeys",
    ),
    Key::optional(
        "assign_to",
        Form::Choice(&[
            "journey_owner",
            "account_owner",
            "account_creator",
            "contact_owner",
            "contact_creator",
        ]),
        "Who is to do it; `journey_owner` when not written",
    ),
    Key::required("subject", Form::Template, "What it is about"),
    Key::optional("description", Form::Template, "More about it"),
    Key::optional("due", Form::Duration, "Until when, from the step's moment"),
];

static SPEC: TileSpec = TileSpec {
    name: "activity",
    summary: "Makes a task, phone call or appointment for a salesperson",
    parameters: PARAMETERS,
    paths: &[],
    example: "- id: call\n  tile: activity\n  with:\n    type: phone_call\n    for_each: account\n    assign_to: account_owner\n    subject: \"Call {{account.name}}\"\n    due: 2 business days\n",
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Assignee {
    JourneyOwner,
    AccountOwner,
    AccountCreator,
    ContactOwner,
    ContactCreator,
}

const ASSIGNEES: [(&str, Assignee); 5] = [
    ("journey_owner", Assignee::JourneyOwner),
    ("account_owner", Assignee::AccountOwner),
    ("account_creator", Assignee::AccountCreator),
    ("contact_owner", Assignee::ContactOwner),
    ("contact_creator", Assignee::ContactCreator),
];

const TYPES: [(&str, &str); 3] =
    [("task", "task"), ("phone_call", "phone_call"), ("appointment", "appointment")];

impl Assignee {
    /// The field that names the assignee; none when it is the journey's owner.
    fn field(self) -> Option<(Entity, &'static str)> {
        match self {
            Assignee::JourneyOwner => None,
            Assignee::AccountOwner => Some((Entity::Account, "owner")),
            Assignee::AccountCreator => Some((Entity::Account, "created_by")),
            Assignee::ContactOwner => Some((Entity::Contact, "owner")),
            Assignee::ContactCreator => Some((Entity::Contact, "created_by")),
        }
    }
}

impl TileKind for Activity {
    fn spec(&self) -> &'static TileSpec {
        &SPEC
    }

    fn compile(&self, step: &StepDefinition, context: &mut CompileContext<'_>) -> Option<Tile> {
        let mut reader = step.parameters(&[PARAMETERS], context.problems);
        let kind = reader.required_choice("type", &TYPES);
        let unit = unit("for_each", context.target, &mut reader);
        let assignee = reader.choice("assign_to", &ASSIGNEES);
        let wrong_assignee = assignee.is_none() && reader.has("assign_to");
        let subject = reader.required_text("subject");
        let description = reader.text("description");
        let due = reader.duration("due");
        reader.finish();

        let for_account = unit == Some(Unit::Account);
        if let Some(assignee) = &assignee {
            let entity = assignee.value.field().map(|(entity, _)| entity);
            let problem = match entity {
                Some(Entity::Contact) if for_account => Some((
                    Code::InvalidValue,
                    "an activity for each account has no contact to take the assignee from",
                    "Write `account_owner`, `account_creator` or `journey_owner`.",
                )),
                Some(Entity::Account) if context.target == Entity::Contact => Some((
                    Code::AccountOption,
                    "the account's people can't be assigned in a contact journey",
                    "Write `contact_owner`, `contact_creator` or `journey_owner`, or give the journey `target: account`.",
                )),
                _ => None,
            };
            if let Some((code, message, hint)) = problem {
                context.problems.push(Problem::error(code, assignee.span, message).hint(hint));
                return None;
            }
        }
        let subject = subject.and_then(|text| template(&text, for_account, context));
        let written = description.is_some();
        let description = description.and_then(|text| template(&text, for_account, context));
        if wrong_assignee || (written && description.is_none()) {
            return None;
        }
        let (kind, unit, subject) = (kind?.value, unit?, subject?);
        let assignee = assignee.map_or(Assignee::JourneyOwner, |assignee| assignee.value);
        let mut asks = Asks::default();
        asks.add_template(&subject, context.catalog);
        if let Some(description) = &description {
            asks.add_template(description, context.catalog);
        }
        if let Some((entity, field)) = assignee.field() {
            asks.add(entity, [field], context.catalog);
        }
        let tile = CompiledActivity {
            kind,
            unit,
            assignee,
            journey_owner: context.owner.map(str::to_owned),
            subject,
            description,
            due: due.map(|due| due.value),
            zone: context.zone.clone(),
            asks,
        };
        Some(Tile {
            look: Look::ON_ARRIVAL,
            paths: Vec::new(),
            work: Deciding::new(unit, tile.needs(), move |batch, out| tile.run(batch, out)).into(),
            wakes: Wakes::default(),
        })
    }
}

struct CompiledActivity {
    kind: &'static str,
    unit: Unit,
    assignee: Assignee,
    journey_owner: Option<String>,
    subject: Template,
    description: Option<Template>,
    due: Option<Duration>,
    zone: Zone,
    asks: Asks,
}

impl CompiledActivity {
    fn make(&self, participant: &Participant, moment: i64, batch: &Batch) -> Result<Effect, String> {
        let shown = Shown::new(&self.asks, participant, batch);
        let owner = match self.assignee.field() {
            None => self.journey_owner.clone(),
            Some((Entity::Account, field)) => shown.of_account(field),
            Some((_, field)) => shown.of_contact(field),
        };
        let due_at = match self.due {
            Some(due) => {
                Some(calendar::after(moment, due, &self.zone).map_err(|error| format!("failed: {error}"))?)
            }
            None => None,
        };
        Ok(Effect::Activity {
            kind: self.kind.to_owned(),
            subject: shown.render(&self.subject)?,
            description: self.description.as_ref().map(|text| shown.render(text)).transpose()?,
            owner,
            due_at,
        })
    }
}

impl CompiledActivity {
    fn needs(&self) -> Needs {
        Needs { contact: self.asks.contact.clone(), account: self.asks.account.clone(), ..Needs::default() }
    }

    fn run(&self, batch: &Batch, out: &mut Outcomes) -> Result<(), TileError> {
        for_each(self.unit, batch, out, &|participant, moment| self.make(participant, moment, batch));
        Ok(())
    }
}
