//! The account segments of the domain's own description, by levels, grades and status; their members are
//! worked out a second time in plain Rust, from the same rows.

use tilework::{interactions::ImportKind, model::time::rfc3339};

use super::samples::members;
use crate::support::{
    workspace::{Workspace, on_both},
    world::at,
};

const NOW: &str = "2026-03-01 08:00";
const ROLES: [&str; 5] = ["decision_maker", "user", "champion", "", "purchaser"];
const DAY: i64 = 86_400_000;

struct Account {
    id: String,
    industry: &'static str,
    country: &'static str,
    status: &'static str,
    employees: Option<i64>,
    revenue: Option<i64>,
    people: Vec<Person>,
}

struct Person {
    id: String,
    role: &'static str,
    /// How many days ago each click was.
    clicks: Vec<i64>,
}

impl Person {
    fn clicks_lately(&self) -> usize {
        self.clicks.iter().filter(|days| **days <= 30).count()
    }

    fn decides(&self) -> bool {
        ["decision_maker", "champion", "purchaser"].contains(&self.role)
    }
}

impl Account {
    fn level(&self) -> &'static str {
        let mut points = 0;
        if self.employees.is_some_and(|employees| employees >= 1_000) {
            points += 40;
        }
        if self.revenue.is_some_and(|revenue| revenue >= 5_000_000) {
            points += 30;
        }
        if self.people.iter().filter(|person| person.clicks_lately() > 0).count() >= 2 {
            points += 30;
        }
        match points {
            100 => "Strategic",
            60..100 => "Target",
            30..60 => "Qualified",
            _ => "At Risk",
        }
    }

    fn has_hot_lead_on_committee(&self) -> bool {
        self.industry == "Technology"
            && self.people.iter().any(|person| person.decides() && person.clicks_lately() >= 2)
    }
}

/// Accounts of every kind, with up to three people each.
fn accounts() -> Vec<Account> {
    (0..84_usize)
        .map(|n| Account {
            id: format!("a{n:02}"),
            industry: ["Technology", "Healthcare", "technology"][n % 3],
            country: ["UK", "DE", "US", "FR", "NL", "BR", "IE", "", "CA", "AT", "MX"][n % 11],
            status: ["customer", "prospect", "customer", "partner", ""][n % 5],
            employees: [Some(1_000), Some(99), Some(5_000), Some(100), None, Some(999), Some(1_001)][n % 7],
            revenue: [Some(5_000_000), Some(9_000_000), None, Some(4_999_999)][n % 4],
            people: (0..n / 2 % 4)
                .map(|k| Person {
                    id: format!("a{n:02}-{k}"),
                    role: ROLES[(n + 2 * k) % 5],
                    clicks: [vec![], vec![30, 1], vec![31, 1], vec![2], vec![31, 32], vec![3, 4, 90]]
                        [(n / 4 + k) % 6]
                        .clone(),
                })
                .collect(),
        })
        .collect()
}

fn text(number: Option<i64>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}

#[test]
fn account_segments_by_level_grade_and_status_hold_whom_they_describe() {
    let accounts = accounts();
    let (mut companies, mut people, mut leads, mut clicks) = (
        "id,industry,country,status,employees,revenue\n".to_owned(),
        "id,account_id,role\n".to_owned(),
        "id,contact_id,account_id\n".to_owned(),
        "id,type,contact_id,at\n".to_owned(),
    );
    for account in &accounts {
        let Account { id, industry, country, status, employees, revenue, .. } = account;
        let (employees, revenue) = (text(*employees), text(*revenue));
        companies.push_str(&format!("{id},{industry},{country},{status},{employees},{revenue}\n"));
        for person in &account.people {
            people.push_str(&format!("{},{id},{}\n", person.id, person.role));
            leads.push_str(&format!("of-{0},{0},{id}\n", person.id));
            for days in &person.clicks {
                let at = rfc3339(at(NOW) - days * DAY);
                clicks.push_str(&format!("{0}-{days},EmailClicked,{0},{at}\n", person.id));
            }
        }
    }
    type Holds = fn(&Account) -> bool;
    let of_accounts: [(&str, Holds); 11] = [
        ("target-accounts", |account| account.level() == "Target"),
        ("qualified-accounts", |account| account.level() == "Qualified"),
        ("strategic-customers", |account| account.level() == "Strategic" && account.status == "customer"),
        ("tech-companies", |account| account.industry == "Technology"),
        ("mid-market-healthcare", |account| {
            account.industry == "Healthcare"
                && account.employees.is_some_and(|employees| (100..=1_000).contains(&employees))
        }),
        ("existing-customers-strong-fit", |account| {
            account.status == "customer" && ["Target", "Qualified"].contains(&account.level())
        }),
        ("at-risk-customers", |account| account.status == "customer" && account.level() == "At Risk"),
        ("emea-accounts", |account| ["UK", "DE", "FR", "NL", "IE"].contains(&account.country)),
        ("americas", |account| ["US", "CA", "MX", "BR"].contains(&account.country)),
        ("partners", |account| account.status == "partner"),
        ("tech-with-hot-lead-on-committee", Account::has_hot_lead_on_committee),
    ];
    let of_people = |holds: &dyn Fn(&Account, &Person) -> bool| -> Vec<String> {
        let people = accounts.iter().flat_map(|account| account.people.iter().map(move |it| (account, it)));
        people.filter(|(account, person)| holds(account, person)).map(|(_, it)| it.id.clone()).collect()
    };
    let of_strategic =
        of_people(&|account, _| account.level() == "Strategic" && account.status == "customer");
    let hot: Vec<String> = of_people(&|account, person| {
        account.industry == "Technology" && person.decides() && person.clicks_lately() >= 2
    });
    let hot: Vec<String> = hot.iter().map(|id| format!("of-{id}")).collect();
    on_both(|database| {
        let mut world = Workspace::on(database)
            .file("journeys/segments.yaml", include_str!("account_segments.yaml"))
            .open();
        world.import(ImportKind::Accounts, &companies);
        world.import(ImportKind::Contacts, &people);
        world.import(ImportKind::Leads, &leads);
        world.import(ImportKind::Interactions, &clicks);
        world.tick(NOW);
        for (segment, holds) in of_accounts {
            let expected: Vec<&str> =
                accounts.iter().filter(|it| holds(it)).map(|it| it.id.as_str()).collect();
            assert!(!expected.is_empty(), "{segment} holds somebody, or nothing is tested");
            assert_eq!(members(&mut world, segment), expected, "{segment}");
        }
        assert!(!of_strategic.is_empty() && !hot.is_empty(), "both hold somebody");
        assert_eq!(members(&mut world, "people-of-strategic-customers"), of_strategic);
        assert_eq!(members(&mut world, "hot-leads-on-tech-committees"), hot);
    });
}
