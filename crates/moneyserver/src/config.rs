//! The settings: section `[moneyserver]` of `papergate.toml`.

use serde::Deserialize;

/// The settings of the money server.
///
/// ```
/// let config: moneyserver::Config = toml::from_str("expire_every_s = 5").unwrap();
/// assert_eq!(config.expire_every_s, 5);
/// assert!(toml::from_str::<moneyserver::Config>("expire_each_s = 5").is_err());
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// TCP port for programs of cashiers; default 7400.
    pub money_port: u16,
    /// How often reservations whose time has come are looked for, seconds; default 60.
    pub expire_every_s: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self { money_port: 7400, expire_every_s: 60 }
    }
}

impl service::Config for Config {
    fn validate(&self) -> Result<(), String> {
        if self.expire_every_s == 0 {
            return Err("expire_every_s must be at least 1".to_owned());
        }
        Ok(())
    }
}
