//! The core store on both databases.

use domain::device::{Channel, LoginMethods, Target};
use domain::job::{Event, Job, Reason, State, Ticket};
use domain::queue::{Kind, OwnerRule, Queue};
use domain::user::Rights;
use domain::*;

use super::*;
use crate::testing::each_database;

pub(super) fn each_core(story: impl Fn(&CoreStore)) {
    each_database(&SCHEMA, |database| story(&CoreStore { database: database.clone() }));
}

pub(super) fn person(logon: &str, domain: &str) -> NewUser {
    NewUser {
        logon: Logon::parse(logon).unwrap(),
        domain: domain.into(),
        full_name: format!("{logon} Example"),
        email: String::new(),
        description: String::new(),
        cost_code: String::new(),
        rights: Rights::Standard,
        print_all_at_login: false,
        password_hash: None,
        created: Timestamp(1),
        unit: domain::people::unit::ROOT,
        profile: domain::people::Profile::default(),
        powers: domain::people::Powers::default(),
    }
}

pub(super) fn job(owner: i64, submission: &str) -> NewJob {
    let job = Job {
        id: JobId(0),
        queue: QueueId(1),
        queue_name: "pull".into(),
        owner: UserId(owner),
        owner_logon: "ann".into(),
        submit_logon: "CORP\\ann".into(),
        name: "Größe".into(),
        state: State::Held,
        reason: Reason::HoldUntilSpecified,
        message: String::new(),
        created: Timestamp(1_000),
        processing: None,
        completed: None,
        document: Some(DocumentId([7; 16])),
        bytes: 10,
        format: "application/pdf".into(),
        source_host: "pc".into(),
        source_protocol: "ipp".into(),
        ticket: Ticket { copies: 2, ..Ticket::default() },
        count: PageCount { pages: 3, status: domain::count::CountStatus::Ok, ..PageCount::default() },
        retained: false,
        printed: 0,
        panel_copies: 1,
        device: None,
        marked_for_deletion: false,
    };
    NewJob { job, submission: SubmissionId::parse(submission).unwrap(), shares: vec![] }
}

pub(super) fn arrive<const N: usize>(store: &CoreStore, jobs: [NewJob; N]) -> StoreResult<Vec<Arrived>> {
    let arrivals: Vec<Arrival> = jobs.into_iter().map(|job| Arrival::Job(Box::new(job))).collect();
    store.jobs_arrive(&arrivals, Timestamp(1))
}

#[test]
fn a_logon_is_unique_in_its_domain_without_regard_to_case() {
    each_core(|store| {
        store.user_add(&person("ann", "")).unwrap();
        store.user_add(&person("Ann", "CORP")).unwrap();
        let error = store.user_add(&person("ANN", "corp")).unwrap_err();
        assert!(error.is_conflict_on("logon"), "{error:?}");
        assert_eq!(store.users_by_logon(&Logon::parse("aNN").unwrap()).unwrap().len(), 2);
        assert!(store.users_by_logon(&Logon::parse("bob").unwrap()).unwrap().is_empty());
    });
}

#[test]
fn people_are_found_by_part_of_their_names_and_wildcards_are_letters() {
    each_core(|store| {
        for logon in ["ann", "joanna", "bob", "50%"] {
            store.user_add(&person(logon, "")).unwrap();
        }
        let found = |text: &str| -> Vec<String> {
            let users = store.users_list(text, UserId(0), 10).unwrap();
            users.into_iter().map(|user| user.logon.to_string()).collect()
        };
        assert_eq!(found("ANN"), ["ann", "joanna"]);
        assert_eq!(found("%"), ["50%"]);
        assert_eq!(found("_"), [] as [String; 0]);
        assert_eq!(store.users_list("", UserId(1), 2).unwrap().len(), 2);
    });
}

#[test]
fn a_card_names_its_holder_and_goes_with_them() {
    each_core(|store| {
        let ann = store.user_add(&person("ann", "")).unwrap();
        let card = |hash: u8| NewCard {
            user: ann,
            code_hash: vec![hash; 32],
            code_sealed: vec![0xee],
            starts: None,
            ends: Some(Timestamp(9)),
            created: Timestamp(1),
        };
        assert!(store.card_add(&card(1), 2).unwrap().is_some());
        assert!(store.card_add(&card(1), 2).unwrap_err().is_conflict_on("code"));
        assert!(store.card_add(&card(2), 2).unwrap().is_some());
        assert_eq!(store.card_add(&card(3), 2).unwrap(), None, "two is the most");
        let holder = store.card_holder(&[2; 32]).unwrap().unwrap();
        assert_eq!((holder.user.id, holder.ends), (ann, Some(Timestamp(9))));
        assert!(store.card_holder(&[9; 32]).unwrap().is_none());
        assert!(store.card_delete(ann, &[1; 32]).unwrap());
        assert!(!store.card_delete(ann, &[1; 32]).unwrap());
        assert!(store.user_delete(ann).unwrap());
        assert!(store.card_holder(&[2; 32]).unwrap().is_none());
    });
}

