//! The same state changes by hand: one statement for all contacts, whatever the account.

use std::collections::BTreeMap;

use super::{
    database::Database,
    world::{self, START, TIMEOUT, WAIT},
};

const CONTENT: &str = r#"{"email":"invite","send_late":false}"#;
const HOLD: i64 = 30 * world::DAY;

/// Keys that the statements need.
struct Keys {
    iteration: i64,
    steps: BTreeMap<&'static str, i64>,
    kind: i64,
    segment: i64,
}

/// Plays the journey, tick by tick. `ids` are the ids of each account's activity and lead.
pub fn play(database: &mut Database, ids: &BTreeMap<i64, (String, String)>) {
    let mut steps = BTreeMap::new();
    for step in ["first", "pause", "ordered", "call", "lead", "last"] {
        steps.insert(step, database.number(&format!("SELECT key FROM step WHERE id = '{step}'")));
    }
    let journey = database.number("SELECT key FROM journey WHERE name = 'bench'");
    make_ids(database, ids);
    database.transaction(&[format!(
        "INSERT INTO iteration (journey_key, number, starts_at, enrolled_at) VALUES ({journey}, 1, {START}, {START})"
    )]);
    let keys = Keys {
        iteration: database.number("SELECT MAX(key) FROM iteration"),
        steps,
        kind: database.number("SELECT key FROM interaction_type WHERE name = 'OrderPlaced'"),
        segment: database.number("SELECT key FROM segment WHERE name = 'everybody'"),
    };
    enter(database, &keys);
    database.run("ANALYZE participant");
    database.run("ANALYZE position");
    mail(database, &keys, "first", START);
    go_on(database, &keys, "first", "pause", &format!("arrived_at + {WAIT}"), START);
    let opened = START + WAIT;
    go_on(database, &keys, "pause", "ordered", "due_at", opened);
    database.transaction(&[format!(
        "INSERT INTO decision (iteration_key, step_key, visit, account_key, opened_at, looked_at)
         SELECT iteration_key, step_key, 1, account_key, MIN(arrived_at), {opened} FROM position
         WHERE iteration_key = {} AND step_key = {} GROUP BY iteration_key, step_key, account_key",
        keys.iteration, keys.steps["ordered"]
    ), format!(
        "UPDATE position SET due_at = {}, looked_at = {opened} WHERE iteration_key = {} AND step_key = {}",
        opened + TIMEOUT, keys.iteration, keys.steps["ordered"]
    )]);
    database.run("ANALYZE decision");
    database.run("ANALYZE position");
    for now in world::ticks().into_iter().skip(1) {
        decide(database, &keys, opened, now);
        make_activities(database, &keys);
        go_on(database, &keys, "call", "lead", "arrived_at", now);
        make_leads(database, &keys);
        go_on(database, &keys, "lead", "last", "arrived_at", now);
        mail(database, &keys, "last", now);
        finish(database, &keys);
    }
}

/// A table of ids, so that making them isn't measured as if SQL could.
fn make_ids(database: &mut Database, ids: &BTreeMap<i64, (String, String)>) {
    database.run("CREATE TEMPORARY TABLE ids (account_key BIGINT PRIMARY KEY, activity TEXT, lead TEXT)");
    let rows: Vec<String> =
        ids.iter().map(|(key, (activity, lead))| format!("({key}, '{activity}', '{lead}')")).collect();
    database.run("BEGIN");
    for rows in rows.chunks(500) {
        database.run(&format!("INSERT INTO ids VALUES {}", rows.join(", ")));
    }
    database.run("COMMIT");
}

fn enter(database: &mut Database, keys: &Keys) {
    let (iteration, first) = (keys.iteration, keys.steps["first"]);
    database.transaction(&[
        format!(
            "INSERT INTO participant (iteration_key, contact_key, account_key, entered_at, state)
             SELECT {iteration}, c.key, COALESCE(c.account_key, -c.key), {START}, 1 FROM contact c
             WHERE EXISTS (SELECT 1 FROM membership m WHERE m.segment_key = {} AND m.subject_key = c.key)
               AND (c.status = 'inactive') IS NOT TRUE",
            keys.segment
        ),
        format!(
            "INSERT INTO position (iteration_key, account_key, contact_key, lane, step_key, visit, arrived_at, due_at)
             SELECT iteration_key, account_key, contact_key, 0, {first}, 1, entered_at, entered_at
             FROM participant WHERE iteration_key = {iteration}"
        ),
    ]);
}

/// A message for everybody at a step.
fn mail(database: &mut Database, keys: &Keys, step: &str, _now: i64) {
    database.transaction(&[format!(
        "INSERT INTO outbox (iteration_key, account_key, contact_key, step_key, visit, ordinal, channel, content,
            state, created_at, due_at, ready_at, attempts)
         SELECT iteration_key, account_key, contact_key, step_key, visit, 0, 'email', '{CONTENT}', 1, arrived_at,
            arrived_at + {HOLD}, arrived_at + {HOLD}, 0
         FROM position WHERE iteration_key = {} AND step_key = {}",
        keys.iteration, keys.steps[step]
    )]);
}

/// Everybody at a step who is due goes to the next, from the moment that the step released them.
fn go_on(database: &mut Database, keys: &Keys, step: &str, next: &str, due_at: &str, now: i64) {
    let moment = if step == "pause" { "due_at" } else { "arrived_at" };
    let at =
        format!("iteration_key = {} AND step_key = {} AND due_at <= {now}", keys.iteration, keys.steps[step]);
    database.transaction(&[
        format!(
            "INSERT INTO history (iteration_key, account_key, contact_key, step_key, visit, arrived_at, left_at, stopped)
             SELECT iteration_key, account_key, contact_key, step_key, visit, arrived_at, {moment}, 0
             FROM position WHERE {at}"
        ),
        format!(
            "UPDATE position SET step_key = {}, visit = 1, arrived_at = {moment}, due_at = {due_at}, looked_at = NULL
             WHERE {at}",
            keys.steps[next]
        ),
    ]);
}

