//! Writing scores, grades, levels, and leads that became sales-ready.

use super::points::band;
use crate::model::{
    Entity,
    scoring::{Levels, ScoringModel, ScoringTarget, expression_name},
};
use crate::store::{
    Cell, Connection, Fields, Scored, StoreError, queue::focus::change_kind, records::interactions,
    since::field_since, tables::columns::Names,
};

/// A computation whose results stand in `scored`.
pub(in crate::store) struct Computed {
    /// The model's version when it began.
    pub(in crate::store) version: i64,
    /// Whether only some were computed: those of `rescore`, and others who had a score and keep one.
    pub(in crate::store) some: bool,
    /// The moment as of which.
    pub(in crate::store) now: i64,
}

/// Writes the scores that were computed. Nothing when another computation came in between.
pub(in crate::store) fn write(
    connection: &mut Connection,
    names: &Names,
    model: &ScoringModel,
    levels: &[&Levels],
    computed: &Computed,
    dependents: &[String],
) -> Result<Option<Scored>, StoreError> {
    let &Computed { version, some, now } = computed;
    let key = names.model_key(&model.name);
    let claimed = connection.execute(
        "UPDATE scoring_model SET version = version + 1, scored_at = $3 WHERE key = $1 AND version = $2",
        &[key.into(), version.into(), now.into()],
    )?;
    if claimed == 0 {
        return Ok(None);
    }
    let mut scored = Scored::default();
    if model.sales_ready.is_some() {
        scored.ready = latch(connection, names, model, now)?;
    }
    scored.changed = write_scores(connection, model, key, some, now)?;
    if !some {
        connection.analyze("score", usize::try_from(scored.changed).unwrap_or(usize::MAX))?;
    }
    for levels in levels {
        scored.levels += write_levels(connection, names, levels, some, now)?;
    }
    if scored.changed + scored.levels > 0 {
        tell_dependents(connection, dependents)?;
    }
    Ok(Some(scored))
}

/// Writes the scores themselves; tells how many are other than before, or gone. Where all were computed because
/// the model is another, those count, too, that were only come to in another way.
fn write_scores(
    connection: &mut Connection,
    model: &ScoringModel,
    key: i64,
    some: bool,
    now: i64,
) -> Result<u64, StoreError> {
    wake(connection, model, key)?;
    let any = "SELECT 1 FROM score WHERE model_key = $1 LIMIT 1";
    let first = connection.query_first(any, &[key.into()])?.is_none();
    let parameters = [key.into(), now.into()];
    let mut changed = 0;
    if !first {
        let without = |key: &str| format!("NOT EXISTS (SELECT 1 FROM scored s WHERE s.key = {key})");
        let gone = match some {
            true => format!("subject_key IN (SELECT r.key FROM rescore r WHERE {})", without("r.key")),
            false => without("score.subject_key"),
        };
        changed += connection
            .execute(&format!("DELETE FROM score WHERE model_key = $1 AND {gone}"), &[key.into()])?;
        // All from what was computed to the scores, whatever a planner thinks.
        let written = connection.execute(
            "UPDATE score SET score = s.score, since = CASE WHEN score.score = s.score THEN score.since ELSE $2 END, steady = s.steady, grade = s.grade, ready = s.ready,
                grade_since = CASE WHEN score.grade IS DISTINCT FROM s.grade THEN $2 ELSE score.grade_since END,
                fades_at = s.fades_at
             FROM scored s WHERE score.model_key = $1 AND score.subject_key = +s.key
                AND (score.score <> s.score OR score.steady <> s.steady OR score.ready <> s.ready
                    OR score.grade IS DISTINCT FROM s.grade OR score.fades_at IS DISTINCT FROM s.fades_at)",
            &parameters,
        )?;
        changed += match some {
            // While the model is the same, grades go by scores.
            true => {
                let others = "SELECT COUNT(*) FROM scored s WHERE s.was <> s.score";
                connection.number(others, &[])?.unsigned_abs()
            }
            false => written,
        };
    }
    let known = if first { "" } else { " ON CONFLICT DO NOTHING" };
    changed += connection.execute(
        &format!(
            "INSERT INTO score (model_key, subject_key, score, since, steady, grade, grade_since, ready, fades_at)
             SELECT $1, s.key, s.score, $2, s.steady, s.grade, $2, s.ready, s.fades_at FROM scored s
             WHERE s.was IS NULL ORDER BY s.key{known}"
        ),
        &parameters,
    )?;
    Ok(changed)
}

/// Segments that ask for scores are evaluated again.
pub(in crate::store) fn tell_dependents(
    connection: &mut Connection,
    dependents: &[String],
) -> Result<(), StoreError> {
    for name in dependents {
        connection.execute(
            "UPDATE segment SET stale = stale + 1, whole = 1 WHERE name = $1",
            &[name.as_str().into()],
        )?;
    }
    Ok(())
}

