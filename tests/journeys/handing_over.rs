//! The moment at which messages leave: in the window of their wait, in their order, at their distance.

use super::{EVERYONE, world};
use crate::support::{
    http::{OK, Server},
    workspace::{Database, SETTINGS, on_both},
    world::World,
};

const OFFICE: &str = "window: { weekdays: [mon, tue, wed, thu, fri], from: \"09:00\", to: \"17:00\" }";

/// A step that sends the commercial mail `invite`.
fn invite(id: &str) -> String {
    format!("  - {{ id: {id}, tile: email, with: {{ email: invite }} }}\n")
}

/// A step that sends the transactional mail `notice`.
const NOTICE: &str = "  - { id: notice, tile: email, with: { email: notice } }\n";

fn wait(id: &str, with: &str) -> String {
    format!("  - {{ id: {id}, tile: wait, with: {{ {with} }} }}\n")
}

/// The messages of a contact, as `step due ready left`.
fn messages_of(world: &mut World, contact: &str) -> Vec<String> {
    let moment = |text: &str| text.parse().map(tilework::model::time::rfc3339).unwrap_or("-".to_owned());
    let rows = world.tables().rows(&format!(
        "SELECT s.id, o.due_at, o.ready_at, CASE WHEN o.state = 3 THEN o.ended_at END
         FROM outbox o JOIN step s ON s.key = o.step_key JOIN contact c ON c.key = o.contact_key
         WHERE c.id = '{contact}' ORDER BY o.due_at, s.place"
    ));
    rows.iter()
        .map(|row| format!("{} {} {} {}", row[0], moment(&row[1]), moment(&row[2]), moment(&row[3])))
        .collect()
}

/// When a contact's messages left, as `step moment`; `-` for one that didn't.
fn left(world: &mut World, contact: &str) -> Vec<String> {
    let messages = messages_of(world, contact);
    let parts = messages.iter().map(|message| message.split(' ').collect::<Vec<_>>());
    parts.map(|parts| format!("{} {}", parts[0], parts[3])).collect()
}

/// When the store says that mails to a contact were sent.
fn sent(world: &mut World, contact: &str) -> Vec<String> {
    let rows = world.tables().rows(&format!(
        "SELECT i.at FROM interaction i JOIN contact c ON c.key = i.contact_key
         WHERE c.id = '{contact}' AND i.id LIKE 'EmailSent/%' ORDER BY i.at"
    ));
    rows.iter().map(|row| tilework::model::time::rfc3339(row[0].parse().unwrap())).collect()
}

fn dates(world: &World, contact: &str) -> Vec<String> {
    let mails =
        world.workspace.mails().into_iter().filter(|(name, _)| name.contains(&format!(".{contact}.")));
    mails.map(|(_, mail)| mail.lines().find(|line| line.starts_with("Date: ")).unwrap().to_owned()).collect()
}

#[test]
fn rule_14_a_mail_that_missed_its_window_leaves_in_the_next_and_is_dated_then() {
    on_both(|database| {
        let steps = [wait("pause", &format!("for: 30 hours, {OFFICE}")), invite("invite")].concat();
        let mut first = world(database, EVERYONE, &steps);
        first.tick("2026-03-01 08:00");
        // Due on Monday at 14:00; the next run is at night.
        first.tick("2026-03-03 02:10");
        assert_eq!(first.left("ada", "pause"), "2026-03-02T14:00:00Z");
        assert_eq!(first.messages()[0], "ada invite waiting held until the window of its wait");
        assert_eq!(first.workspace.mails(), []);
        let workspace = first.close();
        let shown = workspace.program(&["outbox", "show", "spring/1/invite/1/ada/0"]).done();
        assert!(shown.contains("due 2026-03-02T14:00:00Z, 0 tries"), "{shown}");
        assert!(shown.contains("  held     until 2026-03-03T09:00:00Z\n"), "{shown}");

        let mut second = workspace.open();
        second.play("2026-03-04 08:00");
        assert_eq!(
            messages_of(&mut second, "ada"),
            ["invite 2026-03-02T14:00:00Z 2026-03-03T09:00:00Z 2026-03-03T09:00:00Z"]
        );
        assert_eq!(sent(&mut second, "ada"), ["2026-03-03T09:00:00Z"]);
        assert_eq!(dates(&second, "ada"), ["Date: Tue, 03 Mar 2026 09:00:00 +0000"]);
        let workspace = second.close();
        let shown = workspace.program(&["outbox", "show", "spring/1/invite/1/ada/0"]).done();
        assert!(shown.contains("due 2026-03-02T14:00:00Z, 1 try"), "{shown}");
        assert!(shown.contains("  left     2026-03-03T09:00:00Z\n"), "{shown}");
        assert!(!shown.contains("held"), "{shown}");
        let json =
            workspace.program(&["outbox", "show", "spring/1/invite/1/ada/0", "--format", "json"]).done();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["due_at"], "2026-03-02T14:00:00Z");
        assert_eq!(json["left_at"], "2026-03-03T09:00:00Z");
    });
}

