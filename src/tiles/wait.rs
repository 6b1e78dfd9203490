//! `wait`: holds each contact for a length of time, until a moment or a time of day, or until the hours of
//! a window.

use super::{
    Batch, CompileContext, Deciding, Look, Needs, Outcomes, Participant, Tile, TileError, TileKind, TileSpec,
    Uniform, Unit, WaitWindow, Wakes, Work, shared::fixed_milliseconds, wait_parameters,
    wait_window::zone_of,
};
use crate::model::Outcome;
use crate::{
    calendar::{self, CalendarError, LocalTime, Weekdays, Window, Zone},
    definitions::{Form, Key, StepDefinition},
    model::{Duration, Entity, Field, time::moment_of},
};

pub(super) struct Wait;

pub(super) const PARAMETERS: &[Key] = &[
    Key::optional("for", Form::Duration, "How long, from the contact's arrival"),
    Key::optional(
        "until",
        Form::Said(&Form::Text, "date and time, or time of day"),
        "Until when: a moment, which is no wait once it has passed, or the next such time of day after the arrival",
    ),
    Key::optional(
        "weekdays",
        Form::Said(&Form::Any, "list of weekdays"),
        "On which days a time of day counts; days from Monday to Friday alone pass over holidays",
    ),
    Key::optional(
        "window",
        Form::Said(&Form::Any, "`weekdays`, `from`, `to`"),
        "The days or hours in which contacts go on, and in which messages leave that are made before the next `wait` or `trigger`; `to` doesn't belong to it. `weekdays` alone are whole days",
    ),
    Key::optional(
        "skip_weekends",
        Form::Boolean,
        "`true`: who would go on at a weekend or on a holiday goes on at that time of the next working day; short for a `window` of whole working days",
    ),
    Key::optional(
        "timezone",
        Form::Choice(&["journey", "contact"]),
        "Whose clocks and calendars count; the journey's when not written, or when a contact has none",
    ),
];

static SPEC: TileSpec = TileSpec {
    name: "wait",
    summary: "Holds each contact for a length of time from its arrival, until a moment, or until certain hours",
    parameters: PARAMETERS,
    paths: &[],
    example: "- id: pause\n  tile: wait\n  with: { for: 7 days }\n- id: office-hours\n  tile: wait\n  with:\n    for: 2 business days\n    window: { weekdays: [mon, tue, wed, thu, fri], from: \"09:00\", to: \"17:00\" }\n    timezone: contact\n- id: tuesday\n  tile: wait\n  with: { until: \"09:00\", weekdays: [tue] }\n",
};

/// What everybody is held for before the window is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Base {
    /// Nothing.
    Nothing,
    /// A length of time.
    For(Duration),
    /// A moment, as it was written.
    Moment(String),
    /// The next such time of day after the arrival.
    Daily(LocalTime, Weekdays),
}

/// Whose clocks count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clocks {
    Journey,
    Contact,
}

/// What stands under `with`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parameters {
    pub(super) base: Base,
    pub(super) window: Option<Window>,
    pub(super) clocks: Clocks,
}

impl TileKind for Wait {
    fn spec(&self) -> &'static TileSpec {
        &SPEC
    }

    fn compile(&self, step: &StepDefinition, context: &mut CompileContext<'_>) -> Option<Tile> {
        let parameters = wait_parameters::read(step, context)?;
        if let Some(look) = uniform_look(&parameters, context.zone) {
            return Some(Tile {
                look,
                paths: Vec::new(),
                work: Work::Uniform(Uniform { released_when_due: true, ..Uniform::default() }),
                wakes: Wakes::default(),
            });
        }
        let timezone = match parameters.clocks {
            Clocks::Journey => None,
            Clocks::Contact => context.catalog.field(Entity::Contact, "timezone").cloned(),
        };
        let zone = context.zone.clone();
        let tile = CalendarWait { parameters, zone, timezone };
        let window = tile.window();
        let deciding = Deciding::new(Unit::Contact, tile.needs(), move |batch, out| tile.run(batch, out));
        Some(Tile {
            look: Look::ON_ARRIVAL,
            paths: Vec::new(),
            work: Deciding { window, ..deciding }.into(),
            wakes: Wakes::default(),
        })
    }
}

