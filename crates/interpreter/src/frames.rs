//! Drawn pages as Ghostscript's `ppmraw` device writes them: size and whether any point has unequal parts.

/// One drawn page side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) coloured: bool,
}

/// The longest head of a picture, comments included.
const HEAD_BYTES_MAX: usize = 1_024;
/// The most points a picture may have on one side; 72 of them are an inch.
const SIDE_MAX: u32 = 1 << 20;

/// Reads pictures from bytes in any chunking.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    head: Vec<u8>,
    body: Option<Body>,
}

#[derive(Debug)]
struct Body {
    frame: Frame,
    left: u64,
    /// The parts of a point whose rest has not come yet.
    point: [u8; 3],
    parts: usize,
}

/// The stream is not what `ppmraw` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotAPicture;

impl Frames {
    /// Takes bytes; calls `done` for each picture that is complete.
    pub(crate) fn push(&mut self, mut bytes: &[u8], done: &mut dyn FnMut(Frame)) -> Result<(), NotAPicture> {
        while !bytes.is_empty() {
            if let Some(body) = &mut self.body {
                let count = bytes.len().min(usize::try_from(body.left).unwrap_or(usize::MAX));
                body.see(&bytes[..count]);
                body.left -= count as u64;
                bytes = &bytes[count..];
                if body.left == 0 {
                    done(body.frame);
                    self.body = None;
                }
                continue;
            }
            // Every field of the head ends with exactly one byte of white space, the last one too.
            self.head.push(bytes[0]);
            bytes = &bytes[1..];
            if self.head.last().is_some_and(u8::is_ascii_whitespace) {
                if let Some((width, height)) = head(&self.head)? {
                    self.head.clear();
                    let frame = Frame { width, height, coloured: false };
                    let left = u64::from(width) * u64::from(height) * 3;
                    self.body = Some(Body { frame, left, point: [0; 3], parts: 0 });
                }
            } else if self.head.len() >= HEAD_BYTES_MAX {
                return Err(NotAPicture);
            }
        }
        Ok(())
    }
}

impl Body {
    fn see(&mut self, mut bytes: &[u8]) {
        if self.frame.coloured {
            return;
        }
        while self.parts > 0 && !bytes.is_empty() {
            self.point[self.parts] = bytes[0];
            self.parts = (self.parts + 1) % 3;
            bytes = &bytes[1..];
            if self.parts == 0 {
                self.frame.coloured |= is_coloured(self.point);
            }
        }
        let points = bytes.chunks_exact(3);
        let rest = points.remainder();
        self.point[..rest.len()].copy_from_slice(rest);
        if self.parts == 0 {
            self.parts = rest.len();
        }
        self.frame.coloured |= points.into_iter().any(is_coloured);
    }
}

fn is_coloured(point: impl AsRef<[u8]>) -> bool {
    let point = point.as_ref();
    point[0] != point[1] || point[1] != point[2]
}

/// Width and height once the head is complete: `P6`, comments, width, height and 255 (Netpbm, ppm(5)).
fn head(bytes: &[u8]) -> Result<Option<(u32, u32)>, NotAPicture> {
    let mut fields = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        if rest[0].is_ascii_whitespace() {
            rest = &rest[1..];
        } else if rest[0] == b'#' {
            let Some(end) = rest.iter().position(|byte| *byte == b'\n') else { return Ok(None) };
            rest = &rest[end + 1..];
        } else {
            let Some(end) = rest.iter().position(u8::is_ascii_whitespace) else { return Ok(None) };
            fields.push(&rest[..end]);
            rest = &rest[end + 1..];
        }
    }
    let number = |field: &[u8]| std::str::from_utf8(field).ok().and_then(|text| text.parse::<u32>().ok());
    match fields.as_slice() {
        [] => Ok(None),
        [magic, ..] if **magic != *b"P6" => Err(NotAPicture),
        [_, width, height, depth] => match (number(width), number(height), number(depth)) {
            (Some(width @ 1..=SIDE_MAX), Some(height @ 1..=SIDE_MAX), Some(255)) => Ok(Some((width, height))),
            _ => Err(NotAPicture),
        },
        _ if bytes.len() >= HEAD_BYTES_MAX => Err(NotAPicture),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &[u8] =
        b"P6\n# by hand\n2 1\n255\n\x10\x10\x10\x20\x20\x20P6\n# by hand\n1 2\n255\n\x0a\x0a\x0a\x0a\x0a\x0b";

    #[test]
    fn pictures_are_read_in_any_chunking() {
        for size in 1..TWO.len() {
            let mut frames = Frames::default();
            let mut seen = Vec::new();
            for chunk in TWO.chunks(size) {
                frames.push(chunk, &mut |frame| seen.push(frame)).expect("two pictures");
            }
            let expected = [
                Frame { width: 2, height: 1, coloured: false },
                Frame { width: 1, height: 2, coloured: true },
            ];
            assert_eq!(seen, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn what_is_no_picture_is_said_to_be_none() {
        for bytes in [&b"P5\n"[..], b"P6 0 1 255\n", b"P6 1 1 65535\n", b"hello ", &[b'9'; 2_000]] {
            assert_eq!(Frames::default().push(bytes, &mut |_| {}), Err(NotAPicture));
        }
    }
}
