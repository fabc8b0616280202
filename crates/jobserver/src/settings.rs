//! What administrators may set while the server runs: known keys, each with a type, a default and a sentence.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use domain::event::Severity;
use domain::ledger::Policy;
use domain::login::LoginPolicy;
use domain::money::{Money, UNIT};
use domain::push::WhenAway;
use domain::retention::RetentionPolicy;
use service::schedule::{Schedule, ScheduleError, TimeZone};

/// A setting that exists.
pub(crate) struct Key {
    /// Its name.
    pub(crate) name: &'static str,
    /// What holds until it is set.
    pub(crate) default: &'static str,
    /// What it means, with unit and range.
    pub(crate) description: &'static str,
    kind: Kind,
}

enum Kind {
    Integer {
        min: i64,
        max: i64,
    },
    Choice(&'static [&'static str]),
    Amount {
        max: Money,
    },
    Text {
        max: usize,
    },
    /// As `Text`, or empty for none.
    Optional {
        max: usize,
    },
    /// Whatever the function accepts; the text says what that is.
    Checked {
        is: fn(&str) -> bool,
        expected: &'static str,
    },
}

const DAY_S: i64 = 86_400;
const YES_OR_NO: &[&str] = &["no", "yes"];

/// Every setting, by name.
pub(crate) const KEYS: &[Key] = &[
    Key {
        name: "cards.code-days",
        default: "183",
        description: "Days after which a generated ID code ends, 0-3660; 0: never.",
        kind: Kind::Integer { min: 0, max: 3_660 },
    },
    Key {
        name: "cards.code-pattern",
        default: domain::people::id_code::PATTERN_DEFAULT,
        description: "Generated ID codes: 1 for a digit, x for a letter, * for either, 4-39 characters.",
        kind: Kind::Checked {
            is: |text| domain::people::id_code::Pattern::parse(text).is_ok(),
            expected: "4 to 39 of the characters 1, x and *",
        },
    },
    Key {
        name: "cards.filter",
        default: "",
        description: "Steps that make one number of what different readers tell of a card, parted by spaces; set it \
                      before cards are registered (docs/OPERATIONS.md).",
        kind: Kind::Checked {
            is: |text| text.len() <= 200 && domain::people::card_number::Filter::parse(text).is_ok(),
            expected: "steps such as upper, drop-zeros, slice=3-10, reverse-bytes, hex-to-decimal",
        },
    },
    Key {
        name: "cards.max-per-user",
        default: "10",
        description: "Cards and ID codes a person may have, 1-100.",
        kind: Kind::Integer { min: 1, max: 100 },
    },
    Key {
        name: "cards.reminder-days",
        default: "21,14,7",
        description: "Days before the end of a temporary ID at which its owner is reminded: three numbers, 0: not.",
        kind: Kind::Checked {
            is: |text| days(text).is_some(),
            expected: "three numbers of days such as 21,14,7, at most 366",
        },
    },
    Key {
        name: "charging.broken-off-after-s",
        default: "60",
        description: "Seconds after which a copy, fax or scan that no connection of its device tells of any more is ended at its last counts, 1-3600.",
        kind: Kind::Integer { min: 1, max: 3_600 },
    },
    Key {
        name: "charging.initial-account-2",
        default: "0.00",
        description: "Quota that the account of a Pay user is opened with, 0.00-1000000.00.",
        kind: Kind::Amount { max: Money(1_000_000 * UNIT) },
    },
    Key {
        name: "charging.money-away",
        default: "refuse",
        description: "Pay users while the money server is away: refuse, or allow (treated as tracking users).",
        kind: Kind::Choice(&["allow", "refuse"]),
    },
    Key {
        name: "charging.on-failure",
        default: "release",
        description: "A document that does not come out whole: release (costs nothing), charge (the pages that the device counted), keep (reserved until a person decides).",
        kind: Kind::Choice(&["charge", "keep", "release"]),
    },
    Key {
        name: "charging.policy",
        default: "full",
        description: "Accounts that pay: full (1, money), partial (2, quota, then 1), quota (2 only).",
        kind: Kind::Choice(&["full", "partial", "quota"]),
    },
    Key {
        name: "charging.post-tracking",
        default: "off",
        description: "Whether a device's own page counters decide what was printed: off, on.",
        kind: Kind::Choice(&["off", "on"]),
    },
    Key {
        name: "charging.tracking-away",
        default: "keep",
        description: "People who are tracked while the tracking server is away: keep (records wait), refuse, or allow (treated as no cost users; only with charging.money-away allow).",
        kind: Kind::Choice(&["allow", "keep", "refuse"]),
    },
    Key {
        name: "charging.unfinished-mail",
        default: "off",
        description: "Whether mail.administrator is told when a Pay user's document does not come out: off, on.",
        kind: Kind::Choice(&["off", "on"]),
    },
    Key {
        name: "counting.ghostscript",
        default: "yes",
        description: "Whether PostScript that the server's own reader cannot decide is run by Ghostscript, where it is installed: yes or no.",
        kind: Kind::Choice(YES_OR_NO),
    },
    Key {
        name: "counting.ghostscript-cpu-s",
        default: "30",
        description: "Processor seconds Ghostscript may take for one document, 1-3600.",
        kind: Kind::Integer { min: 1, max: 3_600 },
    },
    Key {
        name: "counting.ghostscript-memory-mb",
        default: "512",
        description: "Address space Ghostscript may take, megabytes, 128-65536.",
        kind: Kind::Integer { min: 128, max: 65_536 },
    },
    Key {
        name: "counting.ghostscript-output-mb",
        default: "16384",
        description: "What Ghostscript may draw of one document, megabytes (an A4 page is 1.5), 16-1048576.",
        kind: Kind::Integer { min: 16, max: 1_048_576 },
    },
    Key {
        name: "counting.ghostscript-s",
        default: "60",
        description: "Seconds after which Ghostscript is ended, 1-3600; the document is then undefined.",
        kind: Kind::Integer { min: 1, max: 3_600 },
    },
    Key {
        name: "delegates.enabled",
        default: "yes",
        description: "Whether people may submit for and collect for others: yes or no.",
        kind: Kind::Choice(YES_OR_NO),
    },
    Key {
        name: "directory.administrators-only",
        default: "no",
        description: "Whether administrators log in with directory credentials only: yes or no.",
        kind: Kind::Choice(YES_OR_NO),
    },
    Key {
        name: "directory.base",
        default: "",
        description: "Where people are searched, as dc=example,dc=org.",
        kind: Kind::Optional { max: 1_000 },
    },
    Key {
        name: "directory.bind-dn",
        default: "",
        description: "Account that searches; its password: papergate directory secret. Empty searches as nobody.",
        kind: Kind::Optional { max: 1_000 },
    },
    Key {
        name: "directory.bind-template",
        default: "",
        description: "Name to bind a person with, as {logon}@example.org or uid={logon},ou=people,dc=example,dc=org; empty searches.",
        kind: Kind::Optional { max: 1_000 },
    },
    Key {
        name: "directory.ca-file",
        default: "",
        description: "PEM file with the authorities of the directory, instead of the system's; empty for those.",
        kind: Kind::Optional { max: 1_000 },
    },
    Key {
        name: "directory.cache-s",
        default: "3600",
        description: "Seconds for which a right password is remembered in memory for when the directory is away; 0 forbids it.",
        kind: Kind::Integer { min: 0, max: 7 * DAY_S },
    },
    Key {
        name: "directory.domain",
        default: "",
        description: "Domain of people who type none.",
        kind: Kind::Optional { max: 255 },
    },
    Key {
        name: "directory.filter",
        default: "(|(sAMAccountName={logon})(uid={logon}))",
        description: "How a person is found below directory.base.",
        kind: Kind::Text { max: 1_000 },
    },
    Key {
        name: "directory.starttls",
        default: "no",
        description: "Whether an ldap:// connection is encrypted by StartTLS: yes or no.",
        kind: Kind::Choice(YES_OR_NO),
    },
    Key {
        name: "directory.timeout-s",
        default: "5",
        description: "Seconds for each step of asking the directory, 1-30.",
        kind: Kind::Integer { min: 1, max: 30 },
    },
    Key {
        name: "directory.url",
        default: "",
        description: "The directory, as ldaps://dc1.example.org; empty for local passwords only.",
        kind: Kind::Optional { max: 1_000 },
    },
    Key {
        name: "events.keep-days",
        default: "365",
        description: "Days for which events are kept, 1-3660.",
        kind: Kind::Integer { min: 1, max: 3_660 },
    },
    Key {
        name: "integrity.at",
        default: "00:00",
        description: "Time of a day's first comparison of spool and job rows, as 02:00.",
        kind: Kind::Checked { is: |text| schedule("", text, 0).is_ok(), expected: "a time such as 02:00" },
    },
    Key {
        name: "integrity.days",
        default: "",
        description: "Weekdays of comparisons, as mon,tue,wed; empty for every day.",
        kind: Kind::Checked {
            is: |text| schedule(text, "00:00", 0).is_ok(),
            expected: "some of mon,tue,wed,thu,fri,sat,sun, or nothing",
        },
    },
    Key {
        name: "integrity.interval-s",
        default: "7200",
        description: "Seconds from one comparison to the next on the same day, 60-86400; 0: one a day.",
        kind: Kind::Integer { min: 0, max: DAY_S },
    },
    Key {
        name: "jobs.delete-after-s",
        default: "86400",
        description: "Seconds after which a held document is deleted, up to a year; 0 keeps it for ever.",
        kind: Kind::Integer { min: 0, max: 366 * DAY_S },
    },
    Key {
        name: "jobs.history-s",
        default: "86400",
        description: "Seconds for which a finished job is remembered, 0-31622400.",
        kind: Kind::Integer { min: 0, max: 366 * DAY_S },
    },
    Key {
        name: "jobs.incoming-max-s",
        default: "300",
        description: "Seconds a job without a document waits for it, 10-86400.",
        kind: Kind::Integer { min: 10, max: DAY_S },
    },
    Key {
        name: "links.url",
        default: "",
        description: "Address of the pages that mails lead to, as people reach it: https://print.example.org:7725; empty for none.",
        kind: Kind::Checked {
            is: |text| text.is_empty() || is_page_address(text),
            expected: "an address such as https://print.example.org:7725, or nothing",
        },
    },
    Key {
        name: "links.valid-hours",
        default: "168",
        description: "Hours for which a link in a mail is good, 1-8760.",
        kind: Kind::Integer { min: 1, max: 8_760 },
    },
    Key {
        name: "login.max-attempts",
        default: "3",
        description: "Failed logins in a row that lock an account, 1-100.",
        kind: Kind::Integer { min: 1, max: 100 },
    },
    Key {
        name: "mail.administrator",
        default: "",
        description: "E-mail address for errors of the event log and unfinished jobs; empty for none.",
        kind: Kind::Optional { max: 255 },
    },
    Key {
        name: "mail.authentication",
        default: "none",
        description: "How the mail server is logged in to: none, password, microsoft-oauth2, google-oauth2.",
        kind: Kind::Choice(&["google-oauth2", "microsoft-oauth2", "none", "password"]),
    },
    Key {
        name: "mail.ca-file",
        default: "",
        description: "PEM file with authorities of the mail server and token service, beside the system's; empty for none.",
        kind: Kind::Optional { max: 1_000 },
    },
    Key {
        name: "mail.delete-warning",
        default: "none",
        description: "Who is warned before a document is deleted because of its age: none, author, recipients, both.",
        kind: Kind::Choice(&["author", "both", "none", "recipients"]),
    },
    Key {
        name: "mail.delete-warning-ahead-s",
        default: "7200",
        description: "Seconds before the deletion at which the warning is sent, 60-31622400.",
        kind: Kind::Integer { min: 60, max: 366 * DAY_S },
    },
    Key {
        name: "mail.event-severity",
        default: "2",
        description: "Events of this severity and worse are mailed to mail.administrator, 1-5; 0 for none.",
        kind: Kind::Integer { min: 0, max: 5 },
    },
    Key {
        name: "mail.from",
        default: "",
        description: "E-mail address that mails come from and are answered to.",
        kind: Kind::Optional { max: 255 },
    },
    Key {
        name: "mail.job-deleted",
        default: "no",
        description: "Whether the author is told when a document was deleted because of its age: yes or no.",
        kind: Kind::Choice(YES_OR_NO),
    },
    Key {
        name: "mail.job-refused",
        default: "no",
        description: "Whether people are told by mail of documents that are refused, or held by a push queue: yes or no.",
        kind: Kind::Choice(YES_OR_NO),
    },
    Key {
        name: "mail.oauth-client-id",
        default: "",
        description: "Application (client) id registered with Microsoft or Google.",
        kind: Kind::Optional { max: 255 },
    },
    Key {
        name: "mail.oauth-tenant",
        default: "",
        description: "Directory (tenant) id of the application at Microsoft; empty for common.",
        kind: Kind::Optional { max: 255 },
    },
    Key {
        name: "mail.oauth-url",
        default: "",
        description: "Address of the token service; empty for the provider's own.",
        kind: Kind::Optional { max: 1_000 },
    },
    Key {
        name: "mail.port",
        default: "0",
        description: "Port of the mail server, 1-65535; 0 for that of mail.security (25, 587, 465).",
        kind: Kind::Integer { min: 0, max: 65_535 },
    },
    Key {
        name: "mail.puk",
        default: "yes",
        description: "Whether a new PUK is mailed to its person: yes or no.",
        kind: Kind::Choice(YES_OR_NO),
    },
    Key {
        name: "mail.security",
        default: "starttls",
        description: "Encryption to the mail server: none, starttls, tls.",
        kind: Kind::Choice(&["none", "starttls", "tls"]),
    },
    Key {
        name: "mail.server",
        default: "",
        description: "Host that takes mails; empty for no mails at all.",
        kind: Kind::Optional { max: 255 },
    },
    Key {
        name: "mail.user",
        default: "",
        description: "Account at the mail server.",
        kind: Kind::Optional { max: 255 },
    },
    Key {
        name: "mail.welcome",
        default: "no",
        description: "Whether new people are welcomed by mail: yes or no.",
        kind: Kind::Choice(YES_OR_NO),
    },
    Key {
        name: "pins.change-allowed",
        default: "yes",
        description: "Whether people may change their PIN at a device: yes or no.",
        kind: Kind::Choice(YES_OR_NO),
    },
    Key {
        name: "push.when-tracking-away",
        default: "print",
        description: "What push queues that say nothing themselves do while the tracking server is away: print or hold.",
        kind: Kind::Choice(&["hold", "print"]),
    },
    Key {
        name: "release.connect-timeout-s",
        default: "5",
        description: "Seconds to wait for a device to take a connection, 1-60.",
        kind: Kind::Integer { min: 1, max: 60 },
    },
    Key {
        name: "release.finish-timeout-s",
        default: "600",
        description: "Seconds a device may take to finish after the last byte (IPP: to report the job's end), 1-86400.",
        kind: Kind::Integer { min: 1, max: DAY_S },
    },
    Key {
        name: "release.snmp-status",
        default: "on",
        description: "Whether printers on a raw port are asked by SNMP how they are while they print: off, on.",
        kind: Kind::Choice(&["off", "on"]),
    },
    Key {
        name: "release.stall-timeout-s",
        default: "300",
        description: "Seconds a device may take no data before the document is held again, 1-86400.",
        kind: Kind::Integer { min: 1, max: DAY_S },
    },
    Key {
        name: "server.group",
        default: "Papergate",
        description: "Name of the group of servers, 1-19 characters.",
        kind: Kind::Text { max: 19 },
    },
    Key {
        name: "submission.bytes-max",
        default: "4294967296",
        description: "Largest document taken, bytes, 1024-1099511627776.",
        kind: Kind::Integer { min: 1_024, max: 1 << 40 },
    },
    Key {
        name: "submission.certificate-authorities",
        default: "",
        description: "PEM file with authorities whose certificates prove the person of the e-mail address in them; empty for none.",
        kind: Kind::Optional { max: 1_000 },
    },
    Key {
        name: "submission.certificate-revocations",
        default: "",
        description: "PEM file with the revocation lists of those authorities; empty for none.",
        kind: Kind::Optional { max: 1_000 },
    },
    Key {
        name: "submission.unknown-user",
        default: "refuse",
        description: "What happens to a document of an unknown logon: refuse, or create (the person is added).",
        kind: Kind::Choice(&["create", "refuse"]),
    },
    Key {
        name: "tracking.deleted-jobs",
        default: "yes",
        description: "Whether documents that are deleted unprinted are tracked, for what was saved: yes or no.",
        kind: Kind::Choice(&["yes", "no"]),
    },
    Key {
        name: "users.code-is-logon",
        default: "no",
        description: "Whether people added at their first print get their logon as ID code: yes or no.",
        kind: Kind::Choice(YES_OR_NO),
    },
    Key {
        name: "users.default",
        default: "",
        description: "Logon of the default user, whose properties new people inherit; empty: the factory defaults.",
        kind: Kind::Checked {
            is: |text| text.is_empty() || domain::Logon::parse(text).is_ok(),
            expected: "a logon, or nothing",
        },
    },
    Key {
        name: "users.email-domain",
        default: "",
        description: "Domain that makes an e-mail address of the logon at the first print; empty: none is made.",
        kind: Kind::Checked { is: is_domain, expected: "a domain such as example.com, or nothing" },
    },
    Key {
        name: "users.hide-document-names",
        default: "no",
        description: "Whether documents' names are hidden from all but administrators: yes or no.",
        kind: Kind::Choice(YES_OR_NO),
    },
    Key {
        name: "users.hide-id-codes",
        default: "yes",
        description: "Whether ID and PUK codes are masked for administrators without full rights: yes or no.",
        kind: Kind::Choice(YES_OR_NO),
    },
    Key {
        name: "users.puk-at-first-print",
        default: "yes",
        description: "Whether a person added at the first print gets a PUK by mail: yes or no.",
        kind: Kind::Choice(YES_OR_NO),
    },
    Key {
        name: "users.puk-at-print",
        default: "no",
        description: "Whether somebody without a card who prints gets a PUK by mail: yes or no.",
        kind: Kind::Choice(YES_OR_NO),
    },
];

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

