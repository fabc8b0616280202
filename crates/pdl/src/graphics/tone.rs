//! When a colour is gray. A printer asks the same: does this need any ink but black?

/// Parts this close (of 1) are equal: grays that a colour conversion rounded, cairo's of black ink for one.
const TOLERANCE: f64 = 4.1 / 255.0;
/// The same for samples of pictures, in steps of 8 bits: rounding in a picture's history, no eye sees it.
pub(crate) const SAMPLE_TOLERANCE: u8 = 5;
/// Black at least this dense hides the other inks.
const FULL_BLACK: f64 = 0.995;

/// Whether red, green and blue make a gray.
pub(crate) fn rgb_is_gray(rgb: [f64; 3]) -> bool {
    let parts = rgb.map(|part| if part.is_nan() { 0.0 } else { part.clamp(0.0, 1.0) });
    let highest = parts[0].max(parts[1]).max(parts[2]);
    let lowest = parts[0].min(parts[1]).min(parts[2]);
    highest - lowest <= TOLERANCE
}

/// Whether inks make a gray: only black, or so much black that nothing else is seen.
pub(crate) fn cmyk_is_gray(cmyk: [f64; 4]) -> bool {
    let [cyan, magenta, yellow, black] =
        cmyk.map(|part| if part.is_nan() { 0.0 } else { part.clamp(0.0, 1.0) });
    black >= FULL_BLACK || cyan.max(magenta).max(yellow) <= TOLERANCE
}

/// Whether a colour of CIE L*a*b* has no hue to speak of, or is too dark or light for one.
pub(crate) fn lab_is_gray([lightness, a, b]: [f64; 3]) -> bool {
    const CHROMA_SEEN: f64 = 1.5;
    a.hypot(b) <= CHROMA_SEEN || lightness <= 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_parts_are_gray() {
        assert!(rgb_is_gray([0.5, 0.5, 0.502]));
        assert!(rgb_is_gray([1.2, 1.0, 3.0]), "clamped to white");
        assert!(!rgb_is_gray([0.5, 0.0, 0.5]));
        assert!(cmyk_is_gray([0.0, 0.0, 0.0, 0.4]));
        assert!(cmyk_is_gray([0.6, 0.4, 0.4, 1.0]));
        assert!(!cmyk_is_gray([0.5, 0.5, 0.5, 0.0]), "three inks, whatever they look like");
        assert!(lab_is_gray([50.0, 0.0, 0.0]) && !lab_is_gray([50.0, 40.0, 0.0]));
    }
}
