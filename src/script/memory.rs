//! What the variables of a script hold together, and how deep.
//!
//! Rhai limits each value as it is made, but not what a list or a map grows to by assignments to its parts, nor
//! how deep values lie within each other. So the variables are measured again and again: every some operations,
//! and before what was read since the last time could have doubled what they hold. All functions that are being
//! called count together. What a call was given counts several times over before it is too much.

use std::cell::RefCell;

use rhai::{Dynamic, Engine, EvalAltResult, Position, Scope};

use super::{
    ScriptValue,
    limits::HELD,
    weight::{Unkept, of_value, weight},
    work,
};

/// How many operations may pass between two measurements.
const EVERY: u64 = 100;
/// How many values of unknown size may be read between two measurements.
const LARGE_READS: u32 = 16;
/// How much of a value is looked at when it is read: so many values in it.
const LOOKED_AT: usize = 256;
/// What may be read between two measurements in any case, in bytes.
const FREE: usize = 4 * 1024 * 1024;
/// How often what was given may be held.
const COPIES: usize = 4;

/// A function that is being called.
struct Frame {
    level: usize,
    /// What its variables held when they were measured last.
    held: usize,
}

/// What is known of the call of a script.
struct Memory {
    limit: usize,
    frames: Vec<Frame>,
    /// What was read since the last measurement, in bytes.
    read: usize,
    large_reads: u32,
    /// The operation from which on there is another measurement.
    next: u64,
}

thread_local! {
    static MEMORY: RefCell<Memory> =
        const { RefCell::new(Memory { limit: HELD, frames: Vec::new(), read: 0, large_reads: 0, next: 0 }) };
}

/// Begins a call.
pub(super) fn begin(arguments: &[ScriptValue]) {
    let given: usize = arguments.iter().map(of_value).sum();
    let limit = HELD + COPIES * given;
    MEMORY.with(|memory| {
        *memory.borrow_mut() = Memory { limit, frames: Vec::new(), read: 0, large_reads: 0, next: 0 };
    });
}

/// Has the variables measured.
pub(super) fn watch(engine: &mut Engine) {
    #[allow(deprecated, reason = "it is marked so because it may change; Rhai's version is pinned")]
    engine.on_var(|name, _, context| {
        MEMORY
            .with(|memory| memory.borrow_mut().read(name, context.scope(), context.call_level()))
            .map(|()| None)
            .map_err(|why| EvalAltResult::ErrorTerminated(why.to_string().into(), Position::NONE).into())
    });
}

impl Memory {
    /// Looks at a variable that is about to be read.
    fn read(&mut self, name: &str, scope: &Scope<'_>, level: usize) -> Result<(), Unkept> {
        while self.frames.last().is_some_and(|frame| frame.level > level) {
            self.frames.pop();
        }
        if self.frames.last().is_none_or(|frame| frame.level < level) {
            // The function's parameters are copies. What a closure shares with the function around it counts
            // there, and is measured with the rest.
            let own = scope.iter_raw().filter(|(_, _, value)| !value.is_shared());
            let held = weigh_all(own.map(|(_, _, value)| value))?;
            self.frames.push(Frame { level, held });
            self.refuse_too_much()?;
        }
        let Some(value) = scope.get(name) else { return Ok(()) };
        let weighed = weight(value, LOOKED_AT)?;
        let held = self.frames.last().map_or(0, |frame| frame.held);
        let bytes = if weighed.whole { weighed.bytes } else { held.max(weighed.bytes) };
        self.read = self.read.saturating_add(bytes);
        self.large_reads += u32::from(!weighed.whole);
        let due = work::operations() >= self.next || self.large_reads >= LARGE_READS;
        if due || self.read > held.max(FREE) {
            self.measure(scope)?;
            self.read = bytes;
        }
        Ok(())
    }

    /// Measures the variables of the function that is being called.
    fn measure(&mut self, scope: &Scope<'_>) -> Result<(), Unkept> {
        let held = weigh_all(scope.iter_raw().map(|(_, _, value)| value))?;
        if let Some(frame) = self.frames.last_mut() {
            frame.held = held;
        }
        (self.read, self.large_reads, self.next) = (0, 0, work::operations() + EVERY);
        self.refuse_too_much()
    }

    fn refuse_too_much(&self) -> Result<(), Unkept> {
        match self.frames.iter().map(|frame| frame.held).sum::<usize>() > self.limit {
            true => Err(Unkept::TooMuch),
            false => Ok(()),
        }
    }
}

fn weigh_all<'v>(values: impl Iterator<Item = &'v Dynamic>) -> Result<usize, Unkept> {
    values.map(|value| Ok(weight(value, usize::MAX)?.bytes)).sum()
}

/// The bytes of a value that a built-in function has made; it is an error when there are too many of them.
pub(super) fn add(made: &mut usize, value: &Dynamic) -> Result<(), Unkept> {
    *made += weight(value, usize::MAX)?.bytes;
    match *made > MEMORY.with(|memory| memory.borrow().limit) {
        true => Err(Unkept::TooMuch),
        false => Ok(()),
    }
}
