//! The throwaway server itself.

use postgres::{Client, NoTls};

use crate::support::postgres::database;

fn count_of(client: &mut Client, sql: &str) -> i64 {
    client.query_one(sql, &[]).unwrap().get(0)
}

#[test]
fn every_database_is_empty_and_apart_from_the_others() {
    let (first, second) = (database(), database());
    assert_ne!(first, second);
    let mut first = Client::connect(&first, NoTls).unwrap();
    let mut second = Client::connect(&second, NoTls).unwrap();
    first.batch_execute("CREATE TABLE note (body text); INSERT INTO note VALUES ('here')").unwrap();

    let tables = "SELECT count(*) FROM pg_tables WHERE tablename = 'note'";
    assert_eq!(count_of(&mut first, tables), 1);
    assert_eq!(count_of(&mut second, tables), 0);
}

#[test]
fn text_is_ordered_by_language_unless_asked_otherwise() {
    let mut client = Client::connect(&database(), NoTls).unwrap();
    let smaller = |collation: &str| format!("SELECT count(*) FROM (SELECT 1 WHERE 'a' < 'B' {collation}) t");
    assert_eq!(count_of(&mut client, &smaller("")), 1);
    assert_eq!(count_of(&mut client, &smaller("COLLATE \"C\"")), 0);
}
