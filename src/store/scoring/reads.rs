//! Scores and levels as they are listed, explained and tried out.

use std::collections::BTreeMap;

use super::{
    facts::{Whose, matching, number},
    formula::{Formula, faded, formula},
    points::{POINTS, band, rounded},
};
use crate::model::{
    Answers, Did, Entity, Predicate,
    scoring::{Per, Points, ScoringModel, ScoringRule, ScoringTarget},
};
use crate::store::{
    Cell, Row, Store, StoreError,
    sql::{interactions_sql::profiled, predicate::Printer},
};

/// So many rules are told by one statement, whose columns databases limit.
const RULES_AT_ONCE: usize = 500;

/// A record's score by a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoreRow {
    /// The model.
    pub model: String,
    /// The score.
    pub score: i64,
    /// Its grade, where the model has grades.
    pub grade: Option<String>,
}

/// What a model comes to, for one subject or for a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulePoints {
    /// In millionths.
    pub points: i64,
    /// Whether the rule's condition holds.
    pub holds: bool,
}

/// An interaction that a rule counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedInteraction {
    /// Its id.
    pub id: String,
    /// Its type.
    pub kind: String,
    /// When it happened.
    pub at: i64,
    /// With whom.
    pub contact_id: String,
    /// What it adds by itself, in millionths, before the rule's bounds; nothing where the rule gives its
    /// points for all together.
    pub points: Option<i64>,
}

/// A score before and after a change of its model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScorePreview {
    /// The subject's id.
    pub id: String,
    /// Score and grade as they are, where there are any.
    pub before: Option<(i64, Option<String>)>,
    /// Score and grade as they would be; nothing when it would not be scored any more.
    pub after: Option<(i64, Option<String>)>,
}

/// How many subjects have a score, by whether an outcome holds for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeCount {
    /// Whether it holds.
    pub outcome: bool,
    /// The score.
    pub score: i64,
    /// How many.
    pub subjects: i64,
    /// For how many of them each rule's condition holds.
    pub rules: Vec<i64>,
}

fn score_row(row: &Row) -> Result<(i64, ScoreRow), StoreError> {
    Ok((
        row.integer(0)?,
        ScoreRow { model: row.text(1)?, score: row.integer(2)?, grade: row.optional_text(3)? },
    ))
}

/// The statement that gives the contact or account of one subject.
fn base_of(target: ScoringTarget, key: i64) -> String {
    match target {
        ScoringTarget::ContactLeads => {
            format!("SELECT o.contact_key AS base FROM lead o WHERE o.key = {key}")
        }
        ScoringTarget::AccountLeads => {
            format!("SELECT o.account_key AS base FROM lead o WHERE o.key = {key}")
        }
        ScoringTarget::Contacts | ScoringTarget::Accounts => {
            format!("SELECT CAST({key} AS BIGINT) AS base")
        }
    }
}

/// When a level changed, the level before, the level after.
pub type LevelChange = (i64, Option<String>, Option<String>);

impl Store {
    /// The scores of all records of an entity, by key; each record's by the model's name.
    ///
    /// # Errors
    /// When the store fails.
    pub fn scores(&mut self, entity: Entity) -> Result<BTreeMap<i64, Vec<ScoreRow>>, StoreError> {
        self.scores_where(entity, "")
    }

    /// The scores of one record.
    ///
    /// # Errors
    /// When the store fails.
    pub fn scores_of(&mut self, entity: Entity, key: i64) -> Result<Vec<ScoreRow>, StoreError> {
        let mut found = self.scores_where(entity, &format!("AND s.subject_key = {key}"))?;
        Ok(found.remove(&key).unwrap_or_default())
    }

    fn scores_where(
        &mut self,
        entity: Entity,
        clause: &str,
    ) -> Result<BTreeMap<i64, Vec<ScoreRow>>, StoreError> {
        let targets: Vec<String> = ScoringTarget::ALL
            .iter()
            .filter(|target| target.subject() == entity)
            .map(|target| format!("'{}'", target.name()))
            .collect();
        let order = self.dialect().order_text("m.name");
        let sql = format!(
            "SELECT s.subject_key, m.name, s.score, s.grade FROM scoring_model m
             JOIN score s ON s.model_key = m.key WHERE m.target IN ({}) {clause} ORDER BY {order}",
            targets.join(", ")
        );
        let mut found: BTreeMap<i64, Vec<ScoreRow>> = BTreeMap::new();
        self.connection.query_each(&sql, &[], &mut |row| {
            let (key, score) = score_row(&row)?;
            found.entry(key).or_default().push(score);
            Ok(())
        })?;
        Ok(found)
    }

