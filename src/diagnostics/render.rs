//! Reports: for people, for programs, for GitHub.

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;

use super::{Code, FileId, Problem, Problems, Severity, Sources, Span};

/// Nobody reads more problems than this one by one.
const MOST_SHOWN: usize = 1_000;
/// Places of one problem that lie further apart, in bytes, are shown apart.
const FAR: usize = 64 * 1024;

/// The report for people: each problem with its source line and a caret, related places, the hint; a
/// summary at the end, and where to read more when there are errors. Empty when there are no problems.
/// Secrets are blotted out of the lines that are shown, and nothing in them can do anything to a
/// terminal. Of very many problems the first thousand are shown.
#[must_use]
pub fn render_human(problems: &Problems, sources: &Sources, color: bool) -> String {
    let sorted = problems.sorted();
    if sorted.is_empty() {
        return String::new();
    }
    let secrets = sorted.iter().filter(|problem| problem.code == Code::SecretInFile);
    let sources = &sources.without(secrets.map(|problem| problem.span));
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii);
    let mut report = String::new();
    for problem in sorted.iter().take(MOST_SHOWN) {
        for line in renderer.render(&[group(problem, sources)]).lines() {
            report.push_str(line.trim_end());
            report.push('\n');
        }
        report.push('\n');
    }
    if sorted.len() > MOST_SHOWN {
        report.push_str(&format!("and {} more, which `--format json` lists\n\n", sorted.len() - MOST_SHOWN));
    }
    let counts = [(Severity::Error, "error", "errors"), (Severity::Warning, "warning", "warnings")];
    let counts = counts.into_iter().filter_map(|(severity, one, several)| {
        match sorted.iter().filter(|problem| problem.severity == severity).count() {
            0 => None,
            1 => Some(format!("1 {one}")),
            count => Some(format!("{count} {several}")),
        }
    });
    report.push_str(&counts.collect::<Vec<_>>().join(", "));
    report.push('\n');
    if let Some(error) = sorted.iter().find(|problem| problem.severity == Severity::Error) {
        report.push_str(&format!("For more about an error, run `tilework explain {}`.\n", error.code));
    }
    report
}

fn group<'a>(problem: &'a Problem, sources: &'a Sources) -> Group<'a> {
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let primary = Place { span: problem.span, kind: AnnotationKind::Primary, label: None };
    let related = problem.related.iter().map(|(span, label)| Place {
        span: *span,
        kind: AnnotationKind::Context,
        label: Some(label.as_str()),
    });
    let mut together: Vec<Vec<Place<'_>>> = vec![vec![primary]];
    for place in related {
        match together.iter_mut().find(|places| places.iter().all(|other| other.is_near(&place))) {
            Some(places) => places.push(place),
            None => together.push(vec![place]),
        }
    }
    let title = level.primary_title(visible(&problem.message)).id(problem.code.name());
    let group = title.elements(together.iter().map(|places| snippet(places, sources)));
    match &problem.hint {
        Some(hint) => group.element(Level::HELP.message(visible(hint))),
        None => group,
    }
}

/// A place of a problem.
struct Place<'a> {
    span: Span,
    kind: AnnotationKind,
    label: Option<&'a str>,
}

impl Place<'_> {
    fn is_near(&self, other: &Place<'_>) -> bool {
        self.span.file == other.span.file && self.span.start.abs_diff(other.span.start) < FAR
    }
}

/// Places that lie close together in one file, with no more of its text than their lines.
fn snippet<'a>(places: &[Place<'_>], sources: &'a Sources) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let source = sources.file(places.first().map_or(FileId(0), |place| place.span.file));
    let ranges: Vec<Range<usize>> =
        places.iter().map(|place| on_one_line(&source.text, place.span)).collect();
    let first = ranges.iter().map(|range| range.start).min().unwrap_or(0);
    let last = ranges.iter().map(|range| range.end).max().unwrap_or(0);
    let (line, start) = source.line(first);
    let end = source.text[last..].find('\n').map_or(source.text.len(), |at| last + at);
    let lines = &source.text[start..end];
    // A carriage return would be drawn as a character of its own.
    let shown = lines.replace("\r\n", "\n").trim_end_matches('\r').to_owned();
    let place_of = |at: usize| {
        let place = at - start - source.text[start..at].matches("\r\n").count();
        place.min(shown.len())
    };
    let annotations: Vec<_> = places
        .iter()
        .zip(ranges)
        .map(|(place, range)| {
            let label = place.label.map(visible);
            place.kind.span(place_of(range.start)..place_of(range.end)).label(label)
        })
        .collect();
    Snippet::source(shown).path(visible(&source.path)).line_start(line).annotations(annotations)
}

