//! Function dictionaries of LanguageLevel 3 (PLRM 4.9.4... types 0, 2 and 3), as shadings use them.

use super::machine::Machine;
use super::object::{ErrorName, Fault, Object};

/// Functions inside functions.
const DEPTH_MAX: u32 = 8;

/// The values of a function dictionary's entries at a point.
pub(super) fn evaluate(
    m: &mut Machine,
    entries: &[(Object, Object)],
    inputs: &[f64],
    depth: u32,
) -> Result<Vec<f64>, Fault> {
    if depth > DEPTH_MAX {
        return Err(ErrorName::LimitCheck.into());
    }
    let get = |m: &Machine, name: &[u8]| {
        entries.iter().find(|(key, _)| m.text_of(key) == Some(name)).map(|(_, value)| *value)
    };
    let list = |m: &Machine, name: &[u8]| match get(m, name) {
        Some(Object::Array(_, span)) => m.numbers(span),
        _ => Ok(Vec::new()),
    };
    let kind = get(m, b"FunctionType").and_then(|kind| kind.as_number()).unwrap_or(-1.0) as i64;
    let domain = list(m, b"Domain")?;
    let clip = |value: f64, index: usize| match domain.get(2 * index..2 * index + 2) {
        Some([low, high]) => value.max(*low).min(*high),
        _ => value,
    };
    let x = clip(inputs.first().copied().unwrap_or(0.0), 0);
    match kind {
        0 => sampled(m, entries, &domain, inputs),
        2 => {
            let (mut from, mut to) = (list(m, b"C0")?, list(m, b"C1")?);
            if from.is_empty() {
                from = vec![0.0];
            }
            if to.is_empty() {
                to = vec![1.0];
            }
            let exponent = get(m, b"N").and_then(|n| n.as_number()).unwrap_or(1.0);
            let share = x.powf(exponent);
            Ok(from.iter().zip(&to).map(|(from, to)| from + share * (to - from)).collect())
        }
        3 => {
            let Some(Object::Array(_, functions)) = get(m, b"Functions") else {
                return Err(ErrorName::TypeCheck.into());
            };
            let (bounds, encode) = (list(m, b"Bounds")?, list(m, b"Encode")?);
            let index = bounds.iter().take_while(|bound| x >= **bound).count();
            let index = index.min((functions.len as usize).saturating_sub(1));
            let low = if index == 0 { domain.first().copied().unwrap_or(0.0) } else { bounds[index - 1] };
            let high = bounds.get(index).copied().unwrap_or(domain.get(1).copied().unwrap_or(1.0));
            let (from, to) = match encode.get(2 * index..2 * index + 2) {
                Some([from, to]) => (*from, *to),
                _ => (0.0, 1.0),
            };
            let inner = if high > low { from + (x - low) / (high - low) * (to - from) } else { from };
            match m.vm.array(functions).get(index).copied() {
                Some(Object::Dict(dict)) => {
                    let entries: Vec<(Object, Object)> = m.vm.dict(dict).iter().collect();
                    evaluate(m, &entries, &[inner], depth + 1)
                }
                _ => Err(ErrorName::TypeCheck.into()),
            }
        }
        _ => Err(ErrorName::RangeCheck.into()),
    }
}

/// Type 0: the nearest sample will do to tell gray from colour.
fn sampled(
    m: &mut Machine,
    entries: &[(Object, Object)],
    domain: &[f64],
    inputs: &[f64],
) -> Result<Vec<f64>, Fault> {
    let get = |m: &Machine, name: &[u8]| {
        entries.iter().find(|(key, _)| m.text_of(key) == Some(name)).map(|(_, value)| *value)
    };
    let list = |m: &Machine, name: &[u8]| match get(m, name) {
        Some(Object::Array(_, span)) => m.numbers(span),
        _ => Ok(Vec::new()),
    };
    let (size, range) = (list(m, b"Size")?, list(m, b"Range")?);
    let decode = list(m, b"Decode")?;
    let decode = if decode.is_empty() { range.clone() } else { decode };
    let bits = get(m, b"BitsPerSample").and_then(|bits| bits.as_number()).unwrap_or(8.0) as usize;
    let outputs = range.len() / 2;
    let data = match get(m, b"DataSource") {
        Some(Object::String(_, span)) => m.vm.string(span),
        Some(Object::File(_, file)) => match m.vm.file(file) {
            Some(file) => file.available(),
            None => &[],
        },
        _ => return Err(ErrorName::TypeCheck.into()),
    };
    if outputs == 0 || !matches!(bits, 1 | 2 | 4 | 8 | 12 | 16 | 24 | 32) {
        return Err(ErrorName::RangeCheck.into());
    }
    let mut place = 0_usize;
    let mut stride = 1_usize;
    for (index, input) in inputs.iter().enumerate() {
        let (low, high) = match domain.get(2 * index..2 * index + 2) {
            Some([low, high]) => (*low, *high),
            _ => (0.0, 1.0),
        };
        let count = size.get(index).copied().unwrap_or(1.0).max(1.0);
        let share = if high > low { ((input - low) / (high - low)).clamp(0.0, 1.0) } else { 0.0 };
        place = place.saturating_add(((share * (count - 1.0)).round() as usize).saturating_mul(stride));
        stride = stride.saturating_mul(count as usize);
    }
    let highest = ((1_u64 << bits) - 1) as f64;
    Ok((0..outputs)
        .map(|output| {
            let first = place.saturating_mul(outputs).saturating_add(output).saturating_mul(bits);
            let value = (first..first.saturating_add(bits)).fold(0_u64, |value, bit| {
                let byte = data.get(bit / 8).copied().unwrap_or(0);
                value << 1 | u64::from(byte >> (7 - bit % 8) & 1)
            });
            let (low, high) = match decode.get(2 * output..2 * output + 2) {
                Some([low, high]) => (*low, *high),
                _ => (0.0, 1.0),
            };
            low + value as f64 / highest * (high - low)
        })
        .collect())
}
