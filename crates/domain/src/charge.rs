//! Who is tracked, who pays, and what is billed or encrypted: what a device has against what a person is set to.
//!
//! The tables are those of the guide ("Device license and user settings dependencies"), cell by cell.
//!
//! - [`CostControl`], [`UserTerms`]: what a person is set to. [`Features`], [`DeviceTerms`]: what a device has.
//! - [`cost`], [`encryption`], [`billing`], [`rules`]: the tables.
//! - [`Away`]: what becomes of a person while the money or tracking server is away.
//! - [`post`]: what a device's counters say was really printed.
//! - [`toner`]: what it took of toner.

pub mod post;
pub mod toner;

use crate::money::Money;
use crate::price::{Impressions, PaperSize, Part, Sheets, Usage};
use crate::{PageCount, count::CountStatus};

/// A person's cost control (guide, "Settings").
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum CostControl {
    /// Nothing is tracked.
    NoCost,
    /// What is printed is tracked; the person may be invoiced for it later.
    #[default]
    Tracking,
    /// The person pays from an account before anything comes out.
    Pay,
}

impl CostControl {
    /// Every value.
    pub const ALL: [Self; 3] = [Self::NoCost, Self::Tracking, Self::Pay];

    /// The word, as stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoCost => "none",
            Self::Tracking => "tracking",
            Self::Pay => "pay",
        }
    }

    /// Reads what [`CostControl::as_str`] or [`CostControl::accounting_model`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|control| control.as_str() == text || control.accounting_model() == text)
    }

    /// The word of tracking records (guide, "Format of tracking data", `AccountingModelUsed`): who is tracked prints
    /// first and pays later, a Pay user the other way round.
    pub fn accounting_model(self) -> &'static str {
        match self {
            Self::NoCost => "NONE",
            Self::Tracking => "PRINT_AND_PAY",
            Self::Pay => "PAY_AND_PRINT",
        }
    }
}

/// How a person's printing is charged.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct UserTerms {
    /// Cost control.
    pub control: CostControl,
    /// The person's documents travel encrypted where the device can (guide, "Encrypt documents").
    pub encrypt: bool,
    /// Clients are billed for what the person prints (guide, "Bill clients for cost").
    pub bill_clients: bool,
}

/// Features of a device (guide, "License" of a device).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Features {
    /// What is printed here is tracked.
    pub tracking: bool,
    /// People pay here; implies tracking.
    pub pay: bool,
    /// Clients may be billed.
    pub billing: bool,
    /// Takes encrypted documents.
    pub encryption: bool,
    /// Rules apply.
    pub rules: bool,
}

impl Features {
    /// Everything: what a new device has.
    pub const ALL: Self = Self { tracking: true, pay: true, billing: true, encryption: true, rules: true };

    /// Nothing.
    pub const NONE: Self =
        Self { tracking: false, pay: false, billing: false, encryption: false, rules: false };

    /// The words, as stored and shown.
    pub fn names(self) -> Vec<&'static str> {
        let Self { tracking, pay, billing, encryption, rules } = self;
        let named = [
            (tracking, "tracking"),
            (pay, "pay"),
            (billing, "billing"),
            (encryption, "encryption"),
            (rules, "rules"),
        ];
        named.into_iter().filter_map(|(has, name)| has.then_some(name)).collect()
    }

    /// Reads words; the first that is no feature is the error.
    ///
    /// # Errors
    /// The word.
    pub fn parse<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, &'a str> {
        let mut features = Self::NONE;
        for name in names {
            match name {
                "tracking" => features.tracking = true,
                "pay" => features.pay = true,
                "billing" => features.billing = true,
                "encryption" => features.encryption = true,
                "rules" => features.rules = true,
                other => return Err(other),
            }
        }
        Ok(features)
    }

    /// The row of the cost-control table.
    pub fn cost(self) -> DeviceCost {
        match (self.pay, self.tracking) {
            (true, _) => DeviceCost::Pay,
            (false, true) => DeviceCost::Tracking,
            (false, false) => DeviceCost::NoCost,
        }
    }
}

/// How printing at a device is charged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DeviceTerms {
    /// Features.
    pub features: Features,
    /// A Pay user may log in though the device has no Pay, and is not charged (guide, "Allow Pay user").
    pub allow_pay_user: bool,
}

impl Default for DeviceTerms {
    fn default() -> Self {
        Self { features: Features::ALL, allow_pay_user: false }
    }
}

/// Rows of the cost-control table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DeviceCost {
    /// Neither tracking nor Pay.
    NoCost,
    /// Tracking.
    Tracking,
    /// Pay.
    Pay,
}

/// Cells of the cost-control table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cost {
    /// Prints, and nobody writes it down.
    NoTracking,
    /// Prints, and is tracked.
    Tracking,
    /// Prints, is tracked, and pays.
    Pay,
    /// May not log in.
    LoginRejected,
}

