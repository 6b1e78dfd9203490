//! From a folder to a checked plan.

use std::io::IsTerminal;

use super::{
    CliError, Exit, Output,
    args::{Format, GlobalArguments},
};
use crate::{
    compile::{self, Plan, warn_of_unused_segments},
    definitions::{self, Definitions, DefinitionsError},
    diagnostics::{Problems, Severity, render_github, render_human, render_json},
    insights::{report_changed_types, warn_of_empty_topics, warn_of_what_is_not_there},
    store::{Store, StoreAddress},
};

/// Definitions with what is wrong with them, and the plan when nothing is.
pub(super) struct Checked {
    pub(super) definitions: Definitions,
    pub(super) problems: Problems,
    pub(super) plan: Option<Plan>,
}

/// Reads and checks the workspace.
pub(super) fn read(global: &GlobalArguments) -> Result<Checked, CliError> {
    read_with(global, None)
}

/// Reads and checks the workspace with the definitions of one more text.
#[allow(clippy::disallowed_methods, reason = "the environment is ours to read")]
fn read_with(global: &GlobalArguments, more: Option<(&str, &str)>) -> Result<Checked, CliError> {
    let mut problems = Problems::default();
    let variable = |name: &str| std::env::var(name).ok();
    let loaded = definitions::load_with(
        &global.workspace,
        global.environment.as_deref(),
        &variable,
        more,
        &mut problems,
    );
    let definitions = match loaded {
        Ok(definitions) => definitions,
        Err(error @ DefinitionsError::NoWorkspace(_)) => {
            return Err(CliError::new(Exit::Definitions, error.to_string()).hint(
                "Name the folder with `-C DIR`, or try `tilework demo` for a workspace to look at."
                    .to_owned(),
            ));
        }
    };
    let plan = compile::compile(&definitions, &mut problems);
    Ok(Checked { definitions, problems, plan })
}

/// A workspace without errors. Warnings are told, errors end the command.
pub(super) fn plan(global: &GlobalArguments, output: &mut Output) -> Result<(Definitions, Plan), CliError> {
    plan_with(global, None, output)
}

fn plan_with(
    global: &GlobalArguments,
    more: Option<(&str, &str)>,
    output: &mut Output,
) -> Result<(Definitions, Plan), CliError> {
    let checked = read_with(global, more)?;
    let report = render_human(&checked.problems, &checked.definitions.sources, colored(&std::io::stderr()));
    match checked.plan {
        Some(plan) => {
            if !checked.problems.is_empty() && !output.is_quiet() {
                output.complain(report.trim_end());
            }
            Ok((checked.definitions, plan))
        }
        None => {
            output.complain(report.trim_end());
            Err(CliError::definitions())
        }
    }
}

/// `check`.
pub(super) fn check(global: &GlobalArguments, strict: bool, output: &mut Output) -> Result<Exit, CliError> {
    let mut checked = read(global)?;
    if let Some(plan) = &checked.plan {
        warn_of_unused_segments(&checked.definitions, plan, &mut checked.problems);
        // Definitions can be checked where there is no store, or one of another version.
        if let Ok(mut store) = Store::open(&store_address(global, plan)?) {
            let (definitions, problems) = (&checked.definitions, &mut checked.problems);
            let now = store.clock()?.unwrap_or_else(crate::runtime::real_now);
            report_changed_types(definitions, plan, &mut store, problems)?;
            warn_of_what_is_not_there(definitions, plan, &mut store, problems)?;
            warn_of_empty_topics(definitions, plan, &mut store, now, problems)?;
        }
    }
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

/// Where the workspace's store is: `TILEWORK_STORE`, else the settings.
#[allow(clippy::disallowed_methods, reason = "the environment is ours to read")]
pub(super) fn store_address(global: &GlobalArguments, plan: &Plan) -> Result<StoreAddress, CliError> {
    let text = match std::env::var("TILEWORK_STORE") {
        Ok(text) if !text.is_empty() => text,
        _ => plan.settings.store.clone(),
    };
    StoreAddress::parse(&text, &global.workspace).map_err(|error| CliError::usage(error.to_string()))
}

/// What a reading command needs: the plan, the store, and the moment that it speaks of, which is that of
/// the last run unless another is asked for.
pub(super) fn reading(global: &GlobalArguments, output: &mut Output) -> Result<(Plan, Store, i64), CliError> {
    reading_with(global, None, output)
}

/// As [`reading`], with the definitions of one more text.
pub(super) fn reading_with(
    global: &GlobalArguments,
    more: Option<(&str, &str)>,
    output: &mut Output,
) -> Result<(Plan, Store, i64), CliError> {
    let (_, plan) = plan_with(global, more, output)?;
    let mut store = Store::open(&store_address(global, &plan)?)?;
    let now = match super::run::moment(global.now.as_ref(), &plan.settings.zone)? {
        Some(now) => now,
        None => store.clock()?.unwrap_or_else(crate::runtime::real_now),
    };
    Ok((plan, store, now))
}

/// What a command needs that changes records: as [`reading`], with the store open for writing. It
/// happens at the time that is asked for, else now, and not before the last run.
pub(super) fn writing(global: &GlobalArguments, output: &mut Output) -> Result<(Plan, Store, i64), CliError> {
    let (_, plan) = plan(global, output)?;
    let mut store = Store::open_for_writing(&store_address(global, &plan)?)?;
    store.declare(&plan.catalog)?;
    let asked = super::run::moment(global.now.as_ref(), &plan.settings.zone)?;
    let now = crate::runtime::moment_of_facts(&mut store, asked)?;
    Ok((plan, store, now))
}

/// A number with its noun.
pub(super) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// Whether a report that goes there may have colours.
#[allow(clippy::disallowed_methods, reason = "the environment is ours to read")]
fn colored(to: &impl IsTerminal) -> bool {
    to.is_terminal() && std::env::var_os("NO_COLOR").is_none()
}
