//! What must not change by accident: migrations that were released, and the licences of what the program is made of.

use std::{collections::BTreeSet, fmt::Write, fs, process::Command};

use sha2::{Digest, Sha256};

use crate::support::files::repository;

/// Migrations that a release contains, each with the SHA-256 of its text. They are never changed: what a store
/// was made with once has to come out the same. There is no release yet, so there is none here.
const RELEASED: &[(&str, &str)] = &[];

fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The migrations that are gone, or differ from what was released.
fn changed(released: &[(&str, &str)], text_of: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let differs =
        |(name, sum): &&(&str, &str)| text_of(name).is_none_or(|text| digest(&text) != sum.to_lowercase());
    released.iter().filter(differs).map(|(name, _)| (*name).to_owned()).collect()
}

#[test]
fn a_released_migration_is_never_changed() {
    let folder = repository().join("src/store/tables/migrations");
    let text_of = |name: &str| fs::read_to_string(folder.join(name)).ok();
    assert_eq!(changed(RELEASED, text_of), [""; 0], "write another migration instead");
    let start = text_of("0001_start.sql").expect("the first migration");
    let sum = digest(&start);
    assert_eq!(changed(&[("0001_start.sql", &sum)], text_of), [""; 0]);
    let other = |_: &str| Some(format!("{start} "));
    assert_eq!(changed(&[("0001_start.sql", &sum), ("0002_gone.sql", &sum)], other).len(), 2);
    assert_eq!(changed(&[("0002_gone.sql", &sum)], text_of), ["0002_gone.sql"]);
}

/// Licences under which something may be a part of the program.
fn allowed() -> BTreeSet<String> {
    let text = fs::read_to_string(repository().join("deny.toml")).unwrap();
    let list = text.split_once("allow = [").and_then(|(_, rest)| rest.split_once(']')).unwrap().0;
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Whether a licence in the words of SPDX can be kept to with these: all that are joined by `AND`, one of those by `OR`.
fn is_allowed(licence: &str, allowed: &BTreeSet<String>) -> bool {
    let plain = licence.replace(['(', ')'], "").replace(" / ", " OR ").replace('/', " OR ");
    // Every expression in use joins alternatives within parts, or parts within one alternative.
    let (outer, inner) = if licence.contains(") AND") || licence.contains("AND (") {
        (" AND ", " OR ")
    } else {
        (" OR ", " AND ")
    };
    let mut parts = plain.split(outer).map(|part| {
        let mut names = part.split(inner).map(|name| allowed.contains(name.trim()));
        if outer == " AND " { names.any(|fits| fits) } else { names.all(|fits| fits) }
    });
    if outer == " AND " { parts.all(|fits| fits) } else { parts.any(|fits| fits) }
}

#[test]
fn every_crate_has_a_licence_that_deny_toml_allows() {
    let allowed = allowed();
    for (licence, expected) in [
        ("MIT", true),
        ("MIT OR Apache-2.0", true),
        ("GPL-3.0 OR MIT", true),
        ("GPL-3.0", false),
        ("MIT AND GPL-3.0", false),
        ("(GPL-3.0 OR MIT) AND Unicode-3.0", true),
        ("(MIT OR Apache-2.0) AND GPL-3.0", false),
    ] {
        assert_eq!(is_allowed(licence, &allowed), expected, "{licence}");
    }
    let host = Command::new("rustc").arg("-vV").output().unwrap();
    let host = String::from_utf8(host.stdout).unwrap();
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned();
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", &host])
        .current_dir(repository())
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let crates = metadata["packages"].as_array().unwrap();
    assert!(crates.len() > 100, "{}", crates.len());
    let refused: Vec<String> = crates
        .iter()
        .filter(|one| !is_allowed(one["license"].as_str().unwrap_or_default(), &allowed))
        .map(|one| format!("{}: {}", one["name"], one["license"]))
        .collect();
    assert_eq!(refused, [""; 0]);
}
