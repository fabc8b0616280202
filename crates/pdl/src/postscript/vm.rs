//! Virtual memory (PLRM 3.7): arrays, strings and dictionaries, `save` and `restore`, and the collection of what
//! nobody refers to any more.
//!
//! `restore` puts back the contents that arrays and dictionaries had at the `save`: each is copied once, before
//! its first change behind a `save`. Strings keep their contents, as the language has it. Values made in global
//! mode are outside of all this.

use super::dict::Dict;
use super::files::File;
use super::object::{DictId, Fault, FileId, Object, Span};

/// What lies in the memory and how it is found.
#[derive(Debug, Default)]
pub(super) struct Vm {
    pub(super) arrays: Arena<Box<[Object]>>,
    pub(super) strings: Arena<Box<[u8]>>,
    pub(super) dicts: Arena<Dict>,
    files: Arena<File>,
    saves: Vec<Save>,
    serial: u32,
    /// New values are global.
    pub(super) global: bool,
    bytes: usize,
    bytes_at_last_collection: usize,
}

/// The arrays, strings and dictionaries of a memory in which nothing was saved or opened yet.
#[derive(Clone, Debug)]
pub(super) struct Contents {
    arrays: Arena<Box<[Object]>>,
    strings: Arena<Box<[u8]>>,
    dicts: Arena<Dict>,
    bytes: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Arena<T> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
}

#[derive(Clone, Debug)]
struct Slot<T> {
    value: Option<T>,
    /// The serial number of the newest save when the value was made or last made safe; the highest number for
    /// global values. Serial numbers only grow, so a smaller one means "older than that save".
    stamp: u32,
    marked: bool,
}

/// A `save` that was not restored yet.
#[derive(Debug)]
pub(super) struct Save {
    serial: u32,
    undo: Vec<Undo>,
    global: bool,
    /// Graphics states stacked when it was made.
    pub(super) gstates: usize,
}

#[derive(Debug)]
enum Undo {
    Array(u32, u32, Box<[Object]>),
    Dict(u32, u32, Dict),
}

/// Bytes of virtual memory a job may use.
const VM_BYTES_MAX: usize = 192 << 20;
/// Allocations between two collections, at least.
const COLLECT_BYTES: usize = 2 << 20;
const SAVES_MAX: usize = 1_000;
const GLOBAL_STAMP: u32 = u32::MAX;
/// What a value costs besides its contents.
const SLOT_BYTES: usize = 48;
const ENTRY_BYTES: usize = 48;
const FILE_BYTES: usize = 4096;

impl<T> Arena<T> {
    fn insert(&mut self, value: T, stamp: u32) -> Result<u32, Fault> {
        let slot = Slot { value: Some(value), stamp, marked: false };
        if let Some(id) = self.free.pop() {
            self.slots[id as usize] = slot;
            return Ok(id);
        }
        let id = u32::try_from(self.slots.len()).map_err(|_| Fault::Limit("too many objects"))?;
        self.slots.push(slot);
        Ok(id)
    }

    /// Marks a slot; true when it was not marked before.
    fn mark(&mut self, id: u32) -> bool {
        match self.slots.get_mut(id as usize) {
            Some(slot) if slot.value.is_some() && !slot.marked => {
                slot.marked = true;
                true
            }
            _ => false,
        }
    }

    fn sweep(&mut self, cost: impl Fn(&T) -> usize) -> usize {
        let mut freed = 0;
        for (id, slot) in (0..).zip(&mut self.slots) {
            if slot.marked {
                slot.marked = false;
            } else if let Some(value) = slot.value.take() {
                freed += cost(&value) + SLOT_BYTES;
                self.free.push(id);
            }
        }
        freed
    }

    fn get(&self, id: u32) -> Option<&T> {
        self.slots.get(id as usize)?.value.as_ref()
    }
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Self { slots: Vec::new(), free: Vec::new() }
    }
}

