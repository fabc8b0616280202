//! Kyocera PRESCRIBE: `!R!`, commands ended by semicolons, `EXIT;` (PRESCRIBE Commands Technical Reference).

use super::{Progress, Ticket};
use crate::counts::Copies;

pub(super) fn read(bytes: &[u8]) -> Progress {
    let mut ticket = Ticket::default();
    let mut at = 3;
    loop {
        let Some(len) = command_length(&bytes[at..]) else { return Progress::Unfinished };
        let command = bytes[at..at + len].trim_ascii();
        at += len + 1;
        let upper = command.to_ascii_uppercase();
        if upper == b"EXIT" || upper == b"E" {
            return Progress::Whole(Box::new(ticket), at);
        }
        let (name, rest) = upper.split_at(upper.len().min(4));
        let number = std::str::from_utf8(rest.trim_ascii()).ok().and_then(|text| text.parse::<i64>().ok());
        match (name, number) {
            (b"DUPX", Some(0)) => ticket.settings.duplex = Some(false),
            (b"DUPX", Some(mode @ (1 | 2))) => {
                ticket.settings.duplex = Some(true);
                ticket.settings.short_edge = Some(mode == 2);
            }
            (b"COPY", Some(copies)) => ticket.settings.copies = Some(Copies::from_request(copies)),
            _ => {}
        }
    }
}

/// Bytes up to the semicolon that ends a command; semicolons in quotes end none.
fn command_length(bytes: &[u8]) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in bytes.iter().enumerate() {
        match (quote, byte) {
            (None, b';') => return Some(at),
            (None, b'"' | b'\'') => quote = Some(*byte),
            (Some(open), byte) if open == *byte => quote = None,
            _ => {}
        }
    }
    None
}
