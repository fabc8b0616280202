//! `filter` and `eexec` (PLRM 3.13).

use crate::codec::{
    Ascii85, AsciiHex, Ccitt, CcittParams, Decoder, Flate, Lzw, Predictor, PredictorParams, RunLength,
};

use super::super::files::{DctCollector, File, Null, Source, SubFile};
use super::super::machine::{Frame, Machine};
use super::super::object::{Attributes, DictId, Done, ErrorName, Fault, FileId, Object};
use super::Entry;

pub(super) const TABLE: &[Entry] = &[
    ("filter", filter),
    ("eexec", |m| {
        let source = match m.pop()? {
            Object::File(_, file) => file,
            Object::String(_, span) => m.vm.new_file(File::memory(m.vm.string(span).to_vec()))?,
            _ => return Err(ErrorName::TypeCheck.into()),
        };
        let file = m.vm.new_file(File::eexec(source))?;
        m.dicts.push(m.system.system);
        m.push_frame(Frame::File(file))
    }),
];

/// The filters `filter` knows: also what `resourceforall` tells.
pub(super) const NAMES: [&str; 22] = [
    "ASCII85Decode",
    "ASCII85Encode",
    "ASCIIHexDecode",
    "ASCIIHexEncode",
    "CCITTFaxDecode",
    "CCITTFaxEncode",
    "DCTDecode",
    "DCTEncode",
    "FlateDecode",
    "FlateEncode",
    "LZWDecode",
    "LZWEncode",
    "NullEncode",
    "ReusableStreamDecode",
    "RunLengthDecode",
    "RunLengthEncode",
    "SubFileDecode",
    "PNGPredictorDecode",
    "TIFFPredictorDecode",
    "eexecDecode",
    "BCPDecode",
    "TBCPDecode",
];

fn filter(m: &mut Machine) -> Done {
    let name = m.pop_name()?;
    let name = m.names.text(name).to_vec();
    if !NAMES.iter().any(|known| known.as_bytes() == name) {
        return Err(ErrorName::Undefined.into());
    }
    if name.ends_with(b"Encode") {
        // What is encoded is output. The parameters are whatever lies above the target.
        if name == b"RunLengthEncode" {
            m.pop_int()?;
        }
        pop_params(m)?;
        m.pop()?;
        let sink = m.vm.new_file(File::sink())?;
        return m.push_object(Object::File(Attributes::new(false), sink));
    }
    let (count, pattern) = match &name[..] {
        b"SubFileDecode" if matches!(m.operands.peek(0)?, Object::String(..)) => {
            let pattern = m.pop_string()?;
            (Some(m.pop_int()?), m.vm.string(pattern).to_vec())
        }
        _ => (None, Vec::new()),
    };
    let params = pop_params(m)?;
    let object = m.pop()?;
    let source = source(m, object)?;
    let file = match (&name[..], params) {
        (b"DCTDecode", params) => {
            let transform = number(m, params, b"ColorTransform").map(|transform| transform != 0);
            m.vm.new_file(File::dct(source, DctCollector::new(transform)))?
        }
        (b"eexecDecode", _) => {
            let below = match source {
                Source::File(file) | Source::Procedure { given: file, .. } => file,
            };
            m.vm.new_file(File::eexec(below))?
        }
        (b"SubFileDecode", params) => {
            let pattern = match params.and_then(|params| entry(m, params, b"EODString")) {
                Some(Object::String(_, span)) => m.vm.string(span).to_vec(),
                _ => pattern,
            };
            let count = count.or(number(m, params, b"EODCount")).unwrap_or(0).max(0);
            m.vm.new_file(File::filter(source, Box::new(SubFile::new(count as u64, pattern))))?
        }
        (b"ReusableStreamDecode", Some(params)) => return reusable(m, source, params),
        (b"ReusableStreamDecode", None) => {
            let source = file_of(m, source)?;
            return m.begin(Collect { source, bytes: Vec::new() });
        }
        (name, params) => decoding(m, source, name, params)?,
    };
    m.push_object(Object::File(Attributes::new(false), file))
}

/// The parameter dictionary, if there is one.
fn pop_params(m: &mut Machine) -> Result<Option<DictId>, Fault> {
    match m.operands.peek(0)? {
        Object::Dict(id) => {
            m.pop()?;
            Ok(Some(id))
        }
        _ => Ok(None),
    }
}

/// What a filter reads from: a file, a string, a procedure.
pub(super) fn source(m: &mut Machine, object: Object) -> Result<Source, Fault> {
    match object {
        Object::File(_, file) => Ok(Source::File(file)),
        Object::String(_, span) => Ok(Source::File(m.vm.new_file(File::memory(m.vm.string(span).to_vec()))?)),
        Object::Array(..) | Object::Operator(_) | Object::Name(..) => {
            let given = m.vm.new_file(File::mailbox())?;
            Ok(Source::Procedure { procedure: object.with_executable(true), given })
        }
        _ => Err(ErrorName::TypeCheck.into()),
    }
}

fn file_of(m: &mut Machine, source: Source) -> Result<FileId, Fault> {
    match source {
        Source::File(file) => Ok(file),
        Source::Procedure { .. } => m.vm.new_file(File::filter(source, Box::new(Null))),
    }
}

