//! Colours and colour spaces (PLRM 4.8).

use crate::graphics::{cmyk_is_gray, lab_is_gray, rgb_is_gray};

use super::super::gstate::{Colour, Model};
use super::super::machine::Machine;
use super::super::object::{DictId, Done, ErrorName, Fault, Object};
use super::Entry;

pub(super) const TABLE: &[Entry] = &[
    ("setgray", |m| {
        let numbers: [f64; 1] = m.pop_numbers()?;
        set(m, Model::Gray, &numbers);
        Ok(())
    }),
    ("setrgbcolor", |m| {
        let numbers: [f64; 3] = m.pop_numbers()?;
        set(m, Model::Rgb, &numbers);
        Ok(())
    }),
    ("sethsbcolor", |m| {
        let [hue, saturation, brightness] = m.pop_numbers()?;
        set(m, Model::Rgb, &rgb_of_hsb(hue, saturation, brightness));
        Ok(())
    }),
    ("setcmykcolor", |m| {
        let numbers: [f64; 4] = m.pop_numbers()?;
        set(m, Model::Cmyk, &numbers);
        Ok(())
    }),
    ("currentgray", |m| m.push_real(m.graphics.now.colour.gray())),
    ("currentrgbcolor", |m| m.graphics.now.colour.rgb().into_iter().try_for_each(|part| m.push_real(part))),
    ("currentcmykcolor", |m| m.graphics.now.colour.cmyk().into_iter().try_for_each(|part| m.push_real(part))),
    ("currenthsbcolor", |m| {
        let [red, green, blue] = m.graphics.now.colour.rgb();
        hsb_of_rgb(red, green, blue).into_iter().try_for_each(|part| m.push_real(part))
    }),
    ("setcolorspace", setcolorspace),
    ("currentcolorspace", |m| match m.graphics.now.colour.space {
        name @ Object::Name(..) => m.push_array(vec![name]),
        space => m.push_object(space),
    }),
    ("setcolor", setcolor),
    ("currentcolor", |m| {
        for component in m.graphics.now.colour.components.clone() {
            m.push_real(component.into())?;
        }
        match m.graphics.now.colour.pattern {
            Object::Null => Ok(()),
            pattern => m.push_object(pattern),
        }
    }),
];

/// Sets a colour of a device space.
pub(super) fn set(m: &mut Machine, model: Model, components: &[f64]) {
    let parts: Vec<f64> = components.iter().map(|part| part.clamp(0.0, 1.0)).collect();
    let name = match model {
        Model::Rgb => m.known.device_rgb,
        Model::Cmyk => m.known.device_cmyk,
        Model::Gray | Model::Other | Model::Pattern => m.known.device_gray,
    };
    let coloured = match parts[..] {
        [red, green, blue] => !rgb_is_gray([red, green, blue]),
        [cyan, magenta, yellow, black] => !cmyk_is_gray([cyan, magenta, yellow, black]),
        _ => false,
    };
    let colour = &mut m.graphics.now.colour;
    colour.space = Object::name(name);
    colour.model = model;
    colour.components.clear();
    colour.components.extend(parts.iter().map(|part| *part as f32));
    colour.pattern = Object::Null;
    colour.coloured = coloured;
}

fn rgb_of_hsb(hue: f64, saturation: f64, brightness: f64) -> [f64; 3] {
    let (saturation, brightness) = (saturation.clamp(0.0, 1.0), brightness.clamp(0.0, 1.0));
    let sector = hue.rem_euclid(1.0) * 6.0;
    let fraction = sector.fract();
    let low = brightness * (1.0 - saturation);
    let falling = brightness * (1.0 - saturation * fraction);
    let rising = brightness * (1.0 - saturation * (1.0 - fraction));
    match sector as u32 {
        0 => [brightness, rising, low],
        1 => [falling, brightness, low],
        2 => [low, brightness, rising],
        3 => [low, falling, brightness],
        4 => [rising, low, brightness],
        _ => [brightness, low, falling],
    }
}

fn hsb_of_rgb(red: f64, green: f64, blue: f64) -> [f64; 3] {
    let highest = red.max(green).max(blue);
    let span = highest - red.min(green).min(blue);
    if span == 0.0 {
        return [0.0, 0.0, highest];
    }
    let sector = if highest == red {
        (green - blue) / span
    } else if highest == green {
        2.0 + (blue - red) / span
    } else {
        4.0 + (red - green) / span
    };
    [(sector / 6.0).rem_euclid(1.0), span / highest, highest]
}

