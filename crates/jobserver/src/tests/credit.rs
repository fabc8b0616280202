//! Credits by schedule, with the real money server, which may be away.

use rpc::proto::charging as proto;
use rpc::proto::charging::charging_client::ChargingClient;
use rpc::proto::moneyserver as money;
use rpc::proto::moneyserver::money_reader_client::MoneyReaderClient;
use rpc::proto::people::{GroupAddRequest, GroupMembersRequest, people_client::PeopleClient};

use super::*;
use crate::charge::credit::run_due;

const DAY: Duration = Duration::from_secs(86_400);

/// The money server on the same directory.
struct Bank(Context<moneyserver::Config>);

impl Bank {
    async fn open(world: &World) -> Self {
        let config = moneyserver::Config::default();
        let context = Context::for_test("moneyserver", config, world.directory.path());
        moneyserver::start(context.clone()).await.unwrap();
        Self(context)
    }

    async fn close(self) {
        self.0.stop.ask();
        self.0.stop.force();
        self.0.tasks.close();
        tokio::time::timeout(PATIENCE, self.0.tasks.wait()).await.expect("the tasks end");
    }
}

impl World {
    fn charging(&self) -> ChargingClient<Channel> {
        ChargingClient::new(self.context.peer("jobserver"))
    }

    async fn students(&self, logons: &[&str]) {
        let mut people = PeopleClient::new(self.context.peer("jobserver"));
        let group = GroupAddRequest { name: "students".into(), ..Default::default() };
        people.group_add(group).await.unwrap();
        let logons = logons.iter().map(|&logon| logon.to_owned()).collect();
        let members = GroupMembersRequest { name: "students".into(), logons, units: Vec::new() };
        people.group_members_add(members).await.unwrap();
    }

    /// Adds a schedule of account 2 that begins a day after now.
    async fn credit(
        &self,
        name: &str,
        action: &str,
        amount: i64,
        frequency: &str,
    ) -> Result<proto::Credit, rpc::Error> {
        let zone = jiff::tz::TimeZone::system();
        let start = jiff::Timestamp::from_microsecond(self.server.0.now().0).unwrap().to_zoned(zone);
        let start = start.checked_add(jiff::Span::new().days(1)).unwrap().datetime();
        let credit = proto::Credit {
            name: name.into(),
            group: "students".into(),
            enabled: true,
            account: 2,
            action: action.into(),
            amount,
            start: start.to_string(),
            frequency: frequency.into(),
            ..Default::default()
        };
        let added = self.charging().credit_add(proto::CreditAddRequest { credit: Some(credit) }).await;
        added.map(tonic::Response::into_inner).map_err(rpc::Error::from)
    }

    async fn quota(&self, logon: &str) -> Option<i64> {
        let mut reader = MoneyReaderClient::new(self.context.peer("moneyserver"));
        let shown = reader.purse_show(money::PurseShowRequest { holder: logon.into() }).await;
        shown.ok().map(|purse| purse.into_inner().balance_two)
    }

    async fn runs(&self, name: &str) -> Vec<(i64, i64)> {
        let asked = proto::CreditRunListRequest { name: name.into() };
        let runs = self.charging().credit_run_list(asked).await.unwrap().into_inner().runs;
        runs.into_iter().map(|run| (run.given, run.refused)).collect()
    }

    async fn due(&self) {
        run_due(&self.server).await.unwrap();
    }
}

