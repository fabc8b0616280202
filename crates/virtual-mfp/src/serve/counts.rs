//! Pages that came out: what the counters of the printer count.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use serde::Deserialize;

/// Impressions and paper, of one document or of the whole life of the printer.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
pub struct Counts {
    /// Impressions of all copies.
    #[serde(default)]
    pub impressions: u64,
    /// Those of them with colour.
    #[serde(default, rename = "color_impressions")]
    pub color: u64,
    /// Sheets of paper.
    #[serde(default)]
    pub sheets: u64,
}

impl Counts {
    /// What the print data in a file puts on paper; nothing where it cannot be read. A file that was cut short counts
    /// the pages that it shows, as a printer prints what it gets.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        let Ok(document) = Document::open(path) else { return Self::default() };
        if document.length > COUNTED_BYTES_MAX {
            return Self::default();
        }
        let report = pdl::inspect(&document, &pdl::Helpers::none());
        Self { impressions: report.pages.0, color: report.color_pages.0, sheets: report.sheets.0 }
    }

    /// So many times.
    #[must_use]
    pub fn copies(self, copies: u16) -> Self {
        let times = |number: u64| number.saturating_mul(u64::from(copies));
        Self { impressions: times(self.impressions), color: times(self.color), sheets: times(self.sheets) }
    }

    /// What the first `impressions` of it are. Which of them have colour is not known; they are taken as the first.
    #[must_use]
    pub fn first(self, impressions: u64) -> Self {
        let impressions = impressions.min(self.impressions);
        let sheets = (impressions * self.sheets).div_ceil(self.impressions.max(1));
        Self { impressions, color: self.color.min(impressions), sheets }
    }

    /// Counts more.
    pub fn add(&mut self, more: Self) {
        self.impressions = self.impressions.saturating_add(more.impressions);
        self.color = self.color.saturating_add(more.color);
        self.sheets = self.sheets.saturating_add(more.sheets);
    }
}

/// Longest document whose pages are counted: a simulated printer should not keep a machine busy with counting.
const COUNTED_BYTES_MAX: u64 = 32 * 1024 * 1024;

struct Document {
    file: File,
    length: u64,
}

impl Document {
    fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        Ok(Self { file, length })
    }
}

impl pdl::ReadAt for Document {
    fn len(&self) -> u64 {
        self.length
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read_at(buffer, offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_pages_of_a_document_take_their_share_of_paper() {
        let duplex = Counts { impressions: 10, color: 4, sheets: 5 };
        assert_eq!(duplex.copies(2), Counts { impressions: 20, color: 8, sheets: 10 });
        assert_eq!(duplex.first(3), Counts { impressions: 3, color: 3, sheets: 2 });
        assert_eq!(duplex.first(99), duplex);
        assert_eq!(Counts::default().first(3), Counts::default());
    }
}
