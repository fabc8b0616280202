//! Somebody at the panel: log in, list, keep, delete, print, copy, scan, fax, e-mail, log out.

mod panel;
mod report;
pub(crate) mod work;

use service::Clock;
use wire::safecom::records::{
    Delete, Documents, Login, LoginAnswer, LoginMethod, LoginStep, PinChange, Print, PrintAnswer, Register,
    RegisterByLogin, Retain,
};
use wire::safecom::{Answer, Ids, Request, Secret, Status};

use crate::arguments::SessionArguments;
use crate::failure::Failure;
use crate::line::Line;
use crate::secret;
use crate::serve::engine::Engine;

use panel::Panel;
use report::Report;

/// Does what the command line asks, in the order log in, list, keep, delete, print, copy and the like, log out.
pub(crate) async fn run(arguments: SessionArguments) -> Result<(), Failure> {
    let clock = Clock::system();
    let device_secret = secret::device(&arguments.device)?;
    let engine = match &arguments.out {
        Some(directory) => Some(Engine::new(directory, crate::fault::Faults::default(), clock.clone())?),
        None => None,
    };
    let line = Line::open(&arguments.device, &device_secret, engine.is_some()).await?;
    let report = Report::new(arguments.json, clock);
    let mut panel = Panel::new(line, &arguments.device.server, report, engine.as_ref());
    let outcome = at_panel(&mut panel, &arguments).await;
    if let Err(Failure::Refused { status, text }) = &outcome {
        panel.report.refused(*status, text);
    }
    // A panel that died says nothing any more.
    if !matches!(outcome, Err(Failure::Died)) {
        panel.leave().await;
    }
    outcome
}

async fn at_panel(panel: &mut Panel<'_>, arguments: &SessionArguments) -> Result<(), Failure> {
    if arguments.register.is_some() || arguments.register_logon.is_some() {
        register(panel, arguments).await?;
    }
    let at_login = log_in(panel, arguments).await?;
    if let Some(new) = &arguments.change_pin {
        let (old, pin) = (arguments.pin.as_deref().map(Secret::new), Secret::new(new.as_str()));
        let change = PinChange { old, pin_again: pin.clone(), pin };
        let id = panel.ask(Request::PinChange(change))?;
        let Answer::Done = panel.answer(id).await? else { return Err(panel.nonsense()) };
        panel.report.pin_changed();
    }
    if arguments.list {
        let id = panel.ask(Request::Documents(Documents { after_id: 0, limit: 0 }))?;
        panel.documents(id).await?;
    }
    for (ids, keep) in [(&arguments.retain, true), (&arguments.delete, false)] {
        if ids.is_empty() {
            continue;
        }
        let documents = Ids(ids.clone());
        let request = match keep {
            true => Request::Retain(Retain { documents, retain: true }),
            false => Request::Delete(Delete { documents }),
        };
        let id = panel.ask(request)?;
        let Answer::Changed(changed) = panel.answer(id).await? else { return Err(panel.nonsense()) };
        panel.report.changed(if keep { "retained" } else { "deleted" }, changed.changed, changed.refused);
        if !changed.refused.is_done() {
            let text = changed.refused.meaning().to_owned();
            return Err(Failure::Refused { status: changed.refused, text });
        }
    }
    let mut tally = at_login.unwrap_or(PrintAnswer { printed: 0, failed: 0 });
    if arguments.print_all || !arguments.print.is_empty() {
        let documents = Ids(arguments.print.clone());
        let print = Print {
            documents,
            copies: arguments.copies,
            mono: arguments.mono,
            duplex: arguments.duplex,
            toner_save: arguments.toner_save.then_some(true),
        };
        panel.report.tap(None);
        let id = panel.ask(Request::Print(print))?;
        panel.stop_at(id, arguments.stop_at);
        let Answer::Print(run) = panel.answer(id).await? else { return Err(panel.nonsense()) };
        tally.printed += run.printed;
        tally.failed += run.failed;
    }
    work::all(panel, arguments).await?;
    let id = panel.ask(Request::Logout)?;
    panel.answer(id).await?;
    panel.report.logout(tally.printed, tally.failed);
    match tally.failed {
        0 => Ok(()),
        failed => Err(Failure::NotPrinted { printed: tally.printed, failed }),
    }
}

