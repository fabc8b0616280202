use super::*;

macro_rules! picture {
    ($name:literal) => {
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/images/", $name)).to_vec()
    };
}

fn pictures(data: &[u8]) -> Vec<Picture> {
    let mut tiff = Tiff::open(&data).expect("a TIFF file");
    std::iter::from_fn(|| tiff.next_picture().expect("whole directories")).collect()
}

#[test]
fn gray_is_told_from_colour_in_every_coding() {
    let rows = [
        ("plain", picture!("gray-none.tif"), picture!("dot-none.tif")),
        ("LZW", picture!("gray-lzw.tif"), picture!("dot-lzw.tif")),
        ("PackBits", picture!("gray-packbits.tif"), picture!("dot-packbits.tif")),
        ("Deflate", picture!("gray-deflate.tif"), picture!("dot-deflate.tif")),
        ("JPEG", picture!("gray-jpeg.tif"), picture!("dot-jpeg.tif")),
        ("planes", picture!("gray-planes.tif"), picture!("dot-planes.tif")),
        ("tiles with predictor", picture!("gray-tiles.tif"), picture!("dot-tiles.tif")),
        ("BigTIFF, big-endian", picture!("gray-big.tif"), picture!("dot-big.tif")),
        ("palette", picture!("gray-palette.tif"), picture!("dot-palette.tif")),
        ("CMYK", picture!("gray-ink.tif"), picture!("dot-ink.tif")),
    ];
    for (name, gray, dot) in rows {
        for (data, tint) in [(gray, Tint::Gray), (dot, Tint::Color)] {
            let found = pictures(&data);
            assert_eq!(found.len(), 1, "{name}");
            assert_eq!((found[0].tint, found[0].complete), (tint, true), "{name}");
            assert_eq!((found[0].width, found[0].height), (24, 17), "{name}");
        }
    }
}

#[test]
fn every_directory_is_a_picture() {
    let found = pictures(&picture!("two-pages.tif"));
    let tints: Vec<Tint> = found.iter().map(|p| p.tint).collect();
    assert_eq!(tints, [Tint::Gray, Tint::Color]);
    assert_eq!(found[0].density, Some(Density { x_dpi: 150.0, y_dpi: 150.0 }));
}

#[test]
fn fax_is_gray() {
    let found = pictures(&picture!("fax.tif"));
    assert_eq!((found[0].tint, found[0].complete), (Tint::Gray, true));
}

#[test]
fn a_chain_that_closes_on_itself_ends() {
    let mut data = picture!("two-pages.tif");
    // The second directory's link back to the first: the last four bytes of the directory the first one names.
    let first = u32::from_le_bytes(data[4..8].try_into().expect("four bytes")) as usize;
    let after =
        |at: usize, data: &[u8]| at + 2 + 12 * usize::from(u16::from_le_bytes([data[at], data[at + 1]]));
    let link = after(first, &data);
    let second = u32::from_le_bytes(data[link..link + 4].try_into().expect("four bytes")) as usize;
    let back = after(second, &data);
    data[back..back + 4].copy_from_slice(&(first as u32).to_le_bytes());
    assert_eq!(pictures(&data).len(), 2);
}

#[test]
fn damage_never_panics() {
    for whole in [
        picture!("dot-lzw.tif"),
        picture!("dot-tiles.tif"),
        picture!("dot-big.tif"),
        picture!("dot-jpeg.tif"),
    ] {
        for at in 0..whole.len() {
            for flip in [0x01, 0x80, 0xFF] {
                let mut data = whole.clone();
                data[at] ^= flip;
                if let Ok(mut tiff) = Tiff::open(&data) {
                    while let Ok(Some(_)) = tiff.next_picture() {}
                }
            }
        }
    }
}
