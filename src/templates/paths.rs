//! What a name in a template stands for.

use super::{Root, compile::Compile, helpers::HELPERS, tree::Expr};
use crate::{
    diagnostics::{Code, Span, did_you_mean},
    model::{Catalog, Entity, FieldType},
};

/// Relations from a contact to its account; the second is Dynamics' name.
const ACCOUNT_RELATIONS: [&str; 2] = ["account", "contact_account_parentcustomerid"];
const JOURNEY_FIELDS: [&str; 3] = ["name", "label", "owner"];
const SETTINGS_FIELDS: [&str; 1] = ["name"];

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
    match words[..] {
        ["contact", relation, name] if ACCOUNT_RELATIONS.contains(&relation) => {
            allowed(Root::Contact, span, compile)?;
            field(Root::Account, Entity::Account, name, raw, span, compile)
        }
        ["contact", name] => {
            allowed(Root::Contact, span, compile)?;
            field(Root::Contact, Entity::Contact, name, raw, span, compile)
        }
        ["account", name] => {
            allowed(Root::Account, span, compile)?;
            field(Root::Account, Entity::Account, name, raw, span, compile)
        }
        ["journey", name] => {
            allowed(Root::Journey, span, compile)?;
            fixed(Root::Journey, &JOURNEY_FIELDS, name, raw, span, compile)
        }
        ["settings", name] => {
            allowed(Root::Settings, span, compile)?;
            fixed(Root::Settings, &SETTINGS_FIELDS, name, raw, span, compile)
        }
        ["message", name] if compile.scope.roots.contains(&Root::Message) => {
            fixed(Root::Message, &["text"], name, raw, span, compile)
        }
        ["account", relation @ ("primary_contact" | "levels"), ..] => compile.refuse(
            Code::NotAvailable,
            span,
            format!("`account.{relation}` is not available in this version"),
            None,
        ),
        ["contact", _, name, ..] => compile.refuse(
            Code::TemplateField,
            span,
            format!("`{raw}` leads nowhere"),
            Some(format!("Write `contact.account.{name}` for the contact's account.")),
        ),
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
        Some("Write `{{#each contact.interests}}{{this}}{{/each}}` around it.".to_owned()),
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
        let hint = format!("Name one of its fields, as in `{{{{{}.name}}}}`.", root.name());
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
    if let Some(field) = full_name(word, compile.scope.catalog) {
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

fn unknown_root<T>(word: &str, span: Span, compile: &mut Compile<'_>) -> Option<T> {
    let hint = did_you_mean(word, compile.scope.roots.iter().map(|root| root.name()));
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
    name: &str,
    raw: &str,
    span: Span,
    compile: &mut Compile<'_>,
) -> Option<Typed> {
    let catalog = compile.scope.catalog;
    let Some(field) = catalog.field(entity, name) else {
        let fields = catalog.fields(entity);
        let hint = did_you_mean(name, fields.iter().map(|field| field.name.as_str())).or_else(|| {
            did_you_mean(name, fields.iter().flat_map(|field| field.aliases.iter().map(String::as_str)))
        });
        let hint = hint.or_else(|| {
            let other = if entity == Entity::Contact { Entity::Account } else { Entity::Contact };
            catalog.field(other, name).map(|_| format!("There is `{other}.{name}`."))
        });
        return compile.refuse(Code::TemplateField, span, format!("{entity} has no field `{name}`"), hint);
    };
    let needs = match root {
        Root::Contact => &mut compile.needs.contact,
        _ => &mut compile.needs.account,
    };
    needs.insert(field.name.clone());
    let expr = Expr::Field { root, name: field.name.clone() };
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
