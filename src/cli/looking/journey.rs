//! `tilework journey`.

use serde_json::{Map, Value as Json, json};

use crate::cli::{
    CliError, Exit, Output, Table,
    arguments::args::{Format, JourneyCommand},
    face::cells::moment,
};
use crate::{
    compile::{JourneyPlan, Plan},
    diagnostics::did_you_mean,
    insights::{JourneyFacts, JourneyReport, Narrowed, Nobody, journey_report, journey_summary, told_links},
    model::{Entity, time::rfc3339},
    store::Store,
};

/// Carries out `journey list` and `show`.
///
/// # Errors
/// When there is no such journey or account, or the store fails.
pub fn journey(
    command: &JourneyCommand,
    plan: &Plan,
    store: &mut Store,
    now: i64,
    output: &mut Output,
) -> Result<Exit, CliError> {
    match command {
        // It writes, and so is carried out by `retry`.
        JourneyCommand::Retry { .. } => {}
        JourneyCommand::List => list(plan, store, now, output)?,
        JourneyCommand::Show { name, account, iteration } => {
            let journey = named(plan, name)?;
            let account = account.as_deref();
            if let Some(id) = account
                && !store.unknown_ids(Entity::Account, &[id.to_owned()])?.is_empty()
            {
                return Err(CliError::usage(format!("there is no account with the id `{id}`"))
                    .hint("An account's id is exact, upper and lower case included.".to_owned()));
            }
            let facts = JourneyFacts::of(journey);
            let narrowed = Narrowed { iteration: *iteration, account_id: account };
            let report = journey_report(store, &facts, narrowed, now)?;
            if let Some(number) = iteration
                && !report.iterations.iter().any(|known| known.number == *number)
            {
                return Err(no_iteration(name, *number, &report));
            }
            match output.format() {
                Format::Json => output.json(&as_json(&report))?,
                Format::Csv => output.table(&steps_for_programs(&report), "")?,
                Format::Text | Format::Github => {
                    show(&facts, &report, narrowed, now, output)?;
                    if report.nobody == Some(Nobody::NoAudience) {
                        tell_dangling_links(plan, store, output)?;
                    }
                }
            }
        }
    }
    Ok(Exit::Done)
}

/// Where nobody is there, links that lead nowhere may be why.
pub(in crate::cli) fn tell_dangling_links(
    plan: &Plan,
    store: &mut Store,
    output: &mut Output,
) -> Result<(), CliError> {
    for links in store.dangling_links(&plan.catalog, None)? {
        output.text(&format!("{}.", told_links(&links)))?;
    }
    Ok(())
}

fn named<'p>(plan: &'p Plan, name: &str) -> Result<&'p JourneyPlan, CliError> {
    plan.journey(name).ok_or_else(|| {
        let names = plan.journeys.iter().map(|journey| journey.name.as_str());
        CliError::usage(format!("there is no journey `{name}`")).hint(did_you_mean(name, names))
    })
}

/// Carries out `journey retry`: those who failed at a step stand there again and are due. What the step
/// did for them before stays done, and isn't done twice.
///
/// # Errors
/// When there is no such journey or step, or the store fails.
pub fn retry(
    name: &str,
    step: &str,
    yes: bool,
    plan: &Plan,
    store: &mut Store,
    now: Option<i64>,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let journey = named(plan, name)?;
    if journey.step(step).is_none() {
        let ids = journey.steps.iter().map(|step| step.id.as_str());
        return Err(CliError::usage(format!("the journey `{name}` has no step `{step}`"))
            .hint(did_you_mean(step, ids)));
    }
    let now = match now {
        Some(now) => now,
        None => store.clock()?.unwrap_or_else(crate::runtime::real_now),
    };
    let failed = store.failed_at(name, step)?;
    let people = |count: u64| if count == 1 { "1 contact".to_owned() } else { format!("{count} contacts") };
    if output.format() == Format::Json {
        let retried = if yes { store.retry_failed(name, step, now)? } else { 0 };
        output.json(&json!({ "journey": name, "step": step, "failed": failed, "retried": retried }))?;
    } else if failed == 0 {
        output.text(&format!("Nobody failed at `{step}` of `{name}`."))?;
    } else if yes {
        let retried = store.retry_failed(name, step, now)?;
        output.text(&format!("{} stand at `{step}` again; the next run takes them on.", people(retried)))?;
    } else {
        output.text(&format!(
            "{} failed at `{step}` of `{name}`. With `--yes` they try again.",
            people(failed)
        ))?;
    }
    Ok(Exit::Done)
}

fn no_iteration(name: &str, number: i64, report: &JourneyReport) -> CliError {
    let started: Vec<String> = report.iterations.iter().map(|known| known.number.to_string()).collect();
    let hint = match started.is_empty() {
        true => "None started yet.".to_owned(),
        false => format!("These started: {}.", started.join(", ")),
    };
    CliError::usage(format!("the journey `{name}` has no iteration {number} so far")).hint(hint)
}

