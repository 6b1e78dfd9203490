//! Journeys: audience, checks, steps.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    flow::{self, Placed},
    plan::{JourneyPlan, Removal, StepPlan},
    settings::zone,
    workspace::hash,
};
use crate::{
    calendar::{self, Zone},
    definitions::{Definitions, JourneyDefinition, Matching},
    diagnostics::{Code, Problem, Problems, Text, did_you_mean},
    model::{Catalog, Comparison, Entity, FieldType, Operand, Predicate, Subject, Value},
    tiles::{CompileContext, TILES, Tile, Work, tile_named},
};

/// Checks a journey.
pub(super) fn compile(
    definition: &JourneyDefinition,
    definitions: &Definitions,
    catalog: &Catalog,
    workspace_zone: &Zone,
    emails: &BTreeSet<String>,
    problems: &mut Problems,
) -> Option<JourneyPlan> {
    let own = definition.timezone.as_ref().map(|text| zone(text, problems));
    let zone = own.unwrap_or_else(|| workspace_zone.clone());
    let start = moment(&definition.start, &zone, problems);
    let end = definition.end.as_ref().map(|text| moment(text, &zone, problems));
    if let (Some(start), Some(Some(end)), Some(text)) = (start, end, &definition.end)
        && end <= start
    {
        problems.push(
            Problem::error(Code::EndBeforeStart, text.span, "the journey ends before it starts")
                .related(definition.start.span, "it starts here"),
        );
    }
    let audience = audience(definition, definitions, problems);
    let blocks = blocks(definition, definitions, problems);
    let steps = steps(definition, catalog, &zone, emails, problems);
    let removed = removed(definition, problems);
    let header = &definition.header;
    let content = definitions.written(header).to_owned();
    let named =
        definition.audience.include.iter().chain(&definition.audience.exclude).chain(&definition.suppress);
    Some(JourneyPlan {
        name: header.name.value.clone(),
        was: header.was.as_ref().map(|text| text.value.clone()),
        label: header.label.as_ref().map(|text| text.value.clone()),
        owner: header.owner.as_ref().map(|text| text.value.clone()),
        target: definition.target.value,
        start: start?,
        end: match end {
            Some(end) => Some(end?),
            None => None,
        },
        at_end: definition.at_end,
        audience,
        blocks,
        segments: named.map(|text| text.value.clone()).collect(),
        steps: steps?,
        removed,
        hash: hash(&[&content, zone.name()]),
        content,
        zone,
    })
}

fn moment(text: &Text, zone: &Zone, problems: &mut Problems) -> Option<i64> {
    match calendar::parse_moment(&text.value, zone) {
        Ok(at) => Some(at),
        Err(error) => {
            problems.push(
                Problem::error(Code::InvalidTime, text.span, error.to_string())
                    .hint("Write it such as `2026-03-01 08:00`."),
            );
            None
        }
    }
}

/// Who is in the audience, as a condition about a contact.
fn audience(definition: &JourneyDefinition, definitions: &Definitions, problems: &mut Problems) -> Predicate {
    let audience = &definition.audience;
    let include: Vec<Predicate> =
        audience.include.iter().filter_map(|name| in_segment(name, definitions, problems)).collect();
    let exclude: Vec<Predicate> =
        audience.exclude.iter().filter_map(|name| in_segment(name, definitions, problems)).collect();
    let include = match audience.matching {
        Matching::Any => Predicate::Any(include),
        Matching::All => Predicate::All(include),
    };
    match exclude.is_empty() {
        true => include,
        false => Predicate::All(vec![include, Predicate::Not(Box::new(Predicate::Any(exclude)))]),
    }
}

