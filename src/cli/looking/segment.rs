//! `tilework segment`.

use serde_json::{Value as Json, json};

use super::journey::tell_dangling_links;
use crate::cli::{
    CliError, Exit, Output, Table,
    arguments::args::{Format, SegmentCommand},
    face::cells::{moment, optional},
};
use crate::{
    compile::{Members, Plan, SegmentPlan, segment_uses},
    conditions::explain,
    diagnostics::did_you_mean,
    insights::{SegmentSummary, segment_days, segment_summaries, slowest_clause},
    model::{Callee, Entity, Operand, Part, Predicate, time::rfc3339},
    runtime::real_now,
    store::Store,
};

/// A segment that took longer than this, in milliseconds, is told its slowest clause.
const SLOW: i64 = 1_000;

/// How many days are shown to people; programs get all.
const DAYS: usize = 14;

/// Carries out what asks for one or all segments as they are.
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
        SegmentCommand::Show { name } => show(named(plan, name)?, plan, store, now, output)?,
        SegmentCommand::Members { name, limit, after } => {
            let segment = named(plan, name)?;
            let shown = members(segment, *limit, after.as_deref(), store, output)?;
            if shown == 0 && after.is_none() && output.format() == Format::Text {
                tell_dangling_links(plan, store, output)?;
            }
        }
        SegmentCommand::Describe { name } => describe(named(plan, name)?, store, now, output)?,
        SegmentCommand::UsedBy { name } => used_by(plan, &named(plan, name)?.name, output)?,
        SegmentCommand::Preview { .. } | SegmentCommand::Pick(_) => {}
    }
    Ok(Exit::Done)
}

pub(in crate::cli) fn named<'p>(plan: &'p Plan, name: &str) -> Result<&'p SegmentPlan, CliError> {
    plan.segment(name).ok_or_else(|| {
        let names = plan.segments.iter().map(|segment| segment.name.as_str());
        CliError::usage(format!("there is no segment `{name}`")).hint(did_you_mean(name, names))
    })
}

fn list(plan: &Plan, store: &mut Store, now: i64, output: &mut Output) -> Result<(), CliError> {
    let defined = plan.segments.iter().map(|segment| (segment.name.as_str(), segment.target));
    let mut columns = vec![
        ("name", "SEGMENT"),
        ("target", "OF"),
        ("count", "MEMBERS"),
        ("trend", ""),
        ("joined", "JOINED IN 7 DAYS"),
        ("left", "LEFT IN 7 DAYS"),
        ("evaluated_at", "EVALUATED"),
    ];
    let for_people = output.format() == Format::Text;
    if !for_people {
        columns.extend([("next_evaluation_at", ""), ("milliseconds", ""), ("looked_at", ""), ("active", "")]);
    }
    let mut table = Table::new(&columns);
    for summary in segment_summaries(store, defined, now)? {
        let active = plan.segment(&summary.name).is_none_or(|segment| segment.active);
        let mut row = vec![
            json!(summary.name),
            json!(summary.target.name()),
            json!(summary.count),
            json!(if active { summary.arrow() } else { "not active" }),
            json!(summary.joined),
            json!(summary.left),
            moment(summary.evaluated_at),
        ];
        if !for_people {
            row.extend([
                moment(summary.next_evaluation_at),
                json!(summary.milliseconds),
                json!(summary.looked_at),
                json!(active),
            ]);
        }
        table.push(row);
    }
    output.table(&table, "The workspace has no segments yet.")
}

