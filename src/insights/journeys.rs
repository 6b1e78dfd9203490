//! How people move through journeys.

use std::collections::BTreeMap;

use super::JourneyFacts;
use crate::{
    model::{Entity, Subject},
    store::{JourneyNumbers, MessageNumbers, Store, StoreError},
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
    /// How many entered.
    pub entered: i64,
    /// How many are in it.
    pub active: i64,
    /// How many went through.
    pub finished: i64,
    /// How many were stopped.
    pub stopped: i64,
}

/// A journey, step by step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JourneyReport {
    /// Totals.
    pub summary: JourneySummary,
    /// How many are in the audience now.
    pub audience: i64,
    /// How many of the audience are kept out now, by reason.
    pub kept_out: Vec<(String, i64)>,
    /// How many were stopped for each reason.
    pub stop_reasons: BTreeMap<String, i64>,
    /// The steps in the journey's order, then removed ones that somebody passed.
    pub steps: Vec<StepReport>,
    /// Messages other than mails, by step, channel, state and reason.
    pub messages: Vec<MessageNumbers>,
    /// Why nobody ever entered, when nobody did.
    pub nobody: Option<Nobody>,
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
    /// It is over, and ended before anybody was let in.
    Over,
    /// Nothing was run since there was somebody to let in.
    NotRunYet,
}

/// The totals of a journey.
///
/// # Errors
/// When the store fails.
pub fn journey_summary(store: &mut Store, facts: &JourneyFacts<'_>) -> Result<JourneySummary, StoreError> {
    let numbers = numbers(store, facts, None)?;
    Ok(summary(facts, &numbers))
}

/// The numbers of a journey step by step at `now`, narrowed to one account when asked. The caller has
/// made sure that there is such an account.
///
/// # Errors
/// When the store fails.
pub fn journey_report(
    store: &mut Store,
    facts: &JourneyFacts<'_>,
    account_id: Option<&str>,
    now: i64,
) -> Result<JourneyReport, StoreError> {
    let numbers = numbers(store, facts, account_id)?;
    let audience = match account_id {
        Some(id) => facts.audience_of(Subject::Account, id),
        None => facts.audience.clone(),
    };
    let (audience, kept_out) = store.audience_counts(&audience, facts.blocks, facts.timezone, now)?;
    let blocked: i64 = kept_out.iter().map(|(_, count)| count).sum();
    let nobody = (numbers.entered == 0).then(|| {
        if facts.ends_at.is_some_and(|end| end <= now) {
            Nobody::Over
        } else if facts.starts_at > now {
            Nobody::StartsLater
        } else if audience == 0 {
            Nobody::NoAudience
        } else if blocked == audience {
            Nobody::AllKeptOut
        } else {
            Nobody::NotRunYet
        }
    });
    Ok(JourneyReport {
        summary: summary(facts, &numbers),
        audience,
        kept_out,
        stop_reasons: numbers.stop_reasons.clone(),
        messages: numbers.messages.clone(),
        steps: steps(facts, numbers),
        nobody,
    })
}

/// What the store counted under the journey's name, or under its former one until it is published again.
fn numbers(
    store: &mut Store,
    facts: &JourneyFacts<'_>,
    account_id: Option<&str>,
) -> Result<JourneyNumbers, StoreError> {
    for name in std::iter::once(facts.name).chain(facts.was) {
        if let Some(row) = store.journey_row(name)? {
            return store.journey_numbers(row.key, account_id);
        }
    }
    Ok(JourneyNumbers::default())
}

fn summary(facts: &JourneyFacts<'_>, numbers: &JourneyNumbers) -> JourneySummary {
    JourneySummary {
        name: facts.name.to_owned(),
        target: facts.target,
        starts_at: facts.starts_at,
        ends_at: facts.ends_at,
        entered: numbers.entered,
        active: numbers.active,
        finished: numbers.finished,
        stopped: numbers.stopped,
    }
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
