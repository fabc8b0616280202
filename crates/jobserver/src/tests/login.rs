//! Who gets in.

use domain::login::Credential;
use domain::secret::{CardCode, Password, Pin};

use super::*;

fn card(code: &str) -> Credential {
    Credential::Card(CardCode::parse(code).unwrap())
}

async fn attempt(world: &World, credential: Credential, pin: Option<&str>) -> Result<(), i32> {
    let mut session = world.session("printer").await;
    let pin = pin.map(|pin| Pin::parse(pin).unwrap());
    session.login(credential, pin).await.map(drop).map_err(|failed| failed.status.0)
}

#[tokio::test]
async fn cards_codes_passwords_and_pins_let_in_their_owner_only() {
    let mut world = World::new().await;
    world.device("printer", "").await;
    let password = Some("ann-password".to_owned());
    let edit = message::UserEditRequest { logon: "ann".into(), password, ..Default::default() };
    world.administration.user_edit(edit).await.unwrap();
    let logon = |logon: &str, password: &str| Credential::Logon {
        logon: logon.into(),
        password: Password::parse(password).unwrap(),
    };
    assert_eq!(attempt(&world, card("ann-card"), None).await, Ok(()));
    assert_eq!(attempt(&world, card("ANN-CARD"), None).await, Err(56), "case counts");
    assert_eq!(attempt(&world, logon("ANN", "ann-password"), None).await, Ok(()));
    assert_eq!(attempt(&world, logon("ann", "bob-password"), None).await, Err(15));
    assert_eq!(attempt(&world, logon("nobody", "ann-password"), None).await, Err(15));
    world
        .administration
        .pin_set(message::PinSetRequest { logon: "ann".into(), pin: "4711".into() })
        .await
        .unwrap();
    assert_eq!(attempt(&world, card("ann-card"), None).await, Err(16), "the PIN is asked for");
    assert_eq!(attempt(&world, card("ann-card"), Some("4712")).await, Err(50));
    assert_eq!(attempt(&world, card("ann-card"), Some("4711")).await, Ok(()));
    assert_eq!(attempt(&world, card("bob-card"), Some("4711")).await, Ok(()), "bob has none");
}

/// Wrong PINs from several devices at once lock once and leave no way in, not even with the right one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_pins_lock_and_a_new_pin_unlocks() {
    let mut world = World::new().await;
    world.device("printer", "").await;
    world
        .administration
        .pin_set(message::PinSetRequest { logon: "ann".into(), pin: "4711".into() })
        .await
        .unwrap();
    let attempts = (0..20).map(|_| attempt(&world, card("ann-card"), Some("0000")));
    let mut statuses = Vec::new();
    for answer in futures_join(attempts.collect()).await {
        statuses.push(answer.unwrap_err());
    }
    let wrong = statuses.iter().filter(|&&status| status == 50).count();
    assert_eq!(wrong, 3, "{statuses:?}");
    assert!(statuses.iter().all(|status| [50, 51].contains(status)));
    assert_eq!(attempt(&world, card("ann-card"), Some("4711")).await, Err(51));
    let show = message::UserShowRequest { logon: "ann".into() };
    let user = world.administration.user_show(show).await.unwrap().into_inner();
    assert!(user.locked && user.failed_logins == 3);
    let random =
        world.administration.pin_random(message::PinRandomRequest { logon: "ann".into() }).await.unwrap();
    assert_eq!(attempt(&world, card("ann-card"), Some(&random.into_inner().pin)).await, Ok(()));
}

/// Polls all of them in one task.
async fn futures_join<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut futures: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        let mut waiting = false;
        for (future, answer) in &mut futures {
            if answer.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(value) => *answer = Some(value),
                    std::task::Poll::Pending => waiting = true,
                }
            }
        }
        if waiting { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    futures.into_iter().filter_map(|(_, answer)| answer).collect()
}

