//! `tilework tile`.

use std::{fs, path::Path};

use serde_json::{Value as Json, json};

use crate::cli::{
    CliError, Exit, Output, Table,
    arguments::{
        args::{Format, GlobalArguments},
        tile_arguments::TileCommand,
    },
    workspaces::workspace,
};
use crate::{
    compile::Plan,
    definitions::check_field_name,
    diagnostics::{FileId, Problems, Span, Text, did_you_mean},
    tiles::{CaseResult, CustomTile, TileDescription, describe, run_cases, tile_named},
};

const NEW_TILE: &str = include_str!("scaffold/tile.yaml");
const NEW_SCRIPT: &str = include_str!("scaffold/tile.rhai");
const NEW_CASES: &str = include_str!("scaffold/cases.yaml");

/// Carries out `tile list`, `show`, `test` and `new`.
///
/// # Errors
/// When there is no such tile, the definitions are invalid, or files can't be written.
pub fn tile(command: &TileCommand, global: &GlobalArguments, output: &mut Output) -> Result<Exit, CliError> {
    if let TileCommand::New { name } = command {
        make(name, &global.workspace, output)?;
        return Ok(Exit::Done);
    }
    let (_, plan) = workspace::plan(global, output)?;
    match command {
        TileCommand::List => list(&plan, output)?,
        TileCommand::Show { name } => show(&plan, name, output)?,
        TileCommand::Test { name } => return test(&plan, name.as_deref(), output),
        TileCommand::New { .. } => {}
    }
    Ok(Exit::Done)
}

fn all(plan: &Plan) -> Vec<TileDescription> {
    describe(plan.tiles.values().map(AsRef::as_ref))
}

fn list(plan: &Plan, output: &mut Output) -> Result<(), CliError> {
    let mut table = Table::new(&[("name", "TILE"), ("folder", "STANDS IN"), ("summary", "DOES")]);
    for tile in all(plan) {
        let from = tile.folder.clone().unwrap_or_else(|| "built-in".to_owned());
        table.push(vec![json!(tile.name), json!(from), json!(tile.summary)]);
    }
    output.table(&table, "")
}

fn show(plan: &Plan, name: &str, output: &mut Output) -> Result<(), CliError> {
    let all = all(plan);
    let Some(tile) = all.iter().find(|tile| tile.name == name) else {
        return Err(no_tile(name, all.iter().map(|tile| tile.name.as_str())));
    };
    if output.format() == Format::Json {
        return output.json(&as_json(tile));
    }
    let from = tile.folder.as_ref().map_or_else(|| "built-in".to_owned(), |folder| format!("from {folder}"));
    output.text(&format!("{} ({from})", tile.name))?;
    output.text(&tile.summary)?;
    if let Some(description) = &tile.description {
        output.text(description.trim_end())?;
    }
    if let Some(works_for) = &tile.works_for {
        let words = match works_for.as_str() {
            "contact" => "It works for each contact.",
            "account" => "It works for each account, in account journeys.",
            _ => "It works for each contact or each account, as the step says by `for_each`.",
        };
        output.text(words)?;
    }
    output.text("")?;
    if tile.parameters.is_empty() {
        output.text("It has no parameters.")?;
    } else {
        output.text("Parameters, under `with:`")?;
    }
    let width = tile.parameters.iter().map(|parameter| parameter.name.len()).max().unwrap_or(0);
    for parameter in &tile.parameters {
        let kind = parameter.holds.words();
        let more = match (&parameter.default, parameter.required) {
            (_, true) => ", required".to_owned(),
            (Some(default), false) => format!(", {default} when not written"),
            (None, false) => String::new(),
        };
        let description = match parameter.description.is_empty() {
            true => String::new(),
            false => format!(" – {}", parameter.description),
        };
        output.text(&format!("  {:width$}  {kind}{more}{description}", parameter.name))?;
    }
    output.text("")?;
    output.text(&match tile.paths.is_empty() {
        true => "It has no paths: everybody goes on the same way.".to_owned(),
        false => format!("Paths: {}", tile.paths.join(", ")),
    })?;
    output.text("")?;
    output.text("Example:")?;
    output.text(tile.example.trim_end())
}

fn as_json(tile: &TileDescription) -> Json {
    let parameters = tile.parameters.iter().map(|parameter| {
        json!({
            "name": parameter.name,
            "type": parameter.holds.kind(),
            "choices": parameter.holds.choices(),
            "required": parameter.required,
            "default": parameter.default,
            "description": parameter.description,
        })
    });
    json!({
        "name": tile.name,
        "summary": tile.summary,
        "description": tile.description,
        "folder": tile.folder,
        "for": tile.works_for,
        "parameters": parameters.collect::<Vec<_>>(),
        "paths": tile.paths,
        "example": tile.example,
    })
}

