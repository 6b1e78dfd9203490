//! Rows that say who wants mail and who doesn't: subscriptions and suppressions, as other programs list them.

use std::collections::{BTreeMap, BTreeSet};

use super::batch::{BatchOutcome, SubscriptionRow, SuppressionRow, Whose};
use super::cells::{Cell, id, read_cell, shown};
use super::request::Notation;
use super::schema::{Schema, Slot};
use crate::diagnostics::did_you_mean;
use crate::model::{Field, FieldType, Value, folded_address, time::rfc3339};
use crate::store::{NewInteraction, Preference, Store, StoreError};

/// The words of `status`.
const SUBSCRIBED: &str = "subscribed";
const UNSUBSCRIBED: &str = "unsubscribed";

/// The columns of a file of subscriptions: names, other names, types.
pub(super) fn subscription_columns() -> Vec<(&'static str, &'static [&'static str], FieldType)> {
    let statuses = vec![SUBSCRIBED.to_owned(), UNSUBSCRIBED.to_owned()];
    vec![
        ("contact_id", &["contact"], FieldType::Text),
        ("email", &["address"], FieldType::Text),
        ("topic", &[], FieldType::Text),
        ("status", &[], FieldType::Choice(statuses)),
        ("at", &["date"], FieldType::DateTime),
    ]
}

/// The columns of a file of suppressions.
pub(super) fn suppression_columns() -> Vec<(&'static str, &'static [&'static str], FieldType)> {
    vec![
        ("address", &["email"], FieldType::Text),
        ("reason", &[], FieldType::Text),
        ("since", &["at", "date"], FieldType::DateTime),
    ]
}

/// Reads the values of a row by their names. The error is all that is wrong with them.
fn values(
    schema: &Schema,
    cells: &[(Slot, Cell<'_>)],
    notation: Notation<'_>,
) -> Result<BTreeMap<String, Value>, String> {
    let (mut values, mut reasons) = (BTreeMap::new(), Vec::new());
    for (slot, cell) in cells {
        let name = &schema.names[*slot];
        match read_cell(*cell, &name.kind, notation) {
            Ok(Value::Missing) => {}
            Ok(value) => drop(values.insert(name.name.clone(), value)),
            Err(reason) => reasons.push(format!("`{}`: {reason}", name.name)),
        }
    }
    if reasons.is_empty() { Ok(values) } else { Err(reasons.join("; ")) }
}

fn text(values: &BTreeMap<String, Value>, name: &str) -> Option<String> {
    match values.get(name) {
        Some(Value::Text(text)) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        _ => None,
    }
}

fn address(column: &str, text: &str) -> Result<String, String> {
    folded_address(text).ok_or_else(|| format!("`{column}`: `{}` is not an e-mail address", shown(text)))
}

/// Makes a subscription of a row's cells.
pub(super) fn subscription(
    schema: &Schema,
    line: u64,
    cells: &[(Slot, Cell<'_>)],
    notation: Notation<'_>,
) -> Result<SubscriptionRow, String> {
    let values = values(schema, cells, notation)?;
    let topic = text(&values, "topic");
    if let Some(topic) = topic.as_deref().filter(|topic| !schema.topics.contains(*topic)) {
        let hint = did_you_mean(topic, schema.topics.iter().map(String::as_str));
        let hint = hint.map(|hint| format!(". {hint}")).unwrap_or_default();
        return Err(format!("`topic`: there is no topic `{}`{hint}", shown(topic)));
    }
    let subscribed = match text(&values, "status").as_deref() {
        Some(status) => status == SUBSCRIBED,
        None => {
            return Err("`status`: `subscribed` or `unsubscribed` was expected, and there is none".to_owned());
        }
    };
    if subscribed && topic.is_none() {
        return Err("`topic`: to what somebody subscribed was expected, and there is none".to_owned());
    }
    let Some(Value::Time(at)) = values.get("at") else {
        return Err("`at`: when it was said was expected, and there is nothing".to_owned());
    };
    let whose = match (text(&values, "contact_id"), text(&values, "email")) {
        (Some(contact), _) => {
            Whose::Contact(id(&contact).map_err(|reason| format!("`contact_id`: {reason}"))?)
        }
        (None, Some(email)) => Whose::Address(address("email", &email)?),
        (None, None) => return Err("`contact_id` or `email` was expected, and there is neither".to_owned()),
    };
    Ok(SubscriptionRow { line, whose, topic: topic.unwrap_or_default(), subscribed, at: *at })
}

/// Makes a suppression of a row's cells.
pub(super) fn suppression(
    schema: &Schema,
    line: u64,
    cells: &[(Slot, Cell<'_>)],
    notation: Notation<'_>,
) -> Result<SuppressionRow, String> {
    let values = values(schema, cells, notation)?;
    let Some(written) = text(&values, "address") else {
        return Err("`address`: an e-mail address was expected, and there is none".to_owned());
    };
    let since = match values.get("since") {
        Some(Value::Time(at)) => Some(*at),
        _ => None,
    };
    let reason = text(&values, "reason").unwrap_or_else(|| "imported".to_owned());
    Ok(SuppressionRow { line, address: address("address", &written)?, reason, since })
}

/// Writes subscriptions: as interactions of the contacts, all those with the address where a row names one. What
/// doesn't belong to a contact is kept for the address when it is a no, and rejected otherwise.
pub(super) fn write_subscriptions(
    store: &mut Store,
    rows: &[SubscriptionRow],
) -> Result<BatchOutcome, StoreError> {
    let addresses: BTreeSet<&str> = rows.iter().filter_map(|row| row.whose.address()).collect();
    let mut contacts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (address, contact) in store.contacts_with(&addresses.into_iter().collect::<Vec<_>>())? {
        contacts.entry(address).or_default().push(contact);
    }
    let mut outcome = BatchOutcome::default();
    let (mut interactions, mut of_rows, mut words) = (BTreeMap::new(), Vec::new(), Vec::new());
    for (place, row) in rows.iter().enumerate() {
        let those = match &row.whose {
            Whose::Contact(id) => vec![id.clone()],
            Whose::Address(address) => contacts.get(address).cloned().unwrap_or_default(),
        };
        match row.whose.address().filter(|_| those.is_empty()) {
            Some(address) if row.subscribed => outcome.rejected.push((
                place,
                format!("no contact has the address `{address}`; import contacts before their subscriptions"),
            )),
            Some(address) => words.push(Preference {
                address: address.to_owned(),
                topic: row.topic.clone(),
                at: row.at,
                reason: None,
            }),
            None => {
                let made: Vec<NewInteraction> =
                    those.iter().map(|contact| interaction(row, contact)).collect();
                of_rows.push((place, made.iter().map(|one| one.id.clone()).collect::<Vec<String>>()));
                interactions.extend(made.into_iter().map(|one| (one.id.clone(), one)));
            }
        }
    }
    let interactions: Vec<NewInteraction> = interactions.into_values().collect();
    let ids: Vec<&str> = interactions.iter().map(|interaction| interaction.id.as_str()).collect();
    let new: BTreeSet<String> = store.unknown_interactions(&ids)?.into_iter().collect();
    let recorded = store.insert_interactions(&[Field::text("topic")], &interactions)?;
    let nobody: BTreeSet<&String> = recorded
        .without_contact
        .iter()
        .filter_map(|place| interactions.get(*place))
        .map(|one| &one.id)
        .collect();
    for (place, ids) in &of_rows {
        match ids.iter().find(|id| nobody.contains(id)) {
            Some(_) => {
                let contact = rows.get(*place).and_then(|row| row.whose.contact()).unwrap_or_default();
                let reason =
                    format!("there is no contact `{contact}`; import contacts before their subscriptions");
                outcome.rejected.push((*place, reason));
            }
            None if ids.iter().any(|id| new.contains(id)) => outcome.created += 1,
            None => outcome.unchanged += 1,
        }
    }
    let kept = store.unsubscribe_addresses(&words)?;
    outcome.created += kept;
    outcome.unchanged += (words.len() as u64).saturating_sub(kept);
    Ok(outcome)
}

/// Writes suppressions; `now` is since when those count that don't say it.
pub(super) fn write_suppressions(
    store: &mut Store,
    rows: &[SuppressionRow],
    now: i64,
) -> Result<BatchOutcome, StoreError> {
    let rows: Vec<(String, String, i64)> =
        rows.iter().map(|row| (row.address.clone(), row.reason.clone(), row.since.unwrap_or(now))).collect();
    let created = store.suppress_addresses(&rows)?;
    let unchanged = (rows.len() as u64).saturating_sub(created);
    Ok(BatchOutcome { created, unchanged, ..BatchOutcome::default() })
}

/// The interaction that a row stands for; its id is made from what it says, so that a file can be imported
/// again.
fn interaction(row: &SubscriptionRow, contact: &str) -> NewInteraction {
    let kind = if row.subscribed { "Subscribed" } else { "Unsubscribed" };
    let topic = Some(row.topic.clone()).filter(|topic| !topic.is_empty());
    NewInteraction {
        id: format!("{kind}/{contact}/{}/{}", row.topic, rfc3339(row.at)),
        kind: kind.to_owned(),
        at: row.at,
        contact_id: contact.to_owned(),
        account_id: None,
        journey: None,
        iteration: None,
        step: None,
        values: vec![topic.map_or(Value::Missing, Value::Text)],
    }
}

/// Records that the owner of an address, which is as addresses are compared, doesn't want mail of a topic any
/// more, or none at all: for each contact that has it, and for the address. Tells the contacts' ids.
///
/// # Errors
/// When the store fails.
pub fn unsubscribe(
    store: &mut Store,
    address: &str,
    topic: Option<&str>,
    reason: &str,
    now: i64,
) -> Result<Vec<String>, StoreError> {
    let topic = topic.unwrap_or_default().to_owned();
    let contacts: Vec<String> =
        store.contacts_with(&[address])?.into_iter().map(|(_, contact)| contact).collect();
    let whose = Whose::Address(address.to_owned());
    let row = SubscriptionRow { line: 0, whose, topic: topic.clone(), subscribed: false, at: now };
    let interactions: Vec<NewInteraction> = contacts
        .iter()
        .map(|contact| {
            let mut made = interaction(&row, contact);
            made.values.push(Value::Text(reason.to_owned()));
            made
        })
        .collect();
    store.insert_interactions(&[Field::text("topic"), Field::text("reason")], &interactions)?;
    let word = Preference { address: address.to_owned(), topic, at: now, reason: Some(reason.to_owned()) };
    store.unsubscribe_addresses(&[word])?;
    Ok(contacts)
}
