//! The yardstick for scores: the rows that the engine writes, by SQL written by hand for this one model.

use super::{COUNTED, DAY, GRADES, HOUR, OTHERS, READY, database::Database, first_type};

/// What interactions give: the columns that count them, and the sum of the points over these.
fn counted(database: &mut Database, now: i64) -> (String, String) {
    let types = database.number(first_type());
    let mut columns = String::new();
    let mut sum = Vec::new();
    for (place, (kind, days, points, half_life)) in COUNTED.iter().enumerate() {
        let mut matches = format!("i.type_key = {}", types + kind);
        if *days < oldest() {
            matches = format!("{matches} AND i.at >= {}", now - days * DAY);
        }
        let points = points * 1_000_000;
        match half_life {
            None => {
                columns = format!("{columns}, COUNT(*) FILTER (WHERE {matches}) AS s{place}");
                sum.push(format!("COALESCE(b.s{place}, 0) * {points}"));
            }
            Some(days) => {
                let (hours, age) = (days * 24, format!("({} - i.at / {HOUR})", now / HOUR));
                columns = format!(
                    "{columns}, CAST(SUM(CAST({points} AS BIGINT)
                        * (SELECT factor FROM half_life WHERE hours = {hours} AND age = {age} % {hours})
                        / (CAST(1000000 AS BIGINT) << CAST({age} / {hours} AS INTEGER))) FILTER (WHERE {matches}) AS BIGINT) AS s{place}"
                );
                sum.push(format!("COALESCE(b.s{place}, 0)"));
            }
        }
    }
    (columns, sum.join(" + "))
}

/// The longest window, in days.
fn oldest() -> i64 {
    COUNTED.iter().map(|(_, days, ..)| *days).max().expect("rules")
}

/// Which interactions can count at all, the same on both databases: within the longest window, and of a type
/// that any rule counts.
fn within(database: &mut Database, now: i64) -> String {
    let types = database.number(first_type());
    format!(
        "i.at BETWEEN {} AND {now} AND i.type_key BETWEEN {types} AND {}",
        now - oldest() * DAY,
        types + super::TYPES - 1
    )
}

/// Points in millionths as a score.
fn rounded(points: &str) -> String {
    format!("(CASE WHEN {points} < 0 THEN {points} - 500000 ELSE {points} + 500000 END) / 1000000")
}

/// The grade for a score.
fn grade(score: &str) -> String {
    let grades: String =
        GRADES.iter().map(|(name, from)| format!("WHEN {score} >= {from} THEN '{name}' ")).collect();
    format!("CASE {grades} ELSE 'Cold' END")
}

/// The score of every lead, and what its fields alone give, in millionths: a statement with the columns `key`,
/// `steady` and `score`.
fn scored(database: &mut Database, now: i64) -> String {
    let (columns, moving) = counted(database, now);
    let steady: Vec<String> = OTHERS
        .iter()
        .map(|(_, clause, points)| format!("CASE WHEN {clause} THEN {} ELSE 0 END", points * 1_000_000))
        .collect();
    // Kept as a whole, so that the sum isn't worked out anew for each grade.
    let points = format!(
        "SELECT l.key AS key, {moving} AS moving, {} AS steady FROM lead l JOIN contact c ON c.key = l.contact_key
         LEFT JOIN account a ON a.key = c.account_key
         LEFT JOIN (SELECT i.contact_key AS key{columns} FROM interaction i WHERE {} GROUP BY i.contact_key) b ON b.key = c.key
         LIMIT 1000000000",
        steady.join(" + "),
        within(database, now)
    );
    format!("SELECT p.key, p.steady, {} AS score FROM ({points}) p", rounded("(p.steady + p.moving)"))
}

/// Writes the score of every lead as of a moment, in place of those that are there.
pub fn scores_by_hand(database: &mut Database, now: i64) {
    let statements = statements(database, now);
    database.transaction(&["DELETE FROM score".to_owned(), statements]);
}

