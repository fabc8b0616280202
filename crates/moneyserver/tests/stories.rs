//! The server as its callers meet it: over its socket.

use std::path::Path;
use std::time::Duration;

use rpc::proto::moneyserver as proto;
use rpc::proto::moneyserver::money_client::MoneyClient;
use rpc::proto::moneyserver::money_reader_client::MoneyReaderClient;
use rpc::proto::moneyserver::reserve_request::What;
use rpc::proto::moneyserver::transfer::State;
use rpc::{Error, Kind};
use service::Context;
use tonic::transport::Channel;

struct Server {
    context: Context<moneyserver::Config>,
    money: MoneyClient<Channel>,
    reader: MoneyReaderClient<Channel>,
}

impl Server {
    async fn start(directory: &Path) -> Self {
        let config = moneyserver::Config { expire_every_s: 1, ..moneyserver::Config::default() };
        let context = Context::for_test("moneyserver", config, directory);
        moneyserver::start(context.clone()).await.unwrap();
        let money = MoneyClient::new(context.peer("moneyserver"));
        let reader = MoneyReaderClient::new(context.peer("moneyserver"));
        Self { context, money, reader }
    }

    /// Anna with so much on account 1.
    async fn with_anna(directory: &Path, amount: i64) -> Self {
        let mut server = Self::start(directory).await;
        server.money.open(proto::OpenRequest { header: header("open") }).await.unwrap();
        let deposit = proto::DepositRequest { header: header("first"), account: 1, amount };
        server.money.deposit(deposit).await.unwrap();
        server
    }

    async fn anna(&mut self) -> proto::Purse {
        self.reader.purse_show(proto::PurseShowRequest { holder: "anna".into() }).await.unwrap().into_inner()
    }

    async fn statement(&mut self) -> Vec<proto::Transfer> {
        let request = proto::StatementRequest { holder: "anna".into(), limit: 0 };
        let mut pages = self.reader.statement(request).await.unwrap().into_inner();
        let mut transfers = Vec::new();
        while let Some(page) = pages.message().await.unwrap() {
            transfers.extend(page.transfers);
        }
        transfers
    }

    /// Every story ends with books that are right.
    async fn end(mut self) {
        let proof = self.reader.verify(proto::VerifyRequest {}).await.unwrap().into_inner();
        assert_eq!(proof.findings, Vec::<String>::new());
        assert_eq!(proof.head.len(), 64);
        self.context.stop.ask();
        self.context.tasks.close();
        self.context.tasks.wait().await;
    }
}

fn header(id: &str) -> Option<proto::Header> {
    let (holder, author, comment) = ("Anna".into(), "cashier".into(), format!("about {id}"));
    Some(proto::Header { id: id.into(), holder, author, gid: String::new(), comment })
}

fn reserve(id: &str, amount: i64) -> proto::ReserveRequest {
    proto::ReserveRequest { header: header(id), policy: 1, what: Some(What::Amount(amount)), expires_us: 0 }
}

#[tokio::test]
async fn a_print_is_reserved_and_settled_at_what_came_out() {
    let directory = tempfile::tempdir().unwrap();
    let mut server = Server::with_anna(directory.path(), 100_000).await;
    let receipt = server.money.reserve(reserve("job-1", 18_500)).await.unwrap().into_inner();
    assert_eq!(receipt.purse.unwrap().reserved_one, 18_500);
    let settle = proto::SettleRequest { id: "job-1".into(), actual: 6_500 };
    for _ in 0..3 {
        let receipt = server.money.settle(settle.clone()).await.unwrap().into_inner();
        assert_eq!(receipt.transfer.unwrap().state(), State::Posted);
    }
    let anna = server.anna().await;
    assert_eq!((anna.balance_one, anna.reserved_one), (93_500, 0));
    let names: Vec<String> = server.statement().await.into_iter().map(|transfer| transfer.id).collect();
    assert_eq!(names.len(), 3);
    assert!(names.contains(&"job-1".to_owned()));
    server.end().await;
}

#[tokio::test]
async fn refusals_have_names_and_move_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let mut server = Server::with_anna(directory.path(), 10_000).await;
    let mut answers = Vec::new();
    answers.push(server.money.reserve(reserve("a", 10_001)).await.unwrap_err());
    answers.push(server.money.reserve(reserve("b", -1)).await.unwrap_err());
    answers.push(server.money.reserve(reserve("first", 1)).await.unwrap_err());
    let nobody = proto::Header { holder: "nobody".into(), ..header("c").unwrap() };
    let deposit = proto::DepositRequest { header: Some(nobody), account: 1, amount: i64::MAX };
    answers.push(server.money.deposit(deposit.clone()).await.unwrap_err());
    answers.push(server.money.deposit(proto::DepositRequest { amount: 5, ..deposit }).await.unwrap_err());
    answers.push(server.money.settle(proto::SettleRequest { id: "x".into(), actual: 1 }).await.unwrap_err());
    answers.push(
        server.reader.purse_show(proto::PurseShowRequest { holder: "nobody".into() }).await.unwrap_err(),
    );
    let answers: Vec<(Kind, String, i32)> =
        answers.into_iter().map(Error::from).map(|error| (error.kind, error.field, error.status)).collect();
    let expected = [
        (Kind::Refused, "insufficient_funds", 80),
        (Kind::Invalid, "amount_not_positive", 221),
        (Kind::Conflict, "exists_differently", 221),
        (Kind::Invalid, "amount_too_large", 221),
        (Kind::NotFound, "holder_unknown", 220),
        (Kind::NotFound, "transfer_unknown", 221),
        (Kind::NotFound, "holder_unknown", 220),
    ];
    assert_eq!(answers, expected.map(|(kind, field, status)| (kind, field.to_owned(), status)));
    let anna = server.anna().await;
    assert_eq!((anna.balance_one, anna.reserved_one), (10_000, 0));
    server.end().await;
}

