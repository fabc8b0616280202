//! Copies, faxes, scans and e-mails that somebody makes at a device: who may, what it costs, what may be counted.
//!
//! The device counts while it works, because how much it will be is not known before (guide, "Copy tracking", "Difference
//! between print and copy").
//!
//! - [`Kind`]: what is made. [`may`]: the access-rights mask.
//! - [`advance`]: counts that never become less, bounded.
//! - [`usage`], [`least`], [`one_more`]: what it costs, what one page would.

use crate::money::Money;
use crate::people::access::{Access, Function};
use crate::price::{Impressions, PagePrices, PaperSize, Part, Scheme, SizePrices, Usage};
use crate::tracking::JobType;

/// What is made.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Kind {
    /// Copies.
    Copy,
    /// A fax.
    Fax,
    /// A scan to a folder.
    Scan,
    /// A scan by e-mail.
    Email,
}

impl Kind {
    /// Every value.
    pub const ALL: [Self; 4] = [Self::Copy, Self::Fax, Self::Scan, Self::Email];

    /// The word, as stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::Fax => "fax",
            Self::Scan => "scan",
            Self::Email => "email",
        }
    }

    /// Reads what [`Kind::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// What the record of it says it is.
    pub fn job_type(self) -> JobType {
        match self {
            Self::Copy => JobType::Copy,
            Self::Fax => JobType::Fax,
            Self::Scan => JobType::Scan,
            Self::Email => JobType::Email,
        }
    }

    /// Its title when the device gives none; always that of a copy (guide, "Format of tracking data").
    pub fn title(self) -> &'static str {
        match self {
            Self::Copy => "Copy job",
            Self::Fax => "Fax job",
            Self::Scan => "Scan job",
            Self::Email => "E-mail job",
        }
    }

    /// Whether paper comes out.
    pub fn prints(self) -> bool {
        match self {
            Self::Copy => true,
            Self::Fax | Self::Scan | Self::Email => false,
        }
    }

    /// What doing it is called.
    fn doing(self) -> &'static str {
        match self {
            Self::Copy => "copying",
            Self::Fax => "sending faxes",
            Self::Scan => "scanning",
            Self::Email => "scanning to e-mail",
        }
    }
}

/// What the access rights forbid, in the order of checking.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotAllowed {
    /// The function itself.
    #[error("{} is not allowed to you", .0.doing())]
    Function(Kind),
    /// Copying, but not in colour.
    #[error("copying in colour is not allowed to you")]
    Color,
}

/// Whether the access-rights mask lets somebody make it (guide, "Settings" of a user). Colour is a right of its own for
/// copies only.
///
/// # Errors
/// [`NotAllowed`].
pub fn may(access: Access, kind: Kind, color: bool) -> Result<(), NotAllowed> {
    let function = match kind {
        Kind::Copy => Function::Copy,
        Kind::Fax => Function::Fax,
        Kind::Scan => Function::Scan,
        Kind::Email => Function::Email,
    };
    if !access.allows(function) {
        return Err(NotAllowed::Function(kind));
    }
    if kind == Kind::Copy && color && !access.allows(Function::CopyColor) {
        return Err(NotAllowed::Color);
    }
    Ok(())
}

/// Counts that cannot be, in the order of checking.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CountsRefused {
    /// Two parts of one paper.
    #[error("the device counts {} twice", .0.name())]
    Twice(PaperSize),
    /// More than [`IMPRESSIONS_MAX`].
    #[error("the device counts more pages than one person can make at once")]
    TooMany,
    /// Less than it has counted before.
    #[error("the device's counts of {} went backwards", .0.name())]
    Backwards(PaperSize),
}

/// Page sides of one paper that are believed at most.
pub const IMPRESSIONS_MAX: u32 = 1_000_000;

/// The counts after `before`, when they make sense: each paper once, none less than it was.
///
/// # Errors
/// [`CountsRefused`]; what was counted before holds.
pub fn advance(before: &[Part], counts: &[Part]) -> Result<Vec<Part>, CountsRefused> {
    let mut after: Vec<Part> = Vec::with_capacity(counts.len().min(PaperSize::ALL.len()));
    for part in counts {
        if after.iter().any(|seen| seen.size == part.size) {
            return Err(CountsRefused::Twice(part.size));
        }
        if [part.sheets.0, part.mono.0, part.color.0].into_iter().any(|number| number > IMPRESSIONS_MAX) {
            return Err(CountsRefused::TooMany);
        }
        after.push(*part);
    }
    for part in before {
        let now = after.iter().find(|now| now.size == part.size);
        let is_less =
            now.is_none_or(|now| now.sheets < part.sheets || now.mono < part.mono || now.color < part.color);
        if is_less && *part != (Part { size: part.size, ..Part::default() }) {
            return Err(CountsRefused::Backwards(part.size));
        }
    }
    Ok(after)
}

