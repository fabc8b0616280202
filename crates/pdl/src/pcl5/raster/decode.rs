//! Compression methods of raster rows (PCL 5 Technical Reference, chapter 15 "Set compression method").
//!
//! Each decoder writes one row over its seed row; what would run over its end is dropped.

/// `ESC * b # M`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    /// 0
    None,
    /// 1
    RunLength,
    /// 2, TIFF "PackBits"
    Tiff,
    /// 3
    DeltaRow,
    /// 4: several rows, their width in front
    Block,
    /// 5: several rows, each with its own method
    Adaptive,
    /// 6 to 8: one block of black and white fax data
    Fax,
    /// 9
    ReplacementDelta,
    /// 10: red, green and blue
    NearLossless,
}

impl Compression {
    pub(super) fn by_number(number: u64) -> Option<Self> {
        Some(match number {
            0 => Self::None,
            1 => Self::RunLength,
            2 => Self::Tiff,
            3 => Self::DeltaRow,
            4 => Self::Block,
            5 => Self::Adaptive,
            6..=8 => Self::Fax,
            9 => Self::ReplacementDelta,
            10 => Self::NearLossless,
            _ => return None,
        })
    }
}

/// Uncompressed: the rest of the row is zero.
pub(super) fn plain(row: &mut [u8], data: &[u8]) {
    let len = data.len().min(row.len());
    row[..len].copy_from_slice(&data[..len]);
    row[len..].fill(0);
}

/// Pairs of repetition count less one and byte.
pub(super) fn run_length(row: &mut [u8], data: &[u8]) {
    let mut at = 0;
    for pair in data.chunks_exact(2) {
        let end = (at + usize::from(pair[0]) + 1).min(row.len());
        row[at..end].fill(pair[1]);
        at = end;
    }
    row[at..].fill(0);
}

/// A signed count: literal bytes (0 to 127, less one), or repetitions of one (-1 to -127), -128 nothing.
pub(super) fn tiff(row: &mut [u8], mut data: &[u8]) {
    let mut at = 0;
    while let [control, rest @ ..] = data {
        let count = i8::from_be_bytes([*control]);
        data = match count {
            0.. => {
                let take = (usize::from(count.unsigned_abs()) + 1).min(rest.len());
                let end = (at + take).min(row.len());
                row[at..end].copy_from_slice(&rest[..end - at]);
                at = end;
                &rest[take..]
            }
            i8::MIN => rest,
            _ => {
                let Some((byte, rest)) = rest.split_first() else { break };
                let end = (at + usize::from(count.unsigned_abs()) + 1).min(row.len());
                row[at..end].fill(*byte);
                at = end;
                rest
            }
        };
    }
    row[at..].fill(0);
}

/// Replacements in the seed row: three bits count less one, five bits offset, 31 continues.
pub(super) fn delta_row(row: &mut [u8], mut data: &[u8]) {
    let mut at = 0usize;
    while let [command, rest @ ..] = data {
        let count = usize::from(command >> 5) + 1;
        let (offset, rest) = extended(usize::from(command & 31), 31, rest);
        at = at.saturating_add(offset);
        let take = count.min(rest.len());
        let end = (at + take).min(row.len());
        if at < end {
            row[at..end].copy_from_slice(&rest[..end - at]);
        }
        at = at.saturating_add(take);
        data = &rest[take..];
    }
}

/// Method 9: as the delta row, but a replacement may be a repetition. The top bit tells: literal with four
/// bits of offset and three of count, repetition with two of offset and five of count.
pub(super) fn replacement_delta(row: &mut [u8], mut data: &[u8]) {
    let mut at = 0usize;
    while let [command, rest @ ..] = data {
        let repeated = command & 0x80 != 0;
        let (offset, count, offset_full, count_full) = if repeated {
            (usize::from(command >> 5 & 3), usize::from(command & 31), 3, 31)
        } else {
            (usize::from(command >> 3 & 15), usize::from(command & 7), 15, 7)
        };
        let (offset, rest) = extended(offset, offset_full, rest);
        let (count, rest) = extended(count, count_full, rest);
        at = at.saturating_add(offset);
        if repeated {
            let Some((byte, rest)) = rest.split_first() else { break };
            let count = count + 2;
            let end = at.saturating_add(count).min(row.len());
            if at < end {
                row[at..end].fill(*byte);
            }
            at = at.saturating_add(count);
            data = rest;
        } else {
            let take = (count + 1).min(rest.len());
            let end = at.saturating_add(take).min(row.len());
            if at < end {
                row[at..end].copy_from_slice(&rest[..end - at]);
            }
            at = at.saturating_add(take);
            data = &rest[take..];
        }
    }
}