/// The guide's table "Device license and user cost control settings".
pub fn cost(device: DeviceCost, allow_pay_user: bool, user: CostControl) -> Cost {
    match (device, user) {
        (_, CostControl::NoCost) | (DeviceCost::NoCost, CostControl::Tracking) => Cost::NoTracking,
        (DeviceCost::Tracking | DeviceCost::Pay, CostControl::Tracking) => Cost::Tracking,
        (DeviceCost::NoCost | DeviceCost::Tracking, CostControl::Pay) if !allow_pay_user => {
            Cost::LoginRejected
        }
        (DeviceCost::NoCost, CostControl::Pay) => Cost::NoTracking,
        (DeviceCost::Tracking, CostControl::Pay) => Cost::Tracking,
        (DeviceCost::Pay, CostControl::Pay) => Cost::Pay,
    }
}

/// The guide's table "Device license and user encryption settings": whether a document must travel encrypted, which
/// then rules out the plain high-speed channels.
pub fn encryption(device: bool, user: bool) -> bool {
    device && user
}

/// The guide's table "Device license and user billing settings": whether a billing code may be chosen.
pub fn billing(device: bool, user: bool) -> bool {
    device && user
}

/// Whom Rule Based Printing applies to: Tracking and Pay users, on devices that have it.
pub fn rules(device: bool, user: CostControl) -> bool {
    device && user != CostControl::NoCost
}

/// Which servers are away, and which may be (guide, "Tracking" of the server's properties).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Away {
    /// The money server does not answer.
    pub money: bool,
    /// The tracking server does not answer.
    pub tracking: bool,
    /// "Allow money server to be unavailable".
    pub money_allowed: bool,
    /// "Allow tracking server to be unavailable"; without effect unless the money server may be away too.
    pub tracking_allowed: bool,
}

/// Who cannot be served while a server is away, in the order of checking.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AwayRefused {
    /// A Pay user, and the money server may not be away.
    #[error("the money server is not available")]
    Money,
    /// A user who is tracked, and the tracking server may not be away.
    #[error("the tracking server is not available")]
    Tracking,
}

impl Away {
    /// What a person is treated as: a Pay user as a tracking user while the money server is away, a tracking user as a
    /// no cost user while the tracking server is.
    ///
    /// # Errors
    /// [`AwayRefused`] when that server may not be away.
    pub fn treat(self, cost: Cost) -> Result<Cost, AwayRefused> {
        let cost = match cost {
            Cost::Pay if self.money && !self.money_allowed => return Err(AwayRefused::Money),
            Cost::Pay if self.money => Cost::Tracking,
            other => other,
        };
        match cost {
            Cost::Tracking | Cost::Pay if self.tracking => {
                if self.tracking_allowed && self.money_allowed {
                    Ok(Cost::NoTracking)
                } else {
                    Err(AwayRefused::Tracking)
                }
            }
            other => Ok(other),
        }
    }
}

/// What a document's count means for its price; counts are of all copies.
///
/// # Errors
/// [`NotCounted`] when the pages are not known.
pub fn usage(count: &PageCount, copies: i32) -> Result<Usage, NotCounted> {
    match count.status {
        CountStatus::Ok => {}
        CountStatus::Pending => return Err(NotCounted::Pending),
        CountStatus::Undefined | CountStatus::Failure => return Err(NotCounted::Unknown),
    }
    let times = |number: i64| {
        let number = number.max(0).saturating_mul(copies.max(1).into());
        u32::try_from(number).map_err(|_| NotCounted::TooLarge)
    };
    let (pages, color, sheets) = (times(count.pages)?, times(count.color_pages)?, times(count.sheets)?);
    Ok(Usage::Print(vec![part(&count.paper, pages, color.min(pages), sheets)]))
}

/// What came out on one paper.
pub fn part(paper: &str, pages: u32, color: u32, sheets: u32) -> Part {
    Part {
        size: PaperSize::from_media(paper),
        sheets: Sheets(sheets),
        mono: Impressions(pages - color),
        color: Impressions(color),
    }
}

/// Why a document has no price, in the order of checking.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotCounted {
    /// Its pages are being counted.
    #[error("the document's pages are still being counted; try again in a moment")]
    Pending,
    /// Its data does not say how many pages it has.
    #[error("the document's pages cannot be counted, so it has no price")]
    Unknown,
    /// More pages than any printer prints.
    #[error("the document has too many pages")]
    TooLarge,
}

