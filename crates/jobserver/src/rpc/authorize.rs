//! Who may administer: whoever owns the data directory, and people with rights who prove who they are; each call needs the
//! right that `domain::people::rights` has for it.
//!
//! On the local socket the kernel names the caller, and only the suite's own user and root get that far. From afar each
//! call carries a logon and a password (RFC 7617), which go the way of every login: counted, locked, the same time for
//! known and unknown logons. Other servers of the installation have no business here.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Status as Code;
use domain::secret::Password;
use domain::user::{Rights, User};
use service::grpc::Caller;
use tonic::Status;
use tonic::codegen::{Service, http};
use tonic::server::NamedService;
use zeroize::Zeroizing;

use super::audit;
use crate::failed::Failed;
use crate::login::by_password;
use crate::rpc::actor::Actor;
use crate::state::Jobserver;

/// A service behind the check.
#[derive(Clone)]
pub(crate) struct Authorized<S> {
    inner: S,
    server: Jobserver,
}

impl<S> Authorized<S> {
    pub(crate) fn new(inner: S, server: Jobserver) -> Self {
        Self { inner, server }
    }
}

impl<S: NamedService> NamedService for Authorized<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<http::Request<tonic::body::Body>> for Authorized<S>
where
    S: Service<
            http::Request<tonic::body::Body>,
            Response = http::Response<tonic::body::Body>,
            Error = Infallible,
        > + Clone
        + Send
        + 'static,
    S::Future: Send,
{
    type Response = S::Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: http::Request<tonic::body::Body>) -> Self::Future {
        // The clone that is ready goes into the call, the other one stays for the next.
        let fresh = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, fresh);
        let server = self.server.clone();
        Box::pin(async move {
            let caller = request.extensions().get::<Option<Caller>>().cloned().flatten();
            let credentials = basic(request.headers());
            let path = request.uri().path().to_owned();
            let caller = on_behalf(caller, rpc::person::address(request.headers()));
            match check(&server, caller, credentials, &path).await {
                Ok((who, actor)) => {
                    request.extensions_mut().insert(actor);
                    audit::call(&server, &who, inner, request).await
                }
                Err(failed) => Ok(Status::from(failed).into_http()),
            }
        })
    }
}

/// Another server that asks for somebody's program (7400, 7900) is that program: what it may is what the person may, and
/// failures are counted at the program's address. Nobody gains by saying so: without it a process of this machine may
/// everything.
fn on_behalf(caller: Option<Caller>, program: Option<SocketAddr>) -> Option<Caller> {
    match (caller, program) {
        (Some(Caller::Local { .. }), Some(address)) => Some(Caller::Remote { address }),
        (Some(Caller::Server { name, .. }), Some(address))
            if matches!(name.as_str(), "moneyserver" | "trackingserver") =>
        {
            Some(Caller::Remote { address })
        }
        (caller, _) => caller,
    }
}

/// Who the caller is, for the audit, when they may administer.
async fn check(
    server: &Jobserver,
    caller: Option<Caller>,
    credentials: Option<(String, Zeroizing<String>)>,
    path: &str,
) -> Result<(String, Actor), Failed> {
    let peer = match caller {
        Some(Caller::Local { uid, .. }) => {
            return Ok((format!("uid {uid} on this machine"), Actor::LOCAL));
        }
        Some(Caller::Remote { address }) => address,
        Some(Caller::Server { .. }) | None => return Err(refused("only administrators may do this")),
    };
    let (address, now_us) = (peer.ip(), server.0.now().0);
    let Some((logon, password)) = credentials else {
        return Err(refused("a logon and a password are needed"));
    };
    let user = prove(server, address, &logon, &password).await?;
    if user.rights == Rights::Standard {
        tracing::warn!(user.logon = %user.logon, %address, "somebody without the right tried to administer");
        return Err(refused("this person is not an administrator"));
    }
    let actor = Actor::person(&user);
    actor.may_call(path).inspect_err(|failed| {
        tracing::warn!(user.logon = %user.logon, %address, %failed, "a call was refused");
    })?;
    audit::login(server, peer, &user, now_us).await;
    Ok((user.logon.to_string(), actor))
}

/// The person who has this logon and password. Failures are counted by person, as everywhere, and by address.
///
/// # Errors
/// The refusals of a login; "busy" while the address has to wait.
pub(crate) async fn prove(
    server: &Jobserver,
    address: IpAddr,
    logon: &str,
    password: &str,
) -> Result<User, Failed> {
    let (failures, now_us) = (&server.0.failures, server.0.now().0);
    failures.check(address, now_us)?;
    let Ok(password) = Password::parse(password) else {
        failures.note(address, now_us);
        return Err(refused("unknown logon or wrong password"));
    };
    by_password(server, logon, password).await.inspect_err(|_| failures.note(address, now_us))
}

fn refused(message: &str) -> Failed {
    Failed::refused(Code::ACCESS_VIOLATION, message)
}

/// Logon and password of a `Basic` header (RFC 7617 section 2); the logon has no colon.
fn basic(headers: &http::HeaderMap) -> Option<(String, Zeroizing<String>)> {
    let value = headers.get(http::header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = Zeroizing::new(STANDARD.decode(encoded.trim()).ok()?);
    let (logon, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((logon.to_owned(), Zeroizing::new(password.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(value: &str) -> http::HeaderMap {
        let mut headers = http::HeaderMap::new();
        headers.insert(http::header::AUTHORIZATION, value.parse().unwrap());
        headers
    }

    #[test]
    fn credentials_are_read_as_rfc_7617_writes_them() {
        let (logon, password) = basic(&headers("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")).unwrap();
        assert_eq!((logon.as_str(), password.as_str()), ("Aladdin", "open sesame"));
        let (_, password) = basic(&headers("basic YTpiOmM=")).unwrap();
        assert_eq!(password.as_str(), "b:c", "a password may have colons");
        for wrong in ["Bearer QTpi", "Basic", "Basic !!!", "Basic QUI=", "Basic /w=="] {
            assert!(basic(&headers(wrong)).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_server_that_asks_for_a_program_is_judged_as_that_program() {
        let program: SocketAddr = "192.0.2.9:7".parse().unwrap();
        let remote = Some(Caller::Remote { address: program });
        let local = Some(Caller::Local { uid: 0, pid: None });
        let server = |name: &str| {
            Some(Caller::Server { name: name.to_owned(), address: "192.0.2.1:7".parse().unwrap() })
        };
        assert_eq!(on_behalf(local.clone(), Some(program)), remote);
        assert_eq!(on_behalf(server("moneyserver"), Some(program)), remote);
        assert_eq!(on_behalf(server("trackingserver"), Some(program)), remote);
        assert_eq!(on_behalf(server("portserver"), Some(program)), server("portserver"));
        assert_eq!(on_behalf(local.clone(), None), local);
        // Somebody from outside cannot speak for another address.
        let other = Some(Caller::Remote { address: "192.0.2.3:7".parse().unwrap() });
        assert_eq!(on_behalf(other.clone(), Some(program)), other);
        assert_eq!(on_behalf(None, Some(program)), None);
    }
}