/// The look of a wait that is the same for everyone, when it is. Each parameter is named here, so that one that is
/// added later can't be forgotten.
fn uniform_look(parameters: &Parameters, zone: &Zone) -> Option<Look> {
    let Parameters { base, window, clocks } = parameters;
    if window.is_some() {
        return None;
    }
    match (base, clocks) {
        (Base::For(length), _) => fixed_milliseconds(*length).map(|after| Look { after, at: i64::MIN }),
        (Base::Moment(text), Clocks::Journey) => {
            calendar::parse_moment(text, zone).ok().map(|at| Look { after: 0, at })
        }
        _ => None,
    }
}

/// A wait whose end depends on the calendar, or on the contact.
struct CalendarWait {
    parameters: Parameters,
    zone: Zone,
    /// The contact's field, when its zone counts.
    timezone: Option<Field>,
}

impl CalendarWait {
    /// The zone that counts for a contact, and what to say about it.
    fn zone_of(&self, participant: &Participant) -> (Zone, Option<String>) {
        match self.timezone {
            None => (self.zone.clone(), None),
            Some(_) => zone_of(participant.contact.first(), &self.zone),
        }
    }

    /// When the wait of somebody who arrived at a moment ends.
    fn end(&self, arrived_at: i64, zone: &Zone) -> Result<i64, CalendarError> {
        let base = match &self.parameters.base {
            Base::Nothing => arrived_at,
            Base::For(length) => calendar::after(arrived_at, *length, zone)?,
            Base::Moment(text) => calendar::parse_moment(text, zone)?.max(arrived_at),
            Base::Daily(time, weekdays) => calendar::next_local_time(arrived_at, *time, *weekdays, zone)?,
        };
        self.inside(base, zone)
    }

    fn inside(&self, at: i64, zone: &Zone) -> Result<i64, CalendarError> {
        self.parameters.window.map_or(Ok(at), |window| window.at_or_after(at, zone))
    }

    /// The moment that lets a participant go, which may still lie ahead.
    fn release(&self, participant: &Participant, now: i64, zone: &Zone) -> Result<i64, CalendarError> {
        let mut end = self.end(participant.arrived_at, zone)?;
        if end > now {
            return Ok(end);
        }
        // A contact that was held once more after an outage goes on from the window for which it was held; one
        // whose wait was made shorter by a publication, from the publication.
        if participant.due_at > end {
            end = self.inside(participant.due_at, zone)?;
        }
        match moment_of(end, now) {
            moment if moment == end => Ok(end),
            late => self.inside(late, zone),
        }
    }
}

impl CalendarWait {
    fn needs(&self) -> Needs {
        Needs { contact: self.timezone.iter().cloned().collect(), ..Needs::default() }
    }

    fn window(&self) -> Option<WaitWindow> {
        let by_contact = self.timezone.is_some();
        self.parameters.window.map(|window| WaitWindow { window, zone: self.zone.clone(), by_contact })
    }

    fn run(&self, batch: &Batch, out: &mut Outcomes) -> Result<(), TileError> {
        for (place, participant) in batch.participants.iter().enumerate() {
            let (zone, note) = self.zone_of(participant);
            match self.release(participant, batch.now, &zone) {
                Ok(until) if until > batch.now => out.participant(place, Outcome::Wait { until }),
                Ok(moment) => out.noted(place, Outcome::Go { path: None, moment }, note),
                Err(error) => out.noted(place, Outcome::Stop, Some(format!("failed: {error}"))),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "wait_tests.rs"]
mod tests;
