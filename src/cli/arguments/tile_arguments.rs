//! The arguments of `tile`.

use clap::Subcommand;

/// What can be done with tiles.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum TileCommand {
    /// All tiles, built-in and your own
    List,
    /// What a tile does, takes and leads to, with an example
    Show {
        /// The tile's name
        name: String,
    },
    /// Run the cases of your own tiles
    Test {
        /// Only this tile's
        name: Option<String>,
    },
    /// Make a new tile: a folder in `plugins/` that works, with tests
    New {
        /// The new tile's name, such as `visit_counter`
        name: String,
    },
}
