//! The yardstick for scores: the rows that the engine writes, by SQL written by hand for this one model.

use super::{COUNTED, DAY, GRADES, HOUR, OTHERS, READY, database::Database, first_type};

/// The points of every lead in millionths, and their sum as a whole number: a statement with the columns
/// `key` and `score`.
fn scored(database: &mut Database, now: i64) -> String {
    let types = database.number(first_type());
    let mut columns = String::new();
    let mut sum = Vec::new();
    for (place, (kind, days, points, half_life)) in COUNTED.iter().enumerate() {
        let matches = format!("i.type_key = {} AND i.at >= {}", types + kind, now - days * DAY);
        let points = points * 1_000_000;
        match half_life {
            None => {
                columns = format!("{columns}, COUNT(CASE WHEN {matches} THEN 1 END) AS s{place}");
                sum.push(format!("COALESCE(b.s{place}, 0) * {points}"));
            }
            Some(days) => {
                let (hours, age) = (days * 24, format!("({} - i.at / {HOUR})", now / HOUR));
                columns = format!(
                    "{columns}, CAST(SUM(CASE WHEN {matches} THEN CAST({points} AS BIGINT)
                        * (SELECT factor FROM half_life WHERE hours = {hours} AND age = {age} % {hours})
                        / (CAST(1000000 AS BIGINT) << CAST({age} / {hours} AS INTEGER)) ELSE 0 END) AS BIGINT) AS s{place}"
                );
                sum.push(format!("COALESCE(b.s{place}, 0)"));
            }
        }
    }
    for (_, clause, points) in OTHERS {
        sum.push(format!("CASE WHEN {clause} THEN {} ELSE 0 END", points * 1_000_000));
    }
    let oldest = COUNTED.iter().map(|(_, days, ..)| days).max().expect("rules");
    // Kept as a whole, so that the sum isn't worked out anew for each grade.
    let points = format!(
        "SELECT l.key AS key, {} AS points FROM lead l JOIN contact c ON c.key = l.contact_key
         LEFT JOIN account a ON a.key = c.account_key
         LEFT JOIN (SELECT i.contact_key AS key{columns} FROM interaction i
                    WHERE i.at BETWEEN {} AND {now} AND i.type_key BETWEEN {types} AND {} GROUP BY i.contact_key) b ON b.key = c.key
         LIMIT 1000000000",
        sum.join(" + "),
        now - oldest * DAY,
        types + super::TYPES - 1
    );
    format!(
        "SELECT p.key, (CASE WHEN p.points < 0 THEN p.points - 500000 ELSE p.points + 500000 END) / 1000000 AS score
         FROM ({points}) p"
    )
}

/// Writes the score of every lead as of a moment, in place of those that are there.
pub fn scores_by_hand(database: &mut Database, now: i64) {
    let statements = statements(database, now);
    database.transaction(&["DELETE FROM score".to_owned(), statements]);
}

fn statements(database: &mut Database, now: i64) -> String {
    let grades: String =
        GRADES.iter().map(|(name, from)| format!("WHEN s.score >= {from} THEN '{name}' ")).collect();
    let scored = scored(database, now);
    format!(
        "INSERT INTO score (model_key, subject_key, score, grade, grade_since, ready)
         SELECT 1, s.key, s.score, CASE {grades} ELSE 'Cold' END, {now}, CASE WHEN s.score >= {READY} THEN 1 ELSE 0 END
         FROM ({scored} LIMIT 1000000000) s ORDER BY s.key"
    )
}

/// Writes all that the first computation of scores writes.
pub fn all_by_hand(database: &mut Database, now: i64) {
    for (_, _, _, half_life) in COUNTED {
        let Some(days) = half_life else { continue };
        let hours = days * 24;
        let factors: Vec<String> = (0..hours)
            .map(|age| {
                let factor = (-(age as f64) / hours as f64).exp2() * 1e6;
                format!("({hours}, {age}, {})", factor.round() as i64)
            })
            .collect();
        database.run(&format!("INSERT INTO half_life (hours, age, factor) VALUES {}", factors.join(", ")));
    }
    let scores = statements(database, now);
    let before = database.number("SELECT COALESCE(MAX(key), 0) FROM interaction");
    database.transaction(&[
        "INSERT INTO scoring_model (name, target, hash, version, scored_at) VALUES ('bench', 'contact_leads', '', 1, 1)".to_owned(),
        scores,
        format!(
            "INSERT INTO interaction (id, type_key, at, contact_key, account_key, model_text, lead_text)
             SELECT 'LeadSalesReady/' || l.id || '/{now}', (SELECT key FROM interaction_type WHERE name = 'LeadSalesReady'), {now},
                    c.key, c.account_key, 'bench', l.id
             FROM score s JOIN lead l ON l.key = s.subject_key JOIN contact c ON c.key = l.contact_key WHERE s.ready = 1"
        ),
        format!("INSERT INTO change (kind, subject_key, type_key, at) SELECT 3, contact_key, type_key, at FROM interaction WHERE key > {before}"),
        format!(
            "UPDATE lead SET sales_ready = 1, sales_ready_on = {now}, modified_on = {now}, marketing_qualified_on = {now}, stage = 'marketing_qualified'
             WHERE key IN (SELECT subject_key FROM score WHERE ready = 1)"
        ),
        "INSERT INTO change (kind, subject_key) SELECT 4, subject_key FROM score WHERE ready = 1".to_owned(),
    ]);
}

/// Every score: lead, score, grade, whether the threshold is reached.
pub fn scores(database: &mut Database) -> Vec<Vec<Option<String>>> {
    database.rows(
        "SELECT subject_key || ' ' || score || ' ' || grade || ' ' || ready FROM score ORDER BY subject_key",
        1,
    )
}

/// How many leads are sales-ready.
pub fn ready(database: &mut Database) -> i64 {
    database.number("SELECT COUNT(*) FROM lead WHERE sales_ready = 1")
}
