//! Documents and pages in their order (ECMA-388 section 10), with the tickets that govern them.

use std::collections::HashMap;

use super::limits::{DOCUMENTS_MAX, PAGES_MAX, RELATIONSHIPS_MAX, REMEMBERED_MAX};
use super::markup::{Event, Markup, MarkupError};
use super::package::{Package, PartName, State};
use super::page::{self, PageFacts};
use super::paint::Paint;
use super::pictures::Pictures;
use super::ticket::{self, Ticket};
use crate::accounting::{Ink, NameRank, Page, Sink};
use crate::counts::Copies;
use crate::media::Paper;
use crate::settings::Sides;

/// Reads the package from its start part on.
pub(super) fn read(package: &Package<'_>, sink: &mut Sink) {
    match package.state() {
        State::Whole => {}
        State::Cut => sink.failure("the XPS package ends before its directory"),
        State::TooLarge => sink.undefined("the XPS package has too many parts"),
    }
    let root = PartName::new("");
    let relations = Relations::of(package, &root);
    let start = relations.target(&root, "/fixedrepresentation").or_else(|| {
        ["/FixedDocSeq.fdseq", "/FixedDocumentSequence.fdseq"]
            .map(PartName::new)
            .into_iter()
            .find(|n| package.has(n))
    });
    if let Some(name) = relations.target(&root, "/core-properties")
        && let Some(title) = title(package, &name)
    {
        sink.job_name(NameRank::Document, &title);
    }
    let mut walk = Walk {
        package,
        sink,
        pictures: Pictures::new(package),
        pages_seen: HashMap::new(),
        job: Ticket::default(),
        side: Side::default(),
        booklet: Booklet::default(),
        pages: 0,
    };
    match start {
        Some(start) if package.has(&start) => walk.sequence(&start),
        _ => walk.pages_without_order(),
    }
    walk.finish();
}

struct Walk<'w, 'a> {
    package: &'w Package<'a>,
    sink: &'w mut Sink,
    pictures: Pictures<'w, 'a>,
    /// Pages may be named more than once; each is read once.
    pages_seen: HashMap<PartName, PageFacts>,
    job: Ticket,
    side: Side,
    booklet: Booklet,
    pages: u64,
}

/// A printed side that is being filled: several pages when the ticket says so.
#[derive(Default)]
struct Side {
    page: Option<Page>,
    filled: u32,
}

/// Pages that will be folded and stapled in the middle: two on a side, four on a sheet.
#[derive(Default)]
struct Booklet {
    /// What all its sides have.
    like: Option<Page>,
    /// Of each page.
    inks: Vec<Ink>,
}

impl Booklet {
    /// The sides in the order of printing. A sheet carries the first and the last pages that are left; where there are
    /// none, that half stays empty, and an empty last back is no side.
    fn sides(self) -> Vec<Page> {
        let Some(like) = self.like else { return Vec::new() };
        let slots = self.inks.len().div_ceil(4) * 4;
        let at = |page: usize| self.inks.get(page).copied();
        let side = |left: usize, right: usize| match (at(left), at(right)) {
            (None, None) => None,
            (one, other) => Some(one.unwrap_or(Ink::Gray).or(other.unwrap_or(Ink::Gray))),
        };
        (0..slots / 4)
            .flat_map(|sheet| {
                let (first, last) = (2 * sheet, slots - 1 - 2 * sheet);
                [side(last, first), side(first + 1, last - 1)]
            })
            .flatten()
            .map(|ink| Page { ink, sides: Some(Sides::ShortEdge), ..like })
            .collect()
    }
}

impl Walk<'_, '_> {
    fn sequence(&mut self, name: &PartName) {
        self.job = self.ticket(name);
        if let Some(user) = &self.job.user {
            self.sink.user(NameRank::Ticket, user);
        }
        if let Some(job) = &self.job.job_name {
            self.sink.job_name(NameRank::Ticket, job);
        }
        if let Some(copies) = self.job.job_copies {
            self.sink.quantity(copies);
        }
        let mut documents = 0;
        let ended = self.references(name, "DocumentReference", |walk, document| {
            documents += 1;
            if documents > DOCUMENTS_MAX {
                walk.sink.undefined("too many XPS documents");
                return false;
            }
            walk.document(&document)
        });
        self.say_how_it_ended("sequence of documents", ended);
    }

