//! What the PJL lines of a job add up to.

use memchr::memmem;

use super::command::{pairs, split};
use super::languages::language_named;
use super::{names, variables};
use crate::accounting::{NameRank, Names};
use crate::language::Language;
use crate::settings::JobSettings;
use crate::text_codec::decode;
use crate::ticket::{self, TICKET_BYTES_MAX, Ticket};

/// What a line asks of whoever reads the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Directive {
    /// Nothing.
    None,
    /// A job begins (`JOB`).
    BeginJob,
    /// A job ends (`EOJ`).
    EndJob,
    /// Page data begins behind this line, in this language if its name is known (`ENTER LANGUAGE`).
    Enter(Option<Language>),
    /// So many bytes behind this line belong to the command (`FSDOWNLOAD`).
    Payload(u64),
}

/// Settings and names of the job being read.
#[derive(Clone, Debug, Default)]
pub struct JobHeader {
    /// `DEFAULT`: stays from job to job.
    defaults: JobSettings,
    /// `SET`: until the job ends.
    set: JobSettings,
    /// Names given so far.
    pub names: Names,
    /// Page data was read since the job began.
    pub data_seen: bool,
    bracketed: bool,
    used: bool,
    /// Lines of an XPIF ticket so far.
    xcpt: Vec<u8>,
}

impl JobHeader {
    /// The settings page data starts with.
    #[must_use]
    pub fn settings(&self) -> JobSettings {
        self.set.clone().or(&self.defaults)
    }

    /// Between `JOB` and `EOJ`.
    #[must_use]
    pub fn is_bracketed(&self) -> bool {
        self.bracketed
    }

    /// Whether there was any PJL line.
    #[must_use]
    pub fn is_used(&self) -> bool {
        self.used
    }

    /// The job is over: only `DEFAULT` settings stay.
    pub fn reset(&mut self) {
        *self = Self { defaults: self.defaults.clone(), used: self.used, ..Self::default() };
    }

    /// Takes one line that begins with `@PJL`.
    pub fn apply(&mut self, line: &[u8]) -> Directive {
        self.used = true;
        let (command, rest) = split(line);
        match command.to_ascii_uppercase().as_slice() {
            b"SET" => self.set_variables(rest),
            b"DEFAULT" => {
                for pair in pairs(rest) {
                    if let Some(value) = pair.value {
                        variables::apply(pair.name, value, &mut self.defaults, &mut Names::default());
                    }
                }
                Directive::None
            }
            b"JOB" => self.begin_job(rest),
            b"EOJ" => Directive::EndJob,
            b"ENTER" => {
                let language = pairs(rest).find(|pair| pair.name.eq_ignore_ascii_case(b"LANGUAGE"));
                let name = language.and_then(|pair| pair.value);
                self.set.pictures_only = name.map(|name| name.eq_ignore_ascii_case(b"PCL3GUI"));
                Directive::Enter(name.and_then(language_named))
            }
            b"RESET" | b"INITIALIZE" => {
                self.set = JobSettings::default();
                Directive::None
            }
            b"COMMENT" => {
                // hpcups writes `COMMENT="text"`.
                let text = rest.strip_prefix(b"=").unwrap_or(rest);
                names::comment(text, &mut self.names);
                Directive::None
            }
            b"FSDOWNLOAD" | b"FSAPPEND" => {
                let size = pairs(rest).find(|pair| pair.name.eq_ignore_ascii_case(b"SIZE"));
                Directive::Payload(size.and_then(|pair| pair.value).and_then(number).unwrap_or(0))
            }
            b"XCPT" => self.xcpt_line(rest),
            // `@PJL COMMENTtext`: old drivers leave the blank out.
            other if other.starts_with(b"COMMENT") => {
                let text = line.trim_ascii_start().get(4..).unwrap_or_default().trim_ascii_start();
                names::comment(text.get(7..).unwrap_or_default(), &mut self.names);
                Directive::None
            }
            // hpcups leaves `SET` out now and then.
            other if rest.starts_with(b"=") => {
                if let Some(value) = pairs(&[b"X", rest].concat()).next().and_then(|pair| pair.value) {
                    variables::apply(other, value, &mut self.set, &mut self.names);
                }
                Directive::None
            }
            other => {
                names::command(other, rest, &mut self.names);
                Directive::None
            }
        }
    }

    fn set_variables(&mut self, rest: &[u8]) -> Directive {
        for pair in pairs(rest) {
            if let Some(value) = pair.value {
                variables::apply(pair.name, value, &mut self.set, &mut self.names);
            }
        }
        Directive::None
    }

