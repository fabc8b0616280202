//! Numbers, comparisons, booleans.

use super::super::machine::Machine;
use super::super::object::{Done, ErrorName, Fault, Object};
use super::Entry;

pub(super) const TABLE: &[Entry] = &[
    ("add", |m| binary(m, i64::checked_add, |a, b| a + b)),
    ("sub", |m| binary(m, i64::checked_sub, |a, b| a - b)),
    ("mul", |m| binary(m, i64::checked_mul, |a, b| a * b)),
    ("div", div),
    ("idiv", |m| integers(m, i64::checked_div)),
    ("mod", |m| integers(m, i64::checked_rem)),
    ("neg", |m| unary(m, i64::checked_neg, |a| -a)),
    ("abs", |m| unary(m, i64::checked_abs, f64::abs)),
    ("ceiling", |m| unary(m, Some, f64::ceil)),
    ("floor", |m| unary(m, Some, f64::floor)),
    ("round", |m| unary(m, Some, |a| (a + 0.5).floor())),
    ("truncate", |m| unary(m, Some, f64::trunc)),
    ("sqrt", |m| real(m, |a| (a >= 0.0).then(|| a.sqrt()).ok_or(ErrorName::RangeCheck))),
    ("sin", |m| real(m, |a| Ok(sine(a)))),
    ("cos", |m| real(m, |a| Ok(sine(a + 90.0)))),
    ("ln", |m| real(m, |a| (a > 0.0).then(|| a.ln()).ok_or(ErrorName::RangeCheck))),
    ("log", |m| real(m, |a| (a > 0.0).then(|| a.log10()).ok_or(ErrorName::RangeCheck))),
    ("atan", atan),
    ("exp", exp),
    ("rand", rand),
    ("srand", |m| {
        m.random = m.pop_int()?.rem_euclid(RANDOM_MODULUS).max(1);
        Ok(())
    }),
    ("rrand", |m| m.push_int(m.random)),
    (".max", |m| extreme(m, |a, b| a >= b)),
    ("max", |m| extreme(m, |a, b| a >= b)),
    (".min", |m| extreme(m, |a, b| a <= b)),
    ("min", |m| extreme(m, |a, b| a <= b)),
    ("eq", |m| equality(m, true)),
    ("ne", |m| equality(m, false)),
    ("gt", |m| compare(m, |order| order.is_gt())),
    ("ge", |m| compare(m, |order| order.is_ge())),
    ("lt", |m| compare(m, |order| order.is_lt())),
    ("le", |m| compare(m, |order| order.is_le())),
    ("and", |m| logic(m, |a, b| a & b, |a, b| a & b)),
    ("or", |m| logic(m, |a, b| a | b, |a, b| a | b)),
    ("xor", |m| logic(m, |a, b| a ^ b, |a, b| a ^ b)),
    ("not", not),
    ("bitshift", bitshift),
];

fn binary(m: &mut Machine, exact: fn(i64, i64) -> Option<i64>, real: fn(f64, f64) -> f64) -> Done {
    let (b, a) = (m.pop()?, m.pop()?);
    if let (Object::Int(a), Object::Int(b)) = (a, b)
        && let Some(value) = exact(a, b)
    {
        return m.push_int(value);
    }
    match (a.as_number(), b.as_number()) {
        (Some(a), Some(b)) => m.push_real(real(a, b)),
        _ => Err(ErrorName::TypeCheck.into()),
    }
}

fn unary(m: &mut Machine, exact: fn(i64) -> Option<i64>, real: fn(f64) -> f64) -> Done {
    let value = m.pop()?;
    if let Object::Int(value) = value
        && let Some(value) = exact(value)
    {
        return m.push_int(value);
    }
    match value.as_number() {
        Some(value) => m.push_real(real(value)),
        None => Err(ErrorName::TypeCheck.into()),
    }
}

fn real(m: &mut Machine, function: fn(f64) -> Result<f64, ErrorName>) -> Done {
    let value = m.pop_number()?;
    m.push_real(function(value)?)
}

/// Exact at multiples of a right angle, where programs compare the result.
fn sine(degrees: f64) -> f64 {
    let turned = degrees.rem_euclid(360.0);
    if turned == 0.0 || turned == 180.0 {
        0.0
    } else if turned == 90.0 {
        1.0
    } else if turned == 270.0 {
        -1.0
    } else {
        turned.to_radians().sin()
    }
}

