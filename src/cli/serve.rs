//! `serve`.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::{
    CliError, Exit, Output,
    args::GlobalArguments,
    published::{self, ToRun},
    run::{BATCH_SIZE, BUSY, publishing, runtime_of},
};
use crate::{
    runtime::{self, Serving},
    store::{RunKind, Store, Totals},
};

/// Carries out `serve`.
pub(super) fn serve(global: &GlobalArguments, output: &mut Output) -> Result<Exit, CliError> {
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if told.swap(true, Ordering::Relaxed) {
            leave_at_once();
        }
    })
    .map_err(|error| CliError::store(format!("the stop signal can't be caught: {error}")))?;
    let folder = published::of_folder(global, published::TO_RUN)?;
    let mut store = Store::open_for_writing(&published::address_to_run(global, &folder, output)?)?;
    let mut current = published::to_run(global, folder, &mut store, output)?;
    if !store.start_worker(runtime::real_now())? {
        output.remark(BUSY);
        return Ok(Exit::Done);
    }
    store.note_real_run(runtime::real_now())?;
    tracing::info!(store = store.description(), "serving");
    let key = store.begin_run(RunKind::Serve, runtime::real_now())?;
    loop {
        match serve_plan(global, &current, &mut store, key, &stop) {
            Ok(true) => {}
            Ok(false) => {
                tracing::info!("stopped");
                return Ok(Exit::Done);
            }
            Err(error) => {
                let now = runtime::real_now();
                let _ = store.end_run(key, now, now, &Totals::default(), Some(&error.to_string()));
                return Err(error);
            }
        }
        current = taken_up(global, current, &mut store, output)?;
    }
}

/// The definitions to go on with after the folder changed: its own, or those that run, where it has mistakes or
/// is refused. What is looked at from now on is the folder as it is now.
fn taken_up(
    global: &GlobalArguments,
    former: ToRun,
    store: &mut Store,
    output: &mut Output,
) -> Result<ToRun, CliError> {
    let folder = match published::of_folder(global, published::TO_RUN) {
        Ok(folder) => folder,
        Err(error) => {
            // The folder itself is gone for the moment; that it is back is a change again.
            tracing::error!(%error, "the definitions can't be read; the former ones go on");
            let seen = published::seen_without_settings(global);
            return Ok(ToRun { seen, refused: Some(error.to_string()), ..former });
        }
    };
    let seen = folder.seen.clone();
    match published::to_run(global, folder, store, output) {
        Ok(ToRun { refused: Some(why), .. }) => {
            tracing::error!(why, "the changed definitions aren't taken up; the former ones go on");
            Ok(ToRun { seen, refused: Some(why), ..former })
        }
        Ok(current) => {
            if former.refused.is_some() {
                tracing::info!("the definitions are sound again, and taken up");
            } else {
                tracing::info!("the changed definitions are taken up");
            }
            Ok(current)
        }
        Err(error) => Err(error),
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
    current: &ToRun,
    store: &mut Store,
    key: i64,
    stop: &AtomicBool,
) -> Result<bool, CliError> {
    let now = runtime::real_now();
    store.note_unpublished(current.refused.as_deref(), now)?;
    let journeys = runtime::publish(store, &current.plan, &publishing(global, current), now)?;
    let stopped = || stop.load(Ordering::Relaxed);
    let runtime = runtime_of(&current.plan, journeys, BATCH_SIZE, &global.workspace, &stopped);
    let ticked = |store: &mut Store, now| {
        // What a server did since it started isn't counted: that would read whole tables at each tick.
        store.end_run(key, runtime::real_now(), now, &Totals::default(), None)
    };
    let changed = || current.seen.changed();
    let serving = Serving { stop, sleep: &runtime::pause, changed: &changed, ticked: &ticked };
    Ok(runtime::serve(&runtime, store, &serving)?)
}
