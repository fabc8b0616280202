//! The marks of a fixed page (ECMA-388 sections 10 to 14): is any of them in colour?
//!
//! The markup is read once from front to back. Every open element has a [`Frame`]; when it ends, what it is
//! (a brush, a geometry, a visual) is folded into the frame around it. A colour counts where a path or glyph run
//! uses it, is not wholly transparent and can touch the page; brushes that wait in a dictionary count when
//! they are used. What lies under other marks counts: a renderer would be needed to know.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};
use std::io::Read;

use super::geometry::{Hull, Matrix, Rect};
use super::limits::{DEPTH_MAX, RESOURCES_MAX};
use super::markup::{Event, Markup, MarkupError, Value};
use super::package::PartName;
use super::paint::{self, Paint};

/// What a page was found to hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PageFacts {
    /// Width and height in 1/96 inch, when the page says them.
    pub(super) size: Option<(f64, f64)>,
    /// All marks together.
    pub(super) marks: Paint,
}

/// Where a page's pictures and remote dictionaries come from.
pub(super) trait Surroundings {
    /// The tint of the picture `reference` of the part `base`.
    fn picture(&mut self, base: &PartName, reference: &str) -> Paint;

    /// The markup of the remote dictionary `reference` of the part `base`, and its name.
    fn dictionary(&mut self, base: &PartName, reference: &str) -> Option<(PartName, Box<dyn Read + '_>)>;
}

/// Reads the markup of the page `base`.
pub(super) fn read(
    input: impl Read,
    base: &PartName,
    surroundings: &mut dyn Surroundings,
) -> Result<PageFacts, MarkupError> {
    let mut page =
        Page { base, surroundings, stack: vec![Frame::outside()], resources_left: RESOURCES_MAX, size: None };
    page.run(input)?;
    let marks = page.stack.first().map_or(Paint::None, |frame| frame.marks);
    Ok(PageFacts { size: page.size, marks })
}

type Dictionary = HashMap<u64, Resource>;

/// A dictionary entry, as far as anyone may use it.
#[derive(Debug, Clone, Copy)]
enum Resource {
    Brush(Paint),
    Geometry(Hull),
    Transform(Matrix),
    Visual(Paint),
}

/// What an element is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Element {
    Outside,
    FixedPage,
    Canvas,
    Path,
    Glyphs,
    SolidBrush,
    ImageBrush,
    VisualBrush,
    GradientBrush,
    GradientStop,
    /// `Path.Fill`, `Glyphs.Fill`.
    Fill,
    /// `Path.Stroke`.
    Stroke,
    /// `Path.Data`.
    Data,
    /// `….Clip`.
    Clip,
    /// `….OpacityMask`: its colour does not print.
    Mask,
    /// `….RenderTransform` of a canvas, path or glyph run.
    RenderTransform,
    /// `VisualBrush.Visual`.
    Visual,
    /// `….Resources` and `ResourceDictionary`.
    Resources,
    Dictionary,
    Transform,
    Geometry,
    Figure,
    Segment,
    ArcSegment,
    /// Markup compatibility: what is meant for readers that know more than this one.
    Choice,
    /// Anything that only groups.
    Group,
}

impl Element {
    fn of(name: &str) -> Element {
        match name {
            "FixedPage" => Element::FixedPage,
            "Canvas" => Element::Canvas,
            "Path" => Element::Path,
            "Glyphs" => Element::Glyphs,
            "SolidColorBrush" => Element::SolidBrush,
            "ImageBrush" => Element::ImageBrush,
            "VisualBrush" => Element::VisualBrush,
            "LinearGradientBrush" | "RadialGradientBrush" => Element::GradientBrush,
            "GradientStop" => Element::GradientStop,
            "Path.Fill" | "Glyphs.Fill" => Element::Fill,
            "Path.Stroke" => Element::Stroke,
            "Path.Data" => Element::Data,
            "Path.Clip" | "Canvas.Clip" | "Glyphs.Clip" => Element::Clip,
            "Path.OpacityMask" | "Canvas.OpacityMask" | "Glyphs.OpacityMask" => Element::Mask,
            "Path.RenderTransform" | "Canvas.RenderTransform" | "Glyphs.RenderTransform" => {
                Element::RenderTransform
            }
            "VisualBrush.Visual" => Element::Visual,
            "FixedPage.Resources" | "Canvas.Resources" => Element::Resources,
            "ResourceDictionary" => Element::Dictionary,
            "MatrixTransform" => Element::Transform,
            "PathGeometry" => Element::Geometry,
            "PathFigure" => Element::Figure,
            "PolyLineSegment" | "PolyBezierSegment" | "PolyQuadraticBezierSegment" => Element::Segment,
            "ArcSegment" => Element::ArcSegment,
            "Choice" => Element::Choice,
            _ => Element::Group,
        }
    }

