//! Whether the machine's clock can be right.

use super::RuntimeError;
use crate::{
    model::time::{DAY, MINUTE, rfc3339},
    store::Store,
};

/// How far after the last run real time may be before somebody has to say that it is right: who runs once a month
/// isn't asked. Milliseconds.
pub const FAR: i64 = 35 * DAY;

/// How far the machine's clock and that of a database's server may lie apart, in milliseconds.
const APART: i64 = 10 * MINUTE;

/// Why the machine's clock is doubted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClockDoubt {
    /// The server's clock shows another time.
    #[error(
        "this machine's clock shows {machine}, that of the database's server {database}; nothing was done"
    )]
    Apart {
        /// The machine's time, RFC 3339.
        machine: String,
        /// The server's, RFC 3339.
        database: String,
    },
    /// The last run is long ago.
    #[error(
        "this machine's clock shows {machine}, and the last run was at {last}, {days} days before; nothing was done"
    )]
    LongAgo {
        /// The machine's time, RFC 3339.
        machine: String,
        /// The moment of the last run, RFC 3339.
        last: String,
        /// How many whole days lie between them.
        days: i64,
    },
}

/// What speaks against the machine's time `now`. A server's clock decides alone, where there is one; else the moment
/// of the last run.
fn doubt(now: i64, last: Option<i64>, database: Option<i64>) -> Option<ClockDoubt> {
    let machine = rfc3339(now);
    match (database, last) {
        (Some(database), _) if now.abs_diff(database) > APART.unsigned_abs() => {
            Some(ClockDoubt::Apart { machine, database: rfc3339(database) })
        }
        (None, Some(last)) if now.saturating_sub(last) > FAR => {
            Some(ClockDoubt::LongAgo { machine, last: rfc3339(last), days: now.saturating_sub(last) / DAY })
        }
        _ => None,
    }
}

/// Refuses the machine's time where it can't be right or has to be confirmed: everything that waits would be due at
/// once, and every later run refused. A store without runs in real time has nothing to compare it with.
///
/// # Errors
/// When the clock is doubted, or the store fails.
pub fn refuse_wrong_clock(store: &mut Store, now: i64) -> Result<(), RuntimeError> {
    let database = store.database_clock()?;
    // A server's clock decides alone: `serve` asks at each tick, and nothing more than it needs.
    let last = match database.is_none() && store.has_real_runs()? {
        true => store.clock()?,
        false => None,
    };
    doubt(now, last, database).map_or(Ok(()), |doubt| Err(doubt.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_doubted_when_it_is_far_from_the_servers_or_long_after_the_last_run() {
        let now = 60 * DAY;
        for (last, database, doubted) in [
            (None, None, false),
            (Some(now - FAR), None, false),
            (Some(now - FAR - 1), None, true),
            (Some(now + DAY), None, false), // The store refuses that itself.
            (None, Some(now), false),
            (None, Some(now - APART - 1), true),
            (None, Some(now + APART + 1), true),
            (Some(0), Some(now - APART), false),
        ] {
            assert_eq!(doubt(now, last, database).is_some(), doubted, "{last:?} {database:?}");
        }
    }
}
