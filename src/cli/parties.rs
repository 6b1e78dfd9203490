//! `tilework account list` and `contact list`.

use serde_json::json;

use super::{
    CliError, Exit, Output, Table,
    cells::optional,
    score_cells::{level, level_sets, levels, scores},
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
    plan: &Plan,
    store: &mut Store,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let of_accounts = entity == Entity::Account;
    let mut table = match of_accounts {
        true => Table::new(&[
            ("id", "ACCOUNT"),
            ("name", "NAME"),
            ("industry", "INDUSTRY"),
            ("owner", "OWNER"),
            ("scores", "SCORES"),
            ("level", "LEVEL"),
            ("levels", "LEVELS"),
        ]),
        false => Table::new(&[
            ("id", "CONTACT"),
            ("name", "NAME"),
            ("email", "EMAIL"),
            ("account_id", "ACCOUNT"),
            ("owner", "OWNER"),
            ("scores", "SCORES"),
            ("level", "LEVEL"),
            ("levels", "LEVELS"),
        ]),
    };
    let mut all_scores = store.scores(entity)?;
    let mut all_levels = store.levels(&level_sets(plan, entity))?;
    let format = output.format();
    store.parties(entity, &mut |party: PartyRow| {
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
        table.push(row);
        Ok(())
    })?;
    output.table(&table, &format!("There are no {} yet.", entity.plural()))?;
    Ok(Exit::Done)
}
