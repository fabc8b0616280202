//! Sums against an auditor who reads every record, and lists against a plain sort.

use std::collections::BTreeMap;

use domain::money::Money;
use domain::tracking::{DeletedBy, JobType, Record, State};
use domain::{Timestamp, TrackingId};

use super::{SCHEMA, all, full};
use crate::testing::each_database;
use crate::tracking::job_list::{JobPlace, JobQuery, JobSort};
use crate::tracking::report::{Include, Period, SubjectQuery, SubjectSort};
use crate::tracking::{Filter, Kind, Totals, Tracking};

const HOUR: i64 = 3_600_000_000;

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(self.0 >> 33).unwrap() % end
    }
}

fn record(dice: &mut Dice, number: i64) -> Record {
    let mut record = full(number);
    record.tracking_id = TrackingId(format!("id-{number}"));
    record.stop = Timestamp(dice.below(3_000 * HOUR) - 1_000 * HOUR);
    record.state = if dice.below(5) == 0 { State::Interrupted } else { State::Completed };
    let types = [JobType::Pull, JobType::Push, JobType::Copy, JobType::Fax, JobType::Scan, JobType::Email];
    record.job.job_type = types[usize::try_from(dice.below(6)).unwrap()];
    record.job.price = Money(dice.below(50));
    record.job.price2 = Money(-dice.below(50));
    record.job.size = dice.below(1_000);
    record.job.is_duplex = dice.below(2) == 0;
    record.job.is_color = dice.below(2) == 0;
    record.job.deleted_by = match dice.below(8) {
        0 => Some(DeletedBy::User),
        1 => Some(DeletedBy::System),
        _ => None,
    };
    record.pages.tracked = dice.below(20);
    record.user.logon = format!("user{}", dice.below(4));
    record.user.domain = String::new();
    record.device.name = format!("device{}", dice.below(3));
    record.billing.code = if dice.below(2) == 0 { String::new() } else { format!("code{}", dice.below(2)) };
    record
}

/// What a record's subject is called.
type NameOf = fn(&Record) -> &str;

fn add(sum: &mut Totals, record: &Record) {
    let pages = record.pages.tracked;
    sum.jobs += 1;
    sum.size += record.job.size;
    sum.pages += pages;
    sum.color_pages += record.pages.tracked_color;
    sum.sheets += record.pages.sheets;
    match record.job.job_type {
        JobType::Copy => sum.copy_pages += pages,
        JobType::Fax | JobType::Scan | JobType::Email => sum.send_pages += pages,
        JobType::Pull | JobType::Push => {}
    }
    sum.duplex_jobs += i64::from(record.job.is_duplex);
    sum.color_jobs += i64::from(record.job.is_color);
    sum.price += record.job.price.0;
    sum.price2 += record.job.price2.0;
}

fn periods(dice: &mut Dice) -> Vec<Period> {
    let mut periods = vec![Period::default()];
    for _ in 0..12 {
        let from_us = Some(dice.below(3_000 * HOUR) - 1_000 * HOUR);
        let to_us = from_us.map(|from| from + dice.below(2_000 * HOUR));
        periods.extend([
            Period { from_us, to_us },
            Period { from_us, to_us: None },
            Period { from_us: None, to_us },
        ]);
    }
    periods
}

fn inside(records: &[Record], period: Period, include: Include) -> impl Iterator<Item = &Record> {
    records.iter().filter(move |record| {
        record.job.deleted_by.is_none()
            && period.from_us.is_none_or(|from| record.stop.0 >= from)
            && period.to_us.is_none_or(|to| record.stop.0 < to)
            && match include {
                Include::All => true,
                Include::Completed => record.state == State::Completed,
                Include::Interrupted => record.state == State::Interrupted,
            }
    })
}

