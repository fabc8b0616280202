//! Binary tokens and binary object sequences (PLRM 3.14): numbers, strings, names and whole procedures without text.
//!
//! A token begins with one of the bytes 128 to 159 and has a length that its first bytes tell.

use super::machine::Machine;
use super::object::{Attributes, ErrorName, Fault, Object, Span};

/// The bytes a binary token can begin with.
pub(super) const FIRST: std::ops::RangeInclusive<u8> = 128..=159;
/// A longer token is an error; drivers write some kilobytes.
const TOKEN_BYTES_MAX: usize = 4 << 20;
/// Bytes of an object in a sequence.
const OBJECT_BYTES: usize = 8;
/// Objects of one sequence, those of arrays that are referred to twice counted once.
const OBJECTS_MAX: usize = TOKEN_BYTES_MAX / OBJECT_BYTES;

/// What the length of a name says when the value is its place among the system's names (PLRM, appendix F).
const SYSTEM_NAME: u16 = u16::MAX;

/// Objects of a sequence that are executable have this bit in their type.
const EXECUTABLE: u8 = 128;

/// What a binary token is.
pub(super) enum Binary {
    Object(Object),
    /// A sequence: an executable array that is executed where it is read.
    Sequence(Object),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    High,
    Low,
}

impl Order {
    fn u16(self, bytes: &[u8], at: usize) -> u16 {
        let pair = bytes.get(at..at + 2).and_then(|pair| pair.try_into().ok()).unwrap_or_default();
        match self {
            Self::High => u16::from_be_bytes(pair),
            Self::Low => u16::from_le_bytes(pair),
        }
    }

    fn u32(self, bytes: &[u8], at: usize) -> u32 {
        let four = bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).unwrap_or_default();
        match self {
            Self::High => u32::from_be_bytes(four),
            Self::Low => u32::from_le_bytes(four),
        }
    }
}

/// How a number is written (PLRM table 3.27): fixed point with so many fraction bits, or a real.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Representation {
    Fixed32(u8),
    Fixed16(u8),
    Real,
}

impl Representation {
    fn of(byte: u8) -> Result<(Self, Order), Fault> {
        let order = if byte & 128 == 0 { Order::High } else { Order::Low };
        let representation = match byte & 127 {
            scale @ 0..=31 => Self::Fixed32(scale),
            scale @ 32..=47 => Self::Fixed16(scale - 32),
            48 | 49 => Self::Real,
            _ => return Err(ErrorName::SyntaxError.into()),
        };
        Ok((representation, order))
    }

    fn bytes(self) -> usize {
        match self {
            Self::Fixed16(_) => 2,
            Self::Fixed32(_) | Self::Real => 4,
        }
    }

    fn read(self, order: Order, bytes: &[u8]) -> Object {
        let fixed = |value: i64, scale: u8| match scale {
            0 => Object::Int(value),
            scale => Object::Real((value as f64 / f64::from(scale).exp2()) as f32),
        };
        match self {
            Self::Fixed16(scale) => fixed(i64::from(order.u16(bytes, 0).cast_signed()), scale),
            Self::Fixed32(scale) => fixed(i64::from(order.u32(bytes, 0).cast_signed()), scale),
            Self::Real => Object::Real(f32::from_bits(order.u32(bytes, 0))),
        }
    }
}

/// The byte order of a sequence by its first byte; reals of the machine are taken for those of IEEE.
fn order_of(first: u8) -> Order {
    if first.is_multiple_of(2) { Order::High } else { Order::Low }
}

