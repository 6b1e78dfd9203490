//! Logs, on standard error, and what is hidden in all that is said there.

use std::{
    io::{self, IsTerminal, Write},
    sync::{PoisonError, RwLock},
};

use tracing_subscriber::EnvFilter;

use crate::model::Secrets;

/// The variable that says what is logged, such as `debug` or `tilework::engine=trace`.
const VARIABLE: &str = "TILEWORK_LOG";

/// What no log and no error may show, from the moment at which it was read.
static SECRETS: RwLock<Option<Secrets>> = RwLock::new(None);

/// Hides values in all that is logged and told from now on.
pub(in crate::cli) fn keep_secret(values: &[String]) {
    let mut secrets = SECRETS.write().unwrap_or_else(PoisonError::into_inner);
    secrets.get_or_insert_default().add(values);
}

/// A text without what may not be shown.
pub(in crate::cli) fn without_secrets(text: &str) -> String {
    let secrets = SECRETS.read().unwrap_or_else(PoisonError::into_inner);
    secrets.as_ref().map_or_else(|| text.to_owned(), |secrets| secrets.hide(text))
}

/// Standard error, on which each event of the log is written at once.
struct Hiding;

impl Write for Hiding {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        io::stderr().write_all(without_secrets(&String::from_utf8_lossy(event)).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Starts writing logs: what `TILEWORK_LOG` asks for, else what an operator should see; with `quiet`,
/// errors alone. A second call changes nothing.
#[allow(clippy::disallowed_methods, reason = "the environment is ours to read")]
pub fn start_logging(quiet: bool) {
    let usual = if quiet { "error" } else { "warn,tilework=info" };
    let filter = match std::env::var(VARIABLE) {
        Ok(wanted) if !wanted.trim().is_empty() => {
            EnvFilter::try_new(wanted).unwrap_or_else(|_| EnvFilter::new(usual))
        }
        _ => EnvFilter::new(usual),
    };
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| Hiding)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        // Where standard error is closed, as by `2>&1 | head`, there is nobody to tell, and nothing to panic about.
        .log_internal_errors(false)
        .finish();
    // Not `try_init`, which would take in the crate `log`, too: those that speak HTTP and to the database log
    // whole requests and statements there. An error means that there is a subscriber already.
    let _ = tracing::subscriber::set_global_default(subscriber);
}
