//! What may be written, kind by kind: the one table behind the check for unknown keys, the JSON Schema
//! for editors and the reference page. In builds for development a [`Reader`](crate::definitions::Reader) refuses to
//! read a key that isn't described here, and to leave one that is unread.

use super::keys::{
    ATTRIBUTE, ATTRIBUTES, BAND, CAMEL_NAME, EMAIL, FIELD, FIELDS, FORMER_NAME, JOURNEY, LEVELS, NAME,
    OPTIONAL_NAME, RULE, SCORING_MODEL, SEGMENT, STEP, TOPIC, WORDS, WORKFLOW,
};

/// A kind of definition.
#[derive(Debug)]
pub struct KindDescription {
    /// The word under `kind:`.
    pub name: &'static str,
    /// What it is, in a sentence without a full stop.
    pub summary: &'static str,
    /// The keys beside `kind`, in groups, in the order of the reference.
    pub keys: &'static [&'static [Key]],
    /// Keys of which at least one has to be there.
    pub any_of: &'static [&'static str],
    /// A definition that uses it; tested.
    pub example: &'static str,
}

impl KindDescription {
    /// The keys beside `kind`.
    pub fn keys(&self) -> impl Iterator<Item = &'static Key> {
        self.keys.iter().copied().flatten()
    }
}

/// A key and what stands under it.
#[derive(Debug)]
pub struct Key {
    /// The key.
    pub name: &'static str,
    /// What stands under it.
    pub form: Form,
    /// Whether it has to be there.
    pub required: bool,
    /// What it is for, in a sentence without a full stop.
    pub description: &'static str,
}

impl Key {
    /// A key that has to be there.
    #[must_use]
    pub const fn required(name: &'static str, form: Form, description: &'static str) -> Key {
        Key { name, form, required: true, description }
    }

    /// A key that may be left out.
    #[must_use]
    pub const fn optional(name: &'static str, form: Form, description: &'static str) -> Key {
        Key { name, form, required: false, description }
    }
}

