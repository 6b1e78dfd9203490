//! Whom an evaluation has to look at: those whom something that came in, or the passing of time, can
//! concern.

use std::collections::BTreeSet;

use crate::model::{Entity, scoring::PROFILING};
use crate::store::{
    Cell, Connection, Fields, StoreError,
    database::chains::chained,
    tables::columns::{Names, field_column},
};

/// What of all that comes in can concern a segment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// Contacts of whom one of these fields changed.
    pub contacts: Fields,
    /// Accounts of which one of these fields changed.
    pub accounts: Fields,
    /// Leads of which one of these fields changed.
    pub leads: Fields,
    /// Interactions of these types, by those who did them.
    pub interactions: Vec<String>,
    /// Interactions of these types, by the accounts in whose history they stand.
    pub account_interactions: Vec<String>,
    /// Whether it goes by the fields of contacts in [`PROFILING`] which part of an account's history counts.
    pub profiling_in_history: bool,
    /// Who joined or left these segments.
    pub segments: Vec<String>,
    /// Whether what one contact or lead is or does can concern its account, or others of its account.
    pub across: bool,
    /// Whether it can concern an account whose primary contact it is.
    pub primary_contacts: bool,
    /// References that lead to records on whose fields it depends: whose, the field, and to what.
    pub followed: Vec<(Entity, String, Entity)>,
    /// Activities that were made.
    pub activities: bool,
    /// Interactions that happened, or fell out of a window, since the last evaluation.
    pub passed: Vec<Passed>,
}

/// Interactions of a type with a time in a stretch, both ends included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passed {
    /// The interaction type.
    pub interaction: String,
    /// The first moment.
    pub from: i64,
    /// The last moment.
    pub to: i64,
}

/// Where it is kept what came in: what stands behind `FROM`, the table under the alias `t`, and up to where
/// a clause can follow, with its parameters.
pub(in crate::store) struct Queue<'a> {
    pub(in crate::store) from: &'a str,
    pub(in crate::store) parameters: &'a [Cell],
}

/// Fills the table `to_reevaluate` with those whom an evaluation has to look at. Batches count from after `seen`
/// up to `until`. Tells how many they are.
pub(in crate::store) fn find_subjects(
    connection: &mut Connection,
    names: &Names,
    target: Entity,
    reach: &Reach,
    seen: i64,
    until: i64,
) -> Result<i64, StoreError> {
    let mut focus = Focus::start(connection)?;
    let parameters = [Cell::Integer(seen), until.into()];
    let queue =
        Queue { from: "pending_change t WHERE t.batch > $1 AND t.batch <= $2", parameters: &parameters };
    focus.pending(names, reach, &queue)?;
    focus.concerned(target, reach)?;
    focus.count("to_reevaluate")
}

/// Fills those of the tables `affected_…` that a statement looks at (`asked`) with all on whom the answers
/// about those in `to_reevaluate` can depend.
pub(in crate::store) fn widen(
    connection: &mut Connection,
    target: Entity,
    reach: &Reach,
    asked: &BTreeSet<Entity>,
) -> Result<(), StoreError> {
    if asked.is_empty() {
        return Ok(());
    }
    Focus { connection, filled: TABLES.into() }.around(target, reach, asked)
}

/// The parents of the leads in focus.
fn parents(entity: &str) -> String {
    format!(
        "SELECT {entity}_key FROM lead WHERE key IN (SELECT key FROM affected_lead) AND {entity}_key IS NOT NULL"
    )
}

const COLLEAGUES: &str =
    "SELECT k.key FROM affected_account f CROSS JOIN contact k WHERE k.account_key = f.key";

const ACCOUNTS: &str = "SELECT account_key FROM contact WHERE key IN (SELECT key FROM affected_contact) AND account_key IS NOT NULL";

const LEADS: &str = "SELECT key FROM lead WHERE contact_key IN (SELECT key FROM affected_contact)
                     UNION SELECT key FROM lead WHERE account_key IN (SELECT key FROM affected_account)";

/// The tables `to_reevaluate` and `affected_…` while they are filled.
pub(in crate::store) struct Focus<'a> {
    connection: &'a mut Connection,
    /// Those of them that may hold any.
    filled: BTreeSet<&'static str>,
}

const TABLES: [&str; 4] = ["affected_contact", "affected_account", "affected_lead", "to_reevaluate"];

/// The table of those of an entity who are in focus.
pub(in crate::store) fn table(entity: Entity) -> &'static str {
    match entity {
        Entity::Contact => "affected_contact",
        Entity::Account => "affected_account",
        Entity::Lead => "affected_lead",
    }
}