fn show(
    segment: &SegmentPlan,
    plan: &Plan,
    store: &mut Store,
    now: i64,
    output: &mut Output,
) -> Result<(), CliError> {
    let defined = [(segment.name.as_str(), segment.target)];
    let Some(summary) = segment_summaries(store, defined, now)?.pop() else { return Ok(()) };
    let days = segment_days(store, &segment.name, &segment.zone)?;
    let says = says(segment);
    let slowest = match &segment.members {
        Members::Where(condition) if summary.milliseconds.is_some_and(|took| took > SLOW) => {
            slowest_clause(store, condition, now, &*plan.library, &real_now)?
        }
        _ => None,
    };
    let mut history =
        Table::new(&[("day", "DAY"), ("count", "MEMBERS"), ("joined", "JOINED"), ("left", "LEFT")]);
    for day in &days {
        history.push(vec![json!(day.day), json!(day.count), json!(day.joined), json!(day.left)]);
    }
    if output.format() != Format::Text {
        let cells = [
            ("name", json!(summary.name)),
            ("target", json!(summary.target.name())),
            ("count", json!(summary.count)),
            ("trend", json!(summary.arrow())),
            ("joined", json!(summary.joined)),
            ("left", json!(summary.left)),
            ("evaluated_at", moment(summary.evaluated_at)),
            ("next_evaluation_at", moment(summary.next_evaluation_at)),
            ("stale", json!(summary.stale || is_changed(segment, &summary))),
            ("milliseconds", json!(summary.milliseconds)),
            ("looked_at", json!(summary.looked_at)),
            ("slowest_clause", json!(slowest.map(|(clause, _)| clause))),
            ("active", json!(segment.active)),
            ("where", json!(says)),
        ];
        let mut table = Table::new(&cells.iter().map(|(key, _)| (*key, "")).collect::<Vec<_>>());
        table.push(cells.into_iter().map(|(_, cell)| cell).collect());
        return match output.format() {
            Format::Json => {
                let mut object = table.object();
                object["days"] = json!(history.objects());
                output.json(&object)
            }
            _ => output.table(&table, ""),
        };
    }
    output.text(&format!("{}, a segment of {}", segment.name, segment.target.plural()))?;
    for text in [&segment.label, &segment.description].into_iter().flatten() {
        output.text(text.trim_end())?;
    }
    output.text("")?;
    output.text(&format!("Who belongs to it: {says}"))?;
    output.text(&state(segment, &summary))?;
    if let Some((clause, milliseconds)) = slowest {
        output.text(&format!("Its slowest clause takes {milliseconds} ms alone: {clause}"))?;
    }
    if !history.rows.is_empty() {
        let hidden = history.rows.len().saturating_sub(DAYS);
        history.rows.truncate(DAYS);
        output.text("")?;
        output.table(&history, "")?;
        if hidden > 0 {
            output.text(&format!("and {hidden} earlier days (`--format json` has them all)"))?;
        }
    }
    Ok(())
}

fn says(segment: &SegmentPlan) -> String {
    match &segment.members {
        Members::Where(condition) => explain(&condition.predicate),
        Members::Static(ids) => format!("a list of {} ids", ids.len()),
    }
}

/// Whether the members are those of a former definition.
fn is_changed(segment: &SegmentPlan, summary: &SegmentSummary) -> bool {
    summary.hash.as_ref().is_some_and(|hash| *hash != segment.hash)
}

fn state(segment: &SegmentPlan, summary: &SegmentSummary) -> String {
    let Some(at) = summary.evaluated_at else {
        return "It was not evaluated yet: `tilework run` does it.".to_owned();
    };
    let SegmentSummary { count, joined, left, .. } = summary;
    let inactive = if segment.active { "" } else { "It is not active, so nobody belongs to it.\n" };
    let members = if *count == 1 { "member" } else { "members" };
    let next = match summary.next_evaluation_at {
        _ if is_changed(segment, summary) => {
            "; next at the next run, since the definition changed".to_owned()
        }
        _ if !segment.active => String::new(),
        _ if summary.stale => "; next at the next run, since something came in".to_owned(),
        Some(next) => format!("; next at {} at the latest", rfc3339(next)),
        None => "; next when something comes in".to_owned(),
    };
    let took = summary.milliseconds.map_or_else(String::new, |took| {
        let looked_at = match summary.looked_at {
            None => format!("all {}", segment.target.plural()),
            Some(1) => format!("1 {}", segment.target.name()),
            Some(looked_at) => format!("{looked_at} {}", segment.target.plural()),
        };
        format!(", looking at {looked_at} in {took} ms")
    });
    format!(
        "{inactive}{count} {members} {}; {joined} joined and {left} left in the last 7 days\n\
         Evaluated at {}{took}{next}",
        summary.arrow(),
        rfc3339(at)
    )
}

