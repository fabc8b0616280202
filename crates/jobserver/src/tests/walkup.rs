//! Copies, scans, faxes and e-mails, without money: rights, counts, records, and what falls silent. With money they are a story of the suite.

use domain::price::{Impressions, PagePrices, PaperSize, Part, Scheme, Sheets, SizePrices};
use domain::walkup::Kind;
use domain::{Money, Status};
use rpc::proto::trackingserver::{Record, record::JobType};
use storage::core::StoredScheme;

use super::*;
use crate::walkup::{Asked, Report, Sum};

fn asked(session: &str, kind: Kind) -> Asked {
    let (name, destination) = match kind {
        Kind::Copy => (String::new(), String::new()),
        Kind::Fax | Kind::Scan | Kind::Email => ("Contract".to_owned(), "+45 1234".to_owned()),
    };
    Asked { session: session.to_owned(), kind, color: kind == Kind::Copy, name, destination }
}

fn part(size: PaperSize, sheets: u32, mono: u32, color: u32) -> Part {
    Part { size, sheets: Sheets(sheets), mono: Impressions(mono), color: Impressions(color) }
}

fn report(session: &str, parts: Vec<Part>) -> Report {
    Report { session: session.to_owned(), parts, completed: true, ..Report::default() }
}

impl World {
    /// A scheme with prices of copies of A4, on a device.
    fn priced(&self, device: &str) {
        let each = SizePrices { sheet: Money(500), mono: Money(1_000), color: Money(3_000) };
        let copy = PagePrices::new(Money(2_000)).with(PaperSize::A4, each);
        let scheme = Scheme { name: "library".into(), copy, ..Scheme::default() };
        let store = &self.server.0.store;
        let stored = StoredScheme { id: 0, scheme, default_one: false, default_two: false };
        let id = store.scheme_add(&stored).unwrap();
        let name = DeviceName::parse(device).unwrap();
        let (device, _) = store.device_by_name(&name).unwrap().unwrap();
        let mut charging = store.device_charging(device.id).unwrap();
        charging.scheme_one = Some(id);
        store.device_charging_set(device.id, &charging).unwrap();
    }

    async fn set(&mut self, key: &str, value: &str) {
        let setting = message::SettingSetRequest { key: key.into(), value: value.into() };
        self.administration.setting_set(setting).await.unwrap();
    }

