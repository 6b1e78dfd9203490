//! What values are and how they compare, seen from definitions and data as people write them.

use tilework::interactions::ImportKind;

use super::{EVERYONE, USUAL, journey, world};
use crate::support::workspace::{SETTINGS, Workspace, on_both};

const FIELDS: &str = "
kind: fields
of: contact
fields:
  visits: { type: integer }
  score: { type: number }
  vip: { type: boolean }
  renewal: { type: date }
  seen: { type: datetime }
";

const PEOPLE: &str = "id,role,department,visits,score,vip,renewal,seen
ada,buyer,buyer,3,0.5,true,2026-03-31,2026-03-29T03:30:00+02:00
bob,Buyer,,0,,false,,
cem,,sales,,2,,,
";

#[test]
fn rule_1_what_is_missing_equals_nothing_and_differs_from_what_is_there() {
    let table = [
        (r#"contact.role == "buyer""#, "ada"),
        (r#"contact.role != "buyer""#, "bob cem"),
        (r#"not(contact.role == "buyer")"#, "bob cem"),
        ("contact.role == contact.department", "ada"),
        ("contact.role != contact.department", "bob cem"),
        ("contact.visits < 100", "ada bob"),
        ("not(contact.visits < 100)", "cem"),
        ("contact.vip", "ada"),
        ("not(contact.vip)", "bob cem"),
        ("contact.visits / 2 == 1.5", "ada"),
        ("1 / contact.visits > 0", "ada"),
        ("1 / contact.visits == 1 / contact.visits", "ada"),
        ("contact.score + contact.visits > 0", "ada"),
        (r#"contact.language == contact.timezone"#, ""),
        (r#"contact.language != contact.timezone"#, ""),
        (r#"same(contact.role, " BUYER ")"#, "ada bob"),
        (r#"contact.role == """#, "cem"),
        (r#"contact.role != """#, "ada bob"),
        (r#"contact.department in ["sales", ""]"#, "bob cem"),
        (r#"contact.department !in ["sales", ""]"#, "ada"),
        (r#"contact.visits == """#, "cem"),
        (r#"contact.renewal != """#, "ada"),
        (r#"same(contact.role, "")"#, "cem"),
        ("contact.vip == false", "bob cem"),
        ("contact.vip != false", "ada"),
        (r#"contact.vip == """#, "cem"),
        ("contact.vip == contact.is_child", "bob cem"),
        (r#"contact.status == "active""#, "ada bob cem"),
        (r#"contact.status != "active""#, ""),
    ];
    on_both(|database| {
        let mut segments = String::from(FIELDS);
        for (at, (condition, _)) in table.iter().enumerate() {
            segments.push_str(&format!(
                "---\nkind: segment\nname: s{at}\ntarget: contact\nwhere: |-\n  {condition}\n"
            ));
        }
        let mut world = Workspace::on(database).file("journeys/segments.yaml", &segments).open();
        world.import(ImportKind::Contacts, PEOPLE);
        world.tick("2026-03-01 08:00");
        for (at, (condition, expected)) in table.iter().enumerate() {
            let members = world.tables().lines(&format!(
                "SELECT c.id FROM membership m JOIN segment s ON s.key = m.segment_key
                 JOIN contact c ON c.key = m.subject_key WHERE s.name = 's{at}' ORDER BY c.id"
            ));
            assert_eq!(members.join(" "), *expected, "{condition} on {database:?}");
        }
    });
}

#[test]
fn rule_3_dates_are_text_and_times_are_utc_milliseconds() {
    on_both(|database| {
        let mut world = Workspace::on(database).file("journeys/fields.yaml", FIELDS).open();
        world.import(ImportKind::Contacts, PEOPLE);
        let kept = world.tables().rows("SELECT renewal, seen, score FROM contact WHERE id = 'ada'");
        assert_eq!(kept, [["2026-03-31", "1774747800000", "0.5"]]);
    });
}

#[test]
fn rule_17_the_outbox_holds_names_and_the_channel_renders_what_is_so_when_it_leaves() {
    on_both(|database| {
        let steps = "
  - id: invite
    tile: email
    with: { email: invite }
  - id: call
    tile: activity
    with: { type: task, for_each: contact, assign_to: account_owner, subject: \"{{contact.first_name}}\" }
";
        let mut world = world(database, EVERYONE, steps);
        world.workspace.write(
            "tilework.yaml",
            &SETTINGS.replace("directory: mail", "directory: mail\n    hold: 1 hour"),
        );
        world.write("journeys/spring.yaml", &journey(EVERYONE, steps));
        world.tick("2026-03-01 08:00");
        let contents = world.tables().lines("SELECT DISTINCT content FROM outbox");
        assert_eq!(contents, [r#"{"email":"invite","send_late":false}"#]);
        assert!(world.activities().contains(&"call acme ada ada acme-owner@vendor.example".to_owned()));
        assert_eq!(world.workspace.mails().len(), 0);

        world.set("ada", "first_name", "Augusta");
        world.write("journeys/usual.yaml", &USUAL.replace("Dear {{", "Good day, {{"));
        world.tick("2026-03-01 09:00");
        let mails = world.workspace.mails();
        let told = mails.iter().filter(|(_, text)| text.contains("Good day, Augusta")).count();
        assert_eq!((mails.len(), told), (4, 1));
        assert!(
            world.activities().contains(&"call acme ada ada acme-owner@vendor.example".to_owned()),
            "a row is as it was made"
        );
    });
}
