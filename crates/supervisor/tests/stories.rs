//! The supervisor as a process, keeping small servers (`examples/small-server.rs`).

use std::io::{Read as _, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use rpc::proto::supervisor::process::State;
use rpc::proto::supervisor::supervisor_client::SupervisorClient;
use rpc::proto::supervisor::{DownRequest, Process, RestartRequest, StatusRequest};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use service::http::Trust;
use tempfile::TempDir;

#[tokio::test]
async fn servers_start_in_order_and_are_stopped_in_the_reverse_order() {
    let mut suite = Suite::new(&["alpha", "beta", "gamma"]);
    suite.start(&[]);
    suite.until_ready().await;
    let processes = suite.status().await;
    let names: Vec<_> = processes.iter().map(|process| process.name.as_str()).collect();
    assert_eq!(names, ["alpha", "beta", "gamma"]);
    for process in &processes {
        assert_eq!(process.state(), State::Ready);
        assert!(process.resident_bytes > 0 && process.pid > 0, "{process:?}");
        assert!(process.listens[0].starts_with("hello 127.0.0.1:"), "{process:?}");
    }
    let listed = std::fs::read_to_string(suite.ready_file()).unwrap();
    assert_eq!(listed.lines().count(), 3, "{listed}");

    suite.signal(Signal::TERM);
    let output = suite.end().await;
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).contains("Papergate is up"));
    assert_eq!(
        suite.journal(),
        ["alpha started", "beta started", "gamma started", "gamma stopped", "beta stopped", "alpha stopped"]
    );
    assert!(!suite.ready_file().exists());
    assert_gone(&processes);
}

#[tokio::test]
async fn a_killed_server_is_started_again_and_the_others_do_not_notice() {
    let mut suite = Suite::new(&["alpha", "beta"]);
    suite.start(&[]);
    suite.until_ready().await;
    let before = suite.status().await;
    for restarts in 1..=2 {
        let victim = suite.status().await[0].pid;
        kill_process(pid(victim), Signal::KILL).unwrap();
        suite
            .until("alpha is back", |processes| {
                processes[0].restarts == restarts && processes[0].state() == State::Ready
            })
            .await;
    }
    let after = suite.status().await;
    assert_ne!(after[0].pid, before[0].pid);
    assert_eq!(after[0].last_exit, "was ended by signal 9");
    assert_eq!((after[1].pid, after[1].restarts), (before[1].pid, 0));
}

#[tokio::test]
async fn a_server_is_restarted_when_somebody_asks_also_one_that_was_given_up() {
    let mut suite = Suite::new(&["alpha", "beta"]);
    suite.start(&[]);
    suite.until_ready().await;
    let before = suite.status().await;
    assert_eq!(suite.restart("beta").await.unwrap(), ["beta"]);
    suite
        .until("beta is back", |processes| processes[1].restarts == 1 && processes[1].state() == State::Ready)
        .await;
    let after = suite.status().await;
    assert_ne!(after[1].pid, before[1].pid);
    assert_eq!((after[0].pid, after[0].restarts), (before[0].pid, 0), "the other one does not notice");
    assert!(suite.journal().contains(&"beta stopped".to_owned()), "it ended in order");

    suite.conduct("beta", "exit 3");
    kill_process(pid(after[1].pid), Signal::KILL).unwrap();
    suite.until("beta is given up", |processes| processes[1].state() == State::Failed).await;
    suite.conduct("beta", "serve");
    assert_eq!(suite.restart("all").await.unwrap(), ["alpha", "beta"]);
    suite
        .until("both are back", |processes| {
            processes[0].restarts == 1 && processes.iter().all(|process| process.state() == State::Ready)
        })
        .await;
    let refused = suite.restart("gamma").await.unwrap_err();
    assert!(refused.message().contains("alpha, beta"), "{refused}");
}

#[tokio::test]
async fn a_server_that_keeps_failing_is_given_up_and_the_others_stay() {
    let mut suite = Suite::new(&["alpha", "beta"]);
    suite.start(&[]);
    suite.until_ready().await;
    suite.conduct("beta", "exit 3");
    kill_process(pid(suite.status().await[1].pid), Signal::KILL).unwrap();
    suite.until("beta is given up", |processes| processes[1].state() == State::Failed).await;
    let processes = suite.status().await;
    assert_eq!(
        (processes[1].restarts, processes[1].last_exit.as_str()),
        (RESTARTS_MAX, "ended with exit code 3")
    );
    assert_eq!((processes[1].pid, processes[1].listens.len()), (0, 0));
    assert_eq!(processes[0].state(), State::Ready);
}

