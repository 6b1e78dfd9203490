//! `serve`.

use std::{
    cell::RefCell,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::run::{BATCH_SIZE, publishing, runtime_of};
use crate::cli::{
    CliError, Exit, Output,
    arguments::args::GlobalArguments,
    workspaces::{
        published::{self, ToRun},
        service::Service,
    },
};
use crate::{
    channels::{Edge, remove_leftovers},
    compile::Plan,
    model::time::{MINUTE, SECOND},
    runtime::{self, RuntimeError, Serving},
    store::{RunKind, Store, StoreAddress, StoreError, Totals},
    web::{self, Door},
};

/// How often it looks whether another run is done, in milliseconds.
const TURN: i64 = SECOND;

/// How long it waits at most before it tries again what it depends on, in milliseconds.
const LONGEST_REST: i64 = MINUTE;

/// What serving works with beside definitions and store.
struct Server<'a> {
    global: &'a GlobalArguments,
    address: StoreAddress,
    stop: Arc<AtomicBool>,
    service: Service,
    /// Where what waits for the network runs.
    edge: Edge,
    /// The web server, once it listens, with the door to the store.
    web: RefCell<Option<(web::Server, Door)>>,
}

/// Carries out `serve`. Once it serves it outlives what it depends on: a database that restarts, another run at
/// work, a folder that can't be written.
pub(in crate::cli) fn serve(global: &GlobalArguments, output: &mut Output) -> Result<Exit, CliError> {
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if told.swap(true, Ordering::Relaxed) {
            leave_at_once();
        }
    })
    .map_err(|error| CliError::store(format!("the stop signal can't be caught: {error}")))?;
    let folder = published::of_folder(global, published::TO_RUN)?;
    let address = published::address_to_run(global, &folder, output)?;
    let server = Server {
        global,
        address,
        stop,
        service: Service::default(),
        edge: Edge::default(),
        web: RefCell::default(),
    };
    let mut store = Store::open_for_writing(&server.address)?;
    let mut current = published::to_run(global, folder, &mut store, output)?;
    server.service.ready();
    let exit = match server.begin(&mut store)? {
        None => Exit::Done,
        Some(key) => server.serve(&mut current, store, key, output)?,
    };
    server.service.stopping();
    tracing::info!("stopped");
    Ok(exit)
}