#[tokio::test]
async fn temporary_cards_end_and_cards_are_limited() {
    let mut world = World::new().await;
    world.device("printer", "").await;
    let ends_us = world.context.clock.now().0 + 1_000_000;
    let request =
        message::CardAddRequest { logon: "ann".into(), code: "temporary-1".into(), starts_us: 0, ends_us };
    let added = world.administration.card_add(request.clone()).await.unwrap().into_inner();
    assert_eq!(added.masked_code, "****ry-1");
    let twice = world.administration.card_add(request).await.unwrap_err();
    assert_eq!(rpc::Error::from(twice).status, 60);
    assert_eq!(attempt(&world, card("temporary-1"), None).await, Ok(()));
    world.context.clock.advance(Duration::from_secs(1));
    assert_eq!(attempt(&world, card("temporary-1"), None).await, Err(56));
    let limit = message::SettingSetRequest { key: "cards.max-per-user".into(), value: "2".into() };
    world.administration.setting_set(limit).await.unwrap();
    let third = message::CardAddRequest { logon: "ann".into(), code: "third".into(), ..Default::default() };
    assert_eq!(rpc::Error::from(world.administration.card_add(third).await.unwrap_err()).status, 95);
}

#[tokio::test]
async fn nobody_logged_in_may_do_nothing() {
    let mut world = World::new().await;
    world.device("printer", "").await;
    let job = world.held("ann", b"data").await;
    let mut session = world.session("printer").await;
    assert_eq!(session.documents().await.unwrap_err().status.0, 53);
    assert!(session.print_all().await.is_err());
    assert_eq!(session.delete(job).await.unwrap_err().status.0, 53);
    session.logout().await;
}

#[tokio::test]
async fn somebody_elses_documents_are_not_there() {
    let mut world = World::new().await;
    world.device("printer", "").await;
    let job = world.held("ann", b"data").await;
    let bob = world.logged_in("printer", "bob-card").await;
    assert!(bob.documents().await.unwrap().is_empty());
    assert_eq!(bob.delete(job).await.unwrap_err().status.0, 52);
    assert_eq!(bob.retain(job, true).await.unwrap_err().status.0, 52);
    let events = finished(bob.print(vec![job], None).await.unwrap()).await;
    assert_eq!(done(&events), (0, 1));
    assert_eq!(world.show(job).await.state(), message::job::State::Held);
}

/// What an attempt cost: statements of the store in their order, hashes of cards, PINs and passwords, and bytes that its
/// transactions made durable.
#[derive(Debug, Eq, PartialEq)]
struct Work {
    statements: Vec<String>,
    hashes: [usize; 3],
    durable_bytes: u64,
}

impl Work {
    /// Statements until the first that changes something begins.
    fn looked_up(&self) -> &[String] {
        let changes = |statement: &String| statement.contains("IMMEDIATE");
        &self.statements[..self.statements.iter().position(changes).unwrap_or(self.statements.len())]
    }
}

async fn cost(server: &Jobserver, attempt: impl Future<Output = Result<(), i32>>) -> (Result<(), i32>, Work) {
    let log = match server.0.store.database().location() {
        storage::Location::Sqlite(path) => path.with_extension("sqlite-wal"),
        storage::Location::Postgres(url) => panic!("the test's store is SQLite, not {url}"),
    };
    let written = || std::fs::metadata(&log).unwrap().len();
    let (hashes, bytes) = (server.0.keys.hashed.counts(), written());
    let (answer, statements) = server.0.store.database().statements().of(attempt).await;
    let now = server.0.keys.hashed.counts();
    let work = Work {
        statements,
        hashes: std::array::from_fn(|what| now[what] - hashes[what]),
        durable_bytes: written() - bytes,
    };
    (answer, work)
}