#[test]
fn failed_logins_lock_exactly_once() {
    each_core(|store| {
        let ann = store.user_add(&person("ann", "")).unwrap();
        let locked: Vec<bool> = (0..5).map(|_| store.login_failed(Some(ann), None, 3).unwrap()).collect();
        assert_eq!(locked, [false, false, true, false, false]);
        let (user, _) = store.user_show(ann).unwrap().unwrap();
        assert_eq!((user.failed_logins, user.prevent_login), (5, true));
        assert!(!store.login_failed(None, None, 3).unwrap());
    });
}

#[test]
fn changes_of_a_person_leave_the_rest() {
    each_core(|store| {
        let ann = store.user_add(&person("ann", "")).unwrap();
        let pin = UserChanges { pin_hash: Some(Some(vec![1])), ..UserChanges::default() };
        assert!(store.user_edit(ann, &pin).unwrap());
        assert!(store.user_edit(ann, &UserChanges::default()).unwrap());
        let email = UserChanges { email: Some("a@b".into()), ..UserChanges::default() };
        assert!(store.user_edit(ann, &email).unwrap());
        let (user, secrets) = store.user_show(ann).unwrap().unwrap();
        assert_eq!((user.email.as_str(), user.full_name.as_str()), ("a@b", "ann Example"));
        assert_eq!(secrets.pin_hash, Some(vec![1]));
        let clear = UserChanges { pin_hash: Some(None), ..UserChanges::default() };
        assert!(store.user_edit(ann, &clear).unwrap());
        assert!(!store.user_show(ann).unwrap().unwrap().0.has_pin);
        assert!(!store.user_edit(UserId(99), &clear).unwrap());
    });
}

#[test]
fn devices_queues_and_settings_read_back() {
    each_core(|store| {
        let new = device("Floor 2");
        let id = store.device_add(&new).unwrap();
        assert!(store.device_add(&new).unwrap_err().is_conflict_on("name"));
        store.device_seen(id, Timestamp(77)).unwrap();
        let (mut device, key) =
            store.device_by_name(&DeviceName::parse("FLOOR 2").unwrap()).unwrap().unwrap();
        assert_eq!((device.id, &device.target, key), (id, &new.target, vec![5]));
        assert_eq!((device.methods, device.last_seen), (LoginMethods::ALL, Some(Timestamp(77))));
        device.location = "cellar".into();
        assert!(store.device_save(&device).unwrap());
        assert_eq!(store.devices_list().unwrap(), [device.clone()]);
        assert!(store.device_delete(&device.name).unwrap());
        assert!(!store.device_save(&device).unwrap());

        let queue = Queue {
            id: QueueId(0),
            name: QueueName::parse("pull").unwrap(),
            kind: Kind::Pull,
            description: String::new(),
            location: String::new(),
            owner: OwnerRule::Fixed(Logon::parse("archive").unwrap()),
            data_logon: Some(domain::data_logon::DataLogon {
                string: "User: ".into(),
                search_bytes: 1_000,
                skip: Some(b' '),
                start: None,
                stop: None,
                network_fallback: true,
            }),
            raw_port: Some(9_101),
            default_domain: String::new(),
            hide_document_name: false,
            color: true,
            duplex: true,
            accepting_jobs: true,
            toner_save: true,
            push: domain::push::Push::default(),
        };
        let pushed = Queue {
            name: QueueName::parse("office").unwrap(),
            kind: Kind::Push,
            push: domain::push::Push {
                device: Some(DeviceName::parse("Floor 2").unwrap()),
                forward: Some(QueueName::parse("out").unwrap()),
                when_away: domain::push::WhenAway::Hold,
                cost_code: "1009".into(),
                driver_name: "Universal".into(),
                snmp_status: true,
                confirm_price: true,
            },
            ..queue.clone()
        };
        let id = store.queue_add(&NewQueue { queue: pushed.clone(), created: Timestamp(1) }).unwrap();
        assert_eq!(store.queues_list().unwrap(), [Queue { id, ..pushed.clone() }]);
        // A queue is changed as a whole; what only push queues have goes with the kind.
        let changed = Queue { id, raw_port: None, name: pushed.name.clone(), ..queue.clone() };
        assert!(store.queue_save(&changed).unwrap());
        assert_eq!(store.queues_list().unwrap(), std::slice::from_ref(&changed));
        assert!(store.queue_save(&Queue { id, ..pushed.clone() }).unwrap());
        assert_eq!(store.queues_list().unwrap(), [Queue { id, ..pushed.clone() }]);
        assert!(store.queue_delete(&pushed.name).unwrap());
        assert!(!store.queue_save(&changed).unwrap());
        let id = store.queue_add(&NewQueue { queue: queue.clone(), created: Timestamp(1) }).unwrap();
        assert_eq!(store.queues_list().unwrap(), [Queue { id, ..queue.clone() }]);
        assert!(store.queue_delete(&queue.name).unwrap());
        assert!(!store.queue_delete(&queue.name).unwrap());

        assert_eq!(store.setting_set_first("a", "1").unwrap(), "1");
        assert_eq!(store.setting_set_first("a", "2").unwrap(), "1");
        store.setting_set("a", "3").unwrap();
        assert_eq!(store.settings_list().unwrap(), [("a".to_owned(), "3".to_owned())]);
    });
}

