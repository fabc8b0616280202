//! Domain values as records of the protocol, and back.

use std::collections::BTreeMap;

use domain::JobId;
use domain::device::LoginMethods;
use domain::job::Ticket;
use domain::login::{Credential, LoginRefused};
use domain::people::access::Function;
use domain::people::group::Standing;
use domain::people::puk::RegisterRefused;
use domain::secret::{CardCode, Password, Pin, Puk, SecretError};
use domain::user::User;
use wire::safecom::records::{
    self, DelegateAction, DelegateSide, DelegateState, LoginMethod, Progress, Step, mark, right,
};
use wire::safecom::{Answer, Ids, Status};

use crate::client;
use crate::failed::Failed;
use crate::people::delegates::{OwnDelegate, Side, Wish};
use crate::people::puk::{RegisterBy, RegisterRequest};
use crate::session::{Document, PrintEvent};
use crate::submit::Submission;

/// A failure as the protocol says it.
pub(super) fn refusal(failed: Failed) -> Answer {
    Answer::refused(status(failed.status), failed.message)
}

/// A status of the rules as one of the table. The rules only use numbers of the table; were it otherwise, it would
/// be a general failure.
pub(super) fn status(status: domain::Status) -> Status {
    Status::from_peer(status.0)
}

/// Who the server is.
pub(super) fn server_info(
    info: client::ServerInfo,
    now: service::Timestamp,
    with_queues: bool,
) -> records::ServerInfo {
    let features = info.registers_by_login.then(|| records::REGISTER_BY_LOGIN.to_owned());
    records::ServerInfo {
        name: info.computer_name,
        product: format!("Papergate {}", info.version),
        group: info.group,
        time_us: now.0,
        features: features.into_iter().collect(),
        queues: if with_queues { info.queues } else { vec![] },
    }
}

/// What a server that cannot read its own settings says of itself.
pub(super) fn server_unknown(now: service::Timestamp) -> records::ServerInfo {
    records::ServerInfo {
        name: String::new(),
        product: format!("Papergate {}", env!("CARGO_PKG_VERSION")),
        group: String::new(),
        time_us: now.0,
        features: vec![],
        queues: vec![],
    }
}

/// The ways to log in at a device.
pub(super) fn login_methods(methods: LoginMethods) -> Vec<LoginMethod> {
    let LoginMethods { card, code, logon } = methods;
    [(card, LoginMethod::Card), (code, LoginMethod::Code), (logon, LoginMethod::Logon)]
        .into_iter()
        .filter_map(|(allowed, method)| allowed.then_some(method))
        .collect()
}

/// What came with a login: the credential, and the PIN of a card or code.
///
/// # Errors
/// [`SecretError`] when something has a form that nobody's secret has.
pub(super) fn credential(login: &records::Login) -> Result<(Credential, Option<Pin>), SecretError> {
    let id = login.id.expose();
    let secret = login.secret.as_ref().map(wire::safecom::Secret::expose).unwrap_or_default();
    let pin = || (!secret.is_empty()).then(|| Pin::parse(secret)).transpose();
    Ok(match login.method {
        LoginMethod::Card => (Credential::Card(CardCode::parse(id)?), pin()?),
        LoginMethod::Code => (Credential::Code(CardCode::parse(id)?), pin()?),
        LoginMethod::Logon => {
            (Credential::Logon { logon: id.to_owned(), password: Password::parse(secret)? }, None)
        }
    })
}

/// What was typed to register a card or code.
///
/// # Errors
/// Status 65 for a way the device does not offer or a logon, 50 for a PUK that cannot be one, 16 for such a PIN.
pub(super) fn register(
    methods: LoginMethods,
    register: &records::Register,
) -> Result<RegisterRequest, Failed> {
    let code = registered(methods, register.method, &register.id)?;
    let puk = Puk::parse(register.puk.expose()).map_err(|_| Failed::from(RegisterRefused::PukWrong))?;
    let (one, again) = (register.pin.as_ref(), register.pin_again.as_ref());
    let (pin, pin_again) = (one.map(pin).transpose()?, again.map(pin).transpose()?);
    Ok(RegisterRequest { code, by: RegisterBy::Puk(puk), pin, pin_again })
}

/// What was typed to register a card or code by login.
///
/// # Errors
/// Status 65 for a way the device does not offer or a logon, 15 for a password that cannot be one, 16 for such a PIN.
pub(super) fn register_by_login(
    methods: LoginMethods,
    register: &records::RegisterByLogin,
) -> Result<RegisterRequest, Failed> {
    let code = registered(methods, register.method, &register.id)?;
    let password = Password::parse(register.password.expose())
        .map_err(|_| Failed::from(LoginRefused::UserOrPasswordWrong))?;
    let (one, again) = (register.pin.as_ref(), register.pin_again.as_ref());
    let (pin, pin_again) = (one.map(pin).transpose()?, again.map(pin).transpose()?);
    let by = RegisterBy::Login { logon: register.logon.clone(), password };
    Ok(RegisterRequest { code, by, pin, pin_again })
}

