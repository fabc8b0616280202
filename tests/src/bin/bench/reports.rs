//! Storing tracking records in bulk, and every page of the reports over all of them.
//!
//! `PAPERGATE_BENCH_RECORDS` says how many (default 5,000,000): a year of an organisation with 10,000 people, 500 devices
//! and 300 billing codes.

use std::time::Instant;

use domain::money::Money;
use domain::tracking::{
    AccountingModel, Billing, Device, Job, JobType, Origin, Pages, Record, State, Toner, User,
};
use domain::{Timestamp, TrackingId};
use storage::Location;
use storage::tracking::job_list::{JobPlace, JobQuery, JobSort};
use storage::tracking::report::{Include, Period, SubjectQuery, SubjectSort};
use storage::tracking::{Kind, Tracking};

use crate::Bench;
use crate::table::{Better, Row};

const RECORDS: i64 = 5_000_000;
/// Records of one transaction, as an outbox delivers them in bulk.
const BATCH: i64 = 1_000;
const USERS: i64 = 10_000;
const DEVICES: i64 = 500;
const CODES: i64 = 300;
/// 2026-01-01 00:00 UTC and a year, microseconds.
const YEAR_BEGINS: i64 = 1_767_225_600_000_000;
const YEAR: i64 = 365 * 24 * 3_600 * 1_000_000;
/// Rows of a page.
const PAGE: usize = 500;
/// The slowest page must answer within this, milliseconds.
const REACH_MS: f64 = 1_000.0;

pub(crate) fn run(bench: &mut Bench) {
    let records =
        std::env::var("PAPERGATE_BENCH_RECORDS").ok().and_then(|text| text.parse().ok()).unwrap_or(RECORDS);
    let directory = bench.directory();
    let location = Location::Sqlite(directory.path().join("tracking.sqlite"));
    let store = Tracking::open(location).expect("a store");
    let started = Instant::now();
    let mut number = 0;
    while number < records {
        let until = (number + BATCH).min(records);
        let batch: Vec<Record> = (number..until).map(|number| record(number, records)).collect();
        store.records_add(&batch).expect("the records are stored");
        number = until;
    }
    let rate = per_second(records, started);
    push(
        bench,
        format!("storing {records} tracking records, {BATCH} a transaction"),
        "/s",
        rate,
        Better::More,
        2_000.0,
    );

    // A year, and a part of it that fits no block: the worst a period can be.
    let odd = Period {
        from_us: Some(YEAR_BEGINS + 3_700_000_123),
        to_us: Some(YEAR_BEGINS + YEAR - 99_000_000_777),
    };
    let month = Period {
        from_us: Some(YEAR_BEGINS + YEAR / 3 + 77),
        to_us: Some(YEAR_BEGINS + YEAR / 3 + YEAR / 12),
    };
    for (period, of) in [(Period::default(), "all"), (odd, "an odd year"), (month, "an odd month")] {
        let main = slowest(|| {
            assert!(store.report_main(period, Include::All).expect("a report").completed > 0);
        });
        push(bench, format!("statistics: main, {of}"), "ms", main, Better::Less, REACH_MS);
        for (kind, name) in [(Kind::User, "users"), (Kind::Device, "devices"), (Kind::Billing, "billing")] {
            let elapsed = slowest(|| {
                let query = SubjectQuery {
                    kind,
                    period,
                    include: Include::Completed,
                    sort: SubjectSort::Price,
                    ascending: false,
                    name: None,
                    offset: 100,
                    limit: PAGE,
                };
                assert!(!store.report_subjects(&query).expect("a report").0.is_empty());
            });
            push(bench, format!("statistics: {name}, {of}"), "ms", elapsed, Better::Less, REACH_MS);
        }
        let sorts = [
            (JobSort::Date, "date"),
            (JobSort::User, "user"),
            (JobSort::Device, "device"),
            (JobSort::Pages, "pages"),
            (JobSort::Price, "cost"),
        ];
        for (sort, name) in sorts {
            let elapsed = pages(&store, period, sort);
            push(
                bench,
                format!("job list by {name}, slowest page, {of}"),
                "ms",
                elapsed,
                Better::Less,
                REACH_MS,
            );
        }
    }
}

