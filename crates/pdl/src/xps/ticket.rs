//! Print tickets (Print Schema Specification 1.0/2.0): what the job, a document or a page asks of the printer.
//!
//! A ticket may stand at the job, at each document and at each page. Names say how far a setting reaches:
//! `Job…` only counts in the job's ticket, `Document…` in the document's or the job's, `Page…` in any, the
//! nearest one first.

use std::io::Read;

use super::limits::TICKET_ENTRIES_MAX;
use super::markup::{Event, Markup, MarkupError};
use crate::counts::Copies;
use crate::media::Paper;
use crate::settings::Sides;

/// One ticket.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Ticket {
    /// `JobCopiesAllDocuments`.
    pub(super) job_copies: Option<Copies>,
    /// `DocumentCopiesAllPages`.
    pub(super) document_copies: Option<Copies>,
    /// `PageCopies`.
    pub(super) page_copies: Option<Copies>,
    /// `JobDuplexAllDocumentsContiguously`: documents share sheets.
    pub(super) job_sides: Option<Sides>,
    /// `DocumentDuplex`: every document begins a sheet.
    pub(super) document_sides: Option<Sides>,
    /// `PageMediaSize`.
    pub(super) paper: Option<Paper>,
    /// `PageOutputColor` is not a colour.
    pub(super) gray: Option<bool>,
    /// `JobNUpAllDocumentsContiguously`: pages on one side.
    pub(super) job_pages_per_side: Option<u32>,
    /// `DocumentNUp`: pages on one side.
    pub(super) document_pages_per_side: Option<u32>,
    /// `JobBindAllDocuments` is a booklet: all documents in one.
    pub(super) job_booklet: Option<bool>,
    /// `DocumentBinding` is a booklet: each document is one.
    pub(super) document_booklet: Option<bool>,
    /// `DocumentPageRanges`: pages of each document that are printed.
    pub(super) page_ranges: Option<PageRanges>,
    /// A name some drivers put in.
    pub(super) job_name: Option<String>,
    /// A user some drivers put in.
    pub(super) user: Option<String>,
}

/// Pages of a document, counted from 1: first and last of each range.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PageRanges(Vec<(u64, u64)>);

impl PageRanges {
    /// Reads `1-3,7`; white space counts for nothing. `None` when it is not that.
    fn parse(text: &str) -> Option<PageRanges> {
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let number = |text: &str| text.parse::<u64>().ok().filter(|number| *number > 0);
        let range = |text: &str| match text.split_once('-') {
            None => number(text).map(|page| (page, page)),
            Some((first, last)) => Some((number(first)?, number(last)?)),
        };
        let ranges: Option<Vec<_>> = text.split(',').take(RANGES_MAX + 1).map(range).collect();
        ranges.filter(|ranges| ranges.len() <= RANGES_MAX).map(PageRanges)
    }

    /// Whether a page of a document of so many is printed. What is behind the last page means the last page.
    pub(super) fn has(&self, page: u64, pages: u64) -> bool {
        self.0.iter().any(|(first, last)| (*first.min(&pages)..=*last.min(&pages)).contains(&page))
    }
}

/// Ranges of a ticket that are read.
const RANGES_MAX: usize = 1_000;

/// A setting as the ticket writes it.
#[derive(Debug)]
struct Setting {
    /// Feature or parameter.
    name: String,
    option: String,
    property: String,
    value: String,
}