/// The length of the token that begins here; `None` when more bytes are needed to tell.
///
/// # Errors
/// A byte that begins no token, or a token that is too long.
pub(super) fn length(bytes: &[u8]) -> Result<Option<usize>, Fault> {
    let Some(&second) = bytes.get(1) else { return Ok(None) };
    let enough = |count: usize| bytes.len() >= count;
    let order = order_of(bytes[0]);
    let length = match bytes[0] {
        128..=131 if second != 0 && enough(4) => usize::from(order.u16(bytes, 2)),
        128..=131 if second == 0 && enough(8) => order.u32(bytes, 4) as usize,
        128..=131 => return Ok(None),
        132 | 133 | 138..=140 => 5,
        134 | 135 => 3,
        136 | 141 | 145 | 146 => 2,
        137 => 2 + Representation::of(second)?.0.bytes(),
        142 => 2 + usize::from(second),
        143 | 144 if enough(3) => {
            3 + usize::from(if bytes[0] == 143 { Order::High } else { Order::Low }.u16(bytes, 1))
        }
        149 if enough(4) => {
            let (representation, order) = Representation::of(second)?;
            4 + representation.bytes() * usize::from(order.u16(bytes, 2))
        }
        143 | 144 | 149 => return Ok(None),
        _ => return Err(ErrorName::SyntaxError.into()),
    };
    match length {
        0..=3 if bytes[0] <= 131 => Err(ErrorName::SyntaxError.into()),
        length if length > TOKEN_BYTES_MAX => Err(ErrorName::LimitCheck.into()),
        length => Ok(Some(length)),
    }
}

impl Machine {
    /// The object that a whole token is.
    ///
    /// # Errors
    /// A token that is not well formed, a name that is not there.
    pub(super) fn binary_token(&mut self, token: &[u8]) -> Result<Binary, Fault> {
        let integer = |value: i64| Object::Int(value);
        let object = match token[0] {
            128..=131 => return self.sequence(token).map(Binary::Sequence),
            132 => integer(i64::from(Order::High.u32(token, 1).cast_signed())),
            133 => integer(i64::from(Order::Low.u32(token, 1).cast_signed())),
            134 => integer(i64::from(Order::High.u16(token, 1).cast_signed())),
            135 => integer(i64::from(Order::Low.u16(token, 1).cast_signed())),
            136 => integer(i64::from(token[1].cast_signed())),
            137 => {
                let (representation, order) = Representation::of(token[1])?;
                representation.read(order, &token[2..])
            }
            138 => Object::Real(f32::from_bits(Order::High.u32(token, 1))),
            139 | 140 => Object::Real(f32::from_bits(Order::Low.u32(token, 1))),
            141 => Object::Bool(token[1] != 0),
            142 => self.literal_string(&token[2..])?,
            143 | 144 => self.literal_string(&token[3..])?,
            145 => self.system_name(u32::from(token[1]), false)?,
            146 => self.system_name(u32::from(token[1]), true)?,
            _ => {
                let (representation, order) = Representation::of(token[1])?;
                let numbers = token[4..].chunks_exact(representation.bytes());
                let items = numbers.map(|number| representation.read(order, number)).collect();
                Object::Array(Attributes::new(false), self.vm.new_array(items)?)
            }
        };
        Ok(Binary::Object(object))
    }

    fn literal_string(&mut self, bytes: &[u8]) -> Result<Object, Fault> {
        Ok(Object::String(Attributes::new(false), self.vm.new_string(bytes)?))
    }

    fn system_name(&mut self, index: u32, executable: bool) -> Result<Object, Fault> {
        let name = usize::try_from(index).ok().and_then(|index| SYSTEM_NAMES.get(index));
        let name = name.ok_or(ErrorName::Undefined)?;
        Ok(Object::Name(Attributes::new(executable), self.names.intern(name.as_bytes())?))
    }

    fn sequence(&mut self, token: &[u8]) -> Result<Object, Fault> {
        let order = order_of(token[0]);
        let (head, top) = match token[1] {
            0 => (8, order.u16(token, 2)),
            top => (4, u16::from(top)),
        };
        let body = token.get(head..).ok_or(ErrorName::SyntaxError)?;
        let mut reader = Sequence { body, order, arrays: Vec::new(), waiting: Vec::new(), objects: 0 };
        let span = reader.array(self, 0, top)?;
        // Arrays are filled one after the other, so that one inside itself is no trouble.
        while let Some((span, offset)) = reader.waiting.pop() {
            for index in 0..span.len {
                let object = reader.object(self, offset + index as usize * OBJECT_BYTES)?;
                self.vm.array_mut(span)?[index as usize] = object;
            }
        }
        Ok(Object::Array(Attributes::new(true), span))
    }
}

