//! Where a mark can be: boxes around geometries, and the matrices they go through.
//!
//! Boxes may be larger than the mark (they hold the control points of curves), never smaller: a mark whose
//! box misses the page does not print, one whose box meets it counts as printed.

/// A box; empty geometries have none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rect {
    pub(super) x0: f64,
    pub(super) y0: f64,
    pub(super) x1: f64,
    pub(super) y1: f64,
}

impl Rect {
    /// Everywhere: for what is not known better.
    pub(super) const EVERYWHERE: Rect =
        Rect { x0: f64::NEG_INFINITY, y0: f64::NEG_INFINITY, x1: f64::INFINITY, y1: f64::INFINITY };

    pub(super) fn page(width: f64, height: f64) -> Rect {
        Rect { x0: 0.0, y0: 0.0, x1: width, y1: height }
    }

    /// The common part, `None` when there is no common point inside.
    pub(super) fn common(self, other: Rect) -> Option<Rect> {
        let both = Rect {
            x0: self.x0.max(other.x0),
            y0: self.y0.max(other.y0),
            x1: self.x1.min(other.x1),
            y1: self.y1.min(other.y1),
        };
        (both.x0 < both.x1 && both.y0 < both.y1).then_some(both)
    }

    /// Whether it covers any area.
    pub(super) fn has_area(self) -> bool {
        self.x0 < self.x1 && self.y0 < self.y1
    }

    pub(super) fn grown(self, by: f64) -> Rect {
        Rect { x0: self.x0 - by, y0: self.y0 - by, x1: self.x1 + by, y1: self.y1 + by }
    }

    fn with(self, other: Rect) -> Rect {
        Rect {
            x0: self.x0.min(other.x0),
            y0: self.y0.min(other.y0),
            x1: self.x1.max(other.x1),
            y1: self.y1.max(other.y1),
        }
    }
}

/// The box of what has been drawn so far.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Hull(Option<Rect>);

impl Hull {
    pub(super) const EVERYWHERE: Hull = Hull(Some(Rect::EVERYWHERE));

    pub(super) fn rect(self) -> Option<Rect> {
        self.0
    }

    pub(super) fn add(&mut self, x: f64, y: f64) {
        let point = Rect { x0: x, y0: y, x1: x, y1: y };
        self.join(Hull(Some(point)));
    }

    pub(super) fn join(&mut self, other: Hull) {
        self.0 = match (self.0, other.0) {
            (Some(one), Some(two)) => Some(one.with(two)),
            (one, two) => one.or(two),
        };
    }

    pub(super) fn through(self, matrix: Matrix) -> Hull {
        Hull(self.0.map(|rect| matrix.rect(rect)))
    }

    /// All points of a list such as `Points="1,2 3,4"`.
    pub(super) fn add_points(&mut self, list: &str) {
        let mut numbers = Numbers(list);
        while let (Some(x), Some(y)) = (numbers.next(), numbers.next()) {
            self.add(x, y);
        }
    }

    /// An arc from wherever the figure is to `(x, y)`: no point of it is further from its end than the diameter.
    pub(super) fn add_arc(&mut self, x: f64, y: f64, rx: f64, ry: f64) {
        let reach = 2.0 * rx.abs().max(ry.abs());
        self.add(x - reach, y - reach);
        self.add(x + reach, y + reach);
    }

    /// The abbreviated syntax of `Data` and `Figures` (ECMA-388 section 11.2.3); what it cannot read is everywhere.
    pub(super) fn of_path(data: &str) -> Hull {
        let mut hull = Hull::default();
        let mut numbers = Numbers(data);
        let (mut x, mut y) = (0.0, 0.0);
        let (mut start_x, mut start_y) = (0.0, 0.0);
        let mut command = b'M';
        loop {
            match numbers.command() {
                Some(b'Z' | b'z') => {
                    (x, y) = (start_x, start_y);
                    continue;
                }
                Some(b'F' | b'f') => {
                    numbers.next();
                    continue;
                }
                Some(letter) => command = letter,
                None if numbers.is_over() => return hull,
                None => {}
            }
            let relative = command.is_ascii_lowercase();
            let (dx, dy) = if relative { (x, y) } else { (0.0, 0.0) };
            let mut point = || Some((numbers.next()? + dx, numbers.next()? + dy));
            let end = match command.to_ascii_uppercase() {
                b'M' | b'L' => point(),
                b'H' => numbers.next().map(|n| (n + dx, y)),
                b'V' => numbers.next().map(|n| (x, n + dy)),
                b'Q' | b'S' => point().and_then(|(cx, cy)| {
                    hull.add(cx, cy);
                    point()
                }),
                b'C' => point().and_then(|(cx, cy)| {
                    hull.add(cx, cy);
                    let (cx, cy) = point()?;
                    hull.add(cx, cy);
                    point()
                }),
                b'A' => (|| {
                    let (rx, ry) = (numbers.next()?, numbers.next()?);
                    for _ in 0..3 {
                        numbers.next()?;
                    }
                    let (ex, ey) = (numbers.next()? + dx, numbers.next()? + dy);
                    hull.add_arc(ex, ey, rx, ry);
                    Some((ex, ey))
                })(),
                _ => None,
            };
            let Some((ex, ey)) = end else { return Hull::EVERYWHERE };
            if command.eq_ignore_ascii_case(&b'S') {
                // The first control point mirrors the one before: never further away than the box is wide.
                hull = hull.rect().map_or(hull, |r| Hull(Some(r.grown((r.x1 - r.x0).max(r.y1 - r.y0)))));
            }
            (x, y) = (ex, ey);
            if command.eq_ignore_ascii_case(&b'M') {
                (start_x, start_y) = (x, y);
                // Points behind a move are lines; the move alone marks nothing.
                command = if relative { b'l' } else { b'L' };
            }
            hull.add(x, y);
        }
    }
}

