//! What a name in a template stands for.

use super::{Root, compile::Compile, habits::other_name, helpers::HELPERS, tree::Expr};
use crate::{
    conditions::no_relation,
    diagnostics::{Code, Span, did_you_mean},
    model::{Catalog, Entity, FieldType},
};

const JOURNEY_FIELDS: [&str; 3] = ["name", "label", "owner"];
const SETTINGS_FIELDS: [&str; 1] = ["name"];
const COMPANY_FIELDS: [&str; 4] = ["name", "address", "legal", "privacy_url"];
const LINKS: [&str; 2] = ["unsubscribe", "preferences"];

/// A value with its type, where that is known.
pub(super) struct Typed {
    pub expr: Expr,
    pub kind: Option<FieldType>,
    pub span: Span,
    pub written: String,
}

/// The value that a path names.
pub(super) fn path(raw: &str, compile: &mut Compile<'_>) -> Option<Typed> {
    let span = compile.place(raw);
    let typed = |expr, kind| Some(Typed { expr, kind, span, written: raw.to_owned() });
    let plain = plain(raw);
    if let Some(variable) = plain.strip_prefix('@') {
        return local(variable, raw, span, compile);
    }
    let words: Vec<&str> = plain.split(['.', '/']).map(|word| word.trim_matches(['[', ']'])).collect();
    if let [word] = words[..] {
        if let Some((expr, kind)) = compile.block_name(word) {
            return typed(expr, Some(kind));
        }
        return bare(word, raw, span, compile);
    }
    let is_own = matches!(words[..], ["company" | "links" | "settings", _]);
    if let Some(hint) = other_name(plain).filter(|_| !is_own) {
        return compile.refuse(Code::TemplateField, span, format!("`{raw}` is not known here"), Some(hint));
    }
    match words[..] {
        ["account", group @ ("score" | "grade" | "levels"), ..] => compile.refuse(
            Code::NotAvailable,
            span,
            format!("`account.{group}` is not available in templates in this version"),
            None,
        ),
        ["contact", ref relations @ .., name] => {
            allowed(Root::Contact, span, compile)?;
            field(Root::Contact, Entity::Contact, relations, name, raw, span, compile)
        }
        ["account", ref relations @ .., name] => {
            allowed(Root::Account, span, compile)?;
            field(Root::Account, Entity::Account, relations, name, raw, span, compile)
        }
        ["journey", name] => {
            allowed(Root::Journey, span, compile)?;
            fixed(Root::Journey, &JOURNEY_FIELDS, name, raw, span, compile)
        }
        ["settings", name] => {
            allowed(Root::Settings, span, compile)?;
            let texts = compile.scope.catalog.texts.iter().map(String::as_str);
            let known: Vec<&str> = SETTINGS_FIELDS.into_iter().chain(texts).collect();
            fixed(Root::Settings, &known, name, raw, span, compile)
        }
        ["company", name] => {
            allowed(Root::Company, span, compile)?;
            compile.needs.shown.insert(format!("company.{name}"));
            fixed(Root::Company, &COMPANY_FIELDS, name, raw, span, compile)
        }
        ["links", name] => {
            allowed(Root::Links, span, compile)?;
            compile.needs.shown.insert(format!("links.{name}"));
            fixed(Root::Links, &LINKS, name, raw, span, compile)
        }
        ["message", name] if compile.scope.roots.contains(&Root::Message) => {
            fixed(Root::Message, &["text"], name, raw, span, compile)
        }
        [root, ..] if Root::ALL.into_iter().any(|known| known.name() == root) => compile.refuse(
            Code::TemplateField,
            span,
            format!("`{raw}` leads nowhere"),
            Some(format!("Name one field, as in `{root}.name`.")),
        ),
        [root, ..] => unknown_root(root, span, compile),
        [] => None,
    }
}

/// Without what only says where to look: in our templates every name is seen from everywhere.
fn plain(raw: &str) -> &str {
    let mut rest = raw;
    loop {
        let shorter = ["this.", "this/", "./", "../", "@root.", "@root/"]
            .into_iter()
            .find_map(|prefix| rest.strip_prefix(prefix));
        match shorter {
            Some(shorter) => rest = shorter,
            None => return rest,
        }
    }
}

