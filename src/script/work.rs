//! What one call of a script has done so far, counted.
//!
//! Rhai counts operations anew for each closure that a built-in function calls, so that closures within closures
//! would never end. So operations are counted here, with what our own built-in functions make and compare. A call
//! runs on one thread from its beginning to its end, which is why the counters are the thread's. What is counted
//! is never given back.

use std::cell::Cell;

use rhai::{Dynamic, Engine, EvalAltResult, NativeCallContext};

use super::limits::{COMPARED, MADE, OPERATIONS};

/// A limit that was hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Limit {
    #[error("the script takes more than {OPERATIONS} operations; does a loop never end?")]
    Operations,
    #[error("the script makes more than {} MB of values", MADE / 1024 / 1024)]
    Made,
    #[error("the script compares more than {COMPARED} values within lists and maps")]
    Compared,
}

impl Limit {
    /// As an error that no script can catch.
    pub(super) fn at(self, context: &NativeCallContext<'_>) -> Box<EvalAltResult> {
        EvalAltResult::ErrorTerminated(self.to_string().into(), context.call_position()).into()
    }
}

struct Work {
    operations: Cell<u64>,
    made: Cell<usize>,
    compared: Cell<usize>,
}

thread_local! {
    static WORK: Work = const { Work { operations: Cell::new(0), made: Cell::new(0), compared: Cell::new(0) } };
}

/// Begins a call.
pub(super) fn begin() {
    WORK.with(|work| {
        work.operations.set(0);
        work.made.set(0);
        work.compared.set(0);
    });
}

/// Has the operations counted. Whoever swallows the error of an operation, as sorting does, meets it again at
/// the next one.
pub(super) fn watch(engine: &mut Engine) {
    engine.on_progress(|_| operation().err().map(|limit| Dynamic::from(limit.to_string())));
}

fn operation() -> Result<(), Limit> {
    WORK.with(|work| {
        work.operations.set(work.operations.get() + 1);
        if work.operations.get() > OPERATIONS {
            return Err(Limit::Operations);
        }
        if work.made.get() > MADE {
            return Err(Limit::Made);
        }
        if work.compared.get() > COMPARED {
            return Err(Limit::Compared);
        }
        Ok(())
    })
}

/// The operations of the call so far.
pub(super) fn operations() -> u64 {
    WORK.with(|work| work.operations.get())
}

/// Counts bytes that are about to be made.
pub(super) fn make(bytes: usize) -> Result<(), Limit> {
    WORK.with(|work| {
        work.made.set(work.made.get().saturating_add(bytes));
        if work.made.get() > MADE { Err(Limit::Made) } else { Ok(()) }
    })
}

/// Counts values that are about to be compared.
pub(super) fn compare(values: usize) -> Result<(), Limit> {
    WORK.with(|work| {
        work.compared.set(work.compared.get().saturating_add(values));
        if work.compared.get() > COMPARED { Err(Limit::Compared) } else { Ok(()) }
    })
}
