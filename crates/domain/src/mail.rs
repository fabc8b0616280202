//! What mails say: templates with the guide's tags ("Customize and translate e-mail messages").
//!
//! A template is text with tags: `<%USER%>` is replaced by a value, `<%PRINTALL="No|Yes"%>` by one of the words it names,
//! `<%USERLIST TEXT="..."%>` by the text and a list, or by nothing when the list is empty. `<%SUBJECT="..."%>` says the
//! subject and leaves nothing behind. Names of tags are read in any case. A tag that a mail of this kind does not have is an
//! error of the template, told with its line, before anything is sent.

use std::collections::BTreeMap;

mod template;

pub use template::{Template, TemplateError};

/// Why a mail is sent.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    /// A new person.
    Welcome,
    /// A PUK was made for a person.
    Puk,
    /// An ID code was given to a person.
    Code,
    /// A document was deleted.
    JobDelete,
    /// A document will be deleted.
    DeleteWarning,
    /// An ID code will expire.
    IdExpires,
    /// Somebody asks to delegate.
    DelegateRequest,
    /// A delegate accepted.
    DelegateAccept,
    /// A delegate rejected.
    DelegateReject,
    /// A document was refused, or does not come out of a push queue.
    JobRefused,
    /// A session ended with credits still reserved.
    UnfinishedJob,
    /// Errors of the event log, for the administrator.
    Event,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Welcome,
        Self::Puk,
        Self::Code,
        Self::JobDelete,
        Self::DeleteWarning,
        Self::IdExpires,
        Self::DelegateRequest,
        Self::DelegateAccept,
        Self::DelegateReject,
        Self::UnfinishedJob,
        Self::Event,
        Self::JobRefused,
    ];

    /// Stable name for scripts and rows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Welcome => "welcome",
            Self::Puk => "puk",
            Self::Code => "code",
            Self::JobDelete => "job-delete",
            Self::DeleteWarning => "delete-warning",
            Self::IdExpires => "id-expires",
            Self::DelegateRequest => "delegate-request",
            Self::DelegateAccept => "delegate-accept",
            Self::DelegateReject => "delegate-reject",
            Self::JobRefused => "job-refused",
            Self::UnfinishedJob => "unfinished-job",
            Self::Event => "event",
        }
    }

    /// The kind of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The file an administrator drops to override the text (guide, "E-mail templates").
    pub fn file(self) -> &'static str {
        match self {
            Self::Welcome => "EmailWelcome.txt",
            Self::Puk => "EmailPUK.txt",
            Self::Code => "EmailCode.txt",
            Self::JobDelete => "EmailJobDelete.txt",
            Self::DeleteWarning => "EmailWarning.txt",
            Self::IdExpires => "EmailIDCodeExpireWarning.txt",
            Self::DelegateRequest => "EmailDelegateRequest.txt",
            Self::DelegateAccept => "EmailDelegateRequestAccept.txt",
            Self::DelegateReject => "EmailDelegateRequestReject.txt",
            Self::JobRefused => "EmailJobRefused.txt",
            Self::UnfinishedJob => "UnfinishedJob.txt",
            Self::Event => "EmailEvent.txt",
        }
    }

    /// The text until it is overridden.
    pub fn built_in(self) -> &'static str {
        match self {
            Self::Welcome => include_str!("mail/templates/EmailWelcome.txt"),
            Self::Puk => include_str!("mail/templates/EmailPUK.txt"),
            Self::Code => include_str!("mail/templates/EmailCode.txt"),
            Self::JobDelete => include_str!("mail/templates/EmailJobDelete.txt"),
            Self::DeleteWarning => include_str!("mail/templates/EmailWarning.txt"),
            Self::IdExpires => include_str!("mail/templates/EmailIDCodeExpireWarning.txt"),
            Self::DelegateRequest => include_str!("mail/templates/EmailDelegateRequest.txt"),
            Self::DelegateAccept => include_str!("mail/templates/EmailDelegateRequestAccept.txt"),
            Self::DelegateReject => include_str!("mail/templates/EmailDelegateRequestReject.txt"),
            Self::JobRefused => include_str!("mail/templates/EmailJobRefused.txt"),
            Self::UnfinishedJob => include_str!("mail/templates/UnfinishedJob.txt"),
            Self::Event => include_str!("mail/templates/EmailEvent.txt"),
        }
    }

    /// Tags that only mails of this kind have; [`COMMON`] are in all.
    pub fn tags(self) -> &'static [&'static str] {
        const PERSON: &[&str] = &[
            "ACCOUNTINGMODEL",
            "CREDITS",
            "ENCRYPTION",
            "GROUPNAME",
            "LOGINWITHOUTPIN",
            "PIN",
            "PRINTALL",
            "PUK",
            "JOBDELETEDAYS",
            "JOBDELETEHOURS",
            "JOBDELETEMINUTES",
        ];
        const DOCUMENT: &[&str] =
            &["DOCUMENTNAME", "SUBMITDATE", "SUBMITTIME", "DELETEDATE", "DELETETIME", "USERLIST"];
        match self {
            Self::Welcome | Self::Puk => PERSON,
            Self::Code => &["CARDNO"],
            Self::JobDelete | Self::DeleteWarning => DOCUMENT,
            Self::IdExpires => &["DELETEDATE", "DELETETIME"],
            Self::JobRefused => &["DOCUMENTNAME", "QUEUENAME", "REASON"],
            Self::DelegateRequest => &["DELEGATEUSER", "DELEGATELINK"],
            Self::DelegateAccept | Self::DelegateReject => &["DELEGATEUSER"],
            Self::UnfinishedJob => &[
                "RESERVEDCREDITS",
                "DOCUMENTNAME",
                "PAGES",
                "STARTDATE",
                "STARTTIME",
                "DEVICENAME",
                "DEVICEIPADDR",
                "DEVICEMAC",
                "DEVICEMODEL",
                "DEVICELOCATION",
            ],
            Self::Event => &["COUNT", "EVENTS"],
        }
    }

    fn has_tag(self, name: &str) -> bool {
        COMMON.contains(&name) || self.tags().contains(&name)
    }

    /// Values that show what a mail of this kind looks like.
    pub fn sample(self) -> Tags {
        let mut tags = Tags::default();
        for &name in COMMON.iter().chain(self.tags()) {
            let value = match name {
                "USER" | "FULLNAME" => "Ann Example",
                "USERLOGON" => "ann",
                "EMAIL" => "ann@example.org",
                "COMPUTERNAME" => "print-1",
                "DELEGATEUSER" => "Bob Example",
                "DELEGATELINK" => "https://print.example.org/delegate/sample",
                "PUK" => "12345678",
                "PIN" => "1234",
                "CARDNO" => "AB12cd",
                "DOCUMENTNAME" => "Report.pdf",
                "QUEUENAME" => "office",
                "REASON" => "there is no more disk space on the server",
                "SUBMITDATE" | "STARTDATE" => "2026-11-21",
                "DELETEDATE" => "2026-11-22",
                "SUBMITTIME" | "DELETETIME" | "STARTTIME" => "08:30",
                "CREDITS" | "RESERVEDCREDITS" => "1.85",
                "ACCOUNTINGMODEL" | "ENCRYPTION" | "LOGINWITHOUTPIN" | "PRINTALL" | "JOBDELETEDAYS" => "1",
                "JOBDELETEHOURS" | "JOBDELETEMINUTES" => "0",
                "GROUPNAME" => "Everybody",
                "COUNT" => "1 error",
                "PAGES" => "3",
                _ => "sample",
            };
            match name {
                "USERLIST" => tags.set_list(name, &["Ann Example".to_owned(), "Bob Example".to_owned()]),
                _ => tags.set(name, value),
            };
        }
        tags
    }
}