/// A setting cannot be set so.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum SettingRefused {
    /// There is no such key.
    #[error("there is no setting '{0}'")]
    Unknown(String),
    /// The value is not of the key's kind.
    #[error("'{value}' is no value for {key}: {expected}")]
    Value {
        /// The key.
        key: &'static str,
        /// What was tried.
        value: String,
        /// What would do.
        expected: String,
    },
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

    fn seconds(&self, name: &str) -> Duration {
        Duration::from_secs(u64::try_from(self.integer(name)).expect("durations have no negative values"))
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

    pub(crate) fn directory(&self) -> DirectorySettings {
        let text = |name: &str| self.text(name).to_owned();
        let ca_file = self.text("directory.ca-file");
        DirectorySettings {
            url: text("directory.url"),
            starttls: self.text("directory.starttls") == "yes",
            ca_file: (!ca_file.is_empty()).then(|| PathBuf::from(ca_file)),
            bind_template: text("directory.bind-template"),
            bind_dn: text("directory.bind-dn"),
            base: text("directory.base"),
            filter: text("directory.filter"),
            domain: text("directory.domain"),
            cache: self.seconds("directory.cache-s"),
            timeout: self.seconds("directory.timeout-s"),
            administrators_only: self.text("directory.administrators-only") == "yes",
        }
    }

    pub(crate) fn mail(&self) -> MailSettings {
        let text = |name: &str| self.text(name).to_owned();
        let ca_file = self.text("mail.ca-file");
        MailSettings {
            server: text("mail.server"),
            port: self.integer("mail.port"),
            security: match self.text("mail.security") {
                "none" => MailSecurity::None,
                "tls" => MailSecurity::Tls,
                _ => MailSecurity::Starttls,
            },
            authentication: match self.text("mail.authentication") {
                "password" => MailAuthentication::Password,
                "microsoft-oauth2" => MailAuthentication::Microsoft,
                "google-oauth2" => MailAuthentication::Google,
                _ => MailAuthentication::None,
            },
            user: text("mail.user"),
            from: text("mail.from"),
            administrator: text("mail.administrator"),
            event_severity: Severity::from_level(self.integer("mail.event-severity")),
            delete_warning: match self.text("mail.delete-warning") {
                "author" => Warned::Author,
                "recipients" => Warned::Recipients,
                "both" => Warned::Both,
                _ => Warned::Nobody,
            },
            warning_ahead: self.seconds("mail.delete-warning-ahead-s"),
            puk: self.text("mail.puk") == "yes",
            welcome: self.text("mail.welcome") == "yes",
            job_deleted: self.text("mail.job-deleted") == "yes",
            job_refused: self.text("mail.job-refused") == "yes",
            ca_file: (!ca_file.is_empty()).then(|| PathBuf::from(ca_file)),
            oauth_client_id: text("mail.oauth-client-id"),
            oauth_tenant: text("mail.oauth-tenant"),
            oauth_url: text("mail.oauth-url"),
        }
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
}

/// Encryption to the mail server (guide, "Connection security").
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum MailSecurity {
    None,
    Starttls,
    Tls,
}

/// How the mail server is logged in to (guide, "Authentication").
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum MailAuthentication {
    None,
    Password,
    Microsoft,
    Google,
}

/// Who is warned before a document is deleted (guide, "E-mail delete warning to").
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Warned {
    Nobody,
    Author,
    Recipients,
    Both,
}

/// Everything about directory passwords.
#[derive(Clone, Debug)]
pub(crate) struct DirectorySettings {
    /// Empty: none.
    pub(crate) url: String,
    pub(crate) starttls: bool,
    pub(crate) ca_file: Option<PathBuf>,
    /// Empty: people are searched.
    pub(crate) bind_template: String,
    /// Empty: the search is made as nobody.
    pub(crate) bind_dn: String,
    pub(crate) base: String,
    pub(crate) filter: String,
    /// Of people who type none.
    pub(crate) domain: String,
    /// How long right passwords are remembered; zero: not at all.
    pub(crate) cache: Duration,
    pub(crate) timeout: Duration,
    pub(crate) administrators_only: bool,
}

/// Everything about sending mails.
#[derive(Clone, Debug)]
pub(crate) struct MailSettings {
    /// Empty: no mails.
    pub(crate) server: String,
    port: i64,
    pub(crate) security: MailSecurity,
    pub(crate) authentication: MailAuthentication,
    pub(crate) user: String,
    pub(crate) from: String,
    /// Empty: nobody.
    pub(crate) administrator: String,
    /// `None`: no events are mailed.
    pub(crate) event_severity: Option<Severity>,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) delete_warning: Warned,
    pub(crate) warning_ahead: Duration,
    puk: bool,
    welcome: bool,
    job_deleted: bool,
    job_refused: bool,
    pub(crate) oauth_client_id: String,
    oauth_tenant: String,
    oauth_url: String,
}

