//! Segments: their conditions, and the order in which they are evaluated.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{
    plan::{Edge, Members, SegmentPlan},
    shared::hash,
    shared::zone,
};
use crate::{
    calendar::Zone,
    conditions::{self, Dependencies, Scope},
    definitions::{Definitions, SegmentDefinition, SegmentMembers},
    diagnostics::{Code, Problem, Problems},
    model::{
        Bound, Catalog, Condition, Duration, Operand, Part, Predicate, Reckoning, SUBSCRIPTIONS, record_id,
    },
};

/// Checks all segments and sorts them so that each comes after those that it refers to.
pub(super) fn compile(
    definitions: &Definitions,
    catalog: &Catalog,
    workspace_zone: &Zone,
    problems: &mut Problems,
) -> Vec<SegmentPlan> {
    let mut plans: BTreeMap<String, SegmentPlan> = BTreeMap::new();
    for definition in &definitions.segments {
        let own = definition.timezone.as_ref().map(|text| zone(text, problems));
        let own = own.map(|zone| zone.with_holidays(workspace_zone.holidays()));
        let zone = own.unwrap_or_else(|| workspace_zone.clone());
        if let Some(plan) = segment(definition, definitions, catalog, &zone, problems) {
            plans.entry(plan.name.clone()).or_insert(plan);
        }
    }
    let (order, circles) = sorted(&plans);
    for circle in &circles {
        report_circle(circle, definitions, problems);
    }
    order.iter().filter_map(|name| plans.remove(name)).collect()
}

/// The names of segments, each after those that it refers to; and circles, whose segments aren't among
/// them.
fn sorted(plans: &BTreeMap<String, SegmentPlan>) -> (Vec<String>, Vec<Vec<String>>) {
    let references =
        |name: &str| plans.get(name).map(|plan| &plan.dependencies.segments).into_iter().flatten();
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    let mut referring: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for name in plans.keys() {
        let known: Vec<&String> = references(name).filter(|other| plans.contains_key(*other)).collect();
        left.insert(name, known.len());
        for other in known {
            referring.entry(other).or_default().push(name);
        }
    }
    let mut ready: VecDeque<&str> =
        left.iter().filter(|(_, left)| **left == 0).map(|(name, _)| *name).collect();
    let mut order = Vec::new();
    while let Some(name) = ready.pop_front() {
        left.remove(name);
        order.push(name.to_owned());
        for other in referring.get(name).into_iter().flatten() {
            if let Some(count) = left.get_mut(other) {
                *count -= 1;
                if *count == 0 {
                    ready.push_back(other);
                }
            }
        }
    }
    let mut circles = Vec::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for start in left.keys() {
        // Everything that is left refers to something else that is left, and so comes round at last.
        let mut way: Vec<&str> = Vec::new();
        let mut next = Some(*start);
        while let Some(name) = next.filter(|name| seen.insert(name)) {
            way.push(name);
            next = references(name).map(String::as_str).find(|other| left.contains_key(other));
        }
        if let Some(at) = next.and_then(|name| way.iter().position(|other| *other == name)) {
            let mut circle: Vec<String> = way[at..].iter().map(|name| (*name).to_owned()).collect();
            let first = circle.iter().enumerate().min_by_key(|(_, name)| *name).map_or(0, |(at, _)| at);
            circle.rotate_left(first);
            circles.push(circle);
        }
    }
    (order, circles)
}

