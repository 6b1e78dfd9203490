//! `tilework segment preview` and `pick`: what a definition would come to.

use std::{
    fs,
    io::Read as _,
    path::{Component, Path},
};

use serde_json::json;

use super::segment::named;
use crate::cli::{
    CliError, Exit, Output, Table,
    arguments::args::{Format, GlobalArguments, PickArguments},
    face::cells::optional,
    workspaces::workspace,
};
use crate::{
    audience::{membership, written_segments},
    compile::{Plan, SegmentPlan},
    definitions,
    model::Entity,
    runtime::real_now,
    store::{NamedRecord, Store},
};

/// What is shown as the place of a definition that didn't come from a file.
const STANDARD_INPUT: &str = "standard input";

/// The folder of definitions, and of the lists that they name.
const FOLDER: &str = "journeys";

/// Carries out `segment preview`.
pub(in crate::cli) fn preview(
    global: &GlobalArguments,
    name: &str,
    sample: usize,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let mut text = String::new();
    if name == "-" {
        std::io::stdin()
            .read_to_string(&mut text)
            .map_err(|error| CliError::usage(format!("standard input can't be read: {error}")))?;
    }
    let more = (name == "-").then_some((STANDARD_INPUT, text.as_str()));
    let (plan, mut store, now) = workspace::reading_with(global, more, output)?;
    let name = match more {
        None => name.to_owned(),
        Some(_) => only_name(&text)?,
    };
    store.take_segments_as_written(written_segments(&plan));
    let segment = named(&plan, &name)?;
    let started = real_now();
    let preview =
        store.preview(&segment.name, &membership(segment), segment.target, now, sample, &*plan.library)?;
    let milliseconds = real_now().saturating_sub(started);
    let (table, rows) = (sample_table(segment.target), preview.sample);
    let table = filled(table, segment.target, rows);
    match output.format() {
        Format::Json => output.json(&json!({
            "name": segment.name,
            "target": segment.target.name(),
            "count": preview.count,
            "joining": preview.joining,
            "leaving": preview.leaving,
            "milliseconds": milliseconds,
            "sample": table.objects(),
        }))?,
        Format::Csv => output.table(&table, "")?,
        _ => {
            let target = if preview.count == 1 { segment.target.name() } else { segment.target.plural() };
            output.text(&format!("{}: {} {target}", segment.name, preview.count))?;
            output.text(&match (preview.joining, preview.leaving) {
                (0, 0) => "the same as now".to_owned(),
                (joining, leaving) => format!("{joining} more than now, {leaving} no longer"),
            })?;
            output.text(&format!("it took {milliseconds} ms; nothing was changed"))?;
            if !table.rows.is_empty() {
                output.text("")?;
                output.table(&table, "")?;
            }
        }
    }
    Ok(Exit::Done)
}

/// The name of the one segment that a text defines.
fn only_name(text: &str) -> Result<String, CliError> {
    let names = definitions::segment_names(text);
    match names.as_slice() {
        [name] => Ok(name.clone()),
        _ => Err(CliError::usage(format!("standard input has {} segments, one was expected", names.len()))
            .hint("Give one definition with `kind: segment`, as it stands in a file.".to_owned())),
    }
}

fn sample_table(target: Entity) -> Table {
    match target {
        Entity::Account => Table::new(&[("id", "ACCOUNT"), ("name", "NAME")]),
        Entity::Contact => Table::new(&[
            ("id", "CONTACT"),
            ("name", "NAME"),
            ("account_id", "ACCOUNT"),
            ("account_name", "ACCOUNT NAME"),
        ]),
        Entity::Lead => Table::new(&[
            ("id", "LEAD"),
            ("name", "TOPIC"),
            ("account_id", "ACCOUNT"),
            ("account_name", "ACCOUNT NAME"),
        ]),
    }
}

fn filled(mut table: Table, target: Entity, rows: Vec<NamedRecord>) -> Table {
    for row in rows {
        let mut cells = vec![json!(row.id), optional(row.name)];
        if target != Entity::Account {
            cells.extend([optional(row.account_id), optional(row.account_name)]);
        }
        table.push(cells);
    }
    table
}

