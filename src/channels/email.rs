//! Mails: each checked once more, made, handed over, settled.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::{
    ChannelError, Delivery, DeliveryError, Mail, compose,
    deliver::{self, blocked, named},
    holding::{self, Distances},
    render::surroundings,
    write,
};
use crate::{
    compile::{EmailPlan, Plan, Settings},
    definitions::MailLanguage,
    engine::Phase,
    model::{Field, Language, MailDemand, Value, folded_address},
    store::{DueMessage, OutboxState, Settled, Store, StoreError},
    templates::Values,
};

/// How many messages are taken at a time.
const BATCH: i64 = 500;

/// Fields that every mail needs, whatever its template shows.
const CONTACT_FIELDS: [&str; 7] =
    ["email", "first_name", "last_name", "full_name", "status", "timezone", "language"];

/// Why a mail is held.
const BEHIND_ANOTHER: &str = "held to keep its distance from an earlier mail";

/// What becomes of a message before anything leaves.
enum Fate<'a> {
    Send(&'a EmailPlan),
    Blocked(String),
    Failed(String),
}

/// Hands over every mail that is due. Tells whether there was any.
pub(super) fn deliver(delivery: &Delivery<'_>, store: &mut Store, now: i64) -> Result<bool, DeliveryError> {
    let (contact_fields, account_fields) = fields(delivery.plan);
    let mut any = false;
    loop {
        let room = delivery.limit.room(BATCH);
        let real_now = (delivery.real_now)();
        let messages = match room {
            0 => Vec::new(),
            _ => store.take_messages("email", now, real_now, room, &contact_fields, &account_fields)?,
        };
        (delivery.observe)(Phase::Taken);
        if messages.is_empty() {
            return Ok(any);
        }
        any = true;
        let windows = holding::windows(delivery.plan, store, &messages, &contact_fields)?;
        let mut distances = Distances::of(delivery.plan, store, &messages)?;
        let blocked = blocked(delivery.plan, store, &messages, now)?;
        let fates = fates(delivery.plan, store, &messages, &contact_fields, &blocked, now)?;
        let mut settled = Vec::with_capacity(messages.len());
        for ((place, message), fate) in messages.iter().enumerate().zip(fates) {
            let from = distances.kept(place, message, now);
            let ready_at = holding::inside(&windows[place], message, from);
            let why = if from > now { BEHIND_ANOTHER } else { holding::OUTSIDE };
            if let Some(held) = holding::hold(message, ready_at, !sent_late(message), why, now) {
                distances.leaves(place, ready_at);
                settled.push((message, held));
                continue;
            }
            let contact = named(&contact_fields, &message.contact);
            let account = named(&account_fields, &message.account);
            let end = match fate {
                Fate::Send(email) => match hand_over(delivery, email, message, &contact, &account, now) {
                    Ok(()) => {
                        delivery.limit.count(1);
                        distances.leaves(place, now);
                        Settled {
                            interaction: Some(("EmailSent", now, email.name.clone())),
                            ready_at: delivery.held_so_far(message).then_some(now),
                            ..Settled::to(OutboxState::Delivered, None)
                        }
                    }
                    Err(error @ ChannelError::Write { .. }) => {
                        store.settle_messages(&settled, now)?;
                        store.return_messages()?;
                        return Err(error.into());
                    }
                    Err(error) => Settled::to(OutboxState::Failed, Some(error.to_string())),
                },
                Fate::Blocked(reason) => Settled {
                    interaction: Some(("EmailBlocked", now, email_name(message))),
                    stop: blocked.get(&message.key).cloned(),
                    ..Settled::to(OutboxState::Blocked, Some(reason))
                },
                Fate::Failed(reason) => Settled::to(OutboxState::Failed, Some(reason)),
            };
            (delivery.observe)(Phase::HandedOver);
            settled.push((message, end));
        }
        store.settle_messages(&settled, now)?;
        (delivery.observe)(Phase::Settled);
        if (delivery.stop)() {
            return Ok(any);
        }
    }
}

/// The fields that any e-mail of the plan needs.
fn fields(plan: &Plan) -> (Vec<Field>, Vec<Field>) {
    let mut contact: BTreeSet<&str> = CONTACT_FIELDS.into();
    let mut account: BTreeSet<&str> = BTreeSet::new();
    for email in plan.emails.values() {
        for needs in email.templates().map(|template| template.needs()) {
            contact.extend(needs.contact.iter().map(String::as_str));
            account.extend(needs.account.iter().map(String::as_str));
        }
    }
    deliver::fields(plan, contact, account)
}

