//! People.

use diesel::prelude::*;
use domain::people::find::{self, Query};
use domain::people::unit::UnitId;
use domain::people::{Powers, Profile};
use domain::text::fold;
use domain::user::{Rights, User};
use domain::{Logon, Timestamp, UserId};

use super::schema::{aliases, user_search, users};
use super::{CoreStore, corrupt, domains, names, profile};
use crate::dialect::{insert_or_update, insert_returning};
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
    /// See [`User`].
    pub unit: UnitId,
    /// See [`User`].
    pub profile: Profile,
    /// See [`User`].
    pub powers: Powers,
}

impl NewUser {
    /// A standard person with nothing but a logon.
    pub fn named(logon: Logon, domain: &str, created: Timestamp) -> Self {
        Self {
            logon,
            domain: domain.to_owned(),
            full_name: String::new(),
            email: String::new(),
            description: String::new(),
            cost_code: String::new(),
            rights: Rights::Standard,
            print_all_at_login: false,
            password_hash: None,
            created,
            unit: UnitId::default(),
            profile: Profile::default(),
            powers: Powers::default(),
        }
    }
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
    unit_id: i64,
    profile: String,
    powers: String,
    puk_hash: Option<Vec<u8>>,
    _puk_sealed: Option<Vec<u8>>,
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
            unit: UnitId(self.unit_id),
            profile: profile::from_text(&self.profile).map_err(|why| corrupt("users", "profile", why))?,
            powers: Powers::parse(&self.powers).ok_or_else(|| corrupt("users", "powers", &self.powers))?,
            has_puk: self.puk_hash.is_some(),
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

    /// Everybody with this logon or alias, of any domain, with what is hashed of them.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn users_by_logon(&self, logon: &Logon) -> StoreResult<Vec<(User, Secrets)>> {
        let key = logon.key();
        self.database.read("users-by-logon", |connection| {
            let mut rows: Vec<UserRow> = users::table.filter(users::logon_key.eq(&key)).load(connection)?;
            rows.extend(
                aliases::table
                    .inner_join(users::table)
                    .filter(aliases::name_key.eq(&key))
                    .select(users::all_columns)
                    .load::<UserRow>(connection)?,
            );
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

    /// People after `after`, by id, at most `limit`; `contains` is looked for in logon, name, e-mail, description and
    /// cost code, without regard to case.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn users_list(&self, contains: &str, after: UserId, limit: i64) -> StoreResult<Vec<User>> {
        self.users_find(&Query { anywhere: contains.to_owned(), ..Query::default() }, &[], after, limit)
    }

    /// People after `after` whom the query finds, by id, at most `limit`; `units` (none: all) narrows to people of
    /// these organisational units.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn users_find(
        &self,
        query: &Query,
        units: &[UnitId],
        after: UserId,
        limit: i64,
    ) -> StoreResult<Vec<User>> {
        let needle = query.needle();
        let units: Vec<i64> = units.iter().map(|unit| unit.0).collect();
        let wanted = usize::try_from(limit).unwrap_or(0);
        self.database.read("users-find", |connection| {
            let (mut found, mut after) = (Vec::new(), after.0);
            loop {
                let rows = candidates(connection, &needle, &units, after, limit)?;
                let read = rows.len();
                for row in rows {
                    after = row.id;
                    let user = row.into_user()?.0;
                    if found.len() < wanted && query.matches(&user) {
                        found.push(user);
                    }
                }
                if read < wanted || found.len() >= wanted {
                    return Ok(found);
                }
            }
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
            let changed = diesel::update(users::table.find(id.0)).set(changes).execute(connection)? > 0;
            if let (true, Some(user)) = (changed, user_load(connection, id)?) {
                search_set(connection, &user)?;
            }
            Ok(changed)
        })
    }