#[tokio::test]
async fn a_server_with_a_wrong_configuration_is_not_started_again() {
    let mut suite = Suite::new(&["alpha", "beta"]);
    suite.start(&[]);
    suite.until_ready().await;
    suite.conduct("beta", "exit 78");
    kill_process(pid(suite.status().await[1].pid), Signal::KILL).unwrap();
    suite.until("beta is given up", |processes| processes[1].state() == State::Misconfigured).await;
    let processes = suite.status().await;
    // The one restart is the one that found the fault.
    assert_eq!(processes[1].restarts, 1);
    assert_eq!(processes[0].state(), State::Ready);
}

#[tokio::test]
async fn a_wrong_configuration_ends_the_first_start() {
    let mut suite = Suite::new(&["alpha", "beta", "gamma"]);
    suite.conduct("beta", "exit 78");
    suite.start(&[]);
    let output = suite.end().await;
    assert_eq!(output.status.code(), Some(78));
    assert_eq!(suite.journal(), ["alpha started", "beta started", "alpha stopped"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("beta"), "the culprit is named");
}

#[tokio::test]
async fn a_suite_that_fails_together_ends_when_one_server_does() {
    let mut suite = Suite::new(&["alpha", "beta"]);
    suite.start(&["--fail-together"]);
    suite.until_ready().await;
    let processes = suite.status().await;
    kill_process(pid(processes[0].pid), Signal::KILL).unwrap();
    let output = suite.end().await;
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(suite.journal(), ["alpha started", "beta started", "beta stopped"]);
    assert_gone(&processes);
}

#[tokio::test]
async fn a_killed_supervisor_leaves_nothing_running() {
    let mut suite = Suite::new(&["alpha", "beta"]);
    suite.start(&[]);
    suite.until_ready().await;
    let processes = suite.status().await;
    suite.signal(Signal::KILL);
    assert_eq!(suite.end().await.status.signal(), Some(9));
    let deadline = deadline();
    while processes.iter().any(|process| is_there(process.pid)) {
        assert!(Instant::now() < deadline, "servers outlive their supervisor");
        tokio::time::sleep(POLL).await;
    }
    // And the next one finds everything free.
    suite.start(&[]);
    suite.until_ready().await;
}

#[tokio::test]
async fn a_server_that_does_not_drain_is_killed_after_the_limit() {
    let mut suite = Suite::new(&["alpha"]);
    suite.conduct("alpha", "deaf");
    suite.start(&[]);
    suite.until_ready().await;
    let processes = suite.status().await;
    suite.signal(Signal::TERM);
    assert_eq!(suite.end().await.status.code(), Some(0));
    assert_eq!(suite.journal(), ["alpha started"]);
    assert_gone(&processes);
}

#[tokio::test]
async fn the_second_wish_to_stop_skips_the_limit() {
    let mut suite = Suite::new(&["alpha"]);
    let settings = std::fs::read_to_string(suite.path("papergate.toml")).unwrap();
    let patient = settings.replace("drain_limit_s = 1", "drain_limit_s = 3600");
    std::fs::write(suite.path("papergate.toml"), patient).unwrap();
    suite.conduct("alpha", "deaf");
    suite.start(&[]);
    suite.until_ready().await;
    let processes = suite.status().await;
    suite.signal(Signal::TERM);
    // The ready file goes when the first wish has been heard.
    let deadline = deadline();
    while suite.ready_file().exists() {
        assert!(Instant::now() < deadline, "{}", suite.log());
        tokio::time::sleep(POLL).await;
    }
    suite.signal(Signal::TERM);
    assert_eq!(suite.end().await.status.code(), Some(0));
    assert_gone(&processes);
}

#[tokio::test]
async fn a_server_that_hangs_is_killed_and_started_again() {
    let mut suite = Suite::new(&["alpha"]);
    suite.start(&[]);
    suite.until_ready().await;
    let frozen = suite.status().await[0].pid;
    kill_process(pid(frozen), Signal::STOP).unwrap();
    suite
        .until("alpha is back", |processes| {
            processes[0].restarts == 1 && processes[0].state() == State::Ready
        })
        .await;
    assert_eq!(suite.status().await[0].last_exit, "no longer answered its health check");
    assert!(!is_there(frozen));
}

#[tokio::test]
async fn a_server_that_never_serves_is_given_up_and_the_start_with_it() {
    let mut suite = Suite::new(&["alpha"]);
    suite.set("start_limit_s = 1\nrestarts_max = 0");
    suite.conduct("alpha", "sick");
    suite.start(&[]);
    let output = suite.end().await;
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("did not begin to serve in time"));
}

