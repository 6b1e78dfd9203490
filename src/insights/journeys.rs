//! How people move through journeys.

use std::collections::BTreeMap;

use super::JourneyFacts;
use crate::{
    model::{Entity, Subject},
    store::{AudienceCounts, JourneyNumbers, MessageNumbers, Store, StoreError},
};

/// A journey in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JourneySummary {
    /// Its name.
    pub name: String,
    /// Whether accounts are one unit.
    pub target: Entity,
    /// When it starts.
    pub starts_at: i64,
    /// When it ends.
    pub ends_at: Option<i64>,
    /// How it stands.
    pub state: JourneyState,
    /// Since when it is paused, by itself or with all others.
    pub paused_at: Option<i64>,
    /// How many entered.
    pub entered: i64,
    /// How many are in it.
    pub active: i64,
    /// How many went through.
    pub finished: i64,
    /// How many were stopped.
    pub stopped: i64,
}

/// How a journey stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JourneyState {
    /// It starts later.
    Scheduled,
    /// It goes on.
    Live,
    /// It is paused.
    Paused,
    /// Its end has come.
    Ended,
}

impl JourneyState {
    /// The word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            JourneyState::Scheduled => "scheduled",
            JourneyState::Live => "live",
            JourneyState::Paused => "paused",
            JourneyState::Ended => "ended",
        }
    }
}

/// An iteration of a journey that repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IterationReport {
    /// Its number, from 1.
    pub number: i64,
    /// When it started.
    pub starts_at: i64,
    /// When it ended.
    pub ended_at: Option<i64>,
}

/// What is asked about a journey.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Narrowed<'a> {
    /// One iteration alone, by its number.
    pub iteration: Option<i64>,
    /// The people of one account alone, by its id.
    pub account_id: Option<&'a str>,
}

/// A journey, step by step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JourneyReport {
    /// Totals.
    pub summary: JourneySummary,
    /// The audience now, and how many of it entered the latest iteration, or the one that was asked for.
    pub audience: AudienceCounts,
    /// How many never entered that were kept out when a run looked last, by reason; of an account nothing.
    pub kept_out_before: Vec<(String, i64)>,
    /// How many were stopped for each reason.
    pub stop_reasons: BTreeMap<String, i64>,
    /// The steps in the journey's order, then removed ones that somebody passed.
    pub steps: Vec<StepReport>,
    /// Messages other than mails, by step, channel, state and reason.
    pub messages: Vec<MessageNumbers>,
    /// Why nobody ever entered, when nobody did.
    pub nobody: Option<Nobody>,
    /// The iterations that started, oldest first.
    pub iterations: Vec<IterationReport>,
    /// When the next iteration starts.
    pub next_iteration_at: Option<i64>,
}

/// A step of a journey in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepReport {
    /// Its id.
    pub id: String,
    /// Its tile.
    pub tile: String,
    /// How many came.
    pub inflow: i64,
    /// How many stand there.
    pub waiting: i64,
    /// How many left it.
    pub processed: i64,
    /// How many were stopped there.
    pub stopped: i64,
    /// How many took each path, in the step's order; those that nobody took, too.
    pub paths: Vec<(String, i64)>,
    /// Whether the journey has no such step any more.
    pub removed: bool,
}

/// Why nobody entered a journey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nobody {
    /// It starts later.
    StartsLater,
    /// Nobody is in its audience.
    NoAudience,
    /// Everybody in its audience is kept out.
    AllKeptOut,
    /// It is paused.
    Paused,
    /// It is over, and ended before anybody was let in.
    Over,
    /// Nothing was run since there was somebody to let in.
    NotRunYet,
}

/// The totals of a journey at `now`.
///
/// # Errors
/// When the store fails.
pub fn journey_summary(
    store: &mut Store,
    facts: &JourneyFacts<'_>,
    now: i64,
) -> Result<JourneySummary, StoreError> {
    let known = known(store, facts)?;
    let numbers = numbers(store, known.as_ref(), Narrowed::default())?;
    summary(store, facts, known.as_ref(), &numbers, now)
}