fn segment(
    definition: &SegmentDefinition,
    definitions: &Definitions,
    catalog: &Catalog,
    zone: &Zone,
    problems: &mut Problems,
) -> Option<SegmentPlan> {
    let target = definition.target.value;
    let (members, dependencies, edges, turns_with_clock, meaning) = match &definition.members {
        SegmentMembers::Where(node) => {
            let mut found = Problems::default();
            let predicate = conditions::check(node, &Scope::new(target, zone), catalog, &mut found);
            let of_target = [Code::ContactInAccount, Code::SegmentTarget];
            problems
                .take(found, |problem| !definition.target_unreadable || !of_target.contains(&problem.code));
            let predicate = predicate?;
            let dependencies = conditions::dependencies(&predicate);
            let edges = collect_edges(&predicate);
            let mut meaning = format!("{predicate:?}");
            if meaning.contains("BusinessDays") {
                meaning.push_str(&format!("{:?}", zone.holidays()));
            }
            let turns = dependencies.clock;
            let condition = Condition { target, predicate, timezone: zone.name().to_owned() };
            (Members::Where(condition), dependencies, edges, turns, meaning)
        }
        SegmentMembers::Static(ids) => {
            let ids: Vec<String> = ids.iter().map(|id| record_id(&id.value).into_owned()).collect();
            let meaning = ids.join("\n");
            (Members::Static(ids), Dependencies::default(), Vec::new(), false, meaning)
        }
    };
    let header = &definition.header;
    let text = |text: &Option<crate::diagnostics::Text>| text.as_ref().map(|text| text.value.clone());
    Some(SegmentPlan {
        name: header.name.value.clone(),
        was: text(&header.was),
        label: text(&header.label),
        description: text(&header.description),
        target,
        members,
        active: definition.active,
        dependencies,
        edges,
        turns_with_clock,
        zone: zone.clone(),
        hash: hash(&[target.name(), zone.name(), &meaning]),
        content: definitions.written(header).to_owned(),
    })
}

/// Every interaction type that the predicate looks at, with the windows that it falls out of.
pub(super) fn collect_edges(predicate: &Predicate) -> Vec<Edge> {
    let mut edges: Vec<Edge> = Vec::new();
    let mut add = |interaction: &str, window| {
        let edge = Edge { interaction: interaction.to_owned(), window };
        if !edges.contains(&edge) {
            edges.push(edge);
        }
    };
    Part::Predicate(predicate).each(&mut |part| {
        if let Part::Predicate(Predicate::Subscribed { .. }) = part {
            SUBSCRIPTIONS.iter().for_each(|name| add(name, None));
        }
        for lengths in windows_of_times(part) {
            add(&lengths.0, Some(lengths.1));
        }
        let Some(did) = part.did() else { return };
        add(&did.interaction, None);
        for bound in [&did.since, &did.until].into_iter().flatten() {
            if let Bound::Ago(length) = bound {
                add(&did.interaction, Some(*length));
            }
        }
    });
    edges
}

/// The windows out of which the first or last time of an interaction falls.
fn windows_of_times(part: Part<'_>) -> Vec<(String, Duration)> {
    let Part::Predicate(Predicate::Compare { left, right, .. }) = part else { return Vec::new() };
    match (left, right) {
        (Operand::Measure(measure), Operand::Moment(Reckoning::Ago(length)))
        | (Operand::Moment(Reckoning::Ago(length)), Operand::Measure(measure)) => {
            vec![(measure.over.interaction.clone(), *length)]
        }
        _ => Vec::new(),
    }
}

/// At most so many places of a circle are shown.
const SHOWN: usize = 8;

fn report_circle(circle: &[String], definitions: &Definitions, problems: &mut Problems) {
    let place = |name: &String| {
        let definition = definitions.segments.iter().find(|segment| segment.header.name.value == *name);
        definition.map(|definition| definition.header.name.span)
    };
    let Some((first, span)) = circle.first().and_then(|name| Some((name, place(name)?))) else { return };
    let words: Vec<String> = circle.iter().chain([first]).map(|name| format!("`{name}`")).collect();
    let message = match circle {
        [alone] => format!("the segment `{alone}` refers to itself"),
        _ => format!("segments refer to each other in a circle: {}", words.join(" → ")),
    };
    let mut problem = Problem::error(Code::CircularSegments, span, message);
    for (name, next) in circle.iter().zip(circle.iter().skip(1).chain([first])).skip(1).take(SHOWN) {
        if let Some(span) = place(name) {
            problem = problem.related(span, format!("`{name}` refers to `{next}`"));
        }
    }
    problems.push(problem.hint("Take one of the references out."));
}
