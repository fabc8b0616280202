//! Xerox Printing Instruction Format: IPP attributes as XML.

use memchr::memmem;

use super::{Progress, Ticket};
use crate::accounting::NameRank;
use crate::counts::Copies;
use crate::media::Paper;

/// An XML document that is a ticket says so this early.
const ROOT_WITHIN: usize = 1024;

pub(super) fn read(bytes: &[u8]) -> Progress {
    let head = &bytes[..bytes.len().min(ROOT_WITHIN)];
    if memmem::find(head, b"<xpif").is_none() {
        return if head.len() < ROOT_WITHIN { Progress::Unfinished } else { Progress::NotATicket };
    }
    const END: &[u8] = b"</xpif>";
    match memmem::find(bytes, END) {
        Some(at) => {
            let end = at + END.len();
            Progress::Whole(Box::new(document(&bytes[..end])), end)
        }
        None => Progress::Unfinished,
    }
}

pub(super) fn document(xml: &[u8]) -> Ticket {
    let xml = String::from_utf8_lossy(xml);
    let mut ticket = Ticket::default();
    let names = &mut ticket.names;
    for (element, rank) in [
        ("requesting-user-name", NameRank::Variable),
        ("job-originating-user-name", NameRank::Job),
        ("job-accounting-user-id", NameRank::Ticket),
    ] {
        if let Some(user) = text_of(&xml, element) {
            names.claim_user(rank, &user);
        }
    }
    for (element, rank) in [("job-name", NameRank::Variable), ("document-name", NameRank::Ticket)] {
        if let Some(job) = text_of(&xml, element) {
            names.claim_job(rank, &job);
        }
    }
    let settings = &mut ticket.settings;
    settings.copies =
        text_of(&xml, "copies").and_then(|copies| copies.trim().parse().ok()).map(Copies::from_request);
    match text_of(&xml, "sides").as_deref().map(str::trim) {
        Some("one-sided") => settings.duplex = Some(false),
        Some("two-sided-long-edge" | "two-sided") => settings.duplex = Some(true),
        Some("two-sided-short-edge") => (settings.duplex, settings.short_edge) = (Some(true), Some(true)),
        _ => {}
    }
    settings.gray = text_of(&xml, "color-effects-type").map(|effect| effect.starts_with("monochrome"));
    let dimension = |element| text_of(&xml, element).and_then(|length| length.trim().parse::<f64>().ok());
    settings.paper = match (dimension("x-dimension"), dimension("y-dimension")) {
        // IPP media sizes are in hundredths of a millimetre.
        (Some(width), Some(height)) => Paper::from_millimetres(width / 100.0, height / 100.0),
        _ => text_of(&xml, "media").and_then(|media| named(media.trim())),
    };
    ticket
}

/// Media names are PWG names, old IPP ones (`iso-a4-white`) or a site's own (`A4-White-80gsm`).
fn named(media: &str) -> Option<Paper> {
    Paper::from_common_name(media).or_else(|| {
        let mut parts = media.split(['-', '_', ' ']).filter(|part| !matches!(*part, "iso" | "na" | "jis"));
        let first = parts.find(|part| Paper::from_common_name(part).is_some())?;
        Paper::from_common_name(if media.starts_with("jis-") { media.get(..6)? } else { first })
    })
}

/// The text of the first element of this name.
fn text_of(xml: &str, element: &str) -> Option<String> {
    let mut rest = xml;
    loop {
        let at = rest.find('<')?;
        rest = &rest[at + 1..];
        let Some(after) = rest.strip_prefix(element) else { continue };
        if !after.starts_with([' ', '>', '\t', '\r', '\n']) {
            continue;
        }
        let (_, content) = after.split_once('>')?;
        let text = &content[..content.find('<')?];
        return Some(unescape(text));
    }
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}