    /// Whether its children are visuals in the coordinates and under the clip of the page.
    fn is_container(self) -> bool {
        matches!(self, Element::Outside | Element::FixedPage | Element::Canvas | Element::Visual)
    }
}

/// An open element.
#[derive(Debug)]
struct Frame {
    element: Element,
    /// `x:Key` in a dictionary.
    key: Option<u64>,
    /// From its coordinates to the page's.
    matrix: Matrix,
    /// What of the page it can touch; nothing when it cannot.
    clip: Option<Rect>,
    /// False where its opacity is zero or it is not meant for us.
    visible: bool,
    fill: Paint,
    stroke: Paint,
    stroke_width: f64,
    /// The box of the geometry it is or has, in its own coordinates.
    hull: Hull,
    /// The marks, or the brush, it has come to.
    marks: Paint,
    transform: Option<Matrix>,
    resources: Dictionary,
}

impl Frame {
    fn outside() -> Frame {
        Frame {
            element: Element::Outside,
            key: None,
            matrix: Matrix::IDENTITY,
            clip: Some(Rect::EVERYWHERE),
            visible: true,
            fill: Paint::None,
            stroke: Paint::None,
            stroke_width: 1.0,
            hull: Hull::default(),
            marks: Paint::None,
            transform: None,
            resources: HashMap::new(),
        }
    }

    fn inside(outer: &Frame, element: Element) -> Frame {
        Frame { element, matrix: outer.matrix, clip: outer.clip, visible: outer.visible, ..Frame::outside() }
    }

    /// Cuts what the element can touch down to a geometry in its coordinates.
    fn clip_to(&mut self, hull: Hull) {
        let area = hull.through(self.matrix).rect();
        self.clip = match (self.clip, area) {
            (Some(clip), Some(area)) => clip.common(area),
            _ => None,
        };
    }

    /// Whether a mark with this box in its coordinates can touch the page.
    fn touches(&self, rect: Option<Rect>) -> bool {
        match (self.clip, rect) {
            (Some(clip), Some(rect)) => clip.common(self.matrix.rect(rect)).is_some(),
            _ => false,
        }
    }
}

struct Page<'s> {
    base: &'s PartName,
    surroundings: &'s mut dyn Surroundings,
    stack: Vec<Frame>,
    resources_left: usize,
    size: Option<(f64, f64)>,
}

