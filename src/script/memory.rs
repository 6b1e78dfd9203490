//! What the variables of a script hold together.
//!
//! Rhai limits each value as it is made, but not what a list or a map grows to by assignments to its parts.
//! So the variables are measured every some operations: what a call holds can't grow far beyond the limit.

use rhai::{Dynamic, Engine, EvalAltResult, Position};

/// The items of all lists and entries of all maps that a function's variables hold.
const ITEMS: usize = 300_000;
/// The text that they hold, in bytes.
const TEXT: usize = 4 * 1024 * 1024;
/// How many operations may pass between two measurements.
const EVERY: u64 = 300;

/// What is said of a script that holds more.
pub(super) const TOO_MUCH: &str = "the variables hold too much together";

/// Has the variables measured.
pub(super) fn watch(engine: &mut Engine) {
    #[allow(deprecated, reason = "it is marked so because it may change; Rhai's version is pinned")]
    engine.on_var(|_, _, mut context| {
        let operations = context.global_runtime_state().num_operations();
        let next = context.tag().as_int().unwrap_or(0);
        if operations < u64::try_from(next).unwrap_or(0) {
            return Ok(None);
        }
        let mut held = Held::default();
        context.scope().iter_raw().for_each(|(_, _, value)| held.add(value));
        *context.tag_mut() = i64::try_from(operations + EVERY).unwrap_or(i64::MAX).into();
        if held.items > ITEMS || held.text > TEXT {
            return Err(EvalAltResult::ErrorDataTooLarge(TOO_MUCH.to_owned(), Position::NONE).into());
        }
        Ok(None)
    });
}

#[derive(Default)]
struct Held {
    items: usize,
    text: usize,
}

impl Held {
    fn add(&mut self, value: &Dynamic) {
        if let Ok(items) = value.as_array_ref() {
            self.items += items.len();
            items.iter().for_each(|item| self.add(item));
        } else if let Ok(entries) = value.as_map_ref() {
            self.items += entries.len();
            entries.values().for_each(|value| self.add(value));
        } else if let Ok(text) = value.as_immutable_string_ref() {
            self.text += text.len();
        }
    }
}