    /// A line of an XPIF ticket (Xerox); the ticket is taken when it is whole.
    fn xcpt_line(&mut self, text: &[u8]) -> Directive {
        if let Some(rest) = text.strip_prefix(b"ENTER") {
            let language = pairs(rest).find(|pair| pair.name.eq_ignore_ascii_case(b"LANGUAGE"));
            return Directive::Enter(language.and_then(|pair| pair.value).and_then(language_named));
        }
        if self.xcpt.len() + text.len() < TICKET_BYTES_MAX {
            self.xcpt.extend_from_slice(text);
            self.xcpt.push(b'\n');
        }
        if memmem::find(text, b"</xpif>").is_some() {
            let ticket = ticket::xpif_document(&std::mem::take(&mut self.xcpt));
            self.take_ticket(&ticket);
        }
        Directive::None
    }

    /// What a ticket says, as if `SET` had said it.
    pub fn take_ticket(&mut self, ticket: &Ticket) {
        self.set = ticket.settings.clone().or(&self.set);
        self.names.merge(&ticket.names);
    }

    /// `JOB` begins a job. It resets what was `SET` before (PJL Technical Reference, chapter 5 "JOB command").
    fn begin_job(&mut self, rest: &[u8]) -> Directive {
        if self.data_seen {
            self.reset();
        }
        self.set = JobSettings::default();
        self.bracketed = true;
        for pair in pairs(rest) {
            if let (true, Some(name)) = (pair.name.eq_ignore_ascii_case(b"NAME"), pair.value) {
                self.names.claim_job(NameRank::Job, &decode(name));
            }
        }
        Directive::BeginJob
    }
}

/// A decimal number; PJL also writes `2.0`.
pub(super) fn number(value: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(value).ok()?.trim();
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    whole.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Copies;
    use crate::settings::Sides;

    fn header(lines: &[&str]) -> JobHeader {
        let mut header = JobHeader::default();
        for line in lines {
            header.apply(line.as_bytes());
        }
        header
    }

    #[test]
    fn settings_add_up() {
        let header = header(&[
            "@PJL DEFAULT COPIES=4",
            "@PJL JOB NAME = \"Delivery note\"",
            "@PJL SET DUPLEX=ON",
            "@PJL SET BINDING = SHORTEDGE",
            "@PJL SET QTY=3",
            "@PJL SET PAPER=A4",
        ]);
        let settings = header.settings();
        assert_eq!(settings.copies, Some(Copies(4)));
        assert_eq!(settings.quantity, Some(Copies(3)));
        assert_eq!(settings.sides(), Some(Sides::ShortEdge));
        assert_eq!(header.names.job().as_deref(), Some("Delivery note"));
    }

    #[test]
    fn hpcups_headers_are_read() {
        let header = header(&[
            "@PJL SET STRINGCODESET=UTF8",
            "@PJL JOBNAME=\"Delivery note 88\"",
            "@PJL COMMENT=\"; Linux; cupsfilter; 03.09.08.0; \"",
            "@PJL COMMENT=\"Username: p.kowalski; App Filename: Delivery note 88; 11-21-2026\"",
        ]);
        assert_eq!(header.names.user().as_deref(), Some("p.kowalski"));
        assert_eq!(header.names.job().as_deref(), Some("Delivery note 88"));
    }

    #[test]
    fn a_reset_keeps_defaults_only() {
        let mut header = header(&["@PJL DEFAULT DUPLEX=ON", "@PJL SET COPIES=2", "@PJL SET USERNAME=\"x\""]);
        header.reset();
        assert_eq!(header.settings().copies, None);
        assert_eq!(header.settings().duplex, Some(true));
        assert_eq!(header.names.user(), None);
    }

    #[test]
    fn directives() {
        let mut header = JobHeader::default();
        assert_eq!(header.apply(b"@PJL ENTER LANGUAGE = PCLXL "), Directive::Enter(Some(Language::PclXl)));
        assert_eq!(header.apply(b"@PJL ENTER LANGUAGE=AUTO"), Directive::Enter(None));
        assert_eq!(
            header.apply(b"@PJL FSDOWNLOAD FORMAT:BINARY SIZE=345 NAME=\"0:\\x\""),
            Directive::Payload(345)
        );
        assert_eq!(header.apply(b"@PJL EOJ NAME=\"x\""), Directive::EndJob);
    }
}