/// An affine map: `(x, y)` goes to `(a x + c y + e, b x + d y + f)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Matrix([f64; 6]);

impl Matrix {
    pub(super) const IDENTITY: Matrix = Matrix([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    /// Six numbers (ECMA-388 section 14.4.1).
    pub(super) fn parse(text: &str) -> Option<Matrix> {
        let mut numbers = Numbers(text);
        let mut six = [0.0; 6];
        for slot in &mut six {
            *slot = numbers.next()?;
        }
        Some(Matrix(six))
    }

    /// Where the origin goes.
    pub(super) fn offset(self) -> (f64, f64) {
        (self.0[4], self.0[5])
    }

    /// First this one, then `outer`.
    pub(super) fn then(self, outer: Matrix) -> Matrix {
        let [a, b, c, d, e, f] = self.0;
        let [oa, ob, oc, od, oe, of] = outer.0;
        Matrix([
            a * oa + b * oc,
            a * ob + b * od,
            c * oa + d * oc,
            c * ob + d * od,
            e * oa + f * oc + oe,
            e * ob + f * od + of,
        ])
    }

    /// The box of the mapped box.
    pub(super) fn rect(self, rect: Rect) -> Rect {
        if !(rect.x0.is_finite() && rect.x1.is_finite() && rect.y0.is_finite() && rect.y1.is_finite()) {
            return Rect::EVERYWHERE;
        }
        let [a, b, c, d, e, f] = self.0;
        let mut hull = Hull::default();
        for (x, y) in [(rect.x0, rect.y0), (rect.x1, rect.y0), (rect.x0, rect.y1), (rect.x1, rect.y1)] {
            hull.add(a * x + c * y + e, b * x + d * y + f);
        }
        hull.rect().unwrap_or(Rect::EVERYWHERE)
    }
}

/// Numbers and letters of a geometry, whatever stands between them.
struct Numbers<'t>(&'t str);

impl Numbers<'_> {
    fn skip(&mut self) {
        self.0 = self.0.trim_start_matches(|c: char| c == ',' || c.is_ascii_whitespace());
    }

    fn is_over(&mut self) -> bool {
        self.skip();
        self.0.is_empty()
    }

    /// A letter, if one is next.
    fn command(&mut self) -> Option<u8> {
        self.skip();
        let first = *self.0.as_bytes().first()?;
        first.is_ascii_alphabetic().then(|| {
            self.0 = &self.0[1..];
            first
        })
    }

    /// A number, if one is next.
    fn next(&mut self) -> Option<f64> {
        self.skip();
        let bytes = self.0.as_bytes();
        let mut end = 0;
        while let Some(byte) = bytes.get(end) {
            let sign = end == 0 || matches!(bytes[end - 1], b'e' | b'E');
            match byte {
                b'0'..=b'9' | b'.' | b'e' | b'E' => end += 1,
                b'+' | b'-' if sign => end += 1,
                _ => break,
            }
        }
        let number = self.0[..end].parse().ok().filter(|n: &f64| n.is_finite())?;
        self.0 = &self.0[end..];
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_hold_their_paths() {
        for (data, box_) in [
            ("M 100,100 L 300,100 300,200 100,200 Z", Some((100.0, 100.0, 300.0, 200.0))),
            ("F1M10-5h20v10h-20z", Some((10.0, -5.0, 30.0, 5.0))),
            ("m 10,10 l 5,5 -20,0", Some((-5.0, 10.0, 15.0, 15.0))),
            ("M0,0 C 1,9 8,9 9,0", Some((0.0, 0.0, 9.0, 9.0))),
            ("M 0 0 Q 5,1e1 10,0", Some((0.0, 0.0, 10.0, 10.0))),
            ("", None),
            ("F0", None),
        ] {
            let hull = Hull::of_path(data).rect().map(|r| (r.x0, r.y0, r.x1, r.y1));
            assert_eq!(hull, box_, "{data}");
        }
        assert_eq!(Hull::of_path("M 1,2 K 3,4"), Hull::EVERYWHERE);
    }

    #[test]
    fn matrices_chain() {
        let scale = Matrix::parse("2,0,0,2,0,0").expect("six numbers");
        let shift = Matrix::parse("1 0 0 1 10 20").expect("six numbers");
        let rect = Rect { x0: 1.0, y0: 1.0, x1: 2.0, y1: 3.0 };
        assert_eq!(scale.then(shift).rect(rect), Rect { x0: 12.0, y0: 22.0, x1: 14.0, y1: 26.0 });
        assert_eq!(Matrix::parse("1,0,0,1,0"), None);
    }
}
