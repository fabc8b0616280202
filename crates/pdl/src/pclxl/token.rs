//! Tags of the binary stream (Feature Reference, chapter 3 "Protocol syntax" and appendix "Tag values").

/// Byte order of a stream, from its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binding {
    /// `(`
    HighByteFirst,
    /// `)`
    LowByteFirst,
}

impl Binding {
    pub(crate) fn u16(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::HighByteFirst => u16::from_be_bytes(bytes),
            Self::LowByteFirst => u16::from_le_bytes(bytes),
        }
    }

    pub(crate) fn bytes(self, number: u16) -> [u8; 2] {
        match self {
            Self::HighByteFirst => number.to_be_bytes(),
            Self::LowByteFirst => number.to_le_bytes(),
        }
    }

    pub(crate) fn u32(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::HighByteFirst => u32::from_be_bytes(bytes),
            Self::LowByteFirst => u32::from_le_bytes(bytes),
        }
    }
}

/// Type of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    U8,
    U16,
    U32,
    I16,
    I32,
    F32,
}

impl Number {
    fn by_tag(tag: u8) -> Option<Self> {
        Some(match tag & 0x0f {
            0 => Self::U8,
            1 => Self::U16,
            2 => Self::U32,
            3 => Self::I16,
            4 => Self::I32,
            5 => Self::F32,
            _ => return None,
        })
    }

    /// Bytes it takes.
    pub(crate) fn size(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
        }
    }
}

/// What a stream goes on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// White space.
    Space,
    /// One, two or four numbers; `len` is the length with the tag.
    Numbers { number: Number, count: usize, len: usize },
    /// An array of so many bytes follows the `len` bytes of its head.
    Array { number: Number, bytes: u32, len: usize },
    /// The attribute the value before it belongs to.
    Attribute { id: u16, len: usize },
    /// Data of so many bytes follows the `len` bytes of its head.
    Data { bytes: u32, len: usize },
    /// An operator.
    Operator(u8),
    /// An escape character: a Universal Exit Language sequence, or broken data.
    Escape,
    /// A tag that means nothing.
    Illegal(u8),
    /// Not complete.
    NeedsMore,
}

/// Reads the next token of `input`, which is not empty.
pub(crate) fn token(input: &[u8], binding: Binding) -> Token {
    match *input {
        [] => Token::NeedsMore,
        [0x00 | 0x09..=0x0d | 0x20, ..] => Token::Space,
        [0x1b, ..] => Token::Escape,
        [tag @ 0x41..=0xbf, ..] => Token::Operator(tag),
        [tag @ 0xc8..=0xcd, ..] => array(input, tag, binding),
        [tag @ (0xc0..=0xc5 | 0xd0..=0xd5 | 0xe0..=0xe5), ..] => {
            let Some(number) = Number::by_tag(tag) else { return Token::Illegal(tag) };
            let count = match tag >> 4 {
                0xc => 1,
                0xd => 2,
                _ => 4,
            };
            let len = 1 + count * number.size();
            if input.len() < len { Token::NeedsMore } else { Token::Numbers { number, count, len } }
        }
        [0xf8, id, ..] => Token::Attribute { id: u16::from(id), len: 2 },
        [0xf9, one, two, ..] => Token::Attribute { id: binding.u16([one, two]), len: 3 },
        [0xfa, a, b, c, d, ..] => Token::Data { bytes: binding.u32([a, b, c, d]), len: 5 },
        [0xfb, bytes, ..] => Token::Data { bytes: u32::from(bytes), len: 2 },
        [0xf8..=0xfb, ..] => Token::NeedsMore,
        [tag, ..] => Token::Illegal(tag),
    }
}

/// Arrays: the type of their elements, a number of them, which has a tag of its own, the elements.
fn array(input: &[u8], tag: u8, binding: Binding) -> Token {
    let Some(number) = Number::by_tag(tag - 8) else { return Token::Illegal(tag) };
    let (count, len) = match *input {
        [_, 0xc0, count, ..] => (u32::from(count), 3),
        [_, 0xc1, one, two, ..] => (u32::from(binding.u16([one, two])), 4),
        [_, 0xc0 | 0xc1, ..] | [_] => return Token::NeedsMore,
        [_, other, ..] => return Token::Illegal(other),
        [] => return Token::NeedsMore,
    };
    Token::Array { number, bytes: count * number.size() as u32, len }
}

