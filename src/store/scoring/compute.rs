//! Computing scores: which subjects can have changed, and what they come to.

use super::{
    affected::{self, Changes, Few, moving_bases},
    facts::{Whose, looks_around, number},
    formula::formula,
    points,
    time_independent_points::moving,
    write::{self, Computed},
};
use crate::model::{
    Answers, Entity,
    scoring::{Levels, ScoringModel, half_life_factor},
    time::HOUR,
};
use crate::store::{JsonRows, Store, StoreError, sql::predicate::Printer, tables::columns::Names};

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
        self.connection.empty(&["score_seen"])?;
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
        answers: &dyn Answers,
    ) -> Result<Scored, StoreError> {
        let key = self.names.model_key(&model.name);
        for _ in 0..ATTEMPTS {
            let version =
                self.connection.number("SELECT version FROM scoring_model WHERE key = $1", &[key.into()])?;
            let some = match changes {
                Some(changes) => self.connection.without_hash_joins(|connection| {
                    affected::fill(connection, &self.names, model, changes, now)
                })?,
                None => None,
            };
            if some == Some(Few { rescore: 0, moving: 0 }) {
                self.connection.execute(
                    "UPDATE scoring_model SET scored_at = $2 WHERE key = $1 AND version = $3 AND scored_at < $2",
                    &[key.into(), now.into(), version.into()],
                )?;
                return Ok(Scored::default());
            }
            self.connection.empty(&["scored"])?;
            let subjects = match some {
                None => {
                    let everybody = self.everybody(model, now)?;
                    self.fill_scored(model, everybody, None, now, answers)?
                }
                Some(few) => self.score_few(model, few, now, answers)?,
            };
            self.connection.analyze("scored", usize::try_from(subjects).unwrap_or(usize::MAX))?;
            let some = some.is_some();
            let names = &self.names;
            let computed = Computed { version, some, now };
            let written = self.connection.write(|connection| {
                let write = |connection: &mut _| {
                    write::write(connection, names, model, levels, &computed, dependents)
                };
                if some { connection.without_hash_joins(write) } else { write(connection) }
            })?;
            self.connection.empty(&["scored"])?;
            if let Some(written) = written {
                return Ok(Scored { computed: subjects, ..written });
            }
        }
        Err(StoreError::Conflict(format!(
            "other workers compute the scores of `{}` all the time",
            model.name
        )))
    }

    /// Computes the points of those who were found to be concerned.
    fn score_few(
        &mut self,
        model: &ScoringModel,
        few: Few,
        now: i64,
        answers: &dyn Answers,
    ) -> Result<u64, StoreError> {
        let mut subjects = 0;
        if few.rescore > 0 {
            let whose = Whose::Of { bases: "SELECT key AS base FROM to_reevaluate", only: None };
            subjects += self.fill_scored(model, whose, Some("SELECT key FROM rescore"), now, answers)?;
        }
        if few.moving > 0 {
            let (bases, base) = (moving_bases(model.target.base()), model.target.base().name());
            let driver = match model.target.subject() {
                Entity::Lead => {
                    format!("SELECT l.key FROM ({bases}) w CROSS JOIN lead l WHERE l.{base}_key = w.base")
                }
                _ => format!("SELECT w.base AS key FROM ({bases}) w"),
            };
            let whose = Whose::Moving { bases: &bases };
            subjects += self.fill_scored(&moving(model), whose, Some(&driver), now, answers)?;
        }
        Ok(subjects)
    }

    /// Adds what subjects come to to the table `scored`; the `driver` gives their keys, where they aren't all.
    fn fill_scored(
        &mut self,
        model: &ScoringModel,
        whose: Whose<'_>,
        driver: Option<&str>,
        now: i64,
        answers: &dyn Answers,
    ) -> Result<u64, StoreError> {
        self.answer_model(model, None, driver, now, answers)?;
        let mut printer = Printer::new(self.dialect(), &self.names, now, &model.timezone)?;
        if driver.is_some() && looks_around(model) {
            printer = printer.focused(model.target.base());
        }
        let formula = formula(&mut printer, model, whose)?;
        let next_hour = number(&mut printer, now / HOUR + 1);
        let parameters = std::mem::take(&mut printer.parameters);
        let insert = format!(
            "INSERT INTO scored (key, was, steady, score, grade, ready, fades_at) {}",
            points::rows(self.connection.dialect(), model, &formula.select(), &next_hour)
        );
        match driver {
            Some(_) => {
                self.connection.without_hash_joins(|connection| connection.execute(&insert, &parameters))
            }
            None => self.connection.execute(&insert, &parameters),
        }
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
            "UPDATE scoring_model SET scored_at = NULL, version = version + 1 WHERE key = $1 AND scored_at IS NOT NULL",
            &[key.into()],
        )?;
        if self.connection.query_first(any, &[key.into()])?.is_none() {
            return Ok(Scored::default());
        }
        self.connection.empty(&["scored"])?;
        let names = &self.names;
        self.connection.write(|connection| {
            let changed = connection.execute("DELETE FROM score WHERE model_key = $1", &[key.into()])?;
            let mut scored = Scored { changed, ..Scored::default() };
            for levels in levels {
                scored.levels += write::write_levels(connection, names, levels, false, now)?;
            }
            write::tell_dependents(connection, dependents)?;
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
            let changed = write::write_levels(connection, names, levels, false, now)?;
            if changed > 0 {
                write::tell_dependents(connection, dependents)?;
            }
            Ok(changed)
        })
    }
}
