//! A long random walk of many clients over a server that is killed again and again, against an auditor that
//! knows only what was answered.
//!
//! `MONEY_WALK=100000 cargo test -p moneyserver --release --test walk` takes a longer one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rpc::proto::moneyserver as proto;
use rpc::proto::moneyserver::money_client::MoneyClient;
use rpc::proto::moneyserver::money_reader_client::MoneyReaderClient;
use rpc::{Error, Kind};
use service::Context;
use tonic::transport::Channel;

/// Operations of the walk when nobody asks for more.
const OPERATIONS: usize = 12_000;
const CLIENTS: usize = 48;
const HOLDERS: u64 = 12;
/// Answered operations between two kills.
const BETWEEN_KILLS: usize = 600;

/// A small generator, so that every run of one seed asks the same.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn amount(&mut self) -> i64 {
        i64::try_from(self.roll(30_000)).unwrap() + 1
    }
}

/// What the answers add up to, by holder: balance and what is reserved.
#[derive(Default)]
struct Auditor(Mutex<BTreeMap<String, (i64, i64)>>);

impl Auditor {
    fn add(&self, holder: &str, balance: i64, reserved: i64) {
        let mut books = self.0.lock().unwrap();
        let entry = books.entry(holder.to_owned()).or_default();
        entry.0 += balance;
        entry.1 += reserved;
    }
}

/// The server as a process of its own, which can be killed.
struct Process {
    directory: PathBuf,
    child: Child,
}