/// Text that can't do anything to a terminal, though names in it come from files.
fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// The part of a span on its first line, moved to where characters start.
fn on_one_line(text: &str, span: Span) -> Range<usize> {
    let boundary =
        |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let start = boundary(span.start);
    let end = boundary(span.end).max(start);
    let line = text[start..end].split(['\n', '\r']).next().unwrap_or("");
    start..start + line.len()
}

/// A problem in the report for programs.
#[derive(Serialize)]
struct JsonProblem<'a> {
    code: &'static str,
    severity: &'static str,
    message: &'a str,
    file: &'a str,
    line: usize,
    column: usize,
    hint: Option<&'a str>,
}

/// The report for programs: an array of objects with `code`, `severity`, `message`, `file`, `line`,
/// `column` (both from 1, the column in characters) and `hint`, which may be null.
#[must_use]
pub fn render_json(problems: &Problems, sources: &Sources) -> String {
    let sorted = problems.sorted();
    let objects: Vec<JsonProblem<'_>> = sorted
        .iter()
        .map(|problem| {
            let position = sources.position(problem.span);
            JsonProblem {
                code: problem.code.name(),
                severity: problem.severity.name(),
                message: &problem.message,
                file: &sources.file(problem.span.file).path,
                line: position.line,
                column: position.column,
                hint: problem.hint.as_deref(),
            }
        })
        .collect();
    // Strings and numbers alone can always be written as JSON.
    serde_json::to_string_pretty(&objects).unwrap_or_default()
}

/// The report for GitHub: a workflow command for each problem, which it shows beside the line.
#[must_use]
pub fn render_github(problems: &Problems, sources: &Sources) -> String {
    let mut report = String::new();
    for problem in problems.sorted() {
        let position = sources.position(problem.span);
        let file = property(&sources.file(problem.span.file).path);
        let mut message = problem.message.clone();
        if let Some(hint) = &problem.hint {
            message = format!("{message}\n{hint}");
        }
        report.push_str(&format!(
            "::{} file={file},line={},col={},title={}::{}\n",
            problem.severity.name(),
            position.line,
            position.column,
            problem.code,
            data(&message),
        ));
    }
    report
}