impl MailSettings {
    /// The port, by the security when none is set (guide: 25, 587, 465).
    pub(crate) fn port(&self) -> u16 {
        match (self.port, self.security) {
            (0, MailSecurity::None) => 25,
            (0, MailSecurity::Starttls) => 587,
            (0, MailSecurity::Tls) => 465,
            (port, _) => u16::try_from(port).expect("checked before it is taken"),
        }
    }

    /// Whether mails of a kind are sent at all.
    pub(crate) fn wants(&self, kind: domain::mail::Kind) -> bool {
        use domain::mail::Kind as Mail;
        match kind {
            Mail::Puk => self.puk,
            Mail::Welcome => self.welcome,
            Mail::JobDelete => self.job_deleted,
            Mail::JobRefused => self.job_refused,
            Mail::Code
            | Mail::DeleteWarning
            | Mail::IdExpires
            | Mail::DelegateRequest
            | Mail::DelegateAccept
            | Mail::DelegateReject
            | Mail::UnfinishedJob
            | Mail::Event => true,
        }
    }

    /// Where access tokens come from.
    pub(crate) fn oauth_url(&self) -> String {
        match self.authentication {
            _ if !self.oauth_url.is_empty() => self.oauth_url.clone(),
            MailAuthentication::Google => "https://oauth2.googleapis.com/token".to_owned(),
            _ => {
                let tenant = if self.oauth_tenant.is_empty() { "common" } else { &self.oauth_tenant };
                format!("https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token")
            }
        }
    }

