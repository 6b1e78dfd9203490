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
fn of_two_rows_with_one_id_the_later_counts_and_the_import_names_the_rows() {
    on_both(|database| {
        let workspace = workspace(database);
        let file = workspace.root().join("dup.csv");
        std::fs::write(&file, "id,email\n1.00001E+12,ann@x.example\n1.00001E+12,ben@x.example\n").unwrap();
        let told = workspace.program(&["import", "contacts", file.to_str().unwrap()]);
        assert_eq!(
            told.stdout, "contacts: 2 rows read, 1 created, 1 updated, 0 unchanged, 0 rejected\n",
            "{}",
            told.stderr
        );
        assert!(
            told.stderr.contains("1 id occurs more than once: `1.00001E+12` (rows 2, 3)."),
            "{}",
            told.stderr
        );
        assert!(told.stderr.contains("a number as spreadsheets shorten it"), "{}", told.stderr);
        let emails = workspace.tables().lines("SELECT email FROM contact WHERE id <> 'ada'");
        assert_eq!(emails, ["ben@x.example"]);
    });
}

#[test]
fn of_two_columns_with_one_name_the_second_can_be_left_out() {
    let workspace = workspace(crate::support::workspace::Database::Sqlite);
    let file = workspace.root().join("head.csv");
    std::fs::write(&file, "id,email,first_name,first_name\n7,ann@x.example,Ann,Anna\n").unwrap();
    let import =
        |more: &[&str]| workspace.program(&[&["import", "contacts", file.to_str().unwrap()], more].concat());
    let told = import(&[]);
    assert_eq!(told.code, 2);
    assert!(
        told.stderr.contains("`--map 'first_name#2=-'` leaves out the second of them"),
        "{}",
        told.stderr
    );
    import(&["--map", "first_name#2=last_name"]).done();
    let names = workspace.tables().rows("SELECT first_name, last_name FROM contact WHERE id = '7'");
    assert_eq!(names, [["Ann", "Anna"]]);
    assert!(import(&["--map", "first_name#3=-"]).stderr.contains("the file has no column `first_name#3`"));
}

#[test]
fn a_malformed_address_is_a_reject_and_an_unknown_time_zone_is_told() {
    on_both(|database| {
        let workspace = workspace(database);
        let file = workspace.root().join("in.csv");
        std::fs::write(&file, "id,email,timezone\nbob,bob at acme,\ncy,cy@acme.example,Mars/Phobos\n")
            .unwrap();
        let told = workspace.program(&["import", "contacts", file.to_str().unwrap()]);
        assert_eq!(told.code, 5, "{}", told.stderr);
        assert_eq!(told.stdout, "contacts: 2 rows read, 1 created, 0 updated, 0 unchanged, 1 rejected\n");
        assert!(
            told.stderr
                .contains("1 contact has an unknown time zone, which is ignored: `Mars/Phobos` (row 3)."),
            "{}",
            told.stderr
        );
        let rejects = std::fs::read_to_string(workspace.root().join("in.csv.rejected.csv")).unwrap();
        assert!(rejects.contains("2,`email`: `bob at acme` is not an e-mail address"), "{rejects}");
        std::fs::write(&file, "id,email\nl1,bob at acme\n").unwrap();
        assert_eq!(workspace.program(&["import", "leads", file.to_str().unwrap()]).code, 5);
    });
}

const ORDERS: &str = "id,type,at,contact_id,amount\no1,Bought,2026-03-01T08:00:00Z,ada,50\n";

const ORDER_DEFINITIONS: &str = "kind: interaction
name: Bought
attributes: { amount: { type: number } }
---
{ kind: segment, name: big-orders, target: contact, where: { did: Bought, sum: amount, at_least: 100 } }
---
{ kind: segment, name: acme-ordered, target: account, where: { did: Bought } }
---
kind: scoring_model
name: orders
target: contacts
rules: [{ name: order, when: { did: Bought, within: 7 days }, points: 10 }]
";

