//! Command lines and what they mean.

use super::*;

fn read(line: &str) -> Result<Arguments, clap::Error> {
    parse(std::iter::once("tilework").chain(line.split(' ').filter(|word| !word.is_empty())))
}

fn global() -> GlobalArguments {
    GlobalArguments {
        workspace: PathBuf::from("."),
        environment: None,
        now: None,
        quiet: false,
        yes: false,
        format: Format::Text,
        raw: false,
    }
}

#[test]
fn the_arguments_fit_together() {
    Arguments::command().debug_assert();
}

#[test]
fn command_lines_mean_what_they_say() {
    let import = |kind, file: &str, map: &[(&str, &str)]| {
        Command::Import(ImportArguments {
            kind,
            file: PathBuf::from(file),
            map: map.iter().map(|(theirs, ours)| ((*theirs).to_owned(), (*ours).to_owned())).collect(),
            empty: EmptyArgument::Leave,
            replace: false,
            decimal: None,
        })
    };
    let clearing = Command::Import(ImportArguments {
        kind: ImportKindArgument::Accounts,
        file: PathBuf::from("a.csv"),
        map: Vec::new(),
        empty: EmptyArgument::Clear,
        replace: false,
        decimal: None,
    });
    let run = |until: Option<&str>, play, batch_size| {
        Command::Run(RunArguments {
            until: until.map(str::to_owned),
            play,
            clock_is_right: false,
            batch_size,
        })
    };
    let name = || "vip".to_owned();
    let cases = [
        ("demo", Command::Demo { directory: PathBuf::from("demo") }),
        ("demo there", Command::Demo { directory: PathBuf::from("there") }),
        ("check --strict", Command::Check { strict: true }),
        ("import accounts a.csv", import(ImportKindArgument::Accounts, "a.csv", &[])),
        ("import accounts a.csv --empty clear", clearing),
        ("import contacts -", import(ImportKindArgument::Contacts, "-", &[])),
        (
            "import leads a.csv --map Name=last_name --map a=b=-",
            import(ImportKindArgument::Leads, "a.csv", &[("Name", "last_name"), ("a=b", "-")]),
        ),
        (
            "import interactions --map x=- o.ndjson",
            import(ImportKindArgument::Interactions, "o.ndjson", &[("x", "-")]),
        ),
        ("run", run(None, false, None)),
        ("run --until 2026-03-01 --play", run(Some("2026-03-01"), true, None)),
        ("run --batch-size 7", run(None, false, Some(7))),
        ("serve", Command::Serve),
        ("migrate", Command::Migrate),
        ("segment list", Command::Segment(SegmentCommand::List)),
        ("segment show vip", Command::Segment(SegmentCommand::Show { name: name() })),
        (
            "segment members vip",
            Command::Segment(SegmentCommand::Members { name: name(), limit: None, after: None }),
        ),
        ("journey list", Command::Journey(JourneyCommand::List)),
        (
            "journey show vip --account acme",
            Command::Journey(JourneyCommand::Show {
                name: name(),
                account: Some("acme".to_owned()),
                iteration: None,
            }),
        ),
        (
            "journey show vip --iteration 2",
            Command::Journey(JourneyCommand::Show { name: name(), account: None, iteration: Some(2) }),
        ),
        ("pause vip", Command::Pause(PauseArguments { journey: Some(name()), all: false })),
        ("resume --all", Command::Resume(PauseArguments { journey: None, all: true })),
        ("status", Command::Status { late: "1 hour".to_owned() }),
        (
            "journey retry vip --step call",
            Command::Journey(JourneyCommand::Retry { name: name(), step: "call".to_owned() }),
        ),
        ("tile list", Command::Tile(TileCommand::List)),
        ("tile show vip", Command::Tile(TileCommand::Show { name: name() })),
        ("tile test", Command::Tile(TileCommand::Test { name: None })),
        ("tile test vip", Command::Tile(TileCommand::Test { name: Some(name()) })),
        ("tile new vip", Command::Tile(TileCommand::New { name: name() })),
        (
            "lead list --sales-ready",
            Command::Lead(LeadCommand::List {
                sales_ready: true,
                stage: None,
                which: ListArguments::default(),
            }),
        ),
        ("lead accept vip", Command::Lead(LeadCommand::Accept { id: name() })),
        ("activity list", Command::Activity(ActivityCommand::List(ListArguments::default()))),
        (
            "outbox list --state failed",
            Command::Outbox(OutboxCommand::List {
                state: Some("failed".to_owned()),
                which: ListArguments::default(),
            }),
        ),
        ("outbox show a/1/b/1/c/0", Command::Outbox(OutboxCommand::Show { key: "a/1/b/1/c/0".to_owned() })),
        (
            "outbox retry a b --state failed",
            Command::Outbox(OutboxCommand::Retry {
                which: OutboxSelection {
                    keys: vec!["a".to_owned(), "b".to_owned()],
                    ..OutboxSelection::default()
                },
                state: Some("failed".to_owned()),
            }),
        ),
        (
            "outbox drop --journey vip --step tell",
            Command::Outbox(OutboxCommand::Drop {
                which: OutboxSelection {
                    journey: Some(name()),
                    step: Some("tell".to_owned()),
                    ..OutboxSelection::default()
                },
            }),
        ),
        ("init there", Command::Init { directory: PathBuf::from("there") }),
        (
            "schema journey",
            Command::Schema(SchemaArguments { kind: Some("journey".to_owned()), write: false }),
        ),
        ("schema --write", Command::Schema(SchemaArguments { kind: None, write: true })),
        ("man", Command::Man { folder: None }),
        ("man pages", Command::Man { folder: Some(PathBuf::from("pages")) }),
        ("completions fish", Command::Completions { shell: clap_complete::Shell::Fish }),
        ("why account acme", Command::Why(WhyCommand::Account { id: "acme".to_owned() })),
        ("why contact ada", Command::Why(WhyCommand::Contact { id: "ada".to_owned() })),
    ];
    for (line, command) in cases {
        assert_eq!(read(line).unwrap(), Arguments { global: global(), command }, "{line}");
    }
}

