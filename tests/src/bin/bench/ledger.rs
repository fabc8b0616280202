//! The ledger: reserve and settle, each durable, by 16 clients, against pgbench's TPC-B on the same PostgreSQL.
//!
//! An operation of ours is one call over the server's socket, answered when it is on disk; so is a transaction of TPC-B.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use harness::{binary, wait_for};
use rpc::proto::moneyserver as proto;
use rpc::proto::moneyserver::money_client::MoneyClient;
use rpc::proto::moneyserver::reserve_request::What;

use crate::Bench;
use crate::table::{Better, Row};

const CLIENTS: usize = 16;
const SECONDS: u64 = 10;
/// People; pgbench has as many branches as clients, so that neither side fights over one row.
const HOLDERS: usize = 1_000;

pub(crate) fn run(bench: &mut Bench) {
    let postgres = Postgres::start(bench);
    let peer = postgres.as_ref().and_then(Postgres::tpc_b);
    if let Some(postgres) = &postgres {
        let ours = operations(bench, Some(&postgres.url("papergate")));
        push(bench, "PostgreSQL", ours, peer);
    } else {
        eprintln!("bench: PostgreSQL is not installed; its half of the ledger chapter is left out");
    }
    let ours = operations(bench, None);
    push(bench, "SQLite", ours, peer);
}

fn push(bench: &mut Bench, store: &str, ours: f64, peer: Option<f64>) {
    bench.table.push(Row {
        what: format!("ledger operations a second, {CLIENTS} clients, each durable, on {store}"),
        unit: "1/s",
        ours,
        peer: peer.map(|tps| ("pgbench TPC-B".to_owned(), tps)),
        better: Better::More,
        reach: 1.0,
    });
}

/// Calls a second of a money server on a store.
fn operations(bench: &Bench, url: Option<&str>) -> f64 {
    let data = bench.directory();
    let mut command = Command::new(binary("moneyserver"));
    command.arg("--data").arg(data.path()).env("PAPERGATE_COMMON_LOG_LEVEL", "error");
    command.env("PAPERGATE_MONEYSERVER_MONEY_PORT", "0");
    if let Some(url) = url {
        command.env("PAPERGATE_COMMON_DATABASE_URL", url);
    }
    let server = Ended(command.stdout(Stdio::null()).spawn().expect("the moneyserver starts"));
    let socket = data.path().join("run/moneyserver.sock");
    wait_for("the moneyserver's socket", || socket.exists().then_some(()));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let done = runtime.expect("a runtime").block_on(load(&data.path().join("run")));
    drop(server);
    done
}

async fn load(run: &Path) -> f64 {
    let client = || MoneyClient::new(service::grpc::unix_channel(run, "moneyserver", None));
    let mut first = client();
    for holder in 0..HOLDERS {
        let holder = format!("person{holder}");
        let open = proto::OpenRequest { header: header(&format!("open-{holder}"), &holder) };
        first.open(open).await.expect("an account");
        let header = header(&format!("in-{holder}"), &holder);
        let deposit = proto::DepositRequest { header, account: 1, amount: 1_000_000_000_000 };
        first.deposit(deposit).await.expect("a deposit");
    }
    let began = Instant::now();
    let until = began + Duration::from_secs(SECONDS);
    let tasks: Vec<_> = (0..CLIENTS)
        .map(|lane| {
            let mut client = client();
            tokio::spawn(async move {
                let mut done = 0_u64;
                while Instant::now() < until {
                    let holder = format!("person{}", (done as usize * CLIENTS + lane) % HOLDERS);
                    let id = format!("job-{lane}-{done}");
                    let reserve = proto::ReserveRequest {
                        header: header(&id, &holder),
                        policy: proto::Policy::Full.into(),
                        what: Some(What::Amount(18_500)),
                        expires_us: 0,
                    };
                    client.reserve(reserve).await.expect("a reservation");
                    client.settle(proto::SettleRequest { id, actual: 6_500 }).await.expect("a settlement");
                    done += 2;
                }
                done
            })
        })
        .collect();
    let mut done = 0;
    for task in tasks {
        done += task.await.expect("a lane ends");
    }
    done as f64 / began.elapsed().as_secs_f64()
}

fn header(id: &str, holder: &str) -> Option<proto::Header> {
    Some(proto::Header { id: id.to_owned(), holder: holder.to_owned(), ..proto::Header::default() })
}

/// A process that ends with the chapter.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A cluster of the chapter's own, durable as it comes out of its box.
struct Postgres {
    directory: tempfile::TempDir,
    programs: PathBuf,
    root: bool,
    _server: Ended,
}

impl Postgres {
    fn start(bench: &Bench) -> Option<Self> {
        let programs =
            std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten().map(|entry| entry.path().join("bin"));
        let programs = programs.filter(|programs| programs.join("pgbench").exists()).max()?;
        let directory = bench.directory();
        let root = rustix::process::geteuid().is_root();
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(directory.path(), open).expect("our own directory");
        let cluster = directory.path().join("cluster");
        std::fs::create_dir(&cluster).expect("our own directory");
        if root {
            let owned = Command::new("chown").arg("postgres").arg(&cluster).status();
            assert!(owned.is_ok_and(|status| status.success()), "the cluster's directory can be given away");
        }
        let data = cluster.join("data");
        let run = |program: &str, arguments: &[&str]| {
            let mut command = user_command(root, &programs.join(program));
            command.args(arguments).current_dir("/").stdout(Stdio::null()).stderr(Stdio::null());
            command
        };
        let text = |path: &Path| path.display().to_string();
        let made = run("initdb", &["-D", &text(&data), "-A", "trust", "-U", "postgres"]).status();
        assert!(made.is_ok_and(|status| status.success()), "initdb");
        let options = ["-D", &text(&data), "-k", &text(&cluster), "-c", "listen_addresses="];
        let server = Ended(run("postgres", &options).spawn().expect("PostgreSQL starts"));
        wait_for("PostgreSQL", || {
            let ready = Command::new(programs.join("pg_isready")).args(["-q", "-h"]).arg(&cluster).status();
            ready.is_ok_and(|status| status.success()).then_some(())
        });
        let this = Self { directory, programs, root, _server: server };
        for name in ["papergate", "tpcb"] {
            this.program("createdb", &[name]);
        }
        Some(this)
    }

    fn socket(&self) -> String {
        self.directory.path().join("cluster").display().to_string()
    }

    fn url(&self, database: &str) -> String {
        format!("postgresql:///{database}?host={}&user=postgres", self.socket())
    }

    fn program(&self, program: &str, arguments: &[&str]) -> String {
        let mut command = user_command(self.root, &self.programs.join(program));
        let output =
            command.args(["-h", &self.socket(), "-U", "postgres"]).args(arguments).current_dir("/").output();
        let output = output.expect("a program of PostgreSQL runs");
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Transactions a second of TPC-B with as many branches as clients.
    fn tpc_b(&self) -> Option<f64> {
        let clients = CLIENTS.to_string();
        self.program("pgbench", &["-i", "-q", "-s", &clients, "tpcb"]);
        let seconds = SECONDS.to_string();
        let said =
            self.program("pgbench", &["-c", &clients, "-j", "2", "-T", &seconds, "-M", "prepared", "tpcb"]);
        let line = said.lines().find(|line| line.starts_with("tps = "))?;
        line.split_whitespace().nth(2)?.parse().ok()
    }
}

/// PostgreSQL refuses to run as root.
fn user_command(root: bool, program: &Path) -> Command {
    if !root {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program);
    command
}