/// The numbers of a journey step by step at `now`, narrowed when asked. The caller has made sure that there
/// is such an account and such an iteration.
///
/// # Errors
/// When the store fails.
pub fn journey_report(
    store: &mut Store,
    facts: &JourneyFacts<'_>,
    narrowed: Narrowed<'_>,
    now: i64,
) -> Result<JourneyReport, StoreError> {
    let known = known(store, facts)?;
    let numbers = numbers(store, known.as_ref(), narrowed)?;
    let iterations = match &known {
        Some((_, key)) => store.iterations(*key)?,
        None => Vec::new(),
    };
    let asked = match narrowed.iteration {
        Some(number) => iterations.iter().find(|iteration| iteration.number == number),
        None => iterations.last(),
    };
    let audience = match narrowed.account_id {
        Some(id) => facts.audience_of(Subject::Account, id),
        None => facts.audience.clone(),
    };
    let iteration_key = asked.map(|iteration| iteration.key);
    let audience = store.audience_counts(&audience, facts.blocks, iteration_key, facts.timezone, now)?;
    let blocked: i64 = audience.kept_out.iter().map(|(_, count)| count).sum();
    let kept_out_before = match (&known, narrowed.account_id) {
        (Some((_, key)), None) => store.kept_out_in_all(*key, iteration_key)?,
        _ => Vec::new(),
    };
    let paused = store.pauses()?.of(known.as_ref().map_or(facts.name, |(name, _)| name)).is_some();
    let nobody = (numbers.entered == 0).then(|| {
        if facts.ends_at.is_some_and(|end| end <= now) {
            Nobody::Over
        } else if facts.starts_at > now {
            Nobody::StartsLater
        } else if audience.all == 0 {
            Nobody::NoAudience
        } else if blocked == audience.all {
            Nobody::AllKeptOut
        } else if paused {
            Nobody::Paused
        } else {
            Nobody::NotRunYet
        }
    });
    Ok(JourneyReport {
        summary: summary(store, facts, known.as_ref(), &numbers, now)?,
        iterations: iterations
            .iter()
            .map(|row| IterationReport {
                number: row.number,
                starts_at: row.starts_at,
                ended_at: row.ended_at,
            })
            .collect(),
        next_iteration_at: facts
            .plan
            .filter(|plan| plan.repeat.is_some())
            .and_then(|plan| plan.next_iteration_start(now)),
        audience,
        kept_out_before,
        stop_reasons: numbers.stop_reasons.clone(),
        messages: numbers.messages.clone(),
        steps: steps(facts, numbers),
        nobody,
    })
}

/// The journey's name in the store, its former one until it is published again, and its key.
fn known(store: &mut Store, facts: &JourneyFacts<'_>) -> Result<Option<(String, i64)>, StoreError> {
    for name in std::iter::once(facts.name).chain(facts.was) {
        if let Some(row) = store.journey_row(name)? {
            return Ok(Some((name.to_owned(), row.key)));
        }
    }
    Ok(None)
}

fn numbers(
    store: &mut Store,
    known: Option<&(String, i64)>,
    narrowed: Narrowed<'_>,
) -> Result<JourneyNumbers, StoreError> {
    match known {
        Some((_, key)) => store.journey_numbers(*key, narrowed.iteration, narrowed.account_id),
        None => Ok(JourneyNumbers::default()),
    }
}

fn summary(
    store: &mut Store,
    facts: &JourneyFacts<'_>,
    known: Option<&(String, i64)>,
    numbers: &JourneyNumbers,
    now: i64,
) -> Result<JourneySummary, StoreError> {
    let name = known.map_or(facts.name, |(name, _)| name);
    let paused_at = store.pauses()?.of(name);
    let state = match (paused_at, facts.ends_at) {
        (_, Some(end)) if end <= now && numbers.active == 0 => JourneyState::Ended,
        (Some(_), _) => JourneyState::Paused,
        _ if facts.starts_at > now => JourneyState::Scheduled,
        _ => JourneyState::Live,
    };
    Ok(JourneySummary {
        name: facts.name.to_owned(),
        target: facts.target,
        starts_at: facts.starts_at,
        ends_at: facts.ends_at,
        state,
        paused_at: paused_at.filter(|_| state == JourneyState::Paused),
        entered: numbers.entered,
        active: numbers.active,
        finished: numbers.finished,
        stopped: numbers.stopped,
    })
}

fn steps(facts: &JourneyFacts<'_>, numbers: JourneyNumbers) -> Vec<StepReport> {
    let mut counted: Vec<Option<crate::store::StepNumbers>> = numbers.steps.into_iter().map(Some).collect();
    let mut reports = Vec::new();
    for step in &facts.steps {
        let found = counted.iter_mut().find(|found| found.as_ref().is_some_and(|found| found.id == step.id));
        let mut numbers = found.and_then(Option::take).unwrap_or_default();
        let named = step.paths.iter().map(|(path, _)| {
            let count = numbers.paths.remove(*path).unwrap_or_default();
            ((*path).to_owned(), count)
        });
        let mut paths: Vec<(String, i64)> = named.collect();
        // Paths that the step had before, and results of an `end`.
        paths.extend(std::mem::take(&mut numbers.paths));
        reports.push(report(step.id, step.tile, &numbers, paths, false));
    }
    for mut numbers in counted.into_iter().flatten() {
        let paths = std::mem::take(&mut numbers.paths).into_iter().collect();
        let removed = report(&numbers.id, &numbers.tile, &numbers, paths, true);
        if removed.inflow > 0 {
            reports.push(removed);
        }
    }
    reports
}

fn report(
    id: &str,
    tile: &str,
    numbers: &crate::store::StepNumbers,
    paths: Vec<(String, i64)>,
    removed: bool,
) -> StepReport {
    StepReport {
        id: id.to_owned(),
        tile: tile.to_owned(),
        inflow: numbers.waiting + numbers.processed + numbers.stopped,
        waiting: numbers.waiting,
        processed: numbers.processed,
        stopped: numbers.stopped,
        paths,
        removed,
    }
}