#[test]
fn pdl_4_drivers_and_what_devices_make_of_them() {
    use domain::fidelity::{Check, DriverName};
    each_core(|store| {
        let row = |name: &str, learnt| DriverRow {
            name: DriverName::of_data(name).unwrap(),
            learnt,
            created: Timestamp(3),
        };
        assert!(store.driver_add(&row("KX Driver", true), 2).unwrap());
        assert!(!store.driver_add(&row("kx  DRIVER", false), 2).unwrap(), "the same name");
        assert!(store.driver_add(&row("A", false), 2).unwrap());
        assert_eq!(store.drivers_list().unwrap(), [row("A", false), row("KX Driver", true)]);
        assert!(store.driver_delete(&row("KX driver", true).name).unwrap());
        assert!(!store.driver_delete(&row("KX driver", true).name).unwrap());
        for number in 0..4 {
            assert_eq!(store.driver_add(&row(&format!("driver {number}"), true), 2).unwrap(), number < 2);
        }
        assert!(store.driver_add(&row("by hand", false), 2).unwrap());

        let device = store.device_add(&device("Floor 2")).unwrap();
        assert_eq!(store.device_output(device).unwrap(), DeviceOutput::default());
        for (check, names) in [(Some(Check::Filter), &["B", "b", "C"][..]), (None, &[])] {
            let drivers = names.iter().map(|name| DriverName::parse(name).unwrap()).collect();
            let output = DeviceOutput { check, toner_save: check.is_some(), drivers };
            store.device_output_save(device, &output).unwrap();
            let stored = store.device_output(device).unwrap();
            assert_eq!((stored.check, stored.toner_save), (output.check, output.toner_save));
            let stored: Vec<_> = stored.drivers.iter().map(DriverName::as_str).collect();
            assert_eq!(stored, if names.is_empty() { vec![] } else { vec!["B", "C"] });
        }
        store.device_output_save(device, &DeviceOutput { toner_save: true, ..Default::default() }).unwrap();
        assert!(store.device_delete(&DeviceName::parse("Floor 2").unwrap()).unwrap());
        assert_eq!(store.device_output(device).unwrap(), DeviceOutput::default(), "it goes with its device");
    });
}

fn device(name: &str) -> NewDevice {
    NewDevice {
        name: DeviceName::parse(name).unwrap(),
        target: Target::parse("ipp://printer:8631/p", Channel::Auto).unwrap(),
        location: "hall".into(),
        model: String::new(),
        mac: String::new(),
        color: true,
        duplex: false,
        print_all_at_login: true,
        key_sealed: vec![5],
        created: Timestamp(1),
    }
}

#[test]
fn a_repeated_submission_is_the_same_job() {
    each_core(|store| {
        let stored = arrive(store, [job(1, "a"), job(1, "b"), job(1, "a")]).unwrap();
        let Arrived::New(first) = stored[0] else { panic!("{stored:?}") };
        assert_eq!(stored[2], Arrived::Known(first));
        assert_eq!(arrive(store, [job(1, "a")]).unwrap(), [Arrived::Known(first)]);
        assert_eq!(store.jobs_list(&JobFilter::default(), 10).unwrap().len(), 2);
        let loaded = store.job_show(first).unwrap().unwrap();
        assert_eq!(loaded, Job { id: first, ..job(1, "a").job });
        assert_eq!(store.job_by_submission(&SubmissionId::parse("a").unwrap()).unwrap(), Some(loaded));
    });
}