impl Vm {
    /// Everything in it, to begin other memories with.
    pub(super) fn into_contents(self) -> Contents {
        debug_assert!(self.files.slots.is_empty() && self.saves.is_empty(), "a memory nobody worked in");
        Contents { arrays: self.arrays, strings: self.strings, dicts: self.dicts, bytes: self.bytes }
    }

    /// A memory that begins with these.
    pub(super) fn with_contents(contents: Contents) -> Self {
        let Contents { arrays, strings, dicts, bytes } = contents;
        Self { arrays, strings, dicts, bytes, ..Self::default() }
    }

    fn stamp(&self) -> u32 {
        if self.global { GLOBAL_STAMP } else { self.serial }
    }

    /// Values with a smaller stamp are older than the newest save.
    fn newest_serial(&self) -> u32 {
        self.saves.last().map_or(0, |save| save.serial)
    }

    fn charge(&mut self, bytes: usize) -> Result<(), Fault> {
        self.bytes += bytes;
        if self.bytes > VM_BYTES_MAX { Err(Fault::Limit("too much memory")) } else { Ok(()) }
    }

    /// Bytes in use.
    pub(super) fn bytes_used(&self) -> usize {
        self.bytes
    }

    /// A new array.
    pub(super) fn new_array(&mut self, items: Vec<Object>) -> Result<Span, Fault> {
        self.charge(items.len() * size_of::<Object>() + SLOT_BYTES)?;
        let len = u32::try_from(items.len()).map_err(|_| Fault::Limit("an array is too long"))?;
        let stamp = self.stamp();
        let id = self.arrays.insert(items.into(), stamp)?;
        Ok(Span { id, start: 0, len })
    }

    /// A new string.
    pub(super) fn new_string(&mut self, bytes: impl Into<Box<[u8]>>) -> Result<Span, Fault> {
        let bytes = bytes.into();
        self.charge(bytes.len() + SLOT_BYTES)?;
        let len = u32::try_from(bytes.len()).map_err(|_| Fault::Limit("a string is too long"))?;
        let stamp = self.stamp();
        let id = self.strings.insert(bytes, stamp)?;
        Ok(Span { id, start: 0, len })
    }

    /// A new dictionary.
    pub(super) fn new_dict(&mut self, capacity: usize) -> Result<DictId, Fault> {
        self.charge(SLOT_BYTES + ENTRY_BYTES)?;
        let stamp = self.stamp();
        Ok(DictId(self.dicts.insert(Dict::with_capacity(capacity), stamp)?))
    }

    /// A new file.
    pub(super) fn new_file(&mut self, file: File) -> Result<FileId, Fault> {
        self.charge(FILE_BYTES)?;
        Ok(FileId(self.files.insert(file, GLOBAL_STAMP)?))
    }

    /// An open file; `None` when it is gone.
    pub(super) fn file(&self, id: FileId) -> Option<&File> {
        self.files.get(id.0)
    }

    /// An open file, to read from it.
    pub(super) fn file_mut(&mut self, id: FileId) -> Option<&mut File> {
        self.files.slots.get_mut(id.0 as usize)?.value.as_mut()
    }

    /// The elements of an array.
    pub(super) fn array(&self, span: Span) -> &[Object] {
        let whole: &[Object] = self.arrays.get(span.id).map_or(&[], |items| items);
        whole.get(span.start as usize..(span.start + span.len) as usize).unwrap_or_default()
    }

    /// One element of an array by its place in the whole array.
    pub(super) fn element(&self, id: u32, at: u32) -> Object {
        self.arrays.get(id).and_then(|items| items.get(at as usize)).copied().unwrap_or_default()
    }

