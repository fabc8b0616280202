//! Pictures of a package, each looked at once.

use std::collections::HashMap;
use std::io::{self, Read};

use super::limits::{PICTURE_MEMORY_BYTES_MAX, REMEMBERED_MAX};
use super::package::{Package, PartName};
use super::page::Surroundings;
use super::paint::Paint;
use crate::image::{Tint, jpeg, jxr, png, tiff};
use crate::source::ReadAt;

/// Bytes of a JPEG XR container that its headers may take.
const JXR_HEAD_BYTES: u64 = 64 * 1024;

/// The pictures seen so far.
pub(super) struct Pictures<'p, 'a> {
    package: &'p Package<'a>,
    seen: HashMap<PartName, Paint>,
    /// A picture that broke off or is missing.
    pub(super) trouble: Option<&'static str>,
}

impl<'p, 'a> Pictures<'p, 'a> {
    pub(super) fn new(package: &'p Package<'a>) -> Pictures<'p, 'a> {
        Pictures { package, seen: HashMap::new(), trouble: None }
    }

    fn look(&mut self, name: &PartName) -> io::Result<Paint> {
        let Some(mut part) = self.package.part(name) else {
            self.trouble.get_or_insert("a picture is missing");
            return Ok(Paint::None);
        };
        let mut start = [0; 8];
        let mut held = 0;
        while held < start.len() {
            match part.read(&mut start[held..])? {
                0 => break,
                read => held += read,
            }
        }
        let input = start[..held].chain(part);
        let (tint, complete) = match &start {
            [0x89, b'P', b'N', b'G', ..] => match png::read(input) {
                Ok(picture) => (picture.tint, picture.complete),
                Err(png::PngError::Source(error)) => return Err(error),
                Err(png::PngError::Header) => (Tint::Gray, false),
            },
            [0xFF, 0xD8, ..] => match jpeg::read(input, jpeg::Reading::default()) {
                Ok(picture) => (picture.tint, picture.complete),
                Err(jpeg::JpegError::Source(error)) => return Err(error),
                Err(jpeg::JpegError::NoFrame | jpeg::JpegError::Segment(_)) => (Tint::Gray, false),
            },
            [b'I', b'I', 0xBC, ..] => {
                let mut head = Vec::new();
                input.take(JXR_HEAD_BYTES).read_to_end(&mut head)?;
                match jxr::read(&head)? {
                    Some(picture) => (picture.tint, true),
                    None => (Tint::Gray, false),
                }
            }
            [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => match self.package.stored(name)? {
                Some(stored) => first_of_tiff(&stored)?,
                None => {
                    let mut data = Vec::new();
                    input.take(PICTURE_MEMORY_BYTES_MAX + 1).read_to_end(&mut data)?;
                    if data.len() as u64 > PICTURE_MEMORY_BYTES_MAX {
                        (Tint::Unknown("a TIFF picture too large to unpack"), true)
                    } else {
                        first_of_tiff(&data)?
                    }
                }
            },
            _ => (Tint::Unknown("a picture in an unknown format"), true),
        };
        if !complete {
            self.trouble.get_or_insert("a picture is broken");
        }
        Ok(match tint {
            Tint::Gray => Paint::Gray,
            Tint::Color => Paint::Color,
            Tint::Unknown(why) => Paint::Unknown(why),
        })
    }
}

/// XPS shows the first picture of a TIFF part (ECMA-388 section 9.1.5.3).
fn first_of_tiff(source: &dyn ReadAt) -> io::Result<(Tint, bool)> {
    match tiff::Tiff::open(source).and_then(|mut file| file.next_picture()) {
        Ok(Some(picture)) => Ok((picture.tint, picture.complete)),
        Ok(None) => Ok((Tint::Gray, false)),
        Err(tiff::TiffError::Source(error)) => Err(error),
        Err(tiff::TiffError::Header | tiff::TiffError::Directory | tiff::TiffError::TooMany) => {
            Ok((Tint::Gray, false))
        }
    }
}

impl Surroundings for Pictures<'_, '_> {
    fn picture(&mut self, base: &PartName, reference: &str) -> Paint {
        let name = base.resolve(reference);
        if let Some(paint) = self.seen.get(&name) {
            return *paint;
        }
        let paint = self.look(&name).unwrap_or_else(|_| {
            self.trouble.get_or_insert("a picture cannot be unpacked");
            Paint::Unknown("a picture that cannot be unpacked")
        });
        if self.seen.len() < REMEMBERED_MAX {
            self.seen.insert(name, paint);
        }
        paint
    }

    fn dictionary(&mut self, base: &PartName, reference: &str) -> Option<(PartName, Box<dyn Read + '_>)> {
        let name = base.resolve(reference);
        let part = self.package.part(&name)?;
        Some((name, Box::new(part)))
    }
}
