//! Runs that are killed while mail is on its way.

use std::{
    collections::BTreeMap,
    process::{Command, Stdio},
    time::Duration,
};

use super::{messages, workspace};
use crate::support::{smtp::Sink, workspace::Database};

#[test]
#[allow(clippy::disallowed_methods, reason = "a process is killed some while after it began")]
fn rule_19_killed_while_it_hands_over_nothing_is_lost_and_nothing_is_sent_twice() {
    const PEOPLE: usize = 400;
    const CONNECTIONS: usize = 3;
    for database in Database::BOTH {
        let sink = Sink::plain();
        let names: Vec<String> = (0..PEOPLE).map(|number| format!("p{number:03}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let more = format!("    encryption: none\n    connections: {CONNECTIONS}\n");
        let workspace = workspace(database, &sink, &more, &names);
        let mut kills = 0;
        for attempt in 0..200_u64 {
            let mut command = Command::new(env!("CARGO_BIN_EXE_tilework"));
            command
                .arg("-C")
                .arg(workspace.root())
                .args(["run", "--quiet"])
                .env("TILEWORK_STORE", workspace.store());
            let mut run =
                command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            // It is killed once it sent some more mails, so that no machine is too fast to be killed.
            let goal = sink.got().len() + attempt as usize * 7 % 40;
            let mut ended = run.try_wait().unwrap().is_some();
            while !ended && sink.got().len() < goal {
                std::thread::sleep(Duration::from_millis(1));
                ended = run.try_wait().unwrap().is_some();
            }
            std::thread::sleep(Duration::from_millis(attempt * 3 % 10));
            if ended || run.try_wait().unwrap().is_some() {
                break;
            }
            run.kill().unwrap();
            run.wait().unwrap();
            kills += 1;
        }
        workspace.program(&["run"]);
        let mut times: BTreeMap<String, usize> = BTreeMap::new();
        for letter in sink.got() {
            *times.entry(letter.to).or_default() += 1;
        }
        let twice: Vec<(&String, &usize)> = times.iter().filter(|(_, times)| **times > 1).collect();
        assert!(twice.is_empty(), "{database:?}: sent more than once: {twice:?}");
        let lines = messages(&workspace);
        assert_eq!(lines.len(), PEOPLE, "{database:?}");
        let count = |state: &str| lines.iter().filter(|line| line.contains(&format!(" {state}"))).count();
        let (delivered, unknown) = (count("delivered"), count("unknown"));
        assert_eq!(delivered + unknown, PEOPLE, "{database:?}: {lines:?}");
        assert!(unknown <= kills * CONNECTIONS, "{database:?}: {unknown} unknown after {kills} kills");
        // What was delivered arrived; of the unknown some did.
        assert!(times.len() >= delivered && times.len() <= PEOPLE, "{database:?}");
        assert!(kills > 2, "{database:?}: it was killed {kills} times only");
    }
}
