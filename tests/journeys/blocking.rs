//! Consent, suppression, deactivation: checked on entry, on the way, and before a message leaves.

use tilework::interactions::ImportKind;

use super::{EVERYONE, populated, workspace};
use crate::support::{
    workspace::{Database, SETTINGS, on_both},
    world::World,
};

const STEPS: &str = "
  - id: pause
    tile: wait
    with: { for: 1 day }
  - id: invite
    tile: email
    with: { email: invite }
  - id: long
    tile: wait
    with: { for: 30 days }
";

/// The usual world, in which an unrecorded consent is none.
fn world(database: Database, keys: &str, steps: &str) -> World {
    let settings = SETTINGS.replace("unrecorded: marketing", "unrecorded: none");
    populated(&workspace(database, keys, steps).file("tilework.yaml", &settings))
}

fn all_checks() -> String {
    format!("{EVERYONE}\nsuppress: [competitors, buyers]\nconsent: marketing")
}

/// Everybody consents, so that each story may say who doesn't.
fn consent_of_all(world: &mut World) {
    for contact in ["ada", "bob", "cy", "dan"] {
        world.set(contact, "consent", "marketing");
    }
}

#[test]
fn rule_9_who_is_inactive_suppressed_or_below_the_consent_does_not_enter() {
    on_both(|database| {
        let mut world = world(database, &all_checks(), STEPS);
        world.contacts(&[("eve", "globex"), ("fay", "globex"), ("gus", "globex")]);
        for (contact, field, value) in [
            ("ada", "consent", "marketing"),
            ("ada", "status", "inactive"),
            ("bob", "consent", "marketing"),
            ("bob", "role", "buyer"),
            ("cy", "consent", "transactional"),
            ("eve", "consent", "profiling"),
            ("fay", "consent", "marketing"),
        ] {
            world.set(contact, field, value);
        }
        world.tick("2026-03-01 08:00");
        let entered = world
            .tables()
            .lines("SELECT c.id FROM participant p JOIN contact c ON c.key = p.contact_key ORDER BY c.id");
        assert_eq!(entered, ["eve", "fay"], "an unrecorded consent is none");
    });
}

#[test]
fn rule_9_without_the_key_consent_nobody_is_asked_for_it() {
    for keys in [EVERYONE.to_owned(), format!("{EVERYONE}\nconsent: none")] {
        let mut world = world(Database::Sqlite, &keys, STEPS);
        world.set("ada", "consent", "none");
        world.tick("2026-03-01 08:00");
        world.ways(&[("ada", "| at pause"), ("bob", "| at pause")]);
    }
}

#[test]
fn rule_9_what_changes_on_the_way_stops_a_participant_at_once() {
    on_both(|database| {
        let mut world = world(database, &all_checks(), STEPS);
        consent_of_all(&mut world);
        world.tick("2026-03-01 08:00");
        world.tick("2026-03-02 08:00");
        world.set("ada", "status", "inactive");
        world.set("bob", "consent", "transactional");
        world.import(ImportKind::Accounts, "id,status\nglobex,competitor\n");
        world.tick("2026-03-02 12:00");
        world.ways(&[
            ("ada", "pause invite long! | stopped: inactive"),
            ("bob", "pause invite long! | stopped: below_marketing"),
            ("cy", "pause invite long! | stopped: suppressed"),
            ("dan", "pause invite | at long"),
        ]);
        assert_eq!(world.left("ada", "long"), "2026-03-02T12:00:00Z");
        // Back again, it doesn't go on.
        world.set("ada", "status", "active");
        world.tick("2026-04-01 08:00");
        world.ways(&[
            ("ada", "pause invite long! | stopped: inactive"),
            ("dan", "pause invite long | finished"),
        ]);
    });
}

#[test]
fn rule_9_what_changes_at_the_moment_of_a_step_stops_before_the_step() {
    on_both(|database| {
        let mut world = world(database, &all_checks(), STEPS);
        consent_of_all(&mut world);
        world.tick("2026-03-01 08:00");
        world.set("ada", "consent", "none");
        world.tick("2026-03-02 08:00");
        world.ways(&[("ada", "pause! | stopped: below_marketing"), ("bob", "pause invite | at long")]);
        assert_eq!(world.messages(), ["bob invite delivered", "cy invite delivered", "dan invite delivered"]);
    });
}

