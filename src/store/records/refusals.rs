//! What imports may not do: take back a contact's no without later evidence (semantics 32).

use std::collections::BTreeMap;

use crate::model::{Consent, Field, Value};
use crate::store::{Cell, Connection, JsonRows, StoreError, tables::columns::field_column};

/// Fields that say no when they are true.
const NOES: [&str; 3] = ["do_not_email", "do_not_bulk_email", "do_not_track"];

/// Fields of a contact that are compared.
const COMPARED: [&str; 6] =
    ["consent", "consent_since", "consent_until", "do_not_email", "do_not_bulk_email", "do_not_track"];

/// The rows, by their places, that would take back a no of a contact without later evidence, each with the
/// reason. Missing values clear the fields that `clears` names.
pub(in crate::store) fn refused(
    connection: &mut Connection,
    columns: &[&Field],
    rows: &[(String, Vec<Value>)],
    clears: &dyn Fn(&str) -> bool,
) -> Result<BTreeMap<usize, String>, StoreError> {
    let mut refused = BTreeMap::new();
    if !columns.iter().any(|field| COMPARED.contains(&field.name.as_str())) {
        return Ok(refused);
    }
    let mut json = JsonRows::default();
    for (at, (id, _)) in rows.iter().enumerate() {
        json.push(&[id.as_str().into(), Cell::Integer(i64::try_from(at).unwrap_or(i64::MAX))]);
    }
    let compared: Vec<String> = COMPARED.iter().map(|name| format!("r.{}", field_column(name))).collect();
    let said: Vec<String> = NOES.iter().map(|name| format!("r.{} = 1", field_column(name))).collect();
    let sql = format!(
        "SELECT CAST(s.value ->> 1 AS BIGINT), {} FROM {} AS s CROSS JOIN contact r
         WHERE r.id = s.value ->> 0 AND (r.consent IS NOT NULL OR r.consent_since IS NOT NULL OR {})",
        compared.join(", "),
        connection.dialect().rows("$1"),
        said.join(" OR ")
    );
    for row in connection.query(&sql, &[json.finish()])? {
        let place = usize::try_from(row.integer(0)?).unwrap_or(usize::MAX);
        let recorded = Recorded {
            consent: row.optional_text(1)?,
            since: row.optional_integer(2)?,
            until: row.optional_text(3)?,
            noes: [row.optional_integer(4)?, row.optional_integer(5)?, row.optional_integer(6)?]
                .map(|flag| flag == Some(1)),
        };
        let Some((_, values)) = rows.get(place) else { continue };
        let brought = |name: &str| {
            let place = columns.iter().position(|field| field.name == name)?;
            // A missing value that doesn't clear leaves the field as it is.
            values.get(place).filter(|value| !value.is_missing() || clears(name))
        };
        if let Some(reason) = recorded.refuses(&brought) {
            refused.insert(place, reason);
        }
    }
    Ok(refused)
}

/// What is recorded of a contact.
struct Recorded {
    consent: Option<String>,
    since: Option<i64>,
    until: Option<String>,
    noes: [bool; 3],
}

