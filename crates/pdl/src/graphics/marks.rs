//! The marks of one page, as far as its colour depends on them.

use super::matrix::Rect;

/// Remembers the coloured marks of a page until something gray is painted all over them.
#[derive(Clone, Debug)]
pub(crate) struct PageMarks {
    page: Rect,
    coloured: Vec<Rect>,
    /// There were more coloured marks than are remembered: only what covers the whole page hides them.
    many: bool,
    marked: bool,
}

/// One mark.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    /// Where it is, in the coordinates of the page.
    pub(crate) area: Rect,
    /// It is not gray.
    pub(crate) coloured: bool,
    /// It paints every point of `area` and hides what was there.
    pub(crate) opaque: bool,
}

/// Coloured marks remembered one by one.
const MARKS_MAX: usize = 32;
/// Marks that stick out of a covering by less than this (in page units) are covered: the edge of a pixel.
const EDGE: f64 = 0.02;

impl PageMarks {
    /// A white page.
    pub(crate) fn new(page: Rect) -> Self {
        Self { page, coloured: Vec::new(), many: false, marked: false }
    }

    /// Puts a mark on the page.
    pub(crate) fn add(&mut self, mark: Mark) {
        let area = mark.area.and(self.page);
        if area.is_nowhere() {
            return;
        }
        self.marked = true;
        if mark.coloured {
            match self.coloured.last() {
                Some(last) if last.covers(area) => {}
                _ if self.coloured.len() < MARKS_MAX => self.coloured.push(area),
                _ => self.many = true,
            }
        } else if mark.opaque && (self.many || !self.coloured.is_empty()) {
            let cover = area.outset(EDGE);
            self.coloured.retain(|coloured| !cover.covers(*coloured));
            self.many &= !cover.covers(self.page);
        }
    }

    /// Whether a coloured mark is to be seen.
    pub(crate) fn is_coloured(&self) -> bool {
        self.many || !self.coloured.is_empty()
    }

    /// Whether anything was painted at all, white included.
    pub(crate) fn is_marked(&self) -> bool {
        self.marked
    }

    /// Whether another coloured mark would change nothing.
    pub(crate) fn is_settled(&self) -> bool {
        self.many
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_covered_is_not_seen() {
        let page = Rect::new(0.0, 0.0, 100.0, 100.0);
        let mark =
            |x: f64, coloured, opaque| Mark { area: Rect::new(x, 10.0, x + 10.0, 20.0), coloured, opaque };
        let mut marks = PageMarks::new(page);
        marks.add(mark(200.0, true, true));
        assert!(!marks.is_marked(), "outside of the page");
        marks.add(mark(10.0, true, true));
        marks.add(mark(30.0, true, false));
        marks.add(mark(10.0, false, true));
        assert!(marks.is_coloured(), "the second mark is still there");
        marks.add(mark(30.0, false, false));
        assert!(marks.is_coloured(), "text does not cover");
        marks.add(Mark { area: page, coloured: false, opaque: true });
        assert!(!marks.is_coloured() && marks.is_marked());
        for x in 0..90 {
            marks.add(mark(f64::from(x), true, true));
        }
        assert!(marks.is_settled() && marks.is_coloured());
        marks.add(Mark { area: page, coloured: false, opaque: true });
        assert!(!marks.is_coloured());
    }
}