impl Process {
    fn start(directory: &Path) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_moneyserver"))
            .arg("--data")
            .arg(directory)
            .env("PAPERGATE_COMMON_LOG_LEVEL", "error")
            .env("PAPERGATE_MONEYSERVER_MONEY_PORT", "0")
            .stdout(Stdio::null())
            .spawn()
            .expect("the server starts");
        Self { directory: directory.to_owned(), child }
    }

    /// Kills it as hard as the system can, and starts the next.
    fn replace(&mut self) {
        self.child.kill().expect("the server can be killed");
        self.child.wait().expect("the server was ours");
        *self = Self::start(&self.directory.clone());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks until there is an answer, with the same id every time: a lost answer must not matter. Now and then the
/// first answer is thrown away on purpose.
async fn ask<F, T>(dice: &mut Dice, mut call: impl FnMut() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<tonic::Response<T>, tonic::Status>>,
{
    let mut throw_away = dice.roll(10) == 0;
    loop {
        match call().await.map(tonic::Response::into_inner).map_err(Error::from) {
            Ok(_) if throw_away => throw_away = false,
            Ok(answer) => return Ok(answer),
            Err(error) if matches!(error.kind, Kind::Unavailable | Kind::Internal) => {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// `ask!(dice, client.deposit(request))`: [`ask`] with a client and a request of its own for every try.
macro_rules! ask {
    ($dice:ident, $client:ident.$call:ident($request:ident)) => {
        ask(&mut $dice, || {
            let (mut client, request) = ($client.clone(), $request.clone());
            async move { client.$call(request).await }
        })
    };
}

fn header(id: String, holder: &str) -> Option<proto::Header> {
    Some(proto::Header { id, holder: holder.to_owned(), author: "walk".into(), ..proto::Header::default() })
}

/// One client's walk.
async fn walk(
    number: usize,
    operations: usize,
    channel: Channel,
    auditor: Arc<Auditor>,
    answered: Arc<AtomicUsize>,
) {
    let mut dice = Dice(0x2545_f491_4f6c_dd1d ^ (number as u64 + 1).wrapping_mul(0x9e37_79b9));
    let client = MoneyClient::new(channel);
    // Reservations of this client that have not ended: id, holder, amount.
    let mut pending: Vec<(String, String, i64)> = Vec::new();
    for step in 0..operations {
        let id = format!("c{number}-{step}");
        let holder = format!("p{}", dice.roll(HOLDERS));
        let amount = dice.amount();
        let account = i32::try_from(dice.roll(2)).unwrap() + 1;
        let choice = dice.roll(10);
        let client = client.clone();
        match choice {
            0 | 1 => {
                let request = proto::DepositRequest { header: header(id, &holder), account, amount };
                ask!(dice, client.deposit(request)).await.expect("a deposit is never refused here");
                auditor.add(&holder, amount, 0);
            }
            2 => {
                let request = proto::WithdrawRequest { header: header(id, &holder), account, amount };
                let answer = ask!(dice, client.withdraw(request)).await;
                match answer {
                    Ok(_) => auditor.add(&holder, -amount, 0),
                    Err(refused) => assert_eq!(refused.field, "insufficient_funds"),
                }
            }
            3..=5 => {
                let policy = i32::try_from(dice.roll(3)).unwrap() + 1;
                let what = Some(proto::reserve_request::What::Amount(amount));
                let request = proto::ReserveRequest {
                    header: header(id.clone(), &holder),
                    policy,
                    what,
                    expires_us: 0,
                };
                let answer = ask!(dice, client.reserve(request)).await;
                match answer {
                    Ok(_) => {
                        auditor.add(&holder, 0, amount);
                        pending.push((id, holder, amount));
                    }
                    Err(refused) => assert_eq!(refused.field, "insufficient_funds"),
                }
            }
            _ => {
                let Some((id, holder, held)) = pending.pop() else { continue };
                if choice == 6 {
                    let request = proto::VoidRequest { id };
                    ask!(dice, client.void(request)).await.expect("our own reservation can be voided");
                    auditor.add(&holder, 0, -held);
                } else {
                    // A jam charges less; a miscounted document may charge more.
                    let actual = amount % (held + held / 10 + 1);
                    let request = proto::SettleRequest { id, actual };
                    ask!(dice, client.settle(request)).await.expect("our own reservation can be settled");
                    auditor.add(&holder, -actual, -held);
                }
            }
        }
        answered.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_servers_and_lost_answers_neither_lose_nor_double_anything() {
    let operations = std::env::var("MONEY_WALK").map_or(OPERATIONS, |text| text.parse().expect("a number"));
    let directory = tempfile::tempdir().unwrap();
    // Only for its channel, which finds the socket again after every kill.
    let context = Context::for_test("walk", moneyserver::Config::default(), directory.path());
    let channel = context.peer("moneyserver");
    let mut process = Process::start(directory.path());
    let auditor = Arc::new(Auditor::default());
    let mut dice = Dice(7);
    for number in 0..HOLDERS {
        let request = proto::OpenRequest { header: header(format!("open-{number}"), &format!("P{number}")) };
        let client = MoneyClient::new(channel.clone());
        ask!(dice, client.open(request)).await.unwrap();
    }
    let answered = Arc::new(AtomicUsize::new(0));
    let over = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let (channel, auditor, answered) = (channel.clone(), auditor.clone(), answered.clone());
            tokio::spawn(walk(number, operations / CLIENTS, channel, auditor, answered))
        })
        .collect();
    let killing = {
        let (answered, over) = (answered.clone(), over.clone());
        tokio::spawn(async move {
            let (mut next, mut kills) = (BETWEEN_KILLS, 0);
            while !over.load(Ordering::Relaxed) {
                if answered.load(Ordering::Relaxed) >= next {
                    process.replace();
                    kills += 1;
                    next = answered.load(Ordering::Relaxed) + BETWEEN_KILLS;
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            (process, kills)
        })
    };
    for client in clients {
        client.await.unwrap();
    }
    over.store(true, Ordering::Relaxed);
    let (_process, kills) = killing.await.unwrap();
    assert!(kills >= 5, "the server was killed {kills} times");

    let mut reader = MoneyReaderClient::new(channel);
    let expected = auditor.0.lock().unwrap().clone();
    assert_eq!(expected.len(), HOLDERS as usize);
    for (holder, (balance, reserved)) in expected {
        let purse =
            reader.purse_show(proto::PurseShowRequest { holder: holder.clone() }).await.unwrap().into_inner();
        assert_eq!(purse.balance_one + purse.balance_two, balance, "balance of {holder}");
        assert_eq!(purse.reserved_one + purse.reserved_two, reserved, "reserved of {holder}");
    }
    let proof = reader.verify(proto::VerifyRequest {}).await.unwrap().into_inner();
    assert_eq!(proof.findings, Vec::<String>::new());
    assert_eq!(proof.purses, HOLDERS as i64);
}