    /// What the token may do; Google's refresh tokens carry it themselves.
    pub(crate) fn oauth_scope(&self) -> Option<&'static str> {
        let scope = "https://outlook.office.com/SMTP.Send offline_access";
        (self.authentication == MailAuthentication::Microsoft).then_some(scope)
    }
}

impl Settings {
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

fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.is_empty() || text.len() <= 60 && text.split('.').all(label)
}

/// The key with this name.
pub(crate) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// Whether `value` may be set for `name`.
///
/// # Errors
/// [`SettingRefused`].
pub(crate) fn check(name: &str, value: &str) -> Result<&'static Key, SettingRefused> {
    let key = find(name).ok_or_else(|| SettingRefused::Unknown(name.to_owned()))?;
    let expected = match &key.kind {
        Kind::Integer { min, max } => match value.parse::<i64>() {
            Ok(number) if (min..=max).contains(&&number) => return Ok(key),
            _ => format!("a whole number from {min} to {max}"),
        },
        Kind::Amount { max } => match value.parse::<Money>() {
            Ok(amount) if !amount.is_negative() && amount <= *max => return Ok(key),
            _ => format!("an amount from 0.00 to {max}"),
        },
        Kind::Choice(choices) if choices.contains(&value) => return Ok(key),
        Kind::Choice(choices) => format!("one of {}", choices.join(", ")),
        Kind::Checked { is, .. } if is(value) => return Ok(key),
        Kind::Checked { expected, .. } => (*expected).to_owned(),
        Kind::Text { max } => {
            let length = value.chars().count();
            if (1..=*max).contains(&length) && !value.chars().any(char::is_control) {
                return Ok(key);
            }
            format!("1 to {max} characters")
        }
        Kind::Optional { max } => {
            if value.chars().count() <= *max && !value.chars().any(char::is_control) {
                return Ok(key);
            }
            format!("at most {max} characters")
        }
    };
    Err(SettingRefused::Value { key: key.name, value: value.to_owned(), expected })
}

fn schedule(days: &str, at: &str, every_s: u32) -> Result<Schedule, ScheduleError> {
    let days = days.split(',').map(str::trim).filter(|day| !day.is_empty());
    Schedule::parse(days, at, every_s, TimeZone::system())
}

/// An https address without query, of letters that a mail needs not to quote.
fn is_page_address(text: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-._:/[]".contains(letter);
    let host = text.strip_prefix("https://").unwrap_or_default();
    !host.is_empty() && !host.starts_with('/') && text.len() <= 200 && host.chars().all(plain)
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
