//! Print streams of any size with known counts, a page at a time.
//!
//! The page data is noise drawn from bytes that look like commands (form feeds, resets, Universal Exit Language,
//! `showpage`), so that a counter that scans where it should parse goes wrong. Every fifth page is in colour where the
//! language has any.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::random::Random;

/// What a stream is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// PCL XL with 8-bit gray images.
    PclXl,
    /// PCL 5 raster graphics.
    Pcl5,
    /// PostScript whose pages read their data from the program.
    PostScript,
    /// PDF with plain content streams.
    Pdf,
    /// PWG raster, sRGB.
    Pwg,
    /// Text with form feeds.
    Text,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 6] = [Kind::PclXl, Kind::Pcl5, Kind::PostScript, Kind::Pdf, Kind::Pwg, Kind::Text];

    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::PclXl => "PCL XL",
            Kind::Pcl5 => "PCL 5 raster",
            Kind::PostScript => "PostScript",
            Kind::Pdf => "PDF",
            Kind::Pwg => "PWG raster",
            Kind::Text => "text",
        }
    }
}

/// What a stream puts on paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truth {
    /// Printed sides.
    pub pages: u64,
    /// Those with colour.
    pub color_pages: u64,
    /// Length of the stream.
    pub bytes: u64,
}

/// Bytes of data on a page.
const PAGE_BYTES: usize = 512 * 1024;

/// Writes a stream of at least `bytes` bytes.
///
/// # Errors
/// When the file cannot be written.
pub fn write(kind: Kind, bytes: u64, path: &Path) -> io::Result<Truth> {
    let mut out = Counted { file: BufWriter::with_capacity(1 << 20, File::create(path)?), at: 0 };
    let mut random = Random::new(7);
    let pool: Vec<Vec<u8>> = (0..4).map(|_| noise(&mut random, PAGE_BYTES)).collect();
    let (mut pages, mut color_pages) = (0, 0);
    let mut objects = BTreeMap::new();
    out.write_all(head(kind))?;
    while out.at < bytes {
        let colored = pages % 5 == 4 && kind != Kind::Text;
        page(kind, pages, colored, &pool[(pages % 4) as usize], &mut out, &mut objects)?;
        pages += 1;
        color_pages += u64::from(colored);
    }
    tail(kind, pages, &mut out, &mut objects)?;
    out.flush()?;
    Ok(Truth { pages, color_pages, bytes: out.at })
}

struct Counted {
    file: BufWriter<File>,
    at: u64,
}

impl Write for Counted {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let written = self.file.write(buf)?;
        self.at += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

const UEL: &[u8] = b"\x1b%-12345X";

/// Random bytes with a command that is none every few hundred.
fn noise(random: &mut Random, length: usize) -> Vec<u8> {
    const TRAPS: [&[u8]; 9] = [
        b"\x0c",
        b"\x1bE",
        b"\x0c\x0c",
        UEL,
        b"@PJL SET COPIES=9\r\n",
        b"\xc1\x02\x00\xf8\x31\x44",
        b"\nshowpage\n",
        b"%%Page: 1 1\n",
        b"\x1b&l5X",
    ];
    let mut out = Vec::with_capacity(length + 512);
    while out.len() < length {
        let run = 40 + random.below(360) as usize;
        out.extend_from_slice(&random.bytes(run));
        let trap: &&[u8] = random.choose(&TRAPS[..]);
        out.extend_from_slice(trap);
    }
    out.truncate(length);
    out
}

fn head(kind: Kind) -> &'static [u8] {
    match kind {
        Kind::PclXl => {
            b"\x1b%-12345X@PJL JOB NAME=\"big\"\r\n@PJL ENTER LANGUAGE=PCLXL\r\n) HP-PCL XL;2;0;big\n\
              \xc0\x00\xf8\x86\xd1\x58\x02\x58\x02\xf8\x89\x41\xc0\x00\xf8\x88\xc0\x01\xf8\x82\x48"
        }
        Kind::Pcl5 => b"\x1b%-12345X@PJL JOB NAME=\"big\"\r\n@PJL ENTER LANGUAGE=PCL\r\n\x1bE\x1b&l26A",
        Kind::PostScript => {
            b"%!PS-Adobe-3.0\n%%Title: (big)\n%%Pages: (atend)\n%%EndComments\n/buf 65000 string def\n\
              /eat { { dup 0 le { pop exit } if dup 65000 gt { 65000 } { dup } ifelse\n\
              currentfile buf 0 3 index getinterval readstring pop pop sub } loop } bind def\n\
              << /PageSize [595 842] >> setpagedevice\n"
        }
        Kind::Pdf => b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n",
        Kind::Pwg => b"RaS2",
        Kind::Text => b"",
    }
}

