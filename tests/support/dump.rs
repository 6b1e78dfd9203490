//! What stands in a store, as text: by ids and names, without internal keys, so that two runs can be
//! compared whatever the database, and whatever the order in which rows came.

use postgres::{NoTls, SimpleQueryMessage};
use rusqlite::types::ValueRef;
use tilework::{model::time::rfc3339, store::StoreAddress};

/// A reading connection to a store.
pub enum Tables {
    Sqlite(rusqlite::Connection),
    Postgres(Box<postgres::Client>),
}

/// Parts of the final state; each has a statement in [`statement`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Iterations, with their starts and ends.
    Iterations,
    Participants,
    /// Former entries of those who entered again.
    Entries,
    Positions,
    History,
    Decisions,
    Leads,
    Activities,
    Outbox,
    /// Interactions that delivery made.
    Sent,
    Members,
    /// Who joined and left which segment, and when.
    MemberChanges,
}

impl Part {
    pub const ALL: [Part; 12] = [
        Part::Iterations,
        Part::Participants,
        Part::Entries,
        Part::Positions,
        Part::History,
        Part::Decisions,
        Part::Leads,
        Part::Activities,
        Part::Outbox,
        Part::Sent,
        Part::Members,
        Part::MemberChanges,
    ];
}

/// How far two runs may differ for a good reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Every column.
    Full,
    /// Without how often a message was taken to be handed over.
    WithoutAttempts,
    /// Without what tells when a tick was, rather than what happened: when a message was handed over,
    /// when a segment was looked at, when somebody waiting was looked at last.
    WithoutTicks,
    /// As `WithoutTicks`, and without whether messages left and what follows from it: what a window held is held for
    /// the next one.
    WithoutHandingOver,
}

fn statement(part: Part, detail: Detail) -> String {
    let ticks = matches!(detail, Detail::Full | Detail::WithoutAttempts);
    let full = |column: &'static str| if ticks { column } else { "''" };
    let handed_over = |column: &'static str| if detail == Detail::WithoutHandingOver { "''" } else { column };
    let attempts = if detail == Detail::Full { "x.attempts" } else { "''" };
    // An account's own key is its id; a contact without account is an account of its own.
    let account = |key: &str| {
        format!(
            "COALESCE((SELECT a.id FROM account a WHERE a.key = {key}), (SELECT '(' || k.id || ')' FROM contact k WHERE k.key = -{key}), '')"
        )
    };
    let contact = |key: &str| format!("COALESCE((SELECT c.id FROM contact c WHERE c.key = {key}), '')");
    let (account_of, contact_of) = (account("x.account_key"), contact("x.contact_key"));
    let iteration = "(SELECT j.name || '/' || t.number FROM iteration t JOIN journey j ON j.key = t.journey_key WHERE t.key = x.iteration_key)";
    let step = "(SELECT s.id FROM step s WHERE s.key = x.step_key)";
    let origin = format!("COALESCE({iteration}, ''), COALESCE({step}, ''), x.visit");
    let subject = "(SELECT s.target FROM segment s WHERE s.key = x.segment_key)";
    let member = format!(
        "(SELECT s.name FROM segment s WHERE s.key = x.segment_key),
         CASE WHEN {subject} = 'account' THEN {} ELSE {} END",
        account("x.subject_key"),
        contact("x.subject_key")
    );
    match part {
        Part::Participants => format!(
            "SELECT {iteration}, {account_of}, {contact_of}, x.entered_at, x.state, x.ended_at, x.reason FROM participant x"
        ),
        Part::Iterations => "SELECT j.name, x.number, x.starts_at, x.ended_at
             FROM iteration x JOIN journey j ON j.key = x.journey_key"
            .to_owned(),
        Part::Entries => format!(
            "SELECT {iteration}, x.number, {account_of}, {contact_of}, x.entered_at, x.state, x.ended_at, x.reason FROM entry x"
        ),
        Part::Positions => format!(
            "SELECT {iteration}, {account_of}, {contact_of}, x.lane, {step}, x.visit, x.arrived_at, x.due_at, {} FROM position x",
            full("x.looked_at")
        ),
        Part::History => format!(
            "SELECT {iteration}, {account_of}, {contact_of}, {step}, x.visit, x.arrived_at, x.left_at, x.stopped, x.path, x.reason
             FROM history x"
        ),
        Part::Decisions => format!(
            "SELECT {iteration}, {step}, x.visit, {account_of}, x.opened_at, {}, x.path, x.decided_at, x.because FROM decision x",
            full("x.looked_at")
        ),
        Part::Leads => format!(
            "SELECT x.id, {origin}, {}, {}, x.ordinal, x.created_at, x.topic, x.contact_id, x.account_id, x.first_name,
                x.last_name, x.company, x.email, x.source, x.stage, x.owner FROM lead x",
            account("x.subject_account_key"),
            contact("x.subject_contact_key")
        ),
        Part::Activities => format!(
            "SELECT x.id, {origin}, {}, {}, x.ordinal, x.created_at, x.kind, x.subject, x.description, x.owner, x.due_at, {contact_of},
                {account_of} FROM activity x",
            account("x.subject_account_key"),
            contact("x.subject_contact_key")
        ),
        Part::Outbox => format!(
            "SELECT {iteration}, {account_of}, {contact_of}, {step}, x.visit, x.ordinal, x.channel, {}, {},
                x.created_at, x.due_at, {}, x.expires_at, {attempts}, {}, {} FROM outbox x",
            handed_over("x.content"),
            handed_over("x.state"),
            full("x.ready_at"),
            full("x.ended_at"),
            handed_over("x.reason")
        ),
        Part::Sent => format!(
            "SELECT x.id, (SELECT y.name FROM interaction_type y WHERE y.key = x.type_key), {}, {contact_of}, {account_of},
                x.journey, x.iteration, x.step, x.email_text, x.reason_text
             FROM interaction x WHERE x.id LIKE 'Email%/%'",
            full("x.at")
        ),
        Part::Members => format!("SELECT {member}, {} FROM membership x", full("x.joined_at")),
        Part::MemberChanges => format!("SELECT {member}, x.at, x.joined FROM membership_change x"),
    }
}

