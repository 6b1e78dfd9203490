//! A program that is killed at any moment, while it serves or imports, loses nothing and does nothing twice.
//! (`crash.rs` kills runs, at each phase and at any moment.)

use std::{
    fmt::Write as _,
    process::{Command, Stdio},
    time::Duration,
};

use tilework::store::Store;

use crate::support::{
    definitions::USUAL,
    property::{repeatedly, shorter_or_longer},
    workspace::{Database, SETTINGS, Workspace},
};

const PEOPLE: usize = 1_500;
const ACCOUNTS: usize = 40;

/// A mail, a lead and an activity for each account, a script for each contact, another mail, with seconds in between.
const BUSY: &str = "kind: workflow
name: tell
script: tell.rhai
---
kind: journey
name: busy
target: account
owner: marketing@vendor.example
start: 2020-01-01 08:00
audience: { include: [everyone] }
steps:
  - { id: hello, tile: email, with: { email: invite } }
  - { id: pause, tile: wait, with: { for: 1 second } }
  - { id: lead, tile: create_lead, with: { for_each: account, topic: Offer } }
  - { id: call, tile: activity, with: { type: phone_call, for_each: account, subject: Call } }
  - { id: ordered, tile: trigger, with: { based_on: contact, when: { did: OrderPlaced }, timeout: 3 seconds } }
  - { id: tell, tile: launch_workflow, with: { for_each: contact, workflow: tell } }
  - { id: again, tile: wait, with: { for: 1 second } }
  - { id: bye, tile: email, with: { email: invite } }
";

const TELL: &str =
    "fn run(item) { take().message(\"sales\", item.contact.id).activity(#{ subject: \"Told\" }) }\n";

fn workspace(database: Database) -> Workspace {
    let workspace = Workspace::on(database)
        .file("tilework.yaml", &format!("{SETTINGS}  sales: {{ transport: file, directory: sales }}\n"))
        .file("journeys/usual.yaml", USUAL);
    Store::migrate(&workspace.address()).unwrap();
    workspace
}

/// Files with accounts, contacts of these, and what they did.
fn with_files(workspace: &Workspace, people: usize) -> [(&'static str, String); 3] {
    let mut accounts = "id,name\n".to_owned();
    let mut contacts = "id,first_name,account_id,email\n".to_owned();
    let mut interactions = "id,type,at,contact_id\n".to_owned();
    for account in 0..ACCOUNTS {
        writeln!(accounts, "a{account},Account {account}").unwrap();
    }
    for person in 0..people {
        writeln!(contacts, "c{person},P{person},a{},c{person}@people.example", person % ACCOUNTS).unwrap();
        writeln!(interactions, "i{person},OrderPlaced,2026-03-01T08:00:00Z,c{person}").unwrap();
    }
    [("accounts", accounts), ("contacts", contacts), ("interactions", interactions)].map(|(kind, rows)| {
        let name = format!("{kind}.csv");
        workspace.write(&name, &rows);
        (kind, workspace.root().join(name).display().to_string())
    })
}

/// Runs the program for so many milliseconds at most. Tells whether it came to its end.
#[allow(clippy::disallowed_methods, reason = "it is real time after which a process is killed")]
fn runs_for(workspace: &Workspace, arguments: &[&str], milliseconds: u64) -> bool {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tilework"));
    command.arg("-C").arg(workspace.root()).args(arguments).env("TILEWORK_STORE", workspace.store());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(milliseconds));
    let ended = child.try_wait().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    ended.is_some_and(|status| status.success())
}

/// What imports brought in, by ids.
fn imported(workspace: &Workspace) -> Vec<String> {
    let mut tables = workspace.tables();
    let mut lines = Vec::new();
    for sql in [
        "SELECT a.id, a.name FROM account a",
        "SELECT c.id, c.first_name, c.email, a.id FROM contact c JOIN account a ON a.key = c.account_key",
        "SELECT i.id, i.at, c.id, a.id FROM interaction i JOIN contact c ON c.key = i.contact_key
         LEFT JOIN account a ON a.key = i.account_key",
    ] {
        lines.extend(tables.rows(sql).into_iter().map(|row| row.join("|")));
    }
    lines.sort();
    lines
}