fn email_name(message: &DueMessage) -> String {
    let content: Json = serde_json::from_str(&message.content).unwrap_or(Json::Null);
    content["email"].as_str().unwrap_or_default().to_owned()
}

/// Whether a mail is sent even after it expired.
fn sent_late(message: &DueMessage) -> bool {
    let content: Json = serde_json::from_str(&message.content).unwrap_or(Json::Null);
    content["send_late"] == Json::Bool(true)
}

/// What becomes of each message of a batch, before anything leaves: the checks of semantics 32, and whether its
/// mailbox got a mail of the step already.
fn fates<'a>(
    plan: &'a Plan,
    store: &mut Store,
    messages: &[DueMessage],
    contact_fields: &[Field],
    blocked: &BTreeMap<String, String>,
    now: i64,
) -> Result<Vec<Fate<'a>>, StoreError> {
    let emails: Vec<Option<&EmailPlan>> =
        messages.iter().map(|message| plan.email(&email_name(message))).collect();
    let asked: Vec<(i64, MailDemand)> = messages
        .iter()
        .zip(&emails)
        .map(|(message, email)| {
            (message.contact_key().unwrap_or(0), email.map_or(MailDemand::Transactional, EmailPlan::demand))
        })
        .collect();
    let settings = &plan.settings;
    let refusals = store.mail_refusals(&asked, &settings.consent, settings.zone.name(), now)?;
    let mut fates = Vec::with_capacity(messages.len());
    for ((message, email), refusal) in messages.iter().zip(&emails).zip(refusals) {
        let contact = named(contact_fields, &message.contact);
        fates.push(match email {
            None => Fate::Failed(match email_name(message) {
                name if name.is_empty() => "a tile's message can't go to the channel `email`".to_owned(),
                name => format!("there is no e-mail `{name}` any more"),
            }),
            Some(email) => {
                match refused(settings, message, &contact, refusal, blocked.get(&message.key), now) {
                    Some(reason) => Fate::Blocked(reason),
                    None => Fate::Send(email),
                }
            }
        });
    }
    let leaving = messages.iter().zip(&fates).filter(|(_, fate)| matches!(fate, Fate::Send(_)));
    let leaving: Vec<&DueMessage> = leaving.map(|(message, _)| message).collect();
    let duplicates = store.reserve_addresses(&leaving)?;
    for (message, fate) in messages.iter().zip(&mut fates) {
        if matches!(fate, Fate::Send(email) if !email.sends_duplicates) && duplicates.contains(&message.key) {
            *fate = Fate::Blocked("duplicate_address".to_owned());
        }
    }
    Ok(fates)
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

/// Makes the message and writes it.
fn hand_over(
    delivery: &Delivery<'_>,
    email: &EmailPlan,
    message: &DueMessage,
    contact: &BTreeMap<String, Value>,
    account: &BTreeMap<String, Value>,
    now: i64,
) -> Result<(), ChannelError> {
    let (journey, settings) = surroundings(delivery.plan, &message.journey);
    let language = match (email.language, contact.get("language")) {
        (MailLanguage::Fixed(language), _) => language,
        (MailLanguage::Contact, Some(Value::Text(text))) => Language::of_field(text).unwrap_or_default(),
        (MailLanguage::Contact, _) => Language::default(),
    };
    let values = Values { contact, account, journey: &journey, settings: &settings, message: None, language };
    let render = |template: &crate::templates::Template| {
        template.render(&values).map_err(|error| ChannelError::Message(error.to_string()))
    };
    let show = |field: &str| contact.get(field).filter(|value| !value.is_missing()).map(ToString::to_string);
    let to_name = show("full_name").or_else(|| {
        let parts: Vec<String> = [show("first_name"), show("last_name")].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    });
    // What is made of nothing but missing values is left to the channel.
    let own = |template: Option<&crate::templates::Template>| -> Result<Option<String>, ChannelError> {
        let made = template.map(render).transpose()?.map(|made| made.trim().to_owned());
        Ok(made.filter(|made| !made.is_empty()))
    };
    let channel = &delivery.plan.settings.email;
    let mail = Mail {
        key: message.key.clone(),
        from: own(email.from.as_ref())?.unwrap_or_else(|| channel.from.clone()),
        reply_to: own(email.reply_to.as_ref())?,
        to_address: show("email").unwrap_or_default().trim().to_owned(),
        to_name,
        subject: render(&email.subject)?.trim().to_owned(),
        html: email.html.as_ref().map(render).transpose()?,
        text: email.text.as_ref().map(render).transpose()?,
        at: now,
        headers: Vec::new(),
    };
    let bytes = compose(&mail)?;
    write(&delivery.folder(&channel.directory), &message.key, "eml", &bytes)?;
    Ok(())
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
