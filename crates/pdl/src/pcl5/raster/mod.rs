//! Raster graphics (PCL 5 Technical Reference, chapter 15): rows move the cursor and may have colour.
//!
//! Pixels are looked at only while they can make a page a colour page that is not one yet; otherwise the
//! data is passed over by its length.

mod decode;
mod rows;

use super::cursor::INCH;
use super::machine::Machine;
use super::token::Value;
use crate::accounting::Ink;
use decode::Compression;
use rows::Rows;

/// Widest row that is decoded, in bytes of one plane.
pub(super) const ROW_BYTES_MAX: usize = 256 * 1024;

/// What raster commands have set.
#[derive(Clone, Debug)]
pub(super) struct Raster {
    active: bool,
    compression: Compression,
    /// `ESC * r # S`, pixels.
    width: Option<usize>,
    /// `ESC * t # R`, dots an inch.
    resolution: i64,
    /// Rows since raster graphics started.
    count: i64,
    /// Seed rows, while pixels are looked at.
    rows: Option<Rows>,
}

impl Raster {
    pub(super) fn new() -> Self {
        Self {
            active: false,
            compression: Compression::None,
            width: None,
            resolution: 75,
            count: 0,
            rows: None,
        }
    }
}

impl Machine {
    /// `ESC * t # R`.
    pub(super) fn set_resolution(&mut self, value: Value) {
        if !self.raster.active {
            self.raster.resolution = i64::try_from(value.magnitude()).unwrap_or(i64::MAX).clamp(75, 1_200);
        }
    }

    /// `ESC * g # W`, format 2: each ink has a resolution of its own; a transfer brings one row of the coarsest.
    pub(super) fn configure_resolution(&mut self, data: &[u8]) {
        if let [2, count, inks @ ..] = data {
            let (inks, _) = inks.as_chunks::<6>();
            let rows = inks.iter().take(usize::from(*count)).map(|ink| u16::from_be_bytes([ink[2], ink[3]]));
            if let Some(coarsest) = rows.filter(|rows| *rows > 0).min()
                && !self.raster.active
            {
                self.raster.resolution = i64::from(coarsest).clamp(75, 1_200);
            }
        }
    }

    /// `ESC * r # S`.
    pub(super) fn set_raster_width(&mut self, value: Value) {
        if !self.raster.active {
            self.raster.width = usize::try_from(value.magnitude()).ok();
        }
    }

    /// `ESC * b # M`.
    pub(super) fn set_compression(&mut self, value: Value) {
        if let Some(compression) = Compression::by_number(value.magnitude()) {
            self.raster.compression = compression;
        }
    }

    /// `ESC * r # A`, or the first row without it.
    pub(super) fn start_raster(&mut self) {
        if self.raster.active {
            return;
        }
        self.raster.active = true;
        self.raster.count = 0;
        self.mark();
        let texture = self.texture();
        let wanted = self.page.ink == Ink::Gray
            && !self.gray_rendering
            && !self.foreground_is_white
            && (texture == Ink::Color || self.palette().can_color_raster());
        self.raster.rows = wanted.then(|| {
            let pixels = self.raster.width.unwrap_or_else(|| {
                usize::try_from(self.cursor.width * self.raster.resolution / INCH).unwrap_or(0)
            });
            Rows::new(self.palette(), texture, pixels)
        });
    }

    /// `ESC * r B`, `ESC * r C`, and what ends raster graphics by itself.
    pub(super) fn end_raster(&mut self) {
        if self.raster.active {
            self.raster.active = false;
            self.raster.rows = None;
            let by = self.raster.count.saturating_mul(INCH) / self.raster.resolution;
            self.cursor.down_on_page(by);
        }
    }

    /// `ESC * r C` also goes back to no compression.
    pub(super) fn end_raster_new(&mut self) {
        self.end_raster();
        self.raster.compression = Compression::None;
    }

    /// `ESC * b # Y`: blank rows.
    pub(super) fn skip_rows(&mut self, value: Value) {
        if self.raster.active {
            let rows = value.magnitude();
            self.count_rows(i64::try_from(rows).unwrap_or(i64::MAX));
            if let Some(seed) = &mut self.raster.rows {
                seed.clear();
            }
        }
    }

    /// Whether the data of a row must be seen or can be passed over.
    pub(super) fn wants_raster_data(&mut self) -> bool {
        self.start_raster();
        self.raster.rows.is_some()
    }

    /// A row, or a plane of one, was passed over.
    pub(super) fn raster_passed(&mut self, last_plane: bool) {
        if last_plane {
            self.count_rows(1);
        }
    }

    /// The data of `ESC * b # V` (one plane) or `ESC * b # W` (the last plane, or several rows).
    pub(super) fn raster_data(&mut self, data: &[u8], last_plane: bool) {
        let Some(rows) = &mut self.raster.rows else { return self.raster_passed(last_plane) };
        let found = rows.take(self.raster.compression, data, last_plane);
        self.count_rows(i64::try_from(found.rows).unwrap_or(i64::MAX));
        if found.ink == Ink::Color {
            self.page.ink = Ink::Color;
            self.raster.rows = None;
        }
    }

    /// A row too long to look at: it may have colour, so it is counted as such.
    pub(super) fn raster_too_long(&mut self, last_plane: bool) {
        self.raster_passed(last_plane);
        self.page.ink = Ink::Color;
        self.raster.rows = None;
    }

    fn count_rows(&mut self, rows: i64) {
        self.raster.count = self.raster.count.saturating_add(rows).min(1 << 24);
    }
}
