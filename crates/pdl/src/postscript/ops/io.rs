//! Files and output. Programs can read the job and what they build in memory; output is thrown away, other files
//! do not exist.

use super::super::files::{self, File, Fill, fill};
use super::super::machine::{Frame, Machine, Next, Task};
use super::super::object::{Attributes, Done, ErrorName, Fault, FileId, Object, Span};
use super::super::scanner::Scanned;
use super::Entry;

pub(super) const TABLE: &[Entry] = &[
    ("file", open),
    ("closefile", |m| {
        let file = m.pop_file()?;
        files::close(&mut m.vm, file);
        Ok(())
    }),
    ("currentfile", |m| {
        let file = m.current_file();
        match file {
            Some(file) => m.push_object(Object::File(Attributes::new(false), file)),
            None => {
                let empty = m.vm.new_file(File::memory(Vec::new()))?;
                m.push_object(Object::File(Attributes::new(false), empty))
            }
        }
    }),
    ("read", |m| {
        let file = m.pop_file()?;
        m.begin(ReadByte { file })
    }),
    ("readstring", |m| read_into(m, Form::Bytes)),
    ("readhexstring", |m| read_into(m, Form::Hex { high: None })),
    ("readline", |m| read_into(m, Form::Line { after_return: false })),
    ("token", token),
    ("bytesavailable", |m| {
        let file = m.pop_file()?;
        let count = m.vm.file(file).map_or(0, |file| file.available().len() as i64);
        m.push_int(if count == 0 { -1 } else { count })
    }),
    ("flush", |_| Ok(())),
    ("flushfile", |m| {
        let file = m.pop_file()?;
        if m.vm.file(file).is_some_and(File::is_sink) { Ok(()) } else { m.begin(Flush { file }) }
    }),
    ("resetfile", |m| m.pop_file().map(drop)),
    ("status", status),
    ("run", |m| {
        let name = m.pop_string()?;
        match m.vm.string(name) {
            b"%stdin" => m.push_frame(Frame::File(m.job)),
            _ => Err(ErrorName::UndefinedFileName.into()),
        }
    }),
    ("runlibfile", |m| {
        m.pop_string()?;
        Err(ErrorName::UndefinedFileName.into())
    }),
    ("write", |m| m.operands.drop_top(2)),
    ("writestring", |m| m.operands.drop_top(2)),
    ("writehexstring", |m| m.operands.drop_top(2)),
    ("writeobject", |m| m.operands.drop_top(3)),
    ("printobject", |m| m.operands.drop_top(2)),
    ("setobjectformat", |m| {
        let format = m.pop_int()?;
        if !(0..=4).contains(&format) {
            return Err(ErrorName::RangeCheck.into());
        }
        m.object_format = format;
        Ok(())
    }),
    ("currentobjectformat", |m| m.push_int(m.object_format)),
    ("print", |m| m.pop_string().map(drop)),
    ("=", |m| m.pop().map(drop)),
    ("==", |m| m.pop().map(drop)),
    ("=only", |m| m.pop().map(drop)),
    ("==only", |m| m.pop().map(drop)),
    ("stack", |_| Ok(())),
    ("pstack", |_| Ok(())),
    ("prompt", |_| Ok(())),
    ("echo", |m| m.pop_bool().map(drop)),
    ("deletefile", |_| Err(ErrorName::InvalidFileAccess.into())),
    ("renamefile", |_| Err(ErrorName::InvalidFileAccess.into())),
    ("filenameforall", |m| m.operands.drop_top(3)),
    ("fileposition", |m| {
        let file = m.pop_file()?;
        match m.vm.file(file).and_then(File::position) {
            Some((at, _)) => m.push_int(at as i64),
            None => Err(ErrorName::IoError.into()),
        }
    }),
    ("setfileposition", |m| {
        let (at, file) = (m.pop_int()?, m.pop_file()?);
        match (usize::try_from(at), m.vm.file_mut(file)) {
            (Ok(at), Some(file)) if file.position().is_some() => {
                file.seek(at);
                Ok(())
            }
            _ => Err(ErrorName::IoError.into()),
        }
    }),
];

fn open(m: &mut Machine) -> Done {
    let (_access, name) = (m.pop_string()?, m.pop_string()?);
    let file = match m.vm.string(name) {
        b"%stdin" | b"%lineedit" | b"%statementedit" => m.job,
        b"%stdout" | b"%stderr" => m.vm.new_file(File::sink())?,
        _ => return Err(ErrorName::UndefinedFileName.into()),
    };
    m.push_object(Object::File(Attributes::new(false), file))
}

/// `file status bool`, or `(name) status false`: no such file.
fn status(m: &mut Machine) -> Done {
    match m.pop()? {
        Object::File(_, file) => {
            let open = m.vm.file(file).is_some_and(|file| !file.is_closed());
            m.push_bool(open)
        }
        Object::String(..) => m.push_bool(false),
        _ => Err(ErrorName::TypeCheck.into()),
    }
}

struct ReadByte {
    file: FileId,
}

impl Task for ReadByte {
    fn step(&mut self, m: &mut Machine) -> Result<Next, Fault> {
        match m.look(self.file)?.first().copied() {
            Some(byte) => {
                m.take(self.file, 1);
                m.push_int(byte.into())?;
                m.push_bool(true)?;
            }
            None => m.push_bool(false)?,
        }
        Ok(Next::Done)
    }

    fn roots(&self) -> Vec<Object> {
        vec![Object::File(Attributes::default(), self.file)]
    }
}

