//! The printer's SNMP side, asked by Net-SNMP's tools where they are installed (`make test` installs them).

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use service::Clock;
use virtual_mfp::fault::Faults;
use virtual_mfp::serve::counts::Counts;
use virtual_mfp::serve::engine::{Announced, Engine, Step, Stopped};
use virtual_mfp::serve::snmp::{self, Agent};

/// Three pages of text.
const PAGES: &[u8] = b"one\x0ctwo\x0cthree\x0c";

fn engine(directory: &Path) -> Arc<Engine> {
    Arc::new(Engine::new(directory, Faults::default(), Clock::system()).expect("it can be written"))
}

async fn print(engine: &Engine, copies: u16) -> Result<(), Stopped> {
    let mut job = engine.begin(Announced { source: "raw", copies, ..Announced::default() })?;
    job.write(PAGES).await?;
    job.finish()
}

/// What a tool of Net-SNMP prints, line by line.
async fn tool(name: &'static str, arguments: Vec<String>) -> Vec<String> {
    let run = move || Command::new(name).args(arguments).env("MIBS", "").output();
    let ran = tokio::task::spawn_blocking(run).await.expect("it does not panic");
    let output = ran.unwrap_or_else(|error| panic!("{name} (Debian package snmp): {error}"));
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn counters_move_with_what_came_out() {
    let directory = tempfile::tempdir().expect("a directory");
    let engine = engine(directory.path());
    let socket = snmp::open(([127, 0, 0, 1], 0).into()).await.expect("a free port");
    let port = socket.local_addr().expect("an address").port();
    tokio::spawn(snmp::serve(socket, Agent::new("MFP1", "public", engine.clone())));
    let ask = |name, version: &str, oids: &[&str]| {
        let mut arguments: Vec<String> =
            ["-On", "-Oq", "-t", "10", "-c", "public", version].map(str::to_owned).to_vec();
        arguments.push(format!("udp:127.0.0.1:{port}"));
        arguments.extend(oids.iter().map(|oid| (*oid).to_owned()));
        tool(name, arguments)
    };
    let life = ".1.3.6.1.2.1.43.10.2.1.4.1.1";
    let state = ".1.3.6.1.2.1.25.3.5.1.1.1";
    let errors = ".1.3.6.1.2.1.25.3.5.1.2.1";
    assert_eq!(ask("snmpget", "-v1", &[life]).await, [format!("{life} 0")]);

    print(&engine, 2).await.expect("it comes out");
    let answered = ask("snmpget", "-v2c", &[life, state, errors]).await;
    assert_eq!(answered, [format!("{life} 6"), format!("{state} 3"), format!("{errors} \"00 \"")]);

    // Copies count, what is only read does not, and a jam stops them.
    let counts = Counts { impressions: 1, color: 0, sheets: 1 };
    let page = |before, prints| engine.work("copy", Step { before, counts, prints });
    assert!(page(0, true) && page(1, false));
    assert_eq!(ask("snmpget", "-v2c", &[life]).await, [format!("{life} 7")]);
    engine.set_faults(Faults::parse("jam-page@1").expect("a fault"));
    assert!(page(0, true) && !page(1, true));
    assert_eq!(ask("snmpget", "-v2c", &[life, state]).await, [format!("{life} 8"), format!("{state} 1")]);

    engine.set_faults(Faults::parse("jam-page@1").expect("a fault"));
    assert!(matches!(print(&engine, 1).await, Err(Stopped::Jam)));
    let answered = ask("snmpget", "-v2c", &[life, state, errors]).await;
    assert_eq!(answered, [format!("{life} 9"), format!("{state} 1"), format!("{errors} \"04 \"")]);
    engine.set_faults(Faults::default());

    for (walk, version) in [("snmpwalk", "-v1"), ("snmpwalk", "-v2c"), ("snmpbulkwalk", "-v2c")] {
        let all = ask(walk, version, &["1.3"]).await;
        assert!(all[0].starts_with(".1.3.6.1.2.1.1.1.0 \"Papergate"), "{}", all[0]);
        for there in [
            ".1.3.6.1.2.1.1.5.0 \"MFP1\"",
            ".1.3.6.1.2.1.25.3.2.1.3.1 \"Papergate virtual MFP\"",
            ".1.3.6.1.2.1.43.5.1.1.17.1 \"VMFP-MFP1\"",
            ".1.3.6.1.2.1.43.8.2.1.10.1.1 491",
            ".1.3.6.1.2.1.43.11.1.1.9.1.1 19991",
            ".1.3.6.1.2.1.43.11.1.1.9.1.4 20000",
        ] {
            assert!(all.iter().any(|line| line == there), "{walk} {version} lacks {there}: {all:#?}");
        }
        assert!(all.iter().filter(|line| line.contains(".1.3.6.1.2.1.43.")).count() > 50, "{walk}");
    }
}

#[tokio::test]
async fn counters_outlive_the_printer_and_what_is_offline_is_silent() {
    let directory = tempfile::tempdir().expect("a directory");
    let life: wire::snmp::Oid = "1.3.6.1.2.1.43.10.2.1.4.1.1".parse().expect("an identifier");
    let mut client = wire::snmp::client::Client::new(wire::snmp::Version::V2c, "public", 1);
    let mut count = |agent: &Agent| {
        let answer = agent.answer(&client.get(std::slice::from_ref(&life)))?;
        let answer = client.answer(wire::snmp::decode(&answer).expect("SNMP")).expect("the answer");
        answer.expect("no refusal")[0].value.number()
    };
    let first = engine(directory.path());
    print(&first, 1).await.expect("it comes out");
    let mut partial = first.begin(Announced { source: "raw", ..Announced::default() }).expect("a file");
    partial.write(b"one\x0ctwo\x0c").await.expect("it is taken");
    drop(partial);
    assert_eq!(count(&Agent::new("MFP1", "public", first)), Some(5), "what came of a lost document counts");

    let again = engine(directory.path());
    let agent = Agent::new("MFP1", "public", again.clone());
    assert_eq!(count(&agent), Some(5));
    assert_eq!(count(&Agent::new("MFP1", "private", again.clone())), None);
    again.set_faults(Faults::parse("offline").expect("a fault"));
    assert_eq!(count(&agent), None);
}
