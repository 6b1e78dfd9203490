//! Computing scores: which subjects can have changed, and what they come to.

use super::{
    Cell, JsonRows, Store, StoreError,
    columns::{Names, cell, field_column},
    focus::{Focus, Queue, Reach},
    predicate::Printer,
    score_facts::{Whose, looks_around},
    score_write::{self, Computed},
    scoring::formula,
};
use crate::model::{
    Entity, Value,
    scoring::{Levels, ScoringModel, half_life_factor},
};

/// What the store keeps about a scoring model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelState {
    /// Its name.
    pub name: String,
    /// What its definition was when scores were computed last.
    pub hash: String,
    /// When that was; nothing when all have to be computed.
    pub scored_at: Option<i64>,
}

/// What can have changed scores since they were computed last, beside what the queue holds and what fades.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    /// What of all that comes in or passes can concern them, members of segments apart.
    pub reach: Reach,
    /// Segments that matter, each with what it holds.
    pub segments: Vec<(String, Entity)>,
    /// The moment from which on members of these segments may have changed.
    pub since: i64,
    /// Fields that the clock passed.
    pub turned: Vec<Turned>,
    /// Whether an hour turned, so that points can have faded.
    pub faded: bool,
}

/// The records whose date or moment in a field lies in a stretch, both ends included.
#[derive(Debug, Clone, PartialEq)]
pub struct Turned {
    /// Whose field.
    pub entity: Entity,
    /// The field.
    pub field: String,
    /// The first date or moment.
    pub first: Value,
    /// The last one.
    pub last: Value,
}

/// What a computation changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scored {
    /// How many subjects were computed.
    pub computed: u64,
    /// How many scores are other than before, or gone.
    pub changed: u64,
    /// How many leads became sales-ready.
    pub ready: u64,
    /// How many levels changed.
    pub levels: u64,
}

/// So few subjects are never worth going through all of them.
const FEW: i64 = 1_000;

/// How often a computation is done again because another worker's came in between.
const ATTEMPTS: usize = 20;

impl Store {
    /// What is kept about all models.
    ///
    /// # Errors
    /// When the store fails.
    pub fn model_states(&mut self) -> Result<Vec<ModelState>, StoreError> {
        let sql = "SELECT name, hash, scored_at FROM scoring_model ORDER BY key";
        self.connection
            .query(sql, &[])?
            .iter()
            .map(|row| {
                Ok(ModelState { name: row.text(0)?, hash: row.text(1)?, scored_at: row.optional_integer(2)? })
            })
            .collect()
    }

    /// Makes a model known, or takes note that its definition changed: all its scores are computed next
    /// time.
    ///
    /// # Errors
    /// When the store fails.
    pub fn declare_model(&mut self, model: &ScoringModel, hash: &str) -> Result<(), StoreError> {
        self.connection.write(|connection| {
            connection.execute(
                "INSERT INTO scoring_model (name, target, hash, version) VALUES ($1, $2, $3, 1)
                 ON CONFLICT (name) DO UPDATE SET target = excluded.target, hash = excluded.hash,
                    version = scoring_model.version + 1, scored_at = NULL
                 WHERE scoring_model.hash <> excluded.hash",
                &[model.name.as_str().into(), model.target.name().into(), hash.into()],
            )?;
            for hours in model.rules.iter().filter_map(|rule| rule.per.half_life()) {
                let known = connection
                    .query_first("SELECT 1 FROM half_life WHERE hours = $1 LIMIT 1", &[hours.into()])?;
                if known.is_some() {
                    continue;
                }
                let mut json = JsonRows::default();
                (0..hours).for_each(|age| json.push(&[age.into(), half_life_factor(hours, age).into()]));
                let rows = connection.dialect().rows("$2");
                connection.execute(
                    &format!(
                        "INSERT INTO half_life (hours, age, factor)
                         SELECT CAST($1 AS BIGINT), CAST(value ->> 0 AS BIGINT), CAST(value ->> 1 AS BIGINT)
                         FROM {rows} WHERE 1 = 1 ON CONFLICT DO NOTHING"
                    ),
                    &[hours.into(), json.finish()],
                )?;
            }
            Ok(())
        })?;
        self.names = Names::load(&mut self.connection)?;
        Ok(())
    }

