//! Dictionaries: keys of any type, names the common ones.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::object::{Name, Object};

/// A multiplicative hash: keys are small numbers chosen by this interpreter, not by the job.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FastHasher(u64);

/// Builds [`FastHasher`]s.
pub(super) type FastHash = BuildHasherDefault<FastHasher>;

const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

impl Hasher for FastHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(FACTOR);
        self.0 ^= self.0 >> 29;
    }

    fn write_u8(&mut self, byte: u8) {
        self.write_u64(byte.into());
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }
}

/// A key by its identity: equal as `eq` has it, strings excepted (they are made names first).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct Key(u64);

impl Key {
    /// The key of a name.
    pub(super) fn of_name(name: Name) -> Self {
        Self(1 << 56 | u64::from(name.0))
    }

    /// The key of any object; a string has none of its own, the caller makes a name of it.
    pub(super) fn of(object: &Object) -> Self {
        let tagged = |tag: u64, value: u64| Self(tag << 56 ^ value & 0xff_ffff_ffff_ffff);
        match object {
            Object::Name(_, name) => Self::of_name(*name),
            Object::Int(value) => tagged(2, *value as u64),
            Object::Real(value) if value.fract() == 0.0 && value.abs() < 1e15 => {
                tagged(2, *value as i64 as u64)
            }
            Object::Real(value) => tagged(3, value.to_bits().into()),
            Object::Bool(value) => tagged(4, u64::from(*value)),
            Object::Null => tagged(5, 0),
            Object::Mark => tagged(5, 1),
            Object::Operator(id) => tagged(6, id.0.into()),
            Object::String(_, span) => tagged(7, u64::from(span.id) << 24 ^ u64::from(span.start)),
            Object::Array(_, span) => tagged(8, u64::from(span.id) << 24 ^ u64::from(span.start)),
            Object::Dict(id) => tagged(9, id.0.into()),
            Object::File(_, id) => tagged(10, id.0.into()),
            Object::Save(id) => tagged(11, (*id).into()),
            Object::GState(id) => tagged(12, (*id).into()),
            Object::FontId(id) => tagged(13, (*id).into()),
        }
    }
}

/// One dictionary.
#[derive(Clone, Debug, Default)]
pub(super) struct Dict {
    entries: HashMap<Key, (Object, Object), FastHash>,
    /// What `maxlength` answers.
    pub(super) capacity: usize,
    /// Nothing may be written: the program asked for `readonly`.
    pub(super) read_only: bool,
}

impl Dict {
    /// An empty one that says it has room for so many entries.
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self { capacity, ..Self::default() }
    }

    /// The value of a key.
    pub(super) fn get(&self, key: Key) -> Option<Object> {
        self.entries.get(&key).map(|(_, value)| *value)
    }

    /// Sets a value; the key is kept as it was first used.
    pub(super) fn put(&mut self, key: Object, value: Object) {
        self.entries.entry(Key::of(&key)).or_insert((key.with_executable(false), value)).1 = value;
        self.capacity = self.capacity.max(self.entries.len());
    }

    /// Removes a key.
    pub(super) fn remove(&mut self, key: Key) {
        self.entries.remove(&key);
    }

    /// Whether there is such a key.
    pub(super) fn contains(&self, key: Key) -> bool {
        self.entries.contains_key(&key)
    }

    /// The number of entries.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Keys and values, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Object, Object)> + '_ {
        self.entries.values().copied()
    }
}