/// What keeps out and stops (semantics 9), the reason first.
fn blocks(
    definition: &JourneyDefinition,
    definitions: &Definitions,
    problems: &mut Problems,
) -> Vec<(String, Predicate)> {
    let field = |name: &str| Operand::Field {
        subject: Subject::Contact,
        name: name.to_owned(),
        kind: FieldType::Text,
    };
    let inactive = Predicate::Compare {
        left: field("status"),
        operator: Comparison::Equal,
        right: Operand::Literal(Value::Text("inactive".to_owned())),
    };
    let mut blocks = vec![("inactive".to_owned(), inactive)];
    let suppress: Vec<Predicate> =
        definition.suppress.iter().filter_map(|name| in_segment(name, definitions, problems)).collect();
    if !suppress.is_empty() {
        blocks.push(("suppressed".to_owned(), Predicate::Any(suppress)));
    }
    if let Some(consent) = definition.consent {
        let enough = consent.at_least().into_iter().map(|name| Value::Text(name.to_owned())).collect();
        // An unrecorded consent is `none`, the lowest.
        if consent != crate::model::Consent::None {
            let enough = Predicate::OneOf { operand: field("consent"), values: enough };
            blocks.push((format!("below_{}", consent.name()), Predicate::Not(Box::new(enough))));
        }
    }
    blocks
}

fn in_segment(name: &Text, definitions: &Definitions, problems: &mut Problems) -> Option<Predicate> {
    let found = definitions.segments.iter().find(|segment| segment.header.name.value == name.value);
    let Some(segment) = found else {
        let names = definitions.segments.iter().map(|segment| segment.header.name.value.as_str());
        problems.push(
            Problem::error(Code::UnknownSegment, name.span, format!("unknown segment `{}`", name.value))
                .hint_if(did_you_mean(&name.value, names)),
        );
        return None;
    };
    let of = match segment.target.value {
        Entity::Contact => Subject::Contact,
        Entity::Account => Subject::Account,
        Entity::Lead => {
            problems.push(
                Problem::error(
                    Code::SegmentTarget,
                    name.span,
                    format!("`{}` is a segment of leads", name.value),
                )
                .hint("Journeys take segments of contacts or accounts."),
            );
            return None;
        }
    };
    if !segment.active {
        problems.push(
            Problem::error(
                Code::SegmentTarget,
                name.span,
                format!("the segment `{}` isn't active", name.value),
            )
            .related(segment.header.name.span, "it says `active: false`")
            .hint("Take `active: false` out of the segment, or leave the segment out here."),
        );
    }
    Some(Predicate::InSegment { segment: name.value.clone(), holds: segment.target.value, of })
}

fn removed(definition: &JourneyDefinition, problems: &mut Problems) -> Vec<(String, Removal)> {
    let steps = flow::all_steps(definition);
    let exists = |id: &str| steps.iter().any(|step| step.id.value == id);
    let mut removed = Vec::new();
    for (id, fate) in &definition.removed {
        if exists(&id.value) {
            problems.push(
                Problem::error(Code::InvalidValue, id.span, format!("the step `{}` isn't removed", id.value))
                    .hint("Take it out of `removed:`."),
            );
        } else if fate.value == "exit" {
            removed.push((id.value.clone(), Removal::Exit));
        } else if exists(&fate.value) {
            removed.push((id.value.clone(), Removal::To(fate.value.clone())));
        } else {
            let ids = steps.iter().map(|step| step.id.value.as_str());
            problems.push(
                Problem::error(Code::UnknownStep, fate.span, format!("unknown step `{}`", fate.value))
                    .hint_if(did_you_mean(&fate.value, ids)),
            );
        }
    }
    removed
}

