//! The loop: take, check, hand over, settle.

use super::{
    checks::{self, Checked, sent_late},
    delivery::{Delivery, DeliveryError},
    exchange::{Event, Exchange, exchange},
    holding::{self, Distances},
    settle::settle,
};
use crate::{
    channels::{
        bodies::{
            body::{self, Shown},
            target::{self, Target},
        },
        mail::{email, letter::letter, links::links},
        transports::parcel::{Answer, Parcel},
        values::{fields, named},
    },
    compile::{ChannelTransport, Plan},
    engine::Phase,
    model::{Field, MailLink, Value, folded_address, time::SECOND},
    store::{DueMessage, OutboxState, Settled, Store, StoreError},
    tiles::WORKFLOW,
};

/// How many messages of a channel are taken at a time: of what goes into files, and of what goes over the network.
const FILES: i64 = 500;
const CALLS: i64 = 200;
/// How many answers of the network are settled at a time.
const SETTLED_AT_ONCE: usize = 50;
/// How long handing over goes on before journeys have their turn again, in milliseconds of real time.
const TURN: i64 = 30 * SECOND;

/// The channel of mails.
const EMAIL: &str = "email";

/// Why a mail is held.
const BEHIND_ANOTHER: &str = "held to keep its distance from an earlier mail";

/// Fields that messages are made with.
struct Fields {
    contact: Vec<Field>,
    account: Vec<Field>,
}

impl Fields {
    fn of(plan: &Plan) -> Fields {
        let (mut contact, mut account) = email::shown_fields(plan);
        let (of_contact, of_account) = target::shown_fields(plan);
        contact.extend(of_contact);
        account.extend(of_account);
        let (contact, account) = fields(plan, contact, account);
        Fields { contact, account }
    }
}

/// Hands over every message that is due. Tells whether there was any.
///
/// # Errors
/// When the store fails, or the folder for mails can't be written; messages not handed over wait for the next time.
pub fn deliver(delivery: &Delivery<'_>, store: &mut Store, now: i64) -> Result<bool, DeliveryError> {
    let fields = Fields::of(delivery.plan);
    let started = (delivery.real_now)();
    let enough = || (delivery.real_now)() - started >= TURN;
    let (mut any, mut broken) = (false, None);
    loop {
        let messages = take(delivery, store, &fields, broken.is_some(), now)?;
        (delivery.observe)(Phase::Taken);
        if messages.is_empty() {
            break;
        }
        any = true;
        let failed = batch(delivery, store, &fields, &messages, &enough, now)?;
        // A folder for mails that can't be written keeps no other channel from its messages.
        broken = broken.or(failed);
        if enough() || (delivery.stop)() {
            break;
        }
    }
    if delivery.limit.room(1) == 0
        && delivery.limit.reached().is_none()
        && !store.due_channels(now, (delivery.real_now)())?.is_empty()
    {
        delivery.limit.note_reached();
    }
    broken.map_or(Ok(any), Err)
}

/// Whether nothing can hold up the messages of a channel.
fn into_files(delivery: &Delivery<'_>, channel: &str) -> bool {
    let transport = || delivery.plan.channels.get(channel).map(|channel| &channel.transport);
    let mails =
        channel == EMAIL && (delivery.plan.settings.email.smtp.is_none() || delivery.played.is_some());
    mails || matches!(transport(), Some(ChannelTransport::File { .. }))
}

/// The next messages that are due, those that go into files first.
fn take(
    delivery: &Delivery<'_>,
    store: &mut Store,
    fields: &Fields,
    without_mails: bool,
    now: i64,
) -> Result<Vec<DueMessage>, DeliveryError> {
    let real_now = (delivery.real_now)();
    if delivery.limit.room(1) == 0 {
        return Ok(Vec::new());
    }
    let mut channels = store.due_channels(now, real_now)?;
    channels.retain(|channel| !(without_mails && channel == EMAIL));
    let first = channels.iter().any(|channel| into_files(delivery, channel));
    let mut taken: Vec<DueMessage> = Vec::new();
    for channel in channels.iter().filter(|channel| into_files(delivery, channel) == first) {
        let most = if first { FILES } else { CALLS };
        let room = delivery.limit.room(most).min(delivery.limit.room(i64::MAX) - taken.len() as i64);
        if room > 0 {
            taken.extend(store.take_messages(
                channel,
                now,
                real_now,
                room,
                &fields.contact,
                &fields.account,
            )?);
        }
    }
    Ok(taken)
}

