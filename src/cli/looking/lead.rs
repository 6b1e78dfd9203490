//! `tilework lead`.

use serde_json::{Value as Json, json};

use super::score_cells::scores;
use crate::cli::{
    CliError, Exit, Output,
    arguments::args::{Format, LeadCommand, ListArguments, NewLeadArguments},
    face::cells::{field_value, further_fields, moment, optional},
};
use crate::{
    audience::{LeadChange, LeadError, NewLead, change_lead, create_lead},
    compile::Plan,
    diagnostics::did_you_mean,
    model::{Catalog, Entity, Field, Stage},
    store::{LeadRow, Store},
};

impl From<LeadError> for CliError {
    fn from(error: LeadError) -> CliError {
        let hint = match &error {
            LeadError::Store(_) => None,
            LeadError::Unknown(_) => Some("`tilework lead list` shows them all; ids are exact."),
            LeadError::Taken(_) => Some("Give another `--id`, or leave it out to get a new one."),
            LeadError::UnknownParent(..) => Some("Bring it in with `tilework import` first; ids are exact."),
            LeadError::Disqualified(_) => Some("`tilework lead recycle` puts it back to the start."),
        };
        match error {
            LeadError::Store(error) => error.into(),
            other => CliError::usage(other.to_string()).hint(hint.map(str::to_owned)),
        }
    }
}

/// Whether a command of `lead` writes to the store.
#[must_use]
pub fn writes(command: &LeadCommand) -> bool {
    !matches!(command, LeadCommand::List { .. } | LeadCommand::Show { .. })
}

/// Carries out `lead`.
///
/// # Errors
/// When there is no such lead, stage or parent, or the store fails.
pub fn lead(
    command: &LeadCommand,
    plan: &Plan,
    store: &mut Store,
    now: i64,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let catalog = &plan.catalog;
    let mut change = |id: &str, change: LeadChange, done: &str| {
        let changed = change_lead(store, catalog, id, &change, now)?;
        tell_change(id, changed, done, output)
    };
    match command {
        LeadCommand::List { sales_ready, stage, which } => {
            list((*sales_ready, stage.as_deref()), which, plan, store, output)?;
        }
        LeadCommand::Show { id } => show(id, catalog, store, output)?,
        LeadCommand::Create(arguments) => create(arguments, catalog, store, now, output)?,
        LeadCommand::Assign { id, owner } => {
            change(id, LeadChange::Assign(owner.clone()), &format!("is looked after by {owner}"))?;
        }
        LeadCommand::Link { id, contact, account } => {
            let parents = LeadChange::Link { contact_id: contact.clone(), account_id: account.clone() };
            change(id, parents, "has other parents")?;
        }
        LeadCommand::Accept { id } => change(id, LeadChange::Accept, "is accepted by sales")?,
        LeadCommand::Disqualify { id, reason } => {
            change(id, LeadChange::Disqualify(reason.clone()), "is disqualified")?;
        }
        LeadCommand::Recycle { id } => change(id, LeadChange::Recycle, "starts from the beginning")?,
    }
    Ok(Exit::Done)
}

fn tell_change(id: &str, changed: bool, done: &str, output: &mut Output) -> Result<(), CliError> {
    if output.format() == Format::Json {
        return output.json(&json!({ "id": id, "changed": changed }));
    }
    let already = if changed { "" } else { " already; nothing was changed" };
    output.text(&format!("the lead `{id}` {done}{already}"))
}

fn create(
    arguments: &NewLeadArguments,
    catalog: &Catalog,
    store: &mut Store,
    now: i64,
    output: &mut Output,
) -> Result<(), CliError> {
    let lead = NewLead {
        id: arguments.id.clone(),
        topic: arguments.topic.clone(),
        contact_id: arguments.contact.clone(),
        account_id: arguments.account.clone(),
        owner: arguments.owner.clone(),
        source: arguments.source.clone(),
    };
    let id = create_lead(store, catalog, &lead, now)?;
    if output.format() == Format::Json {
        return output.json(&json!({ "id": id }));
    }
    output.text(&format!("made the lead `{id}`"))
}

/// The columns of a list of leads, without the fields that only programs get.
const COLUMNS: [(&str, &str); 13] = [
    ("id", "LEAD"),
    ("topic", "TOPIC"),
    ("contact_id", "CONTACT"),
    ("account_id", "ACCOUNT"),
    ("owner", "OWNER"),
    ("stage", "STAGE"),
    ("sales_ready", "READY"),
    ("sales_ready_on", "SINCE"),
    ("scores", "SCORES"),
    ("source", "SOURCE"),
    ("journey", "JOURNEY"),
    ("step", "STEP"),
    ("created_at", "CREATED"),
];