#[test]
fn a_list_shows_what_its_filter_says() {
    each_core(|store| {
        let mut done = job(1, "c");
        (done.job.state, done.job.completed) = (State::Completed, Some(Timestamp(5)));
        let mut other = job(2, "d");
        other.job.queue = QueueId(9);
        arrive(store, [job(1, "a"), job(1, "b"), done, other]).unwrap();
        let list = |filter: JobFilter| -> Vec<i64> {
            store.jobs_list(&filter, 10).unwrap().into_iter().map(|job| job.id.0).collect()
        };
        let all = JobFilter { which: Which::All, ..JobFilter::default() };
        assert_eq!(list(all.clone()), [1, 2, 3, 4]);
        assert_eq!(list(JobFilter::default()), [1, 2, 4]);
        assert_eq!(list(JobFilter { which: Which::Completed, ..all.clone() }), [3]);
        assert_eq!(list(JobFilter { owner: Some(UserId(1)), after: Some(JobId(1)), ..all.clone() }), [2, 3]);
        assert_eq!(list(JobFilter { queue: Some(QueueId(9)), ..all }), [4]);
        assert_eq!(store.jobs_waiting(UserId(1)).unwrap(), 2);
        assert_eq!(store.jobs_waiting_by_queue().unwrap(), [(QueueId(1), 2), (QueueId(9), 1)]);
    });
}

#[test]
fn a_change_and_its_message_are_one() {
    each_core(|store| {
        arrive(store, [job(1, "a")]).unwrap();
        let change = |event, key: &str| {
            let key = key.to_owned();
            store
                .job_change(
                    "test-change",
                    JobId(1),
                    move |job| {
                        let job = job.unwrap().apply(event, Timestamp(50))?;
                        Ok::<_, domain::job::NotAllowed>(Change {
                            job,
                            message: Some(("tracking", key.clone(), b"x".to_vec())),
                        })
                    },
                    Timestamp(50),
                )
                .unwrap()
        };
        assert!(change(Event::Delivered, "refused").is_err());
        assert!(store.outbox_peek("tracking", 10).unwrap().is_empty(), "a refusal tells nobody");
        assert_eq!(change(Event::Collect, "1").unwrap().state, State::Processing);
        assert_eq!(store.jobs_printing().unwrap().len(), 1);
        assert_eq!(change(Event::NotDelivered, "1").unwrap().reason, Reason::HeldAgain);
        let waiting = store.outbox_peek("tracking", 10).unwrap();
        assert_eq!(waiting.len(), 1, "the same key is the same message");
        store.outbox_done(&[waiting[0].id]).unwrap();
        assert!(store.outbox_peek("tracking", 10).unwrap().is_empty());
    });
}

#[test]
fn counting_later_finds_the_document_it_was_made_for() {
    each_core(|store| {
        let mut pending = job(1, "a");
        pending.job.count = PageCount::default();
        arrive(store, [pending, job(1, "b")]).unwrap();
        let waiting = store.jobs_count_pending(JobId(0), 10).unwrap();
        assert_eq!(waiting.iter().map(|job| job.id.0).collect::<Vec<_>>(), [1]);
        let count = PageCount { pages: 9, status: domain::count::CountStatus::Ok, ..PageCount::default() };
        store.job_count_set(JobId(1), DocumentId([8; 16]), &count).unwrap();
        assert_eq!(store.jobs_count_pending(JobId(0), 10).unwrap().len(), 1, "another document");
        store.job_count_set(JobId(1), DocumentId([7; 16]), &count).unwrap();
        assert!(store.jobs_count_pending(JobId(0), 10).unwrap().is_empty());
        assert_eq!(store.job_show(JobId(1)).unwrap().unwrap().count, count);
    });
}

