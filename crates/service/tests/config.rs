//! Where a setting comes from, and what is refused.

use std::path::Path;

use serde::Deserialize;
use service::config::{ChannelEncryption, Config, ConfigError, load};
use service::options::Options;

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Printing {
    port: u16,
    quota: Quota,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Quota {
    pages_max: u64,
}

impl Default for Printing {
    fn default() -> Self {
        Self { port: 631, quota: Quota::default() }
    }
}

impl Config for Printing {
    fn validate(&self) -> Result<(), String> {
        if self.port == 666 { Err("port must not be 666".to_owned()) } else { Ok(()) }
    }
}

fn with(dir: &Path, text: &str) -> Result<(service::Common, Printing), ConfigError> {
    std::fs::write(dir.join("papergate.toml"), text).unwrap();
    load("portserver", &Options { data: dir.to_owned(), ..Options::default() })
}

#[test]
fn without_a_file_everything_has_a_default() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { data: dir.path().to_owned(), ..Options::default() };
    let (common, own) = load::<Printing>("portserver", &options).unwrap();
    assert_eq!((common.port_offset, common.channel_encryption), (0, ChannelEncryption::TlsOnly));
    assert_eq!(own.port, 631);
}

#[test]
fn the_file_wins_over_defaults_and_flags_win_over_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let text = "[common]\nport_offset = 10\nchannel_encryption = 3\n[portserver]\nport = 8631\nquota = { pages_max = 7 }\n\
                [peers]\njobserver = 'https://centre.example:7510'\n[grpc]\nportserver = '0.0.0.0:6310'\n[jobserver]\nanything = 1";
    let (common, own) = with(dir.path(), text).unwrap();
    assert_eq!((common.port_offset, common.channel_encryption), (10, ChannelEncryption::Both));
    assert_eq!((own.port, own.quota.pages_max), (8631, 7));
    assert_eq!(common.peers["jobserver"], "https://centre.example:7510");
    assert_eq!(common.grpc["portserver"], "0.0.0.0:6310".parse().unwrap());

    let flags = Options { data: dir.path().to_owned(), port_offset: Some(20), ..Options::default() };
    assert_eq!(load::<Printing>("portserver", &flags).unwrap().0.port_offset, 20);
}

#[test]
fn what_is_wrong_is_refused_by_name() {
    for (text, named) in [
        ("[portserver]\nprot = 1", "prot"),
        ("[common]\nbnid = '::'", "bnid"),
        ("[portsrever]\nport = 1", "portsrever"),
        ("[portserver]\nport = 70000", "port"),
        ("[portserver]\nport = 666", "666"),
        ("[portserver.quota]\nsheets_max = 1", "sheets_max"),
        ("[common]\nchannel_encryption = 4", "channel encryption"),
        ("[common]\nlog_level = 'jobserver=loud'", "log_level"),
        ("[common]\ntls_key = 'k.pem'", "tls_certificate"),
        ("[peers]\njobserver = 'http://centre:1'", "peers.jobserver"),
        ("[common\n", "TOML"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let refusal = with(dir.path(), text).expect_err(text).to_string();
        assert!(refusal.contains(named), "{text:?} was refused with {refusal:?}");
    }
}

#[test]
fn a_named_file_that_is_missing_is_refused() {
    let options = Options { config: Some("/nowhere/papergate.toml".into()), ..Options::default() };
    assert!(matches!(load::<Printing>("portserver", &options), Err(ConfigError::Missing(_))));
}

#[test]
fn the_sample_configuration_has_known_sections_and_the_defaults() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/config/papergate.toml");
    let options = Options { config: Some(sample), ..Options::default() };
    let (common, _) = load::<service::config::NoConfig>("failsafe", &options).unwrap();
    let defaults = service::Common { data: common.data.clone(), ..service::Common::default() };
    assert_eq!(format!("{common:?}"), format!("{defaults:?}"));
}
