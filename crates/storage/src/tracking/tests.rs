//! The store on both databases.

use domain::money::Money;
use domain::tracking::{
    AccountingModel, Billing, Device, Job, JobType, Origin, PageCountModel, PageCountStatus, Pages, Record,
    State, Toner, User,
};
use domain::{Timestamp, TrackingId};

use super::{Filter, Place, SCHEMA, Stored, Tracking};
use crate::testing::each_database;

mod reports;

/// A record whose every field differs from its default and from its neighbours.
fn full(number: i64) -> Record {
    let text = |what: &str| format!("{what} {number} – ü\"',;\n");
    Record {
        tracking_id: TrackingId(format!("id-{number}")),
        computer_name: text("computer"),
        export_label: String::new(),
        transaction_id: text("transaction"),
        accounting_model: AccountingModel::PrintAndPay,
        start: Timestamp(number),
        stop: Timestamp(number + 1),
        state: State::Interrupted,
        job: Job {
            id: number + 2,
            job_type: JobType::Email,
            name: text("job"),
            submit_logon: text("submit"),
            date: Timestamp(number + 3),
            size: number + 4,
            page_format: text("format"),
            is_duplex: true,
            is_color: true,
            price: Money(number + 5),
            price2: Money(-number - 6),
            destination: text("destination"),
            toner_save: true,
            deleted_by: None,
        },
        pages: Pages {
            tracked: number + 7,
            tracked_color: number + 8,
            sheets: number + 9,
            parser: number + 10,
            driver: number + 11,
            status: PageCountStatus::Failure,
            model: PageCountModel::Hardware,
        },
        user: User {
            id: number + 12,
            domain_id: number + 13,
            logon: format!("user{}", number % 2),
            domain: text("domain"),
            full_name: text("name"),
            description: text("description"),
            email: text("email"),
            cost_code: text("cost"),
            node_id: number + 14,
        },
        device: Device {
            id: number + 15,
            mac: text("mac"),
            name: text("device"),
            location: text("location"),
            ip_addr: text("address"),
            supports_duplex: true,
            supports_color: true,
            model: text("model"),
            driver_name: text("driver"),
            node_id: number + 16,
        },
        billing: Billing {
            code: text("code"),
            description: text("billing"),
            invoice: true,
            code2: text("code2"),
            description2: text("billing2"),
        },
        origin: Origin {
            queue_name: text("queue"),
            port_name: text("port"),
            computer_name: text("pm"),
            document_computer_name: text("doc"),
        },
        toner: Toner { cyan: 1, magenta: 2, yellow: 3, black: 4 },
    }
}

/// Everything that matches, read in pages of `size`.
fn all(store: &Tracking, filter: &Filter, size: i64) -> Vec<Stored> {
    let mut found: Vec<Stored> = Vec::new();
    loop {
        let page = store.records_page(filter, found.last().map(Place::after), size).unwrap();
        if page.is_empty() {
            return found;
        }
        found.extend(page);
    }
}

fn numbers(found: &[Stored]) -> Vec<i64> {
    found.iter().map(|stored| stored.record.start.0).collect()
}

/// TRK-1.
#[test]
fn a_record_comes_back_as_it_was_and_is_stored_once() {
    each_database(&SCHEMA, |database| {
        let store = Tracking::on(database.clone());
        let plain = Record {
            tracking_id: TrackingId("plain".into()),
            computer_name: String::new(),
            export_label: String::new(),
            transaction_id: String::new(),
            accounting_model: AccountingModel::None,
            start: Timestamp(0),
            stop: Timestamp(0),
            state: State::Completed,
            job: Job::default(),
            pages: Pages::default(),
            user: User::default(),
            device: Device::default(),
            billing: Billing::default(),
            origin: Origin::default(),
            toner: Toner::default(),
        };
        let records = [plain, full(10)];
        assert_eq!(store.records_add(&records).unwrap(), 2);
        // Again, with the answer to the first call lost and one more record in the batch.
        assert_eq!(store.records_add(&[records[0].clone(), records[1].clone(), full(20)]).unwrap(), 1);
        let found = all(&store, &Filter::default(), 500);
        let found: Vec<Record> = found.into_iter().map(|stored| stored.record).collect();
        assert_eq!(found, [records[0].clone(), records[1].clone(), full(20)]);
    });
}