fn no_tile<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> CliError {
    CliError::usage(format!("there is no tile `{name}`")).hint(did_you_mean(name, names))
}

fn test(plan: &Plan, name: Option<&str>, output: &mut Output) -> Result<Exit, CliError> {
    let tiles: Vec<&CustomTile> = match name {
        None => plan.tiles.values().map(AsRef::as_ref).collect(),
        Some(name) => match plan.tiles.get(name) {
            Some(tile) => vec![tile.as_ref()],
            None if tile_named(name).is_some() => {
                return Err(CliError::usage(format!(
                    "`{name}` is a built-in tile, which has no cases of yours"
                )));
            }
            None => return Err(no_tile(name, plan.tiles.keys().map(String::as_str))),
        },
    };
    let results: Vec<(&CustomTile, Vec<CaseResult>)> =
        tiles.into_iter().map(|tile| (tile, run_cases(tile))).collect();
    let failed = results.iter().flat_map(|(_, cases)| cases).any(|case| !case.differences.is_empty());
    if output.format() == Format::Json {
        let cases = results.iter().flat_map(|(_, cases)| cases).map(|case| {
            json!({
                "tile": case.tile,
                "case": case.case,
                "passed": case.differences.is_empty(),
                "differences": case.differences,
            })
        });
        output.json(&Json::Array(cases.collect()))?;
    } else {
        if results.is_empty() {
            output.text("The workspace has no custom tiles yet; `tilework tile new NAME` makes one.")?;
        }
        for (tile, cases) in &results {
            report(&tile.name, cases, output)?;
        }
    }
    Ok(if failed { Exit::Found } else { Exit::Done })
}

fn report(tile: &str, cases: &[CaseResult], output: &mut Output) -> Result<(), CliError> {
    let failed = cases.iter().filter(|case| !case.differences.is_empty()).count();
    output.text(&match (cases.len(), failed) {
        (0, _) => format!("{tile}: no cases yet; write some into `plugins/{tile}/cases.yaml`"),
        (all, 0) => format!("{tile}: {} passed", workspace::counted(all, "case")),
        (all, failed) => format!("{tile}: {failed} of {} failed", workspace::counted(all, "case")),
    })?;
    for case in cases {
        let mark = if case.differences.is_empty() { "ok    " } else { "FAILED" };
        output.text(&format!("  {mark}  {}", case.case))?;
        for difference in &case.differences {
            output.text(&format!("          {difference}"))?;
        }
    }
    Ok(())
}

/// Makes the folder of a new tile, which works and is tested.
fn make(name: &str, root: &Path, output: &mut Output) -> Result<(), CliError> {
    let mut problems = Problems::default();
    let text = Text::verbatim(name, Span::new(FileId(0), 0, name.len()));
    if !check_field_name(&text, &mut problems) {
        let problem =
            problems.sorted().first().map(|problem| (problem.message.clone(), problem.hint.clone()));
        let (message, hint) = problem.unwrap_or_default();
        let message = message.replace("a field's name", "a tile's name");
        return Err(CliError::usage(message).hint(hint));
    }
    if tile_named(name).is_some() {
        return Err(CliError::usage(format!("`{name}` is a built-in tile"))
            .hint("Give the new tile another name.".to_owned()));
    }
    if !root.join("tilework.yaml").is_file() {
        return Err(CliError::new(Exit::Definitions, format!("no `tilework.yaml` in `{}`", root.display()))
            .hint("Name the workspace with `-C DIR`.".to_owned()));
    }
    let folder = root.join("plugins").join(name);
    if folder.exists() {
        return Err(CliError::usage(format!("`plugins/{name}` is there already"))
            .hint("Take another name, or remove the folder.".to_owned()));
    }
    let failed = |error: std::io::Error| {
        CliError::new(Exit::Store, format!("`plugins/{name}` can't be written: {error}"))
    };
    fs::create_dir_all(&folder).map_err(failed)?;
    for (file, content) in [("tile.yaml", NEW_TILE), ("tile.rhai", NEW_SCRIPT), ("cases.yaml", NEW_CASES)] {
        fs::write(folder.join(file), content.replace("NAME", name)).map_err(failed)?;
    }
    output.text(&format!("made plugins/{name} with tile.yaml, tile.rhai and cases.yaml"))?;
    output.text(&format!("try: tilework tile test {name}"))
}