/// Method 10 (as HP's open source drivers write it): whether any pixel of a row has colour, if none of the row
/// before had.
///
/// A command says literal or repetition, where its first pixel comes from (new, left, upper right, a cached
/// colour), how many pixels stay as they were, and how many are replaced. A new pixel is three bytes without
/// the lowest bit of blue, or two with the top bit set: its difference from the pixel above. All other pixels
/// are copies, so only new ones can bring colour in.
pub(super) fn near_lossless_has_color(mut data: &[u8]) -> bool {
    const NEW_PIXEL: u8 = 0;
    while let [command, rest @ ..] = data {
        let repeated = command & 0x80 != 0;
        let source = command >> 5 & 3;
        let (_, mut rest) = extended(usize::from(command >> 3 & 3), 3, rest);
        let count = usize::from(command & 7);
        if repeated {
            if source == NEW_PIXEL {
                let Some((colored, after)) = new_pixel(rest) else { return false };
                if colored {
                    return true;
                }
                rest = after;
            }
            (_, data) = extended(count, 7, rest);
            continue;
        }
        // Literal: the count goes on in bytes between the pixels, after every 255 of them.
        let mut left = count + 1;
        let mut goes_on = count == 7;
        if source != NEW_PIXEL {
            left -= 1;
        }
        loop {
            while left > 0 {
                let Some((colored, after)) = new_pixel(rest) else { return false };
                if colored {
                    return true;
                }
                rest = after;
                left -= 1;
            }
            if !goes_on {
                break;
            }
            let Some((more, after)) = rest.split_first() else { return false };
            left = usize::from(*more);
            goes_on = *more == 255;
            rest = after;
        }
        data = rest;
    }
    false
}

/// Whether the next new pixel has colour, and what follows it.
fn new_pixel(data: &[u8]) -> Option<(bool, &[u8])> {
    if *data.first()? & 0x80 != 0 {
        let (delta, after) = data.split_first_chunk::<2>()?;
        Some((is_colored_delta(*delta), after))
    } else {
        let (pixel, after) = data.split_first_chunk::<3>()?;
        Some((is_colored(*pixel), after))
    }
}

/// A pixel without the lowest bit of blue.
fn is_colored(pixel: [u8; 3]) -> bool {
    let color = u32::from_be_bytes([0, pixel[0], pixel[1], pixel[2]]) << 1;
    let [_, red, green, blue] = color.to_be_bytes();
    red != green || blue.abs_diff(green) > 1
}

/// A difference of five bits for each part, blue without its lowest bit.
fn is_colored_delta(delta: [u8; 2]) -> bool {
    let bits = i16::from_be_bytes(delta);
    let part = |shift: u32| (bits << (11 - shift)) >> 11;
    let (red, green, blue) = (part(10), part(5), part(0) * 2);
    red != green || (blue - green).abs() > 1
}

/// A number whose field is full goes on in bytes until one is not 255.
fn extended(mut number: usize, full: usize, mut rest: &[u8]) -> (usize, &[u8]) {
    if number == full {
        while let [more, after @ ..] = rest {
            number = number.saturating_add(usize::from(*more));
            rest = after;
            if *more != 255 {
                break;
            }
        }
    }
    (number, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(decoder: fn(&mut [u8], &[u8]), seed: &[u8], data: &[u8]) -> Vec<u8> {
        let mut row = seed.to_vec();
        decoder(&mut row, data);
        row
    }

    #[test]
    fn decoders_follow_the_manual() {
        assert_eq!(row(plain, &[9; 4], &[1, 2]), [1, 2, 0, 0]);
        assert_eq!(row(run_length, &[9; 6], &[2, 7, 0, 8]), [7, 7, 7, 8, 0, 0]);
        assert_eq!(row(tiff, &[9; 6], &[1, 5, 6, 0xfe, 3]), [5, 6, 3, 3, 3, 0]);
        assert_eq!(row(tiff, &[9; 2], &[0xf0, 3]), [3, 3]);
        assert_eq!(row(delta_row, &[0; 6], &[0x21, 1, 2, 0x01, 3]), [0, 1, 2, 0, 3, 0]);
        assert_eq!(row(delta_row, &[0; 4], &[0x1f, 255, 0, 7]), [0; 4]);
        // literal at offset 1, then four of a byte directly behind
        assert_eq!(row(replacement_delta, &[0; 6], &[0x08, 5, 0x82, 6]), [0, 5, 6, 6, 6, 6]);
    }

    #[test]
    fn method_10_brings_colour_in_new_pixels() {
        // a run of (204, 51, 126) from pixel 327 on
        assert!(near_lossless_has_color(&[0x9f, 0xff, 0x45, 0x66, 0x19, 0xbf, 0xff, 0xff, 0x6e]));
        // the same in gray
        assert!(!near_lossless_has_color(&[0x9f, 0xff, 0x45, 0x66, 0x66, 0x66, 0xff, 0xff, 0x6e]));
        // a literal of two: a gray pixel, then a difference that is gray, then one that is not
        assert!(!near_lossless_has_color(&[0x01, 0x40, 0x40, 0x40, 0x88, 0x41]));
        assert!(near_lossless_has_color(&[0x01, 0x40, 0x40, 0x40, 0x88, 0x5f]));
        assert!(!near_lossless_has_color(&[0x21, 0x40]));
    }

    #[test]
    fn broken_rows_do_no_harm() {
        for decoder in [plain, run_length, tiff, delta_row, replacement_delta] {
            for first in 0..=255u8 {
                for data in [&[first][..], &[first, 255], &[first, 255, 255, 255], &[first, 1, 2, 3, 4]] {
                    row(decoder, &[0; 5], data);
                    row(decoder, &[], data);
                }
            }
        }
    }
}
