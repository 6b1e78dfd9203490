//! Files that come in again and again: what they say, and what they leave as it is.

use crate::support::{
    definitions::USUAL,
    workspace::{Workspace, on_both},
};

const HEADER: &str = "id,first_name,job_title,email,account_id,consent,do_not_email,do_not_bulk_email";

fn workspace(database: crate::support::workspace::Database) -> Workspace {
    let workspace = Workspace::on(database).file("journeys/usual.yaml", USUAL);
    workspace.program(&["migrate"]).done();
    imported(&workspace, "accounts", "id,name\nacme,Acme\n", &[]);
    let ada = "ada,Ada,Buyer,ada@acme.example,acme,none,true,true";
    imported(&workspace, "contacts", &format!("{HEADER}\n{ada}\n"), &[]);
    workspace
}

/// What an import says.
fn imported(workspace: &Workspace, kind: &str, csv: &str, more: &[&str]) -> String {
    let extension = if csv.starts_with('{') { "ndjson" } else { "csv" };
    let file = workspace.root().join(format!("in.{extension}"));
    std::fs::write(&file, csv).unwrap();
    workspace.program(&[&["import", kind, file.to_str().unwrap()], more].concat()).done()
}

fn ada(workspace: &Workspace) -> String {
    let sql = "SELECT c.first_name, c.job_title, c.email, c.account_id, a.id, c.consent, c.do_not_email,
        c.do_not_bulk_email FROM contact c LEFT JOIN account a ON a.key = c.account_key WHERE c.id = 'ada'";
    workspace.tables().rows(sql).remove(0).join("|")
}

const BEFORE: &str = "Ada|Buyer|ada@acme.example|acme|acme|none|1|1";

#[test]
fn an_empty_cell_leaves_the_value_as_it_is() {
    on_both(|database| {
        let workspace = workspace(database);
        let said = imported(&workspace, "contacts", &format!("{HEADER}\nada,,,,,,,\n"), &[]);
        assert_eq!(said, "contacts: 1 row read, 0 created, 0 updated, 1 unchanged, 0 rejected\n");
        assert_eq!(ada(&workspace), BEFORE);
        let said =
            imported(&workspace, "contacts", &format!("{HEADER}\nada,,Boss, ,,,,\nbob,Bob,,,,,,\n"), &[]);
        assert_eq!(said, "contacts: 2 rows read, 1 created, 1 updated, 0 unchanged, 0 rejected\n");
        assert_eq!(ada(&workspace), BEFORE.replace("Buyer", "Boss"));
        let bob =
            workspace.tables().lines("SELECT first_name FROM contact WHERE id = 'bob' AND email IS NULL");
        assert_eq!(bob, ["Bob"]);
        let said = imported(&workspace, "contacts", "{\"id\": \"ada\", \"job_title\": \"\"}\n", &[]);
        assert!(said.contains("1 unchanged"), "{said}");
    });
}

#[test]
fn empty_cells_clear_when_that_is_asked_for_and_null_clears_always() {
    let json = "{\"id\": \"ada\", \"job_title\": null, \"account_id\": null, \"do_not_email\": null, \"consent\": null}\n";
    let csv = "id,job_title,account_id,consent,do_not_email\nada,,,,\n";
    on_both(|database| {
        for (file, more) in [(csv, &["--empty", "clear"][..]), (json, &[])] {
            let workspace = workspace(database);
            let said = imported(&workspace, "contacts", file, more);
            assert!(said.contains("1 updated"), "{said}");
            assert_eq!(ada(&workspace), "Ada||ada@acme.example|||none|1|1", "{file}");
            let again = imported(&workspace, "contacts", file, more);
            assert!(again.contains("1 unchanged"), "{again}");
        }
    });
}

#[test]
fn rule_9_no_empty_cell_lets_a_mail_out() {
    let journey = "kind: journey
name: spring
target: contact
start: 2026-03-01 08:00
audience: { include: [everyone] }
steps:
  - { id: invite, tile: email, with: { email: invite } }
";
    on_both(|database| {
        let workspace = workspace(database).file("journeys/spring.yaml", journey);
        for more in [&[][..], &["--empty", "clear"]] {
            imported(&workspace, "contacts", "id,consent,do_not_email,do_not_bulk_email\nada,,,\n", more);
        }
        let mut world = workspace.open();
        world.tick("2026-03-01 08:00");
        assert_eq!(world.messages(), ["ada invite blocked do_not_email"]);
        let workspace = world.close();
        // A no is taken back with later evidence alone (semantics 32).
        let lifted = "id,do_not_email,do_not_bulk_email,consent_since\nada,no,no,2026-03-02T09:00:00Z\n";
        let said = imported(&workspace, "contacts", lifted, &[]);
        assert!(said.contains("1 updated"), "{said}");
    });
}

#[test]
fn numbers_of_other_countries_are_rejected_until_it_is_said_how_they_are_written() {
    on_both(|database| {
        let workspace = Workspace::on(database).file(
            "accounts.csv",
            "id;name;revenue\n1;Müller GmbH;250.000\n2;Berg AG;1.250.000\n3;Cohn KG;250.000,50\n4;Dorn;0.125\n5;Esch;1200.5\n",
        );
        let file = workspace.root().join("accounts.csv");
        let file = file.to_str().unwrap();
        workspace.program(&["migrate"]).done();
        let program = workspace.program(&["import", "accounts", file]);
        assert_eq!(program.code, 5, "{}", program.stdout);
        let rejected = std::fs::read_to_string(format!("{file}.rejected.csv")).unwrap();
        assert!(
            rejected.contains("`250.000` may be 250 or 250000; say how numbers are written, with `--decimal point` or `--decimal comma`"),
            "{rejected}"
        );
        assert!(rejected.contains("`1.250.000` is not a number as in 1234.5"), "{rejected}");
        assert!(rejected.contains("`250.000,50` is not a number as in 1234.5"), "{rejected}");
        let kept = |workspace: &Workspace| {
            workspace
                .tables()
                .lines("SELECT CAST(revenue AS TEXT) FROM account WHERE revenue IS NOT NULL ORDER BY id")
        };
        assert_eq!(kept(&workspace), ["0.125", "1200.5"]);
        workspace.write("comma.csv", "id;revenue\n1;250.000\n2;1.250.000\n3;250.000,50\n");
        let comma = workspace.root().join("comma.csv");
        workspace.program(&["import", "accounts", comma.to_str().unwrap(), "--decimal", "comma"]).done();
        let numbers: Vec<f64> = kept(&workspace).iter().map(|number| number.parse().unwrap()).collect();
        assert_eq!(numbers, [250_000.0, 1_250_000.0, 250_000.5, 0.125, 1200.5]);
    });
}