#[tokio::test]
async fn pay_5_each_moment_is_done_once_for_each_member_and_made_up_for() {
    let world = World::new().await;
    world.students(&["ann"]).await;
    let added = world.credit("daily credits", "add", 10_000, "daily").await.unwrap();
    assert_eq!(added.next_us, world.server.0.now().0 + DAY.as_micros() as i64);
    assert!(
        world.credit("DAILY credits", "add", 1, "daily").await.unwrap_err().to_string().contains("exists")
    );
    let bank = Bank::open(&world).await;
    world.due().await;
    assert_eq!(world.quota("ann").await, None, "nothing is due yet");

    world.context.clock.advance(DAY);
    world.due().await;
    world.due().await;
    assert_eq!((world.quota("ann").await, world.quota("bob").await), (Some(10_000), None));

    // The money server is away for three days; each of them is made up for.
    bank.close().await;
    world.context.clock.advance(3 * DAY);
    assert!(run_due(&world.server).await.is_err());
    assert_eq!(world.runs("daily credits").await, [(1, 0)]);
    let bank = Bank::open(&world).await;
    world.due().await;
    assert_eq!(world.quota("ann").await, Some(40_000));
    assert_eq!(world.runs("daily credits").await, [(1, 0); 4]);

    // The job server is away as well: what another run did not write down is not done twice.
    let directory = world.stop().await;
    let world = World::on(directory).await;
    world.context.clock.advance(6 * DAY);
    world.due().await;
    assert_eq!(world.quota("ann").await, Some(60_000));
    bank.close().await;
}

#[tokio::test]
async fn pay_5_a_moment_that_broke_off_is_done_again_with_the_same_movements() {
    let world = World::new().await;
    let bank = Bank::open(&world).await;
    world.students(&["ann", "bob"]).await;
    world.credit("start", "add", 50_000, "once").await.unwrap();
    world.context.clock.advance(DAY);
    // A run that could not write down that it was done: the row still says that nothing was.
    let before = world.server.0.store.credits_list().unwrap().remove(0);
    world.due().await;
    let mut after = world.server.0.store.credits_list().unwrap().remove(0);
    assert!(after.done > before.done);
    after.schedule.amount = domain::Money(70_000);
    assert!(world.server.0.store.credit_save(&after, before.done).unwrap());
    // The same moment comes again, with another amount even: its movements are known.
    world.due().await;
    assert!(world.server.0.store.credits_list().unwrap()[0].done > before.done);
    assert_eq!((world.quota("ann").await, world.quota("bob").await), (Some(50_000), Some(50_000)));
    bank.close().await;
}

