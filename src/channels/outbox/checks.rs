//! What is asked right before a message leaves (semantics 9, 31, 32).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::settle::blocked_by;
use crate::{
    channels::{
        bodies::target::{Target, target},
        values::named,
    },
    compile::{EmailPlan, Plan, Settings},
    model::{Field, MailDemand, Value, folded_address},
    store::{DueMessage, OutboxState, Settled, Store, StoreError},
};

/// What the checks say of a message.
pub(super) enum Checked<'a> {
    /// It leaves as a mail.
    Mail(&'a EmailPlan),
    /// It leaves as JSON.
    Json(Target<'a>),
    /// It doesn't leave.
    Kept(Settled),
}

/// The name of the e-mail that a mail is made of; empty when a tile put something else into the channel.
pub(super) fn email_name(message: &DueMessage) -> String {
    let content: Json = serde_json::from_str(&message.content).unwrap_or(Json::Null);
    content["email"].as_str().unwrap_or_default().to_owned()
}

/// Whether a message is sent even after it expired; only a mail can be.
pub(super) fn sent_late(message: &DueMessage) -> bool {
    let content: Json = serde_json::from_str(&message.content).unwrap_or(Json::Null);
    message.is_mail() && content["send_late"] == Json::Bool(true)
}

/// Checks the messages of a batch once more, before anything leaves.
pub(super) fn check<'a>(
    plan: &'a Plan,
    store: &mut Store,
    messages: &[DueMessage],
    contact_fields: &[Field],
    now: i64,
) -> Result<Vec<Checked<'a>>, StoreError> {
    let blocks = blocked(plan, store, messages, now)?;
    let mut mails = mails(plan, store, messages, contact_fields, &blocks, now)?;
    let checked = messages.iter().map(|message| {
        let block = blocks.get(&message.key);
        match mails.remove(&message.key) {
            Some(checked) => checked,
            None => others(plan, message, block, now),
        }
    });
    Ok(checked.collect())
}

/// The checks of what isn't mail.
fn others<'a>(plan: &'a Plan, message: &DueMessage, block: Option<&String>, now: i64) -> Checked<'a> {
    let expired = message.expires_at.is_some_and(|at| at < now);
    let reason = block.or_else(|| message.stopped_by_itself()).map(String::as_str);
    if let Some(reason) = reason.or(expired.then_some("expired")) {
        return Checked::Kept(blocked_by(message, reason, block, now));
    }
    match target(plan, &message.channel) {
        Ok(target) => Checked::Json(target),
        Err(reason) => Checked::Kept(Settled::to(OutboxState::Failed, Some(plan.secrets.hide(&reason)))),
    }
}

/// The checks of mails, by the messages' keys: those of semantics 32, and whether the mailbox got a mail of the step
/// already.
fn mails<'a>(
    plan: &'a Plan,
    store: &mut Store,
    messages: &[DueMessage],
    contact_fields: &[Field],
    blocks: &BTreeMap<String, String>,
    now: i64,
) -> Result<BTreeMap<String, Checked<'a>>, StoreError> {
    let mails: Vec<(&DueMessage, Option<&EmailPlan>)> = messages
        .iter()
        .filter(|message| message.is_mail())
        .map(|message| (message, plan.email(&email_name(message))))
        .collect();
    if mails.is_empty() {
        return Ok(BTreeMap::new());
    }
    let asked: Vec<(i64, MailDemand)> = mails
        .iter()
        .map(|(message, email)| {
            (message.contact_key().unwrap_or(0), email.map_or(MailDemand::Transactional, EmailPlan::demand))
        })
        .collect();
    let settings = &plan.settings;
    let refusals = store.mail_refusals(&asked, &settings.consent, settings.zone.name(), now)?;
    let mut checked = BTreeMap::new();
    for ((message, email), refusal) in mails.iter().zip(refusals) {
        let contact = named(contact_fields, &message.contact);
        let block = blocks.get(&message.key);
        let verdict = match email {
            None => {
                let reason = match email_name(message) {
                    name if name.is_empty() => "a tile's message can't go to the channel `email`".to_owned(),
                    name => format!("there is no e-mail `{name}` any more"),
                };
                Checked::Kept(Settled::to(OutboxState::Failed, Some(reason)))
            }
            Some(email) => match refused(settings, message, &contact, refusal, block, now) {
                Some(reason) => Checked::Kept(blocked_by(message, &reason, block, now)),
                None => Checked::Mail(email),
            },
        };
        checked.insert(message.key.clone(), verdict);
    }
    let leaving = |message: &DueMessage| matches!(checked.get(&message.key), Some(Checked::Mail(_)));
    let leaving: Vec<&DueMessage> =
        mails.iter().map(|(message, _)| *message).filter(|message| leaving(message)).collect();
    let duplicates = store.reserve_addresses(&leaving)?;
    for message in leaving.into_iter().filter(|message| duplicates.contains(&message.key)) {
        if let Some(Checked::Mail(email)) = checked.get(&message.key)
            && !email.sends_duplicates
        {
            let block = blocks.get(&message.key);
            let kept = blocked_by(message, "duplicate_address", block, now);
            checked.insert(message.key.clone(), Checked::Kept(kept));
        }
    }
    Ok(checked)
}