    /// Waits for tracking records.
    async fn records(&self, count: usize) -> Vec<Record> {
        let began = std::time::Instant::now();
        while self.tracked() < count {
            assert!(began.elapsed() < PATIENCE, "{} records", self.tracked());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.tracked_records()
    }
}

/// REL-9.
#[tokio::test]
async fn a_copy_is_counted_priced_and_tracked_once() {
    let mut world = World::new().await;
    world.device("mfp", "").await;
    world.priced("mfp");
    let mut session = world.logged_in("mfp", "ann-card").await;
    assert_eq!(session.walkup_begin(asked("1", Kind::Copy)).await, Ok(None), "ann does not pay");
    assert_eq!(session.walkup_begin(asked("1", Kind::Copy)).await, Ok(None), "its answer was lost");
    let counted = session.walkup_count("1".into(), vec![part(PaperSize::A4, 1, 0, 2)]).await.unwrap();
    assert!(counted.money.is_none() && counted.go_on);

    // Back, twice the same paper, unknown: refused, and what was counted holds.
    let back = session.walkup_count("1".into(), vec![part(PaperSize::A4, 1, 0, 1)]).await.unwrap_err();
    assert_eq!(back.status, Status::REQUEST_INVALID);
    let unknown = session.walkup_count("2".into(), Vec::new()).await.unwrap_err();
    assert_eq!(unknown.status, Status::NOT_OPEN);
    let other = session.walkup_begin(asked("1", Kind::Fax)).await.unwrap_err();
    assert_eq!(other.status, Status::NOT_OPEN, "the id is in use");

    // The person may have left.
    session.logout().await;
    let refused = session.walkup_begin(asked("3", Kind::Copy)).await.unwrap_err();
    assert_eq!(refused.status, Status::NOT_LOGGED_IN);
    let parts = vec![part(PaperSize::A4, 2, 0, 3)];
    let end = Report { duplex: true, toner: Some([1, 2, 3, 400]), ..report("1", parts.clone()) };
    let sum = session.walkup_end(end.clone()).await.unwrap();
    assert_eq!(sum, Sum { pages: 3, price: None });
    // A device that did not hear it says it again, over another connection too, and whatever it counts then.
    assert_eq!(session.walkup_end(end).await, Ok(sum));
    let mut again = world.session("mfp").await;
    assert_eq!(again.walkup_end(report("1", vec![part(PaperSize::A4, 9, 9, 9)])).await, Ok(sum));
    let ended = again.walkup_count("1".into(), parts).await.unwrap_err();
    assert_eq!(ended.status, Status::NOT_OPEN);

    let records = world.tracked_records();
    assert_eq!(records.len(), 1);
    let record = &records[0];
    assert_eq!((record.job_type(), record.job_name.as_str()), (JobType::Copy, "Copy job"));
    assert_eq!((record.tracking_page_count, record.tracking_color_page_count), (3, 3));
    assert_eq!((record.job_sheet_count, record.job_page_format.as_str()), (2, "A4"));
    assert_eq!(record.job_price, 2_000 + 2 * 500 + 3 * 3_000);
    assert_eq!((record.parser_page_count, record.driver_page_count, record.job_size), (0, 0, 0));
    assert_eq!((record.user_logon.as_str(), record.device_name.as_str()), ("ann", "mfp"));
    assert_eq!(record.accounting_model_used, "PRINT_AND_PAY");
    assert_eq!((record.page_count_model, record.driver_name.as_str()), (1, ""));
    assert!(record.job_is_color && record.job_is_duplex && !record.interrupted);
    assert!(record.job_destination.is_empty() && record.transaction_id.is_empty());
    assert_eq!((record.toner_cyan, record.toner_black), (1, 400));
    assert!(record.start_us > 0 && record.start_us <= record.stop_us && record.job_date_us > 0);
}

/// REL-9.
#[tokio::test]
async fn faxes_scans_and_emails_have_destinations_and_no_paper() {
    let mut world = World::new().await;
    world.device("mfp", "").await;
    let mut session = world.logged_in("mfp", "ann-card").await;
    for (kind, job_type) in
        [(Kind::Fax, JobType::Fax), (Kind::Scan, JobType::Scan), (Kind::Email, JobType::Email)]
    {
        let name = kind.as_str();
        session.walkup_begin(asked(name, kind)).await.unwrap();
        let end = Report {
            bytes: 700,
            destination: (kind == Kind::Email).then(|| "bob@example.org".to_owned()),
            ..report(name, vec![part(PaperSize::A4, 5, 2, 1)])
        };
        assert_eq!(session.walkup_end(end).await.unwrap().pages, 3);
        let record = world.tracked_records().pop().unwrap();
        assert_eq!((record.job_type(), record.job_name.as_str()), (job_type, "Contract"));
        let to = if kind == Kind::Email { "bob@example.org" } else { "+45 1234" };
        assert_eq!((record.job_destination.as_str(), record.job_size), (to, 700));
        assert_eq!((record.tracking_page_count, record.job_sheet_count), (3, 0));
    }
    // Nothing came of it: nothing to track.
    session.walkup_begin(asked("none", Kind::Scan)).await.unwrap();
    assert_eq!(session.walkup_end(report("none", Vec::new())).await.unwrap().pages, 0);
    assert_eq!(world.tracked(), 3);
}

/// TRK-2.
#[tokio::test]
async fn rights_and_the_cost_control_table_decide() {
    use domain::charge::{CostControl, UserTerms};
    use domain::people::access::{Access, Function};
    let mut world = World::new().await;
    world.device("mfp", "").await;
    let mut session = world.logged_in("mfp", "ann-card").await;
    let user = session.person.as_mut().unwrap();
    user.profile.access = Access::ALL.deny(Function::CopyColor).deny(Function::Fax);
    let refused = session.walkup_begin(asked("1", Kind::Copy)).await.unwrap_err();
    assert_eq!((refused.status, refused.message.contains("colour")), (Status::ACCESS_DENIED, true));
    let refused = session.walkup_begin(asked("1", Kind::Fax)).await.unwrap_err();
    assert_eq!(refused.status, Status::ACCESS_DENIED);
    let mono = Asked { color: false, ..asked("1", Kind::Copy) };
    assert_eq!(session.walkup_begin(mono).await, Ok(None), "without colour it is allowed");

    // A no cost user leaves no record; a Pay user is let in only where there is Pay.
    let (user, store) = (session.person.as_ref().unwrap().id, &world.server.0.store);
    let terms = |control| UserTerms { control, ..UserTerms::default() };
    store.user_terms_set(user, &terms(CostControl::NoCost)).unwrap();
    session.walkup_begin(asked("2", Kind::Scan)).await.unwrap();
    let parts = || vec![part(PaperSize::A4, 0, 4, 0)];
    assert_eq!(session.walkup_end(report("2", parts())).await.unwrap().pages, 4);
    assert_eq!(world.tracked(), 0);
    store.user_terms_set(user, &terms(CostControl::Pay)).unwrap();
    let mut charging = store.device_charging(session.device.id).unwrap();
    charging.terms.features.pay = false;
    store.device_charging_set(session.device.id, &charging).unwrap();
    let refused = session.walkup_begin(asked("3", Kind::Scan)).await.unwrap_err();
    assert_eq!(refused.status, Status::LICENSE_PAY);
    charging.terms.allow_pay_user = true;
    store.device_charging_set(session.device.id, &charging).unwrap();
    assert_eq!(session.walkup_begin(asked("3", Kind::Scan)).await, Ok(None), "let in, and not charged");
    session.walkup_end(report("3", parts())).await.unwrap();
    assert_eq!(world.tracked(), 1);

    // As many as the protocol says, and no more.
    for n in 0.. {
        match session.walkup_begin(asked(&format!("many-{n}"), Kind::Scan)).await {
            Ok(_) => assert!(n < wire::safecom::limits::WALKUPS_MAX),
            Err(failed) => {
                assert_eq!(failed.status, Status::BUSY);
                break;
            }
        }
    }
}

/// PAY-7, TRK-2: no money server answers in this world.
#[tokio::test]
async fn while_money_is_away_the_settings_decide_and_nothing_stays_begun() {
    use domain::charge::{CostControl, UserTerms};
    let mut world = World::new().await;
    world.device("mfp", "").await;
    world.priced("mfp");
    let mut session = world.logged_in("mfp", "ann-card").await;
    let terms = UserTerms { control: CostControl::Pay, ..UserTerms::default() };
    world.server.0.store.user_terms_set(session.person.as_ref().unwrap().id, &terms).unwrap();
    let refused = session.walkup_begin(asked("1", Kind::Copy)).await.unwrap_err();
    assert_eq!(refused.status, Status::MONEY_SERVER_FAILURE);
    assert!(world.server.0.store.walkups_open().unwrap().is_empty());
    // What the scheme asks nothing for needs no money.
    assert_eq!(session.walkup_begin(asked("2", Kind::Scan)).await, Ok(None));

    world.set("charging.money-away", "allow").await;
    assert_eq!(session.walkup_begin(asked("1", Kind::Copy)).await, Ok(None), "the id was given back");
    let sum = session.walkup_end(report("1", vec![part(PaperSize::A4, 1, 1, 0)])).await.unwrap();
    assert_eq!(sum, Sum { pages: 1, price: None });
    let record = world.tracked_records().pop().unwrap();
    assert_eq!((record.job_price, record.accounting_model_used.as_str()), (3_500, "PAY_AND_PRINT"));
    assert!(record.transaction_id.is_empty());
}

#[tokio::test]
async fn what_nobody_tells_of_any_more_ends_at_its_last_counts() {
    let mut world = World::new().await;
    world.device("mfp", "").await;
    world.set("charging.broken-off-after-s", "1").await;
    let mut session = world.logged_in("mfp", "ann-card").await;
    session.walkup_begin(asked("1", Kind::Copy)).await.unwrap();
    session.walkup_count("1".into(), vec![part(PaperSize::A4, 1, 2, 0)]).await.unwrap();
    // The cable is pulled.
    drop(session);
    let records = world.records(1).await;
    assert_eq!((records[0].interrupted, records[0].tracking_page_count), (true, 2));
    // The device comes back and tells more: told what was charged.
    let mut back = world.session("mfp").await;
    let sum = back.walkup_end(report("1", vec![part(PaperSize::A4, 4, 7, 0)])).await.unwrap();
    assert_eq!(sum.pages, 2);
    assert_eq!(world.tracked(), 1);
}

#[tokio::test]
async fn a_server_that_ends_in_between_takes_the_end_afterwards() {
    let mut world = World::new().await;
    world.device("mfp", "").await;
    let mut session = world.logged_in("mfp", "ann-card").await;
    session.walkup_begin(asked("1", Kind::Copy)).await.unwrap();
    session.walkup_count("1".into(), vec![part(PaperSize::A4, 1, 2, 0)]).await.unwrap();
    drop(session);
    let world = World::on(world.stop().await).await;
    let mut back = world.session("mfp").await;
    let less = back.walkup_end(report("1", vec![part(PaperSize::A4, 1, 1, 0)])).await.unwrap_err();
    assert_eq!(less.status, Status::REQUEST_INVALID, "the counts survived");
    let sum = back.walkup_end(report("1", vec![part(PaperSize::A4, 2, 3, 0)])).await.unwrap();
    assert_eq!(sum.pages, 3);
    assert_eq!(world.records(1).await[0].tracking_page_count, 3);
    assert!(world.server.0.store.walkups_open().unwrap().is_empty());
}
