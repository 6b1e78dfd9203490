//! What a delivery works with.

use std::{
    cell::Cell,
    path::{Component, Path, PathBuf},
};

use super::exchange::Circuits;
use crate::{
    channels::{
        Edge,
        transports::{Transports, file},
    },
    compile::{ChannelTransport, Plan},
    engine::{Engine, Phase},
    model::LinkKey,
    store::{DueMessage, StoreError},
};

/// Why messages couldn't be handed over. Those that weren't wait for the next time.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder for mails can't be written; the reason names it.
    #[error("{0}")]
    Folder(String),
}

/// How many messages a run hands over at most, and how many it did.
#[derive(Debug, Default)]
pub struct RunLimit {
    most: Option<u64>,
    handed_over: Cell<u64>,
    reached: Cell<bool>,
}

impl RunLimit {
    /// The limit that the settings give.
    #[must_use]
    pub fn of(plan: &Plan) -> RunLimit {
        RunLimit { most: plan.settings.messages_per_run, ..RunLimit::default() }
    }

    /// How many more may be handed over, and at most so many.
    pub(super) fn room(&self, batch: i64) -> i64 {
        let left = self.most.map_or(u64::MAX, |most| most.saturating_sub(self.handed_over.get()));
        i64::try_from(left).unwrap_or(i64::MAX).min(batch)
    }

    pub(super) fn count(&self, handed_over: usize) {
        self.handed_over.set(self.handed_over.get() + handed_over as u64);
    }

    /// The limit, if messages wait that it keeps back.
    #[must_use]
    pub fn reached(&self) -> Option<u64> {
        self.most.filter(|_| self.reached.get())
    }

    /// Notes that messages wait which the limit keeps back.
    pub(super) fn note_reached(&self) {
        self.reached.set(true);
        tracing::warn!(
            limit = self.most,
            "the limit of messages for a run is reached; the others wait for the next run"
        );
    }

    /// Starts to count anew.
    pub fn reset(&self) {
        self.handed_over.set(0);
        self.reached.set(false);
    }
}

/// How played time leaves the world alone (semantics 29): calls are written into files instead of being made.
#[derive(Debug, Clone, Copy)]
pub struct Played<'a> {
    /// The folder that calls are written into.
    pub calls: &'a Path,
    /// The folder that stands for the workspace's, into which mails and messages are written; the workspace's own
    /// when there is none.
    pub files: Option<&'a Path>,
}

/// What a delivery works with. It lasts for a tick, and remembers which hosts don't answer.
pub struct Delivery<'a> {
    /// E-mails, workflows, channels, journeys, settings.
    pub plan: &'a Plan,
    /// The workspace's folder.
    pub root: &'a Path,
    /// Told of each phase.
    pub observe: &'a dyn Fn(Phase),
    /// Whether to stop before the next batch of messages.
    pub stop: &'a dyn Fn() -> bool,
    /// Real time, for attempts alone (semantics 28).
    pub real_now: &'a dyn Fn() -> i64,
    /// How many messages may be handed over.
    pub limit: &'a RunLimit,
    /// When the store was run before this: what was ready then and didn't leave was held by something.
    pub run_before: Option<i64>,
    /// Where what would leave goes, in played time.
    pub played: Option<Played<'a>>,
    /// The key that signs the links in mails; without one, mails have no links.
    pub links: Option<LinkKey>,
    pub(super) transports: Transports<'a>,
    pub(super) circuits: Circuits,
}

impl<'a> Delivery<'a> {
    /// For a tick.
    #[must_use]
    pub fn new(
        engine: &'a Engine<'a>,
        edge: &'a Edge,
        root: &'a Path,
        limit: &'a RunLimit,
        run_before: Option<i64>,
        played: Option<Played<'a>>,
    ) -> Delivery<'a> {
        Delivery {
            plan: engine.plan,
            root,
            observe: engine.observe,
            stop: engine.stop,
            real_now: engine.real_now,
            limit,
            run_before,
            played,
            links: None,
            transports: Transports::new(engine.plan, edge),
            circuits: Circuits::default(),
        }
    }

    /// The folder of a channel: in the workspace, or in what stands for it.
    pub(super) fn folder(&self, directory: &Path) -> PathBuf {
        match self.played.and_then(|played| played.files) {
            None => self.root.join(directory),
            // Whatever the channel names, nothing leads out of it.
            Some(files) => {
                let names = directory.components().filter(|part| matches!(part, Component::Normal(_)));
                names.fold(files.to_owned(), |folder, name| folder.join(name))
            }
        }
    }

    /// Whether something other than the rhythm of runs held a message that leaves now: a pause, a limit, a folder
    /// that couldn't be written to.
    pub(super) fn held_so_far(&self, message: &DueMessage) -> bool {
        self.run_before.is_some_and(|before| message.ready_at <= before)
    }
}

/// Removes what processes left unfinished in the folders of a workspace's channels that were killed. `real_now` is
/// real time.
pub fn remove_leftovers(plan: &Plan, root: &Path, real_now: i64) {
    let of_channels = plan.channels.values().filter_map(|channel| match &channel.transport {
        ChannelTransport::File { directory, .. } => Some(directory),
        ChannelTransport::Http(_) => None,
    });
    for directory in of_channels.chain([&plan.settings.email.directory]) {
        file::remove_leftovers(&root.join(directory), real_now);
    }
}
