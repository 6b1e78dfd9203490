//! Workspaces as a whole, and documents in them.

use super::*;
use crate::definitions::testing::{check, listed, load_files, write};
use crate::definitions::{ConditionNode, PathDefinition, Purpose, SegmentMembers};
use crate::diagnostics::render_human;
use crate::model::Entity;

const JOURNEY: &str = "\
kind: journey
name: finance-emea-spring
target: account
owner: marketing@vendor.example
timezone: Europe/London
start: 2023-03-01 08:00
end: 2023-06-01 00:00
audience:
  include: [finance-emea]
  match: any
  exclude: [customers]
suppress: [competitors]
consent: marketing
steps:
  - id: invite
    tile: email
    with: { email: spring-invite }
  - id: ordered
    tile: trigger
    with:
      based_on: account
      when:
        did: OrderPlaced
      timeout: 30 days
    paths:
      then:
        - id: lead
          tile: create_lead
          with:
            for_each: account
            topic: \"{{account.name}} took the spring offer\"
      else: nurture
sections:
  nurture:
    - id: pause
      tile: wait
      with: { for: 7 days }
";

const REST: &str = "\
kind: fields
of: account
fields:
  size: { type: choice, choices: [Strategic, Enterprise, SMB] }
---
kind: interaction
name: OrderPlaced
label: Order placed
attributes:
  amount: { type: number }
---
kind: segment
name: warm-strategic
target: account
where:
  all:
    - account.size == \"Strategic\"
    - any_contact:
        did: EmailClicked
        within: 30 days
      at_least: 3 contacts
  none:
    - segment: competitors
---
kind: segment
name: vip
target: contact
members: [con-0001, con-0002]
---
kind: email
name: spring-invite
subject: \"{{contact.first_name}}, an offer for {{account.name}}\"
html: |
  <p>Hello</p>
topic: product-news
purpose: transactional
";

#[test]
fn a_whole_workspace_is_read() {
    let (definitions, problems) = load_files(
        &[
            ("tilework.yaml", "name: vendor\n"),
            ("journeys/spring/journey.yml", JOURNEY),
            ("journeys/all.yaml", REST),
            ("journeys/_draft.yaml", "kind: nonsense\n"),
            ("journeys/.hidden.yaml", "kind: nonsense\n"),
            ("journeys/notes.txt", "kind: nonsense\n"),
        ],
        None,
    );
    assert!(problems.is_empty(), "{}", render_human(&problems, &definitions.sources, false));
    let paths: Vec<&str> = definitions.sources.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["tilework.yaml", "journeys/all.yaml", "journeys/spring/journey.yml"]);
    assert_eq!(definitions.settings.name.as_ref().unwrap().value, "vendor");
    assert_eq!(definitions.fields[0].fields[0].name.value, "size");
    assert_eq!(definitions.interactions[0].attributes[0].name.value, "amount");
    assert_eq!(definitions.interactions[0].header.label.as_ref().unwrap().value, "Order placed");
    let [warm, vip] = definitions.segments.as_slice() else { panic!("two segments") };
    assert!(
        matches!(&warm.members, SegmentMembers::Where(ConditionNode::Group { all: Some(all), .. }) if all.len() == 2)
    );
    assert!(matches!(&vip.members, SegmentMembers::Static(members) if members.len() == 2));
    let email = &definitions.emails[0];
    assert_eq!(email.purpose, Purpose::Transactional);
    assert_eq!(email.html.as_ref().unwrap().value, "<p>Hello</p>\n");
    let journey = &definitions.journeys[0];
    assert_eq!(journey.target.value, Entity::Account);
    assert_eq!(journey.start.value, "2023-03-01 08:00");
    assert_eq!(journey.audience.exclude[0].value, "customers");
    let trigger = &journey.steps[1];
    let keys: Vec<&str> = trigger.with.iter().map(|(key, _)| key.value.as_str()).collect();
    assert_eq!(keys, ["based_on", "when", "timeout"]);
    assert!(
        matches!(&trigger.paths[0].1, PathDefinition::Steps(steps) if steps[0].tile.value == "create_lead")
    );
    assert!(matches!(&trigger.paths[1].1, PathDefinition::Section(name) if name.value == "nurture"));
    assert_eq!(journey.sections[0].1[0].id.value, "pause");
}

#[test]
fn a_folder_without_settings_is_no_workspace() {
    let folder = tempfile::tempdir().unwrap();
    let result = load(folder.path(), None, &|_| None, &mut Problems::default());
    let message = result.unwrap_err().to_string();
    assert!(message.starts_with("no `tilework.yaml` in `"), "{message}");
    assert!(load(&folder.path().join("absent"), None, &|_| None, &mut Problems::default()).is_err());
}

#[test]
fn a_document_needs_a_kind_that_is_there() {
    check(&[
        (
            "name: a\n",
            &["missing-key 1:1 the definition needs `kind` | There is: `fields`, `interaction`, `topic`, \
                   `segment`, `email`, `workflow`, `journey`, `scoring_model`, `levels`."],
        ),
        (
            "just text\n",
            &[
                "wrong-type 1:1 expected a definition with a `kind`, found text | A definition starts with `kind: …`; there is: `fields`, `interaction`, `topic`, `segment`, `email`, `workflow`, `journey`, `scoring_model`, `levels`. Several in one file are separated by lines of `---`.",
            ],
        ),
        ("kind: [a]\n", &["wrong-type 1:7 expected text for `kind`, found a list"]),
        ("kind: segmnet\n", &["unknown-kind 1:7 there is no kind `segmnet` | Did you mean `segment`?"]),
        (
            "# later\n---\nkind: test\nname: x\n",
            &["not-available 3:7 the kind `test` is not available in this version"],
        ),
    ]);
}

