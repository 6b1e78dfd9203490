//! Built-in functions about lists, maps and texts that Rhai's own would take too long for.
//!
//! Rhai's copy what they look for at each item, or make a text whole before it is found to be too long. These
//! give the same answers, and count what they compare.

use rhai::{
    Array, Dynamic, Engine, EvalAltResult, FnPtr, FuncRegistration, ImmutableString, Map, NativeCallContext,
    Position,
};

use super::{
    limits::{DEPTH, TEXT},
    memory,
    weight::{Unkept, weight},
    work,
};

type Outcome<T> = Result<T, Box<EvalAltResult>>;
type Context<'a> = NativeCallContext<'a>;

/// Puts these in the place of Rhai's.
pub(super) fn register(engine: &mut Engine) {
    let pure = |name: &'static str| FuncRegistration::new(name).with_purity(true);
    pure("==").register_into_engine(engine, |context: Context<'_>, a: &mut Array, b: Array| {
        lists(&context, a, &b, 0)
    });
    pure("!=").register_into_engine(engine, |context: Context<'_>, a: &mut Array, b: Array| {
        lists(&context, a, &b, 0).map(|same| !same)
    });
    pure("==")
        .register_into_engine(engine, |context: Context<'_>, a: &mut Map, b: Map| maps(&context, a, &b, 0));
    pure("!=").register_into_engine(engine, |context: Context<'_>, a: &mut Map, b: Map| {
        maps(&context, a, &b, 0).map(|same| !same)
    });
    pure("contains").register_into_engine(
        engine,
        |context: Context<'_>, list: &mut Array, value: Dynamic| {
            Ok::<_, Box<EvalAltResult>>(place(&context, list, &value, 0)?.is_some())
        },
    );
    pure("index_of").register_into_engine(
        engine,
        |context: Context<'_>, list: &mut Array, value: Dynamic| {
            Ok::<_, Box<EvalAltResult>>(number(place(&context, list, &value, 0)?))
        },
    );
    pure("index_of").register_into_engine(
        engine,
        |context: Context<'_>, list: &mut Array, value: Dynamic, start: i64| {
            Ok::<_, Box<EvalAltResult>>(number(place(&context, list, &value, start)?))
        },
    );
    engine.register_fn("dedup", |context: Context<'_>, list: &mut Array| dedup(&context, list));
    engine.register_fn("pad", |context: Context<'_>, list: &mut Array, length: i64, item: Dynamic| {
        pad(&context, list, length, &item)
    });
    pure("map").register_into_engine(engine, |context: Context<'_>, list: &mut Array, with: FnPtr| {
        mapped(&context, list, &with)
    });
    pure("map").register_into_engine(engine, |context: Context<'_>, map: &mut Map, with: FnPtr| {
        entries_mapped(&context, map, &with)
    });
    pure("zip").register_into_engine(
        engine,
        |context: Context<'_>, list: &mut Array, other: Array, with: FnPtr| {
            zipped(&context, list, other, &with)
        },
    );
    type Text = ImmutableString;
    engine.register_fn("pad", |context: Context<'_>, text: &mut Text, length: i64, with: char| {
        pad_text(&context, text, length, with.encode_utf8(&mut [0; 4]))
    });
    engine.register_fn("pad", |context: Context<'_>, text: &mut Text, length: i64, with: &str| {
        pad_text(&context, text, length, with)
    });
    engine.register_fn("replace", |context: Context<'_>, text: &mut Text, sought: &str, instead: &str| {
        let times = text.matches(sought).count();
        grow(&context, text.len() - times * sought.len() + times * instead.len())?;
        *text = text.replace(sought, instead).into();
        Ok::<_, Box<EvalAltResult>>(())
    });
    engine.register_fn("replace", |context: Context<'_>, text: &mut Text, sought: char, instead: &str| {
        let times = text.matches(sought).count();
        grow(&context, text.len() - times * sought.len_utf8() + times * instead.len())?;
        *text = text.replace(sought, instead).into();
        Ok::<_, Box<EvalAltResult>>(())
    });
}

/// What a closure gives for each item, and its place, of a list.
fn mapped(context: &Context<'_>, list: &mut Array, with: &FnPtr) -> Outcome<Array> {
    let (mut all, mut made) = (Array::with_capacity(list.len()), 0);
    for (at, item) in list.iter_mut().enumerate() {
        let place = [number(Some(at)).into()];
        let value = with.call_raw_with_extra_args("map", context, Some(item), [], place, Some(0))?;
        memory::add(&mut made, &value).map_err(|why| refused(context, why))?;
        all.push(value);
    }
    Ok(all)
}

/// What a closure gives for each key and value of a map.
fn entries_mapped(context: &Context<'_>, map: &mut Map, with: &FnPtr) -> Outcome<Map> {
    let (mut all, mut made) = (Map::new(), 0);
    for (key, value) in map.iter_mut() {
        let given = [key.clone().into()];
        let value = with.call_raw_with_extra_args("map", context, Some(value), given, [], Some(1))?;
        memory::add(&mut made, &value).map_err(|why| refused(context, why))?;
        all.insert(key.clone(), value);
    }
    Ok(all)
}

/// What a closure gives for the items at the same place of two lists.
fn zipped(context: &Context<'_>, list: &[Dynamic], other: Array, with: &FnPtr) -> Outcome<Array> {
    let (mut all, mut made) = (Array::new(), 0);
    for (at, (item, other)) in list.iter().zip(other).enumerate() {
        let (given, place) = ([item.clone(), other], [number(Some(at)).into()]);
        let value = with.call_raw_with_extra_args("zip", context, None, given, place, None)?;
        memory::add(&mut made, &value).map_err(|why| refused(context, why))?;
        all.push(value);
    }
    Ok(all)
}