fn setcolorspace(m: &mut Machine) -> Done {
    let object = m.pop()?;
    let family = family(m, &object).ok_or(ErrorName::TypeCheck)?;
    let (model, components) = match &family {
        Family::Gray => (Model::Gray, vec![0.0]),
        Family::Rgb => (Model::Rgb, vec![0.0; 3]),
        Family::Cmyk => (Model::Cmyk, vec![0.0, 0.0, 0.0, 1.0]),
        Family::Lab | Family::Device3 => (Model::Other, vec![0.0; 3]),
        Family::Indexed { .. } => (Model::Other, vec![0.0]),
        Family::Tint { count, .. } => (Model::Other, vec![1.0; *count]),
        Family::Pattern => (Model::Pattern, Vec::new()),
    };
    let values: Vec<f64> = components.iter().map(|part: &f32| f64::from(*part)).collect();
    let coloured = !matches!(family, Family::Pattern) && is_coloured(m, object, &values)?;
    m.graphics.now.colour = Colour { space: object, model, components, pattern: Object::Null, coloured };
    Ok(())
}

fn setcolor(m: &mut Machine) -> Done {
    let colour = &m.graphics.now.colour;
    let space = colour.space;
    match colour.model {
        Model::Gray => return one_of(m, Model::Gray, space, 1),
        Model::Rgb => return one_of(m, Model::Rgb, space, 3),
        Model::Cmyk => return one_of(m, Model::Cmyk, space, 4),
        Model::Pattern => return super::pattern::set_from_stack(m),
        Model::Other => {}
    }
    let count = colour.components.len();
    let values: Vec<f64> = m
        .operands
        .top_mut(count)?
        .iter()
        .map(|object| object.as_number().ok_or(Fault::Error(ErrorName::TypeCheck)))
        .collect::<Result<_, _>>()?;
    m.operands.drop_top(count)?;
    let coloured = is_coloured(m, space, &values)?;
    let colour = &mut m.graphics.now.colour;
    colour.components = values.iter().map(|value| *value as f32).collect();
    colour.coloured = coloured;
    Ok(())
}

/// `setcolor` in a space that is as good as a device space; the space stays as it was given.
fn one_of(m: &mut Machine, model: Model, space: Object, count: usize) -> Done {
    let values: Vec<f64> = m
        .operands
        .top_mut(count)?
        .iter()
        .map(|object| object.as_number().ok_or(Fault::Error(ErrorName::TypeCheck)))
        .collect::<Result<_, _>>()?;
    m.operands.drop_top(count)?;
    set(m, model, &values);
    m.graphics.now.colour.space = space;
    Ok(())
}

/// What a colour space comes down to.
#[derive(Clone, Debug)]
pub(super) enum Family {
    Gray,
    Rgb,
    Cmyk,
    /// L*, a*, b* in their own ranges.
    Lab,
    /// Three components whose meaning only their procedures know: equal ones are taken for gray.
    Device3,
    Indexed {
        base: Object,
        highest: i64,
        lookup: Object,
    },
    /// Separation and DeviceN: names, the space they are replaced by, and how.
    Tint {
        count: usize,
        names: Object,
        alternate: Object,
        transform: Object,
    },
    Pattern,
}

impl Family {
    /// Components a colour has.
    pub(super) fn components(&self) -> usize {
        match self {
            Self::Gray | Self::Indexed { .. } => 1,
            Self::Rgb | Self::Lab | Self::Device3 => 3,
            Self::Cmyk => 4,
            Self::Tint { count, .. } => *count,
            Self::Pattern => 0,
        }
    }
}

/// The family of a colour space object.
pub(super) fn family(m: &Machine, space: &Object) -> Option<Family> {
    let (name, items): (&[u8], &[Object]) = match space {
        Object::Name(_, name) => (m.names.text(*name), &[]),
        Object::Array(_, span) => {
            let items = m.vm.array(*span);
            (m.text_of(items.first()?)?, items)
        }
        _ => return None,
    };
    let item = |index: usize| items.get(index).copied().unwrap_or_default();
    Some(match name {
        b"DeviceGray" | b"CIEBasedA" | b"CalGray" | b"G" => Family::Gray,
        b"DeviceRGB" | b"CalRGB" | b"RGB" => Family::Rgb,
        b"DeviceCMYK" | b"CIEBasedDEFG" | b"CalCMYK" | b"CMYK" => Family::Cmyk,
        b"CIEBasedABC" | b"CIEBasedDEF" => {
            let is_lab = match item(1) {
                Object::Dict(dict) => lab_range(m, dict),
                _ => false,
            };
            if is_lab { Family::Lab } else { Family::Device3 }
        }
        b"Lab" => Family::Lab,
        b"ICCBased" => {
            let count = match item(1) {
                Object::Dict(dict) => m.dict_number(dict, m.known.n),
                _ => None,
            };
            match count.map(|count| count as i64) {
                Some(1) => Family::Gray,
                Some(4) => Family::Cmyk,
                _ => Family::Rgb,
            }
        }
        b"Indexed" => {
            Family::Indexed { base: item(1), highest: item(2).as_number()? as i64, lookup: item(3) }
        }
        b"Separation" => Family::Tint { count: 1, names: item(1), alternate: item(2), transform: item(3) },
        b"DeviceN" => match item(1) {
            names @ Object::Array(_, span) => {
                let count = span.len as usize;
                Family::Tint { count, names, alternate: item(2), transform: item(3) }
            }
            _ => return None,
        },
        b"Pattern" => Family::Pattern,
        _ => return None,
    })
}

