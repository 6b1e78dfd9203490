//! What a tile is, in words: the same for built-in and custom tiles.

use super::{TILES, TileSpec, plugin::CustomTile};

/// A tile, built-in or custom, as the reference, the schema and `tile show` present it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TileDescription {
    /// The name under `tile:`.
    pub name: String,
    /// What it does, in a sentence without a full stop.
    pub summary: String,
    /// More about it.
    pub description: Option<String>,
    /// The folder of a custom tile; nothing for a built-in one.
    pub folder: Option<String>,
    /// Whom a custom tile works for: `contact`, `account` or `either`; nothing for a built-in one.
    pub works_for: Option<String>,
    /// What stands under `with:`.
    pub parameters: Vec<ParameterDescription>,
    /// Its paths; none when everyone goes on the same way.
    pub paths: Vec<String>,
    /// Steps of a journey that use it.
    pub example: String,
}

/// A parameter under `with:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterDescription {
    /// Its key.
    pub name: String,
    /// What it holds, for people: `duration`, `text`, `contact or account`.
    pub kind: String,
    /// The words that it may be, when those are all.
    pub choices: Vec<String>,
    /// Whether it has to be there.
    pub required: bool,
    /// What it is when it isn't there, as it would be written.
    pub default: Option<String>,
    /// What it is for.
    pub description: String,
}

impl TileSpec {
    /// The tile in words.
    #[must_use]
    pub fn describe(&self) -> TileDescription {
        let parameters = self.parameters.iter().map(|parameter| ParameterDescription {
            name: parameter.name.to_owned(),
            kind: parameter.kind.to_owned(),
            choices: Vec::new(),
            required: parameter.required,
            default: None,
            description: parameter.description.to_owned(),
        });
        TileDescription {
            name: self.name.to_owned(),
            summary: self.summary.to_owned(),
            description: None,
            folder: None,
            works_for: None,
            parameters: parameters.collect(),
            paths: self.paths.iter().map(|path| (*path).to_owned()).collect(),
            example: self.example.to_owned(),
        }
    }
}

/// All tiles: the built-in ones in the order of the reference, then the custom ones.
pub fn describe<'a>(custom: impl IntoIterator<Item = &'a CustomTile>) -> Vec<TileDescription> {
    let built_in = TILES.iter().map(|kind| kind.spec().describe());
    built_in.chain(custom.into_iter().map(CustomTile::describe)).collect()
}
