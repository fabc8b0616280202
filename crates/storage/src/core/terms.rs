//! How printing is charged, by device and by person.

use diesel::prelude::*;
use domain::charge::{CostControl, DeviceTerms, Features, UserTerms};
use domain::people;
use domain::{DeviceId, UserId};

use super::charge_schema::{device_terms, schemes, user_terms};
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
type UserRow = (i64, String, bool, bool);

/// What a person's profile says, while nothing was set here. A profile without cost control is as a new person's.
fn of_profile(text: &str) -> StoreResult<UserTerms> {
    let profile = profile::from_text(text).map_err(|why| corrupt("users", "profile", why))?;
    let control = match profile.cost_control {
        people::CostControl::Pay => CostControl::Pay,
        people::CostControl::Tracking | people::CostControl::None => CostControl::Tracking,
    };
    Ok(UserTerms { control, encrypt: profile.encrypt, ..UserTerms::default() })
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

    /// How a person is charged.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn user_terms(&self, user: UserId) -> StoreResult<UserTerms> {
        self.database.read("user-terms", |connection| {
            let row: Option<UserRow> = user_terms::table.find(user.0).first(connection).optional()?;
            let Some((_, control, encrypt, bill_clients)) = row else {
                let text: Option<String> =
                    users::table.find(user.0).select(users::profile).first(connection).optional()?;
                return text.map_or_else(|| Ok(UserTerms::default()), |text| of_profile(&text));
            };
            let control =
                CostControl::parse(&control).ok_or_else(|| corrupt("user_terms", "control", &control))?;
            Ok(UserTerms { control, encrypt, bill_clients })
        })
    }

    /// Everybody whose cost control is `control` and who differs from a new person, by id.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn users_with_control(&self, control: CostControl) -> StoreResult<Vec<UserId>> {
        self.database.read("users-with-control", |connection| {
            let ids: Vec<i64> = user_terms::table
                .filter(user_terms::control.eq(control.as_str()))
                .order(user_terms::user_id)
                .select(user_terms::user_id)
                .load(connection)?;
            Ok(ids.into_iter().map(UserId).collect())
        })
    }

    /// Stores how a person is charged.
    ///
    /// # Errors
    /// When the store cannot answer, or there is no such person.
    pub fn user_terms_set(&self, user: UserId, terms: &UserTerms) -> StoreResult<()> {
        self.database.write("user-terms-set", |connection| {
            let changes = (
                user_terms::control.eq(terms.control.as_str()),
                user_terms::encrypt.eq(terms.encrypt),
                user_terms::bill_clients.eq(terms.bill_clients),
            );
            let row = (user_terms::user_id.eq(user.0), changes);
            insert_or_update!(connection, user_terms::table, row, user_terms::user_id, changes)?;
            Ok(())
        })
    }
}
