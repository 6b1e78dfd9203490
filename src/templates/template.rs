//! A checked template.

use std::collections::{BTreeMap, BTreeSet};

use super::{TemplateError, Values, compile, render, tree::Part};
use crate::{
    calendar::Zone,
    diagnostics::{Problems, Text},
    model::Catalog,
};

/// What a template may start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Root {
    /// The contact, and the contact's account by way of it.
    Contact,
    /// The account.
    Account,
    /// The journey: `name`, `label`, `owner`.
    Journey,
    /// The workspace's settings: `name`.
    Settings,
    /// A tile's message to a channel: `text`.
    Message,
    /// The company that sends: `name`, `address`, `legal`, `privacy_url`.
    Company,
    /// The links of a mail: `unsubscribe`, `preferences`.
    Links,
}

impl Root {
    /// Those that every text for a contact may start from.
    pub const ALL: [Root; 4] = [Root::Contact, Root::Account, Root::Journey, Root::Settings];

    /// Those that a mail may start from.
    pub const MAIL: [Root; 6] =
        [Root::Contact, Root::Account, Root::Journey, Root::Settings, Root::Company, Root::Links];

    /// The word in templates.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Root::Contact => "contact",
            Root::Account => "account",
            Root::Journey => "journey",
            Root::Settings => "settings",
            Root::Message => "message",
            Root::Company => "company",
            Root::Links => "links",
        }
    }
}

/// What the text is, which decides whether values are escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemplateFormat {
    /// HTML: `<` in a value becomes `&lt;`.
    Html,
    /// A subject or plain text: values stand as they are.
    Text,
}

/// What a template is and may use.
#[derive(Debug, Clone, Copy)]
pub struct TemplateScope<'a> {
    /// Whether it is HTML.
    pub format: TemplateFormat,
    /// What it may start from; what an account's tile makes has no `contact`.
    pub roots: &'a [Root],
    /// The fields that exist.
    pub catalog: &'a Catalog,
    /// The zone in which `date` writes moments.
    pub zone: &'a Zone,
    /// The files of `templates/` by name, which `{{> name}}` includes; nothing where no text is long enough for that.
    pub partials: Option<&'a BTreeMap<String, Text>>,
}

/// The fields that a template uses, by their own names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Needs {
    /// Of the contact.
    pub contact: BTreeSet<String>,
    /// Of the account.
    pub account: BTreeSet<String>,
    /// What it shows of the mail's links and of the company, such as `links.unsubscribe`.
    pub shown: BTreeSet<String>,
    /// The files of `templates/` that it includes, those that these include among them.
    pub partials: BTreeSet<String>,
}

/// A checked template: made once, rendered for each recipient.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    parts: Vec<Part>,
    needs: Needs,
    zone: Zone,
}

impl Template {
    /// Reads and checks a template. All problems are reported; with an error there is no template.
    pub fn compile(text: &Text, scope: &TemplateScope<'_>, problems: &mut Problems) -> Option<Template> {
        let (parts, needs) = compile::compile(text, scope, problems)?;
        Some(Template { parts, needs, zone: scope.zone.clone() })
    }

    /// The fields that have to be among the values.
    #[must_use]
    pub fn needs(&self) -> &Needs {
        &self.needs
    }

    /// Fills in the values of one recipient. What is missing renders as nothing.
    ///
    /// # Errors
    /// When the text becomes longer than 1 MB, or a moment lies outside the years that the calendar
    /// knows. Other recipients aren't concerned.
    pub fn render(&self, values: &Values<'_>) -> Result<String, TemplateError> {
        render::render(&self.parts, values, &self.zone)
    }
}
