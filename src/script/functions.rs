//! What every script may call beside Rhai's own: `lookup`, `hash`, `days_between`.

use std::collections::BTreeMap;
use std::sync::Arc;

use rhai::{
    Dynamic, Engine, EvalAltResult, NativeCallContext,
    packages::{
        ArithmeticPackage, BasicArrayPackage, BasicFnPackage, BasicIteratorPackage, BasicMapPackage,
        BasicMathPackage, BasicStringPackage, LogicPackage, MoreStringPackage, Package,
    },
};
use sha2::{Digest, Sha256};

use super::{ScriptValue, action, action::refuse, answers, limits, value::described};
use crate::{
    calendar::{Zone, parse_moment},
    definitions::TableDefinition,
    diagnostics::did_you_mean,
    model::time::DAY,
};

/// The functions beside Rhai's and those that make actions.
pub(super) const NAMES: [&str; 4] = ["lookup", "hash", "days_between", "missing"];

/// Rhai's functions that scripts have. Those that would read the clock, sleep or print aren't registered,
/// and not among them.
pub(super) const RHAI: &str = "abs acos acosh all append asin asinh atan atanh bytes call ceiling chars chop clear concat \
    contains cos cosh crop dedup drain end ends_with exp extract fill_with filter find find_map floor for_each \
    fraction get hypot index_of insert int is_anonymous is_empty is_even is_exclusive is_finite is_inclusive is_infinite \
    is_nan is_odd is_zero keys len ln log make_lower make_upper map max min mixin name order order_by order_desc pad \
    parse_float parse_int pop push range reduce reduce_rev remove replace retain reverse round round_down round_half_down \
    round_half_up round_up rsplit rsplitn set shift sign sin sinh some sort sort_by sort_desc splice split split_at \
    split_rev split_whitespace splitn sqrt start starts_with sub_string tan tanh to_binary to_chars to_debug to_degrees \
    to_float to_hex to_int to_json to_lower to_octal to_radians to_string to_upper trim truncate type_of values zip \
    Fn is_def_var is_def_fn is_shared E PI";

type Outcome<T> = Result<T, Box<EvalAltResult>>;

/// The engine that scripts run in.
pub(super) fn engine(tables: Arc<BTreeMap<String, TableDefinition>>) -> Engine {
    let mut engine = Engine::new_raw();
    engine.register_global_module(ArithmeticPackage::new().as_shared_module());
    engine.register_global_module(LogicPackage::new().as_shared_module());
    engine.register_global_module(BasicStringPackage::new().as_shared_module());
    engine.register_global_module(MoreStringPackage::new().as_shared_module());
    engine.register_global_module(BasicIteratorPackage::new().as_shared_module());
    engine.register_global_module(BasicFnPackage::new().as_shared_module());
    engine.register_global_module(BasicMathPackage::new().as_shared_module());
    engine.register_global_module(BasicArrayPackage::new().as_shared_module());
    engine.register_global_module(BasicMapPackage::new().as_shared_module());
    limits::set(&mut engine);
    action::register(&mut engine);
    // A missing value equals the empty text, as in conditions. Rhai has to look for our operators first.
    engine.set_fast_operators(false);
    engine.register_fn("==", |(): (), text: &str| text.trim().is_empty());
    engine.register_fn("==", |text: &str, (): ()| text.trim().is_empty());
    engine.register_fn("!=", |(): (), text: &str| !text.trim().is_empty());
    engine.register_fn("!=", |text: &str, (): ()| !text.trim().is_empty());
    engine.register_fn(
        "lookup",
        move |context: NativeCallContext<'_>,
              table: Dynamic,
              key: Dynamic,
              column: Dynamic|
              -> Outcome<Dynamic> { lookup(&tables, &context, [&table, &key, &column]) },
    );
    engine.register_fn("hash", |context: NativeCallContext<'_>, a: Dynamic| hash(&context, &[a]));
    engine.register_fn("hash", |context: NativeCallContext<'_>, a: Dynamic, b: Dynamic| {
        hash(&context, &[a, b])
    });
    engine.register_fn("hash", |context: NativeCallContext<'_>, a: Dynamic, b: Dynamic, c: Dynamic| {
        hash(&context, &[a, b, c])
    });
    engine.register_fn("days_between", |context: NativeCallContext<'_>, from: Dynamic, to: Dynamic| {
        days_between(&context, &from, &to)
    });
    engine.register_fn("missing", |value: Dynamic| value.is_unit());
    engine
}

