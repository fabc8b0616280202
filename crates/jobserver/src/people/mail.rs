//! What people are told by mail: the kinds of mails of the directory with their tags. One mail an event, by its key.

use domain::Timestamp;
use domain::mail::{Kind, Tags};
use domain::people::CostControl;
use domain::people::delegate::DelegateId;
use domain::secret::{CardCode, Pin, Puk};
use domain::user::User;

use crate::failed::Failed;
use crate::links;
use crate::mail;
use crate::state::State;

/// A mail to a person.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mail<'a> {
    /// Somebody was added, with this PIN; a PIN is known at this moment only.
    Welcome { pin: Option<&'a Pin> },
    /// A card or ID code was given to them; it is the `number`th of its call.
    Code { code: &'a CardCode, number: usize },
    /// The open PUK, and how to register with it.
    Puk(&'a Puk),
    /// A temporary code ends then; this is reminder number so and so.
    CodeEnds {
        /// Card in the store.
        card: i64,
        /// When it ends.
        ends: Timestamp,
        /// 1-3.
        number: u8,
    },
    /// Somebody asks for a delegation.
    DelegateRequest { by: &'a User, relation: i64 },
    /// A delegation was accepted.
    DelegateAccepted { by: &'a User, relation: i64 },
    /// A delegation was rejected.
    DelegateRejected { by: &'a User, relation: i64 },
}

/// Writes a mail down to be sent; `false` when none will come of it: none is wanted, or the person has no address.
pub(crate) fn send(state: &State, to: &User, told: Mail<'_>) -> Result<bool, Failed> {
    let mut tags = mail::tags_of(to);
    let now = state.now().0;
    let (kind, key) = match told {
        Mail::Welcome { pin } => {
            person(&mut tags, state, to, Kind::Welcome)?;
            if let Some(pin) = pin {
                tags.set("PIN", pin.expose());
            }
            (Kind::Welcome, format!("welcome:{}", to.id))
        }
        Mail::Code { code, number } => {
            tags.set("CARDNO", code.expose());
            (Kind::Code, format!("code:{}:{now}:{number}", to.id))
        }
        Mail::Puk(puk) => {
            person(&mut tags, state, to, Kind::Puk)?;
            tags.set("PUK", puk.expose());
            // A person has one open PUK at a time; each is another event.
            (Kind::Puk, format!("puk:{}:{now}", to.id))
        }
        Mail::CodeEnds { card, ends, number } => {
            let (day, time) = mail::day_and_time(ends);
            tags.set("DELETEDATE", &day).set("DELETETIME", &time);
            (Kind::IdExpires, format!("id-expires:{card}:{}:{number}", ends.0))
        }
        Mail::DelegateRequest { by, relation } => {
            let link = links::delegate_link(state, DelegateId(relation), to.id);
            let link =
                link.as_deref().unwrap_or("(there is no page for it here: ask your administrator to answer)");
            delegate(&mut tags, by).set("DELEGATELINK", link);
            (Kind::DelegateRequest, format!("delegate:{relation}:request"))
        }
        Mail::DelegateAccepted { by, relation } => {
            delegate(&mut tags, by);
            (Kind::DelegateAccept, format!("delegate:{relation}:accept"))
        }
        Mail::DelegateRejected { by, relation } => {
            delegate(&mut tags, by);
            (Kind::DelegateReject, format!("delegate:{relation}:reject"))
        }
    };
    mail::send(state, kind, &to.email, &tags, &key)
}

/// Tells somebody who was added, and given these codes and this PIN. What was done must not fail for a mail.
pub(crate) fn added(state: &State, user: &User, codes: &[CardCode], pin: Option<&Pin>) {
    let welcome = send(state, user, Mail::Welcome { pin }).map(drop);
    if let Err(failed) = welcome.and_then(|()| codes_given(state, user, codes)) {
        tracing::warn!(user.logon = %user.logon, %failed, "a new person could not be told by mail");
    }
}

/// Tells somebody their new cards and ID codes, where there is a template for it.
pub(crate) fn codes_given(state: &State, user: &User, codes: &[CardCode]) -> Result<(), Failed> {
    for (number, code) in codes.iter().enumerate() {
        send(state, user, Mail::Code { code, number })?;
    }
    Ok(())
}

fn delegate<'a>(tags: &'a mut Tags, by: &User) -> &'a mut Tags {
    let name = if by.full_name.is_empty() { by.logon.as_str() } else { &by.full_name };
    tags.set("DELEGATEUSER", name)
}

/// What mails about a person may say of them.
fn person(tags: &mut Tags, state: &State, user: &User, kind: Kind) -> Result<(), Failed> {
    if mail::uses(state, kind, "GROUPNAME") {
        let tree = state.store.units_tree()?;
        let groups = state.store.groups_of(user.id, user.unit, &tree)?;
        let names: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
        tags.set("GROUPNAME", &names.join(", "));
    }
    if mail::uses(state, kind, "CREDITS")
        && let Some(credits) = crate::charge::credits(state, user)
    {
        tags.set("CREDITS", &credits.to_string());
    }
    let minutes = state.settings().retention().delete_after.unwrap_or_default().as_secs() / 60;
    let accounting = match user.profile.cost_control {
        CostControl::NoCost => 0,
        CostControl::Tracking => 1,
        CostControl::Pay => 2,
    };
    tags.set("JOBDELETEDAYS", &(minutes / 1_440).to_string())
        .set("JOBDELETEHOURS", &(minutes / 60 % 24).to_string())
        .set("JOBDELETEMINUTES", &(minutes % 60).to_string())
        .set_choice("ACCOUNTINGMODEL", accounting)
        .set_choice("ENCRYPTION", usize::from(user.profile.encrypt))
        .set_choice("LOGINWITHOUTPIN", usize::from(user.profile.login_without_pin))
        .set_choice("PRINTALL", usize::from(user.print_all_at_login));
    Ok(())
}
