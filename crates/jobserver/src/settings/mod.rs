//! What administrators may set while the server runs.
//!
//! - [`key`]: what a setting is, and whether a value will do
//! - [`keys`]: the table of all of them, each with a type, a default and a sentence
//! - [`mail`], [`directory`]: what belongs together, read in one go
//! - here: what holds now, read one by one

mod directory;
mod key;
mod keys;
mod mail;

use std::collections::BTreeMap;
use std::time::Duration;

use domain::Timestamp;
use domain::fidelity::Check;
use domain::ledger::Policy;
use domain::login::LoginPolicy;
use domain::money::Money;
use domain::people::period::Period;
use domain::people::puk::RegisteredEnds;
use domain::push::WhenAway;
use domain::retention::RetentionPolicy;
use service::schedule::{Schedule, ScheduleError, TimeZone};

use crate::login::Believed;

pub(crate) use directory::DirectorySettings;
pub(crate) use key::{Key, SettingRefused, check, find};
pub(crate) use keys::KEYS;
pub(crate) use mail::{MailAuthentication, MailSecurity, MailSettings, Warned};

/// What holds now.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    set: BTreeMap<String, String>,
}

/// What becomes of the money for a document that did not come out whole.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum OnFailure {
    /// Nothing is charged.
    Release,
    /// The pages that the device counted are charged; nothing, when it did not count.
    Charge,
    /// It stays reserved until a person decides.
    Keep,
}

impl Settings {
    /// Takes what the store has. Keys that a newer or older program knew are left alone.
    pub(crate) fn load(stored: Vec<(String, String)>) -> Self {
        Self { set: stored.into_iter().filter(|(key, value)| check(key, value).is_ok()).collect() }
    }

    /// What holds for a key.
    pub(crate) fn value<'a>(&'a self, key: &'a Key) -> &'a str {
        self.set.get(key.name).map_or(key.default, String::as_str)
    }

    fn text(&self, name: &str) -> &str {
        let default = || find(name).map_or("", |key| key.default);
        self.set.get(name).map_or_else(default, String::as_str)
    }

    fn integer(&self, name: &str) -> i64 {
        self.text(name).parse().expect("values are checked before they are taken")
    }

    /// How long a document waits for somebody to agree to its price.
    pub(crate) fn push_confirm_within(&self) -> Duration {
        Duration::from_secs(60 * u64::try_from(self.integer("push.confirm-within-m")).unwrap_or(60))
    }

    /// What push queues do while the tracking server is away, unless they say it themselves.
    pub(crate) fn push_when_away(&self) -> WhenAway {
        WhenAway::parse(self.text("push.when-tracking-away")).unwrap_or_default()
    }

    /// What Ghostscript may cost for one document; `None` where it is not to be used.
    pub(crate) fn ghostscript(&self) -> Option<interpreter::Limits> {
        let whole = |name: &str| u64::try_from(self.integer(name)).expect("limits have no negative values");
        (self.text("counting.ghostscript") == "yes").then(|| interpreter::Limits {
            wall: self.seconds("counting.ghostscript-s"),
            cpu_s: whole("counting.ghostscript-cpu-s"),
            memory_bytes: whole("counting.ghostscript-memory-mb") << 20,
            output_bytes: whole("counting.ghostscript-output-mb") << 20,
        })
    }

    /// Whether documents that are deleted unprinted are tracked.
    pub(crate) fn tracks_deleted(&self) -> bool {
        self.text("tracking.deleted-jobs") == "yes"
    }

    /// What devices that say nothing themselves make of documents of other drivers.
    pub(crate) fn driver_check(&self) -> Check {
        Check::parse(self.text("release.driver-check")).unwrap_or_default()
    }

    fn seconds(&self, name: &str) -> Duration {
        Duration::from_secs(u64::try_from(self.integer(name)).expect("durations have no negative values"))
    }

    /// Whose word counts when somebody registers a card by login; `None` where they may not.
    pub(crate) fn registers_by_login(&self) -> Option<Believed> {
        match self.text("cards.register-by-login") {
            "any" => Some(Believed::Any),
            // Without a directory every password would be wrong: that is said, and not counted as guessing.
            "directory" if !self.text("directory.url").is_empty() => Some(Believed::Directory),
            _ => None,
        }
    }