#[test]
fn old_jobs_are_found_and_only_finished_ones_forgotten() {
    each_core(|store| {
        let mut done = job(1, "b");
        (done.job.state, done.job.completed) = (State::Completed, Some(Timestamp(500)));
        arrive(store, [job(1, "a"), done]).unwrap();
        let old = |created, completed| -> Vec<i64> {
            let jobs = store.jobs_old(Timestamp(created), Timestamp(completed), JobId(0), 10).unwrap();
            jobs.into_iter().map(|job| job.id.0).collect()
        };
        assert_eq!(old(999, 499), [] as [i64; 0]);
        assert_eq!(old(1_000, 499), [1]);
        assert_eq!(old(999, 500), [2]);
        store.jobs_forget(&[JobId(1), JobId(2)]).unwrap();
        assert!(store.job_show(JobId(1)).unwrap().is_some());
        assert!(store.job_show(JobId(2)).unwrap().is_none());
        let documents = store.jobs_documents(JobId(0), 10).unwrap();
        assert_eq!(documents, [(JobId(1), DocumentId([7; 16]), State::Held)]);
    });
}

#[test]
fn an_id_is_never_given_twice() {
    each_core(|store| {
        let mut done = job(1, "a");
        (done.job.state, done.job.completed) = (State::Completed, Some(Timestamp(5)));
        arrive(store, [done]).unwrap();
        store.jobs_forget(&[JobId(1)]).unwrap();
        assert_eq!(arrive(store, [job(1, "b")]).unwrap(), [Arrived::New(JobId(2))]);
    });
}

#[test]
fn a_document_finds_the_job_that_waits_for_it_once() {
    each_core(|store| {
        let mut waiting = job(1, "a");
        (waiting.job.state, waiting.job.document, waiting.job.bytes) = (State::Pending, None, 0);
        arrive(store, [waiting]).unwrap();
        let document = |id: i64| Arrival::Document {
            job: JobId(id),
            document: DocumentId([3; 16]),
            bytes: 77,
            count: Box::default(),
            format: None,
            owner: None,
        };
        let arrived = store.jobs_arrive(&[document(1), document(1), document(5)], Timestamp(9)).unwrap();
        let Arrived::Attached(attached) = &arrived[0] else { panic!("{arrived:?}") };
        assert_eq!(
            (attached.state, attached.bytes, attached.format.as_str()),
            (State::Held, 77, "application/pdf")
        );
        assert_eq!(arrived[1..], [Arrived::NotWaiting, Arrived::NotWaiting]);
        assert_eq!(store.job_show(JobId(1)).unwrap().as_ref(), Some(&**attached));
    });
}

#[test]
fn sub_3_a_document_may_say_whose_its_job_is() {
    each_core(|store| {
        let mut waiting = job(0, "a");
        (waiting.job.state, waiting.job.document, waiting.job.bytes) = (State::Pending, None, 0);
        arrive(store, [waiting]).unwrap();
        let owner = FoundOwner { id: UserId(7), logon: "bob".into(), shares: vec![Share::User(UserId(8))] };
        let arrival = Arrival::Document {
            job: JobId(1),
            document: DocumentId([3; 16]),
            bytes: 77,
            count: Box::default(),
            format: None,
            owner: Some(Box::new(owner)),
        };
        let arrived = store.jobs_arrive(&[arrival], Timestamp(9)).unwrap();
        let Arrived::Attached(attached) = &arrived[0] else { panic!("{arrived:?}") };
        assert_eq!((attached.owner, attached.owner_logon.as_str()), (UserId(7), "bob"));
        assert_eq!(store.job_show(JobId(1)).unwrap().as_ref(), Some(&**attached));
        assert_eq!(store.jobs_waiting(UserId(7)).unwrap(), 1);
    });
}

#[derive(diesel::QueryableByName)]
struct Plan {
    #[diesel(sql_type = diesel::sql_types::Text)]
    detail: String,
}

/// A page of one person's or queue's jobs is found by the index and needs no sorting, however many there are.
#[test]
fn a_page_of_jobs_is_read_without_sorting() {
    use diesel::RunQueryDsl;
    let directory = tempfile::tempdir().unwrap();
    let store = CoreStore::open(Location::Sqlite(directory.path().join("core.sqlite"))).unwrap();
    for (column, index) in [("owner_id", "jobs_owner"), ("queue_id", "jobs_queue")] {
        let query = format!(
            "EXPLAIN QUERY PLAN SELECT * FROM jobs WHERE {column} = 1 AND id > 2 AND state < 7 ORDER BY id LIMIT 500"
        );
        let steps: Vec<Plan> = store
            .database
            .read("test-plan", |connection| Ok(diesel::sql_query(&query).load(connection)?))
            .unwrap();
        let steps: Vec<String> = steps.into_iter().map(|plan| plan.detail).collect();
        assert_eq!(steps.len(), 1, "{steps:?}");
        assert!(steps[0].contains(&format!("USING INDEX {index} ({column}=? AND id>?)")), "{steps:?}");
    }
}
