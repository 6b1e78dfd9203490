//! `tilework segment`.

use serde_json::{Value as Json, json};

use super::{
    CliError, Exit, Output, Table,
    args::{Format, SegmentCommand},
    cells::{moment, optional},
};
use crate::{
    compile::{Members, Plan, SegmentPlan},
    conditions::explain,
    diagnostics::did_you_mean,
    insights::{SegmentSummary, segment_summaries},
    model::Entity,
    store::Store,
};

/// Carries out `segment list`, `show` and `members`.
///
/// # Errors
/// When there is no such segment, or the store fails.
pub fn segment(
    command: &SegmentCommand,
    plan: &Plan,
    store: &mut Store,
    now: i64,
    output: &mut Output,
) -> Result<Exit, CliError> {
    match command {
        SegmentCommand::List => list(plan, store, now, output)?,
        SegmentCommand::Show { name } => show(named(plan, name)?, store, now, output)?,
        SegmentCommand::Members { name } => members(named(plan, name)?, store, output)?,
    }
    Ok(Exit::Done)
}

fn named<'p>(plan: &'p Plan, name: &str) -> Result<&'p SegmentPlan, CliError> {
    plan.segment(name).ok_or_else(|| {
        let names = plan.segments.iter().map(|segment| segment.name.as_str());
        CliError::usage(format!("there is no segment `{name}`")).hint(did_you_mean(name, names))
    })
}

fn list(plan: &Plan, store: &mut Store, now: i64, output: &mut Output) -> Result<(), CliError> {
    let defined = plan.segments.iter().map(|segment| (segment.name.as_str(), segment.target));
    let mut table = Table::new(&[
        ("name", "SEGMENT"),
        ("target", "OF"),
        ("count", "MEMBERS"),
        ("joined", "JOINED IN 7 DAYS"),
        ("left", "LEFT IN 7 DAYS"),
        ("evaluated_at", "EVALUATED"),
    ]);
    for summary in segment_summaries(store, defined, now)? {
        table.push(vec![
            json!(summary.name),
            json!(summary.target.name()),
            json!(summary.count),
            json!(summary.joined),
            json!(summary.left),
            moment(summary.evaluated_at),
        ]);
    }
    output.table(&table, "The workspace has no segments yet.")
}

fn show(segment: &SegmentPlan, store: &mut Store, now: i64, output: &mut Output) -> Result<(), CliError> {
    let defined = [(segment.name.as_str(), segment.target)];
    let Some(summary) = segment_summaries(store, defined, now)?.pop() else { return Ok(()) };
    let says = match &segment.members {
        Members::Where(condition) => explain(&condition.predicate),
        Members::Static(ids) => format!("a list of {} ids", ids.len()),
    };
    if output.format() != Format::Text {
        let mut table = Table::new(&[
            ("name", ""),
            ("target", ""),
            ("count", ""),
            ("joined", ""),
            ("left", ""),
            ("evaluated_at", ""),
            ("active", ""),
            ("where", ""),
        ]);
        table.push(vec![
            json!(summary.name),
            json!(summary.target.name()),
            json!(summary.count),
            json!(summary.joined),
            json!(summary.left),
            moment(summary.evaluated_at),
            json!(segment.active),
            json!(says),
        ]);
        return match output.format() {
            Format::Json => output.json(&table.object()),
            _ => output.table(&table, ""),
        };
    }
    output.text(&format!("{}, a segment of {}", segment.name, segment.target.plural()))?;
    for text in [&segment.label, &segment.description].into_iter().flatten() {
        output.text(text.trim_end())?;
    }
    output.text("")?;
    output.text(&format!("Who belongs to it: {says}"))?;
    output.text(&state(segment, &summary))
}

fn state(segment: &SegmentPlan, summary: &SegmentSummary) -> String {
    let Some(at) = summary.evaluated_at else {
        return "It was not evaluated yet: `tilework run` does it.".to_owned();
    };
    let SegmentSummary { count, joined, left, .. } = summary;
    let inactive = if segment.active { "" } else { "It is not active, so nobody belongs to it.\n" };
    let members = if *count == 1 { "member" } else { "members" };
    let at = crate::model::time::rfc3339(at);
    format!(
        "{inactive}{count} {members}; {joined} joined and {left} left in the last 7 days (evaluated {at})"
    )
}

fn members(segment: &SegmentPlan, store: &mut Store, output: &mut Output) -> Result<(), CliError> {
    let of_contacts = segment.target == Entity::Contact;
    let mut table = match of_contacts {
        true => Table::new(&[("id", "CONTACT"), ("account_id", "ACCOUNT"), ("joined_at", "JOINED")]),
        false => Table::new(&[("id", "ACCOUNT"), ("joined_at", "JOINED")]),
    };
    store.segment_members(&segment.name, segment.target, &mut |member| {
        let mut row: Vec<Json> = vec![json!(member.id)];
        if of_contacts {
            row.push(optional(member.account_id));
        }
        row.push(moment(Some(member.joined_at)));
        table.push(row);
        Ok(())
    })?;
    output.table(&table, &format!("Nobody belongs to `{}`.", segment.name))
}