/// Page sides, with and without colour.
pub fn impressions(parts: &[Part]) -> u32 {
    parts.iter().fold(0, |sum: u32, part| sum.saturating_add(part.mono.0).saturating_add(part.color.0))
}

/// Page sides with colour.
pub fn color_impressions(parts: &[Part]) -> u32 {
    parts.iter().fold(0, |sum: u32, part| sum.saturating_add(part.color.0))
}

/// Sheets of paper that came out; none of what is only read.
pub fn sheets(kind: Kind, parts: &[Part]) -> u32 {
    if !kind.prints() {
        return 0;
    }
    parts.iter().fold(0, |sum: u32, part| sum.saturating_add(part.sheets.0))
}

/// The paper that most of it is on; `None` before anything was counted.
pub fn paper(parts: &[Part]) -> Option<PaperSize> {
    let used = parts.iter().filter(|part| part.mono.0 > 0 || part.color.0 > 0);
    used.max_by_key(|part| part.mono.0.saturating_add(part.color.0)).map(|part| part.size)
}

/// What the counts mean for the price. Without a page there is no price, not even the start-up cost.
pub fn usage(kind: Kind, parts: &[Part]) -> Option<Usage> {
    let pages = Impressions(impressions(parts));
    if pages.0 == 0 {
        return None;
    }
    Some(match kind {
        Kind::Copy => Usage::Copy(parts.to_vec()),
        Kind::Fax => Usage::Fax(pages),
        Kind::Scan => Usage::Scan(pages),
        Kind::Email => Usage::Email(pages),
    })
}

/// Whether the scheme asks anything for it at all.
pub fn is_free(scheme: &Scheme, kind: Kind) -> bool {
    let document = |prices: crate::price::DocumentPrices| prices == crate::price::DocumentPrices::default();
    match kind {
        Kind::Copy => {
            let free = |(_, prices)| prices == SizePrices::default();
            scheme.copy.job == Money::ZERO && scheme.copy.sizes().all(free)
        }
        Kind::Fax => document(scheme.fax),
        Kind::Scan => document(scheme.scan),
        Kind::Email => document(scheme.email),
    }
}

/// What has to be there before it begins: the start-up cost and one page. The size of a copy is not known yet, so it is
/// priced as [`PaperSize::Other`], in colour where colour may be used (guide, "Account"); a scheme without that row is asked
/// for its cheapest.
pub fn least(scheme: &Scheme, kind: Kind, color: bool) -> Money {
    let document = |prices: crate::price::DocumentPrices| add(prices.job, prices.page);
    match kind {
        Kind::Copy => {
            let page = match scheme.copy.of(PaperSize::Other) {
                Some(prices) => of_page(prices, color),
                None => {
                    let pages = scheme.copy.sizes().map(|(_, prices)| of_page(prices, color));
                    pages.min().unwrap_or_default()
                }
            };
            add(scheme.copy.job, page)
        }
        Kind::Fax => document(scheme.fax),
        Kind::Scan => document(scheme.scan),
        Kind::Email => document(scheme.email),
    }
}

/// What one more page costs: of a copy on a new sheet of the dearest paper used so far.
pub fn one_more(scheme: &Scheme, kind: Kind, color: bool, parts: &[Part]) -> Money {
    match kind {
        Kind::Copy => {
            let used = parts.iter().filter_map(|part| scheme.copy.of(part.size));
            let dearest = used.map(|prices| of_page(prices, color)).max();
            dearest.unwrap_or_else(|| other(&scheme.copy, color))
        }
        Kind::Fax => scheme.fax.page,
        Kind::Scan => scheme.scan.page,
        Kind::Email => scheme.email.page,
    }
}

fn other(prices: &PagePrices, color: bool) -> Money {
    prices.of(PaperSize::Other).map(|prices| of_page(prices, color)).unwrap_or_default()
}

fn of_page(prices: SizePrices, color: bool) -> Money {
    add(prices.sheet, if color { prices.color.max(prices.mono) } else { prices.mono })
}