/// Hands over messages that were taken. Gives why mails can't be written, where they can't.
fn batch(
    delivery: &Delivery<'_>,
    store: &mut Store,
    fields: &Fields,
    messages: &[DueMessage],
    enough: &dyn Fn() -> bool,
    now: i64,
) -> Result<Option<DeliveryError>, DeliveryError> {
    let plan = delivery.plan;
    let windows = holding::windows(plan, store, messages, &fields.contact)?;
    let mut distances = Distances::of(plan, store, messages)?;
    let checked = checks::check(plan, store, messages, &fields.contact, now)?;
    let mut settled: Vec<(&DueMessage, Settled)> = Vec::with_capacity(messages.len());
    let (mut parcels, mut handed_over) = (Vec::new(), Vec::new());
    for ((at, message), checked) in messages.iter().enumerate().zip(checked) {
        let from = distances.kept(at, message, now);
        let ready_at = holding::inside(&windows[at], message, from);
        let why = if from > now { BEHIND_ANOTHER } else { holding::OUTSIDE };
        if let Some(held) = holding::hold(message, ready_at, !sent_late(message), why, now) {
            distances.leaves(at, ready_at);
            settled.push((message, held));
            continue;
        }
        match parcel(delivery, fields, message, checked, now) {
            Ok(parcel) => {
                distances.leaves(at, now);
                parcels.push(parcel);
                handed_over.push(message);
            }
            Err(kept) => settled.push((message, *kept)),
        }
    }
    delivery.limit.count(parcels.len());
    let network = parcels.iter().any(|parcel| !matches!(parcel, Parcel::File { .. }));
    if network && !settled.is_empty() {
        store.settle_messages(&settled, now)?;
        (delivery.observe)(Phase::Settled);
        settled.clear();
    }
    let mut broken = None;
    let at_most_once: Vec<bool> = parcels.iter().map(|parcel| matches!(parcel, Parcel::Smtp(_))).collect();
    let with = Exchange {
        transports: &delivery.transports,
        circuits: &delivery.circuits,
        enough,
        real_now: delivery.real_now,
    };
    let mut dead: Vec<(String, String, i64)> = Vec::new();
    exchange(&with, parcels, &mut |event| match event {
        Event::Begins(places) => {
            let once: Vec<&DueMessage> =
                places.iter().filter(|at| at_most_once[**at]).map(|at| handed_over[*at]).collect();
            if once.is_empty() {
                return Ok(());
            }
            store.settle_and_begin(&settled, &once, now)?;
            settled.clear();
            (delivery.observe)(Phase::Begun);
            Ok(())
        }
        Event::Answered(answered) => {
            for (at, answer) in answered {
                (delivery.observe)(Phase::HandedOver);
                let message = handed_over[at];
                if let (Answer::Bounced { dead: true, .. }, Some(address)) =
                    (&answer, address_of(&fields.contact, message))
                {
                    dead.push((address, "bounced".to_owned(), now));
                }
                let (end, failed) = settle(delivery, message, answer, now);
                broken = broken.take().or(failed);
                settled.push((message, end));
            }
            // What may leave at most once is settled when the next begins.
            if network && settled.len() >= SETTLED_AT_ONCE {
                store.settle_messages(&settled, now)?;
                settled.clear();
                (delivery.observe)(Phase::Settled);
            }
            Ok::<(), StoreError>(())
        }
    })?;
    store.suppress_addresses(&dead)?;
    store.settle_messages(&settled, now)?;
    (delivery.observe)(Phase::Settled);
    Ok(broken)
}

/// What leaves for a message; what becomes of it where nothing does.
fn parcel(
    delivery: &Delivery<'_>,
    fields: &Fields,
    message: &DueMessage,
    checked: Checked<'_>,
    now: i64,
) -> Result<Parcel, Box<Settled>> {
    let plan = delivery.plan;
    let contact = named(&fields.contact, &message.contact);
    let account = named(&fields.account, &message.account);
    let file = |folder, extension, content| {
        Ok(Parcel::File { folder, key: message.key.clone(), extension, content })
    };
    let failed =
        |reason: String| Box::new(Settled::to(OutboxState::Failed, Some(plan.secrets.hide(&reason))));
    let target = match checked {
        Checked::Kept(settled) => return Err(Box::new(settled)),
        Checked::Mail(email) => {
            let link = MailLink {
                contact_key: message.contact_key().unwrap_or(0),
                address_key: message.address_key().unwrap_or(0),
                topic: email.topic.as_ref().map_or_else(String::new, |(topic, _)| topic.clone()),
                inert: delivery.played.is_some(),
            };
            let links = links(plan, delivery.links.as_ref(), &link);
            let place = (message.journey.as_str(), message.key.as_str());
            let made = email::filled_in(plan, email, place, &contact, &account, &links, now)
                .and_then(|mail| email::made(&mail))
                .map_err(|error| failed(error.to_string()))?;
            return match &plan.settings.email.smtp {
                Some(smtp) if delivery.played.is_none() => {
                    letter(smtp, &message.key, made, now).map(Parcel::Smtp).map_err(failed)
                }
                _ => file(delivery.folder(&plan.settings.email.directory), "eml", made.content),
            };
        }
        Checked::Json(target) => target,
    };
    let shown = Shown { contact: &contact, account: &account };
    let workflow = message.channel.strip_prefix(WORKFLOW);
    let body = body::body(plan, target.body(), message, workflow, &shown)
        .map_err(|reason| failed(format!("the body can't be made: {reason}")))?;
    let (folder, content) = match (target, delivery.played) {
        (Target::Http(http), None) => return Ok(Parcel::Http(body::call(http, message, &body))),
        (Target::Http(http), Some(played)) => {
            let call = body::written_call(&message.channel, &body::call(http, message, &body), body);
            (played.calls.to_owned(), plan.secrets.hide_json(&call))
        }
        (Target::File(directory, _), _) => {
            (delivery.folder(directory), body::file(&message.channel, message, body))
        }
    };
    file(folder, "json", format!("{content}\n").into_bytes())
}

/// The address of a message's contact, as it is compared.
fn address_of(fields: &[Field], message: &DueMessage) -> Option<String> {
    let place = fields.iter().position(|field| field.name == "email")?;
    match message.contact.get(place) {
        Some(Value::Text(address)) => folded_address(address),
        _ => None,
    }
}
