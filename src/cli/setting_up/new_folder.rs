//! Writing a new workspace to a folder of its own.

use std::{fs, path::Path};

use crate::cli::CliError;

/// Writes files, by path relative to the folder, to a folder that is empty or doesn't exist.
pub(in crate::cli) fn write_new_folder(
    directory: &Path,
    files: &[(String, Vec<u8>)],
    what: &str,
    another: &str,
) -> Result<(), CliError> {
    let failed = |error: std::io::Error| {
        CliError::usage(format!("{what} can't be written to `{}`: {error}", directory.display()))
    };
    if directory.exists() && fs::read_dir(directory).map_err(failed)?.next().is_some() {
        return Err(CliError::usage(format!("the folder `{}` isn't empty", directory.display()))
            .hint(format!("Name another folder, such as `{another}`, or remove this one.")));
    }
    for (path, bytes) in files {
        let path = directory.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        fs::write(path, bytes).map_err(failed)?;
    }
    Ok(())
}