/// Wakes those who wait at a step that asks for fields, which scores count among.
fn wake(connection: &mut Connection, model: &ScoringModel, key: i64) -> Result<(), StoreError> {
    let kind = match model.target {
        ScoringTarget::Contacts => 1,
        ScoringTarget::Accounts => 2,
        ScoringTarget::ContactLeads | ScoringTarget::AccountLeads => 4,
    };
    let name = expression_name(&model.name);
    connection.execute(
        &format!(
            "INSERT INTO change (kind, subject_key, about)
             SELECT {kind}, s.key, {} FROM scored s
             LEFT JOIN score z ON z.model_key = $1 AND z.subject_key = s.key
             WHERE z.score IS DISTINCT FROM s.score AND EXISTS (SELECT 1 FROM step_wake WHERE type_key <= 0)",
            Fields::of(["score", "grade"].map(|what| format!("{what}.{name}"))).bits()
        ),
        &[key.into()],
    )?;
    Ok(())
}

/// Leads whose score reaches the threshold become sales-ready: once, until they are recycled
/// (semantics 22). A lead that goes on being above it after it was recycled has to reach it anew.
fn latch(
    connection: &mut Connection,
    names: &Names,
    model: &ScoringModel,
    now: i64,
) -> Result<u64, StoreError> {
    connection.execute("DELETE FROM score_ready", &[])?;
    let reached = connection.execute(
        "INSERT INTO score_ready (key)
         SELECT s.key FROM scored s CROSS JOIN lead l
         WHERE l.key = s.key AND s.ready = 1 AND COALESCE(l.sales_ready, 0) = 0
           AND COALESCE(l.stage, 'inquiry') <> 'disqualified'
           AND NOT EXISTS (SELECT 1 FROM score z WHERE z.model_key = $1 AND z.subject_key = s.key AND z.ready = 1)",
        &[names.model_key(&model.name).into()],
    )?;
    if reached == 0 {
        return Ok(0);
    }
    connection.analyze("score_ready", usize::try_from(reached).unwrap_or(usize::MAX))?;
    let (contact, account, id) = match model.target.base() {
        Entity::Contact => ("c.key = l.contact_key", "c.account_key".to_owned(), "''"),
        _ => ("c.account_key = l.account_key", once_for_account("l.account_key"), "'/' || c.id"),
    };
    tell(
        connection,
        names,
        "LeadSalesReady",
        &format!(
            "INSERT INTO interaction (id, type_key, at, contact_key, account_key, \"model_text\", \"lead_text\")
             SELECT 'LeadSalesReady/' || l.id || '/' || CAST($3 AS TEXT) || {id}, $1, $4, c.key, {account}, $2, l.id
             FROM score_ready r CROSS JOIN lead l CROSS JOIN contact c
             WHERE l.key = r.key AND {contact} ON CONFLICT (id) DO NOTHING"
        ),
        &[model.name.as_str().into(), now.to_string().into(), now.into()],
    )?;
    connection.execute(
        "UPDATE lead SET sales_ready = 1, sales_ready_on = $1, modified_on = $1,
            marketing_qualified_on = CASE WHEN COALESCE(stage, 'inquiry') = 'inquiry' THEN $1 ELSE marketing_qualified_on END,
            stage = CASE WHEN COALESCE(stage, 'inquiry') = 'inquiry' THEN 'marketing_qualified' ELSE stage END
         WHERE key IN (SELECT key FROM score_ready)",
        &[now.into()],
    )?;
    for field in ["sales_ready", "sales_ready_on"] {
        field_since::note(
            connection,
            Entity::Lead,
            field,
            "SELECT key, CAST($1 AS BIGINT) AS since FROM score_ready",
            &[now.into()],
        )?;
    }
    for field in ["stage", "marketing_qualified_on"] {
        let promoted =
            "SELECT r.key, CAST($1 AS BIGINT) AS since FROM score_ready r JOIN lead l ON l.key = r.key
            WHERE l.stage = 'marketing_qualified' AND l.marketing_qualified_on = $1";
        field_since::note(connection, Entity::Lead, field, promoted, &[now.into()])?;
    }
    connection.execute("INSERT INTO change (kind, subject_key) SELECT 4, key FROM score_ready", &[])?;
    Ok(reached)
}

/// The expression for the account in whose history an interaction of the contact `c` stands that tells each contact of
/// an account the same. It stands there once, with the contact that came first; 0 is no account.
fn once_for_account(account: &str) -> String {
    format!(
        "CASE WHEN c.key = (SELECT MIN(m.key) FROM contact m WHERE m.account_key = {account}) THEN {account} ELSE 0 END"
    )
}

