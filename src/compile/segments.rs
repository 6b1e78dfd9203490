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
    let (members, interests, edges, meaning) = match &definition.members {
        SegmentMembers::Where(node) => {
            let mut found = Problems::default();
            let predicate = conditions::check(node, &Scope::new(target, zone), catalog, &mut found);
            let of_target = [Code::ContactInAccount, Code::SegmentTarget];
            problems
                .take(found, |problem| !definition.target_unreadable || !of_target.contains(&problem.code));
            let predicate = predicate?;
            let interests = conditions::interests(&predicate);
            let mut edges = Vec::new();
            collect_edges(&predicate, &mut edges);
            let meaning = format!("{predicate:?}");
            let condition = Condition { target, predicate, timezone: zone.name().to_owned() };
            (Members::Where(condition), interests, edges, meaning)
        }
        SegmentMembers::Static(ids) => {
            let ids: Vec<String> = ids.iter().map(|id| id.value.clone()).collect();
            let meaning = ids.join("\n");
            (Members::Static(ids), Interests::default(), Vec::new(), meaning)
        }
    };
    let header = &definition.header;
    let text = |text: &Option<crate::diagnostics::Text>| text.as_ref().map(|text| text.value.clone());
    Some(SegmentPlan {
        name: header.name.value.clone(),
        label: text(&header.label),
        description: text(&header.description),
        target,
        members,
        active: definition.active,
        interests,
        edges,
        zone: zone.clone(),
        hash: hash(&[target.name(), zone.name(), &meaning]),
        content: definitions.sources.slice(header.span).to_owned(),
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
            report_circle(&circle, definitions, problems);
            reported.extend(circle);
        }
    }
}

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
    for (name, next) in circle.iter().zip(circle.iter().skip(1).chain([first])).skip(1) {
        if let Some(span) = place(name) {
            problem = problem.related(span, format!("`{name}` refers to `{next}`"));
        }
    }
    problems.push(problem.hint("Take one of the references out."));
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
