//! What holds a message that is due: the window of the wait behind which it was made, and the distance to
//! commercial mails before it (semantics 14).

use serde_json::Value as Json;

use crate::{
    calendar::{Window, Zone},
    compile::Plan,
    definitions::Purpose,
    model::Field,
    store::{DueMessage, EarlierMail, Settled, Store, StoreError},
    tiles::{LETS_GO, WaitWindow},
};

/// Why a message is held.
pub(super) const OUTSIDE: &str = "held until the window of its wait";

/// The window by which a message goes, in the time zone that counts for it.
pub(super) type OwnWindow = Option<(Window, Zone)>;

/// The window of each message.
pub(super) fn windows(
    plan: &Plan,
    store: &mut Store,
    messages: &[DueMessage],
    contact_fields: &[Field],
) -> Result<Vec<OwnWindow>, StoreError> {
    let steps = |message: &DueMessage| {
        let journey = plan.journey(&message.journey)?;
        let step = journey.step(&message.step).filter(|step| !step.released_by.is_empty())?;
        Some((journey, step))
    };
    let asked: Vec<usize> = (0..messages.len()).filter(|at| steps(&messages[*at]).is_some()).collect();
    let mut windows = vec![None; messages.len()];
    if asked.is_empty() {
        return Ok(windows);
    }
    let behind: Vec<&DueMessage> = asked.iter().map(|at| &messages[*at]).collect();
    let timezone = contact_fields.iter().position(|field| field.name == "timezone");
    for (at, waits) in asked.iter().zip(store.waits_before(&behind, &LETS_GO)?) {
        let message = &messages[*at];
        let Some((journey, step)) = steps(message) else { continue };
        let possible = |id: &&String| step.released_by.iter().any(|place| journey.steps[*place].id == **id);
        let last = waits.iter().rfind(possible).and_then(|id| journey.step(id));
        windows[*at] = last.and_then(|step| step.tile.window()).map(|wait: &WaitWindow| {
            (wait.window, wait.zone_for(timezone.and_then(|place| message.contact.get(place))))
        });
    }
    Ok(windows)
}

/// The first moment in its window, not before another, at which a message may leave.
pub(super) fn inside(window: &OwnWindow, message: &DueMessage, from: i64) -> i64 {
    let Some((window, zone)) = window else { return from };
    window.at_or_after_due(from, message.due_at, zone).unwrap_or(from)
}

/// What becomes of a message that is due at `now` and may leave only later: it is held until then, or until it
/// has expired, where it `expires`. Nothing when it needn't be held.
pub(super) fn hold(
    message: &DueMessage,
    ready_at: i64,
    expires: bool,
    reason: &str,
    now: i64,
) -> Option<Settled> {
    let expired = message.expires_at.filter(|_| expires).map_or(i64::MAX, |at| at.saturating_add(1));
    (ready_at.min(expired) > now).then(|| Settled::held_until(ready_at.min(expired), reason))
}

/// Whether a mail is commercial, by what it was made of.
fn is_commercial(plan: &Plan, content: &str) -> bool {
    let content: Json = serde_json::from_str(content).unwrap_or(Json::Null);
    let email = content["email"].as_str().and_then(|name| plan.email(name));
    email.is_some_and(|email| email.purpose == Purpose::Commercial)
}

/// Keeps the commercial mails of a journey to a contact in their order, at their distance.
pub(super) struct Distances<'a> {
    plan: &'a Plan,
    earlier: Vec<Vec<EarlierMail>>,
    /// From when on each of the messages left or may leave; nothing of what isn't sent.
    left: Vec<Option<i64>>,
}

impl<'a> Distances<'a> {
    /// Of the mails that were taken, the earlier due first.
    pub(super) fn of(
        plan: &'a Plan,
        store: &mut Store,
        messages: &[DueMessage],
    ) -> Result<Distances<'a>, StoreError> {
        Ok(Distances { plan, earlier: store.earlier_mails(messages)?, left: vec![None; messages.len()] })
    }

    /// The first moment, not before `now`, at which the message with this place may leave.
    pub(super) fn kept(&self, place: usize, message: &DueMessage, now: i64) -> i64 {
        let earlier = self.earlier.get(place).filter(|earlier| !earlier.is_empty());
        let Some(earlier) = earlier.filter(|_| is_commercial(self.plan, &message.content)) else {
            return now;
        };
        let earlier = earlier.iter().filter(|mail| is_commercial(self.plan, &mail.content));
        let after = earlier.filter_map(|mail| {
            let left = match (mail.taken, mail.left_at) {
                (Some(place), _) => self.left.get(place).copied().flatten()?,
                // Where it left on time but for the rhythm of runs, that changes nothing for those behind it.
                (None, Some(left_at)) if left_at < message.due_at => mail.ready_at,
                (None, Some(left_at)) => left_at,
                (None, None) => mail.ready_at.max(now),
            };
            Some(left.saturating_add(message.due_at - mail.due_at))
        });
        after.fold(now, i64::max)
    }

    /// Notes that the message with this place leaves now, or may from a moment on.
    pub(super) fn leaves(&mut self, place: usize, at: i64) {
        if let Some(left) = self.left.get_mut(place) {
            *left = Some(at);
        }
    }
}