/// Writes interactions and queues them. The statement takes the type's key before its other parameters.
fn tell(
    connection: &mut Connection,
    names: &Names,
    kind: &str,
    insert: &str,
    parameters: &[Cell],
) -> Result<(), StoreError> {
    let key = names.type_key(kind);
    let before = interactions::latest(connection)?;
    let mut all = vec![Cell::Integer(key)];
    all.extend_from_slice(parameters);
    if connection.execute(insert, &all)? > 0 {
        interactions::queue(connection, before)?;
    }
    Ok(())
}

/// Gives levels from the scores as they are: to all, or to those that were just computed. Who had a
/// level and has another now is told of by an interaction, for an account with each of its contacts.
pub(in crate::store) fn write_levels(
    connection: &mut Connection,
    names: &Names,
    levels: &Levels,
    some: bool,
    now: i64,
) -> Result<u64, StoreError> {
    let (key, model) = (names.levels_key(&levels.name), names.model_key(&levels.model));
    let among = |column: &str| match some {
        true => format!("AND {column} IN (SELECT key FROM rescore UNION ALL SELECT key FROM scored)"),
        false => String::new(),
    };
    let now_has = format!(
        "(SELECT z.subject_key AS key, {} AS level FROM score z WHERE z.model_key = {model} {})",
        band(&levels.levels, "z.score"),
        among("z.subject_key")
    );
    let (id, contact, account) = match levels.of {
        Entity::Contact => ("r.id", "c.key = r.key", "c.account_key".to_owned()),
        _ => ("r.id || '/' || c.id", "c.account_key = r.key", once_for_account("r.key")),
    };
    let record = levels.of.name();
    tell(
        connection,
        names,
        "LevelChanged",
        &format!(
            "INSERT INTO interaction (id, type_key, at, contact_key, account_key, \"levels_text\", \"from_text\", \"to_text\")
             SELECT 'LevelChanged/{}/' || CAST($3 AS TEXT) || '/' || {id}, $1, $4, c.key, {account}, $2, o.level, n.level
             FROM {now_has} n JOIN level o ON o.levels_key = {key} AND o.subject_key = n.key
             JOIN {record} r ON r.key = n.key JOIN contact c ON {contact}
             WHERE o.level <> n.level ON CONFLICT (id) DO NOTHING",
            levels.name
        ),
        &[levels.name.as_str().into(), now.to_string().into(), now.into()],
    )?;
    let gone = format!(
        "FROM level WHERE levels_key = {key} {} AND NOT EXISTS
            (SELECT 1 FROM score z WHERE z.model_key = {model} AND z.subject_key = level.subject_key)",
        among("subject_key")
    );
    connection.execute(
        &format!(
            "INSERT INTO level_change (levels_key, subject_key, at, from_level, to_level)
             SELECT {key}, n.key, $1, o.level, n.level FROM {now_has} n
             LEFT JOIN level o ON o.levels_key = {key} AND o.subject_key = n.key
             WHERE o.level IS DISTINCT FROM n.level
             ON CONFLICT (levels_key, subject_key, at) DO UPDATE SET to_level = excluded.to_level"
        ),
        &[now.into()],
    )?;
    connection.execute(
        &format!(
            "INSERT INTO level_change (levels_key, subject_key, at, from_level, to_level)
             SELECT {key}, level.subject_key, $1, level.level, NULL {gone}
             ON CONFLICT (levels_key, subject_key, at) DO UPDATE SET to_level = excluded.to_level"
        ),
        &[now.into()],
    )?;
    let changed = connection.execute(
        &format!(
            "INSERT INTO level (levels_key, subject_key, level, since)
             SELECT {key}, n.key, n.level, $1 FROM {now_has} n WHERE 1 = 1
             ON CONFLICT (levels_key, subject_key) DO UPDATE SET level = excluded.level, since = excluded.since
             WHERE level.level <> excluded.level"
        ),
        &[now.into()],
    )?;
    let removed = connection.execute(&format!("DELETE {gone}"), &[])?;
    if changed + removed > 0 {
        // Those who wait for levels are looked at.
        let kind = change_kind(levels.of);
        let bits = Fields::of([format!("levels.{}", expression_name(&levels.name))]).bits();
        connection.execute(
            &format!(
                "INSERT INTO change (kind, subject_key, about)
                 SELECT {kind}, h.subject_key, {bits} FROM level_change h WHERE h.levels_key = {key} AND h.at = $1
                    AND EXISTS (SELECT 1 FROM step_wake WHERE type_key = 0)"
            ),
            &[now.into()],
        )?;
    }
    Ok(changed + removed)
}
