//! `check`, and what other commands need of a workspace.

use std::io::IsTerminal;

use super::published;
use crate::cli::{
    CliError, Exit, Output,
    arguments::args::{Format, GlobalArguments},
    face::logging,
};
use crate::{
    compile::{Plan, warn_of_unused_segments},
    definitions::Definitions,
    diagnostics::{Severity, render_github, render_human, render_json},
    insights::{report_changed_types, warn_of_empty_topics, warn_of_what_is_not_there},
    runtime::admit,
    store::Store,
};

/// What the folder holds, without errors, for commands that look at what is written. What is wrong ends the
/// command; warnings are told by `check` alone.
pub(in crate::cli) fn plan(
    global: &GlobalArguments,
    output: &mut Output,
) -> Result<(Definitions, Plan), CliError> {
    let read = published::of_folder(global, published::TO_RUN)?;
    let definitions = read.definitions.clone();
    Ok((definitions, read.plan_or_report(output)?))
}

/// `check`.
pub(in crate::cli) fn check(
    global: &GlobalArguments,
    strict: bool,
    output: &mut Output,
) -> Result<Exit, CliError> {
    // Whoever asks for an environment means to run there; else secrets needn't be there.
    let how = published::How { variables_required: global.environment.is_some(), ..Default::default() };
    let mut checked = published::of_folder(global, how)?;
    let mut refused = None;
    if let Some(plan) = &checked.plan {
        warn_of_unused_segments(&checked.definitions, plan, &mut checked.problems);
        // Definitions can be checked where there is no store, or one of another version.
        let opened = checked.store_address(global).map(|address| Store::open(&address));
        if let Ok(Ok(mut store)) = opened {
            let (definitions, problems) = (&checked.definitions, &mut checked.problems);
            let now = store.clock()?.unwrap_or_else(crate::runtime::real_now);
            report_changed_types(definitions, plan, &mut store, problems)?;
            warn_of_what_is_not_there(definitions, plan, &mut store, problems)?;
            warn_of_empty_topics(definitions, plan, &mut store, now, problems)?;
            // What only the store knows has no place in a file.
            refused = admit(&mut store, plan).err();
        }
    }
    checked.problems.reword(&logging::without_secrets);
    let (problems, sources) = (&checked.problems, &checked.definitions.sources);
    match output.format() {
        Format::Json => output.text(&render_json(problems, sources))?,
        Format::Github => output.report(&render_github(problems, sources))?,
        _ if problems.is_empty() => {}
        _ => output.report(&render_human(problems, sources, colored(&std::io::stdout())))?,
    }
    if problems.has_errors() {
        return Ok(Exit::Definitions);
    }
    if let Some(refused) = refused {
        return Err(refused.into());
    }
    if let Some(plan) = &checked.plan
        && problems.is_empty()
        && output.format() == Format::Text
    {
        output.remark(&format!(
            "no problems in {}, {}, {}",
            counted(plan.segments.len(), "segment"),
            counted(plan.emails.len(), "e-mail"),
            counted(plan.journeys.len(), "journey"),
        ));
    }
    let warned = problems.count(Severity::Warning) > 0;
    Ok(if strict && warned { Exit::Found } else { Exit::Done })
}

/// What a reading command needs: the plan that is published, the store, and the moment that it speaks of, which
/// is that of the last run unless another is asked for.
pub(in crate::cli) fn reading(
    global: &GlobalArguments,
    output: &mut Output,
) -> Result<(Plan, Store, i64), CliError> {
    let (plan, mut store) = published::opened(global, Store::open, output)?;
    let now = moment_of_reading(global, &plan, &mut store)?;
    Ok((plan, store, now))
}

/// As [`reading`], with what the folder holds and the definitions of one more text: for what isn't published yet.
pub(in crate::cli) fn reading_with(
    global: &GlobalArguments,
    more: Option<(&str, &str)>,
    output: &mut Output,
) -> Result<(Plan, Store, i64), CliError> {
    let read = published::of_folder(global, published::How { more, ..Default::default() })?;
    let address = read.store_address(global)?;
    let plan = read.plan_or_report(output)?;
    let mut store = Store::open(&address)?;
    let now = moment_of_reading(global, &plan, &mut store)?;
    Ok((plan, store, now))
}

/// The moment that a reading command speaks of.
pub(in crate::cli) fn moment_of_reading(
    global: &GlobalArguments,
    plan: &Plan,
    store: &mut Store,
) -> Result<i64, CliError> {
    Ok(match crate::cli::arguments::moment::asked_moment(global.now.as_ref(), &plan.settings.zone)? {
        Some(now) => now,
        None => store.clock()?.unwrap_or_else(crate::runtime::real_now),
    })
}

/// What a command needs that changes records: as [`reading`], with the store open for writing. It
/// happens at the time that is asked for, else now, and not before the last run.
pub(in crate::cli) fn writing(
    global: &GlobalArguments,
    output: &mut Output,
) -> Result<(Plan, Store, i64), CliError> {
    let (plan, mut store) = published::opened(global, Store::open_for_writing, output)?;
    store.declare(&plan.catalog)?;
    let asked = crate::cli::arguments::moment::asked_moment(global.now.as_ref(), &plan.settings.zone)?;
    let now = crate::runtime::moment_of_facts(&mut store, asked)?;
    Ok((plan, store, now))
}

/// A number with its noun.
pub(in crate::cli) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// Whether a report that goes there may have colours.
#[allow(clippy::disallowed_methods, reason = "the environment is ours to read")]
pub(in crate::cli) fn colored(to: &impl IsTerminal) -> bool {
    to.is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

/// The one that was found, if any; an error that names them when there are several.
pub(in crate::cli) fn only_one(
    mut found: Vec<String>,
    have: &str,
    asked: &str,
) -> Result<Option<String>, CliError> {
    if found.len() > 1 {
        let hint = format!("Ask for one of them by id: {}.", found.join(", "));
        return Err(CliError::usage(format!("{} {have} `{asked}`", found.len())).hint(hint));
    }
    Ok(found.pop())
}

/// The contact with an id or address.
///
/// # Errors
/// When there is nobody, or several have the address, or the store fails.
pub(in crate::cli) fn one_contact(store: &mut Store, asked: &str) -> Result<String, CliError> {
    only_one(store.find_contacts(asked)?, "contacts have the address", asked)?
        .ok_or_else(|| no_contact(asked))
}

/// Nobody has what was asked for.
pub(in crate::cli) fn no_contact(asked: &str) -> CliError {
    CliError::usage(format!("no contact has the id or address `{asked}`"))
        .hint("Ids are exact, upper and lower case included; addresses are not.".to_owned())
}
