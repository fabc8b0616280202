//! What operators do.

use std::collections::HashMap;

use super::colors::{Colors, Source};
use super::image::Image;
use super::media::{self, Media};
use super::stream::Streams;
use super::token::{attribute, operator};
use super::values::Attributes;
use crate::accounting::{Ink, Page, Sheet, Sink};
use crate::counts::Copies;
use crate::media::Paper;
use crate::pcl5::Snippet;
use crate::settings::Sides;

/// Graphics states `PushGS` keeps; a job that pushes more gets the oldest ones back.
const STATES_MAX: usize = 256;

/// Raster patterns that are remembered.
const PATTERNS_MAX: usize = 1_024;

/// Where the data behind an operator goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DataUse {
    /// Passed over.
    Pass,
    /// Pixels of an image.
    Image,
    /// Pixels of a raster pattern.
    Pattern,
    /// A user-defined stream.
    Stream,
    /// PCL 5 or HP-GL/2 on the page.
    PassThrough,
}

/// The state of a session.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) streams: Streams,
    in_page: bool,
    ink: Ink,
    paper: Option<Paper>,
    sides: Option<Sides>,
    sheet: Sheet,
    /// A page of this session asked for the back of its sheet.
    uses_backs: bool,
    colors: Colors,
    states: Vec<(Colors, bool)>,
    /// The current path has a segment.
    path: bool,
    image: Option<Image>,
    pattern: Option<(i64, Option<Image>)>,
    patterns: HashMap<i64, Ink>,
    snippet: Option<Box<Snippet>>,
}

impl Session {
    pub(super) fn new() -> Self {
        Self {
            streams: Streams::default(),
            in_page: false,
            ink: Ink::Gray,
            paper: None,
            sides: None,
            sheet: Sheet::Next,
            uses_backs: false,
            colors: Colors::new(),
            states: Vec::new(),
            path: false,
            image: None,
            pattern: None,
            patterns: HashMap::new(),
            snippet: None,
        }
    }

    /// Whether the data of marks still matters: a page is open and not known to have colour.
    fn is_open_question(&self) -> bool {
        self.in_page && self.ink == Ink::Gray
    }

    /// Carries out an operator other than those of streams; says where the data behind it goes.
    pub(super) fn carry_out(&mut self, operator: u8, attributes: &Attributes, sink: &mut Sink) -> DataUse {
        match operator {
            operator::BEGIN_SESSION => self.begin_session(),
            operator::END_SESSION => self.in_page = false,
            operator::BEGIN_PAGE => self.begin_page(attributes),
            operator::END_PAGE => self.end_page(attributes, sink),
            operator::PUSH_GS if self.states.len() < STATES_MAX => {
                self.states.push((self.colors.clone(), self.path));
            }
            operator::POP_GS => {
                if let Some((colors, path)) = self.states.pop() {
                    self.colors = colors;
                    self.path = path;
                }
            }
            operator::SET_COLOR_SPACE => self.colors.set_space(attributes),
            operator::SET_BRUSH_SOURCE => self.colors.brush = self.colors.source(attributes),
            operator::SET_PEN_SOURCE => self.colors.pen = self.colors.source(attributes),
            operator::SET_ROP => {
                if let Some(rop) = attributes.int(attribute::ROP3).and_then(|rop| u8::try_from(rop).ok()) {
                    self.colors.rop = rop;
                }
            }
            operator::NEW_PATH => self.path = false,
            operator::LINE_PATH
            | operator::LINE_REL_PATH
            | operator::ARC_PATH
            | operator::BEZIER_PATH
            | operator::BEZIER_REL_PATH
            | operator::CHORD_PATH
            | operator::ELLIPSE_PATH
            | operator::PIE_PATH
            | operator::RECTANGLE_PATH
            | operator::ROUND_RECTANGLE_PATH
            | operator::TEXT_PATH => self.path = true,
            operator::PAINT_PATH if self.path => self.paint_shape(),
            operator::RECTANGLE
            | operator::ROUND_RECTANGLE
            | operator::ELLIPSE
            | operator::CHORD
            | operator::PIE => self.paint_shape(),
            operator::TEXT | operator::SCAN_LINE_REL => self.mark(self.colors.brush),
            operator::BEGIN_IMAGE => self.begin_image(attributes),
            operator::READ_IMAGE => {
                if let Some(image) = &mut self.image {
                    image.begin_block(attributes);
                    return DataUse::Image;
                }
            }
            operator::END_IMAGE => self.image = None,
            operator::BEGIN_RAST_PATTERN => {
                let id = attributes.int(attribute::PATTERN_DEFINE_ID).unwrap_or(0);
                self.pattern = Some((id, Image::begin(attributes, &self.colors, false)));
                self.define_pattern(id, Ink::Gray);
            }
            operator::READ_RAST_PATTERN => {
                if let Some((_, Some(pixels))) = &mut self.pattern {
                    pixels.begin_block(attributes);
                    return DataUse::Pattern;
                }
            }
            operator::END_RAST_PATTERN => self.pattern = None,
            operator::READ_STREAM => return DataUse::Stream,
            operator::PASS_THROUGH if self.is_open_question() => return DataUse::PassThrough,
            _ => {}
        }
        DataUse::Pass
    }

