//! From points to what is written of a score: itself, its grade, whether it reaches the threshold, and when it
//! can be another because points fade.

use crate::model::{
    scoring::{Band, MILLIONTHS, ScoringModel},
    time::HOUR,
};
use crate::store::Dialect;

/// The points of a row that a formula gives, under the alias `e`.
pub(in crate::store) const POINTS: &str = "(e.steady + e.moving)";

/// Points in millionths as a score: the nearest whole number, halves away from zero.
pub(in crate::store) fn rounded(points: &str) -> String {
    format!(
        "(CASE WHEN {points} < 0 THEN {points} - {0} ELSE {points} + {0} END / {MILLIONTHS})",
        MILLIONTHS / 2
    )
}

/// The expression for the band in which a score lies; its names stand as text in the statement.
pub(in crate::store) fn band(bands: &[Band], score: &str) -> String {
    let quoted = |name: &str| format!("'{}'", name.replace('\'', "''"));
    let mut parts = String::new();
    for band in bands {
        match band.from {
            Some(from) => parts = format!("{parts} WHEN {score} >= {from} THEN {}", quoted(&band.name)),
            None if parts.is_empty() => return quoted(&band.name),
            None => return format!("(CASE{parts} ELSE {} END)", quoted(&band.name)),
        }
    }
    "CAST(NULL AS TEXT)".to_owned()
}

/// The expression for the moment at which a score can be another because points fade: as many hours from
/// the `next` one as it takes until its distance to the next score, in millionths, is lost.
fn fades_at(dialect: Dialect, next: &str) -> String {
    let hours = |distance: &str, lost: &str| {
        format!("(CASE WHEN {lost} > 0 THEN ({distance}) / {lost} ELSE {MOST_HOURS} END)")
    };
    let half = MILLIONTHS / 2;
    let down = hours(&format!("s.points - s.score * {MILLIONTHS} + {half}"), "s.falls");
    let up = hours(&format!("s.score * {MILLIONTHS} + {half} - s.points"), "s.rises");
    let hours = dialect.whole(&dialect.least(&dialect.least(&down, &up), MOST_HOURS));
    format!("(CASE WHEN s.falls > 0 OR s.rises > 0 THEN (CAST({next} AS BIGINT) + {hours}) * {HOUR} END)")
}

/// Scores that can't change sooner are looked at all the same: a thousand years.
const MOST_HOURS: &str = "8766000.0";

/// The statement that gives the rows of `scored`, from one that gives points and how they fade; `next_hour` is an
/// expression.
pub(in crate::store) fn rows(
    dialect: Dialect,
    model: &ScoringModel,
    points: &str,
    next_hour: &str,
) -> String {
    let ready = match model.sales_ready {
        Some(threshold) => format!("CASE WHEN s.score >= {threshold} THEN 1 ELSE 0 END"),
        None => "0".to_owned(),
    };
    // With an offset neither database writes the sum of all points into each place where it is used.
    format!(
        "SELECT s.key, s.was, s.steady, s.score, {}, {ready}, {} FROM (
            SELECT e.key AS key, e.was AS was, e.steady AS steady, {POINTS} AS points, e.falls AS falls,
                e.rises AS rises, {} AS score
            FROM ({points} LIMIT {} OFFSET 0) e) s",
        band(&model.grades, "s.score"),
        fades_at(dialect, next_hour),
        rounded(POINTS),
        i64::MAX,
    )
}
