//! Pages that mails lead to: people answer requests for delegation without a password, by a signed link.
//!
//! A link is for one person, one request and some days; its signature is an HMAC with a key of the installation. Looking at it (GET)
//! changes nothing, because mail scanners follow links; the answer is a form that is sent (POST). An answered request takes no
//! second answer, so a link is of use once. The listener is HTTPS, off unless a port is configured, and makes
//! addresses wait that send wrong links.

use std::net::IpAddr;

use domain::event::Severity;
use domain::people::delegate::{Agreement, Delegate, DelegateId};
use domain::people::link::DelegateLink;
use domain::user::User;
use domain::{Timestamp, UserId};
use service::Context;
use service::web::{self, Method, Page, PageRequest, StatusCode, escape};

use crate::failed::Failed;
use crate::people::delegates::delegate_answer;
use crate::state::{Jobserver, State};

/// Name of the listener in [`Context::address`].
pub(crate) const LINKS: &str = "links";
/// Where requests for delegation are answered.
const DELEGATE: &str = "/delegate/";

/// Opens the listener on `port` and serves it until the stop; port 0 is none.
///
/// # Errors
/// When the port cannot be opened.
pub(crate) async fn start<C: Clone + Send + Sync + 'static>(
    context: &Context<C>,
    server: Jobserver,
    port: u16,
) -> anyhow::Result<()> {
    if port == 0 {
        return Ok(());
    }
    let listener = context.listen_tcp(LINKS, port).await?;
    let answer = move |request: PageRequest| {
        let server = server.clone();
        async move { respond(&server, request).await }
    };
    let (tls, stop, tasks) = (context.tls.clone(), context.stop.clone(), context.tasks.clone());
    context.tasks.spawn(web::serve(listener, tls, stop, tasks, answer));
    Ok(())
}

/// The address for a mail to `person` that lets them answer the request; `None` when no address of the pages is set.
pub(crate) fn delegate_link(state: &State, relation: DelegateId, person: UserId) -> Option<String> {
    let settings = state.settings();
    let url = settings.links_url();
    if url.is_empty() {
        return None;
    }
    let ends = state.now().plus(settings.links_valid());
    let link = DelegateLink { relation, person, ends };
    let text = link.text(&state.keys.link_signature(&link.claim()));
    Some(format!("{}{DELEGATE}{text}", url.trim_end_matches('/')))
}

async fn respond(server: &Jobserver, request: PageRequest) -> Page {
    let Some(text) = request.path.strip_prefix(DELEGATE).map(str::to_owned) else {
        return page(
            StatusCode::NOT_FOUND,
            "Nothing here",
            "<p>Pages of this server are reached from its mails.</p>",
        );
    };
    let (peer, now_us) = (request.peer, server.0.now().0);
    if server.0.links.check(peer, now_us).is_err() {
        let text = "<p>Too many wrong links came from your address. Try again in some minutes.</p>";
        return page(StatusCode::TOO_MANY_REQUESTS, "Please wait", text);
    }
    let asked = server.blocking(move |state| asked(state, &text)).await;
    match asked {
        Ok(Asked::Wrong) => {
            server.0.links.note(peer, now_us);
            let text = "<p>This link is not complete. Copy it from the mail as a whole.</p>";
            page(StatusCode::NOT_FOUND, "Wrong link", text)
        }
        Ok(Asked::Over(why)) => {
            page(StatusCode::GONE, "This link is of no more use", &format!("<p>{why}</p>"))
        }
        Ok(Asked::Open(open)) if request.method == Method::POST => {
            answer(server, *open, &request.body, peer).await
        }
        Ok(Asked::Open(open)) => question(&open),
        Err(failed) => unavailable(&failed),
    }
}

