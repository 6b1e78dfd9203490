//! What nobody would write, and somebody will: `check` says what is wrong and never falls over.

use std::fs;

use tilework::diagnostics::{Code, render_github, render_human, render_json};

use super::{check, here, workspace};
use crate::support::files::files_under;

const SEGMENT: &str = "kind: segment\nname: a\ntarget: contact\nwhere: true\n";

/// The codes of what is found in a workspace with this file.
fn codes(content: &[u8]) -> Vec<Code> {
    let folder = workspace(&[("journeys/x.yaml", content)]);
    let (problems, sources) = check(folder.path());
    for report in [
        render_human(&problems, &sources, true),
        render_json(&problems, &sources),
        render_github(&problems, &sources),
    ] {
        assert!(report.len() < 1_000_000, "{} bytes", report.len());
    }
    problems.sorted().iter().map(|problem| problem.code).collect()
}

#[test]
fn files_that_are_hardly_files_of_definitions() {
    let bomb = |level: char| format!("{0}: &{0} [{1}]\n", level, ["*a"; 9].join(", "));
    let garbage: Vec<u8> = (0..5_000u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let words = "word ".repeat(1_000_000);
    let cases: &[(&str, Vec<u8>, &[Code])] = &[
        ("nothing", Vec::new(), &[]),
        ("comments alone", b"# nothing\n\n".to_vec(), &[]),
        ("a marker alone", b"---".to_vec(), &[]),
        ("empty documents", b"---\n---\n...\n---\n".to_vec(), &[]),
        ("a byte order mark", [b"\xef\xbb\xbf", SEGMENT.as_bytes()].concat(), &[]),
        ("Windows' line ends", SEGMENT.replace('\n', "\r\n").into_bytes(), &[]),
        ("old Apple line ends", SEGMENT.replace('\n', "\r").into_bytes(), &[]),
        ("tabs behind colons", SEGMENT.replace(": ", ":\t").into_bytes(), &[]),
        ("a directive", format!("%YAML 1.2\n---\n{SEGMENT}").into_bytes(), &[]),
        ("five megabytes of text", format!("{SEGMENT}description: {words}\n").into_bytes(), &[]),
        ("an anchor used twice", b"kind: segment\nname: a\ntarget: contact\nwhere:\n  any:\n    - &c contact.city == \"x\"\n    - all: [*c, *c]\n".to_vec(), &[]),
        ("merge keys", b"<<: { kind: segment, target: contact }\nname: a\nwhere: true\n".to_vec(), &[]),
        ("tabs as indentation", b"kind: segment\nname: a\ntarget: contact\nwhere:\n\tall:\n\t- true\n".to_vec(), &[Code::YamlSyntax]),
        ("binary garbage", garbage, &[Code::UnreadableFile]),
        ("nothing but zeros", vec![0; 1_000], &[Code::YamlSyntax]),
        ("Windows-1252", b"kind: segment\nname: a\nlabel: K\xf6ln\ntarget: contact\nwhere: true\n".to_vec(), &[Code::UnreadableFile]),
        ("UTF-16", SEGMENT.encode_utf16().flat_map(u16::to_le_bytes).collect(), &[Code::YamlSyntax]),
        ("a list", b"- a\n- b\n".to_vec(), &[Code::WrongType]),
        ("a byte order mark in the middle", format!("{SEGMENT}---\n\u{feff}{SEGMENT}").into_bytes(), &[Code::YamlSyntax]),
        ("a bomb of aliases", format!("a: &a [x]\n{}", ('b'..'j').map(bomb).collect::<String>().repeat(400)).into_bytes(), &[Code::YamlSyntax]),
        ("an alias of itself", b"- &a [*a]\n".to_vec(), &[Code::YamlSyntax]),
        ("a million brackets", vec![b'['; 1_000_000], &[Code::YamlSyntax]),
        ("a million colons", b"a: ".repeat(300_000), &[Code::YamlSyntax]),
        ("a quote that never ends", format!("a: \"{words}").into_bytes(), &[Code::YamlSyntax]),
        ("a name of pictures", "kind: segment\nname: 🎉\ntarget: contact\nwhere: true\n".into(), &[Code::InvalidName]),
        ("fields of pictures", "kind: segment\nname: a\ntarget: contact\nwhere: contact.🎉 == 1\n".into(), &[Code::ExpressionSyntax]),
        ("a tower of parentheses", format!("kind: segment\nname: a\ntarget: contact\nwhere: {}\n", "(".repeat(9_000)).into_bytes(), &[Code::ExpressionSyntax]),
        ("an endless expression", format!("kind: segment\nname: a\ntarget: contact\nwhere: {}\n", "true && ".repeat(9_000)).into_bytes(), &[Code::ExpressionForm]),
        ("an endless wait", b"kind: segment\nname: a\ntarget: contact\nwhere: { did: EmailSent, within: 999999999 business days }\n".to_vec(), &[Code::InvalidDuration]),
    ];
    for (name, content, expected) in cases {
        assert_eq!(codes(content), *expected, "{name}");
    }
}

#[test]
fn a_journey_of_two_thousand_steps_and_a_chain_of_segments() {
    let step = |at: usize| format!("  - id: s{at}\n    tile: wait\n    with: {{ for: 1 day }}\n");
    let journey = "kind: journey\nname: long\ntarget: contact\nstart: 2026-01-01\naudience: { include: [newsletter-readers] }\nsteps:\n";
    let steps: String = (0..2_000).map(step).collect();
    assert_eq!(codes(format!("{journey}{steps}").as_bytes()), []);
    let lost = format!("{journey}  - id: done\n    tile: end\n{steps}");
    assert_eq!(codes(lost.as_bytes()), [Code::UnreachableStep], "two thousand lost steps are one mistake");

    let segment = |at: usize, to: usize| {
        format!("kind: segment\nname: s{at}\ntarget: contact\nwhere: {{ segment: s{to} }}\n---\n")
    };
    let chain: String = (0..1_000).map(|at| segment(at, at + 1)).collect();
    let end = "kind: segment\nname: s1000\ntarget: contact\nwhere: true\n";
    assert_eq!(codes(format!("{chain}{end}").as_bytes()), []);
    let circle: String = (0..1_000).map(|at| segment(at, (at + 1) % 1_000)).collect();
    assert_eq!(codes(circle.as_bytes()), [Code::CircularSegments]);
}

#[test]
fn thousands_of_mistakes_in_one_endless_line() {
    let keys: Vec<String> = (0..20_000).map(|at| format!("k{at}: 漢")).collect();
    let text = format!("{{ kind: segment, name: a, target: contact, where: true, {} }}\n", keys.join(", "));
    let folder = workspace(&[("journeys/x.yaml", text.as_bytes())]);
    let (problems, sources) = check(folder.path());
    assert_eq!(problems.sorted().len(), 20_000);
    let last = problems.sorted().last().map(|problem| sources.position(problem.span).column).unwrap();
    assert_eq!(last, text.chars().count() - "k19999: 漢 }\n".chars().count() + 1);
    assert!(render_json(&problems, &sources).len() > 1_000_000);
}

#[cfg(unix)]
#[test]
fn folders_links_and_things_that_are_no_files() {
    use std::os::unix::fs::symlink;
    let folder = workspace(&[("journeys/sub/a.yaml", SEGMENT.as_bytes()), ("journeys/b.yaml/c.yaml", b"")]);
    let journeys = folder.path().join("journeys");
    symlink("..", journeys.join("sub/up")).unwrap();
    symlink("gone", journeys.join("gone.yaml")).unwrap();
    symlink("self.yaml", journeys.join("self.yaml")).unwrap();
    symlink("/dev/zero", journeys.join("zero.yaml")).unwrap();
    let (problems, sources) = check(folder.path());
    let found: Vec<String> = problems
        .sorted()
        .iter()
        .map(|problem| format!("{} {}", problem.code, sources.file(problem.span.file).path))
        .collect();
    let unreadable = |name: &str| format!("unreadable-file journeys/{name}.yaml");
    assert_eq!(found, [unreadable("gone"), unreadable("self"), unreadable("zero")]);
    assert!(sources.iter().any(|file| file.path == "journeys/b.yaml/c.yaml"), "a folder may have any name");
    assert_eq!(sources.iter().filter(|file| file.path.ends_with("a.yaml")).count(), 1);
}

#[test]
fn whatever_becomes_of_a_file_it_is_checked_to_the_end() {
    const SIGNS: [&str; 26] = [
        "\"", "'", "{", "}", "[", "]", "{{", "}}", ": ", " #", "- ", "\n", "\r\n", "\t", "!", "&a ", "*a",
        "|", ">", "\\", "(", "é", "漢", "\u{feff}", "==", "---\n",
    ];
    let texts: Vec<String> =
        files_under(&here(), "yaml").iter().filter_map(|path| fs::read_to_string(path).ok()).collect();
    // A sequence that is the same on every machine.
    let mut state = 7u64;
    let mut chance = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below.max(1)
    };
    for _ in 0..200 {
        let mut text: Vec<char> = texts[chance(texts.len())].chars().collect();
        for _ in 0..=chance(4) {
            let at = chance(text.len() + 1);
            match chance(3) {
                0 => drop(text.splice(at..at, SIGNS[chance(SIGNS.len())].chars())),
                1 => drop(text.drain(at..text.len().min(at + 1 + chance(8)))),
                _ => {
                    let copied: Vec<char> = text[at..text.len().min(at + chance(30))].to_vec();
                    let to = chance(text.len() + 1);
                    drop(text.splice(to..to, copied));
                }
            }
        }
        let text: String = text.into_iter().collect();
        let checked = std::panic::catch_unwind(|| codes(text.as_bytes()));
        assert!(checked.is_ok(), "{text}");
    }
}