/// Time must not tell who exists. Time cannot be tested; what takes it can be counted.
#[tokio::test]
async fn every_refused_login_costs_the_same_whoever_it_is() {
    let mut world = World::new().await;
    world.device("printer", "").await;
    let administration = &mut world.administration;
    for logon in ["ann", "bob", "cid"] {
        if logon == "cid" {
            let user = message::UserAddRequest { logon: logon.into(), ..Default::default() };
            administration.user_add(user).await.unwrap();
        }
        let password = Some("sesame-sesame".to_owned());
        let edit = message::UserEditRequest { logon: logon.into(), password, ..Default::default() };
        administration.user_edit(edit).await.unwrap();
        let pin = message::PinSetRequest { logon: logon.into(), pin: "4711".into() };
        administration.pin_set(pin).await.unwrap();
    }
    let dan = message::UserAddRequest { logon: "dan".into(), ..Default::default() };
    administration.user_add(dan).await.unwrap();
    let barred = message::UserEditRequest {
        logon: "bob".into(),
        prevent_login: Some(true),
        ..message::UserEditRequest::default()
    };
    administration.user_edit(barred).await.unwrap();
    let starts_us = world.context.clock.now().0 + 1_000_000;
    let early =
        message::CardAddRequest { logon: "cid".into(), code: "cid-card".into(), starts_us, ends_us: 0 };
    administration.card_add(early).await.unwrap();
    // Nothing but the attempts may use the store: a server that is open and serves nobody.
    let directory = world.stop().await;
    let context = Context::for_test("jobserver", crate::config::Config::default(), directory.path());
    let server = crate::open(&context, std::io::sink()).await.unwrap();
    let printer = server.0.store.device_by_name(&DeviceName::parse("printer").unwrap()).unwrap().unwrap().0;
    let at_device = async |credential: Credential, pin: Option<&str>| {
        let device = printer.clone();
        let mut session = DeviceSession {
            server: server.clone(),
            device,
            person: None,
            presence: None,
            balance: None,
            walkups: Vec::new(),
        };
        let pin = pin.map(|pin| Pin::parse(pin).unwrap());
        let attempt = async { session.login(credential, pin).await.map(drop).map_err(|no| no.status.0) };
        cost(&server, attempt).await
    };
    let logon = |logon: &str, password: &str| Credential::Logon {
        logon: logon.into(),
        password: Password::parse(password).unwrap(),
    };
    // The first attempt of all opens connections.
    let _ = at_device(card("nobody"), Some("0000")).await;

    let by_card = [
        ("an unknown card", card("nobody"), "4711", 56),
        ("a wrong PIN", card("ann-card"), "0000", 50),
        ("a locked account, right PIN", card("bob-card"), "4711", 51),
        ("a locked account, wrong PIN", card("bob-card"), "0000", 51),
        ("a card that is not valid yet, right PIN", card("cid-card"), "4711", 56),
        ("a card that is not valid yet, wrong PIN", card("cid-card"), "0000", 56),
    ];
    let (_, same) = at_device(card("nobody"), Some("0000")).await;
    assert_eq!(same.hashes, [2, 1, 0], "the card at each look-up, and one PIN");
    assert!(same.durable_bytes > 0, "a refusal is counted on disk");
    for (who, credential, pin, status) in by_card {
        let (answer, work) = at_device(credential, Some(pin)).await;
        assert_eq!((answer, &work), (Err(status), &same), "{who}");
    }
    let (answer, work) = at_device(card("ann-card"), Some("4711")).await;
    assert_eq!(answer, Ok(()), "ann knows her PIN");
    assert_eq!(
        (work.looked_up(), work.hashes),
        (same.looked_up(), same.hashes),
        "she is judged like anybody"
    );

    let (_, same) = at_device(card("nobody"), None).await;
    for (who, credential, status) in
        [("a locked account", card("bob-card"), 51), ("a card that is not valid yet", card("cid-card"), 56)]
    {
        let (answer, work) = at_device(credential, None).await;
        assert_eq!((answer, &work), (Err(status), &same), "{who}, no PIN");
    }

    let by_logon = [
        ("an unknown logon", "nobody", "sesame-sesame", 15),
        ("a wrong password", "ann", "sesame", 15),
        ("somebody without a password", "dan", "sesame", 15),
        ("a locked account, right password", "bob", "sesame-sesame", 51),
        ("a locked account, wrong password", "bob", "sesame", 51),
    ];
    let (_, same) = at_device(logon("stranger", "sesame"), None).await;
    assert_eq!(same.hashes, [0, 0, 1], "one password");
    for (who, name, password, status) in by_logon {
        let (answer, work) = at_device(logon(name, password), None).await;
        assert_eq!((answer, &work), (Err(status), &same), "{who}, at a device");
    }
    let from_afar = async |name: &str, password: &str| {
        let password = Password::parse(password).unwrap();
        let attempt = async {
            let answer = crate::login::by_password(&server, name, password).await;
            answer.map(drop).map_err(|no| no.status.0)
        };
        cost(&server, attempt).await
    };
    let (_, same) = from_afar("stranger", "sesame").await;
    assert!(same.durable_bytes > 0, "also where no device counts");
    for (who, name, password, status) in by_logon {
        let (answer, work) = from_afar(name, password).await;
        assert_eq!((answer, &work), (Err(status), &same), "{who}, at no device");
    }
}