/// Carries out `segment pick`.
pub(in crate::cli) fn pick(
    global: &GlobalArguments,
    pick: &PickArguments,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let (plan, mut store, now) = workspace::reading(global, output)?;
    let known = plan.segment(&pick.name);
    let target = known.map_or_else(
        || Entity::ALL.into_iter().find(|entity| entity.name() == pick.target).unwrap_or(Entity::Contact),
        |segment| segment.target,
    );
    let ids = match &pick.condition {
        None => existing(&mut store, target, &pick.ids)?,
        Some(condition) => {
            let text = definition(&pick.name, target, condition);
            let (plan, mut store, _) = workspace::reading_with(global, Some(("--where", &text)), output)?;
            store.take_segments_as_written(written_segments(&plan));
            let segment = named(&plan, &pick.name)?;
            ids_of(&mut store, &plan, segment, now)?
        }
    };
    write_ids(global, pick, target, &ids, &plan, output)?;
    Ok(Exit::Done)
}

/// A condition from the command line as a segment. In quotes it is YAML whatever it holds; a mapping in
/// braces is YAML already.
fn definition(name: &str, target: Entity, condition: &str) -> String {
    let condition = match condition.trim_start().starts_with('{') {
        true => condition.to_owned(),
        false => json!(condition).to_string(),
    };
    format!("kind: segment\nname: {name}\ntarget: {}\nwhere: {condition}\n", target.name())
}

fn existing(store: &mut Store, target: Entity, ids: &[String]) -> Result<Vec<String>, CliError> {
    let unknown = store.unknown_ids(target, ids)?;
    if !unknown.is_empty() {
        let list = unknown.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
        return Err(CliError::usage(format!("there is no {} with the id {list}", target.name())));
    }
    let mut ids = ids.to_vec();
    ids.sort();
    ids.dedup();
    Ok(ids)
}

fn ids_of(store: &mut Store, plan: &Plan, segment: &SegmentPlan, now: i64) -> Result<Vec<String>, CliError> {
    let everybody = usize::try_from(i64::MAX).unwrap_or(usize::MAX);
    let preview =
        store.preview(&segment.name, &membership(segment), segment.target, now, everybody, &*plan.library)?;
    Ok(preview.sample.into_iter().map(|record| record.id).collect())
}

fn write_ids(
    global: &GlobalArguments,
    pick: &PickArguments,
    target: Entity,
    ids: &[String],
    plan: &Plan,
    output: &mut Output,
) -> Result<(), CliError> {
    let Some(file) = &pick.write else {
        let mut table = Table::new(&[("id", "ID")]);
        ids.iter().for_each(|id| table.push(vec![json!(id)]));
        return match output.format() {
            Format::Text | Format::Github => ids.iter().try_for_each(|id| output.text(id)),
            _ => output.table(&table, ""),
        };
    };
    if file.is_absolute() || file.components().any(|part| part == Component::ParentDir) {
        return Err(CliError::usage(format!("`{}` lies outside the workspace", file.display())).hint(
            "Name a file in the workspace, such as `vip.csv`, which is written to `journeys/`.".to_owned(),
        ));
    }
    // `members_from` looks in this folder, where definitions are.
    let file = Path::new(FOLDER).join(file.strip_prefix(FOLDER).unwrap_or(file));
    let path = global.workspace.join(&file);
    let kept = fs::read_to_string(&path)
        .map_or(0, |text| text.lines().filter(|line| !line.trim().is_empty()).count());
    if ids.is_empty() && kept > 0 {
        let message = format!("nobody is picked, and `{}` has {kept} lines, which stay", file.display());
        return Err(CliError::usage(message).hint(
            "Look at the condition and at what was imported; to empty the list, delete the file.".to_owned(),
        ));
    }
    let text: String = ids.iter().map(|id| format!("{id}\n")).collect();
    let failed =
        |error: std::io::Error| CliError::usage(format!("`{}` can't be written: {error}", file.display()));
    path.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
    fs::write(&path, text).map_err(failed)?;
    output.remark(&format!("{} ids written to {}", ids.len(), file.display()));
    if plan.segment(&pick.name).is_none() {
        let name = file.strip_prefix(FOLDER).unwrap_or(&file).display();
        output.remark(&format!(
            "To use them, define the segment: kind: segment, name: {}, target: {}, members_from: {name}",
            pick.name,
            target.name()
        ));
    }
    Ok(())
}