/// Reads one ticket.
pub(super) fn read(input: impl Read) -> Result<Ticket, MarkupError> {
    let mut markup = Markup::new(input);
    let mut open: Vec<(Kind, String)> = Vec::new();
    let mut settings: Vec<Setting> = Vec::new();
    // (feature, property, parameter): values that stand elsewhere.
    let mut references: Vec<(String, String, String)> = Vec::new();
    loop {
        match markup.next()? {
            Event::Over => break,
            Event::End => {
                open.pop();
            }
            Event::Start => {
                let kind = Kind::of(markup.name());
                let name = local(markup.string("name").unwrap_or_default()).to_owned();
                if open.len() > 32 || settings.len() + references.len() >= TICKET_ENTRIES_MAX {
                    break;
                }
                match kind {
                    Kind::Option => {
                        let feature = nearest(&open, Kind::Feature);
                        settings.push(Setting {
                            name: feature,
                            option: name.clone(),
                            property: String::new(),
                            value: String::new(),
                        });
                    }
                    Kind::ParameterRef => {
                        references.push((
                            nearest(&open, Kind::Feature),
                            nearest(&open, Kind::Property),
                            name.clone(),
                        ));
                    }
                    Kind::Feature | Kind::Property | Kind::Parameter | Kind::Value | Kind::Other => {}
                }
                open.push((kind, name));
            }
            Event::Text => {
                if open.last().is_some_and(|(kind, _)| *kind == Kind::Value) {
                    let parameter = nearest(&open, Kind::Parameter);
                    let name = if parameter.is_empty() { nearest(&open, Kind::Feature) } else { parameter };
                    settings.push(Setting {
                        name,
                        option: String::new(),
                        property: nearest(&open, Kind::Property),
                        value: local(markup.text().trim()).to_owned(),
                    });
                }
            }
        }
    }
    let resolved: Vec<Setting> = references
        .into_iter()
        .filter_map(|(feature, property, parameter)| {
            let value = settings.iter().find(|s| s.name == parameter)?.value.clone();
            Some(Setting { name: feature, option: String::new(), property, value })
        })
        .collect();
    settings.extend(resolved);
    Ok(Ticket::from_settings(&settings))
}

