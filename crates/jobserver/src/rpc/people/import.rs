//! People in bulk: rows come in chunks, each chunk is checked and stored in one transaction, and each person is
//! added whole or not at all.

use std::collections::HashMap;

use domain::mail::Kind;
use domain::people::group::GroupId;
use domain::people::profile::{Birth, inherit};
use domain::people::unit::{Tree, UnitId};
use domain::people::{Access, Profile};
use domain::secret::{CardCode, Pin};
use domain::text::{fold, free};
use domain::user::limits;
use domain::{Logon, Status};
use rpc::proto::people as message;
use storage::core::{BulkPerson, BulkRefused, NewCard, NewUser};
use tonic::Streaming;

use super::super::users;
use crate::failed::Failed;
use crate::people::{born, mail};
use crate::state::{Jobserver, State};

/// Rows of a chunk at most: what one transaction stores.
const CHUNK_MAX: usize = 5_000;
/// Codes and aliases of one person.
const CODES_MAX: usize = 100;
const ALIASES_MAX: usize = 10;
/// Refused rows that are listed; the others are counted.
const LISTED_MAX: usize = 1_000;

pub(super) async fn import(
    server: &Jobserver,
    mut chunks: Streaming<message::UserImportChunk>,
) -> Result<message::UserImportAnswer, tonic::Status> {
    let mut answer = message::UserImportAnswer::default();
    while let Some(chunk) = chunks.message().await? {
        if chunk.rows.len() > CHUNK_MAX {
            return Err(Failed::invalid(format!("a chunk has at most {CHUNK_MAX} rows")).into());
        }
        let read = chunk.rows.len();
        let refused = server.blocking(move |state| load(state, chunk.rows)).await?;
        answer.read += i64::try_from(read).unwrap_or(0);
        answer.added += i64::try_from(read - refused.len()).unwrap_or(0);
        let room = LISTED_MAX - answer.refused.len();
        answer.more_refused += i64::try_from(refused.len().saturating_sub(room)).unwrap_or(0);
        answer.refused.extend(refused.into_iter().take(room));
    }
    server.0.owners_forget();
    tracing::info!(read = answer.read, added = answer.added, "people were loaded");
    Ok(answer)
}

type Refused = message::user_import_answer::Refused;

fn load(state: &State, rows: Vec<message::UserImportRow>) -> Result<Vec<Refused>, Failed> {
    let default_user = born::default_user(state)?;
    let mut profile = inherit(default_user.as_ref().map(|user| &user.profile), Birth::Import, "");
    // Access rights are not inherited by imports (guide, "Rules" of an import).
    profile.access = Access::ALL;
    let print_all = default_user.is_some_and(|user| user.print_all_at_login);
    let tree = state.store.units_tree()?;
    let places = Places {
        units: tree
            .below(domain::people::unit::ROOT)
            .into_iter()
            .map(|id| (fold(&tree.path(id)), id))
            .collect(),
        groups: state
            .store
            .groups_list()?
            .into_iter()
            .map(|(group, _, _)| (fold(&group.name), group.id))
            .collect(),
        tree,
    };
    let mut refused = Vec::new();
    let (mut people, mut pins, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        let (line, logon) = (row.line, domain::text::shorten(&row.logon, 40));
        match person(state, &places, &profile, print_all, row) {
            Ok((person, pin)) => {
                people.push(person);
                pins.push(pin);
                lines.push((line, logon));
            }
            Err(failed) => {
                refused.push(Refused { line, logon, status: failed.status.0, why: failed.message })
            }
        }
    }
    let pin_hash = |place: usize, id| pins[place].as_ref().map(|pin: &Pin| state.keys.pin_hash(id, pin));
    let answers = state.store.people_load(&people, pin_hash)?;
    let tells = state.settings().mail().wants(Kind::Welcome) || state.mail.tells_codes();
    for (((answer, (line, logon)), person), pin) in answers.into_iter().zip(lines).zip(&people).zip(&pins) {
        let why = match answer {
            Ok(id) if tells => {
                let codes: Vec<_> =
                    person.cards.iter().filter_map(|card| state.card_unseal(&card.code_sealed)).collect();
                if let Some((user, _)) = state.store.user_show(id)? {
                    mail::added(state, &user, &codes, pin.as_ref());
                }
                continue;
            }
            Ok(_) => continue,
            Err(why) => why,
        };
        let (status, why) = match why {
            BulkRefused::Logon => (Status::LOGON_EXISTS, "the logon is taken"),
            BulkRefused::Alias => (Status::ALIAS_EXISTS, "an alias is taken"),
            BulkRefused::Card => (Status::CARD_EXISTS, "a card or code is registered already"),
        };
        refused.push(Refused { line, logon, status: status.0, why: why.to_owned() });
    }
    refused.sort_by_key(|refused| refused.line);
    Ok(refused)
}

struct Places {
    units: HashMap<String, UnitId>,
    groups: HashMap<String, GroupId>,
    tree: Tree,
}

fn person(
    state: &State,
    places: &Places,
    profile: &Profile,
    print_all: bool,
    row: message::UserImportRow,
) -> Result<(BulkPerson, Option<Pin>), Failed> {
    let secret = |error: domain::secret::SecretError| Failed::invalid(error.to_string());
    if row.codes.len() > CODES_MAX || row.aliases.len() > ALIASES_MAX {
        return Err(Failed::invalid(format!(
            "a person has at most {CODES_MAX} codes and {ALIASES_MAX} aliases"
        )));
    }
    let logon = Logon::parse(&row.logon).map_err(users::invalid)?;
    let now = state.now();
    let unit = match row.unit.trim() {
        "" => domain::people::unit::ROOT,
        path => {
            let known = places.units.get(&fold(path)).copied().or_else(|| places.tree.find(path));
            known.ok_or(domain::people::unit::UnitRefused::NotFound)?
        }
    };
    let user = NewUser {
        full_name: free("full name", &row.full_name, limits::TEXT_MAX).map_err(users::invalid)?,
        email: free("e-mail address", &row.email, limits::TEXT_MAX).map_err(users::invalid)?,
        description: free("description", &row.description, limits::TEXT_MAX).map_err(users::invalid)?,
        cost_code: free("cost code", &row.cost_code, limits::COST_CODE_MAX).map_err(users::invalid)?,
        print_all_at_login: print_all,
        unit,
        profile: Profile { access: row.access_denied.map_or(profile.access, Access), ..profile.clone() },
        ..NewUser::named(logon, &users::domain_name(&row.domain)?, now)
    };
    let mut cards = Vec::with_capacity(row.codes.len());
    for code in &row.codes {
        let code = CardCode::parse(code).map_err(secret)?;
        cards.push(NewCard {
            user: domain::UserId(0),
            code_hash: state.card_hash(&code),
            code_sealed: state.card_seal(&code),
            starts: None,
            ends: None,
            created: now,
        });
    }
    let aliases = row
        .aliases
        .iter()
        .map(|alias| Logon::parse(alias).map_err(users::invalid))
        .collect::<Result<_, _>>()?;
    let group = |name: &String| {
        let known = places.groups.get(&fold(name.trim())).copied();
        let text = || format!("there is no group '{}'", domain::text::shorten(name, 80));
        known.ok_or_else(|| Failed::not_found(Status::GROUP_NOT_FOUND, text()))
    };
    let groups = row.groups.iter().map(group).collect::<Result<_, _>>()?;
    let pin = match row.pin.as_str() {
        "" => None,
        pin => Some(Pin::parse(pin).map_err(secret)?),
    };
    Ok((BulkPerson { user, cards, aliases, groups }, pin))
}
