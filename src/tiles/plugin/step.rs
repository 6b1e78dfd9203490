//! A step that uses a custom tile.

use std::sync::Arc;

use super::{CustomTile, parameters, run::PlacedTile};
use crate::{
    definitions::{PluginTarget, StepDefinition},
    diagnostics::{Code, Problem},
    model::Entity,
    script::ScriptValue,
    tiles::{CompileContext, Deciding, Look, Tile, Unit, Wakes, context},
};

impl CustomTile {
    /// Checks a step. All problems are reported; with an error there is no tile.
    pub fn place(
        self: &Arc<CustomTile>,
        step: &StepDefinition,
        context: &mut CompileContext<'_>,
    ) -> Option<Tile> {
        let mut reader = step.parameters(&[], context.problems);
        let unit = match self.target {
            PluginTarget::Either => context::unit("for_each", context.target, &mut reader),
            PluginTarget::Contact => Some(Unit::Contact),
            PluginTarget::Account => Some(Unit::Account),
        };
        let values = parameters::read(&self.parameters, &mut reader, context.zone, Some(&self.channels));
        reader.finish();
        if self.target == PluginTarget::Account && context.target == Entity::Contact {
            let message =
                format!("the tile `{}` works for accounts, and this is a contact journey", self.name);
            context.problems.push(
                Problem::error(Code::AccountOption, step.tile.span, message)
                    .hint("Give the journey `target: account`, or take another tile."),
            );
            return None;
        }
        let (unit, parameters) = (unit?, values?);
        Some(self.tile(unit, parameters, step, context))
    }

    /// The tile of a step that calls the script for each contact or account.
    pub(in crate::tiles) fn tile(
        self: &Arc<CustomTile>,
        unit: Unit,
        parameters: ScriptValue,
        step: &StepDefinition,
        context: &CompileContext<'_>,
    ) -> Tile {
        let placed = PlacedTile {
            tile: Arc::clone(self),
            parameters,
            unit,
            step: step.id.value.clone(),
            zone: context.zone.clone(),
            owner: context.owner.map(str::to_owned),
        };
        let deciding = Deciding::new(unit, placed.needs(), move |batch, out| placed.run(batch, out));
        Tile {
            look: Look::ON_ARRIVAL,
            paths: self.paths.clone(),
            work: Deciding { scripted: true, ..deciding }.into(),
            wakes: Wakes::default(),
        }
    }
}