impl Page<'_> {
    fn run(&mut self, input: impl Read) -> Result<(), MarkupError> {
        let mut markup = Markup::new(input);
        loop {
            match markup.next()? {
                Event::Start => self.start(&markup)?,
                Event::End => self.end(),
                Event::Text => {}
                Event::Over => break,
            }
        }
        if self.stack.len() == 1 { Ok(()) } else { Err(MarkupError::Cut) }
    }

    fn start(&mut self, markup: &Markup<impl Read>) -> Result<(), MarkupError> {
        if self.stack.len() > DEPTH_MAX {
            return Err(MarkupError::Wrong);
        }
        let element = Element::of(markup.name());
        let Some(outer) = self.stack.last() else { return Err(MarkupError::Wrong) };
        let mut frame = Frame::inside(outer, element);
        frame.key = markup.string("Key").map(digest);
        if markup.string("Opacity").is_some_and(|o| o.trim().parse().is_ok_and(|o: f64| o <= 0.0)) {
            frame.visible = false;
        }
        match element {
            Element::FixedPage => {
                let edge =
                    |name| markup.string(name).and_then(|n| n.trim().parse().ok()).filter(|n: &f64| *n > 0.0);
                if let (Some(width), Some(height)) = (edge("Width"), edge("Height")) {
                    self.size = Some((width, height));
                    frame.clip = Some(Rect::page(width, height));
                }
            }
            Element::Canvas => self.place(&mut frame, markup),
            Element::Path => {
                self.place(&mut frame, markup);
                frame.fill = self.paint(markup.attribute("Fill"));
                frame.stroke = self.paint(markup.attribute("Stroke"));
                frame.stroke_width = number(markup, "StrokeThickness").unwrap_or(1.0);
                if let Some(data) = markup.attribute("Data") {
                    frame.hull = self.geometry(data);
                }
            }
            Element::Glyphs => {
                self.place(&mut frame, markup);
                frame.fill = self.paint(markup.attribute("Fill"));
                frame.hull = glyphs(markup);
            }
            Element::SolidBrush => frame.marks = self.paint(markup.attribute("Color")),
            Element::GradientStop => frame.marks = self.paint(markup.attribute("Color")),
            Element::ImageBrush => {
                frame.marks = match markup.string("ImageSource") {
                    Some(source) if frame.visible => {
                        self.surroundings.picture(self.base, picture_reference(source))
                    }
                    _ => Paint::None,
                };
            }
            Element::VisualBrush => {
                if let Some(Resource::Visual(paint)) = markup.string("Visual").and_then(|v| self.named(v)) {
                    frame.marks = paint;
                }
            }
            Element::Visual => {
                // The visual is scaled into wherever the brush is used.
                frame.matrix = Matrix::IDENTITY;
                frame.clip = Some(Rect::EVERYWHERE);
            }
            Element::Transform => frame.transform = markup.string("Matrix").and_then(Matrix::parse),
            Element::Geometry => {
                if let Some(figures) = markup.attribute("Figures") {
                    frame.hull = self.geometry(figures);
                }
                frame.transform = markup.string("Transform").and_then(|t| self.transform(t));
            }
            Element::Figure => {
                if let Some(start) = markup.string("StartPoint") {
                    frame.hull.add_points(start);
                }
            }
            Element::Segment => match markup.attribute("Points") {
                Some(Value::Whole(points)) => frame.hull.add_points(points),
                Some(Value::TooLong) => frame.hull = Hull::EVERYWHERE,
                None => {}
            },
            Element::ArcSegment => {
                let pair = |name| markup.string(name).and_then(|p| Matrix::parse(&format!("0,0,0,0,{p}")));
                match (pair("Point"), pair("Size")) {
                    (Some(point), Some(size)) => {
                        let (x, y) = point.offset();
                        let (rx, ry) = size.offset();
                        frame.hull.add_arc(x, y, rx, ry);
                    }
                    _ => frame.hull = Hull::EVERYWHERE,
                }
            }
            Element::Dictionary => {
                if let Some(source) = markup.string("Source") {
                    frame.resources = self.remote(source);
                }
            }
            Element::Choice => frame.visible = false,
            Element::Outside
            | Element::GradientBrush
            | Element::Fill
            | Element::Stroke
            | Element::Data
            | Element::Clip
            | Element::Mask
            | Element::RenderTransform
            | Element::Resources
            | Element::Group => {}
        }
        self.stack.push(frame);
        Ok(())
    }

    /// The attributes that canvases, paths and glyph runs have in common.
    fn place(&self, frame: &mut Frame, markup: &Markup<impl Read>) {
        if let Some(matrix) = markup.string("RenderTransform").and_then(|t| self.transform(t)) {
            frame.matrix = matrix.then(frame.matrix);
        }
        if let Some(clip) = markup.attribute("Clip") {
            let hull = self.geometry(clip);
            frame.clip_to(hull);
        }
    }

    fn end(&mut self) {
        // An end tag too many is ignored.
        if self.stack.len() < 2 {
            return;
        }
        let Some(mut done) = self.stack.pop() else { return };
        if done.element == Element::Path {
            done.marks = self::path(&done);
        } else if done.element == Element::Glyphs {
            done.marks = if done.touches(done.hull.rect()) { done.fill } else { Paint::None };
        }
        if !done.visible {
            done.marks = Paint::None;
        }
        let Some(outer) = self.stack.last_mut() else { return };
        if outer.element == Element::Dictionary {
            if let (Some(key), Some(resource)) = (done.key, resource(&done))
                && self.resources_left > 0
            {
                self.resources_left -= 1;
                outer.resources.insert(key, resource);
            }
            return;
        }
        fold(done, outer);
    }

    /// A brush or colour attribute.
    fn paint(&self, value: Option<Value<'_>>) -> Paint {
        let Some(text) = value.and_then(Value::whole) else { return Paint::None };
        if let Some(paint) = paint::color(text) {
            return paint;
        }
        match self.named(text) {
            Some(Resource::Brush(paint)) => paint,
            Some(Resource::Geometry(_) | Resource::Transform(_) | Resource::Visual(_)) | None => Paint::None,
        }
    }

    fn geometry(&self, value: Value<'_>) -> Hull {
        let Some(text) = value.whole() else { return Hull::EVERYWHERE };
        if !text.trim_start().starts_with('{') {
            return Hull::of_path(text);
        }
        match self.named(text) {
            Some(Resource::Geometry(hull)) => hull,
            Some(Resource::Brush(_) | Resource::Transform(_) | Resource::Visual(_)) | None => {
                Hull::EVERYWHERE
            }
        }
    }

    fn transform(&self, text: &str) -> Option<Matrix> {
        match self.named(text) {
            Some(Resource::Transform(matrix)) => Some(matrix),
            Some(Resource::Brush(_) | Resource::Geometry(_) | Resource::Visual(_)) => None,
            None => Matrix::parse(text),
        }
    }

    /// `{StaticResource key}`: the nearest dictionary around that knows the key.
    fn named(&self, text: &str) -> Option<Resource> {
        let key =
            text.trim().strip_prefix('{')?.strip_suffix('}')?.trim_start().strip_prefix("StaticResource")?;
        let key = digest(key.trim());
        self.stack.iter().rev().find_map(|frame| frame.resources.get(&key).copied())
    }

    /// A dictionary in a part of its own. It cannot name another one (ECMA-388 section 14.2.3.1).
    fn remote(&mut self, source: &str) -> Dictionary {
        let is_nested = self.stack.iter().filter(|f| f.element == Element::Dictionary).count() > 0
            || self.stack.first().is_some_and(|f| f.element == Element::Dictionary);
        if is_nested {
            return HashMap::new();
        }
        let Some((name, mut input)) = self.surroundings.dictionary(self.base, source) else {
            return HashMap::new();
        };
        // Pictures named in the dictionary need the surroundings, which its own markup has borrowed: it is read
        // into memory first, as far as dictionaries go.
        let mut text = Vec::new();
        let whole = input.by_ref().take(REMOTE_BYTES_MAX).read_to_end(&mut text).is_ok();
        drop(input);
        if !whole {
            return HashMap::new();
        }
        let mut outside = Frame::outside();
        outside.element = Element::Resources;
        let mut inner = Page {
            base: &name,
            surroundings: self.surroundings,
            stack: vec![outside],
            resources_left: self.resources_left,
            size: None,
        };
        // What a broken dictionary defined before the break can still be used.
        let _ = inner.run(text.as_slice());
        self.resources_left = inner.resources_left;
        std::mem::take(&mut inner.stack[0].resources)
    }
}

