//! Real data: four years of orders. The numbers were worked out without this program.

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

use tilework::{interactions::ImportKind, model::time::DAY};

use crate::support::{
    dump::assert_same,
    files::repository,
    workspace::{Database, Workspace, on_both, without_dates},
    world::{World, at},
};

const KINDS: [(ImportKind, &str, u64); 3] = [
    (ImportKind::Accounts, "accounts.csv", 99),
    (ImportKind::Contacts, "contacts.csv", 793),
    (ImportKind::Interactions, "orders.csv", 9_994),
];

/// The data, where this machine has them. They aren't ours to put into the repository.
#[allow(clippy::disallowed_macros, reason = "what is skipped has to be said")]
pub(crate) fn data() -> Option<PathBuf> {
    let folder = repository().join("../shared/data/saas-sales");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: there is no `../shared/data/saas-sales`");
    None
}

/// A workspace into which the data were imported, once for each database.
pub(crate) fn imported(database: Database, data: &Path) -> Workspace {
    static SQLITE: OnceLock<Workspace> = OnceLock::new();
    static POSTGRES: OnceLock<Workspace> = OnceLock::new();
    let slot = if database == Database::Sqlite { &SQLITE } else { &POSTGRES };
    slot.get_or_init(|| {
        let workspace = Workspace::on(database).definitions_of(&repository().join("tests/saas_sales"));
        let mut world = workspace.open();
        for (kind, file, rows) in KINDS {
            let csv = std::fs::read(data.join(file)).unwrap();
            let (summary, rejects) = world.try_import(kind, &csv);
            assert!(rejects.is_empty(), "{rejects:?}");
            assert_eq!((summary.read, summary.created), (rows, rows), "{file}");
        }
        world.store.analyze().unwrap();
        workspace
    })
    .copy()
}

#[test]
fn importing_the_files_again_changes_nothing() {
    let Some(data) = data() else { return };
    on_both(|database| {
        let mut world = imported(database, &data).open();
        let everything = [
            "SELECT * FROM account ORDER BY key",
            "SELECT * FROM contact ORDER BY key",
            "SELECT * FROM interaction ORDER BY key",
        ];
        let before = everything.map(|sql| world.tables().rows(sql));
        for (kind, file, rows) in KINDS {
            let (summary, rejects) = world.try_import(kind, &std::fs::read(data.join(file)).unwrap());
            assert!(rejects.is_empty(), "{rejects:?}");
            assert_eq!((summary.read, summary.created), (rows, 0), "{file}");
        }
        assert!(everything.map(|sql| world.tables().rows(sql)) == before, "on {database:?}");
    });
}

#[test]
fn segments_have_the_members_that_were_counted_by_hand() {
    let Some(data) = data() else { return };
    on_both(|database| {
        let mut world = imported(database, &data).open();
        world.tick("2024-01-01 00:00");
        let counts = world.tables().lines(
            "SELECT s.name, s.target, (SELECT COUNT(*) FROM membership m WHERE m.segment_key = s.key), s.size
             FROM segment s ORDER BY s.name",
        );
        let expected = [
            "americas account 72 72",
            "either contact 130 130",
            "emea-accounts account 61 61",
            "energy-large contact 60 60",
            "finance-emea contact 70 70",
            "finance-support contact 12 12",
            "middling account 33 33",
            "support-buyers contact 129 129",
        ];
        assert_eq!(counts, expected, "on {database:?}");
    });
}

const END: &str = "2023-04-15 09:00";

fn by_a_run_a_day(world: &mut World) {
    let mut now = at("2023-02-27 09:00");
    while now <= at(END) {
        world.try_tick(now).unwrap();
        now += DAY;
    }
}

