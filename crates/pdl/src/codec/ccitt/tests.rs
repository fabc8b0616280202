//! Data written by Ghostscript's CCITTFaxEncode from `rows.raw`: 60 rows of 217 pixels.

use super::super::testing::decode_chunked;
use super::*;

const ROWS: &[u8] = include_bytes!("../../../tests/fixtures/ccitt/rows.raw");

#[test]
fn ghostscript_s_encodings_come_back_in_any_chunking() {
    let base = CcittParams { columns: 217, rows: 60, ..CcittParams::default() };
    let rows: [(&str, &[u8], CcittParams); 6] = [
        ("group 4", include_bytes!("../../../tests/fixtures/ccitt/g4.bin"), CcittParams { k: -1, ..base }),
        ("group 3", include_bytes!("../../../tests/fixtures/ccitt/g3.bin"), CcittParams { k: 0, ..base }),
        (
            "group 3 mixed",
            include_bytes!("../../../tests/fixtures/ccitt/g32.bin"),
            CcittParams { k: 4, ..base },
        ),
        (
            "group 3 aligned, black is 1",
            include_bytes!("../../../tests/fixtures/ccitt/g3a.bin"),
            CcittParams { k: 0, byte_align: true, end_of_block: false, black_is_1: true, ..base },
        ),
        (
            "group 4 aligned",
            include_bytes!("../../../tests/fixtures/ccitt/g4a.bin"),
            CcittParams { k: -1, byte_align: true, end_of_block: false, ..base },
        ),
        (
            "group 3 aligned with ends of line",
            include_bytes!("../../../tests/fixtures/ccitt/g3e.bin"),
            CcittParams { k: 0, byte_align: true, end_of_line: true, ..base },
        ),
    ];
    for (name, data, params) in rows {
        let mut followed = data.to_vec();
        followed.extend_from_slice(b"\nshowpage");
        for (chunk_in, chunk_out) in [(1, 1), (1, 100), (7, 3), (10_000, 10_000)] {
            let mut decoder = Ccitt::new(params).expect("in range");
            let (got, used) = decode_chunked(&mut decoder, &followed, chunk_in, chunk_out).expect(name);
            let same = got.len() == ROWS.len()
                && got
                    .chunks(28)
                    .zip(ROWS.chunks(28))
                    .all(|(a, b)| a[..27] == b[..27] && (a[27] ^ b[27]) & 0x80 == 0);
            assert!(same, "{name}: {} bytes", got.len());
            assert_eq!(used, data.len(), "{name}");
        }
    }
}

#[test]
fn noise_ends_and_never_panics() {
    let mut seed = 7_u32;
    for round in 0..200 {
        let noise: Vec<u8> = (0..300)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 24) as u8
            })
            .collect();
        let params = CcittParams { k: round % 3 - 1, columns: 50, ..CcittParams::default() };
        let mut decoder = Ccitt::new(params).expect("in range");
        let _ = decode_chunked(&mut decoder, &noise, 11, 13);
    }
}