#[tokio::test]
async fn the_wish_to_read_files_again_is_passed_on() {
    let mut suite = Suite::new(&["alpha", "beta"]);
    suite.start(&[]);
    suite.until_ready().await;
    suite.signal(Signal::HUP);
    let deadline = deadline();
    while suite.journal().iter().filter(|line| line.ends_with("reloaded")).count() < 2 {
        assert!(Instant::now() < deadline, "{:?}", suite.journal());
        tokio::time::sleep(POLL).await;
    }
}

#[tokio::test]
async fn one_data_directory_has_one_supervisor() {
    let mut suite = Suite::new(&["alpha"]);
    suite.start(&[]);
    suite.until_ready().await;
    let second = suite.command(&[]).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.contains("another supervisor is running on the data directory"), "{said}");
    assert_eq!(suite.status().await[0].restarts, 0);
}

#[tokio::test]
async fn down_stops_everything() {
    let mut suite = Suite::new(&["alpha", "beta"]);
    suite.start(&[]);
    suite.until_ready().await;
    suite.client().down(DownRequest {}).await.unwrap();
    assert_eq!(suite.end().await.status.code(), Some(0));
    assert_eq!(suite.journal().last().unwrap(), "alpha stopped");
}

#[tokio::test]
async fn the_start_up_script_runs_before_the_first_server_and_may_forbid_it() {
    let mut suite = Suite::new(&["alpha"]);
    suite.script("echo script ran >> \"$PAPERGATE_DATA/journal\"");
    suite.start(&[]);
    suite.until_ready().await;
    assert_eq!(suite.journal(), ["script ran", "alpha started"]);

    let mut refused = Suite::new(&["alpha"]);
    refused.script("exit 4");
    refused.start(&[]);
    assert_eq!(refused.end().await.status.code(), Some(1));
    assert!(refused.journal().is_empty());
}

#[tokio::test]
async fn a_missing_program_is_a_fault_unless_it_is_optional() {
    let mut suite = Suite::new(&["alpha"]);
    let table = suite.path("table.toml");
    let text = std::fs::read_to_string(&table).unwrap();
    std::fs::write(&table, format!("{text}\n[[process]]\nname = 'zeta'\noptional = true")).unwrap();
    suite.start(&[]);
    suite.until_ready().await;
    assert_eq!(suite.status().await.len(), 1);

    let mut faulty = Suite::new(&["alpha"]);
    std::fs::write(faulty.path("table.toml"), "[[process]]\nname = 'zeta'").unwrap();
    faulty.start(&[]);
    let output = faulty.end().await;
    assert_eq!(output.status.code(), Some(78));
    assert!(String::from_utf8_lossy(&output.stderr).contains("there is no program zeta"));
}

#[tokio::test]
async fn a_server_tells_its_figures_where_it_is_told_to() {
    let mut suite = Suite::new(&["alpha"]);
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    suite.set(&format!("[metrics]\nalpha = '{free}'"));
    suite.start(&[]);
    suite.until_ready().await;
    let ask = |path: &str| {
        let mut stream = std::net::TcpStream::connect(free).unwrap();
        stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let figures = ask("/metrics");
    assert!(figures.starts_with("HTTP/1.1 200"), "{figures}");
    let resident = figures.lines().find_map(|line| line.strip_prefix("process_resident_memory_bytes "));
    assert!(resident.unwrap().parse::<f64>().unwrap() > 1e6, "{figures}");
    assert!(ask("/").starts_with("HTTP/1.1 404"));
}

#[test]
fn a_server_checks_its_configuration_without_starting() {
    let suite = Suite::new(&["alpha"]);
    for (text, code) in [("[common]\nport_offset = 1\n", 0), ("[common]\nport_ofset = 1\n", 78)] {
        std::fs::write(suite.path("papergate.toml"), text).unwrap();
        for flag in ["--check-config", ""] {
            if (flag, code) == ("", 0) {
                continue;
            }
            let mut command = Command::new(suite.path("alpha"));
            command.arg("--data").arg(suite.dir.path()).args([flag].iter().filter(|flag| !flag.is_empty()));
            let output = command.output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(code), "{text:?} {flag}: {said}");
            assert_eq!(said.contains("port_ofset"), code == 78, "{said}");
        }
    }
    assert!(suite.journal().is_empty());
}

