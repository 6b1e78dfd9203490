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
    engine::{Engine, Phase},
    model::time::rfc3339,
    runtime::{self, Publishing, Runtime, Serving},
    store::{Store, StoreAddress, StoreError, Totals},
};

/// How many positions a batch has, unless the command line says otherwise.
const BATCH_SIZE: usize = 5_000;

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
        None => now.unwrap_or_else(runtime::real_now),
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
    let journeys = runtime::publish(&mut store, &plan, &publishing(&global.workspace), from)?;
    let runtime = Runtime {
        engine: Engine {
            plan: &plan,
            journeys,
            batch_size: arguments.batch_size.map_or(BATCH_SIZE, |size| size as usize),
            real_now: &runtime::real_now,
            observe: &|_| {},
        },
        root: &global.workspace,
    };
    let end = match until {
        Some(until) => {
            let mut last_told = runtime::real_now();
            let mut told = |at: i64| {
                let real_now = runtime::real_now();
                if real_now - last_told >= 5_000 {
                    last_told = real_now;
                    tracing::info!(at = rfc3339(at), "playing");
                }
            };
            runtime::play(&runtime, &mut store, from, until, &mut told)?;
            until
        }
        None => {
            runtime::tick(&runtime, &mut store, from, true)?;
            from
        }
    };
    let after = store.totals()?;
    summary(&before, &after, from, end, until.is_some(), output)?;
    Ok(if after.failed > before.failed { Exit::Rejects } else { Exit::Done })
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
    ctrlc::set_handler(move || told.store(true, Ordering::Relaxed))
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
    let runtime = Runtime {
        engine: Engine {
            plan,
            journeys,
            batch_size: BATCH_SIZE,
            real_now: &runtime::real_now,
            observe: &|phase| {
                if phase == Phase::Committed {
                    tracing::trace!("batch committed");
                }
            },
        },
        root: &global.workspace,
    };
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