/// Kills each import again and again until one gets to its end; gives how often.
fn imports_are_killed(database: Database) -> usize {
    let calm = workspace(database);
    for (kind, file) in with_files(&calm, PEOPLE) {
        calm.program(&["import", kind, &file]).done();
    }
    let expected = imported(&calm);
    assert_eq!(expected.len(), ACCOUNTS + 2 * PEOPLE);
    let killed = workspace(database);
    let mut kills = 0;
    for (kind, file) in with_files(&killed, PEOPLE) {
        let mut milliseconds = shorter_or_longer(5);
        while !runs_for(&killed, &["import", kind, &file], milliseconds) {
            kills += 1;
            milliseconds += 1 + milliseconds / 3;
        }
    }
    assert_eq!(imported(&killed), expected, "killed {kills} times");
    kills
}

/// Kills `serve` again and again, then lets it get to the end; gives how often.
#[allow(clippy::disallowed_methods, reason = "it is real time in which it serves")]
fn serve_is_killed(database: Database) -> usize {
    const FEW: usize = 120;
    const KILLS: usize = 12;
    let workspace = workspace(database).file("journeys/busy.yaml", BUSY).file("journeys/tell.rhai", TELL);
    let [accounts, contacts, interactions] = with_files(&workspace, FEW);
    for (kind, file) in [&accounts, &contacts] {
        workspace.program(&["import", kind, file]).done();
    }
    for kill in 0..KILLS {
        let milliseconds = shorter_or_longer(150 + 60 * u64::try_from(kill).unwrap());
        assert!(!runs_for(&workspace, &["serve"], milliseconds), "it serves until it is killed");
        if kill == KILLS / 2 {
            workspace.program(&["import", interactions.0, &interactions.1]).done();
        }
    }
    let mut serving = workspace.serve();
    let done = vec![FEW.to_string(), (3 * FEW).to_string()];
    let mut states = Vec::new();
    for _ in 0..900 {
        let finished = "SELECT COUNT(*) FROM participant WHERE state = 2";
        let delivered = "SELECT COUNT(*) FROM outbox WHERE state = 3";
        states = workspace.tables().rows(&format!("SELECT ({finished}), ({delivered})")).remove(0);
        if states == done {
            break;
        }
        assert!(serving.is_alive(), "{}", serving.log());
        std::thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(states, done, "it didn't come to the end:\n{}", serving.log());
    drop(serving);
    let once = |what: &str, sql: &str, expected: usize| {
        let mut rows = workspace.tables().lines(sql);
        let all = rows.len();
        rows.sort();
        rows.dedup();
        assert_eq!((all, rows.len()), (expected, expected), "{what}");
    };
    let steps = "JOIN step s ON s.key = x.step_key";
    once("visits", &format!("SELECT x.contact_key, s.id FROM history x {steps}"), 8 * FEW);
    once("leads", &format!("SELECT x.account_id, s.id FROM lead x {steps}"), ACCOUNTS);
    once(
        "activities",
        &format!("SELECT x.account_key, x.contact_key, s.id FROM activity x {steps}"),
        ACCOUNTS + FEW,
    );
    once("messages", &format!("SELECT x.contact_key, s.id FROM outbox x {steps} WHERE x.state = 3"), 3 * FEW);
    let mut mails: Vec<String> =
        workspace.mails().into_iter().map(|(_, mail)| header(&mail, "To: ")).collect();
    mails.sort();
    let twice: Vec<String> = mails.iter().step_by(2).cloned().collect();
    assert_eq!((mails.len(), twice.len()), (2 * FEW, FEW));
    assert!(mails.chunks(2).all(|pair| pair[0] == pair[1]), "each address got both mails: {mails:?}");
    assert_eq!(workspace.files("sales").len(), FEW);
    KILLS
}

fn header(mail: &str, name: &str) -> String {
    mail.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned()
}

#[test]
fn imports_and_serve_that_are_killed_lose_nothing_and_do_nothing_twice() {
    repeatedly(|| {
        for database in Database::BOTH {
            let kills = imports_are_killed(database) + serve_is_killed(database);
            assert!(kills >= 20, "{kills} kills on {database:?}");
        }
    });
}
