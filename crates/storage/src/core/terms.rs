//! How printing is charged, by device and by person.

use diesel::prelude::*;
use domain::charge::{DeviceTerms, Features, UserTerms};
use domain::people::{Billing, Profile};
use domain::{DeviceId, UserId};

use super::charge_schema::{device_terms, schemes};
use super::schema::users;
use super::{CoreStore, corrupt, profile};
use crate::StoreResult;
use crate::dialect::insert_or_update;

/// How a device charges: its terms and the ids of its schemes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DeviceCharging {
    /// Features, and whether Pay users are let in without paying.
    pub terms: DeviceTerms,
    /// The scheme that people and departments are charged by.
    pub scheme_one: Option<i64>,
    /// The scheme of the true costs.
    pub scheme_two: Option<i64>,
    /// UDP port of the device's SNMP agent.
    pub snmp_port: u16,
    /// Community the agent answers to.
    pub snmp_community: String,
}

impl Default for DeviceCharging {
    fn default() -> Self {
        Self {
            terms: DeviceTerms::default(),
            scheme_one: None,
            scheme_two: None,
            snmp_port: 161,
            snmp_community: "public".to_owned(),
        }
    }
}

type DeviceRow = (i64, Option<i64>, Option<i64>, String, bool, i64, String);

/// How a person is charged, as the profile says.
fn of_profile(profile: &Profile) -> UserTerms {
    UserTerms {
        control: profile.cost_control,
        encrypt: profile.encrypt,
        bill_clients: profile.billing != Billing::No,
    }
}

