//! Colour spaces (ISO 32000-1 8.6), as far as telling gray from colour needs them.

use std::rc::Rc;

use crate::graphics::{Function, cmyk_is_gray, lab_is_gray, rgb_is_gray};

use super::document::{Document, PdfError};
use super::functions;
use super::object::{Dict, Object};
use super::stream::StreamBytes;

/// A colour space.
#[derive(Clone, Debug)]
pub(super) enum Space {
    Gray,
    Rgb,
    Cmyk,
    Lab,
    Indexed {
        base: Rc<Space>,
        highest: usize,
        table: Vec<u8>,
    },
    /// Separation and DeviceN.
    Tint {
        count: usize,
        alternate: Rc<Space>,
        transform: Function,
    },
    /// Colorants that print nothing.
    Nothing {
        count: usize,
    },
    /// Colorants that print black, and as gray as the tint.
    Black {
        count: usize,
    },
    /// With the space of uncoloured patterns.
    Pattern(Option<Rc<Space>>),
}

/// Spaces built on spaces.
const DEPTH_MAX: u32 = 8;
/// A lookup table of an Indexed space: 256 colours of at most 32 components.
const TABLE_BYTES_MAX: usize = 256 * 32;

/// Reads a colour space; names are looked up in the resources. `None` for what is none.
///
/// # Errors
/// [`PdfError::Read`].
pub(super) fn read(
    document: &mut Document<'_>,
    object: &Object,
    resources: &Dict,
) -> Result<Option<Rc<Space>>, PdfError> {
    nested(document, object, resources, 0)
}

fn nested(
    document: &mut Document<'_>,
    object: &Object,
    resources: &Dict,
    depth: u32,
) -> Result<Option<Rc<Space>>, PdfError> {
    if depth > DEPTH_MAX {
        return Ok(None);
    }
    let object = document.resolve(object)?;
    let space = match &object {
        Object::Name(name) => match &**name {
            b"DeviceGray" | b"G" | b"CalGray" => Space::Gray,
            b"DeviceRGB" | b"RGB" | b"CalRGB" => Space::Rgb,
            b"DeviceCMYK" | b"CMYK" | b"CalCMYK" => Space::Cmyk,
            b"Lab" => Space::Lab,
            b"Pattern" => Space::Pattern(None),
            name => {
                let spaces = document.get(resources, b"ColorSpace")?;
                let named = spaces.as_dict().map(|spaces| spaces.raw(name).clone()).unwrap_or_default();
                if named.is_null() || named.as_name() == Some(name) {
                    return Ok(None);
                }
                return nested(document, &named, resources, depth + 1);
            }
        },
        Object::Array(items) => {
            let item = |index: usize| items.get(index).cloned().unwrap_or_default();
            let family = document.resolve(&item(0))?;
            match family.as_name().unwrap_or_default() {
                b"DeviceGray" | b"G" | b"CalGray" => Space::Gray,
                b"DeviceRGB" | b"RGB" | b"CalRGB" => Space::Rgb,
                b"DeviceCMYK" | b"CMYK" | b"CalCMYK" => Space::Cmyk,
                b"Lab" => Space::Lab,
                b"ICCBased" => return icc(document, &item(1), resources, depth),
                b"Indexed" | b"I" => {
                    let Some(base) = nested(document, &item(1), resources, depth + 1)? else {
                        return Ok(None);
                    };
                    let highest = document.resolve(&item(2))?.as_int().unwrap_or(0).clamp(0, 255) as usize;
                    let table = match document.resolve(&item(3))? {
                        Object::String(bytes) => bytes.to_vec(),
                        Object::Stream(stream) => {
                            StreamBytes::open(document, &stream)?.read_to_end(document, TABLE_BYTES_MAX)?
                        }
                        _ => Vec::new(),
                    };
                    Space::Indexed { base, highest, table }
                }
                b"Separation" | b"DeviceN" | b"NChannel" => return tint(document, items, resources, depth),
                b"Pattern" => Space::Pattern(nested(document, &item(1), resources, depth + 1)?),
                _ => return Ok(None),
            }
        }
        _ => return Ok(None),
    };
    Ok(Some(Rc::new(space)))
}

/// An ICC profile: what it is for stands in its header, how many components it has in its dictionary.
fn icc(
    document: &mut Document<'_>,
    object: &Object,
    resources: &Dict,
    depth: u32,
) -> Result<Option<Rc<Space>>, PdfError> {
    let Object::Stream(stream) = document.resolve(object)? else { return Ok(None) };
    let count = document.get(&stream.dict, b"N")?.as_int();
    if count == Some(3) {
        let mut header = [0; 20];
        let read = StreamBytes::open(document, &stream)?.fill(document, &mut header)?;
        if read == header.len() && &header[16..20] == b"Lab " {
            return Ok(Some(Rc::new(Space::Lab)));
        }
    }
    Ok(match count {
        Some(1) => Some(Rc::new(Space::Gray)),
        Some(3) => Some(Rc::new(Space::Rgb)),
        Some(4) => Some(Rc::new(Space::Cmyk)),
        _ => nested(document, stream.dict.raw(b"Alternate"), resources, depth + 1)?,
    })
}

