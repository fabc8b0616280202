//! What `deploy/` says about the servers agrees with the table of processes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use supervisor::table;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The settings of a unit file; later ones of the same name are joined by a blank, as systemd does for lists.
fn unit(name: &str) -> BTreeMap<String, String> {
    let path = root().join("deploy/systemd").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut settings = BTreeMap::<String, String>::new();
    for line in text.lines().filter(|line| !line.starts_with(['#', '[']) && !line.is_empty()) {
        let (key, value) = line.split_once('=').unwrap_or_else(|| panic!("{name}: {line}"));
        let present = settings.entry(key.to_owned()).or_default();
        if !present.is_empty() {
            present.push(' ');
        }
        present.push_str(value);
    }
    settings
}

fn servers() -> Vec<String> {
    let entries = table::load(None).unwrap().into_iter();
    entries.map(|entry| entry.command[0].clone()).collect()
}

#[test]
fn every_server_has_a_hardened_unit_that_the_target_starts() {
    let target = unit("papergate.target");
    let mut units: Vec<(String, String)> = vec![("papergate.service".to_owned(), "supervisor".to_owned())];
    for server in servers() {
        let name = format!("papergate-{server}.service");
        assert!(target["Wants"].split(' ').any(|wanted| wanted == name), "{name} is not started");
        units.push((name, server));
    }
    for (name, program) in units {
        let unit = unit(&name);
        assert_eq!(unit["ExecStart"], format!("/usr/lib/papergate/{program}"), "{name}");
        for (key, value) in [
            ("Type", "notify"),
            ("User", "papergate"),
            ("StateDirectoryMode", "0700"),
            ("RestartPreventExitStatus", "78"),
            ("NoNewPrivileges", "yes"),
            ("ProtectSystem", "strict"),
            ("ProtectHome", "yes"),
            ("PrivateDevices", "yes"),
            ("MemoryDenyWriteExecute", "yes"),
            ("SystemCallFilter", "@system-service ~@privileged"),
            ("UMask", "0077"),
        ] {
            assert_eq!(unit[key], value, "{name}: {key}");
        }
        let wanted =
            if matches!(program.as_str(), "portserver" | "supervisor") { "CAP_NET_BIND_SERVICE" } else { "" };
        assert_eq!(unit["CapabilityBoundingSet"], wanted, "{name}");
    }
}

#[test]
fn every_server_has_a_container_with_its_health_check_and_its_address() {
    let text = std::fs::read_to_string(root().join("docker-compose.yml")).unwrap();
    for server in servers() {
        let upper = server.to_uppercase();
        for line in [
            format!("\n  {server}:\n"),
            format!("command: [\"{server}\"]"),
            format!("[\"CMD\", \"{server}\", \"--check-health\"]"),
            format!("PAPERGATE_PEERS_{upper}: https://{server}:"),
            format!("PAPERGATE_GRPC_{upper}: "),
            format!("\"{server}:/var/lib/papergate\""),
        ] {
            assert!(text.contains(&line), "docker-compose.yml lacks {line:?}");
        }
    }
}
