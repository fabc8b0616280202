//! Reading Apple raster (`image/urf`, "UNIRAST").
//!
//! Apple has not published the format; this follows what CUPS and Ghostscript write and read. The file header
//! states a number of pages, which Ghostscript leaves at 0 and others guess, so the pages are walked and the
//! number is only compared.

use super::cups::skip_to_uel;
use super::header::{ColorSpace, PlaneOrder};
use super::lines::Lines;
use super::tint::Pixels;
use crate::accounting::{Ink, Page, Sink};
use crate::media::Paper;
use crate::reader::{LanguageReader, Step, UEL};
use crate::settings::Sides;

/// The signature of a stream.
const SIGNATURE: &[u8; 8] = b"UNIRAST\0";

/// Signature and page count.
const FILE_HEADER_BYTES: usize = 12;

/// Bytes of a page header.
const PAGE_HEADER_BYTES: usize = 32;

/// Reads one Apple raster stream from its signature on.
#[derive(Debug, Default)]
pub struct UrfReader {
    stated_pages: Option<u32>,
    page: Option<(Page, Lines)>,
    pages: u64,
    broken: bool,
}

impl LanguageReader for UrfReader {
    fn read(&mut self, input: &[u8], sink: &mut Sink) -> Step {
        let mut at = 0;
        if self.broken {
            return skip_to_uel(input, 0);
        }
        loop {
            if let Some((page, lines)) = &mut self.page {
                at += lines.take(&input[at..]);
                if !lines.done() {
                    return Step::Took(at);
                }
                page.ink = if lines.colored() { Ink::Color } else { Ink::Gray };
                sink.page(*page);
                self.pages += 1;
                self.page = None;
            }
            let rest = &input[at..];
            if self.stated_pages.is_none() {
                let Some(head) = rest.first_chunk::<FILE_HEADER_BYTES>() else { return Step::Took(at) };
                if !head.starts_with(SIGNATURE) {
                    self.broken = true;
                    sink.failure("no Apple raster signature");
                    return skip_to_uel(input, at);
                }
                self.stated_pages = Some(u32::from_be_bytes([head[8], head[9], head[10], head[11]]));
                at += FILE_HEADER_BYTES;
                continue;
            }
            if rest.starts_with(UEL) || rest.starts_with(SIGNATURE) {
                self.compare(sink);
                return Step::Ended(at);
            }
            let Some(header) = rest.first_chunk::<PAGE_HEADER_BYTES>() else { return Step::Took(at) };
            match parse(header) {
                Ok(page) => {
                    at += PAGE_HEADER_BYTES;
                    self.page = Some(page);
                }
                Err(field) => {
                    sink.failure(format!(
                        "the header of Apple raster page {} is wrong: {field}",
                        self.pages + 1
                    ));
                    self.broken = true;
                    return skip_to_uel(input, at);
                }
            }
        }
    }

    fn finish(&mut self, rest: &[u8], sink: &mut Sink) {
        if self.broken {
            return;
        }
        if self.page.is_some() {
            sink.failure(format!("the Apple raster ends inside page {}", self.pages + 1));
        } else if self.pages == 0 {
            sink.failure("the Apple raster ends before its first page");
        } else if rest.iter().any(|b| !matches!(b, 0 | b'\r' | b'\n' | b' ')) {
            sink.failure(format!("the Apple raster ends inside the header of page {}", self.pages + 1));
        }
        self.compare(sink);
    }
}

impl UrfReader {
    fn compare(&self, sink: &mut Sink) {
        let stated = u64::from(self.stated_pages.unwrap_or(0));
        if stated != 0 && stated != self.pages {
            sink.note(format!("the Apple raster header states {stated} pages, {} follow", self.pages));
        }
    }
}

fn parse(header: &[u8; PAGE_HEADER_BYTES]) -> Result<(Page, Lines), &'static str> {
    let number = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let (pixel_bits, space, duplex) = (u32::from(header[0]), header[1], header[2]);
    let (width, height, dpi) = (number(12), number(16), number(20));
    if width == 0 || height == 0 {
        return Err("no pixels");
    }
    if !matches!(pixel_bits, 1 | 2 | 4) && (pixel_bits == 0 || pixel_bits % 8 != 0 || pixel_bits > 64) {
        return Err("its pixel size");
    }
    // 0 sGray, 1 sRGB, 2 L*a*b*, 3 Adobe RGB, 4 gray, 5 RGB, 6 CMYK.
    let (space, components) = match space {
        0 | 4 => (ColorSpace::Gray, 1),
        1 | 3 | 5 => (ColorSpace::Rgb, 3),
        2 => (ColorSpace::Lab, 3),
        6 => (ColorSpace::InksBlackLast, 4),
        _ => return Err("its colour space"),
    };
    let component_bits = pixel_bits / components;
    if component_bits == 0 || component_bits > 16 || pixel_bits % components != 0 {
        return Err("its pixel size");
    }
    // AirPrint has whole bytes; Ghostscript's default is one bit, packed.
    let unit = u64::from(pixel_bits.div_ceil(8));
    let line_bytes = (u64::from(width) * u64::from(pixel_bits)).div_ceil(8);
    let pixels = Pixels {
        space,
        components,
        component_bits,
        pixel_bits,
        order: PlaneOrder::Chunky,
        little_endian: false,
        line_bytes,
        height: u64::from(height),
    };
    let points = |pixels: u32| f64::from(pixels) * 72.0 / f64::from(dpi);
    let page = Page {
        paper: if dpi == 0 { None } else { Paper::from_points(points(width), points(height)) },
        sides: match duplex {
            1 => Some(Sides::OneSided),
            2 => Some(Sides::ShortEdge),
            3 => Some(Sides::LongEdge),
            _ => None,
        },
        ..Page::default()
    };
    Ok((page, Lines::new(pixels, unit, u64::from(height), true)))
}
