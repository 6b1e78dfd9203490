//! How much memory a value takes, and whether a script may keep it.

use rhai::{Dynamic, FnPtr};

use super::{Action, ScriptEffect, ScriptValue, limits::DEPTH};

/// Why a script can't keep a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unkept {
    #[error("lists and maps lie within each other more than {DEPTH} deep")]
    Deep,
    #[error("a list or a map can't hold a function")]
    Function,
    #[error("the variables hold too much together")]
    TooMuch,
}

// What the allocator is asked for, about: a value itself, and beside it what a text, a list, a map or an entry
// of a map takes in addition to what is in it.
const VALUE: usize = 16;
const TEXT: usize = 40;
const LIST: usize = 24;
const MAP: usize = 48;
const ENTRY: usize = 48;
const FUNCTION: usize = 100;

/// What a value weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Weight {
    /// The bytes that it takes, as far as it was looked at.
    pub(super) bytes: usize,
    /// Whether all of it was looked at.
    pub(super) whole: bool,
}

/// The bytes that a value takes, looking at so many values in it at most.
///
/// # Errors
/// When what was looked at is too deep, or has a function in a list or a map.
pub(super) fn weight(value: &Dynamic, at_most: usize) -> Result<Weight, Unkept> {
    let mut scale = Scale { bytes: 0, left: at_most };
    let whole = match value.read_lock::<FnPtr>() {
        Some(function) => scale.function(&function, 0)?,
        None => scale.add(value, 0)?,
    };
    Ok(Weight { bytes: scale.bytes, whole })
}

struct Scale {
    bytes: usize,
    left: usize,
}

impl Scale {
    /// Adds a value; false when it wasn't looked at as a whole.
    fn add(&mut self, value: &Dynamic, depth: usize) -> Result<bool, Unkept> {
        if self.left == 0 {
            return Ok(false);
        }
        self.left -= 1;
        self.bytes += VALUE;
        if value.is_int() || value.is_unit() || value.is_bool() || value.is_float() {
            return Ok(true);
        }
        if let Ok(items) = value.as_array_ref() {
            self.bytes += LIST;
            return self.all(items.iter(), depth);
        }
        if let Ok(entries) = value.as_map_ref() {
            self.bytes += MAP + entries.keys().take(self.left).map(|key| ENTRY + key.len()).sum::<usize>();
            return self.all(entries.values(), depth);
        }
        if let Ok(text) = value.as_immutable_string_ref() {
            self.bytes += TEXT + text.len();
        } else if value.is_fnptr() {
            return Err(Unkept::Function);
        } else if let Some(action) = value.read_lock::<Action>() {
            self.bytes += of_action(&action);
        }
        Ok(true)
    }

    fn all<'v>(
        &mut self,
        mut values: impl Iterator<Item = &'v Dynamic>,
        depth: usize,
    ) -> Result<bool, Unkept> {
        if depth == DEPTH {
            return Err(Unkept::Deep);
        }
        values.try_fold(true, |whole, value| Ok(self.add(value, depth + 1)? && whole))
    }

    /// Adds a function, with the variables around a closure.
    fn function(&mut self, function: &FnPtr, depth: usize) -> Result<bool, Unkept> {
        if depth == DEPTH {
            return Err(Unkept::Deep);
        }
        self.bytes += FUNCTION;
        let mut whole = true;
        for value in function.curry() {
            whole &= match value.read_lock::<FnPtr>() {
                Some(function) => self.function(&function, depth + 1)?,
                None => self.add(value, depth + 1)?,
            };
        }
        Ok(whole)
    }
}

/// The bytes that an action's effects, state and note take.
pub(super) fn of_action(action: &Action) -> usize {
    let effects = action.effects.iter().map(|(effect, _)| of_effect(effect));
    let state = action.state.as_ref().map_or(0, of_value);
    size_of::<Action>() + effects.sum::<usize>() + state + action.note.as_ref().map_or(0, String::len)
}

/// The bytes that an effect takes.
pub(super) fn of_effect(effect: &ScriptEffect) -> usize {
    size_of::<ScriptEffect>()
        + match effect {
            ScriptEffect::Message { channel, body } => channel.len() + of_value(body),
            ScriptEffect::Activity(fields) | ScriptEffect::Lead(fields) => of_value(fields),
            ScriptEffect::Set { field, value } => field.len() + of_value(value),
        }
}

/// The bytes that a value from outside takes.
pub(super) fn of_value(value: &ScriptValue) -> usize {
    size_of::<ScriptValue>()
        + match value {
            ScriptValue::Text(text) => text.len(),
            ScriptValue::List(items) => items.iter().map(of_value).sum(),
            ScriptValue::Map(entries) => {
                entries.iter().map(|(key, value)| size_of::<String>() + key.len() + of_value(value)).sum()
            }
            _ => 0,
        }
}
