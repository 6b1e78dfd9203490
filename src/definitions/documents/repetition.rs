//! `repeat:` and `reentry:` of a journey: how people enter once more.

use crate::calendar::{Zone, after, parse_duration};
use crate::definitions::{
    Located, Reader,
    reading::{hints, keys::REPEAT},
};
use crate::diagnostics::{Code, Problem};
use crate::model::{
    Duration, DurationUnit,
    time::{DAY, HOUR},
};

/// The shortest time between the starts of two iterations, in milliseconds.
const SHORTEST_REPEAT: i64 = HOUR;

/// The shortest time after which one enters again, in milliseconds: longer than a run may lag behind
/// (semantics 14), so that an entry never comes due before the end that it counts from is known.
const SHORTEST_REENTRY: i64 = 2 * DAY;

/// `repeat:`: how a journey starts over, iteration by iteration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RepeatDefinition {
    /// How long after the start of an iteration the next one starts.
    pub every: Located<Duration>,
    /// How many iterations there are; without it they go on until the journey's end.
    pub times: Option<Located<i64>>,
}

/// When a contact may enter the same iteration again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReentryRule {
    /// So long after its stay ended.
    After(Duration),
    /// When it comes into the audience anew, by a fact or the clock, once its stay ended.
    OnJoining,
}

impl ReentryRule {
    /// The length after which one enters again, where it is one.
    #[must_use]
    pub fn length(self) -> Option<Duration> {
        match self {
            ReentryRule::After(length) => Some(length),
            ReentryRule::OnJoining => None,
        }
    }
}

/// Reads `repeat: { every: 30 days, times: 3 }`.
pub(in crate::definitions) fn repeat(outer: &mut Reader<'_>) -> Option<RepeatDefinition> {
    let hint = "Write how often it starts, such as `repeat: { every: 30 days, times: 3 }`.";
    let (key, _) = outer.entry("repeat")?;
    let span = key.span;
    let entries = outer.mapping_or("repeat", hint)?;
    let mut reader = Reader::new(entries, span, "repeat", outer.problems()).described(&[REPEAT]);
    if !reader.has("every") {
        reader.missing(
            "every",
            "Write how long after a start the next one comes, such as `every: 30 days`.".to_owned(),
        );
    }
    let every = reader.duration("every");
    let every = every.filter(|every| {
        let long = is_at_least(every.value, SHORTEST_REPEAT);
        if !long {
            let message = format!("`{}` is too short to repeat a journey", every.value);
            reader.problems().push(
                Problem::error(Code::InvalidDuration, every.span, message)
                    .hint("Write at least `1 hour`. Whoever is still in an iteration is stopped when the next one starts."),
            );
        }
        long
    });
    let times = reader.integer("times");
    let times = times.filter(|times| {
        if times.value < 1 {
            let message = format!("a journey can't take place {} times", times.value);
            reader.problems().push(Problem::error(Code::InvalidValue, times.span, message).hint(
                "Write how many iterations there are in all, the first one included, or leave `times` out.",
            ));
        }
        times.value >= 1
    });
    reader.finish();
    Some(RepeatDefinition { every: every?, times })
}

/// Reads `reentry: after 90 days` or `reentry: on_joining`.
pub(in crate::definitions) fn reentry(reader: &mut Reader<'_>) -> Option<Located<ReentryRule>> {
    let text = reader.text("reentry")?;
    let hint = "Write after how long, such as `reentry: after 90 days`, or `reentry: on_joining`.";
    let written = text.value.trim();
    if written == "on_joining" {
        return Some(Located { value: ReentryRule::OnJoining, span: text.span });
    }
    let Some(length) = written.strip_prefix("after ") else {
        let message = format!("`{written}` doesn't say after how long a contact may enter again");
        let corrected = parse_duration(written).map(|length| format!("Write `reentry: after {length}`."));
        reader.problems().push(
            Problem::error(Code::InvalidDuration, text.span, message)
                .hint(corrected.unwrap_or_else(|_| hint.to_owned())),
        );
        return None;
    };
    match parse_duration(length) {
        Ok(length) if length.unit == DurationUnit::BusinessDays => {
            let message = "business days don't say when a contact may enter again";
            let hint = format!("Write calendar days, such as `after {} days`.", length.amount);
            reader.problems().push(Problem::error(Code::InvalidDuration, text.span, message).hint(hint));
            None
        }
        Ok(length) if is_at_least(length, SHORTEST_REENTRY) => {
            Some(Located { value: ReentryRule::After(length), span: text.span })
        }
        Ok(length) => {
            let message = format!("`{length}` is too short to enter again");
            reader.problems().push(
                Problem::error(Code::InvalidDuration, text.span, message)
                    .hint("Write at least `after 2 days`."),
            );
            None
        }
        Err(error) => {
            reader.problems().push(
                Problem::error(Code::InvalidDuration, text.span, error.to_string())
                    .hint(hints::duration_hint(length)),
            );
            None
        }
    }
}

fn is_at_least(length: Duration, shortest: i64) -> bool {
    after(0, length, &Zone::utc()).is_ok_and(|end| end >= shortest)
}

#[cfg(test)]
mod tests {
    use crate::definitions::testing::problems_of;

    #[test]
    fn each_mistake_in_how_people_enter_once_more_has_its_place() {
        let head = "kind: journey\nname: a\ntarget: account\nstart: 2023-03-01 08:00\naudience: { include: [b] }\nsteps: [{ id: a, tile: end }]\n";
        let cases: [(&str, &[&str]); 11] = [
            ("repeat: { every: 30 days, times: 3 }\nreentry: after 3 months\n", &[]),
            ("reentry: on_joining\n", &[]),
            ("repeat: { every: 1 month }\n", &[]),
            (
                "repeat: 30 days\n",
                &[
                    "wrong-type 7:9 expected a mapping for `repeat`, found text | Write how often it starts, such as `repeat: { every: 30 days, times: 3 }`.",
                ],
            ),
            (
                "repeat: { times: 3 }\n",
                &[
                    "missing-key 7:1 `repeat` needs `every` | Write how long after a start the next one comes, such as `every: 30 days`.",
                ],
            ),
            (
                "repeat: { every: 5 minutes, times: 0 }\n",
                &[
                    "invalid-duration 7:18 `5 minutes` is too short to repeat a journey | Write at least `1 hour`. Whoever is still in an iteration is stopped when the next one starts.",
                    "invalid-value 7:36 a journey can't take place 0 times | Write how many iterations there are in all, the first one included, or leave `times` out.",
                ],
            ),
            (
                "repeat: { every: 30 days, count: 3 }\n",
                &["unknown-key 7:27 unknown key `count` in `repeat` | There is: `every`, `times`."],
            ),
            (
                "reentry: 90 days\n",
                &[
                    "invalid-duration 7:10 `90 days` doesn't say after how long a contact may enter again | Write `reentry: after 90 days`.",
                ],
            ),
            (
                "reentry: after 36 hours\n",
                &[
                    "invalid-duration 7:10 `36 hours` is too short to enter again | Write at least `after 2 days`.",
                ],
            ),
            (
                "reentry: after 90 business days\n",
                &[
                    "invalid-duration 7:10 business days don't say when a contact may enter again | Write calendar days, such as `after 90 days`.",
                ],
            ),
            (
                "reentry: never\n",
                &[
                    "invalid-duration 7:10 `never` doesn't say after how long a contact may enter again | Write after how long, such as `reentry: after 90 days`, or `reentry: on_joining`.",
                ],
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(problems_of(&format!("{head}{text}")), expected, "{text}");
        }
    }
}