#[test]
fn options_of_every_command_stand_before_or_after_it() {
    let expected = GlobalArguments {
        workspace: PathBuf::from("w"),
        environment: Some("staging".to_owned()),
        now: Some("2026-03-01T08:00:00Z".to_owned()),
        quiet: true,
        yes: true,
        format: Format::Json,
        raw: false,
    };
    let options = "-C w --env staging --now 2026-03-01T08:00:00Z --quiet --yes --format json";
    for line in [format!("{options} segment list"), format!("segment list {options}")] {
        assert_eq!(read(&line).unwrap().global, expected, "{line}");
    }
}

#[test]
fn wrong_usage_is_told() {
    let cases = [
        ("", "Usage:"),
        ("chek", "'check'"),
        (
            "import people a.csv",
            "[possible values: accounts, contacts, leads, interactions, subscriptions, suppressions]",
        ),
        ("import accounts", "<FILE>"),
        ("import accounts a.csv --map name", "a column of the file and a field were expected"),
        ("outbox drop --step tell", "--journey <NAME>"),
        ("run --until soon", "`soon` is not a date and time; write it as in"),
        ("pause", "<JOURNEY|--all>"),
        ("pause vip --all", "cannot be used with '--all'"),
        ("status --late soon", "`soon` is not a length of time; write it as in"),
        ("run --batch-size 0", "0 is not in 1.."),
        ("import accounts --frob a.csv", "unexpected argument '--frob'"),
        ("segment list --format github", "no format `github`; it has text, json, csv"),
        ("check --format csv", "no format `csv`; it has text, json, github"),
    ];
    for (line, expected) in cases {
        let error = read(line).unwrap_err();
        assert!(error.to_string().contains(expected), "{line}: {error}");
        assert_eq!(error.exit_code(), 2, "{line}");
    }
}

#[test]
fn help_says_what_each_command_is_for() {
    let help = |line: &str| {
        let line = std::iter::once("tilework").chain(line.split(' '));
        let asked = Arguments::command().term_width(100).try_get_matches_from(line);
        asked.unwrap_err().to_string()
    };
    insta::assert_snapshot!("help", help("--help"));
    insta::assert_snapshot!("help_import", help("import --help"));
    insta::assert_snapshot!("help_journey_show", help("journey show -h"));
}
