//! Waits for hours, days of the week and working days, by the journey's clocks or the contact's.

use super::{DEFINITIONS, EVERYONE, USUAL, journey, whatever_the_batch};
use crate::support::{
    workspace::{Database, Workspace},
    world::World,
};

/// A wait and a mail, in a workspace with holidays.
fn world(database: Database, with: &str) -> World {
    let steps = format!(
        "  - {{ id: pause, tile: wait, with: {with} }}\n  - {{ id: mail, tile: email, with: {{ email: invite }} }}"
    );
    let workspace = Workspace::on(database);
    let settings = std::fs::read_to_string(workspace.root().join("tilework.yaml")).unwrap();
    let mut world = workspace
        .file("tilework.yaml", &format!("{settings}holidays: [2026-03-05, 2026-03-06]\n"))
        .file("journeys/usual.yaml", USUAL)
        .file("journeys/definitions.yaml", DEFINITIONS)
        .file("journeys/spring.yaml", &journey(EVERYONE, &steps))
        .open();
    world.accounts(&["acme"]);
    world.contacts(&[("ada", "acme"), ("bob", "acme"), ("cy", "")]);
    world.set("bob", "timezone", "America/New_York");
    world.set("cy", "timezone", "Mars/Base");
    world
}

#[test]
fn rule_14_waits_end_when_they_say_whenever_ticks_come() {
    // The journey starts on Sunday, 2026-03-01, at 08:00; Thursday and Friday are holidays.
    let office = "window: { weekdays: [mon, tue, wed, thu, fri], from: \"09:00\", to: \"17:00\" }";
    let cases = [
        (format!("{{ {office} }}"), "2026-03-02T09:00:00Z", "2026-03-02T09:00:00Z"),
        (format!("{{ for: 30 hours, {office} }}"), "2026-03-02T14:00:00Z", "2026-03-02T14:00:00Z"),
        (format!("{{ for: 4 days, {office} }}"), "2026-03-09T09:00:00Z", "2026-03-09T09:00:00Z"),
        (format!("{{ {office}, timezone: contact }}"), "2026-03-02T09:00:00Z", "2026-03-02T14:00:00Z"),
        // It would end on a Saturday, and on Wednesday.
        ("{ for: 6 days, skip_weekends: true }".to_owned(), "2026-03-09T08:00:00Z", "2026-03-09T08:00:00Z"),
        ("{ for: 3 days, skip_weekends: true }".to_owned(), "2026-03-04T08:00:00Z", "2026-03-04T08:00:00Z"),
        ("{ for: 4 business days }".to_owned(), "2026-03-09T08:00:00Z", "2026-03-09T08:00:00Z"),
        ("{ until: \"09:00\" }".to_owned(), "2026-03-01T09:00:00Z", "2026-03-01T09:00:00Z"),
        ("{ until: \"08:00\" }".to_owned(), "2026-03-02T08:00:00Z", "2026-03-02T08:00:00Z"),
        (
            "{ until: \"09:00\", weekdays: [thu, Tuesday] }".to_owned(),
            "2026-03-03T09:00:00Z",
            "2026-03-03T09:00:00Z",
        ),
        ("{ until: \"09:00\", weekdays: [thu] }".to_owned(), "2026-03-12T09:00:00Z", "2026-03-12T09:00:00Z"),
        // On 2026-03-08 the clocks of New York go forward.
        (
            "{ until: \"02:30\", weekdays: [sun], timezone: contact }".to_owned(),
            "2026-03-08T02:30:00Z",
            "2026-03-08T07:00:00Z",
        ),
        (
            "{ until: 2026-03-04 09:00, timezone: contact }".to_owned(),
            "2026-03-04T09:00:00Z",
            "2026-03-04T14:00:00Z",
        ),
        (
            "{ window: { weekdays: [fri], from: \"22:00\", to: \"02:00\" } }".to_owned(),
            "2026-03-13T22:00:00Z",
            "2026-03-13T22:00:00Z",
        ),
    ];
    for (at, (with, ada, bob)) in cases.iter().enumerate() {
        for (batch, ticked) in [(1, false), (5_000, true)] {
            let database = Database::BOTH[(at + usize::from(ticked)) % 2];
            let mut world = world(database, with).batches_of(batch);
            match ticked {
                false => world.play("2026-03-15 08:00"),
                true => (1..=14).for_each(|day| {
                    world.tick(&format!("2026-03-{day:02} 08:00"));
                    world.tick(&format!("2026-03-{day:02} 23:17"));
                }),
            }
            let found = [world.left("ada", "pause"), world.left("bob", "pause"), world.left("cy", "pause")];
            assert_eq!(
                found,
                [*ada, *bob, *ada].map(str::to_owned),
                "{with} on {database:?}, ticked: {ticked}"
            );
            assert_eq!(world.left("bob", "mail"), *bob, "{with}");
        }
    }
}

#[test]
fn a_contact_without_a_known_zone_follows_the_journeys_clocks_and_it_is_noted() {
    whatever_the_batch(|database, batch| {
        let mut world = world(database, "{ until: \"09:00\", timezone: contact }").batches_of(batch);
        world.play("2026-03-03 08:00");
        assert_eq!(
            [world.because("ada", "pause"), world.because("bob", "pause"), world.because("cy", "pause")],
            [
                "the contact has no time zone, so the time zone of the journey counts, UTC",
                "",
                "the contact's time zone `Mars/Base` is unknown, so the time zone of the journey counts, UTC"
            ]
        );
    });
}

#[test]
fn rule_4_business_days_of_conditions_pass_over_holidays_too() {
    let branch = |within: &str| {
        format!(
            "  - {{ id: pause, tile: wait, with: {{ until: 2026-03-10 12:00 }} }}
  - {{ id: lately, tile: branch, with: {{ based_on: contact, cases: {{ did: {{ did: Visited, within: {within} }} }} }} }}"
        )
    };
    for (within, path) in [("2 business days", "did"), ("1 business day", "else")] {
        for database in Database::BOTH {
            let mut world = world(database, "{ for: 1 day }");
            world.write("journeys/spring.yaml", &journey(EVERYONE, &branch(within)));
            world.did("ada", "Visited", "2026-03-04 13:00");
            world.play("2026-03-11 08:00");
            world.ways(&[("ada", &format!("pause lately.{path} | finished"))]);
        }
    }
}
