//! What SQLite calculates by functions of ours, so that it comes to what Postgres and memory come to.

use rusqlite::{
    Connection, Result,
    functions::{Aggregate, Context, FunctionFlags},
    types::ValueRef,
};
use sha2::{Digest, Sha256};

use crate::{
    calendar::{Zone, local_date},
    model::{ExactSum, Pattern},
};

/// Registers the functions that a connection needs.
pub(in crate::store) fn register(connection: &Connection) -> Result<()> {
    let flags =
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_aggregate_function("tilework_sum", 1, flags, Sum)?;
    connection.create_scalar_function("tilework_digest", -1, flags, digest)?;
    connection.create_scalar_function("tilework_matches", 2, flags, |context| {
        let Some(text) = context.get_raw(0).as_str_or_null()? else { return Ok(None) };
        let pattern = context.get_or_create_aux(1, read_pattern)?;
        Ok(Some(pattern.matches(text)))
    })?;
    connection.create_scalar_function("tilework_local_date", 2, flags, |context| {
        let Some(at) = context.get::<Option<i64>>(0)? else { return Ok(None) };
        let zone = Zone::named(&context.get::<String>(1)?);
        Ok(zone.ok().and_then(|zone| local_date(at, &zone)))
    })
}

/// The pattern in a parameter, read once for a statement.
fn read_pattern(
    text: ValueRef<'_>,
) -> std::result::Result<Pattern, Box<dyn std::error::Error + Send + Sync>> {
    Ok(Pattern::parse(text.as_str()?)?)
}

/// A text that tells values from others.
#[expect(clippy::unnecessary_wraps, reason = "what SQLite calls may fail")]
fn digest(context: &Context<'_>) -> Result<String> {
    let mut digest = Sha256::new();
    for at in 0..context.len() {
        match context.get_raw(at) {
            ValueRef::Null => digest.update([0]),
            ValueRef::Integer(number) => {
                digest.update([1]);
                digest.update(number.to_be_bytes());
            }
            ValueRef::Real(number) => {
                digest.update([2]);
                digest.update(number.to_be_bytes());
            }
            ValueRef::Text(text) | ValueRef::Blob(text) => {
                digest.update([3]);
                digest.update((text.len() as u64).to_be_bytes());
                digest.update(text);
            }
        }
    }
    let half = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or_default();
    Ok(digest.finalize().iter().take(16).flat_map(|byte| [half(byte >> 4), half(byte & 15)]).collect())
}

/// The sum of values that are all there.
struct Sum;

impl Aggregate<ExactSum, f64> for Sum {
    fn init(&self, _: &mut Context<'_>) -> Result<ExactSum> {
        Ok(ExactSum::default())
    }

    fn step(&self, context: &mut Context<'_>, sum: &mut ExactSum) -> Result<()> {
        // A whole number is read as one, and given as the double that it is equal to.
        #[expect(clippy::cast_precision_loss, reason = "integers lie within the whole numbers of a double")]
        let value = match context.get_raw(0) {
            ValueRef::Integer(number) => number as f64,
            other => other.as_f64().unwrap_or(0.0),
        };
        sum.add(value);
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, sum: Option<ExactSum>) -> Result<f64> {
        Ok(sum.unwrap_or_default().total())
    }
}
