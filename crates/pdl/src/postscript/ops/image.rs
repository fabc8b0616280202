//! Pictures (PLRM 4.10): their data is read to its last byte, because the program goes on right behind it, and looked
//! at until a coloured sample is found.

use crate::graphics::{Matrix, Reading, Rect, Samples, Shape};
use crate::image::{Tint, jpeg};

use super::super::files::{Fill, fill};
use super::super::machine::{Machine, Next, Task};
use super::super::object::{Attributes, DictId, Done, ErrorName, Fault, FileId, Object};
use super::Entry;
use super::colour::{Family, family, is_coloured, paints_nothing};
use super::filters::source;
use super::paint::mark_with;
use crate::postscript::files::Source;
use crate::postscript::gstate::Model;

pub(super) const TABLE: &[Entry] = &[("image", image), ("imagemask", imagemask), ("colorimage", colorimage)];

/// What painting a picture needs to know besides its samples.
struct Picture {
    shape: Shape,
    matrix: Matrix,
    reading: Reading,
    /// The space to ask about samples that are collected.
    space: Object,
    sources: Vec<Source>,
    /// Components a source delivers.
    per_source: usize,
    mask: bool,
    /// Painting it changes nothing that can be seen.
    invisible: bool,
}

fn image(m: &mut Machine) -> Done {
    match m.operands.peek(0)? {
        Object::Dict(dict) => {
            m.pop()?;
            image_dict(m, dict, false)
        }
        _ => image_operands(m, false),
    }
}

fn imagemask(m: &mut Machine) -> Done {
    match m.operands.peek(0)? {
        Object::Dict(dict) => {
            m.pop()?;
            image_dict(m, dict, true)
        }
        _ => image_operands(m, true),
    }
}

/// `width height bits matrix source image`, `width height polarity matrix source imagemask`.
fn image_operands(m: &mut Machine, mask: bool) -> Done {
    let data = m.pop()?;
    let matrix = m.pop_matrix()?;
    let bits = if mask {
        m.pop_bool()?;
        1
    } else {
        m.pop_int()?
    };
    let (height, width) = (m.pop_int()?, m.pop_int()?);
    let shape = shape(width, height, bits, 1, Vec::new())?;
    let sources = vec![source(m, data)?];
    let gray = Object::name(m.known.device_gray);
    begin(
        m,
        Picture {
            shape,
            matrix,
            reading: Reading::Blind,
            space: gray,
            sources,
            per_source: 1,
            mask,
            invisible: false,
        },
    )
}

fn colorimage(m: &mut Machine) -> Done {
    let components = m.pop_int()?;
    let several = m.pop_bool()?;
    let (reading, space) = match components {
        1 => (Reading::Blind, m.known.device_gray),
        3 => (Reading::Rgb, m.known.device_rgb),
        4 => (Reading::Cmyk, m.known.device_cmyk),
        _ => return Err(ErrorName::RangeCheck.into()),
    };
    let count = if several { components as usize } else { 1 };
    let mut sources = Vec::new();
    for _ in 0..count {
        let data = m.pop()?;
        sources.push(source(m, data)?);
    }
    sources.reverse();
    let matrix = m.pop_matrix()?;
    let bits = m.pop_int()?;
    let (height, width) = (m.pop_int()?, m.pop_int()?);
    let shape = shape(width, height, bits, components as usize, Vec::new())?;
    let per_source = if several { 1 } else { components as usize };
    begin(
        m,
        Picture {
            shape,
            matrix,
            reading,
            space: Object::name(space),
            sources,
            per_source,
            mask: false,
            invisible: false,
        },
    )
}

fn shape(width: i64, height: i64, bits: i64, components: usize, decode: Vec<f64>) -> Result<Shape, Fault> {
    let range = Fault::Error(ErrorName::RangeCheck);
    Ok(Shape {
        width: u64::try_from(width).map_err(|_| range)?,
        height: u64::try_from(height).map_err(|_| range)?,
        bits: u32::try_from(bits).map_err(|_| range)?,
        components,
        decode,
    })
}

fn image_dict(m: &mut Machine, dict: DictId, mask: bool) -> Done {
    let known = m.known;
    let image_type = m.dict_number(dict, known.image_type).unwrap_or(1.0) as i64;
    match image_type {
        3 => {
            // A picture with a mask: the picture's own dictionary, its mask's data interleaved or apart.
            let Some(Object::Dict(data)) = m.dict_get(dict, known.data_dict) else {
                return Err(ErrorName::TypeCheck.into());
            };
            let interleave = m.dict_number(dict, known.interleave_type).unwrap_or(3.0) as i64;
            let mask_dict = match m.dict_get(dict, known.mask_dict) {
                Some(Object::Dict(mask_dict)) => Some(mask_dict),
                _ => None,
            };
            masked(m, data, mask_dict, interleave)
        }
        _ => {
            let picture = picture_of(m, dict, mask)?;
            begin(m, picture)
        }
    }
}

