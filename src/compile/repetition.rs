//! When the iterations of a journey start, and what `check` says about it.

use std::collections::BTreeMap;

use super::{
    flow,
    plan::{JourneyPlan, StepPlan},
};
use crate::{
    calendar::{Zone, after, after_by_calendar, parse_duration},
    definitions::{Content, JourneyDefinition},
    diagnostics::{Code, Problem, Problems},
    model::{
        Duration, DurationUnit,
        time::{DAY, HOUR},
    },
};

impl JourneyPlan {
    /// When an iteration starts, numbered from 1. Each is counted from the journey's start, so that months
    /// don't wander, and by the calendar, so that days and weeks keep the time of day (semantics 4); nothing when there is no iteration of this number, as it would come after the last or
    /// after the journey's end.
    #[must_use]
    pub fn iteration_start(&self, number: i64) -> Option<i64> {
        if number == 1 {
            return Some(self.start);
        }
        let repeat = self.repeat?;
        if number < 1 || repeat.times.is_some_and(|times| number > times) {
            return None;
        }
        let start = nth_start(self.start, repeat.every, number, &self.zone)?;
        (self.end.is_none_or(|end| start < end)).then_some(start)
    }

    /// The number of the latest iteration that starts at a moment or before it.
    #[must_use]
    pub fn latest_iteration(&self, at: i64) -> Option<i64> {
        let due = |number: i64| self.iteration_start(number).is_some_and(|start| start <= at);
        if !due(1) {
            return None;
        }
        let (mut started, mut step) = (1, 1);
        while due(started + step) {
            started += step;
            step *= 2;
        }
        while step > 1 {
            step /= 2;
            if due(started + step) {
                started += step;
            }
        }
        Some(started)
    }

    /// When the first iteration starts that does so after a moment.
    #[must_use]
    pub fn next_iteration_start(&self, after: i64) -> Option<i64> {
        self.iteration_start(self.latest_iteration(after).map_or(1, |number| number + 1))
    }
}

fn nth_start(start: i64, every: Duration, number: i64, zone: &Zone) -> Option<i64> {
    let amount = every.amount.checked_mul(number - 1)?;
    after_by_calendar(start, Duration { amount, unit: every.unit }, zone).ok()
}

/// The moments of a journey as its definition writes them.
pub(super) struct Times<'a> {
    pub(super) start: i64,
    pub(super) end: Option<i64>,
    pub(super) zone: &'a Zone,
}

/// Warns of iterations that never come, and of those that cut each other off.
pub(super) fn check(
    definition: &JourneyDefinition,
    times: &Times<'_>,
    steps: &[StepPlan],
    problems: &mut Problems,
) {
    let length =
        |duration: Duration| after(times.start, duration, times.zone).ok().map(|end| end - times.start);
    if let Some(repeat) = definition.repeat {
        let last = repeat.times.map_or(2, |times| times.value);
        let last_start = nth_start(times.start, repeat.every.value, last, times.zone);
        if let (Some(last_start), Some(end), Some(text)) = (last_start, times.end, &definition.end)
            && last > 1
            && last_start >= end
        {
            let (span, message) = match repeat.times {
                Some(times) => (times.span, format!("iteration {last} would start after the journey's end")),
                None => {
                    (repeat.every.span, "the second iteration would start after the journey's end".to_owned())
                }
            };
            problems.push(
                Problem::warning(Code::RepeatPastEnd, span, message)
                    .related(text.span, "it ends here")
                    .hint("Write a later `end`, a shorter `every` or fewer `times`."),
            );
        }
        let way = longest_way(definition, times, steps);
        if let Some(every) = length(repeat.every.value)
            && way > every
        {
            let message = format!(
                "the way through the journey can take {}, but the next iteration starts after {}",
                told(way),
                repeat.every.value
            );
            problems.push(Problem::warning(Code::RepeatTooShort, repeat.every.span, message).hint(
                "Whoever is still in an iteration is stopped when the next one starts. Write a longer `every`, or shorter waits.",
            ));
        }
    }
    if let Some(reentry) = definition.reentry
        && let Some(again) = reentry.value.length().and_then(length)
    {
        let iteration = definition.repeat.and_then(|repeat| length(repeat.every.value));
        let whole = times.end.map(|end| end - times.start);
        let (message, hint) = match (iteration, whole) {
            (Some(iteration), _) if again >= iteration => (
                "an iteration doesn't last long enough for anybody to enter it again",
                "Leave `reentry` out: the next iteration lets everybody in. Or write a shorter length.",
            ),
            (None, Some(whole)) if again >= whole => (
                "the journey doesn't last long enough for anybody to enter it again",
                "Write a shorter length or a later `end`, or leave `reentry` out.",
            ),
            _ => return,
        };
        problems.push(Problem::warning(Code::ReentryTooLate, reentry.span, message).hint(hint));
    }
}

/// How long the waits and timeouts of a journey come to along its longest way, in milliseconds; steps that
/// lead back count once.
fn longest_way(definition: &JourneyDefinition, times: &Times<'_>, steps: &[StepPlan]) -> i64 {
    let mut lengths: BTreeMap<&str, i64> = BTreeMap::new();
    for step in flow::all_steps(definition) {
        let written = step.with.iter().filter(|(key, _)| ["for", "timeout"].contains(&key.value.as_str()));
        let length = written.filter_map(|(_, node)| match &node.content {
            Content::Text(text) => parse_duration(&text.value).ok(),
            _ => None,
        });
        let length = length.filter_map(|length| after(times.start, length, times.zone).ok());
        lengths.insert(&step.id.value, length.map(|end| end - times.start).sum());
    }
    let mut longest = vec![0_i64; steps.len()];
    for (at, step) in steps.iter().enumerate().rev() {
        let ahead = step.next.iter().filter_map(|(_, to)| *to).filter(|to| *to > at);
        let rest = ahead.filter_map(|to| longest.get(to).copied()).max().unwrap_or(0);
        longest[at] = rest.saturating_add(lengths.get(step.id.as_str()).copied().unwrap_or(0));
    }
    longest.first().copied().unwrap_or(0)
}

/// A length in words, in whole days where it has any.
fn told(length: i64) -> String {
    let (amount, unit) = match length >= DAY {
        true => (length / DAY, DurationUnit::Days),
        false => (length / HOUR, DurationUnit::Hours),
    };
    Duration { amount, unit }.to_string()
}