fn tint(
    document: &mut Document<'_>,
    items: &[Object],
    resources: &Dict,
    depth: u32,
) -> Result<Option<Rc<Space>>, PdfError> {
    let item = |index: usize| items.get(index).cloned().unwrap_or_default();
    let mut names = Vec::new();
    match document.resolve(&item(1))? {
        Object::Name(name) => names.push(name),
        Object::Array(list) => {
            for name in list.iter() {
                if let Object::Name(name) = document.resolve(name)? {
                    names.push(name);
                }
            }
        }
        _ => return Ok(None),
    }
    let count = names.len();
    if count == 0 {
        return Ok(None);
    }
    if names.iter().all(|name| &**name == b"None") {
        return Ok(Some(Rc::new(Space::Nothing { count })));
    }
    if names.iter().all(|name| matches!(&**name, b"All" | b"Black" | b"None")) {
        return Ok(Some(Rc::new(Space::Black { count })));
    }
    let alternate = nested(document, &item(2), resources, depth + 1)?;
    let transform = functions::read(document, &item(3))?;
    Ok(match (alternate, transform) {
        (Some(alternate), Some(transform)) => Some(Rc::new(Space::Tint { count, alternate, transform })),
        _ => None,
    })
}

impl Space {
    /// Components a colour has.
    pub(super) fn components(&self) -> usize {
        match self {
            Self::Gray | Self::Indexed { .. } => 1,
            Self::Rgb | Self::Lab => 3,
            Self::Cmyk => 4,
            Self::Tint { count, .. } | Self::Nothing { count } | Self::Black { count } => *count,
            Self::Pattern(base) => base.as_ref().map_or(0, |base| base.components()),
        }
    }

    /// The colour a page or a new space begins with.
    pub(super) fn initial(&self) -> Vec<f64> {
        match self {
            Self::Cmyk => vec![0.0, 0.0, 0.0, 1.0],
            Self::Tint { count, .. } | Self::Nothing { count } | Self::Black { count } => vec![1.0; *count],
            other => vec![0.0; other.components()],
        }
    }

    /// Whether a colour is not gray.
    pub(super) fn is_coloured(&self, components: &[f64]) -> bool {
        let part = |index: usize| components.get(index).copied().unwrap_or(0.0);
        match self {
            Self::Gray | Self::Nothing { .. } | Self::Black { .. } => false,
            Self::Rgb => !rgb_is_gray([part(0), part(1), part(2)]),
            Self::Cmyk => !cmyk_is_gray([part(0), part(1), part(2), part(3)]),
            Self::Lab => !lab_is_gray([part(0), part(1), part(2)]),
            Self::Indexed { base, highest, table } => {
                let index = (part(0).max(0.0) as usize).min(*highest);
                let count = base.components();
                let entry = table.get(index * count..(index + 1) * count).unwrap_or_default();
                base.is_coloured(&base.entry_of(entry))
            }
            Self::Tint { alternate, transform, .. } => alternate.is_coloured(&transform.at(components)),
            Self::Pattern(base) => base.as_ref().is_some_and(|base| base.is_coloured(components)),
        }
    }

    /// Components from bytes of a lookup table.
    fn entry_of(&self, bytes: &[u8]) -> Vec<f64> {
        let shares = bytes.iter().map(|byte| f64::from(*byte) / 255.0);
        match self {
            Self::Lab => shares
                .enumerate()
                .map(|(index, share)| if index == 0 { share * 100.0 } else { share * 200.0 - 100.0 })
                .collect(),
            _ => shares.collect(),
        }
    }

    /// The decoding of samples that pictures in this space have by default.
    pub(super) fn default_decode(&self, bits: u32) -> Vec<f64> {
        match self {
            Self::Lab => vec![0.0, 100.0, -100.0, 100.0, -100.0, 100.0],
            Self::Indexed { .. } => vec![0.0, f64::from((1_u32 << bits.min(16)) - 1)],
            _ => Vec::new(),
        }
    }

    /// Whether nothing painted in it can be coloured.
    pub(super) fn is_gray(&self) -> bool {
        match self {
            Self::Gray | Self::Nothing { .. } | Self::Black { .. } => true,
            Self::Indexed { base, highest, table } => {
                base.is_gray()
                    || table
                        .chunks_exact(base.components().max(1))
                        .take(highest + 1)
                        .all(|entry| !base.is_coloured(&base.entry_of(entry)))
            }
            Self::Rgb | Self::Cmyk | Self::Lab | Self::Tint { .. } | Self::Pattern(_) => false,
        }
    }

    /// Whether painting in it leaves no mark.
    pub(super) fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing { .. })
    }
}
