//! Who refers to a segment or a score.

use std::collections::BTreeSet;

use super::{JourneyPlan, Plan};
use crate::{
    conditions::dependencies,
    definitions::Definitions,
    diagnostics::{Code, Problem, Problems},
    model::{Predicate, scoring::expression_name},
};

/// Something that refers to a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentUse {
    /// `segment` or `journey`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Where in it: `where`, `audience`, or the id of a step.
    pub place: String,
}

/// Everything that refers to a segment, segments first.
#[must_use]
pub fn segment_uses(plan: &Plan, segment: &str) -> Vec<SegmentUse> {
    let mut uses = Vec::new();
    for other in &plan.segments {
        if other.dependencies.segments.contains(segment) {
            uses.push(SegmentUse { kind: "segment", name: other.name.clone(), place: "where".to_owned() });
        }
    }
    uses.sort_by(|a, b| a.name.cmp(&b.name));
    for journey in &plan.journeys {
        let found = |place: String| SegmentUse { kind: "journey", name: journey.name.clone(), place };
        uses.extend(places(journey, segment).into_iter().map(found));
    }
    uses
}

/// The scores, grades and levels that a model gives, as conditions name them.
#[must_use]
pub fn scores_of(plan: &Plan, model: &str) -> Vec<String> {
    let name = expression_name(model);
    let levels = plan.levels.iter().filter(|levels| levels.levels.model == model);
    let levels = levels.map(|levels| format!("levels.{}", expression_name(&levels.levels.name)));
    [format!("score.{name}"), format!("grade.{name}")].into_iter().chain(levels).collect()
}

/// The segments that a journey asks for anywhere, and the scores, grades and levels.
#[must_use]
pub fn needs_of(journey: &JourneyPlan) -> (BTreeSet<String>, BTreeSet<String>) {
    let mut predicates = vec![&journey.audience];
    predicates.extend(journey.blocks.iter().filter_map(|block| block.predicate()));
    let (mut segments, mut scores) = (BTreeSet::new(), BTreeSet::new());
    for step in &journey.steps {
        segments.extend(step.tile.wakes.segments.iter().cloned());
        predicates.extend(step.tile.predicates());
    }
    for predicate in predicates {
        let found = dependencies(predicate);
        segments.extend(found.segments);
        scores.extend(found.scores);
    }
    (segments, scores)
}

fn places(journey: &JourneyPlan, segment: &str) -> Vec<String> {
    let mut places = Vec::new();
    let within = |predicate: &Predicate| -> BTreeSet<String> { dependencies(predicate).segments };
    if within(&journey.audience).contains(segment) {
        places.push("audience".to_owned());
    }
    for block in &journey.blocks {
        let refers = block.predicate().is_some_and(|predicate| within(predicate).contains(segment));
        if refers && !places.contains(&block.reason) {
            places.push(block.reason.clone());
        }
    }
    for step in &journey.steps {
        if step.tile.predicates().any(|predicate| within(predicate).contains(segment)) {
            places.push(step.id.clone());
        }
    }
    places
}

/// Warns of segments that nothing refers to. One with a description is there for people to look at, and one
/// that isn't active was put aside.
pub fn warn_of_unused_segments(definitions: &Definitions, plan: &Plan, problems: &mut Problems) {
    if plan.journeys.is_empty() {
        return;
    }
    for definition in &definitions.segments {
        let header = &definition.header;
        let name = &header.name.value;
        if definition.active && header.description.is_none() && segment_uses(plan, name).is_empty() {
            let message = format!("nothing refers to the segment `{name}`");
            let problem = Problem::warning(Code::UnusedSegment, header.name.span, message);
            problems.push(problem.hint("Use it, take it out, or write in `description` what it is for."));
        }
    }
}
