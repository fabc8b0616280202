//! Who submits a document: by the person's password, or by a token that stands in the queue's address.

use domain::secret::Password;
use domain::user::User;
use domain::{QueueName, Status, Timestamp, UserId};
use rpc::Kind;
use storage::core::TokenRow;

use crate::failed::Failed;
use crate::keys::random;
use crate::login;
use crate::state::{Jobserver, State};

/// Tokens a person may hold.
const TOKENS_MAX: i64 = 50;
/// Letters of a token: 32, so that each is five bits; none that people mistake for another.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// Letters in a token: 160 bits, which nobody guesses.
const TOKEN_LETTERS: usize = 32;

/// The person who has this logon and password. Counted and locked as every login.
///
/// # Errors
/// The refusals of a login.
pub(crate) async fn by_password(server: &Jobserver, logon: &str, password: &str) -> Result<User, Failed> {
    let password = Password::parse(password).map_err(|_| refused())?;
    login::by_password(server, logon, password).await
}

/// The person whose token for `queue` this is.
///
/// # Errors
/// Status 15 for a token that is not known, has ended, is for another queue, or whose person may not log in.
pub(crate) async fn by_token(server: &Jobserver, queue: String, token: String) -> Result<User, Failed> {
    server
        .blocking(move |state| {
            let Some(row) = state.store.token_by_hash(&state.keys.token_hash(&token))? else {
                return Err(refused());
            };
            let queues = state.queues();
            let named = queues.iter().find(|known| known.id == row.queue);
            let is_queue = named.is_some_and(|known| known.name.as_str().eq_ignore_ascii_case(&queue));
            let has_ended = row.ends.is_some_and(|ends| ends <= state.now());
            let user = state.store.user_show(row.user)?.map(|(user, _)| user);
            let locked = |user: &User| user.failed_logins >= state.settings().login_policy().max_attempts;
            match user {
                Some(user) if is_queue && !has_ended && !user.prevent_login && !locked(&user) => Ok(user),
                _ => Err(refused()),
            }
        })
        .await
}

/// Makes a token; answers with it and its row. Blocks.
///
/// # Errors
/// Status 14 for an unknown queue; refused when the person has too many.
pub(crate) fn token_add(
    state: &State,
    user: &User,
    queue: &str,
    ends: Option<Timestamp>,
) -> Result<(String, TokenRow), Failed> {
    let unknown = || Failed::not_found(Status::NAME_INVALID, format!("there is no queue '{queue}'"));
    let name = QueueName::parse(queue).map_err(|_| unknown())?;
    let queues = state.queues();
    let queue = queues.iter().find(|known| known.name == name).ok_or_else(unknown)?.id;
    let created = state.now();
    if ends.is_some_and(|ends| ends <= created) {
        return Err(Failed::invalid("the token would have ended already"));
    }
    let token = new_token();
    let hash = state.keys.token_hash(&token);
    let id =
        state.store.token_add((user.id, queue), &hash, (created, ends), TOKENS_MAX)?.ok_or_else(|| {
            Failed::new(Kind::Refused, Status::BUSY, format!("a person has at most {TOKENS_MAX} tokens"))
        })?;
    Ok((token, TokenRow { id, user: user.id, queue, created, ends }))
}

/// Who a proved person is in `network_logon`: the domain is always told, so that nobody of another one is meant.
pub(crate) fn network_logon(user: &User) -> String {
    format!("{}\\{}", user.domain, user.logon)
}

/// Tokens of a person, by number. Blocks.
///
/// # Errors
/// When the store cannot answer.
pub(crate) fn tokens(state: &State, user: Option<UserId>, queue: &str) -> Result<Vec<TokenRow>, Failed> {
    let queues = state.queues();
    let wanted = queues.iter().find(|known| known.name.as_str().eq_ignore_ascii_case(queue));
    if !queue.is_empty() && wanted.is_none() {
        return Err(Failed::not_found(Status::NAME_INVALID, format!("there is no queue '{queue}'")));
    }
    Ok(state.store.tokens_list(user, wanted.map(|queue| queue.id))?)
}

fn new_token() -> String {
    let bytes: [u8; TOKEN_LETTERS] = random();
    bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect()
}

fn refused() -> Failed {
    domain::login::LoginRefused::UserOrPasswordWrong.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_and_never_the_same() {
        let (one, two) = (new_token(), new_token());
        assert_ne!(one, two);
        assert!(one.len() == TOKEN_LETTERS && one.bytes().all(|byte| LETTERS.contains(&byte)));
        let different: std::collections::BTreeSet<_> = LETTERS.iter().collect();
        assert_eq!(different.len(), 32);
    }
}