#[test]
fn the_configuration_of_the_whole_suite_is_checked_without_starting() {
    let suite = Suite::new(&["jobserver", "portserver"]);
    let settings = std::fs::read_to_string(suite.path("papergate.toml")).unwrap();
    for (addition, named) in [
        ("", ""),
        ("[portserver]\nprot = 1\n", "portserver: wrong configuration: "),
        ("[supervisor.nothing]\n", "supervisor: wrong configuration: "),
    ] {
        std::fs::write(suite.path("papergate.toml"), format!("{settings}{addition}")).unwrap();
        let output = suite.command(&["--check-config"]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(if named.is_empty() { 0 } else { 78 }), "{said}");
        assert!(said.contains(named), "{said}");
    }
    assert!(suite.journal().is_empty());
}

#[tokio::test]
async fn a_server_is_asked_for_its_health_by_its_own_program() {
    let mut suite = Suite::new(&["alpha"]);
    let healthy = |suite: &Suite| {
        let mut command = Command::new(suite.path("alpha"));
        command.arg("--data").arg(suite.dir.path()).arg("--check-health").output().unwrap().status.success()
    };
    assert!(!healthy(&suite));
    suite.start(&[]);
    suite.until_ready().await;
    assert!(healthy(&suite));
}

#[tokio::test]
async fn a_replaced_certificate_is_presented_without_a_restart() {
    let mut suite = Suite::new(&["alpha"]);
    suite.start(&[]);
    suite.until_ready().await;
    let before = suite.status().await[0].clone();
    let address = before.listens[0].strip_prefix("hello ").unwrap().to_owned();
    let keys = suite.path("keys");
    let mut present = std::fs::read(keys.join("tls.pem")).unwrap();
    // Once because somebody says so, once because the files have changed.
    for told in [true, false] {
        let other = tempfile::tempdir().unwrap();
        service::Context::for_test("alpha", (), other.path());
        for file in ["tls.key", "tls.pem"] {
            std::fs::copy(other.path().join("keys").join(file), keys.join(file)).unwrap();
        }
        let wanted = std::fs::read(keys.join("tls.pem")).unwrap();
        assert_ne!(wanted, present);
        if told {
            suite.signal(Signal::HUP);
        }
        // Trusting exactly the new certificate is the test: the handshake fails with any other.
        let trust = Trust::Authorities(keys.join("tls.pem"));
        let deadline = deadline();
        loop {
            let stream = tokio::net::TcpStream::connect(&address).await.unwrap();
            let handshake = tokio::time::timeout(Duration::from_secs(60), trust.connect("localhost", stream));
            if handshake.await.expect("a handshake does not take forever").is_ok() {
                break;
            }
            assert!(Instant::now() < deadline, "the new certificate is not presented: {}", suite.log());
            tokio::time::sleep(POLL).await;
        }
        present = wanted;
    }
    let after = suite.status().await;
    assert_eq!((after[0].pid, after[0].restarts), (before.pid, 0));
}

/// One supervisor with its data directory; it is killed, and its servers with it, when the test is over.
struct Suite {
    dir: TempDir,
    child: Option<std::process::Child>,
}

const RESTARTS_MAX: u32 = 3;

impl Suite {
    fn new(names: &[&str]) -> Self {
        let suite = Self { dir: tempfile::tempdir().unwrap(), child: None };
        let mut table = String::new();
        for name in names {
            let link = suite.path(name);
            symlink(small_server(), &link).unwrap();
            table.push_str(&format!("[[process]]\nname = '{name}'\ncommand = ['{}']\n", link.display()));
        }
        std::fs::write(suite.path("table.toml"), table).unwrap();
        suite.set(&format!("restarts_max = {RESTARTS_MAX}"));
        suite
    }

