//! Queue state as `lpq` shows it (RFC 1179, sections 5.3 and 5.4: "the response is text").

use std::fmt::Write as _;

/// One waiting job.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// Number to give to a removal command.
    pub id: i64,
    /// Who printed it.
    pub owner: &'a str,
    /// Its title.
    pub name: &'a str,
    /// Host it came from.
    pub host: &'a str,
    /// Size in octets.
    pub bytes: i64,
    /// Whether it is being printed now.
    pub active: bool,
}

/// The answer to a queue state command. `headline` is one sentence on the queue.
#[must_use]
pub fn state(headline: &str, entries: &[Entry<'_>], long: bool) -> String {
    let mut out = String::with_capacity(80 * (entries.len() + 2));
    out.push_str(headline);
    out.push('\n');
    if entries.is_empty() {
        out.push_str("no entries\n");
        return out;
    }
    if !long {
        out.push_str("Rank    Owner            Job     File(s)                         Total Size\n");
    }
    for (index, entry) in entries.iter().enumerate() {
        let rank = if entry.active { "active".to_owned() } else { format!("{}", index + 1) };
        let (owner, name) = (clean(entry.owner), clean(entry.name));
        let written = if long {
            write!(
                out,
                "\n{owner}: {rank:<32} [job {} {}]\n        {name:<39} {} bytes\n",
                entry.id,
                clean(entry.host),
                entry.bytes
            )
        } else {
            writeln!(out, "{rank:<7} {owner:<16} {:<7} {name:<31.31} {} bytes", entry.id, entry.bytes)
        };
        written.expect("writing to a string does not fail");
    }
    out
}

/// A title may hold anything; a terminal that shows the list must not be steered by it.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}
