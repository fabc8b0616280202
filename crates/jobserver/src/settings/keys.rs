//! Every setting, by name. A setting is added here and read by a function of [`super::Settings`].

use domain::money::{Money, UNIT};

use super::key::{Key, Kind};
use super::{days, schedule};

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
        name: "cards.register-by-login",
        default: "no",
        description: "Whether people register a card or code at a device with logon and password instead of a PUK: no, directory (the directory's password only), any.",
        kind: Kind::Choice(&["any", "directory", "no"]),
    },
    Key {
        name: "cards.registered-ends",
        default: "never",
        description: "End of a card or code that a person registers at a device: never, or the end of today, tomorrow, the week or the month.",
        kind: Kind::Choice(&["month", "never", "today", "tomorrow", "week"]),
    },
    Key {
        name: "cards.registered-ends-from",
        default: "1",
        description: "The person's first card or code that ends by cards.registered-ends, 1-100; 2 leaves the first one.",
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
        name: "push.confirm-within-m",
        default: "60",
        description: "Minutes after which a document whose price nobody agreed to is held for a person, 1-10080.",
        kind: Kind::Integer { min: 1, max: 10_080 },
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
        name: "release.driver-check",
        default: "off",
        description: "Documents whose printer driver is not on a device's list, unless the device says it itself: off (no check), warn (marked with a question mark), filter (not shown, not collected).",
        kind: Kind::Choice(&["filter", "off", "warn"]),
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

fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.is_empty() || text.len() <= 60 && text.split('.').all(label)
}

/// An https address without query, of letters that a mail needs not to quote.
fn is_page_address(text: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-._:/[]".contains(letter);
    let host = text.strip_prefix("https://").unwrap_or_default();
    !host.is_empty() && !host.starts_with('/') && text.len() <= 200 && host.chars().all(plain)
}
