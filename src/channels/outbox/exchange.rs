//! Many at once, so that a server that hangs holds up its own alone.

use std::{
    cell::RefCell,
    collections::{BTreeMap, VecDeque},
    sync::mpsc::{self, Sender},
    time::Duration,
};

use crate::channels::transports::{
    Transports,
    parcel::{Answer, Parcel},
};

/// How many are handed over at the same time, in all, beside what a mail server takes.
const AT_ONCE: usize = 16;
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
struct Queue {
    waiting: VecDeque<usize>,
    at_work: usize,
    most: usize,
    rate: Option<(u64, i64)>,
    /// When it began, and how many have begun since.
    began: (i64, u64),
}

impl Queue {
    /// How many milliseconds it is until the next may begin.
    fn pause(&self, now: i64) -> i64 {
        let Some((count, length)) = self.rate else { return 0 };
        let (since, begun) = self.began;
        let due = i64::try_from(begun).unwrap_or(i64::MAX).saturating_mul(length)
            / i64::try_from(count).unwrap_or(1).max(1);
        since.saturating_add(due).saturating_sub(now).max(0)
    }
}

/// What happens while parcels are handed over.
pub(super) enum Event {
    /// These begin now, by their places: what can't be done twice has to be noted before.
    Begins(Vec<usize>),
    /// These were answered since the last time.
    Answered(Vec<(usize, Answer)>),
}

/// What an exchange works with.
pub(super) struct Exchange<'a> {
    pub(super) transports: &'a Transports<'a>,
    pub(super) circuits: &'a Circuits,
    /// Asked after each answer: once it says so, nothing further is started.
    pub(super) enough: &'a dyn Fn() -> bool,
    /// Real time, for rates.
    pub(super) real_now: &'a dyn Fn() -> i64,
}

/// Hands parcels over, and tells what happens. Ends when all are answered or left; `tell` ends it early with what went
/// wrong: then nothing further is started.
pub(super) fn exchange<E>(
    with: &Exchange<'_>,
    parcels: Vec<Parcel>,
    tell: &mut dyn FnMut(Event) -> Result<(), E>,
) -> Result<(), E> {
    let hosts: Vec<String> = parcels.iter().map(Parcel::host).collect();
    let began = ((with.real_now)(), 0);
    let mut queues: BTreeMap<&str, Queue> = BTreeMap::new();
    let mut most = AT_ONCE;
    for (at, host) in hosts.iter().enumerate() {
        let queue = queues.entry(host).or_insert_with(|| {
            let (at_one_host, rate) = with.transports.limits(&parcels[at]);
            most = most.max(at_one_host);
            Queue { waiting: VecDeque::new(), at_work: 0, most: at_one_host, rate, began }
        });
        queue.waiting.push_back(at);
    }
    let mut parcels: Vec<Option<Parcel>> = parcels.into_iter().map(Some).collect();
    let (sender, receiver) = mpsc::channel();
    let (mut at_work, mut stop, mut outcome) = (0, false, Ok(()));
    loop {
        let mut begins = Vec::new();
        while at_work < most
            && let Some(at) = next(&mut queues, if stop { i64::MAX } else { (with.real_now)() })
        {
            at_work += 1;
            match stop || with.circuits.is_open(&hosts[at]) {
                false => begins.push(at),
                true => {
                    let answer = if stop { Answer::Left } else { Answer::Postponed };
                    Reply { at, sender: Some(sender.clone()) }.send(answer);
                }
            }
        }
        if !begins.is_empty() {
            if let Err(error) = tell(Event::Begins(begins.clone())) {
                (stop, outcome) = (true, Err(error));
            }
            for at in begins {
                let reply = Reply { at, sender: Some(sender.clone()) };
                match parcels[at].take() {
                    Some(parcel) if outcome.is_ok() => {
                        with.transports.hand_over(parcel, Box::new(move |answer| reply.send(answer)));
                    }
                    _ => reply.send(Answer::Left),
                }
            }
        }
        if at_work == 0 {
            match queues
                .values()
                .filter(|queue| !queue.waiting.is_empty())
                .map(|queue| queue.pause((with.real_now)()))
                .min()
            {
                Some(pause) if !stop => {
                    // Nobody is at work, so nothing comes in: it is a pause.
                    let _ = receiver.recv_timeout(Duration::from_millis(pause.clamp(1, 100).unsigned_abs()));
                }
                _ => return outcome,
            }
            stop |= (with.enough)();
            continue;
        }
        // What came in meanwhile is told together, so that little is written.
        let Ok(first) = receiver.recv() else { return outcome };
        let answered: Vec<(usize, Answer)> = std::iter::once(first).chain(receiver.try_iter()).collect();
        for (at, answer) in &answered {
            at_work -= 1;
            if let Some(queue) = queues.get_mut(hosts[*at].as_str()) {
                queue.at_work -= 1;
            }
            with.circuits.note(&hosts[*at], answer);
        }
        if outcome.is_ok()
            && let Err(error) = tell(Event::Answered(answered))
        {
            (stop, outcome) = (true, Err(error));
        }
        stop |= (with.enough)();
    }
}

/// What is handed over next: of the host with the fewest at work. Nothing when every host has none left, has as
/// many at work as it may, or must pause.
fn next(queues: &mut BTreeMap<&str, Queue>, now: i64) -> Option<usize> {
    let open = queues
        .values_mut()
        .filter(|queue| !queue.waiting.is_empty() && queue.at_work < queue.most && queue.pause(now) == 0);
    let queue = open.min_by_key(|queue| queue.at_work)?;
    queue.at_work += 1;
    queue.began.1 += 1;
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
