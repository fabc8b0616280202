//! A page count and a ticket as one column of text each.
//!
//! Nobody searches by them, and a list of twenty thousand jobs must not parse forty thousand documents:
//! fields are parted by U+001F, which no value contains because control characters are dropped.

use std::collections::BTreeMap;

use domain::PageCount;
use domain::count::{CountStatus, Duplex};
use domain::job::Ticket;

const SEPARATOR: char = '\u{1f}';

/// Writes a count; a pending one with nothing known is empty.
pub(super) fn count_to_text(count: &PageCount) -> String {
    if *count == PageCount::default() {
        return String::new();
    }
    let status = match count.status {
        CountStatus::Pending => "pending",
        CountStatus::Ok => "ok",
        CountStatus::Undefined => "undefined",
        CountStatus::Failure => "failure",
    };
    let duplex = match count.duplex {
        Duplex::Unknown => "",
        Duplex::Simplex => "simplex",
        Duplex::LongEdge => "long",
        Duplex::ShortEdge => "short",
        Duplex::Mixed => "mixed",
    };
    let numbers =
        [count.pages, count.color_pages, count.sheets, count.copies].map(|number| number.to_string());
    let languages = count.languages.join(" ");
    let fields = [
        status,
        &numbers[0],
        &numbers[1],
        &numbers[2],
        &numbers[3],
        duplex,
        &count.paper,
        &languages,
        &count.why,
        &count.user,
        &count.job_name,
        &count.driver,
    ];
    join(fields)
}

/// Reads what [`count_to_text`] wrote. Fields a newer program added are passed over.
pub(super) fn count_from_text(text: &str) -> Result<PageCount, &'static str> {
    if text.is_empty() {
        return Ok(PageCount::default());
    }
    let mut fields = text.split(SEPARATOR);
    let mut next = || fields.next().ok_or("a field is missing");
    let status = match next()? {
        "pending" => CountStatus::Pending,
        "ok" => CountStatus::Ok,
        "undefined" => CountStatus::Undefined,
        "failure" => CountStatus::Failure,
        _ => return Err("an unknown status"),
    };
    let mut number = || next()?.parse::<i64>().map_err(|_| "not a number");
    let (pages, color_pages, sheets, copies) = (number()?, number()?, number()?, number()?);
    let duplex = match next()? {
        "" => Duplex::Unknown,
        "simplex" => Duplex::Simplex,
        "long" => Duplex::LongEdge,
        "short" => Duplex::ShortEdge,
        "mixed" => Duplex::Mixed,
        _ => return Err("an unknown duplex"),
    };
    let paper = next()?.to_owned();
    let languages = next()?.split_whitespace().map(str::to_owned).collect();
    Ok(PageCount {
        status,
        pages,
        color_pages,
        sheets,
        copies,
        duplex,
        paper,
        languages,
        why: next()?.to_owned(),
        user: next()?.to_owned(),
        job_name: next()?.to_owned(),
        driver: next()?.to_owned(),
    })
}

/// Writes a ticket; one that asks for nothing is empty.
pub(super) fn ticket_to_text(ticket: &Ticket) -> String {
    if *ticket == Ticket::default() {
        return String::new();
    }
    let copies = ticket.copies.to_string();
    let fixed = [copies.as_str(), &ticket.sides, &ticket.print_color_mode, &ticket.media];
    let rest = ticket.attributes.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]);
    join(fixed.into_iter().chain(rest))
}

/// Reads what [`ticket_to_text`] wrote.
pub(super) fn ticket_from_text(text: &str) -> Result<Ticket, &'static str> {
    if text.is_empty() {
        return Ok(Ticket::default());
    }
    let mut fields = text.split(SEPARATOR);
    let mut next = || fields.next().ok_or("a field is missing");
    let copies = next()?.parse().map_err(|_| "not a number")?;
    let (sides, print_color_mode, media) = (next()?.to_owned(), next()?.to_owned(), next()?.to_owned());
    let mut attributes = BTreeMap::new();
    while let Some(name) = fields.next() {
        let value = fields.next().ok_or("an attribute without a value")?;
        attributes.insert(name.to_owned(), value.to_owned());
    }
    Ok(Ticket { copies, sides, print_color_mode, media, attributes })
}

fn join<'a>(fields: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = String::with_capacity(128);
    for (index, field) in fields.into_iter().enumerate() {
        if index > 0 {
            text.push(SEPARATOR);
        }
        text.extend(field.chars().filter(|character| !character.is_control()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_reads_back() {
        let counts = [
            PageCount::default(),
            PageCount {
                status: CountStatus::Ok,
                why: String::new(),
                languages: vec!["pcl5".into(), "pclxl".into()],
                pages: 12,
                color_pages: 3,
                sheets: 6,
                copies: 2,
                duplex: Duplex::LongEdge,
                paper: "iso_a4_210x297mm".into(),
                user: "ann".into(),
                job_name: "Größe".into(),
                driver: String::new(),
            },
            PageCount { status: CountStatus::Failure, why: "cut short".into(), ..PageCount::default() },
        ];
        for count in counts {
            assert_eq!(count_from_text(&count_to_text(&count)), Ok(count));
        }
        assert!(count_from_text("ok\u{1f}1").is_err());
        assert!(count_from_text("maybe").is_err());
    }

    #[test]
    fn a_separator_in_a_value_cannot_move_the_fields() {
        let count = PageCount { job_name: "a\u{1f}b\nc".into(), pages: 1, ..PageCount::default() };
        assert_eq!(count_from_text(&count_to_text(&count)).unwrap().job_name, "abc");
    }

    #[test]
    fn a_ticket_reads_back() {
        let attributes =
            BTreeMap::from([("finishings".into(), "staple".into()), ("x".into(), String::new())]);
        let ticket = Ticket { copies: 3, sides: "one-sided".into(), attributes, ..Ticket::default() };
        assert_eq!(ticket_from_text(&ticket_to_text(&ticket)), Ok(ticket));
        assert_eq!(ticket_from_text(""), Ok(Ticket::default()));
        assert!(ticket_from_text("1\u{1f}\u{1f}\u{1f}\u{1f}lonely").is_err());
    }
}
