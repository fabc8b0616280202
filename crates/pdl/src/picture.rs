//! Pictures sent to a printer as they are: JPEG and TIFF.
//!
//! A JPEG is a page; a TIFF is a page for each picture that is not a reduced copy or a mask. Neither names
//! paper, but where the size at the stated resolution is that of a standard paper, it was made for it.

use crate::accounting::{Ink, Page, Sink};
use crate::image::{Density, Tint, jpeg, tiff};
use crate::media::Paper;
use crate::source::{ReadAt, Stretch};

/// Reads a JPEG document.
pub fn read_jpeg(source: &dyn ReadAt, sink: &mut Sink) {
    let reading = jpeg::Reading { to_the_end: true, ..jpeg::Reading::default() };
    match jpeg::read(Stretch::new(source, 0, source.len()), reading) {
        Ok(picture) => {
            page(sink, picture.width, picture.height, picture.density, picture.tint);
            if !picture.complete {
                sink.failure("the JPEG picture is cut or broken");
            }
        }
        Err(error) => sink.failure(format!("the JPEG picture cannot be read: {error}")),
    }
}

/// Reads a TIFF document.
pub fn read_tiff(source: &dyn ReadAt, sink: &mut Sink) {
    let mut file = match tiff::Tiff::open(source) {
        Ok(file) => file,
        Err(error) => return sink.failure(format!("the TIFF file cannot be read: {error}")),
    };
    loop {
        match file.next_picture() {
            Ok(Some(picture)) => {
                if !picture.auxiliary {
                    page(sink, picture.width, picture.height, picture.density, picture.tint);
                }
                if !picture.complete {
                    sink.failure("a picture of the TIFF file is cut or broken");
                }
            }
            Ok(None) => return,
            Err(error) => return sink.failure(format!("the TIFF file breaks off: {error}")),
        }
    }
}

fn page(sink: &mut Sink, width: u32, height: u32, density: Option<Density>, tint: Tint) {
    let ink = match tint {
        Tint::Gray => Ink::Gray,
        Tint::Color => Ink::Color,
        Tint::Unknown(why) => {
            sink.note(format!("may be in colour: {why}"));
            Ink::Color
        }
    };
    sink.page(Page { ink, paper: density.and_then(|d| paper(width, height, d)), ..Page::default() });
}

/// The standard paper of this size; pictures of other sizes were not made for a paper.
fn paper(width: u32, height: u32, density: Density) -> Option<Paper> {
    let paper = Paper::from_inches(f64::from(width) / density.x_dpi, f64::from(height) / density.y_dpi)?;
    match paper {
        Paper::Standard(_) => Some(paper),
        Paper::Custom { .. } => None,
    }
}
