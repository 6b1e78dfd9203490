//! Segments: their conditions, and the order in which they are evaluated.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    plan::{Edge, Members, SegmentPlan},
    settings::zone,
    workspace::hash,
};
use crate::{
    calendar::Zone,
    conditions::{self, Interests, Scope},
    definitions::{Definitions, SegmentDefinition, SegmentMembers},
    diagnostics::{Code, Problem, Problems},
    model::{Bound, Catalog, Condition, Predicate},
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
        let zone = own.unwrap_or_else(|| workspace_zone.clone());
        if let Some(plan) = segment(definition, definitions, catalog, &zone, problems) {
            plans.entry(plan.name.clone()).or_insert(plan);
        }
    }
    report_circles(definitions, &plans, problems);
    let mut sorted = Vec::new();
    let mut done = BTreeSet::new();
    while !plans.is_empty() {
        let ready: Vec<String> = plans
            .values()
            .filter(|plan| {
                plan.interests.segments.iter().all(|name| done.contains(name) || !plans.contains_key(name))
            })
            .map(|plan| plan.name.clone())
            .collect();
        if ready.is_empty() {
            break;
        }
        for name in ready {
            done.insert(name.clone());
            sorted.extend(plans.remove(&name));
        }
    }
    sorted
}

fn segment(
    definition: &SegmentDefinition,
    definitions: &Definitions,
    catalog: &Catalog,
    zone: &Zone,
    problems: &mut Problems,
) -> Option<SegmentPlan> {
    let target = definition.target.value;
    let (members, interests, edges, turns_with_clock, meaning) = match &definition.members {
        SegmentMembers::Where(node) => {
            let predicate = conditions::check(node, &Scope::new(target, zone), catalog, problems)?;
            let interests = conditions::interests(&predicate);
            let mut edges = Vec::new();
            collect_edges(&predicate, &mut edges);
            let meaning = format!("{predicate:?}");
            let turns = interests.clock;
            let condition = Condition { target, predicate, timezone: zone.name().to_owned() };
            (Members::Where(condition), interests, edges, turns, meaning)
        }
        SegmentMembers::Static(ids) => {
            let ids: Vec<String> = ids.iter().map(|id| id.value.clone()).collect();
            let meaning = ids.join("\n");
            (Members::Static(ids), Interests::default(), Vec::new(), false, meaning)
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
        interests,
        edges,
        turns_with_clock,
        zone: zone.clone(),
        hash: hash(&[target.name(), zone.name(), &meaning]),
        content: definitions.written(header).to_owned(),
    })
}

/// Every interaction type that the predicate counts, with the windows that it falls out of.
fn collect_edges(predicate: &Predicate, edges: &mut Vec<Edge>) {
    match predicate {
        Predicate::All(parts) | Predicate::Any(parts) => {
            parts.iter().for_each(|part| collect_edges(part, edges));
        }
        Predicate::Not(inner) => collect_edges(inner, edges),
        Predicate::Contacts { condition, .. } => collect_edges(condition, edges),
        Predicate::Did(did) => {
            let mut add = |window| {
                let edge = Edge { interaction: did.interaction.clone(), window };
                if !edges.contains(&edge) {
                    edges.push(edge);
                }
            };
            add(None);
            for bound in [&did.since, &did.until].into_iter().flatten() {
                if let Bound::Ago(length) = bound {
                    add(Some(*length));
                }
            }
        }
        _ => {}
    }
}

/// Reports each circle of segments once, at its first segment by name.
fn report_circles(definitions: &Definitions, plans: &BTreeMap<String, SegmentPlan>, problems: &mut Problems) {
    let mut reported: BTreeSet<String> = BTreeSet::new();
    for name in plans.keys() {
        if reported.contains(name) {
            continue;
        }
        if let Some(circle) = circle_from(name, plans) {
            let words: Vec<String> = circle.iter().chain([name]).map(|name| format!("`{name}`")).collect();
            reported.extend(circle);
            let written = definitions.segments.iter().find(|segment| segment.header.name.value == *name);
            if let Some(definition) = written {
                problems.push(
                    Problem::error(
                        Code::CircularSegments,
                        definition.header.name.span,
                        format!("segments refer to each other in a circle: {}", words.join(" → ")),
                    )
                    .hint("Take one of the references out."),
                );
            }
        }
    }
}

/// The shortest way from a segment back to itself.
fn circle_from(start: &str, plans: &BTreeMap<String, SegmentPlan>) -> Option<Vec<String>> {
    let mut ways: Vec<Vec<String>> = vec![vec![start.to_owned()]];
    let mut seen: BTreeSet<String> = BTreeSet::new();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            let Some(plan) = way.last().and_then(|last| plans.get(last)) else { continue };
            for next in &plan.interests.segments {
                if next == start {
                    return Some(way);
                }
                if seen.insert(next.clone()) {
                    longer.push(way.iter().cloned().chain([next.clone()]).collect());
                }
            }
        }
        ways = longer;
    }
    None
}