/// The decisions that are due, and everybody of those accounts on their way.
fn decide(database: &mut Database, keys: &Keys, opened: i64, now: i64) {
    let (iteration, ordered, call) = (keys.iteration, keys.steps["ordered"], keys.steps["call"]);
    let deadline = opened + TIMEOUT;
    let window = now.min(deadline);
    let mut statements = vec![format!(
        "UPDATE decision SET path = 'then', decided_at = f.at, looked_at = {now}, because = 'satisfied at ' || f.at
         FROM (SELECT d.account_key, MIN(i.at) AS at FROM decision d
               JOIN participant p ON p.iteration_key = d.iteration_key AND p.account_key = d.account_key AND p.state = 1
               JOIN interaction i ON i.contact_key = p.contact_key AND i.type_key = {} AND i.at BETWEEN {opened} AND {window}
               WHERE d.iteration_key = {iteration} AND d.step_key = {ordered} AND d.path IS NULL
               GROUP BY d.account_key) f
         WHERE decision.iteration_key = {iteration} AND decision.step_key = {ordered}
           AND decision.account_key = f.account_key",
        keys.kind
    )];
    if now >= deadline {
        statements.push(format!(
            "UPDATE decision SET path = 'else', decided_at = {deadline}, looked_at = {now}, because = 'nobody'
             WHERE iteration_key = {iteration} AND step_key = {ordered} AND path IS NULL"
        ));
    }
    statements.push(format!(
        "INSERT INTO history (iteration_key, account_key, contact_key, step_key, visit, arrived_at, left_at, stopped, path)
         SELECT p.iteration_key, p.account_key, p.contact_key, p.step_key, p.visit, p.arrived_at, d.decided_at, 0, d.path
         FROM position p JOIN decision d ON d.iteration_key = p.iteration_key AND d.account_key = p.account_key
            AND d.step_key = p.step_key AND d.visit = p.visit
         WHERE p.iteration_key = {iteration} AND p.step_key = {ordered} AND d.path IS NOT NULL"
    ));
    statements.push(format!(
        "UPDATE position SET step_key = {call}, visit = 1, arrived_at = d.decided_at, due_at = d.decided_at, looked_at = NULL
         FROM decision d
         WHERE d.iteration_key = position.iteration_key AND d.account_key = position.account_key
           AND d.step_key = position.step_key AND d.visit = position.visit AND d.path IS NOT NULL
           AND position.iteration_key = {iteration} AND position.step_key = {ordered}"
    ));
    database.transaction(&statements);
}

fn make_activities(database: &mut Database, keys: &Keys) {
    database.transaction(&[format!(
        "INSERT INTO activity (id, kind, subject, owner, created_at, account_key, iteration_key, step_key, visit,
            subject_account_key, subject_contact_key, ordinal)
         SELECT ids.activity, 'phone_call', 'Call ' || a.name, a.owner, p.at, a.key, {iteration}, {step}, 1, a.key, 0, 0
         FROM (SELECT account_key, MIN(arrived_at) AS at FROM position
               WHERE iteration_key = {iteration} AND step_key = {step} GROUP BY account_key) p
         JOIN account a ON a.key = p.account_key JOIN ids ON ids.account_key = a.key
         WHERE 1 = 1 ON CONFLICT DO NOTHING",
        iteration = keys.iteration,
        step = keys.steps["call"]
    )]);
}

fn make_leads(database: &mut Database, keys: &Keys) {
    let before = database.number("SELECT COALESCE(MAX(key), 0) FROM lead");
    database.transaction(&[
        format!(
            "INSERT INTO lead (id, account_key, iteration_key, step_key, visit, subject_account_key,
                subject_contact_key, ordinal, created_at, created_on, topic, account_id, last_name, company, source,
                stage, owner)
             SELECT ids.lead, a.key, {iteration}, {step}, 1, a.key, 0, 0, p.at, p.at, a.name || ' went through', a.id,
                a.name, a.name, 'bench/lead', 'inquiry', 'marketing@vendor.example'
             FROM (SELECT account_key, MIN(arrived_at) AS at FROM position
                   WHERE iteration_key = {iteration} AND step_key = {step} GROUP BY account_key) p
             JOIN account a ON a.key = p.account_key JOIN ids ON ids.account_key = a.key
             WHERE 1 = 1 ON CONFLICT DO NOTHING",
            iteration = keys.iteration,
            step = keys.steps["lead"]
        ),
        format!("INSERT INTO change (kind, subject_key) SELECT 4, l.key FROM lead l WHERE l.key > {before}"),
        "DELETE FROM change".to_owned(),
    ]);
}

/// Everybody at the last step is through.
fn finish(database: &mut Database, keys: &Keys) {
    let at = format!("iteration_key = {} AND step_key = {}", keys.iteration, keys.steps["last"]);
    database.transaction(&[
        format!(
            "INSERT INTO history (iteration_key, account_key, contact_key, step_key, visit, arrived_at, left_at, stopped)
             SELECT iteration_key, account_key, contact_key, step_key, visit, arrived_at, arrived_at, 0
             FROM position WHERE {at}"
        ),
        format!(
            "UPDATE participant SET state = 2, ended_at = p.arrived_at FROM position p
             WHERE p.iteration_key = {} AND p.step_key = {}
               AND participant.iteration_key = p.iteration_key AND participant.contact_key = p.contact_key",
            keys.iteration, keys.steps["last"]
        ),
        format!("DELETE FROM position WHERE {at}"),
    ]);
}
