//! What printers say of themselves, their parameters, and the rest.

use super::super::machine::Machine;
use super::super::object::{Attributes, DictId, Done, ErrorName, Object};
use super::super::startup::Filling;
use super::Entry;

pub(super) const TABLE: &[Entry] = &[
    ("realtime", |m| m.push_int(0)),
    ("usertime", |m| m.push_int(0)),
    ("internaldict", |m| {
        // The password is part of the interface of fonts.
        if m.pop_int()? != 1_183_615_869 {
            return Err(ErrorName::InvalidAccess.into());
        }
        m.push_object(Object::Dict(m.system.internal))
    }),
    ("executive", |_| Ok(())),
    ("setuserparams", |m| m.pop_dict().map(drop)),
    ("currentuserparams", empty_dict),
    ("setsystemparams", |m| m.pop_dict().map(drop)),
    ("currentsystemparams", empty_dict),
    ("setdevparams", |m| m.operands.drop_top(2)),
    ("currentdevparams", |m| {
        m.pop()?;
        empty_dict(m)
    }),
    ("setdistillerparams", |m| m.pop_dict().map(drop)),
    ("currentdistillerparams", empty_dict),
    ("settrapparams", |m| m.pop_dict().map(drop)),
    ("currenttrapparams", empty_dict),
    ("settrapzone", |_| Ok(())),
    // statusdict
    ("setjobtimeout", |m| m.pop().map(drop)),
    ("setpapertray", |m| m.pop().map(drop)),
    ("setdefaulttimeouts", |m| m.operands.drop_top(3)),
    ("setdoprinterrors", |m| m.pop().map(drop)),
    ("setdostartpage", |m| m.pop().map(drop)),
    ("setmargins", |m| m.operands.drop_top(2)),
    ("setprintername", |m| m.pop().map(drop)),
    ("setsoftwareiomode", |m| m.pop().map(drop)),
    ("setusbbinary", |m| m.pop().map(drop)),
    ("setdefaultduplexmode", |m| m.pop().map(drop)),
    ("setmirrorprint", |m| m.pop().map(drop)),
    ("setresolution", |m| m.pop().map(drop)),
    ("setmanualfeed", |m| m.pop().map(drop)),
    ("pagecount", |m| m.push_int(m.device.printed_count as i64)),
    ("papertray", |m| m.push_int(0)),
    ("ledgertray", |m| m.push_bool(false)),
    ("jobtimeout", |m| m.push_int(0)),
    ("dostartpage", |m| m.push_bool(false)),
    ("doprinterrors", |m| m.push_bool(false)),
    ("defaulttimeouts", |m| [0, 0, 0].into_iter().try_for_each(|value| m.push_int(value))),
    ("margins", |m| [0, 0].into_iter().try_for_each(|value| m.push_int(value))),
    ("ramsize", |m| m.push_int(256 << 20)),
    ("resolution", |m| m.push_int(super::super::device::RESOLUTION as i64)),
    ("softwareiomode", |m| m.push_int(0)),
    ("hardwareiomode", |m| m.push_int(0)),
    ("checkpassword", |m| {
        m.pop()?;
        m.push_bool(true)
    }),
    ("setdefaultpapertray", |m| m.pop().map(drop)),
    ("printername", |m| {
        // `string printername substring`
        let span = m.pop_string()?;
        m.push_object(Object::String(Attributes::new(false), super::Span { len: 0, ..span }))
    }),
];

/// Operators that are found in statusdict and nowhere else.
pub(in super::super) const STATUS_NAMES: [&str; 36] = [
    "duplexmode",
    "setduplexmode",
    "tumble",
    "settumble",
    "newsheet",
    "setpageparams",
    "setpage",
    "setpagesize",
    "setjobtimeout",
    "setpapertray",
    "setdefaulttimeouts",
    "setdoprinterrors",
    "setdostartpage",
    "setmargins",
    "setprintername",
    "setsoftwareiomode",
    "setusbbinary",
    "setdefaultduplexmode",
    "setmirrorprint",
    "setresolution",
    "setmanualfeed",
    "pagecount",
    "papertray",
    "ledgertray",
    "jobtimeout",
    "dostartpage",
    "doprinterrors",
    "defaulttimeouts",
    "margins",
    "ramsize",
    "resolution",
    "softwareiomode",
    "hardwareiomode",
    "checkpassword",
    "setdefaultpapertray",
    "printername",
];

/// The name programs read; LanguageLevel 3, as every printer of this century.
const PRODUCT: &[u8] = b"Papergate";

fn empty_dict(m: &mut Machine) -> Done {
    let dict = m.vm.new_dict(4)?;
    m.push_object(Object::Dict(dict))
}

