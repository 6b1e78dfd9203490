//! By whose window the messages of a step go: that of the last wait or trigger before it.

use std::collections::BTreeSet;

use super::plan::StepPlan;
use crate::tiles::LETS_GO;

/// Notes with each step which waits and triggers may be the last before it, where one of them has a window.
/// Several may be, since paths join; which one it was is told by the history of each participant.
pub(super) fn find(steps: &mut [StepPlan]) {
    let mut before: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); steps.len()];
    let mut grown = true;
    while grown {
        grown = false;
        for (at, step) in steps.iter().enumerate() {
            let behind = match LETS_GO.contains(&step.tile_name.as_str()) {
                true => BTreeSet::from([at]),
                false => before[at].clone(),
            };
            for to in step.next.iter().filter_map(|(_, to)| *to) {
                let known = before[to].len();
                before[to].extend(&behind);
                grown |= before[to].len() > known;
            }
        }
    }
    let windows: Vec<bool> = steps.iter().map(|step| step.tile.window().is_some()).collect();
    for (step, last) in steps.iter_mut().zip(before) {
        if last.iter().any(|at| windows[*at]) {
            step.released_by = last.into_iter().collect();
        }
    }
}
