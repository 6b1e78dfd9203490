//! The numbers of a journey, step by step.

use std::collections::BTreeMap;

use crate::store::{Cell, Connection, Store, StoreError, outbox::messages::OutboxState};

/// The numbers of a step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StepNumbers {
    /// The step's id.
    pub id: String,
    /// Its tile.
    pub tile: String,
    /// How many stand there.
    pub waiting: i64,
    /// How many left it.
    pub processed: i64,
    /// How many were stopped there.
    pub stopped: i64,
    /// How many left it by each path.
    pub paths: BTreeMap<String, i64>,
}

/// The numbers of a journey.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JourneyNumbers {
    /// How many entered.
    pub entered: i64,
    /// How many are in it.
    pub active: i64,
    /// How many went through.
    pub finished: i64,
    /// How many were stopped.
    pub stopped: i64,
    /// How many were stopped for each reason.
    pub stop_reasons: BTreeMap<String, i64>,
    /// The steps in the journey's order; removed ones that somebody passed come last.
    pub steps: Vec<StepNumbers>,
    /// Its messages other than mails, by step, channel, state and reason.
    pub messages: Vec<MessageNumbers>,
}

/// How many messages of a step fared alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageNumbers {
    /// The step's id.
    pub step: String,
    /// The channel.
    pub channel: String,
    /// How far they came.
    pub state: OutboxState,
    /// Why they didn't get there.
    pub reason: Option<String>,
    /// How many.
    pub count: i64,
}

/// How much a store has seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Contacts that entered journeys.
    pub entered: i64,
    /// Those that went through.
    pub finished: i64,
    /// Those that were stopped.
    pub stopped: i64,
    /// Those of them for whom a step failed.
    pub contacts_failed: i64,
    /// Leads made by journeys.
    pub leads: i64,
    /// Activities.
    pub activities: i64,
    /// Mails delivered.
    pub delivered: i64,
    /// Mails that must not be sent.
    pub blocked: i64,
    /// Mails that failed for good.
    pub failed: i64,
    /// Messages delivered that aren't mails: workflows, and what tiles write to channels.
    pub messages_delivered: i64,
    /// Such messages that must not be sent.
    pub messages_blocked: i64,
    /// Such messages that failed for good.
    pub messages_failed: i64,
}

impl Totals {
    /// How much came to it since it was `before`.
    #[must_use]
    pub fn since(&self, before: &Totals) -> Totals {
        let (mut done, before) = (self.numbers(), before.numbers());
        done.iter_mut().zip(before).for_each(|(number, before)| *number -= before);
        Totals::of(done)
    }

    /// All of them, in a fixed order.
    fn numbers(&self) -> [i64; 12] {
        [
            self.entered,
            self.finished,
            self.stopped,
            self.contacts_failed,
            self.leads,
            self.activities,
            self.delivered,
            self.blocked,
            self.failed,
            self.messages_delivered,
            self.messages_blocked,
            self.messages_failed,
        ]
    }

    fn of(numbers: [i64; 12]) -> Totals {
        let [
            entered,
            finished,
            stopped,
            contacts_failed,
            leads,
            activities,
            delivered,
            blocked,
            failed,
            messages_delivered,
            messages_blocked,
            messages_failed,
        ] = numbers;
        Totals {
            entered,
            finished,
            stopped,
            contacts_failed,
            leads,
            activities,
            delivered,
            blocked,
            failed,
            messages_delivered,
            messages_blocked,
            messages_failed,
        }
    }
}

/// How much a store has seen so far.
fn totals(connection: &mut Connection) -> Result<Totals, StoreError> {
    let mut totals = Totals::default();
    let sql = "SELECT 10 + state, COUNT(*) FROM participant GROUP BY state
               UNION ALL SELECT 10 + state, COUNT(*) FROM entry GROUP BY state
               UNION ALL SELECT 14, COUNT(*) FROM participant WHERE state = 3 AND reason LIKE 'failed%'
               UNION ALL SELECT 14, COUNT(*) FROM entry WHERE state = 3 AND reason LIKE 'failed%'
               UNION ALL SELECT 20, COUNT(*) FROM lead WHERE iteration_key IS NOT NULL
               UNION ALL SELECT 21, COUNT(*) FROM activity
               UNION ALL SELECT 30 + state, COUNT(*) FROM outbox WHERE state > 2 AND channel = 'email' GROUP BY state
               UNION ALL SELECT 40 + state, COUNT(*) FROM outbox WHERE state > 2 AND channel <> 'email' GROUP BY state";
    for row in connection.query(sql, &[])? {
        let count = row.integer(1)?;
        match row.integer(0)? {
            11 => totals.entered += count,
            12 => {
                totals.entered += count;
                totals.finished += count;
            }
            13 => {
                totals.entered += count;
                totals.stopped += count;
            }
            14 => totals.contacts_failed += count,
            20 => totals.leads = count,
            21 => totals.activities = count,
            33 => totals.delivered = count,
            34 => totals.blocked = count,
            35 => totals.failed = count,
            43 => totals.messages_delivered = count,
            44 => totals.messages_blocked = count,
            45 => totals.messages_failed = count,
            _ => {}
        }
    }
    Ok(totals)
}

impl Store {
    /// How much the store has seen so far.
    ///
    /// # Errors
    /// When the store fails.
    pub fn totals(&mut self) -> Result<Totals, StoreError> {
        totals(&mut self.connection)
    }