    /// Takes models and levels away that aren't among those named, with all that they gave.
    ///
    /// # Errors
    /// When the store fails.
    pub fn keep_models(&mut self, models: &[&str], levels: &[&str]) -> Result<(), StoreError> {
        let gone = |known: &std::collections::BTreeMap<String, i64>, kept: &[&str]| {
            let gone = known.iter().filter(|(name, _)| !kept.contains(&name.as_str()));
            gone.map(|(_, key)| *key).collect::<Vec<i64>>()
        };
        let (models, levels) = (gone(&self.names.models, models), gone(&self.names.levels, levels));
        if models.is_empty() && levels.is_empty() {
            return Ok(());
        }
        self.connection.write(|connection| {
            for key in &models {
                connection.execute("DELETE FROM score WHERE model_key = $1", &[(*key).into()])?;
                connection.execute("DELETE FROM scoring_model WHERE key = $1", &[(*key).into()])?;
            }
            for key in &levels {
                for table in ["level", "level_change"] {
                    connection
                        .execute(&format!("DELETE FROM {table} WHERE levels_key = $1"), &[(*key).into()])?;
                }
                connection.execute("DELETE FROM levels WHERE key = $1", &[(*key).into()])?;
            }
            Ok(())
        })?;
        self.names = Names::load(&mut self.connection)?;
        Ok(())
    }

    /// Makes levels known. Tells whether they are new or were changed since they were given last.
    ///
    /// # Errors
    /// When the store fails.
    pub fn declare_levels(&mut self, name: &str, hash: &str) -> Result<bool, StoreError> {
        let changed = self.connection.execute(
            "INSERT INTO levels (name, hash) VALUES ($1, $2)
             ON CONFLICT (name) DO UPDATE SET hash = excluded.hash WHERE levels.hash <> excluded.hash",
            &[name.into(), hash.into()],
        )?;
        self.names = Names::load(&mut self.connection)?;
        Ok(changed > 0)
    }

    /// Takes note of what the queue for scores holds at this moment, which is what the computations that
    /// follow take into account.
    ///
    /// # Errors
    /// When the store fails.
    pub fn note_score_changes(&mut self) -> Result<(), StoreError> {
        self.connection.execute("DELETE FROM score_seen", &[])?;
        let seen =
            self.connection.execute("INSERT INTO score_seen (key) SELECT key FROM score_change", &[])?;
        self.connection.analyze("score_seen", usize::try_from(seen).unwrap_or(usize::MAX))
    }

    /// Takes out of the queue for scores what was noted, once all models were computed.
    ///
    /// # Errors
    /// When the store fails.
    pub fn forget_score_changes(&mut self) -> Result<(), StoreError> {
        if self.connection.query_first("SELECT 1 FROM score_seen LIMIT 1", &[])?.is_some() {
            self.connection
                .execute("DELETE FROM score_change WHERE key IN (SELECT key FROM score_seen)", &[])?;
        }
        Ok(())
    }

