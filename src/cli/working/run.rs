//! `run` and `migrate`.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::cli::{
    CliError, Exit, Output,
    arguments::{
        args::{Format, GlobalArguments, RunArguments},
        moment::asked_moment,
    },
    looking::status,
    workspaces::{
        playing::{self, Playground},
        published::{self, ToRun},
        revision::revision,
    },
};
use crate::{
    calendar::Zone,
    channels::{Edge, Played, RunLimit, remove_leftovers},
    compile::Plan,
    definitions::Snapshot,
    engine::{Engine, LiveJourney},
    model::time::{SECOND, rfc3339},
    runtime::{self, Publishing, Runtime},
    store::{RunKind, Store, StoreError, Totals},
};

/// How many positions a batch has, unless the command line says otherwise.
pub(in crate::cli) const BATCH_SIZE: usize = 5_000;

/// How often a long play tells where it is, in milliseconds of real time.
const TELL_EVERY: i64 = 5 * SECOND;

/// What to say instead of doing anything: another run has the store.
pub(in crate::cli) const BUSY: &str = "another run is at work on this store; nothing was done";

/// `run`.
pub(in crate::cli) fn run(
    global: &GlobalArguments,
    arguments: &RunArguments,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let folder = published::of_folder(global, published::TO_RUN)?;
    let address = published::address_to_run(global, &folder, output)?;
    // The zone of what is published, should it be another, decides below.
    let zone = folder.plan.as_ref().map_or_else(Zone::utc, |plan| plan.settings.zone.clone());
    let now = asked_moment(global.now.as_ref(), &zone)?;
    let (mut store, playground) = playing::open(global, arguments, &address, now)?;
    let current = published::to_run(global, folder, &mut store, output)?;
    let plan = &current.plan;
    let now = asked_moment(global.now.as_ref(), &plan.settings.zone)?;
    let until = asked_moment(arguments.until.as_ref(), &plan.settings.zone)?;
    if !store.start_worker(runtime::real_now())? {
        output.remark(BUSY);
        return Ok(Exit::Done);
    }
    if now.is_none() && until.is_none() && !arguments.clock_is_right {
        runtime::refuse_wrong_clock(&mut store, runtime::real_now())?;
    }
    if until.is_some() && !store.start_playing()? {
        return Err(CliError::usage("time is being played in this store by another run; nothing was done")
            .hint(
                "Wait until it is done: two that play would skip what the other one has in hand.".to_owned(),
            ));
    }
    let before = store.totals()?;
    let from = match until {
        Some(until) => runtime::starting_point(&mut store, plan, now, until)?,
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
    let kind = if playground.is_some() { RunKind::Play } else { RunKind::Run };
    if playground.is_none() && now.is_none() {
        store.note_real_run(runtime::real_now())?;
    }
    let key = store.begin_run(kind, runtime::real_now())?;
    let end = until.unwrap_or(from);
    store.note_unpublished(current.refused.as_deref(), from)?;
    let publishing = publishing(global, &current);
    let worked = match until {
        Some(until) => {
            let playground = playground.clone().unwrap_or_else(|| Playground::of(&global.workspace));
            let workspace = &global.workspace;
            play_with(plan, &mut store, (workspace, &publishing), &playground, (from, until), batch_size)
        }
        None => {
            let workspace = (global.workspace.as_path(), &publishing);
            run_once(plan, &mut store, workspace, playground.as_ref(), from, batch_size)
        }
    };
    let (after, limited) = match worked {
        Ok(limited) => (store.totals()?, limited),
        Err(error) => {
            // What failed first is told; where the store itself is gone, nothing can be noted.
            let _ =
                store.end_run(key, runtime::real_now(), from, &Totals::default(), Some(&error.to_string()));
            return Err(error);
        }
    };
    let done = match playground {
        // Several workers of a server: each tells of everybody once.
        None => store.report_totals(&before)?,
        Some(_) => after.since(&before),
    };
    store.end_run(key, runtime::real_now(), end, &done, None)?;
    let failing = store.failing_parts()?;
    for part in &failing {
        output.complain(&format!("{} failed and is skipped: {}", status::part_name(part), part.reason));
    }
    let failed = done.failed + done.messages_failed + done.contacts_failed > 0
        || limited.is_some()
        || !failing.is_empty();
    // A scheduler's mail box stays empty while all is well.
    if failed || !output.is_quiet() || output.format() == Format::Json {
        summary(&done, (from, end), playground.as_ref(), limited, output)?;
    }
    Ok(match (&current.refused, failed) {
        (Some(_), _) => Exit::Definitions,
        (None, true) => Exit::Rejects,
        (None, false) => Exit::Done,
    })
}

fn run_once(
    plan: &Plan,
    store: &mut Store,
    (workspace, publishing): (&Path, &Publishing),
    playground: Option<&Playground>,
    now: i64,
    batch_size: usize,
) -> Result<Option<u64>, CliError> {
    let journeys = runtime::publish(store, plan, publishing, now)?;
    let mut runtime = runtime_of(plan, journeys, batch_size, workspace, &|| false);
    runtime.played = playground.map(played);
    remove_leftovers(plan, workspace, runtime::real_now());
    runtime::tick(&runtime, store, now, true)?;
    Ok(runtime.limit.reached())
}

/// Plays time in a workspace.
pub(in crate::cli) fn play(
    plan: &Plan,
    store: &mut Store,
    (workspace, snapshot): (&Path, Snapshot),
    from: i64,
    until: i64,
) -> Result<(), CliError> {
    let publishing = Publishing { revision: revision(workspace), snapshot: Some(snapshot) };
    let places = (workspace, &publishing);
    let key = store.begin_run(RunKind::Play, runtime::real_now())?;
    play_with(plan, store, places, &Playground::of(workspace), (from, until), BATCH_SIZE)?;
    let done = store.totals()?;
    Ok(store.end_run(key, runtime::real_now(), until, &done, None)?)
}

fn play_with(
    plan: &Plan,
    store: &mut Store,
    (workspace, publishing): (&Path, &Publishing),
    playground: &Playground,
    (from, until): (i64, i64),
    batch_size: usize,
) -> Result<Option<u64>, CliError> {
    let journeys = runtime::publish(store, plan, publishing, from)?;
    let mut runtime = runtime_of(plan, journeys, batch_size, workspace, &|| false);
    runtime.played = Some(played(playground));
    let mut last_told = runtime::real_now();
    let mut told = |at: i64| {
        let real_now = runtime::real_now();
        if real_now - last_told >= TELL_EVERY {
            last_told = real_now;
            tracing::info!(at = rfc3339(at), "playing");
        }
    };
    runtime::play(&runtime, store, from, until, &mut told)?;
    Ok(runtime.limit.reached())
}

fn played(playground: &Playground) -> Played<'_> {
    Played { calls: &playground.calls, files: playground.files.as_deref() }
}

