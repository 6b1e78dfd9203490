//! `end`: leaves the journey.

use super::{CompileContext, Look, Tile, TileKind, TileSpec, Uniform, Wakes, Work};
use crate::definitions::{Form, Key, StepDefinition};

pub(super) struct End;

const PARAMETERS: &[Key] =
    &[Key::optional("result", Form::Text, "How it ended, shown among the step's paths")];

static SPEC: TileSpec = TileSpec {
    name: "end",
    summary: "Leaves the journey here",
    parameters: PARAMETERS,
    paths: &[],
    example: "- id: won\n  tile: end\n  with: { result: won }\n",
};

impl TileKind for End {
    fn spec(&self) -> &'static TileSpec {
        &SPEC
    }

    fn compile(&self, step: &StepDefinition, context: &mut CompileContext<'_>) -> Option<Tile> {
        let mut reader = step.parameters(&[PARAMETERS], context.problems);
        let result = reader.text("result").map(|text| text.value);
        reader.finish();
        Some(Tile {
            look: Look::ON_ARRIVAL,
            paths: Vec::new(),
            work: Work::Uniform(Uniform { ends: Some(result), ..Uniform::default() }),
            wakes: Wakes::default(),
        })
    }
}
