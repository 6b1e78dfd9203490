//! `tilework pause` and `resume`.

use crate::cli::{
    CliError, Exit, Output,
    arguments::args::{Format, GlobalArguments, PauseArguments},
    face::cells::pauses_json,
    workspaces::{published, workspace},
};
use crate::{
    compile::Plan,
    diagnostics::did_you_mean,
    store::{Pauses, Store},
};

/// A journey as the store knows it, or will.
struct Named {
    name: String,
    target: &'static str,
}

fn open(global: &GlobalArguments, output: &mut Output) -> Result<(Plan, Store, i64), CliError> {
    let (plan, mut store) = published::opened(global, Store::open_for_writing, output)?;
    let now = workspace::moment_of_reading(global, &plan, &mut store)?;
    Ok((plan, store, now))
}

/// Finds a journey among those defined and those that the store knows. A renamed one is still known by its
/// former name until it is published.
fn find(name: &str, plan: &Plan, store: &mut Store) -> Result<Named, CliError> {
    let known: Vec<String> = store.journeys()?.into_iter().map(|(name, _)| name).collect();
    let defined = plan.journey(name);
    let former = defined
        .and_then(|journey| journey.was.as_deref())
        .filter(|_| !known.iter().any(|known| known == name));
    let name_there = former.filter(|was| known.iter().any(|known| known == was)).unwrap_or(name);
    if defined.is_none() && !known.iter().any(|known| known == name) {
        let names = plan.journeys.iter().map(|journey| journey.name.as_str());
        let hint = did_you_mean(name, names);
        return Err(CliError::usage(format!("there is no journey `{name}`")).hint(hint));
    }
    Ok(Named {
        name: name_there.to_owned(),
        target: defined.map_or("contact", |journey| journey.target.name()),
    })
}

/// `pause`.
pub(in crate::cli) fn pause(
    global: &GlobalArguments,
    arguments: &PauseArguments,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let (plan, mut store, now) = open(global, output)?;
    let said = match &arguments.journey {
        Some(name) => {
            let journey = find(name, &plan, &mut store)?;
            match store.pause_journey(&journey.name, journey.target, now)? {
                true => format!("{name} is paused: nobody enters or moves, and its messages wait"),
                false => format!("{name} was paused already"),
            }
        }
        None => match store.pause_all(now)? {
            true => "all journeys are paused, those published later included".to_owned(),
            false => "all journeys were paused already".to_owned(),
        },
    };
    tell(&said, &store.pauses()?, output)
}

/// `resume`.
pub(in crate::cli) fn resume(
    global: &GlobalArguments,
    arguments: &PauseArguments,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let (plan, mut store, _) = open(global, output)?;
    let said = match &arguments.journey {
        Some(name) => {
            let journey = find(name, &plan, &mut store)?;
            match store.resume_journey(&journey.name)? {
                true => format!("{name} is resumed; the next run does what came due meanwhile"),
                false => format!("{name} wasn't paused by itself"),
            }
        }
        None => match store.resume_all()? {
            true => "the journeys go on: the next run does what came due meanwhile".to_owned(),
            false => "the journeys weren't all paused".to_owned(),
        },
    };
    tell(&said, &store.pauses()?, output)
}

fn tell(said: &str, pauses: &Pauses, output: &mut Output) -> Result<Exit, CliError> {
    if output.format() == Format::Json {
        output.json(&pauses_json(pauses))?;
        return Ok(Exit::Done);
    }
    output.text(said)?;
    if pauses.all.is_some() {
        output.remark("all journeys are paused until `tilework resume --all`");
    } else if !pauses.journeys.is_empty() {
        let names: Vec<&str> = pauses.journeys.iter().map(|(name, _)| name.as_str()).collect();
        output.remark(&format!("paused: {}", names.join(", ")));
    }
    Ok(Exit::Done)
}
