//! What a document costs: charging schemes.
//!
//! A device has up to two schemes: the first charges people and invoices departments, the second tells the
//! true cost. Amounts are exact; nothing is rounded here.
//!
//! - [`Scheme`]: prices per job, sheet and page side, and per page of fax, scan and e-mail.
//! - [`job_name`]: prices by what a document is called, which come before the scheme.

pub mod job_name;

use crate::money::Money;

/// Paper as charging schemes know it.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum PaperSize {
    /// ISO A3.
    A3,
    /// ISO A4.
    A4,
    /// 7.25 x 10.5 inches.
    Executive,
    /// 8.5 x 11 inches.
    Letter,
    /// 8.5 x 14 inches.
    Legal,
    /// 11 x 17 inches.
    Ledger,
    /// Everything else, and paper that is not known ("Default" in some drivers).
    #[default]
    Other,
}

impl PaperSize {
    /// Every size, in the order of the guide's tables.
    pub const ALL: [Self; 7] =
        [Self::A3, Self::A4, Self::Executive, Self::Letter, Self::Legal, Self::Ledger, Self::Other];

    /// The size of a PWG 5101.1 media name; what a scheme has no row for is [`PaperSize::Other`].
    pub fn from_media(name: &str) -> Self {
        match name {
            "iso_a3_297x420mm" => Self::A3,
            "iso_a4_210x297mm" => Self::A4,
            "na_executive_7.25x10.5in" => Self::Executive,
            "na_letter_8.5x11in" => Self::Letter,
            "na_legal_8.5x14in" => Self::Legal,
            "na_ledger_11x17in" => Self::Ledger,
            _ => Self::Other,
        }
    }

    /// The size with this name, in any case.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|size| size.name().eq_ignore_ascii_case(name))
    }

    /// The name people know.
    pub fn name(self) -> &'static str {
        match self {
            Self::A3 => "A3",
            Self::A4 => "A4",
            Self::Executive => "Executive",
            Self::Letter => "Letter",
            Self::Legal => "Legal",
            Self::Ledger => "Ledger",
            Self::Other => "Other",
        }
    }
}

/// Prices of one paper size.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct SizePrices {
    /// Per sheet of paper.
    pub sheet: Money,
    /// Per page side without colour.
    pub mono: Money,
    /// Per page side with colour.
    pub color: Money,
}

/// Prices of prints, or of copies.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PagePrices {
    /// Start-up cost of a job.
    pub job: Money,
    sizes: [Option<SizePrices>; PaperSize::ALL.len()],
}

impl PagePrices {
    /// Prices with a start-up cost and no paper size yet.
    pub fn new(job: Money) -> Self {
        Self { job, sizes: Default::default() }
    }

    /// Sets the prices of one size.
    #[must_use]
    pub fn with(mut self, size: PaperSize, prices: SizePrices) -> Self {
        self.sizes[size as usize] = Some(prices);
        self
    }

    /// Takes the prices of one size out; it is then priced as [`PaperSize::Other`].
    #[must_use]
    pub fn without(mut self, size: PaperSize) -> Self {
        self.sizes[size as usize] = None;
        self
    }

    /// Every size that has prices of its own, in the order of [`PaperSize::ALL`].
    pub fn sizes(&self) -> impl Iterator<Item = (PaperSize, SizePrices)> {
        PaperSize::ALL.into_iter().filter_map(|size| Some((size, self.sizes[size as usize]?)))
    }

    /// The prices of `size`; those of [`PaperSize::Other`] where it has none of its own.
    pub fn of(&self, size: PaperSize) -> Option<SizePrices> {
        self.sizes[size as usize].or(self.sizes[PaperSize::Other as usize])
    }
}

/// Prices of faxes, scans or e-mails.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct DocumentPrices {
    /// Start-up cost of a job.
    pub job: Money,
    /// Per page.
    pub page: Money,
}

/// A charging scheme.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Scheme {
    /// Unique name.
    pub name: String,
    /// Free text.
    pub description: String,
    /// Whether a document's name may set its price ([`job_name`]).
    pub job_name_pricing: bool,
    /// Prints.
    pub print: PagePrices,
    /// Copies.
    pub copy: PagePrices,
    /// Faxes that are sent.
    pub fax: DocumentPrices,
    /// Scans to folders.
    pub scan: DocumentPrices,
    /// Scans by e-mail.
    pub email: DocumentPrices,
}