/// Escapes the message of a workflow command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property of a workflow command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sources with one file, and a span for each of the words in it.
    fn marked(text: &str, words: &[&str]) -> (Sources, Vec<Span>) {
        let mut sources = Sources::default();
        let file = sources.add("journeys/x.yaml", text);
        let spans = words
            .iter()
            .map(|word| {
                let at = text.find(word).unwrap();
                Span::new(file, at, at + word.len())
            })
            .collect();
        (sources, spans)
    }

    fn one(problem: Problem) -> Problems {
        let mut problems = Problems::default();
        problems.push(problem);
        problems
    }

    #[test]
    fn people_see_the_line_the_place_and_the_help() {
        let (mut sources, spans) =
            marked("kind: journey\naudience:\n  include: [finance-emae]\n", &["finance-emae"]);
        let other = sources.add("tilework.yaml", "publish: sometimes\n");
        let mut problems =
            one(Problem::error(Code::UnknownSegment, spans[0], "there is no segment `finance-emae`")
                .hint("Did you mean `finance-emea`?"));
        problems.push(Problem::warning(Code::AmbiguousNumber, Span::new(other, 9, 18), "strange"));
        problems.push(Problem::error(Code::InvalidValue, Span::new(other, 0, 7), "wrong"));
        insta::assert_snapshot!(render_human(&problems, &sources, false), @r"
        error[unknown-segment]: there is no segment `finance-emae`
         --> journeys/x.yaml:3:13
          |
        3 |   include: [finance-emae]
          |             ^^^^^^^^^^^^
          |
          = help: Did you mean `finance-emea`?

        error[invalid-value]: wrong
         --> tilework.yaml:1:1
          |
        1 | publish: sometimes
          | ^^^^^^^

        warning[ambiguous-number]: strange
         --> tilework.yaml:1:10
          |
        1 | publish: sometimes
          |          ^^^^^^^^^

        2 errors, 1 warning
        For more about an error, run `tilework explain unknown-segment`.
        ");
    }

    #[test]
    fn related_places_are_shown_with_their_words_also_in_other_files() {
        let (mut sources, spans) =
            marked("name: a\nx: 1\ny: 2\nz: 3\nu: 4\nname: b\n", &["name: a", "name: b"]);
        let other = sources.add("journeys/y.yaml", "\n\nname: c\n");
        let problems = one(Problem::error(Code::DuplicateName, spans[1], "`b` is taken")
            .related(spans[0], "first defined here")
            .related(Span::new(other, 2, 9), "and here"));
        insta::assert_snapshot!(render_human(&problems, &sources, false), @r"
        error[duplicate-name]: `b` is taken
         --> journeys/x.yaml:6:1
          |
        1 | name: a
          | ------- first defined here
        ...
        6 | name: b
          | ^^^^^^^
          |
         ::: journeys/y.yaml:3:1
          |
        3 | name: c
          | ------- and here

        1 error
        For more about an error, run `tilework explain duplicate-name`.
        ");
    }

    #[test]
    fn tabs_crlf_and_wide_letters_leave_the_caret_at_its_place() {
        let (sources, spans) = marked("a: b\r\nkéy:\t\"ü 漢\" # wrong\r\nc: d\r\n", &["wrong"]);
        let problems = one(Problem::error(Code::InvalidValue, spans[0], "no"));
        insta::assert_snapshot!(render_human(&problems, &sources, false), @r#"
        error[invalid-value]: no
         --> journeys/x.yaml:2:14
          |
        2 | kéy:    "ü 漢" # wrong
          |                  ^^^^^

        1 error
        For more about an error, run `tilework explain invalid-value`.
        "#);
    }

    #[test]
    fn of_a_span_over_several_lines_the_first_is_shown() {
        let (sources, spans) = marked("html: |\r\n  <p>\r\n  </p>\r\n", &["<p>\r\n  </p>"]);
        let problems = one(Problem::error(Code::TemplateSyntax, spans[0], "no"));
        insta::assert_snapshot!(render_human(&problems, &sources, false), @r"
        error[template-syntax]: no
         --> journeys/x.yaml:2:3
          |
        2 |   <p>
          |   ^^^

        1 error
        For more about an error, run `tilework explain template-syntax`.
        ");
    }

    #[test]
    fn an_empty_file_and_the_end_of_a_file_can_be_pointed_at() {
        let mut sources = Sources::default();
        let empty = sources.add("journeys/empty.yaml", "");
        let short = sources.add("journeys/short.yaml", "a: {\n");
        let mut problems = one(Problem::error(Code::UnreadableFile, Span::new(empty, 0, 0), "can't be read"));
        problems.push(Problem::error(Code::YamlSyntax, Span::new(short, 5, 5), "the end comes too early"));
        problems.push(Problem::error(Code::YamlSyntax, Span::new(short, 50, 70), "beyond the end"));
        insta::assert_snapshot!(render_human(&problems, &sources, false), @r"
        error[unreadable-file]: can't be read
         --> journeys/empty.yaml:1:1
          |
        1 |
          | ^

        error[yaml-syntax]: the end comes too early
         --> journeys/short.yaml:2:1
          |
        2 |
          | ^

        error[yaml-syntax]: beyond the end
         --> journeys/short.yaml:2:1
          |
        2 |
          | ^

        3 errors
        For more about an error, run `tilework explain unreadable-file`.
        ");
    }

    #[test]
    fn of_very_many_problems_the_first_thousand_are_shown() {
        let mut sources = Sources::default();
        let file = sources.add("journeys/x.yaml", "word ".repeat(1_200));
        let mut problems = Problems::default();
        for at in 0..1_200 {
            problems.push(Problem::error(Code::UnknownKey, Span::new(file, at * 5, at * 5 + 4), "no"));
        }
        let report = render_human(&problems, &sources, false);
        assert_eq!(report.matches("error[").count(), 1_000);
        assert!(
            report.contains("\nand 200 more, which `--format json` lists\n\n1200 errors\n"),
            "{}",
            &report[..80]
        );
    }

    #[test]
    fn places_far_apart_are_shown_apart() {
        let text = format!("name: a\n{}name: b\n", "x: 1\n".repeat(20_000));
        let (sources, spans) = marked(&text, &["name: a", "name: b"]);
        let problems =
            one(Problem::error(Code::DuplicateName, spans[1], "no").related(spans[0], "the first"));
        let report = render_human(&problems, &sources, false);
        assert!(report.contains("--> journeys/x.yaml:20002:1\n"), "{report}");
        assert!(report.contains("::: journeys/x.yaml:1:1\n"), "{report}");
    }

    #[test]
    fn nothing_in_a_workspace_can_do_anything_to_a_terminal() {
        let mut sources = Sources::default();
        let file = sources.add("journeys/\u{1b}[31m.yaml", "name: \u{1b}[31mred\u{7}\n");
        let span = Span::new(file, 0, 4);
        let problems = one(Problem::error(Code::InvalidName, span, "\u{1b}[2J")
            .hint("Not \u{1b}[2J.")
            .related(Span::new(file, 5, 6), "\u{1b}[2J"));
        let report = render_human(&problems, &sources, false);
        assert!(!report.contains(|c: char| c.is_control() && c != '\n'), "{report:?}");
    }

    #[test]
    fn a_secret_is_never_shown() {
        let (sources, spans) = marked("a: é:hush@h # é\n", &["hush", "é:"]);
        let mut problems = one(Problem::error(Code::SecretInFile, spans[0], "a password"));
        problems.push(Problem::warning(Code::InvalidSetting, spans[1], "odd"));
        let report = render_human(&problems, &sources, false);
        assert!(!report.contains("hush"), "{report}");
        assert_eq!(report.matches("a: é:****@h # é\n").count(), 2, "{report}");
    }

    #[test]
    fn colours_are_only_there_when_asked_for() {
        let (sources, spans) = marked("a: b", &["a"]);
        let problems = one(Problem::error(Code::UnknownKey, spans[0], "no"));
        assert!(render_human(&problems, &sources, true).contains('\u{1b}'));
        assert!(!render_human(&problems, &sources, false).contains('\u{1b}'));
    }

    #[test]
    fn no_problems_make_no_report() {
        let none = Problems::default();
        let sources = Sources::default();
        assert_eq!(render_human(&none, &sources, false), "");
        assert_eq!(render_json(&none, &sources), "[]");
        assert_eq!(render_github(&none, &sources), "");
    }

    #[test]
    fn programs_get_objects_with_seven_keys() {
        let (sources, spans) = marked("ä: b\nü: word", &["word"]);
        let mut problems = one(Problem::error(Code::UnknownKey, spans[0], "a \"quote\"").hint("Mend it."));
        problems.push(Problem::warning(Code::AmbiguousNumber, spans[0], "odd"));
        let objects: serde_json::Value = serde_json::from_str(&render_json(&problems, &sources)).unwrap();
        assert_eq!(
            objects,
            serde_json::json!([
                { "code": "unknown-key", "severity": "error", "message": "a \"quote\"", "file": "journeys/x.yaml",
                  "line": 2, "column": 4, "hint": "Mend it." },
                { "code": "ambiguous-number", "severity": "warning", "message": "odd", "file": "journeys/x.yaml",
                  "line": 2, "column": 4, "hint": null },
            ])
        );
    }

    #[test]
    fn github_gets_escaped_annotations() {
        let mut sources = Sources::default();
        let file = sources.add("journeys/a,b:c.yaml", "x: 50%\n");
        let problems =
            one(Problem::error(Code::InvalidValue, Span::new(file, 3, 6), "`50%`: no").hint("Write `50`."));
        assert_eq!(
            render_github(&problems, &sources),
            "::error file=journeys/a%2Cb%3Ac.yaml,line=1,col=4,title=invalid-value::`50%25`: no%0AWrite `50`.\n"
        );
    }

    #[test]
    fn carriage_returns_alone_are_no_lines() {
        for (text, start, end) in [("\r\r", 2, 2), ("a\rb\r", 4, 4), ("\r\n\r", 3, 3)] {
            let mut sources = Sources::default();
            let file = sources.add("x", text);
            let problems = one(Problem::error(Code::YamlSyntax, Span::new(file, start, end), "no"));
            assert!(render_human(&problems, &sources, false).contains("--> x:"), "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_place_in_no_text_makes_it_panic(text in "[\\PC\n\r\t]{0,40}", start in 0usize..60, length in 0usize..60) {
            let mut sources = Sources::default();
            let file = sources.add("x", &*text);
            let span = Span::new(file, start, start + length);
            let problems = one(Problem::error(Code::YamlSyntax, span, "no").related(span, "here"));
            let _ = render_human(&problems, &sources, true);
            let _ = render_json(&problems, &sources);
            let _ = render_github(&problems, &sources);
        }
    }
}
