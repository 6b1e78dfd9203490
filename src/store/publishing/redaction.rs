//! Kept definitions without the people who were erased (semantics 47).

use crate::store::{Connection, StoreError};

/// What stands in the place of an id or an address.
const ERASED: &str = "(erased)";

/// Takes a contact's id out of the lists of members in kept snapshots and publications, and its address out of all
/// that is kept of them. What was redacted is marked, and keeps the hash under which it is known.
pub(in crate::store) fn redact(
    connection: &mut Connection,
    id: &str,
    address: Option<&str>,
) -> Result<(), StoreError> {
    let files =
        "SELECT c.hash, c.content, MIN(f.path) FROM file_content c JOIN snapshot_file f ON f.hash = c.hash
         GROUP BY c.hash, c.content";
    for row in connection.query(files, &[])? {
        let (hash, content, path) = (row.text(0)?, row.text(1)?, row.text(2)?);
        if let Some(redacted) = without(&path, &content, id, address) {
            connection.execute(
                "UPDATE file_content SET content = $2, redacted = 1 WHERE hash = $1",
                &[hash.as_str().into(), redacted.as_str().into()],
            )?;
        }
    }
    for row in connection.query("SELECT key, content FROM publication", &[])? {
        let (key, content) = (row.integer(0)?, row.text(1)?);
        if let Some(redacted) = without("x.yaml", &content, id, address) {
            connection.execute(
                "UPDATE publication SET content = $2 WHERE key = $1",
                &[key.into(), redacted.as_str().into()],
            )?;
        }
    }
    Ok(())
}

/// A text without an id and an address; nothing when it has neither.
fn without(path: &str, content: &str, id: &str, address: Option<&str>) -> Option<String> {
    let is_yaml = path.ends_with(".yaml") || path.ends_with(".yml");
    let is_list = !is_yaml && path.ends_with(".csv") && !path.starts_with("tables/");
    let mut text = content.to_owned();
    if content.contains(id) && (is_yaml || is_list) {
        let mut members = false;
        let lines = content.split_inclusive('\n').map(|line| {
            let trimmed = line.trim_start();
            let starts = trimmed.starts_with("members:");
            // The list ends with the next key.
            let goes_on =
                trimmed.starts_with(['-', ']', '#', '"', '\'']) || trimmed.trim_end().ends_with([',', ']']);
            members = starts || (members && goes_on);
            match is_list || members {
                true => without_word(line, id, false),
                false => line.to_owned(),
            }
        });
        text = lines.collect();
    }
    if let Some(address) = address {
        text = without_word(&text, address, true);
    }
    (text != content).then_some(text)
}

/// A text without a word, wherever it stands by itself.
fn without_word(text: &str, word: &str, fold: bool) -> String {
    let belongs = |c: char| c.is_alphanumeric() || "_-.@+".contains(c);
    // A full stop behind the word may end the sentence.
    let goes_on = |rest: &str| match rest.strip_prefix('.') {
        Some(rest) => rest.starts_with(char::is_alphanumeric),
        None => rest.starts_with(belongs),
    };
    let (searched, wanted) = match fold {
        true => (text.to_ascii_lowercase(), word.to_ascii_lowercase()),
        false => (text.to_owned(), word.to_owned()),
    };
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    while let Some(at) = searched[from..].find(&wanted).map(|at| from + at) {
        let end = at + wanted.len();
        let stands_alone =
            !searched[..at].chars().next_back().is_some_and(belongs) && !goes_on(&searched[end..]);
        out.push_str(&text[from..at]);
        out.push_str(if stands_alone { ERASED } else { &text[at..end] });
        from = end;
    }
    out.push_str(&text[from..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_leave_lists_and_addresses_leave_everything() {
        let list = "id\nada\nadam\nada-2\n";
        assert_eq!(
            without("journeys/a.csv", list, "ada", None).as_deref(),
            Some("id\n(erased)\nadam\nada-2\n")
        );
        assert_eq!(without("tables/a.csv", list, "ada", None), None);
        let yaml = "kind: segment\nname: ada\nmembers: [bob, ada, 'cy']\nlabel: ada\n---\nmembers:\n  - ada\n  - adam\nname: x\ntext: to Ada@x.example, or ada@x.example.org: ada@x.example.\n";
        let expected = "kind: segment\nname: ada\nmembers: [bob, (erased), 'cy']\nlabel: ada\n---\nmembers:\n  - (erased)\n  - adam\nname: x\ntext: to (erased), or ada@x.example.org: (erased).\n";
        assert_eq!(without("journeys/a.yaml", yaml, "ada", Some("ada@x.example")).as_deref(), Some(expected));
        assert_eq!(without("journeys/a.yaml", "name: ada\n", "ada", Some("ada@x.example")), None);
    }
}
