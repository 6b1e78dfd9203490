//! How a store is doing: what an operator and a monitor ask.

use super::{EmptyTopic, empty_topics};
use crate::{
    compile::Plan,
    model::time::{CLOCKS_APART, DAY},
    store::{
        Claims, DanglingLinks, FailingPart, Failures, Overdue, Pauses, RunRow, SegmentsState, Sizes, Store,
        StoreError,
    },
};

/// What failed within this time counts as new, in milliseconds.
const NEW: i64 = DAY;

/// How a store is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The moment that is spoken of.
    pub now: i64,
    /// The latest run.
    pub last_run: Option<RunRow>,
    /// The store's time: the latest moment it was run at.
    pub clock: Option<i64>,
    /// The step that has been due for longest.
    pub oldest_step: Option<Overdue>,
    /// The message that has waited for longest.
    pub oldest_message: Option<Overdue>,
    /// What failed for good, by journey and step.
    pub failures: Vec<Failures>,
    /// The limit of messages at which the latest run stopped, and when.
    pub limit_reached: Option<(u64, i64)>,
    /// Why the folder that runs were started with isn't what runs, and since when.
    pub unpublished: Option<(String, i64)>,
    /// Segments, scoring models and journeys that fail, and what is skipped because of them.
    pub failing: Vec<FailingPart>,
    /// What is paused.
    pub pauses: Pauses,
    /// How the segments stand.
    pub segments: SegmentsState,
    /// Topics of mails to which nobody subscribed who would get them.
    pub empty_topics: Vec<EmptyTopic>,
    /// How many contacts have an address that another contact has, too.
    pub sharing_addresses: u64,
    /// Links of records that lead nowhere.
    pub dangling_links: Vec<DanglingLinks>,
    /// What workers hold.
    pub claims: Claims,
    /// How much the store holds.
    pub sizes: Sizes,
    /// The version of the store's tables, and the one that the program needs.
    pub version: (i64, i64),
    /// What somebody should look at.
    pub alarms: Vec<Alarm>,
}

/// Something that somebody should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alarm {
    /// A step is due for too long.
    LateStep,
    /// A message waits for too long.
    LateMessage,
    /// The latest run failed.
    RunFailed,
    /// A worker's lease ran out.
    LeaseRanOut,
    /// Something failed for good in the last day.
    NewFailures,
    /// The latest run stopped at its limit of messages.
    LimitReached,
    /// The definitions in the folder have mistakes or are refused; what is published goes on.
    Unpublished,
    /// A segment, a scoring model or a journey fails.
    FailingParts,
    /// The store was run at a time that is still to come, so that runs are refused until then.
    StoreInFuture,
}

impl Alarm {
    /// The word for programs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Alarm::LateStep => "late_step",
            Alarm::LateMessage => "late_message",
            Alarm::RunFailed => "run_failed",
            Alarm::LeaseRanOut => "lease_ran_out",
            Alarm::NewFailures => "new_failures",
            Alarm::LimitReached => "limit_reached",
            Alarm::Unpublished => "unpublished",
            Alarm::FailingParts => "failing_parts",
            Alarm::StoreInFuture => "store_in_future",
        }
    }
}

/// Tells how a store with the definitions of a plan is doing at `now`; what is due for longer than `late` milliseconds is an alarm.
/// `real_now` is real time, for leases; `present` is the time that the store's clock shouldn't be ahead of.
///
/// # Errors
/// When the store fails.
pub fn status(
    store: &mut Store,
    plan: &Plan,
    now: i64,
    present: i64,
    real_now: i64,
    late: i64,
) -> Result<Status, StoreError> {
    let mut status = Status {
        now,
        last_run: store.last_run()?,
        clock: store.clock()?,
        oldest_step: store.oldest_due_step(now)?,
        oldest_message: store.oldest_waiting_message(now)?,
        failures: store.failures()?,
        limit_reached: store.limit_reached()?,
        unpublished: store.unpublished()?,
        failing: store.failing_parts()?,
        pauses: store.pauses()?,
        segments: store.segments_state()?,
        empty_topics: empty_topics(store, plan, now)?,
        sharing_addresses: store.contacts_that_share_addresses()?,
        dangling_links: store.dangling_links(&plan.catalog, None)?,
        claims: store.claims(real_now)?,
        sizes: store.sizes()?,
        version: store.version()?,
        alarms: Vec::new(),
    };
    let is_late =
        |overdue: &Option<Overdue>| overdue.as_ref().is_some_and(|overdue| now - overdue.due_at > late);
    let is_new = |failures: &Failures| failures.latest_at.is_some_and(|at| now - at <= NEW);
    let found = [
        (is_late(&status.oldest_step), Alarm::LateStep),
        (is_late(&status.oldest_message), Alarm::LateMessage),
        (status.last_run.as_ref().is_some_and(|run| run.error.is_some()), Alarm::RunFailed),
        (status.claims.run_out > 0, Alarm::LeaseRanOut),
        (status.failures.iter().any(is_new), Alarm::NewFailures),
        (status.limit_reached.is_some(), Alarm::LimitReached),
        (status.unpublished.is_some(), Alarm::Unpublished),
        (!status.failing.is_empty(), Alarm::FailingParts),
        (
            status.clock.is_some_and(|clock| clock > present.saturating_add(CLOCKS_APART)),
            Alarm::StoreInFuture,
        ),
    ];
    status.alarms = found.into_iter().filter(|(found, _)| *found).map(|(_, alarm)| alarm).collect();
    Ok(status)
}