/// A sequence being read; offsets count from its first object.
struct Sequence<'a> {
    body: &'a [u8],
    order: Order,
    /// Arrays that are known, by offset and length.
    arrays: Vec<(usize, u16, Span)>,
    waiting: Vec<(Span, usize)>,
    objects: usize,
}

impl Sequence<'_> {
    fn array(&mut self, machine: &mut Machine, offset: usize, length: u16) -> Result<Span, Fault> {
        if let Ok(at) = self.arrays.binary_search_by_key(&(offset, length), |known| (known.0, known.1)) {
            return Ok(self.arrays[at].2);
        }
        let end = offset.saturating_add(usize::from(length) * OBJECT_BYTES);
        if end > self.body.len() {
            return Err(ErrorName::SyntaxError.into());
        }
        self.objects += usize::from(length);
        if self.objects > OBJECTS_MAX {
            return Err(ErrorName::LimitCheck.into());
        }
        let span = machine.vm.new_array(vec![Object::Null; usize::from(length)])?;
        let at = self.arrays.partition_point(|known| (known.0, known.1) < (offset, length));
        self.arrays.insert(at, (offset, length, span));
        self.waiting.push((span, offset));
        Ok(span)
    }

    fn text(&self, offset: usize, length: u16) -> Result<&[u8], Fault> {
        let end = offset.saturating_add(usize::from(length));
        self.body.get(offset..end).ok_or_else(|| ErrorName::SyntaxError.into())
    }

    fn object(&mut self, machine: &mut Machine, at: usize) -> Result<Object, Fault> {
        let raw = self.body.get(at..at + OBJECT_BYTES).ok_or(ErrorName::SyntaxError)?;
        let executable = raw[0] & EXECUTABLE != 0;
        let (length, value) = (self.order.u16(raw, 2), self.order.u32(raw, 4));
        let offset = value as usize;
        Ok(match raw[0] & !EXECUTABLE {
            0 => Object::Null,
            1 => Object::Int(i64::from(value.cast_signed())),
            2 if length == 0 => Object::Real(f32::from_bits(value)),
            2 if length <= 31 => {
                Object::Real((f64::from(value.cast_signed()) / f64::from(length).exp2()) as f32)
            }
            kind @ (3 | 6) => {
                let name = match length {
                    SYSTEM_NAME => machine.system_name(value, executable)?,
                    // A place among the names of a Display PostScript context.
                    0 => return Err(ErrorName::Undefined.into()),
                    length => {
                        let name = machine.names.intern(self.text(offset, length)?)?;
                        Object::Name(Attributes::new(executable), name)
                    }
                };
                match name {
                    Object::Name(_, name) if kind == 6 => machine.lookup(name).ok_or(ErrorName::Undefined)?,
                    name => name,
                }
            }
            4 => Object::Bool(value != 0),
            5 => {
                let text = self.text(offset, length)?.to_vec();
                Object::String(Attributes::new(executable), machine.vm.new_string(text)?)
            }
            9 => Object::Array(Attributes::new(executable), self.array(machine, offset, length)?),
            10 => Object::Mark,
            _ => return Err(ErrorName::SyntaxError.into()),
        })
    }
}