/// Longest remote dictionary.
const REMOTE_BYTES_MAX: u64 = 2 << 20;

/// What a dictionary entry can be used as.
fn resource(done: &Frame) -> Option<Resource> {
    Some(match done.element {
        Element::SolidBrush | Element::ImageBrush | Element::VisualBrush | Element::GradientBrush => {
            Resource::Brush(done.marks)
        }
        Element::Geometry => Resource::Geometry(placed(done)),
        Element::Transform => Resource::Transform(done.transform?),
        Element::Canvas | Element::Path | Element::Glyphs => Resource::Visual(done.marks),
        _ => return None,
    })
}

/// The hull of a geometry behind its own transform.
fn placed(geometry: &Frame) -> Hull {
    geometry.transform.map_or(geometry.hull, |matrix| geometry.hull.through(matrix))
}

/// Puts an ended element into the one around it.
fn fold(done: Frame, outer: &mut Frame) {
    match (done.element, outer.element) {
        // Visuals.
        (Element::FixedPage | Element::Canvas | Element::Path | Element::Glyphs, container)
            if container.is_container() || container == Element::Group =>
        {
            outer.marks = outer.marks.and(done.marks);
        }
        // Brushes.
        (
            Element::SolidBrush | Element::ImageBrush | Element::VisualBrush | Element::GradientBrush,
            Element::Fill | Element::Stroke,
        ) => outer.marks = outer.marks.and(done.marks),
        (Element::Fill, Element::Path | Element::Glyphs) => outer.fill = done.marks,
        (Element::Stroke, Element::Path) => outer.stroke = done.marks,
        (Element::Visual, Element::VisualBrush) => outer.marks = outer.marks.and(done.marks),
        (Element::GradientStop, Element::Group) => outer.marks = outer.marks.and(done.marks),
        (Element::Group, Element::GradientBrush) => outer.marks = outer.marks.and(done.marks),
        // Geometries.
        (Element::Segment | Element::ArcSegment, Element::Figure) => outer.hull.join(done.hull),
        (Element::Figure, Element::Geometry) => outer.hull.join(done.hull),
        (Element::Geometry, Element::Data | Element::Clip) => outer.hull = placed(&done),
        (Element::Data, Element::Path) => outer.hull = done.hull,
        (Element::Clip, Element::Canvas | Element::Path | Element::Glyphs) => outer.clip_to(done.hull),
        // Transforms.
        (Element::Transform, Element::RenderTransform) => outer.transform = done.transform,
        (Element::Transform, Element::Group) => outer.transform = done.transform,
        (Element::RenderTransform, Element::Canvas | Element::Path | Element::Glyphs) => {
            if let Some(matrix) = done.transform {
                outer.matrix = matrix.then(outer.matrix);
            }
        }
        (Element::Group, Element::Geometry) => outer.transform = done.transform.or(outer.transform),
        // Dictionaries.
        (Element::Dictionary, Element::Resources) => outer.resources.extend(done.resources),
        (Element::Resources, Element::FixedPage | Element::Canvas) => outer.resources = done.resources,
        // Groups of any of these pass on what they have: alternate content and its fallback.
        (Element::Group, container) if container.is_container() || container == Element::Group => {
            outer.marks = outer.marks.and(done.marks);
        }
        _ => {}
    }
}

