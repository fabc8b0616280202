//! Pictures (ISO 32000-1 8.9): their samples, as far as a coloured one must be found.

use std::io::{self, Read};
use std::rc::Rc;

use crate::codec::Decoder;
use crate::graphics::{Reading, Rect, Samples, Shape};
use crate::image::{Tint, jp2, jpeg};

use super::super::document::{Document, PdfError};
use super::super::functions::numbers;
use super::super::object::{Dict, Object, Stream};
use super::super::space::Space;
use super::super::stream::{Picture as Coding, StreamBytes};
use super::operators::Side;
use super::reader::{ContentReader, Item};
use super::{CACHE_MAX, Frame, Painter, Run};

/// The short names of inline pictures (ISO 32000-1 tables 93 and 94).
const SHORT: [(&[u8], &[u8]); 9] = [
    (b"BPC", b"BitsPerComponent"),
    (b"CS", b"ColorSpace"),
    (b"D", b"Decode"),
    (b"DP", b"DecodeParms"),
    (b"F", b"Filter"),
    (b"H", b"Height"),
    (b"IM", b"ImageMask"),
    (b"I", b"Interpolate"),
    (b"W", b"Width"),
];

impl Painter<'_, '_> {
    /// Paints an image XObject.
    pub(super) fn picture(
        &mut self,
        stream: &Rc<Stream>,
        run: &Run,
        frame: &mut Frame,
    ) -> Result<(), PdfError> {
        if run.state.fill_alpha <= 0.0 {
            return Ok(());
        }
        let area = run.state.ctm.bounds(Rect::new(0.0, 0.0, 1.0, 1.0));
        let mask = self.document.get(&stream.dict, b"ImageMask")?.as_bool() == Some(true);
        let veiled = mask || !stream.dict.raw(b"SMask").is_null() || !stream.dict.raw(b"Mask").is_null();
        let coloured = if mask {
            !run.state.fill.space.is_nothing() && self.paints_colour(run, frame, Side::Fill)?
        } else {
            let visible = area.and(run.state.clip);
            if visible.is_nowhere() { false } else { self.picture_has_colour(stream, frame)? }
        };
        let opaque = !veiled && run.state.ctm.is_upright() && run.state.fill_alpha >= 1.0;
        self.mark(&run.state, area, coloured, opaque);
        Ok(())
    }

    fn picture_has_colour(&mut self, stream: &Rc<Stream>, frame: &mut Frame) -> Result<bool, PdfError> {
        let number = stream.id.map(|id| id.number);
        if let Some(known) = number.and_then(|number| self.pictures.get(&number)) {
            return Ok(*known);
        }
        let mut bytes = StreamBytes::open(self.document, stream)?;
        let coding = bytes.picture();
        let own_space = coding == Some(Coding::Jpeg2000) && stream.dict.raw(b"ColorSpace").is_null();
        let coloured = match self.plan(&stream.dict, coding, frame)? {
            Plan::Known(coloured) => coloured,
            Plan::Look { space, samples } => match coding {
                Some(Coding::Jpeg { colour_transform }) => {
                    let decode = numbers(self.document, &stream.dict, b"Decode")?;
                    let mut source = Source { bytes: &mut bytes, document: self.document, error: None };
                    let tint = jpeg_tint(&mut source, colour_transform, &decode);
                    if let Some(error) = source.error {
                        return Err(error);
                    }
                    self.judge_jpeg(tint, &space)
                }
                Some(Coding::Jpeg2000) => {
                    let mut tint = Some(Tint::Unknown(jp2::MAY_BE_COLOR));
                    if own_space {
                        // The picture's own space counts only without one in the dictionary (ISO 32000-1 7.4.9).
                        let mut head = vec![0; jp2::HEAD_BYTES];
                        let count = bytes.fill(self.document, &mut head)?;
                        tint = jp2::tint(&head[..count]);
                    }
                    if let Some(Tint::Unknown(why)) = tint {
                        self.doubt = Some(why);
                    }
                    // What is no picture paints nothing.
                    matches!(tint, Some(Tint::Unknown(_) | Tint::Color))
                }
                Some(Coding::Jbig2) => !space.is_gray(),
                None => {
                    let mut samples = samples;
                    let mut piece = vec![0; 32 * 1024];
                    while samples.bytes_left() > 0 && !samples.is_decided() {
                        let count = bytes.read(self.document, &mut piece)?;
                        if count == 0 {
                            break;
                        }
                        samples.push(&piece[..count]);
                    }
                    judge(&samples, &space)
                }
            },
        };
        if let Some(number) = number {
            if self.pictures.len() >= CACHE_MAX {
                self.pictures.clear();
            }
            self.pictures.insert(number, coloured);
        }
        Ok(coloured)
    }

