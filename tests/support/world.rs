//! A workspace at work, in this process: definitions compiled, store open, time handed in.

use std::{cell::Cell, collections::BTreeMap, rc::Rc};

use tilework::{
    audience::{LeadChange, LeadError, change_lead},
    channels::RunLimit,
    compile::{self, Plan},
    definitions,
    diagnostics::{Problems, render_human},
    engine::{Engine, Phase},
    interactions::{self, EmptyCells, ImportError, ImportKind, ImportRequest, ImportSummary},
    model::{DecimalSign, time::rfc3339},
    runtime::{self, Publishing, Runtime, RuntimeError},
    store::{Store, StoreError},
};

use super::{dump::Tables, workspace::Workspace};

/// A moment such as `2026-03-01 08:00`, UTC, or RFC 3339.
pub fn at(text: &str) -> i64 {
    tilework::calendar::parse_moment(text, &tilework::calendar::Zone::utc()).unwrap()
}

/// An open workspace.
pub struct World {
    pub workspace: Workspace,
    pub plan: Plan,
    pub store: Store,
    pub batch_size: usize,
    /// Real time that is taken to have passed, in milliseconds.
    pub passed: i64,
    /// Real time that passes while it works, in milliseconds.
    pub passing: Rc<Cell<i64>>,
    /// When the store hears of what is imported; at its last tick when nothing is said.
    pub facts_at: Option<i64>,
    observe: Box<dyn Fn(Phase)>,
    tables: Option<Tables>,
}

impl World {
    /// Opens a workspace and becomes its worker.
    pub fn of(workspace: Workspace) -> World {
        let plan = compiled(&workspace);
        World::with(workspace, plan)
    }

    /// As [`World::of`], with definitions that were compiled already.
    pub fn with(workspace: Workspace, plan: Plan) -> World {
        let address = workspace.address();
        Store::migrate(&address).unwrap();
        let mut store = Store::open_for_writing(&address).unwrap();
        assert!(store.start_worker(runtime::real_now()).unwrap(), "somebody else is at work");
        store.declare(&plan.catalog).unwrap();
        World {
            workspace,
            plan,
            store,
            batch_size: 5_000,
            passed: 0,
            passing: Rc::default(),
            facts_at: None,
            observe: Box::new(|_| {}),
            tables: None,
        }
    }

    /// Closes the store, so that the program may have it.
    pub fn close(self) -> Workspace {
        self.workspace
    }

    /// With batches of about so many positions.
    pub fn batches_of(mut self, size: usize) -> World {
        self.batch_size = size;
        self
    }

    /// Tells each phase to an observer.
    pub fn observed(mut self, observe: impl Fn(Phase) + 'static) -> World {
        self.observe = Box::new(observe);
        self
    }

    /// Changes a file of the workspace and reads the definitions again.
    pub fn write(&mut self, path: &str, content: &str) {
        self.workspace.write(path, content);
        self.plan = compiled(&self.workspace);
    }

    /// Imports rows of CSV.
    pub fn try_import(&mut self, kind: ImportKind, csv: &[u8]) -> (ImportSummary, Vec<String>) {
        self.import_result(kind, csv).unwrap()
    }

    /// As [`World::try_import`], where the file may be refused as a whole.
    pub fn import_result(&mut self, kind: ImportKind, csv: &[u8]) -> ImportResult {
        let now = match self.facts_at {
            Some(at) => at,
            None => self.store.clock().unwrap().unwrap_or(0),
        };
        import_result(&mut self.store, &self.plan, kind, csv, now)
    }

    /// Imports rows of CSV that are all right.
    pub fn import(&mut self, kind: ImportKind, csv: &str) {
        let (_, rejects) = self.try_import(kind, csv.as_bytes());
        assert!(rejects.is_empty(), "{rejects:?}");
    }

