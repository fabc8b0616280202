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
/// The built-in technician's logon.
const TECHNICIAN: &str = "tech";

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
    for built_in in &BUILT_IN {
        add(store, keys, show, built_in, now)?;
    }
    Ok(())
}

/// An account that is made when it is not there.
struct BuiltIn {
    logon: &'static str,
    name: &'static str,
    rights: Rights,
}

/// The accounts of the guide ("Built-in user accounts"); each gets a password of its own instead of a default one.
const BUILT_IN: [BuiltIn; 2] = [
    BuiltIn { logon: ADMINISTRATOR, name: "Administrator", rights: Rights::Administrator },
    BuiltIn { logon: TECHNICIAN, name: "Technician", rights: Rights::Technician },
];

fn add(
    store: &CoreStore,
    keys: &Keys,
    show: &mut dyn Write,
    built_in: &BuiltIn,
    now: Timestamp,
) -> anyhow::Result<()> {
    let BuiltIn { logon: text, name, rights } = *built_in;
    let logon = Logon::parse(text).expect("the constant is a logon");
    // One that an administrator deleted or renamed is not made again: the setting remembers.
    let known = !store.users_by_logon(&logon).context("the people")?.is_empty();
    let made_key = format!("internal.made-{text}");
    if known {
        return store.setting_set(&made_key, "yes").context("the settings");
    }
    if store.setting_set_first(&made_key, "no").context("the settings")? == "yes" {
        return Ok(());
    }
    let password = Password::from_random(random());
    let hash = keys.password_hash(&password).with_context(|| format!("hashing the password of {text}"))?;
    // Shown before it is stored: the other way round a crash would leave a password that nobody knows.
    writeln!(
        show,
        "\n  This is the first start. The logon of the {} is {text}, the password is\n\n      {}\n\n  \
         It is shown this once; only its hash is stored.\n",
        name.to_lowercase(),
        password.expose()
    )
    .with_context(|| format!("showing the password of {text}"))?;
    let user = NewUser {
        full_name: name.to_owned(),
        description: "Made at the first start".to_owned(),
        rights,
        password_hash: Some(hash),
        ..NewUser::named(logon, "", now)
    };
    match store.user_add(&user) {
        Ok(_) => tracing::info!(user.logon = text, "a built-in user was added"),
        // Somebody took the name for a group or an alias: it is theirs.
        Err(storage::StoreError::Conflict { .. }) => {}
        Err(error) => return Err(error).with_context(|| format!("adding {text}")),
    }
    store.setting_set(&made_key, "yes").context("the settings")
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
        let (technician, secrets) =
            store.users_by_logon(&Logon::parse(TECHNICIAN).unwrap()).unwrap().remove(0);
        assert_eq!(technician.rights, Rights::Technician);
        assert!(!keys.password_is(&password, secrets.password_hash.as_deref()), "each has its own");
        let mut again = Vec::new();
        prepare(&store, &keys, &mut again, Timestamp(2)).unwrap();
        assert!(again.is_empty());
        assert!(store.user_delete(technician.id).unwrap());
        prepare(&store, &keys, &mut again, Timestamp(3)).unwrap();
        assert!(again.is_empty(), "one that was deleted stays deleted");
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
