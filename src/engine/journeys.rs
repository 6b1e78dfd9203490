//! Journeys that are published, and their iterations.

use std::collections::{BTreeMap, BTreeSet};

use super::reentry;
use crate::{
    compile::JourneyPlan,
    definitions::{AtEnd, ReentryRule},
    model::{Condition, JOURNEY_ENDED, NEW_ITERATION, time::LAG_LIMIT},
    store::{Enrolment, IterationRow, Reentry, Store, StoreError},
    tiles::Wakes,
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
    /// What wakes those who wait at the plan's steps, in the plan's order, segments resolved to what they
    /// depend on.
    pub wakes: Vec<Wakes>,
    /// The segments that it asks for anywhere, and the scores.
    pub needs: (BTreeSet<String>, BTreeSet<String>),
    /// The conditions of segments by name.
    pub segments: &'a BTreeMap<String, Condition>,
    /// When its present version was published.
    pub published_at: i64,
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

    /// Starts the iterations whose time has come, and gives those that are going on. Of those that were
    /// missed by more than 36 hours only the latest starts, and none does once the journey is over.
    pub(super) fn iterations(&self, store: &mut Store, now: i64) -> Result<Vec<Open>, StoreError> {
        let mut all = store.iterations(self.key)?;
        let last = all.last().map_or(0, |iteration| iteration.number);
        let starting = due_iterations(self.plan, last, now);
        for (number, starts_at) in &starting {
            store.start_iteration(self.key, *number, *starts_at)?;
        }
        if !starting.is_empty() {
            all = store.iterations(self.key)?;
        }
        let next_starts: Vec<Option<i64>> =
            (1..=all.len()).map(|at| all.get(at).map(|next| next.starts_at)).collect();
        let open = all.into_iter().zip(next_starts).filter(|(iteration, _)| iteration.ended_at.is_none());
        let open = open.map(|(iteration, next)| {
            let superseded_at = next.map(|next| {
                // Iterations that were missed would have ended it, too.
                let planned = self.plan.iteration_start(iteration.number + 1).unwrap_or(next);
                planned.min(next).max(iteration.starts_at)
            });
            Open { iteration, superseded_at }
        });
        Ok(open.collect())
    }

    /// Lets in who is in the audience, and stops who is blocked, when anything changed that may have
    /// changed either, or somebody may enter again. Tells whether anybody moved.
    pub(super) fn let_in(&self, store: &mut Store, open: &Open, now: i64) -> Result<bool, StoreError> {
        let iteration = &open.iteration;
        let present = open.present(self.plan, now);
        let version = store.audience_version()?;
        let again = self.may_enter_again(store, iteration, present)?;
        if iteration.audience_version == Some(version) && !again {
            // So that the rule `on_joining` doesn't have to look back ever further.
            let long_ago = iteration.looked_at.is_some_and(|at| at < present.saturating_sub(LAG_LIMIT));
            if long_ago && self.plan.reentry == Some(ReentryRule::OnJoining) {
                store.audience_seen(iteration.key, version, present)?;
            }
            return Ok(false);
        }
        let (now, processed_at) = (present, now);
        let timezone = self.plan.zone.name();
        let mut moved = store.stop_blocked(iteration.key, &self.plan.blocks, timezone, now)? > 0;
        let over_at = open.over_at(self.plan, processed_at);
        // What was missed for too long is over before anybody came in. Else those come in who would have, had a run
        // looked between the last look and the end.
        let missed =
            open.superseded_at.is_some() && iteration.starts_at < processed_at.saturating_sub(LAG_LIMIT);
        let seen = over_at.is_some_and(|over_at| iteration.looked_at.is_some_and(|at| at >= over_at));
        let ended = missed || seen;
        let first = self.plan.steps.first().zip(self.step_keys.first());
        if let (Some((first, key)), false) = (first, ended) {
            let looks_at = if over_at.is_some() { processed_at } else { now };
            let since = iteration.starts_at.max(self.published_at).min(looks_at);
            let account_steps: Vec<i64> = self
                .plan
                .steps
                .iter()
                .zip(&self.step_keys)
                .filter(|(step, _)| step.tile.wakes.whole_account)
                .map(|(_, key)| *key)
                .collect();
            let length = self.plan.reentry.and_then(ReentryRule::length);
            let enters_again = |ended_at: i64| {
                length.and_then(|length| reentry::due(ended_at, length, &self.plan.zone)).unwrap_or(now)
            };
            let entered = store.enrol(
                &Enrolment {
                    iteration_key: iteration.key,
                    first_step_key: *key,
                    first_look_after: first.tile.look.after,
                    first_look_at: first.tile.look.at,
                    audience: &self.plan.audience,
                    blocks: &self.plan.blocks,
                    since,
                    before: over_at,
                    reentry: self.plan.reentry.map(|rule| match rule {
                        ReentryRule::After(length) => Reentry::After {
                            ended_until: reentry::ended_until(now, length, &self.plan.zone),
                            moment: &enters_again,
                        },
                        ReentryRule::OnJoining => Reentry::OnJoining,
                    }),
                    account_steps: &account_steps,
                    timezone,
                },
                looks_at,
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
        store.audience_seen(iteration.key, version, now)?;
        Ok(moved)
    }

    /// Whether the time has come, since it was looked at last, at which somebody may enter again.
    fn may_enter_again(
        &self,
        store: &mut Store,
        iteration: &IterationRow,
        now: i64,
    ) -> Result<bool, StoreError> {
        let length = match self.plan.reentry {
            None => return Ok(false),
            Some(ReentryRule::OnJoining) => return self.joined_anew(store, iteration, now),
            Some(ReentryRule::After(length)) => length,
        };
        let ended_until = |at| reentry::ended_until(at, length, &self.plan.zone);
        let seen = iteration.looked_at.map_or(i64::MIN, ended_until);
        let next = store.next_end_of_participation(iteration.key, seen)?;
        Ok(next.is_some_and(|ended_at| ended_at <= ended_until(now)))
    }

    /// Whether somebody whose stay ended since it was looked at last came into the audience anew during the stay:
    /// whoever does so afterwards changes the audience's version.
    fn joined_anew(&self, store: &mut Store, iteration: &IterationRow, now: i64) -> Result<bool, StoreError> {
        // An end may be dated back (semantics 14).
        let ended_after = iteration.looked_at.map_or(i64::MIN, |at| at.min(now).saturating_sub(LAG_LIMIT));
        store.anybody_joined_anew(
            iteration.key,
            &self.plan.audience,
            &self.plan.blocks,
            ended_after,
            self.plan.zone.name(),
            now,
        )
    }

    /// Ends an iteration when a newer one started, or the journey's end has come: everybody left in it
    /// stops, or goes on to the end of their way (semantics 16).
    pub(super) fn end(
        &self,
        store: &mut Store,
        open: &Open,
        now: i64,
        real_now: i64,
    ) -> Result<bool, StoreError> {
        let iteration = &open.iteration;
        let end = self.plan.end.filter(|end| *end <= now);
        let (moment, reason) = match (open.superseded_at, end, self.plan.at_end) {
            (Some(next), Some(end), AtEnd::Stop) if end < next => (end, Some(JOURNEY_ENDED)),
            (Some(next), ..) => (next, Some(NEW_ITERATION)),
            (None, Some(end), AtEnd::Stop) => (end, Some(JOURNEY_ENDED)),
            (None, Some(end), AtEnd::Finish) => (end, None),
            (None, None, _) => return Ok(false),
        };
        if reason.is_none() && store.anybody_in(iteration.key)? {
            return Ok(false);
        }
        if !store.end_iteration(iteration.key, moment, reason, real_now)? {
            return Ok(false);
        }
        tracing::info!(journey = self.plan.name, iteration = iteration.number, "iteration ended");
        Ok(true)
    }

    /// The earliest moment after `after` at which somebody may enter an iteration again.
    ///
    /// # Errors
    /// When the store fails.
    pub fn next_reentry(&self, store: &mut Store, after: i64) -> Result<Option<i64>, StoreError> {
        // Whoever comes into the audience anew is found by what makes them do so.
        let Some(length) = self.plan.reentry.and_then(ReentryRule::length) else { return Ok(None) };
        let seen = reentry::ended_until(after, length, &self.plan.zone);
        let mut next: Option<i64> = None;
        for iteration in store.iterations(self.key)?.iter().filter(|iteration| iteration.ended_at.is_none()) {
            let ended_at = store.next_end_of_participation(iteration.key, seen)?;
            let due = ended_at.and_then(|at| reentry::due(at, length, &self.plan.zone));
            next = [next, due.filter(|due| *due > after)].into_iter().flatten().min();
        }
        Ok(next)
    }
}

/// An iteration that is going on.
pub(super) struct Open {
    /// The iteration.
    pub(super) iteration: IterationRow,
    /// When a newer one started, which ends it.
    superseded_at: Option<i64>,
}

impl Open {
    /// The moment up to which the iteration is to be played at `now`: its end, when that has passed and
    /// stops everybody.
    pub(super) fn present(&self, plan: &JourneyPlan, now: i64) -> i64 {
        let end = plan.end.filter(|_| plan.at_end == AtEnd::Stop);
        [Some(now), end, self.superseded_at].into_iter().flatten().min().unwrap_or(now)
    }

    /// Since when nobody enters any more at `now`: since the journey's end, or the start of a newer iteration.
    fn over_at(&self, plan: &JourneyPlan, now: i64) -> Option<i64> {
        plan.end.filter(|end| *end <= now).into_iter().chain(self.superseded_at).min()
    }
}

/// The iterations after the one numbered `last` that start at `now`, with their starts.
fn due_iterations(plan: &JourneyPlan, last: i64, now: i64) -> Vec<(i64, i64)> {
    let Some(latest) = plan.latest_iteration(now) else { return Vec::new() };
    let over = plan.end.is_some_and(|end| end < now);
    let mut due = Vec::new();
    for number in (last + 1..=latest).rev() {
        let Some(start) = plan.iteration_start(number) else { continue };
        let missed = start < now.saturating_sub(LAG_LIMIT);
        if missed && (over || number < latest) {
            break;
        }
        due.push((number, start));
    }
    due.reverse();
    due
}

/// The earliest start or end of a journey, or of one of its iterations, after a moment.
#[must_use]
pub fn next_turn<'a>(journeys: impl IntoIterator<Item = &'a JourneyPlan>, after: i64) -> Option<i64> {
    journeys
        .into_iter()
        .flat_map(|journey| [journey.next_iteration_start(after), journey.end])
        .flatten()
        .filter(|at| *at > after)
        .min()
}
