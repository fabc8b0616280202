//! Print data changed on its way to the device: sides, copies, gray, toner.
//!
//! A [`Rewriter`] is a streaming filter: bytes by any chunking in, bytes out, memory bounded. It reads with the
//! tokenisers of the readers, changes only what contradicts the [`Wishes`] or is missing, and hands every other
//! byte on as it came. A document that says what is wished already comes out byte for byte: leave the wishes
//! that are met out ([`Wishes::unmet`]); and rewriting twice is rewriting once.
//!
//! What is changed, and where:
//!
//! | | sides | copies | gray | toner |
//! |---|---|---|---|---|
//! | PJL | `DUPLEX`, `BINDING` | `COPIES`, `QTY` | `RENDERMODE` and makers' like | `ECONOMODE` |
//! | PCL 5 | `ESC & l # S`, else PJL | `ESC & l # X`, else PJL | `ESC & b # M`, else PJL | PJL |
//! | PCL XL | attributes of `BeginPage` | `PageCopies` | PJL | PJL |
//! | PostScript | page device | page device | a prolog that turns colours gray | PJL |
//! | other | PJL | PJL | PJL | PJL |
//!
//! PJL lines are added where the stream has a PJL header or [`Means::pjl`] says that the device understands one.
//! What cannot be done that way ([`Rewritten::unapplied`]) is for the device's own protocol (IPP attributes).

mod filter;
mod header;
mod pcl5;
mod pclxl;
mod postscript;

use std::fmt;

use crate::counts::Copies;
use crate::language::Language;
use crate::report::{Duplex, Report, Status};
use crate::settings::Sides;

use filter::Driver;

/// The most copies a rewrite asks for: the largest number of classic PCL.
pub const COPIES_MAX: u32 = 32_767;

/// How a document is to come out, whatever it says itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Use of sheets.
    pub sides: Option<Sides>,
    /// Copies of every page; more than [`COPIES_MAX`] are that many.
    pub copies: Option<Copies>,
    /// Gray only.
    pub mono: bool,
    /// With less toner.
    pub toner_save: bool,
}

impl Wishes {
    /// Whether there is nothing to change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What of this a document does not do by itself, by what [`crate::inspect()`] says of it. Where the report
    /// is not certain, everything is left to the filter. Nothing is known of toner.
    #[must_use]
    pub fn unmet(self, report: &Report) -> Self {
        if report.status != Status::Ok {
            return self;
        }
        Self {
            sides: self.sides.filter(|sides| Duplex::from(*sides) != report.duplex),
            copies: self.copies.filter(|copies| Some(*copies) != report.copies),
            mono: self.mono && report.color_pages.0 > 0,
            toner_save: self.toner_save,
        }
    }

    fn list(self) -> impl Iterator<Item = Wish> {
        [
            (self.sides.is_some(), Wish::Sides),
            (self.copies.is_some(), Wish::Copies),
            (self.mono, Wish::Mono),
            (self.toner_save, Wish::TonerSave),
        ]
        .into_iter()
        .filter_map(|(wished, wish)| wished.then_some(wish))
    }

    /// The copies as a number every language can write.
    fn copies_number(self) -> Option<u32> {
        self.copies.map(|copies| copies.0.clamp(1, COPIES_MAX))
    }
}

/// One of the [`Wishes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wish {
    /// [`Wishes::sides`].
    Sides,
    /// [`Wishes::copies`].
    Copies,
    /// [`Wishes::mono`].
    Mono,
    /// [`Wishes::toner_save`].
    TonerSave,
}

impl Wish {
    /// `sides`, `copies`, `mono` or `toner-save`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sides => "sides",
            Self::Copies => "copies",
            Self::Mono => "mono",
            Self::TonerSave => "toner-save",
        }
    }
}

/// What the receiver understands besides the document's own language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Means {
    /// A PJL header may be put in front of a document without one.
    pub pjl: bool,
}

/// A wish that a part of the stream has no way to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unapplied {
    /// The wish.
    pub wish: Wish,
    /// The language of that part.
    pub language: Language,
}

/// What a rewrite came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rewritten {
    /// Whether a byte was changed.
    pub changed: bool,
    /// What could not be said in the stream, each once.
    pub unapplied: Vec<Unapplied>,
}

/// Whether a document of these languages can be told `wish` in its own words or by PJL in front of it. For
/// whoever must decide before the first byte; a stream with a PJL header of its own can do more.
#[must_use]
pub fn can_apply(wish: Wish, languages: &[Language], means: Means) -> bool {
    languages.iter().all(|language| {
        header::in_language(*language, wish, means.pjl) || means.pjl && header::takes_header(*language)
    })
}

/// The filter.
///
/// ```
/// use pdl::rewrite::{Means, Rewriter, Wishes};
/// let wishes = Wishes { sides: Some(pdl::Sides::LongEdge), ..Wishes::default() };
/// let mut rewriter = Rewriter::new(wishes, Means { pjl: true });
/// let mut out = Vec::new();
/// for chunk in [&b"\x1bE\x1b&l"[..], b"0S", b"text\x0c\x1bE"] {
///     rewriter.push(chunk, &mut out);
/// }
/// assert!(rewriter.finish(&mut out).unapplied.is_empty());
/// assert_eq!(out, b"\x1b%-12345X@PJL SET DUPLEX=ON\r\n@PJL SET BINDING=LONGEDGE\r\n@PJL ENTER LANGUAGE=PCL\r\n\
///                   \x1bE\x1b&l1Stext\x0c\x1bE\x1b%-12345X");
/// ```
pub struct Rewriter {
    driver: Driver,
}

impl Rewriter {
    /// A filter at the start of a stream.
    #[must_use]
    pub fn new(wishes: Wishes, means: Means) -> Self {
        Self { driver: Driver::new(wishes, means) }
    }

    /// Takes the next bytes of the stream and appends what is ready to `out`.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        self.driver.push(bytes, out);
    }

    /// The stream is over: appends the rest.
    pub fn finish(self, out: &mut Vec<u8>) -> Rewritten {
        self.driver.finish(out)
    }
}

impl fmt::Debug for Rewriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rewriter").finish_non_exhaustive()
    }
}