#[test]
fn rule_4_a_window_of_whole_days_lets_nobody_through_at_midnight_of_saturday() {
    on_both(|database| {
        let windows =
            [("from: \"00:00\", to: \"24:00\"", "2026-03-09T00:00:00Z"), ("", "2026-03-09T00:00:00Z")];
        for (hours, expected) in windows {
            let hours = if hours.is_empty() { String::new() } else { format!(", {hours}") };
            let with =
                format!("until: 2026-03-07 00:00, window: {{ weekdays: [mon, tue, wed, thu, fri]{hours} }}");
            let mut world = world(database, EVERYONE, &wait("pause", &with));
            world.play("2026-03-10 08:00");
            assert_eq!(world.left("ada", "pause"), expected, "{with}");
        }
        let with = "for: 149 hours, window: { weekdays: [mon, tue, wed, thu, fri] }";
        let mut world = world(database, EVERYONE, &wait("pause", with));
        world.play("2026-03-10 20:00");
        assert_eq!(world.left("ada", "pause"), "2026-03-09T13:00:00Z", "days keep the time of day");
    });
}

#[test]
fn rule_14_the_window_goes_by_the_clocks_that_its_wait_goes_by() {
    on_both(|database| {
        let steps = [wait("pause", &format!("for: 30 hours, {OFFICE}, timezone: contact")), invite("invite")]
            .concat();
        let mut world = world(database, EVERYONE, &steps);
        world.set("bob", "timezone", "America/New_York");
        world.tick("2026-03-01 08:00");
        world.tick("2026-03-03 02:10");
        world.play("2026-03-04 08:00");
        assert_eq!(left(&mut world, "ada"), ["invite 2026-03-03T09:00:00Z"]);
        assert_eq!(left(&mut world, "bob"), ["invite 2026-03-03T14:00:00Z"]);
    });
}

#[test]
fn rule_14_a_window_goes_along_until_the_next_wait_or_trigger() {
    let trigger = "  - id: visited
    tile: trigger
    with: { based_on: contact, when: { did: Visited }, timeout: 1 hour }
";
    on_both(|database| {
        for (between, notice) in [
            (String::new(), "2026-03-03T09:00:00Z"),
            (
                "  - { id: halves, tile: split, with: { by: contact, shares: { a: 50%, b: 50% } } }\n"
                    .to_owned(),
                "2026-03-03T09:00:00Z",
            ),
            (wait("rest", "for: 1 hour"), "2026-03-03T02:10:00Z"),
            (trigger.to_owned(), "2026-03-03T02:10:00Z"),
        ] {
            let steps = [
                wait("pause", &format!("for: 30 hours, {OFFICE}")),
                invite("invite"),
                between.clone(),
                NOTICE.to_owned(),
            ]
            .concat();
            let mut world = world(database, EVERYONE, &steps);
            world.tick("2026-03-01 08:00");
            world.tick("2026-03-03 02:10");
            world.play("2026-03-04 08:00");
            let notice = format!("notice {notice}");
            assert_eq!(left(&mut world, "ada"), ["invite 2026-03-03T09:00:00Z", &notice], "{between}");
        }
    });
}

