//! What a service manager is told: that it is ready, that it is alive, how it does.

use std::cell::Cell;

use sd_notify::{NotifyState, notify};

use crate::model::time::SECOND;

/// Tells systemd, where it asks to be told (`Type=notify`, `WatchdogSec=`); nobody otherwise.
#[derive(Default)]
pub(in crate::cli) struct Service {
    told_at: Cell<i64>,
}

impl Service {
    /// It serves.
    pub(in crate::cli) fn ready(&self) {
        tell(&[NotifyState::Ready, NotifyState::Status("serving")]);
    }

    /// It isn't stuck. Told once a second at most; `real_now` is real time.
    pub(in crate::cli) fn alive(&self, real_now: i64) {
        if real_now.saturating_sub(self.told_at.get()) >= SECOND {
            self.told_at.set(real_now);
            tell(&[NotifyState::Watchdog]);
        }
    }

    /// How it does, in words.
    pub(in crate::cli) fn status(&self, words: &str) {
        tell(&[NotifyState::Status(words)]);
    }

    /// It stops.
    pub(in crate::cli) fn stopping(&self) {
        tell(&[NotifyState::Stopping]);
    }
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = notify(states) {
        tracing::debug!(%error, "the service manager can't be told");
    }
}
