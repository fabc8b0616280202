//! How a document comes out: what the panel forces, what its ticket asks for, what its data says.
//!
//! Precedence, strongest first: the panel, the ticket (what the client asked for beside the data), the data. What a
//! device cannot do is not asked of it. The panel's copies are on top of all that: so many times the whole.

use crate::count::{CountStatus, Duplex, PageCount};
use crate::device::Device;
use crate::job::Ticket;
use crate::status::Status;

/// What a person forces at the panel (guide, "Allow changing print settings").
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Forced {
    /// Print without colour.
    pub mono: bool,
    /// Print on both sides.
    pub duplex: bool,
    /// Print with less toner.
    pub toner_save: bool,
}

/// What a device can do.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Able {
    /// Prints on both sides.
    pub duplex: bool,
}

impl From<&Device> for Able {
    fn from(device: &Device) -> Self {
        Self { duplex: device.duplex }
    }
}

/// Why settings cannot be forced, in the order of checking.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ForceRefused {
    /// The person may not.
    #[error("you may not change print settings at the panel")]
    NotAllowed,
    /// The device prints on one side only.
    #[error("this device does not print on both sides")]
    NoDuplex,
}

impl ForceRefused {
    /// The code of the guide's table.
    pub fn status(self) -> Status {
        match self {
            Self::NotAllowed => Status::ACCESS_DENIED,
            Self::NoDuplex => Status::OPERATION_NOT_ALLOWED,
        }
    }
}

/// Whether settings may be forced here by somebody who `may` or may not.
///
/// # Errors
/// The first [`ForceRefused`] in its order.
pub fn may_force(forced: Forced, may: bool, device: Able) -> Result<(), ForceRefused> {
    if forced == Forced::default() {
        return Ok(());
    }
    if !may {
        return Err(ForceRefused::NotAllowed);
    }
    if forced.duplex && !device.duplex { Err(ForceRefused::NoDuplex) } else { Ok(()) }
}

/// What is changed on a document's way to the device. The default changes nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Finishing {
    /// Use of sheets: simplex, long edge or short edge.
    pub sides: Option<Duplex>,
    /// Without colour.
    pub mono: bool,
    /// With less toner.
    pub toner_save: bool,
    /// Copies the data is to ask for instead of its own.
    pub copies: Option<i64>,
    /// How often the document is sent for one copy of the panel's, when its data has no copies of its own.
    pub sendings: i32,
}

impl Default for Finishing {
    fn default() -> Self {
        Self { sides: None, mono: false, toner_save: false, copies: None, sendings: 1 }
    }
}

/// One thing a [`Finishing`] changes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Change {
    /// [`Finishing::sides`].
    Sides,
    /// [`Finishing::mono`].
    Mono,
    /// [`Finishing::toner_save`].
    TonerSave,
    /// [`Finishing::copies`].
    Copies,
}

/// What has to be changed of a document. What its count says is so already is not changed. Toner is saved where the panel, the
/// document's queue or the device asks for it (guide, "Toner save"): no count tells whether the data does.
pub fn decide(
    ticket: &Ticket,
    count: &PageCount,
    forced: Forced,
    device: Able,
    saves_toner: bool,
) -> Finishing {
    let known = count.status == CountStatus::Ok;
    let asked_sides = match ticket.sides.as_str() {
        "one-sided" => Some(Duplex::Simplex),
        "two-sided-long-edge" if device.duplex => Some(Duplex::LongEdge),
        "two-sided-short-edge" if device.duplex => Some(Duplex::ShortEdge),
        _ => None,
    };
    let sides = if forced.duplex && device.duplex {
        // A document that is turned over the short edge stays so.
        let own = asked_sides.or(known.then_some(count.duplex));
        Some(if own == Some(Duplex::ShortEdge) { Duplex::ShortEdge } else { Duplex::LongEdge })
    } else {
        asked_sides
    };
    let mono = forced.mono
        || matches!(ticket.print_color_mode.as_str(), "monochrome" | "process-monochrome" | "bi-level");
    let (copies, sendings) = match (i64::from(ticket.copies), count.copies) {
        (..=1, _) => (None, 1),
        (asked, own) if known && own == asked => (None, 1),
        // Data that asks for some number itself is corrected; else it is sent so often, sorted copy by copy.
        (asked, own) if known && own != 1 => (Some(asked), 1),
        _ => (None, ticket.copies),
    };
    Finishing {
        sides: sides.filter(|sides| !known || count.duplex != *sides),
        mono: mono && (!known || count.color_pages > 0),
        toner_save: forced.toner_save || saves_toner,
        copies,
        sendings,
    }
}

impl Finishing {
    /// Whether the document goes as it is.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// The part of it that `can` be done.
    #[must_use]
    pub fn only(self, can: impl Fn(Change) -> bool) -> Self {
        Self {
            sides: self.sides.filter(|_| can(Change::Sides)),
            mono: self.mono && can(Change::Mono),
            toner_save: self.toner_save && can(Change::TonerSave),
            copies: self.copies.filter(|_| can(Change::Copies)),
            sendings: self.sendings,
        }
    }

