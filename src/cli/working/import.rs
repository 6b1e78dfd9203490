//! `tilework import`.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use serde_json::json;

use crate::calendar::Zone;
use crate::cli::arguments::args::{
    DecimalArgument, EmptyArgument, Format, ImportArguments, ImportKindArgument,
};
use crate::cli::{CliError, Exit, ImportProgress, Output};
use crate::interactions::{
    BatchOutcome, EmptyCells, Example, ImportBatch, ImportError, ImportFormat, ImportKind, ImportRequest,
    ImportSummary, InputError, Notes, RejectedFile, rejected_path,
};
use crate::model::{Catalog, DecimalSign};

impl From<EmptyArgument> for EmptyCells {
    fn from(empty: EmptyArgument) -> EmptyCells {
        match empty {
            EmptyArgument::Leave => EmptyCells::Leave,
            EmptyArgument::Clear => EmptyCells::Clear,
        }
    }
}

impl From<DecimalArgument> for DecimalSign {
    fn from(sign: DecimalArgument) -> DecimalSign {
        match sign {
            DecimalArgument::Point => DecimalSign::Point,
            DecimalArgument::Comma => DecimalSign::Comma,
        }
    }
}

impl From<ImportKindArgument> for ImportKind {
    fn from(kind: ImportKindArgument) -> ImportKind {
        match kind {
            ImportKindArgument::Accounts => ImportKind::Accounts,
            ImportKindArgument::Contacts => ImportKind::Contacts,
            ImportKindArgument::Leads => ImportKind::Leads,
            ImportKindArgument::Interactions => ImportKind::Interactions,
            ImportKindArgument::Subscriptions => ImportKind::Subscriptions,
            ImportKindArgument::Suppressions => ImportKind::Suppressions,
        }
    }
}

/// Imports a file, or standard input for `-`: batches go to `sink`, rejects to a file beside it, the
/// summary to the output.
///
/// # Errors
/// When the file can't be read or makes no sense, a reject can't be written, or the sink fails.
pub fn import<E: Into<CliError>>(
    arguments: &ImportArguments,
    catalog: &Catalog,
    zone: &Zone,
    output: &mut Output,
    sink: &mut dyn FnMut(ImportBatch) -> Result<BatchOutcome, E>,
) -> Result<Exit, CliError> {
    let kind = ImportKind::from(arguments.kind);
    let (input, length) = open(&arguments.file)?;
    let request = ImportRequest {
        kind,
        format: ImportFormat::of_path(&arguments.file),
        catalog,
        zone,
        decimal: arguments.decimal.map(DecimalSign::from),
        map: arguments.map.clone(),
        empty: arguments.empty.into(),
        replace: arguments.replace,
        batch_size: ImportRequest::BATCH_SIZE,
    };
    let mut rejected = RejectedFile::at(rejected_path(&arguments.file)).map_err(InputError::Rejects)?;
    let mut progress = ImportProgress::new(kind.name(), length, output.is_quiet());
    let result = crate::interactions::import(
        input,
        &request,
        sink,
        &mut |reject| rejected.write(reject),
        &mut |rows, bytes| progress.update(rows, bytes),
    );
    progress.finish();
    let rejects = rejected.finish().map_err(InputError::Rejects)?;
    let summary = result.map_err(|error| match error {
        ImportError::Input(error) => CliError::from(error),
        ImportError::Sink(error) => error.into(),
    })?;
    print(kind, &summary, rejects.as_deref(), output)?;
    Ok(if summary.rejected == 0 { Exit::Done } else { Exit::Rejects })
}

fn open(file: &Path) -> Result<(Box<dyn BufRead>, Option<u64>), CliError> {
    if file == Path::new("-") {
        return Ok((Box::new(BufReader::new(io::stdin())), None));
    }
    let refused =
        |error: io::Error| CliError::usage(format!("`{}` could not be read: {error}", file.display()));
    let opened = File::open(file).map_err(refused)?;
    let metadata = opened.metadata().map_err(refused)?;
    if metadata.is_dir() {
        return Err(CliError::usage(format!("`{}` is a folder; a file was expected", file.display())));
    }
    let length = metadata.is_file().then_some(metadata.len());
    Ok((Box::new(BufReader::with_capacity(1 << 16, opened)), length))
}

fn print(
    kind: ImportKind,
    summary: &ImportSummary,
    rejects: Option<&Path>,
    output: &mut Output,
) -> Result<(), CliError> {
    let ImportSummary { read, created, updated, unchanged, rejected, erased, ref notes } = *summary;
    if output.format() == Format::Json {
        return output.json(&json!({
            "kind": kind.name(),
            "read": read,
            "created": created,
            "updated": updated,
            "unchanged": unchanged,
            "rejected": rejected,
            "erased": erased,
            "rejects": rejects.map(|path| path.display().to_string()),
            "repeated_ids": notes.repeated_ids,
            "unknown_time_zones": notes.unknown_zones,
        }));
    }
    let skipped = if erased > 0 { format!(", {erased} erased skipped") } else { String::new() };
    output.text(&format!(
        "{}: {read} {} read, {created} created, {updated} updated, {unchanged} unchanged, {rejected} rejected{skipped}",
        kind.name(),
        if read == 1 { "row" } else { "rows" },
    ))?;
    if let Some(path) = rejects {
        output.remark(&format!("The rejected rows and the reasons are in {}.", path.display()));
    }
    for remark in remarks(notes) {
        output.remark(&remark);
    }
    Ok(())
}

