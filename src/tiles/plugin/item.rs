//! What a script is given about a contact or an account.

use super::CustomTile;
use crate::{
    model::{Field, TileState, Value, time::rfc3339},
    script::ScriptValue,
    tiles::{AccountGroup, Batch, Participant},
};

/// A record of fields and values.
fn record(id: Option<&str>, fields: &[Field], values: &[Value]) -> Vec<(String, ScriptValue)> {
    let mut entries = vec![("id".to_owned(), id.map_or(ScriptValue::Nothing, ScriptValue::from))];
    for (at, field) in fields.iter().enumerate().filter(|(_, field)| field.name != "id") {
        entries.push((field.name.clone(), values.get(at).map_or(ScriptValue::Nothing, ScriptValue::from)));
    }
    entries
}

impl CustomTile {
    fn contact_record(&self, id: &str, values: &[Value], counts: &[i64]) -> ScriptValue {
        let mut entries = record(Some(id), &self.contact, values);
        let did = self.counts.iter().enumerate().map(|(at, (name, _))| {
            (name.clone(), ScriptValue::Integer(counts.get(at).copied().unwrap_or(0)))
        });
        entries.push(("did".to_owned(), ScriptValue::map(did)));
        ScriptValue::map(entries)
    }

    /// The item of a contact's call.
    pub(super) fn of_contact(
        &self,
        participant: &Participant,
        batch: &Batch,
        step: &str,
        moment: i64,
    ) -> ScriptValue {
        let contact = self.contact_record(&participant.contact_id, &participant.contact, &participant.counts);
        let account = record(participant.account_id.as_deref(), &self.account, &participant.account);
        let mut entries =
            common(&participant.state, (participant.visit, participant.turn), batch, step, moment);
        entries.push(("contact", contact));
        entries.push(("account", ScriptValue::map(account)));
        ScriptValue::map(entries)
    }

    /// The item of an account's call. Its contacts are those who entered with the account and weren't
    /// stopped, wherever they stand.
    pub(super) fn of_account(
        &self,
        group: &AccountGroup,
        batch: &Batch,
        step: &str,
        moment: i64,
    ) -> ScriptValue {
        let values =
            batch.participants.get(group.members.start).map_or(&[][..], |first| first.account.as_slice());
        let contacts = group.colleagues.iter();
        let contacts = contacts.map(|one| self.contact_record(&one.contact_id, &one.contact, &one.counts));
        let mut entries = common(&group.state, (group.visit, group.turn), batch, step, moment);
        entries
            .push(("account", ScriptValue::map(record(group.account_id.as_deref(), &self.account, values))));
        entries.push(("contacts", ScriptValue::List(contacts.collect())));
        ScriptValue::map(entries)
    }
}

fn common(
    kept: &TileState,
    (visit, turn): (i64, i64),
    batch: &Batch,
    step: &str,
    moment: i64,
) -> Vec<(&'static str, ScriptValue)> {
    let journey = batch.journey.iter().map(|(name, value)| (name.clone(), ScriptValue::from(value)));
    let state = kept.state.as_deref().and_then(|text| serde_json::from_str(text).ok());
    vec![
        ("now", ScriptValue::Text(rfc3339(moment))),
        ("visit", ScriptValue::Integer(visit)),
        ("turn", ScriptValue::Integer(turn)),
        ("calls", ScriptValue::Integer(kept.calls)),
        ("state", state.as_ref().map_or_else(|| ScriptValue::Map(Default::default()), ScriptValue::of_json)),
        ("journey", ScriptValue::map(journey)),
        ("iteration", ScriptValue::Integer(batch.iteration)),
        ("step", ScriptValue::from(step)),
    ]
}
