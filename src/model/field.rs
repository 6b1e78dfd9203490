//! Fields of records, attributes of interactions, and their types.

use std::fmt;

/// What a field or an attribute may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldType {
    /// Any text.
    Text,
    /// A whole number within ±2^53.
    Integer,
    /// A number.
    Number,
    /// Yes or no.
    Boolean,
    /// A calendar date.
    Date,
    /// A moment.
    DateTime,
    /// One of the listed choices.
    Choice(Vec<String>),
    /// Any number of the listed choices.
    Choices(Vec<String>),
    /// The id of an account.
    Account,
    /// The id of a contact.
    Contact,
}

impl FieldType {
    /// The word used in YAML and messages.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            FieldType::Text => "text",
            FieldType::Integer => "integer",
            FieldType::Number => "number",
            FieldType::Boolean => "boolean",
            FieldType::Date => "date",
            FieldType::DateTime => "datetime",
            FieldType::Choice(_) => "choice",
            FieldType::Choices(_) => "choices",
            FieldType::Account => "account",
            FieldType::Contact => "contact",
        }
    }

    /// Whether values are compared as text.
    #[must_use]
    pub fn is_textual(&self) -> bool {
        matches!(self, FieldType::Text | FieldType::Choice(_) | FieldType::Account | FieldType::Contact)
    }

    /// Whether values are compared as numbers.
    #[must_use]
    pub fn is_numeric(&self) -> bool {
        matches!(self, FieldType::Integer | FieldType::Number)
    }
}

impl fmt::Display for FieldType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A field of a record or an attribute of an interaction type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The name in conditions, templates, headers and columns.
    pub name: String,
    /// What it may hold.
    pub kind: FieldType,
    /// Other names by which the field is known: those of Dynamics for standard fields.
    pub aliases: Vec<String>,
    /// What the field is for, in the reference.
    pub description: String,
    /// Whether the workspace declared it, as opposed to the standard fields.
    pub declared: bool,
}

impl Field {
    /// A standard attribute that holds text, by its name alone.
    #[must_use]
    pub fn text(name: &str) -> Field {
        Field {
            name: name.to_owned(),
            kind: FieldType::Text,
            aliases: Vec::new(),
            description: String::new(),
            declared: false,
        }
    }

    /// Whether `name` is this field's name or one of its aliases.
    #[must_use]
    pub fn answers_to(&self, name: &str) -> bool {
        self.name == name || self.aliases.iter().any(|alias| alias == name)
    }
}