/// Values (not operators) of systemdict, statusdict, errordict and the page device.
///
/// The answer is what the page device's parameters lie in.
pub(in super::super) fn startup_values(m: &mut Filling) -> Result<DictId, super::Fault> {
    let system = m.system;
    let put = |m: &mut Filling, dict: DictId, name: &str, value: Object| -> Done {
        let name = m.names.intern(name.as_bytes())?;
        m.vm.dict_put(dict, Object::name(name), value)
    };
    let string = |m: &mut Filling, bytes: &[u8]| -> Result<Object, super::Fault> {
        Ok(Object::String(Attributes::new(false), m.vm.new_string(bytes.to_vec())?))
    };
    let (product, version) = (string(m, PRODUCT)?, string(m, b"3010")?);
    for (name, value) in [
        ("true", Object::Bool(true)),
        ("false", Object::Bool(false)),
        ("null", Object::Null),
        ("systemdict", Object::Dict(system.system)),
        ("globaldict", Object::Dict(system.global)),
        ("shareddict", Object::Dict(system.global)),
        ("userdict", Object::Dict(system.user)),
        ("statusdict", Object::Dict(system.status)),
        ("serverdict", Object::Dict(system.status)),
        ("errordict", Object::Dict(system.errors)),
        ("$error", Object::Dict(system.error)),
        ("languagelevel", Object::Int(3)),
        ("product", product),
        ("version", version),
        ("revision", Object::Int(1)),
        ("serialnumber", Object::Int(1)),
        ("QUIET", Object::Bool(true)),
    ] {
        put(m, system.system, name, value)?;
    }
    let job_name = string(m, b"")?;
    for (name, value) in [
        ("product", product),
        ("revision", Object::Int(1)),
        ("jobname", job_name),
        ("manualfeed", Object::Bool(false)),
        ("manualfeedtimeout", Object::Int(0)),
        ("waittimeout", Object::Int(0)),
        ("duplexer", Object::Bool(true)),
        ("buildtime", Object::Int(0)),
        ("byteorder", Object::Bool(false)),
        ("realformat", job_name),
    ] {
        put(m, system.status, name, value)?;
    }
    for (name, value) in [
        ("newerror", Object::Bool(false)),
        ("errorname", Object::Null),
        ("recordstacks", Object::Bool(true)),
        ("binary", Object::Bool(false)),
    ] {
        put(m, system.error, name, value)?;
    }
    let user_objects = m.vm.new_array(Vec::new())?;
    put(m, system.user, "UserObjects", Object::Array(Attributes::new(false), user_objects))?;
    put(m, system.user, "#copies", Object::Int(1))?;
    page_device(m)
}

/// What `currentpagedevice` answers before a program set anything.
fn page_device(m: &mut Filling) -> Result<DictId, super::Fault> {
    let params = m.vm.new_dict(32)?;
    let array = |m: &mut Filling, items: &[i64]| -> Result<Object, super::Fault> {
        let span = m.vm.new_array(items.iter().map(|item| Object::Int(*item)).collect())?;
        Ok(Object::Array(Attributes::new(false), span))
    };
    let procedure = |m: &mut Filling, words: &[Object]| -> Result<Object, super::Fault> {
        let span = m.vm.new_array(words.to_vec())?;
        Ok(Object::Array(Attributes::new(true), span))
    };
    let word = |m: &mut Filling, text: &str| -> Result<Object, super::Fault> {
        Ok(Object::Name(Attributes::new(true), m.names.intern(text.as_bytes())?))
    };
    let (pop, exch, ne) = (word(m, "pop")?, word(m, "exch")?, word(m, "ne")?);
    let begin_page = procedure(m, &[pop])?;
    let end_page = procedure(m, &[exch, pop, Object::Int(2), ne])?;
    let install = procedure(m, &[])?;
    let (width, height) = super::super::device::UNASKED_SIZE;
    let (size, resolution) = (array(m, &[width as i64, height as i64])?, array(m, &[600, 600])?);
    let margins = array(m, &[0, 0])?;
    let (policies, tray, trays) = (m.vm.new_dict(4)?, m.vm.new_dict(4)?, m.vm.new_dict(4)?);
    let size_name = Object::name(m.known.page_size);
    let not_found = m.names.intern(b"PolicyNotFound")?;
    m.vm.dict_put(policies, Object::name(not_found), Object::Int(1))?;
    m.vm.dict_put(policies, size_name, Object::Int(0))?;
    m.vm.dict_put(tray, size_name, size)?;
    m.vm.dict_put(trays, Object::Int(0), Object::Dict(tray))?;
    let cmyk = Object::name(m.known.device_cmyk);
    for (name, value) in [
        ("PageSize", size),
        ("HWResolution", resolution),
        ("Margins", margins),
        ("ImagingBBox", Object::Null),
        ("Policies", Object::Dict(policies)),
        ("InputAttributes", Object::Dict(trays)),
        ("NumCopies", Object::Null),
        ("Duplex", Object::Bool(false)),
        ("Tumble", Object::Bool(false)),
        ("Collate", Object::Bool(false)),
        ("ManualFeed", Object::Bool(false)),
        ("MediaType", Object::Null),
        ("MediaColor", Object::Null),
        ("MediaWeight", Object::Null),
        ("MediaPosition", Object::Null),
        ("OutputType", Object::Null),
        ("Orientation", Object::Int(0)),
        ("Separations", Object::Bool(false)),
        ("ProcessColorModel", cmyk),
        ("UseCIEColor", Object::Bool(false)),
        ("BeginPage", begin_page),
        ("EndPage", end_page),
        ("Install", install),
    ] {
        let name = m.names.intern(name.as_bytes())?;
        m.vm.dict_put(params, Object::name(name), value)?;
    }
    Ok(params)
}
