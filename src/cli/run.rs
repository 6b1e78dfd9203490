//! `run`, `serve` and `migrate`.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::SystemTime,
};

use serde_json::json;

use super::{
    CliError, Exit, Output,
    args::{Format, GlobalArguments, RunArguments},
    workspace,
};
use crate::{
    calendar::{Zone, parse_moment},
    compile::Plan,
    engine::{Engine, LiveJourney},
    model::time::{SECOND, rfc3339},
    runtime::{self, Publishing, Runtime, Serving},
    store::{Store, StoreAddress, StoreError, Totals},
};

/// How many positions a batch has, unless the command line says otherwise.
const BATCH_SIZE: usize = 5_000;

/// How often a long play tells where it is, in milliseconds of real time.
const TELL_EVERY: i64 = 5 * SECOND;

/// The moment that `--now` or `--until` names, in the workspace's time zone.
pub(super) fn moment(text: Option<&String>, zone: &Zone) -> Result<Option<i64>, CliError> {
    text.map(|text| parse_moment(text, zone).map_err(CliError::from)).transpose()
}

/// What to say instead of doing anything: another run has the store.
const BUSY: &str = "another run is at work on this store; nothing was done";

/// `run`.
pub(super) fn run(
    global: &GlobalArguments,
    arguments: &RunArguments,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let (_, plan) = workspace::plan(global, output)?;
    let zone = &plan.settings.zone;
    let now = moment(global.now.as_ref(), zone)?;
    let until = moment(arguments.until.as_ref(), zone)?;
    let mut store = Store::open_for_writing(&workspace::store_address(global, &plan)?)?;
    if !store.start_worker(runtime::real_now())? {
        output.remark(BUSY);
        return Ok(Exit::Done);
    }
    let before = store.totals()?;
    let from = match until {
        Some(until) => runtime::starting_point(&mut store, &plan, now, until)?,
        None => match now {
            Some(now) => now,
            None => runtime::present(&mut store)?,
        },
    };
    if let (Some(latest), true) = (store.clock()?, until.is_none())
        && latest > from
    {
        return Err(StoreError::ClockBackwards { latest: rfc3339(latest), asked: rfc3339(from) }.into());
    }
    if let Some(until) = until
        && until < from
    {
        return Err(StoreError::ClockBackwards { latest: rfc3339(from), asked: rfc3339(until) }.into());
    }
    let batch_size = arguments.batch_size.map_or(BATCH_SIZE, |size| size as usize);
    let end = match until {
        Some(until) => {
            play_with(&plan, &mut store, &global.workspace, from, until, batch_size)?;
            until
        }
        None => {
            let journeys = runtime::publish(&mut store, &plan, &publishing(&global.workspace), from)?;
            let runtime = runtime_of(&plan, journeys, batch_size, &global.workspace, &|| false);
            runtime::tick(&runtime, &mut store, from, true)?;
            from
        }
    };
    let after = store.totals()?;
    summary(&before, &after, from, end, until.is_some(), output)?;
    Ok(if after.failed > before.failed { Exit::Rejects } else { Exit::Done })
}

/// Plays time in a workspace.
pub(super) fn play(
    plan: &Plan,
    store: &mut Store,
    workspace: &Path,
    from: i64,
    until: i64,
) -> Result<(), CliError> {
    play_with(plan, store, workspace, from, until, BATCH_SIZE)
}

fn play_with(
    plan: &Plan,
    store: &mut Store,
    workspace: &Path,
    from: i64,
    until: i64,
    batch_size: usize,
) -> Result<(), CliError> {
    let journeys = runtime::publish(store, plan, &publishing(workspace), from)?;
    let runtime = runtime_of(plan, journeys, batch_size, workspace, &|| false);
    let mut last_told = runtime::real_now();
    let mut told = |at: i64| {
        let real_now = runtime::real_now();
        if real_now - last_told >= TELL_EVERY {
            last_told = real_now;
            tracing::info!(at = rfc3339(at), "playing");
        }
    };
    runtime::play(&runtime, store, from, until, &mut told)?;
    Ok(())
}

fn runtime_of<'a>(
    plan: &'a Plan,
    journeys: Vec<LiveJourney<'a>>,
    batch_size: usize,
    root: &'a Path,
    stop: &'a dyn Fn() -> bool,
) -> Runtime<'a> {
    let engine = Engine { plan, journeys, batch_size, real_now: &runtime::real_now, observe: &|_| {}, stop };
    Runtime { engine, root }
}