/// A scheme that cannot be stored, in the order of checking.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SchemeRefused {
    /// A price below zero would pay people for printing.
    #[error("a price cannot be negative")]
    Negative,
    /// Beyond [`PRICE_MAX`].
    #[error("a price is at most {PRICE_MAX}")]
    TooLarge,
}

/// Largest single price of a scheme: a million units of the currency.
pub const PRICE_MAX: Money = Money(1_000_000 * crate::money::UNIT);

impl Scheme {
    /// Whether every price is one that can be charged.
    ///
    /// # Errors
    /// See [`SchemeRefused`].
    pub fn check(&self) -> Result<(), SchemeRefused> {
        let documents = [self.fax, self.scan, self.email].into_iter().flat_map(|of| [of.job, of.page]);
        let pages = [&self.print, &self.copy].into_iter().flat_map(|of| {
            let sizes = of.sizes().flat_map(|(_, prices)| [prices.sheet, prices.mono, prices.color]);
            std::iter::once(of.job).chain(sizes)
        });
        let mut prices: Vec<Money> = documents.chain(pages).collect();
        prices.sort_unstable();
        match (prices.first(), prices.last()) {
            (Some(least), _) if least.is_negative() => Err(SchemeRefused::Negative),
            (_, Some(most)) if *most > PRICE_MAX => Err(SchemeRefused::TooLarge),
            _ => Ok(()),
        }
    }
}

/// What came out on one paper size. Counts are of all copies.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Part {
    /// Paper.
    pub size: PaperSize,
    /// Sheets of it.
    pub sheets: Sheets,
    /// Printed page sides without colour.
    pub mono: Impressions,
    /// Printed page sides with colour.
    pub color: Impressions,
}

/// Sheets of paper.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Sheets(pub u32);

/// Printed page sides.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Impressions(pub u32);

/// What is to be priced.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Usage {
    /// A print.
    Print(Vec<Part>),
    /// A copy.
    Copy(Vec<Part>),
    /// A fax of so many pages.
    Fax(Impressions),
    /// A scan of so many pages.
    Scan(Impressions),
    /// An e-mail of so many pages.
    Email(Impressions),
}

/// A price that cannot be told, in the order in which it is checked.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PriceRefused {
    /// The scheme prices neither the size nor "Other".
    #[error("the scheme has no price for {} and none for other paper", .0.name())]
    NoPrice(PaperSize),
    /// Nothing that people print costs that much.
    #[error("the price is too large")]
    TooLarge,
}

/// What `usage` costs by `scheme`:
/// price per job + price per sheet x sheets + price per impression x impressions.
///
/// # Errors
/// See [`PriceRefused`].
pub fn price(scheme: &Scheme, usage: &Usage) -> Result<Money, PriceRefused> {
    match usage {
        Usage::Print(parts) => pages(&scheme.print, parts),
        Usage::Copy(parts) => pages(&scheme.copy, parts),
        Usage::Fax(count) => document(scheme.fax, *count),
        Usage::Scan(count) => document(scheme.scan, *count),
        Usage::Email(count) => document(scheme.email, *count),
    }
}

fn pages(prices: &PagePrices, parts: &[Part]) -> Result<Money, PriceRefused> {
    let mut sum = prices.job;
    for part in parts {
        let of_size = prices.of(part.size).ok_or(PriceRefused::NoPrice(part.size))?;
        let counts =
            [(of_size.sheet, part.sheets.0), (of_size.mono, part.mono.0), (of_size.color, part.color.0)];
        for (each, count) in counts {
            sum = add(sum, each, count)?;
        }
    }
    Ok(sum)
}

fn document(prices: DocumentPrices, count: Impressions) -> Result<Money, PriceRefused> {
    add(prices.job, prices.page, count.0)
}