/// The cell of a table, as text; `()` when there is no such row, or the cell is empty.
fn lookup(
    tables: &BTreeMap<String, TableDefinition>,
    context: &NativeCallContext<'_>,
    [table, key, column]: [&Dynamic; 3],
) -> Outcome<Dynamic> {
    let texts = (table.as_immutable_string_ref(), column.as_immutable_string_ref());
    let (Ok(name), Ok(column)) = (texts.0.map(|text| text.to_string()), texts.1.map(|text| text.to_string()))
    else {
        return refuse(
            context,
            "`lookup` takes a table, a key and a column, as in `lookup(\"territories\", \"DE\", \"owner\")`",
        );
    };
    let with_hint = |message: String, hint: Option<String>| match hint {
        Some(hint) => format!("{message}. {}", hint.trim_end_matches('.')),
        None => message,
    };
    let Some(table) = tables.get(name.as_str()) else {
        let hint = did_you_mean(&name, tables.keys().map(String::as_str));
        return refuse(context, with_hint(format!("there is no table `tables/{name}.csv`"), hint));
    };
    if !table.columns.contains(&column) {
        let hint = did_you_mean(&column, table.columns.iter().map(String::as_str));
        return refuse(context, with_hint(format!("the table `{name}` has no column `{column}`"), hint));
    }
    let key = match ScriptValue::of_dynamic(key) {
        Ok(ScriptValue::Nothing) => return Ok(Dynamic::UNIT),
        Ok(ScriptValue::Text(text)) => text.trim().to_owned(),
        Ok(value @ (ScriptValue::Integer(_) | ScriptValue::Boolean(_))) => value.to_json().to_string(),
        _ => return refuse(context, format!("`lookup` takes text as its key, and got {}", described(key))),
    };
    Ok(answers::cell(table, &key, &column).map_or(Dynamic::UNIT, Into::into))
}

/// A whole number from 0 on that is the same for the same values on every run and machine.
fn hash(context: &NativeCallContext<'_>, values: &[Dynamic]) -> Outcome<i64> {
    let mut digest = Sha256::new();
    for value in values {
        match ScriptValue::of_dynamic(value) {
            Ok(value) => digest.update(format!("{}\n", value.to_json())),
            Err(what) => return refuse(context, format!("`hash` can't take {what}")),
        }
    }
    // 52 bits, which every number of JSON and of spreadsheets holds exactly.
    let bytes = digest.finalize();
    Ok(bytes.iter().take(8).fold(0_i64, |sum, byte| (sum << 8 | i64::from(*byte)) & 0xf_ffff_ffff_ffff))
}

/// How many days of 24 hours lie between two dates or times; `()` when one is missing.
fn days_between(context: &NativeCallContext<'_>, from: &Dynamic, to: &Dynamic) -> Outcome<Dynamic> {
    let mut moments = [0; 2];
    for (moment, value) in moments.iter_mut().zip([from, to]) {
        if value.is_unit() {
            return Ok(Dynamic::UNIT);
        }
        let text = value.as_immutable_string_ref().map(|text| text.to_string()).unwrap_or_default();
        let Ok(at) = parse_moment(&text, &Zone::utc()) else {
            let got = if text.is_empty() { described(value).to_owned() } else { format!("`{text}`") };
            return refuse(context, format!("`days_between` takes two dates or times, and got {got}"));
        };
        *moment = at;
    }
    #[allow(clippy::cast_precision_loss, reason = "moments lie within ±2^53")]
    Ok(((moments[1] - moments[0]) as f64 / DAY as f64).into())
}