/// The card or code that is to be registered.
fn registered(
    methods: LoginMethods,
    method: LoginMethod,
    id: &wire::safecom::Secret,
) -> Result<CardCode, Failed> {
    let offered = match method {
        LoginMethod::Card => methods.card,
        LoginMethod::Code => methods.code,
        LoginMethod::Logon => false,
    };
    if !offered {
        return Err(LoginRefused::MethodNotAllowed.into());
    }
    CardCode::parse(id.expose())
        .map_err(|error| Failed::refused(domain::Status::CARD_UNKNOWN, error.to_string()))
}

/// The old PIN, when one was typed, and the new one twice.
///
/// # Errors
/// Status 16 for a new PIN that cannot be one, 50 for such an old one.
pub(super) fn pin_change(change: &records::PinChange) -> Result<(Option<Pin>, Pin, Pin), Failed> {
    let old = change.old.as_ref().map(|old| Pin::parse(old.expose())).transpose();
    let old = old.map_err(|_| Failed::from(LoginRefused::PinWrong))?;
    Ok((old, pin(&change.pin)?, pin(&change.pin_again)?))
}

/// A delegation as the person sees it.
pub(super) fn delegation(own: &OwnDelegate) -> records::Delegation {
    let (relation, other) = (&own.relation, &own.other);
    let state = match relation.awaits() {
        None => DelegateState::Accepted,
        Some(awaited) if awaited == other.id => DelegateState::AwaitsOther,
        Some(_) => DelegateState::AwaitsPerson,
    };
    records::Delegation {
        person: crate::charge::holder(other),
        full_name: other.full_name.clone(),
        side: match own.side {
            Side::Submitter => DelegateSide::Submitter,
            Side::Collector => DelegateSide::Collector,
        },
        always: relation.always,
        ends_us: relation.ends.map(|ends| ends.0),
        state,
    }
}

/// What a person wants of a delegation, and on which side of it they stand.
pub(super) fn wish(asked: &records::Delegate) -> (Side, Wish) {
    let side = match asked.side {
        DelegateSide::Submitter => Side::Submitter,
        DelegateSide::Collector => Side::Collector,
    };
    let wish = match asked.action {
        DelegateAction::Ask => Wish::Ask { always: asked.always, ends: asked.ends_us.map(domain::Timestamp) },
        DelegateAction::Accept => Wish::Accept,
        DelegateAction::Reject => Wish::Reject,
        DelegateAction::End => Wish::End,
    };
    (side, wish)
}

/// A new PIN.
fn pin(text: &wire::safecom::Secret) -> Result<Pin, Failed> {
    Pin::parse(text.expose()).map_err(|error| Failed::refused(domain::Status::PIN_NEEDED, error.to_string()))
}

/// Bits of what a person may do here.
fn rights(user: &User) -> u32 {
    let functions = [
        (Function::PrintAll, right::PRINT_ALL),
        (Function::Copy, right::COPY),
        (Function::CopyColor, right::COPY_COLOR),
        (Function::Email, right::EMAIL),
        (Function::Scan, right::SCAN),
        (Function::Fax, right::FAX),
        (Function::UsbPrint, right::USB),
    ];
    let allowed = functions.into_iter().filter(|(function, _)| user.profile.access.allows(*function));
    let settings = if user.profile.change_settings { right::CHANGE_SETTINGS } else { 0 };
    allowed.fold(right::PRINT | settings, |bits, (_, bit)| bits | bit)
}

/// The person, as a panel shows them.
pub(super) fn user(
    user: &User,
    documents: i64,
    print_all: bool,
    balance: Option<domain::Money>,
) -> records::User {
    records::User {
        logon: user.logon.as_str().to_owned(),
        full_name: user.full_name.clone(),
        rights: rights(user),
        documents: u32::try_from(documents).unwrap_or(if documents < 0 { 0 } else { u32::MAX }),
        print_all,
        domain: (!user.domain.is_empty()).then(|| user.domain.clone()),
        balance: balance.map(|balance| balance.0),
    }
}

