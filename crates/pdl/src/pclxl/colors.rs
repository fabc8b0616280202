//! Colour spaces, palettes, brush and pen (Feature Reference, chapter 5 "Color").

use super::token::{Number, attribute};
use super::values::Attributes;
use crate::accounting::Ink;

/// `ColorSpace`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Space {
    /// One component.
    #[default]
    Gray,
    /// Three components: RGB, colorimetric RGB, sRGB.
    Rgb,
}

impl Space {
    /// Components of a pixel.
    pub(super) fn components(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::Rgb => 3,
        }
    }

    fn by_number(number: i64) -> Self {
        if number == 1 { Self::Gray } else { Self::Rgb }
    }
}

/// What lines are drawn and areas are filled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// Nothing.
    Null,
    /// This ink.
    Ink(Ink),
    /// A raster pattern.
    Pattern(i64),
}

/// The colours of the graphics state.
#[derive(Clone, Debug)]
pub(super) struct Colors {
    pub(super) space: Space,
    /// For indexed images: whether each palette entry is a colour.
    pub(super) palette: Option<Palette>,
    pub(super) brush: Source,
    pub(super) pen: Source,
    /// `SetROP`.
    pub(super) rop: u8,
}

/// What is known of a palette.
#[derive(Clone, Debug)]
pub(super) struct Palette {
    pub(super) colored: Box<[bool; 256]>,
    pub(super) any_colored: bool,
}

/// Paint mode "texture or source", the one a page begins with.
const ROP_DEFAULT: u8 = 252;

impl Colors {
    pub(super) fn new() -> Self {
        Self {
            space: Space::Gray,
            palette: None,
            brush: Source::Ink(Ink::Gray),
            pen: Source::Ink(Ink::Gray),
            rop: ROP_DEFAULT,
        }
    }

    /// `SetColorSpace`.
    pub(super) fn set_space(&mut self, attributes: &Attributes) {
        let space = attributes.int(attribute::COLOR_SPACE).or(attributes.int(COLORIMETRIC_COLOR_SPACE));
        if let Some(space) = space {
            self.space = Space::by_number(space);
        }
        self.palette = attributes.array(attribute::PALETTE_DATA).map(|(_, data)| {
            let depth = attributes.int(attribute::PALETTE_DEPTH).unwrap_or(2);
            Palette::new(self.space, depth, data)
        });
    }

    /// `SetBrushSource`, `SetPenSource`.
    pub(super) fn source(&self, attributes: &Attributes) -> Source {
        if attributes.has(attribute::NULL_BRUSH) || attributes.has(attribute::NULL_PEN) {
            Source::Null
        } else if let Some(id) = attributes.int(attribute::PATTERN_SELECT_ID) {
            Source::Pattern(id)
        } else if attributes.has(attribute::GRAY_LEVEL) {
            Source::Ink(Ink::Gray)
        } else if let Some((number, color)) =
            attributes.array(attribute::RGB_COLOR).or(attributes.array(attribute::PRIMARY_ARRAY))
        {
            Source::Ink(ink_of(number, color))
        } else {
            Source::Ink(Ink::Gray)
        }
    }

    /// Whether the raster operation paints at all, and whether it uses the brush (texture).
    pub(super) fn paints(&self) -> bool {
        const LEAVE_THE_PAGE: u8 = 0xaa;
        self.rop != LEAVE_THE_PAGE
    }

    /// Whether the result depends on the brush or pen.
    pub(super) fn uses_texture(&self) -> bool {
        self.rop >> 4 != self.rop & 0x0f
    }

    /// Whether the result depends on the pixels of an image.
    pub(super) fn uses_source(&self) -> bool {
        self.rop >> 2 & 0x33 != self.rop & 0x33
    }
}

const COLORIMETRIC_COLOR_SPACE: u16 = 17;

impl Palette {
    fn new(space: Space, depth: i64, data: &[u8]) -> Self {
        let mut colored = Box::new([false; 256]);
        // Entries of a depth of 1 or 4 bits take a byte for each component, too.
        let _ = depth;
        if space == Space::Rgb {
            for (entry, pixel) in colored.iter_mut().zip(data.chunks_exact(3)) {
                *entry = pixel[0] != pixel[1] || pixel[1] != pixel[2];
            }
        }
        let any_colored = colored.contains(&true);
        Self { colored, any_colored }
    }
}

/// Gray when all components are the same number.
fn ink_of(number: Number, color: &[u8]) -> Ink {
    let mut components = color.chunks_exact(number.size());
    match components.next() {
        Some(first) if components.any(|other| other != first) => Ink::Color,
        _ => Ink::Gray,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_parts_are_gray() {
        assert_eq!(ink_of(Number::U8, &[9, 9, 9]), Ink::Gray);
        assert_eq!(ink_of(Number::U8, &[9, 9, 8]), Ink::Color);
        assert_eq!(ink_of(Number::U16, &[1, 2, 1, 2, 1, 2]), Ink::Gray);
        assert_eq!(ink_of(Number::U8, &[7]), Ink::Gray);
    }

    #[test]
    fn raster_operations() {
        let with = |rop| Colors { rop, ..Colors::new() };
        assert!(with(252).uses_texture() && with(252).uses_source());
        assert!(!with(0xcc).uses_texture() && with(0xcc).uses_source());
        assert!(with(0xf0).uses_texture() && !with(0xf0).uses_source());
        assert!(!with(0xaa).paints());
    }
}
