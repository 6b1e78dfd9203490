//! The names that definitions may use: fields, interaction types, segments.

use std::collections::{BTreeMap, BTreeSet};

use super::{Entity, Field, FieldType, InteractionType, standard};

/// Dynamics' name of the relation from a contact to its account.
const DYNAMICS_ACCOUNT: &str = "contact_account_parentcustomerid";

/// The name of the relation that a field makes.
fn relation_name(field: &Field) -> &str {
    field.name.strip_suffix("_id").unwrap_or(&field.name)
}

/// Everything that a condition, a template or a header can refer to by name.
#[derive(Debug, Clone)]
pub struct Catalog {
    contact: Vec<Field>,
    account: Vec<Field>,
    lead: Vec<Field>,
    /// Interaction types by name, built-in and declared.
    pub interactions: BTreeMap<String, InteractionType>,
    /// What each segment holds, by the segment's name.
    pub segments: BTreeMap<String, Entity>,
    /// Scores, grades and levels of records: fields named `score.engagement`, `grade.engagement`,
    /// `levels.account_tier`, which are no columns of the record.
    measures: Vec<(Entity, Field)>,
    /// The levels that are an entity's `level`, as one of `measures`.
    primary_levels: BTreeMap<Entity, String>,
    /// The topics that contacts may subscribe to, by name.
    pub topics: BTreeSet<String>,
    /// The e-mails, by name, their former names included.
    pub emails: BTreeSet<String>,
    /// Texts of the settings that mails share, by name.
    pub texts: BTreeSet<String>,
    /// Fields that were renamed: whose, the former name and the present one.
    pub renamed: Vec<(Entity, String, String)>,
    /// Interaction types that were renamed: the former name and the present one.
    pub renamed_interactions: Vec<(String, String)>,
    /// Topics that were renamed, likewise.
    pub renamed_topics: Vec<(String, String)>,
    /// The functions of `scripts/`, by name.
    pub functions: BTreeMap<String, FunctionShape>,
    /// The tables of `tables/`, by name.
    pub tables: BTreeMap<String, TableShape>,
}

/// A function of `scripts/` as conditions see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionShape {
    /// The names of its parameters.
    pub parameters: Vec<String>,
    /// What it reads of each parameter, when that is nothing but fields of it.
    pub reads: Vec<Option<BTreeSet<String>>>,
    /// Changes whenever the function may answer otherwise.
    pub version: String,
}

/// A table of `tables/` as conditions see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableShape {
    /// Its columns, the key's first.
    pub columns: Vec<TableColumn>,
    /// Changes whenever the table does.
    pub version: String,
}

/// A column of a table, with what keeps it from being taken for something else than text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableColumn {
    /// Its name.
    pub name: String,
    /// A cell that is no number, if there is one.
    pub no_number: Option<String>,
    /// A cell that is no boolean, if there is one.
    pub no_boolean: Option<String>,
    /// A cell that is no date, if there is one.
    pub no_date: Option<String>,
}

impl Default for Catalog {
    fn default() -> Self {
        Catalog::standard()
    }
}

impl Catalog {
    /// A catalog with the standard fields and the built-in interaction types alone.
    #[must_use]
    pub fn standard() -> Self {
        Catalog {
            contact: standard::standard_fields(Entity::Contact),
            account: standard::standard_fields(Entity::Account),
            lead: standard::standard_fields(Entity::Lead),
            interactions: standard::built_in_interactions()
                .into_iter()
                .map(|kind| (kind.name.clone(), kind))
                .collect(),
            segments: BTreeMap::new(),
            measures: Vec::new(),
            primary_levels: BTreeMap::new(),
            topics: BTreeSet::new(),
            emails: BTreeSet::new(),
            texts: BTreeSet::new(),
            renamed: Vec::new(),
            renamed_interactions: Vec::new(),
            renamed_topics: Vec::new(),
            functions: BTreeMap::new(),
            tables: BTreeMap::new(),
        }
    }

    /// Adds a field that the workspace declares; the caller has checked that the name is free.
    pub fn declare(&mut self, entity: Entity, field: Field) {
        self.fields_mut(entity).push(field);
    }

    /// Adds a score, a grade or levels.
    pub fn add_measure(&mut self, entity: Entity, field: Field) {
        self.measures.push((entity, field));
    }

    /// Makes levels an entity's `level`.
    pub fn set_primary_levels(&mut self, entity: Entity, measure: &str) {
        self.primary_levels.entry(entity).or_insert_with(|| measure.to_owned());
    }

    /// The scores, grades and levels of an entity.
    pub fn measures(&self, entity: Entity) -> impl Iterator<Item = &Field> {
        self.measures.iter().filter(move |(of, _)| *of == entity).map(|(_, field)| field)
    }

    /// The score, grade or levels with this name, such as `score.engagement`.
    #[must_use]
    pub fn measure(&self, entity: Entity, name: &str) -> Option<&Field> {
        self.measures(entity).find(|field| field.name == name)
    }

    /// The levels that are an entity's `level`.
    #[must_use]
    pub fn primary_levels(&self, entity: Entity) -> Option<&Field> {
        self.measure(entity, self.primary_levels.get(&entity)?)
    }

    /// The fields of an entity, standard ones first.
    #[must_use]
    pub fn fields(&self, entity: Entity) -> &[Field] {
        match entity {
            Entity::Contact => &self.contact,
            Entity::Account => &self.account,
            Entity::Lead => &self.lead,
        }
    }

    fn fields_mut(&mut self, entity: Entity) -> &mut Vec<Field> {
        match entity {
            Entity::Contact => &mut self.contact,
            Entity::Account => &mut self.account,
            Entity::Lead => &mut self.lead,
        }
    }

    /// The field of a record that refers to another one, and to what: `parent_account` of an account is its field
    /// `parent_account_id`. The field's own name and its aliases will do, too.
    #[must_use]
    pub fn relation(&self, of: Entity, name: &str) -> Option<(&Field, Entity)> {
        let name = if name == DYNAMICS_ACCOUNT && of == Entity::Contact { "account" } else { name };
        let named = |field: &&Field| field.answers_to(name) || relation_name(field) == name;
        self.references(of).find(|(field, _)| named(field))
    }

    /// The names of the relations from a kind of record to others.
    pub fn relations(&self, of: Entity) -> impl Iterator<Item = &str> {
        self.references(of).map(|(field, _)| relation_name(field))
    }

    fn references(&self, of: Entity) -> impl Iterator<Item = (&Field, Entity)> {
        self.fields(of).iter().filter_map(|field| match field.kind {
            FieldType::Account => Some((field, Entity::Account)),
            FieldType::Contact => Some((field, Entity::Contact)),
            _ => None,
        })
    }

    /// A field by its own name, or a field of a record that others lead to, as texts need it: each reference with the
    /// kind of record that it leads to, then the field, as in `account_id:account.parent_account_id:account.name`.
    #[must_use]
    pub fn readable(&self, of: Entity, path: &str) -> Option<Field> {
        let mut entity = of;
        let mut names = path.split('.').peekable();
        while let Some(name) = names.next() {
            if names.peek().is_none() {
                let field = self.field(entity, name)?;
                return Some(Field { name: path.to_owned(), ..field.clone() });
            }
            entity = Entity::named(name.split_once(':')?.1)?;
        }
        None
    }

    /// The field that answers to `name`, which may be an alias.
    #[must_use]
    pub fn field(&self, entity: Entity, name: &str) -> Option<&Field> {
        self.fields(entity).iter().find(|field| field.answers_to(name))
    }
}
