//! `wait`: holds each contact for a length of time, or until a moment.

use super::{
    Batch, CompileContext, ContactTile, Look, Needs, Outcome, Outcomes, Parameter, Tile, TileError, TileKind,
    TileSpec, Uniform, Wakes, Work, shared::fixed_milliseconds,
};
use crate::{
    calendar::{self, Zone},
    definitions::{Reader, StepDefinition, moment_hint},
    diagnostics::{Code, Problem},
    model::{Duration, time::moment_of},
};

pub(super) struct Wait;

static SPEC: TileSpec = TileSpec {
    name: "wait",
    summary: "Holds each contact for a length of time from its arrival, or until a moment",
    parameters: &[
        Parameter::optional("for", "duration", "How long, from the contact's arrival"),
        Parameter::optional("until", "date and time", "Until when; a moment that has passed is no wait"),
    ],
    paths: &[],
    example: "- id: pause\n  tile: wait\n  with: { for: 7 days }\n",
};

impl TileKind for Wait {
    fn spec(&self) -> &'static TileSpec {
        &SPEC
    }

    fn compile(&self, step: &StepDefinition, context: &mut CompileContext<'_>) -> Option<Tile> {
        let mut reader = Reader::of_step(step, context.problems);
        let unavailable = reader.not_available(&["window", "weekdays", "timezone"]);
        let length = reader.duration("for");
        let until = reader.text("until");
        let written = reader.has("for") || reader.has("until");
        reader.finish();
        if unavailable {
            return None;
        }
        match (length, until) {
            (Some(length), None) => Some(wait_for(length.value, context.zone)),
            (None, Some(until)) => match calendar::parse_moment(&until.value, context.zone) {
                Ok(at) => Some(uniform(Look { after: 0, at })),
                Err(error) => {
                    context.problems.push(
                        Problem::error(Code::InvalidTime, until.span, error.to_string())
                            .hint(moment_hint(&until.value)),
                    );
                    None
                }
            },
            (Some(_), Some(until)) => {
                context.problems.push(
                    Problem::error(Code::UnknownKey, until.span, "`for` and `until` in one wait")
                        .hint("Write one of them, or two steps."),
                );
                None
            }
            (None, None) => {
                if !written {
                    context.problems.push(
                        Problem::error(
                            Code::MissingKey,
                            step.tile.span,
                            "the tile `wait` needs `for` or `until` under `with`",
                        )
                        .hint("Write how long to wait, such as `for: 7 days`."),
                    );
                }
                None
            }
        }
    }
}

fn uniform(look: Look) -> Tile {
    Tile {
        look,
        paths: Vec::new(),
        work: Work::Uniform(Uniform { released_when_due: true, ..Uniform::default() }),
        wakes: Wakes::default(),
    }
}

fn wait_for(length: Duration, zone: &Zone) -> Tile {
    match fixed_milliseconds(length) {
        Some(after) => uniform(Look { after, at: i64::MIN }),
        None => Tile {
            look: Look::ON_ARRIVAL,
            paths: Vec::new(),
            work: Work::PerContact(Box::new(CalendarWait { length, zone: zone.clone() })),
            wakes: Wakes::default(),
        },
    }
}

/// A wait whose length depends on the calendar: months, years, business days.
struct CalendarWait {
    length: Duration,
    zone: Zone,
}

impl ContactTile for CalendarWait {
    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn run(&self, batch: &Batch, out: &mut Outcomes) -> Result<(), TileError> {
        for (place, participant) in batch.participants.iter().enumerate() {
            match calendar::after(participant.arrived_at, self.length, &self.zone) {
                Ok(until) if until > batch.now => out.participant(place, Outcome::Wait { until }),
                Ok(until) => {
                    out.participant(place, Outcome::Go { path: None, moment: moment_of(until, batch.now) });
                }
                Err(error) => out.noted(place, Outcome::Stop, Some(format!("failed: {error}"))),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{calendar::parse_moment, model::time::rfc3339, tiles::Participant};

    #[test]
    fn rule_14_a_calendar_wait_ends_at_its_own_moment_however_late_the_tick() {
        let zone = Zone::named("Europe/London").unwrap();
        let length = calendar::parse_duration("1 month").unwrap();
        let tile = CalendarWait { length, zone: zone.clone() };
        let at = |text| parse_moment(text, &zone).unwrap();
        let arrived_at = at("2023-01-31 08:00");
        let cases = [
            ("2023-02-01 00:00", "wait until 2023-02-28T08:00:00Z"),
            ("2023-02-28 08:00", "go from 2023-02-28T08:00:00Z"),
            ("2023-02-28 20:00", "go from 2023-02-28T08:00:00Z"),
            ("2023-03-09 12:00", "go from 2023-03-09T12:00:00Z"),
        ];
        for (now, expected) in cases {
            let participant = Participant { arrived_at, ..Participant::default() };
            let batch = Batch { participants: vec![participant], now: at(now), ..Batch::default() };
            let mut out = Outcomes::of(&batch);
            tile.run(&batch, &mut out).unwrap();
            let told = match &out.finish("wait", &batch).unwrap().outcomes[0].0 {
                Outcome::Go { moment, .. } => format!("go from {}", rfc3339(*moment)),
                Outcome::Wait { until } => format!("wait until {}", rfc3339(*until)),
                Outcome::Stop | Outcome::Retry { .. } => "stop".to_owned(),
            };
            assert_eq!(told, expected, "at {now}");
        }
    }
}