fn read_into(m: &mut Machine, form: Form) -> Done {
    let span = m.pop_string()?;
    let file = m.pop_file()?;
    if span.len == 0 && !matches!(form, Form::Line { .. }) {
        return Err(ErrorName::RangeCheck.into());
    }
    m.begin(ReadInto { file, span, filled: 0, form })
}

#[derive(Clone, Copy)]
enum Form {
    Bytes,
    Hex { high: Option<u8> },
    Line { after_return: bool },
}

/// `readstring`, `readhexstring` and `readline`.
struct ReadInto {
    file: FileId,
    span: Span,
    filled: u32,
    form: Form,
}

impl ReadInto {
    /// Takes what is there; true when the string or line is complete.
    fn take(&mut self, m: &mut Machine) -> Result<bool, Fault> {
        let room =
            Span { start: self.span.start + self.filled, len: self.span.len - self.filled, ..self.span };
        let Some(source) = m.vm.file(self.file) else { return Ok(false) };
        let bytes = source.available();
        let (used, complete) = match &mut self.form {
            Form::Bytes => {
                let count = bytes.len().min(room.len as usize);
                let bytes = bytes[..count].to_vec();
                m.vm.string_mut(Span { len: count as u32, ..room }).copy_from_slice(&bytes);
                self.filled += count as u32;
                (count, self.filled == self.span.len)
            }
            Form::Hex { high } => {
                let mut out = Vec::with_capacity(room.len as usize);
                let mut used = 0;
                for byte in bytes {
                    if out.len() == room.len as usize {
                        break;
                    }
                    used += 1;
                    // Anything that is no digit is skipped (PLRM `readhexstring`).
                    let Some(digit) = crate::codec::AsciiHex::digit(*byte) else { continue };
                    match high.take() {
                        None => *high = Some(digit),
                        Some(first) => out.push(first << 4 | digit),
                    }
                }
                m.vm.string_mut(Span { len: out.len() as u32, ..room }).copy_from_slice(&out);
                self.filled += out.len() as u32;
                (used, self.filled == self.span.len)
            }
            Form::Line { after_return } => {
                let mut used = 0;
                let mut complete = false;
                let mut out = Vec::new();
                for byte in bytes {
                    if *after_return {
                        // The line feed belongs to the carriage return; anything else is the next line's.
                        used += usize::from(*byte == b'\n');
                        complete = true;
                        break;
                    }
                    used += 1;
                    match byte {
                        b'\n' => {
                            complete = true;
                            break;
                        }
                        b'\r' => *after_return = true,
                        other => out.push(*other),
                    }
                }
                if out.len() > room.len as usize {
                    return Err(ErrorName::RangeCheck.into());
                }
                m.vm.string_mut(Span { len: out.len() as u32, ..room }).copy_from_slice(&out);
                self.filled += out.len() as u32;
                (used, complete)
            }
        };
        m.take(self.file, used);
        Ok(complete)
    }
}

impl Task for ReadInto {
    fn step(&mut self, m: &mut Machine) -> Result<Next, Fault> {
        let complete = loop {
            if self.take(m)? {
                break true;
            }
            if fill(&mut m.vm, self.file)? == Fill::End {
                break matches!(self.form, Form::Line { after_return: true });
            }
        };
        m.push_object(Object::String(Attributes::new(false), Span { len: self.filled, ..self.span }))?;
        m.push_bool(complete)?;
        Ok(Next::Done)
    }

    fn roots(&self) -> Vec<Object> {
        vec![Object::File(Attributes::default(), self.file), Object::String(Attributes::default(), self.span)]
    }
}

struct Flush {
    file: FileId,
}

impl Task for Flush {
    fn step(&mut self, m: &mut Machine) -> Result<Next, Fault> {
        loop {
            let count = m.look(self.file)?.len();
            if count == 0 {
                return Ok(Next::Done);
            }
            m.take(self.file, count);
        }
    }

    fn roots(&self) -> Vec<Object> {
        vec![Object::File(Attributes::default(), self.file)]
    }
}

fn token(m: &mut Machine) -> Done {
    match m.pop()? {
        Object::File(_, file) => m.begin(Token { file }),
        Object::String(attributes, span) => {
            let file = m.vm.new_file(File::memory(m.vm.string(span).to_vec()))?;
            let scanner = std::mem::take(&mut m.scanner);
            let scanned = m.scan(file);
            m.scanner = scanner;
            match scanned? {
                Scanned::Object(object) | Scanned::Sequence(object) => {
                    let used = m.vm.file(file).and_then(File::position).map_or(0, |(at, _)| at as u32);
                    let rest = Span { id: span.id, start: span.start + used, len: span.len - used };
                    m.push_object(Object::String(attributes, rest))?;
                    m.push_object(object)?;
                    m.push_bool(true)
                }
                Scanned::End => m.push_bool(false),
            }
        }
        _ => Err(ErrorName::TypeCheck.into()),
    }
}

struct Token {
    file: FileId,
}

impl Task for Token {
    fn step(&mut self, m: &mut Machine) -> Result<Next, Fault> {
        match m.scan(self.file)? {
            Scanned::Object(object) | Scanned::Sequence(object) => {
                m.push_object(object)?;
                m.push_bool(true)?;
            }
            Scanned::End => m.push_bool(false)?,
        }
        Ok(Next::Done)
    }

    fn roots(&self) -> Vec<Object> {
        vec![Object::File(Attributes::default(), self.file)]
    }
}
