//! Journeys that are published, and their iterations.

use crate::{
    compile::JourneyPlan,
    definitions::AtEnd,
    model::time::moment_of,
    store::{Enrolment, IterationRow, Store, StoreError},
};

/// A journey as it is published: its plan with the keys that the store gave it.
pub struct LiveJourney<'a> {
    /// What it does.
    pub plan: &'a JourneyPlan,
    /// Its key.
    pub key: i64,
    /// The keys of the plan's steps, in the plan's order.
    pub step_keys: Vec<i64>,
    /// The name under which it was published first.
    pub origin: String,
    /// The ids under which the plan's steps were published first, in the plan's order.
    pub step_origins: Vec<String>,
}

impl LiveJourney<'_> {
    /// The key of a step by its id; -1, which nobody stands on, for another.
    #[must_use]
    pub fn step_key(&self, id: &str) -> i64 {
        let place = self.plan.steps.iter().position(|step| step.id == id);
        place.and_then(|place| self.step_keys.get(place)).copied().unwrap_or(-1)
    }

    /// The id under which a step was published first.
    pub(super) fn step_origin(&self, id: &str) -> &str {
        let place = self.plan.steps.iter().position(|step| step.id == id);
        place.and_then(|place| self.step_origins.get(place)).map_or("", String::as_str)
    }

    /// Whether a step leads back, so that somebody may come to a step more than once.
    pub(super) fn goes_back(&self) -> bool {
        let steps = self.plan.steps.iter().enumerate();
        steps.into_iter().any(|(at, step)| step.next.iter().any(|(_, to)| to.is_some_and(|to| to <= at)))
    }

    /// The moment up to which the journey is to be played at `now`: its end, when that has passed and
    /// stops everybody.
    pub(super) fn present(&self, now: i64) -> i64 {
        match (self.plan.end, self.plan.at_end) {
            (Some(end), AtEnd::Stop) => end.min(now),
            _ => now,
        }
    }

    /// Starts the journey's iteration when its time has come; a journey that was over before it was ever
    /// run doesn't start. Gives the iterations that are going on.
    pub(super) fn iterations(&self, store: &mut Store, now: i64) -> Result<Vec<IterationRow>, StoreError> {
        let mut all = store.iterations(self.key)?;
        let over = self.plan.end.is_some_and(|end| end < now);
        if all.is_empty() && self.plan.start <= now && !over {
            store.start_iteration(self.key, 1, self.plan.start)?;
            all = store.iterations(self.key)?;
        }
        Ok(all.into_iter().filter(|iteration| iteration.ended_at.is_none()).collect())
    }

    /// Lets in who is in the audience, and stops who is blocked, when anything changed that may have
    /// changed either. Tells whether anybody moved.
    pub(super) fn let_in(
        &self,
        store: &mut Store,
        iteration: &IterationRow,
        now: i64,
    ) -> Result<bool, StoreError> {
        let version = store.audience_version()?;
        if iteration.audience_version == Some(version) {
            return Ok(false);
        }
        let timezone = self.plan.zone.name();
        let mut moved = store.stop_blocked(iteration.key, &self.plan.blocks, timezone, now)? > 0;
        let ended = self.plan.end.is_some_and(|end| end <= now) && iteration.enrolled_at.is_some();
        let first = self.plan.steps.first().zip(self.step_keys.first());
        if let (Some((first, key)), false) = (first, ended) {
            // The first to enter do so when the iteration starts, however late the tick (semantics 14).
            let moment = match iteration.enrolled_at {
                None => moment_of(iteration.starts_at, now),
                Some(_) => now,
            };
            let account_steps: Vec<i64> = self
                .plan
                .steps
                .iter()
                .zip(&self.step_keys)
                .filter(|(step, _)| step.tile.wakes.whole_account)
                .map(|(_, key)| *key)
                .collect();
            let entered = store.enrol(
                &Enrolment {
                    iteration_key: iteration.key,
                    first_step_key: *key,
                    first_look_after: first.tile.look.after,
                    first_look_at: first.tile.look.at,
                    audience: &self.plan.audience,
                    blocks: &self.plan.blocks,
                    moment,
                    account_steps: &account_steps,
                    timezone,
                },
                now,
            )?;
            if entered > 0 {
                tracing::info!(
                    journey = self.plan.name,
                    iteration = iteration.number,
                    entered,
                    "contacts entered"
                );
            }
            moved |= entered > 0;
        }
        store.audience_seen(iteration.key, version)?;
        Ok(moved)
    }

    /// Ends an iteration when the journey's end has come: everybody left in it stops, or goes on to the
    /// end of their way (semantics 16).
    pub(super) fn end(
        &self,
        store: &mut Store,
        iteration: &IterationRow,
        now: i64,
        real_now: i64,
    ) -> Result<bool, StoreError> {
        let Some(end) = self.plan.end.filter(|end| *end <= now) else { return Ok(false) };
        let stop = self.plan.at_end == AtEnd::Stop;
        if !stop && store.anybody_in(iteration.key)? {
            return Ok(false);
        }
        if !store.end_iteration(iteration.key, end, stop, real_now)? {
            return Ok(false);
        }
        tracing::info!(journey = self.plan.name, iteration = iteration.number, "iteration ended");
        Ok(true)
    }
}

/// The earliest start or end of a journey after a moment.
#[must_use]
pub fn next_turn<'a>(journeys: impl IntoIterator<Item = &'a JourneyPlan>, after: i64) -> Option<i64> {
    journeys
        .into_iter()
        .flat_map(|journey| [Some(journey.start), journey.end])
        .flatten()
        .filter(|at| *at > after)
        .min()
}
