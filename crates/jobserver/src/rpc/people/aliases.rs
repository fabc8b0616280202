//! Aliases and domains.

use domain::text::free;
use domain::user::limits::TEXT_MAX;
use domain::{DomainName, Logon, Status};
use rpc::Kind;
use rpc::proto::common::Empty;
use rpc::proto::people as message;
use storage::core::AliasRow;

use super::super::users;
use super::{PAGE_ROWS, Stream, pages};
use crate::failed::Failed;
use crate::state::{Jobserver, State};

pub(super) fn add(state: &State, request: message::AliasAddRequest) -> Result<message::Alias, Failed> {
    let user = users::find(state, &request.logon)?;
    let alias = Logon::parse(&request.alias).map_err(users::invalid)?;
    let id =
        state.store.alias_add(&user, &alias).map_err(|error| users::name_taken(error, alias.as_str()))?;
    state.owners_forget();
    let (logon, alias) = (user.logon.to_string(), alias.to_string());
    Ok(message::Alias { id, logon, full_name: user.full_name, alias })
}

pub(super) async fn list(
    server: &Jobserver,
    request: message::AliasListRequest,
) -> Result<Stream<message::AliasPage>, Failed> {
    let user = match request.logon.as_str() {
        "" => None,
        _ => Some(server.blocking(move |state| users::find(state, &request.logon)).await?.id),
    };
    let state = server.0.clone();
    let mut after = Some(0);
    Ok(pages(move || {
        let Some(last) = after else { return Ok(None) };
        let rows = state.store.aliases_list(user, last, PAGE_ROWS)?;
        let full = i64::try_from(rows.len()).unwrap_or(0) == PAGE_ROWS;
        after = rows.last().filter(|_| full).map(|row| row.id);
        Ok(Some(message::AliasPage { aliases: rows.into_iter().map(alias).collect() }))
    }))
}

pub(super) fn alias(row: AliasRow) -> message::Alias {
    message::Alias { id: row.id, logon: row.logon, full_name: row.full_name, alias: row.name }
}

pub(super) fn delete(state: &State, request: message::AliasDeleteRequest) -> Result<Empty, Failed> {
    let user = users::find(state, &request.logon)?;
    let unknown = || {
        let text = format!("'{}' has no alias '{}'", user.logon, domain::text::shorten(&request.alias, 40));
        Failed::not_found(Status::NAME_INVALID, text)
    };
    let alias = Logon::parse(&request.alias).map_err(|_| unknown())?;
    if !state.store.alias_delete(user.id, &alias)? {
        return Err(unknown());
    }
    state.owners_forget();
    Ok(Empty {})
}

pub(super) fn domain_add(
    state: &State,
    request: message::DomainAddRequest,
) -> Result<message::Domain, Failed> {
    let name = DomainName::parse(&request.name).map_err(users::invalid)?;
    let description = free("description", &request.description, TEXT_MAX).map_err(users::invalid)?;
    if !state.store.domain_add(&name, &description)? {
        let text = format!("the domain '{name}' exists already");
        return Err(Failed::new(Kind::Conflict, Status::DOMAIN_EXISTS, text));
    }
    Ok(message::Domain { name: name.to_string(), description, users: 0 })
}

pub(super) fn domain_list(
    state: &State,
    _: message::DomainListRequest,
) -> Result<message::DomainListAnswer, Failed> {
    let domain = |row: storage::core::DomainRow| message::Domain {
        name: row.name,
        description: row.description,
        users: row.users,
    };
    Ok(message::DomainListAnswer { domains: state.store.domains_list()?.into_iter().map(domain).collect() })
}

pub(super) fn domain_delete(state: &State, request: message::DomainDeleteRequest) -> Result<Empty, Failed> {
    let unknown = || Failed::not_found(Status::DOMAIN_NOT_FOUND, "there is no such domain");
    let name = DomainName::parse(&request.name).map_err(|_| unknown())?;
    match state.store.domain_delete(&name)? {
        Some(true) => Ok(Empty {}),
        Some(false) => {
            let text = format!("people or groups belong to the domain '{name}'");
            Err(Failed::new(Kind::Conflict, Status::DOMAIN_IN_USE, text))
        }
        None => Err(unknown()),
    }
}
