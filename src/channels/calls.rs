//! Many calls at once, so that a server that hangs holds up its own alone.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
};

use super::http::{Answer, Call, Client};

/// How many calls are made at the same time, in all and to one host.
const AT_ONCE: usize = 16;
const AT_ONE_HOST: usize = 4;
/// After so many calls in a row that nobody answered, a host is left alone.
const GIVE_UP_AFTER: u32 = 3;

/// Which hosts don't answer.
#[derive(Debug, Default)]
pub(super) struct Circuits(Mutex<BTreeMap<String, u32>>);

impl Circuits {
    fn is_open(&self, place: &str) -> bool {
        let failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failures.get(place).is_some_and(|count| *count >= GIVE_UP_AFTER)
    }

    fn note(&self, place: &str, answer: &Answer) {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match answer {
            Answer::Later { unreachable: true, .. } => *failures.entry(place.to_owned()).or_default() += 1,
            Answer::Postponed | Answer::Left => {}
            _ => drop(failures.remove(place)),
        }
    }
}

/// The calls that are still to be made to a host.
#[derive(Default)]
struct Queue {
    waiting: VecDeque<usize>,
    at_work: usize,
}

/// Makes calls, and tells each answer with the place of its call as it comes in. `enough` is asked after
/// each answer: once it says so, no further call is started. Ends when all are answered or left.
pub(super) fn exchange(
    client: &Client,
    circuits: &Circuits,
    calls: &[Call],
    enough: &dyn Fn() -> bool,
    tell: &mut dyn FnMut(usize, Answer),
) {
    let mut queues: BTreeMap<&str, Queue> = BTreeMap::new();
    for (at, call) in calls.iter().enumerate() {
        queues.entry(&call.place).or_default().waiting.push_back(at);
    }
    let queues = Mutex::new(queues);
    let stop = AtomicBool::new(false);
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..calls.len().min(AT_ONCE) {
            let sender = sender.clone();
            let (queues, stop) = (&queues, &stop);
            scope.spawn(move || {
                let mut former = None;
                while let Some(at) = next(queues, former) {
                    let call = &calls[at];
                    let answer = if stop.load(Ordering::Relaxed) {
                        Answer::Left
                    } else if circuits.is_open(&call.place) {
                        Answer::Postponed
                    } else {
                        client.call(call)
                    };
                    circuits.note(&call.place, &answer);
                    former = Some(call.place.as_str());
                    if sender.send((at, answer)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for (at, answer) in receiver {
            tell(at, answer);
            if enough() {
                stop.store(true, Ordering::Relaxed);
            }
        }
    });
}

/// The next call that a thread makes, which is done with one to `former`: of the host with the fewest at
/// work. Nothing when every host is empty or has as many at work as it may; those empty it.
fn next(queues: &Mutex<BTreeMap<&str, Queue>>, former: Option<&str>) -> Option<usize> {
    let mut queues = queues.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(queue) = former.and_then(|former| queues.get_mut(former)) {
        queue.at_work -= 1;
    }
    let open = queues.values_mut().filter(|queue| !queue.waiting.is_empty() && queue.at_work < AT_ONE_HOST);
    let queue = open.min_by_key(|queue| queue.at_work)?;
    queue.at_work += 1;
    queue.waiting.pop_front()
}