#[test]
fn pages_meet_every_record_once_in_order_of_the_stop_date() {
    each_database(&SCHEMA, |database| {
        let store = Tracking::on(database.clone());
        // Four records at each of five instants, arriving out of order.
        let mut records: Vec<Record> = (0..20)
            .map(|number| Record {
                start: Timestamp(number),
                stop: Timestamp(number * 7 % 5),
                tracking_id: TrackingId(number.to_string()),
                ..full(number)
            })
            .collect();
        for record in &mut records {
            record.user.logon = format!("user{}", record.start.0 % 2);
        }
        assert_eq!(store.records_add(&records).unwrap(), 20);
        assert_eq!(store.sequence_last().unwrap(), 20);
        let mut expected: Vec<i64> = (0..20).collect();
        expected.sort_by_key(|number| (number * 7 % 5, *number));
        for size in [1, 3, 20, 500] {
            assert_eq!(numbers(&all(&store, &Filter::default(), size)), expected, "pages of {size}");
        }
        let table: [(Filter, &dyn Fn(i64) -> bool); 5] = [
            (Filter { from_us: Some(2), ..Filter::default() }, &|number| number * 7 % 5 >= 2),
            (Filter { to_us: Some(2), ..Filter::default() }, &|number| number * 7 % 5 < 2),
            (Filter { logon: Some("user1".into()), ..Filter::default() }, &|number| number % 2 == 1),
            (Filter { after_sequence: Some(5), until_sequence: Some(9), ..Filter::default() }, &|number| {
                (5..9).contains(&number)
            }),
            (Filter { logon: Some("nobody".into()), ..Filter::default() }, &|_| false),
        ];
        for (filter, matches) in table {
            let expected: Vec<i64> = expected.iter().copied().filter(|number| matches(*number)).collect();
            assert_eq!(numbers(&all(&store, &filter, 2)), expected, "{filter:?}");
        }
    });
}

/// TRK-6.
#[test]
fn a_label_stays_the_first_one_and_deletion_takes_only_what_is_named() {
    each_database(&SCHEMA, |database| {
        let store = Tracking::on(database.clone());
        let records: Vec<Record> = (0..10).map(full).collect();
        store.records_add(&records).unwrap();
        let early = Filter { to_us: Some(5), ..Filter::default() };
        assert_eq!(store.records_label(&early, "spring", 100).unwrap(), 4);
        assert_eq!(store.records_label(&Filter::default(), "summer", 4).unwrap(), 4);
        assert_eq!(store.records_label(&Filter::default(), "summer", 4).unwrap(), 2);
        let labels: Vec<String> = all(&store, &Filter::default(), 500)
            .into_iter()
            .map(|stored| stored.record.export_label)
            .collect();
        assert_eq!(labels, [vec!["spring"; 4], vec!["summer"; 6]].concat());
        assert_eq!(store.records_delete(&early, 3, Timestamp(0)).unwrap(), 3);
        assert_eq!(store.records_delete(&early, 3, Timestamp(0)).unwrap(), 1);
        assert_eq!(store.records_delete(&early, 3, Timestamp(0)).unwrap(), 0);
        assert_eq!(numbers(&all(&store, &Filter::default(), 500)), (4..10).collect::<Vec<_>>());
        // A sequence is never given twice, even when the newest record is gone.
        store.records_delete(&Filter::default(), 100, Timestamp(0)).unwrap();
        store.records_add(&[full(50)]).unwrap();
        assert_eq!(store.sequence_last().unwrap(), 11);
    });
}
