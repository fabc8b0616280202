//! PUK codes and ID codes as they are, where the caller may see them.

use domain::people::rights::CodeRights;
use domain::secret::CardCode;
use domain::user::User;
use domain::{Status, Timestamp, UserId};
use rpc::Kind;
use rpc::proto::common::Empty;
use rpc::proto::people as message;
use storage::core::{IdRow, NewCard};

use super::super::actor::{Actor, code_right};
use super::super::{convert, users};
use super::{PAGE_ROWS, Stream, pages};
use crate::failed::Failed;
use crate::people::mail::{self, Mail};
use crate::people::puk;
use crate::state::{Jobserver, State};

/// What is shown of a code the caller may not see.
const MASK: &str = "****";
/// Tries to find a generated code that nobody has.
const TRIES_MAX: usize = 50;

pub(super) fn puk_new(
    state: &State,
    actor: &Actor,
    request: message::PukNewRequest,
) -> Result<message::Puk, Failed> {
    let rights = actor.codes(state);
    code_right(rights.add, "generate")?;
    let user = users::find(state, &request.logon)?;
    if request.mail && user.email.is_empty() {
        return Err(Failed::invalid(format!("'{}' has no e-mail address to send the PUK to", user.logon)));
    }
    let (puk, effect) = puk::make(state, &user)?;
    state.owners_forget();
    let mailed = request.mail && mail::send(state, &user, Mail::Puk(&puk))?;
    let puk = if rights.visible { puk.expose() } else { MASK };
    Ok(message::Puk {
        logon: user.logon.to_string(),
        puk: puk.to_owned(),
        removed_ids: effect.removes_ids,
        mailed,
    })
}

pub(super) fn puk_reveal(
    state: &State,
    actor: &Actor,
    request: message::PukRevealRequest,
) -> Result<message::Puk, Failed> {
    let user = users::find(state, &request.logon)?;
    let puk = puk_text(state, actor.codes(state), user.id)?;
    Ok(message::Puk { logon: user.logon.to_string(), puk, removed_ids: false, mailed: false })
}

/// A person's open PUK as these rights see it; empty when there is none.
pub(super) fn puk_text(state: &State, rights: CodeRights, user: UserId) -> Result<String, Failed> {
    let Some(sealed) = state.store.puk_sealed(user)? else { return Ok(String::new()) };
    let puk = state.puk_unseal(&sealed).filter(|_| rights.visible);
    Ok(puk.map_or_else(|| MASK.to_owned(), |puk| puk.expose().to_owned()))
}

pub(super) fn puk_clear(
    state: &State,
    actor: &Actor,
    request: message::PukClearRequest,
) -> Result<Empty, Failed> {
    code_right(actor.codes(state).remove, "clear")?;
    let user = users::find(state, &request.logon)?;
    if !state.store.puk_clear(user.id)? {
        let text = format!("'{}' has no open PUK", user.logon);
        return Err(Failed::not_found(Status::CARD_UNKNOWN, text));
    }
    Ok(Empty {})
}

/// Makes an ID code by the pattern and registers it; it is shown this once to whoever asked for it.
pub(super) fn generate(
    state: &State,
    request: message::CodeGenerateRequest,
) -> Result<message::IdCode, Failed> {
    let user = users::find(state, &request.logon)?;
    let settings = state.settings();
    let now = state.now();
    let ends = settings.code_lifetime().map(|lifetime| now.plus(lifetime));
    for _ in 0..TRIES_MAX {
        let code = state.card_generated();
        let card = NewCard {
            user: user.id,
            code_hash: state.card_hash(&code),
            code_sealed: state.card_seal(&code),
            starts: None,
            ends,
            created: now,
        };
        match state.store.card_add(&card, settings.cards_max()) {
            Ok(Some(id)) => {
                mail::codes_given(state, &user, std::slice::from_ref(&code))?;
                return Ok(message::IdCode {
                    id: id.0,
                    code: code.expose().to_owned(),
                    temporary: ends.is_some(),
                    ends_us: convert::micros(ends),
                    ..of(&user)
                });
            }
            Ok(None) => {
                let text = format!("'{}' has as many cards as are allowed", user.logon);
                return Err(Failed::refused(Status::TOO_MANY_CARDS, text));
            }
            Err(error) if error.is_conflict_on("code") => {}
            Err(error) => return Err(error.into()),
        }
    }
    let text = "no free ID code was found; make cards.code-pattern longer";
    Err(Failed::new(Kind::Conflict, Status::CARD_EXISTS, text))
}

