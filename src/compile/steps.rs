//! A journey's steps: tiles, paths, where each step leads, and in which order they are carried out.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    flow::{self, Placed},
    loops,
    plan::StepPlan,
    windows,
};
use crate::{
    calendar::Zone,
    conditions::KnownStep,
    definitions::{JourneyDefinition, StepDefinition},
    diagnostics::{Code, Problem, Problems, Text, did_you_mean},
    model::Catalog,
    tiles::{CompileContext, CustomTiles, GOTO_PATH, Names, TILES, Tile, Work, goto_of, tile_named},
};

/// Checks the steps of a journey. All problems are reported; with an error there are none.
pub(super) fn compile(
    definition: &JourneyDefinition,
    start: Option<i64>,
    catalog: &Catalog,
    zone: &Zone,
    names: &Names,
    custom: &CustomTiles,
    problems: &mut Problems,
) -> Option<Vec<StepPlan>> {
    let ids: BTreeSet<String> =
        flow::all_steps(definition).iter().map(|step| step.id.value.clone()).collect();
    let (placed, certain) = flow::place(definition, problems);
    // A journey without steps was reported where it was read.
    let first = definition.steps.first()?;
    let mut tiles: BTreeMap<&str, Tile> = BTreeMap::new();
    let mut whole = true;
    let came_from = came_from(&placed);
    for Placed { step, .. } in &placed {
        let known_steps = known_steps(&placed, &came_from, &step.id.value);
        let own = custom.get(&step.tile.value);
        let built_in = tile_named(&step.tile.value);
        if built_in.is_none() && own.is_none() {
            problems.push(unknown_tile(&step.tile, custom));
            whole = false;
            continue;
        }
        let mut found = Problems::default();
        let mut context = CompileContext {
            target: definition.target.value,
            zone,
            start,
            owner: definition.header.owner.as_ref().map(|owner| owner.value.as_str()),
            catalog,
            names,
            steps: &known_steps,
            endless: definition.end.is_none() && definition.repeat.is_none(),
            problems: &mut found,
        };
        let tile = match (built_in, own) {
            (Some(kind), _) => kind.compile(step, &mut context),
            (None, Some(own)) => own.place(step, &mut context),
            (None, None) => None,
        };
        let of_target = [Code::MissingUnit, Code::AccountOption];
        problems.take(found, |problem| !definition.target_unreadable || !of_target.contains(&problem.code));
        // Without the tile nobody knows which paths its parameters define.
        let known: Option<Vec<&str>> = match &tile {
            Some(tile) => Some(tile.paths.iter().map(String::as_str).collect()),
            None => match (built_in, own) {
                (Some(kind), _) => kind.path_parameters().is_empty().then(|| kind.spec().paths.to_vec()),
                (None, own) => own.map(|own| own.paths.iter().map(String::as_str).collect()),
            },
        };
        for (path, _) in &step.paths {
            if known.as_ref().is_some_and(|paths| !paths.contains(&path.value.as_str())) {
                problems.push(unknown_path(&step.tile.value, path, &known.clone().unwrap_or_default()));
                whole = false;
            }
        }
        match tile {
            Some(tile) => {
                tiles.insert(&step.id.value, tile);
            }
            None => whole = false,
        }
    }
    let leads: BTreeMap<&str, Vec<&str>> = placed
        .iter()
        .map(|placed| (placed.step.id.value.as_str(), destinations(placed, &tiles, &ids)))
        .collect();
    if !certain || ids.len() < placed.len() {
        return None;
    }
    whole &= report_unreachable(definition, &placed, &leads, &first.id.value, problems);
    let order = order(&placed, &leads, problems)?;
    if !whole {
        return None;
    }
    loops::report_without_wait(&placed, &leads, problems);
    let place: BTreeMap<&str, usize> = order.iter().enumerate().map(|(at, id)| (*id, at)).collect();
    let mut by_id: BTreeMap<&str, &Placed<'_>> =
        placed.iter().map(|placed| (placed.step.id.value.as_str(), placed)).collect();
    let mut steps = Vec::new();
    for id in &order {
        let (placed, tile) = (by_id.remove(id)?, tiles.remove(id)?);
        steps.push(step_plan(placed, tile, &place));
    }
    windows::find(&mut steps);
    Some(steps)
}

/// From where people come to each step at most, whatever the tiles.
fn came_from<'a>(placed: &'a [Placed<'_>]) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut came_from: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for Placed { step, following, written } in placed {
        let written = written.values().flatten().map(String::as_str);
        let back = goto_of(step).map(|goto| goto.step.as_str());
        for to in written.chain(following.as_deref()).chain(back) {
            came_from.entry(to).or_default().push(step.id.value.as_str());
        }
    }
    came_from
}

