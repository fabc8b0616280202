//! The page device: `setpagedevice` (PLRM chapter 6), `showpage`, and the operators of statusdict (PLRM appendix C
//! of the first edition, PPD files) that printers have for the same.

use std::sync::Arc;

use super::super::device::PageDevice;
use super::super::machine::{Machine, Next, Task};
use super::super::object::{DictId, Done, ErrorName, Fault, Object};
use super::Entry;
use super::gstate::init_graphics;

pub(super) const TABLE: &[Entry] = &[
    ("showpage", |m| end_page(m, Reason::ShowPage)),
    ("copypage", |m| end_page(m, Reason::CopyPage)),
    ("setpagedevice", setpagedevice),
    ("currentpagedevice", |m| m.push_object(m.graphics.now.page.params)),
    ("nulldevice", |m| {
        m.graphics.now.no_device = true;
        Ok(())
    }),
    (".setpdfwrite", |_| Ok(())),
    ("flushpage", |_| Ok(())),
    // statusdict
    ("duplexmode", |m| m.push_bool(m.graphics.now.page.duplex == Some(true))),
    ("setduplexmode", |m| {
        let duplex = m.pop_bool()?;
        page_mut(m).duplex = Some(duplex);
        mirror(m)
    }),
    ("tumble", |m| m.push_bool(m.graphics.now.page.tumble == Some(true))),
    ("settumble", |m| {
        let tumble = m.pop_bool()?;
        page_mut(m).tumble = Some(tumble);
        mirror(m)
    }),
    ("newsheet", |m| {
        m.device.new_sheet = true;
        Ok(())
    }),
    ("setpageparams", |m| {
        // width height imageshift orientation
        let [width, height, _, _] = m.pop_numbers()?;
        set_size(m, width, height)
    }),
    ("setpage", |m| {
        let [width, height, _] = m.pop_numbers()?;
        set_size(m, width, height)
    }),
    ("setpagesize", |m| {
        let [width, height] = m.pop_numbers()?;
        set_size(m, width, height)
    }),
    ("a3", |m| set_size(m, 842.0, 1191.0)),
    ("a4", |m| set_size(m, 595.0, 842.0)),
    ("a5", |m| set_size(m, 420.0, 595.0)),
    ("a6", |m| set_size(m, 297.0, 420.0)),
    ("b4", |m| set_size(m, 729.0, 1032.0)),
    ("b5", |m| set_size(m, 516.0, 729.0)),
    ("letter", |m| set_size(m, 612.0, 792.0)),
    ("legal", |m| set_size(m, 612.0, 1008.0)),
    ("ledger", |m| set_size(m, 1224.0, 792.0)),
    ("tabloid", |m| set_size(m, 792.0, 1224.0)),
    ("11x17", |m| set_size(m, 792.0, 1224.0)),
    ("executive", |m| set_size(m, 522.0, 756.0)),
    ("halfletter", |m| set_size(m, 396.0, 612.0)),
    ("note", |_| Ok(())),
    ("lettersmall", |m| set_size(m, 612.0, 792.0)),
    ("a4small", |m| set_size(m, 595.0, 842.0)),
    ("a3tray", |m| set_size(m, 842.0, 1191.0)),
    ("a4tray", |m| set_size(m, 595.0, 842.0)),
    ("b4tray", |m| set_size(m, 729.0, 1032.0)),
    ("b5tray", |m| set_size(m, 516.0, 729.0)),
    ("lettertray", |m| set_size(m, 612.0, 792.0)),
    ("legaltray", |m| set_size(m, 612.0, 1008.0)),
    ("ledgertray", |m| set_size(m, 1224.0, 792.0)),
    ("11x17tray", |m| set_size(m, 792.0, 1224.0)),
];

/// Why a page ends (PLRM 6.2.6).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Reason {
    ShowPage = 0,
    CopyPage = 1,
    DeviceChange = 2,
}

fn end_page(m: &mut Machine, reason: Reason) -> Done {
    m.begin(EndPage { reason, asked: false, then: None })
}

/// A page or the device's turn ends: `EndPage` decides whether it comes out.
struct EndPage {
    reason: Reason,
    asked: bool,
    /// Parameters to set afterwards.
    then: Option<DictId>,
}

impl Task for EndPage {
    fn step(&mut self, m: &mut Machine) -> Result<Next, Fault> {
        let prints = match (m.graphics.now.page.end_page, self.asked) {
            (Some(procedure), false) => {
                self.asked = true;
                m.push_int(m.device.page_count)?;
                m.push_int(self.reason as i64)?;
                return Ok(Next::Call(procedure));
            }
            (Some(_), true) => m.pop_bool()?,
            (None, _) => self.reason != Reason::DeviceChange,
        };
        if prints {
            let copies =
                m.lookup(m.known.copies).and_then(|copies| copies.as_number()).map(|copies| copies as i64);
            if m.device.printed_count >= PAGES_MAX {
                return Err(Fault::Limit("too many pages"));
            }
            m.device.print(&m.graphics.now.page, copies);
        }
        match self.reason {
            Reason::CopyPage => {
                m.device.page_count += 1;
            }
            Reason::ShowPage => {
                m.device.page_count += 1;
                init_graphics(m);
                m.device.erase(m.graphics.now.page.rect());
            }
            Reason::DeviceChange => {}
        }
        match self.then.take() {
            Some(request) => {
                install(m, request)?;
                Ok(Next::Done)
            }
            None => {
                begin_page(m)?;
                Ok(Next::Done)
            }
        }
    }

