//! Coordinates: affine transformations and upright rectangles.

/// `[a b c d tx ty]` as in both languages: x' = a·x + c·y + tx, y' = b·x + d·y + ty.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Matrix(pub(crate) [f64; 6]);

impl Matrix {
    /// Changes nothing.
    pub(crate) const IDENTITY: Self = Self([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    /// First `self`, then `after`.
    pub(crate) fn then(self, after: Self) -> Self {
        let ([a, b, c, d, x, y], [e, f, g, h, u, v]) = (self.0, after.0);
        Self([
            a * e + b * g,
            a * f + b * h,
            c * e + d * g,
            c * f + d * h,
            x * e + y * g + u,
            x * f + y * h + v,
        ])
    }

    /// The image of a point.
    pub(crate) fn apply(self, x: f64, y: f64) -> (f64, f64) {
        let [a, b, c, d, u, v] = self.0;
        (a * x + c * y + u, b * x + d * y + v)
    }

    /// The image of a distance.
    pub(crate) fn apply_distance(self, x: f64, y: f64) -> (f64, f64) {
        let [a, b, c, d, ..] = self.0;
        (a * x + c * y, b * x + d * y)
    }

    /// The inverse; `None` where areas vanish.
    pub(crate) fn inverse(self) -> Option<Self> {
        let [a, b, c, d, u, v] = self.0;
        let det = self.determinant();
        if det == 0.0 || !det.is_finite() {
            return None;
        }
        let inverse = [d / det, -b / det, -c / det, a / det, (c * v - d * u) / det, (b * u - a * v) / det];
        inverse.iter().all(|value| value.is_finite()).then_some(Self(inverse))
    }

    /// How areas grow; negative when they are mirrored.
    pub(crate) fn determinant(self) -> f64 {
        let [a, b, c, d, ..] = self.0;
        a * d - b * c
    }

    /// Whether upright rectangles stay upright.
    pub(crate) fn is_upright(self) -> bool {
        let [a, b, c, d, ..] = self.0;
        (b == 0.0 && c == 0.0) || (a == 0.0 && d == 0.0)
    }

    /// The upright rectangle around the image of a rectangle.
    pub(crate) fn bounds(self, area: Rect) -> Rect {
        let mut bounds = Rect::NOWHERE;
        for (x, y) in [(area.x0, area.y0), (area.x1, area.y0), (area.x0, area.y1), (area.x1, area.y1)] {
            let (x, y) = self.apply(x, y);
            bounds.include(x, y);
        }
        bounds
    }
}

/// An upright rectangle; without points when its corners are out of order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rect {
    pub(crate) x0: f64,
    pub(crate) y0: f64,
    pub(crate) x1: f64,
    pub(crate) y1: f64,
}

impl Rect {
    /// No point at all.
    pub(crate) const NOWHERE: Self =
        Self { x0: f64::INFINITY, y0: f64::INFINITY, x1: f64::NEG_INFINITY, y1: f64::NEG_INFINITY };

    /// From two opposite corners.
    pub(crate) fn new(x0: f64, y0: f64, x1: f64, y1: f64) -> Self {
        Self { x0: x0.min(x1), y0: y0.min(y1), x1: x0.max(x1), y1: y0.max(y1) }
    }

    /// Whether there is no point in it; one without area still has points.
    pub(crate) fn is_nowhere(self) -> bool {
        !(self.x0 <= self.x1 && self.y0 <= self.y1)
    }

    /// Grows to hold a point.
    pub(crate) fn include(&mut self, x: f64, y: f64) {
        self.x0 = self.x0.min(x);
        self.y0 = self.y0.min(y);
        self.x1 = self.x1.max(x);
        self.y1 = self.y1.max(y);
    }

    /// What both have.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            x0: self.x0.max(other.x0),
            y0: self.y0.max(other.y0),
            x1: self.x1.min(other.x1),
            y1: self.y1.min(other.y1),
        }
    }

    /// Larger by so much on every side.
    pub(crate) fn outset(self, by: f64) -> Self {
        Self { x0: self.x0 - by, y0: self.y0 - by, x1: self.x1 + by, y1: self.y1 + by }
    }

    /// Whether all of `other` lies in it.
    pub(crate) fn covers(self, other: Self) -> bool {
        self.x0 <= other.x0 && self.y0 <= other.y0 && self.x1 >= other.x1 && self.y1 >= other.y1
    }

    /// Width and height.
    pub(crate) fn size(self) -> (f64, f64) {
        (self.x1 - self.x0, self.y1 - self.y0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matrices_compose_and_invert() {
        let turn = Matrix([0.0, 1.0, -1.0, 0.0, 0.0, 0.0]);
        let shift = Matrix([1.0, 0.0, 0.0, 1.0, 10.0, 20.0]);
        assert_eq!(turn.then(shift).apply(1.0, 0.0), (10.0, 21.0));
        assert_eq!(shift.then(turn).apply(1.0, 0.0), (-20.0, 11.0));
        let both = turn.then(shift);
        assert_eq!(both.inverse().map(|back| both.then(back)), Some(Matrix::IDENTITY));
        assert_eq!(Matrix([1.0, 1.0, 1.0, 1.0, 0.0, 0.0]).inverse(), None);
    }

    #[test]
    fn rectangles_meet() {
        let (a, b) = (Rect::new(0.0, 0.0, 10.0, 10.0), Rect::new(20.0, 5.0, 5.0, 8.0));
        assert_eq!(a.and(b), Rect::new(5.0, 5.0, 10.0, 8.0));
        assert!(a.and(Rect::new(11.0, 0.0, 12.0, 1.0)).is_nowhere());
        assert!(Rect::NOWHERE.is_nowhere() && !Rect::new(1.0, 1.0, 1.0, 1.0).is_nowhere());
    }
}