    /// Takes bytes of the data behind an operator.
    pub(super) fn data(&mut self, to: DataUse, bytes: &[u8], sink: &Sink) {
        match to {
            DataUse::Pass => {}
            DataUse::Image => {
                if self.image.as_mut().is_some_and(|image| image.take(bytes)) {
                    self.colored_image();
                }
            }
            DataUse::Pattern => {
                if let Some((id, Some(pixels))) = &mut self.pattern
                    && pixels.take(bytes)
                {
                    let id = *id;
                    self.define_pattern(id, Ink::Color);
                }
            }
            DataUse::Stream => self.streams.take(bytes),
            DataUse::PassThrough => {
                let snippet = self.snippet.get_or_insert_with(|| Box::new(Snippet::new(sink)));
                self.ink = self.ink.or(snippet.take(bytes));
            }
        }
    }

    /// The data behind an operator is over.
    pub(super) fn end_data(&mut self, to: DataUse) {
        match to {
            DataUse::Image => {
                if self.image.as_mut().is_some_and(Image::end_block) {
                    self.colored_image();
                }
            }
            DataUse::Pattern => {
                if let Some((id, Some(pixels))) = &mut self.pattern
                    && pixels.end_block()
                {
                    let id = *id;
                    self.define_pattern(id, Ink::Color);
                }
            }
            DataUse::Pass | DataUse::Stream | DataUse::PassThrough => {}
        }
    }

    /// Whether a page was begun and not ended.
    pub(super) fn is_in_page(&self) -> bool {
        self.in_page
    }

    fn begin_session(&mut self) {
        *self = Self { streams: std::mem::take(&mut self.streams), ..Self::new() };
    }

    fn begin_page(&mut self, attributes: &Attributes) {
        match media::of_page(attributes) {
            Media::Same => {}
            Media::Default => self.paper = None,
            Media::Paper(paper) => self.paper = Some(paper),
        }
        if attributes.has(attribute::SIMPLEX_PAGE_MODE) {
            self.sides = Some(Sides::OneSided);
        } else if let Some(mode) = attributes.int(attribute::DUPLEX_PAGE_MODE) {
            self.sides = Some(if mode == 0 { Sides::ShortEdge } else { Sides::LongEdge });
        }
        self.sheet = match attributes.int(attribute::DUPLEX_PAGE_SIDE) {
            Some(1) => {
                self.uses_backs = true;
                Sheet::Back
            }
            // Ghostscript's drivers say "front" on every page; only who says "back", too, means it.
            Some(0) if self.uses_backs => Sheet::Front,
            _ => Sheet::Next,
        };
        self.in_page = true;
        self.ink = Ink::Gray;
        self.colors = Colors::new();
        self.states.clear();
        self.path = false;
        self.image = None;
        self.pattern = None;
        self.snippet = None;
    }

    fn end_page(&mut self, attributes: &Attributes, sink: &mut Sink) {
        if !self.in_page {
            return;
        }
        self.in_page = false;
        let copies = attributes.int(attribute::PAGE_COPIES);
        if copies == Some(0) {
            // Windows drivers end a job with a page that is not to be printed.
            return;
        }
        sink.page(Page {
            ink: self.ink,
            paper: self.paper,
            sides: self.sides,
            copies: copies.map(Copies::from_request),
            sheet: self.sheet,
            gray_ticket: false,
        });
    }

    /// A shape is filled with the brush and outlined with the pen.
    fn paint_shape(&mut self) {
        self.mark(self.colors.brush);
        self.mark(self.colors.pen);
    }

    fn mark(&mut self, source: Source) {
        if self.colors.paints() && self.colors.uses_texture() {
            self.ink = self.ink.or(self.ink_of(source));
        }
    }

    fn ink_of(&self, source: Source) -> Ink {
        match source {
            Source::Null => Ink::Gray,
            Source::Ink(ink) => ink,
            Source::Pattern(id) => self.patterns.get(&id).copied().unwrap_or(Ink::Gray),
        }
    }

    fn begin_image(&mut self, attributes: &Attributes) {
        self.image = None;
        if !self.is_open_question() || !self.colors.paints() {
            return;
        }
        let brush = self.ink_of(self.colors.brush);
        let colored_texture = brush == Ink::Color && self.colors.uses_texture();
        if !self.colors.uses_source() {
            // The image is only a frame for the brush.
            if colored_texture {
                self.ink = Ink::Color;
            }
            return;
        }
        self.image = Image::begin(attributes, &self.colors, colored_texture);
    }

    fn colored_image(&mut self) {
        self.ink = Ink::Color;
        self.image = None;
    }

    fn define_pattern(&mut self, id: i64, ink: Ink) {
        if self.patterns.len() < PATTERNS_MAX || self.patterns.contains_key(&id) {
            self.patterns.insert(id, ink);
        }
        if ink == Ink::Color
            && let Some((_, pixels)) = &mut self.pattern
        {
            *pixels = None;
        }
    }
}