impl CoreStore {
    /// How a device charges.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn device_charging(&self, device: DeviceId) -> StoreResult<DeviceCharging> {
        self.database.read("device-charging", |connection| {
            let row: Option<DeviceRow> = device_terms::table.find(device.0).first(connection).optional()?;
            let Some((_, scheme_one, scheme_two, features, allow_pay_user, port, snmp_community)) = row
            else {
                return Ok(DeviceCharging::default());
            };
            let features = Features::parse(features.split_whitespace())
                .map_err(|word| corrupt("device_terms", "features", word))?;
            let snmp_port =
                u16::try_from(port).map_err(|error| corrupt("device_terms", "snmp_port", error))?;
            let terms = DeviceTerms { features, allow_pay_user };
            Ok(DeviceCharging { terms, scheme_one, scheme_two, snmp_port, snmp_community })
        })
    }

    /// Stores how a device charges.
    ///
    /// # Errors
    /// When the store cannot answer, or there is no such device or scheme.
    pub fn device_charging_set(&self, device: DeviceId, charging: &DeviceCharging) -> StoreResult<()> {
        self.database.write("device-charging-set", |connection| {
            let changes = (
                device_terms::scheme_one.eq(charging.scheme_one),
                device_terms::scheme_two.eq(charging.scheme_two),
                device_terms::features.eq(charging.terms.features.names().join(" ")),
                device_terms::allow_pay_user.eq(charging.terms.allow_pay_user),
                device_terms::snmp_port.eq(i64::from(charging.snmp_port)),
                device_terms::snmp_community.eq(charging.snmp_community.as_str()),
            );
            let row = (device_terms::device_id.eq(device.0), changes.clone());
            insert_or_update!(connection, device_terms::table, row, device_terms::device_id, changes)?;
            Ok(())
        })
    }

    /// Gives a new device the default schemes, if there are any.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn device_charging_default(&self, device: DeviceId) -> StoreResult<()> {
        let (scheme_one, scheme_two) = self.database.read("scheme-defaults", |connection| {
            let one = schemes::table.filter(schemes::default_one.eq(true)).select(schemes::id);
            let two = schemes::table.filter(schemes::default_two.eq(true)).select(schemes::id);
            Ok((one.first::<i64>(connection).optional()?, two.first::<i64>(connection).optional()?))
        })?;
        if scheme_one.is_none() && scheme_two.is_none() {
            return Ok(());
        }
        self.device_charging_set(
            device,
            &DeviceCharging { scheme_one, scheme_two, ..DeviceCharging::default() },
        )
    }

    /// How a person is charged; somebody who is gone, as a new person.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn user_terms(&self, user: UserId) -> StoreResult<UserTerms> {
        self.database.read("user-terms", |connection| {
            let text: Option<String> =
                users::table.find(user.0).select(users::profile).first(connection).optional()?;
            let profile = profile::from_text(&text.unwrap_or_default());
            Ok(of_profile(&profile.map_err(|why| corrupt("users", "profile", why))?))
        })
    }

    /// Stores how a person is charged, in the person's profile; `false` when there is nobody.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn user_terms_set(&self, user: UserId, terms: &UserTerms) -> StoreResult<bool> {
        self.database.write("user-terms-set", |connection| {
            let text: Option<String> =
                users::table.find(user.0).select(users::profile).first(connection).optional()?;
            let Some(text) = text else { return Ok(false) };
            let before = profile::from_text(&text).map_err(|why| corrupt("users", "profile", why))?;
            let billing = match (terms.bill_clients, before.billing) {
                (false, _) => Billing::No,
                (true, Billing::No) => Billing::Yes,
                (true, chosen) => chosen,
            };
            let after = Profile { cost_control: terms.control, encrypt: terms.encrypt, billing, ..before };
            let changed = users::profile.eq(profile::to_text(&after));
            Ok(diesel::update(users::table.find(user.0)).set(changed).execute(connection)? > 0)
        })
    }
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection as _;
    use domain::charge::CostControl;

    use super::*;
    use crate::AnyConnection;
    use crate::core::tests::{each_core, person};

    fn run(core: &CoreStore, sqlite: &str, postgres: &str) {
        core.database
            .write("test", |connection| {
                match connection {
                    AnyConnection::Sqlite(connection) => connection.batch_execute(sqlite)?,
                    AnyConnection::Postgres(connection) => connection.batch_execute(postgres)?,
                }
                Ok(())
            })
            .unwrap();
    }

    #[test]
    fn terms_stand_in_the_profile_and_nowhere_else() {
        each_core(|core| {
            let ann = core.user_add(&person("ann", "")).unwrap();
            assert_eq!(core.user_terms(ann).unwrap(), UserTerms::default());
            assert_eq!(core.user_terms(ann).unwrap().control, CostControl::Tracking);
            let terms = UserTerms { control: CostControl::Pay, encrypt: true, bill_clients: true };
            assert!(core.user_terms_set(ann, &terms).unwrap());
            assert_eq!(core.user_terms(ann).unwrap(), terms);
            let (user, _) = core.user_show(ann).unwrap().unwrap();
            assert_eq!(user.profile.cost_control, CostControl::Pay);
            assert_eq!((user.profile.encrypt, user.profile.billing), (true, Billing::Yes));
            // What the profile is changed to holds for charging.
            let free = |user: domain::user::User| {
                let profile = Profile { cost_control: CostControl::NoCost, ..user.profile.clone() };
                Ok::<_, ()>(domain::user::User { profile, ..user })
            };
            core.users_change(&[ann], free).unwrap().unwrap();
            assert_eq!(core.user_terms(ann).unwrap().control, CostControl::NoCost);
            assert!(!core.user_terms_set(UserId(9_999), &terms).unwrap());
        });
    }

    #[test]
    fn what_was_set_for_charging_alone_moves_into_profiles_and_wins() {
        each_core(|core| {
            let logons = ["ann", "ben", "cleo", "dora"];
            let [ann, ben, cleo, dora] = logons.map(|logon| core.user_add(&person(logon, "")).unwrap());
            let paying = UserTerms { control: CostControl::Pay, bill_clients: true, ..UserTerms::default() };
            for user in [ben, dora] {
                core.user_terms_set(user, &paying).unwrap();
            }
            let rows = format!(
                "INSERT INTO user_terms (user_id, control, encrypt, bill_clients) VALUES
                 ({}, 'pay', TRUE, TRUE), ({}, 'none', TRUE, FALSE), ({}, 'tracking', FALSE, FALSE)",
                ann.0, ben.0, cleo.0
            );
            run(core, &rows, &rows);
            let sqlite = include_str!("../../../../migrations/core/sqlite/0075_money_terms/up.sql");
            let postgres = include_str!("../../../../migrations/core/postgres/0075_money_terms/up.sql");
            // A second time there is nothing left to move.
            for _ in 0..2 {
                run(core, sqlite, postgres);
                let of = |user| core.user_terms(user).unwrap();
                let terms = |control, encrypt, bill_clients| UserTerms { control, encrypt, bill_clients };
                assert_eq!(of(ann), terms(CostControl::Pay, true, true));
                assert_eq!(of(ben), terms(CostControl::NoCost, true, true), "its own list of codes stays");
                assert_eq!(of(cleo), terms(CostControl::Tracking, false, false));
                assert_eq!(of(dora), paying, "who had no row keeps the profile");
            }
        });
    }
}