/// Registers a card or code with a PUK, or with logon and password.
async fn register(panel: &mut Panel<'_>, arguments: &SessionArguments) -> Result<(), Failure> {
    let (method, id) = match (&arguments.card, &arguments.code) {
        (Some(card), _) => (LoginMethod::Card, card),
        (_, Some(code)) => (LoginMethod::Code, code),
        (None, None) => return Err(Failure::Usage("registering needs --card or --code".to_owned())),
    };
    let (id, typed) = (Secret::new(id.as_str()), arguments.pin.as_deref());
    let pin = typed.map(Secret::new);
    let pin_again = arguments.pin_again.as_deref().or(typed).map(Secret::new);
    let request = match (&arguments.register, &arguments.register_logon) {
        (Some(puk), _) => {
            Request::Register(Register { method, id, puk: Secret::new(puk.as_str()), pin, pin_again })
        }
        (None, logon) => {
            let password = secret::password(arguments.password_file.as_deref())?;
            let (logon, password) = (logon.clone().unwrap_or_default(), Secret::new(password.as_str()));
            Request::RegisterByLogin(RegisterByLogin { method, id, logon, password, pin, pin_again })
        }
    };
    let id = panel.ask(request)?;
    let Answer::Done = panel.answer(id).await? else { return Err(panel.nonsense()) };
    panel.report.registered();
    Ok(())
}

/// Logs in; when the server prints everything at once, waits for that and returns how it went.
async fn log_in(panel: &mut Panel<'_>, arguments: &SessionArguments) -> Result<Option<PrintAnswer>, Failure> {
    let (method, id) = match (&arguments.card, &arguments.code, &arguments.logon) {
        (Some(card), _, _) => (LoginMethod::Card, card),
        (_, Some(code), _) => (LoginMethod::Code, code),
        (_, _, Some(logon)) => (LoginMethod::Logon, logon),
        (None, None, None) => return Err(Failure::Usage("nobody is at the panel".to_owned())),
    };
    let mut given = match method {
        LoginMethod::Logon => {
            Some(Secret::new(secret::password(arguments.password_file.as_deref())?.as_str()))
        }
        LoginMethod::Card | LoginMethod::Code => arguments.pin.as_deref().map(Secret::new),
    };
    let mut asked = false;
    loop {
        let shown = panel.report.now();
        panel.report.present(method);
        let login = Login { method, id: Secret::new(id.as_str()), secret: given.take() };
        let request = panel.ask(Request::Login(login))?;
        let Answer::Login(answer) = panel.answer(request).await? else { return Err(panel.nonsense()) };
        match answer {
            LoginAnswer { step: LoginStep::LoggedIn, user: Some(user), .. } => {
                let print_all = user.print_all;
                panel.report.login(&user);
                if !print_all {
                    return Ok(None);
                }
                // The card itself was the wish to print.
                panel.report.tap(Some(shown));
                let Answer::Login(end) = panel.answer(request).await? else { return Err(panel.nonsense()) };
                let (printed, failed) = (end.printed.unwrap_or(0), end.failed.unwrap_or(0));
                return Ok(Some(PrintAnswer { printed, failed }));
            }
            LoginAnswer { step: LoginStep::PinWanted, .. } if !asked && secret::can_ask() => {
                asked = true;
                given = Some(Secret::new(secret::ask("PIN")?.as_str()));
            }
            LoginAnswer { step: LoginStep::PinWanted, .. } => {
                let text = "this person has a PIN; give it with --pin".to_owned();
                return Err(Failure::Refused { status: Status::NoResponse, text });
            }
            LoginAnswer { .. } => return Err(panel.nonsense()),
        }
    }
}
