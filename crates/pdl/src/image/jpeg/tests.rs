use super::*;

macro_rules! picture {
    ($name:literal) => {
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/images/", $name)).as_slice()
    };
}

fn facts(data: &[u8]) -> Jpeg {
    read(data, Reading { to_the_end: true, ..Reading::default() }).expect("a picture")
}

#[test]
fn gray_is_told_from_colour_in_every_coding() {
    let rows: [(&str, &[u8], Tint); 11] = [
        ("baseline 4:2:0", picture!("gray-baseline.jpg"), Tint::Gray),
        ("baseline 4:2:0", picture!("dot-baseline.jpg"), Tint::Color),
        ("progressive", picture!("gray-progressive.jpg"), Tint::Gray),
        ("progressive", picture!("dot-progressive.jpg"), Tint::Color),
        ("RGB, restarts", picture!("gray-rgb.jpg"), Tint::Gray),
        ("RGB, restarts", picture!("dot-rgb.jpg"), Tint::Color),
        ("RGB progressive", picture!("gray-rgb-progressive.jpg"), Tint::Gray),
        ("RGB progressive", picture!("dot-rgb-progressive.jpg"), Tint::Color),
        ("CMYK", picture!("gray-ink.jpg"), Tint::Gray),
        ("CMYK", picture!("dot-ink.jpg"), Tint::Color),
        ("one component", picture!("one-component.jpg"), Tint::Gray),
    ];
    for (name, data, tint) in rows {
        let jpeg = facts(data);
        assert_eq!((jpeg.tint, jpeg.complete, jpeg.width, jpeg.height), (tint, true, 24, 17), "{name}");
    }
}

#[test]
fn arithmetic_coding_is_not_guessed() {
    let jpeg = facts(picture!("arithmetic.jpg"));
    assert!(matches!(jpeg.tint, Tint::Unknown(_)), "{jpeg:?}");
}

#[test]
fn jfif_density_is_read() {
    let density = facts(picture!("gray-baseline.jpg")).density.expect("JFIF density");
    assert_eq!((density.x_dpi, density.y_dpi), (300.0, 300.0));
}

#[test]
fn a_cut_picture_is_incomplete_and_never_grows() {
    for whole in [picture!("dot-baseline.jpg"), picture!("gray-progressive.jpg"), picture!("gray-rgb.jpg")] {
        for end in 0..whole.len() - 2 {
            match read(&whole[..end], Reading { to_the_end: true, ..Reading::default() }) {
                Ok(jpeg) => assert!(!jpeg.complete, "cut at {end}"),
                Err(JpegError::NoFrame | JpegError::Segment(_)) => {}
                Err(JpegError::Source(error)) => panic!("memory does not fail: {error}"),
            }
        }
    }
}

#[test]
fn flipped_bits_never_panic() {
    for whole in
        [picture!("dot-baseline.jpg"), picture!("gray-progressive.jpg"), picture!("dot-rgb-progressive.jpg")]
    {
        for at in 0..whole.len() * 8 {
            let mut data = whole.to_vec();
            data[at / 8] ^= 1 << (at % 8);
            let _ = read(data.as_slice(), Reading { to_the_end: true, ..Reading::default() });
        }
    }
}
