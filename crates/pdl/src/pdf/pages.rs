//! The page tree (ISO 32000-1 7.7.3): pages in order with what they inherit.

use std::rc::Rc;

use super::document::{Document, PdfError};
use super::object::{Dict, Object};
use super::xref::Entry;

/// One page, with inherited attributes filled in.
#[derive(Clone, Debug)]
pub(super) struct Page {
    /// Its object number; `None` for a page written into its parent.
    pub(super) number: Option<u32>,
    /// Its own dictionary.
    pub(super) dict: Dict,
    /// Its resources, own or inherited.
    pub(super) resources: Dict,
    /// What is printed of it, in units of the page's space: the crop box inside the media box.
    pub(super) area: [f64; 4],
    /// Points (1/72 inch) a unit of the page's space has.
    pub(super) user_unit: f64,
}

impl Page {
    /// Width and height in points, before rotation.
    pub(super) fn size_points(&self) -> (f64, f64) {
        let [left, bottom, right, top] = self.area;
        ((right - left) * self.user_unit, (top - bottom) * self.user_unit)
    }
}

/// How the walk through the tree ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum End {
    /// All pages were seen.
    Complete,
    /// The tree is larger than the file can be: it refers to itself in a thousand ways.
    Endless,
}

/// Walks the page tree in printing order without keeping it.
pub(super) struct PageWalk {
    stack: Vec<Node>,
    visits_left: u64,
}

struct Node {
    number: Option<u32>,
    kids: Rc<[Object]>,
    next: usize,
    inherited: Inherited,
}

#[derive(Clone, Default)]
struct Inherited {
    media: Option<[f64; 4]>,
    crop: Option<[f64; 4]>,
    resources: Dict,
}

/// The default where no page box is given: US Letter, as viewers take it.
const LETTER: [f64; 4] = [0.0, 0.0, 612.0, 792.0];
/// Levels a page tree may have.
const DEPTH_MAX: usize = 1_024;
/// Tree nodes that are visited at most, on top of the number of objects in the file.
const VISITS_MAX: u64 = 1_000_000;

impl PageWalk {
    /// At the first page.
    ///
    /// # Errors
    /// [`PdfError::Read`].
    pub(super) fn new(document: &mut Document<'_>) -> Result<Self, PdfError> {
        let root = document.trailer_value(b"Root")?;
        let raw = root.as_dict().map(|root| root.raw(b"Pages").clone()).unwrap_or_default();
        let objects =
            document.xref.iter().filter(|(_, entry)| !matches!(entry, Entry::Unknown | Entry::Free)).count();
        let top = Node { number: None, kids: Rc::new([raw]), next: 0, inherited: Inherited::default() };
        Ok(Self { stack: vec![top], visits_left: VISITS_MAX + objects as u64 })
    }

    /// The next page, or how the walk ended.
    ///
    /// # Errors
    /// [`PdfError::Read`].
    pub(super) fn next(&mut self, document: &mut Document<'_>) -> Result<Result<Page, End>, PdfError> {
        loop {
            let Some(node) = self.stack.last_mut() else { return Ok(Err(End::Complete)) };
            let Some(kid) = node.kids.get(node.next).cloned() else {
                self.stack.pop();
                continue;
            };
            node.next += 1;
            let inherited = node.inherited.clone();
            self.visits_left = match self.visits_left.checked_sub(1) {
                Some(left) => left,
                None => return Ok(Err(End::Endless)),
            };
            let number = kid.as_reference().map(|id| id.number);
            let is_ancestor = number.is_some() && self.stack.iter().any(|node| node.number == number);
            if is_ancestor {
                document.note_damage("the page tree contains itself");
                continue;
            }
            let Object::Dict(dict) = document.resolve(&kid)? else { continue };
            let inherited = inherited.with(document, &dict)?;
            let kids = document.get(&dict, b"Kids")?;
            match kids.as_array() {
                Some(kids) if dict.raw(b"Type").as_name() != Some(b"Page") => {
                    if self.stack.len() < DEPTH_MAX {
                        self.stack.push(Node { number, kids: Rc::clone(kids), next: 0, inherited });
                    }
                }
                _ if dict.raw(b"Type").as_name() == Some(b"Pages") => {}
                _ => return Ok(Ok(page(document, number, dict, inherited)?)),
            }
        }
    }
}

