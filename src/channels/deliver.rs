//! From the outbox to the world: channel by channel, mails first, since nothing holds them up.

use std::{
    cell::{Cell, OnceCell},
    collections::{BTreeMap, BTreeSet},
    path::{Component, Path, PathBuf},
};

use super::{ChannelError, calls::Circuits, email, file, http::Client, messages};
use crate::{
    compile::{ChannelTransport, Plan},
    engine::{Engine, Phase},
    model::{Entity, Field, Value},
    store::{DueMessage, Store, StoreError},
};

/// Why messages couldn't be handed over. Those that weren't wait for the next time.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The channel can't take any message now.
    #[error(transparent)]
    Channel(#[from] ChannelError),
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
    pub(super) client: OnceCell<Client>,
    pub(super) circuits: Circuits,
}

impl<'a> Delivery<'a> {
    /// For a tick.
    #[must_use]
    pub fn new(
        engine: &'a Engine<'a>,
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
            client: OnceCell::new(),
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

/// Hands over every message that is due. Tells whether there was any.
///
/// # Errors
/// When the store or the channel fails; messages not handed over wait for the next time.
pub fn deliver(delivery: &Delivery<'_>, store: &mut Store, now: i64) -> Result<bool, DeliveryError> {
    // A folder for mails that can't be written keeps no other channel from its messages.
    let mails = match email::deliver(delivery, store, now) {
        Err(DeliveryError::Store(error)) => return Err(error.into()),
        mails => mails,
    };
    let others = messages::deliver(delivery, store, now)?;
    if delivery.limit.room(1) == 0
        && delivery.limit.reached().is_none()
        && !store.due_channels(now, (delivery.real_now)())?.is_empty()
    {
        delivery.limit.reached.set(true);
        tracing::warn!(
            limit = delivery.limit.most,
            "the limit of messages for a run is reached; the others wait for the next run"
        );
    }
    Ok(mails? || others)
}

/// Fields of contacts and accounts by name, in the order in which they are asked for.
pub(super) fn fields(
    plan: &Plan,
    contact: BTreeSet<&str>,
    account: BTreeSet<&str>,
) -> (Vec<Field>, Vec<Field>) {
    let of = |entity, names: BTreeSet<&str>| {
        names.into_iter().filter_map(|name| plan.catalog.readable(entity, name)).collect()
    };
    (of(Entity::Contact, contact), of(Entity::Account, account))
}

/// Values by the names of their fields.
pub(super) fn named(fields: &[Field], values: &[Value]) -> BTreeMap<String, Value> {
    fields.iter().map(|field| field.name.clone()).zip(values.iter().cloned()).collect()
}

/// Which messages are for those whom a block of the journey applies to now, and why (semantics 9). A
/// message for an account is blocked when there is nobody left whom it is about.
pub(super) fn blocked(
    plan: &Plan,
    store: &mut Store,
    messages: &[DueMessage],
    now: i64,
) -> Result<BTreeMap<String, String>, StoreError> {
    let accounts: BTreeSet<(i64, i64)> = messages
        .iter()
        .filter(|message| message.contact_key().is_none())
        .map(DueMessage::account_place)
        .collect();
    let mut people: BTreeMap<(i64, i64), Vec<i64>> = BTreeMap::new();
    if !accounts.is_empty() {
        let accounts: Vec<(i64, i64)> = accounts.into_iter().collect();
        for (iteration, account, contact) in store.participants_of(&accounts)? {
            people.entry((iteration, account)).or_default().push(contact);
        }
    }
    let about = |message: &DueMessage| match message.contact_key() {
        Some(key) => vec![key],
        None => people.get(&message.account_place()).cloned().unwrap_or_default(),
    };
    let mut by_journey: BTreeMap<&str, Vec<&DueMessage>> = BTreeMap::new();
    for message in messages {
        by_journey.entry(&message.journey).or_default().push(message);
    }
    let mut blocked = BTreeMap::new();
    for (name, messages) in by_journey {
        let found: BTreeMap<i64, String> = match plan.journey(name) {
            Some(journey) => {
                let keys: BTreeSet<i64> = messages.iter().flat_map(|message| about(message)).collect();
                let keys: Vec<i64> = keys.into_iter().collect();
                store.blocked_among(&keys, &journey.blocks, journey.zone.name(), now)?.into_iter().collect()
            }
            None => BTreeMap::new(),
        };
        for message in messages {
            let people = about(message);
            if people.iter().all(|key| found.contains_key(key)) {
                let reason = people.first().and_then(|key| found.get(key));
                blocked.insert(message.key.clone(), reason.map_or("stopped", String::as_str).to_owned());
            }
        }
    }
    Ok(blocked)
}
