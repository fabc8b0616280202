//! The bytes of a stream: read in pieces, decrypted, decoded (ISO 32000-1 7.3.8, 7.4).

use crate::codec::{
    Ascii85, AsciiHex, Ccitt, CcittParams, Decoder, Flate, Lzw, Predictor, PredictorParams, RunLength, Status,
};

use super::document::{Document, PdfError};
use super::object::{Dict, Object, Stream};

/// A coding of pictures that is not undone to bytes here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Picture {
    /// DCTDecode; its `ColorTransform` parameter.
    Jpeg { colour_transform: Option<bool> },
    /// JPXDecode.
    Jpeg2000,
    /// JBIG2Decode: one bit a pixel.
    Jbig2,
}

/// A reader of one stream.
pub(super) struct StreamBytes {
    raw: Raw,
    stages: Vec<Stage>,
    picture: Option<Picture>,
    /// A filter of the chain is not known; there is nothing to read.
    unknown: bool,
}

struct Raw {
    at: u64,
    end: u64,
}

struct Stage {
    decoder: Box<dyn Decoder>,
    input: Vec<u8>,
    used: usize,
    input_over: bool,
    over: bool,
}

/// Raw bytes are read, and stages hand on, so many at a time.
const PIECE_BYTES: usize = 16 * 1024;
/// Filters a chain may have.
const FILTERS_MAX: usize = 16;

impl StreamBytes {
    /// Opens a stream with decryption.
    ///
    /// # Errors
    /// [`PdfError::Read`].
    pub(super) fn open(document: &mut Document<'_>, stream: &Stream) -> Result<Self, PdfError> {
        Self::open_with(document, stream, true)
    }

    /// Opens a stream that is never encrypted: a cross-reference stream.
    ///
    /// # Errors
    /// [`PdfError::Read`].
    pub(super) fn open_plain(document: &mut Document<'_>, stream: &Stream) -> Result<Self, PdfError> {
        Self::open_with(document, stream, false)
    }

    fn open_with(document: &mut Document<'_>, stream: &Stream, decrypt: bool) -> Result<Self, PdfError> {
        let end = data_end(document, stream)?;
        let (filters, params) = filter_chain(document, &stream.dict)?;
        let mut bytes =
            Self { raw: Raw { at: stream.offset, end }, stages: Vec::new(), picture: None, unknown: false };
        let crypt_filter = filters.iter().position(|filter| filter == b"Crypt");
        if let (true, Some(id), Some(crypt)) = (decrypt, stream.id, document.crypt()) {
            let named = crypt_filter
                .map(|place| params[place].raw(b"Name").as_name().unwrap_or(b"Identity").to_vec());
            if let Some(decoder) = crypt.stream(id, named.as_deref(), &stream.dict) {
                bytes.stages.push(Stage::new(decoder));
            }
        }
        for (filter, params) in filters.iter().zip(&params) {
            if !bytes.add_filter(filter, params) {
                break;
            }
        }
        Ok(bytes)
    }

    /// A chain for data that is already in memory: inline images. The caller feeds its `decode_slice`.
    pub(super) fn stages_of(document: &mut Document<'_>, dict: &Dict) -> Result<Self, PdfError> {
        let (filters, params) = filter_chain(document, dict)?;
        let mut bytes =
            Self { raw: Raw { at: 0, end: 0 }, stages: Vec::new(), picture: None, unknown: false };
        for (filter, params) in filters.iter().zip(&params) {
            if !bytes.add_filter(filter, params) {
                break;
            }
        }
        Ok(bytes)
    }

    /// The picture coding the bytes that come out still have.
    pub(super) fn picture(&self) -> Option<Picture> {
        self.picture
    }

    /// Whether no filter stands between the file and the reader.
    pub(super) fn is_raw(&self) -> bool {
        self.stages.is_empty()
    }

    /// Takes the stages out, for data that does not come from the file.
    pub(super) fn into_decoders(self) -> Vec<Box<dyn Decoder>> {
        self.stages.into_iter().map(|stage| stage.decoder).collect()
    }

