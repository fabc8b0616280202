//! OPS-5: the console by telnet and nc, and what it does to the running suite. OPS-4: traces that come and go with it.

use std::io::{Read, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};

use harness::suite::Suite;
use harness::wait_for;

/// The port that the sample configuration names for it.
const CONSOLE: u16 = 7724;

/// A conversation as somebody at a keyboard has it: the next line is typed when what is awaited has been said.
struct Talk<S> {
    stream: S,
    /// Said, and not looked at yet.
    said: String,
}

/// Reads until `awaited` is said; answers with what was said up to there, and leaves the rest in `said`.
fn until(mut stream: impl Read, said: &mut String, awaited: &str) -> String {
    let mut octets = [0; 512];
    loop {
        if let Some(at) = said.find(awaited) {
            let rest = said.split_off(at + awaited.len());
            return std::mem::replace(said, rest);
        }
        let length = stream.read(&mut octets).expect("the console answers");
        assert!(length > 0, "the console ended before '{awaited}': {said}");
        *said += &String::from_utf8_lossy(&octets[..length]);
    }
}

impl Talk<TcpStream> {
    fn with(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the console listens");
        Self { stream, said: String::new() }
    }

    fn until(&mut self, awaited: &str) -> String {
        until(&self.stream, &mut self.said, awaited)
    }

    /// Reads until the console closes the connection.
    fn await_end(&mut self) {
        self.stream.read_to_end(&mut Vec::new()).expect("it ends in order");
    }

    fn type_line(&mut self, line: &str) {
        self.stream.write_all(format!("{line}\r\n").as_bytes()).expect("the console reads");
    }

    fn log_in(&mut self, logon: &str, password: &str) {
        self.until("Username: ");
        self.type_line(logon);
        self.until("Password: ");
        self.type_line(password);
    }

    fn ask(&mut self, command: &str) -> String {
        self.type_line(command);
        self.until("sc.tel> ")
    }
}

fn suite_with_console() -> (Suite, String) {
    let suite = Suite::start_with(&[("PAPERGATE_JOBSERVER_CONSOLE_PORT", "7724")]);
    let log = suite.log();
    let (_, after) = log.split_once("the password is").expect("the first start shows a password");
    let password = after.split_whitespace().next().expect("a password follows").to_owned();
    (suite, password)
}

#[test]
fn ops_5_the_console_looks_after_the_suite() {
    let (suite, password) = suite_with_console();
    let mut talk = Talk::with(suite.address(CONSOLE));
    talk.log_in("admin", &password);
    talk.until("sc.tel> ");
    let said = talk.ask("server info");
    for server in ["jobserver", "portserver", "trackingserver", "moneyserver", "broadcastserver"] {
        assert!(said.contains(server) && said.contains("ready"), "{said}");
    }
    let said = talk.ask("server db info");
    assert!(said.contains("SQLite 3.") && said.contains("users"), "{said}");
    let said = talk.ask("multiple info");
    assert!(said.contains("console") && said.contains("admin"), "{said}");

    // Traces begin at once, in a process of its own choosing, and a restart changes nothing.
    let said = talk.ask("trace on portserver");
    assert!(said.contains("trace is on, portserver"), "{said}");
    let traces = suite.data().join("trace");
    wait_for("the trace file", || traces.join("portserver001.trc").exists().then_some(()));
    assert!(!traces.join("jobserver001.trc").exists());
    let before = suite.json(&["status"]);
    let said = talk.ask("server restart OK portserver");
    assert!(said.contains("portserver restarts now"), "{said}");
    wait_for("the restarted server to trace again", || {
        (traces.join("portserver002.trc").exists()).then_some(())
    });
    wait_for("the portserver to be ready", || {
        let now = suite.json(&["status"]);
        (now[4]["state"] == "ready" && now[4]["pid"] != before[4]["pid"]).then_some(())
    });
    assert_eq!(suite.json(&["status"])[3]["pid"], before[3]["pid"], "the jobserver did not notice");
    let said = talk.ask("server restart OK nosuch");
    assert!(said.contains("refused: there is no server 'nosuch'"), "{said}");
    assert!(talk.ask("trace off").contains("trace is off"));
    assert_eq!(suite.json(&["trace", "info"])["enabled"], false);

    // The console of a restarted jobserver goes, and comes back.
    talk.type_line("server restart OK jobserver");
    talk.await_end();
    let mut again = wait_for("the console to be back", || TcpStream::connect(suite.address(CONSOLE)).ok());
    again.read_exact(&mut [0; 8]).expect("it greets");

    let events = suite.json(&["events", "list", "--code", "administration"]);
    let told: Vec<&str> =
        events.as_array().unwrap().iter().filter_map(|event| event["subject"].as_str()).collect();
    for expected in [
        "console: trace on portserver by admin: done",
        "console: server restart OK nosuch by admin: refused",
        "console: trace off by admin: done",
    ] {
        assert!(told.contains(&expected), "{expected} is not in the audit: {told:?}");
    }
    assert_eq!(
        suite.log().matches(&password).count(),
        1,
        "the log has the password from the first start only"
    );
}

