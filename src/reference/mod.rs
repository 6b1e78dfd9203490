//! The language told to editors and to readers: a JSON Schema, and the page `docs/reference.md`.
//!
//! In: the tables that the program itself works by (kinds and their keys, tiles, fields, interaction
//! types, functions, codes), and the names of a workspace. Out: JSON and Markdown. It doesn't know files,
//! the store or the command line, and decides nothing: what `check` accepts is decided elsewhere.

mod condition;
mod explanation;
mod forms;
mod names;
mod page;
mod schema;
mod tiles;
mod words;

pub use explanation::explanation;
pub use names::Names;
pub use page::page;
pub use schema::{definition_schema, kind_schema, settings_schema};
