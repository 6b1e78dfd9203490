//! Workflows and messages of tiles: checked once more, made, handed over, settled.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::{
    Delivery, DeliveryError,
    calls::exchange,
    deliver::{blocked, fields, named},
    file::write,
    holding,
    http::{Answer, Call, Client, RetryAfter},
    render::{self, Shown},
};
use crate::{
    compile::{Body, ChannelTransport, HttpPlan, Plan, WorkflowWork},
    engine::Phase,
    model::{
        Field, Value,
        time::{HOUR, MINUTE, SECOND},
    },
    store::{DueMessage, OutboxState, Settled, Store, StoreError},
    tiles::WORKFLOW,
};

/// How many messages of a channel are taken at a time.
const BATCH: i64 = 200;
/// How many answers are settled at a time.
const SETTLED_AT_ONCE: usize = 50;
/// How long calls go on before journeys have their turn again, in milliseconds of real time.
const TURN: i64 = 30 * SECOND;
/// The first pause before another try, which doubles each time, and the longest, in milliseconds of
/// real time.
const FIRST_PAUSE: i64 = 30 * SECOND;
const LONGEST_PAUSE: i64 = HOUR;
/// How long calls wait for a host that doesn't answer, in milliseconds of real time.
const POSTPONED: i64 = MINUTE;

/// Where the messages of a channel go.
pub(super) enum Target<'a> {
    /// A call by HTTP for each.
    Http(&'a HttpPlan),
    /// A file for each, with what stands in it.
    File(&'a std::path::Path, Option<&'a Body>),
}

/// Where a channel leads; why nowhere.
pub(super) fn target<'a>(plan: &'a Plan, channel: &str) -> Result<Target<'a>, String> {
    if let Some(name) = channel.strip_prefix(WORKFLOW) {
        return match plan.workflows.get(name).map(|workflow| &workflow.work) {
            Some(WorkflowWork::Http(http)) => Ok(Target::Http(http)),
            Some(WorkflowWork::Script(_)) => {
                Err(format!("the workflow `{name}` is a script now, and calls nobody"))
            }
            None => Err(format!("there is no workflow `{name}` any more")),
        };
    }
    match plan.channels.get(channel).map(|channel| &channel.transport) {
        Some(ChannelTransport::Http(http)) => Ok(Target::Http(http)),
        Some(ChannelTransport::File { directory, body }) => Ok(Target::File(directory, body.as_ref())),
        None => Err(format!("there is no channel `{channel}` in `tilework.yaml`")),
    }
}

/// The fields that any of the plan's workflows and channels shows.
pub(super) fn shown_fields(plan: &Plan) -> (Vec<Field>, Vec<Field>) {
    // By the contact's clocks windows may go.
    let (mut contact, mut account) = (BTreeSet::from(["timezone"]), BTreeSet::new());
    let workflows = plan.workflows.values().filter_map(|workflow| match &workflow.work {
        WorkflowWork::Http(http) => http.body.as_ref(),
        WorkflowWork::Script(_) => None,
    });
    let channels = plan.channels.values().filter_map(|channel| match &channel.transport {
        ChannelTransport::Http(http) => http.body.as_ref(),
        ChannelTransport::File { body, .. } => body.as_ref(),
    });
    for body in workflows.chain(channels) {
        body.templates(&mut |template| {
            contact.extend(template.needs().contact.iter().map(String::as_str));
            account.extend(template.needs().account.iter().map(String::as_str));
        });
    }
    fields(plan, contact, account)
}

/// What becomes of a message at once; a call is made later.
enum Fate {
    Settled(Settled),
    Call(Call),
}

