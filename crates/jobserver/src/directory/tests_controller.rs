//! Directory passwords against a real Active Directory domain controller: Debian's Samba.
//!
//! A controller has LDAP's own ports, so it gets a network of its own, where the server under test has to be too: the test starts
//! itself again inside namespaces, which end with it and everything in them. Where the system gives neither the package nor
//! namespaces, the test says so and is skipped.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::tests::{login, set, test};
use crate::tests::World;

/// Set for the test inside.
const INSIDE: &str = "PAPERGATE_TEST_INSIDE";
/// A network, mounts and processes of one's own; as root, or else as root of a user namespace.
const NAMESPACES: [&[&str]; 2] = [
    &["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"],
    &["--user", "--map-root-user", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"],
];
/// The controller listens or has died long before; a bug would make it endless.
const LOOKS_MAX: u32 = 6_000;

#[test]
fn usr_20_people_log_in_with_the_password_of_an_active_directory_domain_controller() {
    if std::env::var_os(INSIDE).is_some() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        return runtime.unwrap().block_on(story());
    }
    let Some(namespaces) = namespaces() else { return };
    let name = std::thread::current().name().expect("a test has a name").to_owned();
    let inside = Command::new("unshare")
        .args(namespaces)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", &name, "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&inside.stdout);
    assert!(
        inside.status.success() && said.contains("1 passed"),
        "{said}\n{}",
        String::from_utf8_lossy(&inside.stderr)
    );
}

/// How a network of one's own is got; `None` (said on standard error) where the test cannot be made.
#[expect(clippy::print_stderr, reason = "the one who runs the tests must see it")]
fn namespaces() -> Option<&'static [&'static str]> {
    if !Path::new("/usr/sbin/samba").exists() || !Path::new("/usr/share/samba/setup").exists() {
        eprintln!("samba is not installed: no domain controller is tested (scripts/setup.sh test)");
        return None;
    }
    let works = |arguments: &&[&str]| {
        let mut probe = Command::new("unshare");
        probe.args(*arguments).args(["ip", "link", "set", "lo", "up"]);
        probe.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    let found = NAMESPACES.iter().find(|arguments| works(arguments)).copied();
    if found.is_none() {
        eprintln!("the system gives no network namespaces: no domain controller is tested");
    }
    found
}

/// The controller; ends with this value.
struct Controller {
    child: Child,
    directory: tempfile::TempDir,
}

impl Controller {
    fn start() -> Self {
        let lo = Command::new("ip").args(["link", "set", "lo", "up"]).status();
        assert!(lo.is_ok_and(|status| status.success()), "the network has a loopback");
        let directory = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        std::fs::write(directory.path().join("cert.pem"), made.cert.pem()).unwrap();
        std::fs::write(directory.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        let log = std::fs::File::create(directory.path().join("log")).unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/directory/controller.py");
        let mut child = Command::new("/usr/bin/python3")
            .arg(script)
            .arg(directory.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        for _ in 0..LOOKS_MAX {
            // The network is ours alone: nobody else listens there.
            if std::net::TcpStream::connect(("127.0.0.1", 636)).is_ok() {
                return Self { child, directory };
            }
            if let Some(status) = child.try_wait().unwrap() {
                let log = std::fs::read_to_string(directory.path().join("log")).unwrap_or_default();
                panic!("the domain controller ended with {status}: {log}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the domain controller does not listen");
    }

    fn certificate(&self) -> String {
        self.directory.path().join("cert.pem").display().to_string()
    }
}

impl Drop for Controller {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn story() {
    let controller = tokio::task::block_in_place(Controller::start);
    let mut world = World::new().await;
    // A busy machine must not make the directory seem away.
    set(&mut world, "directory.timeout-s", "30").await;
    set(&mut world, "directory.ca-file", &controller.certificate()).await;
    set(&mut world, "directory.base", "dc=example,dc=test").await;
    set(&mut world, "directory.bind-dn", "search@example.test").await;
    world.directory_secret("search-Directory-1").await;
    for (url, starttls) in [("ldaps://localhost", "no"), ("ldap://localhost", "yes")] {
        set(&mut world, "directory.starttls", starttls).await;
        set(&mut world, "directory.url", url).await;
        for template in ["", "{logon}@example.test", "EXAMPLE\\{logon}"] {
            set(&mut world, "directory.bind-template", template).await;
            for logon in ["ann", "EXAMPLE\\ann", "ann@example.test"] {
                let answer = login(&world, logon, "ann-Directory-1").await;
                assert_eq!(answer, Ok("ann".into()), "{logon} by {url} with '{template}'");
            }
            assert_eq!(login(&world, "ann", "ann-directory-1").await, Err(15), "{url} with '{template}'");
            assert_eq!(login(&world, "admin", "admin-Directory-1").await, Ok("admin".into()));
            // Right passwords of accounts that the controller does not let in.
            for account in ["barred", "expired"] {
                let (verdict, detail) = test(&world, account, &format!("{account}-Directory-1")).await;
                assert_eq!(verdict, "wrong", "{account}: {detail}");
            }
        }
    }
    // In the clear nothing is asked: Samba would refuse it, and we do not even try.
    set(&mut world, "directory.starttls", "no").await;
    let (verdict, detail) = test(&world, "ann", "ann-Directory-1").await;
    assert_ne!(verdict, "right", "{detail}");
}