fn statements(database: &mut Database, now: i64) -> String {
    let scored = scored(database, now);
    format!(
        "INSERT INTO score (model_key, subject_key, score, since, steady, grade, grade_since, ready)
         SELECT 1, s.key, s.score, {now}, s.steady, {}, {now}, CASE WHEN s.score >= {READY} THEN 1 ELSE 0 END
         FROM ({scored} LIMIT 1000000000) s ORDER BY s.key",
        grade("s.score")
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
    let mut statements = vec![
        "INSERT INTO scoring_model (name, target, hash, version, scored_at) VALUES ('bench', 'contact_leads', '', 1, 1)".to_owned(),
        scores,
    ];
    statements.extend(handed_over(database, now));
    database.transaction(&statements);
}

/// What is written for leads that are ready and weren't.
fn handed_over(database: &mut Database, now: i64) -> Vec<String> {
    let before = database.number("SELECT COALESCE(MAX(key), 0) FROM interaction");
    vec![
        format!(
            "INSERT INTO interaction (id, type_key, at, contact_key, account_key, model_text, lead_text)
             SELECT 'LeadSalesReady/' || l.id || '/{now}', (SELECT key FROM interaction_type WHERE name = 'LeadSalesReady'), {now},
                    c.key, c.account_key, 'bench', l.id
             FROM score s JOIN lead l ON l.key = s.subject_key JOIN contact c ON c.key = l.contact_key
             WHERE s.ready = 1 AND COALESCE(l.sales_ready, 0) = 0"
        ),
        format!("INSERT INTO change (kind, subject_key, about, at) SELECT 3, contact_key, type_key, at FROM interaction WHERE key > {before}"),
        format!("INSERT INTO change (kind, subject_key, about, at) SELECT 6, account_key, type_key, MIN(at) FROM interaction WHERE key > {before} AND account_key IS NOT NULL GROUP BY account_key, type_key"),
        format!(
            "UPDATE lead SET sales_ready = 1, sales_ready_on = {now}, modified_on = {now}, marketing_qualified_on = {now}, stage = 'marketing_qualified'
             WHERE COALESCE(sales_ready, 0) = 0 AND key IN (SELECT subject_key FROM score WHERE ready = 1)"
        ),
        format!("INSERT INTO change (kind, subject_key) SELECT 4, key FROM lead WHERE sales_ready_on = {now}"),
    ]
}

/// Writes the scores that are other than at a moment before, within an hour, of those who did something since,
/// or for whom something fell out of a window. What fields give is taken from the scores that are there.
pub fn changed_by_hand(database: &mut Database, before: i64, now: i64) {
    let key = match database {
        Database::Sqlite(_) => "INTEGER",
        Database::Postgres(_) => "BIGINT",
    };
    let ((columns, moving), within) = (counted(database, now), within(database, now));
    let types = database.number(first_type());
    let fell_out: String = COUNTED
        .iter()
        .map(|(kind, days, ..)| {
            let (from, to) = (before - days * DAY, now - days * DAY);
            format!(" UNION SELECT contact_key FROM interaction WHERE type_key = {} AND at BETWEEN {from} AND {to}", types + kind)
        })
        .collect();
    // SQLite needs no copy of what it may have to undo; Postgres is to go from the few to what they have, as
    // SQLite does anyway.
    let update = match database {
        Database::Sqlite(_) => "UPDATE OR ROLLBACK",
        Database::Postgres(_) => {
            database.run("SET enable_hashjoin = off; SET enable_mergejoin = off");
            "UPDATE"
        }
    };
    database.run(&format!(
        "CREATE TEMPORARY TABLE concerned (key {key} PRIMARY KEY);
         INSERT INTO concerned SELECT subject_key FROM change WHERE kind = 3{fell_out};
         ANALYZE concerned;
         CREATE TEMPORARY TABLE rescored (key {key} PRIMARY KEY, score BIGINT NOT NULL);
         INSERT INTO rescored SELECT z.subject_key, {} FROM
            (SELECT b.key, {moving} AS moving FROM
                (SELECT t.key AS key{columns} FROM concerned t
                 LEFT JOIN interaction i ON i.contact_key = t.key AND {within} GROUP BY t.key) b LIMIT 1000000000) b
            CROSS JOIN lead l CROSS JOIN score z
            WHERE l.contact_key = b.key AND z.model_key = 1 AND z.subject_key = l.key;
         ANALYZE rescored",
        rounded("(z.steady + b.moving)")
    ));
    let mut statements = vec![format!(
        "{update} score SET score = n.score, grade = {grade}, ready = CASE WHEN n.score >= {READY} THEN 1 ELSE 0 END,
            grade_since = CASE WHEN score.grade = {grade} THEN score.grade_since ELSE {now} END, since = {now}
         FROM rescored n WHERE score.model_key = 1 AND score.subject_key = +n.key AND score.score <> n.score",
        grade = grade("n.score")
    )];
    statements.push("DELETE FROM change".to_owned());
    statements.extend(handed_over(database, now));
    database.transaction(&statements);
}

/// Every score: lead, score, grade, whether the threshold is reached.
pub fn scores(database: &mut Database) -> Vec<Vec<Option<String>>> {
    database.rows(
        "SELECT subject_key || ' ' || score || ' ' || steady || ' ' || grade || ' ' || ready FROM score ORDER BY subject_key",
        1,
    )
}

/// How many leads are sales-ready.
pub fn ready(database: &mut Database) -> i64 {
    database.number("SELECT COUNT(*) FROM lead WHERE sales_ready = 1")
}