/// Hands over what is due on all channels but that for mails. Tells whether there was anything.
pub(super) fn deliver(delivery: &Delivery<'_>, store: &mut Store, now: i64) -> Result<bool, DeliveryError> {
    let (contact_fields, account_fields) = shown_fields(delivery.plan);
    let started = (delivery.real_now)();
    let enough = || (delivery.real_now)() - started >= TURN;
    let mut any = false;
    loop {
        let real_now = (delivery.real_now)();
        let mut taken: Vec<(String, DueMessage)> = Vec::new();
        for channel in store.due_channels(now, real_now)?.into_iter().filter(|channel| channel != "email") {
            let room = delivery.limit.room(BATCH).min(delivery.limit.room(i64::MAX) - taken.len() as i64);
            if room <= 0 {
                break;
            }
            let found =
                store.take_messages(&channel, now, real_now, room, &contact_fields, &account_fields)?;
            taken.extend(found.into_iter().map(|message| (channel.clone(), message)));
        }
        (delivery.observe)(Phase::Taken);
        if taken.is_empty() {
            return Ok(any);
        }
        any = true;
        let (channels, messages): (Vec<String>, Vec<DueMessage>) = taken.into_iter().unzip();
        let windows = holding::windows(delivery.plan, store, &messages, &contact_fields)?;
        let blocks = blocked(delivery.plan, store, &messages, now)?;
        let (mut settled, mut calls, mut called) = (Vec::new(), Vec::new(), Vec::new());
        for (at, (channel, message)) in channels.iter().zip(&messages).enumerate() {
            let ready_at = holding::inside(&windows[at], message, now);
            if let Some(held) = holding::hold(message, ready_at, true, holding::OUTSIDE, now) {
                settled.push((message, held));
                continue;
            }
            let contact = named(&contact_fields, &message.contact);
            let account = named(&account_fields, &message.account);
            let shown = Shown { contact: &contact, account: &account };
            match prepare(delivery, channel, message, blocks.get(&message.key), &shown, now) {
                Fate::Settled(end) => {
                    delivery.limit.count(usize::from(end.state == OutboxState::Delivered));
                    settled.push((message, end));
                }
                Fate::Call(call) => {
                    calls.push(call);
                    called.push(at);
                }
            }
        }
        store.settle_messages(&settled, now)?;
        (delivery.observe)(Phase::Settled);
        delivery.limit.count(calls.len());
        make_calls(
            delivery,
            store,
            &calls,
            &|at| (&channels[called[at]], &messages[called[at]]),
            &enough,
            now,
        )?;
        if enough() || (delivery.stop)() {
            return Ok(any);
        }
    }
}

/// Makes calls and settles their answers as they come in.
fn make_calls<'m>(
    delivery: &Delivery<'_>,
    store: &mut Store,
    calls: &[Call],
    message: &dyn Fn(usize) -> (&'m String, &'m DueMessage),
    enough: &dyn Fn() -> bool,
    now: i64,
) -> Result<(), StoreError> {
    if calls.is_empty() {
        return Ok(());
    }
    let client =
        delivery.client.get_or_init(|| Client::new(&delivery.plan.settings.allow, &delivery.plan.secrets));
    let mut settled: Vec<(&DueMessage, Settled)> = Vec::new();
    let mut outcome = Ok(());
    exchange(client, &delivery.circuits, calls, enough, &mut |at, answer| {
        (delivery.observe)(Phase::HandedOver);
        let (channel, message) = message(at);
        settled.push((message, settle(delivery, channel, message, answer)));
        if settled.len() >= SETTLED_AT_ONCE && outcome.is_ok() {
            outcome = store.settle_messages(&settled, now);
            settled.clear();
            (delivery.observe)(Phase::Settled);
        }
    });
    outcome?;
    store.settle_messages(&settled, now)?;
    (delivery.observe)(Phase::Settled);
    Ok(())
}

/// Checks a message once more and makes of it what leaves.
fn prepare(
    delivery: &Delivery<'_>,
    channel: &str,
    message: &DueMessage,
    block: Option<&String>,
    shown: &Shown<'_>,
    now: i64,
) -> Fate {
    let blocked = |reason: &str| Fate::Settled(Settled::to(OutboxState::Blocked, Some(reason.to_owned())));
    let hidden = |reason: &str| delivery.plan.secrets.hide(reason);
    let failed = |reason: String| Fate::Settled(Settled::to(OutboxState::Failed, Some(hidden(&reason))));
    if let Some(reason) = block {
        // Colleagues of a message for an account are stopped by their own steps.
        let stop = message.contact_key().map(|_| reason.clone());
        let end = Settled { stop, ..Settled::to(OutboxState::Blocked, Some(reason.clone())) };
        return Fate::Settled(end);
    }
    if let Some(reason) = message.stopped_by_itself() {
        return blocked(reason);
    }
    if message.expires_at.is_some_and(|at| at < now) {
        return blocked("expired");
    }
    let target = match target(delivery.plan, channel) {
        Ok(target) => target,
        Err(reason) => return failed(reason),
    };
    let by_definition = match &target {
        Target::Http(http) => http.body.as_ref(),
        Target::File(_, body) => *body,
    };
    let body =
        match render::body(delivery.plan, by_definition, message, channel.strip_prefix(WORKFLOW), shown) {
            Ok(body) => body,
            Err(reason) => return failed(format!("the body can't be made: {reason}")),
        };
    let (folder, content) = match (target, delivery.played) {
        (Target::Http(http), None) => return Fate::Call(render::call(http, message, &body)),
        (Target::Http(http), Some(played)) => {
            let call = render::written_call(channel, &render::call(http, message, &body), body);
            (played.calls.to_owned(), delivery.plan.secrets.hide_json(&call).to_string())
        }
        (Target::File(directory, _), _) => {
            (delivery.folder(directory), render::file(channel, message, body).to_string())
        }
    };
    let written = write(&folder, &message.key, "json", format!("{content}\n").as_bytes());
    (delivery.observe)(Phase::HandedOver);
    Fate::Settled(match written {
        Ok(_) => Settled::to(OutboxState::Delivered, None),
        // It is the folder that is wrong, not the message: it waits until somebody mends it.
        Err(error) => Settled {
            retry_at: Some((delivery.real_now)().saturating_add(POSTPONED)),
            ..Settled::to(OutboxState::Waiting, Some(hidden(&error.to_string())))
        },
    })
}

