//! The graphics state (PLRM 4.2), as far as it decides what is marked, where, and in which colour.

use std::sync::Arc;

use crate::graphics::{Matrix, Rect};

use super::device::{DEFAULT_MATRIX, PageDevice};
use super::object::Object;
use super::path::Path;

/// The current graphics state and those below it.
#[derive(Debug, Default)]
pub(super) struct Graphics {
    pub(super) now: GState,
    pub(super) stack: Vec<Stacked>,
    /// What `gstate` objects hold.
    pub(super) stored: Vec<GState>,
}

/// A graphics state on the stack.
#[derive(Clone, Debug)]
pub(super) struct Stacked {
    pub(super) state: GState,
    /// `save` put it there: `grestore` stops at it.
    pub(super) by_save: bool,
}

/// Graphics states that may be stacked.
pub(super) const STACK_MAX: usize = 10_000;

/// One graphics state.
#[derive(Clone, Debug)]
pub(super) struct GState {
    pub(super) ctm: Matrix,
    pub(super) path: Arc<Path>,
    /// What is visible, in device space: the bounds of the clipping path.
    pub(super) clip: Rect,
    pub(super) clip_stack: Vec<Rect>,
    pub(super) colour: Colour,
    pub(super) font: Object,
    pub(super) line: Line,
    /// Values a program can only set and ask for.
    pub(super) kept: Arc<Kept>,
    pub(super) page: Arc<PageDevice>,
    /// Marks go nowhere: `nulldevice`, or the glyph of a character that is only measured.
    pub(super) no_device: bool,
}

/// How lines are drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) width: f64,
    pub(super) cap: i64,
    pub(super) join: i64,
    pub(super) miter: f64,
    pub(super) dash: Object,
    pub(super) dash_offset: f64,
}

/// The parts of the state without influence on counting.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) flat: f64,
    pub(super) smoothness: f64,
    pub(super) stroke_adjust: bool,
    pub(super) overprint: bool,
    pub(super) transfer: [Object; 4],
    pub(super) black_generation: Object,
    pub(super) undercolor_removal: Object,
    pub(super) halftone: Object,
    pub(super) rendering: Object,
    pub(super) screen: (f64, f64, Object),
}

/// The current colour.
#[derive(Clone, Debug)]
pub(super) struct Colour {
    /// The colour space as the program gave it: a name or an array.
    pub(super) space: Object,
    pub(super) model: Model,
    /// The components, as many as the space has.
    pub(super) components: Vec<f32>,
    /// The pattern, when the space is one.
    pub(super) pattern: Object,
    /// Painting with it leaves something that is not gray. Of patterns, the answer comes when they are used.
    pub(super) coloured: bool,
}

/// What the components mean.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Model {
    Gray,
    Rgb,
    Cmyk,
    /// Anything else but patterns.
    Other,
    Pattern,
}

impl Default for GState {
    fn default() -> Self {
        Self {
            ctm: DEFAULT_MATRIX,
            path: Arc::default(),
            clip: PageDevice::default().rect(),
            clip_stack: Vec::new(),
            colour: Colour::black(Object::Null),
            font: Object::Null,
            line: Line { width: 1.0, cap: 0, join: 0, miter: 10.0, dash: Object::Null, dash_offset: 0.0 },
            kept: Arc::new(Kept {
                flat: 1.0,
                smoothness: 0.02,
                stroke_adjust: true,
                overprint: false,
                transfer: [Object::Null; 4],
                black_generation: Object::Null,
                undercolor_removal: Object::Null,
                halftone: Object::Null,
                rendering: Object::Null,
                screen: (60.0, 45.0, Object::Null),
            }),
            page: Arc::default(),
            no_device: false,
        }
    }
}

impl Colour {
    /// Black in a gray space.
    pub(super) fn black(space: Object) -> Self {
        Self { space, model: Model::Gray, components: vec![0.0], pattern: Object::Null, coloured: false }
    }

    /// As red, green and blue.
    pub(super) fn rgb(&self) -> [f64; 3] {
        let at = |index: usize| f64::from(self.components.get(index).copied().unwrap_or(0.0));
        match self.model {
            Model::Gray => [at(0); 3],
            Model::Rgb => [at(0), at(1), at(2)],
            Model::Cmyk => [0, 1, 2].map(|index| 1.0 - (at(index) + at(3)).min(1.0)),
            Model::Other | Model::Pattern => [0.0; 3],
        }
    }

    /// As a gray level.
    pub(super) fn gray(&self) -> f64 {
        let [red, green, blue] = self.rgb();
        0.3 * red + 0.59 * green + 0.11 * blue
    }

    /// As cyan, magenta, yellow and black.
    pub(super) fn cmyk(&self) -> [f64; 4] {
        if self.model == Model::Cmyk {
            return [0, 1, 2, 3].map(|index| f64::from(self.components.get(index).copied().unwrap_or(0.0)));
        }
        if self.model == Model::Gray {
            return [0.0, 0.0, 0.0, 1.0 - self.gray()];
        }
        let [cyan, magenta, yellow] = self.rgb().map(|part| 1.0 - part);
        let black = cyan.min(magenta).min(yellow);
        [cyan - black, magenta - black, yellow - black, black]
    }
}

impl GState {
    fn roots(&self) -> Vec<Object> {
        let mut roots = vec![self.colour.space, self.colour.pattern, self.font, self.line.dash];
        roots.extend(self.page.roots());
        roots.extend(self.kept.transfer);
        let kept = &self.kept;
        roots.extend([
            kept.black_generation,
            kept.undercolor_removal,
            kept.halftone,
            kept.rendering,
            kept.screen.2,
        ]);
        roots
    }
}

impl Graphics {
    /// Objects the states refer to.
    pub(super) fn roots(&self) -> Vec<Object> {
        let states = self.stack.iter().map(|stacked| &stacked.state).chain(&self.stored).chain([&self.now]);
        states.flat_map(GState::roots).collect()
    }
}
