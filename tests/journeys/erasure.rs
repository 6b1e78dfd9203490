//! Erasing a contact: it stops at once, nothing tells of it any more, and the numbers stay.

use tilework::{
    interactions::{ImportKind, ImportSummary},
    store::{Erased, ListFilter, StoreAddress},
};

use super::{EVERYONE, workspace};
use crate::support::{
    files::repository,
    workspace::{Database, SETTINGS, on_both},
    world::{World, at},
};

const STEPS: &str = "
  - id: invite
    tile: email
    with: { email: invite }
  - id: task
    tile: activity
    with: { type: task, for_each: contact, assign_to: journey_owner, subject: 'Write to {{contact.first_name}}' }
  - id: lead
    tile: create_lead
    with: { for_each: contact, topic: '{{contact.first_name}} looked' }
  - id: ordered
    tile: trigger
    with:
      based_on: account
      when: { did: OrderPlaced }
      timeout: 30 days
  - id: reminder
    tile: email
    with: { email: invite }
  - id: long
    tile: wait
    with: { for: 60 days }
";

/// Zelda and Bob of acme, of whom Zelda ordered, and Cy of globex; mails are held for two days, so that the
/// reminders of the first two haven't left.
fn on_the_way(database: Database) -> World {
    let settings = SETTINGS.replace("directory: mail", "directory: mail\n    hold: 2 days");
    let mut world = workspace(database, EVERYONE, STEPS).file("tilework.yaml", &settings).open();
    world.accounts(&["acme", "globex"]);
    world.contacts(&[("zelda-9", "acme"), ("bob", "acme"), ("cy", "globex")]);
    world.set("zelda-9", "first_name", "Zelda");
    world.set("zelda-9", "email", "zelda@acme.example");
    world.import(ImportKind::Accounts, "id,primary_contact_id\nacme,zelda-9\n");
    world.tick("2026-03-01 08:00");
    world.did("zelda-9", "OrderPlaced", "2026-03-04 10:00");
    world.tick("2026-03-04 12:00");
    world
}

/// How many came to each step of the journey, how many entered, are in it, finished and were stopped.
fn numbers(world: &mut World) -> Vec<String> {
    let mut numbers = world.tables().lines(
        "SELECT s.id, COUNT(*) FROM history h JOIN step s ON s.key = h.step_key GROUP BY s.id ORDER BY s.id",
    );
    numbers.extend(
        world.tables().lines("SELECT state, COUNT(*) FROM participant GROUP BY state ORDER BY state"),
    );
    numbers
}

/// All that stands in the store, row by row.
fn everything(world: &mut World) -> Vec<String> {
    let folder = repository().join("src/store/tables/migrations");
    let mut lines = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for table in text.split("CREATE TABLE ").skip(1) {
            let table = table.split([' ', '(']).next().unwrap();
            let rows = world.tables().rows(&format!("SELECT * FROM {table}"));
            lines.extend(rows.into_iter().map(|row| format!("{table}: {}", row.join(", "))));
        }
    }
    lines
}

fn telling_of_zelda(world: &mut World) -> Vec<String> {
    everything(world).into_iter().filter(|line| line.to_lowercase().contains("zelda")).collect()
}

#[test]
fn rule_9_an_erased_contact_stops_at_once_and_nothing_tells_of_it() {
    on_both(|database| {
        let mut world = on_the_way(database);
        assert!(telling_of_zelda(&mut world).len() > 5, "there is something to erase");
        assert_eq!(world.because("bob", "ordered"), "satisfied by zelda-9 at 2026-03-04T10:00:00Z");
        let erased = world.store.erase_contact("zelda-9", "a key", at("2026-03-04 13:00")).unwrap().unwrap();
        let expected = Erased { stopped: 1, interactions: 2, leads: 1, activities: 1, messages: 1 };
        assert_eq!(erased, expected, "the order, the mail that left; the reminder hadn't");
        assert_eq!(telling_of_zelda(&mut world), [""; 0]);
        if let StoreAddress::Sqlite(path) = world.workspace.address() {
            let bytes = std::fs::read(path).unwrap();
            let found = bytes.windows(5).any(|five| five.eq_ignore_ascii_case(b"zelda"));
            assert!(!found, "nor does anything in the file");
        }
        assert_eq!(world.store.erase_contact("zelda-9", "a key", at("2026-03-04 13:00")).unwrap(), None);
    });
}

