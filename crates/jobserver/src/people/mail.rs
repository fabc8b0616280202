//! What people are told by mail: the kinds of mails of the directory with their tags. One mail an event, by its key.

use domain::Timestamp;
use domain::mail::{Kind, Tags};
use domain::people::CostControl;
use domain::secret::Puk;
use domain::user::User;

use crate::failed::Failed;
use crate::mail;
use crate::state::State;

/// A mail to a person.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mail<'a> {
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
        Mail::Puk(puk) => {
            person(&mut tags, to).set("PUK", puk.expose());
            // A person has one open PUK at a time; each is another event.
            (Kind::Puk, format!("puk:{}:{now}", to.id))
        }
        Mail::CodeEnds { card, ends, number } => {
            let (day, time) = mail::day_and_time(ends);
            tags.set("DELETEDATE", &day).set("DELETETIME", &time);
            (Kind::IdExpires, format!("id-expires:{card}:{}:{number}", ends.0))
        }
        Mail::DelegateRequest { by, relation } => {
            delegate(&mut tags, by)
                .set("DELEGATELINK", "(until there is a page for it, ask your administrator to answer)");
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

fn delegate<'a>(tags: &'a mut Tags, by: &User) -> &'a mut Tags {
    let name = if by.full_name.is_empty() { by.logon.as_str() } else { &by.full_name };
    tags.set("DELEGATEUSER", name)
}

fn person<'a>(tags: &'a mut Tags, user: &User) -> &'a mut Tags {
    let accounting = match user.profile.cost_control {
        CostControl::None => 0,
        CostControl::Tracking => 1,
        CostControl::Pay => 2,
    };
    tags.set_choice("ACCOUNTINGMODEL", accounting)
        .set_choice("ENCRYPTION", usize::from(user.profile.encrypt))
        .set_choice("LOGINWITHOUTPIN", usize::from(user.profile.login_without_pin))
        .set_choice("PRINTALL", usize::from(user.print_all_at_login))
}