#[tokio::test]
async fn people_who_print_at_once_cannot_spend_the_same_money_twice() {
    let directory = tempfile::tempdir().unwrap();
    let mut server = Server::with_anna(directory.path(), 50_000).await;
    let asking: Vec<_> = (0..20)
        .map(|number| {
            let mut money = server.money.clone();
            tokio::spawn(
                async move { money.reserve(reserve(&format!("job-{number}"), 10_000)).await.is_ok() },
            )
        })
        .collect();
    let mut granted = 0;
    for asked in asking {
        granted += i32::from(asked.await.unwrap());
    }
    assert_eq!(granted, 5);
    assert_eq!(server.anna().await.reserved_one, 50_000);
    let mut pages = server.reader.unfinished(proto::UnfinishedRequest {}).await.unwrap().into_inner();
    assert_eq!(pages.message().await.unwrap().unwrap().transfers.len(), 5);
    server.money.free(proto::FreeRequest { header: header("free"), keep: 20_000 }).await.unwrap();
    assert_eq!(server.anna().await.reserved_one, 20_000);
    server.end().await;
}

#[tokio::test]
async fn a_reservation_ends_by_itself_when_its_time_has_come() {
    let directory = tempfile::tempdir().unwrap();
    let mut server = Server::with_anna(directory.path(), 50_000).await;
    let now = server.context.clock.now().0;
    let short = proto::ReserveRequest { expires_us: now + 1_000_000, ..reserve("short", 10_000) };
    server.money.reserve(short).await.unwrap();
    server.money.reserve(reserve("long", 5_000)).await.unwrap();
    server.context.clock.advance(Duration::from_secs(2));
    while server.anna().await.reserved_one != 5_000 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let late = proto::SettleRequest { id: "short".into(), actual: 10_000 };
    assert_eq!(Error::from(server.money.settle(late).await.unwrap_err()).field, "already_expired");
    server.end().await;
}

#[tokio::test]
async fn the_books_outlive_the_server_and_its_backup_is_whole() {
    let directory = tempfile::tempdir().unwrap();
    let mut server = Server::with_anna(directory.path(), 50_000).await;
    let target = directory.path().join("copy");
    let request = proto::BackupRequest { directory: target.to_string_lossy().into_owned() };
    let files = server.money.backup(request.clone()).await.unwrap().into_inner().files;
    assert!(server.money.backup(request).await.is_err(), "a backup does not overwrite another");
    server.money.reserve(reserve("job", 1)).await.unwrap();
    server.end().await;
    let mut again = Server::start(directory.path()).await;
    assert_eq!(again.anna().await.reserved_one, 1);
    again.end().await;
    let other = directory.path().join("other");
    std::fs::create_dir_all(other.join("db")).unwrap();
    std::fs::copy(&files[0], other.join("db/purse.sqlite")).unwrap();
    let mut restored = Server::start(&other).await;
    assert_eq!(restored.anna().await.reserved_one, 0);
    restored.end().await;
}

#[tokio::test]
async fn old_transactions_are_deleted_after_a_backup_and_the_books_stay_right() {
    let directory = tempfile::tempdir().unwrap();
    let mut server = Server::with_anna(directory.path(), 100_000).await;
    let now = server.context.clock.now().0;
    let day = 24 * 3_600 * 1_000_000;
    let clean_up = |before_us, backup: &Path| proto::CleanUpRequest {
        before_us,
        backup_directory: backup.to_str().unwrap().to_owned(),
    };
    let backup = directory.path().join("before");
    for before_us in [now, now - day + 1, 0, -5] {
        let refused = server.money.clean_up(clean_up(before_us, &backup)).await.unwrap_err();
        assert_eq!(Error::from(refused).field, "before_us");
    }
    assert!(!backup.exists(), "what is refused leaves no backup");
    let cleaned = server.money.clean_up(clean_up(now - day, &backup)).await.unwrap().into_inner();
    assert_eq!(
        (cleaned.transfers, cleaned.entries, cleaned.files.len()),
        (0, 0, 1),
        "everything is of today"
    );
    let refused = server.money.clean_up(clean_up(now - day, &backup)).await.unwrap_err();
    assert_eq!(Error::from(refused).kind, Kind::Refused, "a backup is never written over");
    assert_eq!(server.anna().await.balance_one, 100_000);
    server.end().await;
}
