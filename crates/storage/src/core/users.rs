//! People.

use diesel::prelude::*;
use domain::text::fold;
use domain::user::{Rights, User};
use domain::{Logon, Timestamp, UserId};

use super::schema::users;
use super::{CoreStore, corrupt, like_anywhere};
use crate::dialect::insert_returning;
use crate::{AnyConnection, StoreResult};

/// What is hashed of a person.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Secrets {
    /// Keyed hash of the PIN.
    pub pin_hash: Option<Vec<u8>>,
    /// Argon2id of the password, in PHC form.
    pub password_hash: Option<String>,
}

/// A person to be added.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewUser {
    /// Unique within the domain.
    pub logon: Logon,
    /// Empty for none.
    pub domain: String,
    /// See [`User`].
    pub full_name: String,
    /// See [`User`].
    pub email: String,
    /// See [`User`].
    pub description: String,
    /// See [`User`].
    pub cost_code: String,
    /// See [`User`].
    pub rights: Rights,
    /// See [`User`].
    pub print_all_at_login: bool,
    /// Argon2id of the password.
    pub password_hash: Option<String>,
    /// Now.
    pub created: Timestamp,
}

/// What changes of a person; `None` leaves it.
#[derive(AsChangeset, Clone, Debug, Default)]
#[diesel(table_name = users)]
pub struct UserChanges {
    /// See [`User`].
    pub full_name: Option<String>,
    /// See [`User`].
    pub email: Option<String>,
    /// See [`User`].
    pub description: Option<String>,
    /// See [`User`].
    pub cost_code: Option<String>,
    /// See [`User`].
    pub print_all_at_login: Option<bool>,
    /// See [`User`].
    pub prevent_login: Option<bool>,
    /// See [`User`].
    pub failed_logins: Option<i64>,
    /// See [`Secrets`]; `Some(None)` clears it.
    pub pin_hash: Option<Option<Vec<u8>>>,
    /// See [`Secrets`]; `Some(None)` clears it.
    pub password_hash: Option<Option<String>>,
}

#[derive(Queryable)]
pub(super) struct UserRow {
    id: i64,
    logon: String,
    _logon_key: String,
    domain: String,
    _domain_key: String,
    full_name: String,
    email: String,
    description: String,
    cost_code: String,
    rights: String,
    failed_logins: i64,
    prevent_login: bool,
    print_all_at_login: bool,
    pin_hash: Option<Vec<u8>>,
    password_hash: Option<String>,
    created_us: i64,
}

impl UserRow {
    pub(super) fn into_user(self) -> StoreResult<(User, Secrets)> {
        let user = User {
            id: UserId(self.id),
            logon: Logon::parse(&self.logon).map_err(|error| corrupt("users", "logon", error))?,
            domain: self.domain,
            full_name: self.full_name,
            email: self.email,
            description: self.description,
            cost_code: self.cost_code,
            rights: Rights::parse(&self.rights).ok_or_else(|| corrupt("users", "rights", &self.rights))?,
            failed_logins: i32::try_from(self.failed_logins).unwrap_or(i32::MAX),
            prevent_login: self.prevent_login,
            print_all_at_login: self.print_all_at_login,
            has_pin: self.pin_hash.is_some(),
            has_password: self.password_hash.is_some(),
            created: Timestamp(self.created_us),
        };
        Ok((user, Secrets { pin_hash: self.pin_hash, password_hash: self.password_hash }))
    }
}

impl CoreStore {
    /// Adds a person.
    ///
    /// # Errors
    /// [`crate::StoreError::Conflict`] on `logon` when the logon is taken in the domain.
    pub fn user_add(&self, user: &NewUser) -> StoreResult<UserId> {
        self.database.write("user-add", |connection| user_insert(connection, user))
    }

    /// Adds many people in one transaction; a logon that is taken fails them all.
    ///
    /// # Errors
    /// As [`CoreStore::user_add`].
    pub fn users_add(&self, users: &[NewUser]) -> StoreResult<Vec<UserId>> {
        self.database
            .write("users-add", |connection| users.iter().map(|user| user_insert(connection, user)).collect())
    }

