//! Section `[supervisor]` of `papergate.toml`.

use std::path::PathBuf;

use serde::Deserialize;

/// Settings of the supervisor.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// File with the table of processes; default the built-in one (`deploy/config/supervisor.toml`).
    pub table: Option<PathBuf>,
    /// Processes of the table that this machine does not run; default none.
    pub without: Vec<String>,
    /// One failure ends all processes, as `--fail-together`; default false.
    pub fail_together: bool,
    /// Seconds a server gets to say that it serves before it is killed and tried again; default 60.
    pub start_limit_s: u64,
    /// Seconds between two health checks of a serving process, and the longest one may take; default 5.
    pub health_period_s: u64,
    /// Failed checks in a row after which a process is killed and restarted; default 3.
    pub health_failures_max: u32,
    /// Restarts within `restart_window_s` after which a process is given up; default 10.
    pub restarts_max: u32,
    /// Seconds after which an exit no longer counts; default 600.
    pub restart_window_s: u64,
    /// Milliseconds before the first restart; doubles with every one that follows soon; default 200.
    pub backoff_first_ms: u64,
    /// The longest such pause, milliseconds; default 30,000.
    pub backoff_max_ms: u64,
    /// Program that runs before the first server, with `PAPERGATE_DATA` in its environment; default
    /// `DIR/startup` when that is there.
    pub startup_script: Option<PathBuf>,
    /// Seconds it may take; default 300.
    pub startup_script_limit_s: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            table: None,
            without: Vec::new(),
            fail_together: false,
            start_limit_s: 60,
            health_period_s: 5,
            health_failures_max: 3,
            restarts_max: 10,
            restart_window_s: 600,
            backoff_first_ms: 200,
            backoff_max_ms: 30_000,
            startup_script: None,
            startup_script_limit_s: 300,
        }
    }
}

impl service::Config for Config {
    fn validate(&self) -> Result<(), String> {
        if self.backoff_first_ms == 0 || self.backoff_max_ms < self.backoff_first_ms {
            return Err("backoff_first_ms is at least 1 and at most backoff_max_ms".to_owned());
        }
        if self.health_period_s == 0 || self.health_failures_max == 0 || self.start_limit_s == 0 {
            return Err("health_period_s, health_failures_max and start_limit_s are at least 1".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use service::Config as _;

    use super::*;

    #[test]
    fn the_sample_configuration_says_the_defaults() {
        let sample: toml::Table = include_str!("../../../deploy/config/papergate.toml").parse().unwrap();
        let own: Config = sample["supervisor"].clone().try_into().unwrap();
        own.validate().unwrap();
        assert_eq!(format!("{own:?}"), format!("{:?}", Config::default()));
    }
}