    /// When what people register now at devices ends.
    pub(crate) fn registered_ends(&self, now: Timestamp) -> RegisteredEnds {
        let zoned = jiff::Timestamp::from_microsecond(now.0).map(|now| now.to_zoned(TimeZone::system()));
        let period = Period::parse(self.text("cards.registered-ends"));
        let at = period.and_then(|period| period.end(&zoned.ok()?));
        RegisteredEnds { from: self.integer("cards.registered-ends-from"), at }
    }

    pub(crate) fn cards_max(&self) -> i64 {
        self.integer("cards.max-per-user")
    }

    pub(crate) fn login_policy(&self) -> LoginPolicy {
        let max_attempts = i32::try_from(self.integer("login.max-attempts")).expect("at most 100");
        LoginPolicy { max_attempts }
    }

    pub(crate) fn retention(&self) -> RetentionPolicy {
        let delete_after = self.seconds("jobs.delete-after-s");
        RetentionPolicy {
            delete_after: (!delete_after.is_zero()).then_some(delete_after),
            incoming_max: self.seconds("jobs.incoming-max-s"),
            history: self.seconds("jobs.history-s"),
        }
    }

    pub(crate) fn events_kept(&self) -> Duration {
        let days = u64::try_from(self.integer("events.keep-days")).expect("no negative values");
        Duration::from_secs(days * 86_400)
    }

    /// When spool and job rows are compared.
    pub(crate) fn integrity_schedule(&self) -> Schedule {
        let every_s =
            u32::try_from(self.integer("integrity.interval-s")).expect("checked before it is taken");
        schedule(self.text("integrity.days"), self.text("integrity.at"), every_s)
            .expect("values are checked before they are taken")
    }

    /// Which accounts pay.
    pub(crate) fn charging_policy(&self) -> Policy {
        match self.text("charging.policy") {
            "partial" => Policy::Partial,
            "quota" => Policy::Quota,
            _ => Policy::Full,
        }
    }

    pub(crate) fn initial_account_two(&self) -> Money {
        self.text("charging.initial-account-2").parse().expect("values are checked before they are taken")
    }

    pub(crate) fn on_failure(&self) -> OnFailure {
        match self.text("charging.on-failure") {
            "charge" => OnFailure::Charge,
            "keep" => OnFailure::Keep,
            _ => OnFailure::Release,
        }
    }

    /// How long a device may be away while something it began is under way.
    pub(crate) fn broken_off_after(&self) -> Duration {
        self.seconds("charging.broken-off-after-s")
    }

    pub(crate) fn post_tracking(&self) -> bool {
        self.text("charging.post-tracking") == "on"
    }

    pub(crate) fn unfinished_mail(&self) -> bool {
        self.text("charging.unfinished-mail") == "on"
    }

    pub(crate) fn money_away_allowed(&self) -> bool {
        self.text("charging.money-away") == "allow"
    }

    /// Whether it matters at all that the tracking server is away: records wait in the outbox otherwise.
    pub(crate) fn tracking_away_matters(&self) -> bool {
        self.text("charging.tracking-away") != "keep"
    }

    pub(crate) fn tracking_away_allowed(&self) -> bool {
        self.text("charging.tracking-away") == "allow"
    }

    /// Whether printers beside a raw port are asked how they are while they print.
    pub(crate) fn snmp_status(&self) -> bool {
        self.text("release.snmp-status") == "on"
    }

    pub(crate) fn connect_timeout(&self) -> Duration {
        self.seconds("release.connect-timeout-s")
    }

    pub(crate) fn finish_timeout(&self) -> Duration {
        self.seconds("release.finish-timeout-s")
    }

    pub(crate) fn stall_timeout(&self) -> Duration {
        self.seconds("release.stall-timeout-s")
    }

    pub(crate) fn group(&self) -> &str {
        self.text("server.group")
    }

    pub(crate) fn document_bytes_max(&self) -> u64 {
        u64::try_from(self.integer("submission.bytes-max")).expect("no negative values")
    }

    /// Address of the pages that mails lead to; empty for none.
    pub(crate) fn links_url(&self) -> &str {
        self.text("links.url")
    }

    /// How long a link in a mail is good.
    pub(crate) fn links_valid(&self) -> Duration {
        self.seconds("links.valid-hours") * 3_600
    }

    /// Files with authorities of people's certificates, and with what those revoked; empty for none.
    pub(crate) fn certificate_files(&self) -> (&str, &str) {
        (self.text("submission.certificate-authorities"), self.text("submission.certificate-revocations"))
    }

    pub(crate) fn creates_unknown_users(&self) -> bool {
        self.text("submission.unknown-user") == "create"
    }

    fn yes(&self, name: &str) -> bool {
        self.text(name) == "yes"
    }