#[test]
fn ops_5_only_administrators_get_in_and_guessing_is_slowed_down() {
    let (suite, password) = suite_with_console();
    let mut child = suite
        .command("papergate")
        .args(["user", "add", "ann", "--password"])
        .env("PAPERGATE_NEW_PASSWORD", "correct horse battery")
        .stdin(Stdio::null())
        .spawn()
        .expect("papergate runs");
    assert!(child.wait().expect("papergate ends").success());
    let mut talk = Talk::with(suite.address(CONSOLE));
    talk.log_in("ann", "correct horse battery");
    talk.until("no administrator");
    talk.log_in("nobody", "guess");
    talk.log_in("nobody", "guess");
    talk.until("too many failed log-ins");
    talk.await_end();

    // Ten failures from one address: now the right password waits as well.
    for _ in 0..3 {
        let mut talk = Talk::with(suite.address(CONSOLE));
        for _ in 0..3 {
            talk.log_in("nobody", "guess");
        }
        talk.until("too many failed log-ins");
    }
    let mut talk = Talk::with(suite.address(CONSOLE));
    talk.log_in("admin", &password);
    talk.until("too many failed logins from this address");
    let refused = suite.json(&["events", "list", "--code", "login-refused"]);
    assert!(refused.as_array().unwrap().len() >= 10, "{refused}");
}

#[test]
fn ops_5_debians_telnet_and_nc_speak_with_it_and_without_a_key_there_is_none() {
    let (suite, password) = suite_with_console();
    let port = suite.address(CONSOLE).port().to_string();
    for (program, arguments) in [("telnet", vec!["127.0.0.1", &port]), ("nc", vec!["127.0.0.1", &port])] {
        let mut client = Command::new(program)
            .args(&arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{program}: {error}"));
        let mut stdin = client.stdin.take().expect("asked for");
        let mut stdout = client.stdout.take().expect("asked for");
        let (mut said, mut all) = (String::new(), String::new());
        for (awaited, line) in [
            ("Username: ", "admin"),
            ("Password: ", password.as_str()),
            ("sc.tel> ", "multiple info"),
            ("sc.tel> ", "logoff"),
        ] {
            all += &until(&mut stdout, &mut said, awaited);
            writeln!(stdin, "{line}").expect("it listens");
        }
        all += &until(&mut stdout, &mut said, "goodbye");
        drop(stdin);
        client.wait().expect("it ends");
        assert!(all.contains("FACE") && all.contains("admin"), "{program}: {all}");
        assert!(!all.contains(&password), "{program} was shown the password");
    }
    drop(suite);
    let suite = Suite::start();
    TcpStream::connect(suite.address(CONSOLE)).expect_err("nobody configured a console");
}
