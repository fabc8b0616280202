//! The page device: parameters, the page being painted, the pages that came out.

use crate::graphics::{Mark, Matrix, PageMarks, Rect};

use super::object::Object;

/// The device's parameters; part of the graphics state, so that `restore` and `grestore` bring them back.
#[derive(Clone, Debug)]
pub(super) struct PageDevice {
    /// What `currentpagedevice` answers.
    pub(super) params: Object,
    /// Width and height of the paper in points.
    pub(super) size: (f64, f64),
    /// The program set the paper.
    pub(super) size_is_set: bool,
    pub(super) duplex: Option<bool>,
    pub(super) tumble: Option<bool>,
    /// Copies by `NumCopies`.
    pub(super) copies: Option<i64>,
    pub(super) begin_page: Option<Object>,
    pub(super) end_page: Option<Object>,
}

/// The one device there is: a printer that takes any paper.
#[derive(Debug)]
pub(super) struct Device {
    /// Pages since the device was set up, as `BeginPage` and `EndPage` count them.
    pub(super) page_count: i64,
    /// `newsheet`: the next page begins a new sheet.
    pub(super) new_sheet: bool,
    /// A glyph or pattern cell is being painted: its marks go here instead.
    pub(super) cell: Option<Cell>,
    pub(super) gray_space: Object,
    marks: PageMarks,
    /// Pages that came out and were not reported yet.
    pub(super) printed: Vec<Printed>,
    pub(super) printed_count: u64,
}

/// What was painted into a glyph or pattern cell.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cell {
    pub(super) marked: bool,
    pub(super) coloured: bool,
}

/// One page that came out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Printed {
    pub(super) coloured: bool,
    /// The paper in points, if the program set it.
    pub(super) size: Option<(f64, f64)>,
    pub(super) duplex: Option<bool>,
    pub(super) tumble: Option<bool>,
    pub(super) copies: Option<i64>,
    pub(super) new_sheet: bool,
}

/// Dots an inch: what printers have.
pub(super) const RESOLUTION: f64 = 600.0;
const DOTS_PER_POINT: f64 = RESOLUTION / 72.0;
/// The paper where the program sets none: nearly US Letter, but a size no document is made for. Programs that ask
/// for the size first and set theirs only where it differs then always say what they want.
pub(super) const UNASKED_SIZE: (f64, f64) = (604.0, 800.0);

impl Default for PageDevice {
    fn default() -> Self {
        Self {
            params: Object::Null,
            size: UNASKED_SIZE,
            size_is_set: false,
            duplex: None,
            tumble: None,
            copies: None,
            begin_page: None,
            end_page: None,
        }
    }
}

impl PageDevice {
    /// The paper in dots.
    pub(super) fn rect(&self) -> Rect {
        Rect::new(0.0, 0.0, self.size.0 * DOTS_PER_POINT, self.size.1 * DOTS_PER_POINT)
    }

    /// Objects the parameters refer to.
    pub(super) fn roots(&self) -> impl Iterator<Item = Object> {
        [Some(self.params), self.begin_page, self.end_page].into_iter().flatten()
    }
}

/// From user space to dots.
pub(super) const DEFAULT_MATRIX: Matrix = Matrix([DOTS_PER_POINT, 0.0, 0.0, DOTS_PER_POINT, 0.0, 0.0]);

impl Default for Device {
    fn default() -> Self {
        Self {
            page_count: 0,
            new_sheet: false,
            cell: None,
            gray_space: Object::Null,
            marks: PageMarks::new(PageDevice::default().rect()),
            printed: Vec::new(),
            printed_count: 0,
        }
    }
}

impl Device {
    /// A white page of this size.
    pub(super) fn erase(&mut self, page: Rect) {
        self.marks = PageMarks::new(page);
    }

    /// Puts a mark on the page or into the cell being painted.
    pub(super) fn mark(&mut self, mark: Mark) {
        match &mut self.cell {
            Some(cell) => {
                cell.marked = true;
                cell.coloured |= mark.coloured;
            }
            None => self.marks.add(mark),
        }
    }

    /// Whether another coloured mark makes no difference.
    pub(super) fn is_settled(&self) -> bool {
        match &self.cell {
            Some(cell) => cell.coloured,
            None => self.marks.is_settled(),
        }
    }

    /// Whether anything is on the page.
    pub(super) fn is_marked(&self) -> bool {
        self.marks.is_marked()
    }

    /// The page comes out.
    pub(super) fn print(&mut self, page: &PageDevice, copies: Option<i64>) {
        self.printed_count += 1;
        self.printed.push(Printed {
            coloured: self.marks.is_coloured(),
            size: page.size_is_set.then_some(page.size),
            duplex: page.duplex,
            tumble: page.tumble,
            copies: page.copies.or(copies),
            new_sheet: std::mem::take(&mut self.new_sheet),
        });
    }
}