    pub(crate) fn card_filter(&self) -> &str {
        self.text("cards.filter")
    }

    pub(crate) fn code_pattern(&self) -> &str {
        self.text("cards.code-pattern")
    }

    /// How long a generated ID code is valid; `None` for ever.
    pub(crate) fn code_lifetime(&self) -> Option<Duration> {
        let days = u64::try_from(self.integer("cards.code-days")).expect("no negative values");
        (days > 0).then(|| Duration::from_secs(days * 86_400))
    }

    pub(crate) fn reminder_days(&self) -> [u32; 3] {
        days(self.text("cards.reminder-days")).expect("values are checked before they are taken")
    }

    pub(crate) fn delegates_enabled(&self) -> bool {
        self.yes("delegates.enabled")
    }

    pub(crate) fn pin_change_allowed(&self) -> bool {
        self.yes("pins.change-allowed")
    }

    pub(crate) fn code_is_logon(&self) -> bool {
        self.yes("users.code-is-logon")
    }

    pub(crate) fn default_user(&self) -> &str {
        self.text("users.default")
    }

    pub(crate) fn email_domain(&self) -> &str {
        self.text("users.email-domain")
    }

    pub(crate) fn hides_document_names(&self) -> bool {
        self.yes("users.hide-document-names")
    }

    pub(crate) fn hides_id_codes(&self) -> bool {
        self.yes("users.hide-id-codes")
    }

    pub(crate) fn puk_at_first_print(&self) -> bool {
        self.yes("users.puk-at-first-print")
    }

    pub(crate) fn puk_at_print(&self) -> bool {
        self.yes("users.puk-at-print")
    }
}

/// Three numbers of days parted by commas.
fn days(text: &str) -> Option<[u32; 3]> {
    let numbers: Vec<u32> = text
        .split(',')
        .map(|number| number.trim().parse().ok().filter(|days| *days <= 366))
        .collect::<Option<_>>()?;
    numbers.try_into().ok()
}

fn schedule(days: &str, at: &str, every_s: u32) -> Result<Schedule, ScheduleError> {
    let days = days.split(',').map(str::trim).filter(|day| !day.is_empty());
    Schedule::parse(days, at, every_s, TimeZone::system())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_a_value_of_its_key() {
        for key in KEYS {
            assert!(check(key.name, key.default).is_ok(), "{}", key.name);
        }
        assert!(KEYS.is_sorted_by_key(|key| key.name));
    }

    #[test]
    fn every_typed_setting_has_a_key() {
        let settings = Settings::default();
        assert_eq!(settings.login_policy().max_attempts, 3);
        assert_eq!(settings.retention().delete_after, Some(Duration::from_secs(86_400)));
        assert_eq!(settings.group(), "Papergate");
        assert!(!settings.creates_unknown_users());
        assert!(settings.cards_max() > 0 && settings.document_bytes_max() > 0);
        let durations = [
            settings.events_kept(),
            settings.connect_timeout(),
            settings.finish_timeout(),
            settings.stall_timeout(),
        ];
        assert!(durations.iter().all(|duration| !duration.is_zero()));
    }

    #[test]
    fn wrong_values_are_refused_and_never_loaded() {
        for (name, value) in [
            ("login.max-attempts", "0"),
            ("login.max-attempts", "many"),
            ("login.max-attempts", ""),
            ("submission.unknown-user", "maybe"),
            ("server.group", ""),
            ("cards.code-pattern", "11"),
            ("cards.filter", "twist"),
            ("cards.reminder-days", "21,14"),
            ("integrity.at", "25:00"),
            ("integrity.days", "mon,someday"),
            ("links.url", "http://print.example.org"),
            ("links.url", "https://"),
            ("links.url", "https://print.example.org/?a=<b>"),
            ("users.default", "a/b"),
            ("users.email-domain", "@example.com"),
            ("users.hide-id-codes", "maybe"),
            ("server.group", "twenty characters...."),
        ] {
            assert!(matches!(check(name, value), Err(SettingRefused::Value { .. })), "{name} {value}");
            let settings = Settings::load(vec![(name.into(), value.into())]);
            assert_eq!(settings.value(find(name).unwrap()), find(name).unwrap().default);
        }
        assert!(matches!(check("no.such", "1"), Err(SettingRefused::Unknown(_))));
        let zero = Settings::load(vec![("jobs.delete-after-s".into(), "0".into())]);
        assert_eq!(zero.retention().delete_after, None);
    }
}