impl Server<'_> {
    /// Waits until no other run is at work, and begins. Nothing comes back when it was stopped meanwhile.
    fn begin(&self, store: &mut Store) -> Result<Option<i64>, CliError> {
        let mut told = false;
        while !store.start_worker(runtime::real_now())? {
            if !told {
                tracing::info!("another run is at work on this store; waiting until it is done");
                self.service.status("waiting for another run");
                told = true;
            }
            if self.rest(TURN) {
                return Ok(None);
            }
        }
        store.note_real_run(runtime::real_now())?;
        tracing::info!(store = store.description(), "serving");
        self.service.status("serving");
        Ok(Some(store.begin_run(RunKind::Serve, runtime::real_now())?))
    }

    /// Serves until it is stopped, whatever becomes of the store meanwhile.
    fn serve(
        &self,
        current: &mut ToRun,
        mut store: Store,
        mut key: i64,
        output: &mut Output,
    ) -> Result<Exit, CliError> {
        let mut rest = SECOND;
        loop {
            let began = runtime::real_now();
            let mut error = match self.serve_while_well(current, &mut store, key, output) {
                Ok(()) => return Ok(Exit::Done),
                Err(error) => error,
            };
            let now = runtime::real_now();
            // Where the store itself is gone, nothing can be noted.
            let _ = store.end_run(key, now, now, &Totals::default(), Some(&error.to_string()));
            if now.saturating_sub(began) > LONGEST_REST {
                rest = SECOND;
            }
            loop {
                if error.exit() != Exit::Store {
                    return Err(error);
                }
                tracing::error!(%error, "nothing is done until this is over; it is tried again in {} s", rest / SECOND);
                self.service.status(&error.to_string());
                if self.rest(rest) {
                    return Ok(Exit::Done);
                }
                rest = (rest * 2).min(LONGEST_REST);
                match self.begin_again(&mut store) {
                    Ok(None) => return Ok(Exit::Done),
                    Ok(Some(next)) => {
                        key = next;
                        break;
                    }
                    Err(again) => error = again,
                }
            }
        }
    }

    /// Takes the store up again. A SQLite file stays open: one that was deleted isn't made anew, as it would know
    /// nothing of what was sent.
    fn begin_again(&self, store: &mut Store) -> Result<Option<i64>, CliError> {
        if let StoreAddress::Sqlite(_) = self.address {
            store.refuse_replaced()?;
            tracing::info!("serving again");
            self.service.status("serving");
            return Ok(Some(store.begin_run(RunKind::Serve, runtime::real_now())?));
        }
        *store = Store::open_for_writing(&self.address)?;
        self.begin(store)
    }

    /// Serves until it is stopped, with the definitions as they change.
    fn serve_while_well(
        &self,
        current: &mut ToRun,
        store: &mut Store,
        key: i64,
        output: &mut Output,
    ) -> Result<(), CliError> {
        while self.serve_plan(current, store, key)? {
            taken_up(self.global, current, store, output)?;
        }
        Ok(())
    }

    /// Serves with one state of the definitions. Tells whether they changed, as opposed to a stop.
    fn serve_plan(&self, current: &ToRun, store: &mut Store, key: i64) -> Result<bool, CliError> {
        let now = runtime::real_now();
        runtime::refuse_wrong_clock(store, now).map_err(waiting_for_the_clock)?;
        store.note_unpublished(current.refused.as_deref(), now)?;
        let journeys = runtime::publish(store, &current.plan, &publishing(self.global, current), now)?;
        remove_leftovers(&current.plan, &self.global.workspace, now);
        self.listen(&current.plan, store)?;
        let stopped = || self.stop.load(Ordering::Relaxed);
        let alive = |_| self.service.alive(runtime::real_now());
        let mut runtime = runtime_of(&current.plan, journeys, BATCH_SIZE, &self.global.workspace, &stopped);
        runtime.edge = self.edge.clone();
        runtime.engine.observe = &alive;
        let ticked = |store: &mut Store, now| {
            // What a server did since it started isn't counted: that would read whole tables at each tick.
            store.end_run(key, runtime::real_now(), now, &Totals::default(), None)
        };
        let changed = || {
            self.service.alive(runtime::real_now());
            current.seen.changed()
        };
        let serving = Serving {
            stop: &self.stop,
            sleep: &runtime::pause,
            changed: &changed,
            admitted: &runtime::refuse_wrong_clock,
            ticked: &ticked,
        };
        runtime::serve(&runtime, store, &serving).map_err(waiting_for_the_clock)
    }

    /// Has the web server listen, where the settings say so, and show what is published now.
    fn listen(&self, plan: &Plan, store: &mut Store) -> Result<(), CliError> {
        let Some(address) = &plan.settings.http else { return Ok(()) };
        let mut web = self.web.borrow_mut();
        if web.is_none() {
            let key = store.link_key(runtime::fresh_key())?;
            let key = key.ok_or_else(|| CliError::store("the machine gives no random numbers".to_owned()))?;
            let threads =
                |error: std::io::Error| CliError::store(format!("the system gives no thread: {error}"));
            let door = Door::open(Store::open_for_writing(&self.address)?, key, runtime::real_now)
                .map_err(threads)?;
            let handle = self.edge.handle().map_err(threads)?;
            let server = web::start(&handle, address, door.clone(), runtime::real_now).map_err(|error| {
                CliError::usage(error.to_string()).hint(
                    "Write another address at `serve: http:`, or stop the program that listens there."
                        .to_owned(),
                )
            })?;
            tracing::info!(address = %server.address, "the web server listens");
            *web = Some((server, door));
        }
        if let Some((_, door)) = web.as_ref() {
            let company = |name: &str| plan.settings.company.get(name).cloned().unwrap_or_default();
            door.show(web::Shown {
                company: company("name"),
                address: company("address"),
                legal: company("legal"),
                privacy_url: company("privacy_url"),
                topics: plan.topics.clone(),
            });
        }
        Ok(())
    }

    /// Does nothing for so many milliseconds. Tells whether it was stopped meanwhile.
    fn rest(&self, length: i64) -> bool {
        let until = runtime::real_now().saturating_add(length);
        while runtime::real_now() < until && !self.stop.load(Ordering::Relaxed) {
            self.service.alive(runtime::real_now());
            runtime::pause(100);
        }
        self.stop.load(Ordering::Relaxed)
    }
}

/// A clock that can't be right is waited for, as the store is: it may be set at any moment.
fn waiting_for_the_clock(error: RuntimeError) -> CliError {
    match error {
        RuntimeError::WrongClock(_) | RuntimeError::Store(StoreError::ClockBackwards { .. }) => {
            let error = CliError::from(error);
            CliError::store(error.to_string())
        }
        error => error.into(),
    }
}

/// Takes up the folder after it changed: its own definitions, or those that run, where it has mistakes or is
/// refused. What is looked at from now on is the folder as it is now.
fn taken_up(
    global: &GlobalArguments,
    current: &mut ToRun,
    store: &mut Store,
    output: &mut Output,
) -> Result<(), CliError> {
    let folder = match published::of_folder(global, published::TO_RUN) {
        Ok(folder) => folder,
        Err(error) => {
            // The settings are gone for the moment; that they are back is a change again.
            tracing::error!(%error, "the definitions can't be read; the former ones go on");
            current.seen = published::seen_without_settings(global);
            current.refused = Some(error.to_string());
            return Ok(());
        }
    };
    let seen = folder.seen.clone();
    match published::to_run(global, folder, store, output)? {
        ToRun { refused: Some(why), .. } => {
            tracing::error!(why, "the changed definitions aren't taken up; the former ones go on");
            current.seen = seen;
            current.refused = Some(why);
        }
        taken => {
            match current.refused {
                Some(_) => tracing::info!("the definitions are sound again, and taken up"),
                None => tracing::info!("the changed definitions are taken up"),
            }
            *current = taken;
        }
    }
    Ok(())
}

/// Ends the program in the middle of what it does, which the next run finishes: who asks twice won't wait.
#[allow(clippy::disallowed_methods, reason = "there is nobody left to return an error to")]
fn leave_at_once() {
    std::process::exit(130);
}
