//! `kind: email`.

use crate::definitions::{Header, Reader, reading::header};
use crate::definitions::{disk::files::Files, tilework_yaml::settings::is_address};
use crate::{
    diagnostics::{Code, Problem, Text},
    model::Language,
};

/// What kind of mail it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Purpose {
    /// Advertising; `do_not_bulk_email` and consent to marketing count.
    #[default]
    Commercial,
    /// Part of business at hand.
    Transactional,
}

/// `kind: email`.
#[derive(Debug, Clone)]
pub struct EmailDefinition {
    /// Name and the rest.
    pub header: Header,
    /// Subject template.
    pub subject: Text,
    /// HTML template, from `html` or from the file that `html_file` names.
    pub html: Option<Text>,
    /// Text template, from `text` or from the file that `text_file` names.
    pub text: Option<Text>,
    /// The topic that commercial mail belongs to.
    pub topic: Option<Text>,
    /// What kind of mail it is.
    pub purpose: Purpose,
    /// Whether a mailbox that several contacts have gets it for each of them.
    pub sends_duplicates: bool,
    /// Sender, answers and language of its own.
    pub manner: MailManner,
}

/// What a mail has of its own beside its text.
#[derive(Debug, Clone, Default)]
pub struct MailManner {
    /// The sender, a template; the channel's when there is none.
    pub from: Option<Text>,
    /// Where answers go, a template; to the sender when there is none.
    pub reply_to: Option<Text>,
    /// The language of numbers and dates.
    pub language: MailLanguage,
}

/// The language of a mail's numbers and dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailLanguage {
    /// This one.
    Fixed(Language),
    /// The contact's, where it is known; English else.
    Contact,
}

impl Default for MailLanguage {
    fn default() -> MailLanguage {
        MailLanguage::Fixed(Language::English)
    }
}

/// Reads `kind: email`; `path` is that of the file in which it stands, relative to the workspace.
pub(in crate::definitions) fn read(
    mut reader: Reader<'_>,
    path: &str,
    files: &mut Files<'_>,
) -> Option<EmailDefinition> {
    let span = reader.span();
    let header = header::read(&mut reader, span);
    let subject = reader.required_text("subject");
    let html = template(&mut reader, ("html", "html_file"), path, files);
    let text = template(&mut reader, ("text", "text_file"), path, files);
    if ["html", "html_file", "text", "text_file"].into_iter().all(|key| !reader.has(key)) {
        let message = "`email` needs `html`, `html_file`, `text` or `text_file`";
        reader.problems().push(Problem::error(Code::MissingKey, span, message));
    }
    let topic = reader.text("topic");
    let purposes = [("commercial", Purpose::Commercial), ("transactional", Purpose::Transactional)];
    let purpose = reader.choice("purpose", &purposes).map(|purpose| purpose.value).unwrap_or_default();
    let duplicates = reader.choice("duplicates", &[("block", false), ("send", true)]);
    let languages: Vec<(&str, MailLanguage)> = Language::CODES
        .iter()
        .map(|(code, language)| (*code, MailLanguage::Fixed(*language)))
        .chain([("contact", MailLanguage::Contact)])
        .collect();
    let manner = MailManner {
        from: sender(&mut reader, "from"),
        reply_to: sender(&mut reader, "reply_to"),
        language: reader.choice("language", &languages).map(|language| language.value).unwrap_or_default(),
    };
    reader.finish();
    let sends_duplicates = duplicates.is_some_and(|duplicates| duplicates.value);
    let subject = subject.unwrap_or_else(|| Text::verbatim("", span));
    Some(EmailDefinition { header: header?, subject, html, text, topic, purpose, sends_duplicates, manner })
}

/// A sender; without a gap that is filled in it has to be an address.
fn sender<'a>(reader: &mut Reader<'a>, key: &'a str) -> Option<Text> {
    let sender = reader.text(key)?;
    if !sender.value.contains("{{") && !is_address(&sender.value) {
        let message = format!("`{}` is not an address", sender.value);
        let problem = Problem::error(Code::InvalidValue, sender.span, message);
        reader
            .problems()
            .push(problem.hint("Write `name@vendor.example`, or `\"Name <name@vendor.example>\"`."));
    }
    Some(sender)
}

/// The template under the first key, or in the file that the second one names.
fn template<'a>(
    reader: &mut Reader<'a>,
    (in_place, in_file): (&'a str, &'a str),
    path: &str,
    files: &mut Files<'_>,
) -> Option<Text> {
    let template = reader.text(in_place);
    let Some(name) = reader.text(in_file) else { return template };
    if reader.has(in_place) {
        let message = format!("`{in_place}` and `{in_file}` can't stand together");
        reader.problems().push(Problem::error(Code::InvalidValue, name.span, message));
        return template;
    }
    files.referred(&name, path, reader.problems()).map(|(file, text)| Text::file(file, text))
}

#[cfg(test)]
mod tests {
    use crate::definitions::testing::{check, listed, load_files};

    #[test]
    fn each_mistake_in_an_email_has_its_place() {
        check(&[
            (
                "kind: email\nname: a\n",
                &[
                    "missing-key 1:1 `email` needs `html`, `html_file`, `text` or `text_file`",
                    "missing-key 1:1 `email` needs `subject`",
                ],
            ),
            (
                "kind: email\nname: a\nsubject: {{contact.first_name}}\ntext: x\npurpose: spam\n",
                &[
                    "yaml-trap 3:10 `{{` starts a mapping in YAML | Put the whole text in double quotes.",
                    "invalid-value 5:10 `spam` is not a value of `purpose`: expected `commercial` or `transactional`",
                ],
            ),
            (
                "kind: email\nname: a\nsubject: x\nhtml: y\nhtml_file: z.html\ntext_file: ../../z.txt\n",
                &[
                    "invalid-value 5:12 `html` and `html_file` can't stand together",
                    "invalid-value 6:12 `../../z.txt` lies outside the workspace",
                ],
            ),
        ]);
    }

    #[test]
    fn templates_are_files_beside_the_definition_or_in_journeys() {
        let text = "kind: email\nname: a\nsubject: x\nhtml_file: a.html\ntext_file: b.txt\n---\nkind: email\nname: \
                    b\nsubject: x\nhtml_file: a.html\n---\nkind: email\nname: c\nsubject: x\nhtml_file: c.html\n";
        let (definitions, problems) = load_files(
            &[
                ("tilework.yaml", ""),
                ("journeys/mail/x.yaml", text),
                ("journeys/mail/a.html", "<p>ä</p>"),
                ("journeys/b.txt", "hello\n"),
            ],
            None,
        );
        assert_eq!(
            listed(&definitions, &problems),
            ["file-not-found journeys/mail/x.yaml:15:12 there is no file `c.html` | It was looked for as \
              `journeys/mail/c.html` and `journeys/c.html`."]
        );
        let [first, second, third] = definitions.emails.as_slice() else { panic!("three e-mails") };
        let html = first.html.as_ref().unwrap();
        assert_eq!(html.value, "<p>ä</p>");
        assert_eq!(definitions.sources.file(html.span.file).path, "journeys/mail/a.html");
        assert_eq!(second.html.as_ref().unwrap().span, html.span, "a file is read once");
        assert_eq!(first.text.as_ref().unwrap().value, "hello\n");
        assert!(third.html.is_none());
    }
}
