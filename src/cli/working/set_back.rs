//! `tilework set-back`.

use serde_json::json;

use super::run;
use crate::cli::{
    CliError, Exit, Output,
    arguments::{
        args::{Format, GlobalArguments},
        moment::asked_moment,
    },
    face::cells,
    workspaces::published,
};
use crate::{model::time::rfc3339, runtime, store::Store};

/// Carries out `set-back`: the store's clock, and all that lies behind it, comes back to the present.
pub(in crate::cli) fn set_back(global: &GlobalArguments, output: &mut Output) -> Result<Exit, CliError> {
    let (plan, mut store) = published::opened(global, Store::open_for_writing, output)?;
    let now = asked_moment(global.now.as_ref(), &plan.settings.zone)?.unwrap_or_else(runtime::real_now);
    if !store.start_worker(runtime::real_now())? || store.others_at_work()? {
        return Err(CliError::store(run::BUSY));
    }
    let before = store.set_back(now)?;
    if output.format() == Format::Json {
        output.json(&json!({ "from": cells::moment(before), "to": rfc3339(now) }))?;
        return Ok(Exit::Done);
    }
    output.text(&match before {
        Some(before) => format!(
            "the store's time is set back from {} to {}; what was sent stays sent, and what waits keeps waiting",
            rfc3339(before),
            rfc3339(now)
        ),
        None => "the store doesn't lie in the future; nothing was done".to_owned(),
    })?;
    Ok(Exit::Done)
}