fn div(m: &mut Machine) -> Done {
    let (b, a) = (m.pop_number()?, m.pop_number()?);
    if b == 0.0 {
        return Err(ErrorName::UndefinedResult.into());
    }
    m.push_real(a / b)
}

fn integers(m: &mut Machine, operation: fn(i64, i64) -> Option<i64>) -> Done {
    let (b, a) = (m.pop_int()?, m.pop_int()?);
    m.push_int(operation(a, b).ok_or(ErrorName::UndefinedResult)?)
}

fn atan(m: &mut Machine) -> Done {
    let (den, num) = (m.pop_number()?, m.pop_number()?);
    if den == 0.0 && num == 0.0 {
        return Err(ErrorName::UndefinedResult.into());
    }
    m.push_real(num.atan2(den).to_degrees().rem_euclid(360.0))
}

fn exp(m: &mut Machine) -> Done {
    let (exponent, base) = (m.pop_number()?, m.pop_number()?);
    let value = base.powf(exponent);
    if !value.is_finite() {
        return Err(ErrorName::UndefinedResult.into());
    }
    m.push_real(value)
}

const RANDOM_MODULUS: i64 = 0x7fff_ffff;

/// The generator of Park and Miller, as printers have it.
fn rand(m: &mut Machine) -> Done {
    m.random = m.random * 16_807 % RANDOM_MODULUS;
    m.push_int(m.random)
}

fn extreme(m: &mut Machine, first_wins: fn(f64, f64) -> bool) -> Done {
    let (b, a) = (m.pop()?, m.pop()?);
    match (a.as_number(), b.as_number()) {
        (Some(x), Some(y)) => m.push_object(if first_wins(x, y) { a } else { b }),
        _ => Err(ErrorName::TypeCheck.into()),
    }
}

/// Equality: numbers by value, strings and names by their text, everything else by identity.
pub(super) fn equal(m: &Machine, a: &Object, b: &Object) -> bool {
    match (a, b) {
        (Object::Int(a), Object::Int(b)) => a == b,
        (Object::Name(_, a), Object::Name(_, b)) => a == b,
        (Object::Array(_, a), Object::Array(_, b)) => a == b || (a.len == 0 && b.len == 0),
        (Object::File(_, a), Object::File(_, b)) => a == b,
        _ => match (m.text_of(a), m.text_of(b)) {
            (Some(a), Some(b)) => a == b,
            _ => match (a.as_number(), b.as_number()) {
                (Some(a), Some(b)) => a == b,
                _ => a == b,
            },
        },
    }
}

fn equality(m: &mut Machine, want: bool) -> Done {
    let (b, a) = (m.pop()?, m.pop()?);
    let same = equal(m, &a, &b);
    m.push_bool(same == want)
}

fn compare(m: &mut Machine, wanted: fn(std::cmp::Ordering) -> bool) -> Done {
    let (b, a) = (m.pop()?, m.pop()?);
    let order = match (a, b) {
        (Object::Int(a), Object::Int(b)) => a.cmp(&b),
        (Object::String(_, a), Object::String(_, b)) => m.vm.string(a).cmp(m.vm.string(b)),
        _ => match (a.as_number(), b.as_number()) {
            (Some(a), Some(b)) => a.partial_cmp(&b).ok_or(ErrorName::UndefinedResult)?,
            _ => return Err(ErrorName::TypeCheck.into()),
        },
    };
    m.push_bool(wanted(order))
}

fn logic(m: &mut Machine, bools: fn(bool, bool) -> bool, ints: fn(i64, i64) -> i64) -> Done {
    let (b, a) = (m.pop()?, m.pop()?);
    match (a, b) {
        (Object::Bool(a), Object::Bool(b)) => m.push_bool(bools(a, b)),
        (Object::Int(a), Object::Int(b)) => m.push_int(ints(a, b)),
        _ => Err(Fault::Error(ErrorName::TypeCheck)),
    }
}

fn not(m: &mut Machine) -> Done {
    match m.pop()? {
        Object::Bool(value) => m.push_bool(!value),
        Object::Int(value) => m.push_int(!value),
        _ => Err(ErrorName::TypeCheck.into()),
    }
}

fn bitshift(m: &mut Machine) -> Done {
    let (shift, value) = (m.pop_int()?, m.pop_int()?);
    // Integers of the language have 32 bits; bits shifted out are gone.
    let bits = value as u32;
    let shifted = match shift {
        0..=31 => bits << shift,
        -31..=-1 => bits >> -shift,
        _ => 0,
    };
    m.push_int(i64::from(shifted as i32))
}