    /// What must be done to know a picture's colours.
    fn plan(&mut self, dict: &Dict, coding: Option<Coding>, frame: &mut Frame) -> Result<Plan, PdfError> {
        let space = match dict.raw(b"ColorSpace") {
            Object::Null => None,
            Object::Name(name) => self.space_named(&Rc::clone(name), frame)?,
            other => self.space_of(&other.clone(), &frame.resources)?,
        };
        let space = match (space, coding) {
            (Some(space), _) => space,
            (None, Some(Coding::Jpeg { .. } | Coding::Jpeg2000)) => Rc::new(Space::Rgb),
            (None, _) => Rc::new(Space::Gray),
        };
        if space.is_gray() {
            return Ok(Plan::Known(false));
        }
        let int =
            |painter: &mut Self, key: &[u8]| painter.document.get(dict, key).map(|value| value.as_int());
        let (width, height) = (int(self, b"Width")?.unwrap_or(0), int(self, b"Height")?.unwrap_or(0));
        let bits = int(self, b"BitsPerComponent")?.unwrap_or(8);
        let bits = if coding.is_some() { 8 } else { u32::try_from(bits).unwrap_or(8) };
        let decode = numbers(self.document, dict, b"Decode")?;
        let shape = Shape {
            width: u64::try_from(width).unwrap_or(0),
            height: u64::try_from(height).unwrap_or(0),
            bits,
            components: space.components(),
            decode: if decode.is_empty() { space.default_decode(bits) } else { decode },
        };
        let reading = reading(&space, &shape);
        Ok(match Samples::new(shape, reading) {
            Some(samples) => Plan::Look { space, samples },
            None => Plan::Known(false),
        })
    }

    fn judge_jpeg(&mut self, tint: Option<(u8, Tint)>, space: &Space) -> bool {
        match (tint, space) {
            // Not even a header: nothing is painted.
            (None, _) => false,
            (Some((1, _)), Space::Indexed { .. } | Space::Tint { .. }) => !space.is_gray(),
            (Some((1, _)), _) | (Some((_, Tint::Gray)), Space::Rgb | Space::Cmyk) => false,
            (Some((_, Tint::Color)), _) => true,
            (Some(_), Space::Lab | Space::Tint { .. }) => {
                self.doubt = Some("the samples of a picture were not decoded");
                true
            }
            (Some((_, Tint::Unknown(why))), _) => {
                self.doubt = Some(why);
                true
            }
            (Some((_, Tint::Gray)), _) => false,
        }
    }

    /// `BI … ID … EI` (ISO 32000-1 8.9.7).
    pub(super) fn inline_picture(
        &mut self,
        run: &mut Run,
        frame: &mut Frame,
        reader: &mut ContentReader,
    ) -> Result<(), PdfError> {
        let mut entries: Vec<(Rc<[u8]>, Object)> = Vec::new();
        let mut key: Option<Rc<[u8]>> = None;
        loop {
            match reader.next(self.document)? {
                Item::End => return Ok(()),
                Item::Operator(word) if word.as_bytes() == b"ID" => break,
                Item::Operator(_) => key = None,
                Item::Operand(value) => match (key.take(), value) {
                    (None, Object::Name(name)) => {
                        let long =
                            SHORT.iter().find(|(short, _)| **short == *name).map(|(_, long)| Rc::from(*long));
                        key = Some(long.unwrap_or(name));
                    }
                    (None, _) => {}
                    (Some(key), value) => entries.push((key, value)),
                },
            }
        }
        let dict = Dict::new(entries);
        let mask = dict.raw(b"ImageMask").as_bool() == Some(true);
        let chain = StreamBytes::stages_of(self.document, &dict)?;
        let coding = chain.picture();
        let plan = if mask { Plan::Known(false) } else { self.plan(&dict, coding, frame)? };
        let plain = chain.is_raw() && coding.is_none();
        let length = if plain { self.plain_length(&dict, mask, frame)? } else { None };
        let data = reader.inline_data(self.document, length)?;
        if run.is_hidden() || run.state.fill_alpha <= 0.0 {
            return Ok(());
        }
        let coloured = match plan {
            _ if mask => !run.state.fill.space.is_nothing() && self.paints_colour(run, frame, Side::Fill)?,
            Plan::Known(coloured) => coloured,
            Plan::Look { space, mut samples } => {
                let decoded = decode(chain.into_decoders(), data, samples.bytes_left());
                match coding {
                    Some(Coding::Jpeg { colour_transform }) => {
                        let decode = numbers(self.document, &dict, b"Decode")?;
                        let tint = jpeg_tint(&mut decoded.as_slice(), colour_transform, &decode);
                        self.judge_jpeg(tint, &space)
                    }
                    Some(Coding::Jpeg2000 | Coding::Jbig2) => !space.is_gray(),
                    None => {
                        samples.push(&decoded);
                        judge(&samples, &space)
                    }
                }
            }
        };
        let area = run.state.ctm.bounds(Rect::new(0.0, 0.0, 1.0, 1.0));
        let opaque = !mask && run.state.ctm.is_upright() && run.state.fill_alpha >= 1.0;
        self.mark(&run.state, area, coloured, opaque);
        Ok(())
    }