/// What a path leaves on the page.
fn path(path: &Frame) -> Paint {
    let hull = path.hull.rect();
    let mut marks = Paint::None;
    if hull.is_some_and(Rect::has_area) && path.touches(hull) {
        marks = marks.and(path.fill);
    }
    if path.stroke_width > 0.0 && path.touches(hull.map(|h| h.grown(path.stroke_width / 2.0))) {
        marks = marks.and(path.stroke);
    }
    marks
}

/// The box of a glyph run; none when it only holds blanks.
fn glyphs(markup: &Markup<impl Read>) -> Hull {
    let mut hull = Hull::default();
    let size = number(markup, "FontRenderingEmSize").unwrap_or(0.0);
    let text = markup.string("UnicodeString").unwrap_or_default();
    let text = text.strip_prefix("{}").unwrap_or(text);
    let blank = !text.is_empty() && text.chars().all(char::is_whitespace);
    let empty = text.is_empty() && markup.attribute("Indices").is_none();
    if size <= 0.0 || blank || empty || markup.attribute("UnicodeString") == Some(Value::TooLong) {
        return if size > 0.0 && !blank && !empty { Hull::EVERYWHERE } else { hull };
    }
    let (Some(x), Some(y)) = (number(markup, "OriginX"), number(markup, "OriginY")) else {
        return Hull::EVERYWHERE;
    };
    // Advances are free, but runs that reach further than three ems a glyph are not met.
    let Some(Value::Whole(indices)) = markup.attribute("Indices").or(Some(Value::Whole(""))) else {
        return Hull::EVERYWHERE;
    };
    let count = text.chars().count().max(indices.split(';').count());
    let reach = 3.0 * size * count as f64;
    hull.add(x - reach, y - 3.0 * size);
    hull.add(x + reach, y + 3.0 * size);
    hull
}

/// The part that an `ImageSource` names: plainly, or in `{ColorConvertedBitmap picture profile}`.
fn picture_reference(source: &str) -> &str {
    let source = source.trim();
    match source.strip_prefix('{').map(|s| s.trim_end_matches('}').trim_start()) {
        Some(inner) => {
            inner.strip_prefix("ColorConvertedBitmap").and_then(|s| s.split_whitespace().next()).unwrap_or("")
        }
        None => source,
    }
}

fn number(markup: &Markup<impl Read>, name: &str) -> Option<f64> {
    markup.string(name).and_then(|n| n.trim().parse().ok()).filter(|n: &f64| n.is_finite())
}

fn digest(key: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(key.as_bytes());
    hasher.finish()
}

#[cfg(test)]
mod tests;