    /// Reads one document; false when there is no use in going on.
    fn document(&mut self, name: &PartName) -> bool {
        if !self.package.has(name) {
            self.sink.failure("an XPS document is missing");
            return true;
        }
        let ticket = self.ticket(name);
        let contiguous = ticket.document_sides.is_none() && self.job.job_sides.is_some();
        if !contiguous {
            self.sink.end_sheet();
        }
        let mut go_on = true;
        let ranges = ticket.page_ranges.clone().or_else(|| self.job.page_ranges.clone());
        let chosen = ranges.map(|ranges| (ranges, self.count_pages(name)));
        let mut number = 0;
        let ended = self.references(name, "PageContent", |walk, page| {
            number += 1;
            if chosen.as_ref().is_some_and(|(ranges, pages)| !ranges.has(number, *pages)) {
                return number < PAGES_MAX;
            }
            walk.pages += 1;
            if walk.pages > PAGES_MAX {
                walk.sink.undefined("too many XPS pages");
                go_on = false;
                return false;
            }
            walk.page(&page, &ticket);
            true
        });
        self.say_how_it_ended("document", ended);
        if self.job.job_pages_per_side.is_none() {
            self.turn_side();
        }
        if self.job.job_booklet != Some(true) {
            self.end_booklet();
        }
        go_on
    }

    /// Pages that a document lists.
    fn count_pages(&mut self, name: &PartName) -> u64 {
        let mut pages = 0;
        // What is broken is told when the pages are read.
        let _ = self.references(name, "PageContent", |_, _| {
            pages += 1;
            pages < PAGES_MAX
        });
        pages
    }

    fn page(&mut self, name: &PartName, document: &Ticket) {
        if !self.package.has(name) {
            if self.package.state() == State::Cut {
                return; // it lay behind the cut
            }
            self.sink.failure("an XPS page is missing");
        }
        let facts = self.facts(name);
        let own = self.ticket(name);
        let sides = document.document_sides.or(self.job.job_sides).or(self.job.document_sides);
        let copies_of =
            |of: fn(&Ticket) -> Option<Copies>, tickets: &[&Ticket]| tickets.iter().find_map(|t| of(t));
        let page_copies = copies_of(|t| t.page_copies, &[&own, document, &self.job]);
        let document_copies = copies_of(|t| t.document_copies, &[document, &self.job]);
        let copies = match (page_copies, document_copies) {
            (Some(page), Some(document)) => Some(page.times(document)),
            (page, document) => page.or(document),
        };
        let paper_of_page = || {
            let (width, height) = facts.size?;
            Paper::from_inches(width / 96.0, height / 96.0)
        };
        let paper = own.paper.or(document.paper).or(self.job.paper).or_else(paper_of_page);
        let gray_ticket = own.gray.or(document.gray).or(self.job.gray).unwrap_or(false);
        let ink = match facts.marks {
            Paint::None | Paint::Gray => Ink::Gray,
            Paint::Color => Ink::Color,
            Paint::Unknown(why) => {
                self.sink.note(format!("page {} may be in colour: {why}", self.pages));
                Ink::Color
            }
        };
        let page = Page { ink, paper, sides, copies, gray_ticket, ..Page::default() };
        let of_document = document.document_booklet.or(self.job.document_booklet);
        if self.job.job_booklet.or(of_document) == Some(true) {
            self.booklet.inks.push(page.ink);
            self.booklet.like.get_or_insert(page);
            return;
        }
        let per_side = document
            .document_pages_per_side
            .or(self.job.job_pages_per_side)
            .or(self.job.document_pages_per_side);
        self.add(page, per_side.unwrap_or(1));
    }

    /// Puts a page on the side being filled.
    fn add(&mut self, page: Page, per_side: u32) {
        match &mut self.side.page {
            Some(side) => side.ink = side.ink.or(page.ink),
            None => self.side.page = Some(page),
        }
        self.side.filled += 1;
        if self.side.filled >= per_side {
            self.turn_side();
        }
    }

    fn turn_side(&mut self) {
        self.side.filled = 0;
        if let Some(page) = self.side.page.take() {
            self.sink.page(page);
        }
    }

    /// Prints the booklet that was gathered, if there is one.
    fn end_booklet(&mut self) {
        for side in std::mem::take(&mut self.booklet).sides() {
            self.sink.page(side);
        }
    }

    /// Size and marks of a page, read once.
    fn facts(&mut self, name: &PartName) -> PageFacts {
        if let Some(facts) = self.pages_seen.get(name) {
            return *facts;
        }
        let nothing = PageFacts { size: None, marks: Paint::None };
        let Some(part) = self.package.part(name) else { return nothing };
        let facts = match page::read(part, name, &mut self.pictures) {
            Ok(facts) => facts,
            Err(error) => {
                if self.package.is_spent() {
                    self.sink.undefined("unpacking the XPS package takes too long");
                } else {
                    self.sink.failure(format!("XPS page {} is broken: {error}", self.pages));
                }
                nothing
            }
        };
        if self.pages_seen.len() < REMEMBERED_MAX {
            self.pages_seen.insert(name.clone(), facts);
        }
        facts
    }