/// ImageType 3 (PLRM 4.10.6).
fn masked(m: &mut Machine, data: DictId, mask: Option<DictId>, interleave: i64) -> Done {
    match interleave {
        1 => {
            // One more component in front of each sample: the mask. Any of them may be visible.
            let mut picture = picture_of(m, data, false)?;
            picture.shape.components += 1;
            picture.per_source += 1;
            picture.reading = Reading::Distinct;
            picture.shape.decode.clear();
            begin(m, picture)
        }
        2 => {
            // Rows of the mask between rows of the picture, from one source.
            let mut picture = picture_of(m, data, false)?;
            let mask_height = mask.and_then(|mask| m.dict_number(mask, m.known.height)).unwrap_or(0.0) as u64;
            let mask_width = mask.and_then(|mask| m.dict_number(mask, m.known.width)).unwrap_or(0.0) as u64;
            let mask_bytes = mask_width.div_ceil(8).saturating_mul(mask_height);
            let row = (picture.shape.width * u64::from(picture.shape.bits) * picture.shape.components as u64)
                .div_ceil(8)
                .max(1);
            picture.shape.height += mask_bytes.div_ceil(row);
            if !matches!(picture.reading, Reading::Blind) {
                m.doubt = Some("a picture and its mask are interleaved row by row");
            }
            begin(m, picture)
        }
        _ => {
            let picture = picture_of(m, data, false)?;
            if let Some(mask) = mask {
                // The mask's own source is read as well, and has nothing to say on colour.
                let mut mask = picture_of(m, mask, true)?;
                mask.invisible = true;
                begin(m, mask)?;
            }
            begin(m, picture)
        }
    }
}

fn picture_of(m: &mut Machine, dict: DictId, mask: bool) -> Result<Picture, Fault> {
    let known = m.known;
    let int = |m: &Machine, name| m.dict_number(dict, name).map(|number| number as i64);
    let (Some(width), Some(height)) = (int(m, known.width), int(m, known.height)) else {
        return Err(ErrorName::RangeCheck.into());
    };
    let bits = if mask { 1 } else { int(m, known.bits_per_component).unwrap_or(8) };
    let matrix = match m.dict_get(dict, known.image_matrix) {
        Some(Object::Array(_, span)) => m.matrix_of(span)?,
        _ => return Err(ErrorName::TypeCheck.into()),
    };
    let decode = match m.dict_get(dict, known.decode) {
        Some(Object::Array(_, span)) => m.numbers(span)?,
        _ => Vec::new(),
    };
    let space = m.graphics.now.colour.space;
    let family = if mask { Some(Family::Gray) } else { family(m, &space) };
    let family = family.ok_or(ErrorName::TypeCheck)?;
    let components = family.components().max(1);
    let shape = shape(width, height, bits, components, decode)?;
    let reading = if mask { Reading::Blind } else { reading(m, space, &family, &shape)? };
    let several = m.dict_get(dict, known.multiple_data_sources) == Some(Object::Bool(true));
    let data = m.dict_get(dict, known.data_source).ok_or(ErrorName::Undefined)?;
    let mut sources = Vec::new();
    match data {
        Object::Array(_, span) if several => {
            for item in m.vm.array(span).to_vec() {
                sources.push(source(m, item)?);
            }
        }
        single => sources.push(source(m, single)?),
    }
    let per_source = if sources.len() > 1 { 1 } else { components };
    let invisible = !mask && paints_nothing(m, &space);
    Ok(Picture { shape, matrix, reading, space, sources, per_source, mask, invisible })
}

/// How samples of a colour space are judged. Spaces with few possible samples are asked about all of them now.
fn reading(m: &mut Machine, space: Object, family: &Family, shape: &Shape) -> Result<Reading, Fault> {
    let settled = m.device.is_settled();
    Ok(match family {
        _ if settled => Reading::Blind,
        Family::Gray => Reading::Blind,
        Family::Rgb | Family::Device3 => Reading::Rgb,
        Family::Cmyk => Reading::Cmyk,
        Family::Lab => Reading::Distinct,
        Family::Indexed { highest, .. } if shape.bits <= 8 => {
            let mut coloured = Vec::new();
            for index in 0..=(*highest).clamp(0, 255) {
                coloured.push(is_coloured(m, space, &[index as f64])?);
            }
            let usual = [0.0, f64::from((1_u32 << shape.bits) - 1)];
            if shape.decode.is_empty() || shape.decode == usual {
                Reading::Palette(coloured.into())
            } else {
                Reading::Distinct
            }
        }
        Family::Tint { count: 1, .. } if shape.bits <= 8 => {
            let highest = (1_u32 << shape.bits) - 1;
            let decode = if shape.decode.len() == 2 { shape.decode.clone() } else { vec![0.0, 1.0] };
            let mut coloured = Vec::new();
            for value in 0..=highest {
                let tint = decode[0] + f64::from(value) / f64::from(highest) * (decode[1] - decode[0]);
                coloured.push(is_coloured(m, space, &[tint])?);
            }
            Reading::Palette(coloured.into())
        }
        Family::Indexed { .. } | Family::Tint { .. } => Reading::Distinct,
        Family::Pattern => return Err(ErrorName::RangeCheck.into()),
    })
}

