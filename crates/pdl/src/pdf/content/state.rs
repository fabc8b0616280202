//! The graphics state of a content stream (ISO 32000-1 8.4), as far as it decides what is seen.

use std::rc::Rc;

use crate::graphics::{Matrix, Rect};

use super::super::fonts::Font;
use super::super::object::Object;
use super::super::space::Space;

/// One graphics state.
#[derive(Clone)]
pub(super) struct State {
    pub(super) ctm: Matrix,
    pub(super) clip: Rect,
    pub(super) fill: Paint,
    pub(super) stroke: Paint,
    pub(super) line_width: f64,
    pub(super) line_cap: i64,
    pub(super) text: Text,
    /// Something between the paint and the page: transparency, blending, a soft mask. It covers nothing.
    pub(super) veiled: bool,
    pub(super) fill_alpha: f64,
    pub(super) stroke_alpha: f64,
}

/// What is painted with.
#[derive(Clone)]
pub(super) struct Paint {
    pub(super) space: Rc<Space>,
    pub(super) coloured: bool,
    /// The pattern, when the space is one.
    pub(super) pattern: Option<Object>,
}

/// Text parameters; they outlive text objects.
#[derive(Clone)]
pub(super) struct Text {
    pub(super) font: Option<Rc<Font>>,
    pub(super) size: f64,
    pub(super) character_space: f64,
    pub(super) word_space: f64,
    pub(super) scale: f64,
    pub(super) leading: f64,
    pub(super) rise: f64,
    pub(super) mode: i64,
    pub(super) matrix: Matrix,
    pub(super) line_matrix: Matrix,
}

impl Paint {
    /// Black.
    pub(super) fn black() -> Self {
        Self { space: Rc::new(Space::Gray), coloured: false, pattern: None }
    }
}

impl State {
    /// At the start of a page or of a pattern cell.
    pub(super) fn new(ctm: Matrix, clip: Rect) -> Self {
        Self {
            ctm,
            clip,
            fill: Paint::black(),
            stroke: Paint::black(),
            line_width: 1.0,
            line_cap: 0,
            text: Text {
                font: None,
                size: 1.0,
                character_space: 0.0,
                word_space: 0.0,
                scale: 1.0,
                leading: 0.0,
                rise: 0.0,
                mode: 0,
                matrix: Matrix::IDENTITY,
                line_matrix: Matrix::IDENTITY,
            },
            veiled: false,
            fill_alpha: 1.0,
            stroke_alpha: 1.0,
        }
    }
}

/// The current path: its bounds, and whether it is one upright rectangle.
#[derive(Clone, Debug)]
pub(super) struct Path {
    pub(super) bounds: Rect,
    /// Points, as long as it may be a rectangle.
    points: Vec<(f64, f64)>,
    /// One rectangle by `re`.
    rectangle: bool,
    /// Something besides `m`.
    pub(super) drawn: bool,
    subpaths: u32,
    /// The clipping to do once the path is painted.
    pub(super) clips: bool,
}

impl Default for Path {
    fn default() -> Self {
        Self {
            bounds: Rect::NOWHERE,
            points: Vec::new(),
            rectangle: false,
            drawn: false,
            subpaths: 0,
            clips: false,
        }
    }
}

impl Path {
    /// `m`.
    pub(super) fn move_to(&mut self, (x, y): (f64, f64)) {
        if !self.drawn {
            self.bounds = Rect::NOWHERE;
            self.points.clear();
            self.subpaths = 0;
        }
        self.bounds.include(x, y);
        self.subpaths += 1;
        self.points.push((x, y));
        self.trim();
    }

    /// `l`, and the end points of curves.
    pub(super) fn line_to(&mut self, (x, y): (f64, f64)) {
        self.bounds.include(x, y);
        self.drawn = true;
        self.points.push((x, y));
        self.trim();
    }

    /// A control point of a curve: the path is no rectangle any more.
    pub(super) fn bend(&mut self, (x, y): (f64, f64)) {
        self.bounds.include(x, y);
        self.drawn = true;
        self.subpaths = u32::MAX / 2;
    }

    /// `h`.
    pub(super) fn close(&mut self) {
        self.drawn |= !self.points.is_empty();
    }

    /// `re`, already transformed.
    pub(super) fn rectangle(&mut self, corners: [(f64, f64); 4]) {
        let first = !self.drawn;
        self.move_to(corners[0]);
        for corner in &corners[1..] {
            self.line_to(*corner);
        }
        self.rectangle = first;
    }

    fn trim(&mut self) {
        // More points than a closed rectangle has: how many does not matter.
        self.points.truncate(7);
    }

    /// Whether the path is exactly its bounds.
    pub(super) fn is_rectangle(&self) -> bool {
        let closed = self.points.len() == 5 && self.points[0] == self.points[4];
        if self.subpaths != 1 || !(self.points.len() == 4 || closed) {
            return false;
        }
        let p = &self.points;
        let along = |a: usize, b: usize| ((p[a].0 - p[b].0).abs() < 1e-3, (p[a].1 - p[b].1).abs() < 1e-3);
        let sides = [along(0, 1), along(1, 2), along(2, 3), along(3, 0)];
        let upright = sides[0].0 && sides[1].1 && sides[2].0 && sides[3].1;
        let lying = sides[0].1 && sides[1].0 && sides[2].1 && sides[3].0;
        upright || lying
    }

    /// Whether filling it leaves a mark: a lone point does not, unless it is a rectangle of no size.
    pub(super) fn fills(&self) -> bool {
        let (width, height) = self.bounds.size();
        self.drawn && (width > 0.0 || height > 0.0 || self.rectangle)
    }
}