/// Who a lead is, where it has no contact: shown to people, too.
const WHO: [(&str, &str); 4] =
    [("first_name", "FIRST NAME"), ("last_name", "LAST NAME"), ("company", "COMPANY"), ("email", "EMAIL")];

fn list(
    (sales_ready, stage): (bool, Option<&str>),
    which: &ListArguments,
    plan: &Plan,
    store: &mut Store,
    output: &mut Output,
) -> Result<(), CliError> {
    let stage = match stage {
        None => None,
        Some(name) => Some(Stage::named(name).ok_or_else(|| {
            let names = Stage::ALL.map(Stage::name);
            CliError::usage(format!("a lead has no stage `{name}`")).hint(did_you_mean(name, names))
        })?),
    };
    let filter = which.filter(&plan.settings.zone)?;
    let mut columns = COLUMNS.to_vec();
    let fields = match output.format() {
        Format::Text | Format::Github => {
            let all = plan.catalog.fields(Entity::Lead);
            WHO.iter().filter_map(|(name, _)| all.iter().find(|field| field.name == *name)).collect()
        }
        Format::Json | Format::Csv => further_fields(&plan.catalog, Entity::Lead, &COLUMNS),
    };
    columns.extend(fields.iter().map(|field| {
        let title = WHO.iter().find(|(name, _)| *name == field.name).map_or("", |(_, title)| title);
        (field.name.as_str(), title)
    }));
    let mut all = store.scores(Entity::Lead)?;
    let format = output.format();
    let mut table = output.rows(&columns);
    store.leads(sales_ready, stage, &filter, &fields, &mut |lead| {
        let mut row = vec![
            json!(lead.id),
            optional(lead.topic),
            optional(lead.contact_id),
            optional(lead.account_id),
            optional(lead.owner),
            json!(lead.stage),
            json!(lead.sales_ready),
            moment(lead.sales_ready_on),
            scores(&all.remove(&lead.key).unwrap_or_default(), format),
            optional(lead.source),
            optional(lead.journey),
            optional(lead.step),
            moment(lead.created_at),
        ];
        row.extend(lead.values.iter().map(field_value));
        table.push(row);
        Ok(())
    })?;
    let all = !sales_ready && stage.is_none() && filter.is_empty();
    table.end(if all { "There are no leads yet." } else { "There is no such lead." })
}

fn show(id: &str, catalog: &Catalog, store: &mut Store, output: &mut Output) -> Result<(), CliError> {
    let fields: Vec<&Field> = catalog.fields(Entity::Lead).iter().collect();
    let lead = store.lead(id, &fields)?.ok_or_else(|| LeadError::Unknown(id.to_owned()))?;
    let mut rows = facts(&lead);
    for (field, value) in fields.iter().zip(&lead.values) {
        if rows.iter().all(|(name, _)| *name != field.name) {
            rows.push((field.name.as_str(), field_value(value)));
        }
    }
    let own = store.scores_of(Entity::Lead, lead.key)?;
    if !own.is_empty() || output.format() == Format::Json {
        rows.push(("scores", scores(&own, output.format())));
    }
    if output.format() == Format::Json {
        let object: serde_json::Map<String, Json> =
            rows.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        return output.json(&Json::Object(object));
    }
    for (name, value) in rows.iter().filter(|(_, value)| !value.is_null()) {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        output.text(&format!("{name:<24}{value}"))?;
    }
    Ok(())
}

fn facts(lead: &LeadRow) -> Vec<(&'static str, Json)> {
    vec![
        ("id", json!(lead.id)),
        ("topic", optional(lead.topic.clone())),
        ("contact_id", optional(lead.contact_id.clone())),
        ("account_id", optional(lead.account_id.clone())),
        ("owner", optional(lead.owner.clone())),
        ("source", optional(lead.source.clone())),
        ("journey", optional(lead.journey.clone())),
        ("step", optional(lead.step.clone())),
        ("created_at", moment(lead.created_at)),
        ("stage", json!(lead.stage)),
        ("sales_ready", json!(lead.sales_ready)),
        ("sales_ready_on", moment(lead.sales_ready_on)),
        ("marketing_qualified_on", moment(lead.marketing_qualified_on)),
        ("sales_accepted_on", moment(lead.sales_accepted_on)),
        ("disqualified_on", moment(lead.disqualified_on)),
        ("disqualified_reason", optional(lead.disqualified_reason.clone())),
        ("recycled_on", moment(lead.recycled_on)),
    ]
}
