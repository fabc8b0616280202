//! Colours as attributes write them (ECMA-388 section 15.2).

/// What a brush leaves on paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Paint {
    /// Nothing: no brush, or a wholly transparent one.
    #[default]
    None,
    /// Black, white or gray.
    Gray,
    /// Colour that cannot be seen without decoding; the reason is for people.
    Unknown(&'static str),
    /// Colour.
    Color,
}

impl Paint {
    /// Both on one page.
    pub(super) fn and(self, other: Paint) -> Paint {
        match (self, other) {
            (Paint::Color, _) | (_, Paint::Color) => Paint::Color,
            (Paint::Unknown(why), _) | (_, Paint::Unknown(why)) => Paint::Unknown(why),
            (Paint::Gray, _) | (_, Paint::Gray) => Paint::Gray,
            (Paint::None, Paint::None) => Paint::None,
        }
    }
}

/// A colour attribute: `#RRGGBB`, `#AARRGGBB`, `sc#R,G,B`, `sc#A,R,G,B`, `ContextColor profile A,C1,C2,…`.
/// `None` when it is none of these.
pub(super) fn color(text: &str) -> Option<Paint> {
    let text = text.trim();
    if let Some(list) = text.strip_prefix("sc#") {
        let numbers = numbers(list)?;
        return match numbers.as_slice() {
            [r, g, b] => Some(of_rgb(1.0, *r, *g, *b)),
            [a, r, g, b] => Some(of_rgb(*a, *r, *g, *b)),
            _ => None,
        };
    }
    if let Some(hex) = text.strip_prefix('#') {
        let value = u32::from_str_radix(hex, 16).ok()?;
        let [a, r, g, b] = value.to_be_bytes();
        let a = match hex.len() {
            6 => 0xFF,
            8 => a,
            _ => return None,
        };
        return Some(match (a, r == g && g == b) {
            (0, _) => Paint::None,
            (_, true) => Paint::Gray,
            (_, false) => Paint::Color,
        });
    }
    let rest = text.strip_prefix("ContextColor")?.trim_start();
    let (_profile, list) = rest.split_once(char::is_whitespace)?;
    let numbers = numbers(list)?;
    let (alpha, channels) = numbers.split_first()?;
    if *alpha <= 0.0 {
        return Some(Paint::None);
    }
    // The profile's colour space follows from its channels: gray, RGB, CMYK. Profiles with two or more than
    // four channels are named inks.
    let gray = match channels {
        [_] => true,
        [r, g, b] => (r - g).abs() < STEP && (g - b).abs() < STEP,
        [c, m, y, _] => c.max(*m).max(*y) < STEP,
        inks => inks.iter().all(|ink| *ink < STEP),
    };
    Some(if gray { Paint::Gray } else { Paint::Color })
}

/// Less than half a step of 255.
const STEP: f64 = 1.0 / 512.0;

fn of_rgb(alpha: f64, r: f64, g: f64, b: f64) -> Paint {
    let clamp = |part: f64| part.clamp(0.0, 1.0);
    let (r, g, b) = (clamp(r), clamp(g), clamp(b));
    if alpha <= 0.0 {
        Paint::None
    } else if (r - g).abs() < STEP && (g - b).abs() < STEP {
        Paint::Gray
    } else {
        Paint::Color
    }
}

/// Numbers with commas or blanks between them; `None` when one is no number.
fn numbers(list: &str) -> Option<Vec<f64>> {
    list.split([',', ' ', '\t', '\r', '\n'])
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().ok().filter(|n: &f64| n.is_finite()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_told_from_grays() {
        for (text, paint) in [
            ("#000000", Some(Paint::Gray)),
            ("#FF202020", Some(Paint::Gray)),
            ("#ff2020F0", Some(Paint::Color)),
            ("#00FF0000", Some(Paint::None)),
            ("sc#1,0.5,0.5,0.5", Some(Paint::Gray)),
            ("sc#0.5, 0.1, 0.5, 0.5", Some(Paint::Color)),
            ("sc#0,1,0,0", Some(Paint::None)),
            ("sc#1,0,0", Some(Paint::Color)),
            ("sc#2,2,2", Some(Paint::Gray)),
            ("ContextColor /swop.icc 1.0, 0,0,0,0.7", Some(Paint::Gray)),
            ("ContextColor /swop.icc 1.0, 0.2,0,0,0.7", Some(Paint::Color)),
            ("ContextColor /gray.icc 1.0,0.3", Some(Paint::Gray)),
            ("ContextColor ../n.icc 0.0,0.3,0.1,0.2", Some(Paint::None)),
            ("{StaticResource b}", None),
            ("#12345", None),
            ("", None),
        ] {
            assert_eq!(color(text), paint, "{text}");
        }
    }
}