impl Inherited {
    fn with(mut self, document: &mut Document<'_>, dict: &Dict) -> Result<Self, PdfError> {
        if let Some(media) = rectangle(document, dict, b"MediaBox")? {
            self.media = Some(media);
        }
        if let Some(crop) = rectangle(document, dict, b"CropBox")? {
            self.crop = Some(crop);
        }
        if let Some(resources) = document.get(dict, b"Resources")?.as_dict() {
            self.resources = resources.clone();
        }
        Ok(self)
    }
}

fn page(
    document: &mut Document<'_>,
    number: Option<u32>,
    dict: Dict,
    inherited: Inherited,
) -> Result<Page, PdfError> {
    let media = inherited.media.unwrap_or(LETTER);
    let area = match inherited.crop {
        Some(crop) => intersection(media, crop).unwrap_or(media),
        None => media,
    };
    let user_unit =
        document.get(&dict, b"UserUnit")?.as_number().filter(|unit| *unit > 0.0 && *unit <= USER_UNIT_MAX);
    Ok(Page { number, dict, resources: inherited.resources, area, user_unit: user_unit.unwrap_or(1.0) })
}

/// Larger factors are taken for damage.
const USER_UNIT_MAX: f64 = 75_000.0;

/// A rectangle entry with its corners in order; `None` when it is missing or has no area.
fn rectangle(document: &mut Document<'_>, dict: &Dict, key: &[u8]) -> Result<Option<[f64; 4]>, PdfError> {
    let value = document.get(dict, key)?;
    let Some(items) = value.as_array().filter(|items| items.len() >= 4) else { return Ok(None) };
    let mut corners = [0.0; 4];
    for (corner, item) in corners.iter_mut().zip(items.iter()) {
        match document.resolve(item)?.as_number().filter(|number| number.is_finite()) {
            Some(number) => *corner = number,
            None => return Ok(None),
        }
    }
    let [x0, y0, x1, y1] = corners;
    let ordered = [x0.min(x1), y0.min(y1), x0.max(x1), y0.max(y1)];
    Ok((ordered[2] > ordered[0] && ordered[3] > ordered[1]).then_some(ordered))
}

fn intersection(a: [f64; 4], b: [f64; 4]) -> Option<[f64; 4]> {
    let both = [a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3])];
    (both[2] > both[0] && both[3] > both[1]).then_some(both)
}

/// The pages of a file without a usable page tree: all objects that call themselves a page, in the order of their
/// numbers.
///
/// # Errors
/// [`PdfError::Read`].
pub(super) fn loose_pages(document: &mut Document<'_>) -> Result<Vec<Page>, PdfError> {
    let numbers: Vec<u32> = document
        .xref
        .iter()
        .filter(|(_, entry)| !matches!(entry, Entry::Unknown | Entry::Free))
        .map(|(number, _)| number)
        .collect();
    let mut pages = Vec::new();
    for number in numbers {
        let object = document.load(super::object::Id { number, generation: 0 })?;
        let Object::Dict(dict) = object else { continue };
        if dict.raw(b"Type").as_name() == Some(b"Page") && pages.len() < LOOSE_PAGES_MAX {
            let parent = document.get(&dict, b"Parent")?.as_dict().cloned().unwrap_or_default();
            let inherited = Inherited::default().with(document, &parent)?.with(document, &dict)?;
            pages.push(page(document, Some(number), dict, inherited)?);
        }
    }
    Ok(pages)
}

/// Pages collected from a file without a page tree.
const LOOSE_PAGES_MAX: usize = 100_000;