fn audit(store: &Tracking, records: &[Record], dice: &mut Dice) {
    for period in periods(dice) {
        for include in [Include::All, Include::Completed, Include::Interrupted] {
            let main = store.report_main(period, include).unwrap();
            let mut expected: BTreeMap<JobType, Totals> = BTreeMap::new();
            let mut hours: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
            for record in inside(records, period, include) {
                add(expected.entry(record.job.job_type).or_default(), record);
                let hour = hours.entry(record.stop.0.div_euclid(HOUR) * HOUR).or_default();
                *hour = (hour.0 + 1, hour.1 + record.pages.tracked);
            }
            assert_eq!(main.by_job_type, expected, "{period:?} {include:?}");
            let found: BTreeMap<i64, (i64, i64)> =
                main.hours.into_iter().map(|(hour, load)| (hour, (load.jobs, load.pages))).collect();
            assert_eq!(found, hours, "{period:?} {include:?}");
            let count = |include| inside(records, period, include).count();
            assert_eq!(main.completed, i64::try_from(count(Include::Completed)).unwrap());
            assert_eq!(main.interrupted, i64::try_from(count(Include::Interrupted)).unwrap());
            let name_of: [(Kind, NameOf); 3] = [
                (Kind::User, |record| &record.user.logon),
                (Kind::Device, |record| &record.device.name),
                (Kind::Billing, |record| &record.billing.code),
            ];
            for (kind, name_of) in name_of {
                let mut expected: BTreeMap<&str, Totals> = BTreeMap::new();
                for record in inside(records, period, include).filter(|record| !name_of(record).is_empty()) {
                    add(expected.entry(name_of(record)).or_default(), record);
                }
                let query = SubjectQuery {
                    kind,
                    period,
                    include,
                    sort: SubjectSort::Name,
                    ascending: true,
                    name: None,
                    offset: 0,
                    limit: 100,
                };
                let (found, total) = store.report_subjects(&query).unwrap();
                let found: Vec<(&str, Totals)> =
                    found.iter().map(|subject| (subject.name.as_str(), subject.totals)).collect();
                assert_eq!(total, found.len());
                assert_eq!(
                    found,
                    expected.into_iter().collect::<Vec<_>>(),
                    "{kind:?} {period:?} {include:?}"
                );
            }
        }
        let main = store.report_main(period, Include::Interrupted).unwrap();
        let mut expected: BTreeMap<DeletedBy, Totals> = BTreeMap::new();
        for record in records {
            let undeleted = Record {
                job: domain::tracking::Job { deleted_by: None, ..record.job.clone() },
                ..record.clone()
            };
            if let Some(by) = record.job.deleted_by
                && inside(&[undeleted], period, Include::All).next().is_some()
            {
                add(expected.entry(by).or_default(), record);
            }
        }
        assert_eq!(main.deleted, expected, "{period:?}");
    }
}

/// TRK-8, TRK-10.
#[test]
fn sums_are_what_an_auditor_finds_through_adding_repeating_and_deleting() {
    each_database(&SCHEMA, |database| {
        let store = Tracking::on(database.clone());
        let mut dice = Dice(1);
        let mut records: Vec<Record> = (0..400).map(|number| record(&mut dice, number)).collect();
        for part in records.chunks(70) {
            store.records_add(part).unwrap();
        }
        // Once more, as after a lost answer.
        assert_eq!(store.records_add(&records[50..200]).unwrap(), 0);
        audit(&store, &records, &mut dice);
        let filter =
            Filter { from_us: Some(0), to_us: Some(500 * HOUR), with_deleted: true, ..Filter::default() };
        while store.records_delete(&filter, 30, Timestamp(5)).unwrap() > 0 {}
        let repeated = records.clone();
        records.retain(|record| !(0..500 * HOUR).contains(&record.stop.0));
        audit(&store, &records, &mut dice);
        // What was deleted is not brought back by a late repetition, before its id is forgotten.
        assert_eq!(store.records_add(&repeated).unwrap(), 0);
        audit(&store, &records, &mut dice);
        let day = 24 * HOUR;
        assert_eq!(store.buried_forget(Timestamp(90 * day + 5), 1_000).unwrap(), 0);
        let gone = repeated.len() - records.len();
        assert_eq!(store.buried_forget(Timestamp(90 * day + 6), 1_000).unwrap(), gone as u64);
        // Nothing is left of sums when there are no records.
        while store
            .records_delete(&Filter { with_deleted: true, ..Filter::default() }, 1_000, Timestamp(0))
            .unwrap()
            > 0
        {}
        let rows: i64 = store
            .database()
            .read("test-sums", |connection| {
                use diesel::prelude::*;
                Ok(crate::tracking::table::sums::table.count().get_result(connection)?)
            })
            .unwrap();
        assert_eq!(rows, 0);
    });
}

