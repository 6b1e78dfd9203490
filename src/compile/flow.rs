//! The flow of a journey: which step leads where.
//!
//! A list runs downward. After a step with paths, flow goes on with the next step of the list that the
//! step stands in; a path that isn't written goes there at once. A section goes on where the step that
//! led to it does.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::{
    definitions::{JourneyDefinition, PathDefinition, StepDefinition},
    diagnostics::{Code, Problem, Problems, Span, did_you_mean},
    tiles::goto_of,
};

/// A step with where it leads, by id; nothing means out of the journey.
pub(super) struct Placed<'a> {
    pub(super) step: &'a StepDefinition,
    /// What follows when no path says otherwise.
    pub(super) following: Option<String>,
    /// Where each written path leads.
    pub(super) written: BTreeMap<String, Option<String>>,
}

/// All steps of a journey, sections included, in the order in which they are written.
pub(super) fn all_steps(journey: &JourneyDefinition) -> Vec<&StepDefinition> {
    fn gather<'a>(steps: &'a [StepDefinition], all: &mut Vec<&'a StepDefinition>) {
        for step in steps {
            all.push(step);
            for (_, path) in &step.paths {
                if let PathDefinition::Steps(steps) = path {
                    gather(steps, all);
                }
            }
        }
    }
    let mut all = Vec::new();
    gather(&journey.steps, &mut all);
    journey.sections.iter().for_each(|(_, steps)| gather(steps, &mut all));
    all
}

struct Flow<'a, 'p> {
    journey: &'a JourneyDefinition,
    placed: Vec<Placed<'a>>,
    /// Where each section goes on, and the place that said so first.
    sections: BTreeMap<&'a str, (Option<String>, Span)>,
    waiting: VecDeque<&'a str>,
    certain: bool,
    problems: &'p mut Problems,
}

/// Finds out where every step leads. Sections that nothing names come last, with nothing after them.
/// Also tells whether the flow is certain: where a path leads nowhere, or a section goes on at two
/// places, nobody can say which steps are reached.
pub(super) fn place<'a>(journey: &'a JourneyDefinition, problems: &mut Problems) -> (Vec<Placed<'a>>, bool) {
    let mut flow = Flow {
        journey,
        placed: Vec::new(),
        sections: BTreeMap::new(),
        waiting: VecDeque::new(),
        certain: true,
        problems,
    };
    flow.list(&journey.steps, None);
    while let Some(name) = flow.waiting.pop_front() {
        let after = flow.sections.get(name).and_then(|(after, _)| after.clone());
        if let Some((_, steps)) = journey.sections.iter().find(|(section, _)| section.value == name) {
            flow.list(steps, after);
        }
    }
    for (name, steps) in &journey.sections {
        if !flow.sections.contains_key(name.value.as_str()) {
            flow.list(steps, None);
        }
    }
    (flow.placed, flow.certain)
}

