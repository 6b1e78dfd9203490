//! Where time is played: on the store itself, or on a copy of one that has real runs (semantics 29).

use std::path::{Path, PathBuf};

use crate::cli::{
    CliError,
    arguments::args::{GlobalArguments, RunArguments},
};
use crate::{
    model::time::CLOCKS_APART,
    runtime,
    store::{Store, StoreAddress},
};

/// The folder of a workspace for calls that aren't made.
const CALLS: &str = "played";

/// Where played time leaves what it does.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Playground {
    /// The copy that it is played on.
    pub(in crate::cli) copy: Option<PathBuf>,
    /// The folder that stands for the workspace's, beside the copy.
    pub(in crate::cli) files: Option<PathBuf>,
    /// The folder for calls that aren't made.
    pub(in crate::cli) calls: PathBuf,
}

impl Playground {
    /// On the store that belongs to a workspace.
    pub(in crate::cli) fn of(workspace: &Path) -> Playground {
        Playground { copy: None, files: None, calls: workspace.join(CALLS) }
    }

    fn on_copy(copy: PathBuf) -> Playground {
        let mut name = copy.as_os_str().to_owned();
        name.push(".files");
        let files = PathBuf::from(name);
        Playground { copy: Some(copy), calls: files.join(CALLS), files: Some(files) }
    }
}

/// Opens the store that a run works on. With a playground time is played; a store with real runs isn't: its
/// copy is, where that is asked for.
pub(in crate::cli) fn open(
    global: &GlobalArguments,
    arguments: &RunArguments,
    address: &StoreAddress,
    now: Option<i64>,
) -> Result<(Store, Option<Playground>), CliError> {
    let ahead = now.is_some_and(|now| now > runtime::real_now().saturating_add(CLOCKS_APART));
    let plays = arguments.until.is_some() || (arguments.play && now.is_some());
    if arguments.play && !plays {
        let hint = "Write until when: `--until \"2026-03-31 08:00\"`, or `--now` for a single moment.";
        return Err(CliError::usage("`--play` without a time").hint(hint.to_owned()));
    }
    let far = now.is_some_and(|now| now > runtime::real_now().saturating_add(runtime::FAR));
    if far && !plays && !arguments.clock_is_right {
        return Err(far_ahead(global, arguments));
    }
    let mut store = Store::open_for_writing(address)?;
    if !(plays || ahead) || !store.has_real_runs()? {
        return Ok((store, plays.then(|| Playground::of(&global.workspace))));
    }
    if !arguments.play {
        return Err(refused(global, arguments, &store));
    }
    let Some(copy) = store.copy_to_play()? else { return Err(copied_by_hand(global, arguments, &store)) };
    let store = Store::open_for_writing(&StoreAddress::Sqlite(copy.clone()))?;
    Ok((store, Some(Playground::on_copy(copy))))
}

/// A value as it is typed in a shell.
fn typed(text: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_./:".contains(character);
    match !text.is_empty() && text.chars().all(plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

/// The command line that was typed, with more of it.
fn command(global: &GlobalArguments, arguments: &RunArguments, more: &str) -> String {
    let mut words = vec!["tilework".to_owned()];
    if global.workspace != Path::new(".") {
        words.push(format!("-C {}", typed(&global.workspace.display().to_string())));
    }
    words.push("run".to_owned());
    for (name, value) in
        [("--env", &global.environment), ("--now", &global.now), ("--until", &arguments.until)]
    {
        words.extend(value.as_ref().map(|value| format!("{name} {}", typed(value))));
    }
    if !more.is_empty() {
        words.push(more.to_owned());
    }
    words.join(" ")
}

fn refused(global: &GlobalArguments, arguments: &RunArguments, store: &Store) -> CliError {
    let what = if arguments.until.is_some() { "`--until`" } else { "`--now`" };
    let message = format!(
        "{what} would take {} into the future, which has runs at the machine's own time",
        store.description()
    );
    let hint = format!("To play on a copy of it, type: {}", command(global, arguments, "--play"));
    CliError::usage(message).hint(hint)
}

/// A year that was mistyped would hand over everything that waits, and no later run would do anything.
fn far_ahead(global: &GlobalArguments, arguments: &RunArguments) -> CliError {
    let hint = format!(
        "To play it, where nobody is called, type: {}\nTo hand over what is due by then, add `--clock-is-right`.",
        command(global, arguments, "--play")
    );
    CliError::usage("`--now` is more than a month in the future; nothing was done").hint(hint)
}

fn copied_by_hand(global: &GlobalArguments, arguments: &RunArguments, store: &Store) -> CliError {
    let url = store.description();
    let (server, database) = url.rsplit_once('/').unwrap_or(("", &url));
    let (name, options) = match database.split_once('?') {
        Some((name, options)) => (name, format!("?{options}")),
        None => (database, String::new()),
    };
    let (maintenance, copy) =
        (typed(&format!("{server}/postgres{options}")), typed(&format!("{server}/{name}_played{options}")));
    let hint = format!(
        "Copy the database and play there; type:\n  createdb --maintenance-db={maintenance} {name}_played\n  pg_dump {} | psql {copy}\n  TILEWORK_STORE={copy} {}",
        typed(&url),
        command(global, arguments, "")
    );
    CliError::usage(format!("`--play` can't copy {url} by itself")).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_be_typed_is_fit_for_a_shell() {
        for (text, expected) in [
            ("2026-03-31", "2026-03-31"),
            ("2026-03-31 08:00", "'2026-03-31 08:00'"),
            ("it's", "'it'\\''s'"),
            ("", "''"),
        ] {
            assert_eq!(typed(text), expected);
        }
    }
}