fn local(variable: &str, raw: &str, span: Span, compile: &mut Compile<'_>) -> Option<Typed> {
    let ups = variable.matches("../").count();
    let name = variable.trim_start_matches("../");
    let expr: fn(usize) -> Expr = match name {
        "index" => Expr::Index,
        "first" => Expr::First,
        "last" => Expr::Last,
        _ => {
            let hint = did_you_mean(name, ["index", "first", "last"]);
            return compile.refuse(Code::TemplateField, span, format!("there is no `{raw}`"), hint);
        }
    };
    let kind = if name == "index" { FieldType::Integer } else { FieldType::Boolean };
    match compile.depth().checked_sub(ups + 1) {
        Some(depth) => Some(Typed { expr: expr(depth), kind: Some(kind), span, written: raw.to_owned() }),
        None => outside_each(raw, span, compile),
    }
}

fn outside_each<T>(raw: &str, span: Span, compile: &mut Compile<'_>) -> Option<T> {
    compile.refuse(
        Code::TemplateField,
        span,
        format!("`{raw}` is known only within `each`"),
        Some(each_hint(compile.scope.catalog, "around it")),
    )
}

fn bare(word: &str, raw: &str, span: Span, compile: &mut Compile<'_>) -> Option<Typed> {
    if word == "this" {
        let ups = raw.matches("../").count();
        let Some(depth) = compile.depth().checked_sub(ups + 1) else {
            return outside_each(raw, span, compile);
        };
        let kind = Some(FieldType::Text);
        return Some(Typed { expr: Expr::Item(depth), kind, span, written: raw.to_owned() });
    }
    if let Some(root) = Root::ALL.into_iter().find(|root| root.name() == word) {
        let field = if root == Root::Contact { "first_name" } else { "name" };
        let hint = format!("Name one of its fields, as in `{{{{{}.{field}}}}}`.", root.name());
        return compile.refuse(
            Code::TemplateField,
            span,
            format!("`{word}` has no text of its own"),
            Some(hint),
        );
    }
    if HELPERS.iter().any(|(helper, _)| *helper == word) {
        return compile.usage(word, span);
    }
    let catalog = compile.scope.catalog;
    let field = full_name(word, catalog).or_else(|| field_like(word, catalog));
    if let Some(field) = field.filter(|field| allows(field, compile)) {
        let hint = Some(format!("Write `{{{{{field}}}}}`."));
        return compile.refuse(Code::TemplateField, span, format!("`{word}` is not known here"), hint);
    }
    unknown_root(word, span, compile)
}

/// A field's name with what it belongs to, where a contact or an account has one of this name.
pub(super) fn full_name(name: &str, catalog: &Catalog) -> Option<String> {
    let mut owners = [Entity::Contact, Entity::Account].into_iter();
    owners.find(|entity| catalog.field(*entity, name).is_some()).map(|owner| format!("{owner}.{name}"))
}

/// Whether a field by its whole name can stand in the template.
pub(super) fn allows(field: &str, compile: &Compile<'_>) -> bool {
    compile.scope.roots.iter().any(|root| field.split('.').next() == Some(root.name()))
}

/// The field, with what it belongs to, whose name was written as other systems do: `FirstName`, `FNAME`.
pub(super) fn field_like(name: &str, catalog: &Catalog) -> Option<String> {
    const SHORT: [(&str, &str); 4] =
        [("fname", "firstname"), ("lname", "lastname"), ("mail", "email"), ("company", "name")];
    let plain = |name: &str| -> String {
        name.to_lowercase().chars().filter(|letter| letter.is_alphanumeric()).collect()
    };
    let last = name.rsplit('.').next().unwrap_or(name);
    let wanted = plain(last);
    let wanted =
        SHORT.iter().find(|(short, _)| *short == wanted).map_or(wanted, |(_, long)| (*long).to_owned());
    [Entity::Contact, Entity::Account].into_iter().find_map(|entity| {
        let mut fields = catalog.fields(entity).iter();
        let found = fields.find(|field| {
            plain(&field.name) == wanted || field.aliases.iter().any(|alias| plain(alias) == wanted)
        });
        found.map(|field| format!("{entity}.{}", field.name))
    })
}