fn add(one: Money, two: Money) -> Money {
    Money(one.0.saturating_add(two.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::price::{DocumentPrices, Sheets};

    fn part(size: PaperSize, sheets: u32, mono: u32, color: u32) -> Part {
        Part { size, sheets: Sheets(sheets), mono: Impressions(mono), color: Impressions(color) }
    }

    fn scheme() -> Scheme {
        let size =
            |sheet, mono, color| SizePrices { sheet: Money(sheet), mono: Money(mono), color: Money(color) };
        Scheme {
            copy: PagePrices::new(Money(1_000))
                .with(PaperSize::A3, size(20, 40, 120))
                .with(PaperSize::A4, size(10, 20, 60))
                .with(PaperSize::Other, size(11, 22, 66)),
            fax: DocumentPrices { job: Money(500), page: Money(100) },
            email: DocumentPrices { job: Money(7), page: Money(0) },
            ..Scheme::default()
        }
    }

    #[test]
    fn rel_9_each_kind_has_its_right_and_colour_is_one_of_copies() {
        let rows = [
            (Kind::Copy, false, Function::Copy, NotAllowed::Function(Kind::Copy)),
            (Kind::Copy, true, Function::CopyColor, NotAllowed::Color),
            (Kind::Fax, true, Function::Fax, NotAllowed::Function(Kind::Fax)),
            (Kind::Scan, true, Function::Scan, NotAllowed::Function(Kind::Scan)),
            (Kind::Email, true, Function::Email, NotAllowed::Function(Kind::Email)),
        ];
        for (kind, color, function, refusal) in rows {
            assert_eq!(may(Access::ALL, kind, color), Ok(()));
            assert_eq!(may(Access::ALL.deny(function), kind, color), Err(refusal));
            let others = Function::ALL.into_iter().filter(|other| *other != function);
            let others = others.filter(|other| kind != Kind::Copy || *other != Function::Copy);
            let rest = others.fold(Access::ALL, Access::deny);
            assert_eq!(may(rest, kind, color), Ok(()), "{kind:?} asks for nothing else");
        }
        assert_eq!(may(Access::ALL.deny(Function::CopyColor), Kind::Copy, false), Ok(()));
        assert_eq!(may(Access::ALL.deny(Function::CopyColor), Kind::Scan, true), Ok(()));
    }

    #[test]
    fn counts_go_forward_only() {
        use PaperSize::{A3, A4};
        let before = [part(A4, 1, 2, 0)];
        let table: [(&[Part], Result<(), CountsRefused>); 7] = [
            (&[part(A4, 1, 2, 0)], Ok(())),
            (&[part(A4, 2, 3, 1), part(A3, 1, 1, 0)], Ok(())),
            (&[], Err(CountsRefused::Backwards(A4))),
            (&[part(A4, 1, 1, 9)], Err(CountsRefused::Backwards(A4))),
            (&[part(A4, 0, 2, 0)], Err(CountsRefused::Backwards(A4))),
            (&[part(A4, 2, 2, 0), part(A4, 2, 2, 0)], Err(CountsRefused::Twice(A4))),
            (&[part(A4, 1, IMPRESSIONS_MAX + 1, 0)], Err(CountsRefused::TooMany)),
        ];
        for (counts, expected) in table {
            assert_eq!(advance(&before, counts).map(drop), expected, "{counts:?}");
        }
        assert_eq!(advance(&[part(A3, 0, 0, 0)], &before), Ok(before.to_vec()), "nothing cannot become less");
    }

    #[test]
    fn what_was_counted_is_priced_by_its_kind() {
        let parts = [part(PaperSize::A4, 1, 1, 1), part(PaperSize::A3, 2, 3, 0)];
        assert_eq!((impressions(&parts), color_impressions(&parts)), (5, 1));
        assert_eq!(sheets(Kind::Copy, &parts), 3);
        assert_eq!(sheets(Kind::Scan, &parts), 0, "a scan takes no paper");
        assert_eq!(paper(&parts), Some(PaperSize::A3));
        assert_eq!(paper(&[part(PaperSize::A4, 1, 0, 0)]), None);
        assert_eq!(usage(Kind::Fax, &parts), Some(Usage::Fax(Impressions(5))));
        assert_eq!(usage(Kind::Copy, &parts), Some(Usage::Copy(parts.to_vec())));
        assert_eq!(usage(Kind::Copy, &[]), None, "nobody pays the start-up cost of nothing");
    }

    #[test]
    fn pay_2_one_page_has_to_be_affordable_before_it_begins_and_while_it_goes_on() {
        let scheme = scheme();
        assert_eq!(least(&scheme, Kind::Copy, true), Money(1_077));
        assert_eq!(least(&scheme, Kind::Copy, false), Money(1_033));
        assert_eq!(least(&scheme, Kind::Fax, true), Money(600));
        let without = Scheme { copy: scheme.copy.clone().without(PaperSize::Other), ..scheme.clone() };
        assert_eq!(least(&without, Kind::Copy, false), Money(1_030));
        let used = [part(PaperSize::A4, 1, 1, 0), part(PaperSize::A3, 1, 1, 0)];
        assert_eq!(one_more(&scheme, Kind::Copy, false, &used), Money(60));
        assert_eq!(one_more(&scheme, Kind::Copy, true, &used[..1]), Money(70));
        assert_eq!(one_more(&scheme, Kind::Copy, true, &[]), Money(77));
        assert_eq!(one_more(&scheme, Kind::Fax, true, &used), Money(100));
        assert!(
            is_free(&scheme, Kind::Scan) && !is_free(&scheme, Kind::Email) && !is_free(&scheme, Kind::Copy)
        );
        assert!(is_free(&Scheme::default(), Kind::Copy));
    }

    #[test]
    fn kinds_read_back() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(Kind::parse("print"), None);
    }
}
