//! Settings as text; what keys exist and what they mean is the server's business.

use diesel::prelude::*;

use super::CoreStore;
use super::schema::settings;
use crate::StoreResult;
use crate::dialect::insert_or_update;

impl CoreStore {
    /// Every setting that was ever set.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn settings_list(&self) -> StoreResult<Vec<(String, String)>> {
        self.database.read("settings-list", |connection| Ok(settings::table.load(connection)?))
    }

    /// Sets one.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn setting_set(&self, key: &str, value: &str) -> StoreResult<()> {
        self.database.write("setting-set", |connection| {
            let row = (settings::key.eq(key), settings::value.eq(value));
            let changes = settings::value.eq(value);
            insert_or_update!(connection, settings::table, row, settings::key, changes)?;
            Ok(())
        })
    }

    /// Sets one that is not there yet; answers with what holds now.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn setting_set_first(&self, key: &str, value: &str) -> StoreResult<String> {
        self.database.write("setting-set-first", |connection| {
            let row = (settings::key.eq(key), settings::value.eq(value));
            crate::dialect::insert_if_absent!(connection, settings::table, row, settings::key)?;
            Ok(settings::table.find(key).select(settings::value).first(connection)?)
        })
    }
}
