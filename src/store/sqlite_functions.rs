//! What SQLite calculates by functions of ours, so that it comes to what Postgres and memory come to.

use rusqlite::{
    Connection, Result,
    functions::{Aggregate, Context, FunctionFlags},
};

use crate::{
    calendar::{Zone, local_date},
    model::ExactSum,
};

/// Registers the functions that a connection needs.
pub(super) fn register(connection: &Connection) -> Result<()> {
    let flags =
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_aggregate_function("tilework_sum", 1, flags, Sum)?;
    connection.create_scalar_function("tilework_local_date", 2, flags, |context| {
        let Some(at) = context.get::<Option<i64>>(0)? else { return Ok(None) };
        let zone = Zone::named(&context.get::<String>(1)?);
        Ok(zone.ok().and_then(|zone| local_date(at, &zone)))
    })
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
            rusqlite::types::ValueRef::Integer(number) => number as f64,
            other => other.as_f64().unwrap_or(0.0),
        };
        sum.add(value);
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, sum: Option<ExactSum>) -> Result<f64> {
        Ok(sum.unwrap_or_default().total())
    }
}
