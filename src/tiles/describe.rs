//! What a tile is, in words: the same for built-in and custom tiles.

use super::{TILES, TileSpec, plugin::CustomTile};
use crate::definitions::{Form, ParameterType, PluginDefinition, PluginTarget};

/// A tile, built-in or custom, as the reference, the schema and `tile show` present it.
#[derive(Debug, Clone)]
pub struct TileDescription {
    /// The name under `tile:`.
    pub name: String,
    /// What it does, in a sentence without a full stop.
    pub summary: String,
    /// More about it.
    pub description: Option<String>,
    /// The folder of a custom tile; nothing for a built-in one.
    pub folder: Option<String>,
    /// Whom a custom tile works for: `contact`, `account` or `either`; nothing for a built-in one.
    pub works_for: Option<String>,
    /// What stands under `with:`.
    pub parameters: Vec<ParameterDescription>,
    /// Its paths; none when everyone goes on the same way.
    pub paths: Vec<String>,
    /// Steps of a journey that use it.
    pub example: String,
}

/// A parameter under `with:`.
#[derive(Debug, Clone)]
pub struct ParameterDescription {
    /// Its key.
    pub name: String,
    /// What it holds.
    pub holds: Holds,
    /// Whether it has to be there.
    pub required: bool,
    /// What it is when it isn't there, as it would be written.
    pub default: Option<String>,
    /// What it is for.
    pub description: String,
}

/// What a parameter holds.
#[derive(Debug, Clone)]
pub enum Holds {
    /// What the form of a built-in tile's parameter says.
    Form(Form),
    /// A value of this type, of a custom tile's parameter.
    Type(ParameterType),
}

impl Holds {
    /// The word for it: `duration`, `text`, `choice`.
    #[must_use]
    pub fn kind(&self) -> String {
        match self {
            Holds::Form(Form::Choice(_)) => "choice".to_owned(),
            Holds::Form(form) => form.words(),
            Holds::Type(kind) => kind.name().to_owned(),
        }
    }

    /// The words that it may be, when those are all.
    #[must_use]
    pub fn choices(&self) -> Vec<String> {
        match self {
            Holds::Form(Form::Choice(words)) => words.iter().map(|word| (*word).to_owned()).collect(),
            Holds::Type(ParameterType::Choice(words)) => words.clone(),
            Holds::Form(_) | Holds::Type(_) => Vec::new(),
        }
    }

    /// What it holds, in words for people: its choices, or its kind.
    #[must_use]
    pub fn words(&self) -> String {
        match self.choices() {
            choices if choices.is_empty() => self.kind(),
            choices => {
                let (last, others) =
                    choices.split_last().map_or(("", &[][..]), |(last, others)| (last, others));
                match others.is_empty() {
                    true => last.to_owned(),
                    false => format!("{} or {last}", others.join(", ")),
                }
            }
        }
    }
}

impl TileSpec {
    /// The tile in words.
    #[must_use]
    pub fn describe(&self) -> TileDescription {
        let parameters = self.parameters.iter().map(|parameter| ParameterDescription {
            name: parameter.name.to_owned(),
            holds: Holds::Form(parameter.form),
            required: parameter.required,
            default: None,
            description: parameter.description.to_owned(),
        });
        TileDescription {
            name: self.name.to_owned(),
            summary: self.summary.to_owned(),
            description: None,
            folder: None,
            works_for: None,
            parameters: parameters.collect(),
            paths: self.paths.iter().map(|path| (*path).to_owned()).collect(),
            example: self.example.to_owned(),
        }
    }
}

impl From<&PluginDefinition> for TileDescription {
    /// A custom tile by its definition alone, whether or not its script can be used.
    fn from(definition: &PluginDefinition) -> TileDescription {
        let for_each = (definition.target.value == PluginTarget::Either).then(|| ParameterDescription {
            name: "for_each".to_owned(),
            holds: Holds::Form(Form::Choice(&["contact", "account"])),
            required: false,
            default: None,
            description: "Whether it works for each contact, or once for the account".to_owned(),
        });
        let own = definition.parameters.iter().map(|parameter| ParameterDescription {
            name: parameter.name.value.clone(),
            holds: Holds::Type(parameter.kind.clone()),
            required: parameter.required,
            default: None,
            description: parameter.description.as_ref().map(|text| text.value.clone()).unwrap_or_default(),
        });
        TileDescription {
            name: definition.name.value.clone(),
            summary: definition.summary.value.clone(),
            description: None,
            folder: None,
            works_for: None,
            parameters: for_each.into_iter().chain(own).collect(),
            paths: definition.paths.iter().map(|path| path.value.clone()).collect(),
            example: String::new(),
        }
    }
}

impl TileDescription {
    /// Whether steps name paths of their own, as a branch names its cases.
    #[must_use]
    pub fn names_paths(&self) -> bool {
        let names = |form: &Form| match form {
            Form::Map(_) => true,
            Form::Said(form, _) => matches!(form, Form::Map(_)),
            _ => false,
        };
        self.parameters.iter().any(|parameter| matches!(&parameter.holds, Holds::Form(form) if names(form)))
    }
}

/// All tiles: the built-in ones in the order of the reference, then the custom ones.
pub fn describe<'a>(custom: impl IntoIterator<Item = &'a CustomTile>) -> Vec<TileDescription> {
    let built_in = TILES.iter().map(|kind| kind.spec().describe());
    built_in.chain(custom.into_iter().map(CustomTile::describe)).collect()
}
