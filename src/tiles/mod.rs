//! Tiles: the kinds of steps.
//!
//! In: a step's definition, and later batches of participants with the values and answers that the tile
//! asked for. Out: a checked tile, and for each participant exactly one outcome, with effects. A tile
//! does no IO and doesn't know the store, the clock or other participants' batches.

mod activity;
mod batch;
mod branch;
mod context;
mod create_lead;
mod describe;
mod email;
mod end;
mod goto;
mod launch_workflow;
mod plugin;
mod shared;
mod spec;
mod split;
mod trigger;
mod wait;
mod wait_parameters;
mod wait_window;
mod work;

pub use batch::{AccountGroup, Batch, Colleague, Decided, EffectSubject, Outcomes, Participant, TileError};
pub use context::{CompileContext, KnownWorkflow, Names, Unit};
pub use describe::{Holds, ParameterDescription, TileDescription, describe};
pub use goto::{GOTO_PATH, Goto, goto_of};
pub use launch_workflow::WORKFLOW;
pub use plugin::{
    CaseResult, CustomParameter, CustomTile, CustomTiles, PluginNames, ScriptKind, compile as compile_plugin,
    compile_workflow, run_cases,
};
pub use spec::{TileKind, TileSpec};
pub use wait_window::WaitWindow;
pub use work::{
    Allotment, Deciding, Look, Mail, NeededCondition, Needs, Question, Tile, Uniform, Wakes, Work,
};

/// All built-in tiles, in the order of the reference.
pub const TILES: [&dyn TileKind; 10] = [
    &email::Email,
    &wait::Wait,
    &trigger::Trigger,
    &branch::Branch,
    &split::Split,
    &activity::Activity,
    &create_lead::CreateLead,
    &launch_workflow::LaunchWorkflow,
    &end::End,
    &goto::GotoTile,
];

/// The tiles that let participants go at a moment of their own: messages made behind one go by its window, and
/// not by that of another before it (semantics 14).
pub const LETS_GO: [&str; 2] = ["wait", "trigger"];

/// The tile with this name.
#[must_use]
pub fn tile_named(name: &str) -> Option<&'static dyn TileKind> {
    TILES.into_iter().find(|kind| kind.spec().name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tile_is_documented_and_found_by_its_name() {
        for kind in TILES {
            let spec = kind.spec();
            assert!(!spec.summary.is_empty(), "{} has no summary", spec.name);
            assert!(
                spec.example.contains(&format!("tile: {}", spec.name)),
                "{}'s example is another's",
                spec.name
            );
            for parameter in spec.parameters {
                assert!(
                    !parameter.description.is_empty(),
                    "{}.{} isn't described",
                    spec.name,
                    parameter.name
                );
            }
            assert_eq!(tile_named(spec.name).map(|found| found.spec().name), Some(spec.name));
        }
    }
}
