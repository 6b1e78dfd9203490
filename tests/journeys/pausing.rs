//! Journeys that hold still, and go on.

use super::{EVERYONE, ORDERED, journey, world};
use crate::support::workspace::{SETTINGS, Workspace, on_both};

const STEPS: &str = "
  - id: invite
    tile: email
    with: { email: invite }
  - id: pause
    tile: wait
    with: { for: 5 days }
  - id: notice
    tile: email
    with: { email: notice }
";

fn said(workspace: &Workspace, arguments: &[&str]) -> String {
    workspace.program(arguments).done()
}

#[test]
fn a_paused_journey_lets_nobody_in_moves_nobody_and_hands_nothing_over() {
    on_both(|database| {
        let mut first = world(database, EVERYONE, STEPS);
        first.write(
            "tilework.yaml",
            &SETTINGS.replace("directory: mail", "directory: mail\n    hold: 1 hour"),
        );
        first.tick("2026-03-01 08:00");
        let workspace = first.close();
        assert_eq!(
            said(&workspace, &["pause", "spring"]),
            "spring is paused: nobody enters or moves, and its messages wait\n"
        );
        assert_eq!(said(&workspace, &["pause", "spring"]), "spring was paused already\n");
        let mut world = workspace.open();
        world.contacts(&[("eve", "acme")]);
        world.play("2026-03-06 12:00");
        world.ways(&[("ada", "invite | at pause"), ("eve", "never entered")]);
        assert!(
            world.messages().iter().all(|message| message.ends_with("waiting")),
            "{:?}",
            world.messages()
        );
        let workspace = world.close();
        let shown = said(&workspace, &["journey", "show", "spring"]);
        assert!(shown.contains("It is paused since 2026-03-01T08:00:00Z"), "{shown}");
        let listed = said(&workspace, &["journey", "list"]);
        assert!(listed.contains("paused"), "{listed}");
        let story = said(&workspace, &["why", "contact", "ada"]);
        assert!(story.contains("paused: spring since 2026-03-01T08:00:00Z"), "{story}");
        let story = said(&workspace, &["why", "contact", "eve"]);
        assert!(story.contains("spring: in its audience; it is paused since"), "{story}");

        said(&workspace, &["resume", "spring"]);
        let mut world = workspace.open();
        world.tick("2026-03-06 12:00");
        world.ways(&[("ada", "invite pause notice | finished"), ("eve", "invite | at pause")]);
        assert_eq!(world.left("ada", "pause"), "2026-03-06T08:00:00Z", "four hours late");
        world.play("2026-03-06 14:00");
        assert_eq!(world.workspace.mails().len(), 9);
    });
}

#[test]
fn rule_14_after_a_long_pause_what_comes_next_counts_from_the_resumption() {
    on_both(|database| {
        let steps = format!("{STEPS}\n  - id: again\n    tile: wait\n    with: {{ for: 3 days }}\n");
        let mut first = world(database, EVERYONE, &steps);
        first.tick("2026-03-01 08:00");
        let workspace = first.close();
        said(&workspace, &["pause", "spring"]);
        let mut world = workspace.open();
        world.play("2026-03-20 08:00");
        world.ways(&[("ada", "invite | at pause")]);
        let workspace = world.close();
        said(&workspace, &["resume", "spring"]);
        let mut world = workspace.open();
        world.play("2026-03-24 08:00");
        assert_eq!(world.left("ada", "pause"), "2026-03-20T08:00:00Z");
        assert_eq!(world.left("ada", "again"), "2026-03-23T08:00:00Z", "mails keep their distance");
    });
}

#[test]
fn a_paused_journey_holds_nobody_else_up() {
    on_both(|database| {
        let asks = ORDERED.replace("did: OrderPlaced", "did: EmailSent").replace("30 days", "1 hour");
        let steps = format!("\n  - id: invite\n    tile: email\n    with: {{ email: invite }}\n{asks}");
        let mut first = world(database, EVERYONE, &steps);
        first.write(
            "tilework.yaml",
            &SETTINGS.replace("directory: mail", "directory: mail\n    hold: 1 hour"),
        );
        first.tick("2026-03-01 08:00");
        let workspace = first.close();
        said(&workspace, &["pause", "spring"]);
        let other = journey(EVERYONE, &asks).replace("name: spring", "name: autumn");
        workspace.write("journeys/autumn.yaml", &other.replace("start: 2026-03-01", "start: 2026-03-02"));
        let mut world = workspace.open();
        world.play("2026-03-03 08:00");
        world.ways(&[("ada", "invite ordered.else | at ordered, finished")]);
    });
}

#[test]
fn pausing_all_holds_journeys_that_come_later_too_and_keeps_what_was_paused_alone() {
    on_both(|database| {
        let mut first = world(database, EVERYONE, STEPS);
        first.tick("2026-03-01 08:00");
        let workspace = first.close();
        said(&workspace, &["pause", "spring"]);
        said(&workspace, &["pause", "--all"]);
        workspace
            .write("journeys/autumn.yaml", &journey(EVERYONE, STEPS).replace("name: spring", "name: autumn"));
        let mut world = workspace.open();
        world.play("2026-03-08 08:00");
        world.ways(&[("ada", "invite | at pause")]);
        let workspace = world.close();
        said(&workspace, &["resume", "--all"]);
        let mut world = workspace.open();
        world.tick("2026-03-08 08:00");
        world.ways(&[("ada", "invite invite | at pause, at pause")]);
        assert_eq!(world.left("ada", "pause"), "", "spring stays paused by itself");
    });
}

#[test]
fn a_journey_can_be_paused_before_it_was_ever_run() {
    on_both(|database| {
        let workspace = world(database, EVERYONE, STEPS).close();
        said(&workspace, &["pause", "spring"]);
        let mut world = workspace.open();
        world.play("2026-03-05 08:00");
        world.ways(&[("ada", "never entered")]);
        let workspace = world.close();
        let shown = said(&workspace, &["journey", "show", "spring"]);
        assert!(shown.contains("It is paused: `tilework resume` lets it go on."), "{shown}");
        said(&workspace, &["resume", "spring"]);
        let mut world = workspace.open();
        world.tick("2026-03-05 08:00");
        world.ways(&[("ada", "invite | at pause")]);
        let unknown = world.close().program(&["pause", "sprin"]);
        assert_eq!(unknown.code, 2);
        assert!(unknown.stderr.contains("Did you mean `spring`?"), "{}", unknown.stderr);
    });
}