    /// Accounts, each with a name and an owner made from its id.
    pub fn accounts(&mut self, ids: &[&str]) {
        let rows: Vec<String> =
            ids.iter().map(|id| format!("{id},{},{id}-owner@vendor.example", id.to_uppercase())).collect();
        self.import(ImportKind::Accounts, &format!("id,name,owner\n{}\n", rows.join("\n")));
    }

    /// Contacts, each with its account, an empty one for none, and an address made from its id.
    pub fn contacts(&mut self, rows: &[(&str, &str)]) {
        let rows: Vec<String> =
            rows.iter().map(|(id, account)| format!("{id},{id},{account},{id}@people.example")).collect();
        self.import(ImportKind::Contacts, &format!("id,first_name,account_id,email\n{}\n", rows.join("\n")));
    }

    /// Sets one field of a contact.
    pub fn set(&mut self, contact: &str, field: &str, value: &str) {
        self.import(ImportKind::Contacts, &format!("id,{field}\n{contact},{value}\n"));
    }

    /// Sets one field of a contact, account or lead at a moment.
    pub fn set_at(&mut self, kind: ImportKind, id: &str, field: &str, value: &str, when: &str) {
        let before = self.facts_at.replace(at(when));
        self.import(kind, &format!("id,{field}\n{id},{value}\n"));
        self.facts_at = before;
    }

    /// Records that a contact did something at a moment.
    pub fn did(&mut self, contact: &str, kind: &str, when: &str) {
        self.import(
            ImportKind::Interactions,
            &format!(
                "id,type,at,contact_id\n{contact}/{kind}/{when},{kind},{},{contact}\n",
                rfc3339(at(when))
            ),
        );
    }

    /// Links a lead to a contact and an account, an empty id for none.
    pub fn link(&mut self, lead: &str, contact: &str, account: &str, now: i64) -> Result<bool, LeadError> {
        let link =
            LeadChange::Link { contact_id: Some(contact.to_owned()), account_id: Some(account.to_owned()) };
        change_lead(&mut self.store, &self.plan.catalog, lead, &link, now)
    }