/// What is still to be paid for a document of which `paid` was charged when only a part came out.
#[must_use]
pub fn rest(price: Money, paid: Money) -> Money {
    Money(price.0.saturating_sub(paid.0).max(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use CostControl::{NoCost, Pay, Tracking};

    /// PAY-1: every cell of the guide's table, with and without "Allow Pay user".
    #[test]
    fn the_cost_control_table_is_the_guides() {
        use Cost as C;
        use DeviceCost as D;
        let table = [
            (D::NoCost, NoCost, C::NoTracking, C::NoTracking),
            (D::NoCost, Tracking, C::NoTracking, C::NoTracking),
            (D::NoCost, Pay, C::LoginRejected, C::NoTracking),
            (D::Tracking, NoCost, C::NoTracking, C::NoTracking),
            (D::Tracking, Tracking, C::Tracking, C::Tracking),
            (D::Tracking, Pay, C::LoginRejected, C::Tracking),
            (D::Pay, NoCost, C::NoTracking, C::NoTracking),
            (D::Pay, Tracking, C::Tracking, C::Tracking),
            (D::Pay, Pay, C::Pay, C::Pay),
        ];
        for (device, user, plain, allowed) in table {
            assert_eq!(cost(device, false, user), plain, "{device:?} {user:?}");
            assert_eq!(cost(device, true, user), allowed, "{device:?} {user:?} with Allow Pay user");
        }
    }

    /// The guide's tables for encryption, billing and rules.
    #[test]
    fn the_other_tables_are_the_guides() {
        for (device, user, both) in
            [(false, false, false), (false, true, false), (true, false, false), (true, true, true)]
        {
            assert_eq!(encryption(device, user), both);
            assert_eq!(billing(device, user), both);
        }
        for (control, applies) in [(NoCost, false), (Tracking, true), (Pay, true)] {
            assert_eq!(rules(true, control), applies);
            assert!(!rules(false, control));
        }
    }

    #[test]
    fn features_choose_the_row_of_the_table() {
        let features = |words: &str| Features::parse(words.split_whitespace()).unwrap();
        assert_eq!(features("").cost(), DeviceCost::NoCost);
        assert_eq!(features("tracking billing").cost(), DeviceCost::Tracking);
        assert_eq!(features("pay").cost(), DeviceCost::Pay);
        assert_eq!(Features::parse(Features::ALL.names()), Ok(Features::ALL));
        assert_eq!(Features::parse(["pay", "lay"]), Err("lay"));
    }

    /// PAY-7: who is treated as whom while a server is away.
    #[test]
    fn a_server_that_is_away_makes_of_people_what_the_settings_say() {
        let away = |money, tracking, money_allowed, tracking_allowed| Away {
            money,
            tracking,
            money_allowed,
            tracking_allowed,
        };
        let table = [
            (away(false, false, false, false), Cost::Pay, Ok(Cost::Pay)),
            (away(true, false, false, false), Cost::Pay, Err(AwayRefused::Money)),
            (away(true, false, false, false), Cost::Tracking, Ok(Cost::Tracking)),
            (away(true, false, true, false), Cost::Pay, Ok(Cost::Tracking)),
            (away(true, true, true, false), Cost::Pay, Err(AwayRefused::Tracking)),
            (away(true, true, true, true), Cost::Pay, Ok(Cost::NoTracking)),
            (away(false, true, true, true), Cost::Tracking, Ok(Cost::NoTracking)),
            (away(false, true, false, true), Cost::Tracking, Err(AwayRefused::Tracking)),
            (away(false, true, false, false), Cost::NoTracking, Ok(Cost::NoTracking)),
            (away(true, true, false, false), Cost::LoginRejected, Ok(Cost::LoginRejected)),
        ];
        for (away, cost, expected) in table {
            assert_eq!(away.treat(cost), expected, "{away:?} {cost:?}");
        }
    }

    #[test]
    fn a_count_becomes_what_the_scheme_prices() {
        let count = PageCount {
            status: CountStatus::Ok,
            pages: 5,
            color_pages: 5,
            sheets: 3,
            paper: "iso_a4_210x297mm".into(),
            ..PageCount::default()
        };
        let part = |sheets, mono, color| {
            Ok(Usage::Print(vec![Part {
                size: PaperSize::A4,
                sheets: Sheets(sheets),
                mono: Impressions(mono),
                color: Impressions(color),
            }]))
        };
        assert_eq!(usage(&count, 1), part(3, 0, 5));
        assert_eq!(usage(&count, 2), part(6, 0, 10));
        assert_eq!(usage(&PageCount { pages: 9, ..count.clone() }, 1), part(3, 4, 5));
        let negative = PageCount { pages: -3, color_pages: 7, sheets: -1, ..count.clone() };
        assert_eq!(usage(&negative, 1), part(0, 0, 0), "nobody is paid for printing");
        for (status, why) in [
            (CountStatus::Pending, NotCounted::Pending),
            (CountStatus::Undefined, NotCounted::Unknown),
            (CountStatus::Failure, NotCounted::Unknown),
        ] {
            assert_eq!(usage(&PageCount { status, ..count.clone() }, 1), Err(why));
        }
        assert_eq!(usage(&PageCount { pages: i64::MAX, ..count }, 1), Err(NotCounted::TooLarge));
    }

    #[test]
    fn what_was_paid_for_a_part_is_not_paid_again() {
        assert_eq!(rest(Money(17_000), Money(6_500)), Money(10_500));
        assert_eq!(rest(Money(100), Money(200)), Money::ZERO);
    }
}
