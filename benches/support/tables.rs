//! Whether both sides wrote the same rows.

use super::database::Database;

/// Every table that a journey writes, with all its columns but counted keys and one: `because` tells
/// people in words what decided for an account, times written out, which is no business of SQL.
const TABLES: [(&str, &str); 7] = [
    ("iteration", "journey_key, number, starts_at, enrolled_at, ended_at"),
    ("participant", "iteration_key, contact_key, account_key, entered_at, state, ended_at, reason"),
    (
        "position",
        "iteration_key, account_key, contact_key, lane, step_key, visit, arrived_at, due_at, looked_at",
    ),
    (
        "history",
        "iteration_key, account_key, contact_key, step_key, visit, arrived_at, left_at, stopped, path, reason",
    ),
    ("decision", "iteration_key, step_key, visit, account_key, opened_at, looked_at, path, decided_at"),
    (
        "outbox",
        "iteration_key, account_key, contact_key, step_key, visit, ordinal, channel, content, state, created_at, \
         due_at, expires_at, attempts, owner, ended_at, reason",
    ),
    (
        "activity",
        "id, kind, subject, description, owner, due_at, created_at, contact_key, account_key, iteration_key, \
         step_key, visit, subject_account_key, subject_contact_key, ordinal",
    ),
];

const LEAD: &str = "id, contact_key, account_key, iteration_key, step_key, visit, subject_account_key, \
     subject_contact_key, ordinal, created_at, created_on, topic, contact_id, account_id, first_name, last_name, \
     company, email, source, stage, owner";

/// Panics when a table differs. Tells how many steps were taken.
pub fn compare(engine: &mut Database, by_hand: &mut Database) -> u64 {
    for (table, columns) in TABLES.into_iter().chain([("lead", LEAD)]) {
        let names: Vec<&str> = columns.split(',').map(str::trim).collect();
        let texts: Vec<String> = names.iter().map(|name| format!("CAST({name} AS TEXT)")).collect();
        let sql = format!("SELECT {} FROM {table} ORDER BY {}", texts.join(", "), names.join(", "));
        let (ours, theirs) = (engine.rows(&sql, names.len()), by_hand.rows(&sql, names.len()));
        for (at, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
            assert_eq!(ours, theirs, "row {at} of {table}: {columns}");
        }
        assert_eq!(ours.len(), theirs.len(), "rows of {table}");
    }
    let steps = engine.number("SELECT COUNT(*) FROM history");
    assert_eq!(engine.number("SELECT COUNT(*) FROM position"), 0, "everybody went through");
    u64::try_from(steps).expect("a count")
}
