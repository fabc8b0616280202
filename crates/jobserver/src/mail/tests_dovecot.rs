//! Mails through Dovecot's submission service: TLS, STARTTLS, a password and XOAUTH2 as a mail server that is not ours checks them.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rpc::proto::jobserver as message;
use rpc::proto::jobserver::mail_room_client::MailRoomClient;
use serde_json::json;

use super::tests::{Sink, certificate, plainly, set};
use crate::tests::World;

/// It listens or has died long before; a bug would make it endless.
const LOOKS_MAX: u32 = 1_200;
/// Dovecot serves nobody as root: the person behind the submission is then this one, who owns nothing.
const NOBODY: u32 = 65_534;

/// Dovecot with a submission service that hands mails on to `relay`; ends with this value.
struct Dovecot {
    child: Child,
    directory: tempfile::TempDir,
    starttls: u16,
    tls: u16,
}

fn said(program: &str, argument: &str) -> String {
    let output = Command::new(program).arg(argument).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Dovecot {
    /// `None` (said on standard error) where the machine has no Dovecot.
    fn start(relay: &Sink) -> Option<Self> {
        if !Path::new("/usr/lib/dovecot/submission-login").exists() {
            #[expect(clippy::print_stderr, reason = "the one who runs the tests must see it")]
            {
                eprintln!(
                    "dovecot is not installed: mails through it are not tested (scripts/setup.sh test)"
                );
            }
            return None;
        }
        let directory = tempfile::tempdir().unwrap();
        let (cert, key) = certificate(directory.path());
        // Dovecot's processes are other users' when root starts them.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(directory.path(), open).unwrap();
        let is_root = said("id", "-u") == "0";
        let (me, group) = (said("id", "-un"), said("id", "-gn"));
        let login = if is_root { "dovenull".to_owned() } else { me.clone() };
        let (uid, gid) = match is_root {
            true => (NOBODY.to_string(), NOBODY.to_string()),
            false => (said("id", "-u"), said("id", "-g")),
        };
        let here = directory.path().display();
        let mails = directory.path().join("mails");
        std::fs::create_dir(&mails).unwrap();
        if is_root {
            std::os::unix::fs::chown(&mails, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let oauth = format!(
            "introspection_mode = get\nintrospection_url = http://127.0.0.1:{}/introspect?token=\n\
             username_attribute = username\nactive_attribute = active\nactive_value = true\n",
            relay.http
        );
        std::fs::write(directory.path().join("oauth2.conf"), oauth).unwrap();
        // Somebody else may take a port that was free a moment ago: then others are tried.
        for _ in 0..10 {
            let (starttls, tls) = (free_port(), free_port());
            let config = format!(
                "base_dir = {here}/run\nstate_dir = {here}/state\nlog_path = {here}/log\n\
                 protocols = submission\nlisten = 127.0.0.1\nhostname = localhost\n\
                 ssl = required\nssl_cert = <{cert}\nssl_key = <{key}\ndisable_plaintext_auth = yes\n\
                 auth_mechanisms = plain login xoauth2\nauth_failure_delay = 0\nfirst_valid_uid = 1\n\
                 default_internal_user = {me}\ndefault_internal_group = {group}\ndefault_login_user = {login}\n\
                 mail_location = maildir:{mails}\nsubmission_relay_host = 127.0.0.1\nsubmission_relay_port = {port}\n\
                 passdb {{\n driver = static\n args = password=sesame\n mechanisms = plain login\n}}\n\
                 passdb {{\n driver = oauth2\n args = {here}/oauth2.conf\n mechanisms = xoauth2\n}}\n\
                 userdb {{\n driver = static\n args = uid={uid} gid={gid} home={mails}\n}}\n\
                 service anvil {{\n chroot =\n unix_listener anvil-auth-penalty {{\n  mode = 0\n }}\n}}\n\
                 service submission-login {{\n chroot =\n\
                 inet_listener submission {{\n  port = {starttls}\n }}\n\
                 inet_listener submissions {{\n  port = {tls}\n  ssl = yes\n }}\n}}\n",
                cert = cert.display(),
                key = key.display(),
                mails = mails.display(),
                port = relay.port,
            );
            std::fs::write(directory.path().join("dovecot.conf"), config).unwrap();
            let log = std::fs::File::create(directory.path().join("said")).unwrap();
            let mut child = Command::new("/usr/sbin/dovecot")
                .args(["-F", "-c"])
                .arg(directory.path().join("dovecot.conf"))
                .stdin(Stdio::null())
                .stdout(log.try_clone().unwrap())
                .stderr(log)
                .spawn()
                .unwrap();
            for _ in 0..LOOKS_MAX {
                let listens = |port| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
                if listens(starttls) && listens(tls) {
                    return Some(Self { child, directory, starttls, tls });
                }
                if child.try_wait().unwrap().is_some() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            let _ = child.kill();
            let _ = child.wait();
        }
        let told = |file| std::fs::read_to_string(directory.path().join(file)).unwrap_or_default();
        panic!("dovecot does not start: {}{}", told("said"), told("log"));
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        // Its other processes end when they see that their master is gone; asked, it ends them itself.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ops_3_dovecot_takes_a_password_and_a_token_over_starttls_and_tls_and_no_other() {
    let Some(relay) = Sink::start(&json!({ "introspect": "fresh", "user": "print@example.org" })) else {
        return;
    };
    let issuer = json!({ "token": "fresh", "token_service": "refresh me" });
    let stale = json!({ "token": "stale", "token_service": "refresh me" });
    let (Some(issuer), Some(stale)) = (Sink::start(&issuer), Sink::start(&stale)) else { return };
    let Some(dovecot) = tokio::task::block_in_place(|| Dovecot::start(&relay)) else { return };
    let mut world = World::new().await;
    plainly(&mut world, 1).await;
    set(&mut world, "mail.server", "localhost").await;
    set(&mut world, "mail.user", "print@example.org").await;
    set(&mut world, "mail.oauth-client-id", "papergate").await;
    let ca = dovecot.directory.path().join("mail.pem").display().to_string();
    set(&mut world, "mail.ca-file", &ca).await;
    let mut room = MailRoomClient::new(world.context.peer("jobserver"));
    let secret =
        |name: &str, secret: &str| message::MailSecretSetRequest { name: name.into(), secret: secret.into() };
    let test = || message::MailTestRequest { recipient: "ann@example.org".into() };
    room.mail_secret_set(secret("oauth-refresh-token", "refresh me")).await.unwrap();
    let token_service = |sink: &Sink| format!("http://127.0.0.1:{}/token", sink.http);
    for (security, port) in [("starttls", dovecot.starttls), ("tls", dovecot.tls)] {
        set(&mut world, "mail.security", security).await;
        set(&mut world, "mail.port", &port.to_string()).await;
        set(&mut world, "mail.authentication", "password").await;
        room.mail_secret_set(secret("password", "wrong")).await.unwrap();
        let wrong = room.mail_test(test()).await.unwrap_err();
        assert!(wrong.message().contains("535"), "{security}: {wrong:?} {}", dovecot.log());
        room.mail_secret_set(secret("password", "sesame")).await.unwrap();
        let sent = room.mail_test(test()).await;
        assert!(sent.is_ok(), "{security}: {sent:?} {}", dovecot.log());
        set(&mut world, "mail.authentication", "microsoft-oauth2").await;
        set(&mut world, "mail.oauth-url", &token_service(&stale)).await;
        let wrong = room.mail_test(test()).await.unwrap_err();
        assert!(wrong.message().contains("not sent"), "{security}: {wrong:?} {}", dovecot.log());
        set(&mut world, "mail.oauth-url", &token_service(&issuer)).await;
        let sent = room.mail_test(test()).await;
        assert!(sent.is_ok(), "{security}: {sent:?} {}", dovecot.log());
        for _ in ["by password", "by token"] {
            let mail = tokio::task::block_in_place(|| relay.next());
            assert_eq!(mail["to"], json!(["ann@example.org"]));
            let text = mail["mail"].as_str().unwrap();
            assert!(text.contains("with ESMTPSA"), "Dovecot handed it on, over TLS and logged in: {text}");
        }
        // The next round fetches a token of its own.
        crate::mail::oauth::forget(&world.server.0).await;
    }
}