fn steps(
    definition: &JourneyDefinition,
    catalog: &Catalog,
    zone: &Zone,
    emails: &BTreeSet<String>,
    problems: &mut Problems,
) -> Option<Vec<StepPlan>> {
    let ids: BTreeSet<String> =
        flow::all_steps(definition).iter().map(|step| step.id.value.clone()).collect();
    let placed = flow::place(definition, problems);
    let Some(first) = definition.steps.first() else {
        problems.push(
            Problem::error(Code::MissingKey, definition.header.name.span, "the journey has no steps")
                .hint("Write at least one step under `steps:`."),
        );
        return None;
    };
    let mut tiles: BTreeMap<&str, Tile> = BTreeMap::new();
    let mut whole = true;
    for Placed { step, .. } in &placed {
        let Some(kind) = tile_named(&step.tile.value) else {
            let names = TILES.into_iter().map(|kind| kind.spec().name);
            problems.push(
                Problem::error(
                    Code::UnknownTile,
                    step.tile.span,
                    format!("unknown tile `{}`", step.tile.value),
                )
                .hint_if(did_you_mean(&step.tile.value, names)),
            );
            whole = false;
            continue;
        };
        let mut context = CompileContext {
            target: definition.target.value,
            zone,
            owner: definition.header.owner.as_ref().map(|owner| owner.value.as_str()),
            catalog,
            emails,
            steps: &ids,
            problems: &mut *problems,
        };
        match kind.compile(step, &mut context) {
            Some(tile) => {
                tiles.insert(&step.id.value, tile);
            }
            None => whole = false,
        }
        for (path, _) in &step.paths {
            let paths = kind.spec().paths;
            if !paths.contains(&path.value.as_str()) {
                let message = match paths.is_empty() {
                    true => format!("the tile `{}` has no paths", step.tile.value),
                    false => format!("the tile `{}` has no path `{}`", step.tile.value, path.value),
                };
                problems.push(
                    Problem::error(Code::UnknownPath, path.span, message)
                        .hint_if(did_you_mean(&path.value, paths.iter().copied())),
                );
                whole = false;
            }
        }
    }
    let leads: BTreeMap<&str, Vec<&str>> =
        placed.iter().map(|placed| (placed.step.id.value.as_str(), destinations(placed))).collect();
    let reached = flow::reachable(&first.id.value, &leads);
    for Placed { step, .. } in &placed {
        if !reached.contains(&step.id.value) {
            whole = false;
            problems.push(
                Problem::error(
                    Code::UnreachableStep,
                    step.id.span,
                    format!("nobody can reach the step `{}`", step.id.value),
                )
                .hint("Lead a path to it, or take it out."),
            );
        }
    }
    let all: Vec<&str> = placed.iter().map(|placed| placed.step.id.value.as_str()).collect();
    let order = match flow::sorted(&all, &leads) {
        Ok(order) => order,
        Err(circle) => {
            let at = placed.iter().find(|placed| circle.contains(&placed.step.id.value.as_str()));
            if let Some(placed) = at {
                problems.push(
                    Problem::error(
                        Code::CircularSteps,
                        placed.step.id.span,
                        format!("the steps go round in a circle: `{}`", circle.join("`, `")),
                    )
                    .hint("A section can't lead back into itself."),
                );
            }
            return None;
        }
    };
    if !whole {
        return None;
    }
    let place: BTreeMap<&str, usize> = order.iter().enumerate().map(|(at, id)| (*id, at)).collect();
    let mut by_id: BTreeMap<&str, &Placed<'_>> =
        placed.iter().map(|placed| (placed.step.id.value.as_str(), placed)).collect();
    let mut steps = Vec::new();
    for id in &order {
        let (placed, tile) = (by_id.remove(id)?, tiles.remove(id)?);
        steps.push(step_plan(placed, tile, &place));
    }
    Some(steps)
}

/// The ids that a step leads to. `tile: end` leads nowhere.
fn destinations<'a>(placed: &'a Placed<'_>) -> Vec<&'a str> {
    if placed.step.tile.value == "end" {
        return Vec::new();
    }
    let paths = tile_named(&placed.step.tile.value).map_or(&[][..], |kind| kind.spec().paths);
    let all_written = !paths.is_empty() && paths.iter().all(|path| placed.written.contains_key(*path));
    let mut to: BTreeSet<&str> = placed.written.values().flatten().map(String::as_str).collect();
    if !all_written {
        to.extend(placed.following.as_deref());
    }
    to.into_iter().collect()
}

fn step_plan(placed: &Placed<'_>, tile: Tile, place: &BTreeMap<&str, usize>) -> StepPlan {
    let at = |id: Option<&String>| id.and_then(|id| place.get(id.as_str()).copied());
    let leaves = matches!(&tile.work, Work::Uniform(uniform) if uniform.ends.is_some());
    let following = if leaves { None } else { at(placed.following.as_ref()) };
    let next = match tile.paths.is_empty() {
        true => vec![(None, following)],
        false => tile
            .paths
            .iter()
            .map(|path| {
                let to = match placed.written.get(path) {
                    Some(to) => at(to.as_ref()),
                    None => following,
                };
                (Some(path.clone()), to)
            })
            .collect(),
    };
    StepPlan {
        id: placed.step.id.value.clone(),
        was: placed.step.was.as_ref().map(|text| text.value.clone()),
        tile_name: placed.step.tile.value.clone(),
        tile,
        next,
    }
}