    /// The levels of records by key, for those sets of levels that are named: set and level.
    ///
    /// # Errors
    /// When the store fails.
    pub fn levels(&mut self, sets: &[&str]) -> Result<BTreeMap<i64, Vec<(String, String)>>, StoreError> {
        let mut found: BTreeMap<i64, Vec<(String, String)>> = BTreeMap::new();
        for set in sets {
            let key = self.names.levels_key(set);
            let sql = "SELECT subject_key, level FROM level WHERE levels_key = $1";
            self.connection.query_each(sql, &[key.into()], &mut |row| {
                found.entry(row.integer(0)?).or_default().push(((*set).to_owned(), row.text(1)?));
                Ok(())
            })?;
        }
        Ok(found)
    }

    /// The changes of a record's levels, oldest first: when, the level before, the level after.
    ///
    /// # Errors
    /// When the store fails.
    pub fn level_changes(&mut self, set: &str, key: i64) -> Result<Vec<LevelChange>, StoreError> {
        let sql = "SELECT at, from_level, to_level FROM level_change
                   WHERE levels_key = $1 AND subject_key = $2 ORDER BY at";
        let rows = self.connection.query(sql, &[self.names.levels_key(set).into(), key.into()])?;
        rows.iter().map(|row| Ok((row.integer(0)?, row.optional_text(1)?, row.optional_text(2)?))).collect()
    }

    /// The key of the record with this id.
    ///
    /// # Errors
    /// When the store fails.
    pub fn key_of(&mut self, entity: Entity, id: &str) -> Result<Option<i64>, StoreError> {
        let sql = format!("SELECT key FROM {} WHERE id = $1", entity.name());
        self.connection.query_first(&sql, &[id.into()])?.map(|row| row.integer(0)).transpose()
    }

    /// What each rule of a model gives a subject at `now`; nothing when the model doesn't score it.
    ///
    /// # Errors
    /// When the store fails.
    pub fn points_of_rules(
        &mut self,
        model: &ScoringModel,
        key: i64,
        now: i64,
        answers: &dyn Answers,
    ) -> Result<Option<Vec<RulePoints>>, StoreError> {
        self.answer_model(model, None, Some(&format!("SELECT CAST({key} AS BIGINT) AS key")), now, answers)?;
        let base = base_of(model.target, key);
        let mut points = Vec::new();
        for rules in model.rules.chunks(RULES_AT_ONCE) {
            let part = ScoringModel { rules: rules.to_vec(), ..model.clone() };
            let mut printer = Printer::new(self.dialect(), &self.names, now, &model.timezone)?;
            let formula = formula(&mut printer, &part, Whose::Of { bases: &base, only: Some(key) })?;
            let columns = formula.rules.iter().zip(&formula.holds);
            let columns: Vec<String> = columns
                .map(|(points, holds)| format!("{points}, CASE WHEN {holds} THEN 1 ELSE 0 END"))
                .collect();
            let Formula { from, clause, .. } = &formula;
            let sql = format!("SELECT {} FROM {from} WHERE {clause}", columns.join(", "));
            let parameters = std::mem::take(&mut printer.parameters);
            let Some(row) = self.connection.query_first(&sql, &parameters)? else { return Ok(None) };
            for at in 0..rules.len() {
                points
                    .push(RulePoints { points: row.integer(2 * at)?, holds: row.integer(2 * at + 1)? == 1 });
            }
        }
        Ok(Some(points))
    }