    /// Computes scores at `now`, of those whom `changes` can concern, else of all, and writes what is other
    /// than before, in one transaction: scores, grades and levels, leads that became sales-ready, and the
    /// interactions that tell of it. The computation itself runs outside the write lock. The `dependents`, segments that ask for these scores, become
    /// stale when anything changed.
    ///
    /// # Errors
    /// When the store fails; then nothing changed.
    pub fn compute_scores(
        &mut self,
        model: &ScoringModel,
        levels: &[&Levels],
        changes: Option<&Changes>,
        now: i64,
        dependents: &[String],
    ) -> Result<Scored, StoreError> {
        let key = self.names.model_key(&model.name);
        for _ in 0..ATTEMPTS {
            let row = self
                .connection
                .query_first("SELECT version FROM scoring_model WHERE key = $1", &[key.into()])?;
            let version = row.map_or(Ok(0), |row| row.integer(0))?;
            let some = match changes {
                Some(changes) => self.note_subjects(model, changes, now)?,
                None => None,
            };
            if some == Some(0) {
                self.connection.execute(
                    "UPDATE scoring_model SET scored_at = $2 WHERE key = $1 AND version = $3 AND scored_at < $2",
                    &[key.into(), now.into(), version.into()],
                )?;
                return Ok(Scored::default());
            }
            let (whose, some) = match some {
                Some(_) => (Whose::Of("SELECT key, base FROM rescore"), true),
                None => (self.everybody(model, now)?, false),
            };
            let mut printer = Printer::new(self.dialect(), &self.names, now, &model.timezone)?;
            if some && looks_around(model) {
                printer = printer.focused();
            }
            let formula = formula(&mut printer, model, whose)?;
            let parameters = std::mem::take(&mut printer.parameters);
            let insert = format!("INSERT INTO scored (key, points, falls, rises) {}", formula.select());
            self.connection.execute("DELETE FROM scored", &[])?;
            let subjects = match some {
                true => self.connection.by_key(|connection| connection.execute(&insert, &parameters))?,
                false => self.connection.execute(&insert, &parameters)?,
            };
            self.connection.analyze("scored", usize::try_from(subjects).unwrap_or(usize::MAX))?;
            let names = &self.names;
            let computed = Computed { version, some, now, subjects };
            let written = self.connection.write(|connection| {
                let write = |connection: &mut _| {
                    score_write::write(connection, names, model, levels, &computed, dependents)
                };
                if some { connection.by_key(write) } else { write(connection) }
            })?;
            self.connection.execute("DELETE FROM scored", &[])?;
            if let Some(written) = written {
                return Ok(Scored { computed: subjects, ..written });
            }
        }
        Err(StoreError::Conflict(format!(
            "other workers compute the scores of `{}` all the time",
            model.name
        )))
    }

    /// Takes a model's scores away: it isn't active, or its time has not come or is over.
    ///
    /// # Errors
    /// When the store fails; then nothing changed.
    pub fn remove_scores(
        &mut self,
        model: &ScoringModel,
        levels: &[&Levels],
        now: i64,
        dependents: &[String],
    ) -> Result<Scored, StoreError> {
        let key = self.names.model_key(&model.name);
        let any = "SELECT 1 FROM score WHERE model_key = $1 LIMIT 1";
        self.connection.execute(
            "UPDATE scoring_model SET scored_at = NULL WHERE key = $1 AND scored_at IS NOT NULL",
            &[key.into()],
        )?;
        if self.connection.query_first(any, &[key.into()])?.is_none() {
            return Ok(Scored::default());
        }
        self.connection.execute("DELETE FROM scored", &[])?;
        let names = &self.names;
        self.connection.write(|connection| {
            let changed = connection.execute("DELETE FROM score WHERE model_key = $1", &[key.into()])?;
            let mut scored = Scored { changed, ..Scored::default() };
            for levels in levels {
                scored.levels += score_write::write_levels(connection, names, levels, false, now)?;
            }
            score_write::tell_dependents(connection, dependents)?;
            Ok(scored)
        })
    }

    /// Gives levels anew from the scores as they are: their definition changed.
    ///
    /// # Errors
    /// When the store fails; then nothing changed.
    pub fn compute_levels(
        &mut self,
        levels: &Levels,
        now: i64,
        dependents: &[String],
    ) -> Result<u64, StoreError> {
        let names = &self.names;
        self.connection.write(|connection| {
            let changed = score_write::write_levels(connection, names, levels, false, now)?;
            if changed > 0 {
                score_write::tell_dependents(connection, dependents)?;
            }
            Ok(changed)
        })
    }

