//! `tilework account list` and `contact list`.

use serde_json::json;

use super::score_cells::{level, level_sets, levels, scores};
use crate::cli::{
    CliError, Exit, Output,
    arguments::args::{Format, ListArguments},
    face::cells::{field_value, further_fields, optional},
};
use crate::{
    compile::Plan,
    model::Entity,
    store::{PartyRow, Store},
};

/// Lists contacts or accounts with their scores and levels.
///
/// # Errors
/// When the store fails.
pub fn parties(
    entity: Entity,
    which: &ListArguments,
    plan: &Plan,
    store: &mut Store,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let of_accounts = entity == Entity::Account;
    let mut columns = match of_accounts {
        true => vec![("id", "ACCOUNT"), ("name", "NAME"), ("industry", "INDUSTRY"), ("owner", "OWNER")],
        false => vec![
            ("id", "CONTACT"),
            ("name", "NAME"),
            ("email", "EMAIL"),
            ("account_id", "ACCOUNT"),
            ("owner", "OWNER"),
        ],
    };
    columns.extend([("scores", "SCORES"), ("level", "LEVEL"), ("levels", "LEVELS")]);
    let fields = match output.format() {
        Format::Text | Format::Github => Vec::new(),
        Format::Json | Format::Csv => further_fields(&plan.catalog, entity, &columns),
    };
    columns.extend(fields.iter().map(|field| (field.name.as_str(), "")));
    let filter = which.filter(&plan.settings.zone)?;
    let mut all_scores = store.scores(entity)?;
    let mut all_levels = store.levels(&level_sets(plan, entity))?;
    let format = output.format();
    let mut table = output.rows(&columns);
    store.parties(entity, &filter, &fields, &mut |party: PartyRow| {
        let own_scores = all_scores.remove(&party.key).unwrap_or_default();
        let own_levels = all_levels.remove(&party.key).unwrap_or_default();
        let mut row = vec![json!(party.id), optional(party.name), optional(party.about)];
        if !of_accounts {
            row.push(optional(party.account_id));
        }
        row.extend([
            optional(party.owner),
            scores(&own_scores, format),
            level(plan, entity, &own_levels),
            levels(&own_levels, format),
        ]);
        row.extend(party.values.iter().map(field_value));
        table.push(row);
        Ok(())
    })?;
    let nothing = match filter.is_empty() {
        true => format!("There are no {} yet.", entity.plural()),
        false => format!("There is no such {}.", entity.name()),
    };
    table.end(&nothing)?;
    Ok(Exit::Done)
}