#[test]
fn a_file_that_is_not_yaml_hides_no_other() {
    let (definitions, problems) = load_files(
        &[
            ("tilework.yaml", "name: vendor\n"),
            ("journeys/a.yaml", "kind: segment\nname: [b\n"),
            ("journeys/b.yaml", "kind: segmnet\n"),
        ],
        None,
    );
    let report = listed(&definitions, &problems);
    assert_eq!(report.len(), 2, "{report:?}");
    assert!(report[0].starts_with("yaml-syntax journeys/a.yaml:2:7"), "{report:?}");
    assert!(report[1].starts_with("unknown-kind journeys/b.yaml:1:7"), "{report:?}");
}

#[test]
fn names_are_unique_for_each_kind_across_files() {
    let segment = "kind: segment\nname: a\ntarget: contact\nwhere: true\n";
    let email = "kind: email\nname: a\nsubject: x\ntext: y\n";
    let (definitions, problems) = load_files(
        &[
            ("tilework.yaml", ""),
            ("journeys/a.yaml", segment),
            ("journeys/b.yaml", segment),
            ("journeys/c.yaml", email),
        ],
        None,
    );
    insta::assert_snapshot!(render_human(&problems, &definitions.sources, false), @r"
        error[duplicate-name]: the segment `a` is defined already
         --> journeys/b.yaml:2:7
          |
        2 | name: a
          |       ^
          |
         ::: journeys/a.yaml:2:7
          |
        2 | name: a
          |       - first defined here
          |
          = help: Give one of them another name.

        1 error
        For more about an error, run `tilework explain duplicate-name`.
        ");
}

#[test]
fn files_that_are_not_text_are_named() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        &[("tilework.yaml", b"\xef\xbb\xbfname: a\n"), ("journeys/a.yaml", b"a: b\nc: \xff\n")],
    );
    let mut problems = Problems::default();
    let definitions = load(folder.path(), None, &|_| None, &mut problems).unwrap();
    assert_eq!(
        listed(&definitions, &problems),
        ["unreadable-file journeys/a.yaml:2:4 the file isn't UTF-8 text | Save it as UTF-8."]
    );
    assert_eq!(definitions.settings.name.unwrap().value, "a", "a byte order mark is no part of the text");
}

#[test]
fn people_see_traps_in_their_file() {
    let text = "kind: segment\r\nname: \"ä\"\r\ntarget: contact\r\nwhere:\r\n  all:\r\n    - !contact.do_not_email\r\n    - \
                    contact.city == \"a: b\"\r\n    - did: EmailClicked\r\n      at_least: 2.000\r\n";
    let (definitions, problems) = load_files(&[("tilework.yaml", ""), ("journeys/x.yaml", text)], None);
    insta::assert_snapshot!(render_human(&problems, &definitions.sources, false), @r#"
        error[invalid-name]: `ä` is not a valid name: a name has small letters, digits and hyphens, and starts with a letter
         --> journeys/x.yaml:2:7
          |
        2 | name: "ä"
          |       ^^^

        error[yaml-trap]: YAML takes `!contact.do_not_email` for a tag
         --> journeys/x.yaml:6:7
          |
        6 |     - !contact.do_not_email
          |       ^^^^^^^^^^^^^^^^^^^^^
          |
          = help: Write `not(contact.do_not_email)`.

        error[yaml-trap]: YAML takes this expression for a key with a value
         --> journeys/x.yaml:7:7
          |
        7 |     - contact.city == "a: b"
          |       ^^^^^^^^^^^^^^^^^^^^^^
          |
          = help: Put the whole expression in single quotes, because of the `: ` in it.

        error[wrong-type]: expected text for `at_least`, found a number
         --> journeys/x.yaml:9:17
          |
        9 |       at_least: 2.000
          |                 ^^^^^
          |
          = help: Put it in double quotes.

        4 errors
        For more about an error, run `tilework explain invalid-name`.
        "#);
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(64))]
    #[test]
    fn no_file_makes_it_panic(lines in proptest::collection::vec(
        (0usize..4, proptest::sample::select(vec![
            "kind: journey", "kind: segment", "kind: email", "kind: fields", "name: a", "where:", "all:", "- did: A",
            "- !contact.x", "steps:", "- id: a", "tile: wait", "with: {for: 1}", "paths:", "then:", "- x", "else: y",
            "---", "fields:", "a: { type: text }", "audience: [", "members: 5", "html_file: ../x", "\"", "ä: \u{0}",
            "- *a", "&a x", "|", "x: |", "'", "sections: {a: b}", "removed: {a: ~}", "target: account", "${", "#",
        ])), 0..30)
    ) {
        let text: String = lines.iter().map(|(depth, line)| format!("{}{line}\n", "  ".repeat(*depth))).collect();
        let (definitions, problems) =
            load_files(&[("tilework.yaml", &text), ("journeys/x.yaml", &text)], Some("x"));
        let _ = render_human(&problems, &definitions.sources, false);
    }
}