#[test]
fn rule_45_an_interaction_whose_id_is_there_with_other_content_is_a_reject() {
    on_both(|database| {
        let workspace = workspace(database).file("journeys/orders.yaml", ORDER_DEFINITIONS);
        imported(&workspace, "interactions", ORDERS, &[]);
        assert!(imported(&workspace, "interactions", ORDERS, &[]).contains("1 unchanged"));
        let without_amount = ORDERS.replace(",50", ",");
        assert!(imported(&workspace, "interactions", &without_amount, &[]).contains("1 unchanged"));
        let file = workspace.root().join("in.csv");
        for (changed, columns) in [
            (ORDERS.replace(",50", ",500"), "`amount`"),
            (
                ORDERS.replace("T08", "T09").replace("Bought", "FormVisited").replace(",50", ","),
                "`type`, `at`",
            ),
        ] {
            std::fs::write(&file, changed).unwrap();
            let told = workspace.program(&["import", "interactions", file.to_str().unwrap()]);
            assert_eq!(told.code, 5, "{}", told.stderr);
            let rejects = std::fs::read_to_string(workspace.root().join("in.csv.rejected.csv")).unwrap();
            let reason = format!("the interaction is in the store already with other content ({columns})");
            assert!(rejects.contains(&reason), "{rejects}");
            assert!(rejects.contains("`--replace` replaces it"), "{rejects}");
        }
        // The same within a file.
        let twice =
            format!("{}o2,Bought,2026-03-01T08:00:00Z,ada,1\no2,Bought,2026-03-01T08:00:00Z,ada,2\n", ORDERS);
        std::fs::write(&file, twice).unwrap();
        let told = workspace.program(&["import", "interactions", file.to_str().unwrap()]);
        assert_eq!(told.stdout, "interactions: 3 rows read, 1 created, 0 updated, 1 unchanged, 1 rejected\n");
        let rejects = std::fs::read_to_string(workspace.root().join("in.csv.rejected.csv")).unwrap();
        assert!(rejects.contains("in row 3 already with other content (`amount`)"), "{rejects}");
        let amounts = workspace.tables().lines("SELECT amount_number FROM interaction ORDER BY id");
        assert_eq!(amounts.iter().map(|one| one.parse::<f64>().unwrap()).collect::<Vec<_>>(), [50.0, 1.0]);
    });
}

#[test]
fn rule_45_a_replaced_interaction_counts_nowhere_any_more_as_it_was() {
    on_both(|database| {
        let workspace = workspace(database).file("journeys/orders.yaml", ORDER_DEFINITIONS);
        imported(&workspace, "contacts", "id,email,account_id\nbob,bob@acme.example,\n", &[]);
        imported(&workspace, "interactions", &ORDERS.replace(",50", ",500"), &[]);
        let members = |workspace: &Workspace| {
            let sql = "SELECT s.name, m.subject_key FROM membership m JOIN segment s ON s.key = m.segment_key
                WHERE s.name IN ('big-orders', 'acme-ordered') ORDER BY s.name";
            let scores = "SELECT c.id, s.score FROM score s JOIN contact c ON c.key = s.subject_key
                WHERE s.score > 0 ORDER BY c.id";
            let segments = workspace.tables().rows(sql).into_iter().map(|row| row[0].clone());
            let scores = workspace.tables().rows(scores).into_iter().map(|row| row.join(" "));
            segments.chain(scores).collect::<Vec<_>>()
        };
        workspace.program(&["run", "--now", "2026-03-02T00:00:00Z"]).done();
        assert_eq!(members(&workspace), ["acme-ordered", "big-orders", "ada 10"]);
        let now = ["--now", "2026-03-02T01:00:00Z"];
        let changed = ORDERS.replace(",ada,", ",bob,");
        let said = imported(&workspace, "interactions", &changed, &[&["--replace"], &now[..]].concat());
        assert_eq!(said, "interactions: 1 row read, 0 created, 1 updated, 0 unchanged, 0 rejected\n");
        let said = imported(&workspace, "interactions", &changed, &[&["--replace"], &now[..]].concat());
        assert!(said.contains("1 unchanged"), "{said}");
        workspace.program(&["run", now[0], now[1]]).done();
        assert_eq!(members(&workspace), ["bob 10"]);
    });
}

#[test]
fn rule_32_a_no_stays_when_its_interaction_is_replaced_and_a_yes_does_not() {
    let said = |kind: &str| format!("id,type,at,contact_id,topic\ns1,{kind},2026-03-01T08:00:00Z,ada,news\n");
    on_both(|database| {
        let workspace = workspace(database).file("journeys/news.yaml", "{ kind: topic, name: news }\n");
        let words = |workspace: &Workspace| {
            workspace.tables().lines("SELECT subscribed FROM preference ORDER BY subscribed")
        };
        imported(&workspace, "interactions", &said("Subscribed"), &[]);
        assert_eq!(words(&workspace), ["1"]);
        imported(&workspace, "interactions", &said("Unsubscribed"), &["--replace"]);
        assert_eq!(words(&workspace), ["0"]);
        imported(&workspace, "interactions", &said("Subscribed"), &["--replace"]);
        assert_eq!(words(&workspace), ["0", "1"]);
    });
}