/// The names that have numbers (PLRM, appendix F).
#[rustfmt::skip]
const SYSTEM_NAMES: &[&str] = &[
    "abs", "add", "aload", "anchorsearch", "and", "arc", "arcn", "arct", "arcto", "array", "ashow", "astore",
    "awidthshow", "begin", "bind", "bitshift", "ceiling", "charpath", "clear", "cleartomark", "clip", "clippath",
    "closepath", "concat", "concatmatrix", "copy", "count", "counttomark", "currentcmykcolor", "currentdash",
    "currentdict", "currentfile", "currentfont", "currentgray", "currentgstate", "currenthsbcolor",
    "currentlinecap", "currentlinejoin", "currentlinewidth", "currentmatrix", "currentpoint", "currentrgbcolor",
    "currentshared", "curveto", "cvi", "cvlit", "cvn", "cvr", "cvrs", "cvs", "cvx", "def", "defineusername",
    "dict", "div", "dtransform", "dup", "end", "eoclip", "eofill", "eoviewclip", "eq", "exch", "exec", "exit",
    "file", "fill", "findfont", "flattenpath", "floor", "flush", "flushfile", "for", "forall", "ge", "get",
    "getinterval", "grestore", "gsave", "gstate", "gt", "identmatrix", "idiv", "idtransform", "if", "ifelse",
    "image", "imagemask", "index", "ineofill", "infill", "initviewclip", "inueofill", "inufill", "invertmatrix",
    "itransform", "known", "le", "length", "lineto", "load", "loop", "lt", "makefont", "matrix", "maxlength",
    "mod", "moveto", "mul", "ne", "neg", "newpath", "not", "null", "or", "pathbbox", "pathforall", "pop",
    "print", "printobject", "put", "putinterval", "rcurveto", "read", "readhexstring", "readline", "readstring",
    "rectclip", "rectfill", "rectstroke", "rectviewclip", "repeat", "restore", "rlineto", "rmoveto", "roll",
    "rotate", "round", "save", "scale", "scalefont", "search", "selectfont", "setbbox", "setcachedevice",
    "setcachedevice2", "setcharwidth", "setcmykcolor", "setdash", "setfont", "setgray", "setgstate",
    "sethsbcolor", "setlinecap", "setlinejoin", "setlinewidth", "setmatrix", "setrgbcolor", "setshared",
    "shareddict", "show", "showpage", "stop", "stopped", "store", "string", "stringwidth", "stroke",
    "strokepath", "sub", "systemdict", "token", "transform", "translate", "truncate", "type", "uappend",
    "ucache", "ueofill", "ufill", "undef", "upath", "userdict", "ustroke", "viewclip", "viewclippath", "where",
    "widthshow", "write", "writehexstring", "writeobject", "writestring", "wtranslation", "xor", "xshow",
    "xyshow", "yshow", "FontDirectory", "SharedFontDirectory", "Courier", "Courier-Bold", "Courier-BoldOblique",
    "Courier-Oblique", "Helvetica", "Helvetica-Bold", "Helvetica-BoldOblique", "Helvetica-Oblique", "Symbol",
    "Times-Bold", "Times-BoldItalic", "Times-Italic", "Times-Roman", "execuserobject", "currentcolor",
    "currentcolorspace", "currentglobal", "execform", "filter", "findresource", "globaldict", "makepattern",
    "setcolor", "setcolorspace", "setglobal", "setpagedevice", "setpattern",
];

#[cfg(test)]
mod tests {
    use crate::{Helpers, inspect};

    /// Pages of a program, and whether it ran to its end.
    fn pages(program: &[&[u8]]) -> (u64, u64, &'static str) {
        let report = inspect(&program.concat(), &Helpers::none());
        (report.pages.0, report.color_pages.0, report.status.name())
    }

    /// A check that prints a page when the operands are equal.
    const SAME: &[u8] = b" eq { showpage } { failed } ifelse ";