fn begin(m: &mut Machine, picture: Picture) -> Done {
    let ctm = m.graphics.now.ctm;
    let area = match picture.matrix.inverse() {
        Some(back) => {
            let size = Rect::new(0.0, 0.0, picture.shape.width as f64, picture.shape.height as f64);
            back.then(ctm).bounds(size)
        }
        None => return Err(ErrorName::UndefinedResult.into()),
    };
    let mut shape = picture.shape.clone();
    shape.components = picture.per_source;
    let pieces = picture.sources.len();
    // Separate sources are judged by their separate planes: any plane unlike the others is a colour.
    let reading = if pieces > 1 { Reading::Blind } else { picture.reading.clone() };
    let Some(samples) = Samples::new(shape, reading) else { return Err(ErrorName::RangeCheck.into()) };
    if samples.bytes_left() == 0 {
        return Ok(());
    }
    let planes = Planes::new(&picture, pieces);
    let solid = !picture.mask && ctm.is_upright() && picture.matrix.is_upright();
    m.begin(Paint { picture, area, samples, solid, planes })
}

/// Samples of a picture whose components come from sources of their own: read in step, row by row.
struct Planes {
    rows: Vec<Vec<u8>>,
    row_bytes: usize,
    rows_left: u64,
    joined: Option<Samples>,
}

impl Planes {
    fn new(picture: &Picture, count: usize) -> Option<Self> {
        if count < 2 {
            return None;
        }
        let shape = Shape { bits: 8, ..picture.shape.clone() };
        let usable = matches!(picture.shape.bits, 1 | 2 | 4 | 8);
        let row_bytes = (picture.shape.width * u64::from(picture.shape.bits)).div_ceil(8);
        Some(Self {
            rows: vec![Vec::new(); count],
            row_bytes: usize::try_from(row_bytes).ok()?,
            rows_left: picture.shape.height,
            joined: Samples::new(shape, picture.reading.clone()).filter(|_| usable),
        })
    }

    /// A row of every plane is there: puts their samples side by side.
    fn join(&mut self, bits: u32) {
        let width = self.row_bytes * 8 / bits as usize;
        let value = |row: &[u8], index: usize| -> u8 {
            let bit = index * bits as usize;
            let byte = row.get(bit / 8).copied().unwrap_or(0);
            if bits == 8 {
                return byte;
            }
            let mask = (1_u8 << bits) - 1;
            let part = byte >> (8 - bits as usize - bit % 8) & mask;
            (u32::from(part) * 255 / u32::from(mask)) as u8
        };
        if let Some(joined) = &mut self.joined {
            let mut line = Vec::with_capacity(width * self.rows.len());
            for index in 0..width {
                line.extend(self.rows.iter().map(|row| value(row, index)));
            }
            joined.push(&line);
        }
        self.rows.iter_mut().for_each(Vec::clear);
        self.rows_left -= 1;
    }
}

/// Reads the samples and paints the picture.
struct Paint {
    picture: Picture,
    area: Rect,
    samples: Samples,
    solid: bool,
    planes: Option<Planes>,
}

impl Task for Paint {
    fn step(&mut self, m: &mut Machine) -> Result<Next, Fault> {
        if let Some(planes) = &mut self.planes {
            let (sources, bits) = (self.picture.sources.clone(), self.picture.shape.bits);
            while planes.rows_left > 0 {
                for (source, row) in sources.iter().zip(&mut planes.rows) {
                    while row.len() < planes.row_bytes {
                        let Some((file, bytes)) = bytes_of(m, *source)? else { return self.finish(m) };
                        let count = bytes.min(planes.row_bytes - row.len());
                        if let Some(file) = m.vm.file(file) {
                            row.extend_from_slice(&file.available()[..count]);
                        }
                        m.take(file, count);
                    }
                }
                planes.join(bits);
            }
            return self.finish(m);
        }
        let Some(source) = self.picture.sources.first().copied() else { return Ok(Next::Done) };
        if let Source::File(file) = source
            && m.vm.file(file).is_some_and(super::super::files::File::is_dct)
        {
            return self.jpeg(m, file);
        }
        while self.samples.bytes_left() > 0 {
            let Some((file, _)) = bytes_of(m, source)? else { break };
            let count = m.vm.file(file).map_or(0, |file| self.samples.push(file.available()));
            m.take(file, count);
            if count == 0 {
                break;
            }
        }
        self.finish(m)
    }