const ACCOUNTS: &str = "accountid,name
{6C5E1A4B-9D7F-4A1B-8C2D-000000000001},Acme
6c5e1a4b-9d7f-4a1b-8c2d-000000000002,Birch
";

const LINKED_CONTACTS: &str = "contactid,firstname,emailaddress1,parentcustomerid
c1,Ada,ada@acme.example,6c5e1a4b-9d7f-4a1b-8c2d-000000000001
c2,Bob,bob@birch.example,{6C5E1A4B-9D7F-4A1B-8C2D-000000000002}
c3,Bea,bea@birch.example,Birch
";

#[test]
fn guids_are_one_without_braces_and_case_and_links_that_lead_nowhere_are_told() {
    let definitions =
        "{ kind: segment, name: first, target: account, members: ['{6C5E1A4B-9D7F-4A1B-8C2D-000000000001}'] }
---
{ kind: segment, name: nobody, target: account, where: account.name == \"Cedar\" }
---
kind: journey
name: j
target: account
start: 2026-03-02 08:00
audience: { include: [nobody] }
steps: [{ id: pause, tile: wait, with: { for: 1 day } }]
";
    let told = "1 contact refers by `account_id` to an account that isn't in the store: `c3` to `Birch`";
    on_both(|database| {
        let workspace = Workspace::on(database).file("journeys/links.yaml", definitions);
        workspace.program(&["migrate"]).done();
        imported(&workspace, "accounts", ACCOUNTS, &[]);
        let file = workspace.root().join("in.csv");
        std::fs::write(&file, LINKED_CONTACTS).unwrap();
        let import = workspace.program(&["import", "contacts", file.to_str().unwrap()]);
        assert!(import.stderr.contains(told), "{}", import.stderr);
        import.done();
        let linked =
            "SELECT c.id, a.name FROM contact c JOIN account a ON a.key = c.account_key ORDER BY c.id";
        assert_eq!(workspace.tables().rows(linked), [["c1", "Acme"], ["c2", "Birch"]]);
        workspace.program(&["run", "--now", "2026-03-02 09:00"]).done();
        assert!(workspace.program(&["status"]).stdout.contains(told));
        assert!(workspace.program(&["journey", "show", "j"]).stdout.contains(told));
        assert!(workspace.program(&["segment", "members", "nobody"]).stdout.contains(told));
        let members = workspace.program(&["segment", "members", "first", "--format", "csv"]).done();
        assert!(members.contains("6c5e1a4b-9d7f-4a1b-8c2d-000000000001,Acme"), "{members}");
        let why = workspace.program(&["why", "contact", "c3"]).done();
        assert!(
            why.contains("Its `account_id` is `Birch`, and no account in the store has this id."),
            "{why}"
        );
        assert!(!workspace.program(&["why", "contact", "c1"]).done().contains("no account in the store"));
        let why = workspace.program(&["why", "account", "{6C5E1A4B-9D7F-4A1B-8C2D-000000000002}"]).done();
        assert!(why.contains("Birch"), "{why}");
        // The account comes later: nothing is told any more.
        imported(&workspace, "accounts", "id,name\nBirch,Birch by name\n", &[]);
        assert!(!workspace.program(&["status"]).stdout.contains("isn't in the store"));
    });
}

#[test]
fn rule_1_text_is_kept_in_normal_form_c_however_it_was_typed() {
    let (typed, kept) = ("Cafe\u{301} Bu\u{308}ro", "Café Büro");
    // The definitions are typed in the other form than the file.
    let segments = format!(
        "{{ kind: segment, name: exact, target: contact, where: 'contact.city == \"{typed}\"' }}\n---\n\
         {{ kind: segment, name: alike, target: contact, where: 'same(contact.city, \"STRASSE\")' }}\n"
    );
    on_both(|database| {
        let workspace = workspace(database).file("journeys/cities.yaml", &segments);
        let csv = format!(
            "id,email,city\nx{typed},x@x.example,{typed}\ny,y@x.example,Straße\nz,z@x.example,{kept}\n"
        );
        imported(&workspace, "contacts", &csv, &[]);
        workspace.program(&["run", "--now", "2026-03-02T00:00:00Z"]).done();
        let cities = workspace.tables().lines("SELECT city FROM contact WHERE city IS NOT NULL ORDER BY key");
        assert_eq!(cities, [kept, "Straße", kept]);
        let members = |name: &str| {
            let listed = workspace.program(&["segment", "members", name, "--format", "csv"]).done();
            listed.lines().skip(1).map(|line| line.split(',').next().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(members("exact"), [format!("x{kept}"), "z".to_owned()]);
        assert_eq!(members("alike"), ["y"]);
    });
}

#[test]
fn an_export_of_dynamics_is_read_by_its_own_names() {
    let csv = "interactionId,interactionType,timestamp,contactId,eventId,surveyId,score,linkFriendlyName,originalUrl,messageId
i1,EventCheckIn,2026-03-01T08:00:00Z,ada,spring,,,,,
i2,SurveyResponse,2026-03-01T09:00:00Z,ada,,nps,9,,,
i3,EmailClicked,2026-03-01T10:00:00Z,ada,,,,pricing,https://vendor.example/pricing,invite
";
    on_both(|database| {
        let workspace = workspace(database);
        assert!(imported(&workspace, "interactions", csv, &[]).contains("3 created"));
        let sql = "SELECT t.name, i.event_text, i.survey_text, i.link_text, i.url_text, i.email_text
            FROM interaction i JOIN interaction_type t ON t.key = i.type_key ORDER BY i.id";
        assert_eq!(
            workspace.tables().lines(sql),
            [
                "EventCheckedIn spring",
                "SurveyResponded  nps",
                "EmailClicked   pricing https://vendor.example/pricing invite",
            ]
        );
    });
}

#[test]
fn a_picked_list_is_written_where_members_from_looks_and_never_emptied() {
    let workspace = workspace(crate::support::workspace::Database::Sqlite);
    let pick = |more: &[&str]| workspace.program(&[&["segment", "pick", "vip"], more].concat());
    pick(&["ada", "--write", "vip.csv"]).done();
    workspace
        .write("journeys/vip.yaml", "{ kind: segment, name: vip, target: contact, members_from: vip.csv }\n");
    workspace.program(&["check"]).done();
    pick(&["ada", "--write", "journeys/vip.csv"]).done();
    let told = pick(&["--where", "contact.first_name == \"Nobody\"", "--write", "vip.csv"]);
    assert_eq!(told.code, 2, "{}", told.stdout);
    assert!(
        told.stderr.contains("nobody is picked, and `journeys/vip.csv` has 1 lines, which stay"),
        "{}",
        told.stderr
    );
    assert_eq!(std::fs::read_to_string(workspace.root().join("journeys/vip.csv")).unwrap(), "ada\n");
}

#[test]
fn rule_47_what_is_said_about_an_erased_address_does_not_write_it_down_again() {
    on_both(|database| {
        let workspace = workspace(database);
        let leads =
            "id,topic,email,contact_id\nl1,Chat,Ada@Acme.example,\nl2,Fair,bob@acme.example,\nl3,Call,,ada\n";
        imported(&workspace, "leads", leads, &[]);
        let erased = workspace.program(&["contact", "erase", "ada", "--yes"]).done();
        assert!(erased.contains("2 leads"), "{erased}");
        assert_eq!(workspace.tables().lines("SELECT id FROM lead"), ["l2"]);
        let file = "address,reason,since\nada@acme.example,bounced,2026-03-01T00:00:00Z\neve@acme.example,bounced,\n";
        assert!(imported(&workspace, "suppressions", file, &[]).contains("2 created"));
        assert!(imported(&workspace, "suppressions", file, &[]).contains("2 unchanged"));
        workspace.program(&["contact", "unsubscribe", "ADA@acme.example", "--reason", "phone"]).done();
        let texts = workspace
            .tables()
            .lines("SELECT address FROM address WHERE address IS NOT NULL ORDER BY address");
        assert_eq!(texts, ["eve@acme.example"]);
        let known = "SELECT (SELECT COUNT(*) FROM suppression), (SELECT COUNT(*) FROM preference WHERE reason = 'phone'),
            (SELECT COUNT(*) FROM address WHERE hash IS NOT NULL)";
        assert_eq!(workspace.tables().lines(known), ["2 1 1"]);
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