/// Operators that matter here (Feature Reference, appendix "Operators").
pub(crate) mod operator {
    pub(crate) const BEGIN_SESSION: u8 = 0x41;
    pub(crate) const END_SESSION: u8 = 0x42;
    pub(crate) const BEGIN_PAGE: u8 = 0x43;
    pub(crate) const END_PAGE: u8 = 0x44;
    pub(crate) const VENDOR_UNIQUE: u8 = 0x46;
    pub(crate) const BEGIN_STREAM: u8 = 0x5b;
    pub(crate) const READ_STREAM: u8 = 0x5c;
    pub(crate) const END_STREAM: u8 = 0x5d;
    pub(crate) const EXEC_STREAM: u8 = 0x5e;
    pub(crate) const REMOVE_STREAM: u8 = 0x5f;
    pub(crate) const POP_GS: u8 = 0x60;
    pub(crate) const PUSH_GS: u8 = 0x61;
    pub(crate) const SET_BRUSH_SOURCE: u8 = 0x63;
    pub(crate) const SET_COLOR_SPACE: u8 = 0x6a;
    pub(crate) const SET_PEN_SOURCE: u8 = 0x79;
    pub(crate) const SET_ROP: u8 = 0x7b;
    pub(crate) const NEW_PATH: u8 = 0x85;
    pub(crate) const PAINT_PATH: u8 = 0x86;
    pub(crate) const ARC_PATH: u8 = 0x91;
    pub(crate) const BEZIER_PATH: u8 = 0x93;
    pub(crate) const BEZIER_REL_PATH: u8 = 0x95;
    pub(crate) const CHORD: u8 = 0x96;
    pub(crate) const CHORD_PATH: u8 = 0x97;
    pub(crate) const ELLIPSE: u8 = 0x98;
    pub(crate) const ELLIPSE_PATH: u8 = 0x99;
    pub(crate) const LINE_PATH: u8 = 0x9b;
    pub(crate) const LINE_REL_PATH: u8 = 0x9d;
    pub(crate) const PIE: u8 = 0x9e;
    pub(crate) const PIE_PATH: u8 = 0x9f;
    pub(crate) const RECTANGLE: u8 = 0xa0;
    pub(crate) const RECTANGLE_PATH: u8 = 0xa1;
    pub(crate) const ROUND_RECTANGLE: u8 = 0xa2;
    pub(crate) const ROUND_RECTANGLE_PATH: u8 = 0xa3;
    pub(crate) const TEXT: u8 = 0xa8;
    pub(crate) const TEXT_PATH: u8 = 0xa9;
    pub(crate) const BEGIN_IMAGE: u8 = 0xb0;
    pub(crate) const READ_IMAGE: u8 = 0xb1;
    pub(crate) const END_IMAGE: u8 = 0xb2;
    pub(crate) const BEGIN_RAST_PATTERN: u8 = 0xb3;
    pub(crate) const READ_RAST_PATTERN: u8 = 0xb4;
    pub(crate) const END_RAST_PATTERN: u8 = 0xb5;
    pub(crate) const SCAN_LINE_REL: u8 = 0xb9;
    pub(crate) const PASS_THROUGH: u8 = 0xbf;
}

/// Attributes that matter here (Feature Reference, appendix "Attributes").
pub(crate) mod attribute {
    pub(crate) const PALETTE_DEPTH: u16 = 2;
    pub(crate) const COLOR_SPACE: u16 = 3;
    pub(crate) const NULL_BRUSH: u16 = 4;
    pub(crate) const NULL_PEN: u16 = 5;
    pub(crate) const PALETTE_DATA: u16 = 6;
    pub(crate) const PATTERN_SELECT_ID: u16 = 8;
    pub(crate) const GRAY_LEVEL: u16 = 9;
    pub(crate) const RGB_COLOR: u16 = 11;
    pub(crate) const PRIMARY_ARRAY: u16 = 14;
    pub(crate) const MEDIA_SIZE: u16 = 37;
    pub(crate) const ROP3: u16 = 44;
    pub(crate) const CUSTOM_MEDIA_SIZE: u16 = 47;
    pub(crate) const CUSTOM_MEDIA_SIZE_UNITS: u16 = 48;
    pub(crate) const PAGE_COPIES: u16 = 49;
    pub(crate) const SIMPLEX_PAGE_MODE: u16 = 52;
    pub(crate) const DUPLEX_PAGE_MODE: u16 = 53;
    pub(crate) const DUPLEX_PAGE_SIDE: u16 = 54;
    pub(crate) const COLOR_DEPTH: u16 = 98;
    pub(crate) const COLOR_MAPPING: u16 = 100;
    pub(crate) const COMPRESS_MODE: u16 = 101;
    pub(crate) const PATTERN_DEFINE_ID: u16 = 105;
    pub(crate) const SOURCE_WIDTH: u16 = 108;
    pub(crate) const PAD_BYTES_MULTIPLE: u16 = 110;
    pub(crate) const STREAM_NAME: u16 = 139;
    pub(crate) const VU_DATA_LENGTH: u16 = 146;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens() {
        let low = |bytes: &[u8]| token(bytes, Binding::LowByteFirst);
        assert_eq!(low(&[0xc0, 7]), Token::Numbers { number: Number::U8, count: 1, len: 2 });
        assert_eq!(low(&[0xd5, 0, 0, 0]), Token::NeedsMore);
        assert_eq!(
            low(&[0xe1, 0, 0, 0, 0, 0, 0, 0, 0]),
            Token::Numbers { number: Number::U16, count: 4, len: 9 }
        );
        assert_eq!(low(&[0xc8, 0xc1, 2, 1]), Token::Array { number: Number::U8, bytes: 258, len: 4 });
        assert_eq!(
            token(&[0xc9, 0xc1, 0, 2], Binding::HighByteFirst),
            Token::Array { number: Number::U16, bytes: 4, len: 4 }
        );
        assert_eq!(low(&[0xf8, 49]), Token::Attribute { id: 49, len: 2 });
        assert_eq!(low(&[0xfa, 1, 2, 0, 0]), Token::Data { bytes: 513, len: 5 });
        assert_eq!(low(&[0x44]), Token::Operator(0x44));
        assert_eq!(low(&[0xff]), Token::Illegal(0xff));
        assert_eq!(low(&[0x1b]), Token::Escape);
    }
}