    /// Publishes what changed at a moment, and does some work.
    fn work(
        &mut self,
        now: i64,
        work: impl FnOnce(&Runtime<'_>, &mut Store) -> Result<(), RuntimeError>,
    ) -> Result<(), RuntimeError> {
        let journeys = runtime::publish(&mut self.store, &self.plan, &Publishing::default(), now)?;
        let real_now = || runtime::real_now() + self.passed + self.passing.get();
        let runtime = Runtime {
            engine: Engine {
                plan: &self.plan,
                journeys,
                batch_size: self.batch_size,
                real_now: &real_now,
                observe: &*self.observe,
                stop: &|| false,
            },
            edge: tilework::channels::Edge::default(),
            root: self.workspace.root(),
            limit: RunLimit::of(&self.plan),
            played: None,
        };
        work(&runtime, &mut self.store)
    }

    /// Publishes what changed and does everything that is due at a moment.
    pub fn try_tick(&mut self, now: i64) -> Result<(), RuntimeError> {
        self.work(now, |runtime, store| runtime::tick(runtime, store, now, true))
    }

    /// As [`World::try_tick`], where nothing goes wrong.
    pub fn tick(&mut self, now: &str) {
        self.try_tick(at(now)).unwrap();
    }

    /// Plays from the store's last run, else from the earliest start, to a moment.
    pub fn try_play(&mut self, until: i64, told: &mut dyn FnMut(i64)) -> Result<(), RuntimeError> {
        let from = runtime::starting_point(&mut self.store, &self.plan, None, until)?;
        self.work(from, |runtime, store| runtime::play(runtime, store, from, until, told))
    }

    /// As [`World::try_play`], where nothing goes wrong.
    pub fn play(&mut self, until: &str) {
        self.try_play(at(until), &mut |_| {}).unwrap();
    }

    /// The store's tables, read apart from the worker.
    pub fn tables(&mut self) -> &mut Tables {
        let workspace = &self.workspace;
        self.tables.get_or_insert_with(|| workspace.tables())
    }

    /// The way of a contact through its journeys: the steps it left, with their paths, and where it is.
    /// `invite ordered.then | at pause`, `invite | finished`, `invite! | stopped: inactive`.
    pub fn way(&mut self, contact: &str) -> String {
        let mut left = self.tables().rows(&format!(
            "SELECT s.id, h.path, h.stopped, h.arrived_at, h.left_at, j.name
             FROM history h JOIN contact c ON c.key = h.contact_key JOIN step s ON s.key = h.step_key
             JOIN journey j ON j.key = s.journey_key
             WHERE c.id = '{contact}' ORDER BY h.iteration_key, h.left_at, h.arrived_at, h.visit, s.place"
        ));
        // What happened at one moment is in the order in which the journey leads.
        let mut steps: Vec<String> = Vec::new();
        let mut last: Option<Vec<String>> = None;
        while !left.is_empty() {
            let next = last.and_then(|last| {
                let steps = &self.plan.journey(&last[5])?.steps;
                let step = steps.iter().find(|step| step.id == last[0])?;
                let to = &steps[step.leads_to(Some(last[1].as_str()).filter(|path| !path.is_empty()))?];
                left.iter().position(|row| row[0] == to.id && row[3] == last[4])
            });
            let row = left.remove(next.unwrap_or(0));
            let path = if row[1].is_empty() { String::new() } else { format!(".{}", row[1]) };
            steps.push(format!("{}{path}{}", row[0], if row[2] == "1" { "!" } else { "" }));
            last = Some(row);
        }
        let ends = self.tables().lines(&format!(
            "SELECT CASE p.state WHEN 1 THEN 'at ' || COALESCE(s.id, '?') WHEN 2 THEN 'finished' ELSE 'stopped: ' || p.reason END
             FROM participant p JOIN contact c ON c.key = p.contact_key
             LEFT JOIN position o ON o.iteration_key = p.iteration_key AND o.contact_key = p.contact_key
             LEFT JOIN step s ON s.key = o.step_key
             WHERE c.id = '{contact}' ORDER BY p.iteration_key"
        ));
        if ends.is_empty() {
            return "never entered".to_owned();
        }
        format!("{} | {}", steps.join(" "), ends.join(", ")).trim_start().to_owned()
    }

    /// Asserts the ways of contacts.
    #[track_caller]
    pub fn ways(&mut self, expected: &[(&str, &str)]) {
        let found: Vec<(String, String)> =
            expected.iter().map(|(contact, _)| ((*contact).to_owned(), self.way(contact))).collect();
        let found: Vec<(&str, &str)> =
            found.iter().map(|(contact, way)| (contact.as_str(), way.as_str())).collect();
        assert_eq!(found, expected);
    }

    /// When a contact left a step.
    pub fn left(&mut self, contact: &str, step: &str) -> String {
        let rows = self.tables().rows(&format!(
            "SELECT h.left_at FROM history h JOIN contact c ON c.key = h.contact_key JOIN step s ON s.key = h.step_key
             WHERE c.id = '{contact}' AND s.id = '{step}' ORDER BY h.visit"
        ));
        rows.iter().map(|row| rfc3339(row[0].parse().unwrap())).collect::<Vec<_>>().join(" ")
    }

    /// Why a contact left a step as it did: its own reason, or the decision for its account.
    pub fn because(&mut self, contact: &str, step: &str) -> String {
        let rows = self.tables().rows(&format!(
            "SELECT COALESCE(h.reason, d.because, '') FROM history h JOIN contact c ON c.key = h.contact_key
             JOIN step s ON s.key = h.step_key
             LEFT JOIN decision d ON d.iteration_key = h.iteration_key AND d.account_key = h.account_key
                AND d.step_key = h.step_key AND d.visit = h.visit
             WHERE c.id = '{contact}' AND s.id = '{step}' ORDER BY h.visit"
        ));
        rows.into_iter().map(|mut row| row.remove(0)).collect::<Vec<_>>().join(" | ")
    }

    /// Messages as `contact step state reason`, with the account where there is no contact, sorted.
    pub fn messages(&mut self) -> Vec<String> {
        let names = BTreeMap::from([
            ("1", "waiting"),
            ("2", "sending"),
            ("3", "delivered"),
            ("4", "blocked"),
            ("5", "failed"),
            ("6", "unknown"),
            ("7", "dropped"),
        ]);
        let rows = self.tables().rows(
            "SELECT COALESCE(c.id, a.id), s.id, o.state, o.reason FROM outbox o JOIN step s ON s.key = o.step_key
             LEFT JOIN contact c ON c.key = o.contact_key LEFT JOIN account a ON a.key = o.account_key",
        );
        let mut messages: Vec<String> = rows
            .into_iter()
            .map(|row| {
                format!("{} {} {} {}", row[0], row[1], names[row[2].as_str()], row[3]).trim_end().to_owned()
            })
            .collect();
        messages.sort();
        messages
    }

    /// Leads as `step account contact topic`, sorted.
    pub fn leads(&mut self) -> Vec<String> {
        sorted(self.tables().lines(
            "SELECT s.id, COALESCE(l.account_id, '-'), COALESCE(l.contact_id, '-'), l.topic
             FROM lead l JOIN step s ON s.key = l.step_key",
        ))
    }

    /// Activities as `step account contact subject owner`, sorted.
    pub fn activities(&mut self) -> Vec<String> {
        sorted(self.tables().lines(
            "SELECT s.id, COALESCE(a.id, '-'), COALESCE(c.id, '-'), v.subject, COALESCE(v.owner, '-')
             FROM activity v JOIN step s ON s.key = v.step_key
             LEFT JOIN account a ON a.key = v.account_key LEFT JOIN contact c ON c.key = v.contact_key",
        ))
    }

    /// All of the final state.
    pub fn state(&mut self) -> String {
        self.tables().state()
    }
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

/// The workspace's plan.
pub fn compiled(workspace: &Workspace) -> Plan {
    compiled_or_refused(workspace).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The workspace's plan, or what is wrong with its definitions.
pub fn compiled_or_refused(workspace: &Workspace) -> Result<Plan, String> {
    let mut problems = Problems::default();
    let definitions = definitions::load(workspace.root(), None, &|_| None, &mut problems).unwrap();
    let plan = compile::compile(&definitions, &mut problems);
    plan.ok_or_else(|| render_human(&problems, &definitions.sources, false))
}

/// What an import comes to, with the rows that it rejects.
pub type ImportResult = Result<(ImportSummary, Vec<String>), ImportError<StoreError>>;

/// Imports rows of CSV, whose empty cells clear, into a store by a connection of its own.
pub fn import_into(
    store: &mut Store,
    plan: &Plan,
    kind: ImportKind,
    csv: &[u8],
    now: i64,
) -> (ImportSummary, Vec<String>) {
    import_result(store, plan, kind, csv, now).unwrap()
}

fn import_result(store: &mut Store, plan: &Plan, kind: ImportKind, csv: &[u8], now: i64) -> ImportResult {
    let request = ImportRequest {
        kind,
        format: None,
        catalog: &plan.catalog,
        zone: &plan.settings.zone,
        decimal: Some(DecimalSign::Point),
        map: Vec::new(),
        empty: EmptyCells::Clear,
        replace: false,
        batch_size: ImportRequest::BATCH_SIZE,
    };
    let mut rejects = Vec::new();
    let catalog = &plan.catalog;
    let summary = interactions::import(
        csv,
        &request,
        &mut |batch| interactions::write(store, catalog, batch, now),
        &mut |reject| {
            rejects.push(format!("{}: {}", reject.line, reject.reason));
            Ok(())
        },
        &mut |_, _| {},
    );
    Ok((summary?, rejects))
}