impl Recorded {
    /// Why a row is refused that brings these values, each a field's when the row has it.
    fn refuses<'v>(&self, brought: &dyn Fn(&str) -> Option<&'v Value>) -> Option<String> {
        let since = match brought("consent_since") {
            Some(Value::Time(at)) => Some(*at),
            _ => None,
        };
        if since.is_some_and(|at| self.since.is_none_or(|recorded| at > recorded)) {
            return None;
        }
        let mut stay: Vec<String> = Vec::new();
        for (name, no) in NOES.iter().zip(self.noes) {
            if no && brought(name).is_some_and(|value| *value != Value::Boolean(true)) {
                stay.push(format!("`{name}` stays true"));
            }
        }
        let recorded = self.consent.as_deref().and_then(Consent::named);
        let new = brought("consent").map(|value| match value {
            Value::Text(name) => Consent::named(name),
            _ => None,
        });
        if let (Some(recorded), Some(new)) = (recorded, new) {
            // What is cleared is unrecorded, which may count as much.
            let raised = new.map_or(recorded < Consent::Marketing, |new| new > recorded);
            if raised {
                stay.push(format!("`consent` stays {}", recorded.name()));
            }
        }
        let lowered = new.is_some_and(|new| new < recorded);
        if let (Some(until), Some(new)) = (&self.until, brought("consent_until"))
            && !lowered
            && !matches!(new, Value::Date(new) if new <= until)
        {
            stay.push(format!("`consent_until` stays {until}"));
        }
        if let (Some(recorded), Some(_), false) = (self.since, brought("consent_since"), lowered)
            && since.is_none_or(|at| at < recorded)
        {
            stay.push("`consent_since` stays what it is".to_owned());
        }
        (!stay.is_empty()).then(|| {
            format!(
                "{}: a file takes back a no, or extends a consent, only with a `consent_since` later than the \
                 one recorded; give it, or leave the column out",
                stay.join(", ")
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn date(text: &str) -> Value {
        Value::Date(text.to_owned())
    }

    #[test]
    fn rule_32_a_no_may_be_made_stricter_and_is_loosened_only_with_later_evidence() {
        let noes = Recorded { consent: None, since: None, until: None, noes: [true, false, false] };
        let none =
            Recorded { consent: Some("none".to_owned()), since: Some(100), until: None, noes: [false; 3] };
        let until = Recorded {
            consent: Some("marketing".to_owned()),
            since: Some(100),
            until: Some("2026-03-01".to_owned()),
            noes: [false; 3],
        };
        let unrecorded = Recorded { consent: None, since: None, until: None, noes: [false; 3] };
        type Case<'a> = (&'a str, &'a Recorded, &'a [(&'a str, Value)], bool);
        let cases: [Case<'_>; 19] = [
            ("a no is taken back", &noes, &[("do_not_email", Value::Boolean(false))], true),
            ("a no is cleared", &noes, &[("do_not_email", Value::Missing)], true),
            ("it stays", &noes, &[("do_not_email", Value::Boolean(true))], false),
            ("another is said", &noes, &[("do_not_bulk_email", Value::Boolean(true))], false),
            (
                "with evidence",
                &noes,
                &[("do_not_email", Value::Boolean(false)), ("consent_since", Value::Time(1))],
                false,
            ),
            ("raised", &none, &[("consent", text("marketing"))], true),
            (
                "raised with evidence as old",
                &none,
                &[("consent", text("marketing")), ("consent_since", Value::Time(100))],
                true,
            ),
            (
                "raised with later evidence",
                &none,
                &[("consent", text("marketing")), ("consent_since", Value::Time(101))],
                false,
            ),
            ("cleared", &none, &[("consent", Value::Missing)], true),
            ("the same", &none, &[("consent", text("none"))], false),
            ("evidence is made older", &none, &[("consent_since", Value::Time(50))], true),
            ("evidence is cleared", &none, &[("consent_since", Value::Missing)], true),
            ("lowered", &until, &[("consent", text("transactional"))], false),
            (
                "lowered with an older time",
                &until,
                &[("consent", text("none")), ("consent_since", Value::Time(50))],
                false,
            ),
            ("cleared from marketing", &until, &[("consent", Value::Missing)], false),
            ("longer", &until, &[("consent_until", date("2027-03-01"))], true),
            ("for ever", &until, &[("consent_until", Value::Missing)], true),
            ("shorter", &until, &[("consent_until", date("2026-02-01"))], false),
            ("nothing was recorded", &unrecorded, &[("consent", text("marketing"))], false),
        ];
        for (what, recorded, row, refused) in cases {
            let brought = |name: &str| row.iter().find(|(own, _)| *own == name).map(|(_, value)| value);
            assert_eq!(recorded.refuses(&brought).is_some(), refused, "{what}");
        }
    }
}