fn add(sum: Money, each: Money, count: u32) -> Result<Money, PriceRefused> {
    each.checked_mul(count.into()).and_then(|part| sum.checked_add(part)).ok_or(PriceRefused::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str) -> Money {
        text.parse().unwrap()
    }

    /// The guide's sample scheme, with a copy price that differs so that the two cannot be mixed up.
    fn sample() -> Scheme {
        let size =
            |sheet, mono, color| SizePrices { sheet: money(sheet), mono: money(mono), color: money(color) };
        let document = |job, page| DocumentPrices { job: money(job), page: money(page) };
        Scheme {
            name: "sample".into(),
            print: PagePrices::new(money("0.20"))
                .with(PaperSize::A3, size("0.10", "0.20", "0.60"))
                .with(PaperSize::A4, size("0.05", "0.10", "0.30"))
                .with(PaperSize::Other, size("0.07", "0.11", "0.31")),
            copy: PagePrices::new(money("0.25")).with(PaperSize::A4, size("0.06", "0.12", "0.36")),
            fax: document("0.10", "0.10"),
            scan: document("0", "0.0125"),
            email: document("0.01", "0"),
            ..Scheme::default()
        }
    }

    fn part(size: PaperSize, sheets: u32, mono: u32, color: u32) -> Part {
        Part { size, sheets: Sheets(sheets), mono: Impressions(mono), color: Impressions(color) }
    }

    /// CHG-1: the worked example.
    #[test]
    fn five_colour_pages_on_both_sides_of_a4_cost_what_the_guide_says() {
        let usage = Usage::Print(vec![part(PaperSize::A4, 3, 0, 5)]);
        assert_eq!(price(&sample(), &usage), Ok(money("1.85")));
    }

    /// CHG-1.
    #[test]
    fn every_kind_of_job_has_its_own_prices() {
        let a4 = |sheets, mono, color| vec![part(PaperSize::A4, sheets, mono, color)];
        let table = [
            (Usage::Print(Vec::new()), "0.20"),
            (Usage::Print(a4(1, 1, 0)), "0.35"),
            (Usage::Print(vec![part(PaperSize::A4, 1, 1, 0), part(PaperSize::A3, 1, 0, 2)]), "1.65"),
            (Usage::Print(vec![part(PaperSize::Letter, 2, 1, 1)]), "0.76"),
            (Usage::Copy(a4(1, 1, 1)), "0.79"),
            (Usage::Fax(Impressions(3)), "0.40"),
            (Usage::Scan(Impressions(3)), "0.0375"),
            (Usage::Email(Impressions(300)), "0.01"),
        ];
        for (usage, expected) in table {
            assert_eq!(price(&sample(), &usage), Ok(money(expected)), "{usage:?}");
        }
    }

    /// CHG-1.
    #[test]
    fn a_price_that_cannot_be_told_is_refused() {
        let letter = vec![part(PaperSize::Letter, 1, 1, 0)];
        assert_eq!(
            price(&sample(), &Usage::Copy(letter)),
            Err(PriceRefused::NoPrice(PaperSize::Letter)),
            "the copy prices have no row for other paper"
        );
        let huge = Scheme { fax: DocumentPrices { page: Money(i64::MAX), ..Default::default() }, ..sample() };
        assert_eq!(price(&huge, &Usage::Fax(Impressions(2))), Err(PriceRefused::TooLarge));
    }

    #[test]
    fn a_scheme_has_no_price_below_zero_and_none_beyond_reason() {
        assert_eq!(sample().check(), Ok(()));
        let fax = |page| Scheme { fax: DocumentPrices { page, ..Default::default() }, ..sample() };
        assert_eq!(fax(money("-0.0001")).check(), Err(SchemeRefused::Negative));
        assert_eq!(fax(PRICE_MAX).check(), Ok(()));
        assert_eq!(fax(Money(PRICE_MAX.0 + 1)).check(), Err(SchemeRefused::TooLarge));
        let cheap = SizePrices { color: money("-1"), ..Default::default() };
        let scheme = Scheme { copy: PagePrices::default().with(PaperSize::A3, cheap), ..sample() };
        assert_eq!(scheme.check(), Err(SchemeRefused::Negative));
    }

    /// CHG-1.
    #[test]
    fn media_names_find_their_size() {
        let table = [
            ("iso_a4_210x297mm", PaperSize::A4),
            ("na_ledger_11x17in", PaperSize::Ledger),
            ("iso_a5_148x210mm", PaperSize::Other),
            ("mixed", PaperSize::Other),
            ("", PaperSize::Other),
        ];
        for (name, size) in table {
            assert_eq!(PaperSize::from_media(name), size);
        }
    }
}
