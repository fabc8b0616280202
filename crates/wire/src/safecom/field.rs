//! Fields: a tag, a length and a value; a body is a row of them.
//!
//! `tag: u16 | length: u16 | value`. The top bit of a tag says "refuse the request if you do not know
//! this field"; without it an unknown field is skipped, which is how later versions add things.

use bytes::{Buf, Bytes};
use zeroize::Zeroizing;

use super::fault::Fault;
use super::limits::{DEPTH_MAX, RECORD_BYTES_MAX, REPEATED_MAX, TEXT_BYTES_MAX};
use super::status::Status;

/// Top bit of a tag: a receiver that does not know the field refuses the request.
pub const CRITICAL: u16 = 0x8000;

/// A text that never reaches a log and is wiped from memory: a password or PIN.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes over `text`.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself, for the one place that checks it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Document ids packed into one field, eight bytes each: `print` may name thousands.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Ids(pub Vec<u64>);

/// Bytes that mean something elsewhere, at most [`RECORD_BYTES_MAX`].
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Blob(pub Bytes);

/// One value that fits a field.
pub(super) trait Scalar: Sized {
    /// Appends the value's bytes.
    fn write(&self, out: &mut Vec<u8>);
    /// Reads the whole of `value`.
    fn read(value: Bytes, depth: usize) -> Result<Self, Fault>;
}

/// What a record's field may be: one value, an optional value, or a repeated one.
pub(super) trait Slot: Sized {
    /// What has been read so far.
    type Seen: Default;
    /// Appends the field or fields.
    fn put(&self, tag: u16, out: &mut Vec<u8>);
    /// Takes one more occurrence.
    fn add(seen: &mut Self::Seen, value: Bytes, depth: usize) -> Result<(), Fault>;
    /// The record is read; `name` is what to blame when the field is missing.
    fn finish(seen: Self::Seen, name: &'static str) -> Result<Self, Fault>;
}

impl<T: Scalar> Slot for T {
    type Seen = Option<T>;
    fn put(&self, tag: u16, out: &mut Vec<u8>) {
        put_field(tag, out, |out| self.write(out));
    }
    fn add(seen: &mut Option<T>, value: Bytes, depth: usize) -> Result<(), Fault> {
        if seen.is_some() {
            return Err(Fault::Malformed { what: "a field that may stand once is repeated" });
        }
        *seen = Some(T::read(value, depth)?);
        Ok(())
    }
    fn finish(seen: Option<T>, name: &'static str) -> Result<T, Fault> {
        seen.ok_or(Fault::Malformed { what: name })
    }
}

impl<T: Scalar> Slot for Option<T> {
    type Seen = Option<T>;
    fn put(&self, tag: u16, out: &mut Vec<u8>) {
        if let Some(value) = self {
            value.put(tag, out);
        }
    }
    fn add(seen: &mut Option<T>, value: Bytes, depth: usize) -> Result<(), Fault> {
        T::add(seen, value, depth)
    }
    fn finish(seen: Option<T>, _name: &'static str) -> Result<Self, Fault> {
        Ok(seen)
    }
}

impl<T: Scalar> Slot for Vec<T> {
    type Seen = Vec<T>;
    fn put(&self, tag: u16, out: &mut Vec<u8>) {
        for value in self {
            value.put(tag, out);
        }
    }
    fn add(seen: &mut Vec<T>, value: Bytes, depth: usize) -> Result<(), Fault> {
        if seen.len() == REPEATED_MAX {
            return Err(Fault::TooLarge { what: "values of one field", max: REPEATED_MAX });
        }
        seen.push(T::read(value, depth)?);
        Ok(())
    }
    fn finish(seen: Vec<T>, _name: &'static str) -> Result<Self, Fault> {
        Ok(seen)
    }
}

/// Appends one field whose value `write` produces; a value over 65,535 bytes is cut to nothing by nobody:
/// every scalar is bounded below that (texts by [`TEXT_BYTES_MAX`], ids by `IDS_MAX`).
fn put_field(tag: u16, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(&tag.to_be_bytes());
    let at = out.len();
    out.extend_from_slice(&[0, 0]);
    write(out);
    let length = u16::try_from(out.len() - at - 2).expect("every value is bounded below 64 KiB");
    out[at..at + 2].copy_from_slice(&length.to_be_bytes());
}

/// Takes the next field from `body`, or none at its end.
pub(super) fn next(body: &mut Bytes) -> Result<Option<(u16, Bytes)>, Fault> {
    if body.is_empty() {
        return Ok(None);
    }
    if body.len() < 4 {
        return Err(Fault::Malformed { what: "a field is cut short" });
    }
    let tag = body.get_u16();
    let length = usize::from(body.get_u16());
    if body.len() < length {
        return Err(Fault::Malformed { what: "a field is longer than its frame" });
    }
    Ok(Some((tag, body.split_to(length))))
}

/// What to do with a field whose tag no record knows.
pub(super) fn unknown(tag: u16) -> Result<(), Fault> {
    if tag & CRITICAL == 0 {
        return Ok(());
    }
    Err(Fault::Unsupported { what: "a field that must be understood", status: Status::RequestVersion })
}

/// Refuses records nested deeper than any of ours.
pub(super) fn check_depth(depth: usize) -> Result<(), Fault> {
    if depth >= DEPTH_MAX {
        return Err(Fault::TooLarge { what: "levels of records", max: DEPTH_MAX });
    }
    Ok(())
}

macro_rules! number {
    ($($type:ty),*) => {$(
        impl Scalar for $type {
            fn write(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_be_bytes());
            }
            fn read(value: Bytes, _depth: usize) -> Result<Self, Fault> {
                let bytes = value.as_ref().try_into();
                bytes.map(Self::from_be_bytes)
                    .map_err(|_| Fault::Malformed { what: "a number has the wrong length" })
            }
        }
    )*};
}
number!(u8, u16, u32, u64, i32, i64);

