//! A PDF file as its objects: finding, decrypting and caching them.

use std::cell::Cell;
use std::collections::{HashMap, HashSet, VecDeque};
use std::io;
use std::rc::Rc;

use crate::source::ReadAt;

use super::crypt::{Access, Crypt};
use super::lexer::{Lexer, Stop};
use super::object::{Dict, Id, Object, Stream};
use super::source::Source;
use super::stream::StreamBytes;
use super::xref::{self, Entry, Xref};

/// Why a PDF cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub(super) enum PdfError {
    /// The store underneath failed.
    #[error("cannot read the document")]
    Read(#[from] io::Error),
    /// There is no `%PDF-` header where one must be.
    #[error("there is no PDF header")]
    NoHeader,
}

/// An open PDF.
pub(super) struct Document<'a> {
    pub(super) source: Source<'a>,
    pub(super) xref: Xref,
    trailer: Dict,
    crypt: Option<Crypt>,
    locked: bool,
    damage: Option<&'static str>,
    rebuilt: bool,
    truncated: bool,
    object_streams: ObjectStreams,
    /// Object streams found while rebuilding, whose objects are entered once they can be decrypted.
    unexpanded: Vec<u32>,
    /// Objects being resolved, against cycles.
    resolving: HashSet<u32>,
    cache: Cache,
    decoded_bytes_left: Cell<u64>,
}

/// The header must stand in the first bytes (Annex H, note 13).
const HEADER_BYTES: usize = 1024;
/// A longer object (without its stream data) is not read.
const OBJECT_BYTES_MAX: usize = 16 << 20;
/// Decoded bytes kept of object streams.
const OBJECT_STREAM_BYTES_MAX: usize = 4 << 20;
/// The largest object stream that is decoded.
const OBJECT_STREAM_MAX: usize = 64 << 20;
/// References followed until something that is not one.
const REFERENCE_STEPS_MAX: u32 = 32;
/// What all streams of a document may decode to: this and [`DECODED_RATIO_MAX`] times its length.
const DECODED_BYTES_MAX: u64 = 4 << 30;
/// No honest compression of page content comes near this ratio.
const DECODED_RATIO_MAX: u64 = 64;

impl<'a> Document<'a> {
    /// Opens a PDF: finds its header and cross-references, rebuilds them if they are broken, and unlocks it with
    /// the empty password.
    ///
    /// # Errors
    /// [`PdfError`] when it cannot be read or is no PDF.
    pub(super) fn open(data: &'a dyn ReadAt) -> Result<Self, PdfError> {
        let mut head = vec![0; HEADER_BYTES];
        let read = data.read_full_at(0, &mut head)?;
        let start = memchr::memmem::find(&head[..read], b"%PDF-").ok_or(PdfError::NoHeader)?;
        let source = Source::new(data, start as u64);
        let decoded_bytes_max =
            DECODED_BYTES_MAX.saturating_add(source.len().saturating_mul(DECODED_RATIO_MAX));
        let mut document = Self {
            source,
            xref: Xref::default(),
            trailer: Dict::default(),
            crypt: None,
            locked: false,
            damage: None,
            rebuilt: false,
            truncated: false,
            object_streams: ObjectStreams::default(),
            unexpanded: Vec::new(),
            resolving: HashSet::new(),
            cache: Cache::default(),
            decoded_bytes_left: Cell::new(decoded_bytes_max),
        };
        match xref::load(&mut document)? {
            Some(trailer) => {
                document.trailer = trailer;
                document.unlock()?;
                let root = document.trailer_value(b"Root")?;
                let pages = match root.as_dict() {
                    Some(root) => document.get(root, b"Pages")?,
                    None => Object::Null,
                };
                if pages.as_dict().is_none() {
                    document.rebuild()?;
                }
            }
            None => document.rebuild()?,
        }
        Ok(document)
    }