/// What the two journeys came to.
fn numbers(world: &mut World) -> Vec<String> {
    let mut found = world.tables().lines(
        "SELECT j.name, COUNT(*), COUNT(DISTINCT p.account_key), SUM(CASE p.state WHEN 2 THEN 1 ELSE 0 END)
         FROM participant p JOIN iteration t ON t.key = p.iteration_key JOIN journey j ON j.key = t.journey_key
         GROUP BY j.name ORDER BY j.name",
    );
    found.extend(world.tables().lines(
        "SELECT j.name, s.id, h.path, COUNT(*), COUNT(DISTINCT h.account_key)
         FROM history h JOIN step s ON s.key = h.step_key JOIN journey j ON j.key = s.journey_key
         WHERE s.id = 'ordered' GROUP BY j.name, s.id, h.path ORDER BY j.name, h.path",
    ));
    for table in ["lead", "activity"] {
        found.extend(world.tables().lines(&format!(
            "SELECT '{table}', j.name, s.id, COUNT(*), COUNT(DISTINCT r.id), COUNT(DISTINCT r.subject_account_key)
             FROM {table} r JOIN step s ON s.key = r.step_key JOIN journey j ON j.key = s.journey_key
             GROUP BY j.name, s.id ORDER BY j.name, s.id"
        )));
    }
    found.extend(world.tables().lines(
        "SELECT 'mail', j.name, o.state, COUNT(*) FROM outbox o JOIN step s ON s.key = o.step_key
         JOIN journey j ON j.key = s.journey_key GROUP BY j.name, o.state ORDER BY j.name",
    ));
    found
}

/// What all runs come to, whatever the database: in full when played, and without ticks.
static PLAYED: OnceLock<String> = OnceLock::new();
static WITHOUT_TICKS: OnceLock<String> = OnceLock::new();
static MAILS: OnceLock<Vec<(String, String)>> = OnceLock::new();

/// Runs the journeys in batches of several sizes, played in one go and once a day.
fn come_to_the_numbers(database: Database, data: &Path) {
    let expected = [
        "by-account 70 20 70",
        "by-contact 70 20 70",
        "by-account ordered else 43 14",
        "by-account ordered then 27 6",
        "by-contact ordered else 63 20",
        "by-contact ordered then 7 6",
        "lead by-account lead 6 6 6",
        "lead by-account lead-each 27 27 6",
        "lead by-contact lead 6 6 6",
        "activity by-account call 6 6 6",
        "activity by-contact call 6 6 6",
        "mail by-account 3 70",
        "mail by-contact 3 70",
    ];
    for size in [1, 7, 5_000] {
        for daily in [false, true] {
            let how = if daily { "daily" } else { "played" };
            let what = format!("{database:?}, batches of {size}, {how}");
            let mut world = imported(database, data).open().batches_of(size);
            match daily {
                true => by_a_run_a_day(&mut world),
                false => world.play(END),
            }
            assert_eq!(numbers(&mut world), expected, "{what}");
            if !daily {
                let state = world.state();
                assert_same(&what, PLAYED.get_or_init(|| state.clone()), &state);
            }
            // A run a day hands mail over, and looks at segments and at those who wait, at nine o'clock:
            // when that was is all that may differ.
            let state = world.tables().state_without_ticks();
            assert_same(&what, WITHOUT_TICKS.get_or_init(|| state.clone()), &state);
            let mails = world.workspace.mails();
            assert_eq!(mails.len(), 140, "{what}");
            let (dates, mails) = without_dates(mails);
            let at_nine = |date: &String| date.ends_with(" 09:00:00 +0000");
            assert!(!daily || dates.iter().all(at_nine), "{what}: a mail is dated when it leaves: {dates:?}");
            assert!(*MAILS.get_or_init(|| mails.clone()) == mails, "{what}: other mails");
        }
    }
}

#[test]
fn journeys_come_to_the_numbers_counted_by_hand_however_they_are_run_on_sqlite() {
    let Some(data) = data() else { return };
    come_to_the_numbers(Database::Sqlite, &data);
}

#[test]
fn journeys_come_to_the_numbers_counted_by_hand_however_they_are_run_on_postgres() {
    let Some(data) = data() else { return };
    come_to_the_numbers(Database::Postgres, &data);
}