impl Scalar for bool {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
    fn read(value: Bytes, _depth: usize) -> Result<Self, Fault> {
        match value.as_ref() {
            [0] => Ok(false),
            [1] => Ok(true),
            _ => Err(Fault::Malformed { what: "a yes-or-no is neither 0 nor 1" }),
        }
    }
}

impl Scalar for String {
    fn write(&self, out: &mut Vec<u8>) {
        // Longer texts of ours (a document title a client made up) are shown cut, never refused.
        let mut end = self.len().min(TEXT_BYTES_MAX);
        while !self.is_char_boundary(end) {
            end -= 1;
        }
        out.extend_from_slice(&self.as_bytes()[..end]);
    }
    fn read(value: Bytes, _depth: usize) -> Result<Self, Fault> {
        if value.len() > TEXT_BYTES_MAX {
            return Err(Fault::TooLarge { what: "bytes in a text", max: TEXT_BYTES_MAX });
        }
        std::str::from_utf8(&value)
            .map(str::to_owned)
            .map_err(|_| Fault::Malformed { what: "a text is not UTF-8" })
    }
}

impl Scalar for Secret {
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }
    fn read(value: Bytes, depth: usize) -> Result<Self, Fault> {
        String::read(value, depth).map(Self::new)
    }
}

impl Scalar for [u8; 32] {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }
    fn read(value: Bytes, _depth: usize) -> Result<Self, Fault> {
        value.as_ref().try_into().map_err(|_| Fault::Malformed { what: "a nonce or proof is not 32 bytes" })
    }
}

impl Scalar for Status {
    fn write(&self, out: &mut Vec<u8>) {
        self.code().write(out);
    }
    fn read(value: Bytes, depth: usize) -> Result<Self, Fault> {
        i32::read(value, depth).map(Self::from_peer)
    }
}

impl Scalar for Blob {
    fn write(&self, out: &mut Vec<u8>) {
        // Longer ones are never made: whoever makes one looks first.
        out.extend_from_slice(&self.0[..self.0.len().min(RECORD_BYTES_MAX)]);
    }
    fn read(value: Bytes, _depth: usize) -> Result<Self, Fault> {
        if value.len() > RECORD_BYTES_MAX {
            return Err(Fault::TooLarge { what: "bytes in a record", max: RECORD_BYTES_MAX });
        }
        Ok(Self(value))
    }
}

impl Scalar for Ids {
    fn write(&self, out: &mut Vec<u8>) {
        for id in self.0.iter().take(super::limits::IDS_MAX) {
            id.write(out);
        }
    }
    fn read(value: Bytes, _depth: usize) -> Result<Self, Fault> {
        if value.len() / 8 > super::limits::IDS_MAX {
            return Err(Fault::TooLarge { what: "document ids in a request", max: super::limits::IDS_MAX });
        }
        let (ids, rest) = value.as_chunks::<8>();
        if !rest.is_empty() {
            return Err(Fault::Malformed { what: "a row of ids is not a multiple of eight bytes" });
        }
        Ok(Self(ids.iter().map(|id| u64::from_be_bytes(*id)).collect()))
    }
}

/// Declares a record: a struct whose fields have tags, with its way to the wire and back.
macro_rules! record {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $tag:literal $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Eq, PartialEq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl $crate::safecom::field::Scalar for $name {
            fn write(&self, out: &mut Vec<u8>) {
                $($crate::safecom::field::Slot::put(&self.$field, $tag, out);)*
                let _ = &out;
            }
            fn read(
                mut value: bytes::Bytes,
                depth: usize,
            ) -> Result<Self, $crate::safecom::fault::Fault> {
                $crate::safecom::field::check_depth(depth)?;
                $(let mut $field = <<$type as $crate::safecom::field::Slot>::Seen as Default>::default();)*
                while let Some((tag, value)) = $crate::safecom::field::next(&mut value)? {
                    match tag & !$crate::safecom::field::CRITICAL {
                        $($tag => <$type as $crate::safecom::field::Slot>::add(&mut $field, value, depth + 1)?,)*
                        _ => $crate::safecom::field::unknown(tag)?,
                    }
                }
                Ok(Self {
                    $($field: <$type as $crate::safecom::field::Slot>::finish(
                        $field,
                        concat!("field ", stringify!($field), " is missing"),
                    )?,)*
                })
            }
        }
    };
}

/// Declares an enumeration of one byte.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$item_doc:meta])* $code:literal $item:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum $name {
            $($(#[$item_doc])* $item,)*
        }

        impl $name {
            /// Every value with its number on the wire.
            pub const ALL: &'static [(Self, u8)] = &[$((Self::$item, $code),)*];
        }

        impl $crate::safecom::field::Scalar for $name {
            fn write(&self, out: &mut Vec<u8>) {
                out.push(match self { $(Self::$item => $code,)* });
            }
            fn read(
                value: bytes::Bytes,
                depth: usize,
            ) -> Result<Self, $crate::safecom::fault::Fault> {
                match <u8 as $crate::safecom::field::Scalar>::read(value, depth)? {
                    $($code => Ok(Self::$item),)*
                    _ => Err($crate::safecom::fault::Fault::Unsupported {
                        what: concat!("value of ", stringify!($name)),
                        status: $crate::safecom::status::Status::RequestVersion,
                    }),
                }
            }
        }
    };
}

pub(super) use {choice, record};