fn list(plan: &Plan, store: &mut Store, now: i64, output: &mut Output) -> Result<(), CliError> {
    let mut table = Table::new(&[
        ("name", "JOURNEY"),
        ("target", "OF"),
        ("state", "STATE"),
        ("starts_at", "STARTS"),
        ("ends_at", "ENDS"),
        ("entered", "ENTERED"),
        ("active", "ACTIVE"),
        ("finished", "FINISHED"),
        ("stopped", "STOPPED"),
    ]);
    let mut journeys: Vec<JourneyFacts<'_>> = plan.journeys.iter().map(JourneyFacts::of).collect();
    journeys.sort_by(|a, b| a.name.cmp(b.name));
    for facts in &journeys {
        let summary = journey_summary(store, facts, now)?;
        table.push(vec![
            json!(summary.name),
            json!(summary.target.name()),
            json!(summary.state.name()),
            moment(Some(summary.starts_at)),
            moment(summary.ends_at),
            json!(summary.entered),
            json!(summary.active),
            json!(summary.finished),
            json!(summary.stopped),
        ]);
    }
    output.table(&table, "The workspace has no journeys yet.")
}

fn as_json(report: &JourneyReport) -> Json {
    let summary = &report.summary;
    let steps = report.steps.iter().map(|step| {
        json!({
            "id": step.id,
            "tile": step.tile,
            "inflow": step.inflow,
            "waiting": step.waiting,
            "processed": step.processed,
            "stopped": step.stopped,
            "paths": paths(&step.paths),
        })
    });
    let messages = report.messages.iter().map(|message| {
        json!({
            "step": message.step, "channel": message.channel, "state": message.state.name(),
            "reason": message.reason, "count": message.count,
        })
    });
    let iterations = report.iterations.iter().map(|iteration| {
        json!({
            "number": iteration.number,
            "starts_at": rfc3339(iteration.starts_at),
            "ended_at": moment(iteration.ended_at),
        })
    });
    let by_reason = |kept_out: &[(String, i64)]| {
        Json::Object(
            kept_out.iter().map(|(reason, count)| (reason.clone(), json!(count))).collect::<Map<_, _>>(),
        )
    };
    json!({
        "name": summary.name,
        "target": summary.target.name(),
        "state": summary.state.name(),
        "paused_at": moment(summary.paused_at),
        "iterations": iterations.collect::<Vec<_>>(),
        "next_iteration_at": moment(report.next_iteration_at),
        "audience": report.audience.all,
        "audience_entered": report.audience.entered,
        "kept_out": by_reason(&report.audience.kept_out),
        "not_let_in_yet": report.audience.not_yet(),
        "kept_out_before": by_reason(&report.kept_out_before),
        "entered": summary.entered,
        "active": summary.active,
        "finished": summary.finished,
        "stopped": summary.stopped,
        "stop_reasons": report.stop_reasons,
        "steps": steps.collect::<Vec<_>>(),
        "messages": messages.collect::<Vec<_>>(),
    })
}

fn paths(paths: &[(String, i64)]) -> Json {
    Json::Object(paths.iter().map(|(path, count)| (path.clone(), json!(count))).collect::<Map<_, _>>())
}

fn steps_for_programs(report: &JourneyReport) -> Table {
    let mut table = Table::new(&[
        ("id", ""),
        ("tile", ""),
        ("inflow", ""),
        ("waiting", ""),
        ("processed", ""),
        ("stopped", ""),
        ("paths", ""),
    ]);
    for step in &report.steps {
        table.push(vec![
            json!(step.id),
            json!(step.tile),
            json!(step.inflow),
            json!(step.waiting),
            json!(step.processed),
            json!(step.stopped),
            paths(&step.paths),
        ]);
    }
    table
}

fn show(
    facts: &JourneyFacts<'_>,
    report: &JourneyReport,
    narrowed: Narrowed<'_>,
    now: i64,
    output: &mut Output,
) -> Result<(), CliError> {
    let summary = &report.summary;
    let end = facts.ends_at.map_or("open end".to_owned(), |end| format!("to {}", rfc3339(end)));
    output.text(&format!(
        "{}, a journey of {}, {} {end}",
        summary.name,
        summary.target.plural(),
        rfc3339(facts.starts_at),
    ))?;
    if let Some(label) = facts.label {
        output.text(label)?;
    }
    if let Some(line) = iterations(facts, report, now) {
        output.text(&line)?;
    }
    if let Some(at) = summary.paused_at {
        output.text(&format!(
            "It is paused since {}: nobody enters or moves, and its messages wait.",
            rfc3339(at)
        ))?;
    }
    output.text("")?;
    let only = [
        narrowed.iteration.map(|number| format!("iteration {number}")),
        narrowed.account_id.map(|id| format!("account {id}")),
    ];
    let only: Vec<String> = only.into_iter().flatten().collect();
    if !only.is_empty() {
        output.text(&format!("Only {}:", only.join(", ")))?;
    }
    output.text(&totals(report))?;
    if let Some(nobody) = report.nobody {
        return output.text(&why_nobody(nobody, facts, narrowed.account_id.is_some()));
    }
    output.text("")?;
    output.table(&steps_for_people(facts, report), "It has no steps.")?;
    if report.messages.is_empty() {
        return Ok(());
    }
    let mut table = Table::new(&[
        ("step", "STEP"),
        ("channel", "MESSAGES TO"),
        ("state", "STATE"),
        ("count", "MESSAGES"),
        ("reason", "REASON"),
    ]);
    for message in &report.messages {
        table.push(vec![
            json!(message.step),
            json!(message.channel),
            json!(message.state.name()),
            json!(message.count),
            json!(message.reason),
        ]);
    }
    output.text("")?;
    output.table(&table, "")
}