    /// What was done since `before` and no other run has told of: where several work at once, they count
    /// everybody once, whoever moved them.
    ///
    /// # Errors
    /// When the store fails; then nothing counts as told.
    pub fn report_totals(&mut self, before: &Totals) -> Result<Totals, StoreError> {
        self.connection.write_alone(|connection| {
            let told = connection.query_first("SELECT value FROM setting WHERE name = 'totals_told'", &[])?;
            let told = told.map_or(Ok(String::new()), |row| row.text(0))?;
            let told: Vec<i64> = told.split(' ').filter_map(|number| number.parse().ok()).collect();
            let mut done = totals(connection)?.numbers();
            let listed = done.map(|number| number.to_string()).join(" ");
            connection.execute(
                "INSERT INTO setting (name, value) VALUES ('totals_told', $1)
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                &[listed.into()],
            )?;
            for (at, (number, before)) in done.iter_mut().zip(before.numbers()).enumerate() {
                *number = (*number - before.max(told.get(at).copied().unwrap_or(0))).max(0);
            }
            Ok(Totals::of(done))
        })
    }

    /// Names, targets and keys of all journeys that were ever published.
    ///
    /// # Errors
    /// When the store fails.
    pub fn journeys(&mut self) -> Result<Vec<(String, i64)>, StoreError> {
        let order = self.dialect().order_text("name");
        let rows = self.connection.query(&format!("SELECT name, key FROM journey ORDER BY {order}"), &[])?;
        rows.iter().map(|row| Ok((row.text(0)?, row.integer(1)?))).collect()
    }

    /// The numbers of a journey over all its iterations, narrowed to one of them, or to one account, when
    /// asked. Who entered an iteration several times is counted each time.
    ///
    /// # Errors
    /// When the store fails.
    pub fn journey_numbers(
        &mut self,
        journey_key: i64,
        iteration: Option<i64>,
        account_id: Option<&str>,
    ) -> Result<JourneyNumbers, StoreError> {
        let mut parameters = vec![Cell::Integer(journey_key)];
        let mut narrowed = match account_id {
            None => String::new(),
            Some(id) => {
                parameters.push(id.into());
                " AND x.account_key = (SELECT key FROM account WHERE id = $2)".to_owned()
            }
        };
        if let Some(number) = iteration {
            narrowed = format!("{narrowed} AND t.number = {number}");
        }
        let mut numbers = JourneyNumbers::default();
        let entries = |table: &str| {
            format!(
                "SELECT x.state, COALESCE(x.reason, '') AS reason, COUNT(*) AS count FROM {table} x
                 JOIN iteration t ON t.key = x.iteration_key
                 WHERE t.journey_key = $1{narrowed} GROUP BY x.state, COALESCE(x.reason, '')"
            )
        };
        let participants = format!("{} UNION ALL {}", entries("participant"), entries("entry"));
        for row in self.connection.query(&participants, &parameters)? {
            let (state, reason, count) = (row.integer(0)?, row.text(1)?, row.integer(2)?);
            numbers.entered += count;
            match state {
                1 => numbers.active += count,
                2 => numbers.finished += count,
                _ => {
                    numbers.stopped += count;
                    *numbers.stop_reasons.entry(reason).or_default() += count;
                }
            }
        }
        let order = self.dialect().order_text("COALESCE(x.reason, '')");
        let messages = format!(
            "SELECT s.id, x.channel, x.state, x.reason, COUNT(*) FROM outbox x
             JOIN iteration t ON t.key = x.iteration_key JOIN step s ON s.key = x.step_key
             WHERE t.journey_key = $1 AND x.channel <> 'email'{narrowed}
             GROUP BY s.id, s.place, x.channel, x.state, x.reason ORDER BY s.place, x.state, {order}"
        );
        for row in self.connection.query(&messages, &parameters)? {
            numbers.messages.push(MessageNumbers {
                step: row.text(0)?,
                channel: row.text(1)?,
                state: OutboxState::numbered(row.integer(2)?)?,
                reason: row.optional_text(3)?,
                count: row.integer(4)?,
            });
        }
        let mut steps: BTreeMap<i64, (i64, StepNumbers)> = BTreeMap::new();
        for row in self
            .connection
            .query("SELECT key, id, tile, place FROM step WHERE journey_key = $1", &[journey_key.into()])?
        {
            let step = StepNumbers { id: row.text(1)?, tile: row.text(2)?, ..StepNumbers::default() };
            steps.insert(row.integer(0)?, (row.integer(3)?, step));
        }
        let passed = format!(
            "SELECT x.step_key, x.stopped, COALESCE(x.path, ''), COUNT(*) FROM history x
             JOIN iteration t ON t.key = x.iteration_key
             WHERE t.journey_key = $1{narrowed} GROUP BY x.step_key, x.stopped, COALESCE(x.path, '')"
        );
        for row in self.connection.query(&passed, &parameters)? {
            let (key, stopped, path, count) =
                (row.integer(0)?, row.integer(1)?, row.text(2)?, row.integer(3)?);
            let Some((_, step)) = steps.get_mut(&key) else { continue };
            if stopped == 1 {
                step.stopped += count;
            } else {
                step.processed += count;
                if !path.is_empty() {
                    *step.paths.entry(path).or_default() += count;
                }
            }
        }
        let standing = format!(
            "SELECT x.step_key, COUNT(*) FROM position x JOIN iteration t ON t.key = x.iteration_key
             WHERE t.journey_key = $1{narrowed} GROUP BY x.step_key"
        );
        for row in self.connection.query(&standing, &parameters)? {
            if let Some((_, step)) = steps.get_mut(&row.integer(0)?) {
                step.waiting += row.integer(1)?;
            }
        }
        let mut steps: Vec<(i64, StepNumbers)> = steps.into_values().collect();
        steps.sort_by(|a, b| (a.0, &a.1.id).cmp(&(b.0, &b.1.id)));
        numbers.steps = steps.into_iter().map(|(_, step)| step).collect();
        Ok(numbers)
    }
}