/// A hint with an `each` that the catalog allows.
pub(super) fn each_hint(catalog: &Catalog, place: &str) -> String {
    let mut fields = catalog.fields(Entity::Contact).iter();
    match fields.find(|field| matches!(field.kind, FieldType::Choices(_))) {
        Some(field) => {
            format!("Write `{{{{#each contact.{}}}}}{{{{this}}}}{{{{/each}}}}` {place}.", field.name)
        }
        None => "`each` goes through a field of several choices, and contacts have none.".to_owned(),
    }
}

fn unknown_root<T>(word: &str, span: Span, compile: &mut Compile<'_>) -> Option<T> {
    let roots = compile.scope.roots.iter().map(|root| root.name());
    let hint = other_name(word).or_else(|| did_you_mean(word, roots));
    compile.refuse(Code::TemplateField, span, format!("`{word}` is not known here"), hint)
}

fn allowed(root: Root, span: Span, compile: &mut Compile<'_>) -> Option<()> {
    let roots = compile.scope.roots;
    if roots.contains(&root) {
        return Some(());
    }
    let hint = if root == Root::Contact && roots.contains(&Root::Account) {
        "The text is made once for each account; use the fields of `account`.".to_owned()
    } else {
        let known: Vec<String> = roots.iter().map(|root| format!("`{}`", root.name())).collect();
        format!("There is {}.", known.join(", "))
    };
    compile.refuse(Code::TemplateField, span, format!("there is no `{}` here", root.name()), Some(hint))
}

fn field(
    root: Root,
    entity: Entity,
    relations: &[&str],
    name: &str,
    raw: &str,
    span: Span,
    compile: &mut Compile<'_>,
) -> Option<Typed> {
    let catalog = compile.scope.catalog;
    let (mut entity, mut read, mut path) = (entity, String::new(), root.name().to_owned());
    for relation in relations {
        let Some((field, to)) = catalog.relation(entity, relation) else {
            let (message, hint) = no_relation(&path, entity, relation, catalog);
            return compile.refuse(Code::TemplateField, span, message, Some(hint));
        };
        read = format!("{read}{}:{to}.", field.name);
        path = format!("{path}.{relation}");
        entity = to;
    }
    let Some(field) = catalog.field(entity, name) else {
        let fields = catalog.fields(entity);
        let hint = did_you_mean(name, fields.iter().map(|field| field.name.as_str())).or_else(|| {
            did_you_mean(name, fields.iter().flat_map(|field| field.aliases.iter().map(String::as_str)))
        });
        let hint = hint.or_else(|| {
            let other = if entity == Entity::Contact { Entity::Account } else { Entity::Contact };
            let other = catalog.field(other, name).map(|_| format!("{other}.{name}"));
            other.filter(|other| allows(other, compile)).map(|other| format!("There is `{other}`."))
        });
        return compile.refuse(Code::TemplateField, span, format!("{entity} has no field `{name}`"), hint);
    };
    let needs = match root {
        Root::Contact => &mut compile.needs.contact,
        _ => &mut compile.needs.account,
    };
    read.push_str(&field.name);
    needs.insert(read.clone());
    let expr = Expr::Field { root, name: read };
    Some(Typed { expr, kind: Some(field.kind.clone()), span, written: raw.to_owned() })
}

fn fixed(
    root: Root,
    fields: &[&str],
    name: &str,
    raw: &str,
    span: Span,
    compile: &mut Compile<'_>,
) -> Option<Typed> {
    if !fields.contains(&name) {
        let hint = did_you_mean(name, fields.iter().copied());
        let message = format!("{} has no field `{name}`", root.name());
        return compile.refuse(Code::TemplateField, span, message, hint);
    }
    let expr = Expr::Field { root, name: name.to_owned() };
    Some(Typed { expr, kind: Some(FieldType::Text), span, written: raw.to_owned() })
}
