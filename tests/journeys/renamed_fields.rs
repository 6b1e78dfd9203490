//! Fields that get another name.

use super::{EVERYONE, workspace};
use crate::support::{workspace::on_both, world::at};

const PAUSE: &str = "
  - id: pause
    tile: wait
    with: { for: 20 days }
";

#[test]
fn rule_27_a_renamed_field_keeps_its_values() {
    on_both(|database| {
        let fields = "kind: fields\nof: contact\nfields:\n  region: { type: text }\n---\nkind: segment\nname: local\n\
                      target: contact\nwhere: contact.region == \"EMEA\"\n";
        let renamed = fields.replace("region: { type: text }", "area: { type: text, was: region }");
        let renamed = renamed.replace("contact.region", "contact.area");
        let start = || {
            let mut world = workspace(database, "audience: { include: [local] }", PAUSE)
                .file("journeys/fields.yaml", fields)
                .open();
            world.contacts(&[("ada", ""), ("bob", "")]);
            world.set("ada", "region", "EMEA");
            world.tick("2026-03-01 08:00");
            world
        };
        let mut world = start();
        let error = {
            world.write("journeys/fields.yaml", &renamed.replace(", was: region", ""));
            world.try_tick(at("2026-03-02 08:00")).unwrap_err().to_string()
        };
        assert!(error.contains("have a value in the field `contact.region`"), "{error}");
        for name in ["published", "imported"] {
            let mut world = start();
            world.write("journeys/fields.yaml", &renamed);
            if name == "imported" {
                // As `import` does.
                world.store.declare(&world.plan.catalog).unwrap();
                world.set("bob", "area", "EMEA");
            }
            world.tick("2026-03-02 08:00");
            let areas =
                world.tables().lines("SELECT id, area FROM contact WHERE area IS NOT NULL ORDER BY id");
            let entered = world.tables().lines("SELECT contact_key FROM participant");
            match name {
                "imported" => {
                    assert_eq!((areas, entered.len()), (vec!["ada EMEA".into(), "bob EMEA".into()], 2))
                }
                _ => assert_eq!((areas, entered.len()), (vec!["ada EMEA".into()], 1)),
            }
            let columns = "SELECT name FROM field WHERE name IN ('region', 'area')";
            assert_eq!(world.tables().lines(columns), ["area"]);
            // Said once more it means nothing, and left out neither.
            world.tick("2026-03-03 08:00");
            world.write("journeys/fields.yaml", &renamed.replace(", was: region", ""));
            world.set("ada", "area", "APAC");
            world.tick("2026-03-04 08:00");
            assert_eq!(world.tables().lines("SELECT area FROM contact WHERE id = 'ada'"), ["APAC"]);
        }
    });
}

#[test]
fn rule_27_a_field_that_was_declared_under_its_new_name_before_takes_over_the_values_of_the_former() {
    on_both(|database| {
        let fields = "kind: fields\nof: account\nfields:\n  region: { type: text }\n  area: { type: text }\n";
        let asks = "kind: segment\nname: local\ntarget: account\nwhere: account.area == \"EMEA\"\n---\n\
                    kind: scoring_model\nname: place\ntarget: accounts\nrules:\n  - name: local\n    \
                    when: account.area == \"EMEA\"\n    points: 7\n";
        let workspace = workspace(database, EVERYONE, PAUSE).file("journeys/fields.yaml", fields);
        let mut world = workspace.file("journeys/asks.yaml", asks).open();
        world.accounts(&["acme", "globex"]);
        world.import(
            tilework::interactions::ImportKind::Accounts,
            "id,region,area\nacme,EMEA,\nglobex,EMEA,APAC\n",
        );
        world.tick("2026-03-01 08:00");
        let renamed = "kind: fields\nof: account\nfields:\n  area: { type: text, was: region }\n";
        world.write("journeys/fields.yaml", renamed);
        world.tick("2026-03-02 08:00");
        assert_eq!(
            world.tables().lines("SELECT id, area FROM account ORDER BY id"),
            ["acme EMEA", "globex APAC"]
        );
        assert_eq!(world.tables().lines("SELECT name FROM field WHERE name = 'region'"), [""; 0]);
        // Who asked for it under its new name is told.
        let local = "SELECT a.id FROM membership m JOIN account a ON a.key = m.subject_key";
        assert_eq!(world.tables().lines(local), ["acme"]);
        let scores =
            "SELECT a.id, s.score FROM score s JOIN account a ON a.key = s.subject_key ORDER BY a.id";
        assert_eq!(world.tables().lines(scores), ["acme 7", "globex 0"]);
    });
}
