//! The printer's icon (printer-icons): a sheet passing a gate, drawn when asked for.

use std::io::Write as _;

use bytes::Bytes;
use flate2::write::ZlibEncoder;

/// Sides of the icons offered, in pixels (PWG 5100.13, section 5.6.33 names 48, 128 and 512).
pub(crate) const SIZES: [u32; 3] = [48, 128, 512];

/// The path of an icon.
pub(crate) fn path(size: u32) -> String {
    format!("/icon-{size}.png")
}

/// The side of the icon at `path`.
pub(super) fn size_of(requested: &str) -> Option<u32> {
    SIZES.into_iter().find(|&size| path(size) == requested)
}

/// The icon as PNG (RFC 2083), RGBA.
pub(super) fn png(size: u32) -> Bytes {
    let mut rows = Vec::with_capacity((size * (size * 4 + 1)) as usize);
    for y in 0..size {
        rows.push(0);
        for x in 0..size {
            rows.extend_from_slice(&pixel(x * 256 / size, y * 256 / size));
        }
    }
    let mut packed = ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(&rows).expect("writing to memory does not fail");
    let packed = packed.finish().expect("writing to memory does not fail");

    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = [size.to_be_bytes(), size.to_be_bytes()].concat();
    header.extend_from_slice(&[8, 6, 0, 0, 0]);
    chunk(&mut out, *b"IHDR", &header);
    chunk(&mut out, *b"IDAT", &packed);
    chunk(&mut out, *b"IEND", &[]);
    out.into()
}

/// The drawing on a canvas of 256 by 256.
fn pixel(x: u32, y: u32) -> [u8; 4] {
    const CLEAR: [u8; 4] = [0; 4];
    const GATE: [u8; 4] = [38, 70, 110, 255];
    const SHEET: [u8; 4] = [250, 250, 250, 255];
    const LINE: [u8; 4] = [120, 140, 165, 255];
    let within = |left, top, right, bottom| (left..right).contains(&x) && (top..bottom).contains(&y);
    if within(84, 60, 172, 200) {
        let text = within(100, 84, 156, 92) || within(100, 112, 156, 120) || within(100, 140, 136, 148);
        return if text { LINE } else { SHEET };
    }
    let posts = within(28, 40, 60, 224) || within(196, 40, 228, 224);
    let beam = within(28, 24, 228, 52);
    let tray = within(28, 208, 228, 232);
    if posts || beam || tray { GATE } else { CLEAR }
}

fn chunk(out: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    out.extend_from_slice(&(data.len() as u32).to_be_bytes());
    out.extend_from_slice(&kind);
    out.extend_from_slice(data);
    let mut crc = flate2::Crc::new();
    crc.update(&kind);
    crc.update(data);
    out.extend_from_slice(&crc.sum().to_be_bytes());
}
