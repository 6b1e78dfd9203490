//! `explain`.

use crate::cli::{CliError, Exit, Output};
use crate::{
    diagnostics::{Code, did_you_mean},
    reference::explanation,
};

/// Shows the page of a code.
pub(in crate::cli) fn explain(code: &str, output: &mut Output) -> Result<Exit, CliError> {
    let Some(known) = Code::named(&code.to_lowercase()) else {
        let hint = did_you_mean(code, Code::ALL.map(|(_, name)| name));
        let hint = hint.unwrap_or_else(|| {
            "A code stands in brackets at the start of a problem, as in `error[unknown-segment]`.".to_owned()
        });
        return Err(CliError::usage(format!("there is no code `{code}`")).hint(hint));
    };
    output.text(&explanation(known))?;
    Ok(Exit::Done)
}