    fn add_filter(&mut self, filter: &[u8], params: &Dict) -> bool {
        let decoder: Box<dyn Decoder> = match filter {
            b"FlateDecode" | b"Fl" => Box::new(Flate::default()),
            b"LZWDecode" | b"LZW" => Box::new(Lzw::new(params.raw(b"EarlyChange").as_int() != Some(0))),
            b"ASCII85Decode" | b"A85" => Box::new(Ascii85::default()),
            b"ASCIIHexDecode" | b"AHx" => Box::new(AsciiHex::default()),
            b"RunLengthDecode" | b"RL" => Box::new(RunLength::default()),
            b"CCITTFaxDecode" | b"CCF" => match Ccitt::new(ccitt_params(params)) {
                Ok(decoder) => Box::new(decoder),
                Err(_) => {
                    self.unknown = true;
                    return false;
                }
            },
            b"Crypt" => return true,
            b"DCTDecode" | b"DCT" => {
                let colour_transform = params.raw(b"ColorTransform").as_int().map(|transform| transform != 0);
                self.picture = Some(Picture::Jpeg { colour_transform });
                return false;
            }
            b"JPXDecode" => {
                self.picture = Some(Picture::Jpeg2000);
                return false;
            }
            b"JBIG2Decode" => {
                self.picture = Some(Picture::Jbig2);
                return false;
            }
            _ => {
                self.unknown = true;
                return false;
            }
        };
        self.stages.push(Stage::new(decoder));
        if matches!(filter, b"FlateDecode" | b"Fl" | b"LZWDecode" | b"LZW") {
            let int = |key: &[u8], default| params.raw(key).as_int().unwrap_or(default);
            let predictor = PredictorParams {
                predictor: int(b"Predictor", 1),
                colors: int(b"Colors", 1),
                bits: int(b"BitsPerComponent", 8),
                columns: int(b"Columns", 1),
            };
            match Predictor::new(predictor) {
                Ok(Some(predictor)) => self.stages.push(Stage::new(Box::new(predictor))),
                Ok(None) => {}
                Err(_) => self.unknown = true,
            }
        }
        true
    }

    /// Reads decoded bytes; 0 at the end. Damaged data ends early.
    ///
    /// # Errors
    /// [`PdfError::Read`].
    pub(super) fn read(&mut self, document: &Document<'_>, output: &mut [u8]) -> Result<usize, PdfError> {
        if self.unknown || output.is_empty() {
            return Ok(0);
        }
        let count = pull(&mut self.raw, &mut self.stages, document, output)?;
        if !self.stages.is_empty() && !document.spend(count) {
            return Ok(0);
        }
        Ok(count)
    }

    /// Fills the buffer as far as the stream goes.
    ///
    /// # Errors
    /// [`PdfError::Read`].
    pub(super) fn fill(&mut self, document: &Document<'_>, output: &mut [u8]) -> Result<usize, PdfError> {
        let mut filled = 0;
        while filled < output.len() {
            let count = self.read(document, &mut output[filled..])?;
            if count == 0 {
                break;
            }
            filled += count;
        }
        Ok(filled)
    }

    /// Reads all, at most `bytes_max`.
    ///
    /// # Errors
    /// [`PdfError::Read`].
    pub(super) fn read_to_end(
        &mut self,
        document: &Document<'_>,
        bytes_max: usize,
    ) -> Result<Vec<u8>, PdfError> {
        let mut out = Vec::new();
        let mut piece = vec![0; PIECE_BYTES];
        while out.len() < bytes_max {
            let count = self.read(document, &mut piece)?;
            if count == 0 {
                break;
            }
            out.extend_from_slice(&piece[..count.min(bytes_max - out.len())]);
        }
        Ok(out)
    }
}

impl Stage {
    fn new(decoder: Box<dyn Decoder>) -> Self {
        Self { decoder, input: Vec::new(), used: 0, input_over: false, over: false }
    }
}