/// A held document, as a panel shows it.
pub(super) fn document(document: Document) -> records::Document {
    let mut marks = 0;
    let held_again = !document.message.is_empty();
    for (bit, is) in [
        (mark::RETAINED, document.retained),
        (mark::LOCKED, document.printing),
        (mark::COLOR, document.color == Some(true)),
        (mark::DUPLEX, document.duplex == Some(true)),
        (mark::HELD_AGAIN, held_again),
        (mark::DELEGATE, document.standing == Standing::Delegate),
        (mark::GROUP, matches!(document.standing, Standing::Member { .. })),
        (mark::PRINT_ONCE, document.standing == Standing::Member { once: true }),
        (mark::DRIVER_UNKNOWN, document.doubtful),
    ] {
        if is {
            marks |= bit;
        }
    }
    records::Document {
        id: id(document.id),
        name: document.name,
        submitted_us: document.created.0,
        bytes: u64::try_from(document.bytes).unwrap_or(0),
        marks,
        copies: u16::try_from(document.copies).unwrap_or(1),
        pages: document.pages.and_then(|pages| u32::try_from(pages).ok()),
        color_pages: None,
        reason: held_again.then_some(document.message),
        owner: (document.standing != Standing::Owner).then_some(document.owner),
        price: document.price.map(|price| price.0),
        driver: (!document.driver.is_empty()).then_some(document.driver),
    }
}

/// A document's number on the wire.
pub(super) fn id(job: JobId) -> u64 {
    u64::try_from(job.0).unwrap_or(0)
}

/// Numbers from the wire as documents; one that no document can have becomes 0, which is none's.
pub(super) fn jobs(ids: &Ids) -> Vec<JobId> {
    ids.0.iter().map(|id| JobId(i64::try_from(*id).unwrap_or(0))).collect()
}

/// News of a run as the protocol says it; none for what a panel is told otherwise.
pub(super) fn progress(event: &PrintEvent) -> Option<Progress> {
    let plain = |job: JobId, step: Step| Progress {
        document: id(job),
        step,
        sent: 0,
        total: None,
        status: Status::Done,
        text: String::new(),
    };
    match event {
        PrintEvent::Started { job, .. } => Some(plain(*job, Step::Started)),
        PrintEvent::Progress { job, sent, total } => {
            Some(Progress { sent: *sent, total: Some(*total), ..plain(*job, Step::Sending) })
        }
        PrintEvent::Stopped { job, message } => Some(Progress {
            status: Status::DeviceUnavailable,
            text: message.clone(),
            ..plain(*job, Step::Stopped)
        }),
        PrintEvent::Printed { job } => Some(plain(*job, Step::Printed)),
        PrintEvent::Failed { job, status: code, message } => {
            Some(Progress { status: status(*code), text: message.clone(), ..plain(*job, Step::Failed) })
        }
        PrintEvent::Warned { .. } | PrintEvent::Stream(_) | PrintEvent::Done { .. } => None,
    }
}

/// A document that a program announces.
pub(super) fn submission(submit: records::Submit, source_host: String) -> Submission {
    Submission {
        described_at_end: false,
        submission_id: submit.submission,
        queue: submit.queue,
        network_logon: String::new(),
        name: submit.name,
        source_host,
        source_protocol: "safecom".to_owned(),
        document_format: submit.format,
        ticket: Ticket {
            copies: submit.copies.map_or(0, i32::from),
            sides: submit.sides.unwrap_or_default(),
            print_color_mode: submit.color_mode.unwrap_or_default(),
            media: submit.media.unwrap_or_default(),
            attributes: BTreeMap::new(),
        },
        authenticated: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::safecom::Secret;

    fn login(method: LoginMethod, id: &str, secret: Option<&str>) -> records::Login {
        records::Login { method, id: Secret::new(id), secret: secret.map(Secret::new) }
    }

    #[test]
    fn what_came_with_a_login_is_parsed_once() {
        let (card, pin) = credential(&login(LoginMethod::Card, "0123", None)).unwrap();
        assert!(matches!(card, Credential::Card(code) if code.expose() == "0123") && pin.is_none());
        let (code, pin) = credential(&login(LoginMethod::Code, "Ab", Some("12x4"))).unwrap();
        assert!(matches!(code, Credential::Code(code) if code.expose() == "Ab"));
        assert_eq!(pin.unwrap().expose(), "12x4");
        let (person, pin) = credential(&login(LoginMethod::Logon, "D\\js", Some("pw"))).unwrap();
        assert!(matches!(person, Credential::Logon { logon, .. } if logon == "D\\js") && pin.is_none());
        assert!(credential(&login(LoginMethod::Card, "", None)).is_err());
        assert!(credential(&login(LoginMethod::Card, "1", Some("12345"))).is_err());
        assert!(credential(&login(LoginMethod::Logon, "js", None)).is_err());
    }

    #[test]
    fn every_status_of_the_rules_is_in_the_table() {
        for code in
            [0, 1, 5, 12, 14, 15, 16, 17, 22, 45, 46, 50, 51, 52, 53, 54, 55, 56, 65, 81, 107, 200, 203, 423]
        {
            assert_eq!(status(domain::Status(code)).code(), code);
        }
    }

    #[test]
    fn a_number_that_no_document_has_is_nobodys() {
        assert_eq!(jobs(&Ids(vec![7, u64::MAX])), [JobId(7), JobId(0)]);
    }
}
