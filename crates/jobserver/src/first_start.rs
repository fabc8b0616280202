//! What a new installation needs before it can be used: keys (made by [`Keys`]) and an administrator.
//!
//! There is no default password. The first start makes one, shows it once to whoever started the server, and
//! stores nothing but its hash.

use std::io::Write;

use anyhow::Context as _;
use domain::secret::Password;
use domain::user::Rights;
use domain::{Logon, Timestamp};
use storage::core::{CoreStore, NewUser};

use crate::keys::{Keys, random};

/// The built-in administrator's logon.
pub const ADMINISTRATOR: &str = "admin";

/// The setting that names the keys the store was made with.
const KEYS_CHECK: &str = "internal.keys-check";

/// Checks that keys and store belong together, and makes the administrator when there is none. The password
/// goes to `show`, and nowhere else: not to the log, which is kept.
///
/// # Errors
/// When the keys are other ones than the store was made with, or the store cannot answer.
pub(crate) fn prepare(
    store: &CoreStore,
    keys: &Keys,
    show: &mut dyn Write,
    now: Timestamp,
) -> anyhow::Result<()> {
    let check = store.setting_set_first(KEYS_CHECK, keys.check()).context("the settings")?;
    if check != keys.check() {
        let why = "keys/ does not belong to this database: held documents and cards cannot be read; restore the keys";
        return Err(service::Misconfigured(why.to_owned()).into());
    }
    let logon = Logon::parse(ADMINISTRATOR).expect("the constant is a logon");
    if !store.users_by_logon(&logon).context("the people")?.is_empty() {
        return Ok(());
    }
    let password = Password::from_random(random());
    let hash = keys.password_hash(&password).context("hashing the administrator's password")?;
    // Shown before it is stored: the other way round a crash would leave a password that nobody knows.
    writeln!(
        show,
        "\n  This is the first start. The administrator's logon is {ADMINISTRATOR}, the password is\n\n      {}\n\n  \
         It is shown this once; only its hash is stored.\n",
        password.expose()
    )
    .context("showing the administrator's password")?;
    let administrator = NewUser {
        logon,
        domain: String::new(),
        full_name: "Administrator".to_owned(),
        email: String::new(),
        description: "Made at the first start".to_owned(),
        cost_code: String::new(),
        rights: Rights::Administrator,
        print_all_at_login: false,
        password_hash: Some(hash),
        created: now,
    };
    store.user_add(&administrator).context("adding the administrator")?;
    tracing::info!(user.logon = ADMINISTRATOR, "the administrator was added");
    Ok(())
}

#[cfg(test)]
mod tests {
    use storage::Location;

    use super::*;

    #[test]
    fn the_first_start_shows_a_password_once_and_stores_its_hash() {
        let directory = tempfile::tempdir().unwrap();
        let keys = Keys::load(&directory.path().join("keys")).unwrap();
        let file = directory.path().join("core.sqlite");
        let store = CoreStore::open(Location::Sqlite(file.clone())).unwrap();
        let mut shown = Vec::new();
        prepare(&store, &keys, &mut shown, Timestamp(1)).unwrap();
        let shown = String::from_utf8(shown).unwrap();
        let password = shown.split_whitespace().find(|word| word.len() == 24).unwrap();
        let (user, secrets) = store.users_by_logon(&Logon::parse(ADMINISTRATOR).unwrap()).unwrap().remove(0);
        assert_eq!(user.rights, Rights::Administrator);
        let password = Password::parse(password).unwrap();
        assert!(keys.password_is(&password, secrets.password_hash.as_deref()));
        for entry in std::fs::read_dir(directory.path()).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let bytes = std::fs::read(&path).unwrap();
                let wanted = password.expose().as_bytes();
                assert!(!bytes.windows(wanted.len()).any(|window| window == wanted), "{path:?}");
            }
        }
        let mut again = Vec::new();
        prepare(&store, &keys, &mut again, Timestamp(2)).unwrap();
        assert!(again.is_empty());
    }

    #[test]
    fn keys_of_another_installation_are_refused_as_a_wrong_configuration() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let store = CoreStore::open(Location::Sqlite(one.path().join("core.sqlite"))).unwrap();
        let mut sink = Vec::new();
        prepare(&store, &Keys::load(one.path()).unwrap(), &mut sink, Timestamp(1)).unwrap();
        let error = prepare(&store, &Keys::load(two.path()).unwrap(), &mut sink, Timestamp(1)).unwrap_err();
        assert!(error.is::<service::Misconfigured>(), "{error:#}");
    }
}