    /// The elements of an array, to change them.
    pub(super) fn array_mut(&mut self, span: Span) -> Result<&mut [Object], Fault> {
        let (newest, stamp) = (self.newest_serial(), self.serial);
        let Some(slot) = self.arrays.slots.get_mut(span.id as usize) else { return Ok(&mut []) };
        if slot.stamp < newest {
            if let (Some(value), Some(save)) = (&slot.value, self.saves.last_mut()) {
                self.bytes += value.len() * size_of::<Object>();
                save.undo.push(Undo::Array(span.id, slot.stamp, value.clone()));
            }
            slot.stamp = stamp;
        }
        let whole: &mut [Object] = slot.value.as_mut().map_or(&mut [], |items| items);
        Ok(whole.get_mut(span.start as usize..(span.start + span.len) as usize).unwrap_or_default())
    }

    /// The bytes of a string.
    pub(super) fn string(&self, span: Span) -> &[u8] {
        let whole: &[u8] = self.strings.get(span.id).map_or(&[], |bytes| bytes);
        whole.get(span.start as usize..(span.start + span.len) as usize).unwrap_or_default()
    }

    /// The bytes of a string, to change them.
    pub(super) fn string_mut(&mut self, span: Span) -> &mut [u8] {
        let whole: &mut [u8] = self
            .strings
            .slots
            .get_mut(span.id as usize)
            .and_then(|slot| slot.value.as_mut())
            .map_or(&mut [], |bytes| bytes);
        whole.get_mut(span.start as usize..(span.start + span.len) as usize).unwrap_or_default()
    }

    /// A dictionary.
    pub(super) fn dict(&self, id: DictId) -> &Dict {
        static EMPTY: std::sync::LazyLock<Dict> = std::sync::LazyLock::new(Dict::default);
        self.dicts.get(id.0).unwrap_or(&EMPTY)
    }

    /// A dictionary, to change it.
    pub(super) fn dict_mut(&mut self, id: DictId) -> Option<&mut Dict> {
        let (newest, stamp) = (self.newest_serial(), self.serial);
        let slot = self.dicts.slots.get_mut(id.0 as usize)?;
        if slot.stamp < newest {
            if let (Some(value), Some(save)) = (&slot.value, self.saves.last_mut()) {
                self.bytes += value.len() * ENTRY_BYTES;
                save.undo.push(Undo::Dict(id.0, slot.stamp, value.clone()));
            }
            slot.stamp = stamp;
        }
        slot.value.as_mut()
    }

    /// Puts an entry into a dictionary.
    pub(super) fn dict_put(&mut self, id: DictId, key: Object, value: Object) -> Result<(), Fault> {
        let Some(dict) = self.dict_mut(id) else { return Ok(()) };
        let before = dict.len();
        dict.put(key, value);
        if dict.len() > before { self.charge(ENTRY_BYTES) } else { Ok(()) }
    }

    /// Whether a composite value is in global memory.
    pub(super) fn is_global(&self, object: &Object) -> bool {
        match object {
            Object::Array(_, span) => {
                self.arrays.slots.get(span.id as usize).is_some_and(|slot| slot.stamp == GLOBAL_STAMP)
            }
            Object::String(_, span) => {
                self.strings.slots.get(span.id as usize).is_some_and(|slot| slot.stamp == GLOBAL_STAMP)
            }
            Object::Dict(id) => {
                self.dicts.slots.get(id.0 as usize).is_some_and(|slot| slot.stamp == GLOBAL_STAMP)
            }
            Object::Save(_) | Object::GState(_) | Object::File(..) => false,
            Object::Null | Object::Mark | Object::Bool(_) | Object::Int(_) | Object::Real(_) => true,
            Object::Name(..) | Object::Operator(_) | Object::FontId(_) => true,
        }
    }

    /// `save`: returns its serial number.
    pub(super) fn save(&mut self, gstates: usize) -> Result<u32, Fault> {
        if self.saves.len() >= SAVES_MAX {
            return Err(Fault::Error(super::object::ErrorName::LimitCheck));
        }
        self.serial += 1;
        self.saves.push(Save { serial: self.serial, undo: Vec::new(), global: self.global, gstates });
        Ok(self.serial)
    }

    /// Whether this save can be restored.
    pub(super) fn is_saved(&self, serial: u32) -> bool {
        self.saves.iter().any(|save| save.serial == serial)
    }

