//! What a tile says about itself: the source of the reference, the schema and `tile list`.

use super::{CompileContext, Tile};
use crate::definitions::StepDefinition;

/// A kind of tile.
pub trait TileKind: Sync {
    /// What the tile is called, takes and leads to.
    fn spec(&self) -> &'static TileSpec;

    /// The parameters whose keys are paths, too, beside those of the spec.
    fn path_parameters(&self) -> &'static [&'static str] {
        &[]
    }

    /// Checks a step of this kind. All problems are reported; with an error there is no tile.
    fn compile(&self, step: &StepDefinition, context: &mut CompileContext<'_>) -> Option<Tile>;
}

/// What a tile is called, takes and leads to.
#[derive(Debug)]
pub struct TileSpec {
    /// The name under `tile:`.
    pub name: &'static str,
    /// What it does, in a sentence without a full stop.
    pub summary: &'static str,
    /// What stands under `with:`.
    pub parameters: &'static [Parameter],
    /// Its paths; none when everyone goes on the same way.
    pub paths: &'static [&'static str],
    /// Steps of a journey that use it; tested.
    pub example: &'static str,
}

/// A parameter under `with:`.
#[derive(Debug)]
pub struct Parameter {
    /// Its key.
    pub name: &'static str,
    /// What it holds, for people: `duration`, `text`, `contact or account`.
    pub kind: &'static str,
    /// Whether it has to be there.
    pub required: bool,
    /// What it is for.
    pub description: &'static str,
}

impl Parameter {
    /// A parameter that has to be there.
    pub(super) const fn required(name: &'static str, kind: &'static str, description: &'static str) -> Self {
        Parameter { name, kind, required: true, description }
    }

    /// A parameter that may be left out.
    pub(super) const fn optional(name: &'static str, kind: &'static str, description: &'static str) -> Self {
        Parameter { name, kind, required: false, description }
    }
}