/// Pulls bytes through the last stage, which pulls from the one before it.
fn pull(
    raw: &mut Raw,
    stages: &mut [Stage],
    document: &Document<'_>,
    output: &mut [u8],
) -> Result<usize, PdfError> {
    let Some((stage, before)) = stages.split_last_mut() else {
        let left = usize::try_from(raw.end - raw.at).unwrap_or(usize::MAX);
        let room = left.min(output.len());
        let count = document.source.read(raw.at, &mut output[..room])?;
        raw.at = if count == 0 { raw.end } else { raw.at + count as u64 };
        return Ok(count);
    };
    while !stage.over {
        let step = stage.decoder.decode(&stage.input[stage.used..], stage.input_over, output);
        let Ok(step) = step else {
            stage.over = true;
            break;
        };
        stage.used += step.consumed;
        match step.status {
            Status::End => stage.over = true,
            Status::NeedOutput => {}
            Status::NeedInput if step.produced > 0 => return Ok(step.produced),
            Status::NeedInput => {
                stage.input.drain(..stage.used);
                stage.used = 0;
                let kept = stage.input.len();
                stage.input.resize(kept + PIECE_BYTES, 0);
                let count = pull(raw, before, document, &mut stage.input[kept..])?;
                stage.input.truncate(kept + count);
                stage.input_over = count == 0;
                continue;
            }
        }
        if step.produced > 0 || step.status == Status::End {
            return Ok(step.produced);
        }
        if step.consumed == 0 {
            // Neither took nor gave: nothing can come of it.
            stage.over = true;
        }
    }
    Ok(0)
}

/// The filters and their parameters, resolved.
fn filter_chain(document: &mut Document<'_>, dict: &Dict) -> Result<(Vec<Vec<u8>>, Vec<Dict>), PdfError> {
    let either = |long: &[u8], short: &[u8]| {
        if dict.raw(long).is_null() { dict.raw(short) } else { dict.raw(long) }.clone()
    };
    let filter = document.resolve(&either(b"Filter", b"F"))?;
    let params = document.resolve(&either(b"DecodeParms", b"DP"))?;
    let list = |object: &Object| match object {
        Object::Array(items) => items.to_vec(),
        Object::Null => Vec::new(),
        single => vec![single.clone()],
    };
    let mut filters = Vec::new();
    for filter in list(&filter).iter().take(FILTERS_MAX) {
        filters.push(document.resolve(filter)?.as_name().unwrap_or_default().to_vec());
    }
    let mut resolved = Vec::new();
    for params in list(&params).iter().take(FILTERS_MAX) {
        let params = document.resolve(params)?;
        let mut entries = Vec::new();
        for (key, value) in params.as_dict().into_iter().flat_map(Dict::iter) {
            // Streams (JBIG2Globals) are not parameters of a decoder here.
            entries.push((key.into(), document.resolve(value)?));
        }
        resolved.push(Dict::new(entries));
    }
    resolved.resize_with(filters.len(), Dict::default);
    Ok((filters, resolved))
}

fn ccitt_params(params: &Dict) -> CcittParams {
    let int = |key: &[u8], default| params.raw(key).as_int().unwrap_or(default);
    let flag = |key: &[u8], default| params.raw(key).as_bool().unwrap_or(default);
    CcittParams {
        k: int(b"K", 0),
        columns: int(b"Columns", 1728),
        rows: int(b"Rows", 0),
        end_of_block: flag(b"EndOfBlock", true),
        end_of_line: flag(b"EndOfLine", false),
        byte_align: flag(b"EncodedByteAlign", false),
        black_is_1: flag(b"BlackIs1", false),
    }
}

/// Where the data of a stream ends: as `Length` says if `endstream` stands there, else at the next `endstream`.
fn data_end(document: &mut Document<'_>, stream: &Stream) -> Result<u64, PdfError> {
    let file_end = document.source.len();
    let length =
        document.get(&stream.dict, b"Length")?.as_int().and_then(|length| u64::try_from(length).ok());
    if let Some(end) =
        length.and_then(|length| stream.offset.checked_add(length)).filter(|end| *end <= file_end)
    {
        let confirmed = document.source.with(end, 32, |bytes| {
            let spaces = bytes.iter().take_while(|byte| crate::codec::is_space(**byte)).count();
            bytes[spaces..].starts_with(b"endstream") || bytes[spaces..].starts_with(b"endobj")
        })?;
        if confirmed {
            return Ok(end);
        }
    }
    let found = match document.source.find(b"endstream", stream.offset, file_end)? {
        Some(found) => Some(found),
        None => document.source.find(b"endobj", stream.offset, file_end)?,
    };
    Ok(match found {
        Some(end) => {
            // The end of line before the keyword is not data.
            let before = document.source.with(end.saturating_sub(2), 2, |bytes| [bytes[0], bytes[1]])?;
            let line_end = match before {
                [b'\r', b'\n'] => 2,
                [_, b'\n' | b'\r'] => 1,
                _ => 0,
            };
            end.saturating_sub(line_end).max(stream.offset)
        }
        None => file_end,
    })
}