    fn roots(&self) -> Vec<Object> {
        self.then.map(Object::Dict).into_iter().collect()
    }
}

/// Pages a job may print.
const PAGES_MAX: u64 = 5_000_000;

fn begin_page(m: &mut Machine) -> Done {
    match m.graphics.now.page.begin_page {
        Some(procedure) => {
            m.push_int(m.device.page_count)?;
            m.execute(procedure)
        }
        None => Ok(()),
    }
}

fn setpagedevice(m: &mut Machine) -> Done {
    let request = m.pop_dict()?;
    m.begin(EndPage { reason: Reason::DeviceChange, asked: false, then: Some(request) })
}

/// Merges the request into the device's parameters and starts over with a white page.
fn install(m: &mut Machine, request: DictId) -> Done {
    let entries: Vec<(Object, Object)> = m.vm.dict(request).iter().collect();
    let old = match m.graphics.now.page.params {
        Object::Dict(old) => m.vm.dict(old).iter().collect(),
        _ => Vec::new(),
    };
    // A new dictionary each time: `restore` gets the old one back.
    let params = m.vm.new_dict(old.len() + entries.len())?;
    for (key, value) in old.into_iter().chain(entries.iter().copied()) {
        m.vm.dict_put(params, key, value)?;
    }
    let known = m.known;
    let size = match m.dict_get(request, known.page_size) {
        Some(Object::Array(_, span)) => match m.numbers(span)?[..] {
            [width, height] if width > 0.0 && height > 0.0 => Some((width, height)),
            [_, _] => return Err(ErrorName::ConfigurationError.into()),
            _ => return Err(ErrorName::RangeCheck.into()),
        },
        _ => None,
    };
    let procedure = |value: Option<Object>| match value {
        Some(Object::Array(attributes, span)) if span.len > 0 => {
            Some(Object::Array(attributes.with_executable(true), span))
        }
        _ => None,
    };
    let flag = |value: Option<Object>, old: Option<bool>| match value {
        Some(Object::Bool(value)) => Some(value),
        _ => old,
    };
    let old = Arc::clone(&m.graphics.now.page);
    m.graphics.now.page = Arc::new(PageDevice {
        params: Object::Dict(params),
        size: size.unwrap_or(old.size),
        size_is_set: old.size_is_set || size.is_some(),
        duplex: flag(m.dict_get(request, known.duplex), old.duplex),
        tumble: flag(m.dict_get(request, known.tumble), old.tumble),
        copies: match m.dict_get(request, known.num_copies) {
            Some(value) => value.as_number().map(|copies| copies as i64),
            None => old.copies,
        },
        begin_page: procedure(m.dict_get(params, known.begin_page)),
        end_page: procedure(m.dict_get(params, known.end_page)),
    });
    m.graphics.now.no_device = false;
    m.device.page_count = 0;
    init_graphics(m);
    m.device.erase(m.graphics.now.page.rect());
    m.begin(Started)?;
    match procedure(m.dict_get(request, known.install)) {
        Some(install) => m.execute(install),
        None => Ok(()),
    }
}

/// The device's parameters, to change them.
fn page_mut(m: &mut Machine) -> &mut PageDevice {
    Arc::make_mut(&mut m.graphics.now.page)
}

/// After `Install`: the first `BeginPage`.
struct Started;

impl Task for Started {
    fn step(&mut self, m: &mut Machine) -> Result<Next, Fault> {
        begin_page(m)?;
        Ok(Next::Done)
    }
}

fn set_size(m: &mut Machine, width: f64, height: f64) -> Done {
    if !(width > 0.0 && height > 0.0) {
        return Err(ErrorName::RangeCheck.into());
    }
    let page = page_mut(m);
    page.size = (width, height);
    page.size_is_set = true;
    init_graphics(m);
    m.device.erase(m.graphics.now.page.rect());
    mirror(m)
}

/// Shows what statusdict operators set in the parameters as well.
fn mirror(m: &mut Machine) -> Done {
    let page = Arc::clone(&m.graphics.now.page);
    let Object::Dict(params) = page.params else { return Ok(()) };
    let known = m.known;
    let size = [page.size.0, page.size.1].map(|edge| Object::Real(edge as f32)).to_vec();
    let size = m.vm.new_array(size)?;
    let entries = [
        (known.page_size, Some(Object::Array(super::composite::LITERAL(), size))),
        (known.duplex, page.duplex.map(Object::Bool)),
        (known.tumble, page.tumble.map(Object::Bool)),
    ];
    for (name, value) in entries {
        if let Some(value) = value {
            m.vm.dict_put(params, Object::name(name), value)?;
        }
    }
    Ok(())
}
