//! The data of the sample workspace, looked at as files.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::files::repository;

type Row = BTreeMap<String, String>;

fn rows(file: &str) -> Vec<Row> {
    let mut reader = csv::Reader::from_path(repository().join("data").join(file)).unwrap();
    let rows: Vec<Row> = reader.deserialize().map(Result::unwrap).collect();
    assert!(!rows.is_empty());
    rows
}

fn column<'a>(rows: &'a [Row], name: &str) -> Vec<&'a str> {
    rows.iter().map(|row| row[name].as_str()).collect()
}

#[test]
fn every_record_has_an_id_of_its_own_and_finds_the_record_it_refers_to() {
    let (accounts, contacts, interactions) =
        (rows("accounts.csv"), rows("contacts.csv"), rows("interactions.csv"));
    let ids = |rows: &[Row]| -> BTreeSet<String> {
        let ids: BTreeSet<String> = column(rows, "id").into_iter().map(str::to_owned).collect();
        assert_eq!(ids.len(), rows.len());
        ids
    };
    let (account_ids, contact_ids) = (ids(&accounts), ids(&contacts));
    ids(&interactions);
    let known_account = |id: &&str| id.is_empty() || account_ids.contains(*id);
    assert!(column(&contacts, "account_id").iter().all(known_account));
    assert!(column(&interactions, "contact_id").iter().all(|id| contact_ids.contains(*id)));
}

#[test]
fn nobody_outside_the_sample_can_ever_be_written_to() {
    let (accounts, contacts) = (rows("accounts.csv"), rows("contacts.csv"));
    let addresses = [
        column(&contacts, "email"),
        column(&contacts, "owner"),
        column(&accounts, "owner"),
        column(&accounts, "website"),
    ];
    for address in addresses.concat() {
        assert!(address.ends_with(".example"), "{address}");
    }
    let distinct: BTreeSet<&str> = column(&contacts, "email").into_iter().collect();
    assert_eq!(distinct.len(), contacts.len());
}