    /// Changes several people in one transaction: all of them or none. `decide` makes of each what they shall be
    /// (domain, texts, rights, unit, profile, powers, prevent login, failed logins, print all at login); one refusal
    /// leaves all as they are. People who are gone are left out; answers with the others as they are now.
    ///
    /// # Errors
    /// [`crate::StoreError::Conflict`] when a name is taken in the new domain, and when the store cannot answer.
    pub fn users_change<R>(
        &self,
        ids: &[UserId],
        decide: impl Fn(User) -> Result<User, R>,
    ) -> StoreResult<Result<Vec<User>, R>> {
        self.database.write("users-change", |connection| {
            let mut changes = Vec::with_capacity(ids.len());
            for &id in ids {
                let Some(before) = user_load(connection, id)? else { continue };
                match decide(before.clone()) {
                    Ok(after) => changes.push((before, after)),
                    Err(refused) => return Ok(Err(refused)),
                }
            }
            for (before, after) in &changes {
                user_save(connection, before, after)?;
            }
            Ok(Ok(changes.into_iter().map(|(_, after)| after).collect()))
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
    /// `max_attempts`; answers whether this attempt locked. For nobody the same statements run and as many rows
    /// change, so that time does not tell a known card or logon from an unknown one: a transaction that changes
    /// nothing would be answered without a flush.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn login_failed(
        &self,
        person: Option<UserId>,
        device: Option<domain::DeviceId>,
        max_attempts: i32,
    ) -> StoreResult<bool> {
        use super::schema::{devices, strangers};
        let stranger = if person.is_none() { 1 } else { -1 };
        let person = person.map_or(-1, |person| person.0);
        let device = device.map_or(-1, |device| device.0);
        self.database.write("login-failed", |connection| {
            diesel::update(users::table.find(person))
                .set(users::failed_logins.eq(users::failed_logins + 1))
                .execute(connection)?;
            diesel::update(strangers::table.find(stranger))
                .set(strangers::failed_logins.eq(strangers::failed_logins + 1))
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

pub(super) fn user_load(connection: &mut AnyConnection, id: UserId) -> StoreResult<Option<User>> {
    let row: Option<UserRow> = users::table.find(id.0).first(connection).optional()?;
    row.map(|row| Ok(row.into_user()?.0)).transpose()
}

/// People after `after` whose search key has the needle, by id.
fn candidates(
    connection: &mut AnyConnection,
    needle: &str,
    units: &[i64],
    after: i64,
    limit: i64,
) -> StoreResult<Vec<UserRow>> {
    if needle.is_empty() {
        let mut query = users::table.filter(users::id.gt(after)).order(users::id).limit(limit).into_boxed();
        if !units.is_empty() {
            query = query.filter(users::unit_id.eq_any(units.to_vec()));
        }
        return Ok(query.load(connection)?);
    }
    // The narrow table is read in its order; LIKE would fold every character again.
    let position = match connection {
        AnyConnection::Sqlite(_) => "instr(key, ",
        AnyConnection::Postgres(_) => "strpos(key, ",
    };
    let has = diesel::dsl::sql::<diesel::sql_types::Bool>(position)
        .bind::<diesel::sql_types::Text, _>(needle.to_owned())
        .sql(") > 0");
    let mut query = user_search::table
        .inner_join(users::table)
        .filter(user_search::user_id.gt(after))
        .filter(has)
        .order(user_search::user_id)
        .limit(limit)
        .select(users::all_columns)
        .into_boxed();
    if !units.is_empty() {
        query = query.filter(users::unit_id.eq_any(units.to_vec()));
    }
    Ok(query.load(connection)?)
}

fn user_save(connection: &mut AnyConnection, before: &User, after: &User) -> StoreResult<()> {
    let domain_key = fold(&after.domain);
    if fold(&before.domain) != domain_key {
        names::domain_move(connection, before, &domain_key)?;
        domains::note(connection, &after.domain)?;
    }
    let row = (
        (users::domain.eq(&after.domain), users::domain_key.eq(&domain_key)),
        users::full_name.eq(&after.full_name),
        users::email.eq(&after.email),
        users::description.eq(&after.description),
        users::cost_code.eq(&after.cost_code),
        users::rights.eq(after.rights.as_str()),
        users::failed_logins.eq(i64::from(after.failed_logins)),
        users::prevent_login.eq(after.prevent_login),
        users::print_all_at_login.eq(after.print_all_at_login),
        users::unit_id.eq(after.unit.0),
        users::profile.eq(profile::to_text(&after.profile)),
        users::powers.eq(after.powers.as_text()),
    );
    diesel::update(users::table.find(before.id.0)).set(row).execute(connection)?;
    search_set(connection, after)
}

fn search_set(connection: &mut AnyConnection, user: &User) -> StoreResult<()> {
    let key = find::search_key(user);
    let row = (user_search::user_id.eq(user.id.0), user_search::key.eq(&key));
    insert_or_update!(connection, user_search::table, row, user_search::user_id, user_search::key.eq(&key))?;
    Ok(())
}

fn user_insert(connection: &mut AnyConnection, user: &NewUser) -> StoreResult<UserId> {
    let domain_key = fold(&user.domain);
    names::free(connection, &user.logon.key(), &domain_key, names::Used::Logon)?;
    domains::note(connection, &user.domain)?;
    user_row_insert(connection, user)
}

/// Adds the rows of a person whose name and domain were looked after.
pub(super) fn user_row_insert(connection: &mut AnyConnection, user: &NewUser) -> StoreResult<UserId> {
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
        users::unit_id.eq(user.unit.0),
        (users::profile.eq(profile::to_text(&user.profile)), users::powers.eq(user.powers.as_text())),
    );
    let id: i64 = insert_returning!(connection, users::table, row, users::id)?;
    let fields = [user.logon.as_str(), &user.full_name, &user.email, &user.description, &user.cost_code];
    let search = (user_search::user_id.eq(id), user_search::key.eq(find::key_of(fields)));
    diesel::insert_into(user_search::table).values(search).execute(connection)?;
    Ok(UserId(id))
}
