//! Which definitions a command works with: those of the folder, or those that are published.

use super::workspace;
use crate::cli::{CliError, Exit, Output, arguments::args::GlobalArguments, face::logging};
use crate::{
    compile::{self, DEFAULT_STORE, Plan},
    definitions::{Definitions, DefinitionsError, Folder, Reading, Seen, Snapshot, load_from},
    diagnostics::{Problems, Severity, render_human},
    model::time::rfc3339,
    runtime,
    store::{SnapshotRow, Store, StoreAddress, snapshot_hash},
};

/// Definitions as they were read, with what is wrong with them, and the plan when nothing is.
pub(in crate::cli) struct Read {
    pub(in crate::cli) definitions: Definitions,
    pub(in crate::cli) problems: Problems,
    pub(in crate::cli) plan: Option<Plan>,
    /// The files that were read.
    pub(in crate::cli) snapshot: Snapshot,
    /// What was looked at in the folder, as it was before it was read.
    pub(in crate::cli) seen: Seen,
}

/// What is read beside the files, and how strictly.
#[derive(Clone, Copy, Default)]
pub(in crate::cli) struct How<'a> {
    /// Whether a variable that isn't set is an error.
    pub(in crate::cli) variables_required: bool,
    /// One more text of definitions.
    pub(in crate::cli) more: Option<(&'a str, &'a str)>,
    /// Whether only that is read which imports need.
    pub(in crate::cli) facts_alone: bool,
}

/// What `run` and `serve` need: every secret.
pub(in crate::cli) const TO_RUN: How<'static> =
    How { variables_required: true, more: None, facts_alone: false };

#[allow(clippy::disallowed_methods, reason = "the environment is ours to read")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Reads and checks the folder.
pub(in crate::cli) fn of_folder(global: &GlobalArguments, how: How<'_>) -> Result<Read, CliError> {
    let folder = Folder::on_disk(&global.workspace);
    let read = read(global, &folder, None, how)?;
    Ok(Read { snapshot: folder.snapshot(), seen: folder.seen(), ..read })
}

/// Reads and checks a snapshot, with what the folder says of where things run.
fn of_snapshot(global: &GlobalArguments, snapshot: Snapshot, how: How<'_>) -> Result<Read, CliError> {
    let place = Folder::on_disk(&global.workspace);
    let read = read(global, &Folder::of(snapshot.clone()), Some(&place), how)?;
    Ok(Read { snapshot, seen: place.seen(), ..read })
}

fn read(
    global: &GlobalArguments,
    folder: &Folder,
    place: Option<&Folder>,
    how: How<'_>,
) -> Result<Read, CliError> {
    let mut problems = Problems::default();
    let reading = Reading {
        root: &global.workspace,
        environment: global.environment.as_deref(),
        variable: &variable,
        variables_required: how.variables_required,
        more: how.more,
        facts_alone: how.facts_alone,
        place,
    };
    let definitions = load_from(folder, &reading, &mut problems).map_err(|error| match error {
        error @ DefinitionsError::NoWorkspace(_) => CliError::new(Exit::Definitions, error.to_string()).hint(
            "Name the folder with `-C DIR`, or try `tilework demo` for a workspace to look at.".to_owned(),
        ),
    })?;
    // From here on nothing shows them.
    logging::keep_secret(&definitions.secrets);
    let plan = compile::compile(&definitions, &mut problems);
    problems.reword(&logging::without_secrets);
    Ok(Read { definitions, problems, plan, snapshot: Snapshot::default(), seen: Seen::default() })
}

impl Read {
    /// What is wrong, for people.
    pub(in crate::cli) fn report(&self) -> String {
        let colored = workspace::colored(&std::io::stderr());
        render_human(&self.problems, &self.definitions.sources, colored).trim_end().to_owned()
    }

    /// The plan; where there is none, what is wrong is told.
    pub(in crate::cli) fn plan_or_report(self, output: &mut Output) -> Result<Plan, CliError> {
        let report = self.report();
        let plan = self.plan.ok_or_else(|| {
            output.complain(&report);
            CliError::definitions()
        })?;
        output.show_times_in(&plan.settings.zone);
        Ok(plan)
    }