impl Tables {
    pub fn of(address: &StoreAddress) -> Tables {
        match address {
            StoreAddress::Sqlite(path) => Tables::Sqlite(rusqlite::Connection::open(path).unwrap()),
            StoreAddress::Postgres(url, _) => {
                Tables::Postgres(Box::new(postgres::Client::connect(url, NoTls).unwrap()))
            }
        }
    }

    /// The rows of a result, each column as text; nothing is an empty text.
    pub fn rows(&mut self, sql: &str) -> Vec<Vec<String>> {
        match self {
            Tables::Sqlite(connection) => {
                let mut statement = connection.prepare(sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
                let columns = statement.column_count();
                let cells = |row: &rusqlite::Row<'_>| {
                    (0..columns)
                        .map(|column| {
                            Ok(match row.get_ref(column)? {
                                ValueRef::Null => String::new(),
                                ValueRef::Integer(number) => number.to_string(),
                                ValueRef::Real(number) => number.to_string(),
                                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                                    String::from_utf8_lossy(bytes).into_owned()
                                }
                            })
                        })
                        .collect::<rusqlite::Result<Vec<String>>>()
                };
                statement.query_map([], cells).unwrap().map(Result::unwrap).collect()
            }
            Tables::Postgres(client) => {
                let messages = client.simple_query(sql).unwrap_or_else(|error| panic!("{error:?}: {sql}"));
                let rows = messages.into_iter().filter_map(|message| match message {
                    SimpleQueryMessage::Row(row) => Some(row),
                    _ => None,
                });
                rows.map(|row| {
                    (0..row.len()).map(|column| row.get(column).unwrap_or_default().to_owned()).collect()
                })
                .collect()
            }
        }
    }

    /// The rows of a result, each as one text with its columns parted by a space.
    pub fn lines(&mut self, sql: &str) -> Vec<String> {
        self.rows(sql).into_iter().map(|row| row.join(" ").trim_end().to_owned()).collect()
    }

    /// Parts of the state, each a sorted list of rows; moments are written as such.
    pub fn dump(&mut self, parts: &[Part], detail: Detail) -> String {
        let mut text = String::new();
        for part in parts {
            let rows = self.rows(&statement(*part, detail));
            let mut lines: Vec<String> = rows
                .iter()
                .map(|row| row.iter().map(|cell| readable(cell)).collect::<Vec<_>>().join(" | "))
                .collect();
            lines.sort();
            text.push_str(&format!("# {part:?}: {}\n{}\n", lines.len(), lines.join("\n")));
        }
        text
    }

    /// All of the state.
    pub fn state(&mut self) -> String {
        self.dump(&Part::ALL, Detail::Full)
    }

    /// All of the state but how often messages were taken to be handed over.
    pub fn state_without_attempts(&mut self) -> String {
        self.dump(&Part::ALL, Detail::WithoutAttempts)
    }

    /// The state without what tells when ticks were.
    pub fn state_without_ticks(&mut self) -> String {
        self.dump(&parts_without(&[Part::MemberChanges]), Detail::WithoutTicks)
    }

    /// The state without what tells when ticks were and which messages left.
    pub fn state_without_handing_over(&mut self) -> String {
        self.dump(&parts_without(&[Part::MemberChanges, Part::Sent]), Detail::WithoutHandingOver)
    }
}

fn parts_without(without: &[Part]) -> Vec<Part> {
    Part::ALL.into_iter().filter(|part| !without.contains(part)).collect()
}

/// A moment as such; any other cell as it is.
fn readable(cell: &str) -> String {
    match cell.parse::<i64>() {
        Ok(at) if (1_000_000_000_000..5_000_000_000_000).contains(&at) => rfc3339(at),
        _ => cell.to_owned(),
    }
}

/// Holds two states against each other and shows the lines in which they differ.
pub fn assert_same(what: &str, expected: &str, found: &str) {
    if expected == found {
        return;
    }
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<String>>();
    let (expected, found) = (lines(expected), lines(found));
    let only = |some: &[String], others: &[String], sign: &str| -> Vec<String> {
        let others: std::collections::BTreeSet<&String> = others.iter().collect();
        some.iter()
            .filter(|line| !others.contains(line))
            .take(30)
            .map(|line| format!("{sign} {line}"))
            .collect()
    };
    let missing = only(&expected, &found, "-").join("\n");
    let added = only(&found, &expected, "+").join("\n");
    panic!("{what}: the states differ\n{missing}\n{added}");
}