#[test]
fn rule_9_consent_is_looked_at_again_before_a_message_leaves() {
    on_both(|database| {
        let settings = SETTINGS.replace("directory: mail", "directory: mail\n    hold: 10 minutes");
        let mut world = world(database, &all_checks(), STEPS);
        world.write("tilework.yaml", &settings);
        consent_of_all(&mut world);
        world.tick("2026-03-01 08:00");
        world.tick("2026-03-02 08:00");
        assert_eq!(world.messages().len(), 4);
        assert!(
            world.messages().iter().all(|message| message.ends_with("waiting")),
            "{:?}",
            world.messages()
        );

        world.set("ada", "consent", "transactional");
        world.set("bob", "role", "buyer");
        world.set("cy", "status", "inactive");
        world.tick("2026-03-02 08:10");
        assert_eq!(
            world.messages(),
            [
                "ada invite blocked below_marketing",
                "bob invite blocked suppressed",
                "cy invite blocked inactive",
                "dan invite delivered",
            ]
        );
        world.ways(&[
            ("ada", "pause invite long! | stopped: below_marketing"),
            ("bob", "pause invite long! | stopped: suppressed"),
            ("cy", "pause invite long! | stopped: inactive"),
            ("dan", "pause invite | at long"),
        ]);
        assert_eq!(world.workspace.mails().len(), 1);
        let recorded = world.tables().lines(
            "SELECT t.name, c.id, i.email_text, i.reason_text, i.journey, i.iteration, i.step FROM interaction i
             JOIN interaction_type t ON t.key = i.type_key JOIN contact c ON c.key = i.contact_key ORDER BY c.id",
        );
        assert_eq!(
            recorded,
            [
                "EmailBlocked ada invite below_marketing spring 1 invite",
                "EmailBlocked bob invite suppressed spring 1 invite",
                "EmailBlocked cy invite inactive spring 1 invite",
                "EmailSent dan invite  spring 1 invite",
            ]
        );
    });
}

#[test]
fn rule_9_who_was_stopped_gets_no_message_that_still_waits() {
    on_both(|database| {
        let settings = SETTINGS.replace("directory: mail", "directory: mail\n    hold: 2 days");
        let mut world = world(database, &all_checks(), STEPS);
        world.write("tilework.yaml", &settings);
        consent_of_all(&mut world);
        world.tick("2026-03-01 08:00");
        world.tick("2026-03-02 08:00");
        world.set("ada", "status", "inactive");
        world.tick("2026-03-03 08:00");
        world.set("ada", "status", "active");
        world.tick("2026-03-04 08:00");
        assert_eq!(
            world.messages(),
            [
                "ada invite blocked inactive",
                "bob invite delivered",
                "cy invite delivered",
                "dan invite delivered"
            ]
        );
    });
}

#[test]
fn rule_9_who_is_kept_out_is_told_apart_from_who_was_stopped() {
    on_both(|database| {
        let mut world = world(database, &all_checks(), STEPS);
        world.set("ada", "consent", "marketing");
        world.set("bob", "consent", "marketing");
        world.tick("2026-03-01 08:00");
        world.set("bob", "consent", "none");
        world.tick("2026-03-01 12:00");
        let shown = world.close().program(&["journey", "show", "spring"]).done();
        let expected = "4 in audience, 2 entered: 2 below marketing\n1 active, 0 finished, 1 stopped: 1 below marketing\n";
        assert!(shown.contains(expected), "{shown}");
    });
}

#[test]
fn rule_9_the_audience_of_now_adds_up_and_why_somebody_did_not_enter_is_told_later() {
    on_both(|database| {
        let mut world = world(database, &all_checks(), STEPS);
        consent_of_all(&mut world);
        world.set("bob", "status", "inactive");
        world.set("dan", "status", "inactive");
        world.tick("2026-03-01 08:00");
        world.set("bob", "status", "active");
        let workspace = world.close();
        let shown = workspace.program(&["journey", "show", "spring"]).done();
        assert!(
            shown.contains("4 in audience, 2 entered: 1 inactive, 1 not let in yet\n2 active, 0 finished, 0 stopped\nkept out when a run looked last, and never entered: 2 inactive\n"),
            "{shown}"
        );
        let told = |contact: &str| workspace.program(&["why", "contact", contact]).done();
        assert!(told("bob").contains("it was kept out at 2026-03-01T08:00:00Z: inactive"), "{}", told("bob"));
        assert!(!told("ada").contains("kept out"), "{}", told("ada"));
        workspace.program(&["run", "--now", "2026-03-01 09:00"]).done();
        assert!(!told("bob").contains("kept out"), "who entered isn't kept out: {}", told("bob"));
    });
}