/// What a link leads to.
enum Asked {
    /// Nothing: it was not made here.
    Wrong,
    /// It was good, and is no more.
    Over(&'static str),
    Open(Box<Open>),
}

/// A request that waits for this person's answer.
struct Open {
    relation: Delegate,
    /// Who answers.
    person: User,
    /// Who asked.
    asker: User,
}

/// Judges a link. Blocks.
fn asked(state: &State, text: &str) -> Result<Asked, Failed> {
    let Some((link, signature)) = DelegateLink::parse(text) else { return Ok(Asked::Wrong) };
    if !state.keys.link_is(&link.claim(), &signature) {
        return Ok(Asked::Wrong);
    }
    if state.now() >= link.ends {
        return Ok(Asked::Over("Its time is over. Ask the other person to send the request again."));
    }
    let answered = Asked::Over("The request has been answered or taken back.");
    let Some(relation) = state.store.delegate_show(link.relation)? else { return Ok(answered) };
    if relation.awaits() != Some(link.person) {
        return Ok(answered);
    }
    if relation.ends.is_some_and(|ends| ends <= state.now()) {
        return Ok(Asked::Over("The delegation would have ended already."));
    }
    let other = if relation.submitter == link.person { relation.collector } else { relation.submitter };
    let person = state.store.user_show(link.person)?.map(|(user, _)| user);
    let asker = state.store.user_show(other)?.map(|(user, _)| user);
    let (Some(person), Some(asker)) = (person, asker) else { return Ok(answered) };
    if person.prevent_login || !state.settings().delegates_enabled() {
        return Ok(Asked::Over("Delegation is not open to you now. Ask your administrator."));
    }
    Ok(Asked::Open(Box::new(Open { relation, person, asker })))
}

fn question(open: &Open) -> Page {
    let asker = format!("<b>{}</b>", named(&open.asker));
    let what = match open.relation.state {
        Agreement::AskedBySubmitter => {
            format!("{asker} asks you to collect documents for them at the printer.")
        }
        Agreement::AskedByCollector | Agreement::Accepted => {
            format!("{asker} asks to collect documents that you print.")
        }
    };
    let always = if open.relation.always { "<p>It is meant for every document.</p>" } else { "" };
    let ends =
        open.relation.ends.map_or_else(String::new, |ends| format!("<p>It ends on {}.</p>", local(ends)));
    let content = format!(
        "<p>Hello {},</p><p>{what}</p>{always}{ends}\
         <form method=\"post\"><button name=\"answer\" value=\"accept\">Accept</button> \
         <button name=\"answer\" value=\"reject\" class=\"no\">Reject</button></form>",
        named(&open.person)
    );
    page(StatusCode::OK, "Print delegation", &content)
}

async fn answer(server: &Jobserver, open: Open, body: &[u8], peer: IpAddr) -> Page {
    let accept = match body {
        b"answer=accept" => true,
        b"answer=reject" => false,
        _ => {
            return page(
                StatusCode::BAD_REQUEST,
                "Not understood",
                "<p>Use one of the buttons of the page.</p>",
            );
        }
    };
    let Open { relation, person, asker } = open;
    let (answering, asking) = (person.clone(), asker.clone());
    let answered = server.blocking(move |state| {
        delegate_answer(state, &relation, Some(answering.id), (&asking, &answering), accept)
    });
    let done = if accept { "accepted" } else { "rejected" };
    match answered.await {
        Ok(()) => {
            let subject =
                format!("{} {done} the delegation that {} asked for, by a link", person.logon, asker.logon);
            let event = server.0.events.event(Severity::Audit, "delegate-answer", &subject);
            server.0.events.audit_or_log(event.user(person.logon.as_str()).object(&peer.to_string())).await;
            let text =
                format!("<p>You have {done} the request of {}, who is told by mail.</p>", named(&asker));
            page(StatusCode::OK, if accept { "Accepted" } else { "Rejected" }, &text)
        }
        // Somebody was faster: the same link in two windows.
        Err(failed) if failed.kind != rpc::Kind::Unavailable && failed.kind != rpc::Kind::Internal => {
            let text = "<p>The request has been answered or taken back.</p>";
            page(StatusCode::GONE, "This link is of no more use", text)
        }
        Err(failed) => unavailable(&failed),
    }
}

fn unavailable(failed: &Failed) -> Page {
    tracing::warn!(%failed, "a page could not be shown");
    let text = "<p>The server cannot answer now. Open the link again in a moment.</p>";
    page(StatusCode::SERVICE_UNAVAILABLE, "Not now", text)
}

fn named(user: &User) -> String {
    let name = if user.full_name.is_empty() { user.logon.as_str() } else { &user.full_name };
    escape(name)
}

fn local(at: Timestamp) -> String {
    let (day, time) = crate::mail::day_and_time(at);
    format!("{day} {time}")
}

fn page(status: StatusCode, title: &str, content: &str) -> Page {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title} - Papergate</title>\
         <style>{STYLE}</style></head><body><main><h1>{title}</h1>{content}</main></body></html>\n"
    );
    Page { status, html }
}

const STYLE: &str = "body{font:17px/1.5 system-ui,sans-serif;margin:0;background:#f2f4f7;color:#1d2733}\
main{box-sizing:border-box;max-width:30rem;margin:4rem auto;padding:1.5rem 2rem 2rem;background:#fff;border:1px solid #d5dbe3;border-radius:8px}\
h1{font-size:1.4rem;margin:0 0 1rem}form{margin-top:1.5rem;display:flex;gap:.75rem}\
button{font:inherit;padding:.6rem 1.4rem;border-radius:6px;border:1px solid #1457a8;background:#1457a8;color:#fff;cursor:pointer}\
button.no{background:#fff;color:#1457a8}button:focus-visible{outline:3px solid #f5a623}\
@media(max-width:34rem){main{margin:0;border:0;border-radius:0;min-height:100vh}}";