fn entry(m: &mut Machine, dict: DictId, key: &[u8]) -> Option<Object> {
    let name = m.names.intern(key).ok()?;
    m.dict_get(dict, name)
}

fn number(m: &mut Machine, dict: Option<DictId>, key: &[u8]) -> Option<i64> {
    entry(m, dict?, key)?.as_number().map(|number| number as i64)
}

fn flag(m: &mut Machine, dict: Option<DictId>, key: &[u8], default: bool) -> bool {
    match dict.and_then(|dict| entry(m, dict, key)) {
        Some(Object::Bool(value)) => value,
        _ => default,
    }
}

/// A decoding filter (with its predictor) as a file.
fn decoding(m: &mut Machine, source: Source, name: &[u8], params: Option<DictId>) -> Result<FileId, Fault> {
    let range = |_| Fault::Error(ErrorName::RangeCheck);
    let decoder: Box<dyn Decoder + Send> = match name {
        b"ASCII85Decode" => Box::new(Ascii85::default()),
        b"ASCIIHexDecode" => Box::new(AsciiHex::default()),
        b"RunLengthDecode" => Box::new(RunLength::default()),
        b"FlateDecode" => Box::new(Flate::default()),
        b"LZWDecode" => Box::new(Lzw::new(number(m, params, b"EarlyChange") != Some(0))),
        b"CCITTFaxDecode" => {
            let params = CcittParams {
                k: number(m, params, b"K").unwrap_or(0),
                columns: number(m, params, b"Columns").unwrap_or(1728),
                rows: number(m, params, b"Rows").unwrap_or(0),
                end_of_block: flag(m, params, b"EndOfBlock", true),
                end_of_line: flag(m, params, b"EndOfLine", false),
                byte_align: flag(m, params, b"EncodedByteAlign", false),
                black_is_1: flag(m, params, b"BlackIs1", false),
            };
            Box::new(Ccitt::new(params).map_err(range)?)
        }
        _ => Box::new(Null),
    };
    let own_predictor = matches!(name, b"PNGPredictorDecode" | b"TIFFPredictorDecode");
    let file = m.vm.new_file(File::filter(source, decoder))?;
    if !own_predictor && !matches!(name, b"FlateDecode" | b"LZWDecode") {
        return Ok(file);
    }
    let default = match name {
        b"PNGPredictorDecode" => 15,
        b"TIFFPredictorDecode" => 2,
        _ => 1,
    };
    let predictor = PredictorParams {
        predictor: if own_predictor { default } else { number(m, params, b"Predictor").unwrap_or(default) },
        colors: number(m, params, b"Colors").unwrap_or(1),
        bits: number(m, params, b"BitsPerComponent").unwrap_or(8),
        columns: number(m, params, b"Columns").unwrap_or(1),
    };
    match Predictor::new(predictor).map_err(range)? {
        Some(predictor) => m.vm.new_file(File::filter(Source::File(file), Box::new(predictor))),
        None => Ok(file),
    }
}

/// ReusableStreamDecode: filters named in its parameters, then everything is read at once.
fn reusable(m: &mut Machine, source: Source, params: DictId) -> Done {
    let list = |m: &Machine, object: Option<Object>| match object {
        Some(Object::Array(_, span)) => m.vm.array(span).to_vec(),
        Some(Object::Null) | None => Vec::new(),
        Some(single) => vec![single],
    };
    let filters = entry(m, params, b"Filter");
    let filters = list(m, filters);
    let decode = entry(m, params, b"DecodeParms");
    let decode = list(m, decode);
    let mut file = file_of(m, source)?;
    for (index, filter) in filters.iter().enumerate() {
        let name = m.text_of(filter).ok_or(ErrorName::TypeCheck)?.to_vec();
        let params = match decode.get(index) {
            Some(Object::Dict(id)) => Some(*id),
            _ => None,
        };
        file = decoding(m, Source::File(file), &name, params)?;
    }
    m.begin(Collect { source: file, bytes: Vec::new() })
}

/// Larger reusable streams are refused.
const REUSABLE_BYTES_MAX: usize = 64 << 20;

/// Reads a file to its end and leaves a file in memory.
struct Collect {
    source: FileId,
    bytes: Vec<u8>,
}

impl super::super::machine::Task for Collect {
    fn step(&mut self, m: &mut Machine) -> Result<super::super::machine::Next, Fault> {
        loop {
            let bytes = m.look(self.source)?;
            if bytes.is_empty() {
                break;
            }
            let count = bytes.len();
            self.bytes.extend_from_slice(bytes);
            m.take(self.source, count);
            if self.bytes.len() > REUSABLE_BYTES_MAX {
                return Err(ErrorName::LimitCheck.into());
            }
        }
        let file = m.vm.new_file(File::memory(std::mem::take(&mut self.bytes)))?;
        m.push_object(Object::File(Attributes::new(false), file))?;
        Ok(super::super::machine::Next::Done)
    }

    fn roots(&self) -> Vec<Object> {
        vec![Object::File(Attributes::default(), self.source)]
    }
}