    /// How many mistakes there are, in words.
    fn mistakes(&self) -> String {
        workspace::counted(self.problems.count(Severity::Error), "mistake")
    }

    /// Where the store is: `TILEWORK_STORE`, else what the settings say, whatever is wrong beside that.
    pub(in crate::cli) fn store_address(&self, global: &GlobalArguments) -> Result<StoreAddress, CliError> {
        let unknown = |message: &str| {
            CliError::new(Exit::Definitions, message)
                .hint("Correct `tilework.yaml`, or name the store in the variable TILEWORK_STORE.".to_owned())
        };
        let settings = &self.definitions.settings;
        let text = match variable("TILEWORK_STORE").filter(|text| !text.is_empty()) {
            Some(text) => text,
            None if !settings.is_read => {
                return Err(unknown("`tilework.yaml` can't be read, and so nobody knows where the store is"));
            }
            None => settings.store.as_ref().map_or(DEFAULT_STORE, |text| text.as_str()).to_owned(),
        };
        if text.contains("${") {
            return Err(unknown("`store:` names a variable that isn't set"));
        }
        logging::keep_secret(&StoreAddress::passwords(&text));
        Ok(StoreAddress::parse(&text, &global.workspace)?)
    }
}

/// What is published in a store, read and checked.
pub(in crate::cli) fn of_store(
    global: &GlobalArguments,
    store: &mut Store,
    how: How<'_>,
) -> Result<Option<(SnapshotRow, Read)>, CliError> {
    let Some(row) = store.published_snapshot()? else { return Ok(None) };
    let snapshot = Snapshot { files: store.snapshot_files(row.key)? };
    Ok(Some((row, of_snapshot(global, snapshot, how)?)))
}

/// The definitions that commands work with that look, stop or save, with the store open: what is published;
/// before the first publication what the folder holds. What is wrong with the folder is told in one line.
pub(in crate::cli) fn opened(
    global: &GlobalArguments,
    open: fn(&StoreAddress) -> Result<Store, crate::store::StoreError>,
    output: &mut Output,
) -> Result<(Plan, Store), CliError> {
    let folder = of_folder(global, How::default())?;
    let address = folder.store_address(global).inspect_err(|_| output.complain(&folder.report()))?;
    // A folder with mistakes makes no store where there is none.
    let opened = if folder.plan.is_some() {
        open(&address)
    } else {
        Store::open(&address).and_then(|_| open(&address))
    };
    let mut store = match opened {
        Ok(store) => store,
        Err(error) if folder.plan.is_some() => return Err(error.into()),
        Err(_) => return Err(folder.plan_or_report(output).err().unwrap_or_else(CliError::definitions)),
    };
    let Some(row) = store.published_snapshot()? else {
        // Before the first publication there is nothing but facts to look at.
        let facts = match folder.plan {
            Some(_) => folder,
            None => {
                let facts = of_folder(global, How { facts_alone: true, ..How::default() })?;
                if facts.plan.is_none() {
                    return Ok((folder.plan_or_report(output)?, store));
                }
                output.remark(&format!(
                    "the definitions in the folder have {} (`tilework check` shows what is wrong), and nothing is published yet",
                    folder.mistakes()
                ));
                facts
            }
        };
        return Ok((facts.plan_or_report(output)?, store));
    };
    if folder.plan.is_some() && row.hash == snapshot_hash(&folder.snapshot.files) {
        return Ok((folder.plan_or_report(output)?, store));
    }
    let Some((_, published)) = of_store(global, &mut store, How::default())? else {
        return Ok((folder.plan_or_report(output)?, store));
    };
    let plan = published.plan_or_report(output)?;
    if folder.plan.is_none() {
        output.remark(&format!(
            "the definitions in the folder have {} (`tilework check` shows what is wrong); this is about what was published at {}",
            folder.mistakes(),
            rfc3339(row.at)
        ));
    }
    Ok((plan, store))
}

/// Where the store is that `run` and `serve` work on. Where there is none, a folder with mistakes makes none.
pub(in crate::cli) fn address_to_run(
    global: &GlobalArguments,
    folder: &Read,
    output: &mut Output,
) -> Result<StoreAddress, CliError> {
    let address = folder.store_address(global).inspect_err(|_| output.complain(&folder.report()))?;
    if folder.plan.is_none() && Store::open(&address).is_err() {
        output.complain(&folder.report());
        return Err(CliError::definitions());
    }
    Ok(address)
}