    /// Forgets the cross-references and looks for the objects themselves; once.
    ///
    /// # Errors
    /// [`PdfError::Read`].
    pub(super) fn rebuild(&mut self) -> Result<(), PdfError> {
        if self.rebuilt {
            return Ok(());
        }
        self.rebuilt = true;
        self.note_damage("the cross-references are broken");
        self.object_streams = ObjectStreams::default();
        self.cache = Cache::default();
        self.crypt = None;
        self.trailer = xref::rebuild(self)?;
        self.unlock()?;
        for number in std::mem::take(&mut self.unexpanded) {
            if let Some(stream) = self.object_stream(number)? {
                let numbers: Vec<u32> = stream.index.iter().map(|(object, _)| *object).collect();
                for (index, object) in (0..).zip(numbers) {
                    // A direct definition wins; of two streams the later one.
                    if !matches!(self.xref.entry(object), Entry::At { .. }) {
                        self.xref.set(object, Entry::In { stream: number, index });
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether the end of the file, where reading it begins, is missing.
    pub(super) fn is_truncated(&self) -> bool {
        self.truncated
    }

    /// Remembers that the end of the file is missing.
    pub(super) fn note_truncated(&mut self) {
        self.truncated = true;
    }

    fn unlock(&mut self) -> Result<(), PdfError> {
        let encrypt = self.trailer_value(b"Encrypt")?;
        let Some(dict) = encrypt.as_dict().cloned() else { return Ok(()) };
        let id = self.trailer_value(b"ID")?;
        let first_id = match id.as_array().and_then(|id| id.first().cloned()) {
            Some(first) => self.resolve(&first)?,
            None => Object::Null,
        };
        let mut entries = Vec::new();
        for (key, value) in dict.iter() {
            entries.push((Rc::from(key), self.resolve(value)?));
        }
        let dict = Dict::new(entries);
        match Crypt::open(&dict, first_id.as_string().unwrap_or_default()) {
            Access::Open(crypt) => {
                self.crypt = Some(crypt);
                // What was read before was read without decryption.
                self.object_streams = ObjectStreams::default();
                self.cache = Cache::default();
            }
            Access::Locked => self.locked = true,
        }
        Ok(())
    }

    /// Whether a password is needed: structure can be read, strings and streams cannot.
    pub(super) fn is_locked(&self) -> bool {
        self.locked
    }

    /// How streams are decrypted.
    pub(super) fn crypt(&self) -> Option<&Crypt> {
        self.crypt.as_ref()
    }

    /// Remembers the first damage.
    pub(super) fn note_damage(&mut self, what: &'static str) {
        self.damage.get_or_insert(what);
    }

    /// The first damage that was noticed.
    pub(super) fn damage(&self) -> Option<&'static str> {
        self.damage
    }

    /// Enters the objects of these object streams after a rebuild.
    pub(super) fn expand_later(&mut self, streams: Vec<u32>) {
        self.unexpanded = streams;
    }

    /// Takes from the number of bytes that may still be decoded; false when they are used up.
    pub(super) fn spend(&self, bytes: usize) -> bool {
        match self.decoded_bytes_left.get().checked_sub(bytes as u64) {
            Some(left) => {
                self.decoded_bytes_left.set(left);
                true
            }
            None => false,
        }
    }

    /// Whether streams were left undecoded because together they are too large.
    pub(super) fn is_spent(&self) -> bool {
        self.decoded_bytes_left.get() < 64 * 1024
    }

    /// A resolved entry of the trailer.
    ///
    /// # Errors
    /// [`PdfError::Read`].
    pub(super) fn trailer_value(&mut self, key: &[u8]) -> Result<Object, PdfError> {
        let trailer = self.trailer.clone();
        self.get(&trailer, key)
    }

    /// A resolved entry of a dictionary; null when there is none.
    ///
    /// # Errors
    /// [`PdfError::Read`].
    pub(super) fn get(&mut self, dict: &Dict, key: &[u8]) -> Result<Object, PdfError> {
        match dict.raw(key) {
            value @ Object::Reference(_) => self.resolve(&value.clone()),
            value => Ok(value.clone()),
        }
    }

    /// Follows references to a value.
    ///
    /// # Errors
    /// [`PdfError::Read`].
    pub(super) fn resolve(&mut self, object: &Object) -> Result<Object, PdfError> {
        let mut object = object.clone();
        for _ in 0..REFERENCE_STEPS_MAX {
            let Object::Reference(id) = object else { return Ok(object) };
            object = self.load(id)?;
        }
        Ok(Object::Null)
    }

    /// The object with this number.
    ///
    /// # Errors
    /// [`PdfError::Read`].
    pub(super) fn load(&mut self, id: Id) -> Result<Object, PdfError> {
        if let Some(object) = self.cache.get(id.number) {
            return Ok(object);
        }
        if !self.resolving.insert(id.number) {
            return Ok(Object::Null);
        }
        let loaded = self.load_uncached(id);
        self.resolving.remove(&id.number);
        let object = loaded?;
        self.cache.put(id.number, object.clone());
        Ok(object)
    }

    fn load_uncached(&mut self, id: Id) -> Result<Object, PdfError> {
        match self.xref.entry(id.number) {
            Entry::Unknown | Entry::Free => Ok(Object::Null),
            Entry::At { offset, .. } => match self.object_at(offset)? {
                Some((found, object)) if found.number == id.number => Ok(self.decrypted(found, object)),
                _ if !self.rebuilt => {
                    self.rebuild()?;
                    self.load_uncached(id)
                }
                _ => Ok(Object::Null),
            },
            Entry::In { stream, index } => {
                let Some(objects) = self.object_stream(stream)? else {
                    if self.rebuilt {
                        return Ok(Object::Null);
                    }
                    self.rebuild()?;
                    return match self.xref.entry(id.number) {
                        Entry::At { .. } => self.load_uncached(id),
                        Entry::Unknown | Entry::Free | Entry::In { .. } => Ok(Object::Null),
                    };
                };
                Ok(objects.object(id.number, index))
            }
        }
    }

    /// Decrypts the strings of an object.
    fn decrypted(&self, id: Id, object: Object) -> Object {
        match &self.crypt {
            Some(crypt) => crypt.strings(id, &object, 0),
            None => object,
        }
    }

    /// Reads `N G obj` and its value at an offset; `None` where there is no object.
    ///
    /// # Errors
    /// [`PdfError::Read`].
    pub(super) fn object_at(&mut self, offset: u64) -> Result<Option<(Id, Object)>, PdfError> {
        let head = self.source.with(offset, 64, |bytes| {
            let mut lexer = Lexer::content(bytes, true);
            let number = u32::try_from(lexer.value().ok()?.as_int()?).ok()?;
            let generation = u16::try_from(lexer.value().ok()?.as_int()?).ok()?;
            lexer.keyword(b"obj").then(|| (Id { number, generation }, lexer.position()))
        })?;
        let Some((id, used)) = head else { return Ok(None) };
        let Some((object, end)) = self.value_at(offset + used as u64)? else {
            return Ok(Some((id, Object::Null)));
        };
        let Object::Dict(dict) = object else { return Ok(Some((id, object))) };
        let data = self.source.with(end, 64, |bytes| {
            let mut lexer = Lexer::file(bytes, true);
            if !lexer.keyword(b"stream") {
                return None;
            }
            // One end of line follows; a lone CR is tolerated unless LF comes behind.
            let rest = &bytes[lexer.position()..];
            let space = rest.iter().take_while(|byte| **byte == b' ').count();
            let line_end = match rest[space..] {
                [b'\r', b'\n', ..] => space + 2,
                [b'\r' | b'\n', ..] => space + 1,
                _ => 0,
            };
            Some(end + (lexer.position() + line_end) as u64)
        })?;
        Ok(Some((
            id,
            match data {
                Some(offset) => Object::Stream(Rc::new(Stream { dict, offset, id: Some(id) })),
                None => Object::Dict(dict),
            },
        )))
    }

    /// Reads a value at an offset; returns it and the offset behind it.
    ///
    /// # Errors
    /// [`PdfError::Read`].
    pub(super) fn value_at(&mut self, offset: u64) -> Result<Option<(Object, u64)>, PdfError> {
        let mut want = 1024;
        loop {
            let at_end = offset.saturating_add(want as u64) >= self.source.len();
            let parsed = self.source.with(offset, want, |bytes| {
                let complete = offset + bytes.len() as u64 >= self.source.len();
                let mut lexer = Lexer::file(bytes, complete);
                let value = lexer.value();
                (value, lexer.position(), bytes.len())
            })?;
            match parsed {
                (Ok(value), used, _) => return Ok(Some((value, offset + used as u64))),
                (Err(Stop::Malformed), ..) => return Ok(None),
                (Err(Stop::Short), _, seen) => {
                    if at_end || want >= OBJECT_BYTES_MAX {
                        return Ok(None);
                    }
                    want = seen.max(want).saturating_mul(8).min(OBJECT_BYTES_MAX);
                }
            }
        }
    }

    fn object_stream(&mut self, number: u32) -> Result<Option<Rc<ObjectStream>>, PdfError> {
        if let Some(found) = self.object_streams.get(number) {
            return Ok(Some(found));
        }
        // An object stream is never inside another one.
        let Entry::At { offset, .. } = self.xref.entry(number) else { return Ok(None) };
        let Some((id, Object::Stream(stream))) = self.object_at(offset)? else { return Ok(None) };
        if id.number != number {
            return Ok(None);
        }
        let first = self.get(&stream.dict, b"First")?.as_int().unwrap_or(-1);
        let Ok(first) = usize::try_from(first) else { return Ok(None) };
        let mut bytes = StreamBytes::open(self, &stream)?;
        let data = bytes.read_to_end(self, OBJECT_STREAM_MAX)?;
        let count = self.get(&stream.dict, b"N")?.as_int().unwrap_or(0);
        let mut index = Vec::new();
        let mut lexer = Lexer::content(&data[..first.min(data.len())], true);
        while (index.len() as i64) < count {
            let (Ok(object), Ok(offset)) = (lexer.value(), lexer.value()) else { break };
            let (Some(object), Some(offset)) = (object.as_int(), offset.as_int()) else { break };
            let (Ok(object), Ok(offset)) = (u32::try_from(object), usize::try_from(offset)) else { break };
            index.push((object, first.saturating_add(offset)));
        }
        let stream = Rc::new(ObjectStream { index, data });
        self.object_streams.put(number, Rc::clone(&stream));
        Ok(Some(stream))
    }
}

/// A decoded object stream (ISO 32000-1 7.5.7).
struct ObjectStream {
    /// Object numbers and offsets.
    index: Vec<(u32, usize)>,
    data: Vec<u8>,
}

impl ObjectStream {
    fn object(&self, number: u32, index: u32) -> Object {
        let place = match self.index.get(index as usize) {
            Some((found, offset)) if *found == number => Some(*offset),
            // The index lies; the object may still be here.
            _ => self.index.iter().find(|(found, _)| *found == number).map(|(_, offset)| *offset),
        };
        let Some(bytes) = place.and_then(|offset| self.data.get(offset..)) else { return Object::Null };
        Lexer::file(bytes, true).value().unwrap_or_default()
    }
}

/// The object streams used last.
#[derive(Default)]
struct ObjectStreams {
    recent: VecDeque<(u32, Rc<ObjectStream>)>,
    bytes: usize,
}

impl ObjectStreams {
    fn get(&mut self, number: u32) -> Option<Rc<ObjectStream>> {
        let place = self.recent.iter().position(|(found, _)| *found == number)?;
        if place > 0 {
            let hit = self.recent.remove(place)?;
            self.recent.push_front(hit);
        }
        self.recent.front().map(|(_, stream)| Rc::clone(stream))
    }

    fn put(&mut self, number: u32, stream: Rc<ObjectStream>) {
        self.bytes += stream.size();
        self.recent.push_front((number, stream));
        while self.bytes > OBJECT_STREAM_BYTES_MAX && self.recent.len() > 1 {
            if let Some((_, dropped)) = self.recent.pop_back() {
                self.bytes -= dropped.size();
            }
        }
    }
}

impl ObjectStream {
    fn size(&self) -> usize {
        self.data.len() + self.index.len() * size_of::<(u32, usize)>()
    }
}

/// Objects read lately: two generations, the older one dropped whole when the younger is full.
#[derive(Default)]
struct Cache {
    young: HashMap<u32, Object>,
    old: HashMap<u32, Object>,
}

/// Objects in one generation of the cache.
const CACHE_OBJECTS_MAX: usize = 1_024;

impl Cache {
    fn get(&mut self, number: u32) -> Option<Object> {
        if let Some(object) = self.young.get(&number) {
            return Some(object.clone());
        }
        let object = self.old.remove(&number)?;
        self.put(number, object.clone());
        Some(object)
    }

    fn put(&mut self, number: u32, object: Object) {
        if self.young.len() >= CACHE_OBJECTS_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(number, object);
    }
}