    /// Everybody with this logon, of any domain, with what is hashed of them.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn users_by_logon(&self, logon: &Logon) -> StoreResult<Vec<(User, Secrets)>> {
        let key = logon.key();
        self.database.read("users-by-logon", |connection| {
            let rows: Vec<UserRow> = users::table.filter(users::logon_key.eq(&key)).load(connection)?;
            rows.into_iter().map(UserRow::into_user).collect()
        })
    }

    /// One person.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn user_show(&self, id: UserId) -> StoreResult<Option<(User, Secrets)>> {
        self.database.read("user-show", |connection| {
            let row: Option<UserRow> = users::table.find(id.0).first(connection).optional()?;
            row.map(UserRow::into_user).transpose()
        })
    }

    /// People after `after`, by id, at most `limit`; `contains` is looked for in logon, name and e-mail.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn users_list(&self, contains: &str, after: UserId, limit: i64) -> StoreResult<Vec<User>> {
        let pattern = like_anywhere(&fold(contains));
        let name_pattern = like_anywhere(contains);
        self.database.read("users-list", |connection| {
            let mut query =
                users::table.filter(users::id.gt(after.0)).order(users::id).limit(limit).into_boxed();
            if !contains.is_empty() {
                query = query.filter(
                    users::logon_key
                        .like(&pattern)
                        .escape('\\')
                        .or(users::full_name.like(&name_pattern).escape('\\'))
                        .or(users::email.like(&name_pattern).escape('\\')),
                );
            }
            let rows: Vec<UserRow> = query.load(connection)?;
            rows.into_iter().map(|row| Ok(row.into_user()?.0)).collect()
        })
    }

    /// Changes a person; `false` when there is none.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn user_edit(&self, id: UserId, changes: &UserChanges) -> StoreResult<bool> {
        self.database.write("user-edit", |connection| {
            // A change of nothing is no statement in SQL.
            let nothing = UserChanges::default();
            if format!("{changes:?}") == format!("{nothing:?}") {
                return Ok(users::table.find(id.0).count().get_result::<i64>(connection)? > 0);
            }
            Ok(diesel::update(users::table.find(id.0)).set(changes).execute(connection)? > 0)
        })
    }

    /// Deletes a person and their cards; `false` when there is none.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn user_delete(&self, id: UserId) -> StoreResult<bool> {
        self.database.write("user-delete", |connection| {
            Ok(diesel::delete(users::table.find(id.0)).execute(connection)? > 0)
        })
    }

    /// Counts a failed login of `person` (or of nobody) at `device` and locks the person at
    /// `max_attempts`; answers whether this attempt locked. For nobody the same statements run, so that
    /// time does not tell a known card from an unknown one.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn login_failed(
        &self,
        person: Option<UserId>,
        device: Option<domain::DeviceId>,
        max_attempts: i32,
    ) -> StoreResult<bool> {
        use super::schema::devices;
        let person = person.map_or(-1, |person| person.0);
        let device = device.map_or(-1, |device| device.0);
        self.database.write("login-failed", |connection| {
            diesel::update(users::table.find(person))
                .set(users::failed_logins.eq(users::failed_logins + 1))
                .execute(connection)?;
            let locking = users::table
                .find(person)
                .filter(users::failed_logins.ge(i64::from(max_attempts)))
                .filter(users::prevent_login.eq(false));
            let locked = locking.count().get_result::<i64>(connection)? > 0;
            diesel::update(
                users::table.find(person).filter(users::failed_logins.ge(i64::from(max_attempts))),
            )
            .set(users::prevent_login.eq(true))
            .execute(connection)?;
            diesel::update(devices::table.find(device))
                .set(devices::failed_logins.eq(devices::failed_logins + 1))
                .execute(connection)?;
            Ok(locked)
        })
    }
}

fn user_insert(connection: &mut AnyConnection, user: &NewUser) -> StoreResult<UserId> {
    let row = (
        users::logon.eq(user.logon.as_str()),
        users::logon_key.eq(user.logon.key()),
        users::domain.eq(&user.domain),
        users::domain_key.eq(fold(&user.domain)),
        users::full_name.eq(&user.full_name),
        users::email.eq(&user.email),
        users::description.eq(&user.description),
        users::cost_code.eq(&user.cost_code),
        users::rights.eq(user.rights.as_str()),
        users::failed_logins.eq(0),
        users::prevent_login.eq(false),
        users::print_all_at_login.eq(user.print_all_at_login),
        users::password_hash.eq(&user.password_hash),
        users::created_us.eq(user.created.0),
    );
    Ok(UserId(insert_returning!(connection, users::table, row, users::id)?))
}
