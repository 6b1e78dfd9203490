//! Journeys: audience, checks, steps.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    flow::{self, Placed},
    plan::{JourneyPlan, Removal, Repeat, StepPlan},
    repetition,
    settings::zone,
    workspace::hash,
};
use crate::{
    calendar::{self, Zone},
    definitions::{Definitions, JourneyDefinition, Matching, StepDefinition, moment_hint},
    diagnostics::{Code, Problem, Problems, Text, did_you_mean},
    model::{Catalog, Comparison, Entity, FieldType, Operand, Predicate, Subject, Value},
    tiles::{CompileContext, TILES, Tile, Work, tile_named},
};

/// Tiles of the language that this version doesn't have.
const TILES_LATER: [&str; 4] = ["branch", "split", "launch_workflow", "goto"];

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
                .related(definition.start.span, "it starts here")
                .hint("Write a later `end`, or leave it out: without one, the journey goes on."),
        );
    }
    let audience = audience(definition, definitions, problems);
    let blocks = blocks(definition, definitions, problems);
    let steps = steps(definition, catalog, &zone, emails, problems);
    let removed = removed(definition, problems);
    if let (Some(start), Some(steps)) = (start, &steps) {
        let end = end.flatten();
        repetition::check(definition, &repetition::Times { start, end, zone: &zone }, steps, problems);
    }
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
        repeat: definition.repeat.map(|repeat| Repeat {
            every: repeat.every.value,
            times: repeat.times.map(|times| times.value),
        }),
        reentry: definition.reentry.map(|length| length.value),
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
                    .hint(moment_hint(&text.value)),
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
            Problem::error(Code::UnknownSegment, name.span, format!("there is no segment `{}`", name.value))
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
                Problem::error(
                    Code::UnknownStep,
                    fate.span,
                    format!("the journey has no step `{}`", fate.value),
                )
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
    let (placed, certain) = flow::place(definition, problems);
    // A journey without steps was reported where it was read.
    let first = definition.steps.first()?;
    let mut tiles: BTreeMap<&str, Tile> = BTreeMap::new();
    let mut whole = true;
    for Placed { step, .. } in &placed {
        let Some(kind) = tile_named(&step.tile.value) else {
            problems.push(unknown_tile(&step.tile));
            whole = false;
            continue;
        };
        let mut found = Problems::default();
        let mut context = CompileContext {
            target: definition.target.value,
            zone,
            owner: definition.header.owner.as_ref().map(|owner| owner.value.as_str()),
            catalog,
            emails,
            steps: &ids,
            problems: &mut found,
        };
        let tile = kind.compile(step, &mut context);
        let of_target = [Code::MissingUnit, Code::AccountOption];
        problems.take(found, |problem| !definition.target_unreadable || !of_target.contains(&problem.code));
        match tile {
            Some(tile) => {
                tiles.insert(&step.id.value, tile);
            }
            None => whole = false,
        }
        for (path, _) in &step.paths {
            let paths = kind.spec().paths;
            if !paths.contains(&path.value.as_str()) {
                problems.push(unknown_path(&step.tile.value, path, paths));
                whole = false;
            }
        }
    }
    let leads: BTreeMap<&str, Vec<&str>> =
        placed.iter().map(|placed| (placed.step.id.value.as_str(), destinations(placed))).collect();
    if !certain || ids.len() < placed.len() {
        return None;
    }
    whole &= report_unreachable(definition, &placed, &leads, &first.id.value, problems);
    let all: Vec<&str> = placed.iter().map(|placed| placed.step.id.value.as_str()).collect();
    let order = match flow::sorted(&all, &leads) {
        Ok(order) => order,
        Err(circle) => {
            report_circle(&placed, &circle, problems);
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

fn unknown_tile(tile: &Text) -> Problem {
    if TILES_LATER.contains(&tile.value.as_str()) {
        let message = format!("the tile `{}` is not available in this version", tile.value);
        return Problem::error(Code::NotAvailable, tile.span, message);
    }
    let names = TILES.into_iter().map(|kind| kind.spec().name);
    Problem::error(Code::UnknownTile, tile.span, format!("there is no tile `{}`", tile.value))
        .hint_if(did_you_mean(&tile.value, names))
}

fn unknown_path(tile: &str, path: &Text, paths: &[&str]) -> Problem {
    if paths.is_empty() {
        return Problem::error(Code::UnknownPath, path.span, format!("the tile `{tile}` has no paths"))
            .hint("Take `paths:` out; what comes next is the next step of the list.");
    }
    let message = format!("the tile `{tile}` has no path `{}`", path.value);
    Problem::error(Code::UnknownPath, path.span, message)
        .hint_if(did_you_mean(&path.value, paths.iter().copied()))
}

/// Reports the steps that nobody can reach, of several in a row the first. Tells whether there are none.
fn report_unreachable(
    definition: &JourneyDefinition,
    placed: &[Placed<'_>],
    leads: &BTreeMap<&str, Vec<&str>>,
    first: &str,
    problems: &mut Problems,
) -> bool {
    let reached = flow::reachable(first, leads);
    let lost: Vec<&Text> =
        placed.iter().map(|placed| &placed.step.id).filter(|id| !reached.contains(&id.value)).collect();
    let following: BTreeSet<&str> =
        lost.iter().filter_map(|id| leads.get(id.value.as_str())).flatten().copied().collect();
    let mut roots: Vec<&Text> =
        lost.iter().copied().filter(|id| !following.contains(id.value.as_str())).collect();
    if roots.is_empty() {
        roots.extend(lost.first());
    }
    for id in roots {
        let starts = |steps: &[StepDefinition]| steps.first().is_some_and(|step| step.id.span == id.span);
        let section = definition.sections.iter().find(|(_, steps)| starts(steps)).map(|(name, _)| name);
        problems.push(match section {
            Some(section) => {
                let message = format!("no path leads to the section `{}`", section.value);
                Problem::error(Code::UnreachableStep, section.span, message).hint(format!(
                    "Write its name under a step's `paths:`, such as `else: {}`, or take it out.",
                    section.value
                ))
            }
            None => {
                let message = format!("nobody can reach the step `{}`", id.value);
                Problem::error(Code::UnreachableStep, id.span, message).hint(
                    "Everybody leaves or takes another path before it. Lead a path to it, or take it out.",
                )
            }
        });
    }
    lost.is_empty()
}

fn report_circle(placed: &[Placed<'_>], circle: &[&str], problems: &mut Problems) {
    let at = |id: &str| placed.iter().find(|placed| placed.step.id.value == id);
    let Some(first) = circle.first().and_then(|id| at(id)) else { return };
    let ids: Vec<String> = circle.iter().chain(circle.first()).map(|id| format!("`{id}`")).collect();
    let mut problem = Problem::error(
        Code::CircularSteps,
        first.step.id.span,
        format!("the steps go round in a circle: {}", ids.join(" → ")),
    );
    if let Some(last) = circle.last().and_then(|id| at(id)).filter(|_| circle.len() > 1) {
        problem = problem
            .related(last.step.id.span, format!("from here it goes back to `{}`", first.step.id.value));
    }
    problems
        .push(problem.hint("A section can't lead back into itself: write its steps again, under other ids."));
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
