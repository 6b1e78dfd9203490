//! What a tile says about itself: the source of the reference, the schema and `tile list`.

use super::{CompileContext, Tile};
use crate::definitions::{Key, StepDefinition};

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
    pub parameters: &'static [Key],
    /// Its paths; none when everyone goes on the same way.
    pub paths: &'static [&'static str],
    /// Steps of a journey that use it; tested.
    pub example: &'static str,
}