/// What is to be looked at while the folder has no settings.
pub(in crate::cli) fn seen_without_settings(global: &GlobalArguments) -> Seen {
    let folder = Folder::on_disk(&global.workspace);
    // That it fails is known; what it looked for is what counts.
    let _ = read(global, &folder, None, How::default());
    folder.seen()
}

/// The definitions that `run` and `serve` work with.
pub(in crate::cli) struct ToRun {
    /// What they mean.
    pub(in crate::cli) plan: Plan,
    /// Their files.
    pub(in crate::cli) snapshot: Snapshot,
    /// What was looked at in the folder before they were read.
    pub(in crate::cli) seen: Seen,
    /// Why these aren't the definitions of the folder, if they aren't.
    pub(in crate::cli) refused: Option<String>,
}

/// Decides between what the folder holds and what is published: definitions with mistakes, and changes that
/// are refused, don't stop what runs (semantics 48). Tells loudly why the folder's aren't taken.
pub(in crate::cli) fn to_run(
    global: &GlobalArguments,
    folder: Read,
    store: &mut Store,
    output: &mut Output,
) -> Result<ToRun, CliError> {
    let (report, mistakes) = (folder.report(), folder.mistakes());
    let has_mistakes = folder.plan.is_none();
    let error = match folder.plan {
        None => {
            output.complain(&report);
            CliError::new(Exit::Definitions, format!("the definitions in the folder have {mistakes}"))
        }
        Some(plan) => match runtime::admit(store, &plan) {
            Ok(()) => {
                output.show_times_in(&plan.settings.zone);
                let (snapshot, seen) = (folder.snapshot, folder.seen);
                return Ok(ToRun { plan, snapshot, seen, refused: None });
            }
            Err(error) if error.is_refusal() => error.into(),
            Err(error) => return Err(error.into()),
        },
    };
    let Some((row, published)) = of_store(global, store, TO_RUN)? else {
        return Err(if has_mistakes { CliError::definitions() } else { error });
    };
    output.complain(&error.told());
    output.complain(&format!("the definitions published at {} stay in use", rfc3339(row.at)));
    let snapshot = published.snapshot.clone();
    let plan = published.plan_or_report(output)?;
    Ok(ToRun { plan, snapshot, seen: folder.seen, refused: Some(error.to_string()) })
}

/// What an import needs: a mistake in a journey doesn't keep facts out.
pub(in crate::cli) fn to_import(
    global: &GlobalArguments,
    output: &mut Output,
) -> Result<(Plan, Store), CliError> {
    let folder = of_folder(global, How::default())?;
    let address = folder.store_address(global).inspect_err(|_| output.complain(&folder.report()))?;
    if folder.plan.is_none() {
        output.remark(&format!(
            "the definitions in the folder have {}; `tilework check` shows what is wrong",
            folder.mistakes()
        ));
    } else {
        let mut store = Store::open_for_writing(&address)?;
        let plan = folder.plan_or_report(output)?;
        store.declare(&plan.catalog)?;
        return Ok((plan, store));
    }
    // A file that makes no sense may hold fields, which what is published has still.
    let unreadable = folder.problems.sorted().iter().any(|problem| problem.code.is_about_form());
    let facts = of_folder(global, How { facts_alone: true, ..How::default() })?;
    let usable = facts.plan.is_some();
    if !usable || unreadable {
        let published = match Store::open(&address) {
            Ok(mut store) => of_store(global, &mut store, How::default())?,
            Err(_) => None,
        };
        if let Some((_, Read { plan: Some(plan), .. })) = published {
            return Ok((plan, Store::open_for_writing(&address)?));
        }
    }
    if !usable {
        return Err(folder.plan_or_report(output).err().unwrap_or_else(CliError::definitions));
    }
    let plan = facts.plan_or_report(output)?;
    let mut store = Store::open_for_writing(&address)?;
    store.declare(&plan.catalog)?;
    Ok((plan, store))
}