/// Counts a text that is about to be made, if it isn't too long.
fn grow(context: &Context<'_>, length: usize) -> Outcome<()> {
    if length > TEXT {
        return Err(EvalAltResult::ErrorDataTooLarge("Length of string".to_owned(), Position::NONE).into());
    }
    work::make(length).map_err(|limit| limit.at(context))
}

/// Makes a text longer, up to a number of letters. Rhai's own never ends when there is nothing to do it with.
fn pad_text(context: &Context<'_>, text: &mut ImmutableString, length: i64, with: &str) -> Outcome<()> {
    let missing = usize::try_from(length).unwrap_or(0).saturating_sub(text.chars().count());
    if missing == 0 || with.is_empty() {
        return Ok(());
    }
    grow(context, text.len().saturating_add(missing))?;
    let padded: String = text.chars().chain(with.chars().cycle().take(missing)).collect();
    grow(context, padded.len())?;
    *text = padded.into();
    Ok(())
}

/// Whether two values are equal, as `==` says.
fn equal(context: &Context<'_>, a: &Dynamic, b: &Dynamic, depth: usize) -> Outcome<bool> {
    work::compare(1).map_err(|limit| limit.at(context))?;
    if let (Ok(a), Ok(b)) = (a.as_array_ref(), b.as_array_ref()) {
        return lists(context, &a, &b, depth + 1);
    }
    if let (Ok(a), Ok(b)) = (a.as_map_ref(), b.as_map_ref()) {
        return maps(context, &a, &b, depth + 1);
    }
    if let (Ok(a), Ok(b)) = (a.as_int(), b.as_int()) {
        return Ok(a == b);
    }
    if let (Ok(a), Ok(b)) = (a.as_immutable_string_ref(), b.as_immutable_string_ref()) {
        work::compare(a.len().min(b.len()) / size_of::<Dynamic>()).map_err(|limit| limit.at(context))?;
        return Ok(*a == *b);
    }
    // A text that is compared with nothing is copied, which costs no more than a reference; a list or a map isn't
    // equal to anything else.
    if is_large(a) || is_large(b) {
        return Ok(false);
    }
    let (mut a, mut b) = (a.clone(), b.clone());
    match context.call_native_fn_raw("==", true, &mut [&mut a, &mut b]) {
        Ok(same) => Ok(same.as_bool().unwrap_or(false)),
        Err(error) => match *error {
            EvalAltResult::ErrorFunctionNotFound(..) if a.type_id() != b.type_id() => Ok(false),
            _ => Err(error),
        },
    }
}

fn is_large(value: &Dynamic) -> bool {
    value.is_array() || value.is_map()
}

fn deep(context: &Context<'_>, depth: usize) -> Outcome<()> {
    if depth > DEPTH { Err(refused(context, Unkept::Deep)) } else { Ok(()) }
}

fn refused(context: &Context<'_>, why: Unkept) -> Box<EvalAltResult> {
    EvalAltResult::ErrorTerminated(why.to_string().into(), context.call_position()).into()
}

fn lists(context: &Context<'_>, a: &[Dynamic], b: &[Dynamic], depth: usize) -> Outcome<bool> {
    deep(context, depth)?;
    if a.len() != b.len() {
        return Ok(false);
    }
    for (a, b) in a.iter().zip(b) {
        if !equal(context, a, b, depth)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn maps(context: &Context<'_>, a: &Map, b: &Map, depth: usize) -> Outcome<bool> {
    deep(context, depth)?;
    if a.len() != b.len() {
        return Ok(false);
    }
    for ((key, a), (other, b)) in a.iter().zip(b) {
        let letters = key.len().min(other.len());
        work::compare(letters / size_of::<Dynamic>()).map_err(|limit| limit.at(context))?;
        if key != other || !equal(context, a, b, depth)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Where a list holds a value, from a place on; from its end, where that is negative.
fn place(context: &Context<'_>, list: &[Dynamic], value: &Dynamic, start: i64) -> Outcome<Option<usize>> {
    let far = usize::try_from(start.unsigned_abs()).unwrap_or(usize::MAX);
    let start = if start < 0 { list.len().saturating_sub(far) } else { far };
    for (at, item) in list.iter().enumerate().skip(start) {
        if equal(context, item, value, 0)? {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

fn number(place: Option<usize>) -> i64 {
    place.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1)
}

/// Leaves out items that equal the one before.
fn dedup(context: &Context<'_>, list: &mut Array) -> Outcome<()> {
    let mut kept = Array::with_capacity(list.len());
    for item in std::mem::take(list) {
        match kept.last() {
            Some(last) if equal(context, last, &item, 0)? => {}
            _ => kept.push(item),
        }
    }
    *list = kept;
    Ok(())
}

/// Makes a list longer.
fn pad(context: &Context<'_>, list: &mut Array, length: i64, item: &Dynamic) -> Outcome<()> {
    let wanted = usize::try_from(length).unwrap_or(0);
    if wanted <= list.len() {
        return Ok(());
    }
    let more = wanted - list.len();
    if wanted > context.engine().max_array_size() {
        return Err(EvalAltResult::ErrorDataTooLarge("Size of array".to_owned(), Position::NONE).into());
    }
    let bytes = weight(item, usize::MAX).map_err(|why| refused(context, why))?.bytes;
    work::make(bytes.saturating_mul(more)).map_err(|limit| limit.at(context))?;
    list.resize(wanted, item.clone());
    Ok(())
}
