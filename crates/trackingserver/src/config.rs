//! The settings: section `[trackingserver]` of `papergate.toml`.

use serde::Deserialize;

/// The settings of the tracking server.
///
/// ```
/// let config: trackingserver::Config = toml::from_str(r#"hide_job_names_of = ["branch-1"]"#).unwrap();
/// assert_eq!(config.hide_job_names_of, ["branch-1"]);
/// assert!(toml::from_str::<trackingserver::Config>("hide_jobnames = true").is_err());
/// ```
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Names of servers (`ComputerName`) whose records are stored with asterisks instead of job names;
    /// default none.
    pub hide_job_names_of: Vec<String>,
}

impl service::Config for Config {
    fn validate(&self) -> Result<(), String> {
        if self.hide_job_names_of.iter().any(String::is_empty) {
            return Err("hide_job_names_of must not contain an empty name".to_owned());
        }
        Ok(())
    }
}
