//! What becomes of a message: by how it was answered, or by what keeps it.

use super::{
    checks::email_name,
    delivery::{Delivery, DeliveryError},
};
use crate::{
    channels::{
        bodies::target::{Target, target},
        transports::parcel::{Answer, RetryAfter},
    },
    model::time::{HOUR, MINUTE, SECOND},
    store::{DueMessage, OutboxState, Settled},
};

/// The first pause before another try, which doubles each time, and the longest, in milliseconds of
/// real time.
const FIRST_PAUSE: i64 = 30 * SECOND;
const LONGEST_PAUSE: i64 = HOUR;
/// How long messages wait for a host that doesn't answer, or a folder that can't be written, in milliseconds of real
/// time.
const POSTPONED: i64 = MINUTE;

/// A message that may not leave for this reason. Whom a block of the journey applies to is stopped by it; colleagues
/// of a message for an account are stopped by their own steps.
pub(super) fn blocked_by(message: &DueMessage, reason: &str, block: Option<&String>, now: i64) -> Settled {
    Settled {
        interaction: message.is_mail().then(|| ("EmailBlocked", now, email_name(message))),
        stop: block.filter(|_| message.contact_key().is_some()).cloned(),
        ..Settled::to(OutboxState::Blocked, Some(reason.to_owned()))
    }
}

/// A message that was taken.
fn delivered(delivery: &Delivery<'_>, message: &DueMessage, now: i64) -> Settled {
    let delivered = Settled::to(OutboxState::Delivered, None);
    match message.is_mail() {
        false => delivered,
        true => Settled {
            interaction: Some(("EmailSent", now, email_name(message))),
            ready_at: delivery.held_so_far(message).then_some(now),
            ..delivered
        },
    }
}

/// What becomes of a message whose parcel was answered, or wasn't handed over.
///
/// # Errors
/// When mail can't be written into its folder, beside what becomes of the message: that is told loudly.
pub(super) fn settle(
    delivery: &Delivery<'_>,
    message: &DueMessage,
    answer: Answer,
    now: i64,
) -> (Settled, Option<DeliveryError>) {
    let real_now = (delivery.real_now)();
    let hidden = |reason: &str| Some(delivery.plan.secrets.hide(reason));
    let waits = |reason: Option<String>, after: i64| Settled {
        retry_at: Some(real_now.saturating_add(after)),
        ..Settled::to(OutboxState::Waiting, reason)
    };
    let settled = match answer {
        Answer::Taken => delivered(delivery, message, now),
        Answer::Refused(reason) => Settled::to(OutboxState::Failed, hidden(&reason)),
        Answer::Bounced { reason, .. } => Settled {
            interaction: Some(("EmailHardBounced", now, email_name(message))),
            ..Settled::to(OutboxState::Failed, hidden(&reason))
        },
        Answer::Unknown(reason) => Settled::to(OutboxState::Unknown, hidden(&reason)),
        Answer::Later { reason, .. } if message.is_mail() => match mail_pause(message, now) {
            Some(pause) => waits(hidden(&reason), pause),
            None => Settled {
                interaction: Some(("EmailSoftBounced", now, email_name(message))),
                ..Settled::to(OutboxState::Failed, hidden(&format!("given up: {reason}")))
            },
        },
        Answer::Later { reason, .. } if message.attempts > retries(delivery, message) => {
            let tries = match message.attempts {
                1 => "1 try".to_owned(),
                attempts => format!("{attempts} tries"),
            };
            Settled::to(OutboxState::Failed, hidden(&format!("given up after {tries}: {reason}")))
        }
        Answer::Later { reason, after, .. } => {
            waits(hidden(&reason), pause(message.attempts, after, real_now))
        }
        Answer::Postponed => Settled {
            untried: true,
            ..waits(Some("its host doesn't answer others either".to_owned()), POSTPONED)
        },
        Answer::Left => Settled { untried: true, ..Settled::to(OutboxState::Waiting, None) },
        // It is the folder that is wrong, not the message: it waits until somebody fixes it.
        Answer::Unwritable(reason) if message.is_mail() => {
            let settled = Settled { untried: true, ..Settled::to(OutboxState::Waiting, hidden(&reason)) };
            return (settled, Some(DeliveryError::Folder(reason)));
        }
        Answer::Unwritable(reason) => waits(hidden(&reason), POSTPONED),
    };
    (settled, None)
}

/// The pauses of a mail before another try, in minutes, and the one that follows them all (semantics 39).
const MAIL_PAUSES: [i64; 4] = [1, 5, 15, 60];
const LATER_PAUSE: i64 = 2 * HOUR;
/// How long a mail is tried, from when it could leave.
const MAIL_TRIED: i64 = 72 * HOUR;

/// How long a mail waits before another try; nothing when it is given up.
fn mail_pause(message: &DueMessage, now: i64) -> Option<i64> {
    let until = message.ready_at.saturating_add(MAIL_TRIED).min(message.expires_at.unwrap_or(i64::MAX));
    let tried = usize::try_from(message.attempts.max(1) - 1).unwrap_or(usize::MAX);
    (now < until).then(|| MAIL_PAUSES.get(tried).map_or(LATER_PAUSE, |minutes| minutes * MINUTE))
}

/// How often a message is tried again.
fn retries(delivery: &Delivery<'_>, message: &DueMessage) -> i64 {
    match target(delivery.plan, &message.channel) {
        Ok(Target::Http(http)) => i64::from(http.retries),
        _ => 0,
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
