//! The colours of a page: its content is run without drawing (ISO 32000-1 chapters 8 to 12).
//!
//! - [`Painter`] holds what outlives a page: caches and budgets;
//! - [`reader`]: operands and operators out of streams;
//! - [`state`]: the graphics state;
//! - `operators`, `text`, `picture`, `pattern`: what the operators do;
//! - [`optional`]: layers; `annotation`: what lies on top of the page.
//!
//! A page is in colour when, at its end, a coloured mark is to be seen: not outside of the page or the clipping
//! area, not invisible, not under something gray and opaque. Areas are taken by their bounds.

mod annotation;
mod operators;
mod optional;
mod pattern;
mod picture;
mod reader;
mod state;
mod text;

use std::collections::HashMap;
use std::rc::Rc;

use crate::graphics::{Mark, Matrix, PageMarks, Rect};

use super::document::{Document, PdfError};
use super::fonts::Font;
use super::object::{Dict, Object, Stream};
use super::pages::Page;
use super::space::Space;
use optional::OptionalContent;
use reader::{ContentReader, Item};
use state::{Path, State};

/// Runs the pages of one document.
pub(super) struct Painter<'d, 'a> {
    document: &'d mut Document<'a>,
    optional: OptionalContent,
    marks: PageMarks,
    /// Fonts, spaces and pictures by object number.
    fonts: HashMap<u32, Rc<Font>>,
    spaces: HashMap<u32, Option<Rc<Space>>>,
    pictures: HashMap<u32, bool>,
    patterns: HashMap<u32, bool>,
    /// Forms that painted nothing coloured, with the colours they began with: fill, stroke.
    gray_forms: HashMap<(u32, bool, bool), ()>,
    /// Forms, patterns and glyphs being run, against cycles.
    running: Vec<u32>,
    /// Coloured marks made, whether or not they can be seen.
    coloured_marks: u64,
    operators_left: u64,
    doubt: Option<&'static str>,
}

/// One stretch of content with its resources.
struct Frame {
    resources: Dict,
    spaces: HashMap<Rc<[u8]>, Option<Rc<Space>>>,
    fonts: HashMap<Rc<[u8]>, Option<Rc<Font>>>,
}

/// Things of one kind that are remembered.
const CACHE_MAX: usize = 4_096;
/// Forms inside forms.
const DEPTH_MAX: usize = 28;
/// Operators a document may have: far more than any, and for each of its bytes.
const OPERATORS_MAX: u64 = 200_000_000;
const OPERATORS_PER_BYTE: u64 = 8;
/// Saved graphics states.
const STATES_MAX: usize = 4_096;
/// Operands before an operator.
const OPERANDS_MAX: usize = 512;

/// What a page's content came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Answer {
    Gray,
    Coloured,
    /// The content is too much to be read.
    Unknown,
}

impl<'d, 'a> Painter<'d, 'a> {
    /// For a document.
    ///
    /// # Errors
    /// [`PdfError::Read`].
    pub(super) fn new(document: &'d mut Document<'a>) -> Result<Self, PdfError> {
        let optional = OptionalContent::read(document)?;
        let operators_left =
            OPERATORS_MAX.saturating_add(document.source.len().saturating_mul(OPERATORS_PER_BYTE));
        Ok(Self {
            document,
            optional,
            marks: PageMarks::new(Rect::NOWHERE),
            fonts: HashMap::new(),
            spaces: HashMap::new(),
            pictures: HashMap::new(),
            patterns: HashMap::new(),
            gray_forms: HashMap::new(),
            running: Vec::new(),
            coloured_marks: 0,
            operators_left,
            doubt: None,
        })
    }