    /// How long the data of an unfiltered inline picture is.
    fn plain_length(
        &mut self,
        dict: &Dict,
        mask: bool,
        frame: &mut Frame,
    ) -> Result<Option<usize>, PdfError> {
        let int = |key: &[u8], default: u64| {
            dict.raw(key).as_int().and_then(|value| u64::try_from(value).ok()).unwrap_or(default)
        };
        let components = match dict.raw(b"ColorSpace") {
            Object::Name(name) => {
                self.space_named(&Rc::clone(name), frame)?.map_or(1, |space| space.components())
            }
            Object::Null => 1,
            other => self.space_of(&other.clone(), &frame.resources)?.map_or(1, |space| space.components()),
        };
        let bits = if mask { 1 } else { int(b"BitsPerComponent", 8) };
        let row = int(b"Width", 0)
            .checked_mul(bits)
            .and_then(|bits| bits.checked_mul(components as u64))
            .map(|bits| bits.div_ceil(8));
        let length = row.and_then(|row| row.checked_mul(int(b"Height", 0)));
        Ok(length.and_then(|length| usize::try_from(length).ok()))
    }
}

enum Plan {
    Known(bool),
    Look { space: Rc<Space>, samples: Samples },
}

/// How samples of a space are judged; where few values are possible, all are asked about beforehand.
fn reading(space: &Space, shape: &Shape) -> Reading {
    match space {
        Space::Gray | Space::Nothing { .. } | Space::Black { .. } | Space::Pattern(_) => Reading::Blind,
        Space::Rgb => Reading::Rgb,
        Space::Cmyk => Reading::Cmyk,
        Space::Lab => Reading::Distinct,
        Space::Indexed { .. } | Space::Tint { count: 1, .. } if shape.bits <= 8 => {
            let highest = (1_u32 << shape.bits) - 1;
            let (from, to) = match shape.decode[..] {
                [from, to] => (from, to),
                _ => (0.0, 1.0),
            };
            let value = |raw: u32| from + f64::from(raw) / f64::from(highest) * (to - from);
            Reading::Palette((0..=highest).map(|raw| space.is_coloured(&[value(raw)])).collect())
        }
        Space::Indexed { .. } | Space::Tint { .. } => Reading::Distinct,
    }
}

/// The verdict on samples that were looked at.
fn judge(samples: &Samples, space: &Space) -> bool {
    samples.is_coloured() || samples.distinct().any(|sample| space.is_coloured(&sample))
}

/// Components and tint of JPEG data; `None` without a header.
fn jpeg_tint(data: &mut dyn Read, transform: Option<bool>, decode: &[f64]) -> Option<(u8, Tint)> {
    let inverted = decode.chunks_exact(2).any(|pair| pair[0] > pair[1]);
    let reading = jpeg::Reading { transform, inverted_inks: Some(inverted), ..jpeg::Reading::default() };
    jpeg::read(data, reading).ok().map(|jpeg| (jpeg.components, jpeg.tint))
}

/// A stream as a source of JPEG data.
struct Source<'s, 'd, 'a> {
    bytes: &'s mut StreamBytes,
    document: &'d Document<'a>,
    error: Option<PdfError>,
}

impl Read for Source<'_, '_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.bytes.read(self.document, buffer) {
            Ok(count) => Ok(count),
            Err(error) => {
                self.error = Some(error);
                Err(io::ErrorKind::Other.into())
            }
        }
    }
}

/// Runs data through decoders, one after another.
fn decode(decoders: Vec<Box<dyn Decoder>>, data: Vec<u8>, wanted: u64) -> Vec<u8> {
    let max = usize::try_from(wanted).unwrap_or(usize::MAX).saturating_add(64 * 1024).min(64 << 20);
    decoders.into_iter().fold(data, |data, mut decoder| crate::codec::decode_all(&mut *decoder, &data, max))
}