impl<'a> Focus<'a> {
    /// Nobody is in focus.
    pub(in crate::store) fn start(connection: &'a mut Connection) -> Result<Focus<'a>, StoreError> {
        connection.empty(&TABLES)?;
        Ok(Focus { connection, filled: BTreeSet::new() })
    }

    /// Nobody is in focus any more; the subjects stay.
    pub(in crate::store) fn anew(connection: &'a mut Connection) -> Result<Focus<'a>, StoreError> {
        connection.empty(&Entity::ALL.map(table))?;
        Ok(Focus { connection, filled: ["to_reevaluate"].into() })
    }

    /// From who is in focus to all whom that concerns: they are the subjects.
    pub(in crate::store) fn concerned(&mut self, target: Entity, reach: &Reach) -> Result<(), StoreError> {
        let linked = !reach.leads.is_empty() && reach.across;
        let far =
            !reach.leads.is_empty() && (reach.across || reach.primary_contacts) || !reach.followed.is_empty();
        while self.step(reach, linked)? > 0 && far {}
        self.subjects(target)
    }

    /// From the subjects to all on whom their answers can depend: they are in focus, too, in those of the
    /// tables that are `asked`.
    pub(in crate::store) fn around(
        &mut self,
        target: Entity,
        reach: &Reach,
        asked: &BTreeSet<Entity>,
    ) -> Result<(), StoreError> {
        // Leads and primary contacts lead from one account to another.
        let far = !reach.leads.is_empty() || reach.activities || reach.primary_contacts;
        let colleagues = reach.across && (far || asked.contains(&Entity::Contact));
        let accounts = colleagues || far || asked.contains(&Entity::Account);
        self.subjects_in_focus(target, accounts)?;
        let linked = !reach.leads.is_empty() && reach.across;
        while (far || colleagues) && self.step(reach, colleagues)? > 0 && (linked || reach.primary_contacts) {
        }
        Ok(())
    }

    /// Adds the keys that a statement selects to one of the tables; tells how many are new.
    pub(in crate::store) fn add(
        &mut self,
        table: &'static str,
        select: &str,
        parameters: &[Cell],
    ) -> Result<u64, StoreError> {
        let select = self.connection.dialect().keys_to_add(select, self.filled.contains(table));
        let added = self.connection.execute(&format!("INSERT INTO {table} (key) {select}"), parameters)?;
        if added > 0 {
            self.filled.insert(table);
        }
        self.connection.analyze(table, usize::try_from(added).unwrap_or(usize::MAX))?;
        Ok(added)
    }

    fn add_colleagues(&mut self, table: &'static str) -> Result<u64, StoreError> {
        if self.filled.contains("affected_account") { self.add(table, COLLEAGUES, &[]) } else { Ok(0) }
    }

    /// Goes one step along what can make one record concern another; tells how many were added.
    fn step(&mut self, reach: &Reach, colleagues: bool) -> Result<u64, StoreError> {
        let mut added = 0;
        if !reach.leads.is_empty() {
            added += self.add("affected_lead", LEADS, &[])?;
            added += self.add("affected_contact", &parents("contact"), &[])?;
            added += self.add("affected_account", &parents("account"), &[])?;
        }
        if reach.across {
            added += self.add("affected_account", ACCOUNTS, &[])?;
        }
        if reach.primary_contacts {
            added += self.add(
                "affected_account",
                "SELECT key FROM account WHERE primary_contact_id IN
                    (SELECT id FROM contact WHERE key IN (SELECT key FROM affected_contact))",
                &[],
            )?;
            added += self.add(
                "affected_contact",
                "SELECT key FROM contact WHERE id IN
                    (SELECT primary_contact_id FROM account WHERE key IN (SELECT key FROM affected_account))",
                &[],
            )?;
        }
        for (from, field, to) in &reach.followed {
            let (own, column) = (from.name(), field_column(field));
            let select = format!(
                "SELECT key FROM {own} WHERE {column} IN
                    (SELECT id FROM {} WHERE key IN (SELECT key FROM {}))",
                to.name(),
                table(*to)
            );
            added += self.add(table(*from), &select, &[])?;
        }
        if colleagues {
            added += self.add_colleagues("affected_contact")?;
        }
        Ok(added)
    }

    /// Puts into focus who came in, and whose interactions did or passed.
    pub(in crate::store) fn pending(
        &mut self,
        names: &Names,
        reach: &Reach,
        queue: &Queue<'_>,
    ) -> Result<(), StoreError> {
        let Queue { from, parameters } = queue;
        let segments: Vec<i64> = reach.segments.iter().map(|name| names.segment_key(name)).collect();
        let keys = |types: &[String]| types.iter().map(|name| names.type_key(name)).collect::<Vec<i64>>();
        let written = [
            (Entity::Contact, reach.contacts),
            (Entity::Account, reach.accounts),
            (Entity::Lead, reach.leads),
        ];
        for (entity, fields) in written {
            let kind = change_kind(entity);
            let mut clauses = Vec::new();
            if !fields.is_empty() {
                clauses.push(format!("t.kind = {kind} AND (t.about & {}) <> 0", fields.bits()));
            }
            let done = match entity {
                Entity::Contact => Some((3, keys(&reach.interactions))),
                Entity::Account => Some((6, keys(&reach.account_interactions))),
                Entity::Lead => None,
            };
            if let Some((kind, types)) = done.filter(|(_, types)| !types.is_empty()) {
                clauses.push(format!("t.kind = {kind} AND t.about IN ({})", listed(&types)));
            }
            if !segments.is_empty() {
                clauses.push(format!("t.kind = {} AND t.about IN ({})", 10 + kind, listed(&segments)));
            }
            if clauses.is_empty() {
                continue;
            }
            let select = format!("SELECT t.subject_key FROM {from} AND ({})", chained(&clauses, " OR "));
            self.add(table(entity), &select, parameters)?;
        }
        for parent in [Entity::Contact, Entity::Account].into_iter().filter(|_| reach.activities) {
            let select = format!(
                "SELECT a.{0}_key FROM activity a
                 WHERE a.key IN (SELECT t.subject_key FROM {from} AND t.kind = 5) AND a.{0}_key IS NOT NULL",
                parent.name()
            );
            self.add(table(parent), &select, parameters)?;
        }
        if reach.profiling_in_history {
            let select = format!(
                "SELECT i.account_key FROM interaction i WHERE i.account_key IS NOT NULL AND i.contact_key IN
                    (SELECT t.subject_key FROM {from} AND t.kind = {} AND (t.about & {}) <> 0)",
                change_kind(Entity::Contact),
                Fields::of(PROFILING).bits()
            );
            self.add("affected_account", &select, parameters)?;
        }
        for passed in &reach.passed {
            for (of, types) in
                [(Entity::Contact, &reach.interactions), (Entity::Account, &reach.account_interactions)]
            {
                if !types.contains(&passed.interaction) {
                    continue;
                }
                let column = format!("{}_key", of.name());
                self.add(
                    table(of),
                    &format!(
                        "SELECT {column} FROM interaction
                         WHERE type_key = $1 AND at >= $2 AND at <= $3 AND {column} IS NOT NULL"
                    ),
                    &[names.type_key(&passed.interaction).into(), passed.from.into(), passed.to.into()],
                )?;
            }
        }
        Ok(())
    }

    fn subjects(&mut self, target: Entity) -> Result<(), StoreError> {
        match target {
            Entity::Contact => {
                self.add("to_reevaluate", "SELECT key FROM affected_contact", &[])?;
                self.add_colleagues("to_reevaluate")?;
            }
            Entity::Account => {
                self.add("to_reevaluate", "SELECT key FROM affected_account", &[])?;
            }
            Entity::Lead => {
                self.add("to_reevaluate", "SELECT key FROM affected_lead", &[])?;
                self.add("to_reevaluate", LEADS, &[])?;
            }
        }
        Ok(())
    }

    /// The subjects themselves, and their parents.
    fn subjects_in_focus(&mut self, target: Entity, accounts: bool) -> Result<(), StoreError> {
        if target == Entity::Account {
            return Ok(());
        }
        self.add(table(target), "SELECT key FROM to_reevaluate", &[])?;
        if target == Entity::Lead {
            self.add("affected_contact", &parents("contact"), &[])?;
            self.add("affected_account", &parents("account"), &[])?;
        }
        if accounts {
            self.add("affected_account", ACCOUNTS, &[])?;
        }
        Ok(())
    }

    /// How many are in one of the tables.
    pub(in crate::store) fn count(&mut self, table: &str) -> Result<i64, StoreError> {
        self.connection.number(&format!("SELECT COUNT(*) FROM {table}"), &[])
    }
}

/// The kind of a written record in the queue.
pub(in crate::store) fn change_kind(entity: Entity) -> i64 {
    match entity {
        Entity::Contact => 1,
        Entity::Account => 2,
        Entity::Lead => 4,
    }
}

fn listed(keys: &[i64]) -> String {
    keys.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
}