    /// What comes out of a document with this count, of one copy of the panel's.
    #[must_use]
    pub fn counted(&self, count: &PageCount) -> PageCount {
        let mut count = count.clone();
        if count.status != CountStatus::Ok {
            return count;
        }
        let own = count.copies.max(1);
        if let Some(copies) = self.copies {
            let scaled = |number: i64| (number / own).saturating_mul(copies);
            (count.pages, count.color_pages, count.sheets) =
                (scaled(count.pages), scaled(count.color_pages), scaled(count.sheets));
            count.copies = copies;
        }
        if let Some(sides) = self.sides {
            let copies = count.copies.max(1);
            let pages = count.pages / copies;
            let sheets = if sides.is_duplex() { (pages + 1) / 2 } else { pages };
            count.sheets = sheets.saturating_mul(copies);
            count.duplex = sides;
        }
        if self.mono {
            count.color_pages = 0;
        }
        let times = i64::from(self.sendings.max(1));
        count.pages = count.pages.saturating_mul(times);
        count.color_pages = count.color_pages.saturating_mul(times);
        count.sheets = count.sheets.saturating_mul(times);
        count.copies = count.copies.saturating_mul(times);
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(duplex: bool) -> Able {
        Able { duplex }
    }

    fn count() -> PageCount {
        PageCount {
            status: CountStatus::Ok,
            pages: 6,
            color_pages: 4,
            sheets: 6,
            copies: 2,
            duplex: Duplex::Simplex,
            ..PageCount::default()
        }
    }

    fn ticket(copies: i32, sides: &str, mode: &str) -> Ticket {
        Ticket { copies, sides: sides.into(), print_color_mode: mode.into(), ..Ticket::default() }
    }

    #[test]
    fn the_panel_goes_before_the_ticket_and_the_ticket_before_the_data() {
        let none = Forced::default();
        let duplex = Forced { duplex: true, ..none };
        for (sides, forced, capable, expected) in [
            ("", none, true, None),
            ("one-sided", none, true, None),
            ("two-sided-long-edge", none, true, Some(Duplex::LongEdge)),
            ("two-sided-long-edge", none, false, None),
            ("one-sided", duplex, true, Some(Duplex::LongEdge)),
            ("two-sided-short-edge", duplex, true, Some(Duplex::ShortEdge)),
            ("", duplex, false, None),
        ] {
            let decided = decide(&ticket(0, sides, ""), &count(), forced, device(capable), false);
            assert_eq!(decided.sides, expected, "{sides} {forced:?} {capable}");
        }
        let mono = decide(&ticket(0, "", "monochrome"), &count(), none, device(true), false);
        assert!(mono.mono);
        assert!(!decide(&ticket(0, "", "color"), &count(), none, device(true), false).mono);
        assert!(
            decide(&ticket(0, "", "color"), &count(), Forced { mono: true, ..none }, device(true), false)
                .mono
        );
        let gray = PageCount { color_pages: 0, ..count() };
        assert!(decide(&ticket(0, "", "monochrome"), &gray, none, device(true), false).is_nothing());
    }

    #[test]
    fn copies_of_the_ticket() {
        let decide = |asked, own| {
            let count = PageCount { copies: own, ..count() };
            let decided =
                super::decide(&ticket(asked, "", ""), &count, Forced::default(), device(true), false);
            (decided.copies, decided.sendings)
        };
        assert_eq!(decide(0, 2), (None, 1));
        assert_eq!(decide(1, 2), (None, 1));
        assert_eq!(decide(2, 2), (None, 1));
        assert_eq!(decide(3, 1), (None, 3));
        assert_eq!(decide(3, 2), (Some(3), 1));
        assert_eq!(decide(3, 0), (Some(3), 1));
    }

    #[test]
    fn pdl_3_toner_is_saved_where_the_panel_or_the_house_asks() {
        for (panel, house) in [(false, false), (true, false), (false, true)] {
            let forced = Forced { toner_save: panel, ..Forced::default() };
            let decided = decide(&ticket(0, "", ""), &count(), forced, device(true), house);
            assert_eq!(decided, Finishing { toner_save: panel || house, ..Finishing::default() });
            assert_eq!(decided.counted(&count()), count(), "as many pages come out");
            assert!(!decided.only(|change| change != Change::TonerSave).toner_save);
        }
        let toner = Forced { toner_save: true, ..Forced::default() };
        assert_eq!(may_force(toner, false, device(false)), Err(ForceRefused::NotAllowed));
        assert_eq!(may_force(toner, true, device(false)), Ok(()));
    }

    #[test]
    fn what_comes_out() {
        let all =
            Finishing { sides: Some(Duplex::LongEdge), mono: true, copies: Some(3), ..Finishing::default() };
        let out = all.counted(&count());
        assert_eq!((out.pages, out.color_pages, out.sheets, out.copies), (9, 0, 6, 3));
        let out = Finishing { sendings: 2, ..Finishing::default() }.counted(&count());
        assert_eq!((out.pages, out.color_pages, out.sheets, out.copies), (12, 8, 12, 4));
        let unknown = PageCount { status: CountStatus::Undefined, ..count() };
        assert_eq!(all.counted(&unknown), unknown);
    }

    #[test]
    fn who_may_force() {
        let duplex = Forced { duplex: true, mono: true, toner_save: false };
        assert_eq!(may_force(Forced::default(), false, device(false)), Ok(()));
        assert_eq!(may_force(duplex, false, device(false)), Err(ForceRefused::NotAllowed));
        assert_eq!(may_force(duplex, true, device(false)), Err(ForceRefused::NoDuplex));
        assert_eq!(may_force(duplex, true, device(true)), Ok(()));
    }
}