    /// The interactions that a rule of a model looks at through a `did`, for the contact or account that
    /// the subject stands for, oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn counted_interactions(
        &mut self,
        model: &ScoringModel,
        rule: &ScoringRule,
        did: &Did,
        key: i64,
        now: i64,
    ) -> Result<Vec<CountedInteraction>, StoreError> {
        let mut printer = Printer::new(self.dialect(), &self.names, now, &model.timezone)?;
        let (mut scope, of) = match model.target.base() {
            Entity::Contact => (crate::store::sql::predicate::Scope::contact("k"), "i.contact_key"),
            _ => (crate::store::sql::predicate::Scope::account("k_account"), "i.account_key"),
        };
        let lead = match model.target.subject() {
            Entity::Lead => {
                scope.lead = Some("l".to_owned());
                format!(" JOIN lead l ON l.key = {key}")
            }
            _ => String::new(),
        };
        let clause = matching(&mut printer, did, "i", &scope, None)?;
        let now = number(&mut printer, now);
        let points = match (&rule.points, &rule.per) {
            (Points::Fixed(points), Per::Each { half_life: Some(half_life), .. }) => {
                faded(&mut printer, *points, *half_life, "i.at")
            }
            (Points::Fixed(points), Per::Each { .. }) => format!("CAST({points} AS BIGINT)"),
            _ => "CAST(NULL AS BIGINT)".to_owned(),
        };
        let account = if model.target.base() == Entity::Contact { "k.account_key" } else { of };
        let profiled = profiled(model.consent, "k");
        let order = self.dialect().order_text("i.id");
        let sql = format!(
            "SELECT i.id, t.name, i.at, k.id, {points} FROM ({}) d JOIN interaction i ON {of} = d.base
             JOIN contact k ON k.key = i.contact_key LEFT JOIN account k_account ON k_account.key = {account}{lead}
             JOIN interaction_type t ON t.key = i.type_key
             WHERE {clause} AND i.at <= {now} AND {profiled} ORDER BY i.at, {order}",
            base_of(model.target, key)
        );
        let parameters = std::mem::take(&mut printer.parameters);
        let rows = self.connection.query(&sql, &parameters)?;
        rows.iter()
            .map(|row| {
                Ok(CountedInteraction {
                    id: row.text(0)?,
                    kind: row.text(1)?,
                    at: row.integer(2)?,
                    contact_id: row.text(3)?,
                    points: row.optional_integer(4)?,
                })
            })
            .collect()
    }

    /// The contacts whose interactions could count for a subject, and how many of them are left out
    /// because they are children or below the model's consent (semantics 21).
    ///
    /// # Errors
    /// When the store fails.
    pub fn left_out(&mut self, model: &ScoringModel, key: i64) -> Result<(i64, i64), StoreError> {
        let base = base_of(model.target, key);
        let whose = match model.target.base() {
            Entity::Contact => base,
            // Its contacts, and those who did something for it and left since.
            _ => format!(
                "SELECT c.key FROM contact c WHERE c.account_key IN ({base})
                 UNION SELECT i.contact_key FROM interaction i WHERE i.account_key IN ({base})"
            ),
        };
        let meets = profiled(model.consent, "k");
        let sql = format!(
            "SELECT COUNT(*), COUNT(CASE WHEN ({meets}) IS NOT TRUE THEN 1 END)
             FROM contact k WHERE k.key IN ({whose})"
        );
        let row = self.connection.query_first(&sql, &[])?;
        row.map_or(Ok((0, 0)), |row| Ok((row.integer(0)?, row.integer(1)?)))
    }

    /// How many contacts a model leaves out over all its subjects: children, and those below its consent.
    ///
    /// # Errors
    /// When the store fails.
    pub fn left_out_in_all(&mut self, model: &ScoringModel) -> Result<i64, StoreError> {
        let meets = profiled(model.consent, "k");
        let parties = match model.target {
            ScoringTarget::Contacts => "1 = 1",
            ScoringTarget::Accounts => {
                "(k.account_key IS NOT NULL
                  OR EXISTS (SELECT 1 FROM interaction i WHERE i.contact_key = k.key AND i.account_key IS NOT NULL))"
            }
            ScoringTarget::ContactLeads => "EXISTS (SELECT 1 FROM lead l WHERE l.contact_key = k.key)",
            ScoringTarget::AccountLeads => {
                "EXISTS (SELECT 1 FROM lead l WHERE l.contact_key IS NULL AND (l.account_key = k.account_key
                    OR l.account_key IN (SELECT i.account_key FROM interaction i WHERE i.contact_key = k.key)))"
            }
        };
        let sql = format!("SELECT COUNT(*) FROM contact k WHERE {parties} AND ({meets}) IS NOT TRUE");
        self.connection.number(&sql, &[])
    }

    /// How many subjects have each score of a model, and with which grade, lowest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn score_distribution(&mut self, model: &str) -> Result<Vec<(i64, Option<String>, i64)>, StoreError> {
        let sql = "SELECT score, grade, COUNT(*) FROM score WHERE model_key = $1 GROUP BY score, grade ORDER BY score";
        let rows = self.connection.query(sql, &[self.names.model_key(model).into()])?;
        rows.iter().map(|row| Ok((row.integer(0)?, row.optional_text(1)?, row.integer(2)?))).collect()
    }

    /// How many leads a model made sales-ready after a moment.
    ///
    /// # Errors
    /// When the store fails.
    pub fn ready_since(&mut self, model: &str, since: i64) -> Result<i64, StoreError> {
        self.connection.number(
            "SELECT COUNT(DISTINCT i.\"lead_text\") FROM interaction i
             WHERE i.type_key = $1 AND i.at > $2 AND i.\"model_text\" = $3",
            &[self.names.type_key("LeadSalesReady").into(), since.into(), model.into()],
        )
    }

    /// What scores would be by a model as it is written now, where they differ from those that are kept.
    /// Nothing is written.
    ///
    /// # Errors
    /// When the store fails.
    pub fn preview_scores(
        &mut self,
        model: &ScoringModel,
        now: i64,
        answers: &dyn Answers,
        each: &mut dyn FnMut(ScorePreview) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.answer_model(model, None, None, now, answers)?;
        let everybody = self.everybody(model, now)?;
        let mut printer = Printer::new(self.dialect(), &self.names, now, &model.timezone)?;
        let formula = formula(&mut printer, model, everybody)?;
        let key = self.names.model_key(&model.name);
        let select = formula.select();
        let computed = format!("(SELECT e.key AS key, {} AS score FROM ({select}) e)", rounded(POINTS));
        let grade = band(&model.grades, "n.score");
        let order = self.dialect().order_text("r.id");
        let sql = format!(
            "SELECT r.id, z.score, z.grade, n.score, {grade} FROM {} r
             LEFT JOIN {computed} n ON n.key = r.key
             LEFT JOIN score z ON z.model_key = {key} AND z.subject_key = r.key
             WHERE n.score IS DISTINCT FROM z.score OR (n.score IS NOT NULL AND {grade} IS DISTINCT FROM z.grade)
             ORDER BY {order}",
            model.target.subject().name()
        );
        let parameters = std::mem::take(&mut printer.parameters);
        self.connection.query_each(&sql, &parameters, &mut |row| {
            let side = |at: usize| -> Result<Option<(i64, Option<String>)>, StoreError> {
                Ok(match row.optional_integer(at)? {
                    Some(score) => Some((score, row.optional_text(at + 1)?)),
                    None => None,
                })
            };
            each(ScorePreview { id: row.text(0)?, before: side(1)?, after: side(3)? })
        })
    }

    /// How often scores, and the conditions of rules, come together with an outcome.
    ///
    /// # Errors
    /// When the store fails.
    pub fn outcome_counts(
        &mut self,
        model: &ScoringModel,
        outcome: &Predicate,
        now: i64,
        answers: &dyn Answers,
    ) -> Result<Vec<OutcomeCount>, StoreError> {
        self.answer_model(model, Some(outcome), None, now, answers)?;
        let everybody = self.everybody(model, now)?;
        let mut printer = Printer::new(self.dialect(), &self.names, now, &model.timezone)?;
        let formula = formula(&mut printer, model, everybody)?;
        let outcome = printer.predicate(outcome, &formula.scope)?;
        let account = match model.target.base() {
            // The outcome may look at the account though no rule does.
            Entity::Contact if !formula.from.contains("account c_account") => {
                " LEFT JOIN account c_account ON c_account.key = c.account_key"
            }
            _ => "",
        };
        let parameters: Vec<Cell> = std::mem::take(&mut printer.parameters);
        let mut counts: Vec<OutcomeCount> = Vec::new();
        for holds in formula.holds.chunks(RULES_AT_ONCE) {
            let rows =
                self.connection.query(&counted_outcomes(&formula, account, &outcome, holds), &parameters)?;
            for (at, row) in rows.iter().enumerate() {
                let rules = (0..holds.len()).map(|at| row.integer(at + 3));
                let rules = rules.collect::<Result<Vec<i64>, _>>()?;
                // All parts have the same rows in the same order: they differ in the rules that they count.
                match counts.get_mut(at) {
                    Some(count) => count.rules.extend(rules),
                    None => counts.push(OutcomeCount {
                        outcome: row.integer(0)? == 1,
                        score: row.integer(1)?,
                        subjects: row.integer(2)?,
                        rules,
                    }),
                }
            }
        }
        Ok(counts)
    }
}

/// The statement that counts subjects by outcome and score, with how often each of some conditions holds.
fn counted_outcomes(formula: &Formula, account: &str, outcome: &str, holds: &[String]) -> String {
    let flag = |clause: &str| format!("CASE WHEN {clause} THEN 1 ELSE 0 END");
    let flags: String =
        holds.iter().enumerate().map(|(at, holds)| format!(", {} AS h{at}", flag(holds))).collect();
    let each = |column: fn(usize) -> String| -> String { (0..holds.len()).map(column).collect() };
    format!(
        "SELECT q.outcome, q.score, COUNT(*){} FROM (
            SELECT w.outcome, {} AS score{} FROM (
                SELECT {} AS outcome, {} AS points{flags} FROM {}{account} WHERE {}) w) q
         GROUP BY q.outcome, q.score ORDER BY q.outcome, q.score",
        each(|at| format!(", CAST(SUM(q.h{at}) AS BIGINT)")),
        rounded("w.points"),
        each(|at| format!(", w.h{at}")),
        flag(outcome),
        formula.points(),
        formula.from,
        formula.clause,
    )
}