#[test]
fn rule_9_what_an_erased_contact_counted_for_stays_and_others_go_on() {
    on_both(|database| {
        let mut world = on_the_way(database);
        let mut before = numbers(&mut world);
        world.store.erase_contact("zelda-9", "a key", at("2026-03-04 13:00")).unwrap();
        let stopped = world.tables().lines("SELECT state, reason, ended_at FROM participant WHERE state = 3");
        assert_eq!(stopped, [format!("3 erased {}", at("2026-03-04 13:00"))]);
        let now = numbers(&mut world);
        before.retain(|line| !line.starts_with("1 ") && !line.starts_with("3 "));
        assert!(before.iter().all(|line| now.contains(line)), "{before:?} in {now:?}");
        world.play("2026-06-30 08:00");
        world.ways(&[
            ("bob", "invite task lead ordered.then reminder long | finished"),
            ("cy", "invite task lead ordered.else reminder long | finished"),
        ]);
        assert_eq!(world.because("bob", "ordered"), "satisfied by contacts of whom one was erased since");
        assert_eq!(telling_of_zelda(&mut world), [""; 0], "nothing brings it back");
        assert_eq!(world.tables().lines("SELECT size FROM segment WHERE name = 'everyone'"), ["2"]);
    });
}

/// The key of hashes, which the machine's chance makes otherwise.
const KEY: &str = "0123456789abcdef";

/// How an import fared: created, updated, unchanged, rejected, erased.
fn imported(world: &mut World, kind: ImportKind, csv: &str) -> [u64; 5] {
    let (summary, _) = world.try_import(kind, csv.as_bytes());
    let ImportSummary { read, created, updated, unchanged, rejected, erased, .. } = summary;
    assert_eq!(read, created + updated + unchanged + rejected + erased);
    [created, updated, unchanged, rejected, erased]
}

#[test]
fn rule_47_imports_skip_the_erased_and_say_how_many() {
    on_both(|database| {
        let mut world = on_the_way(database);
        world.store.erase_contact("zelda-9", KEY, at("2026-03-04 13:00")).unwrap();
        let contacts = "id,account_id,email\nzelda-9,acme,\nzz-1,acme,Zelda@ACME.example\nnew,acme,new@acme.example\n\
                        bob,acme,zelda@acme.example\n";
        // By the id; by the address; but nobody who is there already, whatever the address.
        assert_eq!(imported(&mut world, ImportKind::Contacts, contacts), [1, 1, 0, 0, 2]);
        assert_eq!(imported(&mut world, ImportKind::Contacts, contacts), [0, 0, 2, 0, 2]);
        let interactions = "id,type,at,contact_id\ni1,OrderPlaced,2026-03-04T10:00:00Z,zelda-9\n\
                            i2,OrderPlaced,2026-03-04T10:00:00Z,cy\ni3,OrderPlaced,2026-03-04T10:00:00Z,nobody\n";
        assert_eq!(imported(&mut world, ImportKind::Interactions, interactions), [1, 0, 0, 1, 1]);
        let leads = "id,contact_id,email\nl1,zelda-9,\nl2,,zelda@acme.example\nl3,cy,cy@people.example\n";
        assert_eq!(imported(&mut world, ImportKind::Leads, leads), [1, 0, 0, 0, 2]);
        let accounts = "id,primary_contact_id\nacme,zelda-9\nglobex,cy\n";
        assert_eq!(imported(&mut world, ImportKind::Accounts, accounts), [0, 1, 1, 0, 0]);
        let primary =
            world.tables().lines("SELECT id, COALESCE(primary_contact_id, '-') FROM account ORDER BY id");
        assert_eq!(primary, ["acme -", "globex cy"], "the erased is nobody's primary contact");
        let mut telling = telling_of_zelda(&mut world);
        telling.retain(|line| line.contains("zelda-9"));
        assert_eq!(telling, [""; 0], "bob alone has the address");
    });
}

#[test]
fn rule_47_an_address_that_others_have_too_is_not_the_erased_alone() {
    on_both(|database| {
        let mut world = on_the_way(database);
        world.set("bob", "email", "ZELDA@acme.example");
        world.store.erase_contact("zelda-9", KEY, at("2026-03-04 13:00")).unwrap();
        let contacts = "id,email\nzelda-9,zelda@acme.example\nnew,zelda@acme.example\n";
        assert_eq!(imported(&mut world, ImportKind::Contacts, contacts), [1, 0, 0, 0, 1]);
    });
}

#[test]
fn rule_47_the_key_of_the_hashes_does_not_change() {
    on_both(|database| {
        let mut world = on_the_way(database);
        world.store.erase_contact("zelda-9", KEY, at("2026-03-04 13:00")).unwrap();
        world.store.erase_contact("cy", "another key", at("2026-03-04 14:00")).unwrap();
        assert_eq!(imported(&mut world, ImportKind::Contacts, "id\nzelda-9\ncy\n"), [0, 0, 0, 0, 2]);
        let hashes = world.tables().lines("SELECT COUNT(*) FROM erased WHERE LENGTH(hash) = 64");
        assert_eq!(hashes, ["4"], "two ids, two addresses, and nothing else");
    });
}