fn describe(segment: &SegmentPlan, store: &mut Store, now: i64, output: &mut Output) -> Result<(), CliError> {
    let (words, sql) = match &segment.members {
        Members::Static(_) => (vec![says(segment)], None),
        Members::Where(condition) => {
            let words = match &condition.predicate {
                Predicate::All(parts) if parts.len() > 1 => parts.iter().map(explain).collect(),
                predicate => vec![explain(predicate)],
            };
            (words, Some(store.statement_of(condition, now)?))
        }
    };
    let left = left_to_scripts(segment);
    if output.format() != Format::Text {
        let mut table =
            Table::new(&[("name", ""), ("target", ""), ("where", ""), ("sql", ""), ("left_to_scripts", "")]);
        table.push(vec![
            json!(segment.name),
            json!(segment.target.name()),
            json!(words),
            json!(sql),
            json!(left),
        ]);
        return match output.format() {
            Format::Json => output.json(&table.object()),
            _ => output.table(&table, ""),
        };
    }
    let plural = segment.target.plural();
    let what = if words.len() > 1 {
        format!("{plural} for which all of this holds:")
    } else {
        format!("{plural} for which this holds:")
    };
    output.text(&format!("{}: {what}", segment.name))?;
    for clause in &words {
        output.text(&format!("  - {clause}"))?;
    }
    if let Some(sql) = sql {
        output.text("")?;
        output.text("In SQL:")?;
        output.text(&format!("  {sql}"))?;
    }
    output.text("")?;
    output.text(&match left.is_empty() {
        true => "All of it is answered by the database; nothing is left to scripts.".to_owned(),
        false => format!(
            "Left to scripts, for those to whom the rest applies: {}. The database answers the rest.",
            left.join(", ")
        ),
    })
}

/// The functions of `scripts/`, and the tables, that a segment asks.
fn left_to_scripts(segment: &SegmentPlan) -> Vec<String> {
    let mut left: Vec<String> = Vec::new();
    if let Members::Where(condition) = &segment.members {
        Part::Predicate(&condition.predicate).each(&mut |part| {
            if let Part::Operand(Operand::Call(call)) = part {
                let name = match &call.callee {
                    Callee::Script(function) => function.clone(),
                    Callee::Lookup { table, .. } => format!("tables/{table}.csv"),
                };
                if !left.contains(&name) {
                    left.push(name);
                }
            }
        });
    }
    left
}

fn used_by(plan: &Plan, name: &str, output: &mut Output) -> Result<(), CliError> {
    let mut table = Table::new(&[("kind", "KIND"), ("name", "NAME"), ("place", "PLACE")]);
    for found in segment_uses(plan, name) {
        table.push(vec![json!(found.kind), json!(found.name), json!(found.place)]);
    }
    output.table(&table, &format!("Nothing refers to `{name}`."))
}

/// Shows members, and tells how many it showed.
fn members(
    segment: &SegmentPlan,
    limit: Option<u64>,
    after: Option<&str>,
    store: &mut Store,
    output: &mut Output,
) -> Result<usize, CliError> {
    let (id, name) = match segment.target {
        Entity::Contact => (("id", "CONTACT"), ("name", "NAME")),
        Entity::Account => (("id", "ACCOUNT"), ("name", "NAME")),
        Entity::Lead => (("id", "LEAD"), ("name", "TOPIC")),
    };
    let with_account = segment.target != Entity::Account;
    let mut columns = vec![id, name];
    if with_account {
        columns.extend([("account_id", "ACCOUNT"), ("account_name", "ACCOUNT NAME")]);
    }
    columns.push(("joined_at", "JOINED"));
    let mut table = output.rows(&columns);
    let (mut count, mut last) = (0, String::new());
    store.segment_members_after(&segment.name, segment.target, after, limit, &mut |member| {
        count += 1;
        last.clone_from(&member.id);
        let mut row: Vec<Json> = vec![json!(member.id), optional(member.name)];
        if with_account {
            row.extend([optional(member.account_id), optional(member.account_name)]);
        }
        row.push(moment(Some(member.joined_at)));
        table.push(row);
        Ok(())
    })?;
    table.end(&format!("Nobody belongs to `{}`.", segment.name))?;
    if count > 0 && limit == Some(count as u64) {
        output.remark(&format!("Go on with `--after {last}`."));
    }
    Ok(count)
}
