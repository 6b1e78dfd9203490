//! Files that can be read, and that are done.

use super::{File, assert_breaks, assert_none_breaks, line_of, places_of};

/// In lines.
const LONGEST_FILE: usize = 500;

fn files_too_long(file: &File) -> Vec<String> {
    let lines = file.text.lines().count();
    if lines <= LONGEST_FILE {
        return Vec::new();
    }
    vec![file.breach(lines, &format!("more than {LONGEST_FILE} lines"))]
}

#[test]
fn no_file_is_too_long_to_read() {
    assert_none_breaks(files_too_long, &["src", "tests", "benches"]);
}

#[test]
fn a_long_file_is_found() {
    let expected = ["src/a.rs:501: more than 500 lines"];
    assert_breaks(files_too_long, "src/a.rs", &"\n".repeat(501), &expected);
    assert_breaks(files_too_long, "src/a.rs", &"\n".repeat(500), &[]);
}

/// Words that put work off; written in halves, so that this file has none.
const PUT_OFF: [&str; 5] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("X", "XX"),
    concat!("to", "do!"),
    concat!("unimple", "mented!"),
];

fn work_put_off(file: &File) -> Vec<String> {
    let found = PUT_OFF.iter().flat_map(|word| places_of(&file.text, word).map(move |at| (at, word)));
    found.map(|(at, word)| file.breach(line_of(&file.text, at), &format!("`{word}`"))).collect()
}

#[test]
fn no_work_is_put_off() {
    assert_none_breaks(work_put_off, &["src", "tests", "benches"]);
}

#[test]
fn work_put_off_is_found_in_comments_and_code() {
    for word in PUT_OFF {
        let text = format!("\n// {word} later");
        assert_breaks(work_put_off, "src/a.rs", &text, &[&format!("src/a.rs:2: `{word}`")]);
    }
}
