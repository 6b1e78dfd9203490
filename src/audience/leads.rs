//! What people do with leads: make, assign, link, accept, disqualify, recycle.

use crate::{
    model::{Catalog, Entity, Field, Stage, Value},
    store::{LeadRow, Store, StoreError},
};

/// Why something can't be done with a lead.
#[derive(Debug, thiserror::Error)]
pub enum LeadError {
    /// There is no such lead.
    #[error("there is no lead `{0}`")]
    Unknown(String),
    /// The id is taken.
    #[error("there is a lead `{0}` already")]
    Taken(String),
    /// A parent doesn't exist.
    #[error("there is no {0} `{1}`")]
    UnknownParent(Entity, String),
    /// The lead was given up.
    #[error("the lead `{0}` is disqualified")]
    Disqualified(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A lead that somebody makes by hand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewLead {
    /// Its id; one is made when there is none.
    pub id: Option<String>,
    /// What it is about.
    pub topic: String,
    /// Parent contact.
    pub contact_id: Option<String>,
    /// Parent account.
    pub account_id: Option<String>,
    /// Who looks after it.
    pub owner: Option<String>,
    /// Where it came from.
    pub source: Option<String>,
}

/// What can be done with a lead that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeadChange {
    /// Somebody looks after it.
    Assign(String),
    /// It gets other parents; an empty text takes the parent away.
    Link {
        /// Parent contact, where it changes.
        contact_id: Option<String>,
        /// Parent account, where it changes.
        account_id: Option<String>,
    },
    /// Sales takes it over.
    Accept,
    /// It came to nothing, for this reason.
    Disqualify(Option<String>),
    /// It starts from the beginning: an inquiry that isn't sales-ready (semantics 22).
    Recycle,
}

type Values = Vec<(&'static str, Value)>;

/// Makes a lead and tells its id.
///
/// # Errors
/// When the id is taken, a parent doesn't exist, or the store fails.
pub fn create_lead(
    store: &mut Store,
    catalog: &Catalog,
    lead: &NewLead,
    now: i64,
) -> Result<String, LeadError> {
    let id = match &lead.id {
        Some(id) if store.lead(id, &[])?.is_some() => return Err(LeadError::Taken(id.clone())),
        Some(id) => id.clone(),
        None => store.free_lead_id()?,
    };
    let mut values = vec![
        ("topic", Value::Text(lead.topic.clone())),
        ("stage", stage(Stage::Inquiry)),
        ("created_on", Value::Time(now)),
    ];
    let source = lead.source.clone().unwrap_or_else(|| "by hand".to_owned());
    values.push(("source", Value::Text(source)));
    if let Some(owner) = &lead.owner {
        values.push(("owner", Value::Text(owner.clone())));
    }
    values.extend(parents(store, lead.contact_id.as_deref(), lead.account_id.as_deref())?);
    write(store, catalog, &id, values, now)?;
    Ok(id)
}

/// Changes a lead. Tells whether there was anything to change.
///
/// # Errors
/// When there is no such lead or parent, when a disqualified lead is accepted, or the store fails.
pub fn change_lead(
    store: &mut Store,
    catalog: &Catalog,
    id: &str,
    change: &LeadChange,
    now: i64,
) -> Result<bool, LeadError> {
    let lead = store.lead(id, &[])?.ok_or_else(|| LeadError::Unknown(id.to_owned()))?;
    let mut values = match change {
        LeadChange::Assign(owner) if lead.owner.as_deref() == Some(owner) => return Ok(false),
        LeadChange::Assign(owner) => vec![("owner", Value::Text(owner.clone()))],
        LeadChange::Link { contact_id, account_id } => {
            parents(store, contact_id.as_deref(), account_id.as_deref())?
        }
        LeadChange::Accept => return accept(store, catalog, &lead, now),
        LeadChange::Disqualify(_) if lead.stage == Stage::Disqualified.name() => return Ok(false),
        LeadChange::Disqualify(reason) => vec![
            ("stage", stage(Stage::Disqualified)),
            ("disqualified_on", Value::Time(now)),
            ("disqualified_reason", reason.clone().map_or(Value::Missing, Value::Text)),
        ],
        LeadChange::Recycle => vec![
            ("stage", stage(Stage::Inquiry)),
            ("sales_ready", Value::Boolean(false)),
            ("sales_ready_on", Value::Missing),
            ("marketing_qualified_on", Value::Missing),
            ("sales_accepted_on", Value::Missing),
            ("disqualified_on", Value::Missing),
            ("disqualified_reason", Value::Missing),
            ("recycled_on", Value::Time(now)),
        ],
    };
    if values.is_empty() {
        return Ok(false);
    }
    values.push(("modified_on", Value::Time(now)));
    write(store, catalog, id, values, now)?;
    Ok(true)
}

fn accept(store: &mut Store, catalog: &Catalog, lead: &LeadRow, now: i64) -> Result<bool, LeadError> {
    match Stage::named(&lead.stage) {
        Some(Stage::SalesAccepted) => return Ok(false),
        Some(Stage::Disqualified) => return Err(LeadError::Disqualified(lead.id.clone())),
        _ => {}
    }
    let values = vec![
        ("stage", stage(Stage::SalesAccepted)),
        ("sales_accepted_on", Value::Time(now)),
        ("modified_on", Value::Time(now)),
    ];
    write(store, catalog, &lead.id, values, now)?;
    Ok(true)
}

fn stage(stage: Stage) -> Value {
    Value::Text(stage.name().to_owned())
}

fn parents(store: &mut Store, contact: Option<&str>, account: Option<&str>) -> Result<Values, LeadError> {
    let mut values = Vec::new();
    let given = [(Entity::Contact, "contact_id", contact), (Entity::Account, "account_id", account)];
    for (entity, field, id) in given {
        let Some(id) = id else { continue };
        if id.is_empty() {
            values.push((field, Value::Missing));
        } else if store.unknown_ids(entity, &[id.to_owned()])?.is_empty() {
            values.push((field, Value::Text(id.to_owned())));
        } else {
            return Err(LeadError::UnknownParent(entity, id.to_owned()));
        }
    }
    Ok(values)
}

fn write(store: &mut Store, catalog: &Catalog, id: &str, values: Values, now: i64) -> Result<(), LeadError> {
    let (fields, values): (Vec<Field>, Vec<Value>) = values
        .into_iter()
        .filter_map(|(name, value)| Some((catalog.field(Entity::Lead, name)?.clone(), value)))
        .unzip();
    store.upsert_records(Entity::Lead, &fields, &[(id.to_owned(), values)], now)?;
    Ok(())
}
