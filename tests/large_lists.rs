//! What reads a store takes little memory, however many rows there are.

use std::{
    fmt::Write as _,
    process::{Command, Stdio},
    time::Duration,
};

use crate::support::workspace::{Database, Workspace};

const PEOPLE: usize = 100;
const COPIES: usize = 1_000;

/// In kB. The program itself, built for tests, takes a good part of it, and the database's cache 64 MB.
const MOST_MEMORY: u64 = 160_000;

const DEFINITIONS: &str = "kind: email
name: hello
purpose: transactional
subject: Hello
text: Hello {{contact.first_name}}
---
kind: interaction
name: Paid
---
kind: segment
name: everyone
target: contact
where: true
---
kind: scoring_model
name: fit
target: contacts
rules:
  - { name: paid, when: { did: Paid }, points: 10 }
---
kind: journey
name: j
target: contact
start: 2026-03-01 08:00
owner: ann@vendor.example
audience: { include: [everyone] }
steps:
  - { id: hello, tile: email, with: { email: hello } }
  - { id: lead, tile: create_lead, with: { topic: Offer } }
  - { id: call, tile: activity, with: { type: phone_call, subject: Call } }
  - { id: pause, tile: wait, with: { for: 30 days } }
";

/// A store in which a few people went through a journey, and then each row of theirs is there a thousand times more.
fn large_store() -> Workspace {
    let workspace = Workspace::on(Database::Sqlite).file("journeys/all.yaml", DEFINITIONS);
    let mut world = workspace.open();
    let (mut accounts, mut contacts, mut paid) = (
        "id,name\n".to_owned(),
        "id,first_name,account_id,email\n".to_owned(),
        "id,type,at,contact_id\n".to_owned(),
    );
    for at in 0..PEOPLE {
        writeln!(accounts, "a{at},Account {at}").unwrap();
        writeln!(contacts, "c{at},Person {at},a{at},c{at}@x.example").unwrap();
        writeln!(paid, "p{at},Paid,2026-02-01T08:00:00Z,c{at}").unwrap();
    }
    use tilework::interactions::ImportKind::{Accounts, Contacts, Interactions};
    for (kind, rows) in [(Accounts, &accounts), (Contacts, &contacts), (Interactions, &paid)] {
        world.import(kind, rows);
    }
    world.tick("2026-03-01 09:00");
    let mut tables = workspace.tables();
    for table in [
        "account",
        "contact",
        "interaction",
        "lead",
        "activity",
        "participant",
        "position",
        "history",
        "outbox",
        "membership",
        "membership_change",
        "score",
    ] {
        let columns = tables.lines(&format!("SELECT name FROM pragma_table_info('{table}')"));
        let copied = columns.iter().map(|column| match column.as_str() {
            "id" => "x.id || '-' || n.n".to_owned(),
            "key"
            | "account_key"
            | "contact_key"
            | "subject_account_key"
            | "subject_contact_key"
            | "subject_key" => {
                format!("CASE WHEN x.{column} = 0 THEN 0 ELSE x.{column} + n.n * {COPIES} END")
            }
            other => format!("x.\"{other}\""),
        });
        let made = tables.lines(&format!(
            "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {COPIES})
             INSERT INTO {table} (\"{}\") SELECT {} FROM {table} x CROSS JOIN n RETURNING 1",
            columns.join("\", \""),
            copied.collect::<Vec<_>>().join(", ")
        ));
        assert!(made.len() >= PEOPLE * COPIES, "{table} has {}", made.len());
    }
    workspace
}

/// Runs a command; gives how many lines it printed, and the most memory that it had, in kB.
#[allow(clippy::disallowed_methods, reason = "it is real time after which a process is asked again")]
fn measured(workspace: &Workspace, arguments: &[&str]) -> (usize, u64) {
    let out = tempfile::NamedTempFile::new().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tilework"));
    command.arg("-C").arg(workspace.root()).args(arguments).env("TILEWORK_STORE", workspace.store());
    command.stdout(Stdio::from(out.reopen().unwrap())).stderr(Stdio::inherit());
    let mut child = command.spawn().unwrap();
    let mut most = 0;
    let status = loop {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        most = peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0).max(most);
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    // The alarms of `status` are no failure.
    assert!(status.code().is_some_and(|code| code < 2), "{arguments:?}: {status}");
    (std::fs::read_to_string(out.path()).unwrap().lines().count(), most)
}

#[cfg(target_os = "linux")]
#[test]
fn what_reads_a_store_takes_little_memory_however_many_rows_there_are() {
    let workspace = large_store();
    let all = PEOPLE * (COPIES + 1);
    let cases: [(&[&str], usize); 16] = [
        (&["contact", "list", "--format", "csv"], all),
        (&["contact", "list", "--format", "json"], all),
        (&["contact", "list"], all),
        (&["account", "list", "--format", "csv"], all),
        (&["lead", "list", "--format", "csv"], all),
        (&["activity", "list", "--format", "csv"], all),
        (&["outbox", "list", "--format", "csv"], all),
        (&["outbox", "list"], all),
        (&["segment", "members", "everyone", "--format", "csv"], all),
        (&["segment", "list"], 1),
        (&["journey", "list"], 1),
        (&["journey", "show", "j"], 5),
        (&["score", "show", "fit"], 1),
        (&["status"], 3),
        (&["why", "contact", "c7-500"], 5),
        (&["why", "account", "a7-500"], 5),
    ];
    let mut told = String::new();
    for (arguments, lines) in cases {
        let (count, most) = measured(&workspace, arguments);
        writeln!(told, "{most:>8} kB {count:>8} lines  {arguments:?}").unwrap();
        assert!(count >= lines, "{arguments:?} printed {count} lines\n{told}");
        assert!(most > 0 && most < MOST_MEMORY, "{told}");
    }
}
