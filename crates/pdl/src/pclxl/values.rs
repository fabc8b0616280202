//! The attribute list in front of an operator.

use super::token::{Binding, Number};

/// Bytes of arrays kept for one operator: palettes and names fit, text does not matter.
pub(crate) const KEPT_BYTES_MAX: usize = 4 * 1024;

/// Attributes one operator can have; the longest list of the protocol is shorter.
const ATTRIBUTES_MAX: usize = 32;

/// One value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value {
    /// One, two or four numbers.
    Numbers([f64; 4]),
    /// An array at this place of the kept bytes; `None` when it was too long to keep.
    Array { number: Number, kept: Option<(usize, usize)> },
}

/// Values and the attributes they belong to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attributes {
    pending: Option<Value>,
    list: Vec<(u16, Value)>,
    kept: Vec<u8>,
}

impl Attributes {
    /// Forgets all, after an operator.
    pub(crate) fn clear(&mut self) {
        self.pending = None;
        self.list.clear();
        self.kept.clear();
    }

    /// A value of up to four numbers.
    pub(crate) fn numbers(&mut self, bytes: &[u8], number: Number, binding: Binding) {
        let mut values = [0.0; 4];
        for (value, bytes) in values.iter_mut().zip(bytes.chunks_exact(number.size())) {
            *value = decode(bytes, number, binding);
        }
        self.pending = Some(Value::Numbers(values));
    }

    /// An array begins; says whether its bytes are wanted.
    pub(crate) fn begin_array(&mut self, number: Number, bytes: usize) -> bool {
        let wanted = self.kept.len() + bytes <= KEPT_BYTES_MAX;
        let kept = wanted.then(|| (self.kept.len(), self.kept.len() + bytes));
        self.pending = Some(Value::Array { number, kept });
        wanted
    }

    /// Bytes of the array that began last.
    pub(crate) fn array_bytes(&mut self, bytes: &[u8]) {
        self.kept.extend_from_slice(bytes);
    }

    /// Names the value that came last.
    pub(crate) fn name(&mut self, id: u16) {
        if let Some(value) = self.pending.take()
            && self.list.len() < ATTRIBUTES_MAX
        {
            self.list.push((id, value));
        }
    }

    /// The value of an attribute.
    pub(crate) fn value(&self, id: u16) -> Option<Value> {
        self.list.iter().rev().find(|(name, _)| *name == id).map(|(_, value)| *value)
    }

    /// Whether an attribute is given.
    pub(crate) fn has(&self, id: u16) -> bool {
        self.value(id).is_some()
    }

    /// The first number of an attribute, whole.
    pub(crate) fn int(&self, id: u16) -> Option<i64> {
        self.numbers_of(id).map(|numbers| numbers[0] as i64)
    }

    /// The numbers of an attribute that is no array.
    pub(crate) fn numbers_of(&self, id: u16) -> Option<[f64; 4]> {
        match self.value(id)? {
            Value::Numbers(numbers) => Some(numbers),
            Value::Array { .. } => None,
        }
    }

    /// The bytes of an array attribute and the type of its elements.
    pub(crate) fn array(&self, id: u16) -> Option<(Number, &[u8])> {
        match self.value(id)? {
            Value::Array { number, kept: Some((from, to)) } => {
                self.kept.get(from..to).map(|bytes| (number, bytes))
            }
            Value::Array { kept: None, .. } | Value::Numbers(_) => None,
        }
    }
}

fn decode(bytes: &[u8], number: Number, binding: Binding) -> f64 {
    match (number, bytes) {
        (Number::U8, [byte]) => f64::from(*byte),
        (Number::U16, [one, two]) => f64::from(binding.u16([*one, *two])),
        (Number::I16, [one, two]) => f64::from(binding.u16([*one, *two]) as i16),
        (Number::U32, [a, b, c, d]) => f64::from(binding.u32([*a, *b, *c, *d])),
        (Number::I32, [a, b, c, d]) => f64::from(binding.u32([*a, *b, *c, *d]) as i32),
        (Number::F32, [a, b, c, d]) => f64::from(f32::from_bits(binding.u32([*a, *b, *c, *d]))),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_name() {
        let mut attributes = Attributes::default();
        attributes.numbers(&[0xff, 0xff], Number::I16, Binding::LowByteFirst);
        attributes.name(49);
        assert!(attributes.begin_array(Number::U8, 3));
        attributes.array_bytes(&[1, 2]);
        attributes.array_bytes(&[3]);
        attributes.name(11);
        assert!(!attributes.begin_array(Number::U8, KEPT_BYTES_MAX + 1));
        attributes.name(171);
        assert_eq!(attributes.int(49), Some(-1));
        assert_eq!(attributes.array(11), Some((Number::U8, &[1u8, 2, 3][..])));
        assert_eq!(attributes.array(171), None);
        assert!(attributes.has(171));
        attributes.clear();
        assert_eq!(attributes.int(49), None);
    }
}