#[tokio::test]
async fn pay_5_set_and_subtract_do_what_they_say_and_refusals_are_counted() {
    let world = World::new().await;
    let bank = Bank::open(&world).await;
    world.students(&["ann", "bob"]).await;
    world.credit("set", "set", 30_000, "once").await.unwrap();
    world.context.clock.advance(DAY);
    world.due().await;
    assert_eq!((world.quota("ann").await, world.quota("bob").await), (Some(30_000), Some(30_000)));
    let mut teller =
        rpc::proto::moneyserver::money_client::MoneyClient::new(world.context.peer("moneyserver"));
    let header = money::Header { id: "by-hand".into(), holder: "bob".into(), ..Default::default() };
    let spent = money::WithdrawRequest { header: Some(header), account: 2, amount: 25_000 };
    teller.withdraw(spent).await.unwrap();
    world.credit("fee", "subtract", 10_000, "once").await.unwrap();
    world.context.clock.advance(DAY);
    world.due().await;
    assert_eq!((world.quota("ann").await, world.quota("bob").await), (Some(20_000), Some(5_000)));
    assert_eq!(world.runs("fee").await, [(1, 1)]);
    let once = world.charging().credit_show(proto::CreditShowRequest { name: "fee".into() }).await.unwrap();
    assert_eq!((once.get_ref().next_us, once.get_ref().last_us), (0, world.server.0.now().0));

    // What was disabled is not made up for when it is enabled again.
    world.credit("pause", "set", 90_000, "daily").await.unwrap();
    let enable = |enabled| proto::CreditEditRequest {
        name: "pause".into(),
        enabled: Some(enabled),
        ..Default::default()
    };
    world.charging().credit_edit(enable(false)).await.unwrap();
    world.context.clock.advance(2 * DAY);
    world.due().await;
    world.charging().credit_edit(enable(true)).await.unwrap();
    world.due().await;
    assert_eq!(world.quota("ann").await, Some(20_000));
    world.context.clock.advance(DAY);
    world.due().await;
    assert_eq!(world.quota("ann").await, Some(90_000));

    for (frequency, action, amount, word) in [
        ("hourly", "add", 1, "frequency"),
        ("once", "give", 1, "set, add, subtract"),
        ("once", "add", 0, "above zero"),
        ("once", "set", -1, "zero or more"),
        ("once", "add", i64::MAX, "too large"),
    ] {
        let refused = world.credit("bad", action, amount, frequency).await.unwrap_err().to_string();
        assert!(refused.contains(word), "{refused}");
    }
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ops_2_a_mail_tells_credits_and_groups_and_a_pin_while_it_is_known() {
    use crate::mail::tests::{Sink, plainly, set};
    use rpc::proto::people::{PukNewRequest, UserImportChunk, UserImportRow};
    let mut world = World::new().await;
    let Some(sink) = Sink::start(&serde_json::json!({})) else { return };
    plainly(&mut world, sink.port).await;
    for (key, value) in
        [("mail.welcome", "yes"), ("charging.policy", "quota"), ("charging.initial-account-2", "12.50")]
    {
        set(&mut world, key, value).await;
    }
    let templates = world.directory.path().join("templates");
    std::fs::create_dir(&templates).unwrap();
    let text = "<%SUBJECT=\"for <%USERLOGON%>\"%>\nCredits: <%CREDITS%>; groups: <%GROUPNAME%>; PIN: <%PIN%>; PUK: <%PUK%>;\n";
    for file in ["EmailWelcome.txt", "EmailPUK.txt"] {
        std::fs::write(templates.join(file), text).unwrap();
    }
    world.students(&[]).await;
    let mut people = PeopleClient::new(world.context.peer("jobserver"));
    let default = message::UserAddRequest {
        logon: "DEFAULT".into(),
        profile: Some(message::ProfileChange { cost_control: Some("pay".into()), ..Default::default() }),
        ..Default::default()
    };
    world.administration.user_add(default).await.unwrap();
    set(&mut world, "users.default", "DEFAULT").await;
    let mut import = async |logon: &str| {
        let row = UserImportRow {
            logon: logon.into(),
            email: format!("{logon}@example.org"),
            groups: vec!["students".into()],
            pin: "4711".into(),
            ..Default::default()
        };
        let chunks = tokio_stream::iter([UserImportChunk { rows: vec![row] }]);
        assert_eq!(people.user_import(chunks).await.unwrap().into_inner().added, 1);
    };
    let told = || {
        let mail = tokio::task::block_in_place(|| sink.next())["mail"].as_str().unwrap().to_owned();
        mail.lines().find(|line| line.starts_with("Credits")).expect("the text").to_owned()
    };
    // Without a money server the mail goes out all the same.
    import("early").await;
    assert_eq!(told(), "Credits: ; groups: students; PIN: 4711; PUK: ;");
    let bank = Bank::open(&world).await;
    import("js").await;
    assert_eq!(told(), "Credits: 12.50; groups: students; PIN: 4711; PUK: ;", "what the account begins with");
    let puk = PukNewRequest { logon: "js".into(), mail: true };
    let mut people = PeopleClient::new(world.context.peer("jobserver"));
    let puk = people.puk_new(puk).await.unwrap().into_inner().puk;
    assert_eq!(
        told(),
        format!("Credits: 12.50; groups: students; PIN: ; PUK: {puk};"),
        "PINs are not stored"
    );
    // Somebody who does not pay has no credits.
    let edit = message::UserEditRequest {
        logon: "ann".into(),
        email: Some("ann@example.org".into()),
        ..Default::default()
    };
    world.administration.user_edit(edit).await.unwrap();
    let puk = PukNewRequest { logon: "ann".into(), mail: true };
    let puk = people.puk_new(puk).await.unwrap().into_inner().puk;
    assert_eq!(told(), format!("Credits: ; groups: ; PIN: ; PUK: {puk};"));
    bank.close().await;
}