impl<'a> Flow<'a, '_> {
    fn list(&mut self, steps: &'a [StepDefinition], after: Option<String>) {
        for (at, step) in steps.iter().enumerate() {
            let following = steps.get(at + 1).map(|next| next.id.value.clone()).or_else(|| after.clone());
            let mut written = BTreeMap::new();
            for (name, path) in &step.paths {
                let to = match path {
                    PathDefinition::Steps(steps) => {
                        steps.first().map(|first| first.id.value.clone()).or_else(|| following.clone())
                    }
                    PathDefinition::Section(section) => self.section(section, following.clone()),
                };
                written.insert(name.value.clone(), to);
            }
            self.placed.push(Placed { step, following: following.clone(), written });
            for (_, path) in &step.paths {
                if let PathDefinition::Steps(steps) = path {
                    self.list(steps, following.clone());
                }
            }
        }
    }

    /// Where a path to a section leads. A section that several steps lead to has to go on at one place.
    fn section(&mut self, name: &'a crate::diagnostics::Text, after: Option<String>) -> Option<String> {
        let found = self.journey.sections.iter().find(|(section, _)| section.value == name.value);
        let Some((section, steps)) = found else {
            self.certain = false;
            let names = self.journey.sections.iter().map(|(name, _)| name.value.as_str());
            self.problems.push(
                Problem::error(
                    Code::UnknownSection,
                    name.span,
                    format!("the journey has no section `{}`", name.value),
                )
                .hint_if(did_you_mean(&name.value, names)),
            );
            return after;
        };
        match self.sections.get(section.value.as_str()) {
            None => {
                self.sections.insert(&section.value, (after.clone(), name.span));
                self.waiting.push_back(&section.value);
            }
            Some((first, span)) if *first != after && !ends(steps) => {
                let (goes, first_span) = (
                    |to: &Option<String>| match to {
                        Some(id) => format!("goes on at `{id}`"),
                        None => "leaves the journey".to_owned(),
                    },
                    *span,
                );
                self.certain = false;
                self.problems.push(
                    Problem::error(
                        Code::InvalidValue,
                        name.span,
                        format!("the section `{}` would go on at two places: here it {}", name.value, goes(&after)),
                    )
                    .related(first_span, format!("here it {}", goes(first)))
                    .hint("Close the section with a step `tile: end`, or write its steps twice under other ids."),
                );
            }
            Some(_) => {}
        }
        steps.first().map(|first| first.id.value.clone()).or(after)
    }
}

/// Whether a list of steps never goes on after its last.
fn ends(steps: &[StepDefinition]) -> bool {
    steps
        .last()
        .is_some_and(|last| last.tile.value == "end" || goto_of(last).is_some_and(|goto| !goto.limited))
}

/// The ids that can be reached from the first step, given where each step leads.
pub(super) fn reachable(first: &str, leads: &BTreeMap<&str, Vec<&str>>) -> BTreeSet<String> {
    let mut reached: BTreeSet<String> = BTreeSet::new();
    let mut waiting = vec![first];
    while let Some(id) = waiting.pop() {
        if reached.insert(id.to_owned()) {
            waiting.extend(leads.get(id).into_iter().flatten());
        }
    }
    reached
}

/// The steps sorted so that each comes before those it leads to; when there is a circle, the ids in it,
/// in the order in which they lead to each other.
pub(super) fn sorted<'a>(
    ids: &[&'a str],
    leads: &BTreeMap<&'a str, Vec<&'a str>>,
) -> Result<Vec<&'a str>, Vec<&'a str>> {
    let mut before: BTreeMap<&str, usize> = ids.iter().map(|id| (*id, 0)).collect();
    for to in leads.values().flatten() {
        *before.entry(to).or_default() += 1;
    }
    let mut sorted = Vec::new();
    let mut left: Vec<&str> = ids.to_vec();
    while !left.is_empty() {
        let Some(at) = left.iter().position(|id| before.get(id) == Some(&0)) else {
            return Err(circle(&left, leads));
        };
        let id = left.remove(at);
        for to in leads.get(id).into_iter().flatten() {
            if let Some(count) = before.get_mut(to) {
                *count -= 1;
            }
        }
        sorted.push(id);
    }
    Ok(sorted)
}

/// A circle among steps of which each is led to by another of them.
fn circle<'a>(ids: &[&'a str], leads: &BTreeMap<&'a str, Vec<&'a str>>) -> Vec<&'a str> {
    let leads_to = |from: &str, to: &str| leads.get(from).is_some_and(|leads| leads.contains(&to));
    let mut way: Vec<&str> = ids.first().copied().into_iter().collect();
    // Backwards, because every one of them has one before it.
    while let Some(before) = way.last().and_then(|last| ids.iter().find(|id| leads_to(id, last))) {
        if let Some(at) = way.iter().position(|id| id == before) {
            way.drain(..at);
            break;
        }
        way.push(before);
    }
    way.reverse();
    if let Some(first) = ids.iter().find_map(|id| way.iter().position(|other| other == id)) {
        way.rotate_left(first);
    }
    way
}