/// What becomes of a message whose call was answered, or wasn't made.
fn settle(delivery: &Delivery<'_>, channel: &str, message: &DueMessage, answer: Answer) -> Settled {
    let retries = match target(delivery.plan, channel) {
        Ok(Target::Http(http)) => i64::from(http.retries),
        _ => 0,
    };
    let real_now = (delivery.real_now)();
    let hidden = |reason: &str| Some(delivery.plan.secrets.hide(reason));
    match answer {
        Answer::Taken => Settled::to(OutboxState::Delivered, None),
        Answer::Refused(reason) => Settled::to(OutboxState::Failed, hidden(&reason)),
        Answer::Later { reason, .. } if message.attempts > retries => {
            let tries = if message.attempts == 1 {
                "1 try".to_owned()
            } else {
                format!("{} tries", message.attempts)
            };
            Settled::to(OutboxState::Failed, hidden(&format!("given up after {tries}: {reason}")))
        }
        Answer::Later { reason, after, .. } => Settled {
            retry_at: Some(real_now.saturating_add(pause(message.attempts, after, real_now))),
            ..Settled::to(OutboxState::Waiting, hidden(&reason))
        },
        Answer::Postponed => Settled {
            retry_at: Some(real_now.saturating_add(POSTPONED)),
            untried: true,
            ..Settled::to(OutboxState::Waiting, Some("its host doesn't answer others either".to_owned()))
        },
        Answer::Left => Settled { untried: true, ..Settled::to(OutboxState::Waiting, None) },
    }
}

/// How long to wait before another try, in milliseconds of real time: twice as long each time, and as
/// long as the server asks for, within limits.
fn pause(attempts: i64, after: Option<RetryAfter>, real_now: i64) -> i64 {
    let doublings = u32::try_from(attempts.clamp(1, 20) - 1).unwrap_or(0);
    let own = FIRST_PAUSE.saturating_mul(2_i64.saturating_pow(doublings));
    let asked = match after {
        Some(RetryAfter::Wait(length)) => length,
        Some(RetryAfter::At(at)) => at.saturating_sub(real_now),
        None => 0,
    };
    own.max(asked).min(LONGEST_PAUSE)
}

/// What would leave for a message, with secrets hidden.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// Where it goes: a method and a host, or a folder.
    pub to: String,
    /// The names of the headers of its definition.
    pub headers: Vec<String>,
    /// The JSON.
    pub body: Json,
}

/// The fields that a preview needs.
#[must_use]
pub fn preview_fields(plan: &Plan) -> (Vec<Field>, Vec<Field>) {
    shown_fields(plan)
}

/// Makes what would leave for a message of a channel other than that for mails, without handing it over.
///
/// # Errors
/// Why nothing would leave.
pub fn preview(
    plan: &Plan,
    channel: &str,
    message: &DueMessage,
    contact: &BTreeMap<String, Value>,
    account: &BTreeMap<String, Value>,
) -> Result<Preview, String> {
    let target = target(plan, channel)?;
    let by_definition = match &target {
        Target::Http(http) => http.body.as_ref(),
        Target::File(_, body) => *body,
    };
    let shown = Shown { contact, account };
    let body = render::body(plan, by_definition, message, channel.strip_prefix(WORKFLOW), &shown)?;
    let secrets = &plan.secrets;
    Ok(match target {
        Target::Http(http) => Preview {
            to: secrets.hide(&format!("{} {}", http.method.name(), http.address.place())),
            headers: http.headers.iter().map(|(name, _)| name.clone()).collect(),
            body: secrets.hide_json(&body),
        },
        Target::File(directory, _) => Preview {
            to: secrets.hide(&directory.display().to_string()),
            headers: Vec::new(),
            body: secrets.hide_json(&render::file(channel, message, body)),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_an_hour_and_honour_the_server() {
        let cases = [
            (1, None, 30 * SECOND),
            (2, None, MINUTE),
            (5, None, 8 * MINUTE),
            (9, None, HOUR),
            (100, None, HOUR),
            (1, Some(RetryAfter::Wait(5 * SECOND)), 30 * SECOND),
            (1, Some(RetryAfter::Wait(5 * MINUTE)), 5 * MINUTE),
            (1, Some(RetryAfter::Wait(100 * HOUR)), HOUR),
            (1, Some(RetryAfter::At(1_000 + 2 * MINUTE)), 2 * MINUTE),
            (1, Some(RetryAfter::At(0)), 30 * SECOND),
        ];
        for (attempts, after, expected) in cases {
            assert_eq!(pause(attempts, after, 1_000), expected, "{attempts} {after:?}");
        }
    }
}