    /// Fills the table of subjects that are computed, and tells how many; nothing when all of them are. Who can
    /// have changed is put into focus first, as for segments.
    fn note_subjects(
        &mut self,
        model: &ScoringModel,
        changes: &Changes,
        now: i64,
    ) -> Result<Option<i64>, StoreError> {
        let (names, dialect, reach) = (&self.names, self.connection.dialect(), &changes.reach);
        let key = names.model_key(&model.name);
        let base = model.target.base();
        let mut focus = Focus::start(&mut self.connection)?;
        let queue =
            Queue { from: "score_change t JOIN score_seen y ON y.key = t.key WHERE 1 = 1", parameters: &[] };
        focus.touched(names, reach, &queue)?;
        for (segment, holds) in &changes.segments {
            focus.add(
                &format!("focus_{}", holds.name()),
                "SELECT DISTINCT m.subject_key FROM membership_change m
                 WHERE m.segment_key = $1 AND m.at >= $2 AND m.at <= $3 AND EXISTS
                    (SELECT 1 FROM segment_evaluation e WHERE e.segment_key = $1 AND e.at >= $2)",
                &[names.segment_key(segment).into(), changes.since.into(), now.into()],
            )?;
        }
        for Turned { entity, field, first, last } in &changes.turned {
            let column = match first {
                Value::Date(_) => dialect.order_text(&format!("r.{}", field_column(field))),
                _ => format!("r.{}", field_column(field)),
            };
            focus.add(
                &format!("focus_{}", entity.name()),
                &format!("SELECT r.key FROM {} r WHERE {column} >= $1 AND {column} <= $2", entity.name()),
                &[cell(first), cell(last)],
            )?;
        }
        let lead = model.target.subject() == Entity::Lead;
        let parent = format!("{}_key", base.name());
        let fading = "SELECT s.subject_key AS key FROM score s WHERE s.model_key = $1 AND s.fades_at <= $2";
        // Leads are computed with all the other leads of their parent, or by themselves when they have none.
        let queued = "SELECT x.subject_key AS key FROM score_change x JOIN score_seen y ON y.key = x.key WHERE x.kind = 4
                      UNION SELECT key FROM focus_lead";
        let parents = |leads: &str| match lead {
            true => format!(
                "SELECT l.{parent} FROM ({leads}) q CROSS JOIN lead l WHERE l.key = q.key AND l.{parent} IS NOT NULL"
            ),
            false => leads.to_owned(),
        };
        let table = format!("focus_{}", base.name());
        if changes.faded {
            focus.add(&table, &parents(fading), &[key.into(), now.into()])?;
        }
        if lead {
            focus.add(&table, &parents(queued), &[])?;
        }
        focus.concerned(base, reach)?;
        if looks_around(model) {
            focus.surroundings(base, reach)?;
        }
        self.connection.execute("DELETE FROM rescore", &[])?;
        let subjects = match lead {
            true => format!(
                "SELECT l.key, l.{parent} FROM subject p CROSS JOIN lead l WHERE l.{parent} = p.key
                 UNION ALL SELECT l.key, l.{parent} FROM ({queued}) q CROSS JOIN lead l WHERE l.key = q.key"
            ),
            false => "SELECT p.key, p.key FROM subject p".to_owned(),
        };
        let sql = format!(
            "INSERT INTO rescore (key, base) SELECT * FROM ({subjects}) found WHERE 1 = 1 ON CONFLICT DO NOTHING"
        );
        let count = self.connection.by_key(|connection| connection.execute(&sql, &[]))?;
        let all = format!("SELECT COALESCE(MAX(key), 0) FROM {}", model.target.subject().name());
        let all = self.connection.query_first(&all, &[])?.map_or(Ok(0), |row| row.integer(0))?;
        // Where very many are computed, going through all of them is quicker.
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        if count > (all / 3).max(FEW) {
            return Ok(None);
        }
        self.connection.analyze("rescore", usize::try_from(count).unwrap_or(usize::MAX))?;
        Ok(Some(count))
    }
}

/// Copies what came in for scores, within the transaction that empties the queue. Without models nobody
/// would ever take it out.
pub(super) fn queue_score_changes(connection: &mut super::Connection) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO score_change (kind, subject_key, type_key)
         SELECT c.kind, c.subject_key, c.type_key FROM change c
         WHERE EXISTS (SELECT 1 FROM scoring_model)
         GROUP BY c.kind, c.subject_key, c.type_key",
        &[] as &[Cell],
    )?;
    Ok(())
}