    /// The ticket of a part; an empty one when it has none or it is broken.
    fn ticket(&mut self, owner: &PartName) -> Ticket {
        let relations = Relations::of(self.package, owner);
        let Some(part) = relations.target(owner, "/printticket").and_then(|name| self.package.part(&name))
        else {
            return Ticket::default();
        };
        match ticket::read(part) {
            Ok(ticket) => ticket,
            Err(_) => {
                self.sink.note("a print ticket is broken");
                Ticket::default()
            }
        }
    }

    /// Calls `each` with the `Source` of every `element` of a part, until it answers false.
    fn references(
        &mut self,
        name: &PartName,
        element: &str,
        mut each: impl FnMut(&mut Self, PartName) -> bool,
    ) -> Result<(), MarkupError> {
        let package = self.package;
        let Some(part) = package.part(name) else { return Ok(()) };
        let mut markup = Markup::new(part);
        loop {
            match markup.next()? {
                Event::Start if markup.name() == element => {
                    let Some(source) = markup.string("Source") else { continue };
                    let target = name.resolve(source);
                    if !each(self, target) {
                        return Ok(());
                    }
                }
                Event::Start | Event::End | Event::Text => {}
                Event::Over => return Ok(()),
            }
        }
    }

    fn say_how_it_ended(&mut self, what: &str, ended: Result<(), MarkupError>) {
        if let Err(error) = ended {
            if self.package.is_spent() {
                self.sink.undefined("unpacking the XPS package takes too long");
            } else {
                self.sink.failure(format!("the XPS {what} is broken: {error}"));
            }
        }
    }

    /// A cut package may lack the lists; its pages are known by their names.
    fn pages_without_order(&mut self) {
        if self.package.state() == State::Whole {
            self.sink.failure("the XPS package names no sequence of documents");
        }
        self.sink.pages(Page::default(), self.package.pages_by_name());
    }

    fn finish(mut self) {
        self.turn_side();
        self.end_booklet();
        if let Some(trouble) = self.pictures.trouble {
            self.sink.note(trouble);
        }
    }
}

/// The relationships of a part (ECMA-376 part 2, section 6.5).
struct Relations(Vec<(String, String)>);

impl Relations {
    fn of(package: &Package<'_>, owner: &PartName) -> Relations {
        let mut relations = Vec::new();
        let Some(part) = package.part(&owner.relationships()) else { return Relations(relations) };
        let mut markup = Markup::new(part);
        while let Ok(event) = markup.next() {
            match event {
                Event::Start if markup.name() == "Relationship" => {
                    let field = |name| markup.string(name).unwrap_or_default().to_owned();
                    // Only what this reader follows is kept; a page may list thousands of resources.
                    let kind = field("Type").to_ascii_lowercase();
                    let wanted = ["/fixedrepresentation", "/core-properties", "/printticket"];
                    if wanted.iter().any(|w| kind.ends_with(w)) {
                        relations.push((kind, field("Target")));
                    }
                }
                Event::Start | Event::End | Event::Text => {}
                Event::Over => break,
            }
            if relations.len() >= RELATIONSHIPS_MAX {
                break;
            }
        }
        Relations(relations)
    }

    /// The part that `owner` is related to by a type with this ending; XPS and OpenXPS only differ before it.
    fn target(&self, owner: &PartName, kind: &str) -> Option<PartName> {
        let (_, target) = self.0.iter().find(|(k, _)| k.ends_with(kind))?;
        Some(owner.resolve(target))
    }
}

/// `dc:title` of the core properties.
fn title(package: &Package<'_>, name: &PartName) -> Option<String> {
    let mut markup = Markup::new(package.part(name)?);
    let mut inside = false;
    loop {
        match markup.next().ok()? {
            Event::Start => inside = markup.name() == "title",
            Event::End => inside = false,
            Event::Text if inside => return Some(markup.text().trim().to_owned()),
            Event::Text => {}
            Event::Over => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_booklet_puts_the_outer_pages_on_the_outer_sheet() {
        let sides = |inks: &[Ink]| {
            let booklet = Booklet { like: Some(Page::default()), inks: inks.to_vec() };
            booklet.sides().iter().map(|side| side.ink == Ink::Color).collect::<Vec<_>>()
        };
        let (g, c) = (Ink::Gray, Ink::Color);
        assert!(sides(&[]).is_empty());
        assert_eq!(sides(&[c]), [true], "the back is empty");
        assert_eq!(sides(&[g, c]), [false, true]);
        assert_eq!(sides(&[g, g, g, c]), [true, false]);
        // Five pages: 8|1, 2|7, 6|3, 4|5.
        assert_eq!(sides(&[g, g, g, g, c]), [false, false, false, true]);
        assert_eq!(sides(&[c, g, g, g, g]), [true, false, false, false]);
        assert_eq!(sides(&[g; 12]).len(), 6);
    }
}
