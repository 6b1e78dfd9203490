//! Many at once, so that a server that hangs holds up its own alone.

use std::{
    cell::RefCell,
    collections::{BTreeMap, VecDeque},
    sync::mpsc::{self, Sender},
};

use crate::channels::transports::{
    Transports,
    parcel::{Answer, Parcel},
};

/// How many are handed over at the same time, in all and to one host.
const AT_ONCE: usize = 16;
const AT_ONE_HOST: usize = 4;
/// After so many in a row that nobody answered, a host is skipped.
const GIVE_UP_AFTER: u32 = 3;

/// Which hosts don't answer.
#[derive(Debug, Default)]
pub(super) struct Circuits(RefCell<BTreeMap<String, u32>>);

impl Circuits {
    fn is_open(&self, place: &str) -> bool {
        self.0.borrow().get(place).is_some_and(|count| *count >= GIVE_UP_AFTER)
    }

    fn note(&self, place: &str, answer: &Answer) {
        let mut failures = self.0.borrow_mut();
        match answer {
            Answer::Later { unreachable: true, .. } => *failures.entry(place.to_owned()).or_default() += 1,
            Answer::Postponed | Answer::Left => {}
            _ => drop(failures.remove(place)),
        }
    }
}

/// What is still to be handed over to a host.
#[derive(Default)]
struct Queue {
    waiting: VecDeque<usize>,
    at_work: usize,
}

/// Hands parcels over, and tells each answer with the place of its parcel as it comes in. `enough` is asked after
/// each answer: once it says so, nothing further is started. Ends when all are answered or left.
pub(super) fn exchange(
    transports: &Transports<'_>,
    circuits: &Circuits,
    parcels: Vec<Parcel>,
    enough: &dyn Fn() -> bool,
    tell: &mut dyn FnMut(usize, Answer),
) {
    let hosts: Vec<String> = parcels.iter().map(Parcel::host).collect();
    let mut queues: BTreeMap<&str, Queue> = BTreeMap::new();
    for (at, host) in hosts.iter().enumerate() {
        queues.entry(host).or_default().waiting.push_back(at);
    }
    let mut parcels: Vec<Option<Parcel>> = parcels.into_iter().map(Some).collect();
    let (sender, receiver) = mpsc::channel();
    let (mut at_work, mut stop) = (0, false);
    loop {
        while at_work < AT_ONCE
            && let Some(at) = next(&mut queues)
        {
            at_work += 1;
            let reply = Reply { at, sender: Some(sender.clone()) };
            match parcels[at].take() {
                Some(parcel) if !stop && !circuits.is_open(&hosts[at]) => {
                    transports.hand_over(parcel, Box::new(move |answer| reply.send(answer)));
                }
                _ if stop => reply.send(Answer::Left),
                _ => reply.send(Answer::Postponed),
            }
        }
        if at_work == 0 {
            return;
        }
        let Ok((at, answer)) = receiver.recv() else { return };
        at_work -= 1;
        if let Some(queue) = queues.get_mut(hosts[at].as_str()) {
            queue.at_work -= 1;
        }
        circuits.note(&hosts[at], &answer);
        tell(at, answer);
        stop |= enough();
    }
}

/// What is handed over next: of the host with the fewest at work. Nothing when every host has none left, or has as
/// many at work as it may.
fn next(queues: &mut BTreeMap<&str, Queue>) -> Option<usize> {
    let open = queues.values_mut().filter(|queue| !queue.waiting.is_empty() && queue.at_work < AT_ONE_HOST);
    let queue = open.min_by_key(|queue| queue.at_work)?;
    queue.at_work += 1;
    queue.waiting.pop_front()
}

/// The way back of an answer. Where it is dropped without one, the transport broke off.
struct Reply {
    at: usize,
    sender: Option<Sender<(usize, Answer)>>,
}

impl Reply {
    fn send(mut self, answer: Answer) {
        if let Some(sender) = self.sender.take() {
            // Who asked waits for all answers, so somebody is there to take it.
            let _ = sender.send((self.at, answer));
        }
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if let Some(sender) = self.sender.take() {
            let reason = "handing it over broke off inside the program".to_owned();
            let _ = sender.send((self.at, Answer::Later { reason, after: None, unreachable: false }));
        }
    }
}
