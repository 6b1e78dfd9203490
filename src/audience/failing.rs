//! Parts that fail when they are run, and what depends on them.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    compile::{Plan, scores_of},
    store::{Store, StoreError},
};

/// The kind of a segment that fails.
pub(super) const SEGMENT: &str = "segment";
/// The kind of a scoring model that fails.
pub(super) const MODEL: &str = "scoring_model";
/// The kind of a journey that fails.
pub const JOURNEY: &str = "journey";

/// The parts that fail at present. They are skipped, with everything that needs them, and tried again when
/// segments are refreshed; what doesn't depend on them goes on.
#[derive(Debug, Clone, Default)]
pub struct Failing {
    parts: BTreeMap<(&'static str, String), i64>,
}

impl Failing {
    /// What the store knows. Parts that aren't in the plan any more are forgotten.
    ///
    /// # Errors
    /// When the store fails.
    pub fn read(store: &mut Store, plan: &Plan) -> Result<Failing, StoreError> {
        let mut failing = Failing::default();
        for part in store.failing_parts()? {
            let kind = [SEGMENT, MODEL, JOURNEY].into_iter().find(|kind| *kind == part.kind);
            let there = match kind {
                Some(SEGMENT) => plan.segment(&part.name).is_some(),
                Some(MODEL) => plan.model(&part.name).is_some(),
                _ => plan.journey(&part.name).is_some(),
            };
            match kind.filter(|_| there) {
                Some(kind) => drop(failing.parts.insert((kind, part.name), part.since)),
                None => store.note_working(&part.kind, &part.name)?,
            }
        }
        Ok(failing)
    }

    /// Whether a part fails.
    #[must_use]
    pub fn has(&self, kind: &'static str, name: &str) -> bool {
        self.parts.contains_key(&(kind, name.to_owned()))
    }

    /// The scoring models that fail.
    #[must_use]
    pub fn models(&self) -> Vec<String> {
        let of_models = self.parts.keys().filter(|(kind, _)| *kind == MODEL);
        of_models.map(|(_, name)| name.clone()).collect()
    }

    /// Why something can't be run that asks for these segments and scores; nothing when it can.
    #[must_use]
    pub fn needed(
        &self,
        plan: &Plan,
        segments: &BTreeSet<String>,
        scores: &BTreeSet<String>,
    ) -> Option<String> {
        self.parts.keys().find_map(|(kind, name)| match *kind {
            SEGMENT if segments.contains(name) => Some(format!("it needs the segment `{name}`, which fails")),
            MODEL if scores_of(plan, name).iter().any(|score| scores.contains(score)) => {
                Some(format!("it needs the scoring model `{name}`, which fails"))
            }
            _ => None,
        })
    }

    /// Notes that a part failed, or needs one that does.
    ///
    /// # Errors
    /// When the store fails.
    pub fn failed(
        &mut self,
        store: &mut Store,
        (kind, name): (&'static str, &str),
        reason: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let since = self.parts.get(&(kind, name.to_owned())).copied();
        if since.is_none() {
            tracing::error!(kind, name, reason, "skipped, with what depends on it");
        }
        let since = since.unwrap_or(now);
        self.parts.insert((kind, name.to_owned()), since);
        store.note_failing(kind, name, reason.lines().next().unwrap_or(reason), since)
    }

    /// Notes that a part works, also one that failed until now.
    ///
    /// # Errors
    /// When the store fails.
    pub fn works(&mut self, store: &mut Store, kind: &'static str, name: &str) -> Result<(), StoreError> {
        if self.parts.remove(&(kind, name.to_owned())).is_none() {
            return Ok(());
        }
        tracing::info!(kind, name, "works again");
        store.note_working(kind, name)
    }

    /// Lets a journey that fails try again: it isn't held while it does. Since when it fails isn't forgotten.
    ///
    /// # Errors
    /// When the store fails.
    pub fn tries_again(&self, store: &mut Store, kind: &'static str, name: &str) -> Result<(), StoreError> {
        match self.has(kind, name) {
            true => store.note_working(kind, name),
            false => Ok(()),
        }
    }
}
