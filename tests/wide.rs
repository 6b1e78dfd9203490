//! Wide conditions and models: what `check` accepts, both databases carry out.

use std::fmt::Write;

use crate::support::workspace::{Database, Workspace, on_both};

/// Contacts in three cities, and an order of the first.
fn workspace(database: Database) -> Workspace {
    let workspace = Workspace::on(database)
        .file(
            "contacts.csv",
            "id,email,city,phone\na,a@x.example,c7,1\nb,b@x.example,c1099,2\nc,c@x.example,elsewhere,3\n",
        )
        .file("facts.csv", "id,type,at,contact_id,page\n1,WebsiteVisited,2026-03-01T00:00:00Z,a,p9\n")
        .file("journeys/none.yaml", "{ kind: topic, name: news }\n");
    workspace.program(&["migrate"]).done();
    for (kind, file) in [("contacts", "contacts.csv"), ("interactions", "facts.csv")] {
        let file = workspace.root().join(file);
        workspace.program(&["import", kind, file.to_str().unwrap(), "--now", "2026-03-01T00:00:00Z"]).done();
    }
    workspace
}

fn members(workspace: &Workspace, segment: &str) -> Vec<String> {
    workspace.tables().lines(&format!(
        "SELECT c.id FROM membership m JOIN segment s ON s.key = m.segment_key JOIN contact c ON c.key = m.subject_key
         WHERE s.name = '{segment}' ORDER BY c.id"
    ))
}

fn any(name: &str, clauses: impl Iterator<Item = String>) -> String {
    let mut text = format!("---\nkind: segment\nname: {name}\ntarget: contact\nwhere:\n  any:\n");
    clauses.for_each(|clause| writeln!(text, "    - {clause}").unwrap());
    text
}

#[test]
fn thousands_of_alternatives_and_values_are_evaluated() {
    let one_field = any("one-field", (0..1_100).map(|at| format!("contact.city == \"c{at}\"")));
    let two_fields = any(
        "two-fields",
        (0..1_100).map(|at| match at % 2 {
            0 => format!("contact.city == \"c{at}\""),
            _ => format!("contact.phone == \"{at}\""),
        }),
    );
    // No two alternatives are about one thing, so that nothing becomes a list.
    let no_list = any(
        "no-list",
        (0..1_100).map(|at| format!("'contact.city == \"c{at}\" && contact.phone != \"{at}\"'")),
    );
    let pages = any("pages", (0..300).map(|at| format!("{{ did: WebsiteVisited, page: p{at} }}")));
    let values: Vec<String> = (0..1_500).map(|at| format!("\"c{at}\"")).collect();
    let list = format!(
        "---\nkind: segment\nname: list\ntarget: contact\nwhere: 'contact.city in [{}]'\n",
        values.join(", ")
    );
    let numbers: Vec<String> = (0..1_500).map(|at| at.to_string()).collect();
    let score = format!(
        "---\nkind: segment\nname: numbers\ntarget: contact\nwhere: 'days_since(contact.created_on) > 0 || contact.score.wide in [{}]'\n",
        numbers.join(", ")
    );
    let mut model = "---\nkind: scoring_model\nname: wide\ntarget: contacts\nrules:\n".to_owned();
    // One statement can't have a column for each of so many.
    for at in 0..1_200 {
        let points = ["points: 1, per: each", "points: 10, per: each, half_life: 1 day", "points: 5"][at % 3];
        writeln!(model, "  - {{ name: r{at}, when: {{ did: WebsiteVisited, page: p{at} }}, {points} }}")
            .unwrap();
    }
    let all = [one_field, two_fields, no_list, pages, list, score, model].concat();
    on_both(|database| {
        let workspace = workspace(database).file("journeys/wide.yaml", &all);
        workspace.program(&["check"]).done();
        workspace.program(&["run", "--now", "2026-03-02T00:00:00Z"]).done();
        assert_eq!(members(&workspace, "one-field"), ["a", "b"]);
        assert_eq!(members(&workspace, "two-fields"), ["a", "c"]);
        assert_eq!(members(&workspace, "no-list"), ["a", "b"]);
        assert_eq!(members(&workspace, "pages"), ["a"]);
        assert_eq!(members(&workspace, "list"), ["a", "b"]);
        assert_eq!(members(&workspace, "numbers"), ["a", "b", "c"]);
        let scores = workspace.tables().lines("SELECT score FROM score WHERE score > 0");
        assert_eq!(scores, ["1"]);
        workspace.write(
            "more.csv",
            "id,type,at,contact_id,page\n2,WebsiteVisited,2026-03-03T00:00:00Z,a,p700\n\
             3,WebsiteVisited,2026-03-03T00:00:00Z,a,p1001\n",
        );
        let more = workspace.root().join("more.csv").display().to_string();
        workspace.program(&["import", "interactions", &more, "--now", "2026-03-03T00:00:00Z"]).done();
        workspace.program(&["run", "--now", "2026-03-03T00:00:00Z"]).done();
        let scores = workspace.tables().lines("SELECT score FROM score WHERE score > 0");
        assert_eq!(scores, ["16"]);
        let why = workspace.program(&["why", "contact", "a"]).done();
        for rule in ["1  r9:", "10  r700:", "5  r1001:"] {
            assert!(why.contains(rule), "{rule} isn't in {why}");
        }
        let preview =
            workspace.program(&["score", "preview", "wide", "--now", "2026-03-03T00:00:00Z"]).done();
        assert!(!preview.contains("16"), "nothing would change: {preview}");
        let calibrated =
            workspace.program(&["score", "calibrate", "wide", "--outcome", "contact.city == \"c7\""]).done();
        assert!(calibrated.contains("r1001"), "{calibrated}");
    });
}

#[test]
fn what_a_database_cannot_do_is_refused_with_a_way_out() {
    let wide =
        any("wide", (0..2_600).map(|at| format!("'contact.city == \"c{at}\" && contact.phone != \"{at}\"'")));
    let values: Vec<String> = (0..10_001).map(|at| at.to_string()).collect();
    let list = format!(
        "---\nkind: segment\nname: list\ntarget: account\nwhere: 'account.employees in [{}]'\n",
        values.join(",")
    );
    let mut model = "---\nkind: scoring_model\nname: rules\ntarget: contacts\nrules:\n".to_owned();
    for at in 0..1_501 {
        writeln!(model, "  - {{ name: r{at}, when: 'contact.city == \"c{at}\"', points: 1 }}").unwrap();
    }
    let workspace = Workspace::on(Database::Sqlite).file("journeys/wide.yaml", &[wide, list, model].concat());
    let told = workspace.program(&["check"]);
    assert_eq!(told.code, 3, "{}", told.stdout);
    let said = format!("{}{}", told.stdout, told.stderr);
    for expected in [
        "clauses, and databases take no more than 5000",
        "the list has 10001 values, and may have 10000",
        "the model has 1501 rules, and databases compute no more than 1500",
        "a table of",
    ] {
        assert!(said.contains(expected), "{expected} isn't in {}", &said[..said.len().min(3_000)]);
    }
}
