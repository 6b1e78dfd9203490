//! `create_lead`: makes a new lead for each contact, or one for each account. It never looks for leads
//! that are there already (semantics 12).

use super::{
    Batch, CompileContext, Deciding, Look, Needs, Outcomes, Participant, Tile, TileError, TileKind, TileSpec,
    Unit, Wakes,
    context::unit,
    shared::{Asks, Shown, for_each, template},
};
use crate::model::Effect;
use crate::{
    definitions::{Form, Key, StepDefinition},
    diagnostics::{Code, Problem},
    model::Entity,
    templates::Template,
};

pub(super) struct CreateLead;

const PARAMETERS: &[Key] = &[
    Key::optional(
        "for_each",
        Form::Choice(&["contact", "account"]),
        "Whether it is made for each contact, or once for the account; required in account journeys",
    ),
    Key::required("topic", Form::Template, "What the lead is about"),
    Key::optional(
        "last_name",
        Form::Template,
        "The last name on a lead for an account; the account's name when not written",
    ),
    Key::optional("owner", Form::Text, "Who looks after the lead; the journey's owner when not written"),
];

static SPEC: TileSpec = TileSpec {
    name: "create_lead",
    summary: "Makes a new lead; leads that exist already are never matched",
    parameters: PARAMETERS,
    paths: &[],
    example: "- id: lead\n  tile: create_lead\n  with:\n    for_each: account\n    topic: \"{{account.name}} took the spring offer\"\n",
};

impl TileKind for CreateLead {
    fn spec(&self) -> &'static TileSpec {
        &SPEC
    }

    fn compile(&self, step: &StepDefinition, context: &mut CompileContext<'_>) -> Option<Tile> {
        let mut reader = step.parameters(&[PARAMETERS], context.problems);
        let unit = unit("for_each", context.target, &mut reader);
        let topic = reader.required_text("topic");
        let last_name = reader.text("last_name");
        let owner = reader.text("owner").map(|text| text.value);
        reader.finish();
        let for_account = unit == Some(Unit::Account);
        if let (Some(text), Some(Unit::Contact)) = (&last_name, unit) {
            context.problems.push(
                Problem::error(Code::InvalidValue, text.span, "`last_name` on a lead for each contact")
                    .hint("Leave it out: the lead takes the contact's last name."),
            );
            return None;
        }
        let topic = topic.and_then(|text| template(&text, for_account, context));
        let written = last_name.is_some();
        let last_name = last_name.and_then(|text| template(&text, for_account, context));
        if written && last_name.is_none() {
            return None;
        }
        let (unit, topic) = (unit?, topic?);
        let mut asks = Asks::default();
        asks.add_template(&topic, context.catalog);
        if let Some(last_name) = &last_name {
            asks.add_template(last_name, context.catalog);
        }
        if unit == Unit::Contact {
            asks.add(Entity::Contact, ["id", "first_name", "last_name", "email"], context.catalog);
        }
        asks.add(Entity::Account, ["id", "name"], context.catalog);
        let owner = owner.or_else(|| context.owner.map(str::to_owned));
        let tile = CompiledLead { unit, topic, last_name, owner, source: step.id.value.clone(), asks };
        Some(Tile {
            look: Look::ON_ARRIVAL,
            paths: Vec::new(),
            work: Deciding::new(unit, tile.needs(), move |batch, out| tile.run(batch, out)).into(),
            wakes: Wakes::default(),
        })
    }
}

struct CompiledLead {
    unit: Unit,
    topic: Template,
    last_name: Option<Template>,
    owner: Option<String>,
    source: String,
    asks: Asks,
}

impl CompiledLead {
    fn make(&self, participant: &Participant, batch: &Batch) -> Result<Effect, String> {
        let shown = Shown::new(&self.asks, participant, batch);
        let journey = batch.journey.get("name").map(ToString::to_string).unwrap_or_default();
        let for_contact = self.unit == Unit::Contact;
        let contact = |field: &str| if for_contact { shown.of_contact(field) } else { None };
        let company = shown.of_account("name");
        let last_name = match (&self.last_name, for_contact) {
            (Some(template), _) => Some(shown.render(template)?),
            (None, true) => contact("last_name"),
            (None, false) => company.clone(),
        };
        Ok(Effect::Lead {
            fields: vec![
                ("topic", Some(shown.render(&self.topic)?)),
                ("contact_id", contact("id")),
                ("account_id", if for_contact { None } else { shown.of_account("id") }),
                ("first_name", contact("first_name")),
                ("last_name", last_name),
                ("company", company),
                ("email", contact("email")),
                ("source", Some(format!("{journey}/{}", self.source))),
                ("stage", Some("inquiry".to_owned())),
                ("owner", self.owner.clone()),
            ],
        })
    }
}

impl CompiledLead {
    fn needs(&self) -> Needs {
        Needs { contact: self.asks.contact.clone(), account: self.asks.account.clone(), ..Needs::default() }
    }

    fn run(&self, batch: &Batch, out: &mut Outcomes) -> Result<(), TileError> {
        for_each(self.unit, batch, out, &|participant, _| self.make(participant, batch));
        Ok(())
    }
}