    /// The newest save.
    pub(super) fn newest_save(&self) -> Option<&Save> {
        self.saves.last()
    }

    /// `restore`: undoes everything behind this save; returns it.
    pub(super) fn restore(&mut self, serial: u32) -> Option<Save> {
        if !self.is_saved(serial) {
            return None;
        }
        while let Some(mut save) = self.saves.pop() {
            for undo in save.undo.drain(..).rev() {
                match undo {
                    Undo::Array(id, stamp, items) => {
                        self.bytes = self.bytes.saturating_sub(items.len() * size_of::<Object>());
                        if let Some(slot) = self.arrays.slots.get_mut(id as usize) {
                            slot.value = Some(items);
                            slot.stamp = stamp;
                        }
                    }
                    Undo::Dict(id, stamp, dict) => {
                        self.bytes = self.bytes.saturating_sub(dict.len() * ENTRY_BYTES);
                        if let Some(slot) = self.dicts.slots.get_mut(id as usize) {
                            slot.value = Some(dict);
                            slot.stamp = stamp;
                        }
                    }
                }
            }
            self.global = save.global;
            if save.serial == serial {
                return Some(save);
            }
        }
        None
    }

    /// Whether enough was allocated for a collection to be worth its time.
    pub(super) fn wants_collection(&self) -> bool {
        self.bytes
            > self
                .bytes_at_last_collection
                .saturating_mul(2)
                .max(self.bytes_at_last_collection + COLLECT_BYTES)
    }

    /// Frees what cannot be reached from the roots.
    pub(super) fn collect(&mut self, roots: impl Iterator<Item = Object>) {
        let mut waiting: Vec<Object> = roots.collect();
        for save in &self.saves {
            for undo in &save.undo {
                match undo {
                    Undo::Array(id, _, items) => {
                        waiting.push(Object::Array(Default::default(), Span { id: *id, start: 0, len: 0 }));
                        waiting.extend_from_slice(items);
                    }
                    Undo::Dict(id, _, dict) => {
                        waiting.push(Object::Dict(DictId(*id)));
                        waiting.extend(dict.iter().flat_map(|(key, value)| [key, value]));
                    }
                }
            }
        }
        while let Some(object) = waiting.pop() {
            match object {
                Object::Array(_, span) => {
                    if self.arrays.mark(span.id) {
                        let items = self.arrays.get(span.id).map_or(&[][..], |items| items);
                        waiting.extend(items.iter().filter(|item| is_composite(item)));
                    }
                }
                Object::Dict(id) => {
                    if self.dicts.mark(id.0)
                        && let Some(dict) = self.dicts.get(id.0)
                    {
                        waiting
                            .extend(dict.iter().flat_map(|(key, value)| [key, value]).filter(is_composite));
                    }
                }
                Object::String(_, span) => {
                    self.strings.mark(span.id);
                }
                Object::File(_, id) => {
                    if self.files.mark(id.0) {
                        waiting.extend(self.files.get(id.0).into_iter().flat_map(File::references));
                    }
                }
                Object::Null
                | Object::Mark
                | Object::Bool(_)
                | Object::Int(_)
                | Object::Real(_)
                | Object::Name(..) => {}
                Object::Operator(_) | Object::Save(_) | Object::GState(_) | Object::FontId(_) => {}
            }
        }
        let freed = self.arrays.sweep(|items| items.len() * size_of::<Object>())
            + self.strings.sweep(|bytes| bytes.len())
            + self.dicts.sweep(|dict| (dict.len() + 1) * ENTRY_BYTES)
            + self.files.sweep(|_| FILE_BYTES);
        self.bytes = self.bytes.saturating_sub(freed);
        self.bytes_at_last_collection = self.bytes;
    }
}

fn is_composite(object: &Object) -> bool {
    matches!(object, Object::Array(..) | Object::Dict(_) | Object::String(..) | Object::File(..))
}