fn summary(
    before: &Totals,
    after: &Totals,
    from: i64,
    end: i64,
    played: bool,
    output: &mut Output,
) -> Result<(), CliError> {
    let numbers = [
        ("entered", after.entered - before.entered),
        ("finished", after.finished - before.finished),
        ("stopped", after.stopped - before.stopped),
        ("delivered", after.delivered - before.delivered),
        ("blocked", after.blocked - before.blocked),
        ("failed", after.failed - before.failed),
        ("leads", after.leads - before.leads),
        ("activities", after.activities - before.activities),
    ];
    if output.format() == Format::Json {
        let mut object = json!({ "from": rfc3339(from), "until": rfc3339(end) });
        for (name, number) in numbers {
            object[name] = json!(number);
        }
        return output.json(&object);
    }
    let time = match played {
        true => format!("played from {} to {}", rfc3339(from), rfc3339(end)),
        false => format!("ran at {}", rfc3339(end)),
    };
    let words = [
        "contact entered|contacts entered",
        "finished|finished",
        "stopped|stopped",
        "mail delivered|mails delivered",
        "mail blocked|mails blocked",
        "mail failed|mails failed",
        "lead|leads",
        "activity|activities",
    ];
    let told: Vec<String> = numbers
        .iter()
        .zip(words)
        .filter(|((_, number), _)| *number != 0)
        .map(|((_, number), words)| {
            let (one, several) = words.split_once('|').unwrap_or((words, words));
            format!("{number} {}", if *number == 1 { one } else { several })
        })
        .collect();
    let told = if told.is_empty() { "nothing was due".to_owned() } else { told.join(", ") };
    output.text(&format!("{time}: {told}"))
}

/// The git revision of the workspace, read from its repository's files.
fn publishing(workspace: &Path) -> Publishing {
    let root = workspace.canonicalize().unwrap_or_else(|_| workspace.to_owned());
    let revision =
        root.ancestors().map(|folder| folder.join(".git")).find(|git| git.is_dir()).and_then(|git| {
            let head = std::fs::read_to_string(git.join("HEAD")).ok()?;
            let head = head.trim();
            match head.strip_prefix("ref: ") {
                Some(name) => std::fs::read_to_string(git.join(name)).ok().map(|text| text.trim().to_owned()),
                None => Some(head.to_owned()),
            }
        });
    Publishing { revision }
}

/// `migrate`.
pub(super) fn migrate(global: &GlobalArguments, output: &mut Output) -> Result<Exit, CliError> {
    let (_, plan) = workspace::plan(global, output)?;
    let address: StoreAddress = workspace::store_address(global, &plan)?;
    let (found, now) = Store::migrate(&address)?;
    let mut store = Store::open_for_writing(&address)?;
    store.declare(&plan.catalog)?;
    if output.format() == Format::Json {
        output.json(&json!({ "store": store.description(), "found": found, "version": now }))?;
    } else if found == now {
        output.text(&format!("{} is of version {now} already", store.description()))?;
    } else {
        output.text(&format!("{}: tables brought from version {found} to {now}", store.description()))?;
    }
    Ok(Exit::Done)
}

/// `serve`.
pub(super) fn serve(global: &GlobalArguments, output: &mut Output) -> Result<Exit, CliError> {
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if told.swap(true, Ordering::Relaxed) {
            leave_at_once();
        }
    })
    .map_err(|error| CliError::store(format!("the stop signal can't be caught: {error}")))?;
    let (_, mut plan) = workspace::plan(global, output)?;
    let mut store = Store::open_for_writing(&workspace::store_address(global, &plan)?)?;
    if !store.start_worker(runtime::real_now())? {
        output.remark(BUSY);
        return Ok(Exit::Done);
    }
    tracing::info!(store = store.description(), "serving");
    loop {
        let seen = newest(&global.workspace);
        if !serve_plan(global, &plan, &mut store, &stop, seen)? {
            tracing::info!("stopped");
            return Ok(Exit::Done);
        }
        // Definitions with mistakes don't stop what runs: the former ones stay until they are mended.
        match workspace::plan(global, output) {
            Ok((_, changed)) => plan = changed,
            Err(error) => {
                tracing::error!(%error, "the changed definitions have mistakes; the former ones go on")
            }
        }
    }
}

/// Ends the program in the middle of what it does, which the next run finishes: who asks twice won't wait.
#[allow(clippy::disallowed_methods, reason = "there is nobody left to return an error to")]
fn leave_at_once() {
    std::process::exit(130);
}

/// Serves with one state of the definitions. Tells whether they changed, as opposed to a stop.
fn serve_plan(
    global: &GlobalArguments,
    plan: &Plan,
    store: &mut Store,
    stop: &AtomicBool,
    seen: Option<SystemTime>,
) -> Result<bool, CliError> {
    let now = runtime::real_now();
    let journeys = runtime::publish(store, plan, &publishing(&global.workspace), now)?;
    let stopped = || stop.load(Ordering::Relaxed);
    let runtime = runtime_of(plan, journeys, BATCH_SIZE, &global.workspace, &stopped);
    let serving = Serving { stop, sleep: &runtime::pause, changed: &|| newest(&global.workspace) != seen };
    Ok(runtime::serve(&runtime, store, &serving)?)
}

/// When the newest file of the definitions was changed.
fn newest(workspace: &Path) -> Option<SystemTime> {
    fn visit(folder: &Path, newest: &mut Option<SystemTime>) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for entry in entries.flatten() {
            let Ok(metadata) = entry.metadata() else { continue };
            *newest = (*newest).max(metadata.modified().ok());
            if metadata.is_dir() {
                visit(&entry.path(), newest);
            }
        }
    }
    let settings = std::fs::metadata(workspace.join("tilework.yaml"));
    let mut newest = settings.and_then(|metadata| metadata.modified()).ok();
    visit(&workspace.join("journeys"), &mut newest);
    newest
}