/// The steps of a journey as one of them sees them.
fn known_steps(
    placed: &[Placed<'_>],
    came_from: &BTreeMap<&str, Vec<&str>>,
    here: &str,
) -> BTreeMap<String, KnownStep> {
    let direct = came_from.get(here).into_iter().flatten();
    let before: BTreeSet<String> = direct.flat_map(|id| flow::reachable(id, came_from)).collect();
    let known = placed.iter().map(|Placed { step, .. }| {
        let id = step.id.value.clone();
        let comes_before = before.contains(&id);
        (id, KnownStep { tile: step.tile.value.clone(), comes_before })
    });
    known.collect()
}

fn unknown_tile(tile: &Text, custom: &CustomTiles) -> Problem {
    let names = TILES.into_iter().map(|kind| kind.spec().name).chain(custom.keys().map(String::as_str));
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
    let written = |id: &str| placed.iter().position(|placed| placed.step.id.value == id);
    let goto = |id: &str| at(id).and_then(|placed| goto_of(placed.step));
    let mut gotos: Vec<&str> = circle.iter().copied().filter(|id| goto(id).is_some()).collect();
    // Of several, that one which goes back to what was written before it.
    gotos.sort_by_key(|id| goto(id).is_some_and(|goto| written(goto.step.as_str()) < written(id)));
    if let Some((id, goto)) = gotos.last().and_then(|id| Some((id, goto(id)?))) {
        problems.push(
            Problem::error(
                Code::MissingKey,
                goto.step.span,
                format!("`{id}` goes back to `{}` without end: it needs `at_most`", goto.step.value),
            )
            .hint("Write how often each contact goes back, such as `at_most: 3`; then it goes on below."),
        );
        return;
    }
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
    problems.push(problem.hint(
        "A section can't lead back into itself: go back by a step `tile: goto` with `at_most`, or write its steps again, under other ids.",
    ));
}

/// The steps sorted so that each comes before those it leads to, those that a `goto` goes back to apart.
/// Nothing when people could go round for ever, which is reported.
fn order<'a>(
    placed: &'a [Placed<'a>],
    leads: &BTreeMap<&'a str, Vec<&'a str>>,
    problems: &mut Problems,
) -> Option<Vec<&'a str>> {
    let all: Vec<&str> = placed.iter().map(|placed| placed.step.id.value.as_str()).collect();
    // A limited `goto` ends by itself, so it may lead anywhere.
    let limited: Vec<(&str, &str)> = placed
        .iter()
        .filter_map(|placed| Some((placed.step.id.value.as_str(), goto_of(placed.step)?)))
        .filter(|(id, goto)| goto.limited && leads.get(id).is_some_and(|to| to.contains(&goto.step.as_str())))
        .map(|(id, goto)| (id, goto.step.as_str()))
        .collect();
    let mut forward = leads.clone();
    for placed in placed.iter().filter(|placed| goto_of(placed.step).is_some_and(|goto| goto.limited)) {
        let id = placed.step.id.value.as_str();
        forward.insert(id, placed.following.as_deref().into_iter().collect());
    }
    if let Err(circle) = flow::sorted(&all, &forward) {
        report_circle(placed, &circle, problems);
        return None;
    }
    for (id, to) in limited {
        let goes_back = flow::reachable(to, &forward).contains(id);
        if let Some(leads) = forward.get_mut(id).filter(|leads| !goes_back && !leads.contains(&to)) {
            leads.push(to);
        }
    }
    flow::sorted(&all, &forward).ok()
}

/// The ids that a step leads to. `tile: end` leads nowhere, `tile: goto` to its step, and on when it may go
/// there so many times only.
fn destinations<'a>(
    placed: &'a Placed<'_>,
    tiles: &BTreeMap<&str, Tile>,
    ids: &BTreeSet<String>,
) -> Vec<&'a str> {
    let step = placed.step;
    if step.tile.value == "end" {
        return Vec::new();
    }
    if let Some(goto) = goto_of(step).filter(|goto| ids.contains(&goto.step.value)) {
        let itself = goto.step.value == step.id.value;
        let to = (!itself).then_some(goto.step.as_str());
        let on = (goto.limited || itself).then_some(placed.following.as_deref()).flatten();
        // Paths that it hasn't got were reported, what stands on them needn't be.
        let written = placed.written.values().flatten().map(String::as_str);
        let to: BTreeSet<&str> = to.into_iter().chain(on).chain(written).collect();
        return to.into_iter().collect();
    }
    let all_written = tiles.get(step.id.value.as_str()).is_some_and(|tile| {
        !tile.paths.is_empty() && tile.paths.iter().all(|path| placed.written.contains_key(path))
    });
    let mut to: BTreeSet<&str> = placed.written.values().flatten().map(String::as_str).collect();
    if !all_written {
        to.extend(placed.following.as_deref());
    }
    to.into_iter().collect()
}

fn step_plan(placed: &Placed<'_>, tile: Tile, place: &BTreeMap<&str, usize>) -> StepPlan {
    let at = |id: Option<&String>| id.and_then(|id| place.get(id.as_str()).copied());
    if let Some(goto) = goto_of(placed.step) {
        let following = if goto.limited { at(placed.following.as_ref()) } else { None };
        let to = at(Some(&goto.step.value));
        return plan_of(placed, tile, vec![(Some(GOTO_PATH.to_owned()), to), (None, following)]);
    }
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
    plan_of(placed, tile, next)
}

fn plan_of(placed: &Placed<'_>, tile: Tile, next: Vec<(Option<String>, Option<usize>)>) -> StepPlan {
    StepPlan {
        id: placed.step.id.value.clone(),
        was: placed.step.was.as_ref().map(|text| text.value.clone()),
        tile_name: placed.step.tile.value.clone(),
        tile,
        next,
        released_by: Vec::new(),
    }
}
