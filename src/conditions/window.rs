//! The window of a `did`: `within`, `since` and `until`; and windows in triggers that leave nothing out.

use super::{Scope, context::Check, scope::Wait};
use crate::{
    calendar::{end_of_day, parse_date, parse_duration, parse_moment, start_of_day},
    definitions::{CountKey, DidNode, DidWord, duration_hint, moment_hint},
    diagnostics::{Code, Problem, Text},
    model::{
        Bound, Duration, DurationUnit,
        time::{DAY, HOUR, MINUTE, SECOND},
    },
};

/// From when and up to when an interaction has to be.
pub(super) type Window = (Option<Bound>, Option<Bound>);

/// The word for the entry into the journey.
const ENTRY: &str = "entry";

/// Reads the window of a `did`.
pub(super) fn window(node: &DidNode, scope: Scope<'_>, check: &mut Check<'_>) -> Option<Window> {
    let within = node.within.as_ref().map(|text| match parse_duration(text.as_str()) {
        Ok(duration) => Some(Bound::Ago(duration)),
        Err(error) => {
            check.refuse(Code::InvalidDuration, text.span, error.to_string(), &duration_hint(text.as_str()))
        }
    });
    let since = node.since.as_ref().map(|text| match text.as_str().trim() {
        ENTRY => entry(node, text, scope, check),
        _ => moment(text, false, scope, check),
    });
    let until = node.until.as_ref().map(|text| moment(text, true, scope, check));
    if let (Some(within), Some(since)) = (&node.within, &node.since) {
        let message = "`within` and `since` both say when the window starts";
        let problem = Problem::error(Code::InvalidValue, since.span, message);
        check.report(problem.related(within.span, "the other one").hint("Keep one of them."));
        return None;
    }
    let since = match within.or(since) {
        Some(bound) => Some(bound?),
        None => None,
    };
    let until = match until {
        Some(bound) => Some(bound?),
        None => None,
    };
    if let (Some(Bound::At(from)), Some(Bound::At(to)), Some(text)) = (&since, &until, &node.until)
        && to < from
    {
        return check.refuse(
            Code::InvalidTime,
            text.span,
            "`until` is earlier than `since`",
            "Write the later of the two under `until`.",
        );
    }
    if let Some(wait) = scope.wait {
        leaves_something_out(node, since.as_ref(), wait, check)?;
    }
    Some((since, until))
}

fn moment(text: &Text, end: bool, scope: Scope<'_>, check: &mut Check<'_>) -> Option<Bound> {
    let at = match parse_date(text.as_str()) {
        Ok(day) if end => end_of_day(&day, scope.zone),
        Ok(day) => start_of_day(&day, scope.zone),
        Err(_) => parse_moment(text.as_str(), scope.zone),
    };
    match at {
        Ok(at) => Some(Bound::At(at)),
        Err(error) => check.refuse(
            Code::InvalidTime,
            text.span,
            error.to_string(),
            &match parse_duration(text.as_str()) {
                Ok(_) => format!("Write `within: {}` for a length of time.", text.as_str()),
                Err(_) => moment_hint(text.as_str()),
            },
        ),
    }
}

/// `since: entry`, which only a trigger can ask, of contacts who entered.
fn entry(node: &DidNode, text: &Text, scope: Scope<'_>, check: &mut Check<'_>) -> Option<Bound> {
    let (message, hint) = match (scope.wait, &node.step) {
        (None, _) => {
            ("`since: entry` is known only in a trigger", "Write a date, or `within:` with a length of time.")
        }
        (Some(wait), _) if wait.outsiders => (
            "`since: entry` asks for the contact's entry, and here contacts count who never entered",
            "Leave out `since: entry`; or write the `did` outside of `any_contact` and its like, in a trigger without `counts: all_contacts`.",
        ),
        (Some(_), Some(_)) => {
            ("a `did` with `step` counts from that step, which comes after the entry", "Leave out `since`.")
        }
        (Some(_), None) => return Some(Bound::Entry),
    };
    check.refuse(Code::InvalidValue, text.span, message, hint)
}

/// Reports a window that leaves nothing out of what a trigger counts anyway.
fn leaves_something_out(
    node: &DidNode,
    since: Option<&Bound>,
    wait: Wait,
    check: &mut Check<'_>,
) -> Option<()> {
    match (since, &node.since, &node.within) {
        (Some(Bound::At(at)), Some(text), _) if wait.start.is_some_and(|start| *at <= start) => check.refuse(
            Code::WindowWithoutEffect,
            text.span,
            "this isn't later than the journey's start, and a trigger counts from the arrival at it",
            "Leave out `since`; write `since: entry` to count from the contact's entry.",
        ),
        (Some(Bound::Ago(_)), _, Some(text)) if wait.alone && satisfied_by_one(node) => check.refuse(
            Code::WindowWithoutEffect,
            text.span,
            "at the moment of the interaction this is always true",
            "A trigger counts from the arrival at it, or from the step under `step:`. Leave out `within`; write `since: entry` to count from the entry, or use a branch to ask what was before.",
        ),
        (Some(Bound::Ago(length)), _, Some(text))
            if node.step.is_none() && wait.timeout.is_some_and(|timeout| covers(*length, timeout)) =>
        {
            check.refuse(
                Code::WindowWithoutEffect,
                text.span,
                "the trigger waits no longer than this, and counts from the arrival at it",
                "Leave out `within`; write `since: entry` to count from the entry, or use a branch to ask what was before.",
            )
        }
        _ => Some(()),
    }
}

/// Whether one interaction satisfies a `did`.
fn satisfied_by_one(node: &DidNode) -> bool {
    let one = |count: &crate::definitions::CountNode| {
        count.test == CountKey::AtLeast
            && super::counts::whole_number(count.amount.as_str(), ["time", "times"]) == Some(1)
    };
    node.word == DidWord::Did && node.measure.is_none() && node.count.as_ref().is_none_or(one)
}

/// Whether a length is never shorter than another.
fn covers(length: Duration, other: Duration) -> bool {
    let least = |length: Duration| shortest(length.unit).saturating_mul(length.amount);
    let most = |length: Duration| longest(length.unit).map(|unit| unit.saturating_mul(length.amount));
    (length.unit == other.unit && length.amount >= other.amount)
        || most(other).is_some_and(|other| least(length) >= other)
}

fn shortest(unit: DurationUnit) -> i64 {
    match unit {
        DurationUnit::Seconds => SECOND,
        DurationUnit::Minutes => MINUTE,
        DurationUnit::Hours => HOUR,
        // A day on which clocks go forward is an hour or two shorter.
        DurationUnit::BusinessDays => 22 * HOUR,
        DurationUnit::Days => DAY,
        DurationUnit::Weeks => 7 * DAY,
        DurationUnit::Months => 28 * DAY - 2 * HOUR,
        DurationUnit::Years => 365 * DAY - 2 * HOUR,
    }
}

/// The longest that a unit can be; holidays make business days any length.
fn longest(unit: DurationUnit) -> Option<i64> {
    match unit {
        DurationUnit::BusinessDays => None,
        DurationUnit::Months => Some(31 * DAY + 2 * HOUR),
        DurationUnit::Years => Some(366 * DAY + 2 * HOUR),
        fixed => Some(shortest(fixed)),
    }
}
