//! Types, attributes, conversions.

use super::super::machine::Machine;
use super::super::object::{Access, Attributes, Done, ErrorName, Fault, Object, Span};
use super::super::ops::OPERATORS;
use super::super::scanner::number;
use super::Entry;

pub(super) const TABLE: &[Entry] = &[
    ("type", |m| {
        let name = m.pop()?.type_name();
        let name = m.names.intern(name.as_bytes())?;
        m.push_object(Object::Name(Attributes::new(true), name))
    }),
    ("cvlit", |m| attribute(m, false)),
    ("cvx", |m| attribute(m, true)),
    ("xcheck", |m| {
        let executable = m.pop()?.is_executable();
        m.push_bool(executable)
    }),
    ("executeonly", |m| restrict(m, Access::ExecuteOnly)),
    ("noaccess", |m| restrict(m, Access::None)),
    ("readonly", |m| restrict(m, Access::ReadOnly)),
    ("rcheck", |m| {
        let access = access(m)?;
        m.push_bool(access <= Access::ReadOnly)
    }),
    ("wcheck", |m| {
        let access = access(m)?;
        m.push_bool(access == Access::Unlimited)
    }),
    ("cvi", cvi),
    ("cvr", cvr),
    ("cvn", |m| {
        let Object::String(attributes, span) = m.pop()? else { return Err(ErrorName::TypeCheck.into()) };
        let name = m.names.intern(m.vm.string(span))?;
        m.push_object(Object::Name(attributes, name))
    }),
    ("cvs", |m| {
        let target = m.pop_string()?;
        let object = m.pop()?;
        let text = shown(m, &object);
        store(m, target, &text)
    }),
    ("cvrs", cvrs),
    ("=string", |m| m.push_string(vec![0; 256])),
];

fn attribute(m: &mut Machine, executable: bool) -> Done {
    let object = m.pop()?;
    m.push_object(object.with_executable(executable))
}

fn restrict(m: &mut Machine, access: Access) -> Done {
    let restricted = match m.pop()? {
        Object::Array(attributes, span) => {
            Object::Array(attributes.with_access(access.max(attributes.access())), span)
        }
        Object::String(attributes, span) => {
            Object::String(attributes.with_access(access.max(attributes.access())), span)
        }
        Object::File(attributes, file) => {
            Object::File(attributes.with_access(access.max(attributes.access())), file)
        }
        Object::Dict(id) => {
            if access == Access::ReadOnly {
                // A font made read-only is still given its FID; only programs are kept out.
                if let Some(dict) = m.vm.dict_mut(id) {
                    dict.read_only = true;
                }
            }
            Object::Dict(id)
        }
        _ => return Err(ErrorName::TypeCheck.into()),
    };
    m.push_object(restricted)
}

fn access(m: &mut Machine) -> Result<Access, Fault> {
    match m.pop()? {
        Object::Array(attributes, _) | Object::String(attributes, _) | Object::File(attributes, _) => {
            Ok(attributes.access())
        }
        Object::Dict(id) => Ok(if m.vm.dict(id).read_only { Access::ReadOnly } else { Access::Unlimited }),
        _ => Err(ErrorName::TypeCheck.into()),
    }
}

/// The number a number or a string is.
fn numeric(m: &mut Machine) -> Result<Object, Fault> {
    match m.pop()? {
        number @ (Object::Int(_) | Object::Real(_)) => Ok(number),
        Object::String(_, span) => {
            number(m.vm.string(span).trim_ascii()).ok_or(ErrorName::SyntaxError.into())
        }
        _ => Err(ErrorName::TypeCheck.into()),
    }
}

fn cvi(m: &mut Machine) -> Done {
    match numeric(m)? {
        Object::Real(value) if value.abs() < 9e18 => m.push_int(value as i64),
        Object::Real(_) => Err(ErrorName::RangeCheck.into()),
        other => m.push_object(other),
    }
}

fn cvr(m: &mut Machine) -> Done {
    let value = numeric(m)?.as_number().ok_or(ErrorName::TypeCheck)?;
    m.push_real(value)
}

fn store(m: &mut Machine, target: Span, text: &[u8]) -> Done {
    if text.len() > target.len as usize {
        return Err(ErrorName::RangeCheck.into());
    }
    let part = Span { len: text.len() as u32, ..target };
    m.vm.string_mut(part).copy_from_slice(text);
    m.push_object(Object::String(Attributes::new(false), part))
}

fn cvrs(m: &mut Machine) -> Done {
    let target = m.pop_string()?;
    let radix = m.pop_int()?;
    let value = m.pop()?;
    if !(2..=36).contains(&radix) {
        return Err(ErrorName::RangeCheck.into());
    }
    if radix == 10 {
        let text = shown(m, &value);
        return store(m, target, &text);
    }
    // Other bases show the bits of a 32-bit integer.
    let mut rest = match value {
        Object::Int(value) => value as u32,
        Object::Real(value) => value as i64 as u32,
        _ => return Err(ErrorName::TypeCheck.into()),
    };
    let mut digits = Vec::new();
    loop {
        let digit = char::from_digit(rest % radix as u32, radix as u32).unwrap_or('0');
        digits.push(digit.to_ascii_uppercase() as u8);
        rest /= radix as u32;
        if rest == 0 {
            break;
        }
    }
    digits.reverse();
    store(m, target, &digits)
}

/// An object as `cvs` writes it.
pub(super) fn shown(m: &Machine, object: &Object) -> Vec<u8> {
    match object {
        Object::Int(value) => value.to_string().into_bytes(),
        Object::Real(value) => shown_real(*value).into_bytes(),
        Object::Bool(value) => value.to_string().into_bytes(),
        Object::Name(_, name) => m.names.text(*name).to_vec(),
        Object::String(_, span) => m.vm.string(*span).to_vec(),
        Object::Operator(id) => OPERATORS[usize::from(id.0)].0.as_bytes().to_vec(),
        _ => b"--nostringval--".to_vec(),
    }
}

/// Six significant digits, as `%g` has them, with a point where there is none.
fn shown_real(value: f32) -> String {
    let value = f64::from(value);
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-4..1e6).contains(&magnitude) {
        let text = format!("{value:.5e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let mantissa = mantissa.trim_end_matches('0').trim_end_matches('.');
        let exponent: i32 = exponent.parse().unwrap_or(0);
        return format!("{mantissa}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs());
    }
    let digits = if magnitude == 0.0 { 1 } else { (5 - magnitude.log10().floor() as i32).max(0) as usize };
    let text = format!("{value:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').to_owned() } else { text };
    if text.ends_with('.') {
        format!("{text}0")
    } else if text.contains('.') {
        text
    } else {
        format!("{text}.0")
    }
}

#[cfg(test)]
mod tests {
    use super::shown_real;

    #[test]
    fn reals_are_written_as_printers_write_them() {
        for (value, text) in [
            (1.0, "1.0"),
            (0.5, "0.5"),
            (-3.25, "-3.25"),
            (123_456.7, "123457.0"),
            (1e10, "1e+10"),
            (1.5e-7, "1.5e-07"),
            (0.0, "0.0"),
        ] {
            assert_eq!(shown_real(value), text);
        }
    }
}