/// "Iteration 2 of 3 since 2026-03-31T08:00:00Z, the next at 2026-04-30T08:00:00Z"
fn iterations(facts: &JourneyFacts<'_>, report: &JourneyReport, now: i64) -> Option<String> {
    let repeat = facts.plan?.repeat?;
    let latest = report.iterations.last().filter(|latest| latest.starts_at <= now)?;
    let of = repeat.times.map(|times| format!(" of {times}")).unwrap_or_default();
    let next = match report.next_iteration_at {
        Some(at) => format!("the next at {}", rfc3339(at)),
        None => "the last".to_owned(),
    };
    Some(format!("Iteration {}{of} since {}, {next}", latest.number, rfc3339(latest.starts_at)))
}

/// "70 in audience, 0 entered: 70 below marketing"
/// The audience of now, which adds up, and below it what became of all who ever entered.
fn totals(report: &JourneyReport) -> String {
    let (summary, audience) = (&report.summary, &report.audience);
    let reasons = |reasons: &[(String, i64)]| -> Vec<String> {
        reasons.iter().map(|(reason, count)| format!("{count} {}", reason.replace('_', " "))).collect()
    };
    let mut text = format!("{} in audience, {} entered", audience.all, audience.entered);
    let mut others = reasons(&audience.kept_out);
    if report.nobody.is_none() && audience.not_yet() > 0 {
        others.push(format!("{} not let in yet", audience.not_yet()));
    }
    if !others.is_empty() {
        text = format!("{text}: {}", others.join(", "));
    }
    if summary.entered > 0 {
        let so_far = match summary.entered == audience.entered {
            true => String::new(),
            false => format!("{} entered so far: ", summary.entered),
        };
        text = format!(
            "{text}\n{so_far}{} active, {} finished, {} stopped",
            summary.active, summary.finished, summary.stopped
        );
        if summary.stopped > 0 {
            let stopped: Vec<(String, i64)> =
                report.stop_reasons.iter().map(|(reason, count)| (reason.clone(), *count)).collect();
            text = format!("{text}: {}", reasons(&stopped).join(", "));
        }
    }
    let before: Vec<(String, i64)> =
        report.kept_out_before.iter().filter(|kept| !audience.kept_out.contains(kept)).cloned().collect();
    if !before.is_empty() {
        text = format!(
            "{text}\nkept out when a run looked last, and never entered: {}",
            reasons(&before).join(", ")
        );
    }
    text
}

fn why_nobody(nobody: Nobody, facts: &JourneyFacts<'_>, of_account: bool) -> String {
    match nobody {
        Nobody::StartsLater => format!("It starts at {}.", rfc3339(facts.starts_at)),
        Nobody::NoAudience if of_account => "Nobody of the account is in the journey's audience.".to_owned(),
        Nobody::NoAudience => {
            "Nobody is in its audience. `tilework segment list` shows how many its segments hold.".to_owned()
        }
        Nobody::AllKeptOut => "Everybody in its audience is kept out.".to_owned(),
        Nobody::Paused => "It is paused: `tilework resume` lets it go on.".to_owned(),
        Nobody::Over => "It ended before anybody was let in.".to_owned(),
        Nobody::NotRunYet => "Nobody was let in yet: `tilework run` does it.".to_owned(),
    }
}

/// The steps, each with a line for each of its paths below it.
fn steps_for_people(facts: &JourneyFacts<'_>, report: &JourneyReport) -> Table {
    let mut table = Table::new(&[
        ("id", "STEP"),
        ("tile", "TILE"),
        ("inflow", "CAME"),
        ("waiting", "WAITING"),
        ("processed", "WENT ON"),
        ("stopped", "STOPPED"),
    ]);
    for step in &report.steps {
        let tile = if step.removed { format!("{}, removed", step.tile) } else { step.tile.clone() };
        table.push(vec![
            json!(step.id),
            json!(tile),
            json!(step.inflow),
            json!(step.waiting),
            json!(step.processed),
            json!(step.stopped),
        ]);
        let known = facts.step(&step.id).map(|step| step.paths.as_slice()).unwrap_or_default();
        for (path, count) in &step.paths {
            let to = match known.iter().find(|(name, _)| name == path) {
                Some((_, Some(to))) => format!("to {to}"),
                Some((_, None)) => "to the end".to_owned(),
                None => String::new(),
            };
            let empty = Json::Null;
            table.push(vec![
                json!(format!("  {path}")),
                json!(to),
                empty.clone(),
                empty.clone(),
                json!(count),
                empty,
            ]);
        }
    }
    table
}
