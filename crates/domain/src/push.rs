//! What a push queue does with its documents: they are counted, tracked, and sent on to a printer at once
//! (guide, "Push print tracking").

use std::time::Duration;

use crate::money::Money;
use crate::text::{DeviceName, QueueName};
use crate::time::Timestamp;

/// Settings of a push queue.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Push {
    /// Device it is tracked under, and printed on unless it is sent through another queue.
    pub device: Option<DeviceName>,
    /// Push queue whose device prints ("print through a second printer").
    pub forward: Option<QueueName>,
    /// What happens while the tracking server is away.
    pub when_away: WhenAway,
    /// Put in the place of the person's cost code in tracking records; empty for not.
    pub cost_code: String,
    /// Put in the place of the driver's name in tracking records, of a pull queue too; empty for not.
    pub driver_name: String,
    /// Ask the printer's state by SNMP before each document ("SNMP status enabled").
    pub snmp_status: bool,
    /// A document waits until somebody agrees to its price ("Show job price before printing").
    pub confirm_price: bool,
}

/// What a push queue does while the tracking server is away (guide, "Allow printing at all times": `PrintOnJdbError`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum WhenAway {
    /// As the setting of all queues says.
    #[default]
    Inherit,
    /// Print; the tracking record follows when the server is back.
    Print,
    /// Wait.
    Hold,
}

impl WhenAway {
    /// The word as stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inherit => "inherit",
            Self::Print => "print",
            Self::Hold => "hold",
        }
    }

    /// Reads what [`WhenAway::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Inherit, Self::Print, Self::Hold].into_iter().find(|when| when.as_str() == text)
    }

    /// Whether a queue holds its documents, `overall` being the setting of all queues.
    pub fn holds(self, overall: Self) -> bool {
        match (self, overall) {
            (Self::Hold, _) | (Self::Inherit, Self::Hold) => true,
            (Self::Print, _) | (Self::Inherit, Self::Print | Self::Inherit) => false,
        }
    }
}

/// Why a document waits in a push queue, in the order in which it is said.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Wait {
    /// Its pages are still being counted.
    NotCounted,
    /// Somebody is logged in at the device, and must not find other people's paper among theirs
    /// (guide, "Can a Pull Printer be used for Push tracking?").
    PersonAtDevice,
    /// The tracking server is away, and the queue waits for it.
    TrackingAway,
    /// The device prints through its own session only, and has none now.
    NotConnected,
    /// The printer says by SNMP that it cannot print: what is wrong, in a few words.
    Printer(&'static str),
}

/// What decides.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Circumstances {
    /// The count is still pending.
    pub counting: bool,
    /// Somebody is logged in at the device that prints.
    pub person_at_device: bool,
    /// The queue holds documents while the tracking server is away, and it is.
    pub held_for_tracking: bool,
    /// The device prints through its own session, and has none.
    pub disconnected: bool,
    /// What the printer says is wrong, where it is asked.
    pub printer: Option<&'static str>,
}

/// Why a document has to wait; `None` when it may go.
pub fn wait(circumstances: Circumstances) -> Option<Wait> {
    let Circumstances { counting, person_at_device, held_for_tracking, disconnected, printer } =
        circumstances;
    if counting {
        Some(Wait::NotCounted)
    } else if person_at_device {
        Some(Wait::PersonAtDevice)
    } else if held_for_tracking {
        Some(Wait::TrackingAway)
    } else if disconnected {
        Some(Wait::NotConnected)
    } else {
        printer.map(Wait::Printer)
    }
}

/// What somebody agreed to pay for a document.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Agreement {
    /// No more than this.
    pub price: Money,
    /// Since when.
    pub since: Timestamp,
}

/// What a document of a queue that shows prices waits for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Consent {
    /// Nothing: its price is agreed to, or it costs nobody anything.
    Given,
    /// Somebody is to agree to this price.
    Wanted(Money),
    /// Nobody agreed to this price in time.
    TooLate(Money),
}

/// Whether a document that arrived at `since` and costs `price` may be printed (guide, "Show job price before printing").
/// Without a price nobody is charged, and there is nothing to show.
pub fn consent(
    price: Option<Money>,
    agreed: Option<Agreement>,
    since: Timestamp,
    patience: Duration,
    now: Timestamp,
) -> Consent {
    let Some(price) = price else { return Consent::Given };
    if agreed.is_some_and(|agreed| agreed.price >= price) {
        return Consent::Given;
    }
    // A price that rose after it was agreed to is a new question.
    let asked = agreed.map_or(since, |agreed| agreed.since.max(since));
    if asked <= now.minus(patience) { Consent::TooLate(price) } else { Consent::Wanted(price) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SUB-4: nobody pays more than they agreed to, and not for what they were not asked about.
    #[test]
    fn a_price_is_agreed_to_before_anything_is_printed() {
        let (minute, cent) = (Duration::from_secs(60), Money(100));
        let at = |seconds: i64| Timestamp(seconds * 1_000_000);
        let agreed = |price, since| Some(Agreement { price: Money(price), since: at(since) });
        let table = [
            (None, None, 0, Consent::Given),
            (Some(cent), None, 59, Consent::Wanted(cent)),
            (Some(cent), None, 60, Consent::TooLate(cent)),
            (Some(Money::ZERO), None, 0, Consent::Wanted(Money::ZERO)),
            (Some(cent), agreed(100, 10), 1_000, Consent::Given),
            (Some(cent), agreed(101, 10), 1_000, Consent::Given),
            (Some(cent), agreed(99, 10), 69, Consent::Wanted(cent)),
            (Some(cent), agreed(99, 10), 70, Consent::TooLate(cent)),
        ];
        for (price, agreed, now, expected) in table {
            assert_eq!(
                consent(price, agreed, at(0), minute, at(now)),
                expected,
                "{price:?} {agreed:?} {now}"
            );
        }
    }

    #[test]
    fn the_queue_decides_before_the_setting_of_all() {
        use WhenAway::{Hold, Inherit, Print};
        let table = [
            (Inherit, Inherit, false),
            (Inherit, Print, false),
            (Inherit, Hold, true),
            (Print, Hold, false),
            (Hold, Print, true),
        ];
        for (queue, overall, holds) in table {
            assert_eq!(queue.holds(overall), holds, "{queue:?} {overall:?}");
            assert_eq!(WhenAway::parse(queue.as_str()), Some(queue));
        }
        assert_eq!(WhenAway::parse("never"), None);
    }

    #[test]
    fn reasons_to_wait_have_an_order() {
        let all = Circumstances {
            counting: true,
            person_at_device: true,
            held_for_tracking: true,
            disconnected: true,
            printer: Some("paper jam"),
        };
        let counted = Circumstances { counting: false, ..all };
        let left = Circumstances { person_at_device: false, ..counted };
        assert_eq!(wait(all), Some(Wait::NotCounted));
        assert_eq!(wait(counted), Some(Wait::PersonAtDevice));
        assert_eq!(wait(left), Some(Wait::TrackingAway));
        let tracked = Circumstances { held_for_tracking: false, ..left };
        assert_eq!(wait(tracked), Some(Wait::NotConnected));
        let connected = Circumstances { disconnected: false, ..tracked };
        assert_eq!(wait(connected), Some(Wait::Printer("paper jam")));
        assert_eq!(wait(Circumstances { printer: None, ..connected }), None);
    }
}
