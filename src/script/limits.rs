//! What a script may cost.
//!
//! The limits count operations and sizes, not time: scripts get no clock, and the same script with the
//! same values has to come to the same end on a slow machine, on a busy one, and when a batch is done
//! again after a crash. Since no value may grow beyond its size, an operation has a bounded cost, and so
//! has a call: what it holds is measured (`memory.rs`), what it compares is counted (`lists.rs`). A loop that
//! calculates ends after some milliseconds; one that works on the longest texts and lists all the time takes
//! longer, which is why steps with scripts take turns with others (`engine`).

use rhai::Engine;

use super::{lists, memory, work};

/// Operations of one call: an expression, a statement, a turn of a loop.
pub(super) const OPERATIONS: u64 = 100_000;
/// Functions that call each other.
const CALL_DEPTH: usize = 16;
/// Expressions within expressions.
const EXPRESSION_DEPTH: usize = 48;
/// The text in a value, in bytes: also of all texts of a list together.
pub(super) const TEXT: usize = 64 * 1024;
/// Items of a list, those of lists within it included.
const LIST: usize = 10_000;
/// Entries of a map, those of maps within it included.
const MAP: usize = 100_000;
/// Lists and maps within each other.
pub(super) const DEPTH: usize = 32;
/// What the variables of a call hold together, in bytes, beside what the call was given.
pub(super) const HELD: usize = 8 * 1024 * 1024;
/// What built-in functions make in the place of something else, in bytes of a call.
pub(super) const MADE: usize = 24 * 1024 * 1024;
/// Values within lists and maps that a call compares.
pub(super) const COMPARED: usize = 5_000_000;
/// Variables at a time.
const VARIABLES: usize = 100;
/// Functions of a file.
const FUNCTIONS: usize = 100;
/// What a script may keep between calls, in bytes of JSON.
pub(super) const STATE: usize = 4 * 1024;
/// Effects of one call.
pub(super) const EFFECTS: usize = 20;
/// What the effects of one call take together, in bytes.
pub(super) const EFFECT_BYTES: usize = 128 * 1024;

/// Words of Rhai that scripts do without.
pub(super) const DISABLED: [&str; 6] = ["eval", "import", "export", "print", "debug", "sync"];

pub(super) fn set(engine: &mut Engine) {
    engine.set_max_call_levels(CALL_DEPTH);
    engine.set_max_expr_depths(EXPRESSION_DEPTH, EXPRESSION_DEPTH);
    engine.set_max_string_size(TEXT);
    engine.set_max_array_size(LIST);
    engine.set_max_map_size(MAP);
    engine.set_max_variables(VARIABLES);
    engine.set_max_functions(FUNCTIONS);
    engine.set_max_modules(0);
    engine.set_strict_variables(true);
    engine.set_fail_on_invalid_map_property(true);
    engine.set_allow_shadowing(true);
    engine.on_print(|_| {});
    engine.on_debug(|_, _, _| {});
    work::watch(engine);
    memory::watch(engine);
    lists::register(engine);
    for word in DISABLED {
        engine.disable_symbol(word);
    }
}

/// What a limit that was hit is called, for messages.
pub(super) fn words(limit: &rhai::EvalAltResult) -> Option<String> {
    use rhai::EvalAltResult as Error;
    Some(match limit {
        Error::ErrorStackOverflow(_) => {
            format!("functions call each other more than {CALL_DEPTH} deep; does one call itself?")
        }
        Error::ErrorTooManyVariables(_) => {
            format!("the script has more than {VARIABLES} variables at a time")
        }
        Error::ErrorTooManyModules(_) => "scripts can't import modules".to_owned(),
        Error::ErrorDataTooLarge(what, _) if what.contains("string") => {
            format!("a text, or the texts of a list together, grew beyond {} KB", TEXT / 1024)
        }
        Error::ErrorDataTooLarge(what, _) if what.contains("array") => {
            format!("a list grew beyond {LIST} items")
        }
        Error::ErrorDataTooLarge(what, _) if what.contains("map") => {
            format!("a map grew beyond {MAP} entries")
        }
        Error::ErrorDataTooLarge(..) => "a value grew too large".to_owned(),
        Error::ErrorTerminated(limit, _) => limit.to_string(),
        _ => return None,
    })
}