/// Whether the range of a CIE-based space says that its second and third component go both ways from neutral.
fn lab_range(m: &Machine, dict: DictId) -> bool {
    let range = m.vm.dict(dict).iter().find_map(|(key, value)| match (m.text_of(&key), value) {
        (Some(b"RangeABC" | b"RangeDEF"), Object::Array(_, span)) => m.numbers(span).ok(),
        _ => None,
    });
    range.is_some_and(|range| range.len() >= 6 && range[2] < 0.0 && range[4] < 0.0)
}

/// Spaces built on spaces.
const DEPTH_MAX: u32 = 6;

/// Whether a colour of a space is not gray.
///
/// # Errors
/// Whatever a tint transformation raises.
pub(super) fn is_coloured(m: &mut Machine, space: Object, components: &[f64]) -> Result<bool, Fault> {
    coloured_in(m, space, components, 0)
}

fn coloured_in(m: &mut Machine, space: Object, components: &[f64], depth: u32) -> Result<bool, Fault> {
    if depth > DEPTH_MAX {
        return Err(ErrorName::LimitCheck.into());
    }
    let part = |index: usize| components.get(index).copied().unwrap_or(0.0);
    let three = [part(0), part(1), part(2)];
    match family(m, &space).ok_or(ErrorName::TypeCheck)? {
        Family::Gray => Ok(false),
        Family::Rgb | Family::Device3 => Ok(!rgb_is_gray(three)),
        Family::Cmyk => Ok(!cmyk_is_gray([part(0), part(1), part(2), part(3)])),
        Family::Lab => Ok(!lab_is_gray(three)),
        Family::Indexed { base, highest, lookup } => {
            let index = (part(0) as i64).clamp(0, highest.max(0));
            let count = family(m, &base).ok_or(ErrorName::TypeCheck)?.components();
            let values = match lookup {
                Object::String(_, span) => {
                    let start = (index as usize).saturating_mul(count);
                    let bytes = m.vm.string(span).get(start..start + count).unwrap_or_default();
                    bytes.iter().map(|byte| f64::from(*byte) / 255.0).collect()
                }
                procedure => {
                    m.push_int(index)?;
                    results(m, procedure, count)?
                }
            };
            coloured_in(m, base, &values, depth + 1)
        }
        Family::Tint { names, alternate, transform, .. } => {
            if is_only(m, names, b"All") || is_only(m, names, b"None") {
                return Ok(false);
            }
            for component in components {
                m.push_real(*component)?;
            }
            let count = family(m, &alternate).ok_or(ErrorName::TypeCheck)?.components();
            let values = results(m, transform, count)?;
            coloured_in(m, alternate, &values, depth + 1)
        }
        Family::Pattern => Ok(false),
    }
}

/// Whether all colorants have this name.
fn is_only(m: &Machine, names: Object, want: &[u8]) -> bool {
    match names {
        Object::Array(_, span) => {
            let items = m.vm.array(span);
            !items.is_empty() && items.iter().all(|item| m.text_of(item) == Some(want))
        }
        name => m.text_of(&name) == Some(want),
    }
}

/// Runs a procedure and takes so many numbers it left.
pub(super) fn results(m: &mut Machine, procedure: Object, count: usize) -> Result<Vec<f64>, Fault> {
    m.call(procedure.with_executable(true))?;
    let values: Vec<f64> = m
        .operands
        .top_mut(count)?
        .iter()
        .map(|object| object.as_number().ok_or(Fault::Error(ErrorName::TypeCheck)))
        .collect::<Result<_, _>>()?;
    m.operands.drop_top(count)?;
    Ok(values)
}

/// Whether painting in this space leaves nothing: all its colorants are `None`.
pub(super) fn paints_nothing(m: &Machine, space: &Object) -> bool {
    match family(m, space) {
        Some(Family::Tint { names, .. }) => is_only(m, names, b"None"),
        _ => false,
    }
}