#[test]
fn records_from_before_there_were_sums_are_summed_at_the_start() {
    each_database(&SCHEMA, |database| {
        let store = Tracking::on(database.clone());
        let mut dice = Dice(2);
        let records: Vec<Record> = (0..100).map(|number| record(&mut dice, number)).collect();
        store.records_add(&records).unwrap();
        database
            .write("test-forget", |connection| {
                use diesel::RunQueryDsl;
                diesel::sql_query("DELETE FROM sums").execute(connection)?;
                Ok(diesel::sql_query("DELETE FROM subjects").execute(connection)?)
            })
            .unwrap();
        let store = Tracking::open(database.location().clone()).unwrap();
        audit(&store, &records, &mut dice);
        drop(Tracking::open(database.location().clone()).unwrap());
        audit(&store, &records, &mut dice);
    });
}

/// TRK-8.
#[test]
fn the_job_list_meets_every_job_once_in_each_order() {
    each_database(&SCHEMA, |database| {
        let store = Tracking::on(database.clone());
        let mut dice = Dice(3);
        let records: Vec<Record> = (0..200).map(|number| record(&mut dice, number)).collect();
        store.records_add(&records).unwrap();
        let stored = all(&store, &Filter::default(), 500);
        for sort in [JobSort::Date, JobSort::User, JobSort::Device, JobSort::Pages, JobSort::Price] {
            for (ascending, device, narrow) in
                [(true, None, false), (false, None, true), (false, Some("device1"), false)]
            {
                let period = if narrow {
                    Period { from_us: Some(100 * HOUR), to_us: Some(1_900 * HOUR) }
                } else {
                    Period::default()
                };
                let query = JobQuery {
                    period,
                    include: Include::Completed,
                    device: device.map(str::to_owned),
                    sort,
                    ascending,
                    limit: 7,
                    ..JobQuery::default()
                };
                let wanted: Vec<Record> = inside(&records, period, Include::Completed).cloned().collect();
                let mut expected: Vec<_> = stored
                    .iter()
                    .filter(|stored| wanted.contains(&stored.record))
                    .filter(|stored| device.is_none_or(|device| stored.record.device.name == device))
                    .collect();
                expected.sort_by_key(|stored| {
                    let (text, number) = match sort {
                        JobSort::Date => ("", 0),
                        JobSort::User => (stored.record.user.logon.as_str(), 0),
                        JobSort::Device => (stored.record.device.name.as_str(), 0),
                        JobSort::Pages => ("", stored.record.pages.tracked),
                        JobSort::Price => ("", stored.record.job.price.0),
                    };
                    (text.to_owned(), number, stored.record.stop, stored.sequence)
                });
                if !ascending {
                    expected.reverse();
                }
                let expected: Vec<i64> = expected.iter().map(|stored| stored.sequence).collect();
                let mut found = Vec::new();
                let mut after = None;
                loop {
                    let page = store.report_jobs(&JobQuery { after, ..query.clone() }).unwrap();
                    let Some(last) = page.last() else { break };
                    after = Some(JobPlace::after(last, sort));
                    found.extend(page.iter().map(|stored| stored.sequence));
                }
                assert_eq!(found, expected, "{sort:?} ascending {ascending} {device:?}");
            }
        }
    });
}

/// Deep in five million records a page must not cost more than the first: an index in the list's order is entered.
#[test]
fn a_page_of_a_long_job_list_is_read_from_the_index_of_its_order() {
    let directory = tempfile::tempdir().unwrap();
    let location = crate::Location::Sqlite(directory.path().join("tracking.sqlite"));
    let store = Tracking::open(location).unwrap();
    let table = [
        (JobSort::Date, "records_by_stop"),
        (JobSort::User, "records_by_user"),
        (JobSort::Device, "records_by_device"),
        (JobSort::Pages, "records_by_pages"),
        (JobSort::Price, "records_by_price"),
    ];
    for (sort, index) in table {
        for (walks, sorts) in [(true, false), (false, sort != JobSort::Date)] {
            let query = JobQuery {
                period: Period { from_us: Some(1), to_us: Some(2) },
                sort,
                limit: 10,
                ..JobQuery::default()
            };
            let steps = crate::tracking::job_list::plan(&store, &query, walks);
            let by = if walks { index } else { "records_by_stop" };
            assert!(steps[0].contains(by), "{sort:?}: {steps:?}");
            assert_eq!(steps.iter().any(|step| step.contains("TEMP B-TREE")), sorts, "{sort:?}: {steps:?}");
        }
    }
}
