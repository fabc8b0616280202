//! Directory passwords against a real slapd.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use domain::secret::Password;
use rpc::proto::jobserver as message;
use rpc::proto::jobserver::directory_client::DirectoryClient;

use crate::tests::World;

/// A slapd of the test's own; ends with this value.
struct Slapd {
    child: Child,
    plain: u16,
    tls: u16,
    directory: tempfile::TempDir,
    certificate: PathBuf,
}

const PEOPLE: &str = "\
dn: dc=example,dc=org
objectClass: domain
dc: example

dn: cn=search,dc=example,dc=org
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: search
userPassword: search-password

dn: ou=people,dc=example,dc=org
objectClass: organizationalUnit
ou: people

dn: uid=ann,ou=people,dc=example,dc=org
objectClass: account
objectClass: simpleSecurityObject
uid: ann
userPassword: ann-directory

dn: uid=admin,ou=people,dc=example,dc=org
objectClass: account
objectClass: simpleSecurityObject
uid: admin
userPassword: admin-directory
";

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Slapd {
    /// `None` (said on standard error) where the machine has no slapd.
    fn start() -> Option<Self> {
        if !Path::new("/usr/sbin/slapd").exists() {
            #[expect(clippy::print_stderr, reason = "the one who runs the tests must see it")]
            {
                eprintln!(
                    "slapd is not installed: directory passwords are not tested (scripts/setup.sh test)"
                );
            }
            return None;
        }
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        let made =
            rcgen::generate_simple_self_signed(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        std::fs::write(at("cert.pem"), made.cert.pem()).unwrap();
        std::fs::write(at("key.pem"), made.signing_key.serialize_pem()).unwrap();
        std::fs::create_dir(at("db")).unwrap();
        std::fs::write(at("people.ldif"), PEOPLE).unwrap();
        let here = directory.path().display();
        let config = format!(
            "include /etc/ldap/schema/core.schema\ninclude /etc/ldap/schema/cosine.schema\n\
             modulepath /usr/lib/ldap\nmoduleload back_mdb\npidfile {here}/pid\n\
             TLSCertificateFile {here}/cert.pem\nTLSCertificateKeyFile {here}/key.pem\n\
             database mdb\nsuffix dc=example,dc=org\nrootdn cn=root,dc=example,dc=org\ndirectory {here}/db\n\
             access to attrs=userPassword by anonymous auth by * none\naccess to * by dn=cn=search,dc=example,dc=org read by * none\n"
        );
        std::fs::write(at("slapd.conf"), config).unwrap();
        let added = Command::new("/usr/sbin/slapadd")
            .args(["-f", at("slapd.conf").to_str().unwrap(), "-l", at("people.ldif").to_str().unwrap()])
            .output()
            .unwrap();
        assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
        // Somebody else may take a port that was free a moment ago: then others are tried.
        for _ in 0..10 {
            let (plain, tls) = (free_port(), free_port());
            let urls = format!("ldap://127.0.0.1:{plain}/ ldaps://127.0.0.1:{tls}/");
            let mut child = Command::new("/usr/sbin/slapd")
                .args(["-f", at("slapd.conf").to_str().unwrap(), "-h", &urls, "-d", "0"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            for _ in 0..1_200 {
                let listens = |port| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
                if listens(plain) && listens(tls) {
                    let certificate = at("cert.pem");
                    return Some(Self { child, plain, tls, directory, certificate });
                }
                if child.try_wait().unwrap().is_some() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            let _ = child.kill();
            let _ = child.wait();
        }
        panic!("slapd does not start");
    }

    fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Slapd {
    fn drop(&mut self) {
        self.stop();
        // Its files go with the directory.
        let _ = &self.directory;
    }
}

pub(super) async fn set(world: &mut World, key: &str, value: &str) {
    let request = message::SettingSetRequest { key: key.into(), value: value.into() };
    world.administration.setting_set(request).await.unwrap();
}

pub(super) async fn login(world: &World, logon: &str, password: &str) -> Result<String, i32> {
    let password = Password::parse(password).unwrap();
    let session = world.server.client_login(logon, password).await;
    session.map(|session| session.user().logon.to_string()).map_err(|failed| failed.status.0)
}

pub(super) async fn test(world: &World, logon: &str, password: &str) -> (String, String) {
    let mut client = DirectoryClient::new(world.context.peer("jobserver"));
    let request = message::DirectoryTestRequest { logon: logon.into(), password: password.into() };
    let answer = client.directory_test(request).await.unwrap().into_inner();
    (answer.verdict, answer.detail)
}

impl World {
    /// The password of the account that searches.
    pub(super) async fn directory_secret(&self, secret: &str) {
        let mut client = DirectoryClient::new(self.context.peer("jobserver"));
        let set = message::DirectorySecretSetRequest { secret: secret.into() };
        client.directory_secret_set(set).await.unwrap();
    }
}

/// A world whose people are in `slapd`, found by searching over LDAPS.
async fn searched(slapd: &Slapd) -> World {
    let mut world = World::new().await;
    for (key, value) in [
        ("directory.ca-file", slapd.certificate.to_str().unwrap()),
        ("directory.base", "dc=example,dc=org"),
        ("directory.bind-dn", "cn=search,dc=example,dc=org"),
        ("directory.url", &format!("ldaps://localhost:{}", slapd.tls)),
    ] {
        set(&mut world, key, value).await;
    }
    world.directory_secret("search-password").await;
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn usr_20_people_log_in_with_the_directory_s_password_in_every_way_of_writing_their_name() {
    let Some(slapd) = Slapd::start() else { return };
    let world = searched(&slapd).await;
    for logon in ["ann", "ANN", "EXAMPLE\\ann", "ann@example.org"] {
        assert_eq!(login(&world, logon, "ann-directory").await, Ok("ann".into()), "{logon}");
    }
    assert_eq!(login(&world, "ann", "wrong").await, Err(15));
    assert_eq!(login(&world, "bob", "bob-directory").await, Err(15), "the directory does not know bob");
    assert_eq!(login(&world, "nobody", "ann-directory").await, Err(15));
    for trick in ["*", "ann)(uid=*", "a*", "an\u{6e}\u{0}"] {
        assert!(login(&world, trick, "ann-directory").await.is_err(), "{trick}");
        assert_ne!(test(&world, trick, "ann-directory").await.0, "right", "{trick}");
    }
    let (verdict, detail) = test(&world, "ann", "wrong").await;
    assert_eq!(verdict, "wrong");
    assert!(detail.contains("uid=ann,ou=people") && !detail.contains("ann-directory"), "{detail}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn usr_20_a_card_is_registered_with_the_directory_s_password_and_no_other() {
    use crate::people::puk::{RegisterBy, RegisterRequest};
    use domain::login::Credential;
    use domain::secret::{CardCode, Pin};
    let Some(slapd) = Slapd::start() else { return };
    let mut world = searched(&slapd).await;
    world.device("printer", "").await;
    let edit = message::UserEditRequest {
        logon: "ann".into(),
        password: Some("ann-local".into()),
        ..Default::default()
    };
    world.administration.user_edit(edit).await.unwrap();
    set(&mut world, "cards.register-by-login", "directory").await;
    let session = world.session("printer").await;
    let register = |logon: &str, password: &str| {
        let password = Password::parse(password).unwrap();
        let by = RegisterBy::Login { logon: logon.to_owned(), password };
        let pin = Some(Pin::parse("4711").unwrap());
        session.register(RegisterRequest {
            code: CardCode::parse("fresh").unwrap(),
            by,
            pin: pin.clone(),
            pin_again: pin,
        })
    };
    assert_eq!(register("ann", "ann-local").await.unwrap_err().status.0, 15, "the store's password");
    assert_eq!(register("ann", "wrong").await.unwrap_err().status.0, 15);
    register("EXAMPLE\\ann", "ann-directory").await.unwrap();
    assert_eq!(register("admin", "admin-directory").await.unwrap_err().status.0, 60, "it is ann's now");
    let mut session = world.session("printer").await;
    let card = Credential::Card(CardCode::parse("fresh").unwrap());
    let login = session.login(card, Some(Pin::parse("4711").unwrap())).await.unwrap();
    assert_eq!(login.user.logon.as_str(), "ann");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn usr_20_starttls_and_a_template_and_nothing_in_the_clear_or_to_a_stranger() {
    let Some(slapd) = Slapd::start() else { return };
    let mut world = World::new().await;
    for (key, value) in [
        ("directory.bind-template", "uid={logon},ou=people,dc=example,dc=org"),
        ("directory.starttls", "yes"),
        ("directory.url", &format!("ldap://localhost:{}", slapd.plain)),
    ] {
        set(&mut world, key, value).await;
    }
    let (verdict, detail) = test(&world, "ann", "ann-directory").await;
    assert_eq!(verdict, "away", "an authority nobody knows is not believed: {detail}");
    set(&mut world, "directory.ca-file", slapd.certificate.to_str().unwrap()).await;
    assert_eq!(login(&world, "ann", "ann-directory").await, Ok("ann".into()));
    assert_eq!(login(&world, "ann,ou=people", "ann-directory").await, Err(15), "a name is no part of a DN");
    set(&mut world, "directory.starttls", "no").await;
    set(&mut world, "directory.url", "ldap://directory.example.org").await;
    assert!(test(&world, "ann", "ann-directory").await.1.contains("in the clear"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn usr_20_a_password_is_remembered_for_a_while_when_the_directory_is_away_unless_forbidden() {
    let Some(mut slapd) = Slapd::start() else { return };
    let mut world = searched(&slapd).await;
    assert_eq!(login(&world, "ann", "ann-directory").await, Ok("ann".into()));
    slapd.stop();
    assert_eq!(login(&world, "ann", "ann-directory").await, Ok("ann".into()), "remembered");
    assert_eq!(login(&world, "ann", "wrong").await, Err(15));
    assert_eq!(login(&world, "admin", "admin-directory").await, Err(15), "never confirmed");
    set(&mut world, "directory.cache-s", "0").await;
    assert_eq!(login(&world, "ann", "ann-directory").await, Err(15), "forbidden");
    set(&mut world, "directory.cache-s", "3600").await;
    assert_eq!(login(&world, "ann", "ann-directory").await, Ok("ann".into()));
    world.context.clock.advance(Duration::from_secs(3_601));
    assert_eq!(login(&world, "ann", "ann-directory").await, Err(15), "too long ago");
    let events = world.server.0.events.store().events_page(&Default::default(), None, 500).unwrap();
    assert!(events.iter().any(|stored| stored.event.code == "directory-away"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn usr_20_administrators_may_be_bound_to_the_directory_and_a_locked_account_is_not_asked_about() {
    let Some(slapd) = Slapd::start() else { return };
    let mut world = searched(&slapd).await;
    let edit = |logon: &str, password: &str| message::UserEditRequest {
        logon: logon.into(),
        password: Some(password.into()),
        ..Default::default()
    };
    world.administration.user_edit(edit("admin", "admin-local")).await.unwrap();
    world.administration.user_edit(edit("ann", "ann-local")).await.unwrap();
    assert_eq!(login(&world, "admin", "admin-local").await, Ok("admin".into()));
    assert_eq!(login(&world, "admin", "admin-directory").await, Ok("admin".into()));
    set(&mut world, "directory.administrators-only", "yes").await;
    assert_eq!(login(&world, "admin", "admin-local").await, Err(15));
    assert_eq!(login(&world, "admin", "admin-directory").await, Ok("admin".into()));
    assert_eq!(login(&world, "ann", "ann-local").await, Ok("ann".into()), "ann is no administrator");
    for _ in 0..3 {
        assert_eq!(login(&world, "ann", "wrong").await, Err(15));
    }
    assert_eq!(
        login(&world, "ann", "ann-directory").await,
        Err(51),
        "locked here, whatever the directory says"
    );
}
