//! `tilework why segment`.

use serde_json::{Value as Json, json};

use crate::cli::{
    CliError, Exit, Output, arguments::args::Format, face::cells::field_value, looking::segment::named,
    workspaces::workspace::only_one,
};
use crate::{
    compile::{Plan, SegmentPlan},
    conditions::Clause,
    insights::{SegmentStory, segment_story},
    model::{Entity, Value},
    store::Store,
};

/// Tells why a record belongs to a segment, or doesn't.
pub(in crate::cli) fn why(
    name: &str,
    id: &str,
    plan: &Plan,
    store: &mut Store,
    now: i64,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let segment = named(plan, name)?;
    let mut found = segment_story(store, segment, id, plan, now)?.map(|story| (id.to_owned(), story));
    if found.is_none()
        && segment.target == Entity::Contact
        && let Some(id) = only_one(store.find_contacts(id)?, "contacts have the address", id)?
    {
        found = segment_story(store, segment, &id, plan, now)?.map(|story| (id, story));
    }
    let Some((id, story)) = found else {
        return Err(CliError::usage(format!("no {} has the id `{id}`", segment.target.name()))
            .hint(format!("The segment `{name}` holds {}. Ids are exact.", segment.target.plural())));
    };
    if output.format() == Format::Json {
        output.json(&json!({
            "segment": segment.name,
            "id": id,
            "is_member": story.is_member,
            "holds": story.holds,
            "clause": clause_json(&story.clause),
        }))?;
        return Ok(Exit::Done);
    }
    output.text(&headline(&id, segment, &story))?;
    output.text("")?;
    let mut lines = Vec::new();
    tell(&story.clause, 0, &mut lines);
    lines.iter().try_for_each(|line| output.text(line))?;
    Ok(Exit::Done)
}

fn headline(id: &str, segment: &SegmentPlan, story: &SegmentStory) -> String {
    let name = &segment.name;
    if !segment.active {
        return format!("{id} is not in {name}: the segment is not active, so nobody belongs to it.");
    }
    match (story.is_member, story.holds) {
        (true, true) => format!("{id} is in {name}."),
        (false, false) => format!("{id} is not in {name}."),
        (true, false) => {
            format!("{id} is in {name}, but no longer satisfies it: it leaves when the segment is evaluated.")
        }
        (false, true) => {
            format!("{id} is not in {name} yet, but satisfies it: it joins when the segment is evaluated.")
        }
    }
}

fn tell(clause: &Clause, depth: usize, lines: &mut Vec<String>) {
    let mark = if clause.holds { "✓" } else { "✗" };
    let mut line = format!("{}{mark} {}", "  ".repeat(depth), clause.says);
    if !clause.values.is_empty() {
        let values: Vec<String> =
            clause.values.iter().map(|(what, value)| format!("{what}: {}", shown(value))).collect();
        line = format!("{line}   [{}]", values.join(", "));
    }
    lines.push(line);
    for part in &clause.parts {
        tell(part, depth + 1, lines);
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Missing => "missing".to_owned(),
        Value::Text(text) => format!("\"{text}\""),
        other => other.to_string(),
    }
}

fn clause_json(clause: &Clause) -> Json {
    let values: serde_json::Map<String, Json> =
        clause.values.iter().map(|(what, value)| (what.clone(), field_value(value))).collect();
    json!({
        "says": clause.says,
        "holds": clause.holds,
        "values": values,
        "parts": clause.parts.iter().map(clause_json).collect::<Vec<_>>(),
    })
}