/// Streams codes of one person or of everybody.
pub(super) async fn reveal(
    server: &Jobserver,
    actor: &Actor,
    request: message::CodeRevealRequest,
) -> Result<Stream<message::IdCodePage>, Failed> {
    let rights = actor.codes(&server.0);
    if request.export {
        code_right(rights.export, "export")?;
    }
    let temporary = request.temporary;
    let user = match request.logon.as_str() {
        "" => None,
        _ => Some(server.blocking(move |state| users::find(state, &request.logon)).await?),
    };
    let state = server.0.clone();
    let mut after = Some(0);
    Ok(pages(move || {
        let Some(last) = after else { return Ok(None) };
        if let Some(user) = &user {
            after = None;
            return Ok(Some(message::IdCodePage { codes: codes_of(&state, rights, user, temporary)? }));
        }
        let rows = state.store.ids_list(temporary, last, PAGE_ROWS)?;
        let full = i64::try_from(rows.len()).unwrap_or(0) == PAGE_ROWS;
        after = rows.last().filter(|_| full).map(|row| row.id);
        let codes = rows.into_iter().map(|row| code(&state, rights, row)).collect();
        Ok(Some(message::IdCodePage { codes }))
    }))
}

/// A person's codes as these rights see them.
pub(super) fn codes_of(
    state: &State,
    rights: CodeRights,
    user: &User,
    temporary: Option<bool>,
) -> Result<Vec<message::IdCode>, Failed> {
    let cards = state.store.cards_list(user.id)?;
    let wanted =
        cards.into_iter().filter(|card| temporary.is_none_or(|wanted| card.ends.is_some() == wanted));
    let row = |card: storage::core::CardRow| IdRow {
        id: card.id.0,
        user_id: user.id.0,
        logon: user.logon.to_string(),
        full_name: user.full_name.clone(),
        code_sealed: card.code_sealed,
        starts_us: card.starts.map(|instant| instant.0),
        ends_us: card.ends.map(|instant| instant.0),
        source: 0,
        reminders: 0,
    };
    Ok(wanted.map(|card| code(state, rights, row(card))).collect())
}

fn code(state: &State, rights: CodeRights, row: IdRow) -> message::IdCode {
    let code = if rights.visible { state.card_unseal(&row.code_sealed) } else { None };
    message::IdCode {
        id: row.id,
        logon: row.logon,
        full_name: row.full_name,
        code: code.map_or_else(|| MASK.to_owned(), |code| code.expose().to_owned()),
        temporary: row.ends_us.is_some(),
        starts_us: row.starts_us.unwrap_or(0),
        ends_us: row.ends_us.unwrap_or(0),
        source_id: row.source,
    }
}

fn of(user: &User) -> message::IdCode {
    message::IdCode {
        logon: user.logon.to_string(),
        full_name: user.full_name.clone(),
        ..message::IdCode::default()
    }
}

/// Changes a code or when it is valid; an end of 0 makes it permanent.
pub(super) fn modify(
    state: &State,
    actor: &Actor,
    request: message::CodeModifyRequest,
) -> Result<message::IdCode, Failed> {
    code_right(actor.codes(state).modify, "change")?;
    let user = users::find(state, &request.logon)?;
    let unknown = || Failed::not_found(Status::CARD_UNKNOWN, "the user has no such card");
    let code = CardCode::parse(&request.code).map_err(|_| unknown())?;
    let hash = state.card_hash(&code);
    let holder = state.store.card_holder(&hash)?.filter(|holder| holder.user.id == user.id);
    let holder = holder.ok_or_else(unknown)?;
    let new = match &request.new_code {
        Some(text) => Some(CardCode::parse(text).map_err(|error| Failed::invalid(error.to_string()))?),
        None => None,
    };
    let edge = |given: Option<i64>, before: Option<Timestamp>| match given {
        Some(micros) => convert::instant(micros),
        None => before,
    };
    let (starts, ends) = (edge(request.starts_us, holder.starts), edge(request.ends_us, holder.ends));
    if let (Some(starts), Some(ends)) = (starts, ends)
        && ends <= starts
    {
        return Err(Failed::invalid("the card would end before it starts"));
    }
    let replaced = new.as_ref().map(|code| (state.card_hash(code), state.card_seal(code)));
    let replaced = replaced.as_ref().map(|(hash, sealed)| (hash.as_slice(), sealed.as_slice()));
    let changed = state.store.card_change(user.id, &hash, replaced, (starts, ends)).map_err(|error| {
        if error.is_conflict_on("code") {
            Failed::new(Kind::Conflict, Status::CARD_EXISTS, "this card or code is registered already")
        } else {
            error.into()
        }
    })?;
    if !changed {
        return Err(unknown());
    }
    Ok(message::IdCode {
        code: new.unwrap_or(code).expose().to_owned(),
        temporary: ends.is_some(),
        starts_us: convert::micros(starts),
        ends_us: convert::micros(ends),
        ..of(&user)
    })
}