    /// The document, between pages.
    pub(super) fn document(&mut self) -> &mut Document<'a> {
        self.document
    }

    /// Why colours may be others than said, if there is a reason.
    pub(super) fn doubt(&self) -> Option<&'static str> {
        self.doubt
    }

    /// Runs a page with its annotations.
    ///
    /// # Errors
    /// [`PdfError::Read`].
    pub(super) fn page(&mut self, page: &Page) -> Result<Answer, PdfError> {
        let [x0, y0, x1, y1] = page.area;
        let area = Rect::new(x0, y0, x1, y1);
        self.marks = PageMarks::new(area);
        self.running.clear();
        let contents = self.document.get(&page.dict, b"Contents")?;
        let mut streams = Vec::new();
        match contents {
            Object::Stream(stream) => streams.push(stream),
            Object::Array(items) => {
                for item in items.iter().take(65_536) {
                    if let Object::Stream(stream) = self.document.resolve(item)? {
                        streams.push(stream);
                    }
                }
            }
            _ => {}
        }
        self.run(streams, page.resources.clone(), State::new(Matrix::IDENTITY, area))?;
        if !self.marks.is_settled() {
            self.annotations(page, area)?;
        }
        if self.marks.is_coloured() {
            return Ok(Answer::Coloured);
        }
        let spent = self.operators_left == 0 || self.document.is_spent();
        Ok(if spent { Answer::Unknown } else { Answer::Gray })
    }

    /// Runs content from a graphics state on.
    fn run(&mut self, streams: Vec<Rc<Stream>>, resources: Dict, state: State) -> Result<(), PdfError> {
        let mut frame = Frame { resources, spaces: HashMap::new(), fonts: HashMap::new() };
        let mut reader = ContentReader::new(streams);
        let mut run = Run {
            state,
            saved: Vec::new(),
            operands: Vec::new(),
            path: Path::default(),
            current: (0.0, 0.0),
            hidden: Vec::new(),
            text_bounds: Rect::NOWHERE,
        };
        loop {
            match reader.next(self.document)? {
                Item::End => return Ok(()),
                Item::Operand(value) => {
                    if run.operands.len() < OPERANDS_MAX {
                        run.operands.push(value);
                    }
                }
                Item::Operator(word) => {
                    self.operators_left = self.operators_left.saturating_sub(1);
                    if self.operators_left == 0 || self.marks.is_settled() {
                        return Ok(());
                    }
                    self.operator(word, &mut run, &mut frame, &mut reader)?;
                    run.operands.clear();
                }
            }
        }
    }

    /// Runs a form, glyph or pattern cell unless it is running already.
    fn run_nested(&mut self, stream: &Rc<Stream>, resources: Dict, state: State) -> Result<(), PdfError> {
        let number = stream.id.map(|id| id.number);
        if self.running.len() >= DEPTH_MAX || number.is_some_and(|number| self.running.contains(&number)) {
            return Ok(());
        }
        self.running.push(number.unwrap_or(u32::MAX));
        let result = self.run(vec![Rc::clone(stream)], resources, state);
        self.running.pop();
        result
    }

    /// Puts a mark on the page.
    fn mark(&mut self, state: &State, area: Rect, coloured: bool, opaque: bool) {
        self.coloured_marks += u64::from(coloured);
        let area = area.and(state.clip);
        if !area.is_nowhere() {
            self.marks.add(Mark { area, coloured, opaque: opaque && !state.veiled });
        }
    }

    /// Tells whether content, run by itself, has any colour, wherever it falls.
    fn has_colour(
        &mut self,
        paint: impl FnOnce(&mut Self) -> Result<(), PdfError>,
    ) -> Result<bool, PdfError> {
        let everywhere = Rect::new(-1e30, -1e30, 1e30, 1e30);
        let page = std::mem::replace(&mut self.marks, PageMarks::new(everywhere));
        let result = paint(self);
        let cell = std::mem::replace(&mut self.marks, page);
        result.map(|()| cell.is_coloured())
    }
}

/// The state of running one stretch of content.
struct Run {
    state: State,
    saved: Vec<State>,
    operands: Vec<Object>,
    path: Path,
    current: (f64, f64),
    /// For each marked-content section that is open: whether it hides what is in it.
    hidden: Vec<bool>,
    /// Where text of this text object fell, for clipping with it.
    text_bounds: Rect,
}

impl Run {
    fn is_hidden(&self) -> bool {
        self.hidden.contains(&true)
    }

    /// The operand so far from the first, as a number.
    fn number(&self, index: usize) -> f64 {
        self.operands.get(index).and_then(Object::as_number).unwrap_or(0.0)
    }

    /// All operands that are numbers.
    fn numbers(&self) -> Vec<f64> {
        self.operands.iter().filter_map(Object::as_number).collect()
    }

    /// The last so many operands as numbers; `None` when there are fewer.
    fn last<const N: usize>(&self) -> Option<[f64; N]> {
        let start = self.operands.len().checked_sub(N)?;
        let mut out = [0.0; N];
        for (slot, operand) in out.iter_mut().zip(&self.operands[start..]) {
            *slot = operand.as_number()?;
        }
        Some(out)
    }
}
