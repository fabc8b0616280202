//! What a job header asks for, before the page language has its say.
//!
//! Precedence, weakest first: the printer's own default, PJL `DEFAULT`, PJL `SET` (and vendor headers and
//! tickets), commands of the language, commands for one page. A [`JobSettings`] holds the first three merged;
//! a language reader answers with `Some` only where the language said something.

use crate::counts::Copies;
use crate::media::Paper;

/// How the sides of sheets are used (RFC 8011 `sides`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sides {
    /// Printed on one side.
    OneSided,
    /// Both sides, bound at the long edge.
    LongEdge,
    /// Both sides, bound at the short edge ("tumble").
    ShortEdge,
}

impl Sides {
    /// Whether both sides are used.
    #[must_use]
    pub fn is_duplex(self) -> bool {
        match self {
            Self::OneSided => false,
            Self::LongEdge | Self::ShortEdge => true,
        }
    }
}

/// The settings of a job outside its page data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobSettings {
    /// Copies of each page, unless the language says otherwise (PJL `COPIES`).
    pub copies: Option<Copies>,
    /// How often the whole job is printed, on top of what the language says (PJL `QTY`).
    pub quantity: Option<Copies>,
    /// Duplex on or off (PJL `DUPLEX`).
    pub duplex: Option<bool>,
    /// Bound at the short edge (PJL `BINDING`).
    pub short_edge: Option<bool>,
    /// Paper, unless the language says otherwise (PJL `PAPER`).
    pub paper: Option<Paper>,
    /// The printer is told to print gray whatever the data says (PJL `RENDERMODE=GRAYSCALE`).
    pub gray: Option<bool>,
    /// Landscape by default (PJL `ORIENTATION`); plain text fits fewer lines then.
    pub landscape: Option<bool>,
    /// Lines of a page of plain text (PJL `FORMLINES`).
    pub form_lines: Option<u32>,
    /// Width of a paper given by its edges, in decipoints (1/720 inch; PJL `PAPERWIDTH`).
    pub custom_width: Option<u32>,
    /// Its length (PJL `PAPERLENGTH`).
    pub custom_length: Option<u32>,
    /// The language takes pictures only (PCL 3 GUI of DeskJets): characters between commands print nothing.
    pub pictures_only: Option<bool>,
}

impl JobSettings {
    /// How sheets are used, if the header says so.
    #[must_use]
    pub fn sides(&self) -> Option<Sides> {
        self.duplex.map(|duplex| match (duplex, self.short_edge) {
            (false, _) => Sides::OneSided,
            (true, Some(true)) => Sides::ShortEdge,
            (true, _) => Sides::LongEdge,
        })
    }

    /// Copies of each page where the language says nothing.
    #[must_use]
    pub fn copies_or_one(&self) -> Copies {
        self.copies.unwrap_or(Copies::ONE)
    }

    /// One edge of a paper given by its edges, in decipoints (1/720 inch; PJL `PAPERWIDTH`). The paper is
    /// known when both are.
    pub fn set_custom_width(&mut self, decipoints: Option<u32>) {
        self.custom_width = decipoints;
        self.set_custom_paper();
    }

    /// The other edge (PJL `PAPERLENGTH`).
    pub fn set_custom_length(&mut self, decipoints: Option<u32>) {
        self.custom_length = decipoints;
        self.set_custom_paper();
    }

    fn set_custom_paper(&mut self) {
        if let (Some(width), Some(length)) = (self.custom_width, self.custom_length) {
            let paper = Paper::from_inches(f64::from(width) / 720.0, f64::from(length) / 720.0);
            self.paper = paper.or(self.paper);
        }
    }

    /// These settings, and where they are silent those of `weaker`.
    #[must_use]
    pub fn or(self, weaker: &Self) -> Self {
        Self {
            copies: self.copies.or(weaker.copies),
            quantity: self.quantity.or(weaker.quantity),
            duplex: self.duplex.or(weaker.duplex),
            short_edge: self.short_edge.or(weaker.short_edge),
            paper: self.paper.or(weaker.paper),
            gray: self.gray.or(weaker.gray),
            landscape: self.landscape.or(weaker.landscape),
            form_lines: self.form_lines.or(weaker.form_lines),
            custom_width: self.custom_width.or(weaker.custom_width),
            custom_length: self.custom_length.or(weaker.custom_length),
            pictures_only: self.pictures_only.or(weaker.pictures_only),
        }
    }
}
