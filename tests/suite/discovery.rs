//! Phones and computers find the queues by DNS-SD: Debian's browsers see them, with what they need to know, and no longer
//! when they are gone.

use std::collections::BTreeMap;

use harness::avahi::{Avahi, Network};
use harness::suite::Suite;
use harness::wait_for;

/// A service as `avahi-browse --resolve --parsable` shows it.
#[derive(Debug)]
struct Found {
    name: String,
    host: String,
    port: u16,
    txt: BTreeMap<String, String>,
}

fn browse(avahi: &Avahi, service: &str) -> Vec<Found> {
    let output = avahi.run("avahi-browse", &["--resolve", "--terminate", "--parsable", service]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines()
        .filter_map(|line| {
            // =;interface;protocol;name;type;domain;host;address;port;"txt" "txt"
            let fields: Vec<&str> = line.strip_prefix("=;")?.splitn(9, ';').collect();
            let txt = fields[8].trim_matches('"').split("\" \"");
            Some(Found {
                name: fields[2].to_owned(),
                host: fields[5].to_owned(),
                port: fields[7].parse().ok()?,
                txt: txt
                    .filter_map(|pair| pair.split_once('='))
                    .map(|(key, value)| (key.to_owned(), value.to_owned()))
                    .collect(),
            })
        })
        .collect()
}

#[test]
fn queues_are_found_by_dns_sd_and_told_to_be_gone() {
    let Some(avahi) = Avahi::start(Network::Own, "exec sleep infinity") else { return };
    let suite = Suite::start_inside(&avahi.enter(), "0.0.0.0");
    suite.pull_queue("office");
    suite.done(&["device", "add", "mfp", "--address", "raw://127.0.0.1:9"]);
    suite.done(&["queue", "add", "push", "--kind", "push", "--device", "mfp"]);
    let port = suite.ports.port(631);

    // What AirPrint, Mopria, IPP Everywhere and LPR clients look for.
    for service in [
        "_ipp._tcp",
        "_ipps._tcp",
        "_universal._sub._ipp._tcp",
        "_universal._sub._ipps._tcp",
        "_print._sub._ipp._tcp",
        "_print._sub._ipps._tcp",
        "_printer._tcp",
    ] {
        let found = wait_for("the queue to be found", || {
            let found = browse(&avahi, service);
            (!found.is_empty()).then_some(found)
        });
        let names: Vec<&str> = found.iter().map(|found| found.name.as_str()).collect();
        assert_eq!(names, ["office"], "{service}: pull queues only, once");
        let [found] = &found[..] else { unreachable!("one was just seen") };
        let expected = if service == "_printer._tcp" { suite.ports.port(515) } else { port };
        assert_eq!(found.port, expected, "{service}");
        let told = |key: &str| found.txt.get(key).map(String::as_str);
        assert_eq!(told("txtvers"), Some("1"), "{service}: {found:?}");
        assert_eq!(told("rp"), Some("ipp/print/office"), "{service}: {found:?}");
        assert_eq!((told("Color"), told("Duplex")), (Some("T"), Some("T")), "{service}: {found:?}");
        assert!(told("pdl").is_some_and(|pdl| pdl.contains("image/urf") && pdl.contains("application/pdf")));
        for key in ["ty", "note", "UUID", "URF", "TLS", "adminurl", "product", "kind"] {
            assert!(told(key).is_some(), "{service}: no {key}: {found:?}");
        }
    }
    // The machine's own name is its Avahi daemon's to tell; whoever took it would make that rename the machine.
    let found = browse(&avahi, "_ipp._tcp");
    assert!(found.iter().all(|found| found.host.starts_with("papergate-")), "{found:?}");
    assert!(!avahi.log().contains("conflict"), "{}", avahi.log());

    // CUPS finds the very address that one prints to.
    let uris = avahi.run("ippfind", &["-T", "10", "_ipps._tcp,_universal"]);
    let uris = String::from_utf8_lossy(&uris.stdout).into_owned();
    let uri = uris.lines().next().unwrap_or_default();
    assert!(uri.starts_with("ipps://") && uri.ends_with(&format!(":{port}/ipp/print/office")), "{uris:?}");
    let host = uri.trim_start_matches("ipps://").split(':').next().unwrap_or_default();
    let resolved = avahi.run("avahi-resolve", &["-4", "--name", host]);
    let resolved = String::from_utf8_lossy(&resolved.stdout).into_owned();
    assert!(resolved.contains(Avahi::ADDRESS), "{host}: {resolved}");

    suite.done(&["queue", "delete", "office"]);
    wait_for("the queue to be gone", || browse(&avahi, "_ipp._tcp").is_empty().then_some(()));
}
