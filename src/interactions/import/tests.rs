//! Files, as a store sees them.

use super::*;
use crate::calendar::Zone;
use crate::interactions::{Column, EmptyCells, ImportKind, RecordRow};
use crate::model::{Catalog, Entity, Field, FieldType, InteractionType, Value};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

/// What a store would make of the batches, and what else an import says.
#[derive(Debug, Default)]
struct Seen {
    batches: Vec<ImportBatch>,
    rejects: Vec<(u64, String, Vec<String>)>,
    records: BTreeMap<String, BTreeMap<String, Value>>,
    interactions: BTreeSet<String>,
    summary: ImportSummary,
    progress: Vec<(u64, u64)>,
}

impl Seen {
    fn keep(&mut self, batch: ImportBatch) -> BatchOutcome {
        let mut outcome = BatchOutcome::default();
        match &batch {
            ImportBatch::Records { columns, rows, .. } => {
                for row in rows {
                    let known = self.records.contains_key(&row.id);
                    let record = self.records.entry(row.id.clone()).or_default();
                    let before = record.clone();
                    for (column, value) in columns.iter().zip(&row.values) {
                        if column.clears || !value.is_missing() {
                            record.insert(column.name.clone(), value.clone());
                        }
                    }
                    match known {
                        false => outcome.created += 1,
                        true if *record == before => outcome.unchanged += 1,
                        true => outcome.updated += 1,
                    }
                }
            }
            ImportBatch::Interactions { rows, .. } => {
                for (at, row) in rows.iter().enumerate() {
                    if row.contact_id == "nobody" {
                        outcome.rejected.push((at, "there is no contact `nobody`".to_owned()));
                    } else if self.interactions.insert(row.id.clone()) {
                        outcome.created += 1;
                    } else {
                        outcome.unchanged += 1;
                    }
                }
            }
            // These need a store.
            ImportBatch::Subscriptions(_) | ImportBatch::Suppressions(_) => {}
        }
        self.batches.push(batch);
        outcome
    }

    fn reasons(&self) -> Vec<(u64, &str)> {
        self.rejects.iter().map(|(line, reason, _)| (*line, reason.as_str())).collect()
    }

    fn counts(&self) -> [u64; 5] {
        let ImportSummary { read, created, updated, unchanged, rejected, .. } = self.summary;
        [read, created, updated, unchanged, rejected]
    }
}

fn field(name: &str, kind: FieldType) -> Field {
    Field { name: name.to_owned(), kind, aliases: Vec::new(), description: String::new(), declared: true }
}

fn run(kind: ImportKind, file: &[u8], batch_size: usize) -> Result<Seen, ImportError<Infallible>> {
    run_with(kind, file, batch_size, EmptyCells::Leave)
}

