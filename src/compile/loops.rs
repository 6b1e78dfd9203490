//! Loops of steps that take no time.

use std::collections::{BTreeMap, BTreeSet};

use super::flow::Placed;
use crate::{
    definitions::{Content, StepDefinition},
    diagnostics::{Code, Problem, Problems},
    tiles::goto_of,
};

/// Tiles that let everybody go on at once.
const AT_ONCE: [&str; 7] = ["activity", "branch", "create_lead", "email", "goto", "launch_workflow", "split"];

/// Warns of each `goto` that leads back to itself by a way on which no step takes time.
pub(super) fn report_without_wait(
    placed: &[Placed<'_>],
    leads: &BTreeMap<&str, Vec<&str>>,
    problems: &mut Problems,
) {
    let at_once: BTreeSet<&str> = placed
        .iter()
        .filter(|placed| !takes_time(placed.step))
        .map(|placed| placed.step.id.value.as_str())
        .collect();
    for Placed { step, .. } in placed {
        let Some(goto) = goto_of(step) else { continue };
        let id = step.id.value.as_str();
        let mut seen = BTreeSet::new();
        let mut next = vec![goto.step.as_str()];
        while let Some(here) = next.pop() {
            if here != id && at_once.contains(here) && seen.insert(here) {
                next.extend(leads.get(here).into_iter().flatten());
            }
        }
        let leads_here = |from: &&str| leads.get(*from).is_some_and(|to| to.contains(&id));
        if seen.iter().any(leads_here) {
            let message = format!("from `{}` back to `{id}` no step takes time", goto.step.value);
            problems.push(
                Problem::warning(Code::LoopWithoutWait, goto.step.span, message)
                    .hint("Put a wait between them, such as `tile: wait` with `for: 7 days`; else all rounds happen in one second."),
            );
        }
    }
}

/// Whether a step may hold people; a tile of one's own may.
fn takes_time(step: &StepDefinition) -> bool {
    let text = |key: &str| {
        step.with.iter().find(|(name, _)| name.value == key).map(|(_, node)| match &node.content {
            Content::Text(text) => text.value.as_str(),
            _ => "",
        })
    };
    match step.tile.value.as_str() {
        // A time of day comes again each day, a moment only once.
        "wait" => text("for").is_some() || text("until").is_some_and(|until| !until.contains(['-', '/'])),
        tile => !AT_ONCE.contains(&tile),
    }
}