#[test]
fn rule_47_the_key_of_the_hashes_lies_outside_the_tables_and_is_missed_when_it_is_gone() {
    on_both(|database| {
        let mut world = on_the_way(database);
        world.store.erase_contact("zelda-9", KEY, at("2026-03-04 13:00")).unwrap();
        let values = world.tables().lines("SELECT value FROM setting");
        assert!(values.iter().all(|value| !value.contains(KEY)), "{values:?}");
        let workspace = world.close();
        let files = std::fs::read_dir(workspace.root()).unwrap().map(|entry| entry.unwrap().path());
        let keys: Vec<_> = files.filter(|path| path.extension().is_some_and(|end| end == "key")).collect();
        let [file] = keys.as_slice() else { panic!("{keys:?}") };
        let key = std::fs::read_to_string(file).unwrap();
        assert_eq!(key.trim(), KEY);
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(file).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600, "nobody else may read it");

        workspace.write("back.csv", "id\nzelda-9\n");
        let back = workspace.root().join("back.csv");
        let import = || workspace.program(&["import", "contacts", back.to_str().unwrap()]);
        for wrong in [None, Some("another key")] {
            match wrong {
                None => std::fs::remove_file(file).unwrap(),
                Some(text) => std::fs::write(file, text).unwrap(),
            }
            let refused = import();
            assert_eq!(refused.code, 4, "{}", refused.stderr);
            assert!(
                refused.stderr.contains("the key by which erased contacts are known"),
                "{}",
                refused.stderr
            );
            assert!(refused.stderr.contains("Copy the file"), "{}", refused.stderr);
            assert_eq!(workspace.tables().lines("SELECT COUNT(*) FROM contact WHERE id = 'zelda-9'"), ["0"]);
        }
        workspace.program(&["run", "--now", "2026-03-05 08:00"]).done();
        std::fs::write(file, key).unwrap();
        assert!(import().done().contains("1 erased skipped"));
    });
}

/// The keys of messages and the ids of leads and activities.
fn keys_of_effects(world: &mut World) -> Vec<String> {
    let mut keys = Vec::new();
    world
        .store
        .messages(None, &ListFilter::default(), &mut |message| {
            keys.push(message.key);
            Ok(())
        })
        .unwrap();
    keys.extend(world.tables().lines("SELECT id FROM lead UNION ALL SELECT id FROM activity"));
    keys
}

#[test]
fn rule_47_who_is_forgotten_may_come_in_again_and_no_effect_has_a_key_of_former_ones() {
    on_both(|database| {
        let mut world = on_the_way(database);
        let before = keys_of_effects(&mut world);
        assert!(before.contains(&"spring/1/invite/1/zelda-9/0".to_owned()), "{before:?}");
        world.store.forget_contact("zelda-9", KEY, at("2026-03-04 13:00")).unwrap();
        assert_eq!(world.tables().lines("SELECT COUNT(*) FROM erased"), ["0"]);
        world.contacts(&[("zelda-9", "acme"), ("eve", "")]);
        world.tick("2026-03-05 08:00");
        let participants = world.tables().lines("SELECT COUNT(*) FROM participant");
        assert_eq!(participants, ["5"], "of whom one is nobody any more");
        let theirs: Vec<String> = before.iter().filter(|key| key.contains("zelda")).cloned().collect();
        let after = keys_of_effects(&mut world);
        assert!(theirs.iter().all(|key| !after.contains(key)), "{theirs:?} in {after:?}");
        assert!(after.contains(&"spring/1/invite/1.1/zelda-9/0".to_owned()), "{after:?}");
        // Mails are held for two days. The new invitation leaves beside that of the erased.
        world.tick("2026-03-08 08:00");
        let mails = world.workspace.mails();
        let invitations = |key: &str| mails.iter().filter(|(name, _)| name.contains(key)).count();
        assert_eq!(invitations("spring.1.invite.1.zelda-9."), 1, "{mails:?}");
        assert_eq!(invitations("spring.1.invite.1.1.zelda-9."), 1, "{mails:?}");
        let message = world.store.message("spring/1/invite/1.1/zelda-9/0", &[], &[]).unwrap();
        assert!(message.is_some(), "it is found by its key");
    });
}

#[test]
fn rule_47_the_command_says_what_it_keeps_and_the_import_what_it_skips() {
    let workspace = on_the_way(Database::Sqlite).close().file("again.csv", "id\nzelda-9\nnew\n");
    let file = workspace.root().join("again.csv");
    let import = || workspace.program(&["import", "contacts", file.to_str().unwrap()]).done();
    let erased = workspace.program(&["contact", "erase", "zelda-9", "--yes"]).done();
    assert!(erased.contains("Keyed hashes of the id and the address are kept"), "{erased}");
    assert_eq!(
        import(),
        "contacts: 2 rows read, 1 created, 0 updated, 0 unchanged, 0 rejected, 1 erased skipped\n"
    );
    let forgotten = workspace.program(&["contact", "erase", "new", "--yes", "--forget"]).done();
    assert!(forgotten.contains("No hash of the id is kept"), "{forgotten}");
    assert!(import().contains(" 1 created, "), "whoever is forgotten comes in again");
}