fn run_with(
    kind: ImportKind,
    file: &[u8],
    batch_size: usize,
    empty: EmptyCells,
) -> Result<Seen, ImportError<Infallible>> {
    let mut catalog = Catalog::standard();
    let sizes = FieldType::Choice(vec!["Strategic".to_owned(), "SMB".to_owned()]);
    catalog.declare(Entity::Account, field("size", sizes));
    let order = InteractionType {
        name: "OrderPlaced".to_owned(),
        attributes: vec![field("product", FieldType::Text), field("amount", FieldType::Number)],
        declared: true,
    };
    catalog.interactions.insert(order.name.clone(), order);
    let zone = Zone::utc();
    let request = ImportRequest {
        kind,
        format: None,
        catalog: &catalog,
        zone: &zone,
        decimal: None,
        map: Vec::new(),
        empty,
        replace: false,
        batch_size,
    };
    let mut seen = Seen::default();
    let mut rejects = Vec::new();
    let mut progress = Vec::new();
    let summary = import(
        file,
        &request,
        &mut |batch| Ok(seen.keep(batch)),
        &mut |reject| {
            let cells = reject.cells.iter().map(|cell| String::from_utf8_lossy(cell).into_owned());
            rejects.push((reject.line, reject.reason.to_owned(), cells.collect()));
            Ok(())
        },
        &mut |rows, bytes| progress.push((rows, bytes)),
    )?;
    seen.rejects = rejects;
    seen.progress = progress;
    seen.summary = summary;
    Ok(seen)
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[test]
fn accounts_of_a_spreadsheet_become_typed_rows() {
    let file = "\u{feff}Accountid;Name;Employees;Size\r\nacme;\"Acme; Inc\";120;SMB\r\nglobex;Globex;;\r\n";
    let seen = run(ImportKind::Accounts, file.as_bytes(), 100).unwrap();
    let columns = vec![
        Column { name: "name".to_owned(), kind: FieldType::Text, clears: false },
        Column { name: "employees".to_owned(), kind: FieldType::Integer, clears: false },
        Column {
            name: "size".to_owned(),
            kind: FieldType::Choice(vec!["Strategic".to_owned(), "SMB".to_owned()]),
            clears: false,
        },
    ];
    let acme = vec![text("Acme; Inc"), Value::Integer(120), text("SMB")];
    let globex = vec![text("Globex"), Value::Missing, Value::Missing];
    let rows = vec![
        RecordRow { line: 2, id: "acme".to_owned(), values: acme },
        RecordRow { line: 3, id: "globex".to_owned(), values: globex },
    ];
    assert_eq!(seen.batches, [ImportBatch::Records { entity: Entity::Account, columns, rows }]);
    assert_eq!(seen.counts(), [2, 2, 0, 0, 0]);
    assert_eq!(seen.progress, [(2, file.len() as u64)]);
}

#[test]
fn bad_rows_are_told_with_their_line_and_good_ones_go_on() {
    let file = b"id,name,employees,size\n\
            a,\"two\nlines\",1,SMB\n\
            b,B,twelve,smb\n\
            ,C,1,SMB\n\
            d,D\n\
            e,\xff,1,\n\
            \n\
            f,\"never closed,1,SMB\n\
            g,G,1,SMB\n";
    let seen = run(ImportKind::Accounts, file, 100).unwrap();
    let expected = [
        (
            4,
            "`employees`: `twelve` is not a whole number; \
                 `size`: `smb` is not one of the choices. Did you mean `SMB`?",
        ),
        (5, "`id`: an id was expected, and there is none"),
        (6, "the row has 2 cells where the header has 4"),
        (7, "`name`: the text is not UTF-8"),
        (9, "a quotation mark is opened and never closed"),
    ];
    assert_eq!(seen.reasons(), expected);
    assert_eq!(seen.rejects[0].2, ["b", "B", "twelve", "smb"]);
    assert_eq!(seen.records.keys().collect::<Vec<_>>(), ["a", "g"]);
    assert_eq!(seen.counts(), [7, 2, 0, 0, 5]);
}

#[test]
fn of_a_record_that_comes_twice_the_later_row_stays_whatever_the_batch_size() {
    let file = b"id,name\na,old\nb,B\na,new\n";
    for batch_size in [1, 2, 100] {
        let seen = run(ImportKind::Accounts, file, batch_size).unwrap();
        assert_eq!(seen.records["a"]["name"], text("new"), "batches of {batch_size}");
        assert_eq!(seen.summary.read, 3);
        assert_eq!(seen.summary.created, 2);
        for batch in &seen.batches {
            let ImportBatch::Records { rows, .. } = batch else { panic!("records were imported") };
            let ids: BTreeSet<&String> = rows.iter().map(|row| &row.id).collect();
            assert_eq!(ids.len(), rows.len(), "an id stands in a batch once");
        }
    }
}

#[test]
fn an_absent_key_leaves_and_null_clears() {
    let file = br#"{"id": "a", "name": "Acme", "phone": "1"}
            {"phone": "2", "name": "Bolt", "id": "b"}
            {"id": "a", "name": null}
            {"id": "c", "employees": 12}
            {"id": "b", "employees": 7}"#;
    let seen = run(ImportKind::Accounts, file, 100).unwrap();
    assert_eq!(seen.records["a"]["name"], Value::Missing);
    assert_eq!(seen.records["a"]["phone"], text("1"));
    assert_eq!(seen.records["b"]["name"], text("Bolt"));
    assert_eq!(seen.records["b"]["employees"], Value::Integer(7));
    assert_eq!(seen.counts(), [5, 3, 2, 0, 0]);
    let sizes: Vec<usize> = seen.batches.iter().map(ImportBatch::len).collect();
    assert_eq!(sizes, [2, 1, 2], "keys in another order make no batch of their own");
}

#[test]
fn an_empty_cell_leaves_the_value_unless_it_is_to_clear_and_never_clears_an_opt_out() {
    let files: [&[u8]; 2] = [
        b"id,first_name,do_not_email,consent\nada,Ada,yes,none\nada,,,\nbob,Bob,,\n",
        br#"{"id": "ada", "first_name": "Ada", "do_not_email": true, "consent": "none"}
                {"id": "ada", "first_name": "", "do_not_email": null, "consent": ""}
                {"id": "bob", "first_name": "Bob"}"#,
    ];
    for file in files {
        for batch_size in [1, 100] {
            for (empty, name) in [(EmptyCells::Leave, text("Ada")), (EmptyCells::Clear, Value::Missing)] {
                let seen = run_with(ImportKind::Contacts, file, batch_size, empty).unwrap();
                let ada = &seen.records["ada"];
                assert_eq!(ada["first_name"], name, "{empty:?}, batches of {batch_size}");
                assert_eq!(ada["do_not_email"], Value::Boolean(true), "{empty:?}");
                assert_eq!(ada["consent"], text("none"), "{empty:?}");
                assert_eq!(seen.records["bob"]["first_name"], text("Bob"));
            }
        }
    }
}

#[test]
fn json_lines_that_make_no_sense_are_told_with_the_line() {
    let file = br#"{"id": "a", "nmae": "Acme"}
{"id": 7, "name": "Seven"}
[1]
{"id": "b"
{"name": "Bolt"}
{"id": "c", "email": 1, "accountid": "d"}
{"id": "e", "name": "One", "name": "Two"}"#;
    let seen = run(ImportKind::Accounts, file, 100).unwrap();
    let reasons = seen.reasons();
    let expected = [
        (1, "`nmae` is no field of accounts. Did you mean `name`?"),
        (3, "the line is not a JSON object: invalid type: sequence, expected a JSON object"),
        (4, "the line is not a JSON object"),
        (5, "`id` is missing"),
        (6, "`email` is no field of accounts"),
        (7, "the line is not a JSON object: the key `name` stands there twice"),
    ];
    assert_eq!(reasons.len(), expected.len());
    for ((line, reason), (expected_line, expected)) in reasons.into_iter().zip(expected) {
        assert_eq!(line, expected_line);
        assert!(reason.starts_with(expected), "{reason}");
    }
    assert_eq!(seen.rejects[0].2, [r#"{"id": "a", "nmae": "Acme"}"#]);
    assert_eq!(seen.records.keys().collect::<Vec<_>>(), ["7"]);
}

#[test]
fn interactions_bring_their_own_attributes_and_the_first_of_an_id_stays() {
    let file = b"id,type,at,contact_id,amount,link,iteration\n\
            o1,OrderPlaced,2023-01-04T00:00:00Z,ada,16.45,,\n\
            o1,OrderPlaced,2024-01-04T00:00:00Z,bob,1,,\n\
            c1,EmailClicked,2023-01-05 09:30,ada,,offer,2\n\
            c2,EmailClicked,2023-01-05 09:30,ada,3,offer,\n\
            o2,OrderPlaced,2023-01-06,nobody,1,,\n\
            o3,OrdrePlaced,2023-01-06,ada,1,,\n\
            o4,OrderPlaced,,,1,,\n";
    let seen = run(ImportKind::Interactions, file, 100).unwrap();
    let ImportBatch::Interactions { attributes, rows, .. } = &seen.batches[0] else {
        panic!("interactions were imported")
    };
    assert_eq!(attributes, &["amount", "link"]);
    assert_eq!(rows[0].values, [Value::Number(16.45), Value::Missing]);
    assert_eq!(rows[1].values, [Value::Missing, text("offer")]);
    assert_eq!((rows[0].at, rows[0].contact_id.as_str()), (1_672_790_400_000, "ada"));
    assert_eq!((rows[1].iteration, rows[1].account_id.as_deref()), (Some(2), None));
    let expected = [
        (
            3,
            "`id`: the interaction is in row 2 already with other content (`at`, `contact_id`, `amount`); \
                 `--replace` replaces it",
        ),
        (5, "`amount`: `3` stands there, but `EmailClicked` has no such attribute"),
        (6, "there is no contact `nobody`"),
        (7, "`type`: there is no interaction type `OrdrePlaced`. Did you mean `OrderPlaced`?"),
        (
            8,
            "`at`: a date and time was expected, and there is none; \
                 `contact_id`: an id was expected, and there is none",
        ),
    ];
    assert_eq!(seen.reasons(), expected);
    assert_eq!(seen.counts(), [7, 2, 0, 0, 5]);
}

#[test]
fn a_file_that_makes_no_sense_is_refused_before_anything_is_handed_on() {
    let cases: [(&[u8], &str); 6] = [
        (b"", "the file is empty; a header line with the names of the columns was expected"),
        (b"id,nmae\na,b\n", "unknown column `nmae`"),
        (b"name\nAcme\n", "the file has no column `id`"),
        (b"\xff\xfei\0d\0\n\0", "the header is not UTF-8 text"),
        (b"id,\"name\na,b\n", "the header cannot be read: a quotation mark is opened and never closed"),
        (b"[\n{\"id\": 1}\n]", "the file is a JSON array; one JSON object a line was expected"),
    ];
    for (file, expected) in cases {
        let error = run(ImportKind::Accounts, file, 100).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn an_import_stops_when_the_sink_does() {
    let catalog = Catalog::standard();
    let zone = Zone::utc();
    let request = ImportRequest {
        kind: ImportKind::Accounts,
        format: None,
        catalog: &catalog,
        zone: &zone,
        decimal: None,
        map: Vec::new(),
        empty: EmptyCells::Leave,
        replace: false,
        batch_size: 1,
    };
    let mut calls = 0;
    let mut sink = |_: ImportBatch| {
        calls += 1;
        Err("the disk is full")
    };
    let result = import(&b"id\na\nb\n"[..], &request, &mut sink, &mut |_| Ok(()), &mut |_, _| {});
    assert!(matches!(result, Err(ImportError::Sink("the disk is full"))));
    assert_eq!(calls, 1);
}

proptest! {
    #[test]
    fn no_bytes_are_too_strange(
        csv: bool,
        rest in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            "[ab01,;\"\n{}:\\[\\]\\-+. ]{0,200}".prop_map(String::into_bytes),
            "(\\{\"id\": ?[\"a1]{0,3}, ?\"name\": ?(null|1|\"x\")\\}\n?){0,9}".prop_map(String::into_bytes),
        ],
        batch_size in 1_usize..9,
    ) {
        let mut file = if csv { b"id,name,employees\n".to_vec() } else { Vec::new() };
        file.extend(rest);
        for kind in [ImportKind::Accounts, ImportKind::Interactions] {
            if let Ok(seen) = run(kind, &file, batch_size) {
                let [read, created, updated, unchanged, rejected] = seen.counts();
                prop_assert_eq!(read, created + updated + unchanged + rejected);
                prop_assert_eq!(rejected, seen.rejects.len() as u64);
                prop_assert!(seen.rejects.is_sorted_by_key(|(line, _, _)| *line));
            }
        }
    }
}