impl Ticket {
    fn from_settings(settings: &[Setting]) -> Ticket {
        let option = |feature: &str| {
            settings.iter().find(|s| s.name == feature && !s.option.is_empty()).map(|s| s.option.as_str())
        };
        let property = |feature: &str, property: &str| {
            settings.iter().find(|s| s.name == feature && s.property == property).map(|s| s.value.as_str())
        };
        let parameter = |name: &str| {
            settings
                .iter()
                .find(|s| s.name == name && s.option.is_empty() && s.property.is_empty())
                .map(|s| s.value.as_str())
        };
        let number = |text: &str| text.parse::<i64>().ok();
        let copies = |name: &str| parameter(name).and_then(number).map(Copies::from_request);
        let sides = |feature: &str| match option(feature)? {
            "OneSided" => Some(Sides::OneSided),
            "TwoSidedLongEdge" => Some(Sides::LongEdge),
            "TwoSidedShortEdge" => Some(Sides::ShortEdge),
            _ => None,
        };
        let pages_per_side = |feature: &str| {
            property(feature, "PagesPerSheet")
                .and_then(number)
                .and_then(|n| u32::try_from(n).ok())
                .filter(|n| *n > 0)
        };
        let edge = |name: &str| {
            property("PageMediaSize", name).and_then(number).and_then(|um| u32::try_from(um).ok())
        };
        let measured = match (edge("MediaSizeWidth"), edge("MediaSizeHeight")) {
            (Some(width), Some(height)) => Paper::from_micrometres(width, height),
            _ => None,
        };
        Ticket {
            job_copies: copies("JobCopiesAllDocuments"),
            document_copies: copies("DocumentCopiesAllPages"),
            page_copies: copies("PageCopies"),
            job_sides: sides("JobDuplexAllDocumentsContiguously"),
            document_sides: sides("DocumentDuplex"),
            paper: measured.or_else(|| option("PageMediaSize").and_then(media)),
            gray: option("PageOutputColor").map(|color| matches!(color, "Grayscale" | "Monochrome")),
            job_pages_per_side: pages_per_side("JobNUpAllDocumentsContiguously"),
            document_pages_per_side: pages_per_side("DocumentNUp"),
            job_booklet: option("JobBindAllDocuments").map(|binding| binding == "Booklet"),
            document_booklet: option("DocumentBinding").map(|binding| binding == "Booklet"),
            page_ranges: parameter("DocumentPageRanges").and_then(PageRanges::parse),
            job_name: parameter("JobName").filter(|n| !n.is_empty()).map(str::to_owned),
            user: ["JobUserName", "JobOwner", "UserName"]
                .into_iter()
                .find_map(parameter)
                .filter(|n| !n.is_empty())
                .map(str::to_owned),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Feature,
    Option,
    /// `ScoredProperty` or `Property`.
    Property,
    /// `ParameterInit`.
    Parameter,
    ParameterRef,
    Value,
    Other,
}

impl Kind {
    fn of(element: &str) -> Kind {
        match element {
            "Feature" => Kind::Feature,
            "Option" => Kind::Option,
            "ScoredProperty" | "Property" => Kind::Property,
            "ParameterInit" => Kind::Parameter,
            "ParameterRef" => Kind::ParameterRef,
            "Value" => Kind::Value,
            _ => Kind::Other,
        }
    }
}

fn nearest(open: &[(Kind, String)], kind: Kind) -> String {
    open.iter().rev().find(|(k, _)| *k == kind).map(|(_, name)| name.clone()).unwrap_or_default()
}

/// `psk:ISOA4` without its prefix; the prefix of the keyword name space is free.
fn local(name: &str) -> &str {
    match name.split_once(':') {
        Some((prefix, rest))
            if prefix.chars().all(|c| c.is_ascii_alphanumeric()) && !rest.contains([' ', '/']) =>
        {
            rest
        }
        _ => name,
    }
}

/// `PageMediaSize` options whose size is not written out.
fn media(option: &str) -> Option<Paper> {
    let renamed = match option {
        "NorthAmericaNumber10Envelope" => "na_number-10_4.125x9.5in",
        "NorthAmericaNumber9Envelope" => "na_number-9_3.875x8.875in",
        "NorthAmericaMonarchEnvelope" => "na_monarch_3.875x7.5in",
        "NorthAmericaTabloid" => "na_ledger_11x17in",
        "NorthAmericaStatement" => "na_invoice_5.5x8.5in",
        "NorthAmericaLegal" => "na_legal_8.5x14in",
        "NorthAmericaLetter" => "na_letter_8.5x11in",
        "NorthAmericaExecutive" => "na_executive_7.25x10.5in",
        "NorthAmerica4x6" => "na_index-4x6_4x6in",
        "NorthAmerica5x7" => "na_5x7_5x7in",
        "JapanHagakiPostcard" => "jpn_hagaki_100x148mm",
        "ISODLEnvelope" => "iso_dl_110x220mm",
        "ISOC5Envelope" => "iso_c5_162x229mm",
        other => {
            let short =
                other.strip_prefix("ISO").or_else(|| other.strip_prefix("NorthAmerica")).unwrap_or(other);
            return Paper::from_common_name(short);
        }
    };
    Paper::from_pwg_name(renamed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(body: &str) -> Ticket {
        let text = format!(
            "<?xml version=\"1.0\"?><psf:PrintTicket xmlns:psf=\"f\" xmlns:psk=\"k\" version=\"1\">{body}</psf:PrintTicket>"
        );
        read(text.as_bytes()).expect("a ticket")
    }

    #[test]
    fn settings_are_read() {
        let all = ticket(
            "<psf:Feature name=\"psk:JobDuplexAllDocumentsContiguously\"><psf:Option name=\"psk:TwoSidedShortEdge\"/></psf:Feature>\
             <psf:Feature name=\"psk:PageMediaSize\"><psf:Option name=\"psk:ISOA4\">\
               <psf:ScoredProperty name=\"psk:MediaSizeWidth\"><psf:Value xsi:type=\"xsd:integer\">210000</psf:Value></psf:ScoredProperty>\
               <psf:ScoredProperty name=\"psk:MediaSizeHeight\"><psf:Value xsi:type=\"xsd:integer\">297000</psf:Value></psf:ScoredProperty>\
             </psf:Option></psf:Feature>\
             <psf:Feature name=\"psk:PageOutputColor\"><psf:Option name=\"psk:Grayscale\"/></psf:Feature>\
             <psf:Feature name=\"psk:DocumentNUp\"><psf:Option><psf:ScoredProperty name=\"psk:PagesPerSheet\"><psf:Value>4</psf:Value></psf:ScoredProperty></psf:Option></psf:Feature>\
             <psf:ParameterInit name=\"psk:JobCopiesAllDocuments\"><psf:Value xsi:type=\"xsd:integer\">3</psf:Value></psf:ParameterInit>\
             <psf:ParameterInit name=\"psk:PageCopies\"><psf:Value>2</psf:Value></psf:ParameterInit>",
        );
        let expected = Ticket {
            job_copies: Some(Copies(3)),
            page_copies: Some(Copies(2)),
            job_sides: Some(Sides::ShortEdge),
            paper: Paper::from_pwg_name("iso_a4_210x297mm"),
            gray: Some(true),
            document_pages_per_side: Some(4),
            ..Ticket::default()
        };
        assert_eq!(all, expected);
    }

    #[test]
    fn page_ranges_are_read_and_clamped() {
        let printed = |text: &str, pages: u64| {
            let text = format!(
                "<psf:ParameterInit name=\"psk:DocumentPageRanges\"><psf:Value>{text}</psf:Value></psf:ParameterInit>"
            );
            let ranges = ticket(&text).page_ranges?;
            Some((1..=pages).filter(|page| ranges.has(*page, pages)).collect::<Vec<_>>())
        };
        assert_eq!(printed("1-2, 4", 6), Some(vec![1, 2, 4]));
        assert_eq!(printed("2-9", 3), Some(vec![2, 3]));
        assert_eq!(printed("7,9-12", 3), Some(vec![3]), "behind the last page is the last page");
        assert_eq!(printed("3-2", 4), Some(vec![]));
        for wrong in ["", "0", "x", "1-", "1;2", "-3"] {
            assert_eq!(printed(wrong, 3), None, "{wrong}");
        }
    }

    #[test]
    fn sizes_come_by_reference_or_by_name() {
        let custom = ticket(
            "<psf:Feature name=\"psk:PageMediaSize\"><psf:Option name=\"psk:CustomMediaSize\">\
               <psf:ScoredProperty name=\"psk:MediaSizeWidth\"><psf:ParameterRef name=\"psk:PageMediaSizeMediaSizeWidth\"/></psf:ScoredProperty>\
               <psf:ScoredProperty name=\"psk:MediaSizeHeight\"><psf:ParameterRef name=\"psk:PageMediaSizeMediaSizeHeight\"/></psf:ScoredProperty>\
             </psf:Option></psf:Feature>\
             <psf:ParameterInit name=\"psk:PageMediaSizeMediaSizeWidth\"><psf:Value>100000</psf:Value></psf:ParameterInit>\
             <psf:ParameterInit name=\"psk:PageMediaSizeMediaSizeHeight\"><psf:Value>123000</psf:Value></psf:ParameterInit>",
        );
        assert_eq!(custom.paper.map(|p| p.name()).as_deref(), Some("custom_100x123mm"));
        for (option, name) in [
            ("psk:NorthAmericaLetter", "na_letter_8.5x11in"),
            ("psk:ISOA3", "iso_a3_297x420mm"),
            ("psk:NorthAmericaTabloid", "na_ledger_11x17in"),
            ("psk:JISB5", "jis_b5_182x257mm"),
        ] {
            let named = ticket(&format!(
                "<psf:Feature name=\"psk:PageMediaSize\"><psf:Option name=\"{option}\"/></psf:Feature>"
            ));
            assert_eq!(named.paper.map(|p| p.name()).as_deref(), Some(name), "{option}");
        }
    }
}