pub(in crate::cli) fn runtime_of<'a>(
    plan: &'a Plan,
    journeys: Vec<LiveJourney<'a>>,
    batch_size: usize,
    root: &'a Path,
    stop: &'a dyn Fn() -> bool,
) -> Runtime<'a> {
    let engine = Engine { plan, journeys, batch_size, real_now: &runtime::real_now, observe: &|_| {}, stop };
    Runtime { engine, edge: Edge::default(), root, limit: RunLimit::of(plan), played: None }
}

fn summary(
    done: &Totals,
    (from, end): (i64, i64),
    playground: Option<&Playground>,
    limited: Option<u64>,
    output: &mut Output,
) -> Result<(), CliError> {
    let numbers = [
        ("entered", done.entered),
        ("finished", done.finished),
        ("stopped", done.stopped),
        ("contacts_failed", done.contacts_failed),
        ("delivered", done.delivered),
        ("blocked", done.blocked),
        ("failed", done.failed),
        ("messages_delivered", done.messages_delivered),
        ("messages_blocked", done.messages_blocked),
        ("messages_failed", done.messages_failed),
        ("leads", done.leads),
        ("activities", done.activities),
    ];
    if output.format() == Format::Json {
        let mut object = json!({ "from": rfc3339(from), "until": rfc3339(end) });
        for (name, number) in numbers {
            object[name] = json!(number);
        }
        object["limit_reached"] = json!(limited);
        let shown = |path: Option<&PathBuf>| path.map(|path| path.display().to_string());
        object["copy"] = json!(shown(playground.and_then(|playground| playground.copy.as_ref())));
        object["calls"] =
            json!(shown(playground.map(|playground| &playground.calls).filter(|calls| calls.exists())));
        return output.json(&object);
    }
    let time = match playground.is_some() && from != end {
        true => format!("played from {} to {}", rfc3339(from), rfc3339(end)),
        false => format!("ran at {}", rfc3339(end)),
    };
    let words = [
        "contact entered|contacts entered",
        "finished|finished",
        "stopped|stopped",
        "of them failed|of them failed",
        "mail delivered|mails delivered",
        "mail blocked|mails blocked",
        "mail failed|mails failed",
        "message delivered|messages delivered",
        "message blocked|messages blocked",
        "message failed|messages failed",
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
    if let Some(limit) = limited {
        output.complain(&format!(
            "stopped at the limit of {limit} messages a run (`limits: messages_per_run:`); the others wait for the next run\n\
             If they shouldn't leave, drop them: `tilework outbox drop --journey NAME`."
        ));
    }
    output.text(&format!("{time}: {told}"))?;
    if let Some(playground) = playground {
        if let (Some(copy), Some(files)) = (&playground.copy, &playground.files) {
            output.text(&format!(
                "played on a copy: sqlite:{}; what would have left stands in {}",
                copy.display(),
                files.display()
            ))?;
        } else if playground.calls.exists() {
            output.text(&format!(
                "no calls were made; what they would send stands in {}",
                playground.calls.display()
            ))?;
        }
    }
    if done.contacts_failed > 0 {
        output.remark("`tilework status` tells where; after a fix `tilework journey retry NAME --step ID` lets them try again");
    }
    Ok(())
}

/// What a publication takes along.
pub(in crate::cli) fn publishing(global: &GlobalArguments, current: &ToRun) -> Publishing {
    Publishing { revision: revision(&global.workspace), snapshot: Some(current.snapshot.clone()) }
}

/// `migrate`.
pub(in crate::cli) fn migrate(global: &GlobalArguments, output: &mut Output) -> Result<Exit, CliError> {
    let folder = published::of_folder(global, published::How::default())?;
    let address = folder.store_address(global)?;
    let (found, now) = Store::migrate(&address)?;
    let mut store = Store::open_for_writing(&address)?;
    // What a mistake keeps from being known is declared by the publication.
    if let Some(plan) = &folder.plan {
        store.declare(&plan.catalog)?;
    }
    if output.format() == Format::Json {
        output.json(&json!({ "store": store.description(), "found": found, "version": now }))?;
    } else if found == now {
        output.text(&format!("{} is of version {now} already", store.description()))?;
    } else {
        output.text(&format!("{}: tables brought from version {found} to {now}", store.description()))?;
    }
    Ok(Exit::Done)
}