fn push(bench: &mut Bench, what: String, unit: &'static str, ours: f64, better: Better, reach: f64) {
    bench.table.push(Row { what, unit, ours, peer: None, better, reach });
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn per_second(records: i64, started: Instant) -> f64 {
    records as f64 / started.elapsed().as_secs_f64()
}

/// The slowest of a few tries, milliseconds: the first has nothing in its caches.
fn slowest(work: impl Fn()) -> f64 {
    (0..3)
        .map(|_| {
            let started = Instant::now();
            work();
            started.elapsed().as_secs_f64() * 1000.0
        })
        .fold(0.0, f64::max)
}

/// The slowest of some pages at both ends of a list and after jobs in the middle of the period, milliseconds.
fn pages(store: &Tracking, period: Period, sort: JobSort) -> f64 {
    let limit = i64::try_from(PAGE).expect("a page is small");
    let mut slowest: f64 = 0.0;
    for ascending in [true, false] {
        let mut after: Option<JobPlace> = None;
        for _ in 0..3 {
            let query = JobQuery { period, sort, ascending, after, limit, ..JobQuery::default() };
            let started = Instant::now();
            let page = store.report_jobs(&query).expect("a page");
            slowest = slowest.max(started.elapsed().as_secs_f64() * 1000.0);
            after = page.last().map(|last| JobPlace::after(last, sort));
        }
    }
    slowest
}

/// Looks as if people printed; the same in every run.
fn record(number: i64, records: i64) -> Record {
    let dice = |salt: i64, end: i64| {
        let mixed = (number.wrapping_add(salt << 40)).wrapping_mul(0x2545_F491_4F6C_DD1D);
        ((mixed >> 17) ^ (mixed >> 43)).rem_euclid(end)
    };
    let (user, device, code) = (dice(1, USERS), dice(2, DEVICES), dice(3, CODES * 2));
    let stop = Timestamp(YEAR_BEGINS + YEAR / records * number);
    let pages = 1 + dice(4, 12);
    Record {
        tracking_id: TrackingId(format!("{number:016x}")),
        computer_name: "main".into(),
        export_label: String::new(),
        transaction_id: String::new(),
        accounting_model: AccountingModel::None,
        start: Timestamp(stop.0 - 2_000_000),
        stop,
        state: if dice(5, 100) == 0 { State::Interrupted } else { State::Completed },
        job: Job {
            id: number,
            job_type: if dice(6, 4) == 0 { JobType::Copy } else { JobType::Pull },
            name: format!("Document {number}"),
            submit_logon: format!("user{user}"),
            date: Timestamp(stop.0 - 600_000_000),
            size: 20_000 + dice(7, 900_000),
            page_format: "A4".into(),
            is_duplex: dice(8, 2) == 0,
            is_color: dice(9, 4) == 0,
            price: Money(pages * 500),
            ..Job::default()
        },
        pages: Pages { tracked: pages, sheets: (pages + 1) / 2, parser: pages, ..Pages::default() },
        user: User {
            id: user,
            logon: format!("user{user}"),
            full_name: format!("Person {user}"),
            cost_code: format!("{}", 1_000 + user % 50),
            ..User::default()
        },
        device: Device {
            id: device,
            name: format!("device{device}"),
            model: "Example 4000".into(),
            location: format!("Floor {}", device % 20),
            ..Device::default()
        },
        billing: Billing {
            code: if code < CODES { format!("C{code}") } else { String::new() },
            ..Billing::default()
        },
        origin: Origin { queue_name: "pull".into(), ..Origin::default() },
        toner: Toner::default(),
    }
}