/// Which messages are for those whom a block of the journey applies to now, and why (semantics 9). A
/// message for an account is blocked when there is nobody left whom it is about.
fn blocked(
    plan: &Plan,
    store: &mut Store,
    messages: &[DueMessage],
    now: i64,
) -> Result<BTreeMap<String, String>, StoreError> {
    let accounts: BTreeSet<(i64, i64)> = messages
        .iter()
        .filter(|message| message.contact_key().is_none())
        .map(DueMessage::account_place)
        .collect();
    let mut people: BTreeMap<(i64, i64), Vec<i64>> = BTreeMap::new();
    if !accounts.is_empty() {
        let accounts: Vec<(i64, i64)> = accounts.into_iter().collect();
        for (iteration, account, contact) in store.participants_of(&accounts)? {
            people.entry((iteration, account)).or_default().push(contact);
        }
    }
    let about = |message: &DueMessage| match message.contact_key() {
        Some(key) => vec![key],
        None => people.get(&message.account_place()).cloned().unwrap_or_default(),
    };
    let mut by_journey: BTreeMap<&str, Vec<&DueMessage>> = BTreeMap::new();
    for message in messages {
        by_journey.entry(&message.journey).or_default().push(message);
    }
    let mut blocked = BTreeMap::new();
    for (name, messages) in by_journey {
        let found: BTreeMap<i64, String> = match plan.journey(name) {
            Some(journey) => {
                let keys: BTreeSet<i64> = messages.iter().flat_map(|message| about(message)).collect();
                let keys: Vec<i64> = keys.into_iter().collect();
                store.blocked_among(&keys, &journey.blocks, journey.zone.name(), now)?.into_iter().collect()
            }
            None => BTreeMap::new(),
        };
        for message in messages {
            let people = about(message);
            if people.iter().all(|key| found.contains_key(key)) {
                let reason = people.first().and_then(|key| found.get(key));
                blocked.insert(message.key.clone(), reason.map_or("stopped", String::as_str).to_owned());
            }
        }
    }
    Ok(blocked)
}

/// The first reason, in the order of semantics 32, for which a mail may not leave. `refusal` is what the store
/// knows of its address and contact, `block` what keeps the contact out of the journey.
fn refused(
    settings: &Settings,
    message: &DueMessage,
    contact: &BTreeMap<String, Value>,
    refusal: Option<String>,
    block: Option<&String>,
    now: i64,
) -> Option<String> {
    if message.contact_id.is_none() {
        return Some("erased".to_owned());
    }
    if contact.get("status") == Some(&Value::Text("inactive".to_owned())) {
        return Some("inactive".to_owned());
    }
    let address = match contact.get("email") {
        Some(Value::Text(address)) if !address.trim().is_empty() => address,
        _ => return Some("no_address".to_owned()),
    };
    if folded_address(address).is_none() {
        return Some("invalid_address".to_owned());
    }
    if !settings.email.only_to.iter().all(|patterns| allowed(address, patterns)) {
        return Some("not_among_only_to".to_owned());
    }
    if refusal.is_some() {
        return refusal;
    }
    if let Some(block) = block {
        return Some(block.clone());
    }
    if let Some(reason) = message.stopped_by_itself() {
        return Some(reason.clone());
    }
    let expired = message.expires_at.is_some_and(|at| at < now) && !sent_late(message);
    expired.then(|| "expired".to_owned())
}

/// Whether an address matches one of the patterns, in which `*` stands for anything; without patterns
/// all do.
fn allowed(address: &str, patterns: &[String]) -> bool {
    let address = address.trim().to_lowercase();
    patterns.is_empty() || patterns.iter().any(|pattern| matches(&address, &pattern.trim().to_lowercase()))
}

fn matches(text: &str, pattern: &str) -> bool {
    match pattern.split_once('*') {
        None => text == pattern,
        Some((before, after)) => text.strip_prefix(before).is_some_and(|rest| {
            rest.char_indices().map(|(at, _)| at).chain([rest.len()]).any(|at| matches(&rest[at..], after))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_held_against_patterns() {
        let cases = [
            ("ada@vendor.example", "*@vendor.example", true),
            ("Ada@Vendor.Example ", "*@vendor.example", true),
            ("ada@acme.example", "*@vendor.example", false),
            ("ada+test@acme.example", "ada+*@*.example", true),
            ("ada@acme.example", "ada@acme.example", true),
        ];
        for (address, pattern, expected) in cases {
            assert_eq!(allowed(address, &[pattern.to_owned()]), expected, "{address} {pattern}");
        }
        assert!(allowed("anybody@acme.example", &[]));
    }
}
