//! `schema`, `reference` and `completions`: what other programs need to know.

use std::{fs, io, path::Path};

use clap::CommandFactory;
use clap_complete::Shell;
use serde_json::{Value as Json, json};

use crate::cli::{
    CliError, Exit, Output,
    arguments::{
        args::{Arguments, Format, GlobalArguments, SchemaArguments},
        commands,
    },
};
use crate::{
    definitions::{self, KINDS, kind_named},
    diagnostics::{Problems, did_you_mean},
    reference::{self, Names},
};

/// Where `schema --write` puts the schemas, relative to the workspace.
const DEFINITIONS: &str = ".tilework/schema.json";
const SETTINGS: &str = ".tilework/settings.json";

/// What a workspace names, whether or not its definitions have mistakes; nothing when there is none.
#[allow(clippy::disallowed_methods, reason = "the environment is ours to read")]
fn names(global: &GlobalArguments) -> Option<Names> {
    let variable = |name: &str| std::env::var(name).ok();
    let environment = global.environment.as_deref();
    let mut problems = Problems::default();
    let loaded = definitions::load(&global.workspace, environment, &variable, &mut problems);
    loaded.ok().map(|definitions| Names::of(&definitions))
}

/// `schema`.
pub(in crate::cli) fn schema(
    global: &GlobalArguments,
    arguments: &SchemaArguments,
    output: &mut Output,
) -> Result<Exit, CliError> {
    if arguments.write {
        let written = write(global)?;
        if output.format() == Format::Json {
            output.json(&json!({ "files": written }))?;
        } else {
            output.text(&format!("written: {}", written.join(", ")))?;
        }
        return Ok(Exit::Done);
    }
    let names = names(global).unwrap_or_else(|| {
        output.remark("no workspace here: the schema has the names that are built in");
        Names::standard()
    });
    let schema = match arguments.kind.as_deref() {
        None => reference::definition_schema(&names),
        Some("settings") => reference::settings_schema(&names),
        Some(name) => match kind_named(name) {
            Some(kind) => reference::kind_schema(kind, &names),
            None => {
                let known = KINDS.iter().map(|kind| kind.name).chain(["settings"]);
                return Err(CliError::usage(format!("there is no kind `{name}`"))
                    .hint(did_you_mean(name, known).unwrap_or_default()));
            }
        },
    };
    output.report(&format!("{}\n", pretty(&schema)))?;
    Ok(Exit::Done)
}

/// Writes the schemas into the workspace, and tells where.
pub(in crate::cli) fn write(global: &GlobalArguments) -> Result<Vec<String>, CliError> {
    let Some(names) = names(global) else {
        return Err(CliError::new(
            Exit::Definitions,
            format!("no `tilework.yaml` in `{}`", global.workspace.display()),
        )
        .hint("Name the folder with `-C DIR`, or make a workspace by `tilework init DIR`.".to_owned()));
    };
    let files =
        [(DEFINITIONS, reference::definition_schema(&names)), (SETTINGS, reference::settings_schema(&names))];
    for (path, schema) in &files {
        let path = global.workspace.join(path);
        let written = match path.parent() {
            Some(folder) => fs::create_dir_all(folder),
            None => Ok(()),
        }
        .and_then(|()| fs::write(&path, pretty(schema) + "\n"));
        written
            .map_err(|error| CliError::usage(format!("`{}` can't be written: {error}", path.display())))?;
    }
    Ok(files.iter().map(|(path, _)| (*path).to_owned()).collect())
}

fn pretty(schema: &Json) -> String {
    format!("{schema:#}")
}

/// `reference`.
pub(in crate::cli) fn reference(output: &mut Output) -> Result<Exit, CliError> {
    output.report(&format!("{}\n", reference::page(&Names::standard(), &commands::sections()).trim_end()))?;
    Ok(Exit::Done)
}

/// `completions`.
pub(in crate::cli) fn completions(shell: Shell, output: &mut Output) -> Result<Exit, CliError> {
    let mut script = io::Cursor::new(Vec::new());
    clap_complete::generate(shell, &mut Arguments::command(), "tilework", &mut script);
    output.report(&format!("{}\n", String::from_utf8_lossy(script.get_ref()).trim_end()))?;
    Ok(Exit::Done)
}

/// `man`.
pub(in crate::cli) fn man(folder: Option<&Path>, output: &mut Output) -> Result<Exit, CliError> {
    let Some(folder) = folder else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Arguments::command()).render(&mut page)?;
        output.report(&String::from_utf8_lossy(&page))?;
        return Ok(Exit::Done);
    };
    fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(Arguments::command(), folder))
        .map_err(|error| CliError::usage(format!("`{}` can't be written: {error}", folder.display())))?;
    output.remark(&format!("The man pages are in {}.", folder.display()));
    Ok(Exit::Done)
}
