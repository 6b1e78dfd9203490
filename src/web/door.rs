//! The one door between requests and the store: a thread with a connection of its own.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver, Sender},
    },
};

use tokio::sync::oneshot;

use crate::{
    compile::TopicPlan,
    interactions::unsubscribe,
    model::{LinkKey, MailLink, folded_address},
    store::{MailChoices, OutboxState, Store, StoreError},
};

/// What pages show of the workspace, as it is published.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// The company's name.
    pub company: String,
    /// Its postal address.
    pub address: String,
    /// Register, seat, directors.
    pub legal: String,
    /// The page about privacy.
    pub privacy_url: String,
    /// The topics.
    pub topics: Vec<TopicPlan>,
}

/// What is asked of the store.
enum Asked {
    Choices(MailLink, oneshot::Sender<Option<MailChoices>>),
    /// Whose mail ends, of which topics; of all where there are none.
    Leave(MailLink, BTreeSet<String>, oneshot::Sender<bool>),
    Address(String, oneshot::Sender<bool>),
    Numbers(oneshot::Sender<Option<Numbers>>),
}

/// How many messages there are by channel and state, and since when the oldest of them may leave.
pub(super) type Numbers = Vec<(String, OutboxState, i64, i64)>;

/// The way to the store's thread.
#[derive(Clone)]
pub struct Door {
    asked: Sender<Asked>,
    shown: Arc<Mutex<Arc<Shown>>>,
    key: LinkKey,
}

impl Door {
    /// Opens the door: a thread that answers until every copy of the door is gone. `real_now` is real time.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn open(store: Store, key: LinkKey, real_now: fn() -> i64) -> Result<Door, std::io::Error> {
        let (asked, asks) = mpsc::channel();
        std::thread::Builder::new().name("door".to_owned()).spawn(move || answer(store, &asks, real_now))?;
        Ok(Door { asked, shown: Arc::default(), key })
    }

    /// Shows the workspace as it is published now.
    pub fn show(&self, shown: Shown) {
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(shown);
    }

    pub(super) fn shown(&self) -> Arc<Shown> {
        Arc::clone(&self.shown.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What a link says; nothing when it isn't one of ours.
    pub(super) fn link(&self, token: &str) -> Option<MailLink> {
        MailLink::read(token, &self.key)
    }

    /// What somebody chose so far; nothing when the store can't be asked.
    pub(super) async fn choices(&self, link: MailLink) -> Option<MailChoices> {
        let (answer, answered) = oneshot::channel();
        self.asked.send(Asked::Choices(link, answer)).ok()?;
        answered.await.ok()?
    }

    /// Ends the mail of some topics, or all commercial mail. Tells whether it is safely in the store.
    pub(super) async fn leave(&self, link: MailLink, topics: BTreeSet<String>) -> bool {
        let (answer, answered) = oneshot::channel();
        self.asked.send(Asked::Leave(link, topics, answer)).is_ok() && answered.await.unwrap_or(false)
    }

    /// Ends all commercial mail to an address. Tells whether it is safely in the store.
    pub(super) async fn leave_by_address(&self, address: String) -> bool {
        let (answer, answered) = oneshot::channel();
        self.asked.send(Asked::Address(address, answer)).is_ok() && answered.await.unwrap_or(false)
    }

    pub(super) async fn numbers(&self) -> Option<Numbers> {
        let (answer, answered) = oneshot::channel();
        self.asked.send(Asked::Numbers(answer)).ok()?;
        answered.await.ok()?
    }
}

/// Answers what is asked, one after the other.
fn answer(mut store: Store, asks: &Receiver<Asked>, real_now: fn() -> i64) {
    for asked in asks {
        // Who asked may have gone meanwhile.
        match asked {
            Asked::Choices(link, to) => {
                let _ = to.send(told(store.mail_choices(&link)));
            }
            Asked::Leave(link, topics, to) => {
                let _ = to.send(told(leave(&mut store, &link, &topics, real_now())).is_some());
            }
            Asked::Address(address, to) => {
                let left = match folded_address(&address) {
                    Some(address) => told(leave_address(&mut store, &address, real_now())).is_some(),
                    None => true,
                };
                let _ = to.send(left);
            }
            Asked::Numbers(to) => {
                let _ = to.send(told(store.outbox_numbers()));
            }
        }
    }
}

fn told<T>(result: Result<T, StoreError>) -> Option<T> {
    result.inspect_err(|error| tracing::error!(%error, "a request couldn't be answered")).ok()
}

/// Ends mail; what was ended before stays as it is, so that the same link may be followed any number of times.
fn leave(store: &mut Store, link: &MailLink, topics: &BTreeSet<String>, now: i64) -> Result<(), StoreError> {
    let choices = store.mail_choices(link)?;
    // The address of somebody who was erased is nobody's.
    let Some(address) = choices.address else { return Ok(()) };
    let left = |topic: &str| choices.words.get(topic) == Some(&false);
    let ends: Vec<Option<&str>> = match topics.is_empty() {
        true => vec![None],
        false => topics.iter().map(|topic| Some(topic.as_str())).collect(),
    };
    for topic in ends.into_iter().filter(|topic| !left(topic.unwrap_or_default())) {
        unsubscribe(store, &address, topic, "by the link in a mail", now)?;
    }
    Ok(())
}

fn leave_address(store: &mut Store, address: &str, now: i64) -> Result<(), StoreError> {
    unsubscribe(store, address, None, "by the page for links that were cut", now).map(drop)
}
