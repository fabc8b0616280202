//! The values of a PDF file (ISO 32000-1 7.3).

use std::rc::Rc;

/// The name of an indirect object.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) struct Id {
    /// Object number.
    pub(super) number: u32,
    /// Generation; 0 for nearly all objects.
    pub(super) generation: u16,
}

/// One value. Composite values are shared, so a clone is cheap.
#[derive(Clone, Debug, Default)]
pub(super) enum Object {
    #[default]
    Null,
    Bool(bool),
    Int(i64),
    Real(f64),
    String(Rc<[u8]>),
    Name(Rc<[u8]>),
    Array(Rc<[Object]>),
    Dict(Dict),
    Stream(Rc<Stream>),
    Reference(Id),
}

/// A dictionary; of a repeated key the first one counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Dict(Rc<[(Rc<[u8]>, Object)]>);

/// A stream's dictionary and where its bytes lie.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    /// Its dictionary.
    pub(super) dict: Dict,
    /// Offset of the first data byte from the start of the PDF.
    pub(super) offset: u64,
    /// The object it is, which is what its encryption depends on; `None` inside content streams.
    pub(super) id: Option<Id>,
}

impl Dict {
    /// A dictionary of these entries, in this order.
    pub(super) fn new(entries: Vec<(Rc<[u8]>, Object)>) -> Self {
        Self(entries.into())
    }

    /// The value as it stands, unresolved; null when there is none.
    pub(super) fn raw(&self, key: &[u8]) -> &Object {
        const NULL: &Object = &Object::Null;
        self.0.iter().find(|(name, _)| &**name == key).map_or(NULL, |(_, value)| value)
    }

    /// All entries.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], &Object)> {
        self.0.iter().map(|(key, value)| (&**key, value))
    }
}

impl Object {
    /// An integer, also one written as a real.
    pub(super) fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            Self::Real(value) if value.is_finite() => Some(*value as i64),
            _ => None,
        }
    }

    /// A number.
    pub(super) fn as_number(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(*value as f64),
            Self::Real(value) => Some(*value),
            _ => None,
        }
    }

    /// A boolean.
    pub(super) fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The bytes of a name, without the slash.
    pub(super) fn as_name(&self) -> Option<&[u8]> {
        match self {
            Self::Name(name) => Some(name),
            _ => None,
        }
    }

    /// The bytes of a string.
    pub(super) fn as_string(&self) -> Option<&[u8]> {
        match self {
            Self::String(string) => Some(string),
            _ => None,
        }
    }

    /// The elements of an array.
    pub(super) fn as_array(&self) -> Option<&Rc<[Self]>> {
        match self {
            Self::Array(array) => Some(array),
            _ => None,
        }
    }

    /// A dictionary, or that of a stream.
    pub(super) fn as_dict(&self) -> Option<&Dict> {
        match self {
            Self::Dict(dict) => Some(dict),
            Self::Stream(stream) => Some(&stream.dict),
            _ => None,
        }
    }

    /// An indirect reference.
    pub(super) fn as_reference(&self) -> Option<Id> {
        match self {
            Self::Reference(id) => Some(*id),
            _ => None,
        }
    }

    /// Whether this is the null object.
    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}
