//! Logs, on standard error.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// The variable that says what is logged, such as `debug` or `tilework::engine=trace`.
const VARIABLE: &str = "TILEWORK_LOG";

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
    // An error means that there is a subscriber already.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        // Where standard error is closed, as by `2>&1 | head`, there is nobody to tell, and nothing to panic about.
        .log_internal_errors(false)
        .try_init();
}
