//! Epson Job Language: lines of `@EJL`, up to the one that enters a language.

use super::{Progress, Ticket};
use crate::accounting::NameRank;
use crate::counts::Copies;
use crate::language::Language;
use crate::media::Paper;
use crate::pjl::command::pairs;
use crate::text_codec::decode;

const INTRODUCER: &[u8] = b"\x1b\x01@EJL";
const PREFIX: &[u8] = b"@EJL";

pub(super) fn read(bytes: &[u8]) -> Progress {
    let mut ticket = Ticket::default();
    let mut at = 0;
    loop {
        let rest = &bytes[at..];
        let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let line = &rest[blank..];
        let line = if line.starts_with(INTRODUCER) { &line[2..] } else { line };
        if !line.starts_with(PREFIX) {
            return if line.is_empty() || INTRODUCER.starts_with(line) || PREFIX.starts_with(line) {
                Progress::Open(Box::new(ticket), at + blank)
            } else {
                // Page data begins without a command to enter it.
                Progress::Whole(Box::new(ticket), at)
            };
        }
        let Some(end) = memchr::memchr(b'\n', line) else { return Progress::Unfinished };
        at = bytes.len() - line.len() + end + 1;
        if take(line[PREFIX.len()..end].trim_ascii(), &mut ticket) {
            return Progress::Whole(Box::new(ticket), at);
        }
    }
}

/// Takes a command (in short or in full); says whether it enters a language.
fn take(line: &[u8], ticket: &mut Ticket) -> bool {
    let end = line.iter().position(u8::is_ascii_whitespace).unwrap_or(line.len());
    let command = line[..end].to_ascii_uppercase();
    for pair in pairs(&line[end..]) {
        let Some(value) = pair.value else { continue };
        match (command.as_slice(), pair.name.to_ascii_uppercase().as_slice()) {
            (b"JI" | b"JOBINFO", b"USER") => ticket.names.claim_user(NameRank::Ticket, &decode(value)),
            (b"JI" | b"JOBINFO", b"DRIVER") => ticket.names.claim_driver(NameRank::Ticket, &decode(value)),
            (b"JI" | b"JOBINFO", b"TITLE" | b"NAME" | b"DOCUMENT") => {
                ticket.names.claim_job(NameRank::Ticket, &decode(value))
            }
            (b"SE" | b"SET", b"CO") => ticket.settings.copies = copies(value),
            (b"SE" | b"SET", b"QT") => ticket.settings.quantity = copies(value),
            (b"SE" | b"SET", b"DX") => ticket.settings.duplex = Some(value.eq_ignore_ascii_case(b"ON")),
            (b"SE" | b"SET", b"BD") => ticket.settings.short_edge = Some(value.eq_ignore_ascii_case(b"SE")),
            (b"SE" | b"SET", b"PS") => ticket.settings.paper = Paper::from_common_name(&decode(value)),
            (b"EN" | b"ENTER", b"LA" | b"LANGUAGE") => ticket.enters = language(value),
            _ => {}
        }
    }
    matches!(command.as_slice(), b"EN" | b"ENTER")
}

fn copies(value: &[u8]) -> Option<Copies> {
    std::str::from_utf8(value).ok()?.parse().ok().map(Copies::from_request)
}

fn language(name: &[u8]) -> Option<Language> {
    let name = name.to_ascii_uppercase();
    if name.starts_with(b"ESC/PAGE") {
        return Some(Language::EscPage);
    }
    crate::pjl::language_named(&name)
}
