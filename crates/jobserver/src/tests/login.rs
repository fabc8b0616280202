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