    fn roots(&self) -> Vec<Object> {
        let file = |id| Object::File(Attributes::default(), id);
        let sources = self.picture.sources.iter().flat_map(|source| match source {
            Source::File(id) => vec![file(*id)],
            Source::Procedure { procedure, given } => vec![*procedure, file(*given)],
        });
        sources.chain([self.picture.space]).collect()
    }
}

/// The file with at least one byte of a source, and how many there are; `None` at its end.
fn bytes_of(m: &mut Machine, source: Source) -> Result<Option<(FileId, usize)>, Fault> {
    match source {
        Source::File(file) => {
            let count = m.look(file)?.len();
            Ok((count > 0).then_some((file, count)))
        }
        Source::Procedure { procedure, given } => {
            let file = m.vm.file(given);
            let count = file.map_or(0, |file| file.available().len());
            if count > 0 {
                return Ok(Some((given, count)));
            }
            if file.is_none_or(super::super::files::File::is_over) {
                return Ok(None);
            }
            Err(Fault::CallSource { procedure, given })
        }
    }
}

impl Paint {
    /// JPEG data: all of it belongs to the picture, its coefficients tell the colours.
    fn jpeg(&mut self, m: &mut Machine, file: FileId) -> Result<Next, Fault> {
        while fill(&mut m.vm, file)? == Fill::More {}
        let inverted = self.picture.shape.decode.chunks_exact(2).any(|pair| pair[0] > pair[1]);
        let tint = match m.vm.file_mut(file).and_then(super::super::files::File::dct_collector) {
            Some(collector) => {
                let reading = jpeg::Reading {
                    transform: collector.transform,
                    inverted_inks: Some(inverted),
                    ..jpeg::Reading::default()
                };
                jpeg::read(collector.bytes(), reading).map(|jpeg| (jpeg.components, jpeg.tint))
            }
            None => return Ok(Next::Done),
        };
        let coloured = match (tint, &self.picture.reading) {
            (_, Reading::Blind) => false,
            (Ok((1, _)), Reading::Palette(coloured)) => coloured.iter().any(|coloured| *coloured),
            (Ok((1, _)), _) => {
                let space = self.picture.space;
                is_coloured(m, space, &[0.5])?
            }
            (Ok((_, Tint::Gray)), Reading::Rgb | Reading::Cmyk) => false,
            (Ok((_, Tint::Color)), _) => true,
            (Ok(_), _) => {
                m.doubt = Some("the samples of a picture could not be read");
                true
            }
            (Err(_), _) => false,
        };
        self.put(m, coloured)
    }

    fn finish(&mut self, m: &mut Machine) -> Result<Next, Fault> {
        let samples = match &self.planes {
            Some(Planes { joined: Some(joined), .. }) => joined,
            Some(_) => {
                m.doubt = Some("the planes of a picture could not be compared");
                return self.put(m, true);
            }
            None => &self.samples,
        };
        let mut coloured = samples.is_coloured();
        let skip = self.picture.per_source.saturating_sub(self.picture.shape.components)
            + usize::from(
                self.picture.shape.components
                    > family(m, &self.picture.space).map_or(0, |family| family.components()),
            );
        let distinct: Vec<Vec<f64>> = samples.distinct().collect();
        let scale = indexed_scale(m, &self.picture);
        for sample in distinct {
            if coloured {
                break;
            }
            let parts: Vec<f64> = sample[skip.min(sample.len())..].iter().map(|part| part * scale).collect();
            coloured = is_coloured(m, self.picture.space, &parts)?;
        }
        self.put(m, coloured)
    }

    fn put(&mut self, m: &mut Machine, coloured: bool) -> Result<Next, Fault> {
        if self.picture.invisible {
            return Ok(Next::Done);
        }
        let coloured = match (self.picture.mask, m.graphics.now.colour.model) {
            (true, Model::Pattern) => super::pattern::current_is_coloured(m)?,
            (true, _) => m.graphics.now.colour.coloured,
            (false, _) => coloured,
        };
        mark_with(m, self.area, coloured, self.solid);
        Ok(Next::Done)
    }
}

/// Samples of an Indexed space without a `Decode` are indices, not shares of 1.
fn indexed_scale(m: &Machine, picture: &Picture) -> f64 {
    match family(m, &picture.space) {
        Some(Family::Indexed { .. }) if picture.shape.decode.is_empty() => {
            f64::from((1_u32 << picture.shape.bits) - 1)
        }
        _ => 1.0,
    }
}