    #[test]
    fn numbers_strings_and_names_have_short_forms() {
        let table: &[(&[u8], &[u8])] = &[
            (b"\x84\0\x01\0\x02", b" 65538"),
            (b"\x85\x02\0\x01\0", b" 65538"),
            (b"\x86\xff\xfe", b" -2"),
            (b"\x87\xfe\xff", b" -2"),
            (b"\x88\xff", b" -1"),
            (b"\x89\x04\0\0\0\x18", b" 1.5"),
            (b"\x89\xa1\x03\0", b" 1.5"),
            (b"\x8a\x3f\xc0\0\0", b" 1.5"),
            (b"\x8b\0\0\xc0\x3f", b" 1.5"),
            (b"\x8d\x01", b" true"),
            (b"\x8e\x03(a\x92", b" (\\050a\\222)"),
            (b"\x8f\0\x02ab", b" (ab)"),
            (b"\x90\x02\0ab", b" (ab)"),
            (b"\x91\x01", b" /add"),
            (b"2 3 \x92\x01", b" 5"),
            (b"0 \x95\x20\0\x03\0\x01\0\x02\0\x03 {\x92\x01} \x92\x49", b" 6"),
        ];
        for (token, text) in table {
            assert_eq!(pages(&[b"%!PS\n", token, text, SAME]), (1, 0, "ok"), "{token:02x?}");
        }
    }

    /// `[1 0 0 setrgbcolor 0 0 9 9 rectfill showpage]` and a procedure `{ showpage } exec`, as a sequence.
    fn sequence(low: bool) -> Vec<u8> {
        let (system, int) = (u16::MAX, |value: u32| (1_u8, 0_u16, value));
        let name = |index: u32| (0x83_u8, system, index);
        let objects = [
            int(1),
            int(0),
            int(0),
            name(157),
            int(0),
            int(0),
            int(9),
            int(9),
            name(128),
            name(161),
            // An array of one object behind the top-level ones, and a name written out behind that.
            (0x89, 1, 12 * 8),
            (0x83, 4, 13 * 8),
            name(161),
        ];
        let order = |value: &[u8]| -> Vec<u8> {
            if low { value.iter().rev().copied().collect() } else { value.to_vec() }
        };
        let total = 4 + 13 * 8 + 4_u16;
        let mut bytes = vec![if low { 129 } else { 128 }, 12];
        bytes.extend(order(&total.to_be_bytes()));
        for (kind, length, value) in objects {
            bytes.extend([kind, 0]);
            bytes.extend(order(&length.to_be_bytes()));
            bytes.extend(order(&value.to_be_bytes()));
        }
        bytes.extend(b"exec");
        bytes
    }

    #[test]
    fn a_sequence_is_executed_where_it_stands() {
        for low in [false, true] {
            let sequence = sequence(low);
            assert_eq!(pages(&[b"%!PS\n", &sequence]), (2, 1, "ok"));
            // Inside braces it is a procedure in a procedure.
            assert_eq!(pages(&[b"%!PS\n{", &sequence, b"} exec exec"]), (2, 1, "ok"));
            assert_eq!(pages(&[b"%!PS\n", &sequence[..sequence.len() - 1]]).2, "failure");
            for chunk in [1, 3, 7] {
                let mut inspector = crate::Inspector::new(crate::Options::default());
                for bytes in [b"%!PS\n".as_slice(), &sequence].concat().chunks(chunk) {
                    inspector.push(bytes);
                }
                assert_eq!(inspector.finish().report().pages.0, 2);
            }
        }
    }

    #[test]
    fn what_is_not_well_formed_is_an_error_and_can_be_switched_off() {
        for broken in [
            &b"\x96 "[..],
            b"\x80\x01\0\x02",
            b"\x80\x01\0\x0c\x8b\0\0\0\0\0\0\0",
            b"\x92\xff ",
            b"\x89\x7f ",
        ] {
            assert_eq!(pages(&[b"%!PS\n", broken, b" showpage"]).2, "failure", "{broken:02x?}");
        }
        // An array that holds itself.
        let mut cycle = b"\x80\x01\0\x0c".to_vec();
        cycle.extend([0x09, 0, 0, 1, 0, 0, 0, 0]);
        assert_eq!(pages(&[b"%!PS\n", &cycle, b" pop showpage"]), (1, 0, "ok"));
        // Behind `0 setobjectformat` they are characters of names.
        assert_eq!(pages(&[b"%!PS\n0 setobjectformat /\x92\x84 { showpage } def \x92\x84"]), (1, 0, "ok"));
    }
}
