//! `init`: a workspace with one small working journey.

use std::path::Path;

use rust_embed::Embed;
use serde_json::json;

use super::{new_folder::write_new_folder, schema};
use crate::cli::{
    CliError, Exit, Output,
    arguments::args::{Format, GlobalArguments},
};

#[derive(Embed)]
#[folder = "init/"]
struct Files;

/// Where a file goes whose name is another while it is a part of this program, so that it has no effect
/// on the program's own repository.
fn place(name: &str) -> &str {
    match name {
        "dot-gitignore" => ".gitignore",
        "dot-yamllint" => ".yamllint",
        "dot-vscode-settings.json" => ".vscode/settings.json",
        name => name,
    }
}

/// Makes the workspace and says what to do next.
pub(in crate::cli) fn init(
    global: &GlobalArguments,
    directory: &Path,
    program: &str,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let mut files: Vec<(String, Vec<u8>)> = Files::iter()
        .filter_map(|name| Files::get(&name).map(|file| (place(&name).to_owned(), file.data.into_owned())))
        .collect();
    files.sort();
    write_new_folder(directory, &files, "the workspace", "tilework init my-workspace")?;
    let global = GlobalArguments { workspace: directory.to_owned(), environment: None, ..global.clone() };
    let written = schema::write(&global)?;
    let paths: Vec<&str> =
        files.iter().map(|(path, _)| path.as_str()).chain(written.iter().map(String::as_str)).collect();
    if output.format() == Format::Json {
        output.json(&json!({ "workspace": directory, "files": paths }))?;
        return Ok(Exit::Done);
    }
    let folder = directory.display();
    output.text(&format!(
        "A workspace with one small journey stands in `{folder}`; `{folder}/README.md` says what is what.\n\nNext:\n  \
         {program} -C {folder} import contacts {folder}/data/contacts.csv\n  {program} -C {folder} run\n  \
         {program} -C {folder} outbox list"
    ))?;
    Ok(Exit::Done)
}