fn page(
    kind: Kind,
    number: u64,
    colored: bool,
    body: &[u8],
    out: &mut Counted,
    objects: &mut BTreeMap<u64, u64>,
) -> io::Result<()> {
    match kind {
        Kind::PclXl => {
            // Orientation, media, BeginPage; a cursor, a gray space and an image of one block.
            let (width, height) = (1000_u16, 500_u16);
            out.write_all(
                b"\xc0\x00\xf8\x28\xc0\x02\xf8\x25\x43\xd1\x64\x00\x64\x00\xf8\x4c\x6b\xc0\x01\xf8\x03\x6a\xc0\x02\xf8\x62\xc0\x00\xf8\x64",
            )?;
            for (attribute, value) in [(0x6c, width), (0x6b, height)] {
                out.write_all(&[&[0xc1], &value.to_le_bytes()[..], &[0xf8, attribute]].concat())?;
            }
            out.write_all(b"\xd1\xa0\x0f\xa0\x0f\xf8\x67\xb0\xc1\x00\x00\xf8\x6d\xc1")?;
            out.write_all(&height.to_le_bytes())?;
            out.write_all(b"\xf8\x63\xc0\x00\xf8\x65\xb1\xfa")?;
            let data = &body[..usize::from(width) * usize::from(height)];
            out.write_all(&(data.len() as u32).to_le_bytes())?;
            out.write_all(data)?;
            out.write_all(b"\xb2")?;
            if colored {
                out.write_all(
                    b"\xc0\x02\xf8\x03\x6a\xc8\xc1\x03\x00\xc8\x14\x14\xf8\x0b\x63\xe1\x2c\x01\x2c\x01\x84\x03\xf4\x01\xf8\x42\xa0",
                )?;
            }
            out.write_all(b"\x44")
        }
        Kind::Pcl5 => {
            write!(out, "page {number}")?;
            if colored {
                out.write_all(b"\x1b*r3U\x1b*v1Sred\x1b*v7S")?;
            }
            out.write_all(b"\x1b*t300R\x1b*r1A")?;
            for row in body.chunks_exact(250) {
                out.write_all(b"\x1b*b250W")?;
                out.write_all(row)?;
            }
            out.write_all(b"\x1b*rC\x0c")
        }
        Kind::PostScript => {
            let color = if colored { ".8 .1 .1 setrgbcolor" } else { "0 setgray" };
            writeln!(
                out,
                "%%Page: {0} {0}\n{color} 72 72 100 100 rectfill 0 setgray {1} eat",
                number + 1,
                body.len()
            )?;
            out.write_all(body)?;
            out.write_all(b"\nshowpage\n")
        }
        Kind::Pdf => {
            let id = 10 + 2 * number;
            objects.insert(id, out.at);
            write!(
                out,
                "{id} 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {} 0 R /Resources << >> >>\nendobj\n",
                id + 1
            )?;
            let mut content = format!("{} 72 72 100 100 re f\n", if colored { ".8 .1 .1 rg" } else { "0 g" });
            while content.len() < body.len() {
                content += "% filler ";
                content += &"x".repeat(1000);
                content += "\n";
            }
            objects.insert(id + 1, out.at);
            write!(
                out,
                "{} 0 obj\n<< /Length {} >>\nstream\n{content}\nendstream\nendobj\n",
                id + 1,
                content.len()
            )
        }
        Kind::Pwg => {
            // Ten runs of literal pixels a line, gray as equal parts but for one pixel of a coloured page.
            let (width, height) = (410_u32, 420_u32);
            out.write_all(&pwg_header(width, height))?;
            for y in 0..height {
                out.write_all(&[0])?;
                let mut left = width as usize;
                let mut pixels = body[y as usize * 1000..].iter();
                while left > 0 {
                    let run = left.min(128);
                    out.write_all(&[if run == 1 { 0 } else { (257 - run) as u8 }])?;
                    for (x, gray) in pixels.by_ref().take(run).enumerate() {
                        let red = if colored && (x, y) == (0, height - 1) { !gray } else { *gray };
                        out.write_all(&[red, *gray, *gray])?;
                    }
                    left -= run;
                }
            }
            Ok(())
        }
        Kind::Text => {
            for line in 0..58 {
                write!(out, "{line:6}  line of a long report\r\n")?;
            }
            out.write_all(b"\x0c")
        }
    }
}

fn tail(kind: Kind, pages: u64, out: &mut Counted, objects: &mut BTreeMap<u64, u64>) -> io::Result<()> {
    match kind {
        Kind::PclXl => {
            out.write_all(b"\x49\x42")?;
            out.write_all(UEL)
        }
        Kind::Pcl5 => {
            out.write_all(b"\x1bE")?;
            out.write_all(UEL)
        }
        Kind::PostScript => write!(out, "%%Trailer\n%%Pages: {pages}\n%%EOF\n"),
        Kind::Pdf => {
            objects.insert(2, out.at);
            write!(out, "2 0 obj\n<< /Type /Pages /Count {pages} /Kids [")?;
            for number in 0..pages {
                write!(out, "{} 0 R ", 10 + 2 * number)?;
            }
            out.write_all(b"] >>\nendobj\n")?;
            objects.insert(1, out.at);
            out.write_all(b"1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n")?;
            let (start, size) = (out.at, objects.keys().max().map_or(1, |last| last + 1));
            write!(out, "xref\n0 {size}\n0000000000 65535 f \n")?;
            for id in 1..size {
                match objects.get(&id) {
                    Some(at) => out.write_all(format!("{at:010} 00000 n \n").as_bytes())?,
                    None => out.write_all(b"0000000000 00000 f \n")?,
                }
            }
            write!(out, "trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n")
        }
        Kind::Pwg | Kind::Text => Ok(()),
    }
}

/// A page header of PWG 5102.4 for sRGB with eight bits.
fn pwg_header(width: u32, height: u32) -> Vec<u8> {
    let mut header = vec![0; 1796];
    header[..9].copy_from_slice(b"PwgRaster");
    let name = b"iso_a4_210x297mm";
    header[1732..1732 + name.len()].copy_from_slice(name);
    for (at, value) in [
        (276, 50),
        (280, 50),
        (352, 595),
        (356, 842),
        (372, width),
        (376, height),
        (384, 8),
        (388, 24),
        (392, width * 3),
        (400, 19),
        (420, 3),
    ] {
        header[at..at + 4].copy_from_slice(&value.to_be_bytes());
    }
    header
}
