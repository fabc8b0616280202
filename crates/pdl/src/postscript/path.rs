//! The current path, in device space (PLRM 4.4).

use crate::graphics::{Matrix, Rect};

/// One segment; coordinates are those of the device.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Segment {
    Move(f64, f64),
    Line(f64, f64),
    Curve([f64; 6]),
    Close,
}

/// A path. Of very long ones only the bounds are exact.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Path {
    segments: Vec<Segment>,
    current: Option<(f64, f64)>,
    start: (f64, f64),
    bounds: Rect,
    /// Something besides `moveto`s: there is something to paint.
    drawn: bool,
}

/// Segments kept; longer paths are painted by their bounds and cannot be walked through.
const SEGMENTS_MAX: usize = 200_000;

impl Default for Path {
    fn default() -> Self {
        Self { segments: Vec::new(), current: None, start: (0.0, 0.0), bounds: Rect::NOWHERE, drawn: false }
    }
}

impl Path {
    /// The current point.
    pub(super) fn current(&self) -> Option<(f64, f64)> {
        self.current
    }

    /// All segments.
    pub(super) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The bounds of all points, control points included.
    pub(super) fn bounds(&self) -> Rect {
        self.bounds
    }

    /// Whether there is anything a `fill` or `stroke` could paint.
    pub(super) fn is_drawn(&self) -> bool {
        self.drawn
    }

    fn add(&mut self, segment: Segment) {
        if self.segments.len() < SEGMENTS_MAX {
            self.segments.push(segment);
        }
    }

    pub(super) fn move_to(&mut self, x: f64, y: f64) {
        if let Some(Segment::Move(..)) = self.segments.last() {
            self.segments.pop();
        }
        self.add(Segment::Move(x, y));
        self.current = Some((x, y));
        self.start = (x, y);
        if !self.drawn {
            // Lone points before the path begins do not belong to it.
            self.bounds = Rect::NOWHERE;
        }
        self.bounds.include(x, y);
    }

    pub(super) fn line_to(&mut self, x: f64, y: f64) {
        self.add(Segment::Line(x, y));
        self.current = Some((x, y));
        self.bounds.include(x, y);
        self.drawn = true;
    }

    pub(super) fn curve_to(&mut self, points: [f64; 6]) {
        self.add(Segment::Curve(points));
        let [x1, y1, x2, y2, x, y] = points;
        self.current = Some((x, y));
        self.bounds.include(x1, y1);
        self.bounds.include(x2, y2);
        self.bounds.include(x, y);
        self.drawn = true;
    }

    pub(super) fn close(&mut self) {
        if self.current.is_some() && !matches!(self.segments.last(), Some(Segment::Close)) {
            self.add(Segment::Close);
            self.current = Some(self.start);
            self.drawn = true;
        }
    }

    /// The path seen through a transformation.
    pub(super) fn transformed(&self, matrix: Matrix) -> Self {
        let mut out = Self::default();
        for segment in &self.segments {
            match *segment {
                Segment::Move(x, y) => {
                    let (x, y) = matrix.apply(x, y);
                    out.move_to(x, y);
                }
                Segment::Line(x, y) => {
                    let (x, y) = matrix.apply(x, y);
                    out.line_to(x, y);
                }
                Segment::Curve([a, b, c, d, e, f]) => {
                    let ((a, b), (c, d), (e, f)) =
                        (matrix.apply(a, b), matrix.apply(c, d), matrix.apply(e, f));
                    out.curve_to([a, b, c, d, e, f]);
                }
                Segment::Close => out.close(),
            }
        }
        out
    }

    /// Adds all of another path.
    pub(super) fn append(&mut self, other: &Self) {
        for segment in &other.segments {
            match *segment {
                Segment::Move(x, y) => self.move_to(x, y),
                Segment::Line(x, y) => self.line_to(x, y),
                Segment::Curve(points) => self.curve_to(points),
                Segment::Close => self.close(),
            }
        }
    }

    /// The upright rectangle this path is, if it is exactly one.
    pub(super) fn as_rectangle(&self) -> Option<Rect> {
        let points: Vec<(f64, f64)> = self
            .segments
            .iter()
            .filter_map(|segment| match segment {
                Segment::Move(x, y) | Segment::Line(x, y) => Some((*x, *y)),
                Segment::Curve(_) | Segment::Close => None,
            })
            .take(6)
            .collect();
        let curved = self.segments.len() > 7
            || self.segments.iter().any(|segment| matches!(segment, Segment::Curve(_)));
        let moves = self.segments.iter().filter(|segment| matches!(segment, Segment::Move(..))).count();
        let closed_twice = points.len() == 5 && points[4] == points[0];
        if curved || moves != 1 || !(points.len() == 4 || closed_twice) {
            return None;
        }
        let along = |a: (f64, f64), b: (f64, f64)| ((a.0 - b.0).abs() < EDGE, (a.1 - b.1).abs() < EDGE);
        let sides = [
            along(points[0], points[1]),
            along(points[1], points[2]),
            along(points[2], points[3]),
            along(points[3], points[0]),
        ];
        let upright = sides[0].0 && sides[1].1 && sides[2].0 && sides[3].1;
        let lying = sides[0].1 && sides[1].0 && sides[2].1 && sides[3].0;
        (upright || lying).then_some(self.bounds)
    }
}

/// Sides off by less (in pixels) are straight.
const EDGE: f64 = 0.01;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rectangles_are_recognised() {
        let mut path = Path::default();
        path.move_to(0.0, 0.0);
        path.line_to(10.0, 0.0);
        path.line_to(10.0, 5.0);
        path.line_to(0.0, 5.0);
        path.close();
        assert_eq!(path.as_rectangle(), Some(Rect::new(0.0, 0.0, 10.0, 5.0)));
        path.line_to(3.0, 3.0);
        assert_eq!(path.as_rectangle(), None);
        let mut triangle = Path::default();
        triangle.move_to(0.0, 0.0);
        triangle.line_to(10.0, 0.0);
        triangle.line_to(10.0, 5.0);
        triangle.close();
        assert_eq!(triangle.as_rectangle(), None);
    }
}