    /// Writes the configuration with `settings` in the supervisor's section.
    fn set(&self, settings: &str) {
        let text = format!(
            "[common]\ndrain_limit_s = 1\n[supervisor]\ntable = '{}'\nbackoff_first_ms = 1\nhealth_period_s = 1\n\
             health_failures_max = 1\n{settings}\n",
            self.path("table.toml").display()
        );
        std::fs::write(self.path("papergate.toml"), text).unwrap();
    }

    fn path(&self, file: &str) -> PathBuf {
        self.dir.path().join(file)
    }

    fn ready_file(&self) -> PathBuf {
        self.path("ready")
    }

    fn conduct(&self, name: &str, conduct: &str) {
        std::fs::write(self.path(&format!("{name}.conduct")), conduct).unwrap();
    }

    fn script(&self, body: &str) {
        let script = self.path("startup");
        std::fs::write(&script, format!("#!/bin/sh\n{body}\n")).unwrap();
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o700)).unwrap();
    }

    fn command(&self, flags: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_supervisor"));
        command.arg("--data").arg(self.dir.path()).arg("--ready-file").arg(self.ready_file()).args(flags);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn start(&mut self, flags: &[&str]) {
        let files = ["out", "err"].map(|file| std::fs::File::create(self.path(file)).unwrap());
        let [out, err] = files;
        self.child = Some(self.command(flags).stdout(out).stderr(err).spawn().unwrap());
    }

    fn signal(&self, signal: Signal) {
        kill_process(pid(self.child.as_ref().unwrap().id()), signal).unwrap();
    }

    /// Waits for the supervisor's own end.
    async fn end(&mut self) -> Output {
        let mut child = self.child.take().unwrap();
        let deadline = deadline();
        let status: ExitStatus = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if Instant::now() > deadline {
                child.kill().unwrap();
                panic!("the supervisor does not end: {}", self.log());
            }
            tokio::time::sleep(POLL).await;
        };
        let read = |file: &str| std::fs::read(self.path(file)).unwrap();
        Output { status, stdout: read("out"), stderr: read("err") }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.path("err")).unwrap_or_default()
    }

    fn journal(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.path("journal")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn client(&self) -> SupervisorClient<tonic::transport::Channel> {
        let run_dir = self.dir.path().join("run");
        SupervisorClient::new(service::grpc::unix_channel(
            &run_dir,
            "supervisor",
            Some(Duration::from_secs(30)),
        ))
    }

    async fn restart(&self, name: &str) -> Result<Vec<String>, tonic::Status> {
        let answer = self.client().restart(RestartRequest { name: name.to_owned() }).await?;
        Ok(answer.into_inner().names)
    }

    async fn status(&self) -> Vec<Process> {
        self.client().status(StatusRequest {}).await.unwrap().into_inner().processes
    }

    async fn until_ready(&mut self) {
        let deadline = deadline();
        while !self.ready_file().exists() {
            let ended = self.child.as_mut().unwrap().try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < deadline, "no suite: {ended:?} {}", self.log());
            tokio::time::sleep(POLL).await;
        }
    }

    async fn until(&self, what: &str, holds: impl Fn(&[Process]) -> bool) {
        let deadline = deadline();
        while !holds(&self.status().await) {
            assert!(Instant::now() < deadline, "{what} never comes true: {}", self.log());
            tokio::time::sleep(POLL).await;
        }
    }
}

impl Drop for Suite {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Cargo builds examples together with tests, beside them.
fn small_server() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let target = tests.parent().and_then(Path::parent).expect("tests are built in target/<profile>/deps");
    let server = target.join("examples/small-server");
    assert!(server.is_file(), "build it with `cargo build -p supervisor --examples`");
    server
}

fn pid(number: u32) -> Pid {
    Pid::from_raw(i32::try_from(number).unwrap()).expect("the process runs")
}

/// A process that has ended but is not yet waited for by whoever inherited it is not there.
fn is_there(number: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{number}/stat")).unwrap_or_default();
    test_kill_process(pid(number)).is_ok() && !stat.contains(") Z ")
}

fn assert_gone(processes: &[Process]) {
    for process in processes {
        assert!(!is_there(process.pid), "{} is left over", process.name);
    }
}

/// Only so that a fault does not hang the tests.
fn deadline() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

const POLL: Duration = Duration::from_millis(10);