/// What people should know of a file beside the numbers.
fn remarks(notes: &Notes) -> Vec<String> {
    let mut remarks = Vec::new();
    let examples = |examples: &[Example]| {
        let shown = examples.iter().map(|example| {
            let rows: Vec<String> = example.rows.iter().map(u64::to_string).collect();
            let word = if rows.len() == 1 { "row" } else { "rows" };
            format!("`{}` ({word} {})", example.value, rows.join(", "))
        });
        shown.collect::<Vec<_>>().join(", ")
    };
    if notes.repeated_ids > 0 {
        let ids = if notes.repeated_ids == 1 { "id occurs" } else { "ids occur" };
        remarks.push(format!(
            "{} {ids} more than once: {}. A later row updates an earlier one.",
            notes.repeated_ids,
            examples(&notes.first_repeated_ids)
        ));
    }
    if let Some(example) = notes.first_repeated_ids.iter().find(|example| is_shortened(&example.value)) {
        remarks.push(format!(
            "`{}` is a number as spreadsheets shorten it, which makes different ids equal. Format the column as \
             text, then export and import the file again.",
            example.value
        ));
    }
    if notes.unknown_zones > 0 {
        let contacts = if notes.unknown_zones == 1 { "contact has" } else { "contacts have" };
        remarks.push(format!(
            "{} {contacts} an unknown time zone, which is ignored: {}. An IANA name such as Europe/Paris was expected.",
            notes.unknown_zones,
            examples(&notes.first_unknown_zones)
        ));
    }
    remarks
}

/// Whether an id looks like `1.00001E+12`.
fn is_shortened(id: &str) -> bool {
    let is_number =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    id.split_once(['E', 'e'])
        .is_some_and(|(digits, power)| is_number(digits) && power.strip_prefix('+').is_some_and(is_number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    /// A writer whose content can be read afterwards.
    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Paper {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    fn imported(file: &Path, format: Format) -> (Result<Exit, CliError>, String, String) {
        let arguments = ImportArguments {
            kind: ImportKindArgument::Accounts,
            file: file.to_owned(),
            map: Vec::new(),
            empty: EmptyArgument::Leave,
            replace: false,
            decimal: None,
        };
        let (out, remarks) = (Paper::default(), Paper::default());
        let mut output = Output::to(format, false, Box::new(out.clone()), Box::new(remarks.clone()));
        let mut sink = |batch: ImportBatch| -> Result<BatchOutcome, CliError> {
            Ok(BatchOutcome { created: batch.len() as u64, ..BatchOutcome::default() })
        };
        let result = import(&arguments, &Catalog::standard(), &Zone::utc(), &mut output, &mut sink);
        (result, out.text(), remarks.text())
    }

    #[test]
    fn the_summary_counts_both_and_the_rejects_stand_beside_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("accounts.csv");
        std::fs::write(&file, "id,employees\nacme,12\nglobex,many\n").unwrap();
        let (result, out, remarks) = imported(&file, Format::Text);
        assert_eq!(result.unwrap(), Exit::Rejects);
        assert_eq!(out, "accounts: 2 rows read, 1 created, 0 updated, 0 unchanged, 1 rejected\n");
        assert!(remarks.contains("accounts.csv.rejected.csv"), "{remarks}");
        let rejects = std::fs::read_to_string(folder.path().join("accounts.csv.rejected.csv")).unwrap();
        let expected = "row,reason,id,employees\n3,`employees`: `many` is not a whole number,globex,many\n";
        assert_eq!(rejects, expected);

        std::fs::write(&file, "id,employees\nacme,12\n").unwrap();
        let (result, out, _) = imported(&file, Format::Json);
        assert_eq!(result.unwrap(), Exit::Done);
        let expected = json!({
            "kind": "accounts", "read": 1, "created": 1, "updated": 0, "unchanged": 0, "rejected": 0, "erased": 0, "rejects": null,
            "repeated_ids": 0, "unknown_time_zones": 0
        });
        assert_eq!(serde_json::from_str::<serde_json::Value>(&out).unwrap(), expected);
        assert!(!folder.path().join("accounts.csv.rejected.csv").exists());
    }

    #[test]
    fn a_file_that_is_not_there_is_wrong_usage() {
        let folder = tempfile::tempdir().unwrap();
        for (path, expected) in
            [(folder.path().join("none.csv"), "could not be read"), (folder.path().to_owned(), "is a folder")]
        {
            let (result, out, _) = imported(&path, Format::Text);
            let error = result.unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
            assert_eq!((error.exit(), out.as_str()), (Exit::Usage, ""));
        }
    }
}
