//! Who submits a document (SUB-2).

use rpc::proto::jobserver::proof_client::ProofClient;
use rpc::proto::jobserver::tokens_client::TokensClient;

use super::*;

async fn world() -> World {
    let mut world = World::new().await;
    let owner = message::queue::Owner::Authenticated.into();
    let queue = message::Queue { name: "secure".into(), owner, ..Default::default() };
    world.administration.queue_add(message::QueueAddRequest { queue: Some(queue) }).await.unwrap();
    let password = Some("ann-password".to_owned());
    let edit = message::UserEditRequest { logon: "ann".into(), password, ..Default::default() };
    world.administration.user_edit(edit).await.unwrap();
    world
}

async fn prove(
    world: &World,
    queue: &str,
    (logon, password, token): (&str, &str, &str),
) -> Result<String, i32> {
    let request = message::PersonProveRequest {
        queue: queue.into(),
        logon: logon.into(),
        password: password.into(),
        token: token.into(),
        source_host: "192.0.2.7".into(),
        ..Default::default()
    };
    let mut client = ProofClient::new(world.context.peer("jobserver"));
    let answer = client.person_prove(request).await;
    answer.map(|answer| answer.into_inner().logon).map_err(|status| rpc::Error::from(status).status)
}

#[tokio::test]
async fn sub_2_a_password_proves_its_person_and_a_document_of_a_proved_person_is_theirs() {
    let mut world = world().await;
    assert_eq!(prove(&world, "secure", ("ann", "ann-password", "")).await, Ok("\\ann".into()));
    assert_eq!(prove(&world, "secure", ("ann", "wrong", "")).await, Err(15));
    assert_eq!(prove(&world, "secure", ("nobody", "ann-password", "")).await, Err(15));
    assert_eq!(prove(&world, "secure", ("bob", "", "")).await, Err(15), "bob has no password");

    let create = |world: &mut World, authenticated| message::JobCreateRequest {
        queue: "secure".into(),
        network_logon: "\\ann".into(),
        authenticated,
        ..world.create("")
    };
    let claimed = create(&mut world, false);
    assert_eq!(world.send(parts(claimed, b"data")).await.unwrap_err().status, 46, "a claim is no proof");
    let proved = create(&mut world, true);
    let job = world.send(parts(proved, b"data")).await.unwrap();
    assert_eq!((job.owner_logon.as_str(), job.submit_logon.as_str()), ("ann", "ann"));
}

#[tokio::test]
async fn sub_2_a_token_proves_its_person_at_its_queue_until_it_ends_or_is_taken_away() {
    let mut world = world().await;
    let mut tokens = TokensClient::new(world.context.peer("jobserver"));
    let hour = 3_600_000_000;
    let ends_us = world.server.0.now().0 + hour;
    let add = |logon: &str, ends_us| message::TokenAddRequest {
        logon: logon.into(),
        queue: "secure".into(),
        ends_us,
    };
    let bob = tokens.token_add(add("bob", 0)).await.unwrap().into_inner();
    let ann = tokens.token_add(add("ann", ends_us)).await.unwrap().into_inner();
    assert_eq!(prove(&world, "secure", ("", "", &bob.token)).await, Ok("\\bob".into()));
    assert_eq!(prove(&world, "SECURE", ("", "", &ann.token)).await, Ok("\\ann".into()));
    assert_eq!(prove(&world, "pull", ("", "", &bob.token)).await, Err(15), "it is for one queue");
    assert_eq!(prove(&world, "secure", ("", "", "nonsense")).await, Err(15));
    let listed = tokens.token_list(message::TokenListRequest::default()).await.unwrap().into_inner().tokens;
    assert!(listed.len() == 2 && listed.iter().all(|token| token.token.is_empty()), "{listed:?}");
    let stored = std::fs::read(world.directory.path().join("db/core.sqlite-wal")).unwrap();
    assert!(!stored.windows(32).any(|bytes| bytes == bob.token.as_bytes()), "only its hash is stored");

    world.context.clock.advance(std::time::Duration::from_micros(hour as u64));
    assert_eq!(prove(&world, "secure", ("", "", &ann.token)).await, Err(15), "it has ended");
    let edit =
        message::UserEditRequest { logon: "bob".into(), prevent_login: Some(true), ..Default::default() };
    world.administration.user_edit(edit).await.unwrap();
    assert_eq!(prove(&world, "secure", ("", "", &bob.token)).await, Err(15), "bob may not log in");
    world.administration.user_unlock(message::UserUnlockRequest { logon: "bob".into() }).await.unwrap();
    assert!(prove(&world, "secure", ("", "", &bob.token)).await.is_ok());
    tokens.token_delete(message::TokenDeleteRequest { id: bob.id }).await.unwrap();
    assert_eq!(prove(&world, "secure", ("", "", &bob.token)).await, Err(15));
    assert!(tokens.token_delete(message::TokenDeleteRequest { id: bob.id }).await.is_err());
}

#[tokio::test]
async fn sub_2_guessing_is_slowed_down_by_address() {
    let world = world().await;
    let mut statuses = Vec::new();
    for _ in 0..12 {
        statuses.push(prove(&world, "secure", ("", "", "guess")).await.unwrap_err());
    }
    assert_eq!(statuses[..10], [15; 10]);
    assert_ne!(statuses[11], 15, "the address has to wait");
}
