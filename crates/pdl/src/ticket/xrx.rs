//! Xerox job tickets as comment lines (`%XRXbegin` to `%XRXend`), in front of PostScript or PDF.

use memchr::memmem;

use super::{Progress, Ticket};
use crate::accounting::NameRank;
use crate::counts::Copies;
use crate::media::Paper;
use crate::settings::JobSettings;
use crate::text_codec::decode;

pub(super) fn read(bytes: &[u8]) -> Progress {
    const END: &[u8] = b"XRXend";
    match memmem::find(bytes, END) {
        Some(at) => {
            let mut ticket = Ticket::default();
            for line in bytes[..at].split(|byte| matches!(byte, b'\n' | b'\r')) {
                take(line, &mut ticket);
            }
            Progress::Whole(Box::new(ticket), at + END.len())
        }
        None => Progress::Unfinished,
    }
}

fn take(line: &[u8], ticket: &mut Ticket) {
    let line = decode(line);
    let line = line.trim_start_matches('%');
    let (key, value) = match (line.strip_prefix("XRX"), line.strip_prefix("OID_ATT_")) {
        (Some(rest), _) => rest.split_once(':').unwrap_or((rest, "")),
        (None, Some(rest)) => rest.split_once(' ').unwrap_or((rest, "")),
        (None, None) => return,
    };
    let value = value.trim().trim_matches('"');
    let key = key.to_ascii_lowercase();
    match key.as_str() {
        "title" | "job_name" | "document_name" => ticket.names.claim_job(NameRank::Variable, value),
        "sendername" | "job_owner" => ticket.names.claim_user(NameRank::Variable, value),
        "uidrivername" | "drivername" => ticket.names.claim_driver(NameRank::Ticket, value),
        "copycount" | "copies" | "copy_count" | "job_copies" => {
            ticket.settings.copies = value.parse().ok().map(Copies::from_request).or(ticket.settings.copies);
        }
        _ if key.contains("papersize") || key.contains("papertype-size") => {
            ticket.settings.paper = paper(value).or(ticket.settings.paper);
        }
        _ if key.contains("requirements") || key.contains("plex") => {
            requirements(value, &mut ticket.settings)
        }
        _ => {}
    }
}

/// `duplex(tumble) numcopies(3)`, or a value such as `OID_VAL_PLEX_DUPLEX`.
fn requirements(value: &str, settings: &mut JobSettings) {
    let value = value.to_ascii_lowercase();
    if value.contains("simplex") || value.contains("one_sided") || value.contains("one-sided") {
        settings.duplex = Some(false);
    } else if value.contains("duplex") || value.contains("two") || value.contains("tumble") {
        settings.duplex = Some(true);
        settings.short_edge = Some(value.contains("tumble") || value.contains("short"));
    }
    if let Some((_, number)) = value.split_once("numcopies(")
        && let Some((number, _)) = number.split_once(')')
    {
        settings.copies = number.trim().parse().ok().map(Copies::from_request).or(settings.copies);
    }
}

/// Width and height in millimetres, perhaps with an index in front, or a name.
fn paper(value: &str) -> Option<Paper> {
    let numbers: Vec<f64> = value
        .split(|c: char| !(c.is_ascii_digit() || c == '.'))
        .filter_map(|number| number.parse().ok())
        .collect();
    match numbers.as_slice() {
        [.., width, height] => Paper::from_millimetres(*width, *height),
        _ => Paper::from_common_name(value),
    }
}
