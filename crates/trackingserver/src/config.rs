//! The settings: section `[trackingserver]` of `papergate.toml`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use service::schedule::{Schedule, ScheduleError, TimeZone};

/// The settings of the tracking server.
///
/// ```
/// let config: trackingserver::Config = toml::from_str(r#"hide_job_names_of = ["branch-1"]"#).unwrap();
/// assert_eq!(config.hide_job_names_of, ["branch-1"]);
/// assert!(toml::from_str::<trackingserver::Config>("hide_jobnames = true").is_err());
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// TCP port for programs that read and report records; default 7900.
    pub tracking_port: u16,
    /// Names of servers (`ComputerName`) whose records are stored with asterisks instead of job names;
    /// default none.
    pub hide_job_names_of: Vec<String>,
    /// Text file with more such names, one a line, UTF-8; a first line `Servers` is passed over. Read at the start;
    /// default none.
    pub hide_job_names_file: Option<PathBuf>,
    /// Secondary tracking servers that this one collects from (offline tracking), by a name for people, as
    /// `https://host:port` of their `[grpc]` listener; default none.
    pub collect_from: BTreeMap<String, String>,
    /// Minutes between collections, from `collect_at` to midnight: 10, 20, 30, 60, 120, 180, 240, 360, 480, 720 or
    /// 1440 (once a day); default 0, which collects only when asked.
    pub collect_every_m: u32,
    /// Local time of a day's first collection; default 02:00.
    pub collect_at: String,
    /// Days of collections: mon tue wed thu fri sat sun; default every day.
    pub collect_days: Vec<String>,
    /// The primary tracking server that records are reported to as they come (online tracking), as
    /// `https://host:port`; default none.
    pub report_to: Option<String>,
    /// A primary collects from here: what it has not collected is not deleted; default false. With `report_to` it
    /// is so anyway.
    pub collected: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            tracking_port: 7900,
            hide_job_names_of: Vec::new(),
            hide_job_names_file: None,
            collect_from: BTreeMap::new(),
            collect_every_m: 0,
            collect_at: "02:00".to_owned(),
            collect_days: Vec::new(),
            report_to: None,
            collected: false,
        }
    }
}

/// Intervals there are, minutes; the last is once a day.
const INTERVALS_M: [u32; 11] = [10, 20, 30, 60, 120, 180, 240, 360, 480, 720, 1_440];

impl Config {
    /// When it collects; `None`: only when asked.
    ///
    /// # Errors
    /// One sentence that names the key at fault.
    pub(crate) fn schedule(&self) -> Result<Option<Schedule>, String> {
        if self.collect_every_m != 0 && !INTERVALS_M.contains(&self.collect_every_m) {
            let every = self.collect_every_m;
            return Err(format!("collect_every_m must be 0 or one of {INTERVALS_M:?}, not {every}"));
        }
        let days = self.collect_days.iter().map(String::as_str);
        let parsed = Schedule::parse(days, &self.collect_at, self.collect_every_m * 60, TimeZone::system());
        let schedule = parsed.map_err(|error| match error {
            ScheduleError::Time(_) => format!("collect_at: {error}"),
            ScheduleError::Day(_) => format!("collect_days: {error}"),
        })?;
        Ok((self.collect_every_m != 0).then_some(schedule))
    }

    /// Names of servers whose job names are hidden, those in the file too.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn hidden_servers(&self) -> std::io::Result<Vec<String>> {
        let mut names = self.hide_job_names_of.clone();
        if let Some(path) = &self.hide_job_names_file {
            let text = std::fs::read_to_string(path)?;
            let mut lines = text.trim_start_matches('\u{feff}').lines().map(str::trim).peekable();
            let _ = lines.next_if(|line| line.eq_ignore_ascii_case("servers"));
            names.extend(lines.filter(|line| !line.is_empty()).map(str::to_owned));
        }
        Ok(names)
    }
}

impl service::Config for Config {
    fn validate(&self) -> Result<(), String> {
        if self.hide_job_names_of.iter().any(String::is_empty) {
            return Err("hide_job_names_of must not contain an empty name".to_owned());
        }
        for url in self.collect_from.values().chain(&self.report_to) {
            let is_url = url.strip_prefix("https://").is_some_and(|rest| {
                rest.rsplit_once(':')
                    .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
            });
            if !is_url {
                return Err(format!(
                    "collect_from and report_to must look like https://host:port, not {url}"
                ));
            }
        }
        if self.report_to.is_some() && self.collected {
            return Err(
                "report_to and collected exclude each other: records are reported or collected".to_owned()
            );
        }
        self.schedule().map(drop)
    }
}

#[cfg(test)]
mod tests {
    use service::Config as _;

    use super::*;

    #[test]
    fn a_file_names_more_servers_to_hide() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("servers.txt");
        std::fs::write(&path, "\u{feff}Servers\r\nbranch-1\r\n\r\n branch-2 \n").unwrap();
        let config = Config {
            hide_job_names_of: vec!["main".into()],
            hide_job_names_file: Some(path.clone()),
            ..Config::default()
        };
        assert_eq!(config.hidden_servers().unwrap(), ["main", "branch-1", "branch-2"]);
        std::fs::remove_file(path).unwrap();
        assert!(config.hidden_servers().is_err(), "a server that hides nothing by mistake does not start");
    }

    #[test]
    fn what_makes_no_sense_is_refused_before_anything_starts() {
        let table = [
            "report_to = 'primary:1'",
            "collect_from = { branch = 'http://branch:1' }",
            "collect_every_m = 7",
            "collect_at = 'noon'",
            "collect_days = ['someday']",
            "report_to = 'https://primary:1'\ncollected = true",
        ];
        for text in table {
            assert!(toml::from_str::<Config>(text).unwrap().validate().is_err(), "{text}");
        }
        let good = "report_to = 'https://primary:7910'\ncollect_every_m = 30\ncollect_days = ['mon', 'Sun']";
        assert_eq!(toml::from_str::<Config>(good).unwrap().validate(), Ok(()));
    }
}