/// Tags that every mail has: who it is about, and where it comes from.
pub const COMMON: &[&str] = &["USER", "USERLOGON", "FULLNAME", "EMAIL", "COMPUTERNAME"];

/// Longest value of a tag, characters.
pub const VALUE_MAX: usize = 1_000;

/// Values of tags.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Tags {
    values: BTreeMap<String, String>,
}

impl Tags {
    /// Sets a tag. What could start a line of its own is taken out: values come from people and documents.
    pub fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.values.insert(name.to_ascii_uppercase(), clean(value));
        self
    }

    /// Sets a tag that chooses among the words a template names, the first one is 0.
    pub fn set_choice(&mut self, name: &str, choice: usize) -> &mut Self {
        self.set(name, &choice.to_string())
    }

    /// Sets a tag that is a list, one line each.
    pub fn set_list(&mut self, name: &str, lines: &[String]) -> &mut Self {
        let lines: Vec<String> = lines.iter().map(|line| clean(line)).collect();
        self.values.insert(name.to_ascii_uppercase(), lines.join("\n"));
        self
    }

    /// The value of a tag; empty when it was not set.
    pub fn value(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }
}

fn clean(value: &str) -> String {
    value.chars().take(VALUE_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A mail as it is sent.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Text {
    /// One line.
    pub subject: String,
    /// Lines, separated by `\n`.
    pub body: String,
}

/// Tries after which a mail is given up.
pub const ATTEMPTS_MAX: u32 = 16;

/// How long to wait after the `attempts`th try failed (the first is 1); `None` when it is given up: after about three days,
/// as mail servers themselves do (RFC 5321 section 4.5.4.1 asks for four to five days at most).
pub fn retry_after(attempts: u32) -> Option<std::time::Duration> {
    const MINUTES: [u64; 5] = [1, 5, 15, 60, 180];
    const LAST: u64 = 360;
    let step = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    let minutes = MINUTES.get(step).copied().unwrap_or(LAST);
    (attempts < ATTEMPTS_MAX).then(|| std::time::Duration::from_secs(minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ops_3_pauses_grow_and_end_after_some_days() {
        let pauses: Vec<u64> = (1..).map_while(retry_after).map(|pause| pause.as_secs() / 60).collect();
        assert!(pauses.is_sorted());
        assert_eq!(pauses[..5], [1, 5, 15, 60, 180]);
        let days = pauses.iter().sum::<u64>() / 60 / 24;
        assert!((2..=4).contains(&days), "{days}");
        assert_eq!(retry_after(u32::MAX), None);
    }
}