/// What stands under a key.
#[derive(Debug, Clone, Copy)]
pub enum Form {
    /// Any text.
    Text,
    /// Text with `{{…}}` in it.
    Template,
    /// A number.
    Number,
    /// A whole number.
    Integer,
    /// A number, or a calculation that comes to one.
    Points,
    /// A name by the rules for definitions.
    Name,
    /// The name of an interaction type.
    CamelName,
    /// `true` or `false`.
    Boolean,
    /// A length of time.
    Duration,
    /// A date, or a date and time.
    Moment,
    /// The IANA name of a time zone.
    TimeZone,
    /// What the form says, with other words for people.
    Said(&'static Form, &'static str),
    /// Anything: what may stand here is too much for a schema.
    Any,
    /// What the form says, or this word.
    OrWord(&'static Form, &'static str),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A condition.
    Condition,
    /// The name of something that is defined elsewhere.
    Reference(Referred),
    /// A list.
    List(&'static Form),
    /// A mapping with names of one's own as keys.
    Map(&'static Form),
    /// A mapping of the names of fields to these keys.
    Fields(&'static [Key]),
    /// A mapping with these keys.
    Keys(&'static [Key]),
    /// A mapping with these keys, and names of one's own, each with a mapping of those.
    KeysAndNames(&'static [Key], &'static [Key]),
    /// A mapping of any depth whose texts are templates.
    Body,
    /// A whole number, at least so much.
    Count(i64),
    /// A list of steps.
    Steps,
    /// The parameters of a tile.
    Parameters,
    /// A list of steps or the name of a section, for each path of a tile.
    Paths,
    /// Settings to be laid over those beside it.
    Settings,
}

/// What a name refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Referred {
    /// A segment.
    Segment,
    /// An e-mail.
    Email,
    /// A type of interaction.
    Interaction,
    /// A topic.
    Topic,
    /// A tile.
    Tile,
    /// A workflow.
    Workflow,
    /// A scoring model.
    Model,
}

impl Form {
    /// The form itself, without the words that it is told in and the word that may stand instead.
    #[must_use]
    pub fn plain(self) -> Form {
        match self {
            Form::Said(form, _) | Form::OrWord(form, _) => form.plain(),
            form => form,
        }
    }

    /// What it holds, in words for people.
    #[must_use]
    pub fn words(self) -> String {
        let code = |word: &str| format!("`{word}`");
        match self {
            Form::Said(_, words) => (*words).to_owned(),
            Form::Any => "anything".to_owned(),
            Form::Text => "text".to_owned(),
            Form::Template => "template".to_owned(),
            Form::Name | Form::CamelName => "name".to_owned(),
            Form::Number => "number".to_owned(),
            Form::Points => "number, or a calculation".to_owned(),
            Form::Boolean => "`true` or `false`".to_owned(),
            Form::Duration => "duration".to_owned(),
            Form::Moment => "date and time".to_owned(),
            Form::TimeZone => "time zone".to_owned(),
            Form::OrWord(form, word) => format!("{}, or {}", form.words(), code(word)),
            Form::Choice(words) => {
                let words: Vec<String> = words.iter().map(|word| code(word)).collect();
                format!("one of {}", words.join(", "))
            }
            Form::Condition => "condition".to_owned(),
            Form::Reference(to) => format!("name of {}", referred(to)),
            Form::List(Form::Reference(to)) => {
                format!("list of names of {}s", referred(*to).replacen("a ", "", 1))
            }
            Form::List(item) => format!("list: {}", item.words()),
            Form::Map(value) => format!("names, each with: {}", value.words()),
            Form::Fields(_) => "names, each with a field".to_owned(),
            Form::Keys(_) => "mapping".to_owned(),
            Form::KeysAndNames(..) => "mapping, with names of your own".to_owned(),
            Form::Body => "mapping of any depth, each text a template".to_owned(),
            Form::Integer | Form::Count(_) => "whole number".to_owned(),
            Form::Steps => "list of steps".to_owned(),
            Form::Parameters => "mapping".to_owned(),
            Form::Paths => "paths, each with a list of steps or a section's name".to_owned(),
            Form::Settings => "mapping of settings".to_owned(),
        }
    }
}

fn referred(to: Referred) -> &'static str {
    match to {
        Referred::Segment => "a segment",
        Referred::Email => "an e-mail",
        Referred::Interaction => "a type of interaction",
        Referred::Topic => "a topic",
        Referred::Tile => "a tile",
        Referred::Model => "a scoring model",
        Referred::Workflow => "a workflow",
    }
}

/// All kinds, in the order of the reference.
pub const KINDS: [KindDescription; 9] = [
    KindDescription {
        name: "fields",
        summary: "Declares fields of your own for contacts, accounts or leads",
        keys: &[OPTIONAL_NAME, WORDS, FIELDS],
        any_of: &[],
        example: "kind: fields\nof: account\nfields:\n  size:\n    type: choice\n    choices: [Strategic, Enterprise, SMB]\n  renewal: { type: date }\n",
    },
    KindDescription {
        name: "interaction",
        summary: "Declares a type of interaction: something that happens with contacts, and what is recorded of it",
        keys: &[CAMEL_NAME, WORDS, FORMER_NAME, ATTRIBUTES],
        any_of: &[],
        example: "kind: interaction\nname: OrderPlaced\nattributes:\n  product: { type: text }\n  amount: { type: number }\n",
    },
    KindDescription {
        name: "topic",
        summary: "What commercial mail is about, such as product news",
        keys: &[NAME, WORDS, FORMER_NAME, TOPIC],
        any_of: &[],
        example: "kind: topic\nname: product-news\nlabel: Product news\n",
    },
    KindDescription {
        name: "segment",
        summary: "A set of contacts or accounts, by a rule or by their ids",
        keys: &[NAME, WORDS, FORMER_NAME, SEGMENT],
        any_of: &["where", "members"],
        example: "kind: segment\nname: chicago-purchasers\ntarget: contact\nwhere:\n  all:\n    - account.city == \"Chicago\"\n    - contact.job_title == \"Purchaser\"\n",
    },
    KindDescription {
        name: "email",
        summary: "What a mail says: templates that show each contact's own values",
        keys: &[NAME, WORDS, FORMER_NAME, EMAIL],
        any_of: &["html", "html_file", "text", "text_file"],
        example: "kind: email\nname: spring-invite\nsubject: \"{{contact.first_name}}, an offer for {{account.name}}\"\nhtml: |\n  <p>Hello {{contact.first_name}}</p>\n",
    },
    KindDescription {
        name: "workflow",
        summary: "What a step launches outside: a call by HTTP",
        keys: &[NAME, WORDS, FORMER_NAME, WORKFLOW],
        any_of: &["http", "script"],
        example: "kind: workflow\nname: tell-crm\nhttp:\n  url: https://crm.vendor.example/hooks/abm\n  body:\n    account: \"{{account.id}}\"\n    why: \"{{journey.name}}\"\n",
    },
    KindDescription {
        name: "journey",
        summary: "Who enters, and what happens with them, step by step",
        keys: &[NAME, WORDS, FORMER_NAME, JOURNEY],
        any_of: &[],
        example: "kind: journey\nname: spring-offer\ntarget: account\nstart: 2026-03-01 08:00\naudience:\n  include: [chicago-accounts]\nsteps:\n  - id: invite\n    tile: email\n    with: { email: spring-invite }\n",
    },
    KindDescription {
        name: "scoring_model",
        summary: "How leads, contacts or accounts are scored: rules that give points, and grades over their sum",
        keys: &[NAME, WORDS, FORMER_NAME, SCORING_MODEL],
        any_of: &[],
        example: "kind: scoring_model\nname: engagement\ntarget: contact_leads\nrules:\n  - name: clicks\n    when:\n      did: EmailClicked\n      within: 90 days\n    points: 5\n    per: each\n    at_most: 30\n  - name: finance\n    when: account.industry == \"Finance\"\n    points: 25\ngrades:\n  - { name: Hot, from: 50 }\n  - { name: Cold }\nsales_ready: 50\n",
    },
    KindDescription {
        name: "levels",
        summary: "Levels of accounts or contacts over the score of a model",
        keys: &[NAME, WORDS, FORMER_NAME, LEVELS],
        any_of: &[],
        example: "kind: levels\nname: account-tier\nof: account\nmodel: account-engagement\nprimary: true\nlevels:\n  - { name: Strategic, from: 70 }\n  - { name: At Risk }\n",
    },
];

/// The kind with this name.
#[must_use]
pub fn kind_named(name: &str) -> Option<&'static KindDescription> {
    KINDS.iter().find(|kind| kind.name == name)
}

/// Mappings that stand in several places of definitions, each with its name for people.
pub const PARTS: [(&str, &[Key]); 5] = [
    ("A field", FIELD),
    ("An attribute", ATTRIBUTE),
    ("A step", STEP),
    ("A rule of a scoring model", RULE),
    ("A grade or level", BAND),
];