#[test]
fn rule_14_where_paths_join_each_message_goes_by_the_wait_that_its_contact_passed() {
    on_both(|database| {
        let steps = format!(
            "  - id: sorted
    tile: branch
    with: {{ based_on: contact, cases: {{ buyer: contact.role == \"buyer\" }} }}
    paths:
      buyer:
        - {{ id: office, tile: wait, with: {{ for: 1 day, {OFFICE} }} }}
      else:
        - {{ id: plain, tile: wait, with: {{ for: 1 day }} }}
{}",
            invite("invite")
        );
        let mut world = world(database, EVERYONE, &steps);
        world.set("ada", "role", "buyer");
        world.tick("2026-03-01 08:00");
        world.tick("2026-03-03 02:10");
        world.play("2026-03-04 08:00");
        assert_eq!(left(&mut world, "ada"), ["invite 2026-03-03T09:00:00Z"]);
        assert_eq!(left(&mut world, "bob"), ["invite 2026-03-03T02:10:00Z"]);
    });
}

#[test]
fn rule_14_calls_of_workflows_wait_for_the_window_too() {
    on_both(|database| {
        let server = Server::always(OK);
        let steps = [
            wait("pause", &format!("for: 30 hours, {OFFICE}")),
            "  - { id: tell, tile: launch_workflow, with: { for_each: account, workflow: tell-crm } }\n"
                .to_owned(),
        ]
        .concat();
        let workspace = super::workflows::telling(database, &server, "", EVERYONE, &steps);
        let mut world = super::populated(&workspace);
        world.tick("2026-03-01 08:00");
        world.tick("2026-03-03 02:10");
        assert_eq!(server.received().len(), 0);
        assert_eq!(world.messages()[0], "acme tell waiting held until the window of its wait");
        world.tick("2026-03-03 08:59");
        assert_eq!(server.received().len(), 0);
        world.tick("2026-03-03 09:00");
        assert_eq!(server.received().len(), 2, "one for each account");
    });
}

#[test]
fn rule_14_commercial_mails_keep_order_and_distance_where_a_window_held_one() {
    on_both(|database| {
        let steps = [
            wait("pause", OFFICE),
            invite("first"),
            wait("rest", "for: 1 day"),
            NOTICE.to_owned(),
            invite("second"),
            wait("more", "for: 7 days"),
            invite("third"),
        ]
        .concat();
        let mut world = world(database, EVERYONE, &steps);
        world.tick("2026-03-01 08:00");
        world.tick("2026-03-03 18:10");
        world.play("2026-03-20 08:00");
        assert_eq!(
            messages_of(&mut world, "ada"),
            [
                "first 2026-03-02T09:00:00Z 2026-03-04T09:00:00Z 2026-03-04T09:00:00Z",
                "notice 2026-03-03T09:00:00Z 2026-03-03T09:00:00Z 2026-03-03T18:10:00Z",
                "second 2026-03-03T09:00:00Z 2026-03-05T09:00:00Z 2026-03-05T09:00:00Z",
                "third 2026-03-10T09:00:00Z 2026-03-12T09:00:00Z 2026-03-12T09:00:00Z",
            ]
        );
        let mut alike = left(&mut world, "dan");
        alike.sort();
        let mut expected = left(&mut world, "ada");
        expected.sort();
        assert_eq!(alike, expected, "so does a contact without account");
    });
}

#[test]
fn rule_14_two_mails_that_an_outage_held_do_not_leave_together() {
    on_both(|database| {
        let steps =
            [wait("pause", "for: 1 day"), invite("first"), wait("rest", "for: 1 day"), invite("second")]
                .concat();
        let mut world = world(database, EVERYONE, &steps);
        world.tick("2026-03-01 08:00");
        // The first was due 26 hours ago, the second two hours ago.
        world.tick("2026-03-03 10:00");
        world.play("2026-03-06 08:00");
        assert_eq!(left(&mut world, "ada"), ["first 2026-03-03T10:00:00Z", "second 2026-03-04T10:00:00Z"]);
        // A blocked mail keeps none at a distance.
        let mut other = super::world(database, EVERYONE, &steps);
        other.tick("2026-03-01 08:00");
        other.set("ada", "do_not_email", "true");
        other.tick("2026-03-03 10:00");
        assert_eq!(
            other.messages()[..2],
            ["ada first blocked do_not_email", "ada second blocked do_not_email"]
        );
    });
}

#[test]
fn rule_14_the_rhythm_of_runs_holds_no_mail() {
    on_both(|database| {
        let steps = [
            invite("first"),
            wait("rest", "for: 3 days"),
            invite("second"),
            wait("more", "for: 3 days"),
            invite("third"),
        ]
        .concat();
        let mut world = world(database, EVERYONE, &steps);
        world.tick("2026-03-01 08:00");
        // A run each night, now a little earlier and now a little later.
        for day in 2..=12 {
            world.tick(&format!("2026-03-{day:02} 02:00:{:02}", if day % 2 == 0 { 7 } else { 3 }));
        }
        assert_eq!(
            left(&mut world, "ada"),
            ["first 2026-03-01T08:00:00Z", "second 2026-03-05T02:00:03Z", "third 2026-03-08T02:00:07Z"]
        );
    });
}

#[test]
fn rule_14_a_mail_that_a_pause_held_keeps_the_next_at_its_distance() {
    on_both(|database| {
        let steps = [invite("first"), wait("rest", "for: 1 day"), invite("second")].concat();
        let mut first = world(database, EVERYONE, &steps);
        first.write(
            "tilework.yaml",
            &SETTINGS.replace("directory: mail", "directory: mail\n    hold: 1 hour"),
        );
        first.tick("2026-03-01 08:00");
        let workspace = first.close();
        workspace.program(&["pause", "spring"]).done();
        let mut second = workspace.open();
        second.tick("2026-03-01 20:00");
        let workspace = second.close();
        workspace.program(&["resume", "spring"]).done();
        let mut world = workspace.open();
        world.tick("2026-03-01 20:30");
        world.play("2026-03-04 08:00");
        assert_eq!(
            messages_of(&mut world, "ada"),
            [
                "first 2026-03-01T09:00:00Z 2026-03-01T20:30:00Z 2026-03-01T20:30:00Z",
                "second 2026-03-02T09:00:00Z 2026-03-02T20:30:00Z 2026-03-02T20:30:00Z",
            ]
        );
    });
}

#[test]
fn rule_14_a_limit_of_a_run_holds_mails_too() {
    on_both(|database| {
        let steps = [invite("first"), wait("rest", "for: 1 hour"), invite("second")].concat();
        let mut world = world(database, EVERYONE, &steps);
        world.write("tilework.yaml", &format!("{SETTINGS}limits: {{ messages_per_run: 2 }}\n"));
        for (hour, minute) in (8..12).flat_map(|hour| (0..60).step_by(10).map(move |minute| (hour, minute))) {
            world.tick(&format!("2026-03-01 {hour:02}:{minute:02}"));
        }
        for contact in ["ada", "bob", "cy", "dan"] {
            let messages = left(&mut world, contact);
            let moments: Vec<i64> = messages
                .iter()
                .map(|message| crate::support::world::at(message.split_once(' ').unwrap().1))
                .collect();
            assert!(moments[1] - moments[0] >= 60 * 60 * 1000, "{contact}: {messages:?}");
        }
    });
}

#[test]
fn rule_14_expires_runs_on_while_a_window_holds_a_mail() {
    on_both(|database| {
        for (late, expected) in [
            ("", ["ada invite blocked expired", "2026-03-02T18:00:00.001Z"]),
            (", if_late: send", ["ada invite delivered", "2026-03-03T09:00:00Z"]),
        ] {
            let steps = format!(
                "{}  - {{ id: invite, tile: email, with: {{ email: invite, expires: 4 hours{late} }} }}\n",
                wait("pause", &format!("for: 30 hours, {OFFICE}"))
            );
            let mut world = world(database, EVERYONE, &steps);
            world.tick("2026-03-01 08:00");
            world.tick("2026-03-02 17:30");
            world.play("2026-03-04 08:00");
            let ended = world.tables().lines("SELECT DISTINCT ended_at FROM outbox");
            let ended = tilework::model::time::rfc3339(ended[0].parse().unwrap());
            assert_eq!([world.messages()[0].as_str(), &ended], expected);
        }
    });
}

#[test]
fn rule_8_a_mail_of_a_new_entry_goes_by_the_waits_of_that_entry() {
    // Who enters again comes to the mail without the wait that others pass.
    let steps = format!(
        "  - id: sorted
    tile: branch
    with: {{ based_on: contact, cases: {{ buyer: contact.role == \"buyer\" }} }}
    paths:
      buyer:
        - {{ id: office, tile: wait, with: {{ for: 1 day, {OFFICE} }} }}
{}",
        invite("invite")
    );
    for database in Database::BOTH {
        let mut world = world(database, &format!("{EVERYONE}\nreentry: after 3 days"), &steps);
        world.set("ada", "role", "buyer");
        world.play("2026-03-03 08:00");
        world.set("ada", "role", "user");
        world.play("2026-03-05 09:00");
        world.tick("2026-03-06 02:10");
        assert_eq!(left(&mut world, "ada"), ["invite 2026-03-02T09:00:00Z", "invite 2026-03-05T09:00:00Z"]);
    }
}
